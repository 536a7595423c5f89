"""What the bundled model is trained on: which pairs are found, which words become pieces, what a batch shows."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fluorite_mcp.embedding.builtin import MODEL_DIR, BuiltinEmbedder
from scripts.train_model import complaint, extract, make_table, make_vocabulary, measure, pairs_file, usable_pairs
from scripts.training.batches import BatchMaker
from scripts.training.corpus import HERE, Source, content_hash, read_pairs, read_sources, write_pairs
from scripts.training.documentation import body_of, split_definition, summary_of
from scripts.training.everyday import pairs_of_requests, pairs_of_synsets
from scripts.training.examples import pairs_of_examples
from scripts.training.extraction import Pair, is_wanted, pairs_of_file
from scripts.training.kept import Kept
from scripts.training.model_files import content_hash as model_hash
from scripts.training.model_files import notice, quantise, write_model
from scripts.training.repositories import clone_of, ensure_commit, list_files, read_files
from scripts.training.translations import counterparts, samples_of_reference, translated_alone, translated_beside
from scripts.training.vocabulary import PartCounts, build_vocabulary

PYTHON = '''def load_rows(path):
    """Read the rows of a table. Blank ones are left out.

    Args:
        path: Where it is.
    """
    return [row for row in open(path) if row.strip()]
'''
MARKDOWN = """# Tables

## Reading

Open the file and read it line by line.

```python
with open(path) as lines:
    rows = list(lines)
```
"""


def commit(folder: Path, files: dict[str, str]) -> str:
    """Make a repository of the files and return its commit."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "files"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def prepared(tmp_path: Path) -> tuple[list[Source], Path]:
    """Two small repositories and one of everyday English, extracted into a work folder."""
    sources, clones = [], {}
    contents: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
        "one/code": ({"a.py": PYTHON, "README.md": MARKDOWN}, {}),
        "two/code": ({"b.py": PYTHON.replace("table", "sheet"), "locale/ja/a.po": PO}, {"japanese": "inside"}),
        "held/out": ({"c.py": PYTHON.replace("Blank", "Empty")}, {"held_out": True}),
        "three/words": ({"src/yaml/noun.x.yaml": SYNSETS}, {"code": False, "everyday": "synsets"}),
    }
    for repository, (files, settings) in contents.items():
        folder = tmp_path / repository.replace("/", "+") / "repo"
        revision = commit(folder, files)
        clones[repository] = folder / ".git"
        sources.append(Source(repository, str(folder), revision, "MIT", **settings))
    named = {source.repository: source for source in sources}
    for source in sources:
        assert write_pairs(source, clones, named, pairs_file(tmp_path, source))
    return sources, tmp_path


PO = """
msgid "Read the table."
msgstr "テーブルを読み込みます。"
"""
SYNSETS = """
1-n:
  definition: [a domestic animal that barks]
  example: [the dog chased the ball]
  members: [dog, hound]
"""


def test_a_docstring_is_told_from_its_code() -> None:
    doc, code = split_definition("python", PYTHON)
    assert summary_of(doc) == "Read the rows of a table."
    assert body_of(doc) == "Read the rows of a table. Blank ones are left out."
    assert "Blank" not in code
    assert "row.strip()" in code


@pytest.mark.parametrize(
    ("language", "text", "doc"),
    [
        ("java", "/** <p>Closes it.\n * @param a b\n */\nvoid close() {}", "Closes it."),
        ("go", "// Close ends it.\nfunc Close() {}", "Close ends it."),
        ("rust", "/// Closes it.\n#[inline]\nfn close() {}", "Closes it."),
        ("csharp", "/// <summary>\n/// Closes it.\n/// </summary>\nvoid Close() {}", "Closes it."),
        ("elixir", '@doc """\nCloses it.\n"""\ndef close do\nend', "Closes it."),
        ("haskell", "-- | Closes it.\nclose = 1", "Closes it."),
        ("ruby", "# Copyright by somebody\ndef close; end", ""),
        ("python", "def close():\n    pass", ""),
    ],
)
def test_comments_of_each_style_are_read(language: str, text: str, doc: str) -> None:
    found, code = split_definition(language, text)
    assert summary_of(found).strip() == doc
    assert "lose" in code


