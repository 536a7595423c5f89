"""Search over real stores: filters, languages, paging, what happens without a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import EmbeddingError, InputError
from fluorite_mcp.index.lexical import LexicalMatches
from fluorite_mcp.models import Chunk, Origin
from fluorite_mcp.search.documents import DocumentCache
from fluorite_mcp.search.hybrid import HybridSearch, SearchFilter
from tests.search.conftest import Shelf, bundled

pytestmark = pytest.mark.anyio


async def paths(engine: Engine, query: str, **options: Any) -> list[str | None]:
    return [hit.path for hit in (await engine.search(query, limit=50, **options)).hits]


async def test_code_is_found_by_name_by_meaning_and_in_each_language(engine: Engine) -> None:
    assert (await paths(engine, "parse_invoice_number"))[0] == "billing/invoices.py"
    assert (await paths(engine, "remind a customer to pay by mail"))[0] == "billing/mailer.py"
    assert (await paths(engine, "draw revenue as bar chart"))[0] == "web/chart.ts"
    assert (await paths(engine, "DrainQueue"))[0] == "worker/drain.go"


async def test_a_hit_names_its_place(engine: Engine, project: Path) -> None:
    result = await engine.search("parse_invoice_number")
    hit = result.hits[0]
    lines = (project / "billing/invoices.py").read_text().splitlines()

    assert result.project.root == str(project)
    assert hit.start_line is not None
    assert hit.end_line is not None
    assert any("def parse_invoice_number" in line for line in lines[hit.start_line - 1 : hit.end_line])
    assert hit.fresh == "fresh"
    assert "parse_invoice_number" in hit.snippet


@pytest.mark.parametrize(
    "query",
    [
        "zymurgy of medieval falconry",
        "quantum chromodynamics lattice gauge",
        "qwxzv jkvbn plmzt",
        "中世ヨーロッパの鷹狩り",
    ],
)
async def test_a_question_about_something_else_is_not_answered(engine: Engine, query: str) -> None:
    result = await engine.search(query)

    assert (result.abstained, result.hits) == (True, ())
    assert 0 < len(result.nearest) <= 5
    assert all(place.snippet == "" for place in result.nearest)


async def test_secrets_binaries_links_and_ignored_files_are_not_found(engine: Engine) -> None:
    for query in ("PAYMENT_TOKEN do-not-read-this", "outside_of_the_project", "built_by_a_machine"):
        result = await engine.search(query, kinds=["code", "doc"])
        assert not any("do-not-read" in hit.snippet or "outside_of" in hit.snippet for hit in result.hits)
        assert {hit.path for hit in result.hits}.isdisjoint({".env", "linked.py", "build/output.py", "logo.png"})


async def test_kinds_and_languages_filter(engine: Engine) -> None:
    await engine.store("Invoices are kept for ten years.", title="Retention of invoices")
    notes = await engine.search("invoices", kinds=["note"])
    go = await engine.search("queue of jobs", language="go", kinds=["code"])

    assert {hit.kind for hit in notes.hits} == {"note"}
    assert {hit.language for hit in go.hits} == {"go"}
    assert not (await engine.search("invoices", language="rust", kinds=["code"])).hits


async def test_frameworks_filter_what_files_import(engine: Engine) -> None:
    assert set(await paths(engine, "invoice reminder", frameworks=["FastAPI"], kinds=["code"])) == {
        "billing/invoices.py",
        "billing/mailer.py",
    }


async def test_every_tag_asked_for_must_be_there(engine: Engine) -> None:
    both = (await engine.store("Deploys run on Fridays.", tags=["deploy", "team"])).id
    await engine.store("Deploys need two reviewers.", tags=["deploy"])

    result = await engine.search("deploys", tags=["deploy", "team"])
    assert [hit.id for hit in result.hits] == [both]


async def test_a_subfolder_restricts_the_search(engine: Engine, project: Path) -> None:
    assert set(await paths(engine, "invoice", path="billing")) <= {"billing/invoices.py", "billing/mailer.py"}
    assert set(await paths(engine, "invoice", path=str(project / "tests"))) == {"tests/test_invoices.py"}
    assert set(await paths(engine, "invoice", path="billing/mailer.py")) == {"billing/mailer.py"}


async def test_a_folder_whose_name_begins_alike_does_not_count(engine: Engine, project: Path) -> None:
    (project / "billing2").mkdir()
    (project / "billing2" / "x.py").write_text("def invoice_elsewhere():\n    return 1\n")

    assert "billing2/x.py" not in await paths(engine, "invoice_elsewhere", path="billing")
    assert "billing2/x.py" in await paths(engine, "invoice_elsewhere")


def test_a_chunk_answers_only_while_it_is_valid() -> None:
    chunk = Chunk(
        "n", "note", "t", "c", valid_from="2026-02-01T00:00:00.000000Z", valid_to="2026-03-01T00:00:00.000000Z"
    )
    now = SearchFilter((0,), now="2026-02-10T00:00:00.000000Z")

    assert now.admits(chunk)
    assert not replace(now, now="2026-03-02T00:00:00.000000Z").admits(chunk)
    assert replace(now, as_of="2026-02-15T00:00:00.000000Z").admits(chunk)
    assert not replace(now, as_of="2026-01-15T00:00:00.000000Z").admits(chunk)
    assert not replace(now, as_of="2026-04-01T00:00:00.000000Z").admits(chunk)


def test_without_a_beginning_a_chunk_is_valid_from_when_it_was_made() -> None:
    chunk = Chunk("n", "note", "t", "c", created_at="2026-02-01T00:00:00.000000Z", origin=Origin())

    assert SearchFilter((0,), as_of="2026-02-01T00:00:00.000000Z").admits(chunk)
    assert not SearchFilter((0,), as_of="2026-01-31T23:59:59.999999Z").admits(chunk)


async def test_as_of_is_read_in_its_time_zone(engine: Engine) -> None:
    stored = await engine.store("The falcon server is down for repair.", title="Falcon server")
    [chunk] = (await engine.get([stored.id])).chunks
    east = chunk.created_at.replace("Z", "+09:00")  # nine hours before it was stored
    west = chunk.created_at.replace("Z", "-09:00")

    assert stored.id not in [hit.id for hit in (await engine.search("falcon server", as_of=east)).hits]
    assert stored.id in [hit.id for hit in (await engine.search("falcon server", as_of=west)).hits]


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_time_that_is_none_is_refused(engine: Engine, text: str) -> None:
    with pytest.raises(InputError, match="as_of"):
        await engine.search("x", as_of=text)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
async def test_pages_hold_everything_once(engine: Engine, limit: int) -> None:
    whole = [hit.id for hit in (await engine.search("invoice number customer", limit=50)).hits]
    paged: list[str] = []
    cursor = None
    while True:
        page = await engine.search("invoice number customer", limit=limit, cursor=cursor)
        assert len(page.hits) <= limit
        paged += [hit.id for hit in page.hits]
        if (cursor := page.next_cursor) is None:
            break

    assert paged[: len(whole)] == whole
    assert len(set(paged)) == len(paged)


async def test_a_page_of_another_request_is_refused(engine: Engine) -> None:
    cursor = (await engine.search("invoice", limit=1)).next_cursor

    assert cursor is not None
    with pytest.raises(InputError, match="cursor"):
        await engine.search("reminder", limit=1, cursor=cursor)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("督促メール", "docs/guide.ja.md"),
        ("売上の集計はいつ", "docs/guide.ja.md"),
        ("請求書の発行手順", "docs/guide.ja.md"),
        ("parse_invoice_number はどこ", "billing/invoices.py"),
    ],
)
async def test_japanese_questions_find_documents_and_code(engine: Engine, query: str, path: str) -> None:
    assert path in await paths(engine, query)


@pytest.mark.parametrize(
    ("content", "query"),
    [
        ("請求書の番号は年度ごとに一から振り直す。", "請求書の番号"),
        ("发票编号每年重新开始。", "发票编号"),
        ("송장 번호는 매년 새로 시작한다.", "송장 번호"),
    ],
    ids=["japanese", "chinese", "korean"],
)
async def test_notes_are_found_in_their_own_script(engine: Engine, content: str, query: str) -> None:
    stored = await engine.store(content)

    assert (await engine.search(query, kinds=["note"])).hits[0].id == stored.id


async def test_without_a_working_model_words_still_answer(open_engine: Callable[..., Any], broken_model: str) -> None:
    async with open_engine(model=broken_model) as engine:
        result = await engine.search("parse_invoice_number")

        assert result.mode == "lexical"
        assert result.hits[0].path == "billing/invoices.py"
        assert any("words only" in notice for notice in result.notices)


async def test_without_a_working_model_nonsense_is_not_answered(
    open_engine: Callable[..., Any], broken_model: str
) -> None:
    async with open_engine(model=broken_model) as engine:
        assert (await engine.search("zymurgy falconry")).abstained


class FailingEmbedder:
    """A model that is there and never answers."""

    name = "failing"
    dimensions = 4
    is_slow = True

    def embed(self, texts: Any) -> Any:
        raise EmbeddingError("the model is gone")

    embed_query = embed


class SilentEmbedder(FailingEmbedder):
    """A model that knows no word of the text."""

    is_slow = False

    def embed_query(self, text: Any) -> Any:
        return np.zeros(4, dtype=np.float32)


class OneChunk:
    """Words and headers of one chunk, and no vector."""

    async def search(self, *_arguments: Any) -> Any:
        return LexicalMatches(((1, 2.0),), 2.0)

    async def load_headers(self, keys: Any) -> dict[int, Chunk]:
        return {key: Chunk("n", "note", "t", "c", key=key) for key in keys}


def searching_with(embedder: Any) -> HybridSearch:
    part, shelf = OneChunk(), Shelf([Chunk("n", "note", "t", "c", key=1)])
    return HybridSearch(part, part, part, DocumentCache(shelf, shelf, shelf, embedder, bundled()), embedder)


async def test_a_model_that_fails_costs_the_dense_half_only() -> None:
    ranking = await searching_with(FailingEmbedder()).search("deploy", SearchFilter((0,)))

    assert (ranking.mode, [one.chunk.id for one in ranking.ranked]) == ("lexical", ["n"])
    assert ranking.notices == ("Searched by words only: the model is gone",)


async def test_a_text_without_meaning_is_searched_by_its_words() -> None:
    ranking = await searching_with(SilentEmbedder()).search("deploy", SearchFilter((0,)))

    assert (ranking.mode, len(ranking.ranked), ranking.notices) == ("hybrid", 1, ())


class CountingEmbedder:
    """The bundled model, and how often it was asked."""

    is_slow = False

    def __init__(self) -> None:
        self.asked = 0

    def embed(self, texts: Any) -> Any:
        self.asked += 1
        return bundled().embed(texts)

    def __getattr__(self, name: str) -> Any:
        return getattr(bundled(), name)


async def test_a_text_is_embedded_once_for_searches_of_several_kinds() -> None:
    embedder, source = CountingEmbedder(), AlternatingKinds()
    shelf = Shelf([])
    documents = DocumentCache(shelf, shelf, shelf, bundled(), bundled())
    search = HybridSearch(OneChunk(), source, source, documents, embedder)
    for text in ("deploy", "deploy", "invoice", "invoice"):
        await search.search(text, SearchFilter((0,), ("note",)))

    assert embedder.asked == 2


async def test_a_model_that_failed_is_asked_again() -> None:
    search = searching_with(FailingEmbedder())
    for _ in range(2):
        assert (await search.search("deploy", SearchFilter((0,)))).notices


class AlternatingKinds:
    """A thousand chunks by vector, nearest first; each tenth is a note."""

    async def search(
        self, scopes: Any, model: str, query: Any, limit: int, allowed: Any = None
    ) -> list[tuple[int, float]]:
        return [(key, 1 - key / 1000) for key in range(1, limit + 1)]

    async def load_headers(self, keys: Any) -> dict[int, Chunk]:
        return {key: Chunk(f"c{key}", "code" if key % 10 else "note", "t", "c", key=key) for key in keys}


@pytest.mark.parametrize(("kind", "expected"), [("code", 100), ("note", 20)])
async def test_a_filter_leaves_the_nearest_of_its_kind_and_no_more_than_twice_as_many_as_without(
    kind: str, expected: int
) -> None:
    source = AlternatingKinds()
    chunks = (await source.load_headers(range(1, 400))).values()
    shelf = Shelf(list(chunks))
    documents = DocumentCache(shelf, shelf, shelf, bundled(), bundled())
    ranking = await HybridSearch(OneChunk(), source, source, documents, bundled()).search(
        "deploy", SearchFilter((0,), (kind,))
    )
    found = sorted(one.chunk.key for one in ranking.ranked if one.cosine is not None)

    nearest = [key for key in range(1, 201) if (key % 10 == 0) == (kind == "note")]
    assert found == nearest[:expected]


@pytest.mark.parametrize("query", ["\"'()*:^", "AND OR NOT NEAR", "%_\\", "🙂", "a" * 5000, "猫", "-1", "p0 kcode"])
async def test_no_text_breaks_the_search(engine: Engine, query: str) -> None:
    assert (await engine.search(query)).mode == "hybrid"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"query": ""}, "query"),
        ({"query": "a\0b"}, "query"),
        ({"query": "\ud800"}, "query"),
        ({"query": "x" * 100_000}, "query"),
        ({"kinds": ["cod"]}, "Did you mean 'code'"),
        ({"language": "pythn"}, "Did you mean 'python'"),
        ({"limit": 0}, "limit"),
        ({"limit": 51}, "limit"),
        ({"max_lines": -1}, "max_lines"),
        ({"min_score": 1.1}, "min_score"),
        ({"min_score": float("nan")}, "min_score"),
        ({"cursor": "?"}, "cursor"),
    ],
)
async def test_a_bad_argument_is_named(engine: Engine, options: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        await engine.search(**{"query": "x", **options})


async def test_a_least_score_leaves_out_the_rest(engine: Engine) -> None:
    everything = (await engine.search("invoice", limit=50, kinds=["code", "doc"])).hits
    bar = (everything[0].score + everything[-1].score) / 2
    some = (await engine.search("invoice", limit=50, kinds=["code", "doc"], min_score=bar)).hits

    assert 0 < len(some) < len(everything)
    assert [hit.id for hit in some] == [hit.id for hit in everything if hit.score >= bar]
