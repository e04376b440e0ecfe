"""The one list of designers: registered ones, those of installed packages, and ``MODULE:NAME``."""

from __future__ import annotations

import inspect
from typing import Any

from benchgame_env.agents.designers.base import Designer
from benchgame_env.agents.designers.fixed import Fixed
from benchgame_env.agents.designers.local_search import LocalSearch
from benchgame_env.agents.designers.policy_gradient import PolicyGradient
from benchgame_env.agents.designers.ucb import UCB
from benchgame_env.agents.designers.uniform import Uniform
from benchgame_env.registry import Registry


class _Designers(Registry[type[Designer]]):
    kind, wanted = "designer", "a whole class that derives from Designer"

    def accept(self, thing: Any) -> type[Designer] | None:
        is_class = isinstance(thing, type) and issubclass(thing, Designer)
        return thing if is_class and not inspect.isabstract(thing) else None


DESIGNERS = _Designers(
    {
        "fixed": Fixed,
        "uniform": Uniform,
        "local-search": LocalSearch,
        "ucb": UCB,
        "policy-gradient": PolicyGradient,
    }
)


def make_designer(name: str, settings: int, **parameters: Any) -> Designer:
    """The designer called ``name`` for so many settings.

    Raises
    ------
    ValueError
        An unknown name (the known ones are listed), or unsuitable parameters.
    """
    cls = DESIGNERS.find(name)
    takes = [key for key in inspect.signature(cls).parameters if key != "settings"]
    if set(parameters) - set(takes):
        raise ValueError(
            f"designer {name!r} takes {', '.join(takes) or 'no parameters'}; got {parameters}"
        )
    return cls(settings, **parameters)
