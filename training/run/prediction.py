"""``prediction.json``: what to expect of a run, computed once and read wherever it is needed.

The file holds ``schema``, the version of its format; ``made_for``, the game, the protocol and what the
run assumes about play; ``version``, that of the package; the decision (``regime``, ``reason``, ...); the
``order`` on the board; and the ``answers`` of all solution concepts, such as the mixed equilibrium and
the cycle of best responses for the run's choices. Numbers read back exactly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import benchgame_env as bg
from benchgame_env import Game, theory
from benchgame_env.agents import Seat
from benchgame_env.agents.runs.settings import TrainSettings, is_path
from benchgame_env.records import plain, read, read_record, reading, write_record
from benchgame_env.theory.prediction import UNCOVERED, BoardOrder, Prediction
from benchgame_env.theory.solutions.solution import Answer, Decision, Question, no_progress

FILE = "prediction.json"
SCHEMA = 2


@dataclass(frozen=True, eq=False)
class Kept:
    """The content of a file; ``answers`` are still plain JSON."""

    made_for: dict[str, Any]
    version: str
    decision: Decision
    order: BoardOrder
    answers: dict[str, Any]


def predicted(settings: TrainSettings, progress: Callable[[float], None] = no_progress) -> Prediction:
    """Compute what to expect of a run."""
    vec = settings.vector_env(1)
    return theory.predict(vec.game, vec.protocol, scope_of(settings), progress=progress)


def kept_prediction(
    settings: TrainSettings, folder: Path, progress: Callable[[float], None] = no_progress
) -> Prediction:
    """Read the prediction in a run's folder; compute and write it first if there is none.

    Parameters
    ----------
    settings : TrainSettings
        Settings of the run.
    folder : Path
        Folder of the run.
    progress : callable
        Called with the NashConv / P that the search has reached.

    Returns
    -------
    Prediction
        As written.

    Raises
    ------
    ValueError
        If the file is damaged or made for another run; the message names the file and the field.
    """
    if not (folder / FILE).exists():
        predict_and_keep(settings, [folder], progress)
    return read_prediction(settings, folder)


def predict_and_keep(
    settings: TrainSettings,
    folders: Iterable[Path],
    progress: Callable[[float], None] = no_progress,
) -> None:
    """Ask all solution concepts and write their answers into ``folders`` of runs of the same game,
    protocol and choices."""
    prediction = predicted(settings, progress)
    answers = {name: prediction.answer(name) for name in theory.CONCEPTS}
    kept = Kept(
        made_for=key_of(settings),
        version=bg.__version__,
        decision=prediction.question.decision or UNCOVERED,
        order=prediction.order,
        answers=answers,
    )
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        write_record(folder / FILE, kept, SCHEMA)


def read_prediction(settings: TrainSettings, folder: Path) -> Prediction:
    """Read the prediction in ``folder``. Raises ValueError like `kept_prediction`."""
    path = folder / FILE
    kept: Kept = read_record(Kept, path, SCHEMA)
    _check_key(path, kept.made_for, key_of(settings))
    with reading(path):
        answers = {name: _answer(name, value) for name, value in kept.answers.items()}
        vec = settings.vector_env(1)
        question = Question(vec.game, vec.protocol, scope_of(settings), decision=kept.decision)
        prediction = Prediction.of(question, kept.order, answers)
        _check_shapes(prediction)
        return prediction


def scope_of(settings: TrainSettings) -> theory.Scope:
    """What a run assumes about play; best responses choose among the efforts of the run's actions."""
    scope = theory.Scope(
        revision=settings.revision, horizon=settings.horizon, resolution=settings.resolution
    )
    if settings.action_type == "continuous":
        return scope
    vec = settings.vector_env(1)
    seats = [Seat.of(vec, i).levels(vec.axis.levels) for i in range(vec.n_developers)]
    same = np.ptp(vec.axis.max_effort) == 0
    return replace(scope, levels=seats[0] if same else np.stack(seats, axis=1))


