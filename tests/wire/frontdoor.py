"""The real front door of SSH with a small class behind it, and the real clients that knock at it."""

import asyncio
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import asyncssh
from needs import needs
from wire.command import PATH
from wire.school import School
from wire.terminal import Terminal

from bptui.tui.classroom.ssh import serve_ssh

HOST = "127.0.0.1"
ANSWER = """#!/bin/sh
case "$1" in *name*) printf '%s\\n' "$NAME" ;; *) printf '%s\\n' "$TOKEN" ;; esac
"""
"""What ssh runs instead of asking at the terminal."""


WRONG = "a-token-of-another-class"

Join = Callable[..., Terminal]
"""Opens a terminal with ssh in it."""


def wait_until(is_so: Callable[[], object], timeout: float = 10) -> None:
    deadline = time.monotonic() + timeout
    while not is_so():
        assert time.monotonic() < deadline, f"waited {timeout} s"
        time.sleep(0.005)


class FrontDoor:
    """The server, in a thread of its own; `close` ends it as the program does."""

    def __init__(self, folder: Path, login_seconds: float = 60.0) -> None:
        self.folder = folder
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.listening = socket.create_server((HOST, 0), backlog=256)
        self.port = self.listening.getsockname()[1]
        self.problems: list[dict[str, Any]] = []
        """What asyncio would have printed."""
        self._login_seconds = login_seconds
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._is_ready.wait(10)
        public = self.key.export_public_key("openssh").decode()
        (folder / "known").write_text(f"[{HOST}]:{self.port} {public}")
        (folder / "answer").write_text(ANSWER)
        (folder / "answer").chmod(0o700)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    async def _serve(self) -> None:
        self.school = School()
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._loop.set_exception_handler(lambda loop, context: self.problems.append(context))
        serving = asyncio.ensure_future(serve_ssh(self.school, self.listening, self.key, self._login_seconds))
        self._is_ready.set()
        try:
            await serving
        except asyncio.CancelledError:
            assert serving.cancelled()

    def run(self, do: Callable[[], object]) -> None:
        """Do something in the server's thread."""
        self._loop.call_soon_threadsafe(do)

    def close(self) -> None:
        """End the server; twice is as good as once."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(20)
        assert not self._thread.is_alive()
        self.listening.close()
        assert self.problems == []

    # ---- who knocks

    def argv(self, *arguments: str, program: str = "ssh", user: str = "anna") -> list[str]:
        """What a student types; of the arguments, HOST stands for the user at the server."""
        options = {
            "UserKnownHostsFile": self.folder / "known",
            "StrictHostKeyChecking": "yes",
            "LogLevel": "INFO",
            "ConnectTimeout": "20",
        }
        settings = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        port = ["-p" if program == "ssh" else "-P", str(self.port)]
        named = [each.replace("HOST", f"{user}@{HOST}") for each in arguments]
        return [needs(program), "-F", "/dev/null", *settings, *port, *named]

    def env(self, token: str | None = None, name: str = "", **more: str) -> dict[str, str]:
        """The environment in which a client knows the token; the class's unless another is given."""
        return {
            "PATH": PATH,
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "SSH_ASKPASS": str(self.folder / "answer"),
            "SSH_ASKPASS_REQUIRE": "force",
            "TOKEN": self.school.student if token is None else token,
            "NAME": name,
            **more,
        }

    def join(
        self,
        terminal: Callable[..., Terminal],
        *options: str,
        user: str = "anna",
        env: Mapping[str, str] | None = None,
        **size: int,
    ) -> Terminal:
        """Open a terminal with `ssh HOST` in it, and wait for the first frame."""
        client = terminal(self.argv(*options, "HOST", user=user), env=env or self.env(), **size)
        client.wait_for(" the ")
        return client

    def run_client(
        self, *arguments: str, program: str = "ssh", user: str = "anna", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a client without a terminal to its end."""
        return subprocess.run(
            self.argv(*arguments, program=program, user=user),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=dict(env or self.env()),
            timeout=30,
            check=False,
        )

    async def connect(self, token: str | None = None, user: str = "anna") -> asyncssh.SSHClientConnection:
        """A client that can do what the program cannot."""
        return await asyncssh.connect(
            HOST,
            self.port,
            username=user,
            password=self.school.student if token is None else token,
            known_hosts=(self.folder / "known").read_bytes(),
            config=None,
            client_keys=None,
            agent_path=None,
            gss_host=None,
        )

    def knock(self) -> socket.socket:
        """A connection on which nothing is said."""
        return socket.create_connection((HOST, self.port), timeout=10)


async def in_terminal(
    client: asyncssh.SSHClientConnection, size: tuple[int, int] = (80, 24), window: int = 1 << 21
) -> asyncssh.SSHClientProcess[bytes]:
    """A session as the program opens one, of this size; `window` is what may be sent without being read."""
    return await client.create_process(
        term_type="xterm-256color", term_size=size, encoding=None, window=window, request_pty="force"
    )


async def closed(client: asyncssh.SSHClientConnection) -> None:
    """Close a client."""
    client.close()
    await client.wait_closed()


def descriptors() -> int:
    """How many descriptors this process has open."""
    return len(os.listdir("/dev/fd"))
