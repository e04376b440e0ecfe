"""Payoff tables: a game in which everybody chooses among some efforts, for other people's solvers.

A solver of tables knows nothing of the efforts between the levels. `PayoffTable.epsilon` bounds what
they hide. Let developer i change to an effort e while the others play levels, and compare it with

* i's next level up, where that shows all scores that e beats or ties: it wins no less, and costs
  ``c(level) - c(e)`` more, which is largest at the least effort that beats or ties one more score;
* i's lowest level: it wins less by P at most, and saves ``c(e) - c(lowest)``.

Both comparisons hold whatever levels the others play, so the smaller of the two bounds what e adds to
the best level, also where the others mix or play together.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchgame_env import metrics
from benchgame_env.game import Game
from benchgame_env.metrics import Strategy
from benchgame_env.numerics import above, publish
from benchgame_env.subgame import Subgame
from benchgame_env.theory.mixed.levels import read_levels
from benchgame_env.validate import Floats, integer

MOST = 2**22  # payoffs in a table
SAME = 2.0**-48  # scores that differ by less, as a share, may be one score where curves are flat
SOLVED = 1e-6  # by how much a solver's probabilities may miss 0 and a sum of 1


@dataclass(frozen=True, eq=False)
class PayoffTable:
    """A game on effort levels.

    Parameters
    ----------
    game : Game
        The game.
    protocol : protocol
        Its rule.
    levels : tuple of arrays
        Efforts that each developer chooses among, ``[m_i]`` each, ascending; effort units.
    payoffs : array of float
        Expected payoffs of each developer at every profile of levels, ``[n, m_1, ..., m_n]``, prize
        units. ``[A, B]`` of two developers are what ``nashpy.Game(A, B)`` takes.
    epsilon : array of float
        ``[n]``, prize units: at an equilibrium of the table no effort at all, on a level or between two,
        gains a developer more. An equilibrium of the table is an epsilon-equilibrium of the game.
    """

    game: Game
    protocol: Any
    levels: tuple[Floats, ...]
    payoffs: Floats
    epsilon: Floats

    def strategies(self, chances: Any) -> list[Strategy]:
        """A solver's probabilities as strategies, which `metrics.regrets` and `judge` take.

        Parameters
        ----------
        chances : sequence of arrays, or profile of pygambit
            Probabilities of each developer's levels, ``[m_i]`` each. They may miss 0 and a sum of 1 by
            a millionth.

        Returns
        -------
        list of pairs
            Efforts and probabilities of each developer.

        Raises
        ------
        ValueError
            Not one probability for each level, or no probabilities.
        """
        rows = _of_gambit(self, chances) if hasattr(chances, "game") else list(chances)
        if [len(row) for row in rows] != [own.size for own in self.levels]:
            raise ValueError(f"chances: need {self.payoffs.shape[1:]} probabilities of levels")
        found = []
        for own, row in zip(self.levels, rows, strict=True):
            given = np.asarray(row, dtype=np.float64)
            if not (given.min() >= -SOLVED and abs(given.sum() - 1) <= SOLVED):
                raise ValueError(f"chances: expected probabilities, got {given.tolist()}")
            found.append((own, given.clip(0.0) / given.clip(0.0).sum()))
        return found

    def regrets(self, chances: Any) -> Floats:
        """What each developer could gain by any effort, as `metrics.regrets`, ``[n]``, prize units.

        Parameters
        ----------
        chances : sequence of arrays, or profile of pygambit
            As for `strategies`.

        Returns
        -------
        array of float
            At an equilibrium of the table at most `epsilon`, and what the solver leaves.
        """
        return metrics.regrets(self.game, self.protocol, self.strategies(chances))

    def to_nfg(self) -> str:
        """The table as text in Gambit's format ``.nfg``; strategies are named by their efforts."""
        players = " ".join(map(_quoted, self.game.names))
        named = " ".join(
            "{ " + " ".join(_quoted(f"{e:.12g}") for e in own) + " }" for own in self.levels
        )
        # The first developer's level changes fastest.
        numbers = np.stack([table.reshape(-1, order="F") for table in self.payoffs], axis=1).reshape(-1)
        comment = _quoted(f"an epsilon-equilibrium of the game, epsilon = {self.epsilon.tolist()}")
        head = f"NFG 1 R {_quoted('effort levels')} {{ {players} }} {{ {named} }} {comment}"
        return f"{head}\n\n{' '.join(repr(number) for number in numbers.tolist())}\n"

    def to_pygambit(self) -> Any:
        """The table as a game of pygambit, whose description says `epsilon`. Needs pygambit."""
        import pygambit

        return pygambit.read_nfg(io.StringIO(self.to_nfg()))

    def to_open_spiel(self) -> Any:
        """The table as a tensor game of OpenSpiel. Needs open_spiel."""
        import pyspiel

        return pyspiel.create_tensor_game(list(self.payoffs))


