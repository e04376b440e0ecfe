"""Experiments: whatever takes minutes, writes files or has a command line."""

import sys

if sys.argv[:1] == ["-m"]:  # a command starts: from here on, Ctrl-C ends it without a traceback
    import benchgame_env  # noqa: F401
