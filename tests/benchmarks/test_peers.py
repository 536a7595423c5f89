"""The systems that the product is measured against: BM25, grep, and how the peer's results are read."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from benchmarks.quality import semble_program
from benchmarks.quality.bm25 import Index, Piece, code_words, pieces_of, prose_words
from benchmarks.quality.grep import grep, query_words, shown_chars


def piece(path: str, text: str) -> Piece:
    return Piece(path, 1, 1, text)


def test_identifiers_are_words_whole_and_in_parts() -> None:
    assert code_words("parseHTTPRequest2") == ["parse", "http", "request", "2", "parsehttprequest2"]
    assert code_words("snake_case") == ["snake", "case", "snake_case"]
    assert code_words("plain") == ["plain"]


def test_runs_of_japanese_are_pairs_of_characters() -> None:
    assert code_words("データ保存 db") == ["デー", "ータ", "タ保", "保存", "db"]
    assert code_words("木") == ["木"]


def test_words_of_prose_lose_their_endings() -> None:
    assert prose_words("She walked, walking walks as bus") == ["she", "walk", "walk", "walk", "as", "bus"]


def test_the_rarer_word_decides_and_shorter_texts_come_first() -> None:
    index = Index([piece("a", "get get common"), piece("b", "common rare"), piece("c", "common rare and much more")])

    assert [one.path for one in index.search("common rare", 10)] == ["b", "c", "a"]


def test_equal_texts_stay_in_their_order_and_strangers_are_not_found() -> None:
    index = Index([piece("b", "same"), piece("a", "same"), piece("c", "other")])

    assert [one.path for one in index.search("same", 10)] == ["b", "a"]
    assert index.search("nothing", 10) == []
    assert Index([]).search("nothing", 10) == []


def test_a_tree_is_cut_into_pieces_of_lines(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("\n".join(f"line{number}" for number in range(120)))
    (tmp_path / "b.bin").write_bytes(b"\0binary")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("line1")

    pieces = list(pieces_of({"root": str(tmp_path), "documents": []}))

    assert [(one.path, one.start_line, one.end_line) for one in pieces] == [
        ("a.py", 1, 50), ("a.py", 51, 100), ("a.py", 101, 120),
    ]  # fmt: skip


def test_grep_reads_files_with_more_of_the_words_first(tmp_path: Path) -> None:
    (tmp_path / "often.py").write_text("invoice\ninvoice\ninvoice\n")
    (tmp_path / "both.py").write_text("Parse an INVOICE\n\nnothing\n")
    (tmp_path / "none.py").write_text("nothing\n")

    both, often = grep(tmp_path, "how to parse the invoice")

    assert (both.path, both.words, both.lines) == ("both.py", {"parse", "invoice"}, {1})
    assert (often.path, often.count, often.lines) == ("often.py", 3, {1, 2, 3})
    assert shown_chars(tmp_path, both) == len("both.py:1:Parse an INVOICE\n")


def test_only_words_that_say_something_are_grepped() -> None:
    assert query_words("How does the parser work, the Parser?") == ["parser", "work"]
    assert query_words("what is it") == ["what", "is", "it"]


def test_a_query_without_words_finds_nothing(tmp_path: Path) -> None:
    assert grep(tmp_path, "?!") == []


def test_several_chunks_of_a_document_count_once_and_those_of_a_tree_each() -> None:
    def result(path: str, line: int) -> SimpleNamespace:
        chunk = SimpleNamespace(file_path=path, start_line=line, end_line=line, content="text", location=f"{path}:1")
        return SimpleNamespace(chunk=chunk)

    results = [result("0.py", 1), result("0.py", 5), result("1.py", 1)]
    names = {"0.py": "first", "1.py": "second"}

    assert [found[0] for found in semble_program._answer(results, names)["found"]] == ["first", "second"]
    assert len(semble_program._answer(results, {})["found"]) == 3
