"""Scripted agents, and what all agents share: known answers, best responses against every alternative,
cycles, seeds, the registry. `test_adaptive.py` has the agents that adapt."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tools.cases import ACTION_TYPES, GAMES, REVISIONS, SCALES, Noisy, kinds
from tools.players import rng

import benchgame_env as bg
from benchgame_env.agents import AGENTS, Player, Seat, line_up, make_agent, play
from benchgame_env.agents import __main__ as agents_command
from benchgame_env.agents.scripted.best_response import BestResponse
from benchgame_env.agents.scripted.honest import Honest
from benchgame_env.agents.scripted.random_effort import RandomEffort
from benchgame_env.rules import is_exact

# The agents that play without torch, and without a policy that they are given (test_outside.py).
CLASSES: dict[str, Any] = {
    name: entry.load() for name, entry in AGENTS.items() if not entry.learned and name != "policy"
}
RULES = kinds() | {"rounded": bg.make_protocol("rounded", decimals=2)}
# Agents without `needs_exact_rule` play under any rule.
PLAYABLE = [
    (rule, name)
    for rule in RULES
    for name in CLASSES
    if is_exact(RULES[rule]) or not CLASSES[name].needs_exact_rule
]
DRAWING = {"exp3", "q-learning", "random", "regret-matching-plus"}
SCRIPTED = [name for name in CLASSES if CLASSES[name].learn is Player.learn]  # the others keep a state
RESOLUTION = 1e-3  # the default: three decimals of score
# Scores are published on a grid of 2^-23: a rival's is off by at most 6e-8, and so is the aim above it.
# On the curves below, whose slopes are at least exp(-2) = 0.135, 1.2e-7 is an effort of at most 8.9e-7.
SEEN = 9e-7
# One step of a 33-level axis of length 1 is 1/32: efforts and their sums are exact, so ties are.
LEVELS = 33

every_type = pytest.mark.parametrize("action_type", ACTION_TYPES)
every_developer = pytest.mark.parametrize("name", CLASSES)


def additive(quality: list[float], prizes: list[float], budget: Any = math.inf) -> bg.Game:
    return bg.Game(bg.curves.Additive(quality), bg.LinearCost(1.0), prizes, budget=budget)


def table(game: Any, held: Any = None, protocol: Any = "direct", **settings: Any) -> Any:
    """A game in which efforts ``held`` ``[n]`` are on the board of every copy; env, observations."""
    kind = {"num_envs": 1, "effort_levels": LEVELS, "horizon": 50} | settings
    vec = bg.vector_env(game, protocol, **kind)
    observations, _ = vec.reset(0)
    if held is not None:
        actions = vec.axis.action(np.tile(np.asarray(held, dtype=np.float64), (vec.num_envs, 1)))
        observations, *_ = vec.step(actions)
    return vec, observations


def answer(vec: bg.VectorEnv, observations: Any, developer: int, **settings: Any) -> float:
    """The effort that a best response names in the first copy."""
    agent = BestResponse(Seat.of(vec, developer), **settings)
    action = agent.act(observations[:, developer], rng())[0]
    profile = np.full(vec.n_developers, action)
    return float(vec.axis.effort(vec.axis.position(profile))[developer])


def outcomes(game: Any, held: Any, developer: int, actions: Any, **settings: Any) -> np.ndarray:
    """Payoffs ``[len(actions)]`` of ``developer`` for each action while the others keep their effort."""
    vec, _ = table(game, held, num_envs=len(actions), **settings)
    joint = vec.axis.action(np.tile(np.asarray(held, dtype=np.float64), (len(actions), 1)))
    joint = joint.astype(np.float64)
    joint[:, developer] = actions
    return vec.step(joint)[1][:, developer]


# Honest


@every_type
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("game", ["duel", "pythia-gsm8k", GAMES["budgets"]()])
def test_honest_spends_nothing(game: Any, scale: str, action_type: str) -> None:
    vec, seen = table(game, num_envs=3, action_type=action_type, action_scale=scale)
    actions = [Honest(Seat.of(vec, i)).act(seen[:, i], rng()) for i in range(vec.n_developers)]
    *_, infos = vec.step(np.column_stack(actions))
    assert not infos["effort"].any()


# Random


@pytest.mark.parametrize("scale", SCALES)
def test_random_is_uniform_on_the_axis(scale: str) -> None:
    vec, seen = table("pythia-gsm8k", num_envs=40_000, action_scale=scale)
    positions = vec.axis.position(RandomEffort(Seat.of(vec, 2)).act(seen[:, 2], rng()))
    # Counts in ten equal parts: mean 4,000, standard deviation sqrt(40,000 * 0.1 * 0.9) = 60.
    counts, _ = np.histogram(positions, bins=10, range=(0.0, 1.0))
    assert counts.sum() == 40_000
    assert (np.abs(counts - 4000) < 5 * 60).all()


def test_random_plays_every_level() -> None:
    vec, seen = table("duel", num_envs=5000, action_type="discrete")
    levels = RandomEffort(Seat.of(vec, 0)).act(seen[:, 0], rng())
    assert np.array_equal(np.unique(levels), np.arange(LEVELS))


def test_random_levels_are_the_nearest_to_a_uniform_position() -> None:
    # So the two end levels, nearest to half as many positions, are half as likely: of 32,000 draws
    # 1,000 fall on each inner level and 500 on each end; standard deviation sqrt(1,000) = 31.6 at most.
    vec, seen = table("duel", num_envs=32_000, action_type="discrete")
    counts = np.bincount(RandomEffort(Seat.of(vec, 0)).act(seen[:, 0], rng()))
    expected = np.array([500, *[1000] * 31, 500])
    assert (np.abs(counts - expected) < 5 * 31.6).all()


# Every developer


@every_type
@pytest.mark.parametrize(("rule", "name"), PLAYABLE)
@pytest.mark.parametrize("game", GAMES)
def test_actions_are_in_range_and_observations_untouched(
    game: str, rule: str, action_type: str, name: str
) -> None:
    vec, seen = table(GAMES[game](), num_envs=4, protocol=RULES[rule], action_type=action_type)
    draws, before = rng(), seen.copy()
    players = [CLASSES[name](Seat.of(vec, i)) for i in range(vec.n_developers)]
    for _ in range(3):
        actions = [player.act(seen[:, i], draws) for i, player in enumerate(players)]
        assert np.array_equal(seen, before)
        for action in actions:
            assert action.shape == (4,)
            check_range(vec, action)
        seen, *_ = vec.step(np.column_stack(actions))
        before = seen.copy()


def check_range(vec: bg.VectorEnv, actions: np.ndarray) -> None:
    if vec.axis.action_type == "discrete":
        assert np.array_equal(actions, actions.astype(np.int64))
        assert ((actions >= 0) & (actions < vec.axis.levels)).all()
    else:
        assert (np.abs(actions) <= 1).all()


@every_developer
@every_type
def test_all_randomness_is_handed_in(action_type: str, name: str) -> None:
    vec, seen = table("duel", num_envs=64, action_type=action_type)
    agent = CLASSES[name](Seat.of(vec, 1))
    rngs = [rng(seed) for seed in (5, 5, 6)]
    plays = [[agent.act(seen[:, 1], draws).tolist() for _ in range(3)] for draws in rngs]
    assert plays[0] == plays[1]
    assert (plays[0] != plays[2]) == (name in DRAWING)


@pytest.mark.parametrize("name", sorted(set(SCRIPTED) - DRAWING))
@every_type
def test_a_batch_is_answered_row_by_row(action_type: str, name: str) -> None:
    vec, _ = table("duel", num_envs=7, action_type=action_type)
    seen, *_ = vec.step(vec.axis.action(rng().uniform(size=(7, 2))))
    agent = CLASSES[name](Seat.of(vec, 1))
    rows = [agent.act(seen[k : k + 1, 1], rng())[0] for k in range(7)]
    assert agent.act(seen[:, 1], rng()).tolist() == rows


# The registry


def test_unknown_developers_and_parameters_list_the_known_ones() -> None:
    vec, _ = table("duel")
    seat = Seat.of(vec, 0)
    with pytest.raises(
        ValueError, match=r"^agent:.*'sleeper'.* a2c, best-response, central-ppo, constant"
    ):
        make_agent("sleeper", seat)
    with pytest.raises(ValueError, match=r"'constant' takes share.*'effort': 1"):
        make_agent("constant", seat, effort=1)
    with pytest.raises(ValueError, match=r"'honest' takes no .*'share': 0.5"):
        make_agent("honest", seat, share=0.5)


def test_a_line_up_seats_the_best_model_first() -> None:
    vec, _ = table("five")
    seated = line_up("honest, honest,random,sniper,copycat", vec)
    assert [type(a) for a in seated] == [
        CLASSES[k] for k in ("honest", "honest", "random", "sniper", "copycat")
    ]
    assert [agent.seat.developer for agent in seated] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match=r"^agents: 3 .*5 developers.*'honest,honest,sniper'"):
        line_up("honest,honest,sniper", vec)
    with pytest.raises(ValueError, match=r"^players:.* 5 developers.*\[0, 1\]"):
        play(vec, seated[:2], 1, rng())
    with pytest.raises(ValueError, match=r"^agent:.* ''"):
        line_up("honest,honest,,sniper,copycat", vec)


@pytest.mark.parametrize("name", [name for name in CLASSES if CLASSES[name].needs_exact_rule])
def test_who_needs_a_fixed_board_refuses_a_drawn_one(name: str) -> None:
    vec, _ = table("duel", protocol=Noisy())
    with pytest.raises(ValueError, match=f"^{CLASSES[name].__name__} .*DeterministicProtocol.*Noisy"):
        make_agent(name, Seat.of(vec, 0))


# The loop in which they meet


@every_type
@pytest.mark.parametrize("revision", REVISIONS)
def test_a_whole_run_depends_on_the_seeds_alone(revision: str, action_type: str) -> None:
    def run(names: str, seed: int) -> list[np.ndarray]:
        vec, _ = table(
            "five", num_envs=3, horizon=7, revision=revision, action_type=action_type, effort_levels=5
        )
        played = play(vec, line_up(names, vec), 40, rng(seed), seed=0)
        return [played[key] for key in ("effort", "score", "rank", "prize", "cost", "payoff")]

    everybody = list(CLASSES)
    for names in (",".join(everybody[:5]), ",".join(everybody[5:])):
        first, again, other = (run(names, seed) for seed in (4, 4, 5))
        assert first[0].shape == (40, 3, 5)
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
        assert not np.array_equal(first[0], other[0])  # somebody draws in either line-up


def test_agents_are_told_what_the_environment_says() -> None:
    # A slow witness: a developer that writes down its rounds, beside the environment stepped by hand.
    class Witness(RandomEffort):
        def learn(self, played: Any, rng: Any) -> None:
            told.append(played)

    told: list[Any] = []
    vec, _ = table("duel", num_envs=2, horizon=3, revision="alternating")
    play(vec, [Honest(Seat.of(vec, 0)), Witness(Seat.of(vec, 1))], 7, rng(1), seed=0)
    twin, _ = table("duel", num_envs=2, horizon=3, revision="alternating")
    seen, _ = twin.reset(0)
    assert len(told) == 7
    for k, one in enumerate(told):
        assert np.array_equal(one.observations, seen[:, 1])
        seen, rewards, _, _, infos = twin.step(np.column_stack([np.full(2, -1.0), one.actions]))
        assert np.array_equal(one.after, infos.get("final_observation", seen)[:, 1])
        assert np.array_equal(one.payoffs, rewards[:, 1])
        assert np.array_equal(one.efforts, infos["effort"][:, 1])
        assert np.array_equal(one.scores, infos["score"])
        assert one.ended == (k in (2, 5))  # the last rounds of episodes of three


def test_who_only_watches_learns_nothing() -> None:
    vec, _ = table("duel", num_envs=2, action_type="discrete")
    for name in set(CLASSES) - set(SCRIPTED):
        agents = line_up(f"random,{name}", vec)
        before = str(agents[1].state)  # type: ignore[attr-defined]
        play(vec, agents, 5, rng(), seed=0, mode="play")
        if name != "q-learning":  # it makes room for boards when it sees them
            assert str(agents[1].state) == before  # type: ignore[attr-defined]
        else:
            assert not agents[1].state["values"].any()  # type: ignore[attr-defined]


# Constant


@every_type
def test_constant_spends_its_share_of_what_the_prizes_are_worth(action_type: str) -> None:
    # F = min(budget, prizes over the rate of cost): 1 on the duel, 0.4 with the small prize.
    for game, effort in (("duel", 0.25), ("duel-small-prize", 0.1)):
        vec, _ = table(game, action_type=action_type)
        agents = [make_agent("constant", Seat.of(vec, i), share=0.25) for i in (0, 1)]
        held = play(vec, agents, 2, rng())["effort"]
        assert held == pytest.approx(np.full((2, 1, 2), effort), abs=1e-12)
    with pytest.raises(ValueError, match=r"^share:.* 1.5$"):
        make_agent("constant", Seat.of(vec, 0), share=1.5)


# Copycat


def test_copycat_shows_the_score_of_the_best_other() -> None:
    # On additive curves it takes the rival's effort and the difference in quality.
    vec, seen = table("five", [0.0, 0.375, 0.0, 0.0, 0.1])  # totals: 1, 1.25, 0.75, 0.625, 0.6
    for i, effort in ((0, 0.25), (1, 0.125), (2, 0.5), (4, 0.75)):
        action = make_agent("copycat", Seat.of(vec, i)).act(seen[:, i], rng())
        assert vec.axis.position(action)[0] == pytest.approx(effort, abs=SEEN)  # F is 1
    scores = play(vec, line_up("constant,copycat,copycat,copycat,copycat", vec), 3, rng())["score"]
    assert scores[-1, 0] == pytest.approx(np.full(5, 1 - math.exp(-1.5)), abs=1e-6)


def test_copycat_goes_as_far_as_it_can() -> None:
    # Its ceiling is 0.5 and the rival shows 0.8: no effort suffices.
    curves = bg.curves.ScalingLaw([0.0, 0.0], [1.0, 0.5], [math.log(4), 0.0], [1.0, 1.0])
    game = bg.Game(curves, bg.LinearCost(1.0), [1.0, 0.0], budget=2.0)
    vec, seen = table(game)
    assert make_agent("copycat", Seat.of(vec, 1)).act(seen[:, 1], rng()).tolist() == [1.0]


# Sniper


@every_type
@pytest.mark.parametrize("revision", ["simultaneous", "alternating"])
@pytest.mark.parametrize("seat", [1, 2, 4])
def test_sniper_takes_the_top_in_its_last_revision(seat: int, revision: str, action_type: str) -> None:
    # From rank 2, 3 or 5 of five the top pays 0.25, 0.5 or 1 more and costs half of that.
    names = ["honest"] * 5
    names[seat] = "sniper"
    vec, _ = table("five", horizon=13, revision=revision, action_type=action_type)
    played = play(vec, line_up(",".join(names), vec), 26, rng())
    # With 13 rounds the last lap is 8 to 12; developer i revises when the round is 4 - i, modulo 5.
    last = 12 if revision == "simultaneous" else next(t for t in range(8, 13) if t % 5 == 4 - seat)
    for episode in played["rank"][:13], played["rank"][13:]:
        assert (episode[:last, 0, seat] == seat + 1).all()
        assert (episode[last:, 0, seat] == 1).all()
    assert not played["effort"][:last].any()


def test_sniper_waits_for_the_last_n_rounds_when_turns_are_drawn() -> None:
    vec, _ = table("duel", num_envs=200, horizon=6, revision="random")
    effort = play(vec, line_up("honest,sniper", vec), 6, rng(), seed=0)["effort"][..., 1]
    assert not effort[:4].any()
    # It has a turn in the last two rounds with probability 3/4: 150 of 200, sd 6.1.
    assert abs((effort[-1] > 0.5).sum() - 150) < 5 * 6.1


# Best response: known answers (additive curves, quality 1 and 0.5, c(e) = e; theory section 5)


def overtaking(score: float, quality: float) -> float:
    """The effort that shows ``score`` and the resolution: solves 1 - exp(-(quality + e))."""
    return -math.log(1 - score - RESOLUTION) - quality


def test_the_weaker_overtakes_the_honest_board() -> None:
    # 0.5 makes up for the quality, and a score of 0.001 more costs 0.001 / exp(-1) = 0.0027.
    effort = answer(*table("duel"), developer=1)
    assert effort == pytest.approx(overtaking(1 - math.exp(-1), 0.5), abs=SEEN)
    assert effort == pytest.approx(0.5027, abs=1e-4)


def test_the_weaker_overtakes_by_the_next_level() -> None:
    # 0.5 = level 16 of 32 only ties and loses the tie; level 17 is the least that overtakes.
    assert answer(*table("duel", action_type="discrete"), developer=1) == 17 / 32


@every_type
@pytest.mark.parametrize("game", ["duel-small-prize", "duel-at-budget", "five-small-prizes"])
def test_where_zero_is_the_equilibrium_everybody_stays(game: str, action_type: str) -> None:
    # T = 0: overtaking costs 0.5 and wins 0.4; only ties, at the budget; costs 0.125 and wins 0.1.
    vec, seen = table(game, action_type=action_type)
    assert [answer(vec, seen, i) for i in range(vec.n_developers)] == [0.0] * vec.n_developers


@every_type
def test_the_leader_of_the_honest_board_stays(action_type: str) -> None:
    assert answer(*table("duel", action_type=action_type), developer=0) == 0.0


def test_the_overtaken_answers() -> None:
    # The weaker shows 1 - exp(-1.25) with effort 0.75. A tie goes to the better model, so it needs
    # 0.25 and gains 1 - 0.25; whatever it adds to be sure is at most what the resolution costs.
    effort = answer(*table("duel", [0.0, 0.75]), developer=0)
    assert 0.25 - SEEN <= effort <= overtaking(1 - math.exp(-1.25), 1.0) + SEEN


def test_the_overtaken_answers_by_a_level_that_ties() -> None:
    # 0.25 = level 8 ties exactly and wins the tie (theory section 1).
    assert answer(*table("duel", [0.0, 0.75], action_type="discrete"), developer=0) == 8 / 32


@every_type
def test_a_developer_out_of_reach_drops_back(action_type: str) -> None:
    # 1 holds 0.75, total 1.75: 2 would need 1.25, more than the prize of 1 is worth.
    assert answer(*table("duel", [0.75, 0.75], action_type=action_type), developer=1) == 0.0


@every_type
def test_wasted_effort_is_saved(action_type: str) -> None:
    # 1 holds 0.5 though 2 is at zero; ahead anyway, it saves it all.
    assert answer(*table("duel", [0.5, 0.0], action_type=action_type), developer=0) == 0.0


# Best response: against every alternative


def cost_of_resolution(game: bg.Game) -> float:
    """The most that a resolution of score costs: total efforts stay below best quality + axis.

    There the curve is at its flattest: ``-log(exp(-top) - 0.001) - top``, at rate 1.
    """
    top = float(game.quality[0] + game.max_effort.max())
    return -math.log(math.exp(-top) - RESOLUTION) - top


def boards(game: bg.Game, count: int) -> np.ndarray:
    """Efforts ``[count, n]`` on the 33-level axis, so that exact ties are among them."""
    share = rng().integers(0, LEVELS, (count, game.n_developers)) / (LEVELS - 1)
    return share * game.max_effort


CONTESTS = {
    "duel": bg.load_game("duel"),
    "five": bg.load_game("five"),
    "five-with-ties": GAMES["five-with-ties"](),
    "budgets-of-a-half": additive([1.0, 0.75, 0.5], [1.0, 0.25, 0.0], budget=0.5),
}


@pytest.mark.parametrize("rule", ["direct-quality", "direct-split"])
@pytest.mark.parametrize("name", CONTESTS)
def test_no_effort_does_better_but_for_the_resolution(name: str, rule: str) -> None:
    game, grid = CONTESTS[name], np.linspace(-1.0, 1.0, 401)
    slack = cost_of_resolution(game) + SEEN
    for held in boards(game, 12):
        vec, seen = table(game, held, protocol=RULES[rule])
        for i in range(game.n_developers):
            mine = BestResponse(Seat.of(vec, i)).act(seen[:, i], rng())
            payoffs = outcomes(game, held, i, np.concatenate([mine, grid]), protocol=RULES[rule])
            assert payoffs[0] >= payoffs[1:].max() - slack, (held.tolist(), i)


@pytest.mark.parametrize("rule", ["direct-quality", "direct-split"])
@pytest.mark.parametrize("name", CONTESTS)
def test_no_level_does_better(name: str, rule: str) -> None:
    # All levels are tried, so no resolution comes in; 1e-9 of the prizes favours what is held.
    game, levels = CONTESTS[name], np.arange(LEVELS)
    kind = {"protocol": RULES[rule], "action_type": "discrete"}
    for held in boards(game, 12):
        vec, seen = table(game, held, **kind)
        for i in range(game.n_developers):
            mine = BestResponse(Seat.of(vec, i)).act(seen[:, i], rng())
            payoffs = outcomes(game, held, i, np.concatenate([mine, levels]), **kind)
            assert payoffs[0] >= payoffs[1:].max() - 1e-9, (held.tolist(), i)


@every_type
@pytest.mark.parametrize("scale", SCALES)
def test_nothing_does_better_on_real_curves(scale: str, action_type: str) -> None:
    kind = {"action_type": action_type, "action_scale": scale}
    vec, seen = table("pythia-gsm8k", **kind)
    game, honest = vec.game, vec.game.curves.score(np.zeros(5))
    grid = np.arange(LEVELS) if action_type == "discrete" else np.linspace(-1, 1, 401)
    for i in range(5):
        just, surely = (game.curves.effort_for(np.repeat((honest + extra)[:, None], 5, axis=1))[:, i]
                        for extra in (0.0, RESOLUTION))  # fmt: skip
        assert np.isfinite(surely).all()  # the resolution puts nobody out of reach
        slack = game.cost(surely - just).max() if action_type == "continuous" else 1e-9
        mine = BestResponse(Seat.of(vec, i)).act(seen[:, i], rng())
        payoffs = outcomes("pythia-gsm8k", np.zeros(5), i, np.concatenate([mine, grid]), **kind)
        assert (
            payoffs[0] >= payoffs[1:].max() - slack - 1e-6
        )  # float32 boards: a few hundredths of a step


# Best response: ties, held efforts, budgets


@pytest.mark.parametrize("quality", [1.0, 0.5, 0.25, 2.0])
def test_a_tie_on_the_board_is_a_tie(quality: float) -> None:
    # float32 shows the rival's score rounded up or down; the own score must be read alike.
    vec, seen = table(additive([quality, quality], [1.0, 0.0]))
    assert answer(vec, seen, 0) == 0.0  # wins the tie
    behind = answer(vec, seen, 1)  # loses it: prize 1 for an effort of 0.001 / exp(-quality)
    assert behind == pytest.approx(overtaking(1 - math.exp(-quality), quality), abs=SEEN)


@every_type
@pytest.mark.parametrize("held", [[0.0, 0.0], [0.25, 0.75], [0.75, 0.25], [0.5, 1.0]])
def test_equal_payoffs_move_nobody(held: list[float], action_type: str) -> None:
    # Both ranks pay 1 and effort up to 1 is free: every effort in reach pays the same.
    vec, seen = table("flat-cost-equal-prizes", held, action_type=action_type)
    assert vec.axis.max_effort.tolist() == [1.0, 1.0]
    assert [answer(vec, seen, i) for i in (0, 1)] == held


@every_type
@pytest.mark.parametrize("resolution", [1e-3, 1e-2])
def test_a_best_response_is_kept(resolution: float, action_type: str) -> None:
    vec, seen = table("duel", [0.3, 0.0], action_type=action_type)
    first = answer(vec, seen, 1, resolution=resolution)
    again = answer(*table("duel", [0.3, first], action_type=action_type), 1, resolution=resolution)
    assert first > 0.8  # 0.5 of quality and 0.3 of effort to make up for
    assert again == pytest.approx(first, abs=SEEN)


@pytest.mark.parametrize("budget", [0.0, 0.25, 0.5, 0.51, 3.0])
@every_type
def test_budgets_are_respected(budget: float, action_type: str) -> None:
    # Overtaking takes 0.5027, or on 33 levels the first level above 0.5.
    vec, seen = table(additive([1.0, 0.5], [1.0, 0.0], budget), action_type=action_type)
    effort = answer(vec, seen, 1)
    assert effort <= budget
    assert (effort > 0.5) == (budget > 0.5)


def test_the_exact_tie_at_the_budget_is_a_candidate() -> None:
    # Theory section 2: where the budget binds and the tie rule favours the developer. 1 can just
    # tie total 1.5 with its whole budget of 0.5, wins the tie and gains 1 - 0.5.
    game = additive([1.0, 0.5], [1.0, 0.0], budget=[0.5, 1.5])
    assert answer(*table(game, [0.0, 1.0]), developer=0) == 0.5


@pytest.mark.parametrize("resolution", [1e-2, 1e-3, 1e-5, 1e-6])
def test_an_overtake_is_an_overtake_on_the_board(resolution: float) -> None:
    vec, seen = table("duel")
    action = BestResponse(Seat.of(vec, 1), resolution=resolution).act(seen[:, 1], rng())
    assert vec.step(np.array([[-1.0, action[0]]]))[4]["rank"].tolist() == [[2, 1]]


@pytest.mark.parametrize("resolution", [1e-9, 0.0, -1.0, math.nan])
def test_a_resolution_that_the_board_cannot_show_is_refused(resolution: float) -> None:
    # Observations are float32, half a step of which is 3e-8 just below 1: aiming 1e-9 above a score
    # that was rounded down misses, and 0.5 of effort is spent for nothing.
    vec, _ = table("duel")
    with pytest.raises(ValueError, match=f"^resolution:.* {resolution:g}$"):
        BestResponse(Seat.of(vec, 0), resolution=resolution)


def test_a_little_tuning_leaves_the_additive_duel_alone() -> None:
    # Delta cancels out of every comparison of additive curves (theory section 4); only what the
    # resolution costs grows: 0.001 / exp(-1.5), give or take one step of the grid.
    effort = answer(*table("duel", protocol=("tune-before-test", {"level": 0.5})), developer=1)
    assert effort == pytest.approx(overtaking(1 - math.exp(-1.5), 1.0), abs=2**-23 / math.exp(-1.5))


# Best responses one at a time make the cycles of theory section 5


def played_cycle(n: int, prizes: list[float], rounds: int) -> tuple[int, np.ndarray]:
    """Period in revisions, and efforts ``[period, n]``, of best responses worst quality first."""
    game = additive(np.linspace(1.0, 0.5, n).tolist(), prizes)
    vec, seen = table(game, revision="alternating", horizon=rounds, auto_reset=False)
    players = [BestResponse(Seat.of(vec, i)) for i in range(n)]
    efforts = []
    for _ in range(rounds):
        actions = [player.act(seen[:, i], rng()) for i, player in enumerate(players)]
        seen, _, _, _, infos = vec.step(np.column_stack(actions))
        efforts.append(infos["effort"][0])
    tail = np.array(efforts[rounds // 3 :])
    again = [p for p in range(1, len(tail) // 2) if np.allclose(tail[0], tail[p], atol=1e-5)]
    period = next(p for p in again if np.allclose(tail[:-p], tail[p:], atol=1e-5))
    return period, tail[:period]


@pytest.mark.parametrize(
    ("n", "prizes", "period", "peaks"),
    [
        (2, [1.0, 0.0], 290, [0.497, 0.997]),
        (3, [1.0, 0.5, 0.0], 435, [0.497, 0.747, 0.997]),
        (5, [1.0, 0.75, 0.5, 0.25, 0.0], 725, [0.497, 0.622, 0.747, 0.872, 0.997]),
    ],
)
def test_best_responses_cycle_as_tabulated(
    n: int, prizes: list[float], period: int, peaks: list[float]
) -> None:
    # The table of theory section 5: from all-zero, resolution 0.001, last-ranked first, round robin.
    found, efforts = played_cycle(n, prizes, rounds=2400)
    assert found == period
    assert efforts.max(axis=0) == pytest.approx(peaks, abs=6e-4)  # printed to three decimals
    assert efforts.min(axis=0) == pytest.approx([0.0] * n, abs=SEEN)


@pytest.mark.parametrize("revision", REVISIONS)
def test_best_responses_leave_a_pure_equilibrium_alone(revision: str) -> None:
    vec, seen = table("five-small-prizes", revision=revision)
    for _ in range(20):
        actions = [BestResponse(Seat.of(vec, i)).act(seen[:, i], rng()) for i in range(5)]
        seen, _, _, _, infos = vec.step(np.column_stack(actions))
        assert not infos["effort"].any()


def test_the_list_of_developers_says_what_each_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert agents_command.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")] == list(AGENTS)
    at = lines.index("constant: Always plays the same share of the effort that the prizes are worth.")
    assert lines[at + 1] == "  parameters: share=0.5"
    with pytest.raises(SystemExit):
        agents_command.main(["--colour"])
