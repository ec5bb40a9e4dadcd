"""Whether what a log says is what is derived: bit for bit, or within a number of units in the last place."""

from __future__ import annotations

import msgspec
import numpy as np

from ..jacobian import Array
from . import cells
from .cells import Digest
from .records import Written

ULPS = 1024.0
"""Units in the last place of the largest cell by which another processor or NumPy may differ within an iteration."""


def fits(written: Written, derived: Array, *, exactly: bool, scale: Array | None = None) -> bool:
    """Whether the cells, or the digest, of a log are those of an array; ValueError where they are neither.

    Numbers of the size of `scale` went into it: where they cancel, their rounding stays.
    """
    scale = derived if scale is None else scale
    if derived.size <= cells.MOST_CELLS:
        recorded = cells.read(written, derived.shape, derived.dtype.name)
        return cells.same_bits(recorded, derived) if exactly else near(recorded, derived, scale)
    said = digest_of(written)
    if exactly:
        return (said.shape, said.sha256) == (derived.shape, cells.sha256(derived))
    found = cells.digest(derived)
    if (said.shape, said.not_finite) != (found.shape, found.not_finite):
        return False
    return near(_numbers(said), _numbers(found), scale)


def digest_of(written: Written) -> Digest:
    """The digest that stands for a large array; ValueError where it is none."""
    try:
        return msgspec.convert(written, Digest)
    except msgspec.ValidationError as error:
        raise ValueError(f"no digest: {error}") from None


def _numbers(digest: Digest) -> Array:
    """All numbers of a digest but the norm, which is of another size."""
    ends = [*digest.first, *digest.last]
    extremes = [np.nan if x is None else x for x in (digest.minimum, digest.maximum)]
    return cells.read([*extremes, *ends], (len(ends) + 2, 1), "float64")


def near(recorded: Array, derived: Array, scale: Array) -> bool:
    """Whether two arrays differ by no more than ULPS of the largest finite cell of the scale; NaN is NaN here."""
    if recorded.shape != derived.shape:
        return False
    finite = np.abs(scale[np.isfinite(scale)]) if scale.ndim else np.abs(scale)
    largest = float(np.max(finite, initial=0.0, where=np.isfinite(finite)))
    slack = ULPS * float(np.finfo(scale.dtype).eps) * largest
    with np.errstate(all="ignore"):
        close = np.abs(recorded - derived) <= slack
    return bool(np.all(close | (recorded == derived) | (np.isnan(recorded) & np.isnan(derived))))
