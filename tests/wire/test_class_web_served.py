"""What the front door of browsers serves, and to which pages and hosts: its own, and nothing else."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from wire.webclient import Client, client, raw, status
from wire.webschool import School, assert_quiet, open_class, until


@pytest.fixture
async def school(caplog: pytest.LogCaptureFixture) -> AsyncIterator[School]:
    async with open_class() as opened:
        yield opened
    assert_quiet(opened, caplog)


@pytest.fixture
async def ada(school: School) -> AsyncIterator[Client]:
    async with client(school) as opened:
        yield opened


# ---- where it comes from


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1", "http://localhost:{port}"])
async def test_another_page_joins_nobody(school: School, ada: Client, origin: str) -> None:
    origin = origin.format(port=school.port)
    page = await ada.join()
    form = {"name": "Eve", "token": school.student}
    async with ada.ask("POST", "/join", headers={"Origin": origin}, data=form) as answer:
        assert answer.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await ada.session(page, Origin=origin)
    assert school.told[1:] == ["forbidden address=127.0.0.1 what=origin"] * 2
    assert not school.seats
    async with ada.session(page):  # it has cost nothing
        await until(lambda: school.seats)


async def test_without_an_origin_nobody_joins(school: School) -> None:
    body = f"name=Eve&token={school.student}"
    head = f"POST /join HTTP/1.1\r\nHost: {school.host}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    assert status(await raw(school, (head + body).encode())) == 403


@pytest.mark.parametrize("method", ["GET /", "POST /join", "GET /page.js", "GET /class/0123456789abcdef/session"])
@pytest.mark.parametrize(
    "host",
    ["Host: evil.example", "Host: evil.example:{port}", "Host: user@127.0.0.1", "Host: ", "", "Host: 127.0.0.2",
     "Host: localhost.evil.example", "Host: 127.0.0.1:123456", "Host: localhost\r\nHost: evil.example", "Host: [::1"],
)  # fmt: skip
async def test_what_is_meant_for_another_host_is_not_answered(school: School, method: str, host: str) -> None:
    lines = [f"{method} HTTP/1.1", "Connection: close", *([host.format(port=school.port)] if host else []), "", ""]
    answer = await raw(school, "\r\n".join(lines).encode())
    assert status(answer) in (421, 400)
    assert b"bptui" not in answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:9000", "[::1]:{port}", "127.0.0.1:{port}"])
async def test_this_host_has_several_names_and_a_tunnel_has_another_port(school: School, host: str) -> None:
    head = f"GET / HTTP/1.1\r\nHost: {host.format(port=school.port)}\r\nConnection: close\r\n\r\n"
    assert status(await raw(school, head.encode())) == 200


# ---- what is served


async def test_pages_refer_to_nothing_outside_and_load_nothing_else(school: School, ada: Client) -> None:
    page = await ada.join()
    for path in ("/", page, "/page.css", "/page.js"):
        async with ada.ask("GET", path) as answer:
            text = await answer.text()
            assert answer.status == 200
        assert "//" not in text.replace("// ", "")  # no address; comments of the script are none
        policy = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy.get("script-src") == ("'self'" if path == page else None)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Server"] == "bptui"


async def test_the_files_of_the_terminal_are_served(school: School, ada: Client) -> None:
    for path, kind in (
        ("/textual.js", "text/javascript"),
        ("/xterm.css", "text/css"),
        ("/roboto-mono.ttf", "font/ttf"),
    ):
        async with ada.ask("GET", path) as answer:
            assert (answer.status, answer.content_type) == (200, kind)
            assert len(await answer.read()) > 1000


@pytest.mark.parametrize(
    "path",
    ["/index.html", "/favicon.ico", "/static/js/textual.js", "/js/textual.js", "/page/page.css", "/page.css/", "/join",
     "//page.css", "/../web.py", "/page/../../web.py", "/%2e%2e/web.py", "/..%2fweb.py", "/page.css%00",
     "/textual.js?x", "/?ping=x", "/session", "/class", "/class/", "/class/0123456789abcdef/", "/é", "*"],
)  # fmt: skip
async def test_nothing_else_is_there(school: School, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: {school.host}\r\nConnection: close\r\n\r\n"
    assert status(await raw(school, head.encode())) in (404, 400)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "POST", "X"])
async def test_nothing_else_can_be_done(school: School, method: str) -> None:
    head = f"{method} / HTTP/1.1\r\nHost: {school.host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    assert status(await raw(school, head.encode())) in (404, 400)
