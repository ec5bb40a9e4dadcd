"""The common mistakes in a backward pass: a catalogue of what a reader who makes one of them gets."""

from __future__ import annotations

from .catalogue import CATALOGUE, candidates
from .records import Candidate, Cell, Formation, Mistake, Multiplication, Run, Wrong, local_at

__all__ = [
    "CATALOGUE",
    "Candidate",
    "Cell",
    "Formation",
    "Mistake",
    "Multiplication",
    "Run",
    "Wrong",
    "candidates",
    "local_at",
]
