"""What changes for users since the last release stands in the CHANGELOG."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tools.checks import ROOT
from tools.public_names import public_names

from benchgame_env import metrics, theory

RELEASED = ROOT / "tests" / "house" / "public_names_0.1.0.txt"


def unreleased() -> set[str]:
    """The words of the CHANGELOG's first section."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    _, first, *_ = re.split(r"^## ", text, flags=re.MULTILINE)
    return set(re.findall(r"\w+", first))


def test_the_changelog_names_what_changed_since_the_last_release() -> None:
    before = set(RELEASED.read_text(encoding="utf-8").splitlines())
    now = set(public_names())
    names_before = {line.partition("(")[0] for line in before}
    names_now = {line.partition("(")[0] for line in now}
    words, silent = unreleased(), set()
    for name in {line.partition("(")[0] for line in before ^ now}:
        owner, _, last = name.rpartition(".")
        comes_with_its_class = owner in names_before ^ names_now
        if last not in words and not comes_with_its_class:
            silent.add(name)
    assert not silent


@pytest.mark.parametrize(
    ("module", "old", "now"),
    [
        (metrics, "PlayedCycle", lambda: metrics.LimitCycle),
        (metrics, "joint_regrets", lambda: metrics.external_regrets),
        (metrics, "step_regrets", lambda: metrics.revision_regrets),
        (theory, "CARDS", lambda: tuple(map(theory.card, theory.cards()))),
        (theory, "MEANING", lambda: {name: known.meaning for name, known in theory.HYPOTHESES.items()}),
    ],
)
def test_what_was_renamed_works_and_says_so(module: object, old: str, now: Callable[[], object]) -> None:
    with pytest.warns(DeprecationWarning, match=rf"\.{old} is now "):
        value = getattr(module, old)
    assert value == now()


def test_what_was_never_there_is_still_an_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = metrics.nothing
