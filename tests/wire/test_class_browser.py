"""A class in a real browser: the form, the terminal, the keys, the end, and that nothing else is asked for anything."""

import base64
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, Browser
from needs import needs
from wire.pixels import Colour, pixels
from wire.webschool import SECONDS, Background, Seat, class_in_background

FRAME = (
    "\x1b[2J\x1b[H\x1b[38;2;18;171;52m████\x1b[0m ∂L/∂W₃ = δ₃ a₂ᵀ\r\n"
    "┌──┬──┐\r\n│  │  │\r\n└──┴──┘\r\n\x1b[48;2;200;30;120m    \x1b[0m\x1b[?25l"
)
GREEN, PINK = (18, 171, 52), (200, 30, 120)
FOREGROUND, BACKGROUND = (0xDD, 0xE1, 0xE8), (0x14, 0x16, 0x1B)  # of the palette "dark"
WITHOUT_WEBGL = (
    "const context = HTMLCanvasElement.prototype.getContext;"
    "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
    "  return kind.startsWith('webgl') ? null : context.call(this, kind, ...more) };"
)


class Watched(Browser):
    """A browser that notes where it opens sockets, too. It is not cleared when another page is opened."""

    def __init__(self, folder: Path) -> None:
        self.everything: list[str] = []
        super().__init__(folder)

    def _heard(self, message: dict[str, Any]) -> None:
        about = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.everything.append(about["request"]["url"])
        if message.get("method") == "Network.webSocketCreated":
            self.everything.append(about["url"])
        super()._heard(message)

    def until(self, expression: str) -> None:
        """Wait until something is so in the page, which may be on its way to another."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            with suppress(AssertionError):
                if self.ask(f"Boolean({expression})"):
                    return
            time.sleep(0.02)
        raise AssertionError(f"waited {SECONDS} s for {expression}; the page says: {self.text('body')}")

    def fill(self, name: str, token: str) -> None:
        """Fill in the form, and send it."""
        for field, text in (("name", name), ("token", token)):
            self.ask(f"document.getElementById('{field}').select()")
            self.call("Input.insertText", text=text)
        self.ask("document.querySelector('button').click()")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    needs(CHROMIUM or "chromium")
    with Watched(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture
def opened(browser: Watched) -> Iterator[Background]:
    """A class, and the browser at its form; in the end it has asked nobody else, and its policy was kept."""
    with class_in_background() as background:
        browser.everything.clear()
        browser.errors.clear()
        browser.open(background.school.address + "/")
        browser.until("document.activeElement.id === 'name'")
        yield background
        hosts = {address.split("/")[2] for address in browser.everything if address != "about:blank"}
        assert hosts == {background.school.host}
        assert [error for error in browser.errors if "Security Policy" in error or "exceptionDetails" in error] == []
        browser.call("Page.navigate", url="about:blank")


def joined(browser: Watched, opened: Background) -> Seat:
    """The seat of somebody who has joined."""
    browser.fill("Ada", opened.school.student)
    opened.until(lambda: opened.school.seats)
    browser.until("document.activeElement.className === 'xterm-helper-textarea'")
    return opened.school.seats[0]


Cell = list[list[Colour]]


def cells(browser: Watched, seat: Seat, columns: int, rows: int) -> list[list[Cell]]:
    """What a reader sees of the first cells of the terminal: the pixels of each."""
    screen = "document.querySelector('.xterm-screen').getBoundingClientRect()"
    x, y, width, height = browser.ask(f"(({{x, y, width, height}}) => [x, y, width, height])({screen})")
    wide, high = width / seat.sizes[-1][0], height / seat.sizes[-1][1]
    clip = {"x": x, "y": y, "width": columns * wide, "height": rows * high, "scale": 1}
    png = browser.call("Page.captureScreenshot", format="png", clip=clip)["data"]
    picture = pixels(base64.b64decode(png))

    def cell(column: int, row: int) -> Cell:
        lines = picture[round(row * high) : round((row + 1) * high)]
        return [line[round(column * wide) : round((column + 1) * wide)] for line in lines]

    return [[cell(column, row) for column in range(columns)] for row in range(rows)]


def middle(cell: Cell) -> Colour:
    return cell[len(cell) // 2][len(cell[0]) // 2]


def frame(browser: Watched, opened: Background, seat: Seat) -> list[list[Cell]]:
    """Show the frame, and wait until it is painted."""
    opened.do(lambda: seat.show(FRAME.encode()))
    deadline = time.monotonic() + SECONDS
    while True:
        seen = cells(browser, seat, 8, 5)
        if middle(seen[4][0]) == PINK or time.monotonic() > deadline:
            return seen


def test_the_form_stays_until_the_token_is_right(browser: Watched, opened: Background) -> None:
    assert browser.text("h1") == "bptui"
    browser.fill("Ada <b>", "xxxx-xxxx-xxxx-xxxx")
    browser.until("document.querySelector('.problem').innerText")
    assert browser.text(".problem") == "That is not the token of this class."
    assert browser.ask("document.getElementById('name').value") == "Ada <b>"
    browser.until("document.activeElement.id === 'token'")
    browser.until("document.fonts.check('16px \"Roboto Mono\"')")
    assert opened.school.seats == []
    assert joined(browser, opened).name == "Ada"


def test_on_a_telephone_the_form_is_not_wider_than_the_screen(browser: Watched, opened: Background) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
    try:
        browser.call("Page.reload")
        browser.until("innerWidth === 390 && document.querySelector('button')")
        assert browser.ask("document.documentElement.scrollWidth") == 390
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")


def test_colours_and_lines_are_as_in_any_terminal(browser: Watched, opened: Background) -> None:
    seen = frame(browser, opened, joined(browser, opened))
    assert [middle(cell) for cell in seen[0][:4]] == [GREEN] * 4
    assert middle(seen[4][3]) == PINK
    assert middle(seen[4][4]) == BACKGROUND
    assert {FOREGROUND, BACKGROUND} < {pixel for line in seen[0][5] for pixel in line}  # a letter
    for column, row in ((0, 2), (3, 2), (6, 2)):  # │ from the top to the bottom of its cell, so that a box has no gaps
        assert all(FOREGROUND in line for line in seen[row][column])
    assert [FOREGROUND in line for line in zip(*seen[1][1], strict=True)] == [True] * len(seen[1][1][0])  # ─


def test_without_webgl_it_is_shown_all_the_same(browser: Watched, opened: Background) -> None:
    script = browser.call("Page.addScriptToEvaluateOnNewDocument", source=WITHOUT_WEBGL)["identifier"]
    try:
        seen = frame(browser, opened, joined(browser, opened))
        assert [middle(cell) for cell in seen[0][:4]] == [GREEN] * 4
        assert middle(seen[4][3]) == PINK
        assert middle(seen[4][4]) == BACKGROUND
    finally:
        browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)


def test_keys_arrive_without_a_click(browser: Watched, opened: Background) -> None:
    seat = joined(browser, opened)
    for key in ("s", "S", "=", " ", "?", "0", "ArrowRight", "ArrowLeft"):
        browser.press(key)
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9)
    browser.call("Input.insertText", text="δ")
    opened.until(lambda: seat.typed.endswith("δ".encode()))
    assert seat.typed == "sS= ?0\x1b[C\x1b[D\tδ".encode()


def test_the_size_is_that_of_the_window(browser: Watched, opened: Background) -> None:
    seat = joined(browser, opened)
    columns, rows = seat.sizes[0]
    assert 130 <= columns <= 142  # 1280 pixels, letters of 9 to 9.6, a margin
    assert 25 <= rows <= 40
    browser.call("Emulation.setDeviceMetricsOverride", width=800, height=500, deviceScaleFactor=1, mobile=False)
    try:
        opened.until(lambda: seat.sizes[-1][0] < columns and seat.sizes[-1][1] < rows)
        screen = "document.querySelector('.xterm-screen').getBoundingClientRect()"
        browser.until(f"{screen}.right <= 800 && {screen}.bottom <= 500")
        assert browser.ask("document.documentElement.scrollWidth") == 800
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")
    opened.until(lambda: seat.sizes[-1] == (columns, rows))


def test_a_narrow_window_has_eighty_columns_of_smaller_letters(browser: Watched, opened: Background) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=600, height=500, deviceScaleFactor=1, mobile=False)
    try:
        assert joined(browser, opened).sizes[0][0] >= 80
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")


def test_the_end_is_said_and_leads_back_to_the_form(browser: Watched, opened: Background) -> None:
    seat = joined(browser, opened)
    opened.do(lambda: seat.leave("it took too much <b>memory</b>"))
    browser.until("!document.getElementById('over').hidden")
    assert browser.text("#over") == "The session has ended It took too much <b>memory</b>. Join again"
    browser.click("#again")
    browser.until("document.activeElement.id === 'name'")


def test_who_leaves_is_told_so(browser: Watched, opened: Background) -> None:
    seat = joined(browser, opened)
    opened.do(seat.leave)
    browser.until("!document.getElementById('over').hidden")
    assert browser.text("#over") == "You have left the class Join again"


def test_a_page_that_is_loaded_again_does_not_ask_for_the_token(browser: Watched, opened: Background) -> None:
    joined(browser, opened)
    browser.call("Page.reload")
    opened.until(lambda: len(opened.school.seats) == 2)
    assert [seat.name for seat in opened.school.seats] == ["Ada", "Ada"]
    assert opened.school.seats[0].why is not None


def test_a_connection_that_is_lost_comes_back_by_itself(browser: Watched, opened: Background) -> None:
    joined(browser, opened)
    opened.do(opened.school.entrance.cut)
    browser.until("!document.getElementById('over').hidden")
    assert browser.text("#over") == "The connection was lost Trying to come back …"
    opened.until(lambda: len(opened.school.seats) == 2)
    frame(browser, opened, opened.school.seats[1])
    browser.press("s")
    opened.until(lambda: opened.school.seats[1].typed == b"s")
    assert opened.school.seats[1].name == "Ada"
