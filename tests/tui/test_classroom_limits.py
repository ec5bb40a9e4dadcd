"""How often an address may come, and with how many connections: each figure by itself."""

import pytest

from bptui.tui.classroom.limits import Limits, Visit

A, B = "192.0.2.1", "192.0.2.2"
"""Two addresses; the others of a test count up from 10.0.0.0."""


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> Limits:
    return Limits(clock)


def other(number: int) -> str:
    return f"10.0.{number // 256}.{number % 256}"


def let_in(limits: Limits, address: str, attempts: int) -> list[Visit]:
    """Those of so many attempts that were let in."""
    visits = [limits.may_connect(address) for _ in range(attempts)]
    return [visit for visit in visits if isinstance(visit, Visit)]


def why_not(limits: Limits, address: str) -> str:
    reason = limits.may_connect(address)
    assert isinstance(reason, str)
    return reason


# ---- how often ------------------------------------------------------------------------------------------------------


def test_a_whole_class_comes_at_once_from_one_address(limits: Limits) -> None:
    assert len(let_in(limits, A, 64)) == 64


def test_a_loop_that_reconnects_gets_two_a_second(limits: Limits, clock: Clock) -> None:
    def connected(attempts: int) -> int:
        visits = let_in(limits, A, attempts)
        for visit in visits:
            visit.ended()
        return len(visits)

    assert connected(1_000) == 64
    assert why_not(limits, A) == "too many attempts from this address; wait a few seconds"
    for _ in range(100):  # those that are refused are no debt: two get in each second
        clock.now += 1
        assert connected(50) == 2
    clock.now += 3_600
    assert connected(1_000) == 64
    assert connected(1) == 0
    assert isinstance(limits.may_connect(B), Visit)


# ---- how many at once -----------------------------------------------------------------------------------------------


def test_those_who_have_not_logged_in_yet(limits: Limits, clock: Clock) -> None:
    first, *_ = let_in(limits, A, 64)
    clock.now += 60
    assert why_not(limits, A) == "64 connections from this address have not logged in yet"
    assert isinstance(limits.may_connect(B), Visit)
    first.logged_in()
    assert isinstance(limits.may_connect(A), Visit)
    assert why_not(limits, A) == "64 connections from this address have not logged in yet"


@pytest.mark.parametrize("is_logged_in_before", [False, True])
def test_what_is_said_twice_counts_once(limits: Limits, clock: Clock, is_logged_in_before: bool) -> None:
    first, *_ = let_in(limits, A, 64)
    clock.now += 60
    if is_logged_in_before:
        first.logged_in()
        first.logged_in()
    first.ended()
    first.ended()
    first.logged_in()
    assert len(let_in(limits, A, 60)) == 1


def come_in(limits: Limits, clock: Clock, address: str, visitors: int) -> list[Visit]:
    """So many, who all have logged in, however long it takes."""
    visits: list[Visit] = []
    for _ in range(visitors):
        clock.now += 1
        visit = limits.may_connect(address)
        assert isinstance(visit, Visit)
        visit.logged_in()
        visits.append(visit)
    return visits


def test_all_of_one_address(limits: Limits, clock: Clock) -> None:
    first, *_ = come_in(limits, clock, A, 128)
    assert why_not(limits, A) == "128 connections from this address are open"
    assert isinstance(limits.may_connect(B), Visit)
    first.ended()
    assert len(let_in(limits, A, 2)) == 1


def test_all_there_are(limits: Limits, clock: Clock) -> None:
    visits = [visit for number in range(4) for visit in come_in(limits, clock, other(number), 64)]
    assert why_not(limits, A) == "256 connections are open"
    visits[7].ended()
    assert len(let_in(limits, A, 2)) == 1


# ---- wrong tokens ---------------------------------------------------------------------------------------------------


def guess(limits: Limits, address: str, times: int) -> None:
    for _ in range(times):
        assert not limits.held_off(address)
        limits.wrong(address)


def test_the_sixth_token_is_not_looked_at(limits: Limits) -> None:
    guess(limits, A, 5)
    assert limits.held_off(A) == why_not(limits, A) == "too many wrong tokens from this address; wait 60 s"
    assert limits.held_off(B) == ""
    assert isinstance(limits.may_connect(B), Visit)


