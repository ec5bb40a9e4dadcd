"""`bptui serve` as a command: what it refuses and prints, where it listens, and what it tells of a class."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from needs import needs
from wire.command import PATH, bptui
from wire.frontdoor import HOST
from wire.serving import MAIN, PATIENCE, Serving, wait_until
from wire.terminal import Terminal

ELSEWHERE = "127.0.0.2"
"""Another address of this machine; only who listens at all of them listens there."""
TOKEN = re.compile(r"\b(?:[0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}\b")
WITHOUT = "import sys\nsys.modules[{!r}] = None\n" + MAIN
"""Python in which a package is not installed."""


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    with Serving(tmp_path / "server", "tanh4", "xor") as opened:
        yield opened


def refused(home: Path, *arguments: str) -> str:
    """The one line that `bptui serve` says before it ends with the exit code for a wrong command line."""
    done = bptui("serve", *arguments, home=home)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    return done.stderr.strip()


# ---- the command line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "bptui: serve takes one scenario or more; for instance bptui serve tanh4"),
        (["nothing.toml"], "nothing.toml: there is no such file; "),
        (["tanh4", "xro"], "xro: there is no such file; did you mean 'xor'?"),
        (["wrong.toml"], "wrong.toml:1: "),
        (["a.bptlog"], "a.bptlog: is a log; serve takes scenarios; bptui opens logs"),
        (["tanh4", "--port", "70000"], "'70000' is no port"),
        (["tanh4", "--port", "-1"], "--port"),
        (["tanh4", "--most", "0"], "'0' is no count"),
        (["tanh4", "--hours", "forever"], "'forever' is no count"),
        (["tanh4", "--record"], "--record"),
        (["tanh4", "--host", "nowhere.invalid"], "nowhere.invalid:"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "wrong.toml").write_text("titel = 'x'\n")
    assert bptui("record", "tanh4", "-o", "a.bptlog", home=tmp_path).returncode == 0
    assert said in refused(tmp_path, *arguments)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(tmp_path, "tanh4", "--port", str(port))
    assert said.startswith(f"{HOST}:{port}: cannot listen: ")
    assert said.endswith("choose another with --port, --web-port or --host")


@pytest.mark.parametrize("kind", ["file", "link", "device", "folder", "nowhere"])
def test_a_recording_goes_to_a_new_file_or_nowhere(tmp_path: Path, kind: str) -> None:
    there = tmp_path / "there"
    match kind:
        case "file":
            there.write_text("mine")
        case "link":
            there.symlink_to(tmp_path / "mine")
        case "device":
            there = Path("/dev/full")
        case "folder":
            there.mkdir()
        case "nowhere":
            there = tmp_path / "no" / "there"
    said = refused(tmp_path, "tanh4", "--port", "0", "--record", str(there))
    assert said.startswith(f"{there}: ")
    assert "--force" not in said  # which `bptui serve` does not have
    assert not (tmp_path / "mine").exists()
    assert kind != "file" or there.read_text() == "mine"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda key: key.write_text("no key\n"), "is not an OpenSSH private key without a passphrase"),
        (lambda key: key.chmod(0o644), "is open to others (mode 0644)"),
        (lambda key: (key.unlink(), key.mkdir()), "is not a regular file"),
        (
            lambda key: (key.rename(key.with_name("other")), key.symlink_to(key.with_name("other"))),
            "is a symbolic link",
        ),
    ],
    ids=["text", "open to others", "folder", "link"],
)
def test_a_host_key_that_cannot_be_trusted(tmp_path: Path, spoil: Callable[[Path], object], said: str) -> None:
    with Serving(tmp_path / "server"):
        (key,) = (tmp_path / "server").rglob("host_key")
    assert key.stat().st_mode & 0o777 == 0o600
    spoil(key)
    assert refused(tmp_path / "server", "tanh4", "--port", "0").startswith(f"{key}: {said}")


@pytest.mark.parametrize(
    ("package", "option", "extra"), [("asyncssh", [], "ssh"), ("aiohttp", ["--web"], "web")], ids=["ssh", "web"]
)
def test_without_its_extra_it_says_how_to_get_it(tmp_path: Path, package: str, option: list[str], extra: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(package), "serve", "tanh4", "--port", "0", *option],
        capture_output=True,
        text=True,
        env={"PATH": PATH, "HOME": str(tmp_path), "LANG": "C.UTF-8"},
        cwd=tmp_path,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"bptui serve: the package {package} is missing; pip install 'bptui[{extra}]'\n"


# ---- what it prints, and where it listens


def test_it_prints_what_leads_in(serving: Serving) -> None:
    lines = serving.said.splitlines()
    assert lines[0] == "a class with tanh4, xor"
    assert f"students   ssh -p {serving.port} class@{HOST}" in lines
    assert f"teacher    ssh -p {serving.port} teacher@{HOST}" in lines
    assert len(set(TOKEN.findall(serving.said))) == 2
    assert set(TOKEN.findall(serving.said)) == set(serving.tokens.values())


def test_the_fingerprint_is_the_one_that_ssh_shows(serving: Serving) -> None:
    scan = [needs("ssh-keyscan"), "-p", str(serving.port), HOST]
    keys = subprocess.run(scan, capture_output=True, text=True, timeout=30, check=True).stdout
    show = [needs("ssh-keygen"), "-l", "-f", "-"]
    shown = subprocess.run(show, input=keys, capture_output=True, text=True, timeout=30, check=True).stdout
    assert [line.split()[1] for line in shown.splitlines()] == [serving.fingerprint]


def test_the_next_class_has_the_same_host_key_and_other_tokens(tmp_path: Path) -> None:
    with Serving(tmp_path / "server") as first:
        pass
    (tmp_path / "server" / "clients").rename(tmp_path / "clients")
    with Serving(tmp_path / "server") as second:
        assert second.fingerprint == first.fingerprint
        assert not set(second.tokens.values()) & set(first.tokens.values())


def test_it_listens_on_this_machine_only(serving: Serving) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((ELSEWHERE, serving.port), timeout=10)


def test_a_host_is_listened_on_where_it_is_named(tmp_path: Path) -> None:
    with Serving(tmp_path / "server", "tanh4", "--host", ELSEWHERE) as serving:
        assert f"ssh -p {serving.port} class@{ELSEWHERE}" in serving.said
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, serving.port), timeout=10)
        with socket.create_connection((ELSEWHERE, serving.port), timeout=10) as client:
            assert client.recv(100) == b"SSH-2.0-bptui\r\n"


# ---- what it tells of the class


def test_the_journal_has_a_line_for_each_event_and_no_secret(
    serving: Serving, terminal: Callable[..., Terminal]
) -> None:
    wrong = "wrng-wrng-wrng-wrng"
    stranger = terminal(serving.argv("eve"), env=serving.env(wrong))
    assert stranger.wait_exit(PATIENCE) == 255
    teacher = serving.join(terminal, "Ms \x1b[31mRay", "teacher")
    ada = serving.join(terminal, "ada")
    teacher.press("a")
    teacher.wait_for("a note on step 0", PATIENCE)
    teacher.press("what is typed is nobody else's\r")
    ada.wait_for("what is typed", PATIENCE)
    ada.press("sss")
    ada.wait_for(" 3 / 33", PATIENCE)
    ada.press("q")
    assert ada.wait_exit(PATIENCE) == 0
    wait_until(lambda: "left name=ada" in serving.journal)
    serving.signal(signal.SIGTERM)
    assert serving.wait_exit() == 143
    journal = serving.journal
    assert all(
        re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d [a-z-]+( |$)", line) for line in journal.splitlines()
    )
    told = [line.split(" ", 1)[1] for line in journal.splitlines()]
    assert told[0].startswith("class files=2")
    assert told[-1] == "over"
    assert [line for line in told if "ada" in line] == [
        f"login address={HOST} name=ada role=student",
        "session name=ada role=student size=80×24",
        'left name=ada why=""',
    ]
    assert f"wrong-token address={HOST} n=3" in told
    assert not any(secret in journal for secret in (wrong, *serving.tokens.values(), "typed", "\x1b"))
    assert not TOKEN.search(journal)


def test_a_token_of_a_student_makes_no_teacher(serving: Serving, terminal: Callable[..., Terminal]) -> None:
    """Whatever user name goes with it."""
    argv, env = serving.argv("teacher"), serving.env(serving.tokens["class"], "eve")
    eve = terminal(argv, env=env)
    eve.wait_for("following; nobody leads now", PATIENCE)
    eve.press("R")
    eve.wait_for("the class: you are eve", PATIENCE)
    assert "lock" not in eve.text
