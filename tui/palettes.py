"""The colours of the screen: a palette has one for each role, safe for eyes that do not tell all colours apart."""

from __future__ import annotations

from typing import NamedTuple


class Palette(NamedTuple):
    """The colours of a theme: what lies behind the text, the text, and the other roles of spans."""

    name: str
    is_dark: bool
    background: str
    surface: str
    panel: str
    foreground: str
    dim: str
    now: str
    forward: str
    backward: str
    update: str
    alert: str
    plus: str
    minus: str


# The hues are those of Okabe and Ito ("Color universal design", 2002): sky blue, orange, bluish green, yellow, a red; a
# number's sign is blue or vermilion. The lightness of each is chosen so that it is told from the others where hues fall
# together: in protanopia and deuteranopia red and green, in tritanopia blue and green.
# fmt: off
PALETTES = (
    Palette("dark",     True,  "#14161b", "#1b1e25", "#22262f", "#dde1e8", "#8b93a3",
            now="#fff066", forward="#8cc4ff", backward="#f0a020", update="#2fa37d", alert="#f4435f",
            plus="#45b8f5", minus="#f2683c"),
    Palette("light",    False, "#fbfbf8", "#f1f1ed", "#e6e6e1", "#1a1c21", "#666c78",
            now="#5a0a8c", forward="#0a64e0", backward="#96640a", update="#15614c", alert="#8f0012",
            plus="#005288", minus="#a84a12"),
    Palette("contrast", True,  "#000000", "#0c0c0c", "#1a1a1a", "#ffffff", "#aab0bc",
            now="#ffef84", forward="#a8d0ff", backward="#ffa800", update="#4cc09a", alert="#ff6470",
            plus="#30b8ff", minus="#ff7a40"),
    Palette("terminal", True,  "ansi_default", "ansi_default", "ansi_default", "ansi_default", "ansi_bright_black",
            now="ansi_magenta", forward="ansi_cyan", backward="ansi_yellow", update="ansi_bright_blue",
            alert="ansi_red", plus="ansi_cyan", minus="ansi_red"),
)
# fmt: on
"""`terminal` has colours that the terminal itself defines; not its green, which few eyes tell from its yellow in all.

The first is the one that is shown where none is asked for.
"""
THEME_NAMES = tuple(palette.name for palette in PALETTES)
