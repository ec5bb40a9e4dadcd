"""What is wrong with a program is said at its line of the file, however the string is written."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core import InputError, parse
from bptui.core.locate import string_lines

INPUT = "[input]\nx = 2.0\n"
COLUMN = "[input]\nx = [1.0, 2.0]\n"


def fault(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(text, "f.toml")
    assert str(caught.value).startswith(f"f.toml:{caught.value.line}: ")
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("program", "line"),
    [
        ('program = "z = q"', 1),
        ("program = 'z = q'", 1),
        ('program = """z = q"""', 1),
        ("program = '''z = q'''", 1),
        ('program = """\nz = q"""', 2),
        ("program = '''\nu = x\nz = q\n'''", 3),
        ('program = """   \nz = q\n"""', 2),
        ('program = """u = x\nz = q\n"""', 2),
        ('program = """\n\n# a comment with = and "quotes"\n\nu = x\nz = q\n"""', 6),
        ('program = """\nu = x \\\n  + x\nz = q\n"""', 4),
        ('program = """\nu = x\\nz = q\n"""', 2),
        ('program = """\nu = x\\u000Az = q\nv = z"""', 2),
        ('program = "u = x\\nz = q"', 1),
        ("# \u2028 is no line end\nprogram = '''\nz = q'''", 3),
        ("title = 'a\x85b'\n\"program\" = '''\nz = q'''", 3),
        ('"pro\\u0067ram" = """\n\nz = q"""', 3),
        ("program=\t'''\nz = q'''  # the end", 2),
    ],
)
def test_a_fault_is_said_at_the_line_of_the_file(program: str, line: int) -> None:
    error = fault(f"{program}\n{INPUT}")
    assert (error.line, error.key) == (line, "z")
    assert "'q' is not defined" in error.reason
    assert fault(f"\ufeff{program}\n{INPUT}".replace("\n", "\r\n")).line == line


def test_the_lines_of_a_program_are_those_of_its_nodes() -> None:
    program = parse(f'title = "a"\nprogram = """\nu = 3*x\n\n# squared\nz = u^2\n"""\n{INPUT}').program
    assert [(node.name, node.line, node.source) for node in program.nodes] == [("u", 3, 0), ("z", 6, 1)]
    assert program.source == ("u = 3*x", "z = u^2")


contents = st.text(alphabet='ab"\\\n \t=#ü', max_size=30)


@given(contents, st.sampled_from(['"""', "'''"]), st.integers(0, 3))
def test_a_string_has_as_many_lines_as_toml_reads_in_it(content: str, quotes: str, above: int) -> None:
    text = "\n" * above + f"program = {quotes}{content}{quotes}\n"
    try:
        value = tomllib.loads(text)["program"]
    except tomllib.TOMLDecodeError:
        return
    lines = string_lines(text, above + 1)
    assert len(lines) == value.count("\n") + 1
    assert lines == sorted(lines)
    assert lines[-1] <= text.count("\n")
    if "\\" not in content or quotes == "'''":  # then a line of the string is a line of the file
        assert all(part in text.split("\n")[line - 1] for line, part in zip(lines, value.split("\n"), strict=True))


# ---- names


@pytest.mark.parametrize(
    ("lines", "line", "key", "said"),
    [
        ("u = x\nu = x", 3, "u", "is defined twice, first on line 2"),
        ("u = x\nx = u", 3, "x", "is defined twice, first on line 6"),
        ("u = v\nv = x", 2, "u", "'v' is not defined before it is used; known are: x"),
        ("u = u + x", 2, "u", "'u' is not defined before it is used"),
        ("alpha = 2*x\nz = alhpa", 3, "z", "did you mean 'alpha'?"),
        ("z = x·1", 2, "z", "'·' is not expected here"),
        ("z = w2 * 3", 2, "z", "'w2' is not defined before it is used; known are: x"),
    ],
)
def test_a_name_is_defined_once_and_before_it_is_used(lines: str, line: int, key: str, said: str) -> None:
    error = fault(f'program = """\n{lines}\n"""\n{INPUT}')
    assert (error.line, error.key) == (line, key)
    assert said in str(error)


