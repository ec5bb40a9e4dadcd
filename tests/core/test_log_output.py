"""Where a log goes: what is said to be written is there, whenever and however writing fails."""

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from branches import LEARNS
from logs import opened, run

from bptui.core import InputError, Timeline, parse
from bptui.core.edits import parse_edit
from bptui.core.log.header import header
from bptui.core.log.output import Output, create
from bptui.core.log.recording import Recording
from bptui.core.whatif import edited

SMALL = """
program = '''
h = tanh(w*x)
z = h*v + w
'''
[input]
x = 0.5
[parameters]
w = 0.3
v = -2.0
[update]
rule = "adam"
learning_rate = 0.1
iterations = 4
"""


def recording_to(output: Output, timeline: Timeline) -> Recording:
    return Recording(output, header(timeline.scenario), timeline, lambda: 0.0)


def record(recording: Recording, timeline: Timeline) -> None:
    """A reader goes through the run, three steps at a time, and writes a note now and then."""
    for position in range(3, len(timeline) + 3, 3):
        run(recording.events(timeline, position))
        recording.move(min(position, len(timeline)))
        if position % 4 == 1:
            recording.note(position, "what is this?")
    recording.close()


class Failing(Output):
    """Its write number `at` fails; or each takes a few bytes only."""

    at = 0
    error = errno.ENOSPC
    most = 1 << 30
    calls = 0

    def _write(self, data: memoryview) -> int:
        self.calls += 1
        if self.calls == self.at:
            raise OSError(self.error, os.strerror(self.error))
        return super()._write(data[: self.most])


