"""A reader's gradients are read as they were written: every kind of file, and what is said where one is not right."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datafiles import npy, npz
from ownfiles import CELLS, own, refused, same

from bptui.core.comparison.reading import read_own

# ---- NumPy's files --------------------------------------------------------------------------------------------------


def test_npz_keeps_names_and_precision(tmp_path: Path) -> None:
    W, b = np.array([[0.1, 0.2], [0.3, 0.4]], np.float32), np.array([0.5, 0.25])
    held = own(tmp_path, "mine.npz", npz(**{"∂L∂W1": W, "db1": b}))
    assert same(held.arrays, {"∂L∂W1": W, "db1": b.reshape(-1, 1)})
    assert [x.dtype for x in held.arrays.values()] == [np.float32, np.float64]
    assert (held.file, held.names, held.layout, held.iteration, held.units) == (
        str(tmp_path / "mine.npz"),
        {},
        "",
        None,
        {},
    )


def test_npy_has_the_name_of_its_file(tmp_path: Path) -> None:
    assert same(own(tmp_path, "dW3.npy", npy(np.eye(2))).arrays, {"dW3": np.eye(2)})


@pytest.mark.parametrize(
    ("dtype", "becomes"), [("?", "<f8"), ("u1", "<f8"), ("<i8", "<f8"), (">f8", "<f8"), (">f4", "<f4"), ("<f2", "<f2")]
)
def test_whole_numbers_become_floats_that_can_be_subtracted(tmp_path: Path, dtype: str, becomes: str) -> None:
    x = own(tmp_path, "x.npy", npy(np.array([[0, 1]], dtype))).arrays["x"]
    assert x.dtype == np.dtype(becomes)
    assert (x - 1).tolist() == [[-1, 0]]


def test_a_dict_that_numpy_saved_is_an_object_and_is_refused(tmp_path: Path) -> None:
    saved = npy({"dW1": np.eye(2)}, allow_pickle=True)  # type: ignore[arg-type]
    assert refused(tmp_path, "g.npy", saved) == (
        "holds pickled objects, which are never read; numpy.savez(file, **arrays) saves a dict of arrays"
    )


# ---- CSV ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,2\n3,4\n", {"dW1": [[1, 2], [3, 4]]}),
        ("1\n", {"dW1": [[1]]}),
        ("dw,db\n1,2\n", {"dw": 1, "db": 2}),
        ("dw, db\n1,2\n3,4\n", {"dw": [[1], [3]], "db": [[2], [4]]}),
        ("dW1,1,2\ndW1,3,4\ndb1,5\n", {"dW1": [[1, 2], [3, 4]], "db1": [[5]]}),
        ('\ufeff"∂L/∂W1", 1, -2e3\r\n\n', {"∂L/∂W1": [[1, -2000]]}),
    ],
)
def test_the_three_shapes_of_a_table(tmp_path: Path, text: str, expected: Any) -> None:
    assert same(own(tmp_path, "dW1.csv", text).arrays, expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no gradients"),
        ("\ufeff\n", "holds no gradients"),
        ("dW1,db1\n", "holds names and no numbers"),
        ("1,2\n3\n", ":2: it has 1 columns, line 1 has 2"),
        ("a,b\n1,2\n3\n", ":3: it has 1 columns, line 1 has 2"),
        ("a,b,a\n1,2,3\n", ":1: columns 1 and 3 are both called 'a'"),
        (",a\n0,1\n", ":1: a column has no name"),
        ("1,2\na,1\n", ":2: 'a' is not a number"),
        ("a,1,2\na,3\n", ":2: row 2 of 'a' has 1 numbers, row 1 has 2"),
        ("a,1\nb,2\na,3\n", ":3: 'a' is given twice"),
        ("a,1\n2,3\n", ":2: it begins without a name"),
        ("a,1\n,3\n", ":2: it begins without a name"),
        ("a,1\nb\n", ":2: 'b' has no numbers"),
        ("a,1,x\n", ":1: 'x' is not a number"),
        ("a,1\nb,nan\n", ":2: 'nan' is not finite"),
        ("a\n1e999\n", ":2: '1e999' is not finite"),
        ("inf,1\n", ":1: 'inf' is not finite"),
        ("a,1\n\nb,2\n", ":2: is blank"),
        ("a,1\n\x1b[31mb,x\n", ":2: 'x' is not a number"),
    ],
)
def test_a_table_that_is_not_right(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, "dW1.csv", text).startswith(said)


# ---- JSON and TOML --------------------------------------------------------------------------------------------------

VALUES = [
    ("2", 2),
    ("-2.5e-3", -0.0025),
    ("[1, 2.5]", [[1], [2.5]]),
    ("[[1, 2], [3, 4], [5, 6]]", [[1, 2], [3, 4], [5, 6]]),
    ("[[[1], [2]], [[3], [4]]]", [[[1], [2]], [[3], [4]]]),
    ("[[[[1, 2]]]]", [[[[1, 2]]]]),
]
NO_VALUES = [
    ("[]", "is an empty list"),
    ("[[1], []]", "row 2 is an empty list"),
    ("[[1, 2, 3], [4, 5, 6], [7, 8]]", "row 3 has 2 numbers, row 1 has 3 numbers"),
    ("[[1, 2], [3]]", "row 2 has 1 number, row 1 has 2 numbers"),
    ("[[[1, 2]], [[3, 4], [5]]]", "row 2 of part 2 has 1 number, row 1 has 2 numbers"),
    ("[[[1, 2]], [[3], [4]]]", "row 2 has 2×1 numbers, row 1 has 1×2 numbers"),
    ("[[1], 2]", "row 2 is not a list"),
    ("[1, [2]]", "row 1 is not a list"),
    ("[[1, [2]]]", "row 1 of part 1 is not a list"),
    ("[[[[[1]]]]]", "lists are nested too deep"),
    ("true", "holds true, not a number"),
    ("[1, false]", "holds false, not a number"),
    ('[[1], ["1\\u001b"]]', "holds the text '1\\x1b', not a number"),
    ("1" * 400, "holds a number that is not finite"),
    ("[1, 1e999]", "holds a number that is not finite"),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_numbers_lists_and_lists_of_lists(tmp_path: Path, text: str, expected: Any) -> None:
    for file, content in (("a.json", f'{{"∂L/∂b": {text}}}'), ("a.toml", f'"∂L/∂b" = {text}')):
        held = own(tmp_path, file, content)
        assert same(held.arrays, {"∂L/∂b": expected})
        assert held.arrays["∂L/∂b"].dtype == np.float64


@pytest.mark.parametrize(("text", "said"), NO_VALUES)
def test_values_that_are_no_arrays(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, "a.json", f'{{"a": 1, "db": {text}}}').startswith(f"db: {said}; ")
    assert refused(tmp_path, "a.toml", f"a = 1\n\ndb = {text}").startswith(f":3: db: {said}; ")


def test_the_line_is_that_of_the_row(tmp_path: Path) -> None:
    assert refused(tmp_path, "a.toml", "a = [\n [1, 2],\n [3],\n]").startswith(":3: a: row 2 has 1 number")
    assert refused(tmp_path, "a.toml", "a = [\n [1, 2],\n [3, nan],\n]").startswith(":3: a: holds a number that is not")
    assert refused(tmp_path, "a.toml", "a = [\n 1,\n 1979-05-27]").startswith(":3: a: holds the text '1979-05-27'")


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("a.json", "", "holds no gradients"),
        ("a.json", "{}", "holds no gradients"),
        ("a.json", "[1]", "is a list, not a table of gradients"),
        ("a.json", "null", "is null, not a table of gradients"),
        ("a.json", '{"a": 1,\n}', ":2: is not JSON: "),
        ("a.json", '{"a": NaN}', "holds NaN, which is not finite"),
        ("a.json", '{"a": [-Infinity]}', "holds -Infinity, which is not finite"),
        ("a.json", '{"a": 1, "b": 2, "a": 1}', "'a' is given twice"),
        ("a.json", '{"a": 1, "names": {"a": "W", "a": "W"}}', "'a' is given twice"),
        ("a.json", '{"a": null}', "a: holds null, not a number"),
        ("a.json", '{"a": {"b": 1}}', "a: is a table, not numbers"),
        ("a.json", '{"a": [{}]}', "a: holds a table, not a number"),
        ("a.toml", " \n", "holds no gradients"),
        ("a.toml", "# nothing\n", "holds no gradients"),
        ("a.toml", "layout = 'rows'\n", "holds no gradients"),
        ("a.toml", "a = 1\na = 2\n", ":2: is not TOML: "),
        ("a.toml", "a = 1\nb =\n", ":2: is not TOML: "),
        ("a.toml", "\n[W3]\ngrad = 1", ':2: W3: is a table, not numbers; write a name with a dot in quotes: "W3.grad"'),
        ("a.toml", "a = inf", ":1: a: holds a number that is not finite"),
        ("a.toml", "a = 1\nb = [[[[[[[[[[1]]]]]]]]]]", ":2: brackets nested too deep"),
    ],
)
def test_a_file_that_is_not_right(tmp_path: Path, file: str, text: str, said: str) -> None:
    assert refused(tmp_path, file, text).startswith(said)


def test_what_a_file_says_of_its_gradients(tmp_path: Path) -> None:
    names = {"g1": "W1", "g2": "∂L/∂b1"}
    said = {"g1": 1, "g2": 2, "layout": "rows, transposed", "iteration": 3, "names": names}
    toml = "g1 = 1\ng2 = 2\nlayout = 'rows, transposed'\niteration = 3\n[names]\ng1 = 'W1'\ng2 = '∂L/∂b1'\n"
    for file, text in (("a.json", json.dumps(said)), ("a.toml", toml)):
        held = own(tmp_path, file, text)
        assert same(held.arrays, {"g1": 1, "g2": 2})
        assert (held.names, held.layout, held.iteration) == (names, "rows, transposed", 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("layout = 1", ":2: layout: is a number; must be a string"),
        ("iteration = 0", ":2: iteration: is no iteration"),
        ("iteration = 1.0", ":2: iteration: is no iteration"),
        ("iteration = true", ":2: iteration: is no iteration"),
        ("iteration = '1'", ":2: iteration: is no iteration"),
        (f"iteration = {10**30}", ":2: iteration: is no iteration"),
        ("names = 'W1'", ":2: names: is the text 'W1'; must be a table"),
        ("names.g1 = 1", ":2: names: is a number; must be a string"),
        ("[names]\ng2 = 'W1'", ":3: names: 'g2' is not in the file; known are: g1"),
        ("file = ['a.npz']", ":2: file: is a list; must be a string"),
    ],
)
def test_a_reserved_key_that_is_not_right(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, "a.toml", f"g1 = 1\n{text}").startswith(said)


# ---- a file beside it -----------------------------------------------------------------------------------------------


def test_a_file_of_arrays_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "g.npz").write_bytes(npz(g1=np.eye(2, dtype=np.float32)))
    (tmp_path / "db.csv").write_text("0.125\n0.0625\n")
    held = own(tmp_path, "a.toml", "file = 'below/g.npz'\ng2 = 5\n[names]\ng1 = 'W1'\n")
    assert same(held.arrays, {"g2": 5, "g1": np.eye(2)})
    assert held.arrays["g1"].dtype == np.float32
    held = own(tmp_path, "a.json", '{"file": "db.csv", "dw": 0.5}')
    assert same(held.arrays, {"dw": 0.5, "db": [[0.125], [0.0625]]})
    assert same(held.units, {"db": [[0.0005], [0.00005]]})
    monkeypatch.chdir(tmp_path)
    assert same(read_own("a.toml", CELLS).arrays, {"g2": 5, "g1": np.eye(2)})


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("g.npz", "'g1' is given in this file and in 'g.npz'; give each gradient once"),
        ("none.npz", "'none.npz' there is no such file"),
        ("bad.csv", "'bad.csv' line 2: 'x' is not a number"),
        ("../g.npz", "'../g.npz' is outside this file's folder; name a file beside this file, or below it"),
        ("/etc/passwd.csv", "'/etc/passwd.csv' is outside this file's folder"),
        ("out.csv", "'out.csv' is outside this file's folder"),
        ("pipe.csv", "'pipe.csv' is not a regular file"),
        ("a.toml", "'a.toml' is not a file of arrays; known are: .csv, .npy, .npz"),
        ("", "'' is not a file of arrays"),
        ("\\u0000.csv", "'\\x00.csv' is not a file name"),
        ("empty.csv", "'empty.csv' holds no gradients"),
    ],
)
def test_a_file_beside_it_that_is_not_right(tmp_path: Path, file: str, said: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "out.csv").write_text("1\n")
    os.symlink("../out.csv", inner / "out.csv")
    os.mkfifo(inner / "pipe.csv")
    (inner / "bad.csv").write_text("1\nx\n")
    (inner / "empty.csv").write_text("")
    (inner / "g.npz").write_bytes(npz(g1=np.eye(2)))
    assert refused(inner, "a.toml", f'g1 = 1\nfile = "{file}"').startswith(f":2: file: {said}")
