"""The numbers of a log: what is written reads back to the same bits, whatever they are."""

import hashlib
import itertools
import json
import math
import struct
from collections.abc import Iterator

import numpy as np
import pytest

from bptui.core.jacobian import Array, Shape, scalar
from bptui.core.log import cells
from bptui.core.log.frame import body_of, framed, is_whole
from bptui.core.log.records import CellsLine, decoded

BLOCK = 50_000
SPECIAL = [
    *(0, 1 << 63),  # 0 and -0
    *(1, (1 << 52) - 1, 1 << 52, (1 << 63) + 1),  # the smallest and the largest subnormal, the smallest normal number
    *(0x7FEF_FFFF_FFFF_FFFF, 0xFFEF_FFFF_FFFF_FFFF, 0x7FF0 << 48, 0xFFF0 << 48),  # the largest, and the infinities
    *(0x7FF8 << 48, 0xFFF8 << 48, 0x7FF0_0000_0000_0001, 0xFFFF_FFFF_FFFF_FFFF, 0x7FF8_0000_0000_0001),  # NaN
]
SHAPES: list[Shape] = [(), (1, 1), (1, 7), (5, 1), (3, 4), (2, 1, 3), (2, 3, 1), (3, 1, 1), (2, 3, 1, 2), (1, 1, 1, 1)]


def patterns(count: int) -> Array:
    """Random bits; of each ten numbers one is subnormal or 0, and one is NaN or an infinity."""
    random = np.random.default_rng(1)
    bits = random.integers(0, 1 << 64, count, dtype=np.uint64)
    bits[::10] &= np.uint64(0x800F_FFFF_FFFF_FFFF)
    bits[5::10] |= np.uint64(0x7FF0 << 48)
    bits[: len(SPECIAL)] = SPECIAL
    return bits.view(np.float64)


def blocks(x: Array) -> Iterator[Array]:
    yield from (x[at : at + BLOCK] for at in range(0, len(x), BLOCK))


def through_a_line(column: Array) -> list[cells.Cells]:
    line = framed(CellsLine(1, "", "value", 0, cells.written(column)))
    assert is_whole(line)
    assert line.isascii()
    record = decoded(body_of(line))
    assert isinstance(record, CellsLine)
    return record.cells


def shaped(shape: Shape, dtype: str = "float64") -> Array:
    x: Array = (np.arange(math.prod(shape)).reshape(shape) - 1.5).astype(dtype)[()]
    return x


# ---- numbers --------------------------------------------------------------------------------------------------------


def test_a_million_patterns_of_bits_read_back() -> None:
    for block in blocks(patterns(1_000_000)):
        column = block.reshape(-1, 1)
        found = cells.read(through_a_line(column), column.shape, "float64")
        np.testing.assert_array_equal(found.view(np.uint64), column.view(np.uint64))


def test_each_alone_reads_back_and_any_reader_of_json_reads_what_is_finite() -> None:
    for x in patterns(2_000):
        written = cells.written(x)
        found = cells.read(json.loads(json.dumps(written)), (), "float64")
        assert found.view(np.uint64) == x.view(np.uint64)
        assert isinstance(written, float) == math.isfinite(x)


def test_what_is_not_finite_is_written_as_text() -> None:
    x = np.array(SPECIAL[8:], dtype=np.uint64).view(np.float64)
    assert cells.written(x.reshape(-1, 1)) == [
        "Infinity",
        "-Infinity",
        "NaN",
        "-NaN",
        "NaN:7ff0000000000001",
        "NaN:ffffffffffffffff",
        "NaN:7ff8000000000001",
    ]


