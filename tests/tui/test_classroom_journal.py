"""The journal of a class: one line for each event, whatever is in it; not too many; no harm where it fails."""

import errno
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from hostile import FORBIDDEN, LABEL
from hypothesis import given
from hypothesis import strategies as st

from bptui.tui.classroom.journal import Journal

NOON = 1_700_000_000.0
"""2023-11-14T22:13:20Z."""
LINE = re.compile(r'(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d) ([a-z-]+)((?: [a-z]+=(?:[^ "]+|"[^"]*"))*)\n')
WORD = re.compile(r' ([a-z]+)=(?:([^ "]+)|"([^"]*)")')
ANY_TEXT = st.text(st.characters()) | st.lists(st.sampled_from([*" \"'=\\\n\r\tx", *FORBIDDEN])).map("".join)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def words_of(line: str) -> list[tuple[str, str]]:
    """The words of one line, as a reader takes it apart."""
    match = LINE.fullmatch(line)
    assert match, line
    return [(key, bare or quoted) for key, bare, quoted in WORD.findall(match[3])]


def written(**words: object) -> str:
    stream = StringIO()
    Journal(stream, Clock()).event("login", **words)
    return stream.getvalue()


# ---- a line ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def _an_hour_and_a_half_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XYZ-1:30")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_an_hour_and_a_half_east")
def test_the_time_the_event_and_its_words() -> None:
    line = written(role="student", address="192.0.2.1", name="Jürgen K", asked=(80, 24), why="")
    assert line == (
        '2023-11-14T23:43:20+01:30 login role=student address=192.0.2.1 name="Jürgen K" asked="(80, 24)" why=""\n'
    )


@pytest.mark.usefixtures("_an_hour_and_a_half_east")
def test_seconds_are_not_rounded_up() -> None:
    stream, clock = StringIO(), Clock()
    clock.now += 0.999
    Journal(stream, clock).event("end")
    assert stream.getvalue() == "2023-11-14T23:43:20+01:30 end\n"


def test_hostile_text_is_seen_and_not_obeyed() -> None:
    ((_, name),) = words_of(written(name=LABEL))
    assert name.startswith(r"\x1b[31mred \x07bell \x1b]0;owned\x07 \x9b31m \u202elive")


def test_what_looks_like_more_words_is_one() -> None:
    line = written(name='x role=teacher" role="teacher', said="it's", role="student")
    assert words_of(line) == [("name", r"x role=teacher\x22 role=\x22teacher"), ("said", "it's"), ("role", "student")]


@given(ANY_TEXT, ANY_TEXT)
def test_any_text_is_one_line(first: str, second: str) -> None:
    line = written(a=first, b=second)
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert [key for key, _ in words_of(line)] == ["a", "b"]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters='"'), max_size=80))
def test_plain_text_comes_back(text: str) -> None:
    assert words_of(written(a=text)) == [("a", text)]


@given(ANY_TEXT.map(lambda text: text + "x" * 81), st.sampled_from([1, 10_000]))
def test_a_long_text_is_cut(text: str, times: int) -> None:
    ((_, value),) = words_of(written(a=text * times))
    assert len(value.replace(r"\x22", '"')) <= 80
    assert value.endswith("…")


def test_eighty_characters_are_not_cut() -> None:
    assert words_of(written(a="x" * 80, b="x" * 81)) == [("a", "x" * 80), ("b", "x" * 79 + "…")]


# ---- the stream -----------------------------------------------------------------------------------------------------


