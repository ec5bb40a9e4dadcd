"""What a run of bptui computes, and how near to PyTorch it must come."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from bptui.core.events import Accumulate, Evaluate, Multiply, Update
from bptui.core.jacobian import Array
from bptui.core.scenario import Scenario
from bptui.core.training import trace

TOLERANCE = 1e-12


@dataclass(frozen=True)
class Run:
    """All that the events of one iteration say, by name."""

    values: dict[str, Array]
    gradients: dict[str, Array]
    updated: dict[str, Array]
    multiplications: list[Multiply]


def run(scenario: Scenario) -> Run:
    """Collect the events; a total comes after its contributions and takes their place."""
    result = Run({}, {}, {}, [])
    for event in trace(scenario):
        match event:
            case Evaluate():
                result.values[event.node.name] = event.value
            case Multiply():
                result.multiplications.append(event)
                result.gradients[event.variable] = event.downstream
            case Accumulate():
                result.gradients[event.variable] = event.total
            case Update():
                result.updated[event.parameter] = event.after
    return result


def leaf(raw: Any) -> torch.Tensor:
    """A value as a scenario writes it: a number is a scalar, a list a column, a list of lists rows."""
    value = torch.tensor(raw, dtype=torch.float64)
    return (value.unsqueeze(1) if value.ndim == 1 else value).requires_grad_()


def raw(value: Array) -> str:
    """The same value as TOML; Python writes lists of floats as TOML does, and with all their digits."""
    return str(value.tolist())


def toml(**tables: Mapping[str, Array]) -> str:
    """Tables of values."""
    lines = []
    for table, values in tables.items():
        lines += [f"[{table}]", *(f"{name} = {raw(value)}" for name, value in values.items())]
    return "\n".join(lines)


def agree(what: str, ours: Array, theirs: torch.Tensor, magnitude: torch.Tensor | None = None) -> None:
    """Shapes are equal, and cells differ by at most 1e-12 of the largest magnitude, or else of the cell itself.

    A magnitude is the sum of the absolute values of all that was added up in a cell: where terms cancel, two correct
    programs differ by more than 1e-12 of what is left.
    """
    expected = theirs.detach().numpy()
    assert ours.shape == expected.shape, f"{what}: {ours.shape}, PyTorch {expected.shape}"
    allowed = TOLERANCE * (abs(expected) if magnitude is None else float(magnitude.detach().max()))
    error = np.asarray(abs(ours - expected))
    assert (error <= allowed).all(), f"{what}: {ours}, PyTorch {expected}, off by {error.max():.3g}"
