"""Draws the images of scenarios/digits.npz: python docs/digits.py [FILE].

They are drawn digits, not handwriting, in the layout of the UCI set "Optical Recognition of Handwritten Digits": a
bitmap of 32×32 is divided into blocks of 4×4, and each of the 64 values counts the ink in its block, 0 to 16.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

SEED = 10
COUNT = 1800
SIDE, BLOCK = 32, 4
STEPS = 16
"""Points on the curve from one control point to the next: closer together than the pixels of the bitmap."""
BEND = 0.43
"""How far a control point is moved, in units of the grid."""
DEGREES, SHEAR, SCALE, SHIFT = 15.0, 0.25, (0.75, 1.05), 1.5
"""The largest rotation and shear, the range of width and height, the largest shift in pixels."""
PEN = (1.3, 2.6)
"""The range of the pen's radius in pixels."""

GLYPHS = [
    ["40 21 14 27 48 67 74 61 40", "50 32 25 37 48 66 63 50", "61 30 13 26 48 76 63 41 50"],
    ["40 48", "23 40 / 40 48", "23 40 / 40 48 / 28 68"],
    ["12 30 61 63 36 18 / 18 78", "12 40 72 54 27 17 36 78", "21 50 73 46 18 / 18 68"],
    ["11 40 62 44 / 44 67 48 17", "10 70 / 70 43 / 43 75 58 17", "21 50 62 34 / 34 66 38 17"],
    ["20 15 / 15 75 / 63 58", "50 15 / 15 75 / 50 58", "30 24 55 64 / 70 63 58"],
    ["70 20 / 20 13 / 13 43 75 58 17", "30 24 / 24 64 66 48 17 / 30 70", "60 31 23 44 66 38 17"],
    ["60 23 16 48 76 54 25", "40 24 27 58 66 44 26", "71 40 14 27 58 76 54 26"],
    ["10 70 / 70 38", "10 70 / 70 38 / 24 64", "21 10 41 70 / 70 53 38"],
    ["61 30 12 44 76 48 16 44 72 61", "40 22 44 62 40 / 44 16 48 76 44", "70 31 23 55 66 48 26 54 70"],
    ["71 40 12 34 63 71 / 71 68", "71 40 13 44 72 / 71 75 58 27", "61 30 22 44 62 61 / 61 48"],
]
"""Styles of each digit: strokes, each a smooth curve through points xy of a grid of 0 to 8, x right and y down."""


def curve(points: np.ndarray) -> np.ndarray:
    """(n, 2) control points to (m, 2) points of the Catmull–Rom spline through them; two give a straight line."""
    ends = 2 * points[[0, -1]] - points[[1, -2]]
    p0, p1, p2, p3 = (np.vstack([ends[:1], points, ends[1:]])[i : i + len(points) - 1, None] for i in range(4))
    t = np.linspace(0.0, 1.0, STEPS)[:, None]
    cubic = 2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    return cubic.reshape(-1, 2) / 2


def strokes(glyph: str, draw: np.random.RandomState) -> np.ndarray:
    """(m, 2) points of a glyph about its middle, its control points moved; strokes that meet still do."""
    paths = [path.split() for path in glyph.split("/")]
    names = dict.fromkeys(name for path in paths for name in path)
    moved = {name: np.array([*map(int, name)]) - 4 + draw.uniform(-BEND, BEND, 2) for name in names}
    return np.vstack([curve(np.array([moved[name] for name in path])) for path in paths])


def affine(draw: np.random.RandomState) -> np.ndarray:
    """(2, 2): scale, then shear, then rotate, from units of the grid to pixels."""
    angle = np.radians(draw.uniform(-DEGREES, DEGREES))
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1.0, draw.uniform(-SHEAR, SHEAR)], [0.0, 1.0]])
    return rotation @ shear @ np.diag(draw.uniform(*SCALE, 2)) * (SIDE - 2 * BLOCK) / 8


def image(digit: int, draw: np.random.RandomState) -> np.ndarray:
    """(64,): the ink in each block, row by row."""
    glyph = GLYPHS[digit][draw.randint(len(GLYPHS[digit]))]
    points = strokes(glyph, draw) @ affine(draw).T + SIDE / 2 + draw.uniform(-SHIFT, SHIFT, 2)
    pen = draw.uniform(*PEN)
    x, y = np.square(np.arange(SIDE) + 0.5 - points.T[..., None])
    ink = (x[:, None, :] + y[:, :, None]).min(axis=0) <= pen**2
    blocks = SIDE // BLOCK
    return ink.reshape(blocks, BLOCK, blocks, BLOCK).sum(axis=(1, 3)).reshape(-1)


def draw_all() -> dict[str, np.ndarray]:
    """`images` (1800, 64) and `labels` (1800,), each digit equally often, in random order."""
    draw = np.random.RandomState(SEED)  # the generator whose numbers NumPy has promised never to change
    labels = draw.permutation(np.arange(COUNT) % len(GLYPHS)).astype(np.uint8)
    images = np.array([image(digit, draw) for digit in labels], dtype=np.uint8)
    return {"images": images, "labels": labels}


if __name__ == "__main__":
    default = Path(__file__).parents[1] / "scenarios" / "digits.npz"
    np.savez_compressed(sys.argv[1] if len(sys.argv) > 1 else default, **draw_all())
