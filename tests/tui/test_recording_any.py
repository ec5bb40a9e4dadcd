"""Any session: recorded, replayed and recorded again it is the same."""

import asyncio
from collections.abc import Sequence

import pytest
import screens
from hypothesis import given, settings
from hypothesis import strategies as st
from jobs import xor
from recorded import assert_the_same_again, assert_written_before_shown, record_from_here
from textual.pilot import Pilot

from bptui.tui.dialogs import Prompt

# ---- any session


EDITS = {
    "tanh4": ("W2 = 0.5", "x = 3", "η = 0.01", "u3 = 1", "y = 3"),
    "xor": ("W2[0, 1] = 3", "η = 3", "b2 = [0.5]", "x[0, 1] = 2"),
}
SCENARIO = {"tanh4": "tanh4", "xor": xor(4)}


def actions(name: str) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Keys; and what is typed behind those that open a prompt."""
    typed = st.one_of(
        st.tuples(st.just("x"), st.sampled_from(EDITS[name])),
        st.tuples(st.just("X"), st.sampled_from("dk")),
        st.tuples(st.just("g"), st.integers(0, 80).map(str)),
        st.tuples(st.just("a"), st.sampled_from(("why?", "ü"))),
    )
    keys = st.tuples(st.sampled_from([*"ssssSnNfFiI0GjktTdDp"]), st.sampled_from(("?", "1", "")))
    return st.lists(st.one_of(keys, typed), min_size=1, max_size=14)


async def act(pilot: Pilot[None], key: str, typed: str) -> None:
    """Press a key; answer what it asks, and close what it opens."""
    await screens.press(pilot, key)
    if isinstance(pilot.app.screen, Prompt):
        await screens.enter(pilot, typed)
    elif pilot.app.screen is not pilot.app.screen_stack[0] and typed:
        await screens.press(pilot, typed)
    while pilot.app.screen is not pilot.app.screen_stack[0]:
        await screens.press(pilot, "escape")


@pytest.mark.parametrize("name", SCENARIO)
def test_any_session_is_the_same_when_its_replay_is_recorded(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Recorded from the first frame on, or from r on."""

    async def session(before: Sequence[tuple[str, str]], recorded_ones: Sequence[tuple[str, str]]) -> None:
        path = tmp_path_factory.mktemp("session") / "a.bptlog"
        async with screens.opened(SCENARIO[name]) as pilot:
            for each in before:
                await act(pilot, *each)
            await record_from_here(pilot, path)
            for each in recorded_ones:
                await act(pilot, *each)
            await screens.press(pilot, "r")
        assert_written_before_shown(path)
        await assert_the_same_again(path)

    @settings(max_examples=4, deadline=None, derandomize=True, database=None)
    @given(st.one_of(st.just([]), actions(name)), actions(name))
    def law(before: list[tuple[str, str]], recorded_ones: list[tuple[str, str]]) -> None:
        asyncio.run(session(before, recorded_ones))

    law()
