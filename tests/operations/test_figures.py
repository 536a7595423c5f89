"""Figures of all processes, and the same for Prometheus."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fluorite_mcp.engine import Engine
from fluorite_mcp.operations.metrics import prometheus_text
from tests.conftest import OpenEngine

pytestmark = pytest.mark.anyio


async def samples_of(engine: Engine) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(prometheus_text(await engine.automatic.metrics()))
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


async def test_prometheus_reads_every_figure_with_its_type_and_help(engine: Engine) -> None:
    await engine.search("parse_invoice_number")
    text = prometheus_text(await engine.automatic.metrics())
    families = {family.name: family for family in text_string_to_metric_families(text)}

    assert families["fluorite_search_seconds"].type == "histogram"
    assert families["fluorite_searches"].type == "counter"
    assert families["fluorite_chunks"].type == "gauge"
    assert all(family.documentation and family.type != "unknown" for family in families.values())
    assert text.endswith("\n")


async def test_a_histogram_is_cumulative_and_ends_with_its_count(engine: Engine) -> None:
    for query in ("parse_invoice_number", "send_reminder", "DrainQueue"):
        await engine.search(query)
    samples = await samples_of(engine)
    buckets = [value for (name, _), value in samples.items() if name == "fluorite_search_seconds_bucket"]

    assert buckets == sorted(buckets)
    assert buckets[-1] == samples["fluorite_search_seconds_count", ()] == 3
    assert samples["fluorite_search_seconds_sum", ()] > 0


async def test_figures_are_those_of_all_processes(open_engine: OpenEngine) -> None:
    for _ in range(2):
        async with open_engine() as engine:
            await engine.search("parse_invoice_number")
    async with open_engine() as engine:
        assert (await samples_of(engine))["fluorite_searches_total", (("outcome", "answered"),)] == 2
        assert (await engine.status()).metrics["searches"] == {"answered": 2}


async def test_what_was_learned_asked_again_and_judged_is_counted(engine: Engine, project: Path) -> None:
    first = await engine.search("parse_invoice_number")
    await engine.search("parse_invoice_number")
    await engine.search("qqqq zzzz xxxx vvvv")
    await engine.feedback([first.hits[0].id], "helpful")
    summary = (await engine.automatic.metrics()).summary

    assert summary["files_learned"] >= 7
    assert summary["chunks_learned"] >= 7
    assert summary["answers_kept_hit_rate"] == pytest.approx(1 / 3, abs=0.01)
    assert summary["searches"] == {"abstained": 1, "answered": 2}
    assert summary["judgements"] == {"helpful": 1}
    assert summary["search_ms"]["count"] == 3
    assert 0 < summary["search_ms"]["p50"] <= summary["search_ms"]["p95"]
    assert summary["embed_ms"]["count"] >= 1


async def test_patterns_are_counted_by_their_quality(engine: Engine) -> None:
    await engine.store("def handler(request): ...", kind="pattern", quality_score=0.9)
    await engine.store("def other(): ...", kind="pattern", quality_score=0.3)

    patterns = (await engine.status()).metrics["patterns"]

    assert patterns == {"count": 2, "mean_quality": 0.6, "over_threshold": 1}


async def test_a_store_that_cannot_be_written_keeps_the_figures_of_the_process(engine: Engine) -> None:
    await engine.search("parse_invoice_number")
    await engine._stored.database._writer.execute("PRAGMA query_only = ON")
    await engine._usage.flush()

    assert (await engine.automatic.metrics()).summary["searches"] == {"answered": 1}
