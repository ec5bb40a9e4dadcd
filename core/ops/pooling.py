"""Pooling: each window of an image becomes one cell."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from ..jacobian import Array, Shape, Structure, check_size, counted, numbered, scalar, selection
from .op import Op, OptionError, Rule
from .windows import Windows, check_images, fit


class Chosen(Structure, frozen=True, gc=False, eq=False):
    """Of a maximum over windows: `chosen` has for each of them which cell of x, (…) in row-major order, it took."""

    chosen: Array
    shape: Shape
    product: ClassVar[str] = "Σ {g} ⊙ {d}"

    @property
    def words(self) -> str:
        most = int(self.shown.max())
        share = f"; where it is that of up to {most} windows, the sum of {most} contributions" if most > 1 else ""
        return f"the largest cell of each window gets all of its upstream, the others get 0{share}"

    def pull_back(self, upstream: Array) -> Array:
        downstream = np.zeros(math.prod(self.shape), upstream.dtype)
        np.add.at(downstream, self.chosen.ravel(), upstream.ravel())
        return downstream.reshape(self.shape)

    def matrix(self) -> Array:
        return selection(numbered(self.shape).ravel()[self.chosen], math.prod(self.shape))

    @property
    def shown(self) -> Array:
        """How many windows chose each cell."""
        counts = np.bincount(self.chosen.ravel(), minlength=math.prod(self.shape))
        return counts.reshape(self.shape).astype(float)


class Averaged(Structure, frozen=True, gc=False, eq=False):
    """Of a mean over windows: each gives an equal share of its upstream to each of its cells."""

    windows: Windows
    product: ClassVar[str] = "Σ {g} · {d}"

    @property
    def words(self) -> str:
        cells, overlap = math.prod(self.windows.size), self.windows.overlap
        share = f"; of up to {overlap} windows, the sum of {overlap} contributions" if overlap > 1 else ""
        return f"the mean of {counted(cells, 'cell')} of a window: each gets 1/{cells} of its upstream{share}"

    def pull_back(self, upstream: Array) -> Array:
        share = (upstream / math.prod(self.windows.size))[:, np.newaxis, np.newaxis]
        channels, rows, columns, examples = self.windows.shape
        return self.windows.scatter(np.broadcast_to(share, (channels, *self.windows.size, rows, columns, examples)))

    def matrix(self) -> Array:
        check_size(math.prod(self.windows.shape), math.prod(self.windows.image))
        down, across = (self.windows.offsets(axis) for axis in (0, 1))
        height, width = self.windows.size
        one_image = np.kron((across >= 0) & (across < width), (down >= 0) & (down < height))
        channels, examples = self.windows.image[0], self.windows.image[3]
        return np.kron(np.eye(examples), np.kron(one_image, np.eye(channels))) / (height * width)

    @property
    def shown(self) -> Array:
        return scalar(1.0 / math.prod(self.windows.size))


def max_pool(x: Shape, size: int = 2, stride: int = 0) -> Op:
    """The largest cell of each window of size × size; the windows are `stride` apart, 0 for side by side."""
    windows = _pool(x, size, stride)
    channel, row, column, example = np.ogrid[tuple(slice(n) for n in windows.shape)]

    def choose(y: Array, x: Array) -> Chosen:
        cells = windows.gather(x).reshape(x.shape[0], size * size, *windows.shape[1:])
        i, j = np.divmod(cells.argmax(axis=1), size)
        at = (channel, windows.stride * row + i, windows.stride * column + j, example)
        return Chosen(np.ravel_multi_index(at, x.shape), x.shape)

    return Op(
        name="max_pool",
        shape=windows.shape,
        value=lambda x: windows.gather(x).max(axis=(1, 2)),
        local=(choose,),
        formula=f"max_pool({{0}}, size={size}, stride={windows.stride})",
        derivatives=("[{0} is the largest of its window]",),
        order=(0,),
        note="of equal cells the first of the window, row by row, is taken as the largest",
        held=windows.cells,
    )


def mean_pool(x: Shape, size: int = 2, stride: int = 0) -> Op:
    """The mean of each window of size × size; the windows are `stride` apart, 0 for side by side."""
    windows = _pool(x, size, stride)
    derivative = Averaged(windows)
    return Op(
        name="mean_pool",
        shape=windows.shape,
        value=lambda x: windows.gather(x).mean(axis=(1, 2)),
        local=(lambda y, x: derivative,),
        formula=f"mean_pool({{0}}, size={size}, stride={windows.stride})",
        derivatives=(f"1/{size * size}",),
        order=(0,),
        held=windows.cells,
    )


def _pool(x: Shape, size: int, stride: int) -> Windows:
    check_images(x)
    if not 1 <= size <= min(x[1:3]):
        raise OptionError(f"size is from 1 to {min(x[1:3])}, so that a window fits into the images")
    if stride < 0:
        raise OptionError("stride is at least 1, or 0 for the size of the windows")
    return fit(x, (size, size), stride or size, 0)


RULES = (
    Rule("max_pool", 1, max_pool, {"size": 2, "stride": 0}),
    Rule("mean_pool", 1, mean_pool, {"size": 2, "stride": 0}),
)
