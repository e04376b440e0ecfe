"""The attack on a claim: games are drawn, those on which its hypotheses hold are tried, and what
contradicts it is made as simple as it can be."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np

from benchgame_env.subgame import Subgame
from benchgame_env.theory.claims.card import Card, Counterexample
from benchgame_env.theory.claims.draws import draw
from benchgame_env.theory.claims.registry import card
from benchgame_env.theory.claims.shrink import shrink
from benchgame_env.theory.pure.hypothesis import Hypothesis
from benchgame_env.validate import choice, integer, number

MOST_GAMES = 100_000
SECONDS = 120.0
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Attack:
    """What an attack on a claim came to.

    Attributes
    ----------
    card : Card
        The claim, without the hypotheses that were taken away.
    games : int
        Games on which the hypotheses held, so that the conclusion was tried.
    drawn : int
        Games drawn.
    taken : tuple of Hypothesis
        Those hypotheses.
    subgame : Subgame or None
        The game that contradicts the claim, simplified; None if there was none.
    counterexample : Counterexample or None
        What is wrong there.
    """

    card: Card
    games: int
    drawn: int
    taken: tuple[Hypothesis, ...] = ()
    subgame: Subgame | None = None
    counterexample: Counterexample | None = None

    @property
    def bound(self) -> float:
        """The share of the games of this search on which the claim may be wrong, at 95 %, where none
        was found: about 3 / games, exactly ``1 - 0.05^(1 / games)``; 1 without games."""
        return -math.expm1(math.log(1 - CONFIDENCE) / self.games) if self.games else 1.0


def falsify(
    claim: Card | str,
    games: int = MOST_GAMES,
    seconds: float = SECONDS,
    seed: int = 0,
    without: Collection[str] = (),
    progress: Callable[[int, float], None] = lambda games, share: None,
) -> Attack:
    """Look for a game that contradicts a claim.

    Parameters
    ----------
    claim : Card or str
        The claim, its name, or ``module:name``.
    games : int, optional
        Games to try, >= 1, those on which the hypotheses hold.
    seconds : float, optional
        When to stop at the latest, > 0. The games are the same, however far one gets.
    seed : int, optional
        Of all that is drawn, >= 0.
    without : collection of str, optional
        Names of hypotheses to take away.
    progress : callable, optional
        Called now and then with the games tried, and the share of games or seconds that is used up.

    Returns
    -------
    Attack

    Raises
    ------
    ValueError
        An unknown claim or hypothesis, or an unsuitable number.
    """
    claim = card(claim) if isinstance(claim, str) else claim
    integer("games", games, low=1)
    integer("seed", seed, low=0)
    number("seconds", seconds, low=0, strict=True)
    claim, taken = weaker(claim, without)
    start, tried, drawn = time.monotonic(), 0, 0
    while tried < games:
        passed = time.monotonic() - start
        if passed >= seconds:
            break
        if drawn % 256 == 0:
            progress(tried, max(tried / games, passed / seconds))
        # Each game has a stream of its own: it does not depend on how the ones before were judged.
        subgame = _drawn(np.random.default_rng([seed, drawn]), claim, taken)
        drawn += 1
        if subgame is None:
            continue
        tried += 1
        if (found := claim.contradicted_by(subgame)) is not None:
            return Attack(claim, tried, drawn, taken, *shrink(claim, subgame, found))
    return Attack(claim, tried, drawn, taken)


def weaker(claim: Card, without: Collection[str]) -> tuple[Card, tuple[Hypothesis, ...]]:
    """The claim without some of its hypotheses, and these."""
    for name in without:
        choice("without", name, claim.needs)
    kept = tuple(needed for needed in claim.hypotheses if needed.name not in without)
    taken = tuple(needed for needed in claim.hypotheses if needed.name in without)
    return replace(claim, hypotheses=kept), taken


def _drawn(rng: np.random.Generator, claim: Card, taken: tuple[Hypothesis, ...]) -> Subgame | None:
    """A game on which the hypotheses hold, and of those taken away at least one does not; None if this
    one is not."""
    try:
        subgame = draw(rng, claim.needs, tuple(lost.name for lost in taken))
    except ValueError:  # no game: curves that saturate float64, say
        return None
    fits = claim.applies(subgame) and (not taken or not all(lost.on(subgame) for lost in taken))
    return subgame if fits else None
