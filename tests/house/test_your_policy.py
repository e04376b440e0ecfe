"""The page about policies of one's own: its examples run and print what it says."""

from __future__ import annotations

import contextlib
import io
import re

from tools.checks import ROOT

PAGE = (ROOT / "docs" / "your-policy.md").read_text(encoding="utf-8")


def test_the_examples_print_what_the_page_says() -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    printed, names = io.StringIO(), {}
    with contextlib.redirect_stdout(printed):
        for example in examples:
            exec(compile(example, "docs/your-policy.md", "exec"), names)
    first, second, third = printed.getvalue().splitlines()
    assert first == "match"
    outcome, regrets = second.split(" ", 1)
    assert outcome == "mismatch"
    assert [len(re.findall(r"[\d.]+", shown)) for shown in (regrets, third)] == [2, 2]
    assert names["verdict"].regrets.max() > 0.025  # the bound where the equilibrium is mixed
