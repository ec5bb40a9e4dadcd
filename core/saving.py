"""Saving what was written: a new file or none, never over what is there, for its owner only."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress

import numpy as np

from .errors import InputError
from .jacobian import Array
from .text import short
from .writing import WrittenScenario


def write(path: str | os.PathLike[str], written: WrittenScenario) -> None:
    """Write the scenario, and its arrays beside it, for its owner only; all or nothing, and never over what is there.

    InputError where a file of that name exists, its data file is not beside it, or writing fails.
    """
    file = os.fspath(path)
    folder = os.path.dirname(file)
    if written.needs and not os.path.exists(os.path.join(folder, written.needs)):
        hint = "write it into the folder of the scenario that it comes from"
        raise InputError(f"there is no {short(written.needs, 80)} beside it", file=file, hint=hint)
    contents = {file: written.text.encode()}
    if written.arrays:  # first: a scenario without its arrays would be no scenario
        contents = {os.path.join(folder, written.arrays_file): _archive(written.arrays), **contents}
    created: list[str] = []
    try:
        for file, data in contents.items():
            _create(file, data)
            created.append(file)
    except (OSError, ValueError) as error:
        for each in created:
            os.unlink(each)
        raise _refusal(error, file) from None


def _refusal(error: OSError | ValueError, file: str) -> InputError:
    if isinstance(error, FileExistsError):
        return InputError("exists already", file=file, hint="name a new file")
    reason = error.strerror if isinstance(error, OSError) else "it is not a file name"
    return InputError(f"cannot be written: {reason}", file=file, hint="name a file in a folder of yours")


def write_text(path: str, lines: Iterable[str], *, force: bool = False, not_over: str = "") -> None:
    """Write lines of text to a file, for its owner only; all or nothing. OSError where the disk takes no more.

    InputError where a file of that name exists; with `force`, where it is not a regular one, or the one `not_over`.
    """
    if os.path.lexists(path):
        if not force:
            raise InputError("exists already", file=path, hint="name a new file, or give --force")
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise InputError("is not a regular file", file=path, hint="name a new file")
        if not_over and os.path.exists(not_over) and os.path.samefile(path, not_over):
            raise InputError("is the file that is read", file=path, hint="name another file")
    try:
        temporary = _temporary(path)
    except (OSError, ValueError) as error:
        raise _refusal(error, path) from None
    _fill(temporary, path, (f"{line}\n".encode() for line in lines), force=force)


def replace(path: str | os.PathLike[str], data: bytes) -> None:
    """Put these bytes in the place of a file, for its owner only; all or nothing. OSError where that fails."""
    _fill(_temporary(os.fspath(path)), os.fspath(path), [data], force=True)


def _create(file: str, data: bytes) -> None:
    """A new file with these bytes, mode 0600, there when it is whole."""
    _fill(_temporary(file), file, [data])


def _temporary(file: str) -> tuple[int, str]:
    """A file beside the one that is to be, open, and its name."""
    import tempfile  # late: it brings modules along that nothing else needs

    return tempfile.mkstemp(prefix=".bptui-", dir=os.path.dirname(file) or ".")


def _fill(temporary: tuple[int, str], file: str, data: Iterable[bytes], *, force: bool = False) -> None:
    """Write the bytes, and give the file its name; a link, unlike a rename, replaces nothing."""
    descriptor, name = temporary
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.writelines(data)
            stream.flush()
            os.fsync(stream.fileno())
        if force:
            os.replace(name, file)
        else:
            os.link(name, file)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _archive(arrays: Mapping[str, Array]) -> bytes:
    """An .npz file of plain arrays, the same bytes for the same arrays."""
    import zipfile  # late: most scenarios have no large arrays

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        for name, x in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(x), allow_pickle=False)
            members.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue(), zipfile.ZIP_DEFLATED)
    return archive.getvalue()
