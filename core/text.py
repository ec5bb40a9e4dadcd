"""Text made safe to show."""

from __future__ import annotations


def visible(text: str) -> str:
    """The text with every control, bidirectional, surrogate and other unprintable character written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def short(text: str, most: int = 40) -> str:
    """The beginning of a text that may be far too long for a message."""
    return text if len(text) <= most else text[: most - 1] + "…"
