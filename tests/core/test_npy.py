"""NumPy's files are read without a word of theirs being trusted, and nothing is unpickled."""

import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datafiles import MOST, Harmful, archive, described, fault, header, npy, npz, printable, table, unfit
from hypothesis import given
from hypothesis import strategies as st

from bptui.core.data import DataError
from bptui.core.formats import MOST_ARRAYS


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.float64(3.0), [[3.0]]),
        (np.array([1, 2, 3]), [[1.0, 2.0, 3.0]]),
        (np.array([[1, 2], [3, 4], [5, 6]]), [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]),
    ],
)
def test_the_first_axis_becomes_the_last(tmp_path: Path, array: Any, expected: Any) -> None:
    x = table(tmp_path, "a.npy", npy(array)).examples("")
    assert x.dtype == np.float64
    assert np.array_equal(x, expected)


def test_images(tmp_path: Path) -> None:
    images = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    x = table(tmp_path, "a.npy", npy(images)).examples("")
    assert x.shape == (3, 4, 5, 2)
    assert np.array_equal(x[..., 1], images[1])
    assert x.flags.c_contiguous
    assert "4 axes has no columns" in unfit(table(tmp_path, "a.npy", npy(images)), "1").reason


@pytest.mark.parametrize("dtype", ["?", "i1", "<i2", ">i4", "u8", "<f2", ">f4", "<f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_real_type(tmp_path: Path, dtype: str, order: Any) -> None:
    array = np.array([[0, 1, 1], [1, 0, 1]], dtype=dtype, order=order)
    assert np.array_equal(table(tmp_path, "a.npy", npy(array)).examples("3,1"), [[1.0, 1.0], [0.0, 1.0]])


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    harm = tmp_path / "harm"
    objects = npy(np.array([Harmful(harm)], dtype=object), allow_pickle=True)
    files = {
        "object.npy": objects,
        "pickle.npy": pickle.dumps(Harmful(harm)),
        "object.npz": archive(("x.npy", objects)),
        "pickle.npz": archive(("x.npy", pickle.dumps(Harmful(harm)))),
        "whole.npz": pickle.dumps(Harmful(harm)),
        "text.csv": pickle.dumps(Harmful(harm)),
    }
    for file, data in files.items():
        fault(tmp_path, file, data)
    assert not harm.exists()
    pickle.loads(files["pickle.npy"])  # noqa: S301  # what would have happened
    assert harm.exists()


@pytest.mark.parametrize(
    ("descr", "shape", "reason"),
    [
        ("'|O'", "(1,)", "holds pickled objects, which are never read"),
        ("'<c16'", "(1,)", "holds complex128, not real numbers"),
        ("'<U2'", "(1,)", "holds <U2, not real numbers"),
        ("'<M8[s]'", "(1,)", "holds datetime64[s], not real numbers"),
        ("[('a', '<f8')]", "(1,)", "not real numbers"),
        ("('<f8', (2,))", "(1,)", "not real numbers"),
        ("'<f8'", "(2, 2)", "is not as long as its header says"),
        ("'<f8'", "()" + " " * 3000, ""),
        ("'<f8'", "(1L,)", ""),  # as Python 2 wrote it, of which NumPy would warn
        ("'<f8'", f"({10**30},)", "is not as long as its header says"),
        ("'<f8'", f"({2**32}, {2**32})", "is not as long as its header says"),
        ("'<f8'", "(1, 1, 1, 1, 1)", "has 5 axes"),
        ("'<f8'", "(0, 4)", "holds no numbers"),
        ("'<f8'", "(-1, -1)", "holds no numbers"),
        ("'<f8'", "(1.0,)", "is not an array in NumPy's format"),
        ("'<f8'", "(1,", "is not an array in NumPy's format"),
        ("'nonsense'", "(1,)", "is not an array in NumPy's format"),
        ("'<f8'", "__import__('os').abort()", "is not an array in NumPy's format"),
        ("'<f8'", "(" * 4000, "is not an array in NumPy's format"),
        ("'<f8'", "-" * 9000 + "1", "is not an array in NumPy's format"),
        ("'<f8'", f"({'9' * 5000},)", "is not an array in NumPy's format"),
        ("'<f8'", "'\\d'", "is not an array in NumPy's format"),
    ],
)
def test_headers_that_lie(tmp_path: Path, descr: str, shape: str, reason: str) -> None:
    data = described(descr, shape, bytes(8))
    if not reason:
        assert np.array_equal(table(tmp_path, "a.npy", data).examples(""), [[0.0]])
    else:
        assert reason in fault(tmp_path, "a.npy", data).reason
        assert reason in fault(tmp_path, "a.npz", archive(("x.npy", data))).reason


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        header(b"{" * 60_000),
        header(b"9" * 200_000, version=b"\2\0"),
        b"\x93NUMPY\2\0\xff\xff\xff\xff{}",
        header(b"{'descr': '<f8'}", version=b"\3\0"),
        header(b"{}", version=b"\x09\0"),
        header(b"\xff\xfe"),
    ],
)
def test_what_is_no_npy(tmp_path: Path, data: bytes) -> None:
    assert "is not an array in NumPy's format" in fault(tmp_path, "a.npy", data).reason


