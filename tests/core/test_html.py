"""The page of a run, read with an HTML reader: what stands in it, how large it is, and that it needs nothing else."""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hostile import FORBIDDEN, LABEL, SHOWN, scenario
from runs import LEARNS, STOPS

import bptui.scenarios
from bptui.core import InputError, Timeline, parse, read
from bptui.core.export.html import lines

FILES = {path.stem: path for path in sorted(Path(next(iter(bptui.scenarios.__path__))).glob("*.toml"))}
VOID = {"meta", "input"}
OPTIONAL = {"p", "li", "tr", "th", "td", "thead", "tbody"}
"""Elements whose end need not be written."""


class Page(HTMLParser):
    """The texts of the elements by class, all tags with their attributes, and the script and the style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[tuple[str, list[str]]] = []
        self.feed(text)
        self.close()
        assert [tag for tag, _ in self._open] == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in ("i", "sub", "span", "b"):
            self.handle_data(" ")
        if tag not in VOID:
            names = (dict(attributes).get("class") or tag).split()
            self._open.append((tag, names))
            for name in names:
                self.texts.setdefault(name, []).append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open[-1][0] != tag:
            assert self._open.pop()[0] in OPTIONAL
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for name in {name for _, names in self._open for name in names}:
            self.texts[name][-1] += data

    def all(self, name: str) -> list[str]:
        return [" ".join(text.split()) for text in self.texts.get(name, [])]


def page(timeline: Timeline, first: int = 1, last: int | None = None) -> str:
    return "\n".join(lines(timeline, first, len(timeline) if last is None else last)) + "\n"


def shipped(name: str) -> Timeline:
    return Timeline(read(FILES[name]))


@pytest.fixture(scope="module")
def tanh4() -> str:
    return page(shipped("tanh4"))


def test_each_step_stands_there_with_its_numbers(tanh4: str) -> None:
    found = Page(tanh4)
    assert found.all("h1") == ["Four layers, one tanh"]
    ids = [attributes["id"] for tag, attributes in found.tags if tag == "article"]
    assert ids == [str(position) for position in range(34)]
    step = found.all("step")[15]
    assert "backward pass step 15 of 33" in step
    assert "Layer 3, step A, through the activation" in step
    assert "δ3 = ∂L/∂a3 · φ3′(u3) = −9.00067 × 0.00134095 = −0.0120694555232061" in step
    assert "The flat tanh: only 0.00134 of the gradient passes" in step
    product = re.findall(
        r"[φ∂]\S+ = \S+ (−?[\d.]+) (−?[\d.]+)", step.replace("(z − y)", "(z−y)").partition("product")[2]
    )
    assert [local for local, _ in product] == ["−9.00067", "1", "1", "0.00134095"]


def test_the_tables_say_since_when_a_number_is_known(tanh4: str) -> None:
    cells = dict(re.findall(r"<span data-at=(\d+)>([^<]*)</span>", tanh4.partition('class="values')[2]))
    # positions as the course text goes: L is the 9th value, δ₄ follows ∂L/∂z, then W, b and a of layer 4
    assert cells["15"] == "−0.0120695"
    assert cells["16"] == "−0.0482778"
    assert cells["32"] == "1.89946"


@pytest.mark.parametrize(
    ("name", "most"), [("tanh4", 80_000), ("layers4", 90_000), ("nested4", 30_000), ("xor", 700_000)]
)
def test_its_size_is_bearable(name: str, most: int) -> None:
    timeline = shipped(name)
    assert len(page(timeline, 1, min(len(timeline), 340)).encode()) < most


def test_it_refers_to_nothing_outside(tanh4: str) -> None:
    found = Page(tanh4)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r"^ *// .*$", "", tanh4, flags=re.MULTILINE))
    attributes = {name for _, each in found.tags for name in each}
    assert not attributes & {"src", "href", "style", "srcset", "action", "data"}
    assert not [name for name in attributes if name.startswith("on")]
    assert {tag for tag, _ in found.tags} & {"link", "img", "iframe", "object", "embed", "base", "form"} == set()


def test_its_policy_knows_its_script_and_its_style_and_no_other(tanh4: str) -> None:
    policy = next(each["content"] for tag, each in Page(tanh4).tags if tag == "meta" and "http-equiv" in each)
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    for tag in ("script", "style"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", tanh4, re.DOTALL)
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", FILES)
def test_every_shipped_scenario(name: str) -> None:
    timeline = shipped(name)
    last = min(timeline.chapter(1).end, 80)
    found = Page(page(timeline, 1, last))
    assert len(found.all("step")) == last + 1
    assert len(found.all("result")) == last
    assert all(found.all("result"))


def test_a_part_of_a_run_starts_before_its_first_step() -> None:
    found = Page(page(shipped("xor"), 16, 40))
    ids = [attributes["id"] for tag, attributes in found.tags if tag == "article"]
    assert ids == [str(position) for position in range(15, 41)]
    assert found.all("step")[0].startswith("before step 16")
    assert found.all("h2")[1:] == ["Iteration 1 of 100", "Iteration 2 of 100", "Iteration 3 of 100"]


def test_too_many_steps_are_refused_before_anything_is_written() -> None:
    timeline = shipped("digits")
    with pytest.raises(InputError, match=r"5,148 steps are too many for a page; 2,000 at the most.*--steps 1:2000"):
        lines(timeline, 1, 5148)


def test_a_run_that_stops_says_why() -> None:
    timeline = Timeline(parse(STOPS))
    first = len(timeline.events) - 3
    found = Page(page(timeline, first, len(timeline) + 100))
    assert len(found.all("stop")) == 1
    assert "Not finite, the run stops here" in found.all("step")[-1]
    assert f"step {len(timeline)} of {len(timeline)}" in found.all("step")[-1]


def test_in_an_evaluation_the_values_are_those_of_the_examples_held_out() -> None:
    timeline = Timeline(parse(LEARNS))
    position = next(p for p, event in enumerate(timeline.events, 1) if event.phase == "evaluate")
    text = page(timeline, position, position)
    assert "▷" in text
    z = re.search(r"<tr><th><i>z</i><th>.*?<td>(.*?)(?:<td|<tr)", text.partition('class="values')[2], re.DOTALL)
    assert z is not None
    assert re.findall(r"data-at=(\d+)>([^<]*)<", z[1])[-1] == (str(position), "")  # not evaluated yet


def texts(timeline: Timeline) -> Iterator[str]:
    found = Page(page(timeline))
    yield from (*found.all("h1"), *found.all("title"), *found.all("step"))


def test_hostile_text_is_text() -> None:
    evil = "</title></script><img src=x onerror=alert(1)>\"'&lt;<!--" + LABEL
    shown = "</title></script><img src=x onerror=alert(1)>\"'&lt;<!--" + SHOWN
    timeline = Timeline(parse(scenario(evil, evil)))
    title, head, opening, *_ = texts(timeline)
    assert (title, head) == (shown, shown)
    assert shown in opening
    text = page(timeline)
    assert not [sign for sign in (*FORBIDDEN, "\x1b") if sign in text]
    assert text.count("<script") == text.count("</script") == 1
    assert "<img" not in text
