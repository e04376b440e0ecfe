"""The contests of `training.speed`: this environment, and what a user would otherwise run.

A contestant is a function that prepares a `Run`. Peers, and what learns, are imported only when they
are asked for.
"""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np

import benchgame_env as bg
from benchgame_env.agents import line_up, play
from benchgame_env.agents.base import Streams
from benchgame_env.agents.side_by_side import side_by_side
from benchgame_env.training.speed import solvers
from benchgame_env.training.speed.contest import Contest, Run
from benchgame_env.training.speed.grading import TINY, Graded, grading

SEEDS = 10  # that train side by side
GAME, RULE, HORIZON = "pythia-gsm8k", "direct", 32  # five developers


@dataclass(frozen=True)
class Sizes:
    """Sizes of the contests.

    Attributes
    ----------
    batch : int
        Copies in the batched core.
    wrapped : int
        Copies under SuperSuit, where the time for a copy does not depend on their number.
    training, long_training : (int, int)
        Copies, and rounds in an update; the first as in `training.train`.
    agents : int
        Agent-steps in a call while the number of developers grows.
    memory : int
        Copies of a game of ten developers whose memory is measured.
    tempted : int
        Developers of the game whose temptation is computed.
    mixing : (int, int, int)
        Developers of the games whose mixed equilibrium is computed.
    graded : Graded
        Those of the grader.
    levels, few_levels : int
        Levels of effort of the games that are solved on levels; the few are for solvers that take a
        table of all profiles.
    """

    batch: int = 4096
    wrapped: int = 64
    training: tuple[int, int] = (256, 1)
    long_training: tuple[int, int] = (64, 32)
    agents: int = 20_000
    memory: int = 65_536
    tempted: int = 10_000
    mixing: tuple[int, int, int] = (10, 50, 200)
    graded: Graded = field(default_factory=Graded)
    levels: int = 41
    few_levels: int = 6


QUICK = Sizes(8, 2, (4, 1), (2, 2), agents=1000, memory=64, tempted=100, mixing=(3, 4, 5), graded=TINY,
              levels=4, few_levels=3)  # fmt: skip
