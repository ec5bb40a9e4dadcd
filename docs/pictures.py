"""Makes the pictures of README and docs from the program: python docs/pictures.py (needs chromium, DejaVu fonts)."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from textual.keys import _character_to_key

from bptui.core import Timeline, compare, read
from bptui.core.export.html import lines
from bptui.tui.app import BptuiApp
from bptui.tui.chooser import Chooser
from bptui.tui.face import Face
from bptui.tui.looks import Looks
from bptui.tui.setup import Setup

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "scenarios"
NO_PICTURE = Looks(picture="none")
PICTURES: dict[str, tuple[str, tuple[int, int], Sequence[str], Face]] = {
    "tanh4": ("tanh4", (120, 36), "s" * 15, Face()),
    "layers4": ("layers4", (110, 34), "s" * 14, Face(looks=NO_PICTURE)),
    "nested4": ("nested4", (80, 24), "s" * 8, Face()),
    "vanishing": ("vanishing", (96, 29), "v", Face()),
    "explain": ("layers4", (96, 27), "s" * 22 + "e", Face()),
    "whatif": ("tanh4", (110, 36), [*"s" * 15, "x", *"W3=0.5", "enter"], Face(looks=NO_PICTURE)),
    "chooser": ("", (100, 28), ["down"] * 7, Face()),
    "network": ("layers4", (120, 38), "s" * 14, Face()),
    "slope": ("tanh4", (96, 27), "s" * 15, Face(looks=Looks(picture="function", pane="picture", zoomed=True))),
    "product": ("vanishing", (96, 48), "ff", Face(looks=Looks(picture="product", pane="picture", zoomed=True))),
    "heat": ("digits", (110, 30), [*"iifkh", *["down"] * 9, *["right"] * 20], Face()),
    "own": ("../docs/two_layers", (132, 37), (), Face(looks=NO_PICTURE)),
    "light": ("layers4", (120, 38), "s" * 19, Face(theme="light")),
}
"""Name: scenario, or none for the chooser; columns and rows; keys; how the screen looks."""


def own() -> Setup:
    """The gradients of two_layers.py, compared."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, HERE / "two_layers.py"], cwd=folder, check=True, capture_output=True)
        with np.load(Path(folder, "two_layers.npz")) as gradients:
            comparison = compare(HERE / "two_layers.toml", dict(gradients))
    setup = Setup()
    setup.own = comparison
    return setup


async def screenshot(scenario: str, size: tuple[int, int], keys: Sequence[str], face: Face) -> str:
    """The screen behind these keys, as SVG without the web font that Textual refers to."""
    timeline = Timeline(read(SCENARIOS / f"{scenario}.toml")) if scenario else None
    setup = own() if scenario.endswith("two_layers") else None
    app = BptuiApp(timeline, setup, face=face, chooser=lambda app: Chooser((), app.open, 1 << 30))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(_character_to_key(key) if len(key) == 1 else key)
            await pilot.pause(0.3 if key in "iG" else 0)
        await pilot.pause(0.3)
        svg = app.export_screenshot()
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", "DejaVu Sans Mono").replace("<text ", '<text xml:space="preserve" ')


def photographed(page: str, size: tuple[int, int], to: Path, folder: str) -> None:
    """A page as the browser shows it, as PNG."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    window = [f"--user-data-dir={folder}/profile", f"--window-size={size[0]},{size[1]}", "--hide-scrollbars"]
    shot = ["--default-background-color=00000000", f"--screenshot={to}", page]
    subprocess.run(["chromium", *options, *window, *shot], check=True, capture_output=True)


def main(names: Sequence[str]) -> None:
    """Make these pictures, or all."""
    with tempfile.TemporaryDirectory() as folder:
        for name, picture in PICTURES.items():
            if not names or name in names:
                svg = asyncio.run(screenshot(*picture))
                width, height = map(float, re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0])
                file = Path(folder, f"{name}.html")
                file.write_text(f"<style>body {{ margin: 0 }} svg {{ display: block; width: {width}px }}</style>{svg}")
                photographed(file.as_uri(), (round(width), round(height)), HERE / f"{name}.png", folder)
        if not names or "handout" in names:
            page = Path(folder, "tanh4.html")
            page.write_text("\n".join(lines(Timeline(read(SCENARIOS / "tanh4.toml")), 1, 33)))
            photographed(f"{page.as_uri()}#15", (1280, 800), HERE / "handout.png", folder)


main(sys.argv[1:])
