"""Settings of a training run: one dataclass, its command-line options and its file."""

from __future__ import annotations

import argparse
import contextlib
import platform
import subprocess
from collections.abc import Collection, Iterable
from dataclasses import InitVar, asdict, dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchgame_env import Game, VectorEnv, load_game, make_protocol, theory
from benchgame_env.agents.base import Player
from benchgame_env.agents.registry import line_up
from benchgame_env.files import PathLike, read_bytes, read_text, write_bytes
from benchgame_env.folders import refuse_links
from benchgame_env.named_games.terms import TERMS
from benchgame_env.play.actions import ACTION_SCALES, ACTION_TYPES
from benchgame_env.play.vector import REVISIONS
from benchgame_env.records import fields_of, parse_json, read, reading, values_of, write_record
from benchgame_env.trust import own_file, refuse_code
from benchgame_env.validate import count, number

FILE = "settings.json"
TAKEN = (FILE, "prediction.json", "verdict.json")  # names in the folder of a run
SCHEMA = 1
LIMIT = 2**20  # bytes of the file
SAMPLE = 128  # plays kept of each update, for time averages
MOST_SEEN = 2**30  # numbers of the observations of an update, 4 bytes each
MOST_PLAYED = 10**8  # efforts of an update
MOST_KEPT = 5 * 10**8  # efforts kept of a seed
PACKAGES = ("benchgame-env", "numpy", "scipy", "torch", "stable-baselines3", "gymnasium", "pettingzoo")


def _option(default: Any, help_text: str, known: Iterable[str] = ()) -> Any:
    return field(default=default, metadata={"help": help_text, "choices": tuple(known)})


