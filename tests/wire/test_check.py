"""`bptui check FILE` in a process of its own: its lines and its exit codes."""

from pathlib import Path

import pytest
from wire.command import bptui


def test_a_shipped_scenario_passes(tmp_path: Path) -> None:
    done = bptui("check", "tanh4", home=tmp_path)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0] == "Four layers, one tanh"
    assert lines[1].split() == ["derivative", "op", "method", "worst", "error", "verdict"]
    assert sum(line.endswith("pass") for line in lines) == 24  # 16 multiplications, 8 parameters
    assert lines[-1] == "pass: 24 derivatives agree with numerical differentiation"


def test_values_that_are_not_finite_fail(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('program = "z = log(x)"\n[input]\nx = -1.0\n')
    done = bptui("check", str(file), home=tmp_path)
    assert (done.returncode, done.stderr) == (4, "")
    assert done.stdout.splitlines()[-1].startswith("fail: the trace stops at a number that is not finite")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check",), "check takes one scenario"),
        (("check", "tanh4", "tanh4"), "check takes one scenario"),
        (("check", "tanh5"), "did you mean 'tanh4'"),
        (("--max-memory", "much", "tanh4"), "'much' is no size"),
        (("--max-memory", "64B", "tanh4"), "--max-memory sets another limit"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = bptui(*arguments, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
