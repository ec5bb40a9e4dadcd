"""A hand-out in GitHub-flavoured Markdown; the mathematics is in fences and spans that Markdown does not look into."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..timeline import Timeline
from .display import display
from .handout import Block, Derivation, Heading, Listing, Paragraph, Quote, blocks
from .latex import mathematics
from .words import Words

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "@": "&#64;"}
"""What is Markdown's, HTML's or the mathematics' even behind a backslash."""
_SPECIAL = re.compile(r"[\\`*_\[\]|~#]")
_LIST = re.compile(r"[-+]|[0-9]+(?=[.)])")


def lines(timeline: Timeline, first: int, last: int) -> Iterator[str]:
    """The lines of the hand-out of the steps from position `first` to `last`, both included."""
    for block in blocks(timeline, first, last):
        yield from _block(block)
        yield ""


def escaped(text: str) -> str:
    """A text on one line that Markdown, HTML and GitHub's mathematics leave as it is."""
    text = _SPECIAL.sub(r"\\\g<0>", text)
    text = "".join(_ENTITIES.get(sign, sign) for sign in text)
    if match := _LIST.match(text):
        at = match.end() if match[0].isdecimal() else 0
        return f"{text[:at]}\\{text[at:]}"
    return text


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield f"{'#' * block.level} {escaped(block.text)}".rstrip()
        case Paragraph():
            yield (f"**{block.position}.** " if block.position else "") + _words(block.words)
        case Quote():
            yield f"> {escaped(block.text)}"
        case Listing():
            longest = max(map(len, re.findall("`+", "\n".join(block.lines))), default=0)
            fence = "`" * max(3, longest + 1)
            yield from (f"{fence}text", *block.lines, fence)
        case Derivation():
            yield from ("```math", display(block.left, block.relation, block.parts), "```")


def _words(words: Words) -> str:
    return "".join(escaped(part) if isinstance(part, str) else f"$`{mathematics(part.text)}`$" for part in words)
