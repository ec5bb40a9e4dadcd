"""What the reader has chosen of the screen's looks."""

from __future__ import annotations

from typing import NamedTuple

from .numbers import AS_FITS, Format


class Looks(NamedTuple):
    """The format of numbers, the picture that is shown, the pane that is chosen, and whether it fills the window."""

    numbers: Format = AS_FITS
    picture: str = "network"
    pane: str = ""
    zoomed: bool = False
