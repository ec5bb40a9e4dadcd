"""The lines of an event of scalars, quickly: in every iteration they are the same but for their numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from .frame import sealed
from .records import EventLine
from .sentences import Sentence

_HOLES = re.compile(rb'"@(\d+)"')
_encode = msgspec.json.Encoder().encode

Record = Callable[[int, str, Sequence[str], str], EventLine]
"""The record of the event, of a negative number and iteration, with this text, these operands and this result."""


class Template:
    """Made from the record itself, so that its keys and their order are the same."""

    def __init__(self, sentence: Sentence, count: int, record: Record) -> None:
        self.sentence = sentence
        self._count = count
        self._record = record
        self._bodies: dict[tuple[bool, ...], bytes] = {}
        self._order: list[int] = []
        self._is_in_order = False

    def line(self, n: int, iteration: int, operands: Sequence[float], result: float) -> bytes:
        """The line with these numbers, all finite; `iteration` counts from 1."""
        numbers, negative = self.sentence.numbers(operands)
        body = self._bodies.get(negative) or self._body(negative)
        values = (*operands, result)
        if not self._is_in_order:
            values = tuple([values[i] for i in self._order])
        return sealed(body % (n, *numbers, result, iteration, *map(_encode, values)))

    def _body(self, negative: tuple[bool, ...]) -> bytes:
        """What stands before the CRC-32, with holes for the numbers, where these operands are negative."""
        terms = [f"@{i}" for i in range(self._count)]
        body = _encode(self._record(-1, self.sentence.format(negative), terms, f"@{self._count}"))[:-1]
        self._order = [int(match[1]) for match in _HOLES.finditer(body)]
        self._is_in_order = self._order == list(range(self._count + 1))
        body = (
            _HOLES.sub(b"%b", body)
            .replace(b'"n":-1,', b'"n":%d,', 1)
            .replace(b'"iteration":-1,', b'"iteration":%d,', 1)
        )
        self._bodies[negative] = body
        return body
