"""The front door of SSH: wrong tokens, too many, too slow, too much, faults, and the end."""

import asyncio
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from asyncssh.constants import MSG_GLOBAL_REQUEST
from asyncssh.packet import Boolean, String
from wire.frontdoor import HOST, WRONG, FrontDoor, Join, closed, descriptors, in_terminal, wait_until
from wire.terminal import Terminal

from bptui.tui.classroom import limits
from bptui.tui.classroom.channel import WINDOW
from bptui.tui.classroom.seat import RESTORE


@pytest.fixture
def door(tmp_path: Path) -> Iterator[FrontDoor]:
    with FrontDoor(tmp_path) as front_door:
        yield front_door


@pytest.fixture
def join(door: FrontDoor, terminal: Callable[..., Terminal]) -> Join:
    """Open a terminal with `ssh HOST` in it, and wait for the first frame."""
    return partial(door.join, terminal)


# ---- wrong tokens ----------------------------------------------------------------------------------------------------


def test_after_six_wrong_tokens_an_address_is_held_off_for_a_while(door: FrontDoor) -> None:
    door.run_client("HOST", env=door.env(token=WRONG))
    door.run_client("HOST", env=door.env(token=WRONG), user="class")
    assert [each["n"] for each in door.school.events("wrong-token")] == ["1", "2", "3", "1", "2"]
    done = door.run_client("-T", "HOST")  # with the right one
    assert done.returncode == 255
    assert len(door.school.events("login")) == 0
    assert "wait 60 s" in door.school.told.getvalue()
    door.school.time += limits.HELD_OFF_FOR
    assert door.run_client("-T", "HOST").returncode == 2  # let in, and told that a terminal is missing
    assert len(door.school.events("login")) == 1


def test_a_right_token_does_not_count_while_an_address_is_held_off(
    door: FrontDoor, terminal: Callable[..., Terminal]
) -> None:
    client = terminal(door.argv("HOST"), env={"HOME": str(door.folder)})
    client.wait_for("Token:")
    for _ in range(limits.MOST_WRONG):
        door.run(lambda: door.school.limits.wrong(HOST))
    client.press(f"{door.school.student}\r")
    assert client.wait_exit() == 255
    assert "too many wrong tokens" in client.text
    assert door.school.events("login") == []


def test_three_tries_are_all_of_a_connection(door: FrontDoor) -> None:
    done = door.run_client("-o", "NumberOfPasswordPrompts=9", "HOST", env=door.env(token=WRONG))
    assert done.returncode == 255
    assert "that was not the token of this class" in done.stderr
    assert [each["n"] for each in door.school.events("wrong-token")] == ["1", "2", "3"]


