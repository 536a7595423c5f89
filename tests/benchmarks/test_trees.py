from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from benchmarks.quality.tasks import TASKS, Options
from benchmarks.quality.trees import ensure_tree
from tests.benchmarks.conftest import CodeData


def test_a_tree_is_laid_out_at_its_revision(code_data: CodeData, tmp_path: Path) -> None:
    [spec] = json.loads(code_data.file.read_text())["repos"]

    root = ensure_tree(spec, mirror=code_data.mirror, cache=tmp_path / "trees")

    assert sorted(path.name for path in root.glob("*.py")) == ["currency.py", "invoices.py", "ledger.py", "mailer.py"]
    assert "parse_invoice_number" in (root / "invoices.py").read_text()
    assert (root / ".git").is_dir()
    assert not list((tmp_path / "trees").glob("tmp*"))


def test_folders_may_be_named_from_the_working_folder(
    code_data: CodeData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [spec] = json.loads(code_data.file.read_text())["repos"]
    monkeypatch.chdir(tmp_path)

    root = ensure_tree(spec, mirror=code_data.mirror.relative_to(tmp_path), cache=Path("trees"))

    assert (root / "invoices.py").is_file()


def test_a_tree_is_fetched_from_its_url(code_data: CodeData, tmp_path: Path) -> None:
    [spec] = json.loads(code_data.file.read_text())["repos"]
    url = (tmp_path / "work").as_uri()

    root = ensure_tree({**spec, "url": url, "benchmark_root": None}, mirror=None, cache=tmp_path / "trees")

    assert (root / "docs" / "guide.md").is_file()
    assert "parse_invoice_number" in (root / "src" / "invoices.py").read_text()


def test_what_is_kept_out_of_releases_is_laid_out_too(code_data: CodeData, tmp_path: Path) -> None:
    [spec] = json.loads(code_data.file.read_text())["repos"]
    work = tmp_path / "work"
    (work / "src" / ".gitattributes").write_text("mailer.py export-ignore\n")
    subprocess.run(["git", "-C", str(work), "add", "."], check=True)
    subprocess.run(["git", "-C", str(work), "commit", "--quiet", "-m", "smaller releases"], check=True)
    head = subprocess.run(["git", "-C", str(work), "rev-parse", "HEAD"], check=True, capture_output=True, text=True)

    root = ensure_tree(
        {**spec, "url": work.as_uri(), "revision": head.stdout.strip()}, mirror=None, cache=tmp_path / "trees"
    )

    assert (root / "mailer.py").is_file()


def test_a_clone_that_is_not_there_is_named(code_data: CodeData, tmp_path: Path) -> None:
    [spec] = json.loads(code_data.file.read_text())["repos"]

    with pytest.raises(SystemExit, match=r"holds no owner\+books/repo"):
        ensure_tree(spec, mirror=tmp_path / "nowhere", cache=tmp_path / "trees")


def test_a_revision_that_is_not_there_leaves_no_tree(code_data: CodeData, tmp_path: Path) -> None:
    [spec] = json.loads(code_data.file.read_text())["repos"]

    with pytest.raises(SystemExit, match="git checkout failed"):
        ensure_tree({**spec, "revision": "0" * 40}, mirror=code_data.mirror, cache=tmp_path / "trees")
    assert list((tmp_path / "trees").iterdir()) == []


def test_questions_about_code_name_paths_and_spans(code_data: CodeData, tmp_path: Path) -> None:
    [collection] = TASKS["codesearch"].load(code_data.file, Options(code_data.mirror, tmp_path / "trees"))

    assert [one.groups[1:] for one in collection.questions] == [
        ("symbol", "python"), ("semantic", "python"), ("architecture", "python"),
    ]  # fmt: skip
    assert collection.questions[2].targets[0][:] == ("src/ledger.py", 4, 8)
    assert TASKS["codesearch"].load(code_data.file, Options(code_data.mirror, tmp_path / "trees", ("other",))) == []
