"""What a plain installation lacks, and the command that brings it."""

from __future__ import annotations

from importlib.util import find_spec

LIBRARIES = {
    "train": ("torch", "stable_baselines3", "tensorboard"),
    "plot": ("matplotlib",),
    "cluster": ("ray",),
    "torchrl": ("torchrl",),
    "benchmarl": ("benchmarl",),
    "speed": ("supersuit", "mpe2", "pygambit"),
}


def need(library: str) -> None:
    """Raise ModuleNotFoundError unless the library is installed, without the time to import it."""
    if find_spec(library) is None:
        raise ModuleNotFoundError(f"No module named {library!r}", name=library)


def told(error: ImportError) -> str:
    """The sentence about a library that is not installed; empty if it is none of these."""
    library = (error.name or "").partition(".")[0]
    for extra, libraries in LIBRARIES.items():
        if library in libraries:
            return f"{library} is not installed: {command(extra)}"
    return ""


def command(extra: str) -> str:
    """The command that brings an extra."""
    return f"pip install 'benchgame-env[{extra}]'"
