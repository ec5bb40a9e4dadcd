"""The one channel of an SSH connection: a terminal, and nothing else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

import asyncssh
from asyncssh.constants import MSG_CHANNEL_FAILURE, MSG_CHANNEL_REQUEST, MSG_CHANNEL_SUCCESS
from asyncssh.packet import SSHPacket

from .seat import FAREWELL

WINDOW = 16 << 10
"""Bytes that a client may send ahead of what its session reads."""
PACKET = 4 << 10
"""Bytes of one packet."""
_UNDERSTOOD = (b"pty-req", b"shell", b"window-change", b"keepalive@openssh.com", b"eow@openssh.com")
_TERMINAL = re.compile(r"[A-Za-z0-9._+-]{1,40}")
_WORDS = {"COLORTERM": re.compile("truecolor|24bit")}
"""What is taken from the client's environment."""
_NO_TERMINAL = b"a class needs a terminal: ssh -t\r\n"


class Channel(asyncssh.SSHServerChannel[bytes]):
    """Of all requests it lets through those for a terminal; the others are refused before anything is made of them."""

    def __init__(self, connection: asyncssh.SSHServerConnection, forbid: Callable[[bytes], None]) -> None:
        super().__init__(
            connection,
            asyncio.get_running_loop(),
            allow_pty=True,
            line_editor=False,
            line_echo=False,
            line_history=0,
            max_line_length=0,
            encoding=None,
            errors="strict",
            window=WINDOW,
            max_pktsize=PACKET,
        )
        self.words: dict[str, str] = {}
        """What the client says of its terminal, checked."""
        self._forbid = forbid

    def process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> bool | Awaitable[None]:
        if pkttype != MSG_CHANNEL_REQUEST:
            return super().process_packet(pkttype, pktid, packet)
        looked_at = SSHPacket(packet.get_remaining_payload())
        request, wants_reply = looked_at.get_string(), looked_at.get_boolean()
        if request in _UNDERSTOOD:
            return super().process_packet(pkttype, pktid, packet)
        name, value = (looked_at.get_string(), looked_at.get_string()) if request == b"env" else (b"", b"")
        is_taken = self._take(name, value)
        if not is_taken:
            self._forbid(request)
        if wants_reply:
            self.send_packet(MSG_CHANNEL_SUCCESS if is_taken else MSG_CHANNEL_FAILURE)
        return True

    def _take(self, name: bytes, value: bytes) -> bool:
        """Take a variable of the client's environment, if it is one of the few that matter."""
        key, text = name.decode("ascii", "replace"), value.decode("ascii", "replace")
        is_taken = key in _WORDS and _WORDS[key].fullmatch(text) is not None
        if is_taken:
            self.words[key] = text
        return is_taken


class Session(asyncssh.SSHServerSession[bytes]):
    """What a client types and is shown. Once it has a terminal and asks for a shell, it is handed over as `begun`."""

    def __init__(self, begun: asyncio.Future[Session | None], forbid: Callable[[bytes], None]) -> None:
        self.size = (0, 0)
        """Columns and rows, as the client says."""
        self.resized: Callable[[int, int], None] = lambda columns, rows: None
        """Is told of every other size."""
        self._begun = begun
        self._forbid = forbid
        self._channel: Channel | None = None
        self._has_terminal = False
        self._typed = b""
        self._has_gone = False
        self._is_over = False  # the client types no more
        self._news = asyncio.Event()
        self._may_show = asyncio.Event()
        self._may_show.set()

    # ---- what asyncssh calls

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        assert isinstance(chan, Channel)
        self._channel = chan

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_gone = self._is_over = True
        self._news.set()
        self._may_show.set()

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Mapping[int, int]
    ) -> bool:
        self._has_terminal = True
        self.size = term_size[:2]
        if self._channel is not None and _TERMINAL.fullmatch(term_type):
            self._channel.words["TERM"] = term_type
        return True

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        self.size = width, height
        self.resized(width, height)

    def shell_requested(self) -> bool:
        return True

    def session_started(self) -> None:
        if self._has_terminal and not self._begun.done():
            self._begun.set_result(self)
        elif self._channel is not None:
            self._forbid(b"no-pty")
            self._channel.write_stderr(_NO_TERMINAL)
            self._channel.exit(2)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._typed += data
        if self._channel is not None:
            self._channel.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        self._is_over = True
        self._news.set()
        return True  # the last frames are still shown

    def pause_writing(self) -> None:
        self._may_show.clear()

    def resume_writing(self) -> None:
        self._may_show.set()

    # ---- what the front door does

    @property
    def words(self) -> Mapping[str, str]:
        """TERM and COLORTERM, as far as they are known and plain."""
        return self._channel.words if self._channel is not None else {}

    @property
    def is_lost(self) -> bool:
        """Whether nothing can be shown any more."""
        return self._has_gone or self._channel is None or self._channel.is_closing()

    async def typed(self) -> bytes:
        """What the client has typed, in pieces; nothing when it will type no more."""
        while not self._typed and not self._is_over:
            await self._news.wait()
            self._news.clear()
        data, self._typed = self._typed, b""
        if self._channel is not None and not self._has_gone:
            self._channel.resume_reading()
        return data

    async def show(self, data: bytes) -> None:
        """Send this; waits while the client does not read."""
        if self._channel is not None and not self.is_lost:
            self._channel.write(data)
            await self._may_show.wait()

    async def leave(self, text: bytes, status: int) -> None:
        """Say something last, and close. It waits for the client to have read it, but not for long."""
        if self._channel is None or self.is_lost:
            return
        self._channel.write(text)
        self._channel.exit(status)
        closed = asyncio.ensure_future(self._channel.wait_closed())
        try:
            await asyncio.wait([closed], timeout=FAREWELL)
        finally:
            closed.cancel()
