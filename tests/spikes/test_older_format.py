from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.errors import SpikeError
from fluorite_mcp.models import Spike, SpikeFile, SpikeParam, SpikePatch
from fluorite_mcp.spikes.older_format import read_older
from fluorite_mcp.spikes.render import render

GOOD: dict[str, Any] = {
    "id": "express-ping",
    "name": "Express ping",
    "version": "1.2.0",
    "stack": ["Express", "Node.js"],
    "tags": ["api"],
    "description": "Answers pings.",
    "params": [{"name": "app_name", "default": "ping"}, {"name": "port", "default": 3000}],
    "files": [{"path": "{{app_name}}/index.js", "template": "listen({{ port }}); const s = {{ a: 1 }};\n"}],
    "patches": [{"path": "app.js", "diff": "@@ -1 +1,2 @@\n a\n+b\n"}],
}


def read(values: Any) -> Spike | SpikeError:
    [found] = read_older(json.dumps(values), "x.json")
    return found


def spike_of(values: Any) -> Spike:
    found = read(values)
    assert isinstance(found, Spike), found
    return found


def refusal(**changed: Any) -> str:
    found = read(GOOD | changed)
    assert isinstance(found, SpikeError)
    return str(found)


def test_every_field_is_read() -> None:
    spike = spike_of(GOOD)
    assert (spike.id, spike.name, spike.version) == ("express-ping", "Express ping", "1.2.0")
    assert (spike.stack, spike.tags, spike.description) == (("express", "node-js"), ("api",), "Answers pings.")
    assert spike.params == (SpikeParam("app_name", "ping"), SpikeParam("port", "3000"))
    assert spike.patches == (SpikePatch("app.js", "@@ -1 +1,2 @@\n a\n+b\n"),)
    rendered = render(spike, {})
    assert (rendered.files[0].path, rendered.files[0].content) == (
        "ping/index.js",
        "listen(3000); const s = {{ a: 1 }};\n",
    )


def test_what_may_be_missing_gets_a_value() -> None:
    spike = spike_of({"id": "Old Name_1", "files": [{"path": "a", "template": "x"}]})
    assert (spike.id, spike.name, spike.version, spike.description) == (
        "old-name-1",
        "Old Name_1",
        "1.0.0",
        "Old Name_1",
    )


def test_parameters_of_other_spellings_are_renamed_with_their_holes() -> None:
    values = GOOD | {
        "params": [{"name": "appName", "default": "x"}, {"name": "who", "required": True}, {"name": "note"}],
        "files": [{"path": "{{appName}}.txt", "template": "{{ appName }} {{who}} {{note}} {{other}}"}],
    }
    spike = spike_of(values)
    assert spike.params == (SpikeParam("app_name", "x"), SpikeParam("who", required=True), SpikeParam("note", ""))
    assert spike.files == (SpikeFile("{{app_name}}.txt", "{{app_name}} {{who}} {{note}} {{other}}"),)


def test_a_file_may_hold_a_list_of_which_some_are_broken() -> None:
    found = list(read_older(json.dumps([GOOD, 7, GOOD | {"id": "b"}]), "all.json"))
    assert [type(one) for one in found] == [Spike, SpikeError, Spike]
    assert str(found[1]) == "all.json[1]: a template is a JSON object, not a number."


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": None}, "x.json: 'id' is missing."),
        ({"id": 7}, "x.json: 'id' is a number; it must be a text."),
        ({"id": "  "}, "'id' is empty."),
        ({"id": "日本"}, "of which no kebab-case name can be made"),
        ({"name": ["a"]}, "'name' is a list; it must be a text."),
        ({"stack": "express"}, "'stack' is a text; it must be a list."),
        ({"files": [], "patches": []}, "has neither files nor patches."),
        ({"files": {}}, "'files' is an object; it must be a list."),
        ({"files": ["a"]}, "'files[0]' is a text; it must be an object"),
        ({"files": [{"path": "a"}]}, "'files[0]' needs the texts path and template."),
        ({"files": [{"path": "a", "template": "x"}] * 2}, "the path 'a' stands twice in 'files'."),
        ({"files": [{"path": "a", "template": "x"}] * 501}, "'files' has 501 members"),
        ({"files": [{"path": "../a", "template": "x"}]}, "the path '../a' leaves the target folder"),
        ({"files": [{"path": "/etc/a", "template": "x"}]}, "is absolute"),
        ({"files": [{"path": ".git/hooks/a", "template": "x"}]}, "lies in a .git folder"),
        ({"files": [{"path": "a", "template": "\0"}]}, "'a' holds binary content"),
        ({"files": [{"path": "a", "template": "\n{{port"}]}, "'a', line 2: the hole {{port is not closed"),
        ({"params": [{"default": "x"}]}, "'name' is missing."),
        ({"params": [{"name": "a", "default": []}]}, "the default of 'params[0]' is a list"),
        ({"params": [{"name": "1"}]}, "'params[0]' is named '1', which no parameter can be"),
        ({"params": ["a"]}, "'params[0]' is a text; it must be an object."),
        ({"params": [{"name": "app_name", "default": "../x"}]}, "the path '../x/index.js' leaves the target folder"),
        ({"patches": [{"path": "a"}]}, "'patches[0]' needs the texts path and diff."),
    ],
)
def test_what_cannot_be_used_is_told_with_its_reason(changed: dict[str, Any], message: str) -> None:
    assert message in refusal(**changed)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n "id": x}', "x.json:2: not valid JSON"),
        ("", "x.json:1: not valid JSON"),
        ("[" * 200_000, "x.json: nested too deep"),
    ],
)
def test_what_is_no_json_is_told_with_its_line(text: str, message: str) -> None:
    [found] = read_older(text, "x.json")
    assert str(found).startswith(message)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "path", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(list(GOOD)), JSON))
def test_any_json_is_a_template_or_an_error(changed: dict[str, Any]) -> None:
    found = read(GOOD | changed)
    assert isinstance(found, SpikeError) or found.files or found.patches
