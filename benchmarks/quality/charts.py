"""The charts of the documentation: quality against time, and when search says that nothing is there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.quality.svg import Axis, Plot

# What semble's authors publish for all 63 repositories of their set; half of them or fewer are measured here.
# Each with the pixels its label stands below its line.
PUBLISHED = (
    (0.861, "published: semble, 137M transformer 0.860–0.862", -5),
    (0.854, "published: semble, its own model 0.854", 14),
)
_PARTS = ("no abstaining", "words only", "vectors only", "no rules")


def quality_against_time(systems: Mapping[str, tuple[float, float]], title: str) -> str:
    """Return the chart of NDCG@10 against the median query.

    Args:
        systems: By name (milliseconds, NDCG@10).
        title: Above the chart.
    """
    times = [ms for ms, _ in systems.values()]
    low = 10.0 ** math.floor(math.log10(max(min(times), 0.01)))
    high = 10.0 ** math.ceil(math.log10(max(times) * 1.5))
    powers = range(round(math.log10(low)), round(math.log10(high)) + 1)
    marks = [(10.0**power, f"{10.0**power:g}") for power in powers]
    bottom = math.floor(min(quality for _, quality in systems.values()) * 20 - 0.5) / 20
    top = max(0.9, math.ceil(max(quality for _, quality in systems.values()) * 20 + 0.5) / 20)
    shares = [bottom + 0.05 * step for step in range(round((top - bottom) / 0.05) + 1)]
    plot = Plot(
        title,
        Axis(low, high, "query, median milliseconds (logarithmic; further left is faster)", marks, is_log=True),
        Axis(bottom, top, "NDCG@10 (higher is better)", [(share, f"{share:.2f}") for share in shares]),
    )
    for level, label, drop in PUBLISHED:
        plot.level(level, label, drop)
    for name, (ms, quality) in systems.items():
        kind = "ours" if name == "product" else "part" if name in _PARTS else "peer"
        plot.point(ms, quality, f"{name} {quality:.3f}", kind)
    return plot.render()


def abstention_curve(points: Sequence[tuple[float, float, float]], cutoff: float) -> str:
    """Return the chart of who abstains at which cut-off.

    Args:
        points: (cut-off, share of unanswerable questions below it, share of answerable questions below it).
        cutoff: The one that is shipped.
    """
    tenths = [step / 5 for step in range(6)]
    plot = Plot(
        "When search says that nothing relevant is there",
        Axis(
            0.0, 1.0, "cut-off: how sure search must be that something is there", [(at, f"{at:.1f}") for at in tenths]
        ),
        Axis(0.0, 1.0, "share that abstains", [(at, f"{at:.0%}") for at in tenths]),
    )
    plot.upright(cutoff, f"shipped: {cutoff:g}", 0.3)
    plot.level(0.8, "at least 80 % of what is not there")
    plot.level(0.03, "at most 3 % of what is")
    plot.curve([(at, share) for at, share, _ in points], "peer")
    plot.curve([(at, share) for at, _, share in points], "ours")
    # Each name stands where its curve is in the middle, on the side away from the other curve.
    plot.beside(min(points, key=lambda point: abs(point[1] - 0.6))[0], 0.6, "about other repositories")
    plot.beside(min(points, key=lambda point: abs(point[2] - 0.4))[0], 0.4, "answerable", "end")
    return plot.render()


def write_image(docs: Path, name: str, svg: str) -> Path:
    """Write a chart to the images of the documentation."""
    folder = docs / "images"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(svg, encoding="utf-8")
    return path
