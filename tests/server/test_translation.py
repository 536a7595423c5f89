"""Every error has a translation."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.server.mcpserver.tools import Tool

from fluorite_mcp import errors
from fluorite_mcp.server.translation import TRANSLATIONS, resource_failure, tool_failure, translation_of


def _tree(cls: type[errors.FluoriteError]) -> Iterator[type[errors.FluoriteError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _tree(child)


OURS = [cls for cls in _tree(errors.FluoriteError) if cls.__module__ == "fluorite_mcp.errors"]


async def _nothing() -> None: ...


TOOL = Tool.from_function(_nothing, name="search")


@pytest.mark.parametrize("cls", OURS)
def test_every_error_class_has_its_own_line_and_keeps_its_sentence(cls: type[errors.FluoriteError]) -> None:
    assert cls in TRANSLATIONS
    assert tool_failure(TOOL, cls("What was wrong. What to do.")) == "What was wrong. What to do."
    assert str(resource_failure(cls("What was wrong."))) == "What was wrong."


def test_no_line_is_left_of_a_class_that_is_gone() -> None:
    assert set(TRANSLATIONS) == set(OURS)


def test_only_an_unknown_id_is_a_missing_resource() -> None:
    missing = [cls for cls in OURS if isinstance(resource_failure(cls("x")), ResourceNotFoundError)]
    assert missing == [errors.UnknownIdError]


def test_a_class_that_is_new_speaks_like_its_parent() -> None:
    class NewError(errors.UnknownIdError):
        pass

    assert translation_of(NewError("x")) == TRANSLATIONS[errors.UnknownIdError]


def test_only_trouble_of_the_server_is_in_its_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        tool_failure(TOOL, errors.InputError("limit is 0."))
        assert caplog.records == []
        tool_failure(TOOL, errors.StoreBusyError("Try again."))
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_what_is_unforeseen_keeps_its_details_from_the_client(caplog: pytest.LogCaptureFixture) -> None:
    text = tool_failure(TOOL, ValueError("private"))
    assert text == "Internal error in search (ValueError). The details are in the server's log on stderr."
    assert "private" in caplog.text
