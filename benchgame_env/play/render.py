"""The board for people: as text, and as a picture (extra ``plot``, imported when one is drawn)."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.play.vector import VectorEnv

# Pixels of the picture, and what is placed where: bars and names begin there, numbers end there.
WIDTH, ROW, HEAD, FOOT = 780, 24, 64, 14
MARK, RANK, NAME, SCORE, SCORE_BAR, EFFORT, EFFORT_BAR, PAYOFF = 10, 48, 62, 316, 326, 504, 514, 762
SCORE_WIDTH, EFFORT_WIDTH, BAR = 100, 160, 14
DPI = 100
LONGEST = 24  # characters of a name
# Of the first developer, the one in the middle and the last; those between them are mixed.
COLOURS = ((33, 94, 161), (72, 150, 120), (240, 150, 50))
EMPTY, INK, GREY = (236, 236, 236), (34, 34, 34), (119, 119, 119)


def board_text(vec: VectorEnv) -> str:
    """The leaderboard of the first copy, best rank first."""
    infos = {key: value[0] for key, value in vec.infos().items()}
    lines = [
        f"round {vec.round}/{vec.horizon}",
        f"{'rank':>4}  {'model':<24}{'score':>8}{'effort':>12}{'payoff':>10}",
    ]
    for i in np.argsort(infos["rank"], kind="stable"):
        lines.append(
            f"{infos['rank'][i]:>4}  {vec.game.names[i]:<24}{infos['score'][i]:>8.3f}"
            f"{infos['effort'][i]:>12.5g}{infos['payoff'][i]:>10.4f}"
        )
    return "\n".join(lines)


def need_matplotlib() -> None:
    """ValueError with the command that installs it, if matplotlib is missing."""
    if importlib.util.find_spec("matplotlib") is None:
        raise ValueError("render_mode: 'rgb_array' needs matplotlib; pip install 'benchgame-env[plot]'")


def board_picture(vec: VectorEnv) -> NDArray[np.uint8]:
    """The leaderboard of the first copy as an image: a row for each developer, best rank first.

    Developers keep their colour, blue for the best latent quality to orange for the worst, so that a
    board out of order is seen. Bars show the score, where scores are accuracies, and the share of the
    largest effort. A triangle marks who could revise in this round.

    Parameters
    ----------
    vec : VectorEnv
        The game in an episode.

    Returns
    -------
    array of uint8
        ``[height, width, 3]``, the same shape throughout.

    Raises
    ------
    ValueError
        No matplotlib.
    """
    need_matplotlib()
    infos = {key: value[0] for key, value in vec.infos().items()}
    order = np.argsort(infos["rank"], kind="stable")
    colours = _colours(vec.n_developers)
    most = np.where(vec.axis.max_effort > 0, vec.axis.max_effort, 1.0)
    page = _Page(HEAD + ROW * vec.n_developers + FOOT)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a name in a script that the font lacks
        _write_head(page, f"round {vec.round} of {vec.horizon}")
        for place, i in enumerate(order):
            own, y = {key: value[i] for key, value in infos.items()}, HEAD + ROW * place + ROW // 2
            _write_row(page, y, vec.game.names[i], own, colours[i])
            if vec.observer.layout.bounded_scores:
                page.bar(SCORE_BAR, y, SCORE_WIDTH, EMPTY)
                page.bar(SCORE_BAR, y, SCORE_WIDTH * own["score"], colours[i])
            page.bar(EFFORT_BAR, y, EFFORT_WIDTH, EMPTY)
            page.bar(EFFORT_BAR, y, EFFORT_WIDTH * own["effort"] / most[i], colours[i])
    return page.image()


def _write_head(page: _Page, title: str) -> None:
    page.write(RANK - 30, 20, title, INK, 12)
    for x, word, right in (
        (RANK, "rank", True),
        (NAME, "model", False),
        (SCORE, "score", True),
        (EFFORT, "effort", True),
        (PAYOFF, "payoff", True),
    ):
        page.write(x, HEAD - 16, word, GREY, right=right)


def _write_row(page: _Page, y: int, name: str, own: dict[str, Any], colour: Any) -> None:
    if own["turn"]:
        page.write(MARK, y, "\N{BLACK RIGHT-POINTING TRIANGLE}", GREY)
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
    page.write(NAME, y, short, colour)
    for x, number in (
        (RANK, str(own["rank"])),
        (SCORE, f"{own['score']:.3f}"),
        (EFFORT, f"{own['effort']:.5g}"),
        (PAYOFF, f"{own['payoff']:z.3f}"),
    ):
        page.write(x, y, number, INK, right=True)


def _colours(n: int) -> NDArray[np.float64]:
    """The colours of ``n`` developers, ``[n, 3]``."""
    at, known = np.linspace(0.0, 1.0, n), np.linspace(0.0, 1.0, len(COLOURS))
    return np.column_stack([np.interp(at, known, part) for part in zip(*COLOURS, strict=True)])


class _Page:
    """White paper of the width of the picture; ``x`` and ``y`` are pixels from the upper left corner."""

    def __init__(self, height: int) -> None:
        from matplotlib.backends.backend_agg import RendererAgg
        from matplotlib.font_manager import FontProperties

        self._ink = RendererAgg(WIDTH, height, DPI)
        self._pixels = np.asarray(self._ink.buffer_rgba())  # a view
        self._pixels[...] = 255
        self._font = FontProperties(family="DejaVu Sans", size=10)  # comes with matplotlib

    def bar(self, x: int, y: int, width: float, colour: Any) -> None:
        """A bar that begins at ``x`` and whose middle is at ``y``."""
        self._pixels[y - BAR // 2 : y + BAR // 2, x : x + round(width), :3] = np.rint(colour)

    def write(self, x: int, y: int, text: str, colour: Any, size: int = 10, right: bool = False) -> None:
        """Words around the height ``y`` that begin, or end, at ``x``."""
        self._font.set_size(size)
        width = self._ink.get_text_width_height_descent(text, self._font, False)[0]
        look = self._ink.new_gc()
        red, green, blue = (part / 255 for part in colour)
        look.set_foreground((red, green, blue))
        left, baseline = x - width if right else x, y + 0.5 * size
        self._ink.draw_text(look, left, baseline, text, self._font, 0.0)

    def image(self) -> NDArray[np.uint8]:
        """What is on the page, ``[height, width, 3]``."""
        return self._pixels[..., :3].copy()
