"""A convolution, a pool, relus and a linear layer; images are (channels, rows, columns, examples)."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .layers import activation, back, bias, half_squares, squares_averaged, weight
from .step import Array, Formula, Line, Network, Numbers, step

SIDE, KERNEL, SEEN, POOLED = 6, 3, 4, 2
"""Of an image, of a kernel, of what a kernel sees, and of that when each 2×2 window has become one cell."""


def images(draw: Numbers, channels: int, kernels: int, outputs: int, N: int, *, pool: str) -> Network:
    """Kernels of 3×3 on images of 6×6; the pool is "mean" or "max"."""
    image, kernel = [channels, SIDE, SIDE, N], [kernels, channels, KERNEL, KERNEL]
    cells = kernels * POOLED**2
    # fmt: off
    return Network(
        name=f"images_{pool}",
        lines=(
            Line("i", f"reshape(x, shape={image})",  lambda v: v.x.reshape(image)),
            Line("K", f"reshape(k, shape={kernel})", lambda v: v.k.reshape(kernel)),
            Line("B", f"reshape(b, shape=[{kernels}, 1, 1, 1])", lambda v: v.b.reshape(kernels, 1, 1, 1)),
            Line("q", "conv2d(i, K)",                lambda v: np.einsum("cijnab,kcab->kijn", windows(v.i), v.K)),
            Line("u", "q + B",                       lambda v: v.q + v.B),
            Line("m", f"{pool}_pool(u, size=2)",     lambda v: getattr(blocks(v.u), pool)(axis=(2, 4))),
            Line("a", "relu(m)",                     lambda v: np.maximum(v.m, 0)),
            Line("h", f"reshape(a, shape=[{cells}, {N}])", lambda v: v.a.reshape(cells, N)),
            Line("z", "V @ h + c",                   lambda v: v.V @ v.h + v.c),
            Line("L", "half_squared_error(z, y, reduction=mean)", lambda v: half_squares(v.z, v.y) / N),
        ),
        steps=(
            squares_averaged("z", "y"),
            weight("V", "z", "h"),
            bias("c", "z"),
            back("h", "z", "V"),
            step("a", lambda d, v: d.h.reshape(v.a.shape)),
            activation("m", "a", "relu"),
            step("u", THROUGH[pool], ("local-missing", lambda d, v: spread(d.m))),
            step(
                "B", lambda d, v: d.u.sum(axis=(1, 2, 3), keepdims=True),
                ("bias-broadcast", lambda d, v: np.full_like(v.B, d.u.sum())),
                ("mean-for-sum", lambda d, v: d.u.mean(axis=(1, 2, 3), keepdims=True)),
                ("mean-for-sum", lambda d, v: d.u.sum(axis=(1, 2, 3), keepdims=True) / N),
            ),
            step("b", lambda d, v: d.B.reshape(v.b.shape)),
            step("q", lambda d, v: d.u),
            step(
                "K", lambda d, v: kernel_gradient(d.q, v.i),
                ("kernel-turned", lambda d, v: turned(kernel_gradient(d.q, v.i))),
                ("mean-for-sum", lambda d, v: kernel_gradient(d.q, v.i) / N),
            ),
            step("k", lambda d, v: d.K.reshape(v.k.shape)),
            step(
                "i", lambda d, v: image_gradient(d.q, v.K),
                ("kernel-turned", lambda d, v: image_gradient(d.q, turned(v.K))),
            ),
            step("x", lambda d, v: d.i.reshape(v.x.shape)),
        ),
        tables={
            "input": {"x": draw(channels * SIDE**2, N)},
            "target": {"y": draw(outputs, N)},
            "parameters": {
                "k": draw(kernels, channels * KERNEL**2), "b": draw(kernels, 1),
                "V": draw(outputs, cells), "c": draw(outputs, 1),
            },
        },
        make=partial(images, pool=pool),
        sizes=(channels, kernels, outputs, N),
    )
    # fmt: on


def windows(image: Array) -> Array:
    """What the kernel sees: (channels, rows, columns, examples, rows and columns of the kernel)."""
    seen: Array = sliding_window_view(image, (KERNEL, KERNEL), axis=(1, 2))
    return seen


def blocks(u: Array) -> Array:
    """The 2×2 windows side by side, at axes 2 and 4."""
    return u.reshape(len(u), POOLED, 2, POOLED, 2, -1)


def spread(m: Array) -> Array:
    """Each cell to all four of its window."""
    return m.repeat(2, axis=1).repeat(2, axis=2)


THROUGH: dict[str, Formula] = {
    "mean": lambda d, v: spread(d.m) / 4,
    "max": lambda d, v: spread(d.m) * (v.u == spread(v.m)),
}
"""Back through a pool; no two cells of a window are equal."""


def turned(kernels: Array) -> Array:
    return kernels[:, :, ::-1, ::-1]


def kernel_gradient(dq: Array, image: Array) -> Array:
    dK: Array = np.einsum("kijn,cijnab->kcab", dq, windows(image))
    return dK


def image_gradient(dq: Array, kernels: Array) -> Array:
    """Each cell of the kernel gives back to the cells that it has seen."""
    di = np.zeros((kernels.shape[1], SIDE, SIDE, dq.shape[3]), dq.dtype)
    for row in range(KERNEL):
        for column in range(KERNEL):
            given = np.einsum("kijn,kc->cijn", dq, kernels[:, :, row, column])
            di[:, row : row + SEEN, column : column + SEEN] += given
    return di
