"""What a session may use: memory, processor time, files; and what it finds around it."""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress

MEMORY = 512 << 20
"""Bytes that a session may take beyond what it is born with."""
PROCESSOR = 20
"""Seconds of processor time between two things that a session is told or its reader types."""
PROCESSOR_IN_ALL = 3_600
"""Seconds of processor time in a session's whole life."""
_DESCRIPTORS = 64


def strip() -> None:
    """Leave nothing of the environment that this process came with."""
    os.environ.clear()
    os.environ.update(LANG="C.UTF-8", HOME="/", PATH="/usr/bin:/bin", SSH_CONNECTION="class")


def confine() -> None:
    """Bound what this process may use from now on."""
    os.umask(0o077)
    os.chdir("/")
    _limit(resource.RLIMIT_FSIZE, 0)  # no file is written; a terminal is none
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _DESCRIPTORS)
    _limit(resource.RLIMIT_DATA, _born_with() + MEMORY)
    renew()


def renew() -> None:
    """Somebody has typed, or the class has moved: the session may go on for as long as that takes."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + PROCESSOR
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (min(seconds, PROCESSOR_IN_ALL), PROCESSOR_IN_ALL))


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _born_with() -> int:
    """Bytes of data that this process has now, as its limit counts them."""
    if sys.platform == "linux":
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[5]) * resource.getpagesize()
    return 256 << 20  # elsewhere the limit counts the heap only
