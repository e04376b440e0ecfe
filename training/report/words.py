"""Words and tables of a run's report: settings, verdict, prediction, developers."""

from __future__ import annotations

import math
from dataclasses import asdict
from html import escape

import numpy as np

from benchgame_env import Game
from benchgame_env.agents.runs.settings import TrainSettings
from benchgame_env.cli import commands, facts, pages
from benchgame_env.named_games import statement
from benchgame_env.training.grading.figures import share_of_scale
from benchgame_env.training.grading.intervals import Check, Figure, with_margin
from benchgame_env.training.html.page import definitions, paragraph, table
from benchgame_env.training.report.expected import Expected
from benchgame_env.training.report.files import Run
from benchgame_env.training.run.records import counted

SIGNS = {"match": "✓", "mismatch": "✗", "undecided": "?", "not graded": "○"}
STYLE = """
:root { --panel: 19rem; }
.verdict { border-left: .5rem solid currentColor; background: #f3f3f3; padding: .6rem 1rem; }
.verdict strong { font-size: 1.15em; } .verdict span { color: #1a1a1a; }
.match { color: #0b5394; } .mismatch { color: #a63f00; } .undecided, .not-graded { color: #555; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dl.facts dt { grid-column: 1; } dl.facts dd { margin: 0; grid-column: 2; }
@media (max-width: 30rem) { dl.facts { display: block; } dl.facts dd { margin-left: 1rem; } }
@media print { * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


def title(settings: TrainSettings) -> str:
    """Heading of the page."""
    return f"{settings.game} under {setting(settings)}: {settings.agents}"


def setting(settings: TrainSettings) -> str:
    """The protocol with its parameters."""
    return commands.setting_label(settings.protocol, settings.parameters)


def verdict_sentence(run: Run) -> str:
    """The verdict as HTML: a word, a sentence and a colour."""
    outcome = outcome_of(run)
    if run.verdict is None:
        sentence = (
            f"There is no verdict yet; grade it with: benchgame evaluate {commands.quoted(run.folder)}"
        )
    else:
        sentence = run.verdict.sentence.partition(": ")[2]
    word = f"<strong>{signed(outcome)}</strong>"
    kind = outcome.replace(" ", "-")
    said = f'<p class="verdict {kind}">{word} <span>{escape(sentence)}.</span></p>'
    more = run.verdict.explained() if run.verdict else []
    return said + "".join(map(paragraph, more))


def head(run: Run) -> str:
    """The main settings of the run, as HTML."""
    s = run.settings
    entries = [
        ("game", s.game),
        ("taken for granted", statement(s.load_game())),
        ("protocol", setting(s)),
        ("agents", s.agents),
        ("revision", s.revision),
        ("seeds", f"{s.seeds}, each {counted(s.updates, 'update')} of {counted(s.copies, 'copy')}"),
        ("rounds", f"{s.horizon} in an episode, {counted(s.episodes, 'episode')} in an update"),
        ("made by", f"git revision {run.made_with['git_revision']}"),
    ]
    return definitions(entries, "facts")


def checks(run: Run, heading: str = "") -> str:
    """Table of all checks with their figures, then of figures without a bound, as HTML."""
    verdict = run.verdict
    if verdict is None or not verdict.checks:
        return ""
    beside = [*([verdict.share] if verdict.share else []), *verdict.reported]
    tested = [*verdict.checks, *verdict.last_iterate]
    rows = [_figure(check, signed(check.outcome), f"{check.bound:g}") for check in tested]
    rows += [_figure(figure, "reported", "") for figure in beside]
    header = ["check", "outcome", "mean", "bound", "95 % interval"]  # for phones: the outcome early
    kinds = [*(check.outcome for check in tested), *("" for _ in beside)]
    return heading + table(header, rows, kinds)


def _figure(found: Figure, outcome: str, bound: str) -> list[str]:
    interval = f"{found.low:.4g} to {found.high:.4g}"
    if math.isinf(found.low) and math.isinf(found.high):
        interval = "unknown from one seed"
    name = found.name
    if isinstance(found, Check) and found.who is not None:
        name = f"{name}: developer_{found.who}"
    return [name, outcome, f"{found.mean:.4g}", bound, interval]


def signed(outcome: str) -> str:
    """An outcome with its sign, for readers who do not see colours."""
    return f"{SIGNS[outcome]} {outcome}"


def regret_check(run: Run) -> Check | None:
    """The check of regret in the verdict of a run, if there is one."""
    checks = run.verdict.checks if run.verdict else []
    return next((check for check in checks if "regret" in check.name), None)


def outcome_of(run: Run) -> str:
    """Outcome of the verdict, or ``not graded``."""
    return "not graded" if run.verdict is None else run.verdict.outcome


def prediction(known: facts.Facts) -> str:
    """What was predicted, and the solutions that were found, as HTML."""
    entries = pages.statements(known)
    if cycle := known["cycle"]:
        entries.append(("cycle", pages.cycle_words(cycle)))
    return f"<h2>Prediction</h2>\n{definitions(entries, 'facts')}{_solutions(known['solutions'])}"


def _solutions(found: list[facts.Facts]) -> str:
    """A row for each concept that found a solution: the first one, and how many there are."""
    rows = []
    for name in dict.fromkeys(one["concept"] for one in found):
        own = [one for one in found if one["concept"] == name]
        certificate, regret = (f"{own[0][key]:.4g}" for key in ("certificate", "largest_regret"))
        words = [own[0]["method"], own[0]["certifies"]]
        rows.append([name.replace("_", " "), str(len(own)), certificate, regret, "; ".join(words)])
    header = ["solution concept", "found", "certificate", "largest regret", "how, and what certifies it"]
    return table(header, rows) if rows else ""


def developers(run: Run, game: Game, expected: Expected | None) -> str:
    """Predicted and learned mean efforts, side by side."""
    columns = {"F, effort units": [f"{most:,.6g}" for most in game.effort_scale]}
    if expected is not None:
        shares = share_of_scale(game, expected.mean)
        columns["predicted mean effort / F"] = [f"{share:.4g}" for share in shares]
    learned = {"efforts": "learned, final", "average_efforts": "learned, time average"}
    for key, name in learned.items():
        if run.figures:
            by_developer = np.array([getattr(seed, key) for seed in run.figures]).T
            columns[name] = [with_margin(values, ".4g", ".2g") for values in by_developer]
    rows = [[name, *cells] for name, *cells in zip(game.names, *columns.values(), strict=True)]
    return f"<h2>Developers</h2>\n{table(['developer', *columns], rows)}"


def made_with(run: Run) -> str:
    """All settings and the versions of packages, as HTML."""
    entries = {**asdict(run.settings), **run.made_with}
    listed = definitions(((name, str(value)) for name, value in entries.items()), "facts")
    return f"<h2>Settings and versions</h2>\n{listed}"
