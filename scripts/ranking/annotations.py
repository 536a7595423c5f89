"""Annotated queries: which files of which pinned repository answer them."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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
    """Return the folder of the repository's pinned tree, laid out if it is not there yet.

    Raises:
        subprocess.CalledProcessError: git cannot fetch or read the revision.
    """
    tree = trees / f"{repository.name}-{repository.revision[:12]}"
    if not tree.is_dir():
        clone = _clone(repository, trees, mirror)
        command = ["git", "-C", str(clone), "archive", repository.revision]
        archive = subprocess.run([*command, *filter(None, [repository.folder])], check=True, capture_output=True)
        partial = tree.with_suffix(".partial")
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
            packed.extractall(partial, filter="data")
        # A repository of its own: else the tree would count as an ignored part of the one this checkout is.
        subprocess.run(["git", "init", "--quiet", str(partial / repository.folder)], check=True)
        partial.rename(tree)
    return tree / repository.folder


def _clone(repository: Repository, trees: Path, mirror: Path | None) -> Path:
    owner_and_name = repository.url.removesuffix(".git").rstrip("/").split("/")[-2:]
    if mirror is not None:
        return mirror / "+".join(owner_and_name) / "repo"
    clone = trees / "clones" / "+".join(owner_and_name)
    if not clone.is_dir():
        clone.mkdir(parents=True)
        subprocess.run(["git", "init", "--quiet", "--bare", str(clone)], check=True)
    fetch = ["git", "-C", str(clone), "fetch", "--quiet", "--depth", "1", repository.url, repository.revision]
    subprocess.run(fetch, check=True)
    return clone
