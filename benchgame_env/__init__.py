"""The leaderboard game: developers choose benchmark-specific effort, a protocol turns it into ranks."""

from benchgame_env import interrupts

interrupts.guard()  # before the imports below, which take a second

# ruff: noqa: E402
from benchgame_env import calibration, curves, metrics, testing, theory
from benchgame_env.costs import LinearCost, PowerCost
from benchgame_env.game import Board, Game
from benchgame_env.named_games import games, load_game, register_game
from benchgame_env.payoff_tables import PayoffTable, payoff_table
from benchgame_env.play import registration
from benchgame_env.play.aec import env
from benchgame_env.play.env import BenchGameEnv, parallel_env
from benchgame_env.play.vector import VectorEnv, vector_env
from benchgame_env.random_games import game_families, sample_game
from benchgame_env.rules import (
    DeterministicProtocol,
    Protocol,
    Traits,
    make_protocol,
    protocols,
    register_protocol,
)
from benchgame_env.stackelberg import registration as whole_game
from benchgame_env.stackelberg.env import StackelbergEnv, stackelberg_env

registration.register_protocols()
whole_game.register()

__version__ = "0.2.0.dev0"

__all__ = [
    "BenchGameEnv",
    "Board",
    "DeterministicProtocol",
    "Game",
    "LinearCost",
    "PayoffTable",
    "PowerCost",
    "Protocol",
    "StackelbergEnv",
    "Traits",
    "VectorEnv",
    "calibration",
    "curves",
    "env",
    "game_families",
    "games",
    "load_game",
    "make_protocol",
    "metrics",
    "parallel_env",
    "payoff_table",
    "protocols",
    "register_game",
    "register_protocol",
    "sample_game",
    "stackelberg_env",
    "testing",
    "theory",
    "vector_env",
]
