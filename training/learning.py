"""The updates of seeds: they play, learn, and what is kept of it goes to their folders.

Seeds whose players allow it train side by side, which takes less time and changes no bit.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import operator
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from benchgame_env import VectorEnv, theory
from benchgame_env.agents import Player, play
from benchgame_env.agents.base import Streams, Team
from benchgame_env.agents.runs.settings import SAMPLE, TrainSettings
from benchgame_env.agents.side_by_side import SideBySide, can_train_together, side_by_side
from benchgame_env.training.grading.exact_figures import (
    Grader,
    certified_equilibrium,
    expected_cycle,
    revision_regrets,
)
from benchgame_env.training.grading.figures import by_developer
from benchgame_env.training.run.event_log import event_log
from benchgame_env.training.run.prediction import kept_prediction
from benchgame_env.training.run.seeds import Played, TrainedSeed, restore_seed, save_seed
from benchgame_env.turns import in_turn

CHECKPOINT_EVERY = 25  # updates
GRADE_EVERY = 10  # updates between exact figures in progress.csv
# Exact figures in progress.csv.
GRADES = ("nash_conv", "largest_regret", "distance", "kendall_tau", "step_regret")
GRADED = 256  # plays of an update that are graded: the latest
GOLDEN = (math.sqrt(5) - 1) / 2  # its multiples are spread evenly and never repeat
TRAINING = 3  # separates the random streams of training from others of the same seed
# Of all seeds that train side by side: copies of the game, and plays of an update, which stay in memory.
MOST_COPIES, MOST_PLAYS = 2**14, 2**18
MOST_BY_COPY = 2**7  # copies where each has a learner: the numbers of more take longer than calls


def batches(settings: TrainSettings, seeds: Sequence[int], workers: int) -> list[list[int]]:
    """``seeds`` in parts that each train in one process, side by side where that is possible."""
    vec, most = settings.vector_env(settings.copies), 1
    players = settings.players(vec, seed=0)
    if can_train_together(vec, players):
        copies = MOST_COPIES if all(isinstance(one, Team) for one in players) else MOST_BY_COPY
        room = min(copies, MOST_PLAYS // settings.rounds) // settings.copies
        most = max(min(-(-len(seeds) // workers), room), 1)
    return [list(seeds[start : start + most]) for start in range(0, len(seeds), most)]


def train_seeds(
    settings: TrainSettings, folders: Mapping[int, Path], prediction: theory.Prediction | None = None
) -> Generator[int, None, dict[int, TrainedSeed]]:
    """Train seeds from their last checkpoints; yield the number of each update that is done, and return
    what each seed has learned.

    Every update starts new episodes and draws all its random numbers from ``(seed, update)``, so that
    on a CPU an interrupted run ends bit for bit like an uninterrupted one, and a seed among others like
    a seed alone.

    Parameters
    ----------
    settings : TrainSettings
        Settings of the run.
    folders : mapping of int to Path
        The folder of each seed. Several are one of the `batches`.
    prediction : Prediction, optional
        The prediction of the run; default: that in its folder.
    """
    import torch  # here, because it takes long to import

    torch.set_num_threads(1)  # more would change the order of sums
    vec = settings.vector_env(settings.copies)
    seeds = [_Seed(settings, vec, folder, number) for number, folder in folders.items()]
    for seed in seeds:
        yield from range(seed.done)
    done = operator.attrgetter("done")
    unfinished = sorted((seed for seed in seeds if seed.done < settings.updates), key=done)
    if unfinished:
        prediction = prediction or kept_prediction(settings, seeds[0].folder.parent)
        grades = _Grades(settings, vec, prediction)
        for _, group in itertools.groupby(unfinished, done):
            yield from _train_group(settings, list(group), grades)
    return {seed.number: (seed.players, np.stack(seed.play)) for seed in seeds}


def trained(
    settings: TrainSettings, folders: Mapping[int, Path], prediction: theory.Prediction | None = None
) -> dict[int, TrainedSeed]:
    """What seeds have learned when they are trained to the end, see `train_seeds`."""
    training = train_seeds(settings, folders, prediction)
    while True:
        try:
            next(training)
        except StopIteration as end:
            found: dict[int, TrainedSeed] = end.value
            return found


def _train_group(settings: TrainSettings, seeds: list[_Seed], grades: _Grades) -> Iterator[int]:
    """Train seeds of which as many updates are done."""
    in_play = _InPlay(settings, [seed.players for seed in seeds])
    numbers, done = [seed.number for seed in seeds], seeds[0].done
    with contextlib.ExitStack() as logs:
        write = [logs.enter_context(event_log(seed.folder, done)) for seed in seeds]
        for update in range(done, settings.updates):
            plays = in_play.update(numbers, update)
            for seed, (played, shown), losses, log in zip(
                seeds, plays, in_play.losses(), write, strict=True
            ):
                row = _progress_row(update, played) | grades.of(shown, update)
                log(_numbers(row, *losses), update)
                seed.progress.append(row)
                seed.play.append(_sample(shown["effort"], settings.horizon))
            if (update + 1) % CHECKPOINT_EVERY == 0 or update + 1 == settings.updates:
                for seed, saved in zip(seeds, in_play.saved(), strict=True):
                    save_seed(saved, seed.folder, seed.progress, seed.play)
            yield from [update] * len(seeds)
    in_play.give_back()


class _Seed:
    """A seed: its players, and what is kept of its updates."""

    def __init__(self, settings: TrainSettings, vec: VectorEnv, folder: Path, number: int) -> None:
        self.folder, self.number = folder, number
        self.players = settings.players(vec, number)
        progress, self.play = restore_seed(self.players, folder, settings.updates)
        self.progress = [_as_scheduled(settings, row) for row in progress]

    @property
    def done(self) -> int:
        """Number of updates done."""
        return len(self.play)


class _InPlay:
    """Where the players of one seed play, or those of several side by side."""

    def __init__(self, settings: TrainSettings, line_ups: Sequence[list[Player]]) -> None:
        self._settings, self._line_ups = settings, line_ups
        self._vec = settings.vector_env(settings.copies * len(line_ups))
        self._together: list[SideBySide] = []
        if len(line_ups) > 1:
            self._together = [side_by_side(players) for players in zip(*line_ups, strict=True)]

    def update(self, seeds: Sequence[int], update: int) -> list[tuple[Played, Played]]:
        """Of each seed, the play that was learned from, and a play without exploration; the same if
        nobody explores."""
        rngs = [np.random.default_rng([seed, TRAINING, update]) for seed in seeds]
        start, *_ = (int(rng.integers(2**31)) for rng in rngs)  # of use to a rule that draws
        players: Sequence[Player] = self._together or self._line_ups[0]
        rng = cast(np.random.Generator, Streams(rngs)) if self._together else rngs[0]
        played = shown = play(self._vec, players, self._settings.rounds, rng, start)
        if any(player.explores for player in self._line_ups[0]):
            shown = play(self._vec, players, self._settings.rounds, rng, start, mode="play")
        return list(zip(_by_seed(played, len(seeds)), _by_seed(shown, len(seeds)), strict=True))

    def losses(self) -> list[list[dict[str, float]]]:
        """Losses of each seed, by player."""
        if self._together:
            return [list(one) for one in zip(*(p.losses_by_seed() for p in self._together), strict=True)]
        return [[player.losses() for player in players] for players in self._line_ups]

    def saved(self) -> list[list[dict[str, Any]]]:
        """What the players of each seed have learned, by player."""
        if self._together:
            return [list(one) for one in zip(*(p.saved_by_seed() for p in self._together), strict=True)]
        return [[player.save() for player in players] for players in self._line_ups]

    def give_back(self) -> None:
        """Let the players of each seed have what they learned side by side."""
        if self._together:
            for players, saved in zip(self._line_ups, self.saved(), strict=True):
                for player, own in zip(players, saved, strict=True):
                    player.load(own)


def _by_seed(played: Played, seeds: int) -> list[Played]:
    each = {key: np.split(values, seeds, axis=1) for key, values in played.items()}
    return [dict(zip(each, values, strict=True)) for values in zip(*each.values(), strict=True)]


class _Grades:
    """Exact figures of the latest plays, as far as they can be computed."""

    def __init__(self, settings: TrainSettings, vec: VectorEnv, prediction: theory.Prediction) -> None:
        self._settings, self._prediction = settings, prediction
        self._grader = Grader(vec.game, vec.protocol, certified_equilibrium(prediction))
        self._in_turn = expected_cycle(prediction) is not None

    def of(self, shown: Played, update: int) -> dict[str, float]:
        """The figures of an update; none where it is not graded."""
        if not _is_graded(self._settings, update):
            return {}
        n = shown["rank"].shape[-1]
        latest = (shown[key].reshape(-1, n)[-GRADED:] for key in ("effort", "rank"))
        found = {key: value for key, value in self._grader(*latest).items() if np.isfinite(value)}
        if self._in_turn:
            episode = shown["effort"][-self._settings.horizon :, 0]
            who = in_turn(range(len(episode)), n)
            missed = by_developer(revision_regrets(self._prediction, episode), who, n)
            found["step_regret"] = float(missed.max())
        return found


def _as_scheduled(settings: TrainSettings, row: dict[str, Any]) -> dict[str, Any]:
    """A row of ``progress.csv`` as it is in this run: the last row of a shorter run was graded, and runs
    of older versions have fewer figures."""
    blank = dict.fromkeys(("update", *GRADES), "")
    kept = row if _is_graded(settings, int(row["update"])) else {**row, **dict.fromkeys(GRADES, "")}
    return blank | kept


def _is_graded(settings: TrainSettings, update: int) -> bool:
    return update % GRADE_EVERY == 0 or update + 1 == settings.updates


def _sample(efforts: NDArray[Any], horizon: int) -> NDArray[Any]:
    """``SAMPLE`` of the plays ``[rounds, copies, n]``: one from each of ``SAMPLE`` equal parts, at
    places that spread over the rounds of an episode."""
    plays, parts = efforts.reshape(-1, efforts.shape[-1]), np.arange(SAMPLE)
    within = parts * GOLDEN % 1.0 if horizon > 1 else 0.0
    return plays[((parts + within) * len(plays) / SAMPLE).astype(int)]


def _progress_row(update: int, played: Played) -> dict[str, Any]:
    """A row of ``progress.csv``: means of what was played, and blank grades."""
    row: dict[str, Any] = dict.fromkeys(("update", *GRADES), "") | {"update": update}
    means = (played[key].mean(axis=(0, 1)).tolist() for key in ("effort", "payoff"))
    for i, (effort, payoff) in enumerate(zip(*means, strict=True)):
        row[f"developer_{i}/effort"], row[f"developer_{i}/payoff"] = effort, payoff
    return row


def _numbers(*parts: dict[str, Any]) -> dict[str, float]:
    """The figures of an update for its log, without blank ones."""
    figures = {key: value for part in parts for key, value in part.items() if key != "update"}
    return {key: value for key, value in figures.items() if isinstance(value, (int, float))}
