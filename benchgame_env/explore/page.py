"""The page as one file that needs no other and reaches no network."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

import benchgame_env as bg
from benchgame_env.explore.content import Content

WEB = Path(__file__).parent / "web"
# In this order they are one script.
SCRIPTS = (
    "model.js", "figures.js", "state.js", "sentences.js", "pictures.js", "tables.js", "explore.js",
)  # fmt: skip
LARGEST = 1_000_000  # bytes


def page(title: str, about: str, assumes: Sequence[str], content: Content) -> str:
    """The whole page.

    Parameters
    ----------
    title, about : str
        Its heading, and what the game is in one sentence.
    assumes : sequence of str
        What it rests on, in sentences.
    content : dict
        What its script reads, see `benchgame_env.explore.content`.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    ValueError
        A page that would be larger than `LARGEST`.
    """
    parts = {
        "TITLE": escape(title),
        "ABOUT": escape(about),
        "UNIT": escape(content["unit"]),
        "ASSUMES": "".join(f"<li>{escape(sentence)}</li>" for sentence in assumes),
        "VERSION": escape(bg.__version__),
        "STYLE": _read("explore.css"),
        "SCRIPT": "\n".join(map(_read, SCRIPTS)),
        # No "<", so that no name ends the element that holds it.
        "DATA": json.dumps(content, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"),
    }
    made = re.sub(f"@({'|'.join(parts)})@", lambda found: parts[found[1]], _read("explore.html"))
    if (size := len(made.encode())) > LARGEST:
        raise ValueError(
            f"the page would have {size:,} bytes, more than {LARGEST:,}; fewer --draws make it smaller"
        )
    return made


def _read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")
