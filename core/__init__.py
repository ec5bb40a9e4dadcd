"""The chain rule, step by step: a pure NumPy core that knows nothing of the terminal."""

from __future__ import annotations

from .errors import InputError
from .events import Accumulate, Evaluate, Event, Multiply, Update
from .passes import backward, forward
from .reader import parse, read
from .scenario import Scenario
from .timeline import Timeline
from .training import trace

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
    "forward",
    "parse",
    "read",
    "trace",
]
