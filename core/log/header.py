"""The first line of a log: who wrote it on what, and the scenario itself, so that nothing else is needed."""

from __future__ import annotations

import base64
import os
import platform
import re
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Literal

import msgspec
import numpy as np

from ..data import LARGEST_KEPT, Origin
from ..errors import InputError
from ..files import LARGEST_FILE
from ..program import MEMORY_LIMIT
from ..reader import parse
from ..scenario import Scenario
from ..text import short, visible

VERSION: Literal[1] = 1
MOST_EMBEDDED = 4 << 20
"""Bytes of all data files that stand in a log together."""
LONGEST_HEADER = 8 << 20
"""Bytes of the longest first line: the scenario and the data files with all that is escaped in them."""


class DataEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A data file of the scenario; a large one has no content here, and is looked for beside the log."""

    size: int
    sha256: str
    base64: str | None


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line. `every` says which iterations are in the log: 1, 1 + every, …, and the last."""

    bptlog: Literal[1]
    text: str
    program: str
    numpy: str
    processor: str
    dtype: str
    every: int
    full: bool
    started: str
    file: str
    scenario_sha256: str
    scenario: str
    data: dict[str, DataEntry]

    @property
    def is_at_home(self) -> bool:
        """Whether it was written on a processor and with a NumPy like these, which give the same bits."""
        return (self.numpy, self.processor) == (np.__version__, processor())


def header(scenario: Scenario, *, every: int = 1, full: bool = False, copied: Header | None = None) -> Header:
    """The header of a recording that begins now; of one that was `copied` from elsewhere it names both places."""
    from hashlib import sha256

    elsewhere = None if copied is None or copied.is_at_home else copied
    room, data = MOST_EMBEDDED, {}
    for name, origin in scenario.data.items():
        content = origin.content if origin.content is not None and len(origin.content) <= room else None
        room -= len(content or b"")
        text = None if content is None else base64.b64encode(content).decode()
        data[name] = DataEntry(origin.size, origin.sha256, text)
    return Header(
        bptlog=VERSION,
        text=f"{visible(scenario.title)}: a line for each step; open it with bptui, read it with less -S",
        program=f"bptui {metadata.version('bptui')}",
        numpy=f"{elsewhere.numpy}, {np.__version__}" if elsewhere else np.__version__,
        processor=f"{elsewhere.processor}; copied on {processor()}" if elsewhere else processor(),
        dtype=scenario.dtype,
        every=every,
        full=full,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        file=visible(os.path.basename(scenario.file)),
        scenario_sha256=sha256(scenario.text.encode()).hexdigest(),
        scenario=scenario.text,
        data=data,
    )


def decoded(body: bytes) -> Header:
    """The header of a first line without its frame; ValueError says what is wrong with it."""
    try:
        found = msgspec.json.decode(body, type=Header)
    except msgspec.MsgspecError as error:
        version = re.match(rb'\{"bptlog":(\d{1,9})\b', body)
        if version and int(version[1]) != VERSION:
            raise ValueError(f"is of version {int(version[1])}; this bptui reads version {VERSION}") from None
        raise ValueError(f"is no first line of a log: {short(str(error), 120)}; it is no log, or damaged") from None
    if found.every < 1:
        raise ValueError(f"says every = {found.every}; 1 or more would be right")
    return found


def scenario_of(found: Header, path: str, max_memory: int = MEMORY_LIMIT) -> Scenario:
    """The scenario of a log that lies at `path`; InputError where it is damaged, is none, or misses a data file."""
    from hashlib import sha256

    if len(found.scenario.encode("utf-8", "surrogatepass")) > LARGEST_FILE:
        reason = f"the scenario in it is larger than {LARGEST_FILE // 1024} KiB"
        raise InputError(reason, file=path, line=1, hint="it is no log of bptui's")
    if sha256(found.scenario.encode("utf-8", "surrogatepass")).hexdigest() != found.scenario_sha256:
        raise InputError("the scenario in it was changed", file=path, line=1, hint="its SHA-256 is another one")
    embedded = {name: _content(entry, path) for name, entry in found.data.items() if entry.base64 is not None}
    file = os.path.join(os.path.dirname(path), os.path.basename(found.file) or "scenario")
    try:
        scenario = parse(found.scenario, file, max_memory, embedded)
    except InputError as error:
        raise InputError(
            error.reason,
            file=path,
            line=1,
            key=f"the scenario in it, line {error.line}" if error.line else "the scenario in it",
            hint=error.hint,
        ) from None
    for name, origin in scenario.data.items():
        if name not in found.data or origin.sha256 != found.data[name].sha256:
            reason = f"{short(visible(name), 80)} is not the file that was recorded"
            raise InputError(reason, file=path, line=1, hint="put the one that was beside the log")
    return scenario


@cache
def processor() -> str:
    """What the bits of a result depend on beside NumPy: the machine, its processor, what NumPy uses of it, and libm."""
    found = np.show_config(mode="dicts") or {}
    extensions = found.get("SIMD Extensions", {}).get("found", [])
    parts = [platform.machine(), _model(), " ".join(extensions), " ".join(filter(None, platform.libc_ver()))]
    return visible(", ".join(filter(None, parts)))


def _model() -> str:
    """The processor's own name, where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            text = lines.read(4096)
    except OSError:
        return platform.processor()
    match = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else ""


def _content(entry: DataEntry, path: str) -> bytes:
    """The content of a data file that stands in the log; InputError where it is damaged."""
    try:
        content = base64.b64decode(entry.base64 or "", validate=True)
    except ValueError:  # no base64, or no ASCII
        content = b""
    if len(content) > LARGEST_KEPT or Origin.of(content).sha256 != entry.sha256:
        raise InputError("a data file in it was changed", file=path, line=1, hint="its SHA-256 is another one")
    return content
