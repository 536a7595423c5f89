"""Definitions read from source."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fluorite_mcp.patterns.trees import Definition, read_definition
from fluorite_mcp.patterns.units import find_units
from fluorite_mcp.text.languages import parser_for

ReadDefinitions = Callable[[str, str], list[tuple[Definition, str]]]


def read(language: str, text: str) -> list[tuple[Definition, str]]:
    """Return the definitions of a text, each with what the text has at its place."""
    source = text.encode()
    parser = parser_for(language)
    assert parser is not None
    units = find_units(parser.parse(source), source, language)
    return [(read_definition(unit.nodes, source, language), source[unit.start : unit.end].decode()) for unit in units]


@pytest.fixture
def read_definitions() -> ReadDefinitions:
    return read
