"""The first screen of `bptui` alone, through real keys: what it lists, what it tells, and what it opens."""

import asyncio
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Any

import hostile
import numpy as np
import pytest
import screens
from rich.cells import cell_len
from textual.pilot import Pilot

from bptui.core import Timeline, read, trace
from bptui.core.log.log import Log
from bptui.core.program import MEMORY_LIMIT
from bptui.core.search import Progress
from bptui.tui import chooser, choosing, previews
from bptui.tui.app import BptuiApp
from bptui.tui.arguments import parse
from bptui.tui.chooser import Chooser
from bptui.tui.commands import COMMANDS
from bptui.tui.debugger import Debugger
from bptui.tui.record import record
from bptui.tui.state import Recent

Opened = list[tuple[Timeline, Log | None]]


@asynccontextmanager
async def shown(
    recent: list[Recent], size: tuple[int, int] = (120, 40), opened: Opened | None = None
) -> AsyncIterator[Pilot[None]]:
    """The chooser, once it is drawn; what is opened joins a list, or is shown if there is none."""

    def first(app: BptuiApp) -> Chooser:
        def opens(timeline: Timeline, log: Log | None) -> None:
            if opened is None:
                app.open(timeline, log)
            else:
                opened.append((timeline, log))

        return Chooser(recent, opens, MEMORY_LIMIT)

    async with BptuiApp(None, chooser=first).run_test(size=size) as pilot:
        await screens.settle(pilot)
        yield pilot


def the_chooser(pilot: Pilot[None]) -> Chooser:
    screen = pilot.app.screen
    assert isinstance(screen, Chooser)
    return screen


def scenario_file(tmp_path: Path, name: str = "own.toml", title: str = "A square of my own") -> Recent:
    path = tmp_path / name
    path.write_text(hostile.scenario(title))
    return Recent(str(path), title, "scenario")


def log_file(tmp_path: Path, scenario: str) -> Recent:
    path = tmp_path / f"{scenario}.bptlog"
    record(str(screens.FOLDER / f"{scenario}.toml"), parse(["record", scenario, "-o", str(path)])[1])
    return Recent(str(path), scenario, "log")


def table(name: str) -> dict[str, Any]:
    return tomllib.loads((screens.FOLDER / f"{name}.toml").read_text("utf-8"))


def left_half(rows: list[str]) -> list[str]:
    return [row[:67].rstrip() for row in rows]


# ---- the list


async def test_all_that_ship_are_listed_with_their_titles() -> None:
    async with shown([]) as pilot:
        rows = left_half(screens.text(pilot.app))
    found = dict(row[3:].split(maxsplit=1) for row in rows[3:19])
    assert found == {name: table(name)["title"] for name in screens.SCENARIOS}


async def test_recent_files_stand_first_and_the_first_of_them_is_selected(tmp_path: Path) -> None:
    async with shown([scenario_file(tmp_path)]) as pilot:
        rows = left_half(screens.text(pilot.app))
        titles = [index for index, row in enumerate(rows) if row.endswith("──")]
        assert [rows[index].split(" ─")[0] for index in titles] == [" recent", " that ship with bptui"]
        assert rows[titles[0] + 1].startswith(" ▶ ")
        assert rows[titles[0] + 1].endswith("own.toml  A square of my own")


@pytest.mark.parametrize("size", [*screens.SIZES, (200, 50)])
async def test_every_choice_can_be_reached_and_is_seen_when_it_is(size: tuple[int, int], tmp_path: Path) -> None:
    recent = [scenario_file(tmp_path, f"own{number}.toml") for number in range(5)]
    names = []
    async with shown(recent, size) as pilot:
        for _ in range(21):
            rows = screens.text(pilot.app)
            (marked,) = [row for row in rows if row.startswith(" ▶ ")]
            names.append(marked[3:].split()[0].rpartition("/")[2])
            assert len(rows) == size[1]
            assert all(cell_len(row) <= size[0] for row in rows)
            assert rows[-1].split() == ["↑", "↓", "choose", "enter", "open", "0", "G", "first,", "last", "q", "quit"]
            await screens.press(pilot, "j")
        last = [row for row in screens.text(pilot.app) if row.startswith(" ▶ ")]
        first = [row for row in await screens.press(pilot, "0") if row.startswith(" ▶ ")]
    assert names[:5] == [f"own{number}.toml" for number in range(5)]
    assert sorted(names[5:]) == screens.SCENARIOS
    assert names[-1] in last[0]  # there is nothing below
    assert names[0] in first[0]


