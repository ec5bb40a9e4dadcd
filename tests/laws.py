"""What holds for every rule: the law of its local derivatives, and their Jacobians beside numerical differentiation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bptui.core.jacobian import Array, LocalDerivative, Shape
from bptui.core.ops import RULES, Op
from bptui.core.ops.op import Option

ANY = st.floats(-1000, 1000) | st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1000.0, -1000.0])
POSITIVE = st.floats(1e-3, 20)
MODERATE = st.floats(0.1, 3.0)
BOTH_SIGNS = MODERATE | st.floats(-3.0, -0.1)
"""Away from a kink at 0."""


@dataclass(frozen=True)
class Case:
    """A rule at these shapes and options; where it is defined (`elements`), and where it is smooth (`smooth`).

    An argument of indices takes its cells from op.classes instead.
    """

    name: str
    shapes: Sequence[Shape]
    options: Mapping[str, Option] = field(default_factory=dict)
    elements: st.SearchStrategy[float] = ANY
    smooth: st.SearchStrategy[float] = BOTH_SIGNS
    distinct: bool = False
    """Whether cells must differ for the rule to be smooth, as for a maximum."""

    def __str__(self) -> str:
        shapes = ",".join("x".join(map(str, shape)) or "-" for shape in self.shapes)
        return " ".join([self.name, shapes, *(f"{key}={value}" for key, value in self.options.items())])

    def bind(self) -> Op:
        """The op of this case."""
        return RULES[self.name].bind(*self.shapes, **self.options)

    def draw(self, data: st.DataObject, elements: st.SearchStrategy[float]) -> list[Array]:
        """Arguments for the op."""
        op = self.bind()
        return [
            draw(data, shape, st.integers(0, op.classes[i] - 1) if i in op.classes else elements)
            for i, shape in enumerate(self.shapes)
        ]


def draw(data: st.DataObject, shape: Shape, elements: st.SearchStrategy[float]) -> Array:
    """An array, or a NumPy scalar for shape ()."""
    value: Array = data.draw(arrays(np.float64, shape, elements=elements))[()]
    return value


def local(op: Op, position: int, arguments: Sequence[Array]) -> LocalDerivative:
    """The local derivative of the op with respect to one argument."""
    return op.local[position](op.value(*arguments), *arguments)


def vec(x: Array) -> Array:
    return np.asarray(x).reshape(-1, order="F")


def check_pull_back(op: Op, arguments: Sequence[Array], upstream: Array) -> None:
    """The law: unvec(matrix().T @ vec(upstream)) = pull_back(upstream), for every argument that has a derivative."""
    with np.errstate(all="ignore"):
        for position in op.order:
            derivative = local(op, position, arguments)
            J = derivative.matrix()
            assume(np.isfinite(J).all())
            downstream = derivative.pull_back(upstream)
            assert downstream.shape == arguments[position].shape
            expected = J.T @ vec(upstream)
            scale = np.abs(J.T) @ np.abs(vec(upstream))
            assume(np.isfinite(scale).all())
            assert (np.abs(vec(downstream) - expected) <= 1e-14 * scale + 1e-300).all()


def check_matrix(op: Op, arguments: Sequence[Array]) -> None:
    """matrix() is what central differences say; for arguments at which the op is smooth."""
    h = 1e-5
    for position in op.order:
        argument = arguments[position]
        J = local(op, position, arguments).matrix()
        for column, index in enumerate(np.ndindex(argument.shape[::-1])):
            cell = index[::-1]
            above, below = (np.array(argument) for _ in range(2))
            above[cell] += h
            below[cell] -= h
            ahead, behind = (
                op.value(*arguments[:position], moved[()], *arguments[position + 1 :]) for moved in (above, below)
            )
            np.testing.assert_allclose(J[:, column], vec((ahead - behind) / (2 * h)), rtol=1e-6, atol=1e-6)
