"""The themes' colours: what is to be told apart is, by every eye, and all of it can be read."""

import math
import re
from itertools import combinations, pairwise

import pytest
from textual.app import App

from bptui.tui.palettes import PALETTES, THEME_NAMES, Palette
from bptui.tui.themes import THEMES, theme

Triple = tuple[float, float, float]

TOLD_APART = 12.0
"""CIEDE2000: 1 is the least that is seen side by side on a large field; thin letters far apart need ten times that."""
OPPOSITES = 20.0
"""Of what says forward or backward, + or -."""
COLOURED = [palette for palette in PALETTES if palette.name != "terminal"]
TEXTS = ("foreground", "dim", "now", "forward", "backward", "update", "alert", "plus", "minus")
BESIDE = [
    *combinations(("foreground", "now", "forward", "backward", "update", "alert"), 2),
    *combinations(("foreground", "dim", "plus"), 2),
    *combinations(("foreground", "dim", "minus"), 2),
]

# Machado, Oliveira & Fernandes, "A physiologically-based model for simulation of color vision deficiency", IEEE TVCG
# 15 (6), 2009: the matrices for severity 1.0 on linear RGB, from the table of the authors' supplementary page.
VISIONS: dict[str, tuple[Triple, Triple, Triple]] = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
"""Linear sRGB to XYZ (IEC 61966-2-1)."""
WHITE = (0.95047, 1.0, 1.08883)
"""D65."""


def times(matrix: tuple[Triple, Triple, Triple], x: Triple) -> Triple:
    a, b, c = (sum(cell * value for cell, value in zip(row, x, strict=True)) for row in matrix)
    return a, b, c


def linear(colour: str) -> Triple:
    """The linear channels of #rrggbb."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return r, g, b


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio of relative luminances."""
    dark, light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other)))
    return (light + 0.05) / (dark + 0.05)


def seen(colour: str, vision: str) -> Triple:
    """The colour in CIE L*a*b*, as this vision sees it."""
    r, g, b = (min(max(c, 0.0), 1.0) for c in times(VISIONS[vision], linear(colour)))
    ratios = (value / white for value, white in zip(times(XYZ, (r, g, b)), WHITE, strict=True))
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in ratios)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one: Triple, other: Triple) -> float:
    """Sharma, Wu & Dalal, Color Research and Application 30 (1), 2005, equations 2 to 22, all weights 1."""
    mean = (math.hypot(*one[1:]) + math.hypot(*other[1:])) / 2
    stretch = 1.5 - 0.5 * math.sqrt(mean**7 / (mean**7 + 25**7))
    (L1, C1, h1), (L2, C2, h2) = (
        (L, math.hypot(a * stretch, b), math.degrees(math.atan2(b, a * stretch)) % 360) for L, a, b in (one, other)
    )
    turn = (h2 - h1 + 180) % 360 - 180 if C1 * C2 else 0.0
    if abs(h2 - h1) == 180 and C1 * C2:
        turn = h2 - h1
    dL, dC, dH = L2 - L1, C2 - C1, 2 * math.sqrt(C1 * C2) * math.sin(math.radians(turn / 2))
    L, C, h = (L1 + L2) / 2, (C1 + C2) / 2, h1 + h2
    if C1 * C2:
        h = h / 2 if abs(h1 - h2) <= 180 else (h + 360) / 2 if h < 360 else (h - 360) / 2
    T = (
        1
        - 0.17 * math.cos(math.radians(h - 30))
        + 0.24 * math.cos(math.radians(2 * h))
        + 0.32 * math.cos(math.radians(3 * h + 6))
        - 0.20 * math.cos(math.radians(4 * h - 63))
    )
    S_L = 1 + 0.015 * (L - 50) ** 2 / math.sqrt(20 + (L - 50) ** 2)
    S_C, S_H = 1 + 0.045 * C, 1 + 0.015 * C * T
    rotation = -math.sin(math.radians(60 * math.exp(-(((h - 275) / 25) ** 2)))) * 2 * math.sqrt(C**7 / (C**7 + 25**7))
    l, c, H = dL / S_L, dC / S_C, dH / S_H  # noqa: E741
    return math.sqrt(l * l + c * c + H * H + rotation * c * H)


def colour(palette: Palette, role: str) -> str:
    found = getattr(palette, role)
    assert isinstance(found, str)
    return found


# ---- the measures


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [  # pairs 1, 4, 7, 9, 11, 13, 17, 25, 29 and 34 of table 1
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
        ((50.0, -0.001, 2.49), (50.0, 0.0009, -2.49), 4.8045),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_distance_is_the_published_one(one: Triple, other: Triple, expected: float) -> None:
    assert ciede2000(one, other) == pytest.approx(expected, abs=5e-5)
    assert ciede2000(other, one) == pytest.approx(expected, abs=5e-5)


def test_the_contrast_is_the_published_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)  # the lightest grey that passes on white


@pytest.mark.parametrize("vision", VISIONS)
def test_every_vision_sees_grey_as_grey(vision: str) -> None:
    _, a, b = seen("#808080", vision)
    assert math.hypot(a, b) < 0.1
    assert seen("#ffffff", vision)[0] == pytest.approx(100.0, abs=0.01)


# ---- the palettes


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("palette", COLOURED, ids=lambda palette: palette.name)
def test_every_eye_tells_the_roles_apart(palette: Palette, vision: str) -> None:
    def distance(one: str, other: str) -> float:
        return ciede2000(seen(colour(palette, one), vision), seen(colour(palette, other), vision))

    assert [pair for pair in BESIDE if distance(*pair) < TOLD_APART] == []
    assert distance("forward", "backward") >= OPPOSITES
    assert distance("plus", "minus") >= OPPOSITES


@pytest.mark.parametrize("palette", COLOURED, ids=lambda palette: palette.name)
def test_every_text_can_be_read(palette: Palette) -> None:
    least = 7.0 if palette.name == "contrast" else 4.5  # WCAG 2.2, levels AAA and AA
    assert [role for role in TEXTS if contrast(colour(palette, role), palette.background) < least] == []


@pytest.mark.parametrize("palette", COLOURED, ids=lambda palette: palette.name)
def test_what_lies_over_the_background_is_near_it(palette: Palette) -> None:
    layers = (palette.background, palette.surface, palette.panel)
    assert all(1.0 < contrast(below, above) < 1.3 for below, above in pairwise(layers))
    assert contrast(palette.foreground, palette.panel) >= 7.0


def test_the_terminals_own_colours() -> None:
    terminal = PALETTES[-1]
    assert terminal.name == "terminal"
    assert all(re.fullmatch("ansi_[a-z_]+", str(field)) for field in terminal[2:])


# ---- the themes


def test_a_theme_for_each_name() -> None:
    assert THEME_NAMES == ("dark", "light", "contrast", "terminal")
    assert [each.name for each in THEMES] == [f"bptui-{name}" for name in THEME_NAMES]
    assert [theme(name) for name in THEME_NAMES] == list(THEMES)
    assert [each.dark for each in THEMES[:3]] == [True, False, True]
    assert [each.ansi for each in THEMES] == [False, False, False, True]


@pytest.mark.parametrize("name", THEME_NAMES)
async def test_a_theme_is_taken_by_the_screen(name: str) -> None:
    app = App[None]()
    app.register_theme(theme(name))
    app.theme = theme(name).name
    async with app.run_test():
        palette = PALETTES[THEME_NAMES.index(name)]
        for role in ("dim", "now", "forward", "backward", "update", "plus", "minus"):
            assert app.theme_variables[role] == colour(palette, role)
        assert app.current_theme.error == palette.alert
