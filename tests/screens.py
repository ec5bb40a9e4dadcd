"""Screens of the debugger without a terminal: which there are to test, and the text that is on them."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.pilot import Pilot

from bptui.core import Timeline, parse, read
from bptui.tui.app import BptuiApp
from bptui.tui.debugger import Debugger
from bptui.tui.jobs import Working

FOLDER = Path(__file__).parents[1] / "scenarios"
SCENARIOS = sorted(path.stem for path in FOLDER.glob("*.toml"))
BRIEF = ["tanh4", "layers4", "jacobian", "residual", "attention"]
"""Of each kind one, for what is tried at every position."""
SIZES = [(60, 20), (80, 24), (120, 40)]

WIDE = (
    """seed = 3
[input]
x = [1.0]

[target]
y = { init = "normal", shape = [1000, 1] }

[[layer]]
units = 1000
init = "normal"
activation = "tanh"

[[layer]]
units = 1000
init = "normal"

[loss]
kind = "half_squared_error"
"""
    "\n"
)
"""Two layers of 1,000: W₂, and with it ∂u₂/∂a₁, has as many cells as a Jacobian that is written out may have."""


def timeline(scenario: str) -> Timeline:
    """All events of a scenario that ships, or of one that is given as text."""
    return Timeline(parse(scenario) if "\n" in scenario else read(FOLDER / f"{scenario}.toml"))


def app(scenario: str) -> BptuiApp:
    return BptuiApp(timeline(scenario))


@asynccontextmanager
async def opened(scenario: str, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[None]]:
    """The debugger with this scenario, once its first frame is there."""
    async with running(app(scenario), size) as pilot:
        yield pilot


@asynccontextmanager
async def running(made: BptuiApp, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    """The same with an app that a test has made."""
    async with made.run_test(size=size) as pilot:
        await until(pilot, lambda: bool(text(pilot.app)[0]))
        yield pilot


def debugger(pilot: Pilot[None]) -> Debugger:
    """The debugger, which must be what is seen."""
    screen = pilot.app.screen
    assert isinstance(screen, Debugger)
    return screen


def text(seen: App[None]) -> list[str]:
    """The rows of the whole screen as it was painted last, without the blanks at their ends."""
    width, height = seen.size
    console = Console(
        width=width, height=height, file=io.StringIO(), record=True, force_terminal=True, color_system=None
    )
    console.print(seen.screen._compositor.render_update(full=True, screen_stack=seen._background_screens))
    rows = [row.rstrip() for row in console.export_text(clear=True, styles=False).split("\n")]
    return rows[:height]


async def settle(pilot: Pilot[None]) -> list[str]:
    """Wait until nothing changes any more; returns the screen."""
    async with asyncio.timeout(20):
        await pilot.pause(0)
        before: list[str] = []
        while True:
            await pilot.pause(0)
            while any(isinstance(screen, Working) and screen.is_working for screen in pilot.app.screen_stack):
                await asyncio.sleep(0.005)  # else this thread would hardly let the other one work
            if (now := text(pilot.app)) == before:
                return now
            before = now


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> list[str]:
    """Wait for a condition, and then until nothing changes; returns the screen."""
    async with asyncio.timeout(20):
        while not condition():
            await pilot.pause(0)
    return await settle(pilot)


def send(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, each a character or a key's name, and wait for nothing."""
    for key in keys:
        name = _character_to_key(key) if len(key) == 1 else key
        pilot.app.post_message(events.Key(name, key if len(key) == 1 else None))


async def tap(pilot: Pilot[None], key: str) -> None:
    """Press a key, and do not wait for what it begins."""
    send(pilot, key)
    await pilot.pause(0)


async def enter(pilot: Pilot[None], text: str) -> list[str]:
    """Type into the prompt that is open, and press Enter; returns the screen."""
    send(pilot, *text)
    return await press(pilot, "enter")


async def press(pilot: Pilot[None], *keys: str) -> list[str]:
    """Press keys, each a character or a key's name; returns the screen, unless the last of them has closed it."""
    shown: list[str] = []
    for key in keys:
        await tap(pilot, key)
        shown = await settle(pilot)
    return shown


async def resize(pilot: Pilot[None], width: int, height: int) -> list[str]:
    """Make the window another size; returns the screen."""
    await pilot.resize_terminal(width, height)
    return await settle(pilot)
