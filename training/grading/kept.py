"""``verdict.json`` in a run's folder: the verdict, and the figures of the seeds that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchgame_env.records import read_record, write_record
from training.grading.figures import SeedFigures
from training.grading.verdict import Verdict

FILE = "verdict.json"
SCHEMA = 2  # 1 had null for numbers that JSON lacks


@dataclass(frozen=True)
class KeptVerdict(Verdict):
    """The content of the file.

    Attributes
    ----------
    seeds : tuple of SeedFigures
        What each seed learned.
    """

    seeds: tuple[SeedFigures, ...] = ()


def save_verdict(run: Path, verdict: Verdict, seeds: list[SeedFigures]) -> None:
    """Write the file into the folder of a run."""
    write_record(run / FILE, KeptVerdict(**vars(verdict), seeds=tuple(seeds)), SCHEMA)


def load_verdict(run: Path) -> KeptVerdict | None:
    """Read the file; None without one, and ValueError naming it if it is damaged."""
    if not (run / FILE).exists():
        return None
    kept: KeptVerdict = read_record(KeptVerdict, run / FILE, SCHEMA)
    return kept
