"""Which template `suggest` chooses for a description, where the templates are their paths and code alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality.tables import table
from benchmarks.quality.tasks import Options as Trees
from benchmarks.quality.tasks import load_templates
from fluorite_mcp.engine import Engine
from fluorite_mcp.operations.store_request import StoreRequest

_AT_ONCE = 100
_SHOWN = 3


async def measure_templates(data: Path, work: Path) -> str:
    """Ask for every template by its description and return the table."""
    collection = load_templates(data / "spikes-dev.json", Trees())[0]
    names = {f"template-{number}": document.id for number, document in enumerate(collection.documents)}
    folder = work / "templates"
    (folder / "empty").mkdir(parents=True, exist_ok=True)
    found: list[tuple[str, int, float]] = []
    async with Engine.open(folder / "store", folder=folder / "empty") as engine:
        # A template's own id may not be stored by hand; any other chunk of the kind counts as one of a single file.
        requests = [
            StoreRequest(document.text, "spike", f"template-{number}", scope="global")
            for number, document in enumerate(collection.documents)
        ]
        for start in range(0, len(requests), _AT_ONCE):
            await engine.store_many(requests[start : start + _AT_ONCE])
        await engine.settle()
        for question in collection.questions:
            started = time.perf_counter()
            result = await engine.suggest(question.query)
            ms = (time.perf_counter() - started) * 1000
            chosen = [names.get(spike.id, spike.id) for spike in result.spikes]
            right = question.targets[0].path
            found.append((question.groups[1], chosen.index(right) + 1 if right in chosen else 0, ms))
    return f"```console\n$ scripts/bench suggest templates\n```\n\n{_table(found)}"


def _table(found: Sequence[tuple[str, int, float]]) -> str:
    rows: list[list[Any]] = []
    for name, some in (
        ("all", list(found)),
        ("English", [one for one in found if one[0] == "en"]),
        ("Japanese", [one for one in found if one[0] == "ja"]),
    ):
        ranks = [rank for _, rank, _ in some]
        count = len(ranks) or 1
        times = sorted(ms for *_, ms in some)
        rows.append([
            name, str(len(ranks)), f"{sum(1 / rank for rank in ranks if rank) / count:.3f}",
            f"{sum(rank == 1 for rank in ranks) / count:.3f}",
            f"{sum(0 < rank <= _SHOWN for rank in ranks) / count:.3f}",
            f"{times[len(times) // 2]:.0f}" if times else "–",
        ])  # fmt: skip
    return table(["template for a description", "descriptions", "MRR@3", "R@1", "R@3", "p50, ms"], rows)