@pytest.mark.parametrize("x", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite(tmp_path: Path, x: float) -> None:
    for dtype in ("<f2", "<f4", "<f8"):
        array = np.array([1.0, x], dtype=dtype)
        assert "not finite" in fault(tmp_path, "a.npy", npy(array)).reason
        assert fault(tmp_path, "a.npz", npz(w=array)).reason == "a.npz: 'w' holds numbers that are not finite"


WHOLE = {
    "a.npy": npy(np.arange(12.0).reshape(3, 4)),
    "a.npz": npz(x=np.arange(12.0).reshape(3, 4), y=np.arange(3)),
}


@pytest.mark.parametrize("file", WHOLE)
def test_every_beginning_of_a_file_is_refused(tmp_path: Path, file: str) -> None:
    for length in range(len(WHOLE[file])):
        fault(tmp_path, file, WHOLE[file][:length])
    fault(tmp_path, "a.npy", WHOLE["a.npy"] + b"\0")


@pytest.mark.parametrize("file", [*WHOLE, "a.csv"])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, file: str, data: Any) -> None:
    folder = tmp_path_factory.getbasetemp()
    damaged = bytearray(WHOLE.get(file, b'x,"y"\n1,2\n3,-4.5e3\n'))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        x = table(folder, file, bytes(damaged)).examples("x" if file == "a.npz" else "")
    except DataError as error:
        printable(error)
    else:
        assert np.isfinite(x).all()


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path) -> None:
    bomb = archive(("x.npy", bytes(64 << 20)))
    assert len(bomb) < MOST
    assert "is too large" in fault(tmp_path, "a.npz", bomb).reason
    several = archive(*((f"x{i}.npy", bytes(MOST // 4)) for i in range(5)))
    assert "is too large" in fault(tmp_path, "a.npz", several).reason


@pytest.mark.parametrize("declared", [0, 1, 200, 128 + 8])
def test_an_archive_that_declares_less_than_it_holds(tmp_path: Path, declared: int) -> None:
    true = npy(np.zeros(1 << 20))
    data = archive(("x.npy", true))
    assert data.count(struct.pack("<I", len(true))) == 2  # before the member, and in the directory at the end
    fault(tmp_path, "a.npz", data.replace(struct.pack("<I", len(true)), struct.pack("<I", declared)))


def test_too_many_arrays(tmp_path: Path) -> None:
    one = npy(np.ones(1))
    most = archive(*((f"x{i}.npy", one) for i in range(MOST_ARRAYS)))
    assert len(table(tmp_path, "a.npz", most).arrays) == MOST_ARRAYS
    more = archive(*((f"x{i}.npy", one) for i in range(MOST_ARRAYS + 1)))
    assert "more than 1,000 arrays" in fault(tmp_path, "a.npz", more).reason


@pytest.mark.parametrize(
    "name", ["a/b.npy", "../x.npy", "/x.npy", "a\\b.npy", "x.txt", "x", ".npy", "x.npy/", "\x1b]0;x\x07.txt", "x" * 900]
)
def test_members_that_are_no_arrays(tmp_path: Path, name: str) -> None:
    assert "which is not an array" in fault(tmp_path, "a.npz", archive((name, npy(np.ones(1))))).reason


def test_two_arrays_of_one_name(tmp_path: Path) -> None:
    one = npy(np.ones(1))
    assert "two arrays called 'x'" in fault(tmp_path, "a.npz", archive(("x.npy", one), ("x.npy", one))).reason


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(tmp_path: Path, compression: int) -> None:
    data = archive(("x.npy", npy(np.ones(1))), compression=compression)
    assert "compressed in a way" in fault(tmp_path, "a.npz", data).reason


def test_an_encrypted_member(tmp_path: Path) -> None:
    data = bytearray(archive(("x.npy", npy(np.ones(1)))))
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    assert fault(tmp_path, "a.npz", bytes(data)).reason == "a.npz: 'x' is encrypted"


def test_an_empty_archive(tmp_path: Path) -> None:
    assert "holds no arrays" in fault(tmp_path, "a.npz", archive()).reason
