"""Chromium without a window, driven through its debugging pipe: JSON messages, each ended by a NUL."""

import json
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 30
"""After which a browser that does not answer is given up."""
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
)  # fmt: skip
KEYS = {"ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35}
"""Named keys with their codes."""


class Browser:
    """One page. `requests` are the addresses it has asked for, `errors` what its console and its policy have said."""

    def __init__(self, folder: Path, width: int = 1280, height: int = 800) -> None:
        assert CHROMIUM
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder}", f"--window-size={width},{height}", "about:blank"]
        pipes = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null'  # it reads from descriptor 3, and writes to 4
        self._process = subprocess.Popen(
            ["sh", "-c", pipes, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout
        self._waiting = b""
        self._number = 0
        self._session = ""
        self._loaded = False
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []

    def __enter__(self) -> "Browser":
        try:
            targets = self.call("Target.getTargets")["targetInfos"]
            target = next(target["targetId"] for target in targets if target["type"] == "page")
            self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.call(f"{domain}.enable")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the browser: it leaves when its pipe is closed, and is ended if it does not."""
        self._input.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)  # its own processes with it
            self._process.wait(10)
        self._output.close()

    def open(self, address: str) -> None:
        """Go to an address, and wait until it is loaded; from another page, or a new `#` would load nothing."""
        for each in ("about:blank", address):
            self._loaded = False
            self.requests.clear()
            self.call("Page.navigate", url=each)
            self._until(lambda: self._loaded)

    def press(self, key: str) -> None:
        """A real key, down and up: a character or a named one."""
        code = KEYS.get(key) or ord(key.upper())
        about = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 if key.isupper() and len(key) == 1 else 0}
        text = {} if key in KEYS else {"text": key}
        self.call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def click(self, selector: str) -> None:
        """Press the mouse in the middle of an element."""
        x, y = self.ask(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [r.left + r.width / 2, r.top + r.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def ask(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page, of a promise what it promises."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """What a reader sees of the first element of this kind that is shown, on one line."""
        shown = f"[...document.querySelectorAll({json.dumps(selector)})].find((each) => each.checkVisibility())"
        return " ".join(str(self.ask(f"({shown})?.innerText ?? ''")).split())

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command, and wait for its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._input.write(json.dumps(message).encode() + b"\0")
        answers: dict[int, dict[str, Any]] = {}
        self._until(lambda: self._number in answers, answers)
        answer = answers[self._number]
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _until(self, condition: Any, answers: dict[int, dict[str, Any]] | None = None) -> None:
        end = time.monotonic() + SECONDS
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("the browser does not answer")
            for message in self._messages():
                if "id" in message and answers is not None:
                    answers[message["id"]] = message
                else:
                    self._heard(message)

    def _messages(self) -> list[dict[str, Any]]:
        if not select.select([self._output], [], [], 0.2)[0]:
            return []
        data = self._output.read(1 << 20)
        assert data, "the browser has ended"
        *whole, self._waiting = (self._waiting + data).split(b"\0")
        return [json.loads(each) for each in whole]

    def _heard(self, message: dict[str, Any]) -> None:
        match message.get("method"), message.get("params", {}):
            case "Page.loadEventFired", _:
                self._loaded = True
            case "Page.javascriptDialogOpening", said:
                self.dialogs.append(said["message"])
            case "Network.requestWillBeSent", said:
                self.requests.append(said["request"]["url"])
            case (("Runtime.exceptionThrown" | "Log.entryAdded"), said):
                self.errors.append(json.dumps(said))
            case "Runtime.consoleAPICalled", said if said["type"] in ("error", "warning", "assert"):
                self.errors.append(json.dumps(said))
