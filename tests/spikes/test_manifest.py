from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.errors import SpikeError
from fluorite_mcp.models import SpikeFile, SpikeParam, SpikePatch, SpikeVerification
from fluorite_mcp.spikes.document import MAX_SPIKE_BYTES
from fluorite_mcp.spikes.manifest import parse_spike

GOOD = """\
id: demo-crud
name: Demo CRUD
version: 1.10.0
stack: [demo, python]
tags: [api]
description: Gives a demo. Use it in tests.
description_ja: デモです。
notes: Run it.
params:
  - name: entity
    default: item
    description: The resource.
  - {name: port, default: 8000}
  - {name: owner, required: true}
files:
  - path: app/{{entity}}.py
    template: |
      NAME = "{{entity|pascal}}"
      PORT = {{ port }}
      STYLE = {{ a: 1 }}
patches:
  - path: app/main.py
    diff: |
      @@ -0,0 +1 @@
      +# {{owner}}
"""


def error_of(text: str) -> str:
    with pytest.raises(SpikeError) as raised:
        parse_spike(text, "spikes/x.yaml")
    return str(raised.value)


def swapped(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_a_complete_spike_is_read() -> None:
    spike = parse_spike(GOOD, "x.yaml")
    assert (spike.id, spike.name, spike.version) == ("demo-crud", "Demo CRUD", "1.10.0")
    assert (spike.stack, spike.tags) == (("demo", "python"), ("api",))
    assert (spike.description_ja, spike.notes) == ("デモです。", "Run it.")
    assert spike.params[0] == SpikeParam("entity", "item", "The resource.")
    assert spike.params[1:] == (SpikeParam("port", "8000"), SpikeParam("owner", None, required=True))
    assert spike.files == (
        SpikeFile("app/{{entity}}.py", 'NAME = "{{entity|pascal}}"\nPORT = {{ port }}\nSTYLE = {{ a: 1 }}\n'),
    )
    assert spike.patches == (SpikePatch("app/main.py", "@@ -0,0 +1 @@\n+# {{owner}}\n"),)


def test_optional_keys_may_be_left_out() -> None:
    text = "id: a\nname: A\nversion: 0.1.0-rc.1\nstack: [a]\ndescription: d\nfiles: [{path: a.txt, template: ''}]\n"
    spike = parse_spike(text, "x.yaml")
    assert (spike.tags, spike.params, spike.patches, spike.notes) == ((), (), (), "")
    assert spike.files == (SpikeFile("a.txt", ""),)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("files:", "fiels:", ":15: unknown key 'fiels'; did you mean 'files'?"),
        ("tags: [api]", "zzz: 1", ":5: unknown key 'zzz'; known are id, name"),
        ("name: Demo CRUD\n", "", ":1: a spike lacks 'name'."),
        ("id: demo-crud", "id: Demo_Crud", ":1: 'id' is 'Demo_Crud' but must be kebab-case"),
        ("version: 1.10.0", "version: 1.10", ":3: 'version' is '1.10' but must be a semantic version"),
        ("stack: [demo, python]", "stack: demo", ":4: 'stack' must be a list."),
        ("stack: [demo, python]", "stack: []", ":4: 'stack' is empty."),
        ("stack: [demo, python]", "stack: [Demo]", ":4: 'stack' holds 'Demo'; its names are lower-case"),
        ("tags: [api]", "tags: [[api]]", ":5: 'tags' holds a nested value"),
        ("name: Demo CRUD", "name: [a]", ":2: 'name' must be text."),
        ("name: Demo CRUD", "name: ''", ":2: 'name' is empty."),
        ("name: Demo CRUD", "id: twice", ":2: key 'id' stands twice, first in line 1."),
        ("name: Demo CRUD", "{a: b}: c", ":2: a key must be plain text"),
        ("{name: port, default: 8000}", "{name: entity, default: x}", ":13: parameter 'entity' is declared twice."),
        ("{name: port, default: 8000}", "{name: Port, default: x}", ":13: 'name' is 'Port' but must be lower-case"),
        ("{name: port, default: 8000}", "{name: port}", ":13: parameter 'port' needs a 'default' or 'required: true'."),
        ("{name: port, default: 8000}", "{name: port, default: a, required: true}", ":13: parameter 'port' has a def"),
        ("{name: port, default: 8000}", "{name: port, default: }", ":13: 'default' has no value; write ''"),
        ("{name: port, default: 8000}", "{name: port, default: '{{entity}}'}", ":13: the default of 'port' holds"),
        ("{name: owner, required: true}", "{name: owner, required: yes}", ":14: 'required' must be true or false"),
        ("{name: owner, required: true}", "owner", ":14: a param must be a mapping with the keys name."),
        ("path: app/{{entity}}.py", "path: /etc/passwd", ":16: path '/etc/passwd' is absolute"),
        ("path: app/{{entity}}.py", "path: C:/x", ":16: path 'C:/x' is absolute"),
        ("path: app/{{entity}}.py", "path: a/../../b", ":16: path 'a/../../b' leaves the target folder"),
        ("path: app/{{entity}}.py", "path: a//b", ":16: path 'a//b' has an empty part"),
        ("path: app/{{entity}}.py", "path: 'a\\b'", ":16: path 'a\\b' holds a backslash"),
        ("path: app/{{entity}}.py", "path: .Git/hooks/pre-commit", "lies in a .git folder"),
        ("path: app/{{entity}}.py", "path: app/con.txt", ":16: path 'app/con.txt' holds the name of a device"),
        ("path: app/{{entity}}.py", "path: a.py:stream", ":16: path 'a.py:stream' holds one of <>:"),
        ("path: app/{{entity}}.py", "path: a./b.py", ":16: path 'a./b.py' holds one of <>:"),
        ("path: app/{{entity}}.py", 'path: "a\\0.py"', r":16: path 'a\x00.py' holds a backslash or a control"),
        ("path: app/{{entity}}.py", "path: app/{{entiti}}.py", ":16: unknown parameter in {{entiti}}; did you mean"),
        ("PORT = {{ port }}", "PORT = {{ prot }}", ":19: unknown parameter in {{ prot }}; did you mean 'port'?"),
        ("PORT = {{ port }}", "PORT = {{ port", ":19: the hole {{ port is not closed; write {{port}}."),
        ("PORT = {{ port }}", "PORT = {{port|shout}}", ":19: unknown filter 'shout' in {{port|shout}}; known are"),
        ("PORT = {{ port }}", "PORT = {{elsewhere|pascal}}", ":19: 'elsewhere' in {{elsewhere|pascal}} is not decl"),
        ("+# {{owner}}", "+# {{ownr}}", ":25: unknown parameter in {{ownr}}; did you mean 'owner'?"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, message: str) -> None:
    assert message in error_of(swapped(old, new))


def test_messages_begin_with_file_and_line() -> None:
    assert error_of(swapped("files:", "fiels:")).startswith("spikes/x.yaml:15: ")


def test_two_files_cannot_have_one_path() -> None:
    twice = swapped("patches:", "  - {path: 'app/{{entity}}.py', template: a}\npatches:")
    assert ":21: path 'app/{{entity}}.py' stands twice in 'files'." in error_of(twice)


@pytest.mark.parametrize("other", ["APP/{{entity}}.py", "app", "app/{{entity}}.py/x.py"])
def test_two_files_must_both_find_room(other: str) -> None:
    twice = swapped("patches:", f"  - {{path: '{other}', template: a}}\npatches:")
    assert f":21: paths 'app/{{{{entity}}}}.py' and '{other}' cannot both be written." in error_of(twice)


def test_a_spike_must_create_or_change_something() -> None:
    assert "needs 'files' or 'patches'" in error_of(GOOD[: GOOD.index("files:")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1\nb: *x\n", ":1: YAML anchors and aliases are not allowed"),
        ("a: *x\n", "anchors and aliases"),
        ("a: !!python/object/apply:os.system [ls]\n", ":1: YAML tags are not allowed"),
        ("a: !custom b\n", ":1: YAML tags are not allowed"),
        ("", ":1: the file is empty."),
        ("a: b\n---\nc: d\n", ":2: a second document starts here"),
        ("- a\n", ":1: a spike must be a mapping"),
        ("a: [1\nb: 2\n", "not valid YAML"),
        ("a: 'open\n", "not valid YAML"),
        ("a: b\nc: \x00\n", ":2: not valid YAML: the character U+0000 may not stand in it"),
        ("a: \ud800\n", "not valid YAML"),
        ("[" * 50, ":1: nested more than 8 levels deep."),
        ("# " + "x" * MAX_SPIKE_BYTES, f"a spike may have {MAX_SPIKE_BYTES}"),
    ],
)
def test_hostile_or_broken_yaml_is_refused(text: str, message: str) -> None:
    assert message in error_of(text)


def test_an_alias_bomb_is_refused_before_it_expands() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert "anchors and aliases" in error_of("\n".join(lines))


@given(st.text())
def test_any_text_is_a_spike_or_a_spike_error(text: str) -> None:
    with pytest.raises(SpikeError):
        parse_spike(text, "x.yaml")


@given(st.integers(0, len(GOOD) - 1), st.text(max_size=3))
def test_a_damaged_spike_is_read_or_refused(position: int, inserted: str) -> None:
    text = GOOD[:position] + inserted + GOOD[position:]
    read = refused = None
    try:
        read = parse_spike(text, "x.yaml")
    except SpikeError as error:
        refused = str(error)
    assert (read is not None and read.files) or (refused is not None and refused.startswith("x.yaml"))


def test_the_format_in_the_documentation_is_valid() -> None:
    from fluorite_mcp.spikes import manifest

    example = (manifest.__doc__ or "").split("```")[1].removeprefix("yaml\n")
    base = replace(parse_spike(GOOD, "x.yaml"), id="fastapi-base")
    assert parse_spike(textwrap.dedent(example), "doc", base).id == "fastapi-crud"


VERIFY = """\
verify:
  tools: [node]
  setup: ["npm install"]
  checks: ["npx tsc --noEmit", "npm test -- {{entity}}"]
"""


def test_aliases_types_and_verification_are_read() -> None:
    typed = swapped("{name: port, default: 8000}", "{name: port, default: 8000, type: port, pattern: '8[0-9]+'}")
    spike = parse_spike(typed.replace("tags:", "aliases: [demo, crud-py]\ntags:") + VERIFY, "x.yaml")
    assert spike.aliases == ("demo", "crud-py")
    assert spike.params[1] == SpikeParam("port", "8000", type="port", pattern="8[0-9]+")
    assert spike.verify == SpikeVerification(
        ("node",), ("npm install",), ("npx tsc --noEmit", "npm test -- {{entity}}")
    )


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ("default: x, type: port", ":13: the default 'x' of 'port' is no port from 1 to 65535."),
        ("default: 70000, type: port", ":13: the default '70000' of 'port' is no port"),
        ("default: 1.5, type: integer", ":13: the default '1.5' of 'port' is no whole number."),
        ("default: 1e5, type: number", ":13: the default '1e5' of 'port' is no number"),
        ("default: yes, type: boolean", ":13: the default 'yes' of 'port' is neither true nor false."),
        ("default: ../a, type: path", ":13: the default '../a' of 'port' leaves the target folder"),
        ("default: a b, type: name", ":13: the default 'a b' of 'port' is no name"),
        ("default: c, type: choice, choices: [a, b]", ":13: the default 'c' of 'port' is none of a, b."),
        ("default: a, type: choice", ":13: parameter 'port' of type choice needs 'choices'."),
        ("default: a, choices: [a]", ":13: 'choices' of 'port' needs 'type: choice'."),
        ("default: a, type: strng", ":13: 'type' is 'strng' but must be one of text, name, integer"),
        ("default: a, pattern: '[a'", ":13: the pattern [a is no regular expression"),
        ("default: a, pattern: '(a+)+b'", ":13: the pattern (a+)+b repeats a group"),
        ("default: a, pattern: 'a*a*a*a*a*b'", ":13: the pattern a*a*a*a*a*b repeats more than 4 times"),
        ("default: a, pattern: '[0-9]+'", ":13: the default 'a' of 'port' does not match the pattern [0-9]+."),
    ],
)
def test_a_default_must_satisfy_its_type(param: str, message: str) -> None:
    assert message in error_of(swapped("{name: port, default: 8000}", f"{{name: port, {param}}}"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  checks: [", "  check: [", ":29: unknown key 'check'; did you mean 'checks'?"),
        ('  checks: ["npx tsc --noEmit", "npm test -- {{entity}}"]', "  checks: []", ":29: 'checks' is empty"),
        ("{{entity}}", "{{entiti}}", ":29: unknown parameter in {{entiti}}"),
        ("[node]", "[Node JS]", ":27: 'tools' holds 'Node JS'"),
        ('["npm install"]', '["a\\nb"]', ":28: 'setup' holds something that is not one line of text."),
        ("  tools: [node]\n", "", ":27: 'verify' lacks 'tools'."),
    ],
)
def test_a_mistake_in_verify_is_named_with_its_line(old: str, new: str, message: str) -> None:
    assert VERIFY.count(old) == 1
    assert message in error_of(GOOD + VERIFY.replace(old, new))


def test_extending_a_spike_that_is_not_here_is_refused() -> None:
    assert ":5: the spike extends 'base', which is not here." in error_of(swapped("tags: [api]", "extends: base"))


@pytest.mark.parametrize("escaped", ["\\0", "\\x89PNG\\0", "\\x01", "\\ud800"])
def test_binary_content_is_refused_with_its_line(escaped: str) -> None:
    text = "id: a\nname: A\nversion: 1.0.0\nstack: [a]\ndescription: d\nfiles:\n  - path: a.png\n    template: "
    message = error_of(f'{text}"{escaped}"\n')
    assert ":8: 'template' holds binary content" in message or "not valid YAML" in message


def test_ten_megabytes_are_refused_at_once() -> None:
    assert "a spike may have" in error_of("a: " + "x" * 10_000_000)
