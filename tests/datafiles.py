"""Data files for tests: written, read, and refused in one printable line."""

import io
import os
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bptui.core.data import DataError, Table, read_table

MOST = 1 << 20


def table(tmp_path: Path, file: str, data: bytes | str, most: int = MOST) -> Table:
    (tmp_path / file).write_bytes(data.encode() if isinstance(data, str) else data)
    return read_table(tmp_path, file, most)


def printable(error: DataError) -> DataError:
    assert error.reason
    assert error.hint
    assert (error.reason + error.hint).isprintable()
    assert len(error.reason) < 300
    return error


def fault(tmp_path: Path, file: str, data: bytes | str | None = None, most: int = MOST) -> DataError:
    with pytest.raises(DataError) as caught:
        read_table(tmp_path, file, most) if data is None else table(tmp_path, file, data, most)
    return printable(caught.value)


def unfit(held: Table, selector: str) -> DataError:
    with pytest.raises(DataError) as caught:
        held.examples(selector)
    return printable(caught.value)


class Harmful:
    """Unpickled, it would make a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def npy(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def header(text: bytes, body: bytes = b"", version: bytes = b"\1\0") -> bytes:
    length = struct.pack("<H" if version == b"\1\0" else "<I", len(text))
    return b"\x93NUMPY" + version + length + text + body


def described(descr: str, shape: str, body: bytes = b"") -> bytes:
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode(), body)


def archive(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members of one name are meant
        with zipfile.ZipFile(stream, "w", compression) as target:
            for name, data in members:
                target.writestr(name, data)
    return stream.getvalue()
