"""A real SSH server on the loopback interface, with keys and a configuration of its own, as the current user."""

import getpass
import os
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from needs import needs

HOST = "127.0.0.1"


class Sshd:
    """Runs from the making until `close`; `command` is what a client types to reach it."""

    def __init__(self, folder: Path) -> None:
        sshd, self._ssh, keygen = needs("sshd"), needs("ssh"), needs("ssh-keygen")
        self._folder = folder
        for key in ("host", "user"):
            make = [keygen, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / key)]
            subprocess.run(make, check=True, timeout=30)
        (folder / "authorized").write_bytes((folder / "user.pub").read_bytes())
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, parents=True, exist_ok=True)  # where sshd takes root's privileges away
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        (folder / "known").write_text(f"[{HOST}]:{self.port} {(folder / 'host.pub').read_text()}")
        (folder / "config").write_text(self._configuration())
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "config")], stderr=log)
        self._wait_until_it_listens()

    def command(self, command: str) -> list[str]:
        """What a client types: ssh -t host command."""
        options = {
            "IdentityFile": self._folder / "user",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": self._folder / "known",
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        settings = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return [self._ssh, "-F", "/dev/null", *settings, "-p", str(self.port), "-t", HOST, command]

    def close(self) -> None:
        """End the server; its sessions end with their clients."""
        self.process.terminate()
        self.process.wait(10)

    def _configuration(self) -> str:
        lines = {
            "ListenAddress": HOST,
            "Port": self.port,
            "HostKey": self._folder / "host",
            "AuthorizedKeysFile": self._folder / "authorized",
            "PidFile": "none",
            "AuthenticationMethods": "publickey",
            "AllowUsers": getpass.getuser(),
            "PermitRootLogin": "prohibit-password",
            "StrictModes": "no",
            "UsePAM": "no",
            "SetEnv": f"HOME={self._folder}",  # else the program would find the settings of whoever runs the tests
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def _wait_until_it_listens(self, timeout: float = 10) -> None:
        deadline = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                return
            time.sleep(0.01)
        self.process.kill()
        self.process.wait()
        raise AssertionError(f"sshd does not listen:\n{(self._folder / 'log').read_text()}")
