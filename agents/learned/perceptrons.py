"""Small networks of the same shape, one for each of k learners, that are led to targets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

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
        self.weights = np.stack(rows)
        ends = np.cumsum([a * b for a, b in shapes])[:-1]
        # Views of `weights`. The last row of a layer is its bias.
        parts = zip(np.split(self.weights, ends, axis=1), shapes, strict=True)
        self._layers = [part.reshape(len(seats), *shape) for part, shape in parts]

    def outputs(self, seen: Floats) -> Floats:
        """Outputs ``[k, rows, outputs]`` for inputs ``[k, rows, inputs]``."""
        return self._forward(seen)[1]

    def _forward(self, seen: Floats) -> tuple[list[Floats], Floats]:
        """What each layer sees, and the outputs."""
        inputs: list[Floats] = []
        values = seen
        for layer in self._layers:
            inputs.append(np.tanh(values) if inputs else values)
            values = inputs[-1] @ layer[:, :-1] + layer[:, -1:]
        return inputs, values

    def lead(self, seen: Floats, targets: Floats, weights: Floats) -> None:
        """Move the outputs towards ``targets``.

        Parameters
        ----------
        seen : array of float
            Inputs ``[k, rows, inputs]``.
        targets : array of float
            ``[k, rows, outputs]``.
        weights : array of float
            How much each row counts, ``[k, rows]``, adding up to at most 1.
        """
        for _ in range(STEPS):
            inputs, outputs = self._forward(seen)
            errors, reach = weights[..., None] * (targets - outputs), np.ones((len(seen), 1))
            moves = []
            for layer, given, share in zip(self._layers[::-1], inputs[::-1], SHARES[::-1], strict=True):
                # How far outputs move for a step along the gradient, at most; 1 is for the bias.
                most = (np.square(given).sum(axis=2).max(axis=1, keepdims=True) + 1) * reach
                step = (share / most)[..., None]
                moves.append(
                    (layer, step * (given.swapaxes(1, 2) @ errors), step * errors.sum(1)[:, None])
                )
                if len(moves) < len(inputs):
                    errors = (errors @ layer[:, :-1].swapaxes(1, 2)) * (1 - np.square(given))
                    reach = reach * (1 + np.square(layer[:, :-1]).sum(axis=(1, 2))[:, None])
            for layer, slopes, bias in moves:
                layer[:, :-1] += slopes
                layer[:, -1:] += bias
