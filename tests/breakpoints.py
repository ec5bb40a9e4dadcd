"""Breakpoints through real keys: typing a condition, running to its hits, and when the loss of xor is small."""

import math
from collections.abc import Sequence

import numpy as np
import screens
from textual.pilot import Pilot
from textual.widgets import Input

from bptui.core import read


async def offered(pilot: Pilot[None]) -> Input:
    """Open the prompt of `b`."""
    await screens.press(pilot, "b")
    await screens.until(pilot, lambda: bool(pilot.app.screen.query(Input)))
    return pilot.app.screen.query_one(Input)


async def stop_at(pilot: Pilot[None], *conditions: str) -> list[str]:
    """Type each condition over what is offered, and press Enter; returns the screen."""
    for condition in conditions:
        await offered(pilot)
        rows = await screens.press(pilot, *condition, "enter")
    return rows


async def run(pilot: Pilot[None], key: str) -> list[int]:
    """The positions that a key runs to, until it stays."""
    position, found = screens.debugger(pilot).position, []
    while True:
        rows = await screens.press(pilot, key)
        if screens.debugger(pilot).position == position:
            assert f"no breakpoint hit {'ahead' if key == 'c' else 'behind'}" in rows[-2]
            return found
        assert "● " in rows[-2]
        position = screens.debugger(pilot).position
        found.append(position)


async def assert_hits(pilot: Pilot[None], positions: Sequence[int]) -> None:
    """From the start on, back from the last one, and back from the end to the last one before it."""
    await screens.press(pilot, "0")
    assert await run(pilot, "c") == list(positions)
    assert await run(pilot, "C") == list(positions[-2::-1])
    await screens.press(pilot, "G")
    end = screens.debugger(pilot).position
    await screens.press(pilot, "C")
    assert screens.debugger(pilot).position == max((p for p in positions if p < end), default=end)


def xor_losses(iterations: int = 100) -> list[float]:
    """The loss in each iteration of xor, trained with Adam."""
    start = read(screens.FOLDER / "xor.toml").parameters  # they are drawn
    theta = [float(x) for name in ("W1", "b1", "W2", "b2") for x in np.ravel(start[name])]
    m, v, losses = [0.0] * 17, [0.0] * 17, []
    for t in range(1, iterations + 1):
        loss, g = 0.0, [0.0] * 17
        for x1, x2, y in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)):
            a = [math.tanh(theta[2 * i] * x1 + theta[2 * i + 1] * x2 + theta[8 + i]) for i in range(4)]
            z = sum(theta[12 + i] * a[i] for i in range(4)) + theta[16]
            loss += (math.log1p(math.exp(z)) - y * z) / 4
            delta2 = (1 / (1 + math.exp(-z)) - y) / 4
            g[16] += delta2
            for i in range(4):
                delta1 = delta2 * theta[12 + i] * (1 - a[i] ** 2)
                g[12 + i] += delta2 * a[i]
                g[8 + i] += delta1
                g[2 * i] += delta1 * x1
                g[2 * i + 1] += delta1 * x2
        losses.append(loss)
        m = [0.9 * old + 0.1 * new for old, new in zip(m, g, strict=True)]
        v = [0.999 * old + 0.001 * new**2 for old, new in zip(v, g, strict=True)]
        steps = [a / (1 - 0.9**t) / (math.sqrt(b / (1 - 0.999**t)) + 1e-8) for a, b in zip(m, v, strict=True)]
        theta = [old - 0.1 * step for old, step in zip(theta, steps, strict=True)]
    return losses
