"""How often an address may come, and with how many connections at once."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

BURST = 64
"""Attempts at once from one address: a whole class may come through one router."""
ATTEMPTS_PER_SECOND = 2
"""After a burst: enough for those who come late, too few for a loop that reconnects."""
MOST_NOT_LOGGED_IN = 64
"""Open connections of an address that have not logged in yet."""
MOST_OF_ONE = 128
"""Open connections of an address."""
MOST_IN_ALL = 256
"""Open connections."""
MOST_WRONG = 5
"""Wrong tokens from one address within `WRONG_WITHIN`; then it is held off."""
WRONG_WITHIN = 60
"""Seconds in which wrong tokens are counted."""
HELD_OFF_FOR = 60
"""Seconds in which nobody new from an address is let in."""
MOST_REMEMBERED = 4_096
"""Addresses whose attempts are remembered."""
_FORGOTTEN_AFTER = max(BURST / ATTEMPTS_PER_SECOND, WRONG_WITHIN, HELD_OFF_FOR)
"""Seconds without an attempt or a wrong token, after which nothing is left to remember."""


class Visit:
    """One connection, from the moment it is let in; what is said twice counts once."""

    def __init__(self, place: bytes, all_open: set[Visit]) -> None:
        self.place = place
        self.is_logged_in = False
        self._all_open = all_open
        all_open.add(self)

    def logged_in(self) -> None:
        """The visitor had the right token."""
        self.is_logged_in = True

    def ended(self) -> None:
        """The connection is closed."""
        self._all_open.discard(self)


class _Past:
    """What is remembered of an address: the attempts it has left, its wrong tokens, and until when it is held off."""

    def __init__(self, now: float) -> None:
        self.left: float = BURST
        self.seen = now
        self.wrong: list[float] = []
        self.held_off_until = now

    def see(self, now: float) -> None:
        """Time has passed: attempts come back, wrong tokens are forgotten."""
        self.left = min(BURST, self.left + (now - self.seen) * ATTEMPTS_PER_SECOND)
        self.seen = now
        self.wrong = [each for each in self.wrong if now - each < WRONG_WITHIN]


class Limits:
    """The connections that are open, and what is remembered of each address: an IPv4 one, or the /64 of an IPv6 one.

    An address is forgotten a minute after its last attempt. Where too many are remembered, the one whose last attempt
    is the longest ago is dropped first, held off or not: whoever has thousands of networks gains nothing by that, as a
    new network starts afresh anyway. Open connections are counted apart and are never dropped.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        """Seconds, never backwards."""
        self._open: set[Visit] = set()
        self._pasts: OrderedDict[bytes, _Past] = OrderedDict()  # the one that was seen last comes last

    def may_connect(self, address: str) -> Visit | str:
        """Count an attempt to connect: a visit if it is let in, else why not."""
        place = _place(address)
        past = self._past(place)
        why_not = self._too_often(past) or self._too_many(place)
        return why_not or Visit(place, self._open)

    def wrong(self, address: str) -> None:
        """Count a wrong token. Those that come while the address is held off do not count, so that it ends."""
        past = self._past(_place(address))
        if past.seen < past.held_off_until:
            return
        past.wrong.append(past.seen)
        if len(past.wrong) >= MOST_WRONG:
            past.held_off_until = past.seen + HELD_OFF_FOR

    def held_off(self, address: str) -> str:
        """Why no token from this address is looked at now, right or wrong; empty if it is."""
        past = self._pasts.get(_place(address))
        return _held_off(past, self._clock()) if past else ""

    def _past(self, place: bytes) -> _Past:
        """What is remembered of a place that is seen now."""
        now = self._clock()
        past = self._pasts.setdefault(place, _Past(now))
        past.see(now)
        self._pasts.move_to_end(place)
        while self._is_one_to_forget(now):
            self._pasts.popitem(last=False)
        return past

    def _is_one_to_forget(self, now: float) -> bool:
        longest_ago = next(iter(self._pasts.values()))
        return len(self._pasts) > MOST_REMEMBERED or now - longest_ago.seen >= _FORGOTTEN_AFTER

    def _too_often(self, past: _Past) -> str:
        """Why not, by what the address did before; the attempt is counted."""
        is_one_left = past.left >= 1
        past.left -= is_one_left
        if why_not := _held_off(past, past.seen):
            return why_not
        return "" if is_one_left else "too many attempts from this address; wait a few seconds"

    def _too_many(self, place: bytes) -> str:
        """Why not, by the connections that are open."""
        here = [visit for visit in self._open if visit.place == place]
        if len(self._open) >= MOST_IN_ALL:
            return f"{MOST_IN_ALL} connections are open"
        if len(here) >= MOST_OF_ONE:
            return f"{MOST_OF_ONE} connections from this address are open"
        if sum(not visit.is_logged_in for visit in here) >= MOST_NOT_LOGGED_IN:
            return f"{MOST_NOT_LOGGED_IN} connections from this address have not logged in yet"
        return ""


def _held_off(past: _Past, now: float) -> str:
    left = past.held_off_until - now
    return f"too many wrong tokens from this address; wait {math.ceil(left)} s" if left > 0 else ""


def _place(address: str) -> bytes:
    """What counts as one address; a text that is none counts as one, too."""
    try:
        ip = ip_address(address)
    except ValueError:
        return b""
    if isinstance(ip, IPv6Address):
        # a socket for both protocols shows an IPv4 address as an IPv6 one, and all of those lie in one /64
        return ip.ipv4_mapped.packed if ip.ipv4_mapped else ip.packed[:8]
    return ip.packed
