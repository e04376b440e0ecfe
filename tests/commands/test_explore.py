"""The page of ``benchgame explore``: what it holds, and in a browser its numbers, state and shape."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tools.checks import printed, python, status

import benchgame_env as bg
from benchgame_env.__main__ import main
from benchgame_env.draws import Draws
from benchgame_env.explore import page as page_module
from benchgame_env.explore.content import content
from benchgame_env.files import json_text
from benchgame_env.named_games import game_file

run = partial(status, main)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to show the page in")
NAMESPACE = "http://www.w3.org/2000/svg"

STEPS = bg.Game(
    bg.curves.Tabulated(
        [[0, 1, 2, 5], [0, 2, 3], [1, 4]], [[0.3, 0.5, 0.5, 0.9], [0.2, 0.6, 0.7], [0.1, 0.8]]
    ),
    bg.costs.LinearCost(0.2),
    [1.0, 0.3, 0.0],
)
# Published scores are equal up to level 2, and then the second has to leave its flat stretch first.
PLATEAU = bg.Game(
    bg.curves.Tabulated([[0, 3, 4], [0, 2, 3]], [[0.49999997, 0.49999997, 0.9], [0.5, 0.5, 0.8]]),
    bg.costs.LinearCost(0.2),
    [1.0, 0.0],
)
FILES = {"steps.json": STEPS, "plateau.json": PLATEAU}
NAMED = bg.Game(
    bg.curves.Additive([1.0, 0.5]), bg.costs.LinearCost(1.0), [1, 0], names=['</script>"', "<b>&amp;"]
)
# Games as words of the command; files are made by `made`.
GAMES: dict[str, list[str]] = {
    "pythia": ["pythia-gsm8k", "--draws", "40"],
    "open": ["open-mmlu", "--draws", "0"],
    "llama": ["llama-gsm8k", "--prizes", "1,0.2,0.1,0", "--draws", "0"],
    "crossing": ["crossing"],
    "five": ["five", "--prizes", "1,0.7,0.1,0.1,0"],
    "budget": ["duel-at-budget"],
    "twins": ["twins"],
    "decreasing": ["decreasing-intercept"],
    "flat": ["flat-cost-small-prize"],
    "fee": ["scaling-laws", "--cost", "entry,fee=0.2,rate=0.5"],
    "capped": ["scaling-laws", "--cost", "capped,rate=1,most=2"],
    "twins-fee": ["twins", "--cost", "entry,fee=0.2,rate=0.5"],
    "steps": ["steps.json"],
    "plateau": ["plateau.json"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each of `GAMES`."""
    folder = tmp_path_factory.mktemp("pages")
    for name, game in FILES.items():
        (folder / name).write_text(json_text(game_file.to_data(game)))
    pages = {name: folder / f"{name}.html" for name in GAMES}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, words in GAMES.items():
            assert run("explore", *words, "--out", pages[name]) == 0
    return pages


def game_of(name: str) -> bg.Game:
    """The game of one of `GAMES`."""
    words = GAMES[name]
    terms = {key[2:]: value for key, value in zip(words[1::2], words[2::2], strict=True)}
    terms.pop("draws", None)
    return FILES.get(words[0]) or bg.load_game(words[0], **terms)


def known(page: Path) -> Any:
    """What the page's script reads."""
    text = page.read_text(encoding="utf-8")
    return json.loads(text.partition('id="data">')[2].partition("</script>")[0])


