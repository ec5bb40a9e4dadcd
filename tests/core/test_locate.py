"""The lines of keys. In the texts of these tests each number is the line on which it stands."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core import InputError
from bptui.core.locate import DEEPEST, LONGEST_WORD, MOST_PARTS, Path, locate


def numbers(value: Any, path: Path = ()) -> Iterator[tuple[Path, int]]:
    """Every number of a document with the keys that lead to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from numbers(inner, (*path, index))
    elif type(value) is int:
        yield path, value


FORMS = {
    "keys": "a = 1\nb=2\n  c =\t3\n\n\nd = 6",
    "quoted keys": '"a b" = 1\n\'c.d\' = 2\n"e\\u0066" = 3\n"" = 4\n"\\"" = 5\n"ʎ" = 6\n"#" = 7\n\'=\' = 8',
    "dotted keys": "a.b = 1\na.c.d = 2\n a . 'x.y' . \"z\" = 3\n1.5 = 4\n",
    "tables": "[a]\nb = 2\n[c.d]\ne = 4\n[ c . 'f g' ]\nh = 6\n['']\ni = 8",
    "arrays": "a = [1, 1]\nb = [\n  3,\n\n  5, # [7, 7]\n  6\n]\nc = [[8], [8, 8],\n  [9,\n 10]]\nd = []\ne = 12",
    "inline tables": "a = {b = 1, c = {d = 1}, e.f = 1}\ng = [{h = 2},\n {h = 3}]\ni = {}\nj = 5",
    "arrays of tables": "[[a]]\nb = 2\n[[a]]\nb = 4\nc.d = 5\n[a.e]\nf = 7\n"
    "[[a.g]]\nh = 9\n[[a.g]]\nh = 11\n[[a]]\nb = 13\n[[a.g]]\nh = 15",
    "comments": "# a = 7\na = 2 # b = 7\n# '''\nb = 4 # \"\n#\n[c] # [d]\ne = 7",
    "strings": 'a = \'[x]"\'\nb = 2\nc = "x = 1 # \\" ["\nd = 4\ne = \'\'\nf = 6\ng = ""\nh = 8',
    "texts": 'a = """\nb = 7\n[c]\n\\""" x\n"""\nd = 6\n'
    'e = """"f""""\ng = 8\nh = """""f"""""\ni = 10\nj = """\\\n """\nk = 13',
    "literal texts": "a = '''\nb = 7\\'\n[c]\n''' # '''\nd = 5\ne = ''''f''''\ng = 7\nh = ''''''\ni = 9",
    "texts in arrays": "a = [1, '''\n]\n''', 3,\n 4]\nb = 5",
    "other values": "a = 1979-05-27 07:32:00\nb = -1.5e+3\nc = true\nd = 4\ne = 00:32:00.9\nf = nan\ng = 0b111",
}


@pytest.mark.parametrize("form", FORMS)
def test_each_number_stands_on_its_line(form: str) -> None:
    text = FORMS[form]
    lines = locate(text)
    found = dict(numbers(tomllib.loads(text)))
    assert found
    assert {path: lines.get(path) for path in found} == found


def test_tables_begin_on_the_lines_of_their_headers() -> None:
    lines = locate("\n[a.b]\nc.d = 1\n\n[[e]]\n[[e]]\n[e.f]\ng = {h = 1}\n")
    assert lines[("a",)] == lines[("a", "b")] == 2
    assert lines[("a", "b", "c")] == 3
    assert [lines[path] for path in [("e",), ("e", 0), ("e", 1), ("e", 1, "f"), ("e", 1, "f", "g", "h")]] == [
        5,
        5,
        6,
        7,
        8,
    ]


def test_the_first_of_two_is_the_line_of_a_key() -> None:
    assert locate("a.b = 1\na.c = 2\n")[("a",)] == 1


SIMPLE = st.sampled_from(
    [
        "{k} = {n}",
        "{k}={n}",
        "\t'{k}' = {n} # 1 = 1",
        '"{k}".x = {n}',
        "{k}.x.'y z' = {n}",
        "{k} = {{a = {n}, b = [{n}]}}",
    ]
)
WIDE = st.sampled_from(
    [
        ("{k} = [", " {n},", "", "# ]", "{n}", "]"),
        ("{k} = [[{n}],", "[{n}, {n}]]"),
        ("{k} = '''", "[x]", "y = 1'''"),
        ('{k} = """\\', '  \\"""', '"""'),
        ("[{k}]", "in = {n}"),
        ("[[{k}.l]]", "in = {n}", "[[{k}.l]]", "", "in = {n}"),
        ("# {k} = 0",),
        ("",),
    ]
)


@given(st.lists(SIMPLE.map(lambda line: (line,)) | WIDE, max_size=12))
def test_each_number_of_any_document_stands_on_its_line(statements: list[tuple[str, ...]]) -> None:
    """Each statement has a key of its own, and each line its number."""
    written: list[str] = []
    for number, statement in enumerate(statements):
        for line in statement:
            written.append(line.format(k=f"k{number}", n=len(written) + 1))
    text = "\n".join(written)
    lines = locate(text)
    found = dict(numbers(tomllib.loads(text)))
    assert {path: lines.get(path) for path in found} == found


def located(text: str) -> tuple[dict[Path, int], int]:
    """The lines, or the one on which the text is refused."""
    try:
        return locate(text), 1
    except InputError as error:
        return {}, error.line


@given(st.text(alphabet="ab1\n =.,[]{}\"'#\\", max_size=60) | st.text(max_size=20))
def test_whatever_the_text_is_its_lines_are_found_or_it_is_refused(text: str) -> None:
    lines, refused_at = located(text)
    assert 1 <= refused_at <= text.count("\n") + 1
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
    try:
        table = tomllib.loads(text) if lines else {}
    except (ValueError, RecursionError):
        return
    assert {path[:1] for path in lines} >= {(key,) for key in table}


@pytest.mark.parametrize(
    "text", ["a = ", "a", "[", "[a", "[[a]", 'a = "', "a = '''", "a = [", "a = [1", "a = {", "a = {b = 1", "a.", ""]
)
def test_a_text_that_ends_too_early_is_left_to_tomllib(text: str) -> None:
    assert set(locate(text)) <= {("a",), ("a", 0), ("a", "b"), ("",)}


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("\n\na = {}", DEEPEST),
        ("\n\na.{} = 1", MOST_PARTS - 1),
        ("\n\n[a.{}]", MOST_PARTS - 1),
        ("\n\na = {}1", LONGEST_WORD - 1),
    ],
)
def test_bounds_are_said_with_the_line(text: str, allowed: int) -> None:
    def at(count: int) -> str:
        if "{}1" in text:
            return text.format("1" * count)
        return text.format(".".join("b" * count)) if "." in text else text.format("[" * count + "]" * count)

    assert locate(at(allowed))
    with pytest.raises(InputError) as caught:
        locate(at(allowed + 1))
    assert caught.value.line == 3
    assert caught.value.hint


def test_bounds_hold_for_what_counts_only() -> None:
    """Brackets and dots in strings and comments do no harm, nor do many numbers with a point."""
    text = "a = '" + "[" * 50 + "' # " + "[." * 50 + '\nb = """' + "a." * 50 + '"""\nc = [' + "1.5, " * 50 + "]\n"
    assert locate(text)[("c", 49)] == 3
