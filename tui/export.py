"""`bptui export FILE --to FORMAT`: the steps of a run as a hand-out."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from importlib import import_module

from bptui.core.errors import InputError
from bptui.core.saving import write_text
from bptui.core.timeline import Timeline

from .sources import as_it_ended, timeline_of

Lines = Callable[[Timeline, int, int], Iterator[str]]

_MODULES = {"md": "markdown", "tex": "tex", "html": "html", "csv": "table"}


def export(word: str, options: argparse.Namespace) -> tuple[Iterator[str], str]:
    """The lines of the hand-out, none where they went to a file; and why a log is not whole."""
    if options.format is None:
        raise InputError("export needs --to", file="bptui", hint="md, tex, html, svg or csv")
    timeline, log = timeline_of(word, options.max_memory)
    timeline = as_it_ended(timeline, log)
    if not len(timeline):
        raise InputError("has no step", file=word, hint="record it again")
    first, last = steps(options.steps, timeline)
    text = _svg(timeline, last) if options.format == "svg" else _lines(options.format)(timeline, first, last)
    if options.output not in (None, "-"):
        write_text(options.output, text, force=options.force, not_over=word)
        text = iter(())
    return text, log.problem if log else ""


def steps(text: str, timeline: Timeline) -> tuple[int, int]:
    """The first and the last step of A:B, A:, :B or A; all steps where it is empty. InputError where it is none."""
    total = timeline.reach(len(timeline)) if not text or text.endswith(":") else len(timeline)
    match = re.fullmatch(r"(\d{0,15})(:?)(\d{0,15})", text)
    if not match or text == ":":
        raise InputError(f"'{text}' is no range of steps", file="--steps", hint="for instance 12:20, 12: or 12")
    begin, colon, end = match.groups()
    first = int(begin or 1)
    last = int(end) if end else total if colon or not begin else first
    last = min(last, timeline.reach(last))
    if not 1 <= first <= last <= total:
        raise InputError(f"there are no steps {text}", file="--steps", hint=f"the steps are 1 to {total:,}")
    return first, last


def _lines(name: str) -> Lines:
    lines: Lines = import_module(f"bptui.core.export.{_MODULES[name]}").lines
    return lines


def _svg(timeline: Timeline, position: int) -> Iterator[str]:
    from .svg import svg

    yield svg(timeline, position)