def test_source_gives_documented_definitions_and_files() -> None:
    views = {pair.view: pair for seed in range(4) for pair in pairs_of_file("a.py", PYTHON, random.Random(seed))}
    assert views["doc"].query == "Read the rows of a table."
    assert views["doc"].name == "load_rows"
    assert views["file"].name == "a.py"


def test_documents_give_their_code_with_what_stands_before_it() -> None:
    (pair,) = pairs_of_file("README.md", MARKDOWN, random.Random(0))
    assert (pair.view, pair.query, pair.name) == ("prose", "Reading", "Tables > Reading")
    assert pair.long == "Open the file and read it line by line."
    assert pair.code.startswith("with open")
    rst = "Reading\n=======\n\nOpen the file like this::\n\n    with open(path) as lines:\n        rows = list(lines)\n"
    (pair,) = pairs_of_file("a.rst", rst, random.Random(0))
    assert (pair.query, pair.long) == ("Reading", "Open the file like this::")


@pytest.mark.parametrize(("path", "wanted"), [("src/a.py", True), ("vendor/a.py", False), ("a.min.js", False)])
def test_copied_and_generated_files_are_left_out(path: str, wanted: bool) -> None:
    assert is_wanted(path) is wanted


def test_translations_are_found_in_one_file_and_in_two() -> None:
    assert [(p.query, p.code) for p in translated_alone("a.po", PO)] == [
        ("テーブルを読み込みます。", "Read the table.")
    ]
    xlf = "<source>Close the file</source>\n<target state='x'>ファイルを閉じる</target>"
    assert [p.code for p in translated_alone("a.ja.xlf", xlf)] == ["Close the file"]
    assert "content/en/a.md" in counterparts("content/ja/a.md")
    english, japanese = "# Files\n\nOpen it first.\n\n## Rows\n\nRead.", "# ファイル\n\n開きます。\n\n## 行\n\n読む。"
    pairs = {(p.query, p.code) for p in translated_beside("a.md", japanese, english)}
    assert ("開きます。", "Open it first.") in pairs
    assert list(translated_beside("a.md", "# 別の\n", english)) == []
    by_key = translated_beside("a_ja.properties", "a.b=\\u958b\\u304f file", "a.b=Open file\nc=d")
    assert [(p.query, p.code) for p in by_key] == [("開く file", "Open file")]
    nested = translated_beside("ja.json", '{"a": {"b": "閉じる"}}', '{"a": {"b": "Close"}}')
    assert [(p.query, p.code) for p in nested] == [("閉じる", "Close")]


def test_the_ruby_reference_gives_description_and_signature() -> None:
    text = "--- close -> nil\n\nファイルを閉じます。\n\n#@samplecode 例\nfile.close\n#@end\n"
    (pair,) = samples_of_reference(text)
    assert pair.query == "ファイルを閉じます。"
    assert pair.code == "close -> nil\nfile.close"


def test_everyday_english_comes_from_meanings_and_requests() -> None:
    first, second = pairs_of_synsets(SYNSETS)
    assert (first.query, first.code) == ("dog, hound", "a domestic animal that barks")
    assert second.query == "the dog chased the ball"
    requests = json.dumps({"train": [["play a song", "music"], ["some jazz", "music"], ["what", "oos"]]})
    (pair,) = pairs_of_requests(requests)
    assert {pair.query, pair.code.split(";")[0]} == {"play a song", "some jazz"}