def test_what_was_typed_is_told_nobody(door: FrontDoor, join: Join, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    door.run_client("HOST", env=door.env(token=WRONG))
    client = join()
    client.press("secret")
    client.wait_for("secret")
    client.close()
    door.close()
    for secret in (WRONG, door.school.student, "secret"):
        assert secret not in door.school.told.getvalue()
        assert secret not in caplog.text
    assert [record for record in caplog.records if record.name.startswith("asyncssh")] == []


# ---- too many, too slow, too much ------------------------------------------------------------------------------------


def test_of_200_connections_at_once_most_are_closed_unheard_and_those_inside_go_on(door: FrontDoor, join: Join) -> None:
    client = join()
    knocking = [door.knock() for _ in range(200)]
    client.press("still here")
    client.wait_for("still here")
    heard = []
    for each in knocking:
        try:
            heard.append(each.recv(100))
        except ConnectionResetError:
            heard.append(b"")
        each.close()
    assert heard.count(b"SSH-2.0-bptui\r\n") == limits.BURST - 1
    assert heard.count(b"") == 200 - (limits.BURST - 1)
    client.press(", and well")
    client.wait_for("still here, and well")


def test_a_client_that_stops_reading_stops_nobody_else(door: FrontDoor, join: Join) -> None:
    stalled, other = join(), join()
    stalled.press(":flood\r")
    wait_until(lambda: door.school.seats[0].taken)
    stalled.signal(signal.SIGSTOP)
    for number in range(20):
        other.press(f"\r<{number}>")
        other.wait_for(f"<{number}>")
    stalled.signal(signal.SIGCONT)
    other.press(":leave\r")
    assert other.wait_exit() == 0


async def test_what_waits_for_a_client_that_does_not_read_is_bounded(door: FrontDoor, join: Join) -> None:
    client = await door.connect()
    process = await in_terminal(client, window=(1 << 32) - 1)
    process.stdin.write(b":flood\r")
    await process.stdout.readexactly(1 << 20)
    other = join()  # while this waits, nothing is read by the first

    def is_held_up() -> bool:
        before = door.school.seats[0].taken
        for number in range(10):
            other.press(f"\r<{number}>")
            other.wait_for(f"<{number}>")
        return door.school.seats[0].taken == before

    wait_until(is_held_up)
    client.abort()
    await client.wait_closed()


async def test_a_session_that_does_not_read_holds_its_client_up(
    door: FrontDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in ("RATE", "BURST"):  # else it would be held up anyway
        monkeypatch.setattr(f"bptui.tui.classroom.connection.{bound}", 1 << 30)
    client = await door.connect()
    process = await in_terminal(client)
    await process.stdout.readline()
    seat = door.school.seats[0]
    door.run(seat.hears.clear)
    sent = random.Random(8).randbytes(4 * WINDOW)
    process.stdin.write(sent)
    other = await door.connect(user="bert")
    echo = await in_terminal(other)
    echo.stdin.write(b"echo")
    await echo.stdout.readuntil(b"echo")
    assert process.channel.get_write_buffer_size() >= 2 * WINDOW
    assert seat.typed == b""
    door.run(seat.hears.set)
    assert await asyncio.wait_for(process.stdout.readexactly(len(sent)), 20) == sent
    for each in (client, other):
        await closed(each)


async def test_who_asks_on_without_hearing_the_answers_is_cut_off(
    door: FrontDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound, value in (("RATE", 1 << 30), ("BURST", 1 << 30), ("MOST_UNSENT", 1 << 16)):  # else it would take long
        monkeypatch.setattr(f"bptui.tui.classroom.connection.{bound}", value)
    client = await door.connect()
    await (await in_terminal(client)).stdout.readline()
    with client.get_extra_info("socket").dup() as way:
        way.settimeout(10)
        monkeypatch.setattr(client, "_send", way.sendall)  # nothing is read by the client while it asks
        asked = 0
        while not door.school.seats[0].is_closed:
            assert asked < 500_000
            asked += 1
            with suppress(OSError):
                client.send_packet(MSG_GLOBAL_REQUEST, String("keepalive@openssh.com"), Boolean(True))
    client.abort()
    await client.wait_closed()


@pytest.mark.parametrize("first", [b"", b"SSH-2.0-x\r\n", b"SSH-2.0-\xff\xfe\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_nonsense_is_closed_and_harms_nobody(door: FrontDoor, join: Join, first: bytes) -> None:
    client = join()
    with door.knock() as hostile:
        hostile.sendall(first + random.Random(8).randbytes(4_000))
        try:
            while hostile.recv(4096):
                pass
        except ConnectionResetError:
            pass
    client.press("well")
    client.wait_for("well")


# ---- faults and the end ----------------------------------------------------------------------------------------------


def test_a_fault_in_one_connection_is_one_line_and_no_matter_to_others(
    door: FrontDoor, join: Join, capfd: pytest.CaptureFixture[str]
) -> None:
    broken, other = join(), join()
    broken.press(":break\r")
    assert broken.wait_exit() == 1
    assert RESTORE + b"a fault in bptui has ended this session" in broken.raw
    wait_until(lambda: door.school.events("fault"))
    assert door.school.events("fault") == [{"address": HOST, "what": "RuntimeError"}]
    other.press("well")
    other.wait_for("well")
    assert capfd.readouterr() == ("", "")


def test_the_end_of_the_server_gives_every_terminal_back(door: FrontDoor, join: Join) -> None:
    clients = [join(), join()]
    stalled = join()
    stalled.press(":flood\r")
    wait_until(lambda: door.school.seats[2].taken)
    stalled.signal(signal.SIGSTOP)
    door.close()
    for client in clients:
        assert client.wait_exit() == 1
        assert RESTORE + b"the class is over\r\n" in client.raw
    assert [seat.is_closed for seat in door.school.seats] == [True] * 3


def test_nothing_is_left_of_those_who_have_gone(door: FrontDoor) -> None:
    door.run_client("-T", "HOST")
    before = descriptors()
    for _ in range(10):
        door.run_client("-T", "HOST")
        with door.knock() as client:
            client.recv(100)
    wait_until(lambda: descriptors() <= before)
