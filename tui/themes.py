"""The palettes as themes of Textual."""

from __future__ import annotations

from textual.theme import Theme

from .palettes import PALETTES, Palette


def _theme(palette: Palette) -> Theme:
    is_ansi = palette.background.startswith("ansi_")
    variables = {
        "dim": palette.dim,
        "now": palette.now,
        "forward": palette.forward,
        "backward": palette.backward,
        "update": palette.update,
        "plus": palette.plus,
        "minus": palette.minus,
        "input-cursor-background": "ansi_white" if is_ansi else palette.foreground,
        "input-cursor-foreground": "ansi_black" if is_ansi else palette.background,
    }
    if is_ansi:
        variables |= {"ansi-background": "ansi_black", "ansi-foreground": "ansi_white"}
    return Theme(
        name=f"bptui-{palette.name}",
        primary=palette.forward,
        secondary=palette.plus,
        warning=palette.backward,
        error=palette.alert,
        success=palette.update,
        accent=palette.now,
        foreground=palette.foreground,
        background=palette.background,
        surface=palette.surface,
        panel=palette.panel,
        boost="ansi_default" if is_ansi else None,
        dark=palette.is_dark,
        ansi=is_ansi,
        variables=variables,
    )


THEMES = tuple(map(_theme, PALETTES))
"""Registered as bptui-dark, bptui-light, bptui-contrast and bptui-terminal."""


def theme(name: str) -> Theme:
    """The theme of a name in THEME_NAMES."""
    return next(each for each in THEMES if each.name == f"bptui-{name}")
