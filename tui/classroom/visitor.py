"""A connection from a browser, and the headers of all that is answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web

HTTP_SECONDS = 60.0
"""After which a connection is closed that has not become a session's, whatever it does."""
_KEPT = 5.0
"""Seconds that a connection is kept open for another request."""
_POLICY = "default-src 'none'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
POLICY = f"{_POLICY}; style-src 'self'"
"""What a page may load, and where it may be shown: our style and font, and in no other page."""
POLICY_OF_CLASS = f"{_POLICY}; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'"
"""Of the page with the terminal, which keeps its colours and measures in a style that it writes."""
HEADERS = {
    "Server": "bptui",
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # no-referrer would hide from us, too, which page a form comes from
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer, where it does not say something else."""
_SILENT = logging.Logger("bptui.web", logging.CRITICAL + 1)
"""What there is to be told of a connection stands in the journal."""


class Visitor(web.RequestHandler):
    """One connection; `left` is called when it is closed."""

    def __init__(self, server: web.Server, left: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        super().__init__(
            server,
            loop=self._loop,
            logger=_SILENT,
            access_log=_SILENT,
            keepalive_timeout=_KEPT,
            lingering_time=0,
            auto_decompress=False,
        )
        self.lost: asyncio.Future[None] = self._loop.create_future()
        """Is done when the connection is closed."""
        self._left = left
        self._socket: asyncio.Transport | None = None
        self._too_long: asyncio.TimerHandle | None = None

    def stays(self) -> None:
        """The connection is a session's, and is not closed after a while."""
        if self._too_long is not None:
            self._too_long.cancel()

    def abort(self) -> None:
        """Close it at once, whether the browser has read all or not."""
        if self._socket is not None:
            self._socket.abort()

    # ---- what asyncio and aiohttp call

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        self._socket = transport
        self._too_long = self._loop.call_later(HTTP_SECONDS, transport.abort)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.stays()
        self._socket = None
        self._left()
        if not self.lost.done():
            self.lost.set_result(None)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        answer = super().handle_error(request, status, exc, message)
        answer.headers.update(HEADERS)
        return answer


def said(status: int, text: str) -> web.Response:
    """An answer of one line."""
    return web.Response(status=status, text=f"{text}\n")


def is_of_ours(request: web.BaseRequest) -> bool:
    """Whether a page of ours has sent the request; the host that it names has been checked before."""
    host = request.headers["Host"].lower()
    return request.headers.get("Origin", "").lower() in (f"http://{host}", f"https://{host}")
