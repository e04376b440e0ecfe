"""Golden episodes are played again and must come out as written."""

from __future__ import annotations

import pytest
from tools.golden import BUILT_IN, FOLDER, RENEW, episode, path


@pytest.mark.parametrize("name", BUILT_IN)
def test_replays(name: str) -> None:
    if not path(name).exists():
        pytest.fail(f"no golden episode of {name!r}; make one: {RENEW}")
    assert episode(name) == path(name).read_text(), f"play has changed; if it should: {RENEW}"


def test_no_episode_is_left_over() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(BUILT_IN)
