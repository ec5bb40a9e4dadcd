"""Who comes in over one SSH connection: the token is asked for, and all that a class does not offer is refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncssh
from asyncssh.auth import KbdIntChallenge, KbdIntResponse
from asyncssh.constants import DISC_NO_MORE_AUTH_METHODS_AVAILABLE, DISC_TOO_MANY_CONNECTIONS

from .channel import Channel, Session
from .limits import Visit
from .names import name_of

if TYPE_CHECKING:
    from .school import School
    from .tokens import Role

MOST_TRIES = 3
"""Wrong tokens in one connection."""
MOST_REFUSED = 8
"""Channels that are refused in one connection before it is closed."""
ANYBODY = ("class", "teacher")
"""The users who are asked for their names; any other user name is the name."""
_NAME = "Your name, as the teacher sees it: "
_TOKEN = "Token: "
_KINDS = {
    b"exec": "exec",
    b"subsystem": "subsystem",
    b"env": "env",
    b"signal": "signal",
    b"break": "signal",
    b"session": "session",
    b"no-pty": "no-pty",
    b"x11": "x11",
    b"x11-req": "x11",
    b"auth-agent@openssh.com": "agent",
    b"auth-agent-req@openssh.com": "agent",
    b"tun@openssh.com": "tunnel",
    b"direct-tcpip": "forward",
    b"forwarded-tcpip": "forward",
    b"tcpip-forward": "forward",
    b"cancel-tcpip-forward": "forward",
    b"direct-streamlocal@openssh.com": "forward",
    b"forwarded-streamlocal@openssh.com": "forward",
    b"streamlocal-forward@openssh.com": "forward",
    b"cancel-streamlocal-forward@openssh.com": "forward",
}
"""What the journal calls the requests that are refused; anything else is "other"."""


class Gate(asyncssh.SSHServer):
    """One connection's: its role and name once the token was right, and its session once there is one."""

    def __init__(self, school: School, address: str, visit: Visit) -> None:
        self.school = school
        self.address = address
        self.visit = visit
        self.role: Role | None = None
        self.name = ""
        self.begun: asyncio.Future[Session | None] = asyncio.get_running_loop().create_future()
        """The session, when its client has asked for a shell; None if the connection has ended before."""
        self._connection: asyncssh.SSHServerConnection | None = None
        self._wrong = 0
        self._has_session = False
        self._refused = 0
        self._forbidden: set[str] = set()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.begun.done():
            self.begun.set_result(None)
        if exc is not None and not isinstance(exc, asyncssh.DisconnectError | OSError):
            self.school.journal.event("fault", address=self.address, what=type(exc).__name__)

    def forbid(self, request: bytes) -> None:
        """Something is refused; the journal is told once of each kind."""
        what = _KINDS.get(request, "other")
        if what not in self._forbidden:
            self._forbidden.add(what)
            self.school.journal.event("forbidden", address=self.address, name=self.name, what=what)

    def refuse_channel(self, kind: bytes) -> None:
        """A channel is refused; who goes on asking is sent away."""
        self.forbid(kind)
        self._refused += 1
        if self._refused > MOST_REFUSED:
            self._send_away(DISC_TOO_MANY_CONNECTIONS, "too many requests that a class does not grant")

    # ---- who it is

    def begin_auth(self, username: str) -> bool:
        return True

    def auth_completed(self) -> None:
        self.visit.logged_in()
        self.school.journal.event("login", address=self.address, name=self.name, role=self.role)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return self._lets_in(username, password)

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> KbdIntChallenge:
        return "", "", "", [(_NAME, True), (_TOKEN, False)] if username in ANYBODY else [(_TOKEN, False)]

    def validate_kbdint_response(self, username: str, responses: KbdIntResponse) -> bool:
        if username in ANYBODY and len(responses) == 2:
            return self._lets_in(responses[0], responses[1])
        return self._lets_in(username, responses[0] if len(responses) == 1 else "")

    def _lets_in(self, called: str, token: str) -> bool:
        """Whether the token is right; then it is known who comes."""
        if why_not := self.school.limits.held_off(self.address):
            self.school.journal.event("refused", address=self.address, why=why_not)
            self._send_away(DISC_NO_MORE_AUTH_METHODS_AVAILABLE, why_not)
            return False
        self.role = self.school.tokens.role(token, self.school.now())
        if self.role is None:
            self._was_wrong()
            return False
        is_token = self.school.tokens.role(called, self.school.now())  # typed at the wrong prompt
        self.name = name_of("" if called in ANYBODY or is_token else called, self.role)
        return True

    def _was_wrong(self) -> None:
        self._wrong += 1
        self.school.limits.wrong(self.address)
        self.school.journal.event("wrong-token", address=self.address, n=self._wrong)
        if self._wrong >= MOST_TRIES:
            self._send_away(DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "that was not the token of this class")

    # ---- what it wants

    def session_requested(self) -> tuple[Channel, Session] | bool:
        if self._has_session or self._connection is None:
            self.refuse_channel(b"session")
            return False
        self._has_session = True
        return Channel(self._connection, self.forbid), Session(self.begun, self.forbid)

    def _send_away(self, code: int, why: str) -> None:
        if self._connection is not None:
            self._connection.disconnect(code, why)