def test_what_has_no_room_is_counted() -> None:
    """Whatever is selected: those that are seen, and those that are counted above and below, are all."""
    recent = [Recent(f"/nowhere/{number}", "", "scenario") for number in range(20)]
    found = choosing.choices(recent)
    for height in range(8, 50):
        for selected in range(len(found)):
            rows = ["".join(span.text for span in each) for each in choosing.choice_lines(found, selected, 60, height)]
            assert len(rows) <= height
            counted = sum(int(row.split()[1]) for row in rows if row.startswith("…"))
            seen = sum(row.startswith(("  ", "▶ ")) for row in rows)
            assert counted + seen == len(found)


def test_a_row_of_the_list_is_the_choice_that_is_drawn_there() -> None:
    found = choosing.choices([Recent(f"/nowhere/file{number:02}", "", "scenario") for number in range(20)])
    for height in (8, 10, 18, 36):
        for selected in range(len(found)):
            rows = ["".join(span.text for span in each) for each in choosing.choice_lines(found, selected, 60, height)]
            for y in range(-1, height + 2):
                row = rows[y] if 0 <= y < len(rows) else ""
                at = choosing.choice_at(found, selected, height, y)
                assert (at is not None) == row.startswith(("  ", "▶ "))
                assert at is None or row[2:].split()[0] == found[at].name


# ---- the preview


def facts(name: str) -> dict[str, str]:
    path = str(screens.FOLDER / f"{name}.toml")
    return dict(previews.preview(choosing.Choice(path, name, ""), MEMORY_LIMIT, COMMANDS).facts)


def cells(value: Any) -> int:
    """How many numbers there are in a value as TOML has it, or in one that is drawn."""
    if isinstance(value, dict):
        return int(np.prod(value["shape"]))
    return sum(map(cells, value)) if isinstance(value, list) else 1


def parameters(name: str) -> int:
    content = table(name)
    count, inputs = sum(map(cells, content.get("parameters", {}).values())), 0
    if "layer" in content:
        inputs = len(content["input"]["x"]) if isinstance(content.get("input", {}).get("x"), list) else 1
        inputs = 64 if name == "digits" else inputs  # eight by eight
    for layer in content.get("layer", []):
        if "units" in layer:
            count, inputs = count + layer["units"] * (inputs + 1), layer["units"]
        else:
            count += cells(layer["W"]) + cells(layer["b"])
    return count


@pytest.mark.parametrize("name", screens.SCENARIOS)
def test_the_parameters_are_those_of_the_file(name: str) -> None:
    assert int(facts(name).get("parameters", "0:").split(":")[0].replace(",", "")) == parameters(name)


@pytest.mark.parametrize("name", [name for name in screens.SCENARIOS if name != "digits"])
def test_the_steps_are_those_of_the_run(name: str) -> None:
    update = table(name).get("update", {})
    said = facts(name)["steps"]
    steps = len(list(trace(read(screens.FOLDER / f"{name}.toml"))))
    assert said.startswith(f"{steps:,}")
    iterations = update.get("iterations", 1)
    assert (f"in {iterations} iterations" in said) == (iterations > 1)
    assert (said.partition(", with ")[2] or None) == (update["rule"].replace("_", " ") if update else None)


@pytest.mark.parametrize(
    ("name", "layers", "given"),
    [
        ("tanh4", "1 → 2 × (1 identity) → 1 tanh → 1 identity", "x, y"),
        ("digits", "64 → 32 tanh → 10 identity", "x 64×64, y 1×64"),
        ("vanishing", "1 → 19 × (1 sigmoid) → 1 identity", "x, y"),
        ("attention", "", "X 3×3, Y 2×3, d"),
        ("sin_x2", "", "x"),
    ],
)
def test_layers_and_shapes(name: str, layers: str, given: str) -> None:
    assert facts(name).get("layers", "") == layers
    assert facts(name)["given"] == given


