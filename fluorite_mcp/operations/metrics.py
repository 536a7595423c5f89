"""Figures of learning, quality, caches, times and suggestions: sums over all processes, and what the store holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from fluorite_mcp import measures as names
from fluorite_mcp.measures import Measures, Series, cumulative, quantile
from fluorite_mcp.ports import ChunkStore, MetricStore, ProjectStore
from fluorite_mcp.results import MetricFamily, MetricSample, MetricsResult

_HELP: Mapping[str, str] = {
    names.SEARCHES: "Searches, by whether anything relevant was found.",
    names.CACHE_REQUESTS: "Questions put to a cache, by cache and whether the answer was there.",
    names.SUGGESTED: "Templates, code and notes that suggest named.",
    names.ACCEPTED: "Of these, how many were then fetched, applied or judged helpful; any counts each once.",
    names.USES: "Chunks fetched or applied after a search or a suggestion showed them.",
    names.JUDGEMENTS: "Judgements by feedback, by outcome.",
    names.FILES_LEARNED: "Files read because they were new or changed.",
    names.CHUNKS_LEARNED: "Chunks made of learned files.",
}
_HISTOGRAMS: Mapping[str, str] = {
    names.SEARCH_SECONDS: "Time of a search, without what is learned before it.",
    names.EMBED_SECONDS: "Time of one call of the embedding model in the engine's process.",
    names.LEARN_SECONDS: "Time of a learning that found something changed.",
}
_QUANTILES = (0.5, 0.95)


class CacheFigures(Protocol):
    """What a cache of this process says of itself."""

    hits: int
    misses: int


class Metrics:
    """Answers `metrics`, and gives `status` its figures."""

    def __init__(
        self,
        store: MetricStore,
        measures: Measures,
        chunks: ChunkStore,
        projects: ProjectStore,
        cache: CacheFigures,
        quality_threshold: float,
        sizes: Callable[[], Mapping[str, int]],
    ) -> None:
        self._store = store
        self._measures = measures
        self._chunks = chunks
        self._projects = projects
        self._cache = cache
        self._threshold = quality_threshold
        self._sizes = sizes

    async def run(self) -> MetricsResult:
        """Return every figure as Prometheus has them, and the same condensed."""
        sums = await self._sums()
        gauges = await self._gauges()
        families = [_counter(name, help_, sums) for name, help_ in _HELP.items()]
        families += [_histogram(name, help_, sums) for name, help_ in _HISTOGRAMS.items()]
        return MetricsResult(families=(*families, *gauges), summary=self._summary(sums, await self._patterns()))

    async def summary(self) -> dict[str, Any]:
        """Return the figures condensed: counts, rates, and quantiles in milliseconds."""
        return self._summary(await self._sums(), await self._patterns())

    async def _sums(self) -> dict[Series, float]:
        sums = dict(await self._store.all())
        for series, value in self._measures.seen().items():
            sums[series] = sums.get(series, 0.0) + value
        return sums

    async def _patterns(self) -> dict[str, Any]:
        patterns = await self._chunks.select(scope=None, kinds=["pattern"])
        mean = sum(chunk.quality for chunk in patterns) / len(patterns) if patterns else None
        return {
            "count": len(patterns),
            "mean_quality": None if mean is None else round(mean, 3),
            "over_threshold": sum(chunk.quality >= self._threshold for chunk in patterns),
        }

    def _summary(self, sums: Mapping[Series, float], patterns: Mapping[str, Any]) -> dict[str, Any]:
        suggested = sums.get((names.SUGGESTED, ""), 0.0)
        accepted = _by_label(sums, names.ACCEPTED, "how")
        answers = _by_label(sums, names.CACHE_REQUESTS, "result")
        return {
            "searches": {key: int(value) for key, value in _by_label(sums, names.SEARCHES, "outcome").items()},
            "search_ms": _quantiles(sums, names.SEARCH_SECONDS),
            "embed_ms": _quantiles(sums, names.EMBED_SECONDS),
            "answers_kept_hit_rate": _rate(answers.get("hit", 0.0), sum(answers.values())),
            "embedding_cache_hit_rate": _rate(self._cache.hits, self._cache.hits + self._cache.misses),
            "suggested": int(suggested),
            **{how: int(accepted.get(how, 0.0)) for how in ("fetched", "applied", "helpful")},
            "acceptance": _rate(accepted.get("any", 0.0), suggested),
            "uses": {key: int(value) for key, value in _by_label(sums, names.USES, "how").items()},
            "judgements": {key: int(value) for key, value in _by_label(sums, names.JUDGEMENTS, "outcome").items()},
            "files_learned": int(sums.get((names.FILES_LEARNED, ""), 0.0)),
            "chunks_learned": int(sums.get((names.CHUNKS_LEARNED, ""), 0.0)),
            "patterns": dict(patterns),
        }

    async def _gauges(self) -> list[MetricFamily]:
        living, archived = await self._chunks.counts()
        patterns = await self._patterns()
        learned = await self._projects.newest_learning()
        at = datetime.fromisoformat(learned).timestamp() if learned else 0.0
        counts = {f'kind="{kind}"': float(count) for kind, count in sorted(living.items())}
        figures = {f'result="{name}"': float(getattr(self._cache, name)) for name in ("hits", "misses")}
        sizes = {f'what="{name.removesuffix("_bytes")}"': float(size) for name, size in self._sizes().items()}
        return [
            _gauge("fluorite_chunks", "Chunks that can be found, by kind.", counts),
            _gauge("fluorite_archived_chunks", "Chunks that were archived.", {"": float(archived)}),
            _gauge("fluorite_projects", "Projects that were learned.", {"": float(len(await self._projects.all()))}),
            _gauge("fluorite_last_learning_timestamp_seconds", "When learned last; 0 for never.", {"": at}),
            _gauge("fluorite_patterns_over_threshold", "Patterns at least as good as the threshold.",
                   {"": float(patterns["over_threshold"])}),
            _gauge("fluorite_pattern_quality", "Mean quality of the patterns; none without patterns.",
                   {} if patterns["mean_quality"] is None else {"": patterns["mean_quality"]}),
            _gauge("fluorite_embedding_cache_requests", "Requests to the embedding cache by this process.", figures),
            _gauge("fluorite_size_bytes", "Size of the store's parts on disk.", sizes),
        ]  # fmt: skip


def _counter(name: str, help_: str, sums: Mapping[Series, float]) -> MetricFamily:
    found = {labels: value for (series, labels), value in sums.items() if series == name}
    return _family(name, "counter", help_, found or {"": 0.0})


def _gauge(name: str, help_: str, values: Mapping[str, float]) -> MetricFamily:
    return _family(name, "gauge", help_, values)


def _family(name: str, type_: str, help_: str, values: Mapping[str, float]) -> MetricFamily:
    samples = tuple(MetricSample(name=name, labels=labels, value=value) for labels, value in sorted(values.items()))
    return MetricFamily(name=name, type=type_, help=help_, samples=samples)


def _histogram(name: str, help_: str, sums: Mapping[Series, float]) -> MetricFamily:
    buckets = cumulative(sums, name)
    samples = [
        MetricSample(
            name=f"{name}_bucket", labels=f'le="{"+Inf" if bound == float("inf") else f"{bound:g}"}"', value=count
        )
        for bound, count in buckets
    ]
    samples.append(MetricSample(name=f"{name}_sum", labels="", value=sums.get((f"{name}_sum", ""), 0.0)))
    samples.append(MetricSample(name=f"{name}_count", labels="", value=buckets[-1][1]))
    return MetricFamily(name=name, type="histogram", help=help_, samples=tuple(samples))


def prometheus_text(result: MetricsResult) -> str:
    """Return figures in Prometheus' text format, version 0.0.4."""
    lines = []
    for family in result.families:
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.type}"]
        for sample in family.samples:
            labels = f"{{{sample.labels}}}" if sample.labels else ""
            lines.append(f"{sample.name}{labels} {sample.value!r}")
    return "\n".join(lines) + "\n"


def _by_label(sums: Mapping[Series, float], name: str, label: str) -> dict[str, float]:
    """Return the values of a counter summed by one of its labels."""
    found: dict[str, float] = {}
    for (series, labels), value in sorted(sums.items()):
        if series == name:
            pairs = dict(pair.split("=", 1) for pair in labels.split(",") if pair)
            key = pairs.get(label, "").strip('"')
            found[key] = found.get(key, 0.0) + value
    return found


def _quantiles(sums: Mapping[Series, float], name: str) -> dict[str, Any]:
    buckets = cumulative(sums, name)
    figures: dict[str, Any] = {"count": int(buckets[-1][1])}
    for part in _QUANTILES:
        seconds = quantile(buckets, part)
        figures[f"p{part * 100:g}"] = None if seconds is None else round(seconds * 1000, 2)
    return figures


def _rate(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None
