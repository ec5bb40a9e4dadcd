"""An SSH connection that cannot be made to cost much: what asyncssh leaves without a bound is bounded here.

asyncssh waits for the window of a channel, but not for the socket; while keys are exchanged it keeps what is to be
sent; and it does whatever is asked, as fast as it is asked. The messages that a class needs are let through, the others
are refused before anything is made of them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable

import asyncssh
from asyncssh.constants import (
    MSG_CHANNEL_OPEN,
    MSG_GLOBAL_REQUEST,
    MSG_KEXINIT,
    MSG_NEWKEYS,
    MSG_REQUEST_FAILURE,
    MSG_USERAUTH_REQUEST,
    OPEN_ADMINISTRATIVELY_PROHIBITED,
)
from asyncssh.packet import SSHPacket, SSHPacketLogger

from .gate import Gate

RATE = 16 << 10
"""Bytes a second that a client may send for long: far more than anybody types."""
BURST = 16 << 10
"""Bytes that it may send at once."""
MOST_UNSENT = 1 << 20
"""Bytes that may wait for a client which does not read; then it is cut off."""
MOST = {MSG_KEXINIT: 64, MSG_USERAUTH_REQUEST: 24}
"""How often a client may send what costs much."""
SMALLEST_PACKET = 1024
"""Bytes of a packet that a client must be able to take: a packet for each byte would keep the server busy."""
KEYS_WITHIN = 60.0
"""Seconds for an exchange of keys."""
_GLOBAL = (b"keepalive@openssh.com", b"no-more-sessions@openssh.com")


class Connection(asyncssh.SSHServerConnection):
    """One client's; whatever it does is a matter between it and its gate."""

    def __init__(self, options: asyncssh.SSHServerConnectionOptions, gate: Gate) -> None:
        super().__init__(asyncio.get_running_loop(), options)
        self._gate = gate
        self._socket: asyncio.Transport | None = None
        self._credit, self._credit_at = float(BURST), self._loop.time()
        self._came: Counter[int] = Counter()
        self._keys_since: float | None = None
        self._is_behind = False
        self._sends = asyncio.Event()

    async def sends(self) -> None:
        """Wait while the client does not read, or exchanges keys."""
        await self._sends.wait()

    # ---- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._socket = transport
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None = None) -> None:
        self._keys_since, self._is_behind = None, False
        self._say_whether_it_sends()
        super().connection_lost(exc)

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        if self._socket is None or self._asks_too_much(self._socket):
            self.abort()
            return
        super().data_received(data, datatype)
        now = self._loop.time()
        self._credit = min(self._credit + RATE * (now - self._credit_at), BURST) - len(data)
        self._credit_at = now
        if self._credit < 0 and not self._socket.is_closing():
            self._socket.pause_reading()
            self._loop.call_later(-self._credit / RATE, self._read_on)

    def pause_writing(self) -> None:
        self._is_behind = True
        self._say_whether_it_sends()

    def resume_writing(self) -> None:
        self._is_behind = False
        self._say_whether_it_sends()

    # ---- what asyncssh calls

    async def reload_config(self) -> None:
        """Nothing is configured by who comes; asyncssh would use a thread to find that out."""

    def send_packet(self, pkttype: int, *args: bytes, handler: SSHPacketLogger | None = None) -> None:
        if pkttype == MSG_KEXINIT:
            self._keys_since = self._loop.time()
        elif pkttype == MSG_NEWKEYS:
            self._keys_since = None
        self._say_whether_it_sends()
        super().send_packet(pkttype, *args, handler=handler)

    def process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> bool | Awaitable[None]:
        self._came[pkttype] += 1
        if self._came[pkttype] > MOST.get(pkttype, self._came[pkttype]):
            raise asyncssh.ProtocolError("too many messages of one kind")
        looked_at = SSHPacket(packet.get_remaining_payload())
        if pkttype == MSG_GLOBAL_REQUEST and self._refuses_request(looked_at):
            return True
        if pkttype == MSG_CHANNEL_OPEN and self._refuses_channel(looked_at):
            return True
        return super().process_packet(pkttype, pktid, packet)

    def _refuses_request(self, packet: SSHPacket) -> bool:
        request, wants_reply = packet.get_string(), packet.get_boolean()
        if request in _GLOBAL:
            return False
        self._gate.forbid(request)
        if wants_reply:
            self.send_packet(MSG_REQUEST_FAILURE)
        return True

    def _refuses_channel(self, packet: SSHPacket) -> bool:
        kind, theirs = packet.get_string(), packet.get_uint32()
        _, largest = packet.get_uint32(), packet.get_uint32()
        if largest < SMALLEST_PACKET:
            raise asyncssh.ProtocolError(f"packets are too small; at least {SMALLEST_PACKET} bytes are needed")
        if kind == b"session":
            return False
        self._gate.refuse_channel(kind)
        self.send_channel_open_failure(theirs, OPEN_ADMINISTRATIVELY_PROHIBITED, "not in a class", "en")
        return True

    # ---- bounds

    def _asks_too_much(self, transport: asyncio.Transport) -> bool:
        """Whether the client sends on, but reads no answers or does not finish an exchange of keys."""
        is_too_slow = self._keys_since is not None and self._loop.time() - self._keys_since > KEYS_WITHIN
        return is_too_slow or transport.get_write_buffer_size() > MOST_UNSENT

    def _read_on(self) -> None:
        if self._socket is not None and not self._socket.is_closing():
            self._socket.resume_reading()

    def _say_whether_it_sends(self) -> None:
        if self._keys_since is None and not self._is_behind:
            self._sends.set()
        else:
            self._sends.clear()
