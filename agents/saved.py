"""What players saved, held against what they are: names, shapes and kinds of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

ONE_NUMBER: tuple[int, ...] = ()


def check_names(what: str, saved: Any, expected: Iterable[str]) -> None:
    """Raise ValueError unless ``saved`` has exactly the names ``expected``."""
    names = sorted(expected)
    if not isinstance(saved, Mapping) or sorted(map(str, saved)) != names:
        raise ValueError(f"{what}: expected {', '.join(names) or 'nothing'}")


def saved_array(
    saved: Mapping[str, Any], name: str, like: NDArray[Any], grows: int | None = None
) -> NDArray[Any]:
    """A copy of an array that was saved.

    Parameters
    ----------
    saved : mapping
        What a player saved.
    name : str
        Name of the array.
    like : array
        An array of the shape and the kind of numbers that it has to have.
    grows : int, optional
        The axis along which it may be of another length.

    Returns
    -------
    array
        The copy.

    Raises
    ------
    ValueError
        It has another shape or another kind of numbers.
    """
    array = np.asarray(saved[name])
    shapes = [list(array.shape), list(np.shape(like))]
    if grows is not None and array.ndim == np.ndim(like):
        for shape in shapes:
            del shape[grows]
    if shapes[0] != shapes[1] or array.dtype.kind != np.asarray(like).dtype.kind:
        raise ValueError(
            f"{name}: expected {np.shape(like)} numbers of kind {np.asarray(like).dtype}, got "
            f"{array.shape} of {array.dtype}"
        )
    return array.copy()


def saved_count(saved: Mapping[str, Any], name: str) -> int:
    """A whole number >= 0 that was saved; ValueError if it is something else."""
    value = saved[name]
    if type(value) is not int or value < 0:
        raise ValueError(f"{name}: expected a whole number >= 0")
    return value


def load_optimizer(optimizer: Any, saved: Any, shaped: Callable[[Any], Any] | None = None) -> None:
    """Give an optimizer of PyTorch the state that was saved, with its tables as ``shaped`` makes them;
    ValueError if it is that of another one."""
    check_names("optimizer", saved, ("state", "param_groups"))
    before = [
        {k: type(v) for k, v in group.items() if k != "params"} for group in optimizer.param_groups
    ]
    optimizer.load_state_dict(saved)
    if shaped:
        for state in optimizer.state.values():
            tables = {name: one for name, one in state.items() if getattr(one, "ndim", 0) == 2}
            state.update({name: shaped(one) for name, one in tables.items()})
    check_optimizer(optimizer)
    after = [{k: type(v) for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
    if before != after:
        raise ValueError("optimizer.param_groups: of another optimizer")


def check_optimizer(optimizer: Any) -> None:
    """Raise ValueError unless every number that an optimizer keeps has the shape of its parameter, or is
    a single number."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            for name, value in optimizer.state.get(parameter, {}).items():
                if getattr(value, "shape", ONE_NUMBER) not in (ONE_NUMBER, parameter.shape):
                    raise ValueError(f"optimizer.{name}: of another shape than its parameter")
