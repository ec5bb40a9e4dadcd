"""What two lines say otherwise, in words: the name and both values."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec
import numpy as np

from ...text import short
from ..records import Record, Written


def difference(record: Record, expected: Record, but: Collection[str] = ()) -> str:
    """The first of what two lines say otherwise, with both values; empty if there is nothing."""
    said, derived = _said(record), _said(expected)
    for key in dict.fromkeys([*derived, *said]):
        if key not in but and (found := worst(key, said.get(key), derived.get(key))):
            return found
    return ""


def worst(name: str, said: Written, derived: Written) -> str:
    """Of what two lines say under one name, the two numbers that differ most; empty if there are none."""
    pairs = list(_differing(name, said, derived))
    return _told(*max(pairs, key=lambda pair: _distance(*pair[1:]))) if pairs else ""


def _said(record: Record) -> dict[str, Any]:
    return {"event": record.__struct_config__.tag, **msgspec.structs.asdict(record)}


def _differing(name: str, said: Written, derived: Written) -> Iterator[tuple[str, Any, Any]]:
    """The numbers and words that differ; no deeper than what is derived."""
    if isinstance(said, dict) and isinstance(derived, dict):
        for key in dict.fromkeys([*derived, *said]):
            yield from _differing(f"{name}.{key}", said.get(key), derived.get(key))
    elif isinstance(said, list | tuple) and isinstance(derived, list | tuple) and len(said) == len(derived):
        for i, (one, other) in enumerate(zip(said, derived, strict=True)):
            yield from _differing(f"{name}[{i}]".replace("][", ", "), one, other)
    elif type(said) is not type(derived) or said != derived or str(said) != str(derived):  # -0.0 is not 0.0
        yield name, said, derived


def _distance(said: Any, derived: Any) -> float:
    return abs(said - derived) if isinstance(said, float) and isinstance(derived, float) else np.inf


def _told(name: str, said: Any, derived: Any) -> str:
    if isinstance(said, str) and isinstance(derived, str):
        same = next((i for i, (x, y) in enumerate(zip(said, derived, strict=False)) if x != y), 0)
        begin = max(same - 20, 0)
        return f"{name} is {_shown(said[begin:], begin > 0)}; {_shown(derived[begin:], begin > 0)} is derived"
    return f"{name} is {_shown(said)}; {_shown(derived)} is derived"


def _shown(said: Any, cut: bool = False) -> str:
    match said:
        case None:
            return "not there"
        case bool():
            return str(said).lower()
        case str():
            return f"'{'…' if cut else ''}{short(said, 80)}'"
        case int():
            return f"{said:,}" if abs(said) < 1 << 64 else "a very large number"
        case float():
            return repr(said)
        case list() | tuple():
            return f"a list of {len(said):,}"
    return "a digest"
