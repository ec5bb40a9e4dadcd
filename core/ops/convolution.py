"""Convolution of images with kernels that are the same everywhere."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from ..jacobian import Array, Shape, Structure, check_size, counted
from .op import Op, OptionError, Rule, ShapeError
from .windows import Windows, check_images, fit


class Convolved(Structure, frozen=True, gc=False, eq=False):
    """Of x ⋆ W with respect to the images x: each window gives its upstream back through the kernels."""

    W: Array
    windows: Windows
    product: ClassVar[str] = "{g} ∗ {d}"

    @property
    def words(self) -> str:
        kernels, overlap = len(self.W), self.windows.overlap
        return (
            f"a convolution with the kernels turned around: each cell is seen by {counted(kernels, 'kernel')} in up to "
            f"{counted(overlap, 'window')}, the sum of up to {counted(kernels * overlap, 'contribution')}"
        )

    def pull_back(self, upstream: Array) -> Array:
        kernels = len(self.W)
        columns = self.W.reshape(kernels, -1).T @ upstream.reshape(kernels, -1)
        channels, rows, across, examples = self.windows.shape
        return self.windows.scatter(columns.reshape(channels, *self.windows.size, rows, across, examples))

    def matrix(self) -> Array:
        examples = self.windows.image[3]
        rows = len(self.W) * math.prod(self.windows.positions)
        columns = math.prod(self.windows.image[:3])
        check_size(rows * examples, columns * examples)
        i = self.windows.offsets(0)[:, np.newaxis, :, np.newaxis]
        j = self.windows.offsets(1)[np.newaxis, :, np.newaxis, :]
        height, width = self.windows.size
        inside = (i >= 0) & (i < height) & (j >= 0) & (j < width)
        weights = np.where(inside, self.W[:, :, i.clip(0, height - 1), j.clip(0, width - 1)], 0.0)
        image = weights.transpose(0, 2, 3, 1, 4, 5).reshape((rows, columns), order="F")
        return np.kron(np.eye(examples), image)

    @property
    def shown(self) -> Array:
        return self.W


class Shared(Structure, frozen=True, gc=False, eq=False):
    """Of x ⋆ W with respect to the kernels W: they are the same in every window, so their gradient is a sum."""

    x: Array
    windows: Windows
    kernels: int
    product: ClassVar[str] = "{d} ⋆ {g}"

    @property
    def words(self) -> str:
        rows, columns = self.windows.positions
        examples = self.windows.image[3]
        return (
            f"the weights are shared over {rows}×{columns} positions and {counted(examples, 'example')}: "
            f"the sum of {counted(rows * columns * examples, 'contribution')}"
        )

    def pull_back(self, upstream: Array) -> Array:
        columns = im2col(self.x, self.windows)
        return (upstream.reshape(self.kernels, -1) @ columns.T).reshape(self.kernels, -1, *self.windows.size)

    def matrix(self) -> Array:
        channels, rows, columns, examples = self.windows.shape
        cells = rows * columns * examples
        weights = channels * math.prod(self.windows.size)
        check_size(self.kernels * cells, self.kernels * weights)
        p, s = self.windows.padding, self.windows.stride
        padded = np.pad(self.x, ((0, 0), (p, p), (p, p), (0, 0)))
        height, width = self.windows.size
        i = (s * np.arange(rows)[:, np.newaxis] + np.arange(height))[:, np.newaxis, :, np.newaxis]
        j = (s * np.arange(columns)[:, np.newaxis] + np.arange(width))[np.newaxis, :, np.newaxis, :]
        seen = padded[:, i, j].transpose(1, 2, 5, 0, 3, 4).reshape((cells, weights), order="F")
        return np.kron(seen, np.eye(self.kernels))

    @property
    def shown(self) -> Array:
        return self.x


def im2col(x: Array, windows: Windows) -> Array:
    """Every window as a column: (channels · height · width, rows · columns · N)."""
    return windows.gather(x).reshape(windows.image[0] * math.prod(windows.size), -1)


def conv2d(x: Shape, W: Shape, stride: int = 1, padding: int = 0) -> Op:
    """x ⋆ W: kernels (out, in, height, width) slide over images (in, height, width, N); the result is (out, …, N).

    The cross-correlation Σ W[o, c, i, j] · x[c, s a + i - p, s b + j - p, n], which libraries call convolution: the
    kernels are not turned around. Written as a matrix product with the windows as columns.
    """
    check_images(x)
    if len(W) != 4:
        raise ShapeError("kernels have 4 axes: (out channels, in channels, height, width)")
    if W[1] != x[0]:
        raise ShapeError(f"the images have {x[0]} channels, the kernels are for {W[1]}; they must be equal")
    if not 0 <= padding <= min(W[2:]):
        raise OptionError(f"padding is from 0 to {min(W[2:])}, the size of the kernels")
    windows = fit(x, W[2:], stride, padding)
    kernels, shape = W[0], (W[0], *windows.shape[1:])
    return Op(
        name="conv2d",
        shape=shape,
        value=lambda x, W: (W.reshape(kernels, -1) @ im2col(x, windows)).reshape(shape),
        local=(lambda y, x, W: Convolved(W, windows), lambda y, x, W: Shared(x, windows, kernels)),
        formula=f"{{0}} ⋆ {{1}} (stride {stride}, padding {padding})",
        derivatives=("{1}", "{0}"),
        order=(1, 0),
        multiplications=kernels * windows.cells,
        held=windows.cells,
    )


RULES = (Rule("conv2d", 2, conv2d, {"stride": 1, "padding": 0}),)
