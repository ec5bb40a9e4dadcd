"""What a browser is answered: the page to join at, the page of the class, its files, and a session."""

from __future__ import annotations

import html
import re
import string
from collections.abc import Callable
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from aiohttp import web

from .names import name_of
from .tickets import UNUSED, Tickets
from .visitor import HEADERS, POLICY_OF_CLASS, Visitor, is_of_ours, said
from .websessions import Sessions, give, ticket_in

if TYPE_CHECKING:
    from .school import School

LARGEST_FORM = 4 << 10
"""Bytes of what is filled in."""
_LEFT_TO_ANSWER = 1.0
"""Seconds for what is being answered when the class ends."""
_WRONG = "That is not the token of this class."
_NOTHING = "There is nothing here."
_HOST = re.compile(r"(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253}))(?::[0-9]{1,5})?")
_PAGE = re.compile(r"/class/([0-9a-f]{16})(/session)?")
_FOR_AN_HOUR = {"Cache-Control": "max-age=3600"}
_FILES = {
    "/page.css": ("bptui.tui.classroom", "page/page.css", "text/css", {}),
    "/page.js": ("bptui.tui.classroom", "page/page.js", "text/javascript", {}),
    "/xterm.css": ("textual_serve", "static/css/xterm.css", "text/css", _FOR_AN_HOUR),
    "/textual.js": ("textual_serve", "static/js/textual.js", "text/javascript", _FOR_AN_HOUR),
    "/roboto-mono.ttf": (
        "textual_serve",
        "static/fonts/RobotoMono-VariableFont_wght.ttf",
        "font/ttf",
        _FOR_AN_HOUR,
    ),
}
"""All files that are served: the package each is in, where there, its type, and how long a browser may keep it."""


class Website:
    """All that a class is in a browser. `names` is what this host may be called."""

    def __init__(self, school: School, names: frozenset[str]) -> None:
        self._school = school
        self._names = names
        self._tickets = Tickets(school.now)
        self._sessions = Sessions(school, self._tickets)
        self._server = web.Server(self._answer)
        self._files = {path: _read(package, name) for path, (package, name, _, _) in _FILES.items()}
        self._form = string.Template(_read("bptui.tui.classroom", "page/join.html").decode())
        self._class = _read("bptui.tui.classroom", "page/class.html").decode()

    def visitor(self, left: Callable[[], None]) -> Visitor:
        """What a connection is, from its beginning to its end."""
        return Visitor(self._server, left)

    async def close(self) -> None:
        """End all sessions, say so, and close the connections."""
        await self._sessions.close()
        self._server.pre_shutdown()
        await self._server.shutdown(_LEFT_TO_ANSWER)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            answer = await self._answer_to(request)
        except Exception as fault:
            self._tell(request, "fault", what=type(fault).__name__)
            answer = said(500, "A fault in bptui.")
        if not answer.prepared:
            for name, value in HEADERS.items():
                answer.headers.setdefault(name, value)
        return answer

    async def _answer_to(self, request: web.BaseRequest) -> web.StreamResponse:
        if not self._is_host(request):
            return self._forbidden(request, "host", 421, "This is not the host that you have asked for.")
        page = _PAGE.fullmatch(request.path)
        if page and page[2] and request.method == "GET":
            return await self._sessions.open(request, page[1])
        if request.query_string:
            return said(404, _NOTHING)
        match request.method, request.path:
            case "POST", "/join":
                return await self._join(request)
            case "GET" | "HEAD", path if path in self._files:
                _, _, kind, headers = _FILES[path]
                return web.Response(body=self._files[path], content_type=kind, headers=headers)
            case "GET" | "HEAD", "/":
                return self._asked()
            case "GET" | "HEAD", _ if page and not page[2]:
                return self._page(request, page[1])
        return said(404, _NOTHING)

    # ---- where it comes from

    def _is_host(self, request: web.BaseRequest) -> bool:
        """Whether the browser means this host: a name of ours, or the very address that it has connected to."""
        hosts = request.headers.getall("Host", [])
        found = _HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
        if found is None:
            return False
        here = request.get_extra_info("sockname")[0].removeprefix("::ffff:")  # an IPv4 address, as IPv6 writes it
        return (found[1] or found[2]) in {*self._names, here}

    def _forbidden(self, request: web.BaseRequest, what: str, status: int, text: str) -> web.Response:
        self._tell(request, "forbidden", what=what)
        return said(status, text)

    def _tell(self, request: web.BaseRequest, event: str, **words: object) -> None:
        self._school.journal.event(event, address=request.remote, **words)

    # ---- the pages

    def _asked(self, problem: str = "", name: str = "", status: int = 200) -> web.Response:
        """The page that asks for a name and the token."""
        shown = {"problem": html.escape(problem), "name": html.escape(name)}
        shown |= {"first": "" if name else "autofocus", "second": "autofocus" if name else ""}
        return web.Response(status=status, text=self._form.substitute(shown), content_type="text/html")

    async def _join(self, request: web.BaseRequest) -> web.Response:
        """The token is shown: if it is the right one, on to a page of the class, with a ticket."""
        if not is_of_ours(request):
            return self._forbidden(request, "origin", 403, "This form is of another page.")
        fields = await _fields(request)
        if fields is None:
            return said(413, "That is too much.")
        name, address = name_of(fields.get("name", ""), ""), request.remote or ""
        if why_not := self._school.limits.held_off(address):
            self._tell(request, "refused", why=why_not)
            return self._asked(f"{why_not[0].upper()}{why_not[1:]}.", name, 429)
        role = self._school.tokens.role(fields.get("token", ""), self._school.now())
        if role is None:
            self._school.limits.wrong(address)
            self._tell(request, "wrong-token")
            return self._asked(_WRONG, name, 403)
        is_token = self._school.tokens.role(name, self._school.now())  # typed in the wrong field
        guest, ticket = self._tickets.welcome(role, role if is_token else name or role)
        self._tell(request, "login", name=guest.name, role=role)
        answer = web.Response(status=303, headers={"Location": f"/class/{guest.page}"})
        give(answer, guest, ticket, UNUSED)
        return answer

    def _page(self, request: web.BaseRequest, page: str) -> web.Response:
        """A page of the class; without a ticket, on to where one is given."""
        if self._tickets.guest(page, ticket_in(request)) is None:
            return web.Response(status=303, headers={"Location": "/"})
        headers = {"Content-Security-Policy": POLICY_OF_CLASS}
        return web.Response(text=self._class, content_type="text/html", headers=headers)


async def _fields(request: web.BaseRequest) -> dict[str, str] | None:
    """What was filled in; None if that is more than the form has room for."""
    body = b""
    while len(body) <= LARGEST_FORM and (data := await request.content.read(LARGEST_FORM)):
        body += data
    if len(body) > LARGEST_FORM:
        return None
    try:
        fields = parse_qs(body.decode(errors="replace"), max_num_fields=len(("name", "token")))
    except ValueError:
        return None
    return {name: values[0] for name, values in fields.items()}


def _read(package: str, name: str) -> bytes:
    return resources.files(package).joinpath(name).read_bytes()
