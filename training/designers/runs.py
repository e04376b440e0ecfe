"""Runs of designers: what is announced, what it brings, and the rows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchgame_env.agents.designers.play import announce, regrets
from benchgame_env.agents.designers.registry import make_designer
from benchgame_env.agents.designers.view import DesignerEnv
from benchgame_env.training.run.storage import read_rows, write_rows
from benchgame_env.validate import Floats

COLUMNS = ("designer", "rounds", "seed", "announcement", "setting", "loss", "regret")
LAST = 4  # a designer ends at the setting that it announces most often in this part of the run


@dataclass(frozen=True)
class Plan:
    """What all runs of a command have in common.

    Attributes
    ----------
    game : str
        Name of the game.
    families : tuple of str
        Of the rules that can be announced.
    levels : int
        How many levels.
    max_level : float or None
        The highest.
    loss : dict of str to float
        Weights, see `DesignLoss.of`.
    price : float
        Of one effort unit of tuning for one model.
    developers, memory : str
        As for `DesignerEnv`.
    copies, announcements : int
        As for `DesignerEnv`.
    options : dict
        Name of a designer or of an agent to its parameters.
    """

    game: str
    families: tuple[str, ...]
    levels: int
    max_level: float | None
    loss: Mapping[str, float]
    price: float
    developers: str
    memory: str
    copies: int
    announcements: int
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def env(self, rounds: int) -> DesignerEnv:
        """The game, in which developers play so many rounds after each announcement."""
        names = {name.strip() for name in self.developers.split(",")}
        return DesignerEnv(
            self.game,
            self.families,
            developers=self.developers,
            options={name: own for name, own in self.options.items() if name in names},
            memory=self.memory,  # type: ignore[arg-type]
            levels=self.levels,
            max_level=self.max_level,
            loss=self.loss,
            price=self.price,
            announcements=self.announcements,
            revise_every=rounds,
            copies=self.copies,
        )


@dataclass(frozen=True)
class Run:
    """One designer, one number of rounds between announcements, one seed.

    Attributes
    ----------
    designer : str
        Its name.
    rounds : int
        Rounds that developers play after each announcement.
    seed : int
        Of everything that is drawn.
    """

    designer: str
    rounds: int
    seed: int

    def file(self, folder: Path) -> Path:
        """Where its rows are."""
        return folder / f"{self.designer}-every-{self.rounds}-seed-{self.seed}.csv"


def play(plan: Plan, run: Run, predicted: Floats, folder: Path) -> None:
    """Play a run and write its rows, one an announcement, unless they are there.

    Parameters
    ----------
    plan, run
        What is played.
    predicted : array of float
        Loss of each setting by predicted play, ``[settings]``.
    folder : Path
        Where the rows are written.
    """
    path = run.file(folder)
    if path.exists():
        return
    designer = make_designer(run.designer, predicted.size, **plan.options.get(run.designer, {}))
    rng = np.random.default_rng((run.seed, 1))  # another stream than that of the game
    settings, losses = announce(plan.env(run.rounds), designer, plan.announcements, rng, run.seed)
    found = regrets(predicted, settings)
    columns = settings.tolist(), losses.tolist(), found.tolist()
    own = run.designer, run.rounds, run.seed
    rows = [(*own, t, *values) for t, values in enumerate(zip(*columns, strict=True))]
    write_rows(path, (dict(zip(COLUMNS, row, strict=True)) for row in rows))


@dataclass(frozen=True)
class Course:
    """How a run went.

    Attributes
    ----------
    regrets : array of float
        Of each announcement, by predicted play, ``[announcements]``.
    end : int
        The setting where it ends.
    seen : float
        Mean of the losses that it saw in that part of the run.
    """

    regrets: Floats
    end: int
    seen: float


def course(run: Run, folder: Path) -> Course:
    """The course of a run, from its rows."""
    rows = read_rows(run.file(folder), COLUMNS)
    late = rows[-max(1, len(rows) // LAST) :]
    end = int(np.bincount([int(row["setting"]) for row in late]).argmax())
    seen = float(np.mean([float(row["loss"]) for row in late]))
    return Course(np.array([float(row["regret"]) for row in rows]), end, seen)


def cumulative(courses: Sequence[Course]) -> Floats:
    """Mean over runs of the regret summed up to each announcement, ``[announcements]``."""
    return np.mean([np.cumsum(one.regrets) for one in courses], axis=0)