def float32_patterns(count: int) -> Array:
    """Random bits; NaN is quiet, as every operation makes it."""
    bits = np.random.default_rng(2).integers(0, 1 << 32, count, dtype=np.uint32)
    bits[::10] &= np.uint32(0x807F_FFFF)
    bits[5::20] |= np.uint32(0x7FC0_0000)
    bits[:8] = [0, 1 << 31, 1, 0x7FFFFF, 0x7F7F_FFFF, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000]
    bits[(bits & 0x7FC0_0000) == 0x7F80_0000] &= np.uint32(0xFF80_0000)  # infinities
    return bits.view(np.float32)


def single(x: float) -> Array:
    return scalar(np.asarray(x, dtype=np.float32))


def test_float32_reads_back_through_a_line() -> None:
    column = float32_patterns(100_000).reshape(-1, 1)
    found = cells.read(through_a_line(column), column.shape, "float32")
    np.testing.assert_array_equal(found.view(np.uint32), column.view(np.uint32))


def test_float32_is_written_as_short_as_numpy_writes_it() -> None:
    x = float32_patterns(20_000)
    x = x[np.isfinite(x)]
    texts = json.dumps(cells.written(x.reshape(-1, 1)))[1:-1].split(", ")
    for text, number in zip(texts, x, strict=True):
        assert float(text) == float(np.format_float_scientific(number, unique=True)), number
    assert cells.written(single(0.1)) == 0.1
    assert cells.written(single(3.4028235e38)) == 3.4028235e38


# ---- shapes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", SHAPES)
def test_arrays_of_all_shapes_read_back(shape: Shape, dtype: str) -> None:
    x = shaped(shape, dtype)
    found = cells.read(json.loads(json.dumps(cells.written(x))), shape, dtype)
    assert (found.shape, found.dtype) == (shape, np.dtype(dtype))
    assert found.tobytes() == x.tobytes()
    assert isinstance(found, np.generic) == (shape == ())


def test_arrays_are_lists_as_in_a_scenario() -> None:
    assert cells.written(shaped(())) == -1.5
    assert cells.written(shaped((3, 1))) == [-1.5, -0.5, 0.5]
    assert cells.written(shaped((1, 3))) == [[-1.5, -0.5, 0.5]]
    assert cells.written(shaped((2, 2))) == [[-1.5, -0.5], [0.5, 1.5]]
    assert cells.written(shaped((1, 2, 1, 1))) == [[[[-1.5]], [[-0.5]]]]
    assert cells.written(np.array([[1.0, np.nan], [-np.inf, 0.0]])) == [[1.0, "NaN"], ["-Infinity", 0.0]]


@pytest.mark.parametrize("shape", [(70, 1), (9, 8), (2, 5, 3, 4)])
def test_rows_are_all_cells_in_order(shape: Shape) -> None:
    x = shaped(shape)
    x.flat[3] = np.nan
    rows = cells.rows(x)
    assert {len(row) for row in rows[:-1]} == {64}
    assert 0 < len(rows[-1]) <= 64
    joined = [cell for row in rows for cell in row]
    assert joined[3] == "NaN"
    assert [cell for cell in joined if cell != "NaN"] == [float(cell) for cell in x.flat if not math.isnan(cell)]


def test_same_bits_are_more_than_equal_numbers() -> None:
    one = np.ones((2, 1))
    assert cells.same_bits(one, one.copy())
    assert cells.same_bits(single(np.nan), single(np.nan))
    assert not cells.same_bits(single(0.0), single(-0.0))
    assert not cells.same_bits(one, np.ones((1, 2)))
    assert not cells.same_bits(one, one.astype(np.float32))


# ---- digests --------------------------------------------------------------------------------------------------------


def packed(x: Array) -> bytes:
    """Row by row, little-endian, one number after the other."""
    kind = "<f" if x.dtype == np.float32 else "<d"
    return b"".join(struct.pack(kind, x[place]) for place in itertools.product(*map(range, x.shape)))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(9, 8), (100, 1), (2, 5, 3, 4)])
