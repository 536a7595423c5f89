"""Annotated queries: which files of which pinned repository answer them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.quality.trees import ensure_tree


@dataclass(frozen=True, slots=True)
class AnnotatedQuery:
    """A query with the paths that answer it, relative to the repository."""

    text: str
    category: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository at a revision, the folder that is searched (empty for all), and its queries."""

    name: str
    url: str
    revision: str
    folder: str
    queries: tuple[AnnotatedQuery, ...]


def read_annotations(file: Path) -> list[Repository]:
    """Read a file of the form {"repos": [...], "annotations": {name: [...]}}."""
    data = json.loads(file.read_text(encoding="utf-8"))
    return [
        Repository(
            name=one["name"],
            url=one["url"],
            revision=one["revision"],
            folder=one.get("benchmark_root") or "",
            queries=tuple(_query(item) for item in data["annotations"][one["name"]]),
        )
        for one in data["repos"]
    ]


def _query(item: dict[str, Any]) -> AnnotatedQuery:
    targets = [*item.get("relevant", []), *item.get("secondary", [])]
    paths = tuple(target if isinstance(target, str) else str(target["path"]) for target in targets)
    return AnnotatedQuery(item["query"], item.get("category", ""), paths)


def lay_out(repository: Repository, trees: Path, mirror: Path | None) -> Path:
    """Return the folder of the repository's pinned tree to learn, laid out if it is not there yet.

    Raises:
        SystemExit: git cannot fetch or read the revision.
    """
    spec = {
        "name": repository.name,
        "url": repository.url,
        "revision": repository.revision,
        "benchmark_root": repository.folder,
    }
    return ensure_tree(spec, mirror=mirror, cache=trees)
