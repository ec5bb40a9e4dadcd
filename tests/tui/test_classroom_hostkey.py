"""The host key of a class: made once, for its owner only, and refused when it may be known to others."""

import os
import pkgutil
import socket
import stat
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import asyncssh
import pytest
from needs import needs

from bptui.core.errors import InputError
from bptui.tui.classroom.hostkey import fingerprint, host_key, host_key_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """In a folder that is not there yet."""
    return tmp_path / "state" / "bptui" / "host_key"


def keygen(*arguments: str) -> str:
    run = subprocess.run([needs("ssh-keygen"), *arguments], capture_output=True, text=True, check=True, timeout=30)
    return run.stdout


def made_by_openssh(path: Path, *arguments: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True)
    keygen("-q", "-C", "", "-f", str(path), *arguments)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ---- made once ------------------------------------------------------------------------------------------------------


def test_it_is_kept_with_what_is_remembered_between_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert host_key_path().is_relative_to(tmp_path)
    assert (host_key_path().parent.name, host_key_path().name) == ("bptui", "host_key")


def test_it_is_made_once(path: Path) -> None:
    first = host_key(path)
    written = path.read_bytes()
    second = host_key(path)
    assert first.get_algorithm() == "ssh-ed25519"
    assert first.public_data == second.public_data
    assert first.private_data == second.private_data
    assert path.read_bytes() == written
    assert host_key(path.with_name("another")).public_data != first.public_data


def test_only_the_owner_may_read_it_whatever_the_umask_is(path: Path) -> None:
    before = os.umask(0)
    try:
        host_key(path)
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert os.listdir(path.parent) == [path.name]


def test_it_is_whole_and_safe_before_it_has_its_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, int]] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        (temporary,) = path.parent.iterdir()
        seen.append((temporary.read_bytes().endswith(b"-----END OPENSSH PRIVATE KEY-----\n"), mode(temporary)))
        assert temporary != path
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    before = os.umask(0)
    try:
        host_key(path)
    finally:
        os.umask(before)
    assert seen == [(True, 0o600)]


def test_openssh_reads_it_and_shows_the_same_fingerprint(path: Path) -> None:
    key = host_key(path)
    bits, shown, *_, kind = keygen("-lf", str(path)).split()
    assert (bits, shown, kind) == ("256", fingerprint(key), "(ED25519)")
    algorithm, data, *comment = keygen("-yf", str(path)).split()
    assert f"{algorithm} {data}" == key.export_public_key("openssh").decode().strip()
    assert comment == []  # nothing about the user or the machine


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_key_that_openssh_made_is_taken(path: Path, kind: str) -> None:
    made_by_openssh(path, "-t", kind, "-N", "")
    written = path.read_bytes()
    assert fingerprint(host_key(path)) == keygen("-lf", str(path)).split()[1]
    assert path.read_bytes() == written


def test_no_descriptor_is_left_open(path: Path) -> None:
    def next_one() -> int:
        descriptor = os.open(os.devnull, os.O_RDONLY)
        os.close(descriptor)
        return descriptor

    host_key(path)
    before = next_one()
    host_key(path)
    path.chmod(0o644)
    refusal(path)
    assert next_one() == before


# ---- two servers that start at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["asyncssh.generate_private_key", "os.fsync"])
def test_whoever_is_first_made_the_key(path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Another server comes between, and has made its own when this one goes on."""
    rivals: list[asyncssh.SSHKey] = []
    real: Callable[..., object] = pkgutil.resolve_name(moment)

    def interrupted(*arguments: object) -> object:
        monkeypatch.setattr(moment, real)
        rivals.append(host_key(path))
        return real(*arguments)

    monkeypatch.setattr(moment, interrupted)
    mine = host_key(path)
    (rival,) = rivals
    assert mine.private_data == rival.private_data == host_key(path).private_data
    assert os.listdir(path.parent) == [path.name]


def test_many_at_once_have_one_key(path: Path) -> None:
    together = Barrier(8)

    def start(_: int) -> bytes:
        together.wait(30)
        return host_key(path).private_data

    with ThreadPoolExecutor(8) as servers:
        keys = set(servers.map(start, range(8)))
    assert keys == {host_key(path).private_data}
    assert os.listdir(path.parent) == [path.name]


# ---- refused --------------------------------------------------------------------------------------------------------


def refusal(path: Path) -> str:
    """The one line that says what is wrong and what would be right, without the file's name before it."""
    before = sorted(path.parent.iterdir()) if path.parent.exists() else []
    with pytest.raises(InputError) as caught:
        host_key(path)
    assert (sorted(path.parent.iterdir()) if path.parent.exists() else []) == before  # it is left as it was
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: ")
    return line.removeprefix(f"{path}: ")


def test_a_symbolic_link(path: Path, tmp_path: Path) -> None:
    host_key(tmp_path / "elsewhere")
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "elsewhere")
    assert refusal(path) == "is a symbolic link; remove it, and a new key is made"


def test_a_symbolic_link_to_nothing_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "elsewhere")
    assert refusal(path) == "is a symbolic link; remove it, and a new key is made"
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True)
    assert refusal(path) == "is not a regular file; remove it, and a new key is made"


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.mkfifo(path, 0o600)
    assert refusal(path) == "is not a regular file; remove it, and a new key is made"


def test_a_socket(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir(parents=True)
    monkeypatch.chdir(path.parent)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)
        assert refusal(path).startswith("cannot be read: ")


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666])
def test_what_is_open_to_others(path: Path, bits: int) -> None:
    host_key(path)
    path.chmod(bits)
    line = refusal(path)
    assert line.startswith(f"is open to others (mode 0{bits:o}); ")
    assert "chmod 600" in line
    path.chmod(0o400)
    assert host_key(path).get_algorithm() == "ssh-ed25519"


def test_what_belongs_to_another_user(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host_key(path)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert refusal(path) == "belongs to another user; remove it, and a new key is made"


def damaged(text: bytes) -> bytes:
    first, second, *rest = text.splitlines(keepends=True)
    return b"".join([first, second[:10] + second[11:], *rest])


CONTENTS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "a text": lambda _: b"[parameters]\nx = 1\n",
    "a key cut short": lambda text: text[: len(text) // 2],
    "a damaged key": damaged,
    "a header that is no regular expression": lambda text: text.replace(b"OPENSSH", b"(("),
    "a public key": lambda text: asyncssh.import_private_key(text).export_public_key(),
    "no text": lambda _: bytes(range(256)),
    "far too much": lambda _: b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + b"A" * 10_000_000,
}


@pytest.mark.parametrize("what", CONTENTS)
def test_what_is_no_private_key(path: Path, what: str) -> None:
    host_key(path)
    path.write_bytes(CONTENTS[what](path.read_bytes()))
    assert refusal(path) == "is not an OpenSSH private key without a passphrase; remove it, and a new key is made"


def test_a_key_with_a_passphrase(path: Path) -> None:
    made_by_openssh(path, "-t", "ed25519", "-N", "a secret")
    assert refusal(path).startswith("is not an OpenSSH private key without a passphrase; ")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "bptui" / "host_key"
    assert refusal(path) == f"cannot be written: Not a directory; the folder {path.parent} must be yours to write to"


def test_a_disk_that_is_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path.parent.mkdir(parents=True)
    monkeypatch.setattr(os, "fsync", full)
    assert refusal(path).startswith("cannot be written: No space left on device; ")
