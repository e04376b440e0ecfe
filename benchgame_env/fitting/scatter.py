"""By how much checkpoints scatter more than their standard errors say, of models like each other.

One model's checkpoints tell little: of ten whose standard errors are right, every second model scatters
more than they say, by chance. So the variances of all models are moderated, as in Smyth (2004,
doi:10.2202/1544-6115.1027): they are taken to be inverse chi-square about a common one, whose size and
degrees of freedom make what was seen most probable.
"""

from __future__ import annotations

import numpy as np
import scipy

from benchgame_env.validate import Floats

# Looked at: the common variance, where standard errors are right or too small, and how many degrees of
# freedom it is worth: many where models are alike.
VARIANCES = np.geomspace(1, 64, 193)[:, None, None]
FREEDOMS = np.geomspace(1, 1e4, 41)[:, None]


def moderated(variance: Floats, spare: Floats) -> Floats:
    """The factors of standard errors, ``[k]``, at least 1.

    Parameters
    ----------
    variance : array of float
        Mean squared residual of each model, in standard errors, by ``spare``; ``[k]``.
    spare : array of float
        Checkpoints that each model has more than the law has parameters, >= 0, ``[k]``. A model without
        any has the factor that models have in common.
    """
    total = spare * variance
    prior = FREEDOMS * VARIANCES
    likely = (
        scipy.special.gammaln((FREEDOMS + spare) / 2)
        - scipy.special.gammaln(FREEDOMS / 2)
        + FREEDOMS / 2 * np.log(prior)
        - (FREEDOMS + spare) / 2 * np.log(prior + total)
    ).sum(axis=-1)
    common, freedom = np.unravel_index(likely.argmax(), likely.shape)
    dof = float(FREEDOMS[freedom, 0])
    found = (dof * float(VARIANCES[common, 0, 0]) + total) / (dof + spare)
    return np.asarray(np.sqrt(np.maximum(found, 1.0)))
