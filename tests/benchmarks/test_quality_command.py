"""The whole benchmark on a tiny tree: the real engine, its parts, BM25 and grep, each in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.quality.command import main
from tests.benchmarks.conftest import CodeData

PARTS = ("no abstaining", "words only", "vectors only", "no rules")


@pytest.fixture
def folders(tmp_path: Path, code_data: CodeData) -> list[str]:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "benchmarks.md").write_text("# Benchmarks\n")
    return [
        "--mirror", str(code_data.mirror), "--trees", str(tmp_path / "trees"), "--work", str(tmp_path / "run"),
        "--results", str(tmp_path / "results"), "--rounds", "1", "--write", str(tmp_path / "docs"),
    ]  # fmt: skip


def test_code_search_is_measured_saved_compared_and_written(
    tmp_path: Path, code_data: CodeData, folders: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    systems = ["--systems", ",".join(["product", *PARTS, "bm25", "grep"])]

    main(["codesearch", "--data", str(code_data.file), *systems, "--save", str(rows), *folders])
    main(["codesearch", "--data", str(code_data.file), "--systems", "bm25", "--compare", str(rows), *folders])

    kept = [json.loads(line) for line in rows.read_text().splitlines()]
    of_product = {row["query"]: row for row in kept if row["system"] == "product"}
    assert of_product["parse_invoice_number"]["scores"]["NDCG@10"] == 1
    assert of_product["parse_invoice_number"]["top"][0].startswith("invoices.py:")
    assert {row["system"] for row in kept} == {"product", *PARTS, "bm25", "grep"}
    assert not any(row["abstained"] for row in kept if row["system"] in PARTS)
    printed = capsys.readouterr().out
    assert "| tokens read to the right place |" in printed
    assert "| bm25 | 3 | +0.0000 |" in printed
    page = (tmp_path / "docs" / "benchmarks.md").read_text()
    assert page.count("begin quality:codesearch") == 1
    assert str(tmp_path) not in page
    assert (tmp_path / "docs" / "images" / "quality-against-time.svg").is_file()
    assert len(list((tmp_path / "results").glob("codesearch-*.json"))) >= 1


def test_stored_documents_are_found_under_their_own_names(
    tmp_path: Path, folders: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {"router": "export const router = createRouter()", "queue": "class JobQueue { enqueue(job) {} }"}
    spikes = [
        {"id": name, "name": name, "description": f"a {name} of jobs", "files": [{"path": "a.ts", "template": text}]}
        for name, text in texts.items()
    ]
    (tmp_path / "spikes-small.json").write_text(json.dumps(spikes))
    rows = tmp_path / "rows.jsonl"

    main(["templates", "--data", str(tmp_path), "--systems", "no abstaining,grep", "--save", str(rows), *folders])

    kept = [json.loads(line) for line in rows.read_text().splitlines()]
    tops = {(row["system"], row["query"]): [place.rsplit(":", 1)[0] for place in row["top"]] for row in kept}
    assert "queue" in tops["no abstaining", "a queue of jobs"]
    assert tops["grep", "a queue of jobs"][0] == "queue"
    assert "all MRR@10" in capsys.readouterr().out


def test_abstention_is_measured_against_questions_about_other_trees(
    tmp_path: Path, code_data: CodeData, folders: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(code_data.file.read_text())
    [books] = data["repos"]
    data["repos"].append({**books, "name": "manual", "language": "markdown", "benchmark_root": "docs"})
    data["annotations"]["manual"] = [{"query": "underwater photography equipment", "relevant": ["guide.md"]}]
    code_data.file.write_text(json.dumps(data))

    main(["abstention", "--data", str(code_data.file), *folders, "--save", str(tmp_path / "rows.jsonl")])

    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    foreign = {(row["collection"], row["query"]) for row in rows if row["groups"] == ["unanswerable"]}
    assert ("books", "underwater photography equipment") in foreign
    assert all(collection == "manual" for collection, query in foreign if query != "underwater photography equipment")
    assert "as shipped" in capsys.readouterr().out
    assert (tmp_path / "docs" / "images" / "abstention.svg").is_file()


def test_an_unknown_system_is_named_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["codesearch", "--systems", "product,grepp"])

    assert "unknown system 'grepp'; there are product," in capsys.readouterr().err
