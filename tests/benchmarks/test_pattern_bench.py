from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import patterns
from benchmarks.patterns import main


def test_the_table_has_a_row_for_each_bar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "CHANGED_FILES", 2)
    for number in range(12):
        (tmp_path / f"a{number}.py").write_text(f"def f{number}(a):\n    b = g(a, {number})\n    return b.c(a)\n")
    main(["--tree", str(tmp_path)])

    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "| what | measured | bar | detail |"
    assert [row.split(" | ")[2] for row in rows[2:5]] == ["< 60 s", "< 1000 MB", "< 1 s"]
