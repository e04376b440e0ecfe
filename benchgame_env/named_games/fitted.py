"""Games on curves fitted to real checkpoints; where the numbers come from is in `fitted/*.json`.

Effort and level are fine-tuning steps, quality is the fitted ceiling U, prizes fall in equal steps
from 1 to 0 and one rank is worth ``steps_per_rank`` steps of tuning.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchgame_env.fitting.calibration import WORTH, Calibration
from benchgame_env.game import Game
from benchgame_env.named_games.registry import register_game
from benchgame_env.validate import choice, number

FITTED = Path(__file__).parent / "fitted"
STEPS_PER_RANK = WORTH
PYTHIA = ("pythia-12b", "pythia-6.9b", "pythia-2.8b", "pythia-1.4b", "pythia-1b")
LLAMA = ("llama-65b", "llama-30b", "llama-13b", "llama-7b")


def from_calibration(
    calibration: Calibration,
    developers: Sequence[str] | None = None,
    steps_per_rank: float = STEPS_PER_RANK,
) -> Game:
    """The game among ``developers`` (default: all fitted models), best ceiling first.

    Parameters
    ----------
    calibration : Calibration
        Fitted curves.
    developers : sequence of str, optional
        At least one model name, in any order.
    steps_per_rank : float, optional
        Fine-tuning steps that cost as much as one rank wins, > 0.
    """
    number("steps_per_rank", steps_per_rank, low=0, strict=True)
    return calibration.game(developers, worth=steps_per_rank)


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
def pythia_gsm8k(developers: Sequence[str] = PYTHIA, steps_per_rank: float = STEPS_PER_RANK) -> Game:
    """Five Pythia models (1b to 12b) on GSM8K; effort in fine-tuning steps."""
    return from_calibration(shipped("gsm8k"), developers, steps_per_rank)


@register_game("llama-gsm8k")
def llama_gsm8k(developers: Sequence[str] = LLAMA, steps_per_rank: float = STEPS_PER_RANK) -> Game:
    """Four LLaMA models (7b to 65b) on GSM8K; effort in fine-tuning steps."""
    return from_calibration(shipped("gsm8k"), developers, steps_per_rank)


@register_game("llama-mmlu")
def llama_mmlu(developers: Sequence[str] = LLAMA, steps_per_rank: float = STEPS_PER_RANK) -> Game:
    """Four LLaMA models (7b to 65b) on MMLU; effort in fine-tuning steps."""
    return from_calibration(shipped("mmlu"), developers, steps_per_rank)


@register_game("open-gsm8k")
def open_gsm8k(developers: Sequence[str] | None = None, steps_per_rank: float = STEPS_PER_RANK) -> Game:
    """All open models whose GSM8K checkpoints the scaling law describes, up to a ceiling."""
    return _open("gsm8k", developers, steps_per_rank)


@register_game("open-mmlu")
def open_mmlu(developers: Sequence[str] | None = None, steps_per_rank: float = STEPS_PER_RANK) -> Game:
    """All open models whose MMLU checkpoints the scaling law describes, up to a ceiling."""
    return _open("mmlu", developers, steps_per_rank)


def _open(benchmark: str, developers: Sequence[str] | None, steps_per_rank: float) -> Game:
    found = shipped(benchmark)
    return from_calibration(
        found, found.identified if developers is None else developers, steps_per_rank
    )
