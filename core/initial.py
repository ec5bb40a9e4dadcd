"""Random numbers by rule and seed: initial values, dropout masks, the order of the examples.

Every draw is a function of (seed, iteration, name) alone, so that any iteration can be derived again by itself.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from .jacobian import Array, Shape, scalar


def fans(shape: Shape) -> tuple[int, int]:
    """Inputs and outputs of one unit: of W (outputs, inputs), or of kernels (out, in, height, width)."""
    outputs, *inputs = shape or (1,)
    return math.prod(inputs), outputs * math.prod(inputs[1:])


def _xavier(shape: Shape, seed: int, name: str) -> Array:
    """Uniform within ±√(6/(fan_in + fan_out)): Glorot and Bengio 2010, equation 16."""
    return _uniform(shape, seed, name) * math.sqrt(6 / sum(fans(shape)))


def _he(shape: Shape, seed: int, name: str) -> Array:
    """Normal with standard deviation √(2/fan_in): He, Zhang, Ren and Sun 2015, equation 10."""
    return _normal(shape, seed, name) * math.sqrt(2 / fans(shape)[0])


def _normal(shape: Shape, seed: int, name: str) -> Array:
    return np.asarray(_generator(seed, 0, f"initial {name}").standard_normal(shape))


def _uniform(shape: Shape, seed: int, name: str) -> Array:
    return np.asarray(_generator(seed, 0, f"initial {name}").uniform(-1.0, 1.0, shape))


RULES: Mapping[str, Callable[[Shape, int, str], Array]] = {
    "zeros": lambda shape, seed, name: np.zeros(shape),
    "ones": lambda shape, seed, name: np.ones(shape),
    "normal": _normal,
    "uniform": _uniform,
    "xavier": _xavier,
    "he": _he,
}
"""How the initial values are drawn, before they are multiplied by the scale."""


def initial(rule: str, shape: Shape, seed: int, name: str, *, scale: float = 1.0) -> Array:
    """The initial value of a parameter, in float64; the scale is the standard deviation, the bound, or the gain.

    KeyError where there is no such rule, ValueError for a negative seed.
    """
    return scalar(RULES[rule](shape, seed, name) * scale)


def draw_mask(shape: Shape, p: float, seed: int, iteration: int, name: str) -> Array:
    """The factors of inverted dropout, in float64: 0 with probability p, else 1/(1 − p); for 0 ≤ p < 1.

    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014, section 10: the expected value is 1.
    """
    kept = _generator(seed, iteration, f"mask {name}").random(shape) >= p
    return scalar(kept / (1 - p))


@lru_cache(maxsize=2)  # each batch of an epoch asks for it
def permutation(n: int, seed: int, epoch: int) -> Array:
    """The order in which an epoch goes through n examples, (n,) of intp."""
    return _generator(seed, epoch, "examples").permutation(n).astype(np.intp, copy=False)


def _generator(seed: int, iteration: int, name: str) -> np.random.Generator:
    # np.random is imported by its first use, which takes as long as the rest of NumPy.
    entropy = [seed, iteration, zlib.crc32(name.encode("utf-8", "surrogatepass"))]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
