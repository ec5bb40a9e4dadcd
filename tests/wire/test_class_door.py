"""Who comes in by SSH, as whom, and that the terminal is carried as it is."""

import asyncio
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from wire.frontdoor import HOST, FrontDoor, Join, closed, in_terminal, wait_until
from wire.school import Seat
from wire.terminal import Terminal

from bptui.tui.classroom.school import Full
from bptui.tui.classroom.seat import RESTORE


@pytest.fixture
def door(tmp_path: Path) -> Iterator[FrontDoor]:
    with FrontDoor(tmp_path) as front_door:
        yield front_door


@pytest.fixture
def join(door: FrontDoor, terminal: Callable[..., Terminal]) -> Join:
    """Open a terminal with `ssh HOST` in it, and wait for the first frame."""
    return partial(door.join, terminal)


# ---- who comes in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "name", "seen"),
    [
        ("anna", "", "anna the student at 81x25"),
        ("class", "  Zoë  B ", "Zoë B the student at 81x25"),
        ("class", "", "student the student at 81x25"),
        ("class", "x" * 25, "student the student at 81x25"),
        ("class", "\x1b[2Jx", "student the student at 81x25"),
    ],
)
def test_a_student_has_a_name(door: FrontDoor, join: Join, user: str, name: str, seen: str) -> None:
    client = join(user=user, env=door.env(name=name), columns=81, rows=25)
    assert client.lines[0] == seen
    client.press(":leave\r")
    assert client.wait_exit() == 0


@pytest.mark.parametrize("user", ["anna", "class", "teacher"])
@pytest.mark.parametrize("role", ["student", "teacher"])
def test_the_token_says_the_role_whatever_the_user_name(door: FrontDoor, join: Join, user: str, role: str) -> None:
    client = join(user=user, env=door.env(token=getattr(door.school, role), name="Emmy"))
    assert client.lines[0] == f"{'anna' if user == 'anna' else 'Emmy'} the {role} at 80x24"


@pytest.mark.parametrize(("user", "seen"), [("anna", "anna the student"), ("class", "student the student")])
def test_the_token_can_be_the_password(join: Join, user: str, seen: str) -> None:
    assert join("-o", "PreferredAuthentications=password", user=user).lines[0] == f"{seen} at 80x24"


def test_the_token_is_asked_for_without_an_echo(door: FrontDoor, terminal: Join) -> None:
    client = terminal(door.argv("HOST", user="class"), env={"HOME": str(door.folder)})
    client.wait_for("Your name, as the teacher sees it:")
    client.press("Emmy\r")
    client.wait_for("Token:")
    client.press(f"{door.school.student}\r")
    client.wait_for("Emmy the student")
    assert door.school.student not in client.raw.decode()
    assert "Emmy\r\n" in client.raw.decode()


async def test_a_long_user_name_is_not_a_name(door: FrontDoor) -> None:
    for user in ("x" * 25, "a" * 1000):
        client = await door.connect(user=user)
        shown = await (await in_terminal(client)).stdout.readline()
        assert shown == b"student the student at 80x24\r\n"
        await closed(client)


def test_the_journal_knows_who_came(door: FrontDoor, join: Join) -> None:
    join(user="class", env=door.env(name="Emmy"))
    assert door.school.events("connection") == [{"address": HOST}]
    assert door.school.events("login") == [{"address": HOST, "name": "Emmy", "role": "student"}]


# ---- a terminal ------------------------------------------------------------------------------------------------------


async def test_every_byte_arrives_as_it_was_sent_in_both_directions(door: FrontDoor) -> None:
    client = await door.connect()
    process = await in_terminal(client)
    await process.stdout.readline()
    sent = bytes(range(256)) * 8 + random.Random(8).randbytes(30_000)
    process.stdin.write(sent)
    assert await asyncio.wait_for(process.stdout.readexactly(len(sent)), 20) == sent
    assert door.school.seats[0].typed == sent
    await closed(client)


async def test_the_size_of_the_window_is_handed_on_whatever_it_is(door: FrontDoor) -> None:
    client = await door.connect()
    process = await in_terminal(client, size=(4_000_000_000, 0))
    assert await process.stdout.readline() == b"anna the student at 4000000000x0\r\n"
    process.change_terminal_size(100, 4_294_967_295)
    wait_until(lambda: door.school.seats[0].sizes[-1] == (100, 4_294_967_295))
    await closed(client)


async def test_of_the_environment_only_plain_words_about_the_terminal_are_taken(door: FrontDoor) -> None:
    client = await door.connect()
    env = {"COLORTERM": "truecolor", "LANG": "de_DE.UTF-8", "LC_ALL": "$(id)", "LC_TIME": "C", "PATH": "/evil"}
    process = await client.create_process(term_type="xterm-256color", env=env, encoding=None)
    await process.stdout.readline()
    assert door.school.seats[0].terminal == {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    assert door.school.forbidden() == ["env"]
    await closed(client)


async def test_a_hostile_terminal_type_is_not_taken(door: FrontDoor) -> None:
    client = await door.connect()
    process = await client.create_process(term_type="../../x\x1b[2J", encoding=None)
    await process.stdout.readline()
    assert door.school.seats[0].terminal == {}
    await closed(client)


def test_what_a_session_says_last_is_seen_and_the_terminal_is_given_back(door: FrontDoor, join: Join) -> None:
    client = join()
    client.press(":end\r")
    assert client.wait_exit() == 1
    assert client.raw.split(b":end\r", 1)[1].startswith(RESTORE + b"the lesson is over\r\n")
    assert door.school.seats[0].is_closed


def test_a_session_that_is_left_says_nothing_more(join: Join) -> None:
    client = join()
    client.press(":leave\r")
    assert client.wait_exit() == 0
    assert client.raw.split(b":leave\r", 1)[1].startswith(b"Connection to ")


def test_a_client_that_vanishes_ends_its_session(door: FrontDoor, join: Join) -> None:
    client = join()
    client.process.kill()
    wait_until(lambda: door.school.seats[0].is_closed)
    assert door.school.seats[0].over.result() == ""


def test_a_client_that_has_nothing_to_type_ends_its_session(door: FrontDoor) -> None:
    done = door.run_client("-tt", "HOST")
    assert done.returncode == 0
    assert done.stdout == "anna the student at 0x0\n"
    assert door.school.seats[0].is_closed


def test_a_full_class_says_so(
    door: FrontDoor, terminal: Callable[..., Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*arguments: object) -> Seat:
        raise Full("the class is full")

    monkeypatch.setattr(door.school, "seat", full)
    client = terminal(door.argv("HOST"), env=door.env())
    assert client.wait_exit() == 1
    assert client.lines[0] == "the class is full"