async def test_what_it_is_about_is_told_whole_in_a_large_window() -> None:
    async with shown([], (200, 60)) as pilot:
        for name in sorted(screens.SCENARIOS, key=lambda each: (each != "tanh4", each)):
            rows = [row[91:].strip() for row in screens.text(pilot.app)]
            assert rows[2].split(" ─")[0] == table(name)["title"]
            assert " ".join(table(name)["about"].split()) in " ".join(rows)
            assert "press       s  a step" in rows
            await screens.press(pilot, "down")


@pytest.mark.parametrize("size", screens.SIZES)
def test_what_is_cut_of_a_preview_is_counted(size: tuple[int, int]) -> None:
    box = choosing.boxes(*size)["preview"]
    for choice in choosing.choices([]):
        told = previews.preview(choice, MEMORY_LIMIT, COMMANDS)
        drawn = choosing.preview_lines(told, box.width, box.height - 1)
        rows = ["".join(span.text for span in each) for each in drawn]
        assert len(rows) <= box.height - 1
        assert all(f"{label} " in "\n".join(rows) for label, _ in told.facts)
        is_whole = told.about.split()[-1] in " ".join(rows) and told.program[-1][:15] in "\n".join(rows)
        assert is_whole or "more lines" in "\n".join(rows) or f"{len(told.program)} line" in "\n".join(rows)


async def test_of_a_log_its_beginning_and_its_end_are_told(tmp_path: Path) -> None:
    whole = log_file(tmp_path, "tanh4")
    cut = tmp_path / "cut.bptlog"
    cut.write_bytes(b"".join(Path(whole.path).read_bytes().splitlines(keepends=True)[:-1]))
    async with shown([whole, Recent(str(cut), "cut", "log")]) as pilot:
        rows = screens.text(pilot.app)
        assert any("recorded" in row and "from tanh4.toml" in row for row in rows)
        assert any(row.endswith("kB, complete") for row in rows)
        assert any("33, with gradient descent" in row for row in rows)
        rows = await screens.press(pilot, "j")
        assert "not complete" in "\n".join(rows)


# ---- opening


async def test_enter_opens_the_selected_one() -> None:
    opened: Opened = []
    names = ["tanh4", "convolution", "xor"]
    async with shown([], opened=opened) as pilot:
        for name in names:
            names_shown = [choice.name for choice in the_chooser(pilot).choices]
            await screens.press(pilot, "0", *"j" * names_shown.index(name), "enter")
    assert [log for _, log in opened] == [None] * 3
    texts = [(screens.FOLDER / f"{name}.toml").read_text("utf-8") for name in names]
    assert [timeline.scenario.text for timeline, _ in opened] == texts


async def test_the_debugger_follows(tmp_path: Path) -> None:
    async with shown([log_file(tmp_path, "tanh4")]) as pilot:
        rows = await screens.press(pilot, "enter")
        assert isinstance(pilot.app.screen, Debugger)
        assert "Four layers, one tanh" in rows[0]
        rows = await screens.press(pilot, "G")
        assert rows[-2].split()[:3] == ["33", "/", "33"]


async def test_a_log_is_opened_with_its_events(tmp_path: Path) -> None:
    opened: Opened = []
    async with shown([log_file(tmp_path, "sin_x2")], opened=opened) as pilot:
        await screens.press(pilot, "enter")
    ((timeline, log),) = opened
    assert log is not None
    assert log.is_complete
    assert len(timeline) == len(list(trace(read(screens.FOLDER / "sin_x2.toml"))))


