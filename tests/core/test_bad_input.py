"""What is wrong with a file is said in one line: file, line, key, what is wrong, what would be right."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bptui.core import InputError, parse, read

LAYER = "[input]\nx = 1.0\n[[layer]]\nW = 1.0\n"
PROGRAM = '"""\nu = 3*x\nz = u^2\n"""\n'

CASES = [
    ("[input", 1, "", "not TOML"),
    ("title = 1", 1, "title", "must be a string"),
    (LAYER + "acitvation = 'tanh'", 5, "layer 1.acitvation", "did you mean 'activation'?"),
    (LAYER + "activation = 'tahn'", 5, "layer 1.activation", "did you mean 'tanh'?"),
    (LAYER + "width = 1000000000", 5, "layer 1.width", "unknown key"),
    ("tilte = 'x'", 1, "tilte", "did you mean 'title'?"),
    (
        LAYER + "[loss]\nkind = 'half_squared_eror'\n[target]\ny = 1.0",
        6,
        "loss.kind",
        "did you mean 'half_squared_error'?",
    ),
    (LAYER + "[update]\nrule = 'gradient_descent'", 5, "update", "'learning_rate' is missing"),
    (LAYER + "[update]\nrule = 'gd'\nlearning_rate = 0.1", 6, "update.rule", "gradient_descent"),
    (LAYER + "[update]\nrule = 'gradient_descent'\nlearning_rate = -1.0", 7, "update.learning_rate", "above 0"),
    ("[input]\nx = 1.0\n[[layer]]\nW = 'a'", 4, "layer 1.W", "not a number"),
    ("[input]\nx = true\n[[layer]]\nW = 1.0", 2, "input.x", "not a number"),
    ("[input]\nx = nan\n[[layer]]\nW = 1.0", 2, "input.x", "not finite"),
    ("[input]\nx = 1e999\n[[layer]]\nW = 1.0", 2, "input.x", "not finite"),
    ("[input]\nx = []\n[[layer]]\nW = 1.0", 2, "input.x", "empty list"),
    ("[input]\nx = [[1.0, 2.0],\n  [3.0]]\n[[layer]]\nW = 1.0", 3, "input.x", "row 2"),
    ("program = ''", 1, "program", "is empty"),
    ("title = 'nothing'", 0, "", "nothing to compute"),
    (f"program = {PROGRAM}[input]\nx = 1.0\n[[layer]]\nW = 1.0", 1, "program", "exclude each other"),
    ("program = '''\nz = foo(x)\n'''\n[input]\nx = 1.0", 2, "z", "'foo' is not a function"),
    ("program = '''\nz = sin(x, x)\n'''\n[input]\nx = 1.0", 2, "z", "takes 1 argument"),
    ("program = '''\nz = sinn(x)\n'''\n[input]\nx = 1.0", 2, "z", "did you mean 'sin'?"),
    ("program = '''\nz = q + 1\n'''\n[input]\nx = 1.0", 2, "", "'q' is not defined"),
    ("program = '''\nu = x\nu = 2*x\nz = u\n'''\n[input]\nx = 1.0", 3, "", "defined twice, first on line 2"),
    ("program = '''\nz = (x\n'''\n[input]\nx = 1.0", 2, "z", "ends too early"),
    ("program = '''\nz == x\n'''\n[input]\nx = 1.0", 2, "z", "not expected"),
    ("program = '''\njust words\n'''\n[input]\nx = 1.0", 2, "", "not an assignment"),
    (f"program = {PROGRAM}[input]\nx = 1.0\nq = 2.0", 7, "q", "given but never used"),
    (f"program = {PROGRAM}[input]\nx = [1.0, 2.0]", 3, "", "not a scalar"),
    (f'output = "v"\nprogram = {PROGRAM}[input]\nx = 1.0', 1, "output", "no node 'v'"),
    (f'wrt = ["x", "x"]\nprogram = {PROGRAM}[input]\nx = 1.0', 1, "wrt", "stands twice"),
]


@pytest.mark.parametrize(("text", "line", "key", "said"), CASES)
def test_a_fault_is_one_line_with_its_place(text: str, line: int, key: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "mine.toml")
    message = str(caught.value)
    assert message.startswith(f"mine.toml:{line}: " if line else "mine.toml: ")
    assert caught.value.key.startswith(key)
    assert said in message
    assert "\n" not in message


def test_shapes_that_do_not_fit_name_both_lines_and_both_shapes() -> None:
    text = "[input]\nx = [1.0, 2.0]\n[[layer]]\nW = [[1.0, 2.0],\n [3.0, 4.0]]\n[[layer]]\nW = [[1.0, 2.0, 3.0]]\n"
    with pytest.raises(InputError) as caught:
        parse(text, "mine.toml")
    message = str(caught.value)
    for part in ("W2 is 1×3 (line 7)", "a1 is 2×1", "3 columns", "2 rows"):
        assert part in message


def test_a_label_with_escape_sequences_is_said_as_visible_text() -> None:
    with pytest.raises(InputError) as caught:
        parse('"\\u001b[31m[/\\u202e" = 1', "mine.toml")
    assert str(caught.value).isprintable()
    assert "[/" in str(caught.value)


@pytest.mark.parametrize("place", ["missing.toml", ".", "fifo", "\0", "latin.toml", "sparse.toml"])
def test_a_file_that_cannot_be_read_is_refused_at_once(place: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "latin.toml").write_bytes(b'title = "ok"\nabout = "caf\xe9"\n')
    with (tmp_path / "sparse.toml").open("wb") as sparse:
        sparse.truncate(1 << 30)
    with pytest.raises(InputError) as caught:
        read(str(tmp_path / place) if place != "\0" else place)
    assert caught.value.reason
    if place == "latin.toml":
        assert caught.value.line == 2


HOSTILE = {
    "a key of 32,000 parts": "a" + ".a" * 32_000 + " = 1",
    "100,000 nested brackets": "a = " + "[" * 100_000,
    "nested tables": "a = " + "{a = " * 20_000,
    "quotes": 'a = "' + '\\"' * 120_000,
    "many quotes": "a = '" + "\"'" * 120_000,
    "parentheses": 'program = "z = ' + "(" * 100_000 + '"\n[input]\nx = 1.0',
    "powers": 'program = "z = x' + "^x" * 100_000 + '"\n[input]\nx = 1.0',
    "signs": 'program = "z = ' + "-" * 100_000 + 'x"\n[input]\nx = 1.0',
    "a wide broadcast": f"program = 'z = sum(x*y*w)'\n[input]\nx = {[[1]] * 20_000}\ny = {[[1] * 20_000]}\nw = 2.0",
    "a long number": "a = " + "1" * 250_000,
    "many tables": "[[layer]]\n" * 25_000,
    "a large file": "#" * (1 << 19),
}

HARNESS = """
import resource, sys
from bptui.core import InputError, read
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (150 << 20),) * 2)
spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime
resource.setrlimit(resource.RLIMIT_CPU, (int(spent) + 3,) * 2)
try:
    read(sys.argv[1])
except InputError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_within_bounds(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.toml"
    path.write_text(HOSTILE[name])
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    found = subprocess.run(
        [sys.executable, "-c", HARNESS, str(path)], capture_output=True, text=True, env=environment, timeout=60
    )
    assert found.returncode == 0, found.stderr[-500:]
    assert found.stdout.startswith(str(path))
    assert found.stdout.count("\n") == 1
    assert len(found.stdout) < 500
