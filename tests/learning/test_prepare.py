"""From one file to chunks: what they are called, where they lie, what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.learning.prepare import FileTask, PreparedFile, prepare_file, prepare_text
from fluorite_mcp.learning.scan import MAX_FILE_BYTES, FileStat
from fluorite_mcp.text.secrets import redact

NOW = "2026-03-01T00:00:00.000000Z"
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def prepared(root: Path, path: str, data: bytes | str, *, known: bytes | None = None) -> PreparedFile:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return prepare_file(root, FileTask(1, path, FileStat(file.stat().st_size, 7), known), NOW)


SKIPPED: list[tuple[str, bytes, str]] = [
    ("logo.png", b"\x89PNG\0\0" + bytes(range(99)), "binary"),
    (".env", b"TOKEN=x\n", ".env is a file for secrets"),
    ("keys/server.pem", b"-----BEGIN", "server.pem is a file for secrets"),
    ("poetry.lock", b"# lock\n", "lock file"),
    ("api_pb2.py", b"x = 1\n", "generated"),
    ("big.txt", b"x" * (MAX_FILE_BYTES + 1), f"larger than {MAX_FILE_BYTES} bytes"),
    ("app.js", b"var a=1;" * 1000, "minified"),
]


@pytest.mark.parametrize(("path", "data", "reason"), SKIPPED, ids=[path for path, _, _ in SKIPPED])
def test_a_file_that_teaches_nothing_is_skipped_with_its_reason(
    tmp_path: Path, path: str, data: bytes, reason: str
) -> None:
    file = prepared(tmp_path, path, data)

    assert (file.record.skipped, file.chunks) == (reason, ())


def test_a_file_of_secrets_is_not_even_opened(tmp_path: Path) -> None:
    task = FileTask(1, "id_rsa", FileStat(5, 7))

    assert prepare_file(tmp_path, task, NOW).record.skipped == "id_rsa is a file for secrets"


def test_a_file_that_vanished_is_skipped(tmp_path: Path) -> None:
    file = prepare_file(tmp_path, FileTask(1, "gone.py", FileStat(5, 7)), NOW)

    assert file.record.skipped == "cannot be read (No such file or directory)"


def test_a_file_with_the_known_content_is_not_cut_again(tmp_path: Path) -> None:
    first = prepared(tmp_path, "a.py", "x = 1\n")
    again = prepared(tmp_path, "a.py", "x = 1\n", known=first.record.hash)

    assert again.chunks is None
    assert again.record.hash == first.record.hash


def test_an_empty_file_has_no_chunks(tmp_path: Path) -> None:
    file = prepared(tmp_path, "a.py", "")

    assert (file.chunks, file.record.skipped) == ((), None)


def test_secrets_are_redacted_before_anything_is_kept(tmp_path: Path) -> None:
    file = prepared(tmp_path, "a.py", f'def connect():\n    token = "{SECRET}"\n    return token\n')
    kept = repr(file)

    assert SECRET not in kept
    assert "[redacted:" in kept


def test_a_chunk_is_the_lines_it_names(tmp_path: Path) -> None:
    text = "".join(f"def function_{n}(a):\n    '''Say {n}.'''\n    return a + {n}\n\n\n" for n in range(60))
    file = prepared(tmp_path, "a.py", text)
    lines = text.split("\n")

    assert file.chunks
    for item in file.chunks:
        origin = item.chunk.origin
        assert origin.start_line is not None
        assert origin.end_line is not None
        expected = "\n".join(lines[origin.start_line - 1 : origin.end_line])
        assert item.chunk.content.rstrip("\n") == expected.rstrip("\n")


@given(
    st.text(alphabet="ab {}()=:\n\t\"'漢é\r\x0c\u2028", max_size=600),
    st.sampled_from(["python", "go", "markdown", None]),
)
def test_the_chunks_of_a_file_are_its_text_in_order(text: str, language: str | None) -> None:
    items = prepare_text(text, language, Path("/root"), 1, "a", NOW)

    assert "".join(item.chunk.content for item in items) == redact(text).text
    assert len({item.chunk.id for item in items}) == len(items)


def test_text_that_repeats_in_a_file_has_an_id_for_each_time(tmp_path: Path) -> None:
    items = prepare_text("the same line again\n" * 2000, None, tmp_path, 1, "a.txt", NOW)

    assert len({item.chunk.content for item in items}) < len(items)
    assert len({item.chunk.id for item in items}) == len(items)


def test_an_id_stays_while_the_text_moves_and_differs_by_place(tmp_path: Path) -> None:
    body = "def answer():\n    return 42\n"
    [one] = prepare_text(body, "python", tmp_path, 1, "a.py", NOW)
    again = prepare_text(body, "python", tmp_path, 1, "a.py", "2027-01-01T00:00:00.000000Z")
    [elsewhere] = prepare_text(body, "python", tmp_path, 1, "b.py", NOW)

    assert one.chunk.id == again[0].chunk.id != elsewhere.chunk.id


def test_broken_syntax_is_learned_all_the_same(tmp_path: Path) -> None:
    file = prepared(tmp_path, "a.py", "def broken(:\n  retrun ((\nclass \n\tx = [\n")

    assert file.chunks
    assert "retrun" in file.chunks[0].chunk.content


def test_bytes_that_are_no_text_in_any_encoding_are_replaced(tmp_path: Path) -> None:
    file = prepared(tmp_path, "a.py", b"name = 'caf\xe9'\n")

    assert file.chunks
    assert "caf\ufffd" in file.chunks[0].chunk.content


def test_prose_is_a_document_and_code_is_code(tmp_path: Path) -> None:
    kinds = {
        name: {item.chunk.kind for item in prepared(tmp_path, name, "# Title\n\nText.\n").chunks or ()}
        for name in ("a.md", "a.txt", "a.py", "LICENSE")
    }

    assert kinds == {"a.md": {"doc"}, "a.txt": {"doc"}, "a.py": {"code"}, "LICENSE": {"doc"}}
