"""Terminals for the tests of the real program."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from wire.terminal import Terminal
from wire.tmux import Tmux


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Open terminals with `terminal(argv, columns=80, rows=24, env={})`; they are closed when the test ends."""
    with ExitStack() as terminals:

        def open_terminal(argv: list[str], **options: Any) -> Terminal:
            return terminals.enter_context(Terminal(argv, **options))

        yield open_terminal


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    """A server, which ends with the test."""
    server = Tmux(tmp_path / "tmux")
    yield server
    server.close()
