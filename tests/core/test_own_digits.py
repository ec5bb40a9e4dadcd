"""Numbers come back as they were written, and how many digits they were written with is known."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datafiles import npz
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from ownfiles import own, same

from bptui.core.comparison.digits import units_of
from bptui.core.jacobian import Array

# ---- digits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "units"),
    [
        ([0.1234, -12.3456], [0.00005, 0.00005]),  # four decimals, as numpy.set_printoptions(precision=4) prints
        ([0.0012, 1.2345], [0.00005, 0.00005]),
        ([12.3, 0.00123, 1230.0], [0.05, 0.000005, 5.0]),  # three significant digits, as %.3g prints
        ([1.23e-7, 4.56e-9], [5e-10, 5e-12]),
        ([0.5, 0.25, 2.0], {}),  # chosen numbers
        ([0.0, 0.125], [0.0005, 0.0005]),
        ([0.1 + 0.2, 0.5], {}),  # 0.30000000000000004
        ([0.12345678901234, 0.5], [5e-15, 5e-15]),  # 14 digits
    ],
)
def test_half_a_unit_of_the_last_digit(numbers: list[float], units: Any) -> None:
    found = units_of({"a": np.array(numbers)})
    assert found == {} if units == {} else np.allclose(found["a"], units, rtol=1e-9, atol=0.0)


def test_units_are_those_of_all_numbers_of_a_text_file(tmp_path: Path) -> None:
    for file, text in (("a.toml", "a = 0.5\nb = [[0.125, 2]]"), ("a.json", '{"a": 0.5, "b": [[0.125, 2]]}')):
        assert same(own(tmp_path, file, text).units, {"a": 0.0005, "b": [[0.0005, 0.005]]})
    assert same(own(tmp_path, "a.csv", "a,0.5\nb,0.125,2").units, {"a": [[0.0005]], "b": [[0.0005, 0.005]]})
    assert own(tmp_path, "a.npz", npz(a=np.array([[0.5, 0.125]]))).units == {}


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9), st.integers(1, 9), st.sampled_from("fge"))
def test_what_was_printed_is_not_farther_off_than_its_unit(numbers: list[float], digits: int, kind: str) -> None:
    printed = [f"{x:.{digits}{kind}}" for x in numbers]
    units = units_of({"a": np.array(list(map(float, printed)))})
    decimals = [-int(Decimal(text).normalize().as_tuple().exponent) for text in printed]
    significant = [len(Decimal(text).normalize().as_tuple().digits) for text in printed if float(text)]
    kept = max(decimals) >= digits if kind == "f" else max(significant, default=0) >= digits + (kind == "e")
    if units and kept:  # where every number lost its last digit, which was 0, that cannot be seen
        off = [abs(Decimal(x) - Decimal(text)) for x, text in zip(numbers, printed, strict=True)]
        assert all(float(each) <= unit * (1 + 1e-9) for each, unit in zip(off, units["a"], strict=True))


# ---- written and read again -----------------------------------------------------------------------------------------

NAMES = st.text("abcWδ∂₁/. ", min_size=1, max_size=6).map(str.strip).filter(bool)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ARRAYS: Any = arrays_of.arrays(np.float64, arrays_of.array_shapes(min_dims=2, max_dims=4, max_side=3), elements=FINITE)
MATRICES: Any = arrays_of.arrays(
    np.float64, arrays_of.array_shapes(min_dims=2, max_dims=2, max_side=4), elements=FINITE
)


@given(held=st.dictionaries(NAMES, ARRAYS, min_size=1, max_size=4))
def test_arrays_come_back_from_json_and_toml(tmp_path_factory: pytest.TempPathFactory, held: dict[str, Array]) -> None:
    folder = tmp_path_factory.getbasetemp()
    text = json.dumps({name: x.tolist() for name, x in held.items()}, ensure_ascii=False)
    assert same(own(folder, "own.json", text).arrays, held)
    text = "\n".join(f"{json.dumps(name, ensure_ascii=False)} = {x.tolist()}" for name, x in held.items())
    assert same(own(folder, "own.toml", text).arrays, held)


@given(held=st.dictionaries(NAMES, MATRICES, min_size=1, max_size=4))
def test_matrices_come_back_from_csv(tmp_path_factory: pytest.TempPathFactory, held: dict[str, Array]) -> None:
    rows = [",".join((name, *map(repr, row))) for name, x in held.items() for row in x.tolist()]
    assert same(own(tmp_path_factory.getbasetemp(), "own.csv", "\n".join(rows)).arrays, held)


@given(held=st.dictionaries(NAMES.filter(lambda name: "/" not in name), ARRAYS, min_size=1, max_size=4))
def test_arrays_come_back_from_npz(tmp_path_factory: pytest.TempPathFactory, held: dict[str, Array]) -> None:
    assert same(own(tmp_path_factory.getbasetemp(), "own.npz", npz(**held)).arrays, held)