def broken(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Files that cannot be opened, and what is said of them."""
    (tmp_path / "misspelt.toml").write_text('progrm = "z = x"')
    yield "misspelt.toml", "misspelt.toml:1: progrm: unknown key; did you mean 'program'?"
    yield "gone.toml", "gone.toml: there is no such file"
    (tmp_path / "folder").mkdir()
    yield "folder", "folder: is a folder"
    (tmp_path / "damaged.bptlog").write_bytes(b'{"bptlog":1,"text":"\x1b[31mred')
    yield "damaged.bptlog", "damaged.bptlog:1: the log ends within its first line"
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    yield "bytes.toml", "bytes.toml:1: is not UTF-8 text"
    yield "nul\0.toml", r"nul\x00.toml: is not a file name"
    yield hostile.LABEL.replace("/", "") + ".toml", hostile.SHOWN.replace("/", "")[:60]


async def test_what_cannot_be_opened_is_said_in_one_line(tmp_path: Path) -> None:
    opened: Opened = []
    files = list(broken(tmp_path))
    recent = [Recent(str(tmp_path / name), hostile.LABEL[:80], "scenario") for name, _ in files]
    async with shown(recent, opened=opened) as pilot:
        for number, (_, says) in enumerate(files):
            assert the_chooser(pilot).selected == number
            rows = await screens.press(pilot, "enter")
            assert rows[-2].startswith(f" {says}")
            assert not any(sign in "\n".join(rows) for sign in (*hostile.FORBIDDEN, *hostile.STOLEN))
            rows = await screens.press(pilot, "j")
            assert not rows[-2]
    assert not opened


async def test_a_missing_file_says_so_in_the_list(tmp_path: Path) -> None:
    async with shown([Recent(str(tmp_path / "gone"), "What was here", "scenario")], (80, 24)) as pilot:
        assert screens.text(pilot.app)[3].endswith("gone  is not there any more")


async def test_hostile_titles_are_made_visible(tmp_path: Path) -> None:
    async with shown([scenario_file(tmp_path, title=hostile.LABEL)], (200, 50)) as pilot:
        text = "\n".join(screens.text(pilot.app))
    assert text.count(hostile.SHOWN[:40]) == 2
    assert not any(sign in text for sign in (*hostile.FORBIDDEN, *hostile.STOLEN))


# ---- a long load


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """To open anything never ends, before the test does."""
    over = Event()

    def opening(path: str, max_memory: int) -> Iterator[Progress]:
        while not over.wait(0.01):
            yield Progress(40, 100)

    monkeypatch.setattr(chooser, "opening", opening)
    yield
    over.set()


@pytest.mark.parametrize("key", ["escape", "j"])
@pytest.mark.usefixtures("endless")
async def test_a_long_load_says_how_far_it_is_and_a_key_stops_it(key: str) -> None:
    opened: Opened = []
    async with shown([], (80, 24), opened) as pilot, asyncio.timeout(20):
        await screens.tap(pilot, "enter")
        while screens.text(pilot.app)[-2] != " reading tanh4.toml: 40 of 100; a move stops it":
            await pilot.pause(0)
        (worker,) = pilot.app.workers
        await screens.tap(pilot, key)
        rows = await screens.settle(pilot)
        assert not the_chooser(pilot).is_working
        assert worker.is_cancelled
        assert not rows[-2]
        assert not opened


@pytest.mark.usefixtures("endless")
async def test_it_is_left_while_it_loads() -> None:
    async with shown([]) as pilot:
        await screens.tap(pilot, "enter")
        await screens.tap(pilot, "q")
    assert pilot.app.return_code == 0


# ---- the mouse and the window


async def test_a_click_selects_and_another_opens() -> None:
    opened: Opened = []
    async with shown([], (80, 24), opened) as pilot:
        at = next(y for y, row in enumerate(screens.text(pilot.app)) if "dead_relu" in row)
        await pilot.click(offset=(5, at))
        assert "▶ dead_relu" in (await screens.settle(pilot))[at]
        assert not opened
        await pilot.click(offset=(5, 0))
        await pilot.click(offset=(5, 20))
        await pilot.click(offset=(5, 2))  # the title, the preview, a heading
        assert not opened
        await pilot.click(offset=(5, at))
        await screens.settle(pilot)
    assert [timeline.scenario.title for timeline, _ in opened] == [table("dead_relu")["title"]]


async def test_windows_of_all_sizes() -> None:
    async with shown([], (80, 24)) as pilot:
        before = await screens.settle(pilot)
        for size in ((1, 1), (59, 20), (60, 19)):
            rows = await screens.resize(pilot, *size)
            assert not any("tanh4" in row for row in rows)
            await screens.press(pilot, "j", "k")
        assert "bptui needs 60×20" in rows[0]
        for size in ((60, 20), (107, 30), (108, 30), (200, 50)):
            rows = await screens.resize(pilot, *size)
            assert any("▶ tanh4" in row for row in rows)
        assert await screens.resize(pilot, 80, 24) == before


async def test_where_nothing_is_touched_nothing_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with shown([]) as pilot:
        painted: list[object] = []
        monkeypatch.setattr(pilot.app, "_display", lambda *arguments: painted.append(arguments))
        for _ in range(20):
            await pilot.pause(0)
        assert not painted
