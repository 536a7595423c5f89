"""The generated collection of templates is what the benchmark says of it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.spike_corpus import write_corpus
from fluorite_mcp.operations.import_spikes import judge
from fluorite_mcp.spikes.collection import read_collection


def test_the_same_seed_gives_the_same_collection(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_corpus(tmp_path / name, 60, 9)
    first, second = ({f.name: f.read_bytes() for f in (tmp_path / name).iterdir()} for name in ("a", "b"))
    assert first == second
    assert len(first) == 60


def test_its_broken_files_are_broken_and_its_filler_is_told_from_the_rest(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, 600, 18)
    collection = read_collection(tmp_path)
    assert len(collection.broken) == corpus.broken
    judged = judge(list(collection.spikes.values()))
    kept = {one.spike.id for one in judged if not one.is_archived and one.quality > 0.3}
    filler = {one.spike.id for one in judged if one.spike.id.startswith(("strike-", "gen-"))}
    assert len(filler) == corpus.filler
    assert not kept & filler
    assert len(kept) == corpus.written
