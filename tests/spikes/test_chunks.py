from __future__ import annotations

from dataclasses import replace

from fluorite_mcp.models import Relation, Spike, SpikeFile, SpikeParam, SpikePatch
from fluorite_mcp.spikes.chunks import BASE_QUALITY, spike_chunks, spike_relations

SPIKE = Spike(
    id="demo-crud",
    name="Demo CRUD",
    version="1.2.0",
    stack=("fastapi", "python"),
    tags=("api",),
    description="Gives a demo.",
    description_ja="デモです。",
    notes="Run it.",
    params=(SpikeParam("entity", "item", "The | resource."),),
    files=(SpikeFile("app/{{entity}}.py", "class {{entity|pascal}}: ...\n"), SpikeFile("README", "hi\n")),
    patches=(SpikePatch("main.py", "+import app\n"),),
)


def detect(path: str) -> str | None:
    return "python" if path.endswith(".py") else None


def test_the_overview_says_what_the_spike_is_for() -> None:
    overview = spike_chunks(SPIKE, detect)[0]
    assert (overview.id, overview.kind, overview.title) == ("spike:demo-crud", "spike", "Demo CRUD")
    assert (overview.frameworks, overview.tags, overview.quality) == (("fastapi", "python"), ("api",), BASE_QUALITY)
    assert overview.metadata == {"spike": "demo-crud", "version": "1.2.0", "params": ["entity"]}
    assert overview.content == (
        "# Demo CRUD\n\nGives a demo.\n\nデモです。\n\nStack: fastapi, python\n\nTags: api\n\n"
        "| Parameter | Default | Meaning |\n|---|---|---|\n| entity | `item` | The \\| resource. |\n\n"
        "Files:\n- `app/item.py`\n- `README`\n\nChanges:\n- `main.py`\n\nRun it.\n"
    )


def test_each_file_is_a_chunk_rendered_with_defaults() -> None:
    _, code, readme = spike_chunks(SPIKE, detect)
    assert (code.id, code.title) == ("spike:demo-crud/app/item.py", "Demo CRUD — app/item.py")
    assert (code.content, code.language, code.origin.path) == ("class Item: ...\n", "python", "app/item.py")
    assert readme.language is None
    assert (code.frameworks, code.metadata["version"]) == (SPIKE.stack, "1.2.0")


def test_a_required_parameter_leaves_the_holes_visible() -> None:
    required = replace(SPIKE, params=(SpikeParam("entity", required=True),))
    overview, code, _ = spike_chunks(required)
    assert code.content == "class {{entity|pascal}}: ...\n"
    assert code.id == "spike:demo-crud/app/{{entity}}.py"
    assert "| entity | (required) |" in overview.content


def test_empty_parts_leave_no_trace() -> None:
    bare = Spike("a", "A", "1.0.0", ("x",), (), "d", patches=(SpikePatch("m.py", "+\n"),))
    chunks = spike_chunks(bare)
    assert [chunk.content for chunk in chunks] == ["# A\n\nd\n\nStack: x\n\nChanges:\n- `m.py`\n"]


def test_files_are_part_of_the_overview() -> None:
    ids = [chunk.id for chunk in spike_chunks(SPIKE)]
    assert spike_relations(SPIKE) == [Relation(file_id, ids[0], "part-of") for file_id in ids[1:]]