def test_a_folder_is_described_by_its_readme_or_manifest(tmp_path: Path) -> None:
    server = "import ws from 'ws';\nconst server = new ws.Server({ port: 8080 });\nserver.on('connection', greet);\n"
    manifest = {"name": "echo", "description": "An echo server over sockets", "dependencies": {"ws": "8"}}
    revision = commit(
        tmp_path,
        {
            "echo/package.json": json.dumps(manifest),
            "echo/src/index.js": server,
            "chat/README.md": f"[![build](b.svg)](b)\n\n# Chat\n\nTalk to all who are there.\n\n## Use\n\n{MARKDOWN}",
            "chat/index.js": server,
            "chat/rooms/package.json": json.dumps({"name": "rooms"}),
            "chat/rooms/room.js": server.replace("8080", "9090"),
        },
    )
    paths = list_files(tmp_path / ".git", revision)
    found = dict(pairs_of_examples(tmp_path / ".git", revision, paths, random.Random(0)))

    echo, chat = found["echo/package.json"], found["chat/README.md"]
    assert echo.query == "An echo server over sockets"
    assert "src/index.js\nimport ws" in echo.code
    assert '"ws": "8"' in echo.code
    assert "sockets" not in echo.code  # or the answer would repeat the question
    assert chat.query == "Chat Talk to all who are there."
    assert "9090" not in chat.code  # belongs to the folder within, which nothing describes
    assert found.keys() == {"echo/package.json", "chat/README.md"}


def test_a_configuration_file_is_described_by_the_comment_at_its_head(tmp_path: Path) -> None:
    workflow = (
        "# Builds the image and pushes it.\n\nname: Build\non:\n  push:\n    branches: [main]\njobs:\n" + "  a: b\n" * 9
    )
    revision = commit(tmp_path, {".github/workflows/build.yml": workflow, "short.yml": "# Says little.\na: b\n"})
    paths = list_files(tmp_path / ".git", revision)
    [(path, pair)] = pairs_of_examples(tmp_path / ".git", revision, paths, random.Random(0))

    assert (path, pair.view, pair.long) == (".github/workflows/build.yml", "file", "Builds the image and pushes it.")
    assert pair.code.startswith("name: Build")


def test_files_are_read_at_a_commit_and_links_are_not(tmp_path: Path) -> None:
    (tmp_path / "o+n" / "repo").mkdir(parents=True)
    (tmp_path / "o+n" / "repo" / "link").symlink_to("a.py")
    revision = commit(tmp_path / "o+n" / "repo", {"a.py": "x = 1\r\n", "b.py": "\0"})
    clone = clone_of(tmp_path, "o/n")
    assert clone is not None
    assert list_files(clone, revision) == ["a.py", "b.py"]
    assert list(read_files(clone, revision, ["a.py", "missing.py", "b.py"])) == [("a.py", "x = 1\n")]
    assert clone_of(tmp_path, "o/other") is None
    with pytest.raises(RuntimeError, match="git in"):
        list_files(clone, "0" * 40)


