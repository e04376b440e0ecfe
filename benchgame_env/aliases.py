"""In a checkout, ``agents`` and ``training`` are other names of packages inside `benchgame_env`.

The two folders stand beside it, and it has links to them. Imported by both names, one file would be two
modules, with two registries and two names in a pickle. So ``import agents.registry`` gives the module
`benchgame_env.agents.registry`. Nothing is installed under the short names, and packages of others that
have them are left alone.
"""

from __future__ import annotations

import sys
from importlib import import_module, util
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any

PACKAGES = ("agents", "training")
OWNER = __name__.partition(".")[0]


class _Alias(InspectLoader):
    """Loads a module under its canonical name, and gives that module."""

    def __init__(self, canonical: ModuleSpec) -> None:
        self.canonical = canonical

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return import_module(self.canonical.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.canonical  # the import of the alias has put its own here

    # What `python -m` asks for.
    def get_code(self, fullname: str) -> CodeType | None:
        return self._loader.get_code(self.canonical.name)

    def get_source(self, fullname: str) -> str | None:
        return self._loader.get_source(self.canonical.name)

    def get_filename(self, fullname: str) -> str:
        return self._loader.get_filename(self.canonical.name)

    def is_package(self, fullname: str) -> bool:
        return self.canonical.submodule_search_locations is not None

    @property
    def _loader(self) -> Any:
        return self.canonical.loader


class _Finder(MetaPathFinder):
    """Finds ``agents.X`` and ``training.X`` where these packages are aliases already."""

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top not in PACKAGES or sys.modules.get(top) is not sys.modules.get(f"{OWNER}.{top}"):
            return None
        canonical = util.find_spec(f"{OWNER}.{fullname}")
        if canonical is None:
            return None
        return util.spec_from_loader(fullname, _Alias(canonical), origin=canonical.origin)


def one_module(name: str) -> None:
    """What `agents` and `training` call first, with their ``__name__``: under that of the checkout they
    hand over to the canonical package."""
    if name in PACKAGES:
        sys.modules[name] = import_module(f"{OWNER}.{name}")
        if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
            sys.meta_path.insert(0, _Finder())
