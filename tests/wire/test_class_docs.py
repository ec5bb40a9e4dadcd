"""docs/teaching.md, a class: each command does what the page says, and what it shows is what is seen."""

import http.client
import re
import shlex
import signal
import tomllib
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wire import classpage as page
from wire.classpage import Home, as_written, does, sees, served, tunnel
from wire.command import bptui
from wire.serving import wait_until
from wire.sshd import HOST
from wire.terminal import Terminal

import bptui.tui.classroom as classroom
from bptui.tui.classroom import caps, gate, limits, names, school, scribe, seat, ssh, steps, tickets

SECRETS = {r"SHA256:[\w+/]{43}$": "key", r"( +)[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$": r"\1token"}


@pytest.fixture
def home(tmp_path: Path, terminal: Callable[..., Terminal]) -> Iterator[Home]:
    with served(tmp_path, page.SERVE) as serving:
        yield Home(tmp_path, terminal, serving)


# ---- begin, and join


@pytest.mark.parametrize(
    ("command", "packages"),
    [(page.INSTALL, {"asyncssh"}), (page.INSTALL_BOTH, {"asyncssh", "aiohttp", "textual-serve"})],
)
def test_what_is_installed_is_what_the_doors_need(command: str, packages: set[str]) -> None:
    found = re.fullmatch(r"pip install 'bptui\[([\w,]+)\]'", command)
    assert found
    extras = tomllib.loads((page.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    wanted = [each for extra in found[1].split(",") for each in extras[extra]]
    assert {re.split(r"[^\w-]", each)[0] for each in wanted} == packages


def test_what_is_printed_and_how_students_join(home: Home) -> None:
    printed = home.serving.said.replace(str(home.serving.port), "8022")
    for secret, name in SECRETS.items():
        assert len(re.findall(secret, printed, re.MULTILINE)) == len(re.findall(secret, page.PRINTED, re.MULTILINE)) > 0
        printed = re.sub(secret, name, printed, flags=re.MULTILINE)
    expected = page.PRINTED
    for secret, name in SECRETS.items():
        expected = re.sub(secret, name, expected, flags=re.MULTILINE)
    assert printed == expected
    token = home.serving.tokens["class"]
    cy = home.joins(page.JOIN, token.replace("-", "").upper(), "cy")
    ada = home.joins(page.JOIN_BY_NAME, token)
    bob = home.joins(page.JOIN_HERE, token, "bob")
    teacher = home.teaches()
    for client in (cy, ada, bob):
        sees(client, as_written("following Ms Ray"))
    teacher.press("R")
    sees(teacher, " ada ", " bob ", " cy ")


def test_a_class_is_held_at_an_address(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    with served(tmp_path, page.OPEN.replace("0.0.0.0", "localhost")) as serving:  # tests stay on this machine
        (command,) = re.findall(r"^students +(.*)$", serving.said, re.MULTILINE)
        assert command == page.JOIN_HERE.replace("8022", str(serving.port))
        Home(tmp_path, terminal, serving).joins(command, serving.tokens["class"], "ada")


def test_a_student_comes_through_a_tunnel(home: Home, tmp_path: Path) -> None:
    with tunnel(tmp_path, page.TUNNEL, home.serving.port) as port:
        ada = home.joins(page.JOIN_HERE.replace("8022", str(port)), home.serving.tokens["class"], "ada")
        sees(ada, as_written("nobody leads now"))


# ---- follow, or look around


def test_what_is_followed_and_what_the_title_says(home: Home) -> None:
    teacher, ada = home.teaches(), home.learns("ada", columns=100, rows=30)
    bob = home.learns("bob", columns=60, rows=20)
    assert all(
        word in page.SECTION for word in ("the selected row", "the chosen pane, zoom", "breakpoints", "change, keep")
    )
    teacher.press("sss2z")
    for client in (ada, bob):
        sees(client, " 3 / 33", "z shows all panes", as_written("● recorded"))
    teacher.press("z")
    does(teacher, ("x", "what if"), ("W3 = 0.5\r", "what if: W₃ = 0.5"))
    sees(ada, "what if: W₃ = 0.5")
    does(teacher, ("X", "d drop"), ("d", " 3 / 33"), ("a", "a note on step 3"), ("look here\r", "look here"))
    sees(ada, "look here")
    does(
        ada,
        ("?", "One step forward"),
        ("q", " 3 / 33"),
        ("a", "a note on step 3"),
        ("mine\r", "mine"),
        ("k", "following Ms Ray"),
        ("n", " 5 / 33"),
    )
    sees(ada, as_written("off the track, = follows"))
    does(teacher, ("R", as_written("you lead, 1 of 2 follow")))
    assert teacher.text.index(" ada ") < teacher.text.index(" bob ")
    assert "mine" not in bob.text
    does(ada, ("=", as_written("following Ms Ray")))


def test_the_keys_of_the_page_of_the_class(home: Home) -> None:
    teacher, ada = home.teaches(), home.learns("ada")
    does(ada, ("s", "off the track"))
    does(teacher, ("R", "off the track"), ("t", as_written("you lead, 1 of 1 follow")), ("l", "l unlock"))
    sees(ada, as_written("following Ms Ray"), as_written(", locked"))
    does(ada, ("s", "the class is locked"))
    does(teacher, ("l", "l lock"), ("jh", "following ada"))
    does(ada, ("s", " 1 / 33"))
    sees(ada, "you lead")
    does(teacher, ("kh", "you lead"), ("f", "XOR, trained"))
    sees(ada, "XOR, trained", "following Ms Ray")
    does(teacher, ("R", "▶ xor"))
    teacher.press("q")
    sees(teacher, "XOR, trained")
    teacher.press("q")
    assert teacher.wait_exit() == 0
    sees(home.learns("bob"), as_written("nobody leads now"))
    assert {key for row in page.ROWS for key in re.findall(r"^`([a-z])`$", row)} == set("tlhfq")


# ---- ask, come late, come back


def test_a_question_to_the_class(home: Home) -> None:
    teacher = home.teaches()
    students = [home.learns(name) for name in ("ada", "bob", "cy", "dan")]
    does(students[3], ("s", "off the track"))
    teacher.press("fsssss")
    sees(teacher, " 14 / 33")
    does(teacher, ("Q", "0 of 4 have answered"))
    for student, answer in zip(students, ("0.00134", "-0.0121", "0.0121", "0.4203"), strict=True):
        sees(student, as_written("Enter alone"))
        if answer == "0.0121":
            does(student, ("\r", as_written("Q answers")), ("Q", "Enter alone"))
        does(student, (f"{answer}\r", "answered; wait for the class"))
    sees(teacher, "4 of 4 have answered")
    shown = "\n".join(line.removeprefix(" ") for line in teacher.lines)
    assert page.ANSWERS in shown
    does(teacher, ("q", " 14 / 33"), ("Q", "4 of 4 have answered"), ("s", "what the class has answered"))
    sees(students[0], "4 of 4 have answered", "✓ yours is right")
    sees(students[3], "4 of 4 have answered", "0.4203")
    does(teacher, ("q", " 14 / 33"), ("s", " 15 / 33"), ("Q", "0 of 4 have answered"), ("e", " 15 / 33"))


def test_late_and_back(home: Home) -> None:
    teacher, ada = home.teaches(), home.learns("ada")
    does(teacher, ("ss", " 2 / 33"), ("a", "a note on step 2"), ("for all\r", "for all"))
    sees(home.learns("bob"), " 2 / 33", "for all")
    does(ada, ("s", " 3 / 33"), ("s", "off the track"), ("s", " 5 / 33"))
    home.learns("ada")
    does(teacher, ("R", as_written("ada 2")))
    ada.close_master()
    wait_until(lambda: "left name=ada" in home.serving.journal, "ada has left")
    sees(home.learns("ada"), " 5 / 33", "off the track")


# ---- the recording, the browser


def test_the_recording(home: Home, terminal: Callable[..., Terminal]) -> None:
    folder = home.serving.folder
    teacher, ada = home.teaches(), home.learns("ada_lovelace")
    teacher.press("fs")
    does(teacher, ("Q", "have answered"))
    does(ada, ("1\r", "answered"))
    sees(teacher, "1 of 1")
    does(teacher, ("e", " 10 / 33"), ("a", "a note on"), ("remember\r", "remember"), ("R", "▶ tanh4"), ("f", "XOR"))
    home.serving.signal(signal.SIGINT)  # Ctrl+C
    assert home.serving.wait_exit() == 128 + signal.SIGINT
    logs = sorted(path.name for path in folder.glob("*.bptlog"))
    assert logs == [as_written("lesson-2.bptlog"), "lesson.bptlog"]
    assert {(folder / log).stat().st_mode & 0o777 for log in logs} == {0o600}
    written = (folder / "lesson.bptlog").read_text("utf-8")
    assert all(f'"event":"{event}"' in written for event in ("note", "question", "prediction"))
    assert "ada_lovelace" not in "".join((folder / log).read_text("utf-8") for log in logs)
    for command in (page.VERIFY, page.EXPORT):
        program, *arguments = shlex.split(command)
        assert program == "bptui"
        assert bptui(*arguments, home=folder).returncode == 0
    assert "<html" in (folder / "lesson.html").read_text("utf-8")
    replay = terminal(["sh", "-c", f"cd {folder} && {page.REPLAY}"])
    sees(replay, " 0 / 10")
    does(replay, (" ", "remember"))


def test_both_doors(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    with served(tmp_path, page.SERVE_BOTH, "--web-port", "0") as serving:
        (address,) = re.findall(r"^browser +(\S+)$", serving.said, re.MULTILINE)
        as_written(address)
        sees(Home(tmp_path, terminal, serving).learns("bob"), "nobody leads now")
        port = urllib.parse.urlsplit(address).port
        assert port
        with tunnel(tmp_path, page.TUNNEL_OF_BROWSER, port) as here:
            origin = f"http://localhost:{here}"
            browser = http.client.HTTPConnection(HOST, here, timeout=10)
            form = urllib.parse.urlencode({"name": "ada", "token": serving.tokens["class"]})
            headers = {
                "Host": f"localhost:{here}",
                "Origin": origin,
                "Content-Type": "application/x-www-form-urlencoded",
            }
            browser.request("POST", "/join", form, headers)
            answer = browser.getresponse()
            assert answer.status == 303
            browser.close()
        assert "login address=127.0.0.1 name=ada role=student" in serving.journal


# ---- the tables


def numbers(row: str) -> list[float]:
    return [float(each.replace(",", "")) for each in re.findall(r"[\d,]*\d", page.ROWS[row])]


def test_the_limits_are_those_of_the_code(tmp_path: Path) -> None:
    told = " ".join(bptui("serve", "--help", home=tmp_path).stdout.split())
    defaults = {name: float(value) for name, value in re.findall(r"--(most|hours) N [a-z ]+\((\d+)\)", told)}
    session = [caps.MEMORY / 2**20, caps.PROCESSOR, caps.PROCESSOR_IN_ALL, *seat.LARGEST]
    wrong = [gate.MOST_TRIES, limits.MOST_WRONG, limits.WRONG_WITHIN, limits.HELD_OFF_FOR]
    often = [limits.BURST, limits.ATTEMPTS_PER_SECOND, limits.MOST_OF_ONE, limits.MOST_IN_ALL]
    assert numbers("seats") == [defaults["most"], school.MOST_TEACHERS]
    assert numbers("the class") == [defaults["hours"]]
    assert numbers("a session") == [*session, seat.OUTPUT_BURST / 2**20, seat.OUTPUT_RATE / 2**10]
    assert numbers("nothing typed") == [school.IDLE / 3600]
    assert numbers("from the connection to the screen") == [ssh.LOGIN]
    assert numbers("wrong tokens") == wrong
    assert numbers("connections") == often
    assert numbers("a browser") == [tickets.AWAY]
    assert numbers("a name, notes, a log") == [names.LONGEST_NAME, steps.MOST_NOTES, scribe.LARGEST / 2**30]


def test_each_line_that_the_server_tells_is_explained() -> None:
    sources = [path.read_text("utf-8") for path in Path(classroom.__path__[0]).glob("*.py")]
    told = re.findall(r'(?:event|_tell|_write)\((?:request, |now, )?"([a-z-]+)"', "".join(sources))
    explained = page.SECTION.rpartition("| line | |")[2]
    assert set(re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| (.+?) \|", explained, re.MULTILINE)))) == set(told)
