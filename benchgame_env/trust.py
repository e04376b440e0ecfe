"""What a file may name: the one gate between what is read and what is imported.

A name such as ``my_module:MyRule`` imports ``my_module`` and so runs its code. Typed on a command line or
written in a program, it is the user's own word. In a file it is the word of whoever made the file, and is
refused before anything is imported, unless the user trusts the file or has typed the same name. Names
that are registered, by this package or by an installed one, are no such names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from benchgame_env.validate import shortened

FLAG = "--trust"
HELP = "import the modules that files name as MODULE:NAME; only for files of your own or of people you trust"


def refuse_code(content: Any, field: str = "", trust: bool = False, typed: Collection[str] = ()) -> None:
    """Refuse names in ``content`` that import a module.

    Parameters
    ----------
    content : object
        What a file holds: texts, numbers, lists and dicts. Every text in it, keys included, is looked at
        wherever it stands, because parameters may hold the names of further rules.
    field : str
        What error messages call it.
    trust : bool
        Whether the user trusts the file: then nothing is refused.
    typed : collection of str
        Names that the user typed in the same command.

    Raises
    ------
    ValueError
        The message names the field, the module and the flag.
    """
    if trust:
        return
    for where, text in _texts(content, field):
        for part in text.replace("+", ",").split(","):
            module, colon, _ = part.partition(":")
            if colon and text not in typed and part not in typed:
                raise ValueError(
                    f"{where}: {shortened(part)} would import the module {shortened(module.strip())}, "
                    f"which can run any code; if you trust whoever made this file, add {FLAG} "
                    "(in Python: trust=True)"
                )


def own_file(folder: Path, name: str, field: str) -> Path:
    """The file called ``name`` in ``folder`` itself, where what is read from there may lead.

    Raises
    ------
    ValueError
        It is elsewhere, or a link, or not there; the message names the field.
    """
    path = folder / Path(name).name
    if path.is_symlink() or not path.exists():
        raise ValueError(
            f"{field}: {shortened(name)} is taken from the folder {folder} alone, and is not there; "
            f"if you trust whoever made this file, add {FLAG} to read it where it is"
        )
    return path


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
