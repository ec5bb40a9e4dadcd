"""What is wrong with a scenario is said in one line: file, line, key, what it is, and what would be right."""

from typing import NamedTuple

import pytest

from bptui.core import InputError, parse


class Case(NamedTuple):
    text: str
    line: int
    key: str
    said: str


LAYER = "[input]\nx = 2.0\n[[layer]]\nW = 1.0\n"
LOSS = '[target]\ny = 1.0\n[loss]\nkind = "half_squared_error"\n'
PROGRAM = 'program = "z = 2 * x"\n[input]\nx = 1.0\n'
LEARNS = 'program = "z = p^2"\n[parameters]\np = 1.0\n'


def value(raw: str) -> str:
    """A scenario whose x, on line 3, has this value."""
    return f'program = "z = sum(x)"\n[input]\nx = {raw}\n'


def update(rule: str, rate: str) -> str:
    """A scenario with an update whose rate stands on line 6."""
    return f"{LEARNS}[update]\nrule = {rule}\nlearning_rate = {rate}\n"


CASES = {
    # ---- not TOML ---------------------------------------------------------------------------------------------------
    "a table that is not closed": Case(PROGRAM + "[target\ny = 1", 4, "", "is not TOML: expected ']'"),
    "a string that is not closed": Case('title = "a\n' + PROGRAM, 1, "", "is not TOML: illegal character"),
    "a text that is not closed": Case(PROGRAM + 'about = """\nend', 5, "", "is not TOML"),
    "a key twice": Case(PROGRAM + "x = 2.0\n", 4, "", "is not TOML: cannot overwrite a value"),
    "a table twice": Case(PROGRAM + "[input]\ny = 1\n", 4, "", "is not TOML: cannot declare"),
    "a key without a value": Case(PROGRAM + "y =\n", 4, "", "is not TOML: invalid value"),
    "no value in the value": Case(value("one"), 3, "", "is not TOML: invalid value"),
    "not TOML at all": Case("PK\x03\x04", 1, "", "is not TOML"),
    # ---- keys and types ---------------------------------------------------------------------------------------------
    "an unknown key": Case("titel = 'a'\n" + PROGRAM, 1, "titel", "did you mean 'title'?"),
    "an unknown table": Case(PROGRAM + "[inputs]\ny = 1\n", 4, "inputs", "did you mean 'input'?"),
    "a key in the wrong place": Case("[input]\nx = 1\n[[layer]]\nW = 1\nx = 1\n", 5, "layer 1.x", "unknown key"),
    "a misspelt key of a layer": Case(
        LAYER + LAYER[16:] + "acitvation = 'tanh'\n", 7, "layer 2.acitvation", "'activation'?"
    ),
    "a misspelt key of the loss": Case(LAYER + "[loss]\nkid = 'a'\n", 6, "loss.kid", "did you mean 'kind'?"),
    "a title that is a number": Case("title = 3\n" + PROGRAM, 1, "title", "is a whole number; must be a string"),
    "a program that is a list": Case(
        'program = ["z = x"]\n[input]\nx = 1', 1, "program", "is a list; must be a string"
    ),
    "an input that is a number": Case('program = "z = x"\ninput = 3', 2, "input", "is a whole number; must be a table"),
    "an input that is a list": Case('program = "z = x"\n[[input]]\nx = 3', 2, "input", "is a list; must be a table"),
    "a layer that is one table": Case("[input]\nx = 1\n[layer]\nW = 1\n", 3, "layer", "write [[layer]]"),
    "a layer that is a number": Case("layer = [1]\n[input]\nx = 1\n", 1, "layer 1", "must be a table"),
    "a layer without weights": Case("[input]\nx = 1\n[[layer]]\nb = 1\n", 3, "layer 1", "'W' is missing"),
    "a loss without its kind": Case(LAYER + "[loss]\n", 5, "loss", "'kind' is missing"),
    "a width of 10⁹": Case(LAYER + "width = 1000000000\n", 5, "layer 1.width", "unknown key"),
    "an unknown type of numbers": Case("dtype = 'float16'\n" + PROGRAM, 1, "dtype", "known are: 'float64', 'float32'"),
    "an unknown activation": Case(LAYER + "activation = 'tahn'\n", 5, "layer 1.activation", "did you mean 'tanh'?"),
    "an unknown loss": Case(
        LAYER + "[target]\ny = 1\n[loss]\nkind = 'mse'\n", 8, "loss.kind", "known are: half_squared_error"
    ),
    "an unknown rule": Case(update('"gradient_decent"', "0.1"), 5, "update.rule", "did you mean 'gradient_descent'?"),
    "an update without a rate": Case(LEARNS + "[update]\nrule = 'x'\n", 4, "update", "'learning_rate' is missing"),
    # ---- values -----------------------------------------------------------------------------------------------------
    "a word": Case(value('"one"'), 3, "input.x", "'one' is not a number"),
    "a date": Case(value("1979-05-27"), 3, "input.x", "'1979-05-27' is not a number"),
    "a bool": Case(value("true"), 3, "input.x", "true is not a number"),
    "a bool in a list": Case(value("[\n1.0,\n\nfalse]"), 6, "input.x", "false is not a number"),
    "a bool in a row": Case(value("[[1.0, 2.0],\n[3.0, true]]"), 4, "input.x", "true is not a number"),
    "not a number": Case(value("nan"), 3, "input.x", "not finite in float64"),
    "infinity": Case(value("-inf"), 3, "input.x", "not finite in float64"),
    "infinity in a list": Case(value("[1,\n2,\n# three\n+inf]"), 6, "input.x", "not finite"),
    "beyond float64": Case(value("1e999"), 3, "input.x", "not finite in float64"),
    "beyond float32": Case("dtype = 'float32'\n" + value("1e39"), 4, "input.x", "not finite in float32"),
    "a whole number beyond float64": Case(value("1" + "0" * 400), 3, "input.x", "not finite in float64"),
    "a whole number of 5,000 digits": Case(value("1" * 5000), 3, "", "a word or number of 5,000 characters"),
    "an empty list": Case(value("[]"), 3, "input.x", "is an empty list"),
    "an empty row": Case(value("[[1],\n[]]"), 4, "input.x", "row 2 is empty"),
    "a table": Case(value("{a = 1}"), 3, "input.x", "is a table without init or file"),
    "a table of a header": Case(
        'program = "z = x"\n[input.x]\na = 1\n', 2, "input.x", "is a table without init or file"
    ),
    "lists in rows": Case(value("[[[1]]]"), 3, "input.x", "lists are nested too deep"),
    "ragged rows": Case(value("[\n[1, 2],\n[3, 4],\n[5]]"), 6, "input.x", "row 3 has 1 number, row 1 has 2 numbers"),
    "a number between rows": Case(value("[[1, 2],\n3]"), 4, "input.x", "row 2 is not a list"),
    "a weight that is none": Case(LAYER.replace("1.0", '"one"'), 4, "layer 1.W", "'one' is not a number"),
    "a literal beyond float32": Case(
        "dtype='float32'\n" + PROGRAM.replace("2", "1e39"), 2, "program", "not finite in float32"
    ),
    "a rate of 0": Case(update('"gradient_descent"', "0"), 6, "update.learning_rate", "must be above 0"),
    "a negative rate": Case(update('"gradient_descent"', "-0.1"), 6, "update.learning_rate", "must be above 0"),
    "a rate that is no number": Case(update('"gradient_descent"', "nan"), 6, "update.learning_rate", "must be above 0"),
    "an infinite rate": Case(update('"gradient_descent"', "inf"), 6, "update.learning_rate", "must be above 0"),
    "a rate that is a word": Case(update('"gradient_descent"', '"a"'), 6, "update.learning_rate", "must be a number"),
    # ---- names ------------------------------------------------------------------------------------------------------
    "a name with a blank": Case('program = "z = x"\n[input]\n"a b" = 1\n', 3, "input", "'a b' is not a name"),
    "a name of a function": Case('program = "z = x"\n[input]\nsin = 1\n', 3, "input", "'sin' is a function"),
    "an empty name": Case('program = "z = x"\n[input]\n"" = 1\n', 3, "input", "'' is not a name"),
    "a very long name": Case(f'program = "z = x"\n[input]\n{"x" * 99} = 1\n', 3, "input", "a name of 99 characters"),
    "a name in two tables": Case(PROGRAM + "[constants]\nx = 1\n", 5, "constants.x", "defined twice, first on line 3"),
    "a name of a weight": Case("[input]\nW1 = 2\n[[layer]]\nW = 1\n", 4, "layer 1.W", "defined twice, first on line 2"),
    "a name of an activation": Case("[input]\nz = 2\n[[layer]]\nW = 1\n", 3, "z", "defined twice, first on line 2"),
    "an unused input": Case(PROGRAM + "y = 1\n", 4, "y", "is given but never used"),
    "an unused target": Case(LAYER + "[target]\ny = 1\n", 6, "y", "is given but never used"),
    "an unused parameter of layers": Case(LAYER + "[parameters]\nq = 1\n", 6, "q", "is given but never used"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_said_in_one_line_with_its_place(name: str) -> None:
    case = CASES[name]
    with pytest.raises(InputError) as caught:
        parse(case.text, "f.toml")
    error, said = caught.value, str(caught.value)
    assert (error.line, error.key) == (case.line, case.key)
    assert said.startswith(f"f.toml:{case.line}: {case.key}: " if case.key else f"f.toml:{case.line}: ")
    assert case.said in said
    assert error.hint
    assert said.isprintable()
    assert len(said) < 250


@pytest.mark.parametrize("name", CASES)
def test_the_line_is_the_same_with_the_line_ends_of_windows(name: str) -> None:
    case = CASES[name]
    with pytest.raises(InputError) as caught:
        parse("\ufeff" + case.text.replace("\n", "\r\n"), "f.toml")
    assert (caught.value.line, caught.value.key) == (case.line, case.key)


@pytest.mark.parametrize(
    "label", ["a\x1b[31mb", "[/bold]\x07", "a\u202eb", "a\nb", "x` - at `$.foo", "x` - at `$.layer[0]"]
)
def test_a_key_with_control_characters_is_said_as_visible_text(label: str) -> None:
    escaped = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in label)
    with pytest.raises(InputError) as caught:
        parse(f'"{escaped}" = 1\n{PROGRAM}')
    assert str(caught.value).isprintable()
    assert "unknown key" in str(caught.value)