def test_each_line_is_there_at_once(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    with file.open("w", encoding="utf-8") as stream:
        journal = Journal(stream, Clock())
        for lines in (1, 2, 3):
            journal.event("login", number=lines)
            assert file.read_text("utf-8").count("\n") == lines


def test_a_name_that_the_encoding_lacks_does_not_end_it() -> None:
    data = BytesIO()
    with TextIOWrapper(data, encoding="ascii") as stream:
        journal = Journal(stream, Clock())
        journal.event("login", name="Jürgen")
        journal.event("end", name="😀" * 100)
        first, second = data.getvalue().decode("ascii").splitlines(keepends=True)
    assert words_of(first) == [("name", r"J\xfcrgen")]
    assert words_of(second)[0][1].startswith(r"\U0001f600")


def test_without_a_stream_nothing_happens() -> None:
    clock = Clock()
    journal = Journal(None, clock)
    for _ in range(1_000):
        journal.event("login", name="x")
    clock.now += 1
    journal.event("end")
    journal.close()


class Broken(StringIO):
    """A stream that fails once, in the writing or in the flushing; what comes after would be welcome again."""

    def __init__(self, what: str, error: Exception) -> None:
        super().__init__()
        self.what, self.error, self.calls = what, error, Counter[str]()

    def write(self, text: str) -> int:
        self._called("write")
        return super().write(text)

    def flush(self) -> None:
        self._called("flush")
        super().flush()

    def _called(self, what: str) -> None:
        self.calls[what] += 1
        if what == self.what and self.calls[what] == 2:
            raise self.error


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("what", ["write", "flush"])
@pytest.mark.parametrize("error", [FULL, BrokenPipeError(), BlockingIOError(), ValueError("I/O operation on closed")])
def test_after_an_error_nothing_is_written(what: str, error: Exception) -> None:
    stream = Broken(what, error)
    journal = Journal(stream, Clock())
    for number in range(1_000):
        journal.event("login", number=number)
    journal.close()
    assert stream.calls["write"] == 2
    assert words_of(stream.getvalue().splitlines(keepends=True)[0]) == [("number", "0")]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
def test_a_full_disk() -> None:
    stream = open("/dev/full", "w", encoding="utf-8")  # noqa: SIM115 - closing it fails, as what it holds has no place
    journal = Journal(stream, Clock())
    journal.event("login")
    journal.event("end")
    with pytest.raises(OSError, match="No space left"):
        stream.close()


def test_a_stream_that_somebody_closed() -> None:
    stream = StringIO()
    journal = Journal(stream, Clock())
    stream.close()
    journal.event("login")
    journal.close()
    assert stream.closed


# ---- a flood --------------------------------------------------------------------------------------------------------


def test_of_a_flood_a_hundred_lines_a_second_are_written() -> None:
    stream, clock = StringIO(), Clock()
    journal = Journal(stream, clock)
    for _ in range(1_000):
        journal.event("refused", address="192.0.2.1")
        clock.now += 1 / 1_024
    assert stream.getvalue().count("\n") == 100
    clock.now = NOON + 1
    journal.event("login", name="x")
    *flood, left_out, login = stream.getvalue().splitlines(keepends=True)
    assert len(flood) == 100
    assert words_of(left_out) == [("lines", "900")]
    assert left_out.split()[1] == "left-out"
    assert words_of(login) == [("name", "x")]


@given(st.lists(st.tuples(st.integers(1, 150), st.sampled_from([0.0, 0.25, 1.0, 7.5, -0.5]))))
def test_each_event_is_written_or_counted(bursts: list[tuple[int, float]]) -> None:
    """Whatever the clock does, even when it is set back a little; the last line, at the end, is one more."""
    stream, clock = StringIO(), Clock()
    journal = Journal(stream, clock)
    for events, seconds in bursts:
        for _ in range(events):
            journal.event("refused")
        clock.now += seconds
    journal.close()
    lines = stream.getvalue().splitlines(keepends=True)
    left_out = [int(words_of(line)[0][1]) for line in lines if " left-out " in line]
    assert all(left_out)
    assert len(lines) - len(left_out) + sum(left_out) == sum(events for events, _ in bursts)
    if all(seconds >= 0 for _, seconds in bursts):
        assert max(Counter(line.split()[0] for line in lines).values(), default=0) <= 101


def test_a_clock_that_is_set_back_does_not_silence_it() -> None:
    stream, clock = StringIO(), Clock()
    journal = Journal(stream, clock)
    for _ in range(150):
        journal.event("refused")
    clock.now -= 3_600
    journal.event("login", name="x")
    *_, left_out, login = stream.getvalue().splitlines(keepends=True)
    assert (words_of(left_out), words_of(login)) == ([("lines", "50")], [("name", "x")])


def test_nothing_is_left_out_unsaid_at_the_end() -> None:
    stream = StringIO()
    journal = Journal(stream, Clock())
    for _ in range(103):
        journal.event("refused")
    journal.close()
    journal.event("late")
    journal.close()
    *_, last = stream.getvalue().splitlines(keepends=True)
    assert stream.getvalue().count("\n") == 101
    assert words_of(last) == [("lines", "3")]
