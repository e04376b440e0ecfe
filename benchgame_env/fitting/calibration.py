"""A calibration: the laws fitted to one benchmark's checkpoints, as file, game and draws of games."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchgame_env.costs import LinearCost
from benchgame_env.curves import ScalingLaw
from benchgame_env.draws import Draws
from benchgame_env.files import read_text, write_text
from benchgame_env.fitting.coordinates import from_law, to_law
from benchgame_env.fitting.model_fit import ModelFit
from benchgame_env.fitting.pooling import FEWEST, Pooled, Population, alone, pool
from benchgame_env.fitting.refits import Evidence, Prior, draw
from benchgame_env.fitting.report import LAW, REPORT_DRAWS, Spread, table
from benchgame_env.fitting.scatter import moderated
from benchgame_env.game import Game
from benchgame_env.records import fields_of, parse_json, read, record_text
from benchgame_env.validate import Floats, checked_name, checked_text, choice, integer, number

SCHEMA = 2  # of the file of a calibration
WORTH = 2000.0  # steps that one rank is worth, where nobody says otherwise
MOST_DRAWS = 1_000_000
# What files of schema 1 lack.
WITHOUT_CHECKPOINTS: dict[str, Any] = {"identified": True, "steps": [], "scores": [], "stderr": []}
NO_DRAWS = (
    "this calibration was made before version 0.2.0 and keeps nothing to draw curves from; fit the "
    "checkpoints again (benchgame calibrate CSV --out FILE, or benchgame_env.calibration.fit)"
)


@dataclass(frozen=True)
class Calibration:
    """Score curves fitted to one benchmark's checkpoints.

    Parameters
    ----------
    benchmark : str
        Its name.
    report : tuple of ModelFit
        One `ModelFit` per usable model, best ceiling first, at least one.
    rejected : dict, optional
        Model name to the reason, in one sentence, why it has no curve.
    source : str, optional
        Where the checkpoints come from, free text.
    terms : dict, optional
        Other prizes, cost or worth of a rank for the game of the file, in the words of the options of
        commands; `benchgame_env.load_game` reads them.
    """

    benchmark: str
    report: tuple[ModelFit, ...]
    rejected: dict[str, str] = field(default_factory=dict)
    source: str = ""
    terms: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ceilings = [fitted.upper for fitted in self.report]
        if ceilings != sorted(ceilings, reverse=True):
            raise ValueError(f"report: order models best ceiling first, got {ceilings}")
        names = [*self.names, *self.rejected]
        if len(set(names)) != len(names):
            raise ValueError(f"report, rejected: need distinct models, got {names}")
        for model in names:
            checked_name("report, rejected", model)
        checked_name("benchmark", self.benchmark)
        for words in (self.source, *self.rejected.values(), *self.terms.values()):
            checked_text("source, rejected, terms", words)
        for name in self.terms:
            choice("terms", name, ("prizes", "cost", "worth"))
        _ = self.curves  # refuses parameters that are no scaling law

    @property
    def names(self) -> tuple[str, ...]:
        """The usable models, best ceiling first."""
        return tuple(fitted.name for fitted in self.report)

    @property
    def identified(self) -> tuple[str, ...]:
        """The models whose ceilings the checkpoints identify."""
        return tuple(fitted.name for fitted in self.report if fitted.identified)

    @property
    def curves(self) -> ScalingLaw:
        """The curves of the usable models, in the same order; effort in fine-tuning steps."""
        return ScalingLaw(*([getattr(fitted, key) for fitted in self.report] for key in LAW))

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """First and last measured steps of each usable model."""
        return {fitted.name: (fitted.first_steps, fitted.last_steps) for fitted in self.report}

    def game(
        self,
        developers: Sequence[str] | None = None,
        prizes: Any = None,
        cost: Any = None,
        worth: float | None = None,
    ) -> Game:
        """The game among ``developers`` on the fitted curves, best ceiling first.

        Parameters
        ----------
        developers : sequence of str, optional
            At least one model name, in any order; default: all in the report.
        prizes : array_like, optional
            Prizes by rank; default: equal steps from 1 to 0.
        cost : object, optional
            Cost of effort; default: linear, by ``worth``.
        worth : float, optional
            Fine-tuning steps that cost as much as one rank wins on average, > 0. Default: those of
            2,000 steps cost what a rank wins where prizes are equal steps from 1 to 0. Other prizes
            alone do not change the cost, as in `benchgame_env.load_game`.
        """
        rows = self._rows(developers)
        n = len(rows)
        prizes = np.linspace(1.0, 0.0, n) if prizes is None else np.asarray(prizes, dtype=np.float64)
        if cost is None:
            spread = 1.0 if worth is None or not prizes.size else float(np.ptp(prizes)) or 1.0
            steps = WORTH if worth is None else number("worth", worth, low=0, strict=True)
            cost = LinearCost(rate=spread / (max(n - 1, 1) * steps))
        curves = self.curves[rows]
        return Game(curves, cost, prizes, quality=curves.upper, names=[self.names[k] for k in rows])

    def draws(
        self,
        n: int,
        rng: np.random.Generator,
        benchmark: str | None = None,
        prizes: Any = None,
        cost: Any = None,
        worth: float | None = None,
        *,
        developers: Sequence[str] | None = None,
        pooling: bool = True,
        overdispersion: bool = True,
    ) -> Draws:
        """Games drawn from what the checkpoints leave open.

        Each model's checkpoints are drawn anew about the fitted scores and fitted again (parametric
        bootstrap), models independent of each other. `benchgame_env.fitting.refits` says more.

        Parameters
        ----------
        n : int
            Number of draws.
        rng : numpy.random.Generator
            Source of chance; the same seed gives the same draws.
        benchmark : str, optional
            If given, it must be the calibration's.
        prizes, cost, worth, developers : object, optional
            As for `game`.
        pooling : bool, optional
            Whether the other models of the calibration are a prior for each model (from three models
            on). Without it a weak prior bounds what the checkpoints do not.
        overdispersion : bool, optional
            Whether standard errors grow where checkpoints scatter about the fit more than they allow;
            with pooling by what the scatter of all models says together.

        Returns
        -------
        Draws
            The models whose ceilings are not identified are among them.

        Raises
        ------
        ValueError
            Another benchmark, unknown developers, or a file made before 0.2.0.
        """
        if benchmark is not None:
            choice("benchmark", benchmark, (self.benchmark,))
        game = self.game(developers, prizes, cost, worth)
        return Draws(game, self.laws(n, rng, self._rows(developers), pooling, overdispersion))

    def laws(
        self,
        n: int,
        rng: np.random.Generator,
        rows: Sequence[int],
        pooling: bool = True,
        overdispersion: bool = True,
    ) -> ScalingLaw:
        """The curves of `draws`: parameters ``[n, len(rows)]`` of the models ``rows`` of the report."""
        integer("n", n, low=1, high=MOST_DRAWS)
        evidence = self._evidence(overdispersion, pooling)
        prior, mode = self._prior(evidence, pooling)
        own = list(rows)
        return to_law(
            draw(
                n,
                rng,
                mode[own],
                Evidence(*(part[own] for part in evidence)),
                Prior(prior.mean[own], prior.root[own], prior.dof),
            )
        )

    def most_probable(self) -> Floats:
        """The most probable coordinates of each model given the others, ``[k, 4]``."""
        return self._prior(self._evidence(), pooling=True)[1]

    def population(self) -> Population:
        """What new models of the benchmark are like, from at least three fitted ones."""
        if len(self.report) < FEWEST:
            raise ValueError(f"{self.benchmark}: a population takes {FEWEST} fitted models or more")
        return self._pooled(self._evidence()).population

    def table(self, pooling: bool = True) -> str:
        """The fits as plain text, each figure to the digits that it deserves; below them what has to be
        said of ceilings, and the rejected models with their reasons.

        Parameters
        ----------
        pooling : bool, optional
            As for `draws`. They are always the same ones, so that a table does not change.
        """
        lines = [f"{self.benchmark}: {len(self.report)} models fitted, {len(self.rejected)} rejected"]
        spread = None
        if self._drawable:
            rng = np.random.default_rng(0)
            spread = Spread.of(self.laws(REPORT_DRAWS, rng, range(len(self.report)), pooling))
        lines += table(self.report, spread)
        if spread is not None and pooling and len(self.report) >= FEWEST:
            lines.append(
                f"Pooled: in the draws each model is taken to be like the others. {self.population()}."
            )
        lines += [f"rejected {name}: {reason}" for name, reason in self.rejected.items()]
        return "\n".join([*lines, f"Source: {self.source}"] if self.source else lines)

    __str__ = table

    def to_json(self) -> str:
        """JSON that `load` turns back into the very same numbers."""
        return record_text(self, SCHEMA)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `to_json` to ``path``. If that fails, ``path`` is left as it was."""
        write_text(path, self.to_json())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Calibration:
        """Read a file that `save` wrote; ValueError names a path that is missing or not such a file."""
        try:
            found: Calibration = read(cls, _fields(parse_json(read_text(path))), "")
            return found
        except OSError as error:
            raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
        except RecursionError:
            raise ValueError(f"{path}: not a calibration file: it is nested too deeply") from None
        except ValueError as error:
            raise ValueError(f"{path}: not a calibration file: {error}") from None

    def _rows(self, developers: Sequence[str] | None) -> list[int]:
        place = {name: k for k, name in enumerate(self.names)}
        if developers is None:
            return list(place.values())
        for name in developers:
            if name in self.rejected:
                raise ValueError(f"developers: {name!r} has no curve: {self.rejected[name]}")
            choice("developers", name, place)
        if not developers or len(set(developers)) != len(developers):
            raise ValueError(f"developers: need distinct names, got {list(developers)}")
        return sorted(place[name] for name in developers)

    @property
    def _drawable(self) -> bool:
        return all(fitted.steps for fitted in self.report)

    def _evidence(self, overdispersion: bool = True, pooling: bool = True) -> Evidence:
        if not self._drawable:
            raise ValueError(NO_DRAWS)
        most = max(fitted.checkpoints for fitted in self.report)

        def filled(values: list[Floats]) -> Floats:
            return np.stack([np.pad(row, (0, most - row.size)) for row in values])

        factors = self._factors(pooling) if overdispersion else np.ones(len(self.report))
        errors = [np.array(f.stderr) * factor for f, factor in zip(self.report, factors, strict=True)]
        return Evidence(
            filled([np.log1p(fitted.steps) for fitted in self.report]),
            filled([np.array(fitted.scores) for fitted in self.report]),
            filled([1 / error for error in errors]),
        )

    def _factors(self, pooling: bool) -> Floats:
        """By what the standard errors of each model grow."""
        if not pooling or len(self.report) < FEWEST:
            return np.array([fitted.overdispersion for fitted in self.report])
        variance, spare = ([getattr(f, name) for f in self.report] for name in ("variance", "spare"))
        return moderated(np.array(variance), np.array(spare, dtype=np.float64))

    def _prior(self, evidence: Evidence, pooling: bool) -> tuple[Prior, Floats]:
        if pooling and len(self.report) >= FEWEST:
            pooled = self._pooled(evidence)
            return pooled.prior, pooled.mode
        return alone(from_law(self.curves), evidence)

    def _pooled(self, evidence: Evidence) -> Pooled:
        return pool(from_law(self.curves), evidence)


def _fields(content: Any) -> dict[str, Any]:
    """The fields of a file of the present schema, or of schema 1, which lacks the checkpoints."""
    if not isinstance(content, dict) or content.get("schema", 1) != 1:
        return {"terms": {}, **fields_of(content, SCHEMA)}
    found = {"terms": {}, **fields_of(content, 1)}
    if isinstance(found.get("report"), list):
        found["report"] = [
            {**row, **WITHOUT_CHECKPOINTS} if isinstance(row, dict) else row for row in found["report"]
        ]
    return found
