"""The front door of SSH grants a terminal, and nothing else to anybody."""

import asyncio
import socket
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import asyncssh
import pytest
from asyncssh.constants import MSG_CHANNEL_OPEN
from asyncssh.packet import String, UInt32
from needs import needs
from wire.frontdoor import HOST, FrontDoor, Join, closed, in_terminal, wait_until
from wire.terminal import Terminal

OPEN_OF_ANOTHER = (
    b"forwarded-tcpip",
    b"forwarded-streamlocal@openssh.com",
    b"x11",
    b"auth-agent@openssh.com",
    b"session@example.com",
)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[FrontDoor]:
    with FrontDoor(tmp_path) as front_door:
        yield front_door


@pytest.fixture
def join(door: FrontDoor, terminal: Callable[..., Terminal]) -> Join:
    """Open a terminal with `ssh HOST` in it, and wait for the first frame."""
    return partial(door.join, terminal)


@pytest.fixture
def target() -> Iterator[socket.socket]:
    """A place that nobody may reach through a class."""
    with socket.create_server((HOST, 0)) as listening:
        listening.setblocking(False)
        yield listening


def assert_not_reached(target: socket.socket) -> None:
    with pytest.raises(BlockingIOError):
        target.accept()


# ---- nothing else, with the real clients -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "arguments", "what"),
    [
        ("ssh", ["HOST", "ls"], "exec"),
        ("ssh", ["-tt", "HOST", "ls"], "exec"),
        ("ssh", ["-s", "HOST", "sftp"], "subsystem"),
        ("ssh", ["-s", "HOST", "netconf"], "subsystem"),
        ("sftp", ["HOST"], "subsystem"),
        ("scp", ["HOST:/etc/passwd", "."], "subsystem"),
        ("scp", ["-O", "HOST:/etc/passwd", "."], "exec"),
        ("scp", ["-O", "known", "HOST:/tmp/bptui-was-here"], "exec"),
        ("ssh", ["-T", "HOST"], "no-pty"),
        ("ssh", ["-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:9", "HOST"], "forward"),
        ("ssh", ["-N", "-o", "ExitOnForwardFailure=yes", "-R", "0", "HOST"], "forward"),
        ("ssh", ["-N", "-o", "ExitOnForwardFailure=yes", "-R", "/tmp/bptui-socket:127.0.0.1:9", "HOST"], "forward"),
        ("ssh", ["-W", "127.0.0.1:9", "HOST"], "forward"),
    ],
)
def test_a_client_that_wants_something_else_gets_nothing(
    door: FrontDoor, program: str, arguments: list[str], what: str
) -> None:
    done = door.run_client(*arguments, program=program)
    assert done.returncode != 0
    assert done.stdout == ""
    assert door.school.forbidden() == [what]
    assert door.school.seats == []


def test_a_shell_without_a_terminal_is_told_what_is_missing(door: FrontDoor) -> None:
    done = door.run_client("-T", "HOST")
    assert done.returncode == 2
    assert done.stderr == "a class needs a terminal: ssh -t\n"


@pytest.mark.parametrize("option", ["-L", "-D"])
def test_a_port_that_the_client_forwards_leads_nowhere(
    door: FrontDoor, join: Join, target: socket.socket, option: str
) -> None:
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    to = target.getsockname()[1]
    client = join(option, f"{HOST}:{port}" + (f":{HOST}:{to}" if option == "-L" else ""))
    with socket.create_connection((HOST, port), timeout=10) as way:
        if option == "-D":  # SOCKS 4: connect to the target
            way.sendall(b"\x04\x01" + to.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + b"\0")
        assert way.recv(1024) == b""
    assert door.school.forbidden() == ["forward"]
    assert_not_reached(target)
    client.press("still here")
    client.wait_for("still here")


def test_an_agent_and_a_display_are_not_asked_for(
    door: FrontDoor, join: Join, target: socket.socket, tmp_path: Path
) -> None:
    agent = subprocess.Popen([needs("ssh-agent"), "-D", "-a", tmp_path / "agent"], stdout=subprocess.DEVNULL)
    try:
        wait_until((tmp_path / "agent").exists)
        display = f"{HOST}:{target.getsockname()[1] - 6000}"
        client = join("-A", "-Y", env=door.env(SSH_AUTH_SOCK=str(tmp_path / "agent"), DISPLAY=display))
        client.press("well")
        client.wait_for("well")
    finally:
        agent.terminate()
        agent.wait(10)
    assert sorted(door.school.forbidden()) == ["agent", "x11"]
    assert_not_reached(target)