@dataclass(frozen=True)
class TrainSettings:
    """All settings that the result of a run depends on.

    Each field except ``parameters`` (of the protocol) and ``options`` (parameters by agent) is an option
    of ``training.train``, whose help text describes it.

    The players are made once, which refuses parameters that they do not take, but for ``seated=False``.

    Raises
    ------
    ValueError
        If a value is unsuitable; the message names the field.
    """

    game: str = _option("pythia-gsm8k", "name of a game, MODULE:NAME, or a calibration file (*.json)")
    worth: str = _option("", TERMS["worth"])
    prizes: str = _option("", TERMS["prizes"])
    cost: str = _option("", TERMS["cost"])
    protocol: str = _option("direct", "name of a protocol, or MODULE:NAME for one in your own module")
    parameters: dict[str, Any] = field(default_factory=dict)
    agents: str = _option(
        "ppo-annealed",
        "who plays: one name for all, or names with commas, starting with the best model; a name may be "
        "MODULE:NAME",
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

    seated: InitVar[bool] = True

    def __post_init__(self, seated: bool) -> None:
        for item in fields(self):
            given = getattr(self, item.name)
            if isinstance(item.default, str) and not isinstance(given, str):
                raise ValueError(f"{item.name}: expected words, got {given!r}")
        number("resolution", self.resolution, low=0, strict=True)
        for name in ("seeds", "updates", "copies", "horizon", "episodes", "effort_levels"):
            count(name, getattr(self, name))
        game = self.load_game()
        n = game.n_developers
        self._check_size(n)
        if self.revision == "alternating" and self.horizon < n:
            raise ValueError(f"horizon: must be >= {n} for {n} developers in turn, got {self.horizon}")
        if game.prize_range == 0:
            raise ValueError(f"game {self.game!r}: all ranks pay the same, so there is nothing to learn")
        vec = self.vector_env(self.copies if seated else 1)
        if seated:
            self.players(vec, seed=0)  # raises if an agent would

    def _check_size(self, n: int) -> None:
        levels = self.effort_levels if self.action_type == "discrete" else 1
        if self.rounds * self.copies * n > MOST_PLAYED or self.copies * n * levels > MOST_PLAYED:
            raise ValueError(
                f"horizon, episodes, copies: an update plays at most {MOST_PLAYED:,} efforts (rounds x "
                f"copies x developers, or copies x developers x levels)"
            )
        if self.rounds * self.copies * n * (4 * n + 8) > MOST_SEEN:
            raise ValueError(
                f"horizon, episodes, copies: {n} developers see more than {MOST_SEEN:,} numbers in an "
                "update"
            )
        if self.updates * SAMPLE * n > MOST_KEPT:
            raise ValueError(f"updates: must be <= {MOST_KEPT // (SAMPLE * n):,} for {n} developers")

    def load_game(self) -> Game:
        """The game, on its own terms or on those of the settings."""
        return load_game(self.game, worth=self.worth, prizes=self.prizes, cost=self.cost)

    @property
    def rounds(self) -> int:
        """Number of rounds in an update."""
        return self.horizon * self.episodes

    def players(self, vec: VectorEnv, seed: int) -> list[Player]:
        """All players, as they are before training."""
        return line_up(self.agents, vec, self.options, self.rounds, seed, self.resolution)

    def vector_env(self, copies: int | None = None, horizon: int | None = None) -> VectorEnv:
        """The game as the run plays it: ``copies`` at a time, in episodes of ``horizon`` rounds; by
        default as many as in the run."""
        return VectorEnv(
            self.load_game(),
            make_protocol(self.protocol, **self.parameters),
            num_envs=self.copies if copies is None else copies,
            horizon=self.horizon if horizon is None else horizon,
            revision=self.revision,
            action_type=self.action_type,
            effort_levels=self.effort_levels,
            action_scale=self.action_scale,
        )

    def save(self, folder: Path, exclusive: bool = True) -> None:
        """Write ``settings.json`` with the versions of packages that the run depends on, and beside it
        the file of the game if it has one. FileExistsError if ``exclusive`` and there is one."""
        made_with = versions(PACKAGES) | {"python": platform.python_version()}
        folder.mkdir(parents=True, exist_ok=True)
        settings = asdict(self)
        if is_path(self.game):
            settings["game"] = Path(self.game).name
            if settings["game"] in TAKEN:
                raise ValueError(f"game: {self.game}: a run has a file of this name; give it another")
            write_bytes(folder / settings["game"], read_bytes(self.game))
        content = {"settings": settings, "versions": made_with, "git_revision": _git_revision()}
        write_record(folder / FILE, content, SCHEMA, exclusive)

    @classmethod
    def load(
        cls, folder: PathLike, trust: bool = False, typed: Collection[str] = (), seated: bool = True
    ) -> TrainSettings:
        """Read ``settings.json``.

        Parameters
        ----------
        folder : str or path
            Folder of a run. A game that is a file is read from this folder.
        trust : bool
            Whether modules that the file names may be imported, see `benchgame_env.trust`.
        typed : collection of str
            Names that the user gave in the same command.
        seated : bool
            Whether the players are made once, to check their parameters.

        Raises
        ------
        ValueError
            If the file is missing or damaged, names a module without trust, or a seed's folder is a
            link; the message names the file.
        """
        folder = Path(folder)
        path = folder / FILE
        if not path.exists():
            raise ValueError(f"{folder} is not a run: it has no {FILE}")
        with reading(path):
            given = read(dict[str, Any], _content(path)["settings"], "settings")
            values = values_of(cls, dict.fromkeys(TERMS, "") | given, "settings")
        game = values["game"]
        if is_path(game):
            values["game"] = own_file(path, game, trust or game in typed)
        refuse_code(path, values if not is_path(game) else values | {"game": ""}, trust, typed)
        with reading(path):
            settings = cls(**values, seated=seated)
        refuse_links(folder, (f"seed-{seed}" for seed in range(settings.seeds)))
        return settings

    def differences(self, other: TrainSettings) -> str:
        """Fields in which two runs differ, as text; empty if they are the same. Games in files are the
        same if their numbers are."""
        here, there = asdict(self), asdict(other)
        if here["game"] != there["game"] and is_path(self.game) and is_path(other.game):
            same = read_text(self.game) == read_text(other.game)
            here["game"] = there["game"] if same else here["game"]
        return ", ".join(f"{k}: {there[k]} there, {v} here" for k, v in here.items() if v != there[k])


def is_path(game: Any) -> bool:
    """Whether the name of a game is the path of a file."""
    return isinstance(game, str) and game.endswith(".json")


def made_with(folder: Path) -> dict[str, str]:
    """Versions of packages that a run was made with, and its ``git_revision``."""
    path = folder / FILE
    with reading(path):
        content = _content(path)
        versions: dict[str, str] = read(dict[str, str], content.get("versions", {}), "versions")
        revision: str = read(str, content.get("git_revision", "unknown"), "git_revision")
    return versions | {"git_revision": revision}


def _content(path: Path) -> dict[str, Any]:
    return fields_of(parse_json(read_text(path, LIMIT)), SCHEMA)


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