DEVELOPERS = (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
LEVEL_GAMES = (2, 3, 5, 10)  # developers
BATCHES = (1, 16, 256, 4096, 65_536)


def contests(sizes: Sizes) -> dict[str, Contest]:
    """All contests by name; in each, the contestants by name."""
    by_n = {str(n): (solvers.additive(n), max(sizes.agents // n, 1)) for n in DEVELOPERS}
    return {
        "step": {
            "ours": lambda: _batched(bg.load_game(GAME), sizes.batch),
            "SuperSuit": lambda: _wrapped(sizes.wrapped),
        },
        "arithmetic": {
            "ours": lambda: _arithmetic(bg.load_game(GAME), sizes.batch),
            "prototype": lambda: _prototype(bg.load_game(GAME), sizes.batch),
        },
        "env.step": {"ours": _parallel, "MPE2": _simple_spread},
        "training": _training(*sizes.training),
        "long training": _training(*sizes.long_training),
        **{
            f"seeds of {agent}": {
                "ours": partial(_side_by_side, agent, sizes.training[0], SEEDS),
                "alone": partial(_side_by_side, agent, sizes.training[0], 1),
            }
            for agent in ("ppo", "mmd")
        },
        "arithmetic by n": {n: partial(_arithmetic, *given) for n, given in by_n.items()},
        "step by n": {n: partial(_batched, *given) for n, given in by_n.items()},
        "temptation": {"ours": lambda: _temptation(sizes.tempted)},
        "mixed, ten": {"ours": lambda: _mixed(sizes.mixing[0], 0.005)},
        "mixed, fifty": {"ours": lambda: _mixed(sizes.mixing[1], 0.02)},
        "mixed, two hundred": {"ours": lambda: _mixed(sizes.mixing[2], 0.01 * sizes.mixing[2])},
        **grading(sizes.graded),
        **{f"levels, {n}": _levels(n, sizes.levels) for n in LEVEL_GAMES},
        "few levels": _levels(3, sizes.few_levels),
        "step by batch": {str(size): partial(_batched, bg.load_game(GAME), size) for size in BATCHES},
    }


def _training(copies: int, rounds: int) -> Contest:
    return {
        "ours": lambda: _independent(copies, rounds),
        "SuperSuit": lambda: _shared(_supersuit(copies, rounds, "stable_baselines3"), copies, rounds),
        "our adapter": lambda: _shared(_adapted(copies, rounds), copies, rounds),
    }


def _levels(developers: int, levels: int) -> Contest:
    """A game on levels, by this package and by other people's solvers."""

    def prepared(prepare: Callable[[], Callable[[], object]]) -> Run:
        return Run(prepare(), 1)

    found = solvers.contestants(developers, levels)
    return {who: partial(prepared, prepare) for who, prepare in found.items()}


def _temptation(developers: int) -> Run:
    """The largest gain of an overtake, and the effort with which each developer passes the next."""
    game = solvers.additive(developers)
    return Run(lambda: (bg.theory.temptation(game, RULE), bg.theory.next_efforts(game, RULE)), 1)


def _mixed(developers: int, tolerance: float) -> Run:
    """A mixed equilibrium and its NashConv; RuntimeError if that is above ``tolerance`` of P."""
    game = solvers.additive(developers)

    def find() -> None:
        found = bg.theory.mixed_equilibrium(game, RULE, tolerance=tolerance)
        if found.nash_conv > tolerance * game.prize_range:
            raise RuntimeError(f"{developers} developers: NashConv {found.nash_conv:.4g}")

    return Run(find, 1)


def _batched(game: bg.Game, copies: int) -> Run:
    """Full rounds of the batched core: observations, infos, auto-reset."""
    vec = bg.vector_env(game, RULE, num_envs=copies, horizon=HORIZON)
    vec.reset(0)
    actions = np.random.default_rng(0).uniform(-1, 1, (copies, game.n_developers))
    return Run(lambda: vec.step(actions), actions.size)


def _arithmetic(game: bg.Game, copies: int) -> Run:
    """Scores, ranks, prizes and payoffs as the package computes them."""
    efforts, protocol = _efforts(game, copies), bg.make_protocol(RULE)
    return Run(lambda: game.payoffs(protocol.evaluate(game, efforts).prizes, efforts), efforts.size)


def _prototype(game: bg.Game, copies: int) -> Run:
    """The same as a user would write it in plain NumPy for this one game."""
    efforts, prizes, rate = _efforts(game, copies), game.prizes, float(game.cost(1.0))
    lower, upper, alpha, beta = (
        np.asarray(getattr(game.curves, name)) for name in ("lower", "upper", "intercept", "slope")
    )

    def payoffs() -> Any:
        odds = np.exp(alpha + beta * np.log1p(efforts))
        scores = lower + (upper - lower) * odds / (1 + odds)
        ranks = np.argsort(np.argsort(-scores, axis=1), axis=1)
        return prizes[ranks] - rate * efforts

    return Run(payoffs, efforts.size)


def _efforts(game: bg.Game, copies: int) -> Any:
    return np.random.default_rng(0).uniform(0.0, game.max_effort, (copies, game.n_developers))


def _parallel() -> Run:
    env = bg.parallel_env(GAME, RULE, horizon=HORIZON)
    return _stepping(env, {agent: np.zeros(1, dtype=np.float32) for agent in env.possible_agents})


def _simple_spread() -> Run:
    from mpe2 import simple_spread_v3

    env = simple_spread_v3.parallel_env(N=3, max_cycles=HORIZON)
    return _stepping(env, dict.fromkeys(env.possible_agents, 1))


def _stepping(env: Any, actions: dict[str, Any]) -> Run:
    """A step of a PettingZoo environment, with a reset after each episode."""
    env.reset(seed=0)

    def step() -> None:
        env.step(actions)
        if not env.agents:
            env.reset()

    return Run(step, 1)


def _supersuit(copies: int, horizon: int, base_class: str) -> Any:
    import supersuit

    env = bg.parallel_env(GAME, RULE, horizon=horizon, action_scale="log")
    copy = supersuit.pettingzoo_env_to_vec_env_v1(env)
    return supersuit.concat_vec_envs_v1(copy, copies, num_cpus=1, base_class=base_class)


def _adapted(copies: int, rounds: int) -> Any:
    from benchgame_env.agents.learned.sb3_env import SharedPolicyVecEnv

    return SharedPolicyVecEnv(_vector(copies, rounds))


def _wrapped(copies: int) -> Run:
    """This environment under SuperSuit's ``concat_vec_envs``."""
    env = _supersuit(copies, HORIZON, "gymnasium")
    env.reset(seed=0)
    actions = np.random.default_rng(0).uniform(-1, 1, (env.num_envs, 1)).astype(np.float32)
    return Run(lambda: env.step(actions), env.num_envs)


def _vector(copies: int, horizon: int) -> bg.VectorEnv:
    return bg.vector_env(GAME, RULE, num_envs=copies, horizon=horizon, action_scale="log")


def _independent(copies: int, rounds: int) -> Run:
    """Updates of independent PPO, from playing to trained weights."""
    import torch

    torch.set_num_threads(1)
    vec, rng = _vector(copies, rounds), np.random.default_rng(0)
    players = line_up("ppo", vec)
    return Run(lambda: play(vec, players, rounds, rng, seed=0), copies * rounds * vec.n_developers)


def _side_by_side(agent: str, copies: int, seeds: int) -> Run:
    """Updates of one-shot play of several seeds side by side."""
    import torch

    torch.set_num_threads(1)
    rngs, alone = [np.random.default_rng(k) for k in range(seeds)], _vector(copies, 1)
    vec, teams = _vector(copies * seeds, 1), [line_up(agent, alone, seed=k)[0] for k in range(seeds)]
    player, rng = teams[0], rngs[0]
    if seeds > 1:
        player, rng = side_by_side(teams), cast(np.random.Generator, Streams(rngs))
    return Run(lambda: play(vec, [player], 1, rng, seed=0), copies * seeds * vec.n_developers)


def _shared(env: Any, copies: int, rounds: int) -> Run:
    """Updates of SB3's PPO with the same network, samples, epochs and minibatches."""
    import torch
    from stable_baselines3 import PPO

    from benchgame_env.agents.learned.ppo import PPOSettings

    torch.set_num_threads(1)
    s, samples = PPOSettings(), env.num_envs * rounds
    learner = PPO(
        "MlpPolicy",
        env,
        n_steps=rounds,
        batch_size=copies * rounds // s.minibatches,
        n_epochs=s.n_epochs,
        learning_rate=s.learning_rate,
        gamma=s.gamma,
        gae_lambda=s.gae_lambda,
        ent_coef=s.entropy,
        policy_kwargs={"net_arch": [s.hidden, s.hidden]},
        device="cpu",
    )
    return Run(lambda: learner.learn(samples, reset_num_timesteps=False), samples)


MEMORY = """
import numpy as np, benchgame_env as bg
def peak():
    return int(open("/proc/self/status", encoding="utf-8").read().split("VmHWM:")[1].split()[0]) / 1024
curves, prizes = bg.curves.Additive(np.linspace(1.0, 0.5, 10)), np.linspace(1.0, 0.0, 10)
game = bg.Game(curves, bg.LinearCost(1.0), prizes)
actions = np.random.default_rng(0).uniform(-1, 1, ({copies}, 10))
before = peak()
vec = bg.vector_env(game, "direct", num_envs={copies}, horizon=8, {settings})
for _ in range(2):
    observations, infos = vec.reset(0)
    for _ in range(8):
        observations, rewards, terminated, truncated, infos = vec.step(actions)
print(peak() - before)
"""
MEMORY_OF = {
    "copy=False": "copy=False, auto_reset=False",
    "new arrays": "auto_reset=False",
    "new arrays, auto-reset": "",
}


def memory(copies: int, who: str) -> float:
    """Peak of resident memory in MiB above an interpreter with the package loaded, from Linux's /proc;
    NaN on other systems."""
    code = MEMORY.format(copies=copies, settings=MEMORY_OF[who])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    return float(done.stdout) if done.returncode == 0 else math.nan
