"""The benchmark at scale, at a size of some hundred chunks: its tree, its store, its figures and its table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import scale, scale_store
from benchmarks.scale import BEGIN, END, placed, rows_of, table
from benchmarks.scale_queries import doc_queries, word_queries
from benchmarks.scale_store import ScaleStore, ensure_store
from benchmarks.scale_tree import Names, Source, read_sources, varied

REPOSITORY = Path(scale.__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return read_sources([REPOSITORY / "fluorite_mcp" / "operations", REPOSITORY / "fluorite_mcp" / "storage"])


def test_a_copy_has_other_names_everywhere_alike(sources: list[Source]) -> None:
    names = Names(sources)
    original, copy = ({one.path: one.text for one in varied(sources, names, number)} for number in (0, 3))

    assert list(original.values()) == [source.text for source in sources]
    assert len(copy) == len(original)
    joined, before = "\n".join(copy.values()), "\n".join(original.values())
    renamed = {name for name in ("check_request", "describe_origin", "backup_hint", "open_store", "load_headers")
               if names.rename(name, 3) != name}  # fmt: skip
    assert all(names.rename(name, 3) in joined for name in renamed)
    assert joined != before
    assert joined.count("\n") == before.count("\n")


def test_names_are_the_same_each_time_and_new_in_every_copy(sources: list[Source]) -> None:
    first, second = Names(sources), Names(sources)
    words = {word for source in sources for word in source.text.split() if word.isidentifier()}

    copies = [{first.rename(word, copy) for word in words} for copy in range(4)]

    assert copies[0] == words
    assert copies[2] == {second.rename(word, 2) for word in words}
    assert len(set().union(*copies)) > 1.2 * len(words)
    assert first.rename("return", 2) == "return"


def test_what_is_no_text_and_what_is_too_large_is_left_out(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("x")
    (tmp_path / "a.py").write_text("a = 1\n")
    (tmp_path / "b.bin").write_bytes(b"\0\1")
    (tmp_path / "c.py").write_text("x" * 400_000)
    (tmp_path / "d.py").symlink_to(tmp_path / "a.py")

    assert [source.path for source in read_sources([tmp_path])] == [f"{tmp_path.name}/a.py"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ScaleStore:
    folder = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scale_store, "WORK_FOLDER", folder)
        built = ensure_store(500, [REPOSITORY / "fluorite_mcp" / "storage"])
        assert ensure_store(500, []) == built, "a complete store is used again"
    return built


def test_a_store_has_about_the_chunks_asked_for(store: ScaleStore) -> None:
    assert 400 <= store.chunks <= 600
    assert store.copies > 1
    assert store.files == sum(1 for path in Path(store.tree).glob("copy*/**/*") if path.is_file())
    assert store.learning > 0


def test_queries_come_from_the_store_and_depend_on_the_seed_alone(store: ScaleStore) -> None:
    database = Path(store.data) / "fluorite.db"

    queries = doc_queries(database, 15, 4)

    assert len(set(queries)) == 15
    assert queries == doc_queries(database, 15, 4)
    assert queries != doc_queries(database, 15, 5)
    assert all(" " in query for query in queries)
    assert all(name.isidentifier() for name in word_queries(database, 15, 4))


@pytest.mark.parametrize("what", ["first", "hybrid", "parts"])
def test_a_probe_prints_its_figures(store: ScaleStore, what: str) -> None:
    command = [sys.executable, "-m", "benchmarks.scale_probe", what, store.data, store.tree]

    done = subprocess.run(command, check=True, capture_output=True, cwd=REPOSITORY)

    figures = json.loads(done.stdout)
    if what == "hybrid":
        assert (Path(store.tree).parent / "neighbour").is_dir()
        assert all(figures[name]["n"] > 5 for name in ("docs", "names", "code"))
    elif what == "parts":
        assert figures["recall"] == 1.0, "a small store is searched exactly"
        assert 0 < figures["dense"]["p50"] <= figures["dense"]["p95"] <= figures["dense"]["max"]
        assert figures["sizes"]["tail"] >= store.chunks, "patterns are compared, too"
    else:
        assert figures["resident"] > 20


def figures(n: float = 10.0) -> dict[str, float]:
    return {"n": n, "max": 9.0, "sum": 1500.0} | {
        f"{kind}{p}": 2.0 for kind in ("", "cpu_") for p in ("p50", "p95", "p99")
    }


def test_the_table_names_every_bar_and_stands_between_its_marks() -> None:
    rows = rows_of(
        {"published": 0, "built": 60.0, "during": figures(), "peak": 700.0, "together": 1000.0,
         "mining": {"together": 1300.0, "searches": figures()}},
        {"seconds": 3.0},
        {"docs": figures(), "names": figures(), "code": figures(), "resident": 500.0, "peak": 510.0},
        {"dense": figures(), "lexical": figures(), "recall": 0.98, "sizes": {"published": 900, "tail": 100}},
        {"call": figures(), "many": {"listed": 0.9, "side": 1.4}, "found": 1.0, "during": figures(),
         "peak": 600.0, "together": 910.0, "learning": {"files": 80, "chunks": 978, "seconds": 1.5, "again": 0.5}},
    )  # fmt: skip

    text = table(ScaleStore("d", "t", 7, 1000, 1.5, 12.0), rows, load=0.5)

    assert "| memory at most | 1000 MB | ≤ 1,200 MB |" in text
    assert "| … recall@10 | 0.980 | ≥ 0.97 | against all 1,000 vectors, by score |" in text
    assert "| 1,000 chunks by `store` | 1.5 s | ≤ 2 s |" in text
    assert "| … while the project is mined | 2.0 ms | – |" in text
    assert "all together 1300 MB" in text
    document = placed("# Benchmarks\n\nwords\n", text)
    assert document.startswith(f"# Benchmarks\n\nwords\n\n{BEGIN}\n|")
    again = placed(document + "more\n", "new")
    assert again == f"# Benchmarks\n\nwords\n\n{BEGIN}\nnew\n{END}\nmore\n"
