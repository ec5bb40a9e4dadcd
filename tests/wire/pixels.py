"""The pixels of a picture that Chromium has made."""

import struct
import zlib
from collections.abc import Iterator

Colour = tuple[int, ...]
"""Red, green and blue, each from 0 to 255."""


def pixels(png: bytes) -> list[list[Colour]]:
    """The colours of a PNG without transparency, row by row."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind) in ((8, 2), (8, 6)), "8 bits a channel, in colour"
    step = 3 if kind == 2 else 4
    data = zlib.decompress(b"".join(_chunks(png)))
    row, rows = bytearray(width * step), []
    for start in range(0, height * (width * step + 1), width * step + 1):
        row = _unfiltered(data[start], data[start + 1 : start + 1 + width * step], row, step)
        rows.append([tuple(row[at : at + 3]) for at in range(0, len(row), step)])
    return rows


def _chunks(png: bytes) -> Iterator[bytes]:
    at = 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        if kind == b"IDAT":
            yield png[at + 8 : at + 8 + length]
        at += 12 + length


def _unfiltered(kind: int, data: bytes, above: bytearray, step: int) -> bytearray:
    """A row of bytes: each is written as the difference from what its neighbours let expect."""
    row = bytearray(data)
    for at in range(len(row)):
        left, over, corner = (row[at - step], above[at], above[at - step]) if at >= step else (0, above[at], 0)
        expected = (0, left, over, (left + over) // 2, _nearest(left, over, corner))[kind]
        row[at] = (row[at] + expected) & 255
    return row


def _nearest(left: int, over: int, corner: int) -> int:
    return min((left, over, corner), key=lambda each: abs(left + over - corner - each))
