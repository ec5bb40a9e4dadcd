"""Every screen in three sizes, as text: pytest --snapshot-update writes them, and the diff is read before it is kept.

Numbers have 4 digits, so that another processor's last places do not matter.
"""

from typing import Any

import numpy as np
import pytest
import screens
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from bptui.core.comparison.compare import compare
from bptui.core.events import result
from bptui.tui.app import BptuiApp
from bptui.tui.face import Face
from bptui.tui.looks import Looks
from bptui.tui.numbers import FORMATS
from bptui.tui.pictures import PICTURES
from bptui.tui.setup import Setup

SCREENS: dict[str, tuple[str, list[str]]] = {
    "opening": ("tanh4", []),
    "forward": ("tanh4", [*"sss"]),
    "backward": ("tanh4", [*"fsssss"]),
    "update": ("tanh4", ["G"]),
    "matrices": ("layers4", [*"fssss"]),
    "nodes": ("residual", [*"fssss"]),
    "training": ("xor", [*"iif"]),
    "stopped": ("exploding", ["G"]),
    "layers zoomed": ("layers4", [*"fssss1z"]),
    "updates chosen": ("layers4", [*"fssss4"]),
    "program zoomed": ("layers4", [*"fssss5z"]),
    "17 digits": ("tanh4", [*"fsssss##"]),
    "help": ("tanh4", ["?"]),
    "go to": ("tanh4", ["g"]),
    "search": ("tanh4", ["slash"]),
    "explain": ("layers4", [*"fssse"]),
    "paths": ("residual", [*"Ge"]),
    "jacobian": ("layers4", [*"fssssm"]),
    "vanishing": ("vanishing", ["v"]),
    "heat map": ("layers4", [*"fssh"]),
    "what if": ("tanh4", [*"fsssx", *"W3=0.5", "enter"]),
    "breakpoint": ("tanh4", ["b"]),
    "breakpoints": ("tanh4", [*"fsb", "enter", "B"]),
    "watched": ("xor", ["w", *"norm(W1)", "enter", *"iii"]),
    "question": ("tanh4", [*"fspss"]),
    "note": ("tanh4", [*"fsa", *"look", "enter"]),
    "copied": ("tanh4", [*"fssY"]),
}
OWN: dict[str, tuple[str, list[str]]] = {
    "wrong here": ("tanh4", []),
    "matrices": ("layers4", []),
    "inherited": ("layers4", [*"d"]),
}
"""Beside gradients in which φ₃′ is missing."""
SIZES = [(60, 20), (80, 24), (120, 40)]


class Text(SingleFileSnapshotExtension):
    """A file of text for each screen."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def screen(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Text)


async def shown(scenario: str, size: tuple[int, int], keys: list[str], setup: Setup | None = None, **looks: Any) -> str:
    """The screen behind these keys."""
    app = BptuiApp(screens.timeline(scenario), setup, face=Face(looks=Looks(numbers=FORMATS[1], **looks)))
    async with app.run_test(size=size) as pilot:
        await screens.until(pilot, lambda: bool(screens.text(pilot.app)[0]))
        await screens.press(pilot, *keys)
        return "\n".join(await screens.settle(pilot)) + "\n"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCREENS)
async def test_screen(screen: SnapshotAssertion, name: str, size: tuple[int, int]) -> None:
    scenario, keys = SCREENS[name]
    assert await shown(scenario, size, keys) == screen


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", OWN)
async def test_own(screen: SnapshotAssertion, name: str, size: tuple[int, int]) -> None:
    scenario, keys = OWN[name]
    chapter = screens.timeline(scenario).chapter(1)
    upstream = result(chapter.events[chapter.completed["a3"]])
    own = {"da3": upstream, "du3": upstream, "dW3": np.dot(upstream, np.transpose(chapter.value("a2")))}
    setup = Setup()
    setup.own = compare(screens.FOLDER / f"{scenario}.toml", own)
    assert await shown(scenario, size, keys, setup) == screen


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PICTURES)
async def test_picture(screen: SnapshotAssertion, name: str, size: tuple[int, int]) -> None:
    scenario = "xor" if name == "loss" else "layers4"
    keys = ["G", *"III"] if name == "loss" else [*"fssss"]
    assert await shown(scenario, size, keys, picture=name, pane="picture", zoomed=True) == screen


@pytest.mark.parametrize("name", PICTURES)
async def test_picture_in_words(screen: SnapshotAssertion, name: str) -> None:
    scenario, keys = ("xor", ["G", *"III"]) if name == "loss" else ("layers4", [*"fssss"])
    looks = Looks(FORMATS[1], name, "picture", True)
    app = BptuiApp(screens.timeline(scenario), face=Face(looks=looks, is_ascii=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await screens.until(pilot, lambda: bool(screens.text(pilot.app)[0]))
        text = "\n".join(await screens.press(pilot, *keys)) + "\n"
    assert text.isascii()
    assert text == screen
