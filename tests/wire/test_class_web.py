"""The front door of browsers, without a browser: who is let in, what its tickets are good for, how it ends."""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from wire.webclient import Client, client
from wire.webschool import School, assert_quiet, open_class, until

BINARY = aiohttp.WSMsgType.BINARY


@pytest.fixture
async def school(caplog: pytest.LogCaptureFixture) -> AsyncIterator[School]:
    async with open_class() as opened:
        yield opened
    assert_quiet(opened, caplog)


@pytest.fixture
async def ada(school: School) -> AsyncIterator[Client]:
    async with client(school) as opened:
        yield opened


async def test_what_is_shown_and_typed_goes_both_ways(school: School, ada: Client) -> None:
    page = await ada.join("  Ada   Lovelace ", school.student.upper().replace("-", " "))
    async with ada.session(page, "?width=132&height=43") as session:
        await until(lambda: school.seats)
        seat = school.seats[0]
        assert (seat.role, seat.name, seat.sizes) == ("student", "Ada Lovelace", [(132, 43)])
        assert seat.words == {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        seat.show(b"\x1b[31m\xe2\x94\x82\xff")  # as it is, whatever it is
        assert (await session.receive()).data.startswith(b"\x1b]10;#")  # the colours of the page
        assert await session.receive_bytes() == b"\x1b[31m\xe2\x94\x82\xff"
        await session.send_str('["stdin", "s\\u001b[C δ="]')
        await session.send_str('["resize", {"width": 4000000000, "height": 0}]')
        await session.send_str('["resize", {"width": -5, "height": 24}]')
        await session.send_str('["stdin", "!"]')
        await until(lambda: seat.typed.endswith(b"!"))
        assert seat.typed == "s\x1b[C δ=!".encode()
        assert seat.sizes[1:] == [(4_000_000_000, 0), (-5, 24)]
    assert [line for line in school.told if line.startswith("login")] == [
        'login address=127.0.0.1 name="Ada Lovelace" role=student'
    ]


@pytest.mark.parametrize("size", ["", "?width=&height=", "?width=-1&height=1e9", f"?width={'9' * 5000}&height=x"])
async def test_a_size_that_is_none_is_not_known(school: School, ada: Client, size: str) -> None:
    async with ada.session(await ada.join("", school.teacher), size):
        await until(lambda: school.seats)
        seat = school.seats[0]
        assert (seat.role, seat.name, seat.sizes) == ("teacher", "teacher", [(0, 0)])


async def test_a_wrong_token_stays_at_the_form(school: School, ada: Client) -> None:
    evil = "\"'><script>"
    async with ada.ask("POST", "/join", data={"name": evil, "token": "wrong"}) as answer:
        text = await answer.text()
        assert answer.status == 403
    assert "That is not the token of this class." in text
    assert "<script" not in text
    assert 'value="&quot;&#x27;&gt;&lt;script&gt;"' in text
    assert not school.seats
    assert school.told == ["wrong-token address=127.0.0.1"]


async def test_after_five_wrong_tokens_the_right_one_is_not_looked_at_for_a_while(school: School, ada: Client) -> None:
    for _ in range(5):
        assert await ada.join(token="wrong") == ""
    async with ada.ask("POST", "/join", data={"name": "Ada", "token": school.student}) as answer:
        assert answer.status == 429
        assert "Too many wrong tokens from this address; wait 60 s." in await answer.text()
    school.later += 61
    assert (await ada.join()).startswith("/class/")


async def test_tokens_end_with_the_class(school: School, ada: Client) -> None:
    school.later += 3601
    assert await ada.join() == ""


async def test_a_class_that_is_full_says_so(school: School, ada: Client) -> None:
    school.most = 0
    page = await ada.join()
    async with ada.session(page) as session:
        assert await session.receive_json() == ["ended", "the class is full"]
    assert "full name=Ada" in school.told


# ---- tickets


async def test_a_ticket_is_a_secret_of_one_page_and_good_for_one_session(school: School, ada: Client) -> None:
    async with ada.ask("POST", "/join", data={"name": "Ada", "token": school.student}) as answer:
        page, cookie = answer.headers["Location"], answer.headers["Set-Cookie"]
    assert re.fullmatch(r"/class/[0-9a-f]{16}", page)
    ticket, *attributes = cookie.split("; ")
    assert sorted(attributes) == sorted(["HttpOnly", "Max-Age=60", f"Path={page}", "SameSite=Strict"])
    assert re.fullmatch(r"[0-9a-f]{32}", ticket.partition("=")[2])  # 128 bits
    async with ada.session(page), client(school) as thief:
        await until(lambda: school.seats)
        for shown in (ticket, "bptui-ticket=", "bptui-ticket=é", f"{ticket}; {ticket}"):
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await thief.session(page, Cookie=shown)
            async with thief.ask("GET", page, headers={"Cookie": shown}) as answer:
                assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert len(school.seats) == 1
    assert ticket not in school.lines.getvalue()


async def test_a_ticket_that_is_not_used_is_good_for_a_minute(school: School, ada: Client) -> None:
    page = await ada.join()
    school.later += 61
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await ada.session(page)


async def test_a_lost_connection_comes_back_without_the_token_for_ten_minutes(school: School, ada: Client) -> None:
    page = await ada.join()
    for n in (1, 2):
        async with ada.session(page):
            await until(lambda n=n: len(school.seats) == n)
            school.later += 1800  # as long as one is here, the ticket is good
        await until(lambda: school.seats[-1].why == "")
    assert [seat.name for seat in school.seats] == ["Ada", "Ada"]
    school.later += 601
    async with ada.ask("GET", page) as answer:
        assert answer.status == 303
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await ada.session(page)


async def test_who_has_left_needs_the_token_again(school: School, ada: Client) -> None:
    page = await ada.join()
    async with ada.session(page) as session:
        await until(lambda: school.seats)
        school.seats[0].leave()
        assert (await session.receive()).type == BINARY
        assert await session.receive_json() == ["ended", ""]
    async with ada.ask("GET", page) as answer:
        assert answer.status == 303


async def test_the_same_page_in_another_window_takes_the_place(school: School, ada: Client) -> None:
    page = await ada.join()
    async with ada.session(page) as first, ada.session(page):
        await until(lambda: len(school.seats) == 2)
        assert (await first.receive()).type == BINARY
        assert await first.receive_json() == ["ended", "it was opened once more, in another window"]
        assert [seat.why for seat in school.seats] == ["it was opened once more, in another window", None]


async def test_a_session_that_ends_says_why_and_so_does_the_class(ada: Client, school: School) -> None:
    async with ada.session(await ada.join("Bob")) as session:
        await until(lambda: school.seats)
        school.seats[0].show(b"last frame")
        school.seats[0].leave("it took too much memory")
        assert [(await session.receive()).data for _ in range(3)][1:] == [
            b"last frame",
            '["ended", "it took too much memory"]',
        ]


async def test_the_end_of_the_class_ends_every_session(ada: Client, school: School) -> None:
    async with ada.session(await ada.join()) as session:
        await until(lambda: school.seats)
        assert (await session.receive()).type == BINARY
        assert school.door
        school.door.cancel()
        assert await session.receive_json() == ["ended", "the class is over"]
        assert (await session.receive()).type == aiohttp.WSMsgType.CLOSE
        assert school.seats[0].why == "the class is over"
