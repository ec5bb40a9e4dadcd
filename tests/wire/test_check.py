"""`bptui check FILE` in a process of its own: its lines and its exit codes."""

from pathlib import Path

import msgspec
import pytest
from wire.command import bptui

from bptui.core.jacobian import Shape
from bptui.core.ops import RULES, Op, elementwise
from bptui.tui.cli import main


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
    assert done.stdout.splitlines()[-1].startswith(
        "fail: the trace stops at a number that is not finite (z = log(x) is not a number at x = -1)"
    )


def test_a_wrong_derivative_fails_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tanh = RULES["tanh"]
    wrong = elementwise.local(lambda y, x: 1.0 - y, (), ())

    def bind(*shapes: Shape) -> Op:
        return msgspec.structs.replace(tanh.bind(*shapes), local=(wrong,))

    monkeypatch.setitem(RULES, "tanh", msgspec.structs.replace(tanh, bind=bind))
    assert main(["check", "tanh4"]) == 4
    lines = capsys.readouterr().out.splitlines()
    failed = [line.split()[:2] for line in lines if line.endswith("FAIL")]
    before = [["∂a₃/∂u₃", "tanh"], *(["∂L/∂" + name, "gradient"] for name in ("W₁", "b₁", "W₂", "b₂", "W₃", "b₃"))]
    assert failed == before
    assert lines[-1] == "fail: 7 of 24 derivatives are wrong, first ∂a₃/∂u₃"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check",), "check takes one scenario"),
        (("check", "tanh4", "tanh4"), "is not a kind of file"),
        (("check", "tanh4", "a.npz", "b.npz"), "unrecognized arguments: b.npz"),
        (("check", "tanh4", "--json"), "--json goes with your own gradients"),
        (("check", "tanh5"), "did you mean 'tanh4'"),
        (("--max-memory", "much", "tanh4"), "'much' is no size"),
        (("--max-memory", "64B", "tanh4"), "--max-memory sets another limit"),
        (("--max-memory", "64B", "check", "tanh4"), "--max-memory sets another limit"),
        (("--max-memory", "8B", "--expr", "sin(x)", "x=1"), "--max-memory sets another limit"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = bptui(*arguments, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
