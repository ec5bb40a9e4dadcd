"""Where a move leads: that of a key, or the words of "go to"."""

from __future__ import annotations

import re
from collections.abc import Callable

from bptui.core.errors import did_you_mean
from bptui.core.notation import symbol
from bptui.core.timeline import Timeline

MOVES: dict[str, Callable[[Timeline, int], int]] = {
    "step": lambda timeline, position: position + 1,
    "step_back": lambda timeline, position: position - 1,
    "line": Timeline.next_line,
    "line_back": Timeline.previous_line,
    "phase": Timeline.phase_end,
    "phase_back": Timeline.phase_start,
    "iteration": Timeline.next_iteration,
    "iteration_back": Timeline.previous_iteration,
    "first": lambda timeline, position: 0,
    "last": lambda timeline, position: len(timeline),
}
"""The position that each way of moving leads to, from a position; where there is none, the nearest is meant."""


def find(timeline: Timeline, words: str, position: int) -> int:
    """The position that `12`, `+5`, `-5`, `50%`, `δ3`, `delta3` or `W2` names; ValueError says what would be right."""
    words = words.strip()
    if match := re.fullmatch(r"([+-]?)(\d{1,9})(%?)", words):
        sign, digits, percent = match.groups()
        number = round(int(digits) / 100 * len(timeline)) if percent else int(digits)
        target = position + int(sign + str(number)) if sign else number
        if not 0 <= target <= len(timeline) or (percent and int(digits) > 100):
            raise ValueError(f"there are positions 0 to {len(timeline)}")
        return target
    names = _names(timeline, position)
    places = {symbol(name): index for name, index in names.items()}
    key = symbol(words)
    if key not in places:
        hint = did_you_mean(words, [*names, *places]) if words else "type a name"
        raise ValueError(f"nothing is called '{words[:20]}'; {hint}")
    return places[key] + 1


def _names(timeline: Timeline, position: int) -> dict[str, int]:
    """The event of this iteration at which each value, or else each gradient, comes about; a layer's δ is delta3."""
    chapter = timeline.chapter(position)
    names = {name: chapter.start + index for name, index in (chapter.completed | chapter.evaluated).items()}
    for layer in timeline.scenario.program.layers:
        if layer.u in chapter.completed:
            names[f"delta{layer.number}"] = chapter.start + chapter.completed[layer.u]
    return names
