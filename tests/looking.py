"""The pages that look closer: numbers in their rows, and layers4 by hand."""

import itertools
import re
import tomllib

import numpy as np
import pytest
import screens
from textual.pilot import Pilot

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?")
at_every_size = pytest.mark.parametrize("size", screens.SIZES)


def numbers(text: str) -> list[float]:
    return [float(number) for number in NUMBER.findall(text)]


def row_of(rows: list[str], start: str) -> str:
    return next(row for row in rows if row.strip().startswith(start))


def sum_of(rows: list[str], cell: str) -> str:
    """The dot product behind a cell, which may go over several rows."""
    first = next(i for i, row in enumerate(rows) if row.startswith(f" {cell} ="))
    return " ".join(itertools.takewhile(bool, map(str.strip, rows[first:])))


async def go_to(pilot: Pilot[None], words: str) -> None:
    """Open the prompt, type, and press Enter."""
    await screens.press(pilot, "g")
    await screens.enter(pilot, words)
    screens.debugger(pilot)


def layers4() -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """By NumPy from the file, counted from 1: the activations (the first of them is x), the weights, the deltas."""
    file = tomllib.loads((screens.FOLDER / "layers4.toml").read_text())
    column = {name: np.reshape(x, (-1, 1)) for name, x in {**file["input"], **file["target"]}.items()}
    functions = {
        "tanh": (np.tanh, lambda u: 1 - np.tanh(u) ** 2),
        "sigmoid": (lambda u: 1 / (1 + np.exp(-u)), lambda u: np.exp(-u) / (1 + np.exp(-u)) ** 2),
        "identity": (lambda u: u, np.ones_like),
    }
    a, W, slopes = [column["x"]], [np.zeros(0)], [np.zeros(0)]
    for layer in file["layer"]:
        phi, slope = functions[layer["activation"]]
        u = np.array(layer["W"]) @ a[-1] + np.reshape(layer["b"], (-1, 1))
        a.append(phi(u))
        W.append(np.array(layer["W"]))
        slopes.append(slope(u))
    delta = [np.zeros(0)] * 4 + [(a[4] - column["y"]) * slopes[4]]
    for layer in (3, 2, 1):
        delta[layer] = (W[layer + 1].T @ delta[layer + 1]) * slopes[layer]
    return a, W, delta
