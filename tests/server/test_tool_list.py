"""What clients load at every start must be small, and make an assistant call the right tool."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from mcp import Client
from mcp.types import Tool

from fluorite_mcp import __version__
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.server.app import FluoriteServer, create_server
from fluorite_mcp.server.instructions import INSTRUCTIONS
from fluorite_mcp.settings import load_settings

pytestmark = pytest.mark.anyio

# The SDK brings it; it carries no type information.
jsonschema = pytest.importorskip("jsonschema")

MAX_DESCRIPTION_CHARS = 500
MAX_LIST_BYTES = 24_000
# What a group may take of it, so that every group fits.
MAX_GROUP_BYTES = {"core": 12_000, "spikes": 4_000}
# Claude Code cuts longer instructions.
MAX_INSTRUCTIONS_CHARS = 2048

READ_ONLY = {"search", "suggest", "get", "status", "find_spikes", "preview_spike"}
DESTRUCTIVE = {"forget", "apply_spike"}
ARGUMENTS = {
    "search": "query path kinds language frameworks tags limit max_lines min_score as_of cursor",
    "suggest": "task path frameworks token_budget",
    "store": "content kind id title language frameworks tags scope quality_score metadata path",
    "learn": "path kinds force",
    "get": "ids max_lines",
    "feedback": "ids outcome note",
    "forget": "ids query kinds older_than dry_run path",
    "restore": "undo ids",
    "status": "",
    "find_spikes": "query frameworks language limit",
    "preview_spike": "id params",
    "apply_spike": "id params path strategy write",
}
SPIKES = {"find_spikes", "preview_spike", "apply_spike"}
DEFAULTS = {
    "search": {"limit": 5, "max_lines": 12, "min_score": 0.0},
    "suggest": {"token_budget": 1500},
    "store": {"kind": "note", "scope": "project"},
    "learn": {"force": False},
    "forget": {"dry_run": True},
    "find_spikes": {"query": "", "limit": 5},
    "apply_spike": {"strategy": "abort", "write": False},
}


@pytest.fixture
async def listed(server: FluoriteServer) -> list[Tool]:
    return await server.list_tools()


async def test_the_answer_is_small_in_both_eras(client: Client) -> None:
    answer = await client.list_tools()
    assert len(answer.model_dump_json(by_alias=True, exclude_none=True).encode()) < MAX_LIST_BYTES


@pytest.mark.parametrize("group", MAX_GROUP_BYTES)
async def test_every_group_keeps_to_its_part(group: str, tmp_path: Path, era: str) -> None:
    settings = load_settings(data_dir=tmp_path, environ={"FLUORITE_TOOLS": group})
    async with Client(create_server(settings, Place(tmp_path)), mode=era) as client:
        answer = await client.list_tools()
    assert len(answer.model_dump_json(by_alias=True, exclude_none=True).encode()) < MAX_GROUP_BYTES[group]


async def test_descriptions_are_short_and_say_something(listed: list[Tool]) -> None:
    for tool in listed:
        assert tool.description is not None
        assert 60 < len(tool.description) < MAX_DESCRIPTION_CHARS, tool.name


async def test_arguments_and_defaults_are_the_contract(listed: list[Tool]) -> None:
    assert {tool.name: list(tool.input_schema["properties"]) for tool in listed} == {
        name: names.split() for name, names in ARGUMENTS.items()
    }
    for tool in listed:
        properties = tool.input_schema["properties"]
        defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
        assert defaults == DEFAULTS.get(tool.name, {})


async def test_hints_tell_what_a_tool_may_change(listed: list[Tool]) -> None:
    hints = {tool.name: tool.annotations for tool in listed}
    for name, hint in hints.items():
        assert hint is not None
        assert hint.open_world_hint is False
        assert bool(hint.read_only_hint) == (name in READ_ONLY)
        assert bool(hint.destructive_hint) == (name in DESTRUCTIVE)
        assert bool(hint.idempotent_hint) == (name in {"store", "learn"})


async def test_schemas_are_valid_and_carry_no_generated_titles(listed: list[Tool]) -> None:
    for tool in listed:
        for schema in (tool.input_schema, tool.output_schema):
            assert schema is not None
            assert schema["type"] == "object"
            jsonschema.Draft202012Validator.check_schema(schema)
        assert tool.input_schema["additionalProperties"] is False
        assert not [one for one in tool.input_schema["properties"].values() if isinstance(one.get("title"), str)]
        assert "anyOf" not in json.dumps(tool.input_schema)


async def test_groups_choose_the_tools(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, environ={"FLUORITE_TOOLS": "spikes"})
    server = create_server(settings, Place(tmp_path))
    assert {tool.name for tool in await server.list_tools()} == SPIKES
    core = create_server(load_settings(data_dir=tmp_path, environ={"FLUORITE_TOOLS": "core"}), Place(tmp_path))
    assert {tool.name for tool in await core.list_tools()} == set(ARGUMENTS) - SPIKES


async def test_the_server_introduces_itself(client: Client) -> None:
    assert client.instructions == INSTRUCTIONS
    assert client.server_info is not None
    assert (client.server_info.name, client.server_info.version) == ("fluorite", __version__)
    assert len(INSTRUCTIONS) < MAX_INSTRUCTIONS_CHARS
    words = set(re.findall(r"\w+", INSTRUCTIONS))
    assert set(ARGUMENTS) <= words
