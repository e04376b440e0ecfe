"""``benchgame adversary``: see `training.adversary.attacks`."""

from __future__ import annotations

import sys

from benchgame_env.training.adversary.attacks import main

if __name__ == "__main__":
    sys.exit(main())
