"""From what a user writes to the policy that is meant."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Any

from benchgame_env import extras
from benchgame_env.files import read_bytes
from benchgame_env.registry import Registry
from benchgame_env.trust import is_code_file
from benchgame_env.validate import shortened

LIMIT = 2**31  # bytes of a file


class _Policies(Registry[Any]):
    """Policies have no names of their own: each is in a module of its user."""

    kind, wanted = "policy", "a policy"
    installed = ()

    def accept(self, thing: Any) -> Any:
        return thing


POLICIES = _Policies()


def named_policy(policy: Any) -> tuple[str, Any, str]:
    """Find a policy.

    Parameters
    ----------
    policy : str, path or object
        As for `FromPolicy`.

    Returns
    -------
    name : str
        What errors call it.
    policy : object
        The policy.
    hash : str
        SHA-256 of its file; empty if it is in no file.

    Raises
    ------
    ValueError
        There is none, or it cannot be imported or loaded.
    """
    if policy is None:
        raise ValueError("policy: none is given; name it as policy=MODULE:NAME, or by its file")
    if not isinstance(policy, (str, os.PathLike)):
        return _name_of(policy), policy, ""
    words = os.fspath(policy)
    if is_code_file(words):
        return words, *_from_file(Path(words))
    if isinstance(words, str) and ":" in words:
        return words, _from_module(words), ""
    raise ValueError(f"policy: expected MODULE:NAME or a file (.zip, .pt, .pth), got {shortened(words)}")


def _name_of(policy: Any) -> str:
    return str(getattr(policy, "__qualname__", type(policy).__qualname__))


def _from_module(words: str) -> Any:
    """The object of this name; of a class, an object that it makes."""
    policy = POLICIES.find(words)
    if not isinstance(policy, type):
        return policy
    try:
        return policy()
    except Exception as error:
        raise ValueError(f"policy {words!r}: {type(error).__name__}: {error}") from error


def _from_file(path: Path) -> tuple[Any, str]:
    try:
        content = read_bytes(path, LIMIT)
        from benchgame_env.agents.outside.policy_files import load  # it needs torch

        return load(io.BytesIO(content)), hashlib.sha256(content).hexdigest()
    except Exception as error:  # damaged bytes can cause any error
        if isinstance(error, ImportError) and extras.told(error):
            raise
        what = " ".join(f"{error}".split())[:200] or type(error).__name__
        raise ValueError(f"policy file {path}: {what}") from error
