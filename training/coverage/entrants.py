"""Parts of the measurement in which models join: does the level hold for those of families left out?

Whole families of the shipped fitted models are left out, until they have enough models. What the others
have in common is the population that the level is announced for; the entrants are models left out.
The models on the board have curves drawn as always, and in truth one more draw. A level holds
where it is stable in truth; curves may cross again at much higher levels, which nobody announced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from benchgame_env.calibration import Calibration
from benchgame_env.curves import ScalingLaw
from benchgame_env.named_games.fitted import shipped
from benchgame_env.theory import levels_by_draw, stable_from
from benchgame_env.theory.pure.least_level import with_entrants
from benchgame_env.training.coverage.data_sets import CONFIDENCE, Row
from benchgame_env.training.coverage.leaderboards import least_stable

BENCHMARKS = ("gsm8k", "mmlu")
ENTRANTS = {"entrants-1": 1, "entrants-2": 2, "entrants-5": 5}
MODELS = 5  # on the board


@dataclass(frozen=True)
class These:
    """A population from which always the same models come."""

    laws: ScalingLaw

    def sample(self, n: int, k: int, rng: np.random.Generator) -> ScalingLaw:
        """The models, in each of n draws."""
        return self.laws[np.tile(np.arange(k), (n, 1))]


def family(model: str) -> str:
    """The letters that a name begins with: ``llama`` of llama-2-7b, ``baichuan`` of baichuan2-13b."""
    found = re.match("[a-z]+", model)
    return found[0] if found else model


def left_out(found: Calibration, k: int, rng: np.random.Generator) -> set[str]:
    """The families, in random order, that have k models together."""
    names, families = found.names, set()
    for one in rng.permutation(sorted({family(name) for name in names})).tolist():
        families.add(one)
        if sum(family(name) in families for name in names) >= k:
            break
    return families


def joined(part: str, benchmark: str, number: int, draws: int) -> list[Row]:
    """The row of one line-up: the level announced for k entrants, and the true one after they came."""
    k, found = ENTRANTS[part], shipped(benchmark)
    rng = np.random.default_rng([k, BENCHMARKS.index(benchmark), number])
    families = left_out(found, k, rng)
    away = [i for i, name in enumerate(found.names) if family(name) in families]
    rest = replace(found, report=tuple(f for f in found.report if family(f.name) not in families))
    board = [rest.names[i] for i in rng.choice(len(rest.names), MODELS, replace=False)]
    drawn = rest.draws(draws + 1, rng, developers=board)
    [level] = stable_from(with_entrants(drawn[:draws], k, rest.population(), rng), (CONFIDENCE,))
    entrants = These(found.curves[rng.choice(away, k, replace=False)])
    true = with_entrants(drawn[draws:], k, entrants, rng)
    return [
        {
            "part": part,
            "board": benchmark,
            "number": number,
            "pooling": 1,
            "left_out": len(away),
            "level": level,
            "truth": least_stable(true[0]),
            "held": int(np.isinf(level) or levels_by_draw(true, [level]).stable[0, 0]),
        }
    ]
