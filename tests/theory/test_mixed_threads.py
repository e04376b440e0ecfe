"""The same bytes for any number of threads of BLAS."""

from __future__ import annotations

from tools.checks import ROOT, printed, python

# Evenly spaced prizes, uneven ones, scores that are drawn, and a game with many developers.
CODE = """
import hashlib, numpy as np, benchgame_env as bg
found = [
    bg.theory.mixed_equilibrium("three", "direct"),
    bg.theory.mixed_equilibrium("five", "direct"),
    bg.theory.mixed_equilibrium(bg.load_game("five", prizes=[1, 0.5, 0.4, 0.1, 0]), "direct"),
    bg.theory.mixed_equilibrium("open-mmlu", "direct", tolerance=0.2),
    bg.theory.mixed_on_levels("five", ("finite-test", {"items": 300})),
    bg.theory.mixed_equilibrium("five", ("finite-test", {"items": 300}), levels=np.linspace(0, 1, 99)),
]
for one in found:
    parts = [part.tobytes() for strategy in one.strategies for part in strategy]
    print(hashlib.sha256(b"".join(parts)).hexdigest(), one.nash_conv.hex(), one.payoffs.tobytes().hex())
"""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def test_answers_are_the_same_bytes_for_any_number_of_threads() -> None:
    answers = [printed(python(ROOT, "-c", CODE, **dict.fromkeys(THREADS, count))) for count in "12"]
    assert answers[0].count("\n") == 6
    assert answers[0] == answers[1]
