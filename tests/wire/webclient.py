"""What a browser does in a class, without a browser; and what no browser would do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from wire.webschool import HOST, SECONDS, School
from yarl import URL


class Client:
    """What a browser does, without one: its cookies, the form, the session. `Origin` is what it says by itself."""

    def __init__(self, school: School, http: aiohttp.ClientSession) -> None:
        self.school = school
        self.http = http

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> Any:
        """A request that does not follow where it is sent on to; used with `async with`."""
        address = URL(f"{self.school.address}{path}", encoded=True)
        headers = {"Origin": self.school.address} | dict(headers or {})
        return self.http.request(method, address, headers=headers, allow_redirects=False, **more)

    async def join(self, name: str = "Ada", token: str = "") -> str:
        """Show the token of the class, or another one; the page of the class, or nothing if it was wrong."""
        form = {"name": name, "token": token or self.school.student}
        async with self.ask("POST", "/join", data=form) as answer:
            return str(answer.headers.get("Location", ""))

    def session(self, page: str, size: str = "?width=80&height=24", *, autoping: bool = True, **headers: str) -> Any:
        """A session at a page of the class; used with `async with`."""
        headers = {"Origin": self.school.address} | headers
        address = f"{self.school.address}{page}/session{size}"
        return self.http.ws_connect(address, headers=headers, autoping=autoping)


@contextlib.asynccontextmanager
async def client(school: School) -> AsyncIterator[Client]:
    """Somebody at a browser of their own."""
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of addresses that are numbers, too
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(SECONDS)) as http:
        yield Client(school, http)


async def raw(school: School, data: bytes) -> bytes:
    """What is answered to some bytes, until the connection is closed."""
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection(HOST, school.port)
        try:
            writer.write(data)
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def status(answer: bytes) -> int:
    """The status of an answer; 0 if there is none, because the connection was closed."""
    return int(answer.split()[1]) if answer else 0