def test_it_ends_after_a_minute_whatever_is_tried(limits: Limits, clock: Clock) -> None:
    guess(limits, A, 5)
    for _ in range(59):
        clock.now += 1
        limits.wrong(A)
        assert limits.held_off(A) == why_not(limits, A)
    clock.now += 0.5
    assert limits.held_off(A) == "too many wrong tokens from this address; wait 1 s"
    clock.now += 0.5
    assert limits.held_off(A) == ""
    assert isinstance(limits.may_connect(A), Visit)
    guess(limits, A, 5)
    assert limits.held_off(A)


def test_those_who_are_in_stay(limits: Limits, clock: Clock) -> None:
    visits = let_in(limits, A, 64)
    guess(limits, A, 5)
    for visit in visits[1:]:
        visit.logged_in()
    clock.now += 60
    assert len(let_in(limits, A, 64)) == 63  # and are still counted: one waits since the beginning


@pytest.mark.parametrize(("seconds", "is_held_off"), [(59.75, True), (60, False)])
def test_five_count_only_within_a_minute(limits: Limits, clock: Clock, seconds: float, is_held_off: bool) -> None:
    guess(limits, A, 4)
    clock.now += seconds
    guess(limits, A, 1)
    assert bool(limits.held_off(A)) == is_held_off


def test_now_and_then_a_wrong_token_is_nothing(limits: Limits, clock: Clock) -> None:
    for _ in range(100):
        guess(limits, A, 1)
        clock.now += 15.25  # four in a minute
    assert not limits.held_off(A)


# ---- what one address is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("fe80::1%eth0", "fe80::2%eth0"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("192.0.2.1", "::ffff:c000:201"),
        ("", "no address"),
    ],
)
def test_one_address(limits: Limits, first: str, second: str) -> None:
    guess(limits, first, 5)
    assert limits.held_off(second)
    assert why_not(limits, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("192.0.2.1", "192.0.2.2"),
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("::ffff:192.0.2.1", "::1"),
        ("0.0.0.0", "::"),
        ("127.0.0.1", "no address"),
    ],
)
def test_two_addresses(limits: Limits, first: str, second: str) -> None:
    guess(limits, first, 5)
    assert not limits.held_off(second)
    assert isinstance(limits.may_connect(second), Visit)


# ---- what is remembered ---------------------------------------------------------------------------------------------


def remembered(limits: Limits) -> int:
    return len(limits._pasts)


def test_a_flood_from_many_networks_does_not_grow_it(limits: Limits, clock: Clock) -> None:
    inside = let_in(limits, A, 10)
    guess(limits, A, 5)
    for number in range(10_000):
        network = f"2001:db8:{number:x}::1"
        limits.may_connect(network)
        limits.wrong(network)
        assert limits.held_off(network) == ""
        clock.now += 1 / 1_024  # 10 s in all: nothing is forgotten by itself
        assert remembered(limits) <= 4_096
    assert len(limits._open) == 256
    assert not limits.held_off(A)  # it came last longest ago, and was dropped
    for visit in inside:
        visit.ended()
    assert len(let_in(limits, A, 64)) == 10  # but its connections were not


def test_who_comes_again_is_dropped_last(limits: Limits) -> None:
    guess(limits, A, 5)
    guess(limits, B, 5)
    for number in range(4_094):
        limits.may_connect(other(number))
    assert limits.held_off(A)
    assert limits.held_off(B)
    why_not(limits, A)
    limits.may_connect(other(4_094))
    assert limits.held_off(A)
    assert not limits.held_off(B)


def test_to_ask_is_not_remembered(limits: Limits) -> None:
    for number in range(100):
        assert limits.held_off(other(number)) == ""
    assert remembered(limits) == 0


def test_what_has_nothing_left_to_remember_is_forgotten(limits: Limits, clock: Clock) -> None:
    let_in(limits, A, 64)
    for number in range(1_000):
        guess(limits, other(number), 5)
    clock.now += 59.5
    limits.wrong(B)
    assert remembered(limits) == 1_002
    clock.now += 0.5
    limits.wrong(B)
    assert remembered(limits) == 1
    assert why_not(limits, A) == "64 connections from this address have not logged in yet"
