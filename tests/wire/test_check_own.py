"""`bptui check FILE GRADIENTS` in a process of its own: what it prints, what it refuses, its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wire.command import bptui

SCENARIO = """
title = "Two “layers”"
program = '''
z1 = W1 @ x
h = tanh(z1)
z2 = W2 @ h
L = half_squared_error(z2, y)
'''
[input]
x = [[0.5, -1.0], [1.0, 0.75]]
[target]
y = [[1.0, 0.0]]
[parameters]
W1 = [[0.6, -0.4], [0.3, 0.8], [-0.7, 0.2]]
W2 = [[0.9, -0.5, 0.4]]
[update]
rule = "gradient_descent"
learning_rate = 0.5
iterations = 2
"""
x, y = np.array([[0.5, -1.0], [1.0, 0.75]]), np.array([[1.0, 0.0]])
W1, W2 = np.array([[0.6, -0.4], [0.3, 0.8], [-0.7, 0.2]]), np.array([[0.9, -0.5, 0.4]])


def gradients(W1: Any = W1, W2: Any = W2, sign: float = 1.0) -> dict[str, Any]:
    h = np.tanh(W1 @ x)
    dz2 = W2 @ h - y
    dh = W2.T @ dz2
    dz1 = sign * dh * (1 - h * h)
    return {"dz2": dz2, "dW2": dz2 @ h.T, "dh": dh, "dz1": dz1, "dW1": dz1 @ x.T}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "s.toml").write_text(SCENARIO, "utf-8")
    np.savez(tmp_path / "right.npz", **gradients())
    np.savez(tmp_path / "wrong.npz", **gradients(sign=-1.0))
    return tmp_path


def check(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return bptui("check", "s.toml", *arguments, home=home)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one printable line that is said."""
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("\n")
    line = done.stderr[:-1]
    assert line.isprintable(), line
    return line


def test_a_right_pass_exits_with_0_and_a_wrong_one_with_4(home: Path) -> None:
    right, wrong = check(home, "right.npz"), check(home, "wrong.npz")
    assert (right.returncode, right.stderr) == (0, "")
    assert right.stdout.splitlines()[-1] == "pass: your backward pass is right (5 right)"
    assert (wrong.returncode, wrong.stderr) == (4, "")
    assert "first wrong step: ∂L/∂z₁, " in wrong.stdout
    assert "  mistake  the sign\n" in wrong.stdout
    assert wrong.stdout.splitlines()[-1] == "fail: one wrong step (3 right, 1 inherited)"


def test_the_table(home: Path) -> None:
    done = check(home, "wrong.npz", "--plain")
    assert (done.returncode, done.stderr) == (4, "")
    row = next(line for line in done.stdout.splitlines() if "wrong here" in line)
    assert row.split()[1].startswith("∂L/∂z₁[")
    assert row.endswith("the sign")
    assert check(home, "right.npz", "--plain").returncode == 0


def test_the_json(home: Path) -> None:
    done = check(home, "wrong.npz", "--json")
    assert (done.returncode, done.stderr) == (4, "")
    told = json.loads(done.stdout)
    assert (told["format"], told["scenario"], told["verdict"]) == ("bptui-check 1", "s.toml", "fail")
    assert told["first"]["mistakes"][0] == {"id": "sign", "name": "the sign", "detail": ""}
    assert json.loads(check(home, "right.npz", "--json").stdout)["first"] is None


def test_a_declared_layout(home: Path) -> None:
    turned = {name: g.T for name, g in gradients().items()}
    np.savez(home / "turned.npz", **turned)
    assert check(home, "turned.npz", "--layout", "rows, transposed").returncode == 0
    done = check(home, "right.npz", "--layout", "transposed")
    assert done.returncode == 4
    assert "weights transposed (as declared)" in done.stdout
    assert "there is no layout 'row'; did you mean 'rows'?" in refused(check(home, "right.npz", "--layout", "row"))
    assert "is said beside its opposite" in refused(check(home, "right.npz", "--layout", "rows columns"))


