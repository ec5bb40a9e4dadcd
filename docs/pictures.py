"""Makes the pictures of README and docs from the program: python docs/pictures.py (needs rsvg-convert, chromium)."""

from __future__ import annotations

import asyncio
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from textual.keys import _character_to_key

from bptui.core import Timeline, read
from bptui.core.export.html import lines
from bptui.tui.app import BptuiApp

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "scenarios"
PICTURES = {
    "tanh4": ("tanh4", (112, 34), "s" * 15),
    "layers4": ("layers4", (110, 34), "s" * 14),
    "nested4": ("nested4", (80, 24), "s" * 8),
    "vanishing": ("vanishing", (96, 29), "v"),
    "explain": ("layers4", (96, 27), "s" * 22 + "e"),
    "whatif": ("tanh4", (110, 36), [*"s" * 15, "x", *"W3=0.5", "enter"]),
}
"""Name: scenario, columns and rows, keys."""


async def screenshot(scenario: str, size: tuple[int, int], keys: Sequence[str]) -> str:
    """The screen behind these keys, as SVG without the web font that Textual refers to."""
    timeline = Timeline(read(SCENARIOS / f"{scenario}.toml"))
    app = BptuiApp(timeline)
    async with app.run_test(size=size) as pilot:
        for key in keys:
            await pilot.press(_character_to_key(key) if len(key) == 1 else key)
            await pilot.pause()
        svg = app.export_screenshot()
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", "DejaVu Sans Mono").replace("<text ", '<text xml:space="preserve" ')


for name, picture in PICTURES.items():
    svg = asyncio.run(screenshot(*picture))
    subprocess.run(["rsvg-convert", "--zoom", "1", "-o", HERE / f"{name}.png"], input=svg.encode(), check=True)

with tempfile.TemporaryDirectory() as folder:
    page = Path(folder, "tanh4.html")
    page.write_text("\n".join(lines(Timeline(read(SCENARIOS / "tanh4.toml")), 1, 33)))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    shot = [f"--user-data-dir={folder}/profile", "--window-size=1280,800", f"--screenshot={HERE / 'handout.png'}"]
    subprocess.run(["chromium", *options, *shot, f"{page.as_uri()}#15"], check=True, capture_output=True)
