"""The schemas of results describe the results."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, get_type_hints

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


# A dataclass with slots is made twice, and both are subclasses; the last one is the one that is used.
RESULTS = {cls.__name__: cls for cls in Answer.__subclasses__()}
SAMPLES: dict[Any, Any] = {str: "a", bool: False, int: 1, float: 0.5, Intent: Intent(action="add")}


@pytest.mark.parametrize("cls", RESULTS.values(), ids=RESULTS)
def test_results_satisfy_their_schema(cls: type[Answer]) -> None:
    types = get_type_hints(cls)
    needed = [one.name for one in fields(cls) if one.default is MISSING and one.default_factory is MISSING]
    result = cls(**{name: SAMPLES[types[name]] for name in needed})
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
