"""Games on curves fitted to real checkpoints; where the numbers come from is in `fitted/*.json`.

Effort and level are fine-tuning steps, quality is the fitted ceiling U, prizes fall in equal steps
from 1 to 0 and one rank is worth 2,000 steps of tuning.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchgame_env.fitting.calibration import Calibration
from benchgame_env.game import Game
from benchgame_env.named_games.registry import register_game
from benchgame_env.validate import choice

FITTED = Path(__file__).parent / "fitted"
PYTHIA = ("pythia-12b", "pythia-6.9b", "pythia-2.8b", "pythia-1.4b", "pythia-1b")
LLAMA = ("llama-65b", "llama-30b", "llama-13b", "llama-7b")


@cache
def shipped(benchmark: str) -> Calibration:
    """The calibration in ``fitted/<benchmark>.json``."""
    return Calibration.load(FITTED / f"{benchmark}.json")


def calibration(name: str) -> Calibration:
    """A calibration by the name of its benchmark, or from a file (``*.json``).

    Raises
    ------
    ValueError
        There is none; the shipped ones are listed.
    """
    if name.endswith(".json"):
        return Calibration.load(name)
    return shipped(choice("benchmark", name, benchmarks()))


def benchmarks() -> tuple[str, ...]:
    """Names of the benchmarks whose calibrations are shipped, sorted."""
    return tuple(sorted(file.stem for file in FITTED.glob("*.json")))


@register_game("pythia-gsm8k")
def pythia_gsm8k(developers: Sequence[str] = PYTHIA) -> Game:
    """Five Pythia models (1b to 12b) on GSM8K; effort in fine-tuning steps."""
    return shipped("gsm8k").game(developers)


@register_game("llama-gsm8k")
def llama_gsm8k(developers: Sequence[str] = LLAMA) -> Game:
    """Four LLaMA models (7b to 65b) on GSM8K; effort in fine-tuning steps."""
    return shipped("gsm8k").game(developers)


@register_game("llama-mmlu")
def llama_mmlu(developers: Sequence[str] = LLAMA) -> Game:
    """Four LLaMA models (7b to 65b) on MMLU; effort in fine-tuning steps."""
    return shipped("mmlu").game(developers)


@register_game("open-gsm8k")
def open_gsm8k(developers: Sequence[str] | None = None) -> Game:
    """All open models whose GSM8K checkpoints the scaling law describes, up to a ceiling."""
    return _open("gsm8k", developers)


@register_game("open-mmlu")
def open_mmlu(developers: Sequence[str] | None = None) -> Game:
    """All open models whose MMLU checkpoints the scaling law describes, up to a ceiling."""
    return _open("mmlu", developers)


def _open(benchmark: str, developers: Sequence[str] | None) -> Game:
    found = shipped(benchmark)
    return found.game(found.identified if developers is None else developers)
