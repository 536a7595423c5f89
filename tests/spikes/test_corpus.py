"""The bundled templates: each parses, renders, and is valid in its language."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from fluorite_mcp.spikes.chunks import spike_chunks
from fluorite_mcp.spikes.holes import used_params
from fluorite_mcp.spikes.library import bundled_folder, load_spikes
from fluorite_mcp.spikes.render import RenderedFile, render_spike

if TYPE_CHECKING:
    from tree_sitter import Node

    from fluorite_mcp.models import Spike

FOLDER = bundled_folder()
SPIKES, MESSAGES = load_spikes(FOLDER)
EACH_SPIKE = pytest.mark.parametrize("spike", [pytest.param(spike, id=spike.id) for spike in SPIKES])

GRAMMAR_OF = {
    ".astro": "astro",
    ".cs": "csharp",
    ".css": "css",
    ".ex": "elixir",
    ".exs": "elixir",
    ".go": "go",
    ".hcl": "hcl",
    ".html": "html",
    ".java": "java",
    ".js": "javascript",
    ".json": "json",
    ".kt": "kotlin",
    ".kts": "kotlin",
    ".mjs": "javascript",
    ".php": "php",
    ".proto": "proto",
    ".py": "python",
    ".rb": "ruby",
    ".ru": "ruby",
    ".rs": "rust",
    ".sh": "bash",
    ".sql": "sql",
    ".svelte": "svelte",
    ".tf": "hcl",
    ".toml": "toml",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".vue": "vue",
    ".yaml": "yaml",
    ".yml": "yaml",
}
WITHOUT_GRAMMAR = {
    ".blade.php",
    ".conf",
    ".csproj",
    ".dockerignore",
    ".example",
    ".j2",
    ".mod",
    ".prettierignore",
    ".prisma",
}

GRAMMAR_FAILS_ON_VALID = {
    "go-sqlc-repository/db/queries/orders.sql": "a parameter in LIMIT",
    "hono-cloudflare-d1/migrations/0001_links.sql": "CHECK constraints within a column",
    "postgres-full-text-search/migrations/0001_articles_search.sql": "text search configurations",
    "postgres-full-text-search/tests/search_test.sql": "DO blocks with ASSERT",
    "postgres-multi-tenant/migrations/0001_tenants.sql": "row-level security, SECURITY DEFINER",
    "postgres-multi-tenant/tests/tenants_test.sql": "DO blocks with ASSERT",
}


def grammar_of(path: str) -> str | None:
    name = Path(path).name
    if name == "Dockerfile":
        return "dockerfile"
    if name == "Gemfile":
        return "ruby"
    if path.startswith("templates/"):
        return "gotmpl"  # Helm
    if name.endswith(".blade.php"):
        return None
    return GRAMMAR_OF.get(Path(name).suffix)


@functools.cache
def parser_of(language: str) -> object:
    from semble_grammars import get_parser

    return get_parser(language)


def first_error(node: Node) -> Node | None:
    if node.type == "ERROR" or node.is_missing:
        return node
    return next((found for child in node.children if child.has_error and (found := first_error(child))), None)


def test_the_corpus_is_whole() -> None:
    assert MESSAGES == []
    assert len(SPIKES) >= 48
    assert len({path.parent for path in FOLDER.rglob("*.yaml")}) >= 16
    assert len({spike.stack[0] for spike in SPIKES}) >= 16


def test_ids_are_unique_and_name_the_file() -> None:
    files = sorted(path.stem for path in FOLDER.rglob("*.yaml"))
    assert sorted(spike.id for spike in SPIKES) == files


@EACH_SPIKE
def test_a_spike_says_what_it_is_for_in_both_languages(spike: Spike) -> None:
    assert len(re.findall(r"[.!?](?:\s|$)", spike.description)) >= 2
    assert 120 <= len(spike.description) <= 500
    assert re.search(r"[ぁ-ん]", spike.description_ja)
    assert spike.tags


@EACH_SPIKE
def test_every_parameter_is_described_used_and_has_a_default(spike: Spike) -> None:
    text = "\n".join(f"{file.path}\n{file.template}" for file in spike.files)
    names = [param.name for param in spike.params]
    assert used_params(text, names) == set(names)
    assert all(param.description and param.default for param in spike.params)


@EACH_SPIKE
def test_a_spike_has_the_size_of_something_worth_copying(spike: Spike) -> None:
    assert 1 <= len(spike.files) <= 11  # a whole combination brings its manifest, settings and a test along
    assert 40 <= sum(file.template.count("\n") for file in spike.files) <= 250


def test_an_entity_of_two_words_becomes_names_that_paths_and_python_can_hold() -> None:
    with_entity = [spike for spike in SPIKES if "entity" in {param.name for param in spike.params}]
    assert len(with_entity) >= 20
    for file in (file for spike in with_entity for file in render_spike(spike, {"entity": "order line"})):
        assert " " not in file.path
        if file.path.endswith(".py"):
            compile(file.content, file.path, "exec")


@EACH_SPIKE
def test_a_spike_becomes_chunks_with_different_ids(spike: Spike) -> None:
    ids = [chunk.id for chunk in spike_chunks(spike)]
    assert len(set(ids)) == len(spike.files) + 1


@EACH_SPIKE
def test_rendered_files_parse_with_their_grammars(spike: Spike) -> None:
    for file in render_spike(spike, {}):
        language = grammar_of(file.path)
        if language is None:
            assert any(file.path.endswith(ending) for ending in WITHOUT_GRAMMAR), file.path
            continue
        root = parser_of(language).parse(file.content.encode()).root_node  # type: ignore[attr-defined]
        error = first_error(root)
        if f"{spike.id}/{file.path}" in GRAMMAR_FAILS_ON_VALID:
            assert error is not None, f"the grammar has learned {file.path}: take the file off the list"
            continue
        where = error.start_point.row if error else 0
        assert error is None, f"{file.path}, line {where + 1}: {file.content.splitlines()[where]}"


@EACH_SPIKE
def test_rendered_files_are_read_by_their_languages_themselves(spike: Spike) -> None:
    for file in render_spike(spike, {}):
        read_as(grammar_of(file.path), file)
        assert file.content.endswith("\n"), file.path
        assert not re.search(r"[ \t]+$", file.content, re.MULTILINE), file.path


def read_as(language: str | None, file: RenderedFile) -> None:
    match language:
        case "python":
            compile(file.content, file.path, "exec")
        case "json":
            json.loads(file.content)
        case "toml":
            tomllib.loads(file.content)
        case "yaml":
            assert list(yaml.safe_load_all(file.content)) != [None], file.path
