"""What if, through real keys: edits typed, the steps that differ, and the same edits in the file by hand."""

import re
from collections.abc import Iterable

import numpy as np
import screens
from textual.pilot import Pilot

from bptui.core import Timeline, parse
from bptui.core.events import result
from bptui.tui.dialogs import Prompt

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?")
TANH4 = (screens.FOLDER / "tanh4.toml").read_text()


async def what_if(pilot: Pilot[None], edit: str) -> list[str]:
    """Open the prompt, type, and press Enter."""
    await screens.press(pilot, "x")
    assert isinstance(pilot.app.screen, Prompt)
    return await screens.enter(pilot, edit)


async def all_that(pilot: Pilot[None], key: str) -> list[int]:
    """The positions that d, or D, leads to, until it says that there are no more."""
    seen: list[int] = []
    while "no step differs" not in (await screens.press(pilot, key))[-2]:
        assert screens.debugger(pilot).position not in seen
        seen.append(screens.debugger(pilot).position)
    return seen


def numbers(rows: Iterable[str], behind: str) -> list[float]:
    """The numbers behind these words, in the first row that has them."""
    return [float(number) for number in NUMBER.findall(next(row.partition(behind)[2] for row in rows if behind in row))]


def by_hand(text: str, old: str, new: str, occurrence: int = 0) -> str:
    """A scenario's text, edited."""
    parts = text.split(old)
    assert len(parts) > occurrence + 1
    return old.join(parts[: occurrence + 1]) + new + old.join(parts[occurrence + 1 :])


def results(text: str) -> list[np.ndarray]:
    """What each step of a scenario's run comes to."""
    return [result(event) for event in Timeline(parse(text)).events]


def differing(some: list[np.ndarray], others: list[np.ndarray]) -> list[int]:
    pairs = zip(some, others, strict=True)
    return [position for position, (x, y) in enumerate(pairs, start=1) if not np.array_equal(x, y)]


X_IS_3 = by_hand(TANH4, "x = 2.0", "x = 3.0")
