"""The page of a run in a real browser: what its keys, buttons and address show, and that it asks for nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser
from hostile import toml

from bptui.core import Timeline, parse, read
from bptui.core.export.html import lines

SCENARIOS = Path(__file__).parents[2] / "scenarios"
EVIL = "</title></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&lt;<!--"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture(scope="module")
def tanh4(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(Timeline(read(SCENARIOS / "tanh4.toml")), tmp_path_factory.mktemp("page"))


def page(timeline: Timeline, folder: Path) -> str:
    """The address of the page of a whole run."""
    path = folder / "page.html"
    path.write_text("\n".join(lines(timeline, 1, len(timeline))) + "\n", "utf-8")
    return path.as_uri()


def shown(browser: Browser) -> tuple[str, str, str]:
    """What stands on the counter, what the step comes to, and which line of the program is marked."""
    return browser.text("#count"), browser.text(".step .result"), browser.text(".program li.here")


def assert_quiet(browser: Browser, address: str) -> None:
    assert browser.requests
    assert {request.partition("#")[0] for request in browser.requests} == {address.partition("#")[0]}
    assert browser.errors == []
    assert browser.dialogs == []


def test_arrow_keys_step_through_the_example_of_the_course_text(browser: Browser, tanh4: str) -> None:
    browser.open(tanh4)
    assert browser.text("h1") == "Four layers, one tanh"
    assert shown(browser) == ("0 / 33", "", "")
    seen = []
    for _ in range(33):
        browser.press("ArrowRight")
        assert browser.ask("document.querySelectorAll('.step').length") == 34
        seen.append(shown(browser))
    assert [count for count, _, _ in seen] == [f"{n} / 33" for n in range(1, 34)]
    # the values of the course text: u₁ = 2, u₂ = 4, u₃ = 4; L, δ₄, δ₃, ∂L/∂W₃, and W₄ behind the update
    published = {1: 2.0, 3: 4.0, 5: 4.0, 9: 40.5060365272678, 11: -9.00067070026093, 15: -0.0120694555232061}
    published |= {16: -0.0482778220928243, 32: 1.89946339480737}
    for position, value in published.items():
        assert float(seen[position - 1][1].replace("−", "-")) == pytest.approx(value, rel=1e-12)
    assert seen[14][2] == "a3 = tanh(u3)"
    assert seen[4][2] == "u3 = W3 @ a2 + b3"
    browser.press("ArrowRight")
    assert shown(browser) == seen[-1]  # the end
    browser.press("ArrowLeft")
    assert shown(browser) == seen[-2]
    browser.press("Home")
    assert shown(browser)[0] == "0 / 33"
    browser.press("ArrowLeft")
    assert shown(browser)[0] == "0 / 33"
    browser.press("End")
    assert shown(browser) == seen[-1]
    browser.press("S")
    browser.press("S")
    browser.press("s")
    assert shown(browser) == seen[-2]
    assert_quiet(browser, tanh4)


def test_the_tables_hold_what_is_known_by_then(browser: Browser, tanh4: str) -> None:
    browser.open(f"{tanh4}#14")
    third = "[...document.querySelectorAll('.values tbody tr')[2].cells].map((cell) => cell.innerText.trim())"
    assert browser.ask(third) == ["3 tanh", "4", "0.999329", "", "", "", ""]
    browser.press("ArrowRight")
    assert browser.ask(third) == ["3 tanh", "4", "0.999329", "0.00134095", "−0.0120695", "", ""]
    assert browser.ask("[...document.querySelectorAll('.now')].map((each) => each.innerText.trim())") == [
        "0.00134095",
        "−0.0120695",
    ]
    assert "only 0.00134 of the gradient passes" in browser.text(".step .note")
    assert browser.text(".step .product tr:last-child") == "× φ3′(u3) = sech²(u3) 0.00134095 −0.0120695"
    browser.press("ArrowLeft")
    assert browser.ask(third)[3] == ""
    assert "Next is the tanh" in browser.text(".step .note")


def test_the_address_opens_at_a_step_and_follows(browser: Browser, tanh4: str) -> None:
    browser.open(f"{tanh4}#12")
    assert shown(browser)[0] == "12 / 33"
    browser.press("ArrowRight")
    assert browser.ask("location.hash") == "#13"
    browser.ask("location.hash = '#30'")
    browser.ask("new Promise((then) => setTimeout(then, 0))")
    assert shown(browser)[0] == "30 / 33"
    for nonsense, there in (("#999", "33 / 33"), ("#x", "0 / 33"), ("#-5", "0 / 33"), ("#1.4", "1 / 33")):
        browser.open(tanh4 + nonsense)
        assert shown(browser)[0] == there


def test_buttons_do_what_keys_do_and_say_so_to_who_cannot_see(browser: Browser, tanh4: str) -> None:
    browser.open(tanh4)
    for button, there in (("forward", 1), ("forward", 2), ("back", 1), ("end", 33), ("home", 0)):
        browser.click(f"#{button}")
        assert shown(browser)[0] == f"{there} / 33"
    browser.open(f"{tanh4}#15")
    browser.press("ArrowLeft")
    browser.press("ArrowRight")
    said = browser.ask("document.querySelector('[aria-live]').textContent")
    assert "backward pass step 15 of 33" in said
    assert "−0.0120694555232061" in said
    browser.click("#slider")  # its middle
    assert shown(browser)[0] in ("16 / 33", "17 / 33")
    browser.press("ArrowRight")
    assert shown(browser)[0] in ("17 / 33", "18 / 33")  # once, though the slider has the keys
    assert_quiet(browser, tanh4)


def test_on_a_telephone_nothing_is_wider_than_the_screen_and_the_buttons_fit_a_finger(
    browser: Browser, tanh4: str
) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
    try:
        browser.open(f"{tanh4}#15")
        assert browser.ask("document.documentElement.scrollWidth") == 390
        sizes = browser.ask(
            "[...document.querySelectorAll('nav button')].map((each) => each.getBoundingClientRect())"
            ".map((each) => Math.min(each.width, each.height))"
        )
        assert len(sizes) == 4
        assert min(sizes) >= 44
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")


def test_in_print_all_steps_stand_below_each_other(browser: Browser, tanh4: str) -> None:
    browser.open(f"{tanh4}#15")
    seen = "[...document.querySelectorAll('.step')].filter((each) => each.checkVisibility()).length"
    assert browser.ask(seen) == 1
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert browser.ask(seen) == 34
        assert browser.text("nav") == ""
        assert browser.ask("document.querySelectorAll('.updates tr')[8].innerText.split(/\\s+/)[4]") == "0.900067"
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")


def test_without_scripts_all_steps_stand_below_each_other(browser: Browser, tanh4: str) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(tanh4 + "?plain")
        assert browser.ask("[...document.querySelectorAll('.step')].filter((x) => x.checkVisibility()).length") == 34
        assert browser.text("nav") == ""
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


def test_what_a_file_says_is_text_and_nothing_else(browser: Browser, tmp_path: Path) -> None:
    note = f"[[note]]\nat = 'z'\ntext = {toml(EVIL)}\n"
    text = f"title = {toml(EVIL)}\nabout = {toml(EVIL)}\nprogram = 'z = x^2'\n[input]\nx = 3.0\n{note}"
    address = page(Timeline(parse(text)), tmp_path)
    browser.open(address)
    assert browser.text("h1") == EVIL
    assert browser.ask("document.title") == EVIL
    assert EVIL in browser.text(".step")
    browser.press("ArrowRight")
    assert browser.text(".step .note") == EVIL
    assert browser.ask("[document.scripts.length, document.images.length]") == [1, 0]
    assert_quiet(browser, address)
    # and if something had come through, the page's policy would not run it, nor fetch anything
    browser.ask("document.body.insertAdjacentHTML('beforeend', '<img src=http://127.0.0.1:9/x onerror=alert(3)>')")
    browser.ask("document.body.appendChild(document.createElement('script')).textContent = 'alert(4)'")
    browser.ask("new Promise((then) => setTimeout(then, 50))")
    assert browser.dialogs == []
    assert any("Content Security Policy" in error for error in browser.errors)
    browser.errors.clear()
