"""The tickets of those who join in a browser."""

import pytest

from bptui.tui.classroom.tickets import AWAY, MOST_GUESTS, UNUSED, Tickets


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tickets(clock: Clock) -> Tickets:
    return Tickets(clock)


def test_a_ticket_is_good_for_its_page_until_another_is_given(tickets: Tickets) -> None:
    ada, first = tickets.welcome("student", "Ada")
    bob, other = tickets.welcome("teacher", "Bob")
    assert (ada.role, ada.name, bob.role, bob.name) == ("student", "Ada", "teacher", "Bob")
    assert tickets.guest(ada.page, first) is ada
    assert tickets.guest(bob.page, other) is bob
    assert tickets.guest(ada.page, other) is None
    assert tickets.guest("", first) is None
    second = tickets.renewed(ada)
    assert tickets.guest(ada.page, first) is None
    assert tickets.guest(ada.page, second) is ada
    assert len({first, second, other, ada.page, bob.page}) == 5


@pytest.mark.parametrize("text", ["", "0" * 32, "\ud800", "é", "x" * 100_000])
def test_other_texts_are_no_tickets(tickets: Tickets, text: str) -> None:
    guest, _ = tickets.welcome("student", "Ada")
    assert tickets.guest(guest.page, text) is None


def test_what_is_kept_is_not_the_ticket(tickets: Tickets) -> None:
    guest, ticket = tickets.welcome("student", "Ada")
    assert ticket not in repr(vars(guest))
    assert bytes.fromhex(ticket) != guest.digest[:16]


def test_it_is_good_for_a_minute_for_as_long_as_the_guest_is_here_and_for_ten_minutes_after(
    tickets: Tickets, clock: Clock
) -> None:
    assert (UNUSED, AWAY) == (60, 600)
    guest, ticket = tickets.welcome("student", "Ada")
    clock.now += 59.9
    assert tickets.guest(guest.page, ticket) is guest
    clock.now += 0.1
    assert tickets.guest(guest.page, ticket) is None
    ticket = tickets.renewed(guest)
    clock.now += 1e6
    assert tickets.guest(guest.page, ticket) is guest
    tickets.away(guest)
    clock.now += 599.9
    assert tickets.guest(guest.page, ticket) is guest
    clock.now += 0.1
    assert tickets.guest(guest.page, ticket) is None


def test_who_has_left_is_forgotten(tickets: Tickets) -> None:
    guest, ticket = tickets.welcome("student", "Ada")
    tickets.forget(guest)
    tickets.forget(guest)
    assert tickets.guest(guest.page, ticket) is None


def test_those_who_are_remembered_are_bounded(tickets: Tickets, clock: Clock) -> None:
    late = [tickets.welcome("student", "late") for _ in range(10)]
    clock.now += UNUSED  # those are forgotten first
    guests = [tickets.welcome("student", str(n)) for n in range(MOST_GUESTS)]
    assert not any(tickets.guest(guest.page, ticket) for guest, ticket in late)
    assert all(tickets.guest(guest.page, ticket) for guest, ticket in guests)
    guests.append(tickets.welcome("student", "one too many"))
    assert [bool(tickets.guest(guest.page, ticket)) for guest, ticket in guests] == [False] + [True] * MOST_GUESTS
