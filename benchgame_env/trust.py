"""What a file may name: the one gate between what is read and what is imported.

A name such as ``my_module:MyRule`` imports ``my_module`` and so runs its code. Typed on a command line
or written in a program, it is the user's own word. In a file it is the word of whoever made the file,
and is refused before anything is imported, unless the user trusts the file or has typed the same name.
Names that are registered, by this package or by an installed one, are no such names.

A file of a policy (`CODE_FILES`) can run code when it is loaded, and looks like data. Therefore it needs
the user's trust even where its name is typed.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from benchgame_env.files import PathLike
from benchgame_env.validate import shortened

FLAG = "--trust"
HELP = "import modules and load policies that files name; for files of people whom you trust"
CODE_FILES = (".zip", ".pt", ".pth")  # whose loading can run any code


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--trust``."""
    parser.add_argument(FLAG, action="store_true", help=HELP)


def refuse_code(
    source: PathLike, content: Any, trust: bool = False, typed: Collection[str] = ()
) -> None:
    """Refuse names in ``content`` that import a module.

    Parameters
    ----------
    source : str or path
        The file.
    content : object
        What it holds: texts, numbers, lists and dicts. Every text in it, keys included, is looked at
        wherever it stands, because parameters may hold the names of further rules.
    trust : bool
        Whether the user trusts the file: then nothing is refused.
    typed : collection of str
        Names that the user typed in the same command.

    Raises
    ------
    ValueError
        The message names the file, the field, the module and the flag.
    """
    if trust:
        return
    for field, text in _texts(content, ""):
        if is_code_file(text) and text not in typed:
            raise ValueError(
                f"{source}: {field}: loading {shortened(text)} can run any code; if you trust whoever "
                f"made it, add {FLAG} (in Python: trust=True)"
            )
        for part in text.replace("+", ",").split(","):
            module, colon, _ = part.partition(":")
            if colon and text not in typed and part not in typed:
                raise ValueError(
                    f"{source}: {field}: {shortened(part)} would import the module "
                    f"{shortened(module.strip())}, which can run any code; if you trust whoever made "
                    f"this file, add {FLAG} (in Python: trust=True)"
                )


def names_code(content: Any) -> bool:
    """Whether something in ``content`` is refused without the user's trust."""
    try:
        refuse_code("", content)
    except ValueError:
        return True
    return False


def is_code_file(name: Any) -> bool:
    """Whether this is the name of a file whose loading can run any code."""
    return str(name).lower().endswith(CODE_FILES)


def own_file(source: PathLike, name: str, trust: bool = False) -> str:
    """The path of a file that ``source`` calls ``name``. It lies in the folder of ``source``, or
    anywhere if the user trusts ``source``.

    Raises
    ------
    ValueError
        It is not there, or is a link to elsewhere; the message names ``source`` and the flag.
    """
    folder = Path(source).parent
    for path in (folder / name, folder / Path(name).name):
        inside = path.resolve().is_relative_to(folder.resolve())
        if inside and path.is_file():
            return str(path)
    if trust:
        return name
    raise ValueError(
        f"{source}: {shortened(name)} is no file in {folder}, and files elsewhere are not read; if you "
        f"trust whoever made this file, add {FLAG} (in Python: trust=True)"
    )


def names_in(content: Any) -> set[str]:
    """Every text in ``content``, such as the settings that a user typed."""
    return {text for _, text in _texts(content, "")}


def _texts(content: Any, field: str) -> Iterator[tuple[str, str]]:
    """Every text in ``content``, with the name of its place."""
    if isinstance(content, str):
        yield field, content
    elif isinstance(content, dict):
        for key, part in content.items():
            yield from _texts(str(key), field)
            yield from _texts(part, f"{field}.{key}" if field else str(key))
    elif isinstance(content, (list, tuple)):
        for k, part in enumerate(content):
            yield from _texts(part, f"{field}[{k}]")
