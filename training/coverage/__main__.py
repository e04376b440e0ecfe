"""``benchgame coverage``: see `training.coverage.command`."""

from __future__ import annotations

import sys

from benchgame_env.training.coverage.command import main

if __name__ == "__main__":
    sys.exit(main())
