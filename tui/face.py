"""How the screen meets its reader: what is asked for, set, remembered, and what the terminal can do, in this order."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from .arrangement import PANES
from .ascii import speaks_unicode
from .commands import COMMANDS, Command
from .looks import Looks
from .numbers import AS_FITS, FORMATS
from .palettes import THEME_NAMES
from .pictures import NONE, PICTURES
from .settings import Settings, with_keys
from .state import State
from .terminal import is_remote, shows_true_colour


class Face(NamedTuple):
    """The theme, the looks, the commands with their keys, and whether signs, mouse and a first hint are wanted."""

    theme: str = THEME_NAMES[0]
    looks: Looks = Looks()
    commands: tuple[Command, ...] = COMMANDS
    is_ascii: bool = False
    mouse: bool = True
    is_new: bool = False


DEFAULT = Face()


def face(
    options: Namespace,
    settings: Settings,
    state: State,
    encoding: str | None,
    environ: Mapping[str, str] = os.environ,
) -> Face:
    """The face of a run with these options in this environment; `encoding` is that of standard output."""
    is_plain = "NO_COLOR" in environ or environ.get("TERM") == "linux" or is_remote(environ)
    theme = "terminal" if is_plain and not shows_true_colour(environ) else THEME_NAMES[0]
    remembered = state.theme if state.theme in THEME_NAMES else ""
    mouse = next((wish for wish in (options.mouse, settings.mouse) if wish is not None), not is_remote(environ))
    return Face(
        options.theme or settings.theme or remembered or theme,
        _looks(state),
        with_keys(COMMANDS, settings.keys),
        options.ascii or (not speaks_unicode(environ, encoding) if settings.ascii is None else settings.ascii),
        mouse,
        not state.hinted,
    )


def _looks(state: State) -> Looks:
    """How the screen was left, as far as there still is such a thing."""
    pane = state.pane if state.pane in PANES and (state.pane, state.picture) != ("picture", NONE) else ""
    return Looks(
        next((numbers for numbers in FORMATS if numbers.name == state.numbers), AS_FITS),
        state.picture if state.picture in (*PICTURES, NONE) else Looks().picture,
        pane,
        state.zoomed and bool(pane),
    )


def remembered(state: State, before: Face, after: Face, *, hinted: bool) -> State:
    """What the next run is to know of this one; a theme that nobody has chosen in it stays what it was.

    `hinted` says whether the hint for newcomers was to be seen.
    """
    looks = after.looks
    return msgspec.structs.replace(
        state,
        theme=after.theme if after.theme != before.theme else state.theme,
        numbers=looks.numbers.name,
        picture=looks.picture,
        pane=looks.pane,
        zoomed=looks.zoomed,
        hinted=state.hinted or hinted,
    )