def payoff_table(game: Game | str, protocol: Any, levels: int | ArrayLike = 9) -> PayoffTable:
    """The game on effort levels as a table of payoffs.

    Parameters
    ----------
    game : Game or str
        The game, or its name.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``. Its scores are fixed by effort, or drawn
        independently without memory.
    levels : int or array_like
        How many, evenly spaced from no effort to the most that can pay (`Game.effort_scale`); or
        efforts, ``[m]``, or ``[n, m]`` if each developer has its own; those within its budget count.

    Returns
    -------
    PayoffTable

    Raises
    ------
    ValueError
        Another kind of rule, unsuitable levels, or more than 4,194,304 payoffs.

    Examples
    --------
    >>> import benchgame_env as bg
    >>> table = bg.payoff_table("duel", "direct", levels=[0.0, 0.3, 0.6])
    >>> table.payoffs[1].round(6).tolist()  # the second developer passes the first with 0.6 against 0
    [[0.0, -0.3, 0.4], [0.0, -0.3, -0.6], [0.0, -0.3, -0.6]]
    >>> table.epsilon.round(3).tolist()  # 0.1 against 0.6 saves 0.2; 0.8 against 0.3 earns 0.2
    [0.2, 0.2]
    """
    subgame = Subgame(game, protocol)
    if subgame.kind not in ("exact", "independent") or not subgame.rule.traits.rewards_effort:
        raise ValueError(
            f"protocol {subgame.rule!r}: a payoff table needs scores that are fixed by effort, or drawn "
            "independently without memory, and that effort never lowers"
        )
    own = tuple(np.unique(row) for row in read_levels(subgame, _evenly_spaced(subgame.game, levels)))
    size = subgame.n * np.prod([float(row.size) for row in own])
    if size > MOST:
        raise ValueError(f"levels: a table may have {MOST:,} payoffs, and these make {size:,.0f}")
    profiles = np.stack(np.meshgrid(*own, indexing="ij"), axis=-1)
    payoffs = (_shown if subgame.kind == "exact" else _drawn)(subgame, profiles)
    epsilon = np.array([_epsilon(subgame, own, i) for i in range(subgame.n)])
    return PayoffTable(subgame.game, subgame.rule, own, np.moveaxis(payoffs, -1, 0), epsilon)


def _evenly_spaced(game: Game, levels: int | ArrayLike) -> ArrayLike:
    if np.ndim(levels):
        return levels
    count = integer("levels", levels, low=2)
    if np.isinf(game.effort_scale).any():
        raise ValueError("levels: name the efforts, for any effort may pay in this game")
    return np.linspace(0.0, game.effort_scale, count, axis=-1)


def _shown(subgame: Subgame, profiles: Floats) -> Floats:
    """Payoffs ``[..., n]`` at ``profiles`` ``[..., n]`` where boards are fixed by efforts."""
    return subgame.board(profiles).prizes - subgame.cost(profiles)


def _drawn(subgame: Subgame, profiles: Floats) -> Floats:
    """As `_shown` where scores are drawn independently."""
    return np.apply_along_axis(
        lambda efforts: metrics.expected_payoffs(subgame.game, subgame.rule, efforts), -1, profiles
    )


def _epsilon(subgame: Subgame, levels: tuple[Floats, ...], i: int) -> float:
    """What efforts that are no levels add to the best level of developer i at most, prize units."""
    own, budget = levels[i], subgame.game.budget[i]
    efforts, following = (_passing if subgame.kind == "exact" else _just_above)(subgame, levels, i)
    there = efforts <= budget  # not where no effort does it
    tried = np.append(efforts[there], 0.0)
    costs = subgame.game.cost(own)
    dearer = np.append(costs, np.inf)[np.append(following[there], 0)]
    instead = np.minimum(dearer, costs[0] + subgame.game.prize_range)
    return float((instead - subgame.game.cost(tried)).max(initial=0.0))


def _passing(subgame: Subgame, levels: tuple[Floats, ...], i: int) -> tuple[Floats, Any]:
    """The least efforts ``[k]`` of developer i that are ranked above a rival's level, and the number of
    i's first level that is. As for the grader, an effort passes a score itself, and a level its cell."""
    own = publish(subgame.own_scores(i, levels[i]))
    found = [(np.empty(0), np.empty(0, dtype=np.int64))]
    for j in set(range(subgame.n)) - {i}:
        scores = subgame.own_scores(j, levels[j])
        ties = subgame.rule.ties == "quality" and i < j  # who ties is ranked above
        shown = publish(scores) if ties else above(publish(scores))
        aims = scores if ties else scores + SAME * np.abs(scores)
        efforts = np.where(subgame.top_scores[i] >= aims, subgame.own_efforts_for(i, aims), np.inf)
        found.append((efforts, np.searchsorted(own, shown)))
    first, following = zip(*found, strict=True)
    return np.concatenate(first), np.concatenate(following)


def _just_above(subgame: Subgame, levels: tuple[Floats, ...], i: int) -> tuple[Floats, Any]:
    """As `_passing` where scores are drawn, so that any effort may gain: it starts at a level."""
    own = levels[i]
    inside = own < subgame.game.budget[i]
    return own[inside], np.flatnonzero(inside) + 1


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"'


def _of_gambit(table: PayoffTable, profile: Any) -> list[list[float]]:
    """A profile of pygambit as probabilities of levels, by developer."""
    return [
        [float(profile[name][f"{effort:.12g}"]) for effort in own]
        for name, own in zip(table.game.names, table.levels, strict=True)
    ]
