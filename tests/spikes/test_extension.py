from __future__ import annotations

from pathlib import Path

import pytest

from fluorite_mcp.models import Relation, Spike, SpikeFile
from fluorite_mcp.spikes.chunks import spike_chunks, spike_relations
from fluorite_mcp.spikes.library import load_spikes
from fluorite_mcp.spikes.render import render_spike

BASE = """\
id: base
name: Base
version: 1.0.0
stack: [demo]
description: What all have in common.
params:
  - {name: entity, default: item}
files:
  - {path: a.txt, template: "a {{entity}}"}
  - {path: b.txt, template: "b"}
verify: {tools: [python], checks: ["python a.py"]}
"""
CHILD = """\
id: child
name: Child
version: 1.0.0
stack: [demo]
extends: base
description: More.
params:
  - {name: port, default: 80, type: port}
files:
  - {path: b.txt, template: "b of {{entity|pascal}}"}
  - {path: c.txt, template: "{{port}}"}
"""


def load(folder: Path, *texts: str) -> tuple[dict[str, Spike], list[str]]:
    target = folder / "spikes"
    target.mkdir()
    for number, text in enumerate(texts):
        (target / f"{number}.yaml").write_text(text)
    spikes, messages = load_spikes(target)
    return {spike.id: spike for spike in spikes}, messages


def minimal(id_: str, more: str = "") -> str:
    return (
        f"id: {id_}\nname: N\nversion: 1.0.0\nstack: [a]\ndescription: d\n"
        f"files: [{{path: {id_}.txt, template: x}}]\n{more}"
    )


@pytest.mark.parametrize("texts", [(BASE, CHILD), (CHILD, BASE)])
def test_the_files_of_the_base_come_first_and_the_same_path_is_replaced(tmp_path: Path, texts: tuple[str, str]) -> None:
    spikes, messages = load(tmp_path, *texts)
    assert messages == []
    child = spikes["child"]
    assert [param.name for param in child.params] == ["entity", "port"]
    assert [(file.path, file.content) for file in render_spike(child, {})] == [
        ("a.txt", "a item"), ("b.txt", "b of Item"), ("c.txt", "80"),
    ]  # fmt: skip
    assert child.verify == spikes["base"].verify
    assert spikes["base"].files[1] == SpikeFile("b.txt", "b")


def test_inherited_files_are_found_with_the_spike_they_come_from(tmp_path: Path) -> None:
    child = load(tmp_path, BASE, CHILD)[0]["child"]
    assert [chunk.id for chunk in spike_chunks(child)] == ["spike:child", "spike:child/b.txt", "spike:child/c.txt"]
    assert Relation("spike:child", "spike:base", "extends") in spike_relations(child)
    assert "- `a.txt`" in spike_chunks(child)[0].content


def test_a_circle_is_told_with_file_and_line(tmp_path: Path) -> None:
    spikes, messages = load(
        tmp_path, minimal("a", "extends: b\n"), minimal("b", "extends: c\n"), minimal("c", "extends: a\n"), minimal("d")
    )
    assert list(spikes) == ["d"]
    assert any("spikes/2.yaml:7: 'extends' goes in a circle: a → b → c → a" in message for message in messages)


def test_a_spike_cannot_extend_itself(tmp_path: Path) -> None:
    assert load(tmp_path, minimal("a", "extends: a\n"))[1] == [
        "spikes/0.yaml:7: 'extends' goes in a circle: a → a; drop one of them."
    ]


def test_an_unknown_base_names_the_nearest(tmp_path: Path) -> None:
    assert load(tmp_path, BASE, minimal("a", "extends: bse\n"))[1] == [
        "spikes/1.yaml:7: there is no spike 'bse' to extend; did you mean 'base'?"
    ]


def test_a_broken_base_is_told_at_the_line_that_extends_it(tmp_path: Path) -> None:
    spikes, messages = load(tmp_path, BASE.replace("{{entity}}", "{{entiti}}"), CHILD)
    assert spikes == {}
    assert messages[1].startswith("spikes/1.yaml:5: the spike 'base' that it extends cannot be used: spikes/0.yaml:9: ")


def test_endless_layers_are_refused(tmp_path: Path) -> None:
    texts = [minimal("s0"), *(minimal(f"s{n}", f"extends: s{n - 1}\n") for n in range(1, 12))]
    spikes, messages = load(tmp_path, *texts)
    assert len(spikes) + len(messages) == 12
    assert "more than 8 spikes extend each other" in messages[-1]


@pytest.mark.parametrize("other", [minimal("b", "aliases: [a]\n"), minimal("b", "aliases: [short]\n")])
def test_a_name_means_one_spike(tmp_path: Path, other: str) -> None:
    spikes, messages = load(tmp_path, minimal("a", "aliases: [short]\n"), other)
    assert list(spikes) == ["a"]
    assert messages[0].startswith("spikes/1.yaml:7: the name '")
    assert messages[0].endswith("belongs to spikes/0.yaml already; choose another.")
