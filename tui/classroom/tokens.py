"""The two tokens of a class: shown once, kept hashed, gone with the class."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Literal

Role = Literal["teacher", "student"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base32: five bits each, without i, l, o and u."""
_LENGTH = 16
"""Characters of a token: 80 bits."""
_GROUP = 4
_LONGEST = 64
"""Characters of the longest text that is looked at: a token, with many blanks between."""
_AS_READ = str.maketrans({"-": None, "o": "0", "i": "1", "l": "1"})


class Tokens:
    """Who may come in, and as whom; it knows the digests of the tokens, not the tokens."""

    # A plain fast hash is enough: slow ones make up for passwords that can be guessed, and 80 random bits cannot.
    # It is also right: whoever sends wrong tokens should not be able to keep the server's processor busy.

    def __init__(self, student: bytes, teacher: bytes, expires_at: float) -> None:
        self._student = student
        self._teacher = teacher
        self._expires_at = expires_at

    @staticmethod
    def made(now: float, seconds: float) -> tuple[Tokens, str, str]:
        """New tokens that hold for so many seconds: what knows them, the class's, and the teacher's."""
        student, teacher = _random(), _random()
        return Tokens(_digest(student), _digest(teacher), now + seconds), student, teacher

    def role(self, text: str, now: float) -> Role | None:
        """As whom this token lets its owner in, however it was typed; None for a wrong or an expired one."""
        if len(text) > _LONGEST:
            return None
        digest = _digest(text)
        # both are always compared: the time that it takes says nothing
        is_teacher = hmac.compare_digest(digest, self._teacher)
        is_student = hmac.compare_digest(digest, self._student)
        if now >= self._expires_at:
            return None
        if is_teacher:
            return "teacher"
        return "student" if is_student else None


def _random() -> str:
    characters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(characters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def _digest(text: str) -> bytes:
    """Of what is meant: case, blanks and '-' do not count, and look-alikes are the digits that they look like."""
    meant = "".join(text.split()).lower().translate(_AS_READ)
    return sha256(meant.encode(errors="backslashreplace")).digest()
