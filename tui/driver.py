"""The driver: whatever bytes come in, and however large the window says it is, the program goes on."""

from __future__ import annotations

import codecs
import os
import re
import selectors
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any, TextIO

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Resize
from textual.keys import Keys
from textual.message import Message

from bptui.core.errors import ExitCode

from .ascii import cellwise
from .terminal import discard

LARGEST = (1000, 300)
"""Columns and rows; of a window that is larger only so much is drawn on, or layout would take minutes."""
_SIGHUP = 1
_COMPLETE = re.compile(r"\x1b\[(?![<M\[])[0-?]*[ -/]*[@-~](?<!\$y)")
"""A whole control sequence, but for the mouse's, the Linux console's keys, and answers about modes."""


class Driver(LinuxDriver):
    """Textual's driver, with a reader that no input ends; it draws on standard output: errors can be redirected."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        assert sys.__stdout__ is not None
        self._file: Any = _Output(sys.__stdout__, is_ascii=self._app.has_class("-ascii"))

    def run_input_thread(self) -> None:
        """Read until the program is left, or the terminal has gone."""
        parser = Parser(self._debug)
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                text = ""
                if selector.select(0.1):
                    data = self._read()
                    if not data:
                        leave = partial(self._app.exit, return_code=ExitCode.SIGNAL + _SIGHUP)
                        self._loop.call_soon_threadsafe(leave)
                        return
                    text = decode(data)
                for message in parser.feed(text) if text else parser.tick():
                    self.process_message(message)

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:  # how Linux says that the other end is closed
            return b""

    def _sigcont_application(self, *_: Any) -> None:
        """Take the terminal back only if it was given back: SIGSTOP stops a program without asking it."""
        if self._must_signal_resume:
            super()._sigcont_application()
        else:
            self.send_message(self.SignalResume())

    def process_message(self, message: Message) -> None:
        """Pass it on; a size that nobody asked the terminal for is not believed."""
        if self._in_band_window_resize or not isinstance(message, Resize):
            super().process_message(message)

    def _get_terminal_size(self) -> tuple[int, int]:
        width, height = super()._get_terminal_size()
        return min(width, LARGEST[0]), min(height, LARGEST[1])


class _Output:
    """Standard output, as long as somebody is there to see it."""

    def __init__(self, stream: TextIO, *, is_ascii: bool) -> None:
        self._stream = stream
        self._is_ascii = is_ascii
        self.fileno = stream.fileno

    def write(self, text: str) -> None:
        """Write; the thread that does it must not end, or all others wait for it."""
        with suppress(OSError):
            self._stream.write(cellwise(text) if self._is_ascii else text)

    def flush(self) -> None:
        """Send what was written."""
        try:
            self._stream.flush()
        except OSError:
            discard(self._stream)


class Parser(XTermParser):
    """Textual's parser; a sequence that is neither key nor answer is passed over: Textual would type its letters."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        try:
            keys = list(super()._sequence_to_key_events(sequence, alt))
        except (ValueError, OverflowError):  # the key of a character that Unicode does not have
            keys = []
        return keys or [Key(Keys.Ignore, sequence)] if _COMPLETE.fullmatch(sequence) else keys