def test_variables_of_the_client_are_not_taken(door: FrontDoor, join: Join) -> None:
    join("-o", "SendEnv=PATH", "-o", "SetEnv=LD_PRELOAD=/evil.so", "-o", "SendEnv=LANG")
    assert door.school.seats[0].terminal == {"TERM": "xterm-256color"}
    assert door.school.forbidden() == ["env"]


def test_a_connection_without_a_session_is_closed(tmp_path: Path) -> None:
    with FrontDoor(tmp_path, login_seconds=1) as door:
        done = door.run_client("-N", "HOST")
        assert done.returncode == 255
        assert "no session in time" in done.stderr
        assert door.school.seats == []


def test_a_connection_on_which_nothing_is_said_is_closed(tmp_path: Path) -> None:
    with FrontDoor(tmp_path, login_seconds=1) as door, door.knock() as client:
        assert client.recv(100) == b"SSH-2.0-bptui\r\n"
        while client.recv(4096):
            pass  # its offer of ciphers, if it makes one, and then the end


# ---- nothing else, with a client that does what the program cannot ---------------------------------------------------


async def test_of_300_sessions_on_one_connection_there_is_one(door: FrontDoor) -> None:
    client = await door.connect()
    asked = [client.create_process(term_type="xterm", encoding=None) for _ in range(300)]
    answers = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 30)
    assert sum(not isinstance(answer, Exception) for answer in answers) <= 1
    await asyncio.wait_for(client.wait_closed(), 10)
    assert len(door.school.seats) <= 1
    assert door.school.forbidden() == ["session"]


async def test_a_second_session_is_refused_and_the_first_goes_on(door: FrontDoor) -> None:
    client = await door.connect()
    process = await in_terminal(client)
    await process.stdout.readline()
    with pytest.raises(asyncssh.ChannelOpenError):
        await in_terminal(client)
    process.stdin.write(b"on")
    assert await process.stdout.readexactly(2) == b"on"
    assert len(door.school.seats) == 1
    await closed(client)


async def test_whatever_else_can_be_asked_for_is_refused(door: FrontDoor, target: socket.socket) -> None:
    port = target.getsockname()[1]
    asked: list[Callable[[asyncssh.SSHClientConnection], object]] = [
        lambda client: client.run("id", check=True),
        lambda client: client.run(subsystem="sftp", check=True),
        lambda client: client.start_sftp_client(),
        lambda client: client.open_connection(HOST, port),
        lambda client: client.open_unix_connection("/tmp/bptui-nowhere"),
        lambda client: client.forward_remote_port("", 0, HOST, port),
        lambda client: client.forward_remote_path("/tmp/bptui-nowhere", "/tmp/x"),
        lambda client: client.create_tun(asyncssh.SSHTunTapSession),
        lambda client: client.create_tap(asyncssh.SSHTunTapSession),
    ]
    answers = []
    for ask in asked:
        client = await door.connect()
        answers += await asyncio.wait_for(asyncio.gather(ask(client), return_exceptions=True), 10)
        await closed(client)
    refusals = asyncssh.ChannelOpenError | asyncssh.ChannelListenError
    assert [answer for answer in answers if not isinstance(answer, refusals)] == []
    assert door.school.forbidden() == ["exec", "subsystem", "subsystem", *["forward"] * 4, "tunnel", "tunnel"]
    assert_not_reached(target)
    assert door.school.seats == []


async def test_signals_and_breaks_do_nothing_and_are_told_once(door: FrontDoor) -> None:
    client = await door.connect()
    process = await in_terminal(client)
    await process.stdout.readline()
    for _ in range(20):
        process.send_signal("KILL")
        process.send_break(1)
    process.stdin.write(b"alive")
    assert await process.stdout.readexactly(5) == b"alive"
    assert door.school.forbidden() == ["signal"]
    await closed(client)


async def test_channels_that_only_a_server_may_open_are_refused(door: FrontDoor) -> None:
    client = await door.connect()
    process = await in_terminal(client)
    await process.stdout.readline()
    for number, kind in enumerate(OPEN_OF_ANOTHER):
        client.send_packet(MSG_CHANNEL_OPEN, String(kind), UInt32(1000 + number), UInt32(1 << 20), UInt32(1 << 15))
    wait_until(lambda: {"forward", "x11", "agent", "other"} <= set(door.school.forbidden()))
    assert len(door.school.forbidden()) == 4
    assert len(door.school.seats) == 1
    client.abort()  # it does not know the channels that were refused
    await client.wait_closed()


async def test_packets_of_one_byte_are_refused(door: FrontDoor) -> None:
    client = await door.connect()
    with pytest.raises((asyncssh.DisconnectError, asyncssh.ChannelOpenError)):
        await client.create_process(term_type="xterm", encoding=None, max_pktsize=1)
    assert door.school.seats == []
    await client.wait_closed()
