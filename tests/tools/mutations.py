"""Changes that the fuzz makes to files and words."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Change = Callable[[bytes, str, random.Random, Path], bytes]

DEEP = "[" * 100_000
VALUES: list[Any] = [
    None, True, [], {}, "", "x", "evil:X", "../outside", "\x00", "a\x1b[2J", "$x^2_$", "é\u202e", "nan",
    -1, 0, 1, 2.5, 10**9, 10**30, 10**400, 1e99, -1e99, 1e308, -1e308, 1e-320, 1e-99, float("nan"),
    float("inf"), [[]], [1], [None, None], {"a": 1}, "a." * 2000, "duel", "direct",
]  # fmt: skip
WORDS = [
    "", "x", "-1", "0", "1", "0.5", "nan", "inf", "-inf", "1e99", "-1e99", "1e308", "-1e308", "1e-320",
    "1e-99", "1e400", "9" * 30, "9" * 5000, "1000000000", "true", "evil", "../outside/kept.txt",
    "outside", "a\x1b[2J", "é\u202e", "$x$", "--", "-", "duel", "missing.json", "game.json",
    "points.csv", "suite.toml", "/dev/null", "a,b", ",", "=", "a=b", ".", "[" * 5000,
]  # fmt: skip


def bytes_changed(content: bytes, suffix: str, rng: random.Random, world: Path) -> bytes:
    """A few bytes flipped, left out or doubled."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 3, 30))):
        if changed:
            k = rng.randrange(len(changed))
            way = rng.randrange(3)
            if way == 0:
                changed[k] ^= 1 << rng.randrange(8)
            elif way == 1:
                del changed[k : k + rng.choice((1, 10, 100))]
            else:
                changed[k:k] = changed[k : k + rng.choice((1, 10, 100))]
    return bytes(changed)


def cut(content: bytes, suffix: str, rng: random.Random, world: Path) -> bytes:
    """The beginning of the file."""
    return content[: rng.randrange(len(content) + 1)]


def replaced(content: bytes, suffix: str, rng: random.Random, world: Path) -> bytes:
    """Something else in the place of the file: nothing, another file, another encoding, a depth."""
    others = sorted(path for path in world.rglob("*") if path.is_file())
    return rng.choice([
        b"", b"\n", b"\0" * 100, b"{}", b"[]", b"null", b"0", DEEP.encode(), b'{"a":' * 50_000,
        b"\xff\xfe" + content, b"\xef\xbb\xbf" + content, content * 2, content.replace(b"\n", b"\r\n"),
        rng.choice(others).read_bytes(),
    ])  # fmt: skip


def value_changed(content: bytes, suffix: str, rng: random.Random, world: Path) -> bytes:
    """One value of a JSON or TOML file or one cell of a table; bytes of another file."""
    try:
        text = content.decode()
        if suffix == ".json":
            return _json_changed(json.loads(text), rng).encode("utf-8", "surrogatepass")
        if suffix == ".csv":
            return _csv_changed(text, rng).encode()
        if suffix == ".toml":
            return _toml_changed(text, rng).encode()
    except (ValueError, IndexError, RecursionError, csv.Error):  # changed before
        pass
    if suffix == ".pt":
        return _checkpoint_changed(content, rng)
    return bytes_changed(content, suffix, rng, world)


CHANGES: list[Change] = [
    value_changed,
    value_changed,
    value_changed,
    value_changed,
    bytes_changed,
    cut,
    replaced,
]


def _json_changed(content: Any, rng: random.Random) -> str:
    places = _places(content)
    if not places:
        return json.dumps(rng.choice(VALUES))
    parent, key = rng.choice(places)
    _change_at(parent, key, rng)
    if rng.random() < 0.03:  # a depth that json.dumps cannot write
        return json.dumps(content).replace(
            json.dumps(parent[key]) if key in _keys(parent) else "0", DEEP, 1
        )
    return json.dumps(content)


def _keys(parent: Any) -> list[Any]:
    return list(parent) if isinstance(parent, dict) else list(range(len(parent)))


def _places(content: Any) -> list[tuple[Any, Any]]:
    """All containers with their keys; of long lists a few."""
    found = []
    if isinstance(content, (dict, list)):
        for key in _keys(content)[:8]:
            found.append((content, key))
            found += _places(content[key])
    return found


def _change_at(parent: Any, key: Any, rng: random.Random) -> None:
    way = rng.random()
    if way < 0.7:
        parent[key] = rng.choice(VALUES)
    elif way < 0.85:
        del parent[key]
    elif isinstance(parent, dict):
        parent[rng.choice(("extra", "schema", "", "\x1b"))] = parent[key]
    else:
        parent.insert(key, parent[key])


def _csv_changed(text: str, rng: random.Random) -> str:
    rows = list(csv.reader(io.StringIO(text)))
    row = rng.choice(rows[: max(1, min(len(rows), 12))])
    k, way = rng.randrange(len(row)), rng.random()
    if way < 0.6:
        row[k] = str(rng.choice(VALUES))
    elif way < 0.7:
        del row[k]
    elif way < 0.8:
        row.insert(k, row[k])
    elif way < 0.9:
        del rows[rng.randrange(len(rows)) :]
    else:
        rows.insert(0, row)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _toml_changed(text: str, rng: random.Random) -> str:
    """One word, number or name of the file is another."""
    words = list(re.finditer(r'"[^"]*"|[\w.-]+', text))
    word = rng.choice(words)
    new = rng.choice(VALUES)
    put = DEEP if rng.random() < 0.03 else json.dumps(new) if not isinstance(new, dict) else "{ a = 1 }"
    return (
        text[: word.start()] + put.replace("NaN", "nan").replace("Infinity", "inf") + text[word.end() :]
    )


def _checkpoint_changed(content: bytes, rng: random.Random) -> bytes:
    import torch

    try:
        saved = torch.load(io.BytesIO(content), weights_only=True)
    except Exception:  # changed before
        return content[: len(content) // 2]
    places = _places(saved)
    if places:
        parent, key = rng.choice(places)
        tensor = parent[key]
        if isinstance(tensor, torch.Tensor) and rng.random() < 0.7:
            parent[key] = rng.choice([
                tensor * float("nan"), tensor[:0] if tensor.ndim else tensor[None], tensor[None],
                tensor.to(torch.complex64), tensor.to(torch.float16), tensor.flatten(),
                torch.zeros(1).expand(10**9), tensor.to(torch.float64) * 1e300,
            ])  # fmt: skip
        elif isinstance(parent, (dict, list)):
            _change_at(parent, key, rng)
    out = io.BytesIO()
    torch.save(saved, out)
    return out.getvalue()
