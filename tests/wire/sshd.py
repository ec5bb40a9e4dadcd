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
    """Runs from the making until `close`; `command` is what a client types to reach it.

    `clients` is a folder with an ssh, an scp and an sftp that know it as `host`; over there `home` is the HOME, and
    `programs` the first folder in the PATH.
    """

    def __init__(self, folder: Path) -> None:
        sshd, keygen = needs("sshd"), needs("ssh-keygen")
        self.home = folder
        self.clients, self.programs = folder / "clients", folder / "programs"
        for key in ("host", "user"):
            make = [keygen, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / key)]
            subprocess.run(make, check=True, timeout=30)
        self.key = (folder / "user.pub").read_text().strip()
        self.authorize(self.key)
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, parents=True, exist_ok=True)  # where sshd takes root's privileges away
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        (folder / "known").write_text(f"[{HOST}]:{self.port} {(folder / 'host.pub').read_text()}")
        (folder / "config").write_text(_lines(self._configuration()))
        (folder / "client").write_text(_lines(self._options()))
        self._make_clients()
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "config")], stderr=log)
        self._wait_until_it_listens()

    def authorize(self, line: str) -> None:
        """From now on let in whom this line of authorized_keys lets in, and as it says."""
        (self.home / "authorized").write_text(f"{line}\n")

    def command(self, command: str) -> list[str]:
        """What a client types: ssh -t host command."""
        return [str(self.clients / "ssh"), "-t", "host", command]

    def close(self) -> None:
        """End the server; its sessions end with their clients."""
        self.process.terminate()
        self.process.wait(10)

    def _make_clients(self) -> None:
        self.programs.mkdir()
        self.clients.mkdir()
        for name in ("ssh", "scp", "sftp"):
            client = self.clients / name
            client.write_text(f'#!/bin/sh\nexec {needs(name)} -F {self.home / "client"} "$@"\n')
            client.chmod(0o755)

    def _configuration(self) -> dict[str, object]:
        return {
            "ListenAddress": HOST,
            "Port": self.port,
            "HostKey": self.home / "host",
            "AuthorizedKeysFile": self.home / "authorized",
            "PidFile": "none",
            "AuthenticationMethods": "publickey",
            "AllowUsers": getpass.getuser(),
            "PermitRootLogin": "prohibit-password",
            "StrictModes": "no",
            "UsePAM": "no",
            "Subsystem": "sftp internal-sftp",
            "X11Forwarding": "yes",
            # else the program would find the settings of whoever runs the tests
            "SetEnv": f"HOME={self.home} PATH={self.programs}:{os.defpath}",
        }

    def _options(self) -> dict[str, object]:
        return {
            "HostName": HOST,
            "Port": self.port,
            "IdentityFile": self.home / "user",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": self.home / "known",
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }

    def _wait_until_it_listens(self, timeout: float = 10) -> None:
        deadline = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                return
            time.sleep(0.01)
        self.process.kill()
        self.process.wait()
        raise AssertionError(f"sshd does not listen:\n{(self.home / 'log').read_text()}")


def _lines(settings: dict[str, object]) -> str:
    return "".join(f"{name} {value}\n" for name, value in settings.items())
