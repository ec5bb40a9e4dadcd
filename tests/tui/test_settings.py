"""The settings file: what is read from it, and the one line about anything that is wrong in it."""

import os
from pathlib import Path

import pytest
from hostile import LABEL, SHOWN, toml
from textual.keys import _character_to_key

from bptui.core.errors import InputError
from bptui.tui.commands import COMMANDS
from bptui.tui.settings import Settings, key_of, read_settings, settings_path, with_keys

WHOLE = """\
theme = "light"
ascii = true
mouse = false
[keys]
step = "ö"
search = ["/", "ctrl+f", "space"]
play = []
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the settings are to be, in a folder of this test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    path = settings_path()
    assert path.is_relative_to(tmp_path)
    path.parent.mkdir(parents=True)
    return path


def fault(file: Path, text: str | bytes) -> str:
    """The line about these settings, without the name of the file."""
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return refusal(file)


def refusal(file: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_settings()
    line = str(caught.value)
    assert line.startswith(f"{file}:")
    assert line.isprintable()
    assert len(line) < len(str(file)) + 500
    return line.removeprefix(f"{file}:")


def test_without_a_file_nothing_is_chosen(file: Path) -> None:
    assert read_settings() == Settings(theme="", ascii=None, mouse=None, keys={})


def test_an_empty_file_chooses_nothing(file: Path) -> None:
    file.write_text("# nothing yet\n")
    assert read_settings() == Settings()


def test_the_whole_file(file: Path) -> None:
    file.write_text(WHOLE)
    keys = {"step": ("ö",), "search": ("slash", "ctrl+f", "space"), "play": ()}
    assert read_settings() == Settings(theme="light", ascii=True, mouse=False, keys=keys)


def test_a_byte_order_mark_and_other_ends_of_lines(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert read_settings().theme == "light"


def test_commands_get_their_keys_and_the_others_keep_theirs() -> None:
    table = {command.id: command for command in with_keys(COMMANDS, {"step": ("ö",), "play": ()})}
    assert [command.id for command in COMMANDS] == list(table)
    assert (table["step"].keys, table["play"].keys) == (("ö",), ())
    assert all(table[command.id] == command for command in COMMANDS if command.id not in ("step", "play"))


def test_keys_are_called_as_textual_calls_them() -> None:
    characters = [chr(point) for point in range(0x3000) if chr(point).isprintable()]
    assert len(characters) > 10_000
    assert [key_of(each) for each in characters] == [_character_to_key(each) for each in characters]


def test_each_default_key_can_be_written(file: Path) -> None:
    written = {
        command.id: [_written(key) for key in command.keys if key != "ctrl+c"] for command in COMMANDS if command.keys
    }
    file.write_text("[keys]\n" + "".join(f"{command} = {keys!r}\n" for command, keys in written.items()))
    assert read_settings().keys == {command.id: command.keys for command in COMMANDS}


def _written(key: str) -> str:
    """A key as a reader writes it: the one ASCII character that has this name, else the name."""
    return next((c for c in map(chr, range(0x21, 0x7F)) if _character_to_key(c) == key), key)


def test_the_example_of_the_docs_is_read(file: Path) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
    file.write_text(docs.partition("```toml\n")[2].partition("```")[0])
    keys = {"step": ("ctrl+n",), "search": ("slash", "ctrl+f"), "play": ()}
    assert read_settings() == Settings(theme="light", ascii=False, mouse=True, keys=keys)


def test_two_commands_may_change_their_keys_with_each_other(file: Path) -> None:
    file.write_text('[keys]\nline = "f"\nphase = "n"\n')
    assert read_settings().keys == {"line": ("f",), "phase": ("n",)}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('theme = "ligth"', "1: theme: there is no theme 'ligth'; did you mean 'light'?"),
        ('theme = ""', "1: theme: there is no theme ''; known are: dark, light, contrast, terminal"),
        ("theme = 3", "1: theme: is a whole number; must be a string"),
        ('\nascii = "yes"', "2: ascii: is a string; must be true or false"),
        ("mouse = 1", "1: mouse: is a whole number; must be true or false"),
        ('theme = "dark"\nthem = "dark"', "2: them: unknown key; did you mean 'theme'?"),
        ('keys = "s"', "1: keys: is a string; must be a table"),
        ('[keys]\nstep = "ö"\nsept = "x"', "3: keys.sept: there is no such command; did you mean 'step'?"),
        ("[keys]\nstep = 3", '2: keys.step: is not a key; give a key or a list of keys: "s", ["/", "ctrl+f"]'),
        (
            '[keys]\nstep = ["s",\n3]',
            '2: keys.step: is not a key; give a key or a list of keys: "s", ["/", "ctrl+f"]',
        ),
        (
            '[keys]\nstep = [\n"s",\n"pagup"]',
            "4: keys.step: 'pagup' is neither a character nor the name of a key; did you mean 'pageup'?",
        ),
        ('[keys]\nstep = "ctrl+c"', "2: keys.step: ctrl+c leaves from anywhere; choose another key"),
        ('[keys]\nstep = "ctrl+i"', "2: keys.step: ctrl+i arrives as tab; choose another key"),
        ('[keys]\nstep = ["s", "s"]', "2: keys.step: 's' stands twice; name it once"),
        ('[keys]\nsearch = [" ", "space"]', "2: keys.search: ' ' is the key of 'play' by default"),
        (
            '[keys]\nstep = "n"',
            "2: keys.step: 'n' is the key of 'line' by default; "
            'give that another key, as line = "…", or none: line = []',
        ),
        (
            '[keys]\nstep = "q"',
            "2: keys.step: 'q' is the key of 'quit' by default; give that another key, as quit = \"…\"",
        ),
        (
            '[keys]\nstep = "ö"\ngoto = [\n"ä",\n"ö"]',
            "5: keys.goto: 'ö' is given to 'step' too, on line 2; a key goes with one command",
        ),
        ("[keys]\nquit = []", '2: keys.quit: needs a key; give it one, for instance "q"'),
        ("[keys]\nhelp = []", "2: keys.help: needs a key"),
        ("theme = = 3", "1: is not TOML: invalid value, column 9; TOML is described at toml.io"),
        ('\ntheme = "dark"\n[keys\n', "3: is not TOML: "),
        ('theme = "dark', "1: is not TOML: "),
        ('theme = "a"\ntheme = "b"', "2: is not TOML: cannot overwrite a value"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(file: Path, text: str, line: str) -> None:
    assert fault(file, text).startswith(line)


def test_two_characters_are_no_key(file: Path) -> None:
    said = fault(file, '[keys]\nstep = "ss"')
    assert said.startswith("2: keys.step: 'ss' is neither a character nor the name of a key; known are: space, tab,")


@pytest.mark.parametrize("character", ["\x1b", "\x00", "\u202e", "\ue000"])
def test_what_cannot_be_seen_is_no_key(file: Path, character: str) -> None:
    said = fault(file, f"[keys]\nstep = {toml(character)}")
    assert said.startswith(f"2: keys.step: '{character.encode('unicode_escape').decode()}' is neither a character")


@pytest.mark.parametrize("text", ["theme = {}", "[keys]\nstep = {}", "{} = 1", "[keys]\n{} = 's'"])
def test_control_characters_are_made_visible(file: Path, text: str) -> None:
    assert SHOWN[:30] in fault(file, text.replace("{}", toml(LABEL)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theme = " + "[" * 30_000, "nested too deep"),
        ("[keys]\nstep = " + "[" * 5 + "]" * 5, "is not a key"),
        (".".join("a" * 10_000) + " = 1", "too many parts"),
        ("a" * 5_000 + " = 1", "a word or number of 5,000 characters"),
        (f'"{"a" * 5_000}" = 1', "unknown key"),
        (f'[keys]\n"{"a" * 5_000}" = "s"', "no such command"),
        (f'theme = "{"a" * 5_000}"', "there is no theme"),
        (f'[keys]\nstep = "{"a" * 5_000}"', "neither a character"),
        ("theme = " + "9" * 5_000, "a word or number of 5,000 characters"),
        ("#" * 70_000, "is larger than 64 KiB"),
        (b"\x7fELF\x02\x01\x01\xff\xfe\x80", "is not UTF-8 text"),
        (b"theme = 'a\x00'", "is not TOML"),
    ],
)
def test_hostile_text(file: Path, text: str | bytes, words: str) -> None:
    assert words in fault(file, text)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.mkdir(), "is a folder"),
        (os.mkfifo, "is not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
        (lambda path: path.symlink_to(path), "cannot be read: Too many levels of symbolic links"),
        (lambda path: path.symlink_to("nowhere"), "there is no such file"),
    ],
    ids=["folder", "pipe", "endless", "loop", "dangling"],
)
def test_what_is_no_file(file: Path, make: object, words: str) -> None:
    make(file)  # type: ignore[operator]
    assert refusal(file) == f" {words}; docs/settings.md says what a settings file holds"
