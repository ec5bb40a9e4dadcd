"""What is told in a class: every message is read again, usual ones are short, and nothing else is taken for one."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rooms import ANSWER, FROM_SESSIONS, STEPS, TO_SESSIONS

from bptui.tui.classroom.messages import LONGEST, Along, Asking, Back, Closed, Message, Reader, Standing, encoded
from bptui.tui.classroom.steps import MOST_CHANGES, Dropped, Edited, Kept, Looked, Moved, Noted, Selected

ALL = [*STEPS, *FROM_SESSIONS, *TO_SESSIONS]
KINDS = sorted({json.loads(encoded(message))[0] for message in ALL})


def read(data: bytes) -> list[Message]:
    return list(Reader().feed(data))


@pytest.mark.parametrize("message", ALL, ids=lambda message: type(message).__name__)
def test_what_was_told_is_heard(message: Message) -> None:
    line = encoded(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert read(line) == [message]
    assert [type(heard) for heard in read(line)] == [type(message)]


def test_there_is_one_of_each_kind_here() -> None:
    assert {type(message) for message in ALL} == set(get_args(Message))


@given(st.lists(st.sampled_from(ALL), max_size=6), st.data())
def test_lines_that_come_in_pieces(messages: list[Message], data: st.DataObject) -> None:
    text, reader, heard = b"".join(map(encoded, messages)), Reader(), []
    while text:
        size = data.draw(st.integers(1, len(text)))
        heard += reader.feed(text[:size])
        text = text[size:]
    assert heard == messages


@given(st.text(max_size=200), st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 1 << 53))
def test_any_text_and_any_number(text: str, number: float, position: int) -> None:
    messages: list[Message] = [Noted(position, text), Edited(1, text[:80], (0, 3), number), Moved(position)]
    assert read(b"".join(map(encoded, messages))) == messages


@pytest.mark.parametrize(
    "message",
    [
        Moved(12),
        Moved(1_700_000),
        Selected(3),
        Selected(None),
        Kept(),
        Dropped(1_700_000),
        Edited(100, "W2", (0, 1), -0.12345678901234567),
        Looked("network", "product", True),
        Noted(12, "Nearly flat here: see how little passes."),
        Back(),
        Along(),
        Asking(1_700_000),
        ANSWER,
        Closed(None),
        Standing(False, "Ms Ray", True, "● recorded"),
    ],
)
def test_usual_messages_take_tens_of_bytes(message: Message) -> None:
    assert len(encoded(message)) <= 99


# ---- what is none


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    _only_value_errors(data + b"\n")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(st.sampled_from(KINDS), st.lists(JSON, max_size=9))
def test_any_list_that_begins_with_a_kind(kind: str, rest: list[object]) -> None:
    _only_value_errors(json.dumps([kind, *rest]).encode() + b"\n")


@given(st.sampled_from(ALL), st.data())
def test_a_message_with_other_bytes_in_it(message: Message, data: st.DataObject) -> None:
    line = encoded(message)
    start = data.draw(st.integers(0, len(line) - 1))
    end = data.draw(st.integers(start, len(line)))
    _only_value_errors(line[:start] + data.draw(st.binary(max_size=8)) + line[end:] + b"\n")


def _only_value_errors(data: bytes) -> None:
    """What is heard can be told; or ValueError, and nothing else."""
    try:
        heard = read(data)
    except ValueError:
        return
    assert read(b"".join(map(encoded, heard))) == heard or b"NaN" in data


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b"\xff\xfe",
        b"null",
        b"{}",
        b"[]",
        b"[" * 200_000,
        b'["moved",' + b"[" * 5_000 + b"]" * 5_000 + b"]",
        b'["edited",1,"x",null,' + b"[" * 100_000 + b"]" * 100_000 + b"]",
        b'["nothing",1]',
        b'["moved"]',
        b'["moved",-1]',
        b'["moved",1.5]',
        b'["moved",true]',
        b'["moved","12"]',
        b'["moved",9007199254740993]',
        b'["moved",' + b"9" * 5_000 + b"]",
        b'["moved",12] ["moved",13]',
        b'["noted",1,"\xff"]',
        b'["noted",1,"' + b"x" * 4_001 + b'"]',
        b'["edited",0,"x",null,3]',
        b'["edited",1,"' + b"x" * 81 + b'",null,3]',
        b'["edited",1,"x",[0,0,0,0,0,0,0,0,0],3]',
        b'["edited",1,"x",null,1e999]',
        b'["opened",1001]',
        b'["stopping",[' + b",".join([b'"nan"'] * (MOST_CHANGES + 1)) + b"]]",
        b'["answered",1,[],NaN,0,false,"",""]',
        b'["answered",1,[],1e999,0,false,"",""]',
        b'["lead",null]',
        b'["away",["moved",1]]',
    ],
    ids=lambda line: repr(line[:24]),
)
def test_what_is_no_message(line: bytes) -> None:
    with pytest.raises(ValueError, match="no message"):
        read(line + b"\n")


def test_a_line_without_an_end() -> None:
    reader = Reader()
    assert list(reader.feed(b"x" * LONGEST)) == []
    with pytest.raises(ValueError, match="a line without an end"):
        list(reader.feed(b"x"))
