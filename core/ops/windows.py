"""Windows that move over images (channels, height, width, N): what convolution and pooling look through.

Only the height and the width are covered by windows; every channel and every example has the same ones.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from ..jacobian import Array, Shape
from .op import OptionError, ShapeError


class Windows(msgspec.Struct, frozen=True, gc=False, eq=False):
    """Where windows of `size` (height, width) lie on images of this shape, with `padding` cells of 0 on each side."""

    image: Shape
    size: Shape
    stride: int
    padding: int = 0

    @property
    def positions(self) -> Shape:
        """How many windows there are, down and across."""
        edges = zip(self.image[1:3], self.size, strict=True)
        return tuple((n + 2 * self.padding - k) // self.stride + 1 for n, k in edges)

    @property
    def shape(self) -> Shape:
        """(channels, rows, columns, N): a cell for each window of each channel and example."""
        return self.image[0], *self.positions, self.image[3]

    @property
    def cells(self) -> int:
        """How many cells all windows together have."""
        return math.prod(self.size) * math.prod(self.shape)

    @property
    def overlap(self) -> int:
        """In how many windows a cell of one image is at the most."""
        return math.prod(min(-(-k // self.stride), n) for k, n in zip(self.size, self.positions, strict=True))

    def gather(self, x: Array) -> Array:
        """What x holds in every window, without a copy: (channels, height, width, rows, columns, N)."""
        p = self.padding
        if p:
            x = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(x, self.size, axis=(1, 2))
        strided: Array = windows[:, :: self.stride, :: self.stride].transpose(0, 4, 5, 1, 2, 3)
        return strided

    def scatter(self, cells: Array) -> Array:
        """The transpose of `gather`: every cell of a window is added where it came from."""
        channels, height, width, examples = self.image
        p, s = self.padding, self.stride
        rows, columns = self.positions
        x = np.zeros((channels, height + 2 * p, width + 2 * p, examples), cells.dtype)
        for i, j in np.ndindex(*self.size):
            x[:, i : i + s * rows : s, j : j + s * columns : s] += cells[:, i, j]
        return x[:, p : p + height, p : p + width]

    def offsets(self, axis: int) -> Array:
        """(positions, cells of the image): which cell of the window at a position the cell of the image is.

        Below 0, or not below the size, where it lies outside of that window.
        """
        first = self.stride * np.arange(self.positions[axis]) - self.padding
        offsets: Array = np.arange(self.image[1 + axis]) - first[:, np.newaxis]
        return offsets


def check_images(x: Shape) -> None:
    """ShapeError where these are not images."""
    if len(x) != 4:
        raise ShapeError("images have 4 axes: (channels, height, width, examples)")


def fit(x: Shape, size: Shape, stride: int, padding: int) -> Windows:
    """The windows at these options; ShapeError or OptionError where there would be none."""
    height, width = (n + 2 * padding for n in x[1:3])
    if size[0] > height or size[1] > width:
        raise ShapeError(
            f"kernels of {size[0]}×{size[1]} do not fit into images of {height}×{width}, padding included; "
            "take smaller kernels or a larger padding"
        )
    if not 1 <= stride <= max(height, width):
        raise OptionError(f"stride is from 1 to {max(height, width)}, the size of the images")
    return Windows(x, size, stride, padding)
