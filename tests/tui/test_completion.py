"""The scripts for shells, asked in the shells themselves."""

import shlex
import subprocess
from pathlib import Path

import pytest
from needs import needs

import bptui.scenarios as scenarios
from bptui.core.reader import read
from bptui.tui.cli import main
from bptui.tui.completion import INSTALL, completion

NAMES = sorted(path.stem for folder in scenarios.__path__ for path in Path(folder).glob("*.toml"))
COMMANDS = ["check", "completion", "export", "record", "serve", "scenarios", "verify", "where"]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script for each shell, and one to be in, with a few files."""
    folder = tmp_path_factory.mktemp("scripts")
    for shell in INSTALL:
        (folder / shell).write_text("\n".join(completion(shell)) + "\n")
    (folder / "in").mkdir()
    for name in ("mine.toml", "tanks.bptlog", "a b.toml"):
        (folder / "in" / name).touch()
    return folder


def run(*command: str, home: Path) -> str:
    done = subprocess.run(
        command,
        cwd=home / "in",
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def bash(scripts: Path, *words: str) -> set[str]:
    """What bash offers for the last of the words."""
    ask = (
        f"source {shlex.quote(str(scripts / 'bash'))}; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; "
        "complete -p bptui >/dev/null && _shtab_bptui; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    return set(run(needs("bash"), "--norc", "-c", ask, home=scripts).splitlines())


def fish(scripts: Path, *words: str) -> set[str]:
    """What fish offers for the last of the words."""
    ask = f"source {shlex.quote(str(scripts / 'fish'))}; complete -C {shlex.quote(' '.join(words))}"
    offered = run(needs("fish"), "--no-config", "-c", ask, home=scripts).splitlines()
    return {line.partition("\t")[0] for line in offered}


ASKED = [
    (("bptui", "rec"), {"record"}),
    (("bptui", "tanh"), {"tanh4"}),
    (("bptui", "tan"), {"tanh4", "tanks.bptlog"}),
    (("bptui", "mi"), {"mine.toml"}),
    (("bptui", "--plain", "tanh"), {"tanh4"}),
    (("bptui", "tanh4", "--th"), {"--theme"}),
    (("bptui", "mine.toml", "--th"), {"--theme"}),
    (("bptui", "tanh4", "--theme", ""), {"dark", "light", "contrast", "terminal"}),
    (("bptui", "export", "tanh4", "--to", ""), {"md", "tex", "html", "svg", "csv"}),
    (("bptui", "export", "tan"), {"tanh4", "tanks.bptlog"}),
    (("bptui", "record", "tanh4", "--e"), {"--every"}),
    (("bptui", "record", "-o", "mi"), {"mine.toml"}),
    (("bptui", "verify", "tan"), {"tanks.bptlog"}),
    (("bptui", "completion", ""), {"bash", "zsh", "fish"}),
]


@pytest.mark.parametrize(("words", "offered"), ASKED)
def test_bash(scripts: Path, words: tuple[str, ...], offered: set[str]) -> None:
    assert bash(scripts, *words) == offered


@pytest.mark.parametrize(("words", "offered"), ASKED)
def test_fish(scripts: Path, words: tuple[str, ...], offered: set[str]) -> None:
    assert fish(scripts, *words) == offered


def test_bash_offers_every_command_scenario_and_file(scripts: Path) -> None:
    assert bash(scripts, "bptui", "") == {*COMMANDS, *NAMES, "mine.toml", "tanks.bptlog", "a b.toml"}


def test_zsh_takes_the_script(scripts: Path) -> None:
    assert run(needs("zsh"), "-f", "-n", str(scripts / "zsh"), home=scripts) == ""
    assert (scripts / "zsh").read_text().startswith("#compdef bptui\n")


def test_zsh_says_what_each_word_is(scripts: Path) -> None:
    said = (scripts / "zsh").read_text()
    assert "record:'Write a whole run as a text log.'" in said
    for name in NAMES:
        title = read(Path(next(iter(scenarios.__path__))) / f"{name}.toml").title
        assert f"{name}:{shlex.quote(title)}" in said


@pytest.mark.parametrize("shell", INSTALL)
def test_the_command_writes_the_script_and_how_to_install_it(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[1] == f"# To install it: {INSTALL[shell]}"
    assert "\x1b" not in out


@pytest.mark.parametrize(("arguments", "words"), [((), "bptui completion bash"), (("csh",), "invalid choice: 'csh'")])
def test_another_shell_is_refused(arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