def test_a_digest_says_what_numpy_and_hashlib_say(shape: Shape, order: str, dtype: str) -> None:
    x = np.random.default_rng(3).normal(size=shape).astype(dtype)
    x = np.asfortranarray(x) if order == "F" else x
    found = cells.digest(x)
    assert found.shape == shape
    assert found.sha256 == cells.sha256(x) == hashlib.sha256(packed(x)).hexdigest()
    assert (found.minimum, found.maximum, found.not_finite) == (float(np.min(x)), float(np.max(x)), 0)
    assert found.norm == pytest.approx(math.sqrt(math.fsum(float(cell) ** 2 for cell in x.flat)), rel=1e-6)
    in_order = [x[place] for place in itertools.product(*map(range, shape))]
    assert [np.dtype(dtype).type(cell) for cell in found.first] == in_order[:3]
    assert [np.dtype(dtype).type(cell) for cell in found.last] == in_order[-3:]


def test_the_extremes_and_the_norm_are_those_of_the_finite_cells() -> None:
    x = np.full((70, 1), 2.0)
    x[0], x[1], x[-1], x[5], x[6] = np.nan, np.inf, -np.inf, -3.0, 7.0
    found = cells.digest(x)
    assert found.sha256 == hashlib.sha256(packed(x)).hexdigest()
    assert (found.minimum, found.maximum, found.not_finite) == (-3.0, 7.0, 3)
    assert found.norm == pytest.approx(math.sqrt(65 * 4.0 + 9.0 + 49.0), rel=1e-15)
    assert found.first == ["NaN", "Infinity", 2.0]
    assert found.last == [2.0, 2.0, "-Infinity"]


def test_without_a_finite_cell_there_are_no_extremes() -> None:
    found = cells.digest(np.full((65, 1), np.nan))
    assert (found.minimum, found.maximum, found.norm, found.not_finite) == (None, None, None, 65)


def test_the_norm_of_huge_cells_is_there() -> None:
    assert cells.digest(np.full((100, 1), 1e300)).norm == pytest.approx(1e301, rel=1e-14)


# ---- hostile --------------------------------------------------------------------------------------------------------

DEEP: cells.Cells = 1.0
for _ in range(900):
    DEEP = [DEEP]
NO_NUMBERS: list[cells.Cells] = [
    *("", "1", "nan", "inf", "NaN ", "+Infinity", None, True, {}, [], [1.0], DEEP, 10**400),
    *(
        "NaN:",
        "NaN:7ff",
        "NaN:3ff0000000000000",
        "NaN:7FF8000000000001",
        "NaN:7ff80000000000010",
        "NaN:7ff800000000000١",
    ),
]
NO_ARRAYS: dict[Shape, list[cells.Cells]] = {
    (1, 1): [1.0, [[1.0]], DEEP, [DEEP], [10**400], [-(10**400)], ["10"], [None]],
    (2, 1): [1.0, "NaN", None, {}, [], [1.0], [1.0, 2.0, 3.0], [[1.0], [2.0]], [1.0, []], [1.0, False]],
    (2, 2): [[1.0, 2.0], [[1.0, 2.0]], [[1.0], [2.0]], [[1.0, 2.0], [3.0, {}]], [[[1.0]] * 2] * 2],
    (1, 2, 1): [[1.0, 2.0], [[1.0, 2.0]], [[[1.0]], [[2.0]]], DEEP],
}
HOSTILE = [*((x, ()) for x in NO_NUMBERS), *((x, shape) for shape, several in NO_ARRAYS.items() for x in several)]


@pytest.mark.parametrize(("written", "shape"), HOSTILE, ids=range(len(HOSTILE)))
def test_what_are_no_cells_of_this_shape_is_a_value_error(written: cells.Cells, shape: Shape) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        cells.read(written, shape, "float64")


def test_what_is_too_large_for_float32_is_infinite() -> None:
    assert cells.read(1e300, (), "float32") == np.inf
    assert cells.read([-1e300, 1.0], (2, 1), "float32").tolist() == [[-np.inf], [1.0]]
