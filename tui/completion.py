"""`bptui completion SHELL`: the script by which a shell completes commands, options, files and scenarios."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

from bptui.core.reader import read

from .arguments import OPEN, WORDS, parser
from .sources import shipped

INSTALL = {
    "bash": "bptui completion bash > ~/.local/share/bash-completion/completions/bptui",
    "zsh": "bptui completion zsh > ~/.zfunc/_bptui, and fpath=(~/.zfunc $fpath) before compinit in ~/.zshrc",
    "fish": "bptui completion fish > ~/.config/fish/completions/bptui.fish",
}
"""How the script is installed, for each shell that there is one for."""

_FILE_OR_NAME = "_bptui_file_or_name"
_FUNCTIONS = {
    "bash": '_bptui_file_or_name() {\n  compgen -W "NAMES" -- "$1"\n  compgen -f -- "$1"\n}',
    "zsh": "_bptui_file_or_name() {\n  compadd -- NAMES\n  _files\n}",
    "fish": "function _bptui_file_or_name\n  printf '%s\\n' NAMES\n  __fish_complete_path (commandline -ct)\nend",
}
"""What completes a file, or the name of a scenario that ships."""
_FIRST_WORD = {
    "bash": "_shtab_bptui_pos_0_COMPGEN=_shtab_compgen_files",
    "zsh": (
        "_shtab_bptui_options+=(': :{ _shtab_bptui_commands; _files }' '*::: :->bptui')\n_shtab_bptui_defaults_added=1"
    ),
    "fish": "complete -c bptui -n '_shtab_bptui_using; and test $_shtab_bptui_npos -eq 0' -F",
}
"""Where shtab offers commands, a file can be named too."""
_TAKES_A_FILE = ("output", "record", "gradients")
"""What is a file, and never a name."""


def completion(shell: str) -> Iterator[str]:
    """The lines of the script for one of the shells of INSTALL."""
    import shtab

    titles = {name: read(path).title for name, path in shipped().items()}
    is_zsh = shell == "zsh"  # whose script ends in a call, so that nothing can come behind it
    script = shtab.complete(_whole(titles), shell, preamble=_FIRST_WORD[shell] if is_zsh else "")
    first, *others = script.strip().split("\n")
    yield first  # zsh looks for #compdef there
    yield f"# To install it: {INSTALL[shell]}"
    yield from others
    if not is_zsh:
        yield _FIRST_WORD[shell]


def _whole(titles: Mapping[str, str]) -> argparse.ArgumentParser:
    """All commands as words of one parser; the scenarios that ship are words too, and take what opening a file does."""
    functions = {shell: text.replace("NAMES", " ".join(titles)) for shell, text in _FUNCTIONS.items()}
    calls = {"bash": _FILE_OR_NAME, "zsh": _FILE_OR_NAME, "fish": f"({_FILE_OR_NAME})"}
    by_what = {**calls, "preamble": functions}
    whole = _completed(OPEN, by_what)
    words = whole.add_subparsers()
    for word in (*WORDS, *titles):
        made = _completed(word if word in WORDS else OPEN, by_what)
        about = titles.get(word, made.description)
        words.add_parser(word, parents=[made], add_help=False, description=about, help=about)
    return whole


def _completed(command: str, by_what: Mapping[str, object]) -> argparse.ArgumentParser:
    """The parser of a command, with what shtab completes its files by; where files are opened, the options only."""
    made = parser(command)
    if command == OPEN:
        made._actions[:] = [action for action in made._actions if action.option_strings]
    for action in made._actions:
        if action.dest in _TAKES_A_FILE:
            action.complete = "file"  # type: ignore[attr-defined]
        elif action.dest in ("files", "scenario"):
            action.complete = "file" if command == "verify" else by_what  # type: ignore[attr-defined]
    return made
