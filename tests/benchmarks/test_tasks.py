from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality.collection import Target
from benchmarks.quality.tasks import TASKS, Options, find_data, without_docstring


def write(folder: Path, name: str, data: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_the_data_of_a_task_is_found_in_a_folder(tmp_path: Path) -> None:
    path = write(tmp_path, "spikes-other-half.json", [])

    assert find_data(TASKS["templates"], tmp_path) == path
    assert find_data(TASKS["templates"], path) == path


def test_missing_or_doubtful_data_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no cosqa"):
        find_data(TASKS["web"], tmp_path)
    write(tmp_path, "cosqa-a.json", {})
    write(tmp_path, "cosqa-b.json", {})
    with pytest.raises(SystemExit, match="holds 2 files"):
        find_data(TASKS["web"], tmp_path)


def test_a_template_is_its_paths_and_code_alone(tmp_path: Path) -> None:
    spike = {
        "id": "secret-id", "name": "secret name", "description": "データを保存する", "tags": ["secret"],
        "files": [{"path": "a.ts", "template": "one"}, {"path": "b.ts", "template": "two"}],
    }  # fmt: skip
    english = {"id": "e", "name": "by name", "description": " ", "files": [{"path": "x", "template": None}]}

    [collection] = TASKS["templates"].load(write(tmp_path, "spikes.json", [spike, english]), Options())

    assert [one.text for one in collection.documents] == ["a.ts\none\n\nb.ts\ntwo", "x\n"]
    assert [one.query for one in collection.questions] == ["データを保存する", "by name"]
    assert [one.groups for one in collection.questions] == [("all", "ja"), ("all", "en")]
    assert collection.questions[0].targets == (Target("secret-id"),)


def test_web_questions_are_asked_with_and_without_docstrings(tmp_path: Path) -> None:
    code = 'def f():\n    """Say it."""\n    return """kept"""'
    write(tmp_path, "corpus.json", {"corpus": [{"id": 7, "code": code}]})
    half = {"corpus_file": "corpus.json", "queries": [{"query": "say", "id": 7}]}

    with_them, without = TASKS["web"].load(write(tmp_path, "cosqa.json", half), Options())

    assert with_them.documents[0].text == code
    assert without.documents[0].text == 'def f():\n    \n    return """kept"""'
    assert without.questions[0].groups == ("without docstrings",)


def test_only_the_first_docstring_goes_whatever_its_quotes() -> None:
    assert without_docstring("def f():\n    r'''a\n\"\"\"b'''\n") == "def f():\n    \n"


def test_a_conversation_is_its_dated_turns(tmp_path: Path) -> None:
    conversation = {
        "id": 26,
        "turns": [{"id": "D1:1", "session": 1, "date": "8 May", "speaker": "Ann", "text": "Hello"}],
        "questions": [{"question": "Who?", "answer": "Ann", "evidence": ["D1:1", "D1:1"], "category": 2}],
    }

    [collection] = TASKS["conversations"].load(write(tmp_path, "locomo.json", [conversation]), Options())

    assert collection.documents[0].text == "[8 May] Ann: Hello"
    assert collection.questions[0].targets == (Target("D1:1"),)
    assert collection.questions[0].groups == ("all", "temporal")


def test_a_system_is_never_told_the_answers(tmp_path: Path) -> None:
    [collection] = TASKS["templates"].load(
        write(tmp_path, "spikes.json", [{"id": "x", "name": "n", "description": "query", "files": []}]), Options()
    )

    assert "targets" not in json.dumps(collection.job())
