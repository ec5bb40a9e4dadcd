"""Jobs that are run to their end, and logs that are opened, for the tests of the log."""

from pathlib import Path

from bptui.core.log.log import Log
from bptui.core.search import Job


def run(job: Job[None]) -> None:
    for _ in job:
        pass


def opened(path: Path) -> Log:
    """A log with its index."""
    log = Log(str(path))
    run(log.indexed())
    return log
