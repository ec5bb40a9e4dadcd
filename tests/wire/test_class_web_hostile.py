"""The front door of browsers, and clients that are none: nonsense, floods, stalls."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from wire.webclient import Client, client, raw, status
from wire.webschool import HOST, School, assert_quiet, open_class, until

from bptui.tui.classroom import visitor, websocket
from bptui.tui.classroom.limits import Limits
from bptui.tui.classroom.web import Doorway

GARBAGE = (
    "",
    "null",
    "[",
    "[" * 15_000,
    "1" * 15_000,
    '"stdin"',
    "{}",
    "[]",
    '["stdin"]',
    '["stdin", null]',
    '["stdin", 7]',
    '["stdin", ["s"]]',
    '["stdin", "\\ud800"]',
    '["resize"]',
    '["resize", 80]',
    '["resize", {"width": "80", "height": 24}]',
    '["resize", {"width": 80.5, "height": 24}]',
    '["resize", {"width": true, "height": 24}]',
    '["resize", {"width": 1e999, "height": NaN}]',
    '["ended", "x"]',
    '["focus"]',
    '["ping", "1"]',
    '["__class__", {"width": 1}]',
)


@pytest.fixture
async def school(caplog: pytest.LogCaptureFixture) -> AsyncIterator[School]:
    async with open_class() as opened:
        yield opened
    assert_quiet(opened, caplog)


@pytest.fixture
async def ada(school: School) -> AsyncIterator[Client]:
    async with client(school) as opened:
        yield opened


@pytest.mark.parametrize(
    "fields", [b"", b"token", b"&&&&&&&&", b"=%", b"\xff=\xfe", b"token=%ff%00", b"name[]=1", b"{}"]
)
async def test_a_form_that_is_none_joins_nobody(school: School, ada: Client, fields: bytes) -> None:
    async with ada.ask("POST", "/join", data=fields) as answer:
        assert answer.status in (403, 413)
    assert not school.seats


async def test_a_form_that_is_too_large_is_not_read(school: School, ada: Client) -> None:
    form = {"name": "Ada", "token": school.student, "more": "x" * 4096}
    async with ada.ask("POST", "/join", data=form) as answer:
        assert answer.status == 413
    head = f"POST /join HTTP/1.1\r\nHost: {school.host}\r\nOrigin: {school.address}\r\n"
    endless = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + b"1000\r\n" + b"x" * 4096 + b"\r\n"
    assert status(await raw(school, endless + b"1000\r\n" + b"x" * 4096 + b"\r\n")) == 413


@pytest.mark.parametrize(
    "data",
    [b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"SSH-2.0-x\r\n\r\n",
     b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nA: " + b"x" * 20_000, b"GET /" + b"x" * 20_000,
     b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 500, b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
     b"GET / HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n", b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
     random.Random(8).randbytes(5000)],
)  # fmt: skip
async def test_what_is_no_request_is_nobodys_trouble(
    school: School, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(visitor, "HTTP_SECONDS", 0.3)  # what waits for more is closed
    answer = await raw(school, data)
    assert status(answer) in (0, 400, 421)
    assert b"Python" not in answer


async def test_messages_that_are_none_are_dropped(school: School, ada: Client) -> None:
    async with ada.session(await ada.join()) as session:
        await until(lambda: school.seats)
        for message in GARBAGE:
            await session.send_str(message)
            await session.send_bytes(message.encode())
        for data in (b"", b"\xff\x00", b'["stdin", "x"]'):
            await session.send_bytes(data)
            await session.ping(data)
            await session.pong(data)
        await session.send_str('["stdin", "s", "more"]')
        await until(lambda: school.seats[0].typed)
        assert (school.seats[0].typed, school.seats[0].sizes) == (b"s", [(80, 24)])


async def test_a_message_that_is_too_large_ends_the_connection(school: School, ada: Client) -> None:
    page = await ada.join()
    async with ada.session(page) as session:
        await until(lambda: school.seats)
        await session.send_str(json.dumps(["stdin", "x" * websocket.LARGEST_MESSAGE]))
        await until(lambda: school.seats[0].why == "")
    assert school.seats[0].typed == b""
    async with ada.session(page):  # as from any connection that is lost
        await until(lambda: len(school.seats) == 2)


# ---- floods and stalls


async def test_two_hundred_connections_are_held_off_and_forgotten(school: School, ada: Client) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(200):
            _, writer = await asyncio.open_connection(HOST, school.port)
            stack.callback(writer.close)
        await until(lambda: len(school.told) == 72)
        assert set(school.told) == {'refused address=127.0.0.1 why="128 connections from this address are open"'}
        async with client(school) as late:
            with pytest.raises(aiohttp.ClientConnectionError):
                await late.join()
    async with asyncio.timeout(10):
        while True:
            try:
                assert await ada.join()
                break
            except aiohttp.ClientConnectionError:  # they are about to be closed
                await asyncio.sleep(0.01)


def test_a_loop_of_connections_is_slowed_down() -> None:
    now = 0.0
    doorway = Doorway(Limits(lambda: now))

    def come_and_go() -> str:
        why_not = doorway.may_come("192.0.2.1")
        if not why_not:
            doorway.left("192.0.2.1")
        return why_not

    assert [come_and_go() for _ in range(64 * 8)] == [""] * 64 * 8
    assert come_and_go() == "too many attempts from this address; wait a few seconds"
    assert doorway.may_come("192.0.2.2") == ""
    now = 1.0
    assert [bool(come_and_go()) for _ in range(17)] == [False] * 16 + [True]


async def test_a_session_is_an_attempt_and_a_visit(school: School, ada: Client) -> None:
    page = await ada.join()
    for _ in range(128):
        school.limits.may_connect("127.0.0.1")
    with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
        await ada.session(page)
    school.later += 30
    async with ada.session(page):  # the ticket is still good
        await until(lambda: school.seats)


async def test_who_only_connects_is_sent_away_and_a_session_is_not(
    school: School, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor, "HTTP_SECONDS", 1.0)
    async with ada.session(await ada.join()) as session:
        await until(lambda: school.seats)
        assert await raw(school, b"") == b""  # connects after the session did, and is closed
        assert await raw(school, b"GET / HTTP/1.1\r\nHost: local") == b""
        await session.send_str('["stdin", "s"]')
        await until(lambda: school.seats[0].typed)


async def test_who_does_not_answer_is_gone(school: School, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "HEARTBEAT", 0.4)
    page = await ada.join()
    async with ada.session(page, autoping=False) as session:
        for _ in range(3):
            while (message := await session.receive()).type != aiohttp.WSMsgType.PING:
                pass
            assert school.seats[0].why is None
            await session.pong(message.data)
        await until(lambda: school.seats[0].why == "")


async def test_a_browser_that_does_not_read_blocks_nobody_else(school: School, ada: Client) -> None:
    async with ada.session(await ada.join("Ada")), client(school) as bob, bob.session(await bob.join("Bob")) as session:
        await until(lambda: len(school.seats) == 2)
        stalled, other = school.seats
        for _ in range(1000):
            stalled.show(bytes(1 << 16))  # 64 MiB in all, which nobody keeps for Ada
        assert (await session.receive()).type == aiohttp.WSMsgType.BINARY
        for n in range(100):
            other.show(b"%d" % n)
            assert await session.receive_bytes() == b"%d" % n
        assert stalled.unread > 500


async def test_a_session_that_does_not_read_is_left_all_the_same(
    school: School, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "HEARTBEAT", 0.4)
    session = await ada.session(await ada.join())
    await until(lambda: school.seats)
    school.seats[0].reads = False
    for _ in range(50):
        await session.send_str(json.dumps(["stdin", "x" * 10_000]))  # more than is read ahead
    await ada.http.close()
    await until(lambda: school.seats[0].why == "")
    assert school.seats[0].typed == b""