def shown(page: Path, script: str, address: str = "") -> Any:
    """What ``script``, the body of an asynchronous function, returns in a browser."""
    tried = page.with_name(f"tried-{page.name}")
    text = page.read_text(encoding="utf-8")
    watch = (
        "<script>window.faults = []; addEventListener('error', (e) => faults.push(e.message));</script>"
    )
    ask = (
        f"<script>(async () => {{{script}}})().catch(String).then((found) => {{"
        "const told = document.createElement('pre'); told.id = 'told';"
        "told.textContent = JSON.stringify({found, faults},"
        "(key, value) => (typeof value !== 'number' || Number.isFinite(value) ? value : String(value)));"
        "document.body.append(told); });</script>"
    )
    text = text.replace("<head>", f"<head>{watch}", 1).replace("</body>", f"{ask}</body>", 1)
    tried.write_text(text, encoding="utf-8")
    assert CHROMIUM is not None
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom"]
    words += ["--window-size=1280,900", f"--user-data-dir={page.parent / 'profile'}"]
    done = subprocess.run(
        [CHROMIUM, *words, "--virtual-time-budget=30000", f"{tried.as_uri()}{address}"],
        capture_output=True, text=True, encoding="utf-8", timeout=300,
    )  # fmt: skip
    told = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, flags=re.DOTALL)
    assert told, done.stderr
    plain = told[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    answer = json.loads(plain)
    assert answer["faults"] == []
    return answer["found"]


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", bg.games())
def test_every_named_game_has_a_page_of_its_own(name: str, tmp_path: Path) -> None:
    words = ["-m", "benchgame_env", "explore", name, "--out", "page.html"]
    assert printed(python(tmp_path, *words)) == "Wrote page.html; open it in a browser.\n"
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(text.encode()) < 1_000_000
    assert set(re.findall(r"https?://[^\s\"'`]+", text)) == {NAMESPACE}
    assert "default-src 'none'" in text  # the browser refuses whatever is not in the file
    assert not re.search(r"@[A-Z]+@", text)
    assert known(tmp_path / "page.html")["game"]["names"] == list(bg.load_game(name).names)


def test_the_same_seed_gives_the_same_page(tmp_path: Path) -> None:
    pages = []
    for number, seed in enumerate((1, 1, 2)):
        page = tmp_path / f"{number}.html"
        assert run("explore", "llama-gsm8k", "--draws", "5", "--seed", seed, "--out", page) == 0
        pages.append(page.read_bytes())
    assert pages[0] == pages[1] != pages[2]


def test_no_name_leaves_its_place(tmp_path: Path) -> None:
    (tmp_path / "game.json").write_text(json_text(game_file.to_data(NAMED)))
    page = tmp_path / "page.html"
    assert run("explore", tmp_path / "game.json", "--out", page) == 0
    assert page.read_text(encoding="utf-8").count("</script>") == 2  # of the numbers and of the script
    assert known(page)["game"]["names"] == list(NAMED.names)


def test_a_page_that_is_too_large_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(page_module, "LARGEST", 100_000)
    assert run("explore", "llama-gsm8k", "--draws", "2000", "--out", tmp_path / "page.html") == 2
    assert "more than 100,000; fewer --draws make it smaller" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


class Odd:
    """Curves that no page knows."""

    def score(self, effort: Any) -> Any:
        return 1 - np.exp(-np.asarray(effort) - [1.0, 0.5])

    def effort_for(self, score: Any) -> Any:
        with np.errstate(divide="ignore"):
            return np.maximum(-np.log1p(-np.minimum(score, 1.0)) - [1.0, 0.5], 0.0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["duel", "--out", "page.pdf"], "out: "),
        (["no-such-game", "--out", "page.html"], "no-such-game"),
        (["duel", "--level", "-1", "--out", "page.html"], "--level: must be >= 0, got -1"),
        (["pythia-gsm8k", "--draws", "-1", "--out", "page.html"], "--draws: must be .*>= 0, got -1"),
        (["duel", "--cost", "entry,fee=2", "--out", "page.html"], "here it is worth 0"),
        (["duel", "--cost", "capped,rate=1,most=0.5", "--out", "page.html"], "here it is worth inf"),
        (["duel", "--out", "no/such/folder/page.html"], "No such file"),
    ],
)
def test_bad_input_is_told_in_one_line(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run("explore", *words) == 2
    error = capsys.readouterr().err
    assert re.search(says, error)
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("game", "says"),
    [
        (bg.Game(Odd(), bg.costs.LinearCost(1.0), [1.0, 0.0]), "curves: Odd"),
        (bg.Game(bg.curves.Additive([1.0]), bg.costs.LinearCost(1.0), [1.0]), "at least two developers"),
        (
            bg.Game(bg.curves.Tabulated([[0, 1]] * 2, [[0, 3], [0, 2]]), bg.costs.LinearCost(1), [1, 0]),
            "scores between -2 and 2",
        ),
    ],
)
def test_games_that_the_page_cannot_work_out_are_refused(game: bg.Game, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        content("duel", game)


# --- numbers in a browser -------------------------------------------------------------------------


def at_worth(game: bg.Game, worth: float) -> bg.Game:
    """The game with its whole cost multiplied so that ``worth`` costs the mean prize step."""
    factor = game.rank_step / float(game.cost(worth))
    scaled = {
        key: getattr(game.cost, key) * factor
        for key in ("rate", "most", "fee")
        if hasattr(game.cost, key)
    }
    return replace(game, cost=replace(game.cost, **scaled))  # type: ignore[type-var]


def settings(page: Path, game: bg.Game, seed: int) -> list[tuple[float, float]]:
    """60 random levels, a fifth of them 0, and worths, over the whole of the page's axes; and some where
    answers change: 12 levels at which additive curves come close to what boards can show, and 12 worths
    close to the largest at which nobody gains."""
    rng, told = np.random.default_rng(seed), known(page)
    levels = told["most"] * 10 ** rng.uniform(-4, 0, 84) * (rng.random(84) > 0.2)
    worths = np.exp(rng.uniform(*np.log(told["worths"]), 84))
    levels[60:72] = rng.uniform(6, 16, 12)
    for number in range(72, 84):
        largest = bg.theory.largest_worth(game, ("tune-before-test", {"level": levels[number]}))
        if told["worths"][0] < largest < np.inf:
            worths[number] = largest * (1 + rng.choice((-1, 1)) * 10 ** rng.uniform(-8, -2))
    return list(zip(levels.tolist(), worths.tolist(), strict=True))


def floats(values: Any) -> Any:
    return np.array(values, dtype=np.float64)


@browser
def test_numbers_are_those_of_the_theory(made: dict[str, Path]) -> None:
    # 14 games of 84 settings: 1,176. One page works out the games of all.
    tried = {name: settings(page, game_of(name), len(name)) for name, page in made.items()}
    games = {name: known(page)["game"] for name, page in made.items()}
    found = shown(
        made["pythia"],
        f"const games = {json.dumps(games)}, tried = {json.dumps(tried)}, found = {{}};"
        "for (const name in games) {"
        "  const game = new Game(games[name], data.numerics);"
        "  const all = [...Array(game.n).keys()];"
        "  found[name] = tried[name].map(([level, worth], number) => {"
        "    const board = game.board(level);"
        "    const efforts = number < 5 ? all.map((r) => all.map((k) => board.effort(r, k))) : null;"
        "    return [board.temptation(game.factor(worth)).amount, board.largestWorth(), efforts];"
        "  });"
        "}"
        "const own = tried.pythia.map(([level, worth]) => benchgame.temptation(level, worth));"
        "return {...found, own};",
    )
    close = partial(np.testing.assert_allclose, rtol=1e-6, atol=1e-9)
    kinds = set()
    for name in GAMES:
        game, (gains, worths, efforts) = game_of(name), zip(*found[name], strict=True)
        rules = [("tune-before-test", {"level": level}) for level, _ in tried[name]]
        expected = [
            bg.theory.temptation(at_worth(game, worth), rule)
            for (_, worth), rule in zip(tried[name], rules, strict=True)
        ]
        close(floats(gains), expected, err_msg=name)
        close(floats(worths), [bg.theory.largest_worth(game, rule) for rule in rules], err_msg=name)
        for table, rule in zip(efforts, rules[:5], strict=False):
            needed = floats(table)
            np.fill_diagonal(needed, 0.0)
            close(needed, bg.theory.required_effort(game, rule), err_msg=name)
        kinds |= {"unknown" if np.isnan(gain) else gain > 0 for gain in expected}
    assert kinds == {True, False, "unknown"}
    close(floats(found["own"]), floats([row[0] for row in found["pythia"]]), rtol=0, atol=0)


@browser
def test_stable_levels_and_shares_of_draws_are_those_of_the_theory(made: dict[str, Path]) -> None:
    told, worths, levels = known(made["pythia"]), [300.0, 2000.0, 6000.0], [0.0, 1500.0, 2250.0, 3000.0]
    found = shown(
        made["pythia"],
        f"const worths = {worths}, levels = {levels};"
        "return {bands: worths.map(benchgame.stableLevels),"
        "shares: levels.map((level) => benchgame.stableShare(level, 2000))};",
    )
    for band, worth in zip(found["bands"], worths, strict=True):
        game = bg.load_game("pythia-gsm8k", worth=worth)
        proved = bg.theory.stabilizing_levels(game, told["most"])
        # A range may end a little later: a gain counts from a step and a half of the grid on.
        assert (
            np.abs(floats(band) - proved) <= 1e-9 * floats(proved) + 1.5 * floats(proved.errors)
        ).all()
    game = bg.load_game("pythia-gsm8k")
    draws = Draws(game, bg.curves.ScalingLaw(**told["draws"]))
    shares = [bg.theory.stable_share(draws, ("tune-before-test", {"level": level})) for level in levels]
    assert found["shares"] == shares
    assert 0 == shares[0] < shares[2] < shares[3] < 1


@browser
@pytest.mark.parametrize("name", ["pythia", "five"])
def test_the_regime_is_that_of_the_prediction(name: str, made: dict[str, Path]) -> None:
    game, tried = game_of(name), settings(made[name], game_of(name), seed=3)[40:72]
    script = (
        f"return {json.dumps(tried)}.map(([level, worth]) => {{ state = {{level, worth}}; show();"
        "return document.getElementById('more').textContent; });"
    )
    words = {"pure": "Regime: pure", "cycle": "Regime: no pure", "undecided": "Regime: undecided"}
    regimes = [
        bg.theory.predict(at_worth(game, worth), ("tune-before-test", {"level": level})).regime
        for level, worth in tried
    ]
    assert len(set(regimes)) == (2 if name == "pythia" else 3)
    for said, regime, setting in zip(shown(made[name], script), regimes, tried, strict=True):
        assert words[regime] in said, setting


FILE = "a  game's $HOME *.json"
# Options of the command that made a page, and settings: level and worth.
COMMANDS: dict[str, tuple[list[str], list[tuple[float, float]]]] = {
    "prizes": (["llama-gsm8k", "--prizes", "1,0.2,0.1,0"], [(0, 900), (1073.25, 2000)]),
    "draws": (["pythia-gsm8k", "--draws", "40", "--seed", "3"], [(2300, 2000)]),
    "worth": ([FILE, "--prizes=-1,-2,-4", "--worth", "3"], [(0, 3), (0.3, 1e-7)]),
    "cost": ([FILE, "--cost", "power,rate=2,exponent=1.5"], [(0, 0.2), (0.5, 0.7)]),
    "most": (["duel", "--prizes", "3,1", "--cost", "capped,rate=1,most=2.5"], [(1, 1.9)]),
    "fee": (["scaling-laws", "--cost", "entry,fee=0.2,rate=0.5"], [(1, 1.5)]),
    "all-the-same": (["duel", "--prizes", "1,1", "--cost", "entry,fee=0.2"], [(0.5, 1)]),
}


@browser
@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no POSIX shell")
@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_on_the_page_tells_what_the_page_shows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words, tried = COMMANDS[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / FILE).write_text(json_text(game_file.to_data(STEPS)))
    assert run("explore", *words, "--out", "page.html") == 0
    script = f"""return {json.dumps(tried)}.map(([level, worth]) => {{
          state = {{level, worth}};
          show();
          return {{command: document.getElementById("command").innerText, amount: facts.amount,
            share: facts.share}};
        }});"""
    for said, (_, worth) in zip(shown(tmp_path / "page.html", script), tried, strict=True):
        shell = f"benchgame() {{ printf '%s\\0' \"$@\"; }}; {said['command']}"
        split = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, encoding="utf-8")
        capsys.readouterr()
        assert run(*split.stdout.split("\0")[:-1], "--no-mixed", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert told["temptation"] == pytest.approx(said["amount"], rel=1e-6, abs=1e-9)
        assert told["worth"] == (0 if name == "all-the-same" else pytest.approx(worth))
        assert (told["draws"] or {}).get("stable_share") == said["share"]


# --- the page in a browser ------------------------------------------------------------------------

WAIT = "const wait = () => new Promise((done) => setTimeout(done, 1500));"
STATE = (
    "const state = () => ({address: location.hash, level: document.getElementById('level-number').value,"
    "worth: document.getElementById('worth-number').value,"
    "says: document.getElementById('verdict').textContent});"
)


@browser
def test_the_state_is_in_the_address_and_the_way_back_leads_to_it(made: dict[str, Path]) -> None:
    script = f"""{WAIT} {STATE}
        const set = async (id, value) => {{
          const input = document.getElementById(id);
          input.value = value;
          for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind));
          await wait();
          return state();
        }};
        const seen = [state(), await set("level-number", "3000"), await set("worth-number", "1e3")];
        seen.push(await set("worth-number", "-5"), await set("level", "400"));
        document.getElementById("direct").click();
        await wait();
        seen.push(state());
        for (let k = 0; k < 2; k++) {{
          history.back();
          await wait();
          seen.push(state());
        }}
        return seen;"""
    seen = shown(made["pythia"], script, "#level=2300.5&worth=700")
    most = known(made["pythia"])["most"]
    assert [(row["address"], float(row["level"]), float(row["worth"])) for row in seen] == [
        ("#level=2300.5&worth=700", 2300.5, 700),
        ("#level=3000&worth=700", 3000, 700),
        ("#level=3000&worth=1000", 3000, 1000),
        ("#level=3000&worth=1000", 3000, 1000),  # a worth below 0 is not taken
        (f"#level={most:.0f}&worth=1000", most, 1000),
        ("#level=0&worth=1000", 0, 1000),
        (f"#level={most:.0f}&worth=1000", most, 1000),
        ("#level=3000&worth=1000", 3000, 1000),
    ]
    assert "Tune-before-test at 3,000 fine-tuning steps, a rank worth 700: stable." in seen[1]["says"]
    assert "Direct evaluation, a rank worth 1,000: not stable." in seen[5]["says"]


@browser
def test_an_address_that_says_nothing_shows_the_start(made: dict[str, Path]) -> None:
    addresses = ["#level=2&worth=3", "#", "#level=-1&worth=0", "#level=x&worth=1e999", "#level=&worth=3"]
    script = f"""{WAIT} {STATE}
        const seen = [];
        for (const address of {addresses}) {{
          location.hash = address;
          await wait();
          seen.push(state());
        }}
        return seen;"""
    seen = shown(made["crossing"], script)
    said = [(float(row["level"]), float(row["worth"])) for row in seen]
    assert said == [(2, 3), (0, 0.5), (0, 0.5), (0, 0.5), (0, 3)]


@browser
def test_each_step_of_a_slider_stays(made: dict[str, Path]) -> None:
    # Where some effort is free, worths go from 1.06 to 2.7 only, and several places tell the same one.
    script = f"""{WAIT}
        const [slider, seen] = [document.getElementById("worth"), []];
        for (let place = 100; place < 106; place++) {{
          slider.value = place;
          slider.dispatchEvent(new Event("input"));
          await wait();
          seen.push([Number(slider.value), Number(document.getElementById("worth-number").value)]);
        }}
        return seen;"""
    places, worths = zip(*shown(made["flat"], script), strict=True)
    assert list(places) == list(range(100, 106))
    assert list(worths) == sorted(worths)


@browser
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(width: int, made: dict[str, Path]) -> None:
    # In a frame, because the window of a browser may not be as narrow as a phone.
    page = json.dumps(made["pythia"].read_text(encoding="utf-8")).replace("</", r"<\/")
    script = f"""
        const frame = element("iframe", {{style: "width:{width}px;height:900px;border:0"}});
        frame.srcdoc = {page};
        const there = new Promise((done) => (frame.onload = done));
        document.body.append(frame);
        await there;
        const root = frame.contentDocument.documentElement;
        const figures = [...root.querySelectorAll(".figures section > div > svg")];
        const loaded = frame.contentWindow.performance.getEntriesByType("resource");
        return [frame.contentWindow.innerWidth, root.scrollWidth - root.clientWidth,
          figures.map((figure) => figure.clientWidth),
          loaded.filter(({{ name }}) => !name.startsWith("data:")).length];"""
    inner, beyond, figures, loaded = shown(made["pythia"], script)
    assert (inner, beyond, loaded) == (width, 0, 0)
    assert len(figures) == 3  # curves, map and efforts
    assert min(figures) > 0.4 * width
