"""All networks, with fixed numbers; the sizes of one differ from each other where nothing makes them equal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from .chains import perceptron, scalars, square
from .classes import apart, binary, fused
from .images import images
from .parts import attention, gated, normalised
from .penalty import penalised
from .shared import recurrent, residual, tied
from .step import Network, Numbers

_MADE: tuple[tuple[Callable[..., Network], tuple[int, ...]], ...] = (
    (scalars, ()),
    (perceptron, (3, 4, 2, 5)),
    (square, (4, 5)),
    (tied, (4, 5)),
    (residual, (4, 3, 5)),
    (recurrent, (2, 4, 3, 5)),
    (apart, (4, 2, 3, 5)),
    (fused, (3, 6, 4, 5)),
    (binary, (4, 3, 2, 5)),
    (partial(images, pool="mean"), (2, 3, 4, 5)),
    (partial(images, pool="max"), (2, 3, 4, 5)),
    (normalised, (3, 6, 4, 5)),
    (penalised, (4, 3, 2, 5)),
    (gated, (3, 4, 2, 5)),
    (attention, (3, 4, 2, 5)),
)

NETWORKS: tuple[Network, ...] = tuple(
    make(Numbers(np.random.default_rng(seed)), *sizes) for seed, (make, sizes) in enumerate(_MADE, start=1)
)