def key_of(settings: TrainSettings) -> dict[str, Any]:
    """What a prediction is made for, as plain JSON; the same on every machine."""
    game, scope = settings.vector_env(1).game, scope_of(settings)
    if scope.levels is not None:  # another machine may have other last digits
        scope = replace(scope, levels=np.vectorize(lambda x: float(f"{x:.9g}"))(scope.levels))
    rule = {"protocol": settings.protocol, "parameters": settings.parameters}
    name = Path(settings.game).name if is_path(settings.game) else settings.game
    key = {"game": name, "game_digest": digest(game), **rule, **plain(scope)}
    plainly: dict[str, Any] = json.loads(json.dumps(key))
    return plainly


def digest(game: Game) -> str:
    """A short hash of the numbers of a game; the same on every machine."""
    probe = np.outer(np.append(0.0, np.geomspace(1e-3, 1e5, 33)), np.ones(game.n_developers))
    numbers = [game.prizes, game.quality, game.budget, game.cost(probe[:, 0]), game.curves.score(probe)]
    words = [*game.names, *(f"{x:.9g}" for part in numbers for x in np.ravel(part))]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:12]


def _answer(name: str, value: Any) -> Answer:
    """The answer of a concept, from plain JSON."""
    field = f"answers.{name}"
    if name not in theory.CONCEPTS:
        raise ValueError(f"{field}: unknown concept")
    if not isinstance(value, dict) or "found" not in value:
        raise ValueError(f"{field}.found: missing")
    found = theory.CONCEPTS[name].found
    given = value["found"]
    answer: Answer = read(Answer, {**value, "found": None}, field)
    return replace(answer, found=None if given is None else read(found, given, f"{field}.found"))


def _check_key(path: Path, there: dict[str, Any], here: dict[str, Any]) -> None:
    for name in sorted({*there, *here}):
        if there.get(name) != here.get(name):
            raise ValueError(
                f"{path}: made_for.{name}: made for {str(there.get(name))[:80]}, and this run has "
                f"{str(here.get(name))[:80]}; remove the file to compute it again"
            )


def _check_shapes(prediction: Prediction) -> None:
    """Check that profiles are profiles of this game; raises ValueError naming the field."""
    n, decision = prediction.game.n_developers, prediction.question.decision
    found = {name: prediction.answer(name).found for name in theory.CONCEPTS}
    pure, binding = prediction.equilibrium, decision.binding if decision else None
    grid, noisy, memory = (found[name] for name in ("grid_pure", "noisy_pure", "with_memory"))
    fits = {
        "order": sorted(prediction.ranking.tolist()) == list(range(n))
        and prediction.order.mean_ranks.shape == (n,),
        "decision.equilibrium": pure is None or _are_efforts(pure, n),
        "decision.binding": binding is None or {*binding} <= {*range(n)},
        "answers.mixed": prediction.mixed is None or _is_mixed(prediction.mixed, n),
        "answers.grid_pure": grid is None or (grid.ndim == 2 and _are_efforts(grid, n)),
        "answers.noisy_pure": noisy is None or _are_efforts(noisy.efforts, n),
        "answers.with_memory": all(
            _are_efforts(one.trajectory, n) and one.ranks.shape == one.trajectory.shape
            for one in (memory or {}).values()
        ),
        "cycle": prediction.cycle is None or _is_cycle(prediction.cycle, n),
    }
    for field, fitting in fits.items():
        if not fitting:
            raise ValueError(f"{field}: does not fit a game of {n} developers")


def _are_efforts(efforts: NDArray[Any], n: int) -> bool:
    whole = efforts.ndim > 0 and efforts.size > 0 and efforts.shape[-1] == n
    return whole and bool((np.isfinite(efforts) & (efforts >= 0)).all())


def _is_mixed(mixed: theory.MixedEquilibrium, n: int) -> bool:
    pairs = mixed.strategies
    return len(pairs) == mixed.payoffs.size == n and all(
        efforts.ndim == 1
        and _are_efforts(efforts, efforts.size)
        and chances.shape == efforts.shape
        and bool((chances >= 0).all() and abs(chances.sum() - 1) < 1e-6)
        for efforts, chances in pairs
    )


def _is_cycle(cycle: theory.Cycle, n: int) -> bool:
    return (
        cycle.states.shape == (cycle.period, n)
        and cycle.peaks.shape == cycle.troughs.shape == (n,)
        and all(_are_efforts(part, n) for part in (cycle.states, cycle.peaks, cycle.troughs))
    )
