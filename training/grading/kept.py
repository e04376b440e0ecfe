"""``verdict.json`` in a run's folder: the verdict, and the figures of the seeds that it rests on."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from benchgame_env.files import read_text
from benchgame_env.records import fields_of, parse_json, read, reading, write_record
from benchgame_env.training.grading.figures import SeedFigures, check_rules
from benchgame_env.training.grading.verdict import Verdict

FILE = "verdict.json"
SCHEMA = 1


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
    """Read the file; None without one, and ValueError naming it if it is damaged or made by the rules of
    another version."""
    path = run / FILE
    if not path.exists():
        return None
    with reading(path):
        content = fields_of(parse_json(read_text(path)), SCHEMA)
        check_rules(content, f"judge it anew: benchgame evaluate {shlex.quote(str(run))}")
        kept: KeptVerdict = read(KeptVerdict, content, "")
    return kept
