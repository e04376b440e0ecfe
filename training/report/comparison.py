"""The page that compares the runs of a folder: verdicts, figures and curves side by side."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

from benchgame_env.agents.runs.settings import FILE
from benchgame_env.cli import figures
from benchgame_env.training.grading.intervals import with_margin
from benchgame_env.training.html.drawing import sample
from benchgame_env.training.html.page import Html, Panel, document, legend, panels, paragraph, table
from benchgame_env.training.report import curves, words
from benchgame_env.training.report.files import Run, read_run
from benchgame_env.validate import Floats

HEADER = ["run", "verdict", "checked regret / P", "bound", "mean effort / F", "Kendall tau", "seeds"]


def runs_in(folder: Path, trust: bool = False) -> list[Run]:
    """The runs whose folders are in ``folder``, by name; none if it has none.

    Parameters
    ----------
    folder : Path
        The folder.
    trust : bool
        Whether modules that settings name may be imported.

    Returns
    -------
    list of Run
        The runs.

    Raises
    ------
    ValueError
        As `read_run`.
    """
    return [read_run(file.parent, trust) for file in sorted(folder.glob(f"*/{FILE}"))]


def page(folder: Path, runs: list[Run], link: str) -> str:
    """A page that compares runs; each row leads to the page ``link`` in the folder of the run."""
    return document(
        f"Runs in {folder.name}",
        [
            paragraph(
                "P is the spread of prizes, F the effort that P is worth to a developer. Figures are "
                "means over seeds, with the half width of the 95 % interval."
            ),
            table(HEADER, [_row(run, link) for run in runs], [words.outcome_of(run) for run in runs]),
            *(_sentence(run) for run in runs),
            _learning(runs),
        ],
        words.STYLE + curves.STYLE,
    )


def draw(runs: list[Run], folder: Path) -> None:
    """Draw mean efforts and largest regrets in training, one panel for each run, for a paper.

    Parameters
    ----------
    runs : list of Run
        Runs that have the same developers.
    folder : Path
        Where ``efforts`` and ``regrets`` are written, as SVG, PDF and PNG each.

    Raises
    ------
    ValueError
        Runs with other developers.
    """
    names = runs[0].settings.vector_env(1).game.names
    for run in runs:
        if run.settings.vector_env(1).game.names != names:
            raise ValueError(
                f"--figures: {run.folder.name} has other developers than {runs[0].folder.name}"
            )
    titles = [words.setting(run.settings) for run in runs]
    efforts = dict(zip(titles, map(_mean_efforts, runs), strict=True))
    across, up = "update", "mean effort, as a share of what the prizes are worth"
    figures.courses(efforts, names, (across, up), folder, "efforts")
    regrets = {title: known for title, run in zip(titles, runs, strict=True) if (known := _regrets(run))}
    if regrets:
        up = "largest regret, as a share of the spread of prizes"
        figures.courses(regrets, ("mean of seeds",), (across, up), folder, "regrets")


def _regrets(run: Run) -> tuple[Floats, Floats] | None:
    """Updates at which regret is known ``[m]``, and its mean over seeds ``[m, 1]``; None without."""
    column = curves.regret_column(run.seeds[0])
    seeds = [seed for seed in run.seeds if column in seed.progress]
    if column is None or not seeds:
        return None
    at, mean = curves.mean_over_seeds(seeds, [seed.progress[column] for seed in seeds])
    known = np.isfinite(mean)
    return at[known], mean[known, None] / run.settings.vector_env(1).game.prize_range


def _mean_efforts(run: Run) -> tuple[Floats, Floats]:
    """Updates ``[m]``, and the efforts ``[m, n]`` as shares of F."""
    scale = run.settings.vector_env(1).game.effort_scale
    each = [[seed.progress[f"developer_{i}/effort"] for seed in run.seeds] for i in range(len(scale))]
    means = [curves.mean_over_seeds(run.seeds, courses) for courses in each]
    return means[0][0], np.stack([mean for _, mean in means], axis=-1) / scale


def _row(run: Run, link: str) -> list[str]:
    name = Html(f'<a href="{escape(run.folder.name)}/{escape(link)}">{escape(run.folder.name)}</a>')
    check = words.regret_check(run)
    regret, bound = ("", "") if check is None else (f"{check.mean:.4g}", f"{check.bound:g}")
    if not run.figures:
        return [name, words.signed(words.outcome_of(run)), regret, bound, "", "", str(len(run.seeds))]
    efforts = np.array([seed.efforts.mean() for seed in run.figures])
    tau = np.array([seed.tau for seed in run.figures])
    figures = [with_margin(efforts, ".3g", ".2g"), with_margin(tau, ".3f")]
    return [name, words.signed(words.outcome_of(run)), regret, bound, *figures, str(len(run.figures))]


def _sentence(run: Run) -> str:
    title = f"<h2>{escape(run.folder.name)}: {escape(words.title(run.settings))}</h2>"
    unfinished = [paragraph(f"Not finished: {line}.") for line in run.unfinished]
    return "\n".join([title, words.verdict_sentence(run), *unfinished])


def _learning(runs: list[Run]) -> str:
    drawn = [panel for run in runs if (panel := _curve(run)) is not None]
    if not drawn:
        return ""
    signs = [
        (sample("c0 faint"), "a seed"),
        (sample("c0 bold"), "mean of seeds"),
        (sample("bound"), "bound"),
    ]
    return f"<h2>Regret in training</h2>\n{legend(signs)}{panels(drawn)}"


def _curve(run: Run) -> Panel | None:
    """Regret against updates, if it is known."""
    column = curves.regret_column(run.seeds[0])
    seeds = [seed for seed in run.seeds if column in seed.progress]
    if column is None or not seeds:
        return None
    check = words.regret_check(run)
    unit = run.settings.vector_env(1).game.prize_range
    name = f"{run.folder.name}: largest regret / P"
    return curves.learning_curve(seeds, column, unit, name, check, check.bound if check else None)
