"""Agreement between benchmarks on made-up scores whose taus are counted by hand."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchgame_env.metrics import kendall_tau, rank_agreement
from benchgame_env.training.rank_agreement import Pair, compare, main, mean_with_interval, read_scores
from benchgame_env.training.run.storage import read_rows

# Three models on benchmarks x, y and z, and one that z lacks. Directly, x ranks a > b > c > d,
# y ranks b > a > d > c and z ranks c > b > a; after tuning all agree.
SCORES = """\
benchmark,model,direct,direct_stderr,tuned
x,a,0.9,0.01,0.9
x,b,0.7,0.01,0.8
x,c,0.5,0.01,0.7
x,d,0.1,0.01,0.6
y,b,0.6,0.01,0.5
y,a,0.5,0.01,0.6
y,d,0.4,0.01,0.2
y,c,0.3,0.01,0.4
z,a,0.1,0.01,0.9
z,b,0.2,0.01,0.8
z,c,0.3,0.01,0.7
"""
# x and y: of 6 pairs 2 swapped; x and z: all 3 swapped; y and z: (a, b) agree, c lower than both
# in y and higher in z, so 1 agrees and 2 do not.
DIRECT = {("x", "y"): 2 / 6, ("x", "z"): -1.0, ("y", "z"): -1 / 3}


def written(folder: Path, text: str = SCORES) -> Path:
    path = folder / "scores.csv"
    path.write_text(text)
    return path


def test_taus_counted_by_hand(tmp_path: Path) -> None:
    pairs = compare(read_scores(written(tmp_path), ["direct", "tuned"]), ["direct", "tuned"])
    assert {pair.benchmarks: pair.taus[0] for pair in pairs} == pytest.approx(DIRECT)
    assert [pair.taus[1] for pair in pairs] == pytest.approx([1.0, 1.0, 1.0])
    assert [pair.models for pair in pairs] == [4, 3, 3]


def test_the_command_prints_means_and_writes_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pairs.csv"
    assert main([str(written(tmp_path)), "--out", str(out)]) == 0
    page = capsys.readouterr().out.splitlines()
    assert page[0].endswith("3 pairs of benchmarks, 3 to 4 models each")
    by_name = {line.split("  ")[0]: line for line in page[3:]}
    assert "-0.333" in by_name["direct"]  # (1/3 - 1 - 1/3) / 3
    assert "1.000" in by_name["tuned"]
    assert "1.333" in by_name["tuned - direct"]
    rows = read_rows(out)
    assert [(row["benchmark"], row["other"]) for row in rows] == list(DIRECT)
    assert [float(row["tau_direct"]) for row in rows] == pytest.approx(list(DIRECT.values()))


def test_other_columns_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, SCORES.replace("direct,", "before,", 1))
    assert main([str(path), "--columns", "before"]) == 0
    assert "-0.333" in capsys.readouterr().out


def test_the_jackknife_leaves_out_each_benchmark() -> None:
    # Pairs of a, b, c, d valued 1 to 6. Leaving one out leaves three: means over them by hand.
    names = [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]
    pairs = [Pair(name, 5, ()) for name in names]
    without = np.array([(4 + 5 + 6) / 3, (2 + 3 + 6) / 3, (1 + 3 + 5) / 3, (1 + 2 + 4) / 3])
    error = math.sqrt(3 / 4 * ((without - 3.5) ** 2).sum())
    half = stats.t.ppf(0.975, 3) * error
    found = mean_with_interval(pairs, np.arange(1.0, 7.0))
    assert (found.value, found.low, found.high) == pytest.approx((3.5, 3.5 - half, 3.5 + half))


def test_two_benchmarks_have_no_interval() -> None:
    found = mean_with_interval([Pair(("a", "b"), 5, ())], np.array([0.5]))
    assert found.value == 0.5
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_tied_scores_count_as_in_tau_b() -> None:
    # 2 pairs agree, 1 is tied in one list: 2 / sqrt(3 * 2), as in the designer's tau.
    assert rank_agreement([3, 2, 1], [2, 2, 1]) == pytest.approx(2 / math.sqrt(6))
    assert kendall_tau([0, 1, 2], [2, 2, 1]) == pytest.approx(2 / math.sqrt(6))


@pytest.mark.parametrize(
    ("scores", "others", "message"),
    [
        ([1, 2], [1, 2, 3], "scores: need as many as others and at least 2, got 2 and 3"),
        ([1], [1], "at least 2, got 1 and 1"),
        ([1, 1], [1, 2], "scores: all are 1, which ranks nothing"),
        ([1, 2], [2, 2], "others: all are 2, which ranks nothing"),
        ([1, math.nan], [1, 2], "scores: must be finite"),
    ],
)
def test_what_ranks_nothing_is_refused(scores, others, message) -> None:
    with pytest.raises(ValueError, match=message):
        rank_agreement(scores, others)


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        (("direct,direct_stderr", "before,direct_stderr"), "missing columns: direct"),
        (("x,c,0.5", "x,c,nan"), "row 4: direct: must be finite, got nan"),
        (("x,c,0.5", "x,c,"), "row 4: direct: expected a number, got ''"),
        (("y,a,0.5,0.01,0.6", "y,a,0.5"), "row 7: tuned: expected a number, got ''"),
        (("y,a,0.5,0.01,0.6", "y,a,0,5,0.01,0.6"), "row 7: 6 cells, but row 1 names 5 columns"),
        (("direct,direct_stderr", "direct,direct"), "row 1 names a column twice: direct"),
        (("x,c,", "x,,"), "row 4: model: expected a name"),
        (("x,d,", "x,c,"), "row 5: model 'c' on 'x' has an earlier row"),
        (("z,b,0.2,0.01,0.8\nz,c,0.3,0.01,0.7\n", ""), "'x' and 'z' have 1 model in common"),
        (("z,b,0.2,0.01,0.8\nz,c,0.3", "z,b,0.1,0.01,0.8\nz,c,0.1"), "score the same on 'z'"),
        ((SCORES[SCORES.index("y,b") :], ""), "need at least two benchmarks to compare, got x"),
    ],
)
def test_bad_rows_are_named_in_one_line(
    change: tuple[str, str], culprit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, SCORES.replace(*change))
    assert main([str(path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert culprit in error


def test_a_missing_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.csv")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_taus_of_many_benchmarks_are_those_of_each_pair() -> None:
    # Scores of few values, so that many tie; a third of the models is missing.
    rng = np.random.default_rng(0)
    scores = {
        f"b{k}": {f"m{i}": (float(rng.integers(4)),) for i in range(9) if rng.random() < 0.7}
        for k in range(12)
    }
    scores = {benchmark: own for benchmark, own in scores.items() if len(own) > 5}
    assert len(scores) > 6
    for pair in compare(scores, ["direct"]):
        first, second = (scores[benchmark] for benchmark in pair.benchmarks)
        both = [model for model in first if model in second]
        one_by_one = rank_agreement(*([own[m][0] for m in both] for own in (first, second)))
        assert pair.models == len(both)
        assert pair.taus[0] == pytest.approx(one_by_one, abs=1e-15)


def test_fifteen_hundred_benchmarks_are_compared_in_seconds(tmp_path: Path) -> None:
    # Each pair alone takes 0.2 ms, and the jackknife by masks [benchmarks, pairs] 1.7e9 cells.
    rng = np.random.default_rng(0)
    scores = {f"b{k}": {f"m{i}": (x,) for i, x in enumerate(rng.random(6))} for k in range(1500)}
    start = time.process_time()
    pairs = compare(scores, ["direct"])
    mean_with_interval(pairs, np.array([pair.taus[0] for pair in pairs]))
    assert len(pairs) == 1500 * 1499 / 2
    assert time.process_time() - start < 30
    with pytest.raises(ValueError, match="2,001 benchmarks; at most 2,000 are compared"):
        compare({str(k): {} for k in range(2001)}, ["direct"])
