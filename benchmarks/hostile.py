"""Two students who make trouble: one reads nothing; the other types random bytes, changes sizes, comes again and again.

    TOKEN=… python benchmarks/hostile.py PORT

Goes on until it is ended. It is polite to the machine (nice 19), as in a class each of them has one of their own.
"""

import asyncio
import os
import random
import socket
import sys

import asyncssh

ADDRESS, OTHER_ADDRESS, THIRD_ADDRESS = "127.0.0.66", "127.0.0.67", "127.0.0.68"
EVERY = 0.01  # seconds
SIZES = (0, 1, 2, 60, 80, 1_000, 65_536, 4_000_000_000)
BROKEN = (
    b"\xff",
    b"\x1b[1114112u",
    b"\x1b[",
    b"\x1b]0;",
    b"\x1b[<0;9999999999;1M",
    b"\x1bP",
    b"\xf0\x9f",
    b"\x1b[200~",
)
_FAULTS = (OSError, asyncssh.Error)


async def connected(port: int, token: str, address: str, name: str) -> asyncssh.SSHClientConnection:
    """A client that comes from this address of the loopback network."""
    return await asyncssh.connect(
        "127.0.0.1",
        port,
        local_addr=(address, 0),
        username=name,
        password=token,
        known_hosts=None,
        config=None,
        client_keys=None,
        agent_path=None,
    )


async def opened(
    connection: asyncssh.SSHClientConnection, size: tuple[int, int] = (80, 24), window: int = 1 << 21
) -> asyncssh.SSHClientProcess[bytes]:
    """Its terminal; so many bytes are taken before any are read."""
    return await connection.create_process(
        term_type="xterm", term_size=size, window=window, encoding=None, request_pty="force"
    )


async def reads_nothing(port: int, token: str) -> None:
    """One pane and all of them, again and again, so that there is more to show than anything between takes."""
    while True:
        try:
            async with await connected(port, token, THIRD_ADDRESS, "sleeper") as connection:
                process = await opened(connection, (250, 70), 1 << 14)
                while not process.is_closing():
                    process.stdin.write(b"z")
                    await asyncio.sleep(10 * EVERY)
        except _FAULTS:
            await asyncio.sleep(0.2)


async def read(process: asyncssh.SSHClientProcess[bytes]) -> None:
    while await process.stdout.read(65536):
        pass


async def storm(process: asyncssh.SSHClientProcess[bytes]) -> None:
    """Random bytes, without the one that leaves the class, and random sizes."""
    while not process.is_closing():
        process.stdin.write(random.randbytes(16).replace(b"q", b"") + random.choice(BROKEN))
        process.change_terminal_size(random.choice(SIZES), random.choice(SIZES))
        await asyncio.sleep(EVERY)


async def types(port: int, token: str) -> None:
    """In one session, for as long as it lasts; then in another."""
    while True:
        try:
            async with await connected(port, token, ADDRESS, "mallory") as connection:
                process = await opened(connection)
                await asyncio.gather(read(process), storm(process))
        except _FAULTS:
            await asyncio.sleep(0.2)


async def knocks(port: int) -> None:
    """Connections, some with nonsense, all dropped at once."""
    while True:
        with socket.socket() as client:
            client.bind((OTHER_ADDRESS, 0))
            client.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
                client.send(random.randbytes(64))
            except OSError:
                pass
        await asyncio.sleep(5 * EVERY)


async def returns(port: int, token: str) -> None:
    """Joins and is gone, as often as it is let in."""
    while True:
        try:
            connection = await connected(port, token, OTHER_ADDRESS, "trudy")
            await opened(connection)
            connection.abort()
        except _FAULTS:
            pass
        await asyncio.sleep(5 * EVERY)


async def main() -> None:
    os.nice(19)
    port, token = int(sys.argv[1]), os.environ["TOKEN"]
    await asyncio.gather(reads_nothing(port, token), types(port, token), knocks(port), returns(port, token))


if __name__ == "__main__":
    asyncio.run(main())
