"""Learning the glossary: what is read, which paragraphs and which words are found to be each other's translation."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from scripts.build_glossary import learn, read_sentences, write_lines, write_notice
from scripts.glossary.paragraphs import align
from scripts.glossary.sources import SOURCES, Source

if TYPE_CHECKING:
    from pathlib import Path

PO = """
msgid "Upload a file."
msgstr "ファイルをアップロードします。"

#, fuzzy
msgid "Delete it."
msgstr "更新します。"
"""


def clone(mirror: Path, files: dict[str, str]) -> str:
    work = mirror / "owner+name" / "repo"
    for name, text in files.items():
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git = ["git", "-C", str(work), "-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "texts"]):
        subprocess.run([*git, *arguments], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return head.stdout.strip()


def test_translation_files_and_translated_documents_are_read(tmp_path: Path) -> None:
    files = {
        "ja.po": PO,
        "en.json": '{"a": {"b": "Save"}}',
        "ja.json": '{"a": {"b": "保存", "c": "余分"}}',
        "en.yml": "en:\n  save: Keep\n",
        "ja.yml": 'ja:\n  save: "保持"\n',
        "a_ja.properties": "key=\\u524a\\u9664\n",
        "a.properties": "key=Remove\n",
        "docs/en.md": "# Search\n\nFind a file.\n",
        "docs/ja.md": "# 検索\n\nファイルを探します。\n",
    }
    commit = clone(tmp_path, files)
    forms = [
        ("po", r"\.po$", ""),
        ("json", r"^ja\.json$", "en.json"),
        ("nested", r"^ja\.yml$", "en.yml"),
        ("properties", r"^(.*)_ja\.properties$", r"\1.properties"),
        ("markdown", r"^docs/ja\.md$", "docs/en.md"),
    ]
    sources = [Source("owner/name", commit, "MIT", *form) for form in forms]
    assert read_sentences(tmp_path, sources) == [
        ("Upload a file.", "ファイルをアップロードします。"),
        ("Save", "保存"),
        ("Keep", "保持"),
        ("Remove", "削除"),
        ("# Search", "# 検索"),
        ("Find a file.", "ファイルを探します。"),
    ]


def test_a_paragraph_without_a_partner_is_left_out() -> None:
    english = "# One\n\nA note for English readers that nobody translated.\n\n```\nrun()\n```\n\n- call `open` first\n"
    japanese = "# 一番\n\n```\nrun()\n```\n\n- まず`open`を呼びます\n"
    assert list(align(english, japanese)) == [("# One", "# 一番"), ("- call `open` first", "- まず`open`を呼びます")]


def test_words_that_go_together_become_translations() -> None:
    nouns = {"file": "ファイル", "table": "テーブル", "image": "画像", "user": "ユーザー"}
    verbs = {"delete": "削除", "update": "更新", "send": "送信", "search": "検索"}
    sentences = [
        (f"{e} {n} {i}", f"{k}を{j}する{i}") for e, j in verbs.items() for n, k in nouns.items() for i in "abcd"
    ]
    glossary = learn(sentences)
    assert {term: words[0] for term, words in glossary.items()} == {
        japanese: (english, 1.0) for english, japanese in (nouns | verbs).items()
    }
    assert "削除\tdelete" in list(write_lines(glossary))


def test_every_source_is_named_with_its_commit_and_licence() -> None:
    notice = write_notice()
    for source in SOURCES:
        assert f"| {source.url} | {source.commit} | {source.licence} |" in notice
        assert len(source.commit) == 40
