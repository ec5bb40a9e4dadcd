"""What is remembered between runs: a comfort, not data, so it never stops anything."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from bptui.core.errors import InputError
from bptui.core.files import LARGEST_FILE, read_text
from bptui.core.saving import replace
from bptui.core.scenario import Scenario
from bptui.core.text import short

from . import sources

if TYPE_CHECKING:
    from bptui.core.log.log import Log

MOST_RECENT = 20
LONGEST_TITLE = 80
_LONGEST_PATH = 4_096

Kind = Literal["scenario", "log"]
_Word = Annotated[str, msgspec.Meta(max_length=LONGEST_TITLE)]


class Recent(msgspec.Struct, frozen=True):
    """A file that was opened: its absolute path, and its title as the file has it, so `visible` before it is shown."""

    path: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_PATH)]
    title: _Word
    kind: Kind


class State(msgspec.Struct, frozen=True):
    """How the screen was left, by the names of what was chosen, and the recent files, the newest first."""

    theme: _Word = ""
    numbers: _Word = ""
    picture: _Word = ""
    pane: _Word = ""
    zoomed: bool = False
    hinted: bool = False
    recent: Annotated[tuple[Recent, ...], msgspec.Meta(max_length=MOST_RECENT)] = ()


def state_path() -> Path:
    """Where the state is kept."""
    import platformdirs  # late, as in settings.py

    return platformdirs.user_state_path("bptui") / "state.json"


def load() -> State:
    """What the last run has left; a fresh state where that cannot be read."""
    try:
        return msgspec.json.decode(read_text(state_path()), type=State)
    except (InputError, msgspec.MsgspecError, ValueError, RecursionError):
        return State()


def save(state: State) -> None:
    """Keep the state for the next run, for its owner only; where it cannot be written, nothing happens.

    Of two bptui the last one wins, but each keeps the recent files of the other.
    """
    path = state_path()
    recent = _without_doubles((*state.recent, *load().recent))
    while len(data := _text(msgspec.structs.replace(state, recent=recent))) > LARGEST_FILE:
        recent = recent[:-1]  # twenty of the longest paths would be more than is read again
    with suppress(OSError):
        os.makedirs(path.parent, mode=0o700, exist_ok=True)
        replace(path, data)


def opened(state: State, path: str | os.PathLike[str], title: str, kind: Kind) -> State:
    """The state after a file was opened: it is the newest of the recent ones."""
    absolute = os.path.abspath(path)
    try:
        absolute.encode()
    except UnicodeEncodeError:  # JSON has no words for it
        return state
    if len(absolute) > _LONGEST_PATH:
        return state
    title = short(title.encode(errors="replace").decode(), LONGEST_TITLE)
    return msgspec.structs.replace(state, recent=_without_doubles((Recent(absolute, title, kind), *state.recent)))


def _text(state: State) -> bytes:
    return msgspec.json.format(msgspec.json.encode(state), indent=1)


def with_opened(state: State, scenario: Scenario, log: Log | None) -> State:
    """The state after a scenario or a log was opened; those that ship, and formulas, are no files to be recalled."""
    path = log.path if log else scenario.file
    if not os.path.isfile(path) or Path(path).resolve() in {
        shipped.resolve() for shipped in sources.shipped().values()
    }:
        return state
    return opened(state, path, scenario.title, "log" if log else "scenario")


def _without_doubles(recent: Sequence[Recent]) -> tuple[Recent, ...]:
    """Each path once, where it stands first."""
    by_path: dict[str, Recent] = {}
    for each in recent:
        by_path.setdefault(each.path, each)
    return tuple(by_path.values())[:MOST_RECENT]
