"""From measured checkpoints to score curves: the fit, and draws of the curves that it leaves open.

A checkpoint is the score of one model on one benchmark after some fine-tuning steps. `fit` describes
each model's checkpoints by `benchgame_env.curves.ScalingLaw`, effort in raw steps::

    log((v - L) / (U - v)) = alpha + beta * log(1 + steps)

and rejects by name the models that the law does not describe; `benchgame_env.fitting.scaling_fit` says
how. `draws` are games on curves that the same checkpoints allow, `population` the models to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchgame_env.draws import Draws
from benchgame_env.fitting.calibration import SCHEMA, WORTH, Calibration
from benchgame_env.fitting.checkpoints import COLUMNS, ITEMS, Bar, Checkpoint, read_csv
from benchgame_env.fitting.fit import MOST_CHECKPOINTS, fit
from benchgame_env.fitting.harness import read_harness
from benchgame_env.fitting.model_fit import ModelFit
from benchgame_env.fitting.pooling import Population
from benchgame_env.fitting.report import beyond_checkpoints, deserved
from benchgame_env.named_games import calibration_of

__all__ = [
    "COLUMNS",
    "ITEMS",
    "MOST_CHECKPOINTS",
    "SCHEMA",
    "WORTH",
    "Bar",
    "Calibration",
    "Checkpoint",
    "ModelFit",
    "Population",
    "beyond_checkpoints",
    "deserved",
    "draws",
    "fit",
    "population",
    "read_csv",
    "read_harness",
]


def draws(
    name: str,
    n: int,
    rng: np.random.Generator,
    prizes: Any = None,
    cost: Any = None,
    worth: float | None = None,
    *,
    developers: Sequence[str] | None = None,
    pooling: bool = True,
    overdispersion: bool = True,
) -> Draws:
    """Games that differ in their curves: what the checkpoints behind a fitted game leave open.

    Parameters
    ----------
    name : str
        A shipped game fitted to checkpoints, such as ``pythia-gsm8k``, or a calibration file.
    n : int
        Number of draws.
    rng : numpy.random.Generator
        Source of chance; the same seed gives the same draws.
    prizes, cost, worth : object, optional
        As for `Calibration.game`.
    developers : sequence of str, optional
        Model names; default: those of the game.
    pooling, overdispersion : bool, optional
        As for `Calibration.draws`.

    Returns
    -------
    Draws
        Every level found from them holds for the models ``draws.game.names``.

    Raises
    ------
    ValueError
        A game that was not fitted to checkpoints, or a file that keeps nothing to draw from.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> import numpy as np
    >>> some = bg.calibration.draws("pythia-gsm8k", 400, np.random.default_rng(0))
    >>> share = bg.theory.stable_share(some, ("tune-before-test", {"level": 2248.3}))
    >>> 0.4 < share < 0.8  # the least stable level of the fitted curves: a coin toss
    True
    """
    found, own = calibration_of(name)
    return found.draws(
        n, rng, None, prizes, cost, worth,
        developers=own if developers is None else developers,
        pooling=pooling, overdispersion=overdispersion,
    )  # fmt: skip


def population(name: str) -> Population:
    """The models that a benchmark's fitted models come from, to draw those that have not entered yet.

    Parameters
    ----------
    name : str
        A benchmark whose fits are shipped, such as ``gsm8k``, one of its games, or a calibration file
        (``*.json``). All fitted models of the benchmark count, not those of the game alone.

    Returns
    -------
    Population
        ``sample(n, k, rng)`` gives the curves of k new models in n draws.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> import numpy as np
    >>> bg.calibration.population("gsm8k").sample(100, 2, np.random.default_rng(0)).upper.shape
    (100, 2)
    """
    return calibration_of(name)[0].population()
