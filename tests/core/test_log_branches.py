"""Branches of a log are found again."""

from pathlib import Path
from typing import Any

import pytest
from branches import LEARNS
from holding import FOLDER
from logfiles import assert_the_same, begin, found, found_again
from logs import opened, run

from bptui.core import Timeline, parse, read
from bptui.core.edits import parse_edit
from bptui.core.log.recorded import RecordedTimeline
from bptui.core.log.recording import Recording
from bptui.core.log.records import EditLine
from bptui.core.whatif import edited

# ---- branches -------------------------------------------------------------------------------------------------------


def branch_off(recording: Recording, base: Timeline, text: str, first: int) -> Timeline:
    """Type an edit at an iteration, as it is recorded."""
    edit = parse_edit(text, base.scenario)
    scenario, state = edited(base.scenario, base.state(first), first, edit)
    branch = Timeline(scenario, base=base, first=first, state=state)
    recording.edit(branch, recording.number(base), edit, first)
    return branch


@pytest.mark.parametrize("options", [{}, {"every": 3}, {"full": True}], ids=str)
@pytest.mark.parametrize("edit", ["W[1, 0] = 0.75", "b = [1, 2, 3]", "η = 0.5", "x[0, 1] = 4", "g[2] = 0"])
@pytest.mark.parametrize("first", [0, 2, 4])
def test_a_branch_is_found_again(edit: str, first: int, options: dict[str, Any], tmp_path: Path) -> None:
    run_, calendar = Timeline(parse(LEARNS)), Timeline(parse(LEARNS)).calendar
    recording, path = begin(tmp_path, run_, **options)
    run(recording.events(run_, calendar.start(first) + 3))
    branch = branch_off(recording, run_, edit, first)
    run(recording.events(branch, len(branch)))
    recording.keep()
    recording.close()
    log = opened(path)
    assert log.is_complete
    assert list(log.spans) == [0, 1]
    ours = found_again(log, 0, {0: RecordedTimeline(log, log.scenario)})
    assert len(ours) == len(branch)
    assert_the_same(ours, branch, len(branch))
    assert found(ours) == []


def test_branches_of_branches_are_found_again_whatever_is_recorded_between(tmp_path: Path) -> None:
    run_ = Timeline(parse(LEARNS))
    start = run_.calendar.start
    recording, path = begin(tmp_path, run_)
    run(recording.events(run_, start(3) + 7))
    one = branch_off(recording, run_, "W[1, 0] = 0.75", 3)
    run(recording.events(one, start(5) + 2))
    two = branch_off(recording, one, "V[0, 1] = 2", 5)
    run(recording.events(two, start(6) + 9))
    recording.drop(start(3) + 7)
    run(recording.events(run_, start(4) + 1))
    three = branch_off(recording, run_, "η = 0.5", 2)
    run(recording.events(one, start(5) + 4))
    run(recording.events(three, start(2) + 1))
    run(recording.events(two, start(7)))
    recording.close()
    log = opened(path)
    assert (log.problem, [span.reach for span in log.spans.values()]) == (
        "",
        [start(4) + 1, start(5) + 4, start(7), start(2) + 1],
    )
    bases = {0: RecordedTimeline(log, log.scenario)}
    edits = [i for i in range(len(log.track)) if isinstance(log.did(i), EditLine)]
    for index, (branch, reach) in zip(
        edits, [(one, start(5) + 4), (two, start(7)), (three, start(2) + 1)], strict=True
    ):
        ours = found_again(log, index, bases)
        assert len(ours) == reach
        assert_the_same(ours, branch, reach)
    assert_the_same(bases[0], run_, len(bases[0]))


def test_a_node_is_shifted_in_the_branch_as_it_was(tmp_path: Path) -> None:
    run_ = Timeline(read(FOLDER / "tanh4.toml"))
    recording, path = begin(tmp_path, run_)
    branch = branch_off(recording, run_, "u2 = 0.25", 0)
    run(recording.events(branch, len(branch)))
    recording.close()
    log = opened(path)
    ours = found_again(log, 0, {0: RecordedTimeline(log, log.scenario)})
    assert_the_same(ours, branch, len(branch))


def test_a_parameter_may_be_called_η(tmp_path: Path) -> None:
    text = "program = '''z = sum(η*x)'''\n[input]\nx = [1, 2]\n[parameters]\n'η' = [0.5, 0.25]\n"
    run_ = Timeline(parse(text))
    recording, path = begin(tmp_path, run_)
    branch = branch_off(recording, run_, "η = [3, 4]", 0)
    run(recording.events(branch, len(branch)))
    recording.close()
    log = opened(path)
    ours = found_again(log, 0, {0: RecordedTimeline(log, log.scenario)})
    assert_the_same(ours, branch, len(branch))