def test_the_second_iteration(home: Path) -> None:
    first = gradients()
    np.savez(home / "second.npz", **gradients(W1 - 0.5 * first["dW1"], W2 - 0.5 * first["dW2"]))
    assert check(home, "second.npz", "--iteration", "2").returncode == 0
    assert check(home, "second.npz").returncode == 4
    assert check(home, "right.npz", "--iteration", "2").returncode == 4
    hint = "there is no iteration 3; the scenario has iterations 1 to 2"
    assert hint in refused(check(home, "right.npz", "--iteration", "3"))
    for none in ("0", "-1", "much", "1" * 100):
        refused(check(home, "right.npz", "--iteration", none))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("nan.json", '{"dW1": [[NaN, 1.0]]}', "nan.json: holds NaN, which is not finite"),
        ("ragged.json", '{"dW1": [[1, 2], [3]]}', "row 2 has 1 number, row 1 has 2 numbers"),
        ("unknown.json", '{"dW3": 1.0}', "'dW3' is the gradient of nothing in the program; did you mean 'dW2'?"),
        ("control.json", '{"dW1\\u001b[2J": 1.0}', r"dW1\x1b[2J"),
        ("turned.json", '{"dW1\\u202e\\n": 1.0}', r"dW1\u202e\n"),
        ("empty.json", "{}", "holds no gradients"),
        ("list.json", "[1, 2]", "list.json"),
        ("deep.json", "[" * 5_000, "deep.json"),
        ("text.json", '{"dW1": "__import__(1)"}', "text.json"),
        ("none.toml", "", "holds no gradients"),
        ("own.pkl", "x", "is not a kind of file that gradients are read from"),
        ("s.bptlog", "x", "is not a kind of file that gradients are read from"),
        ("junk.npz", "PK\x03\x04junk", "junk.npz"),
    ],
)
def test_a_hostile_file_is_refused_in_one_line(home: Path, name: str, text: str, said: str) -> None:
    (home / name).write_text(text, "utf-8")
    assert said in refused(check(home, name))


def test_pickles_pipes_and_what_is_huge_are_not_read(home: Path) -> None:
    np.save(home / "dW1.npy", np.array([{}], dtype=object), allow_pickle=True)
    os.mkfifo(home / "pipe.npz")
    for name in ("huge.npz", "huge.json", "huge.csv"):
        with (home / name).open("wb") as file:
            file.truncate(5 << 30)  # sparse
        assert "is too large" in refused(check(home, name))
    assert "pickled objects, which are never read" in refused(check(home, "dW1.npy"))
    assert "is not a regular file" in refused(check(home, "pipe.npz"))
    assert "there is no such file" in refused(check(home, "missing.npz"))


def test_without_a_terminal_nothing_is_opened(home: Path) -> None:
    assert refused(check(home, "wrong.npz", "--open")).startswith("--open: there is no screen to open; ")


@pytest.mark.parametrize("form", [(), ("--plain",)])
def test_ascii_is_ascii(home: Path, form: tuple[str, ...]) -> None:
    done = check(home, "wrong.npz", "--ascii", *form)
    assert done.returncode == 4
    assert done.stdout.isascii()
    assert "dL/dz1" in done.stdout


def test_ascii_leaves_the_json_what_it_is(home: Path) -> None:
    """Quotation marks of a title become others in ASCII: those would end a string."""
    plain, ascii_only = check(home, "wrong.npz", "--json"), check(home, "wrong.npz", "--json", "--ascii")
    assert ascii_only.returncode == 4
    assert json.loads(plain.stdout)["title"] == "Two “layers”"
    assert json.loads(ascii_only.stdout)["first"]["mistakes"][0]["id"] == "sign"
    assert ascii_only.stdout.isascii()


def test_a_run_that_stops_has_nothing_to_compare_with(home: Path) -> None:
    (home / "s.toml").write_text('program = "z = log(x) * w"\n[input]\nx = -1.0\n[parameters]\nw = 1.0\n')
    (home / "w.json").write_text('{"dw": 1.0}')
    said = "s.toml: the run stops in iteration 1 at a number that is not finite; "
    assert refused(check(home, "w.json")).startswith(said)


def test_a_log_is_no_scenario(home: Path) -> None:
    assert bptui("record", "s.toml", "-o", "s.bptlog", home=home).returncode == 0
    done = bptui("check", "s.bptlog", "right.npz", home=home)
    assert refused(done) == "s.bptlog: is a log; check takes a scenario; bptui verify takes logs"


def test_where_a_product_of_large_numbers_is_not_finite_nothing_else_is_printed(home: Path) -> None:
    """dw = dz x = 1e310 where dz = 1e300 and x = 1e10."""
    text = 'program = """\nz = w * x\nL = z ^ 2\n"""\n[input]\nx = 1e10\n[parameters]\nw = 1.0\n'
    (home / "s.toml").write_text(text)
    (home / "large.json").write_text('{"dz": 1e300, "dw": 5.0}')
    done = check(home, "large.json", "--json")
    assert (done.returncode, done.stderr) == (4, "")
    assert json.loads(done.stdout)["first"]["variable"] == "z"
