"""The file that a recording goes to: made for its owner only, whole lines written at once, never over what is there."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress

from ..errors import InputError

INTERVAL = 1.0
"""Seconds between two times that the file is brought to the disk."""


class Output:
    """Where lines are written. What `write` has returned from is with the operating system: a kill loses nothing of it.

    `failed` is called once, on whichever thread, with what went wrong; from then on nothing is written.
    """

    def __init__(self, descriptor: int, *, regular: bool = True) -> None:
        self._descriptor = descriptor
        self._regular = regular
        self._size = 0
        self.failure: OSError | None = None
        self._lock = threading.Lock()
        self._is_closed = False
        self._closing = threading.Event()
        self._dirty = threading.Event()
        self._thread: threading.Thread | None = None
        self.failed: Callable[[OSError], None] = lambda error: None

    def write(self, data: bytes) -> bool:
        """Write whole lines; False where they could not be, and then nothing of them stands in a regular file."""
        with self._lock:
            if self.failure is not None or self._is_closed:
                return False
            try:
                rest = memoryview(data)
                while rest:
                    taken = self._write(rest)
                    if not taken:
                        raise OSError(errno.EIO, os.strerror(errno.EIO))
                    rest = rest[taken:]
                self._size += len(data)
            except OSError as error:
                self._give_up(error)
        if self.failure is not None:
            self.failed(self.failure)
            return False
        self._sync_later()
        return True

    def close(self) -> None:
        """Bring all to the disk, and close; from then on nothing is written."""
        with self._lock:
            self._is_closed = True
        self._closing.set()
        self._dirty.set()
        if self._thread is not None:
            self._thread.join()
        elif self._regular:
            self._sync()
        if self._regular:
            try:
                os.close(self._descriptor)
            except OSError as error:
                self._fail(error)

    def _write(self, data: memoryview) -> int:
        return os.write(self._descriptor, data)

    def _give_up(self, error: OSError) -> None:
        """Take off what was written of a line that is not whole; where that fails too, a reader passes over it."""
        self.failure = error
        if self._regular:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._size)

    def _fail(self, error: OSError) -> None:
        with self._lock:
            if self.failure is not None:
                return
            self._give_up(error)
        self.failed(error)

    def _sync_later(self) -> None:
        if not self._regular:
            return
        self._dirty.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._sync_on_and_on, name="fsync", daemon=True)
            self._thread.start()

    def _sync_on_and_on(self) -> None:
        """Bring what is new to the disk, each second at the most; sleep while nothing is."""
        while not self._closing.is_set():
            self._dirty.wait()
            self._dirty.clear()
            self._sync()
            self._closing.wait(INTERVAL)
        self._sync()

    def _sync(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that has no fsync
                self._fail(error)


def create(path: str, *, force: bool = False, not_over: str = "") -> Output:
    """A new file at `path`, mode 0600; InputError where there is something, unless `force` names a regular file.

    Never over the file `not_over`, nor over a link or a device.
    """
    flags = os.O_WRONLY | sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
    try:
        try:
            return Output(os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            if not force:
                raise InputError("exists already", file=path, hint="name a new file, or give --force") from None
        if stat.S_ISLNK(os.lstat(path).st_mode):
            raise InputError("is a link", file=path, hint="name a new file")
        return Output(_emptied(path, os.open(path, flags), not_over))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a file name"
        raise InputError(
            f"cannot be written: {reason}", file=path, hint="name a new file in a folder of yours"
        ) from None


def _emptied(path: str, descriptor: int, not_over: str) -> int:
    """The regular file of this descriptor, without its content and for its owner only."""
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise InputError("is not a regular file", file=path, hint="name a new file")
        if not_over and os.path.exists(not_over) and os.path.samestat(found, os.stat(not_over)):
            raise InputError("is the file that is read", file=path, hint="name another file")
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
