"""Softmax and its logarithm: each cell of a column depends on all cells of that column."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ..jacobian import Array, Shape, Structure, check_size
from .op import Op, Rule, ShapeError


def softmax(z: Array) -> Array:
    """eᶻ / Σ eᶻ of each column; its largest cell is taken off first, which changes nothing but never overflows."""
    exponentials = np.exp(z - z.max(axis=0, keepdims=True))
    p: Array = exponentials / exponentials.sum(axis=0, keepdims=True)
    return p


def log_softmax(z: Array) -> Array:
    """z - log Σ eᶻ of each column. The largest cell adds 1 to the sum: log1p keeps the digits of the others."""
    shifted = z - z.max(axis=0, keepdims=True)
    others = np.partition(np.exp(shifted), -1, axis=0)[:-1].sum(axis=0, keepdims=True)
    log_p: Array = shifted - np.log1p(others)
    return log_p


def balanced(downstream: Array, p: Array) -> Array:
    """A downstream through softmax, whose columns sum to 0 as p does not see what all cells of a column have in common.

    Where p is nearly 1 its cell is the small difference of large numbers; there it is what the others leave, in place.
    """
    largest = p.argmax(axis=0, keepdims=True)
    np.put_along_axis(downstream, largest, 0.0, axis=0)
    np.put_along_axis(downstream, largest, 0.0 - downstream.sum(axis=0, keepdims=True), axis=0)
    return downstream


class Columnwise(Structure, frozen=True, gc=False, eq=False):
    """Of softmax(z) or its logarithm, each column by itself; p is the softmax."""

    p: Array

    def block(self, p: Array) -> Array:
        """The Jacobian of one column but for its diagonal."""
        raise NotImplementedError

    def matrix(self) -> Array:
        check_size(self.p.size, self.p.size)
        return _block_diagonal([self.block(p) for p in _columns(self.p)])

    @property
    def shown(self) -> Array:
        return self.p


class Softmax(Columnwise, frozen=True, gc=False, eq=False):
    """Of p = softmax(z), each column by itself: diag(p) - p pᵀ."""

    product: ClassVar[str] = "{d} ⊙ ({g} - Σ {d} ⊙ {g})"

    @property
    def words(self) -> str:
        return f"diag(p) - p pᵀ with p the softmax{_each_column(self.p)}"

    def pull_back(self, upstream: Array) -> Array:
        p = self.p
        return balanced(p * (upstream - (p * upstream).sum(axis=0, keepdims=True)), p)

    def block(self, p: Array) -> Array:
        return -np.outer(p, p)


class LogSoftmax(Columnwise, frozen=True, gc=False, eq=False):
    """Of log softmax(z), each column by itself: I - 1 pᵀ."""

    product: ClassVar[str] = "{g} - {d} ⊙ Σ {g}"

    @property
    def words(self) -> str:
        return f"I - 1 pᵀ with p the softmax{_each_column(self.p)}"

    def pull_back(self, upstream: Array) -> Array:
        return balanced(upstream - self.p * upstream.sum(axis=0, keepdims=True), self.p)

    def block(self, p: Array) -> Array:
        return -np.outer(np.ones_like(p), p)


def softmax_op(z: Shape) -> Op:
    """softmax(z), each column by itself."""
    check_rows(z)
    return Op(
        name="softmax",
        shape=z,
        value=softmax,
        local=(lambda p, z: Softmax(p),),
        formula="softmax({0})",
        derivatives=("softmax({0})",),
        order=(0,),
    )


def log_softmax_op(z: Shape) -> Op:
    """log softmax(z), each column by itself."""
    check_rows(z)
    return Op(
        name="log_softmax",
        shape=z,
        value=log_softmax,
        local=(lambda log_p, z: LogSoftmax(softmax(z)),),
        formula="log_softmax({0})",
        derivatives=("softmax({0})",),
        order=(0,),
    )


def check_rows(x: Shape) -> None:
    """ShapeError for a scalar: it has no rows and columns."""
    if not x:
        raise ShapeError("it takes a column, a matrix or an image, not a scalar")


def _columns(x: Array) -> Array:
    """All columns, in the order of vec."""
    return x.reshape(len(x), -1, order="F").T


def _each_column(x: Array) -> str:
    columns = x.size // len(x)
    return f", each of {columns:,} columns by itself" if columns > 1 else ""


def _block_diagonal(blocks: list[Array]) -> Array:
    """One block a column, each given without its diagonal: rows sum to 0, which gives that with all its digits."""
    n = len(blocks[0])
    jacobian = np.zeros((n * len(blocks), n * len(blocks)))
    for start, block in zip(range(0, len(jacobian), n), blocks, strict=True):
        np.fill_diagonal(block, 0.0)
        jacobian[start : start + n, start : start + n] = block - np.diag(block.sum(axis=1))
    return jacobian


RULES = (Rule("softmax", 1, softmax_op), Rule("log_softmax", 1, log_softmax_op))
