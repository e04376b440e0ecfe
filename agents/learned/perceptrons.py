"""Small networks of the same shape, one for each of k learners, that are led to targets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchgame_env.agents.base import Seat
from benchgame_env.validate import Floats

SHARES = (0.25, 0.25, 0.5)  # of what a step may change, by layer
STEPS = 2  # towards the same targets


class Perceptrons:
    """k networks with two hidden tanh layers; all arrays have k on the first axis.

    At first all outputs are 0. A step towards targets is a step of gradient descent on squared errors,
    divided in each layer by a bound on how much that layer can move the outputs. So no step goes too
    far, whatever the weights, and there is no learning rate. Where all samples see the same, each of the
    `STEPS` steps at least halves the distance to the targets. In NumPy, because on one row the calls of
    PyTorch take most of the time.

    Parameters
    ----------
    seats : sequence of Seat
        The seats that the networks play; the weights come from their seeds.
    stream : int
        Tells the networks of a seat apart.
    sizes : sequence of int
        Numbers of inputs, of units in the two hidden layers, and of outputs.
    """

    def __init__(self, seats: Sequence[Seat], stream: int, sizes: tuple[int, int, int, int]) -> None:
        shapes = [(fan_in + 1, out) for fan_in, out in pairwise(sizes)]
        rows = []
        for seat in seats:
            rng = np.random.default_rng([seat.own_seed(), stream])
            hidden = [rng.normal(0.0, shape[0] ** -0.5, shape).ravel() for shape in shapes[:-1]]
            rows.append(np.concatenate([*hidden, np.zeros(shapes[-1]).ravel()]))
        self.weights = np.stack(rows).astype(np.float32)
        ends = np.cumsum([a * b for a, b in shapes])[:-1]
        # Views of `weights`. The last row of a layer is its bias.
        parts = zip(np.split(self.weights, ends, axis=1), shapes, strict=True)
        self._layers = [part.reshape(len(seats), *shape) for part, shape in parts]

    def outputs(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        """Outputs ``[k, rows, outputs]`` for inputs ``[k, rows, inputs]``."""
        return self._forward(seen)[1]

    def _forward(self, seen: NDArray[np.float32]) -> tuple[list[NDArray[np.float32]], Any]:
        """What each layer sees, with a 1 for its bias at the end, and the outputs."""
        inputs: list[NDArray[np.float32]] = []
        values = seen
        for layer in self._layers:
            given = np.ones((*values.shape[:2], layer.shape[1]), np.float32)
            given[..., :-1] = np.tanh(values) if inputs else values
            inputs.append(given)
            values = given @ layer
        return inputs, values

    def lead(self, seen: NDArray[np.float32], targets: Floats, weights: Floats) -> None:
        """Move the outputs towards ``targets``.

        Parameters
        ----------
        seen : array of float32
            Inputs ``[k, rows, inputs]``.
        targets : array of float
            ``[k, rows, outputs]``.
        weights : array of float
            How much each row counts, ``[k, rows]``, adding up to at most 1.
        """
        goal, counts = targets.astype(np.float32), weights.astype(np.float32)[..., None]
        for _ in range(STEPS):
            inputs, outputs = self._forward(seen)
            errors, reach = counts * (goal - outputs), np.ones(len(seen), np.float32)
            for layer, given, share in zip(self._layers[::-1], inputs[::-1], SHARES[::-1], strict=True):
                # How far outputs move for a step along the gradient, at most.
                most = np.einsum("kri,kri->kr", given, given).max(axis=1) * reach
                moves = errors * (share / most)[:, None, None]
                if layer is not self._layers[0]:
                    units, own = given[..., :-1], layer[:, :-1]
                    errors = (errors @ own.swapaxes(1, 2)) * (1 - np.square(units))
                    reach = reach * (1 + np.einsum("kio,kio->k", own, own))
                layer += _products(given, moves)


def _products(inputs: NDArray[np.float32], moves: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums over rows of the products of ``[k, rows, in]`` and ``[k, rows, out]``, ``[k, in, out]``."""
    if inputs.shape[1] == 1:  # a product of two vectors takes longer as one of matrices
        return inputs.swapaxes(1, 2) * moves
    return inputs.swapaxes(1, 2) @ moves
