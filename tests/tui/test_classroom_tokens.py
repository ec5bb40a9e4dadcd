"""The tokens of a class: what they are made of, however they are typed, and that nothing of them is kept."""

import hmac
import pickle
import re
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bptui.tui.classroom.tokens import Tokens

NOW, SECONDS = 1_000.0, 3_600.0
SHAPE = re.compile(r"[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}")
TYPED = {"0": "0oO", "1": "1iIlL"}
"""How a digit may be typed; a letter, in its two cases."""


def drawn(seed: int) -> tuple[Tokens, str, str]:
    """Tokens that are the same for the same seed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("secrets.choice", Random(seed).choice)
        return Tokens.made(NOW, SECONDS)


@st.composite
def as_typed(draw: st.DrawFn, token: str) -> str:
    """The token by another hand: other cases, look-alikes, and '-' and blanks wherever it pleases."""
    typed = [draw(st.sampled_from(TYPED.get(each, each + each.upper()))) for each in token.replace("-", "")]
    return "".join(draw(st.sampled_from(["", "", "-", " ", "\t", "\N{NO-BREAK SPACE}"])) + each for each in typed)


def test_eighty_bits_in_four_groups() -> None:
    made = [token for _ in range(200) for token in Tokens.made(NOW, SECONDS)[1:]]
    assert all(SHAPE.fullmatch(token) for token in made)
    assert len(set(made)) == 400
    assert len(set("".join(made)) - {"-"}) == 32  # 5 bits each, 16 of them


def test_each_token_has_its_role() -> None:
    tokens, student, teacher = Tokens.made(NOW, SECONDS)
    assert (tokens.role(student, NOW), tokens.role(teacher, NOW)) == ("student", "teacher")


@given(st.integers(0), st.data())
def test_however_it_is_typed(seed: int, data: st.DataObject) -> None:
    tokens, student, teacher = drawn(seed)
    assert tokens.role(data.draw(as_typed(student)), NOW) == "student"
    assert tokens.role(data.draw(as_typed(teacher)), NOW) == "teacher"


@given(st.integers(0), st.integers(0, 15), st.sampled_from("0123456789abcdefghjkmnpqrstvwxyz"))
def test_one_wrong_character_is_enough(seed: int, at: int, other: str) -> None:
    tokens, student, _ = drawn(seed)
    plain = student.replace("-", "")
    changed = plain[:at] + other + plain[at + 1 :]
    assert tokens.role(changed, NOW) == ("student" if changed == plain else None)
    assert tokens.role(plain[:at] + plain[at + 1 :], NOW) is None
    assert tokens.role(plain[:at] + other + plain[at:], NOW) is None


@given(st.text(st.characters()))
@example("\ud800")
@example("\0")
@example("İ" * 64)
def test_any_other_text_is_none(text: str) -> None:
    assert Tokens.made(NOW, SECONDS)[0].role(text, NOW) is None


def test_a_text_that_is_too_long_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, student, _ = Tokens.made(NOW, SECONDS)
    assert tokens.role(student.ljust(64), NOW) == "student"

    def never(_: bytes) -> None:
        raise AssertionError("it was hashed")

    monkeypatch.setattr("bptui.tui.classroom.tokens.sha256", never)
    assert tokens.role(student.ljust(65), NOW) is None
    with pytest.raises(AssertionError, match="it was hashed"):
        tokens.role(student, NOW)


def test_they_expire_with_the_class() -> None:
    tokens, student, teacher = Tokens.made(NOW, SECONDS)
    assert tokens.role(student, NOW + SECONDS - 0.5) == "student"
    for late in (NOW + SECONDS, NOW + SECONDS + 1e9):
        assert tokens.role(student, late) is None
        assert tokens.role(teacher, late) is None


def test_both_are_compared_whatever_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, student, teacher = Tokens.made(NOW, SECONDS)
    compared: list[bytes] = []
    compare = hmac.compare_digest

    def counted(given: bytes, kept: bytes) -> bool:
        compared.append(kept)
        return compare(given, kept)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    for text, now in [(student, NOW), (teacher, NOW), ("wrong", NOW), ("", NOW), (student, NOW + SECONDS)]:
        compared.clear()
        tokens.role(text, now)
        assert len(set(compared)) == len(compared) == 2


def test_nothing_of_them_is_kept() -> None:
    tokens, *made = Tokens.made(NOW, SECONDS)
    kept = pickle.dumps(tokens)
    for token in made:
        for form in (token, token.replace("-", "")):
            assert form not in repr(tokens) + str(tokens) + repr(vars(tokens))
            assert form.encode() not in kept
    for digest in (each for each in vars(tokens).values() if isinstance(each, bytes)):
        assert digest.hex() not in repr(tokens)
        assert repr(digest) not in repr(tokens)
