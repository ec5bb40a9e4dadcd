"""Whether a multiplication loses nothing: whether its product tells every cell of the upstream."""

from __future__ import annotations

import numpy as np

from ..jacobian import Diagonal, Identity, LocalDerivative, Repeat
from ..ops.arrange import Reshaped, Transposed
from ..ops.linear import Linear, Outer


def is_injective(local: LocalDerivative) -> bool:
    """Whether no two upstreams have the same downstream; False also where that is not simple to see."""
    match local:
        case Identity() | Transposed() | Reshaped():
            return True
        case Diagonal():
            return bool(np.all(np.asarray(local.diagonal) != 0.0))
        case Repeat():
            return local.repeats == 1
        case Linear(W=W):
            return bool(np.linalg.matrix_rank(W) == W.shape[0])
        case Outer(a=a):
            return bool(np.linalg.matrix_rank(a) == a.shape[1])
    return False
