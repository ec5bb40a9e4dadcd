"""The server's host key: made once, for its owner only, the same for every class of a user."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from bptui.core.errors import InputError
from bptui.core.files import LARGEST_FILE
from bptui.core.saving import write_text

from ..state import state_path

if TYPE_CHECKING:
    import asyncssh

_FIRST_LINE = b"-----BEGIN OPENSSH PRIVATE KEY-----\n"
_REMOVE = "remove it, and a new key is made"


def host_key_path() -> Path:
    """Where the host key is kept."""
    return state_path().with_name("host_key")


def host_key(path: Path) -> asyncssh.SSHKey:
    """The key in this file, which is made if there is none; InputError where it is not the user's own secret."""
    import asyncssh  # late: only the class needs it

    if not os.path.lexists(path):
        _make(path)
    data = _read(path)
    try:
        if data.startswith(_FIRST_LINE):  # asyncssh makes a regular expression of any other first line
            return asyncssh.import_private_key(data)
    except ValueError:  # what it raises for a key that is damaged, or locked with a passphrase, is one
        pass
    raise InputError("is not an OpenSSH private key without a passphrase", file=str(path), hint=_REMOVE)


def fingerprint(key: asyncssh.SSHKey) -> str:
    """What a student compares with what ssh shows at the first connection: `SHA256:…`."""
    return key.get_fingerprint("sha256")


def _make(path: Path) -> None:
    """Write a new key; if another server that starts at the same time was first, its key is the one."""
    import asyncssh

    text = asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh").decode("ascii")
    try:
        os.makedirs(path.parent, mode=0o700, exist_ok=True)
        write_text(str(path), text.splitlines())
    except (OSError, InputError) as error:
        if os.path.lexists(path):
            return
        reason = error.reason if isinstance(error, InputError) else f"cannot be written: {error.strerror}"
        hint = f"the folder {path.parent} must be yours to write to"
        raise InputError(reason, file=str(path), hint=hint) from None


def _read(path: Path) -> bytes:
    """What is in the file, if nobody else can have read or written it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        is_link = error.errno in (errno.ELOOP, errno.EMLINK)
        reason = "is a symbolic link" if is_link else f"cannot be read: {error.strerror}"
        raise InputError(reason, file=str(path), hint=_REMOVE) from None
    try:
        _check(os.fstat(descriptor), path)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(LARGEST_FILE)
    finally:
        os.close(descriptor)


def _check(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise InputError("is not a regular file", file=str(path), hint=_REMOVE)
    if status.st_uid != os.geteuid():
        raise InputError("belongs to another user", file=str(path), hint=_REMOVE)
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        hint = f"others may know it by now: {_REMOVE} (or `chmod 600` it, if you know better)"
        raise InputError(f"is open to others (mode {mode:04o})", file=str(path), hint=hint)
