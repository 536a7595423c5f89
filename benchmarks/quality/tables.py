"""Markdown tables of the results, and the sections of a page they replace."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.quality.scores import Costs
from benchmarks.quality.tasks import Task

PAGE = "benchmarks.md"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table: the first column to the left, figures to the right."""
    lines = [_row(header), _row(["---", *["---:"] * (len(header) - 1)]), *map(_row, rows)]
    return "\n".join(lines)


def quality_table(
    task: Task, groups: Sequence[str], means: Mapping[str, Mapping[str, Mapping[str, float]]],
    extra: Mapping[str, Mapping[str, float]],
) -> str:  # fmt: skip
    """Return the table of systems against groups and measures.

    Args:
        task: The task; with one measure its name is left out of the columns.
        groups: The groups that are columns.
        means: By system, group and measure.
        extra: Further columns by name, each by system.
    """
    several = len(task.measures) > 1
    columns = [(group, measure) for group in groups for measure in task.measures]
    header = [
        task.headline if not several else "",
        *(f"{group} {measure}" if several else group for group, measure in columns),
        *extra,
    ]
    rows = [
        [
            system,
            *(_share(by.get(group, {}).get(measure)) for group, measure in columns),
            *(_share(values.get(system)) for values in extra.values()),
        ]
        for system, by in means.items()
    ]
    return table(header, rows)


def cost_table(by_system: Mapping[str, Costs]) -> str:
    """Return the table of what each system needed."""
    header = ("", "indexing, s", "query p50, ms", "p95, ms", "peak memory, MB", "tokens per answer", "abstained")
    return table(
        header,
        [
            [
                system, f"{one.index_seconds:,.1f}", f"{one.p50_ms:,.1f}", f"{one.p95_ms:,.1f}",
                f"{one.peak_megabytes:,.0f}", f"{one.tokens:,.0f}", f"{one.abstained:.1%}",
            ]
            for system, one in by_system.items()
        ],
    )  # fmt: skip


def replace_section(text: str, name: str, body: str) -> str:
    """Return a page with the marked section of a name holding `body`; a page without it gets it at its end."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    section = f"{begin}\n{body.strip()}\n{end}"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if pattern.search(text):
        return pattern.sub(lambda _: section, text, count=1)
    return f"{text.rstrip()}\n\n{section}\n"


def write_section(docs: Path, name: str, body: str) -> None:
    """Write a section of the benchmarks' page in the folder of the documentation."""
    page = docs / PAGE
    page.write_text(replace_section(page.read_text(encoding="utf-8"), name, body), encoding="utf-8")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
