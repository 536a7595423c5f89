"""The schemas of results describe the results."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from fluorite_mcp.results import Answer, Hit, Intent, SearchResult
from fluorite_mcp.server.answers import structured
from fluorite_mcp.server.shapes import result_schema

# The SDK brings it; it carries no type information.
jsonschema = pytest.importorskip("jsonschema")


def test_every_field_of_a_result_and_of_its_rows_is_described() -> None:
    schema = result_schema(SearchResult, describe_rows=True)
    assert set(schema["properties"]) == {field.name for field in fields(SearchResult)}
    assert set(schema["$defs"]["Hit"]["properties"]) == {field.name for field in fields(Hit)}
    assert schema["properties"]["next_cursor"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert schema["properties"]["mode"] == {"enum": ["hybrid", "lexical"]}


def test_rows_may_stay_undescribed() -> None:
    schema = result_schema(SearchResult, describe_rows=False)
    assert "$defs" not in schema
    assert schema["properties"]["hits"] == {"type": "array"}


@pytest.mark.parametrize("cls", Answer.__subclasses__())
def test_results_satisfy_their_schema(cls: type[Answer]) -> None:
    given: dict[str, Any] = {
        "id": "a", "created": True, "intent": Intent(action="add"), "healthy": True, "version": "1", "data_dir": "/",
        "name": "A", "written": False,
    }  # fmt: skip
    names = {field.name for field in fields(cls)}
    result = cls(**{name: value for name, value in given.items() if name in names})
    validator = jsonschema.Draft202012Validator(result_schema(cls, describe_rows=True))
    assert list(validator.iter_errors(structured(result))) == []


def test_wrong_results_do_not_satisfy_it() -> None:
    schema = result_schema(SearchResult, describe_rows=True)
    hit = Hit(id="a", kind="code", title="t", score=1.0, why=())
    good = structured(SearchResult(hits=(hit,)))
    jsonschema.validate(good, schema)
    good["hits"][0]["score"] = "high"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(good, schema)
