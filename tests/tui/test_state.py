"""What is remembered between runs, and that nothing about it ever stops a run."""

import json
import os
import stat
from pathlib import Path

import msgspec
import pytest
from hostile import LABEL

from bptui.tui.state import MOST_RECENT, Recent, State, load, opened, save, state_path

LEFT = State(
    theme="light",
    numbers="4 digits, fixed",
    picture="heat",
    pane="step",
    zoomed=True,
    hinted=True,
    recent=(Recent("/a/net.toml", "A net", "scenario"), Recent("/a/net.bptlog", "A net", "log")),
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the state is to be, in a folder of this test's own that is not there yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    path = state_path()
    assert path.is_relative_to(tmp_path)
    return path


def paths(state: State) -> list[str]:
    return [each.path for each in state.recent]


def test_nothing_is_remembered_at_first(file: Path) -> None:
    assert load() == State()
    assert not file.parent.exists()


def test_what_is_saved_is_loaded(file: Path) -> None:
    save(LEFT)
    assert load() == LEFT
    assert json.loads(file.read_bytes())["recent"][1] == {"path": "/a/net.bptlog", "title": "A net", "kind": "log"}


def test_only_the_owner_may_read_it(file: Path) -> None:
    save(LEFT)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert os.listdir(file.parent) == [file.name]  # the temporary file is gone


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"theme": 3}',
        b'{"zoomed": "yes"}',
        b'{"theme": "\\ud800"}',
        b'{"recent": {}}',
        b'{"recent": [{"path": "/a"}]}',
        b'{"recent": [{"path": "", "title": "", "kind": "log"}]}',
        b'{"recent": [{"path": "/a", "title": "", "kind": "program"}]}',
        json.dumps({"theme": "a" * 81}).encode(),
        json.dumps({"recent": [{"path": "/a", "title": "a" * 81, "kind": "log"}]}).encode(),
        json.dumps({"recent": [{"path": "/a", "title": "a", "kind": "log"}] * 21}).encode(),
        b'{"other": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b"[" * 60_000,
        b'{"theme": "light"' + b" " * 70_000 + b"}",
    ],
)
def test_a_damaged_or_foreign_state_is_as_none(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
    assert load() == State()
    save(LEFT)
    assert load() == LEFT


def test_a_state_of_another_version_gives_what_is_known(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text('{"theme": "light", "invented later": [1, {}]}')
    assert load() == State(theme="light")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to(path), lambda path: path.symlink_to("no")])
def test_what_is_no_file_is_replaced(file: Path, make: object) -> None:
    file.parent.mkdir(parents=True)
    make(file)  # type: ignore[operator]
    assert load() == State()
    save(LEFT)
    assert load() == LEFT


def test_a_folder_in_its_place_stays(file: Path) -> None:
    file.mkdir(parents=True)
    save(LEFT)
    assert load() == State()
    assert os.listdir(file.parent) == [file.name]


def test_where_nothing_can_be_written_nothing_happens(file: Path) -> None:
    file.parent.parent.mkdir()
    file.parent.write_text("a file where the folder should be")
    save(LEFT)
    assert load() == State()
    assert file.parent.read_text() == "a file where the folder should be"


def test_a_full_disk_leaves_what_was_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    save(LEFT)
    with monkeypatch.context() as context:
        context.setattr(os, "replace", is_full)
        save(State(theme="dark"))
    assert load() == LEFT
    assert os.listdir(file.parent) == [file.name]


def test_the_newest_stands_first_and_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    state = State()
    for name in ("a.toml", "b.toml", "./a.toml"):
        state = opened(state, name, f"as {name}", "scenario")
    assert state.recent == (
        Recent(str(tmp_path / "a.toml"), "as ./a.toml", "scenario"),
        Recent(str(tmp_path / "b.toml"), "as b.toml", "scenario"),
    )


def test_the_oldest_are_forgotten() -> None:
    state = State()
    for number in range(50):
        state = opened(state, f"/{number}", "", "log")
    assert paths(state) == [f"/{number}" for number in range(49, 49 - MOST_RECENT, -1)]


def test_titles_are_short_and_kept_as_they_are(file: Path) -> None:
    state = opened(opened(State(), "/long", "a" * 1_000, "log"), "/hostile", LABEL * 2, "log")
    save(state)
    hostile, long = load().recent
    assert long.title == "a" * 79 + "…"
    assert hostile.title == (LABEL * 2)[:79] + "…"


def test_a_path_that_is_no_text_is_not_remembered(file: Path) -> None:
    state = opened(State(), os.fsdecode(b"/\xff.toml"), "x", "scenario")
    assert state == State()
    save(opened(state, "/x.toml", "\udcff", "scenario"))
    assert load().recent == (Recent("/x.toml", "?", "scenario"),)


def test_of_two_at_once_each_keeps_the_files_of_the_other(file: Path) -> None:
    save(opened(State(), "/old", "", "log"))
    first, second = load(), load()
    save(msgspec.structs.replace(opened(first, "/first", "", "log"), theme="light"))
    save(msgspec.structs.replace(opened(second, "/second", "", "log"), theme="dark"))
    assert paths(load()) == ["/second", "/old", "/first"]
    assert load().theme == "dark"


def test_of_the_longest_paths_as_many_are_kept_as_can_be_read(file: Path) -> None:
    state = State()
    for number in range(MOST_RECENT):
        state = opened(state, "/" + f"{number:03}/" * 1_000, "\x1b" * 80, "log")
    save(state)
    kept = load().recent
    assert kept == state.recent[: len(kept)]
    assert 64 * 1024 - 4_600 < file.stat().st_size <= 64 * 1024  # not one path more would have had room
