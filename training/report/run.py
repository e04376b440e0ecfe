"""The page of a run: what was played, what was predicted, and how they compare."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from benchgame_env import Game, theory
from benchgame_env.cli import facts
from benchgame_env.curves import ScalingLaw
from benchgame_env.named_games import checkpoints
from benchgame_env.rules import Direct, TuneBeforeTest
from benchgame_env.training.grading.checks import STEP_REGRET
from benchgame_env.training.grading.intervals import Figure
from benchgame_env.training.grading.target import AVERAGE_REGRET, PURE_REGRET
from benchgame_env.training.html.drawing import colour, sample
from benchgame_env.training.html.page import Panel, document, legend, panels, paragraph
from benchgame_env.training.report import boards, curves, words
from benchgame_env.training.report.expected import Expected, expected_play
from benchgame_env.training.report.files import Run, graded_efforts, graded_episode, sampled_efforts
from benchgame_env.validate import Floats

OF_SEEDS = ((sample("c0 faint"), "a seed"), (sample("c0 bold"), "mean of seeds"))


def page(run: Run, prediction: theory.Prediction) -> str:
    """The whole page of a run; it says which parts are missing."""
    game, expected = prediction.game, expected_play(prediction)
    sampled = sampled_efforts(run)
    known = facts.of(prediction, cycle=True)
    return document(
        words.title(run.settings),
        [
            words.verdict_sentence(run),
            *(paragraph(f"Not finished: {line}.") for line in run.unfinished),
            words.head(run),
            words.checks(run, "<h2>Verdict</h2>\n"),
            words.prediction(known),
            words.developers(run, game, expected),
            _learning(run, game, expected),
            _efforts(run, game, expected),
            _course(run, game, expected),
            _distributions(run, sampled, game, expected),
            _ranks(sampled, game, prediction.protocol),
            _required(run, prediction, known),
            words.made_with(run),
        ],
        words.STYLE + curves.STYLE + boards.STYLE,
    )


def _learning(run: Run, game: Game, expected: Expected | None) -> str:
    """Curves of the exact figures in training."""
    graded, bound = _regret_check(run, expected)
    regret = curves.regret_column(run.seeds[0]) or "largest_regret"
    kinds = {
        regret: (game.prize_range, "largest regret / P", graded, bound),
        "distance": (1.0, "distance to equilibrium", None, None),
        "kendall_tau": (1.0, "Kendall tau to quality", None, None),
    }
    drawn = []
    for column, rest in kinds.items():
        seeds = [s for s in run.seeds if np.isfinite(s.progress.get(column, np.nan)).any()]
        drawn += [curves.learning_curve(seeds, column, *rest)] if seeds else []
    if not drawn:
        return f"<h2>Learning curves</h2>\n{paragraph('Regrets are not known under this rule.')}"
    signs = list(OF_SEEDS)
    if bound is not None:
        signs.append((sample("bound"), "bound"))
    if graded:
        signs.append((sample("truth", "diamond"), f"graded: {graded.name}, with its interval"))
    in_turn = regret == "step_regret"
    what = "mean regret of the revisions of an episode" if in_turn else "regret of an update's play"
    note = (
        f"The {what}, of the developer with the largest, as a share of P, the spread of prizes. It is "
        "exact for the plays that were sampled, and so a little above that of the strategies."
    )
    return _section("Learning curves", note, signs, drawn)


def _regret_check(run: Run, expected: Expected | None) -> tuple[Figure | None, float | None]:
    """The check of regret in the verdict, if it is about the same regret as the curve, and its bound."""
    if expected is None:
        return None, None
    if (check := words.regret_check(run)) is not None:
        return check, check.bound
    if expected.cycle is not None:
        return None, STEP_REGRET
    return None, PURE_REGRET if expected.name.startswith("pure") else AVERAGE_REGRET


def _efforts(run: Run, game: Game, expected: Expected | None) -> str:
    drawn = curves.effort_courses(game, run.seeds, expected)
    signs = list(OF_SEEDS)
    if expected is not None:
        signs.append((sample("truth"), f"mean effort of the {expected.name}"))
        if expected.cycle is not None:
            signs.append((sample("span", "area"), "from its troughs to its peaks"))
    note = "Mean effort of each developer in training, as a share of F, the effort that P is worth."
    return _section("Effort trajectories", note, signs, drawn, game)


def _section(
    heading: str,
    note: str,
    signs: list[tuple[str, str]],
    drawn: list[Panel],
    game: Game | None = None,
) -> str:
    """Figures under a heading; with ``game`` there is one for each developer, up to a limit."""
    n = 0 if game is None else game.n_developers
    if n > curves.MOST_PANELS:
        note = f"{note} The first {curves.MOST_PANELS} of {n} developers, best first."
    return f"<h2>{escape(heading)}</h2>\n{paragraph(note)}{legend(signs)}{panels(drawn)}"


def _course(run: Run, game: Game, expected: Expected | None) -> str:
    """Efforts by round, if a cycle is predicted."""
    course = graded_episode(run)
    if expected is None or expected.cycle is None or course is None or len(course) < 2:
        return ""
    drawn = curves.cycle_courses(game, course, expected.cycle.states)
    signs = [(sample("c0 bold"), "played"), (sample("truth"), "predicted cycle, in phase")]
    levels = expected.cycle.levels
    on_levels = "" if levels is None else f" on the {len(levels)} levels of effort"
    note = (
        f"The end of the graded play of seed {run.seeds[0].number}, round by round, as a share of F. "
        f"The cycle of best responses{on_levels}, of {expected.cycle.period} revisions, begins where it "
        "fits best."
    )
    return _section("Efforts in turn", note, signs, drawn, game)


def _distributions(run: Run, sampled: dict[int, Floats], game: Game, expected: Expected | None) -> str:
    """Distributions of effort in the second half of training; in graded play without checkpoints."""
    played = {seed: _late(play) for seed, play in sampled.items()} or graded_efforts(run)
    which = "the second half of training" if sampled else "the graded play"
    if not played:
        return ""
    drawn = curves.distributions(game, played, expected)
    signs = [(sample("c0 faint"), "a seed"), (sample("c0 bold"), "all seeds")]
    if expected is not None:
        signs += [(sample("truth"), expected.name), (sample("truth", "disc"), "its atoms")]
    note = f"Share of play with at most so much effort, in {which}."
    return _section("Effort distributions", note, signs, drawn, game)


def _late(play: Floats) -> Floats:
    """Boards ``[boards, n]`` of the second half of training."""
    return play[len(play) // 2 :].reshape(-1, play.shape[-1])


def _ranks(sampled: dict[int, Floats], game: Game, protocol: Any) -> str:
    if not sampled:
        return ""
    shortest = min(map(len, sampled.values()))
    efforts = np.concatenate([play[:shortest] for play in sampled.values()], axis=1)
    rng = np.random.default_rng(0)
    drawn = boards.rank_flow(game, protocol.evaluate(game, efforts, rng).ranks)
    signs = [(sample(f"layer {colour(i)}", "area"), name) for i, name in enumerate(game.names)]
    first = ", each as the first of an episode" if protocol.traits.remembers else ""
    note = f"Share of boards on which a developer holds a rank, by update; boards of training{first}."
    return _section("Rank flow", note, signs, drawn)


def _required(run: Run, prediction: theory.Prediction, known: facts.Facts) -> str:
    game, protocol = prediction.game, prediction.protocol
    if not isinstance(game.curves, ScalingLaw) or not isinstance(protocol, (Direct, TuneBeforeTest)):
        return ""
    if known["stable_levels"] is None:
        return ""
    level = protocol.published.get("level")
    drawn = boards.required_effort(game, known["stable_levels"], checkpoints(run.settings.game), level)
    signs = [(sample(colour(i, dashed=True)), name) for i, name in enumerate(game.names)]
    signs += [
        (sample("truth solid bold"), "least of all"),
        (sample("stable", "area"), "honest play is stable"),
    ]
    note = "Right: the effort that lifts a model from rank 2, 3, ... to the rank above, a line for each."
    return _section("Required effort", note, signs, drawn)
