"""Makes the pictures of README and docs from the real program: python docs/pictures.py (needs rsvg-convert)."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

from bptui.core import Timeline, read
from bptui.tui.app import BptuiApp

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "scenarios"
PICTURES = {
    "tanh4": ("tanh4", (110, 30), 15),
    "layers4": ("layers4", (110, 34), 14),
    "nested4": ("nested4", (80, 24), 8),
}
"""Name: scenario, columns and rows, position."""


async def screenshot(scenario: str, size: tuple[int, int], position: int) -> str:
    """The screen at a position, as SVG without the web font that Textual refers to."""
    app = BptuiApp(Timeline(read(SCENARIOS / f"{scenario}.toml")))
    async with app.run_test(size=size) as pilot:
        for _ in range(position):
            await pilot.press("s")
        svg = app.export_screenshot()
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", "DejaVu Sans Mono").replace("<text ", '<text xml:space="preserve" ')


for name, picture in PICTURES.items():
    svg = asyncio.run(screenshot(*picture))
    subprocess.run(["rsvg-convert", "--zoom", "1", "-o", HERE / f"{name}.png"], input=svg.encode(), check=True)