@pytest.mark.parametrize("program", ['""', '"  "', '"""\n\n"""', '"# z = x"', '"""\n# nothing\n"""'])
def test_an_empty_program_is_refused(program: str) -> None:
    error = fault(f"title = 'a'\nprogram = {program}\n{INPUT}")
    assert (error.line, error.key, error.reason) == (2, "program", "is empty")


def test_a_scenario_without_anything_to_compute_is_refused() -> None:
    with pytest.raises(InputError, match=r"^f\.toml: there is nothing to compute; give a program = … or \[\[layer\]\]"):
        parse(INPUT, "f.toml")


def test_a_program_and_layers_exclude_each_other() -> None:
    error = fault(f"title = 'a'\nprogram = 'z = x'\n{INPUT}[[layer]]\nW = 1\n")
    assert (error.line, error.key) == (2, "program")


def test_a_loss_goes_with_layers_only() -> None:
    error = fault(f"program = 'z = x'\n{INPUT}[loss]\nkind = 'half_squared_error'\n")
    assert (error.line, error.key) == (4, "loss")


@pytest.mark.parametrize(
    ("rest", "line", "said"),
    [
        ("[[layer]]\nW = 1\n", 1, "layers take one input, not 0"),
        ("[input]\nx = 1\nq = 2\n[[layer]]\nW = 1\n", 1, "layers take one input, not 2"),
        ("[input]\nx = 1\n[[layer]]\nW = 1\n[loss]\nkind = 'half_squared_error'\n", 5, "layers take one target, not 0"),
    ],
)
def test_layers_take_one_input_and_a_loss_one_target(rest: str, line: int, said: str) -> None:
    error = fault(rest)
    assert (error.line, error.reason) == (line, said)


# ---- what is differentiated


@pytest.mark.parametrize(
    ("head", "line", "key", "said"),
    [
        ("output = 'u'", 1, "output", "there is no node 'u'; known are: z"),
        ("output = 'x'", 1, "output", "there is no node 'x'"),
        ("wrt = ['x',\n'w']", 2, "wrt 2", "there is no variable 'w'; known are: x, z"),
        ("wrt = ['2']", 1, "wrt 1", "there is no variable '2'"),
        ("wrt = ['x',\n\n'x']", 3, "wrt 2", "'x' stands twice"),
        ("wrt = []", 1, "wrt", "is empty"),
        ("wrt = 'x'", 1, "wrt", "is a string; must be a list"),
        ("wrt = [1]", 1, "wrt 1", "must be a string"),
    ],
)
def test_output_and_wrt_name_what_there_is(head: str, line: int, key: str, said: str) -> None:
    error = fault(f"{head}\nprogram = 'z = 2*x'\n{INPUT}")
    assert (error.line, error.key) == (line, key)
    assert said in str(error)


def test_there_must_be_something_to_differentiate_with_respect_to() -> None:
    error = fault("program = 'z = 2*x'\n[constants]\nx = 1\n")
    assert (error.line, error.key) == (1, "program")
    assert "wrt" in error.hint


@pytest.mark.parametrize("wrt", ["", "wrt = ['x']\n"])
def test_there_must_be_something_to_update(wrt: str) -> None:
    parameters = "[parameters]\np = 1\n" if wrt else ""
    text = f"{wrt}program = 'z = x{' * p' * bool(wrt)}'\n{INPUT}{parameters}"
    error = fault(text + "[update]\nrule = 'gradient_descent'\nlearning_rate = 0.1\n")
    assert (error.line, error.key) == (text.count("\n") + 1, "update")


@pytest.mark.parametrize(("program", "line"), [("z = 2*x", 2), ("u = sum(x)\nz = x + u", 3)])
def test_the_output_must_be_a_scalar(program: str, line: int) -> None:
    error = fault(f"program = '''\n{program}'''\n{COLUMN}")
    assert (error.line, error.key, error.reason) == (line, "z", "the output is 2×1, not a scalar")
