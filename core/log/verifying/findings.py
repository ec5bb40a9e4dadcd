"""What is found to be wrong in a log, line by line."""

from __future__ import annotations

import msgspec

from ...text import short, visible

MOST_FINDINGS = 20
"""Findings that are kept; of more, their number is."""
LONGEST_FINDING = 300
FURTHER = "findings more"


class Finding(msgspec.Struct, frozen=True):
    """What is wrong, and the line, counted from 1, at which that is seen."""

    line: int
    says: str

    def __str__(self) -> str:
        return f"line {self.line:,}: {self.says}"


class Findings:
    """Collects findings: of some kinds only the first, of all not too many; `more` says how many others of which."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.more: dict[str, int] = {}
        self._begun: set[str] = set()

    def add(self, line: int, says: str, kind: str = FURTHER) -> None:
        """A finding; one of a kind is kept only where it is the first, and counted under that name else."""
        if kind in self._begun or len(self.kept) >= MOST_FINDINGS:
            self.more[kind] = self.more.get(kind, 0) + 1
            return
        if kind != FURTHER:
            self._begun.add(kind)
        self.kept.append(Finding(line, short(visible(says), LONGEST_FINDING)))

    def __bool__(self) -> bool:
        return bool(self.kept)
