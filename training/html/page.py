"""The parts of every HTML page: one file that needs no other, for screens, phones and paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import benchgame_env as bg
from benchgame_env.training.html import drawing

Panel = tuple[str, str]  # a heading, and a figure as SVG

STYLE = """
:root { color-scheme: light; background: #fff; }
/* Dark: lightness is turned round and hues are kept, in figures too. */
@media screen and (prefers-color-scheme: dark) { :root { filter: invert(.92) hue-rotate(180deg); } }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff;
  margin: 0 auto; max-width: 76rem; padding: 1rem; }
h1 { line-height: 1.2; overflow-wrap: anywhere; } h2 { margin: 2.2rem 0 .6rem; }
h3 { font-size: .85rem; margin: 0; overflow-wrap: anywhere; }
li, p, dd { overflow-wrap: anywhere; max-width: 60rem; }
.panels { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--panel, 15rem)), 1fr)); }
.panel { break-inside: avoid; margin: 0; min-width: 0; }
.legend span { display: inline-block; margin-right: 1.2rem; }
.legend svg.sign { display: inline; width: 28px; height: 14px; vertical-align: -2px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } tbody th { font-weight: 400; }
tr.strong th:first-child { font-weight: 600; }
@media (max-width: 30rem) { tbody th { white-space: normal; min-width: 8rem; } }
dt { font-weight: 600; } dd { margin: 0 0 .4rem 1rem; }
@media print { body { font-size: 10pt; max-width: none; padding: 0; } .scroll { overflow: visible; }
  h2, h3, h2 + p, .legend { break-after: avoid; } .panels { grid-template-columns: repeat(3, 1fr); }
  table { font-size: 8pt; } th, td { padding: .1rem .25rem; white-space: normal; }
  tr { break-inside: avoid; } }
"""


def document(title: str, parts: Iterable[str], style: str = "") -> str:
    """A page of ``parts``, each HTML; ``style`` is CSS in addition to that of all pages."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}{drawing.STYLE}{style}</style>\n"
        f"</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        + "\n".join(part for part in parts if part)
        + f"\n<footer><p>benchgame-env {escape(bg.__version__)}</p></footer>\n</body>\n</html>\n"
    )


class Html(str):
    """Text that is already HTML."""


def link(anchor: str, words: str) -> Html:
    """A link to a place on the same page."""
    return Html(f'<a href="#{escape(anchor)}">{escape(words)}</a>')


def table(header: Sequence[str], rows: Iterable[Sequence[str]], kinds: Sequence[str] = ()) -> str:
    """A table in a box that scrolls.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : iterable of sequences of str
        Cells; the first one of a row is its name.
    kinds : sequence of str
        CSS class of each row, or an empty text.

    Returns
    -------
    str
        HTML.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = []
    for k, (name, *cells) in enumerate(rows):
        kind = f' class="{kinds[k]}"' if kinds and kinds[k] else ""
        tail = "".join(f"<td>{_cell(cell)}</td>" for cell in cells)
        body.append(f'<tr{kind}><th scope="row">{_cell(name)}</th>{tail}</tr>')
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{chr(10).join(body)}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    return text if isinstance(text, Html) else escape(text)


def panels(figures: Iterable[Panel]) -> str:
    """Figures side by side, as many in a row as fit."""
    drawn = (f'<figure class="panel"><h3>{escape(h)}</h3>{svg}</figure>' for h, svg in figures)
    return f'<div class="panels">{"".join(drawn)}</div>'


def legend(signs: Iterable[tuple[str, str]]) -> str:
    """A legend of ``(sign, meaning)``; see `drawing.sample` for signs."""
    spans = "".join(f"<span>{sign} {escape(words)}</span>" for sign, words in signs)
    return f'<p class="legend">{spans}</p>'


def definitions(entries: Iterable[tuple[str, str]], kind: str = "") -> str:
    """A list of words and their meanings; an entry with an empty word goes on with the one before.
    ``kind`` is its CSS class."""
    listed = "".join(
        f"<dt>{escape(name)}</dt>" * bool(name) + f"<dd>{escape(words)}</dd>" for name, words in entries
    )
    look = f' class="{kind}"' if kind else ""
    return f"<dl{look}>{listed}</dl>"


def paragraph(text: str) -> str:
    """A paragraph of plain text."""
    return f"<p>{escape(text)}</p>"
