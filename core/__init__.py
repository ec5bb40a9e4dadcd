"""The chain rule, step by step: a pure NumPy core that knows nothing of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import InputError
from .events import Accumulate, Evaluate, Event, Multiply, Update
from .passes import backward, forward
from .reader import parse, read
from .scenario import Scenario
from .timeline import Timeline
from .training import trace

if TYPE_CHECKING:
    from .comparison.compare import compare

__all__ = [
    "Accumulate",
    "Evaluate",
    "Event",
    "InputError",
    "Multiply",
    "Scenario",
    "Timeline",
    "Update",
    "backward",
    "compare",
    "forward",
    "parse",
    "read",
    "trace",
]


def __getattr__(name: str) -> Any:
    """`compare`, with all that it needs, when it is asked for: the debugger starts without."""
    if name == "compare":
        from .comparison.compare import compare

        return compare
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
