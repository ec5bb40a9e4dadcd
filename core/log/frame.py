"""The frame of a line: a JSON object whose last key is the CRC-32 of the bytes before it, and a newline."""

from __future__ import annotations

from zlib import crc32

import msgspec

_MARK = b',"crc":"'
_TAIL = len(_MARK) + len('01234567"}\n')
_encode = msgspec.json.Encoder().encode


def framed(record: object) -> bytes:
    """A line of this record, as UTF-8 text. JSON escapes control characters itself."""
    return sealed(_encode(record)[:-1])


def printable(record: object) -> bytes:
    """A line of what a person or a file has said: what is not printable, bidirectional text among it, is escaped."""
    body = _encode(record)[:-1]
    if not (text := body.decode()).isprintable():
        body = "".join(c if c.isprintable() else _escaped(c) for c in text).encode()
    return sealed(body)


def sealed(body: bytes) -> bytes:
    """The line of a JSON object without its closing brace."""
    return b'%b,"crc":"%08x"}\n' % (body, crc32(body))


def is_whole(line: bytes) -> bool:
    """Whether a line with its newline is what was written: framed, and not a bit changed."""
    body = line[:-_TAIL]
    return line[-_TAIL:] == b'%b%08x"}\n' % (_MARK, crc32(body)) and line[:1] == b"{"


def body_of(line: bytes) -> bytes:
    """What a line says, without its CRC-32: a JSON object again."""
    return line[:-_TAIL] + b"}"


def _escaped(character: str) -> str:
    """A character as JSON escapes it: beyond U+FFFF as two surrogates."""
    return "".join(f"\\u{int.from_bytes(unit, 'big'):04x}" for unit in _units(character))


def _units(character: str) -> list[bytes]:
    code = character.encode("utf-16-be", "surrogatepass")
    return [code[at : at + 2] for at in range(0, len(code), 2)]