def test_a_commit_is_fetched_only_where_the_mirror_lacks_it(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    first = commit(origin, {"a.py": "x = 1\n"})
    fetched = ensure_commit(tmp_path, "o/copy", str(origin), first)
    assert list_files(fetched, first) == ["a.py"]
    assert ensure_commit(tmp_path, "o/copy", "not asked", first) == fetched
    second = commit(origin, {"b.py": "x = 2\n"})
    with pytest.raises(RuntimeError, match="nowhere"):
        ensure_commit(tmp_path, "o/copy", str(tmp_path / "nowhere"), second)
    assert list_files(ensure_commit(tmp_path, "o/copy", str(origin), second), second) == ["a.py", "b.py"]


def test_all_missing_repositories_are_named_and_the_others_extracted(
    prepared: tuple[list[Source], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources, mirror = prepared
    gone = Source("gone/away", str(tmp_path / "away"), "0" * 40, "MIT")
    translated = Source("gone/ja", sources[0].url, sources[0].commit, "MIT", japanese="gone/away")
    work = tmp_path / "again"
    missing = extract([gone, translated, *sources], mirror, work)
    assert set(missing) == {"gone/away", "gone/ja"}
    assert "3 of 6, one/code: " in capsys.readouterr().out
    assert [pairs_file(work, source).exists() for source in sources] == [True] * 4
    assert "gone/away: git in" in complaint(missing)
    assert "--skip-missing" in complaint(missing)
    # What an earlier run left is not extracted again, and its clone not needed.
    assert set(extract([gone, *sources], tmp_path / "no mirror", work)) == {"gone/away"}
    assert capsys.readouterr().out == ""


def test_another_commit_has_another_file_of_pairs(tmp_path: Path) -> None:
    old, new = (Source("o/n", "", digit * 40, "MIT") for digit in "12")
    assert pairs_file(tmp_path, old) != pairs_file(tmp_path, new)


def test_what_the_exclusion_list_names_is_not_trained_on(
    prepared: tuple[list[Source], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, work = prepared
    pairs = [pair for _, pair in read_pairs(pairs_file(work, sources[0]))]
    doc = next(pair for pair in pairs if pair.view == "doc")
    here = tmp_path / "lists"
    here.mkdir()
    (here / "excluded.json").write_text(json.dumps([content_hash(doc.code)]), encoding="utf-8")
    monkeypatch.setattr("scripts.training.corpus.HERE", here)
    clones = {sources[0].repository: work / "one+code" / "repo" / ".git"}
    write_pairs(sources[0], clones, {sources[0].repository: sources[0]}, tmp_path / "again.jsonl")
    assert doc not in [pair for _, pair in read_pairs(tmp_path / "again.jsonl")]


def test_the_vocabulary_holds_shared_words_english_words_and_japanese_runs() -> None:
    parts, everyday = PartCounts(), PartCounts()
    for _ in range(2):
        parts.add([Pair("ja", "", "データベース", "", "", "connectDatabase connect database " * 40)] * 40)
    parts.add([Pair("doc", "", "", "", "", "onlyhere")])
    everyday.add([Pair("text", "", "dog", "", "", "barks")])
    pieces = build_vocabulary(parts, everyday, {"dog": 20_000, "zebra": 20_001, "the": 3, "##x": 4})
    assert {"[UNK]", "database", "connect", "dog", "the", "データベース"} <= set(pieces)
    assert not {"zebra", "onlyhere"} & set(pieces)
    assert len(pieces) == len(set(pieces))


def test_the_vocabulary_is_the_same_in_every_run() -> None:
    counted = PartCounts()
    words = [f"{one}{two}{one}" for one in "abcdefghijklmnop" for two in "qrstuvwxyz"]
    for _ in range(2):
        counted.add([Pair("doc", "", " ".join(words), "", "", "")])
    first, *later = (build_vocabulary(counted, PartCounts(), {}) for _ in range(4))
    assert all(pieces == first for pieces in later)
    assert {"##q", "a", "aqa", "pzp"} <= set(first)


def test_a_run_that_was_cut_off_goes_on_with_what_it_made(prepared: tuple[list[Source], Path]) -> None:
    sources, work = prepared

    def never() -> Any:
        raise AssertionError("made again")

    files = [pairs_file(work, source) for source in sources]
    kept = Kept(work, files)
    pieces = kept.pieces(lambda: make_vocabulary(sources, work, {"dog": 3}))
    table = kept.table(lambda: make_table(sources, pieces, work))
    rows = kept.rows("run", lambda: np.ones((2, 3), np.float32))
    again = Kept(work, files)
    assert again.pieces(never) == pieces
    assert np.array_equal(again.rows("run", never), rows)
    read = again.table(never)
    assert (read.language_names, read.repository_names) == (table.language_names, table.repository_names)
    drawn = [BatchMaker(one, np.arange(len(one.views)), pieces, 0) for one in (table, read)]
    pairs = drawn[0].draw(16)
    assert np.array_equal(drawn[1].draw(16), pairs)
    shown = [part for maker in drawn for part in maker.show(pairs)]
    assert all(np.array_equal(shown[side].tokens, shown[side + 2].tokens) for side in (0, 1))
    assert all(np.array_equal(shown[side].weights, shown[side + 2].weights) for side in (0, 1))
    files[0].write_text("", encoding="utf-8")
    with pytest.raises(AssertionError, match="made again"):
        Kept(work, files).pieces(never)


def test_batches_ask_with_words_and_drop_the_name_from_bare_definitions(prepared: tuple[list[Source], Path]) -> None:
    sources, work = prepared
    pieces = make_vocabulary(sources, work, {"dog": 3})
    table = make_table(sources, pieces, work)
    rows = usable_pairs(sources, table, held_out=False)
    maker = BatchMaker(table, rows, pieces, seed=1)
    pairs = maker.draw(64)
    questions, answers = maker.show(pairs)
    assert len(pairs) == len(questions.starts) == len(answers.starts)
    assert set(pairs) <= set(rows)
    assert answers.tokens.max() < len(pieces)
    again = BatchMaker(table, rows, pieces, seed=1)
    assert np.array_equal(again.draw(64), pairs)


def test_held_out_repositories_only_measure(prepared: tuple[list[Source], Path]) -> None:
    sources, work = prepared
    pieces = make_vocabulary(sources, work, {"dog": 3})
    table = make_table(sources, pieces, work)
    trained = {table.repository_names[i] for i in table.repositories[usable_pairs(sources, table, held_out=False)]}
    assert trained == {"one/code", "two/code", "three/words"}
    rows = np.random.default_rng(0).normal(size=(len(pieces), 16)).astype(np.float32)
    assert any(line.startswith("doc: mean reciprocal rank 1.0") for line in measure(rows, sources, table))


def test_training_brings_questions_to_their_answers(prepared: tuple[list[Source], Path]) -> None:
    pytest.importorskip("torch")
    from scripts.training.contrastive import Schedule, reciprocal_rank, train

    sources, work = prepared
    pieces = make_vocabulary(sources, work, {"dog": 3})
    table = make_table(sources, pieces, work)
    rows = usable_pairs(sources, table, held_out=False)
    start = np.random.default_rng(0).normal(size=(len(pieces), 16)).astype(np.float32)
    trained = train(start, table, BatchMaker(table, rows, pieces, 0), Schedule(steps=120, batch=32, rate=0.05), print)
    assert trained.shape == start.shape
    assert reciprocal_rank(trained, table, rows, "query") > reciprocal_rank(start, table, rows, "query")


def test_a_written_model_is_read_by_the_embedder(tmp_path: Path) -> None:
    rows = np.random.default_rng(3).normal(size=(3, 8)).astype(np.float32)
    write_model(tmp_path, ["[UNK]", "cache", "接続"], rows, [Source("a/b", "", "0" * 40, "MIT")])
    integers, scales = quantise(rows)
    assert np.all(np.abs(integers * scales[:, None] - rows) <= scales[:, None] * 0.5001)
    vector = BuiltinEmbedder(tmp_path).embed_query("cache")
    assert vector == pytest.approx(rows[1] / np.linalg.norm(rows[1]), abs=0.02)


def test_no_repository_that_search_is_measured_on_is_trained_on() -> None:
    measured = json.loads((HERE / "measured.json").read_text(encoding="utf-8"))

    assert len(measured) > 60
    assert not {name.lower() for name in measured} & {source.repository.lower() for source in read_sources()}


def test_the_committed_model_is_described_by_the_committed_sources() -> None:
    sources = read_sources()
    assert BuiltinEmbedder().name.endswith(f"@{model_hash(MODEL_DIR)}")
    assert (MODEL_DIR / "NOTICE.md").read_text(encoding="utf-8") == notice(sources, BuiltinEmbedder().dimensions)
    assert len({source.repository for source in sources}) == len(sources)
    assert all(len(source.commit) == 40 for source in sources)
    assert not {source.licence for source in sources} & {"GPL", "LGPL", "AGPL", "?"}
