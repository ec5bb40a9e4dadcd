"""The debugger's screen as a picture: what `bptui export FILE --to svg` writes."""

from __future__ import annotations

import asyncio
import re

from bptui.core.timeline import Timeline


def svg(timeline: Timeline, position: int, size: tuple[int, int] = (120, 40)) -> str:
    """The screen at a position, in so many columns and rows, as SVG that refers to nothing outside."""
    drawn = asyncio.run(_screenshot(timeline, timeline.reach(position), size))
    drawn = re.sub(r"@font-face \{.*?\}|<!--.*?-->", "", drawn, flags=re.DOTALL)  # a font of the web, and whose it is
    drawn = drawn.replace("Fira Code", "DejaVu Sans Mono")
    return drawn.replace("<text ", '<text xml:space="preserve" ')  # some viewers drop blanks at the ends


async def _screenshot(timeline: Timeline, position: int, size: tuple[int, int]) -> str:
    from .app import BptuiApp  # late: it brings Textual, which no other export needs
    from .debugger import Debugger

    app = BptuiApp(timeline)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, Debugger)
        app.screen.position = position
        await pilot.pause()
        return app.export_screenshot()