def failing(path: Path, at: int, error: int, most: int) -> Failing:
    output = Failing(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    output.at, output.error, output.most = at, error, most
    return output


# ---- writing fails --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("error", "most"), [(errno.ENOSPC, 1 << 30), (errno.EIO, 1 << 30), (errno.ENOSPC, 200)])
def test_whichever_write_fails_the_log_holds_what_was_said_to_be_written(error: int, most: int, tmp_path: Path) -> None:
    """Whole, and in pieces of 200 bytes, so that it fails within a line as well."""
    timeline, path = Timeline(parse(SMALL)), tmp_path / "run.bptlog"
    for at in range(1, 10_000):
        told: list[OSError] = []
        output = failing(path, at, error, most)
        output.failed = told.append
        recording = recording_to(output, timeline)
        record(recording, timeline)
        data = path.read_bytes()
        if output.failure is None:
            break
        assert [each.errno for each in told] == [error]
        assert not recording.is_on
        assert output.calls == at  # from then on nothing is tried
        assert data.endswith(b"\n") or not data
        if data:
            log = opened(path)
            assert log.problem == "the recording was not ended"
            assert log.spans[0].reach == recording.last
            assert log.lines == data.count(b"\n")
        else:
            assert recording.last == 0
    assert at > (100 if most == 200 else 15)
    assert opened(path).is_complete
    assert recording.last == len(timeline)


def test_short_writes_are_completed(tmp_path: Path) -> None:
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    for path, most in ((whole, 1 << 30), (pieces, 7)):
        timeline = Timeline(parse(SMALL))
        record(recording_to(failing(path, 0, 0, most), timeline), timeline)
    one, other = (path.read_bytes().splitlines()[1:] for path in (whole, pieces))
    assert one == other
    assert opened(pieces).is_complete


def test_a_write_that_takes_nothing_does_not_go_on_for_ever(tmp_path: Path) -> None:
    timeline = Timeline(parse(SMALL))
    output = failing(tmp_path / "run.bptlog", 0, 0, 0)
    record(recording_to(output, timeline), timeline)
    assert output.failure is not None
    assert output.failure.errno == errno.EIO
    assert output.calls == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_device_is_said_and_survived() -> None:
    timeline, descriptor = Timeline(parse(SMALL)), os.open("/dev/full", os.O_WRONLY)
    output = Output(descriptor, regular=False)
    recording = recording_to(output, timeline)
    record(recording, timeline)
    assert output.failure is not None
    assert output.failure.errno == errno.ENOSPC
    assert (recording.is_on, recording.last) == (False, 0)
    os.close(descriptor)  # which is not the recording's to close


def test_a_pipe_that_nobody_reads_is_said_and_survived() -> None:
    timeline = Timeline(parse(SMALL))
    reader, writer = os.pipe()
    os.close(reader)
    output = Output(writer, regular=False)
    record(recording_to(output, timeline), timeline)
    assert isinstance(output.failure, BrokenPipeError)
    os.close(writer)


LIMITED = """
import resource, signal, sys
from bptui.core import Timeline, parse
from bptui.core.log.header import header
from bptui.core.log.output import create
from bptui.core.log.recording import Recording
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
timeline = Timeline(parse(sys.argv[2]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
recording = Recording(create(sys.argv[1]), header(timeline.scenario), timeline, lambda: 0.0)
for position in range(1, len(timeline) + 1):
    for _ in recording.events(timeline, position):
        pass
recording.close()
print(recording.last, recording.output.failure.errno)
"""


def test_a_limit_on_the_size_of_files_is_survived(tmp_path: Path) -> None:
    path = tmp_path / "run.bptlog"
    command = [sys.executable, "-c", LIMITED, str(path), SMALL, "9000"]
    last, error = map(int, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert error == errno.EFBIG
    log = opened(path)
    assert 0 < log.spans[0].reach == last < len(Timeline(parse(SMALL)))
    assert path.stat().st_size <= 9000
    assert path.read_bytes().endswith(b"\n")


def test_a_failing_fsync_ends_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On its own thread: what was written stays, and the reader is told once."""
    told, is_told = [], threading.Event()

    def fails(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def tell(error: OSError) -> None:
        told.append((error.errno, threading.current_thread().name))
        is_told.set()

    monkeypatch.setattr(os, "fsync", fails)
    timeline, path = Timeline(parse(SMALL)), tmp_path / "run.bptlog"
    output = create(str(path))
    output.failed = tell
    recording = recording_to(output, timeline)
    assert is_told.wait(10)
    run(recording.events(timeline, len(timeline)))
    recording.close()
    assert told == [(errno.EIO, "fsync")]
    assert (recording.is_on, recording.last) == (False, opened(path).spans[0].reach)


def test_a_file_system_without_fsync_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(descriptor: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", fails)
    timeline = Timeline(parse(SMALL))
    record(recording_to(create(str(tmp_path / "run.bptlog")), timeline), timeline)
    assert opened(tmp_path / "run.bptlog").is_complete


def test_what_was_written_is_brought_to_the_disk_before_the_file_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, fsync = [], os.fsync

    def watched(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    timeline, path = Timeline(parse(SMALL)), tmp_path / "run.bptlog"
    record(recording_to(create(str(path)), timeline), timeline)
    assert sizes[-1] == path.stat().st_size


# ---- the file -------------------------------------------------------------------------------------------------------


def test_a_log_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create(str(tmp_path / "new")).close()
        (tmp_path / "old").write_text("old")
        (tmp_path / "old").chmod(0o666)
        create(str(tmp_path / "old"), force=True).close()
    finally:
        os.umask(before)
    for name in ("new", "old"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert (tmp_path / name).read_bytes() == b""


def make(kind: str, path: Path) -> Path:
    match kind:
        case "file":
            path.write_text("mine")
        case "link":
            path.with_name("target").write_text("mine")
            path.symlink_to(path.with_name("target"))
        case "dangling link":
            path.symlink_to(path.with_name("nowhere"))
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "device":
            return Path("/dev/null")
    return path


@pytest.mark.parametrize("kind", ["file", "link", "dangling link", "pipe", "folder", "device"])
def test_nothing_that_is_there_is_written_over(kind: str, tmp_path: Path) -> None:
    path = make(kind, tmp_path / "log")
    before, names = path.lstat(), sorted(os.listdir(tmp_path))
    with pytest.raises(InputError, match="exists already") as caught:
        create(str(path))
    assert (caught.value.file, bool(caught.value.hint)) == (str(path), True)
    after = path.lstat()
    assert (before.st_ino, before.st_size, before.st_mtime_ns) == (after.st_ino, after.st_size, after.st_mtime_ns)
    assert sorted(os.listdir(tmp_path)) == names


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("link", "is a link"),
        ("dangling link", "is a link"),
        ("pipe", "cannot be written"),
        ("folder", "cannot be written"),
        ("device", "is not a regular file"),
    ],
)
def test_force_is_for_regular_files(kind: str, reason: str, tmp_path: Path) -> None:
    path = make(kind, tmp_path / "log")
    before, names = path.lstat(), sorted(os.listdir(tmp_path))
    with pytest.raises(InputError, match=reason) as caught:
        create(str(path), force=True)
    assert (caught.value.file, bool(caught.value.hint)) == (str(path), True)
    assert (path.lstat().st_ino, sorted(os.listdir(tmp_path))) == (before.st_ino, names)
    if kind == "link":
        assert path.read_text() == "mine"


def test_a_pipe_that_is_read_is_not_written_over_by_force(tmp_path: Path) -> None:
    path = make("pipe", tmp_path / "log")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(InputError, match="is not a regular file"):
        create(str(path), force=True)
    os.close(reader)


@pytest.mark.parametrize("alias", ["log", "./log", "hard"])
def test_the_log_that_is_replayed_is_never_written_over(alias: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("mine")
    os.link(tmp_path / "log", tmp_path / "hard")
    with pytest.raises(InputError, match="is the file that is read"):
        create(f"{tmp_path}/{alias}", force=True, not_over=str(tmp_path / "log"))
    assert (tmp_path / "log").read_text() == "mine"
    (tmp_path / "other").write_text("old")
    create(str(tmp_path / "other"), force=True, not_over=str(tmp_path / "log")).close()
    assert (tmp_path / "other").read_text() == ""


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", ["no/such/folder", "nul\0", "x" * 300])
def test_a_name_that_cannot_be_is_said_in_one_line(name: str, force: bool, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written") as caught:
        create(f"{tmp_path}/{name}", force=force)
    assert str(caught.value).isprintable()
    assert os.listdir(tmp_path) == []


# ---- several threads ------------------------------------------------------------------------------------------------


def in_threads(*works: Callable[[], None]) -> None:
    """All at once; what one of them raises is raised here."""
    faults: list[BaseException] = []
    start = threading.Barrier(len(works))

    def follow(work: Callable[[], None]) -> None:
        try:
            start.wait()
            work()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=follow, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def steps(path: Path, branch: int = 0) -> list[int]:
    lines = map(json.loads, path.read_bytes().splitlines()[1:])
    return [line["n"] for line in lines if "n" in line and line.get("branch", 0) == branch]


def test_two_threads_write_each_event_once(tmp_path: Path) -> None:
    timeline, path = Timeline(parse(LEARNS)), tmp_path / "run.bptlog"
    recording = recording_to(create(str(path)), timeline)
    end = len(timeline)
    in_threads(*(lambda last=last: run(recording.events(timeline, last)) for last in (end, end - 7, end, 100)))
    recording.close()
    assert steps(path) == list(range(1, end + 1))
    assert opened(path).is_complete
    assert recording.last == end


def test_the_successor_of_a_cancelled_job_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bptui.core.log.recording.BATCH", 1)  # an iteration at a time
    timeline, path = Timeline(parse(LEARNS)), tmp_path / "run.bptlog"
    recording = recording_to(create(str(path)), timeline)
    cancelled = recording.events(timeline, len(timeline))
    next(cancelled), next(cancelled), next(cancelled)
    before = steps(path)
    assert 0 < len(before) < len(timeline)
    run(recording.events(timeline, before[-1] + 5))
    assert steps(path) == list(range(1, before[-1] + 6))
    run(cancelled)  # that it was cancelled comes to it late
    recording.close()
    assert steps(path) == list(range(1, len(timeline) + 1))


def test_threads_on_a_branch_and_on_its_run_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    timeline, path = Timeline(parse(LEARNS)), tmp_path / "run.bptlog"
    recording = recording_to(create(str(path)), timeline)
    edit, start, end = parse_edit("W[1, 0] = 0.75", timeline.scenario), timeline.calendar.start(3), len(timeline)
    run(recording.events(timeline, start))
    scenario, state = edited(timeline.scenario, timeline.state(3), 3, edit)
    branch = Timeline(scenario, base=timeline, first=3, state=state)
    recording.edit(branch, 0, edit, 3)

    def moves() -> None:
        for position in range(50):
            recording.move(position)

    in_threads(
        lambda: run(recording.events(timeline, end)),
        lambda: run(recording.events(branch, end)),
        lambda: run(recording.events(branch, end)),
        moves,
    )
    recording.close()
    assert steps(path) == list(range(1, end + 1))
    assert steps(path, 1) == list(range(start + 1, end + 1))
    log = opened(path)
    assert log.is_complete
    assert (log.spans[0].reach, log.spans[1].reach, len(log.track)) == (end, end, 51)


# ---- killed ---------------------------------------------------------------------------------------------------------

KILLED = """
import sys
from bptui.core import Timeline, parse
from bptui.core.log.header import header
from bptui.core.log.output import create
from bptui.core.log.recording import Recording
timeline = Timeline(parse(sys.argv[2]))
recording = Recording(create(sys.argv[1]), header(timeline.scenario), timeline, lambda: 0.0)
for position in range(1, len(timeline) + 1):
    for _ in recording.events(timeline, position):
        pass
    print("shown", position, flush=True)
"""


@pytest.mark.parametrize("shown", [1, 40, 150])
def test_what_was_shown_is_in_the_log_of_a_program_that_is_killed(shown: int, tmp_path: Path) -> None:
    path = tmp_path / "run.bptlog"
    command = [sys.executable, "-c", KILLED, str(path), LEARNS.replace("iterations = 8", "iterations = 8000")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        for line in program.stdout:
            if line == f"shown {shown}\n":
                break
        os.kill(program.pid, signal.SIGKILL)
        rest = program.stdout.read().splitlines()
    assert program.returncode == -signal.SIGKILL
    last = max([shown, *(int(line.split()[1]) for line in rest if line.startswith("shown ") and line[6:].isdigit())])
    log = opened(path)
    assert log.spans[0].reach >= last
    assert log.problem == "the recording was not ended"
    assert not log.is_complete
