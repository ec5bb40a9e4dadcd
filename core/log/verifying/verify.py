"""Verifying a log: every line checked, every event derived again and compared, every prediction graded again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import msgspec

from ...errors import ExitCode
from ...jacobian import counted
from ...search import Job, Progress
from ..compare import ULPS
from ..log import Log
from .findings import Finding, Findings
from .reading_through import Reading, lines_behind_the_first
from .session import Session


class Report(msgspec.Struct, frozen=True):
    """What was found in a log: `more` says how many findings are not among `findings`, by what they say.

    `events` and `predictions` are how many of `lines` are as they should be; `exactly` says that values were compared
    bit for bit; `ending` says how the log ends, and is empty where it is complete.
    """

    findings: tuple[Finding, ...]
    more: Mapping[str, int]
    lines: int
    events: int
    predictions: int
    exactly: bool
    ending: str

    @property
    def is_complete(self) -> bool:
        """Whether the log has its last line."""
        return not self.ending

    @property
    def exit_code(self) -> ExitCode:
        """What the command returns."""
        if self.findings:
            return ExitCode.CHECK_FAILED
        return ExitCode.OK if self.is_complete else ExitCode.INCOMPLETE

    def text(self) -> Iterator[str]:
        """The report, a line for each finding, then what is well."""
        yield from map(str, self.findings)
        yield from (f"and {count:,} {what}" for what, count in self.more.items())
        how = "bit for bit" if self.exactly else f"within {ULPS:,.0f} units in the last place: it was written elsewhere"
        yield f"{counted(self.events, 'step')} as derived from the scenario, {how}"
        if self.predictions:
            yield f"{counted(self.predictions, 'prediction')} as graded again"
        yield self.ending or "the log is complete" + (", but not as it was written" if self.findings else "")


def verified(log: Log) -> Job[Report]:
    """Go through a log that is open, and say what is wrong with it; says on the way how many bytes are done."""
    findings = Findings()
    reading = Reading(log.calendar, log.header.every, findings)
    session = Session(log, findings)
    if log.header.dtype != log.scenario.dtype:
        findings.add(1, f"dtype is {log.header.dtype}; the scenario's is {log.scenario.dtype}")
    done, size = 0, os.path.getsize(log.path)
    with open(log.path, "rb") as file:
        for line in lines_behind_the_first(file):
            if record := reading.take(line):
                session.take(reading.line, reading.body, record)
            done = min(done + len(line), size)
            if reading.line % 64 == 0:
                yield Progress(done, size)
    session.close()
    reading.close()
    return Report(
        findings=tuple(findings.kept),
        more=findings.more,
        lines=reading.line,
        events=session.events,
        predictions=session.predictions,
        exactly=log.header.is_at_home,
        ending=_ending(reading),
    )


def _ending(reading: Reading) -> str:
    if reading.is_torn:
        return f"the log ends within line {reading.line:,}"
    return "" if reading.end else "the recording was not ended"
