"""``benchgame designers``: see `training.designers.command`."""

from __future__ import annotations

import sys

from benchgame_env.training.designers.command import main

if __name__ == "__main__":
    sys.exit(main())
