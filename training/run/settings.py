"""Settings of a training run: one dataclass, its command-line options and its file."""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from agents import Player, line_up
from benchgame_env import VectorEnv, load_game, make_protocol, theory
from benchgame_env.files import write_text
from benchgame_env.play.actions import ACTION_SCALES, ACTION_TYPES
from benchgame_env.play.vector import REVISIONS
from benchgame_env.validate import integer, number

PACKAGES = ("benchgame-env", "numpy", "scipy", "torch", "stable-baselines3", "gymnasium", "pettingzoo")


def _option(default: Any, help_text: str, known: Iterable[str] = ()) -> Any:
    return field(default=default, metadata={"help": help_text, "choices": tuple(known)})


@dataclass(frozen=True)
class TrainSettings:
    """All settings that the result of a run depends on.

    Each field except ``parameters`` (of the protocol) and ``options`` (parameters by agent) is an option
    of ``training.train``, whose help text describes it.

    Raises
    ------
    ValueError
        If a value is unsuitable; the message names the field.
    """

    game: str = _option("pythia-gsm8k", "name of a game, or a calibration file (*.json)")
    protocol: str = _option("direct", "name of a protocol, or MODULE:NAME for one in your own module")
    parameters: dict[str, Any] = field(default_factory=dict)
    agents: str = _option(
        "ppo-annealed", "who plays: one name for all, or names with commas, starting with the best model"
    )
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    seeds: int = _option(10, "independent runs, with seeds 0, 1, 2, ...; a verdict needs 10")
    updates: int = _option(300, "policy updates of each seed")
    copies: int = _option(256, "copies of the game that are played at the same time")
    horizon: int = _option(1, "rounds in an episode; 1 is one-shot play")
    episodes: int = _option(1, "episodes in an update, one after the other")
    revision: str = _option("simultaneous", "who may revise their effort in a round", REVISIONS)
    action_type: str = _option("continuous", "what an action is", ACTION_TYPES)
    effort_levels: int = _option(41, "number of effort levels of discrete actions")
    action_scale: str = _option("log", "how actions are spread over efforts", ACTION_SCALES)
    resolution: float = _option(
        theory.RESOLUTION, "margin of score by which best responses on continuous effort beat a rival"
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            given = getattr(self, item.name)
            if isinstance(item.default, str) and not isinstance(given, str):
                raise ValueError(f"{item.name}: expected words, got {given!r}")
        number("resolution", self.resolution, low=0, strict=True)
        for name in ("seeds", "updates", "copies", "horizon", "episodes"):
            integer(name, getattr(self, name), low=1)
        game = load_game(self.game)
        n = game.n_developers
        if self.revision == "alternating" and self.horizon < n:
            raise ValueError(f"horizon: must be >= {n} for {n} developers in turn, got {self.horizon}")
        if game.prize_range == 0:
            raise ValueError(f"game {self.game!r}: all ranks pay the same, so there is nothing to learn")
        self.players(self.vector_env(self.copies), seed=0)  # raises if an agent or the game would

    @property
    def rounds(self) -> int:
        """Number of rounds in an update."""
        return self.horizon * self.episodes

    def players(self, vec: VectorEnv, seed: int) -> list[Player]:
        """All players, as they are before training."""
        return line_up(self.agents, vec, self.options, self.rounds, seed, self.resolution)

    def vector_env(self, copies: int, horizon: int | None = None) -> VectorEnv:
        """``copies`` of the game; episodes have ``horizon`` rounds, by default that of the run."""
        return VectorEnv(
            load_game(self.game),
            make_protocol(self.protocol, **self.parameters),
            num_envs=copies,
            horizon=self.horizon if horizon is None else horizon,
            revision=self.revision,
            action_type=self.action_type,
            effort_levels=self.effort_levels,
            action_scale=self.action_scale,
        )

    def save(self, folder: Path) -> None:
        """Write ``settings.json`` with the versions of packages that the run depends on."""
        made_with = versions(PACKAGES) | {"python": platform.python_version()}
        content = {"settings": asdict(self), "versions": made_with, "git_revision": _git_revision()}
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "settings.json", json.dumps(content, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> TrainSettings:
        """Read ``settings.json``. ValueError naming the file if it is missing or damaged."""
        path = folder / "settings.json"
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))["settings"]
            return cls(**settings)
        except FileNotFoundError:
            raise ValueError(f"{folder} is not a run: it has no settings.json") from None
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is damaged: {error}") from error

    def differences(self, other: TrainSettings) -> str:
        """Fields in which two runs differ, as text; empty if they are the same."""
        here, there = asdict(self), asdict(other)
        return ", ".join(f"{k}: {there[k]} there, {v} here" for k, v in here.items() if v != there[k])


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of packages by name; ``missing`` for those that are not installed."""
    found = dict.fromkeys(packages, "missing")
    for name in found:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def add_options(parser: argparse.ArgumentParser, cls: type) -> None:
    """Add an option for each field of a settings dataclass that has a help text."""
    for item in fields(cls):
        if "help" in item.metadata:
            parser.add_argument(
                f"--{item.name.replace('_', '-')}",
                type=type(item.default),
                default=item.default,
                choices=item.metadata.get("choices") or None,
                help=item.metadata["help"],
            )


def chosen(options: argparse.Namespace, cls: type) -> dict[str, Any]:
    """Values of the options that `add_options` added, by field."""
    return {f.name: getattr(options, f.name) for f in fields(cls) if "help" in f.metadata}


def _git_revision() -> str:
    """Git revision of this checkout, with ``-dirty`` if it was changed; ``unknown`` without git."""
    here = Path(__file__).parent
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        found = subprocess.run(command, cwd=here, capture_output=True, encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()
