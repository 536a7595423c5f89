"""The client's model may merge a suggestion's parts: real clients that answer, refuse, hang, or cannot be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.types import (
    INVALID_REQUEST,
    CallToolResult,
    CreateMessageRequestParams,
    CreateMessageResult,
    ErrorData,
    ImageContent,
    TextContent,
)

from fluorite_mcp.learning.locate import Place
from fluorite_mcp.server.app import create_server
from fluorite_mcp.settings import load_settings
from fluorite_mcp.text.tokens import count_tokens
from tests.server.conftest import text_of

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")]

TASK = "retry the carrier call with backoff when a parcel is located"


def said(text: str) -> CreateMessageResult:
    return CreateMessageResult(role="assistant", content=TextContent(type="text", text=text), model="m")


class Model:
    """A client's model that answers what it is told to, and remembers what it was asked."""

    def __init__(self, answer: CreateMessageResult | ErrorData, delay: float = 0.0) -> None:
        self.answer = answer
        self.delay = delay
        self.asked: list[CreateMessageRequestParams] = []

    async def __call__(
        self, context: ClientRequestContext, params: CreateMessageRequestParams
    ) -> CreateMessageResult | ErrorData:
        self.asked.append(params)
        await asyncio.sleep(self.delay)
        return self.answer


@pytest.fixture
def suggest(project: Path, data_dir: Path) -> Callable[..., Awaitable[CallToolResult]]:
    async def call(
        model: Model | None, *, mode: str = "legacy", sampling: str = "true", timeout: str = "30", **arguments: Any
    ) -> CallToolResult:
        environ = {"FLUORITE_SUGGEST__SAMPLING": sampling, "FLUORITE_SUGGEST__SAMPLING_TIMEOUT_SECONDS": timeout}
        server = create_server(load_settings(data_dir=data_dir, environ=environ), Place(project))
        async with Client(server, mode=mode, sampling_callback=model) as client:
            return await client.call_tool("suggest", {"task": TASK, **arguments})

    return call


def plain(result: CallToolResult) -> dict[str, Any]:
    """Return an answer without what differs from call to call, and without what sampling adds."""
    assert not result.is_error
    assert result.structured_content is not None
    beside = ("took_ms", "notices", "merged")
    return {name: value for name, value in result.structured_content.items() if name not in beside}


def notices(result: CallToolResult) -> list[str]:
    assert result.structured_content is not None
    return [one for one in result.structured_content["notices"] if "client's model" in one]


async def test_the_merged_text_stands_beside_the_parts(suggest: Callable[..., Awaitable[CallToolResult]]) -> None:
    model = Model(said("1. Call `retry_with_backoff` in app/parcels.py."))
    without = await suggest(None, sampling="false")
    result = await suggest(model, token_budget=1500)

    assert plain(result) == plain(without)
    assert result.structured_content is not None
    assert result.structured_content["merged"] == "1. Call `retry_with_backoff` in app/parcels.py."
    text = text_of(result)
    assert text.index("## Code:") < text.index("## Merged by the client's model") < text.index("Ids for get")
    assert notices(result) == []
    [asked] = model.asked
    assert asked.max_tokens == 1500
    assert TASK in asked.messages[0].model_dump_json()
    assert plain(without)["context"] in asked.messages[0].content.text  # type: ignore[union-attr] # a text was sent
    assert "not for you" in (asked.system_prompt or "")


async def test_nobody_is_asked_unless_it_is_configured(suggest: Callable[..., Awaitable[CallToolResult]]) -> None:
    model = Model(said("merged"))
    result = await suggest(model, sampling="false")

    assert model.asked == []
    assert "merged" not in (result.structured_content or {})
    assert notices(result) == []


async def test_a_refusal_gives_the_plain_answer(suggest: Callable[..., Awaitable[CallToolResult]]) -> None:
    model = Model(ErrorData(code=INVALID_REQUEST, message="User rejected sampling request"))
    result = await suggest(model)

    assert len(model.asked) == 1
    assert plain(result) == plain(await suggest(None, sampling="false"))
    assert "refused" in notices(result)[0]
    assert "Merged by" not in text_of(result)


async def test_a_model_that_hangs_is_not_waited_for(suggest: Callable[..., Awaitable[CallToolResult]]) -> None:
    model = Model(said("too late"), delay=60)
    async with asyncio.timeout(30):
        result = await suggest(model, timeout="0.2")

    assert len(model.asked) == 1
    assert plain(result) == plain(await suggest(None, sampling="false"))
    assert "in time" in notices(result)[0]


async def test_a_client_without_sampling_is_not_asked(suggest: Callable[..., Awaitable[CallToolResult]]) -> None:
    result = await suggest(None)

    assert plain(result) == plain(await suggest(None, sampling="false"))
    assert notices(result) == [
        "The client's model did not merge the parts (it offers no sampling); they stand here as they were found."
    ]


async def test_the_newest_protocol_is_answered_without_asking(
    suggest: Callable[..., Awaitable[CallToolResult]],
) -> None:
    model = Model(said("merged"))
    result = await suggest(model, mode="auto")

    assert model.asked == []
    assert plain(result) == plain(await suggest(None, sampling="false"))
    assert "2026-07-28" in notices(result)[0]


@pytest.mark.parametrize(
    "answer",
    [
        said(" \n"),
        CreateMessageResult(
            role="assistant", content=ImageContent(type="image", data="aGk=", mime_type="image/png"), model="m"
        ),
    ],
)
async def test_an_answer_without_words_is_none(
    suggest: Callable[..., Awaitable[CallToolResult]], answer: CreateMessageResult
) -> None:
    assert "no text" in notices(await suggest(Model(answer)))[0]


async def test_what_the_model_says_is_bounded_and_redacted(
    suggest: Callable[..., Awaitable[CallToolResult]],
) -> None:
    secret = "ghp_" + "a1B2" * 9
    model = Model(said(f"token {secret}\n" + "line of words\n" * 2_000))
    result = await suggest(model, token_budget=300)

    assert result.structured_content is not None
    merged = result.structured_content["merged"]
    assert count_tokens(merged) <= 300 + 20
    assert secret not in text_of(result)
    assert "line of words" in merged


async def test_a_task_that_nothing_fits_asks_nobody(suggest: Callable[..., Awaitable[CallToolResult]]) -> None:
    model = Model(said("merged"))
    result = await suggest(model, task="zymurgy qwxzv plmzt falconry")

    assert plain(result)["abstained"]
    assert model.asked == []
