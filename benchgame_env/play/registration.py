"""Every protocol in PettingZoo's registry, for ``pettingzoo.make`` (PettingZoo 1.27 and later)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pettingzoo

from benchgame_env.play.aec import env
from benchgame_env.play.env import VERSION, parallel_env
from benchgame_env.rules.registry import announce_to, parameter_names

DOORS = {"aec": env, "parallel": parallel_env}


def make(form: str, protocol: Any, **settings: Any) -> Any:
    """The environment in one of PettingZoo's forms, for ``pettingzoo.make``.

    Parameters
    ----------
    form : str
        ``aec`` or ``parallel``.
    protocol : protocol, str or pair
        The protocol, its name, or ``(name, parameters)``.
    **settings
        Those of `benchgame_env.parallel_env`, and the parameters of a protocol that is named.

    Returns
    -------
    AECEnv or ParallelEnv
        The environment.
    """
    if isinstance(protocol, str):
        parameters = {key: settings.pop(key) for key in parameter_names(protocol) if key in settings}
        protocol = (protocol, parameters)
    return DOORS[form](protocol=protocol, **settings)


def register(name: str) -> None:
    """Let ``pettingzoo.make(form, "benchgame/<protocol>-v1")`` find a protocol. The protocol itself is
    looked up when the environment is made."""
    for form in DOORS:
        known = pettingzoo.aec_registry if form == "aec" else pettingzoo.parallel_registry
        if (spec := f"benchgame/{name}-v{VERSION}") not in known:
            pettingzoo.register(form, spec, partial(make, form), kwargs={"protocol": name})


def register_protocols() -> None:
    """Register every protocol, those of installed packages and later ones included, where PettingZoo has
    a registry."""
    if hasattr(pettingzoo, "register"):
        announce_to(register)
