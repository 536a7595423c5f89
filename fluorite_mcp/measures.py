"""What this process measures of itself: sums by name and labels, and times in buckets.

Everything is a sum that only grows, so what many processes measured in their lives adds up: `Measures.take` hands over
what came since the last time, and the store keeps the totals. Measuring costs a microsecond and waits for nothing.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

# Upper bounds in seconds: an answer kept in memory takes tenths of a millisecond, learning a repository minutes.
SECONDS_BUCKETS = (
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0,
)  # fmt: skip
_UNBOUNDED = "+Inf"

SEARCH_SECONDS = "fluorite_search_seconds"
EMBED_SECONDS = "fluorite_embed_seconds"
LEARN_SECONDS = "fluorite_learn_seconds"
SEARCHES = "fluorite_searches_total"
CACHE_REQUESTS = "fluorite_cache_requests_total"
SUGGESTED = "fluorite_suggested_total"
ACCEPTED = "fluorite_suggestions_accepted_total"
USES = "fluorite_uses_total"
JUDGEMENTS = "fluorite_judgements_total"
FILES_LEARNED = "fluorite_files_learned_total"
CHUNKS_LEARNED = "fluorite_chunks_learned_total"

# (name, labels as Prometheus writes them, without the braces)
Series = tuple[str, str]


class Measures:
    """The sums of this process since they were last taken. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[Series, float] = defaultdict(float)

    def count(self, name: str, amount: float = 1.0, **labels: str) -> None:
        """Add to a sum."""
        if amount:
            with self._lock:
                self._sums[name, labels_text(labels)] += amount

    def observe(self, name: str, seconds: float) -> None:
        """Note how long something took."""
        position = bisect_left(SECONDS_BUCKETS, seconds)
        bound = _UNBOUNDED if position == len(SECONDS_BUCKETS) else f"{SECONDS_BUCKETS[position]:g}"
        with self._lock:
            self._sums[f"{name}_bucket", f'le="{bound}"'] += 1
            self._sums[f"{name}_sum", ""] += seconds

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note how long the block takes, if it succeeds."""
        started = time.perf_counter()
        yield
        self.observe(name, time.perf_counter() - started)

    def take(self) -> dict[Series, float]:
        """Return the sums since the last taking, and start anew."""
        with self._lock:
            taken, self._sums = dict(self._sums), defaultdict(float)
        return taken

    def give_back(self, sums: Mapping[Series, float]) -> None:
        """Add sums again that were taken and could not be kept."""
        with self._lock:
            for series, value in sums.items():
                self._sums[series] += value

    def seen(self) -> dict[Series, float]:
        """Return the sums since the last taking, which go on."""
        with self._lock:
            return dict(self._sums)


def labels_text(labels: Mapping[str, str]) -> str:
    """Return labels as Prometheus writes them, ordered."""
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items()))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def cumulative(sums: Mapping[Series, float], name: str) -> list[tuple[float, float]]:
    """Return a histogram as (upper bound in seconds, observations up to it), the last bound infinite."""
    counts = [sums.get((f"{name}_bucket", f'le="{bound:g}"'), 0.0) for bound in SECONDS_BUCKETS]
    counts.append(sums.get((f"{name}_bucket", f'le="{_UNBOUNDED}"'), 0.0))
    total, result = 0.0, []
    for bound, count in zip((*SECONDS_BUCKETS, float("inf")), counts, strict=True):
        total += count
        result.append((bound, total))
    return result


def quantile(histogram: list[tuple[float, float]], part: float) -> float | None:
    """Estimate a quantile from cumulative buckets, as if observations were even in each; None without any.

    What lies above the last bound is as long as that bound, as in Prometheus' `histogram_quantile`.
    """
    total = histogram[-1][1]
    if not total:
        return None
    wanted, lower, below = part * total, 0.0, 0.0
    for bound, count in histogram:
        if count >= wanted and count > below:
            return lower if bound == float("inf") else lower + (bound - lower) * (wanted - below) / (count - below)
        lower, below = (lower if bound == float("inf") else bound), count
    return lower
