"""What was judged stays judged when code is edited, moved, renamed, or comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.learning.carrying import find_successor
from fluorite_mcp.learning.moves import similarity
from fluorite_mcp.models import Chunk, Origin
from fluorite_mcp.results import ChunkView

pytestmark = pytest.mark.anyio

SYMBOL = "read_scanned_number"
SCANS = f'''def {SYMBOL}(text):
    """Read the number out of a scanned invoice."""
    cleaned = text.strip().upper()
    if not cleaned.startswith("INV-"):
        raise ValueError(f"{{text}} is no invoice")
    return int(cleaned.removeprefix("INV-"))
'''


@pytest.fixture
def path(project: Path) -> Path:
    path = project / "billing/scans.py"
    path.write_text(SCANS)
    return path


async def view_of(engine: Engine, symbol: str = SYMBOL) -> ChunkView:
    hits = (await engine.search(symbol, kinds=["code"], limit=10)).hits
    [hit] = [one for one in hits if one.symbol == symbol and "tests" not in (one.path or "")]
    return (await engine.get([hit.id])).chunks[0]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def outcomes(view: ChunkView) -> list[str]:
    return [event.detail["outcome"] for event in view.history if event.event == "feedback"]


async def test_an_edited_function_keeps_what_was_said_of_it(engine: Engine, path: Path) -> None:
    before = await view_of(engine)
    await engine.feedback([before.id], "helpful")
    edit(path, 'cleaned.removeprefix("INV-")', 'cleaned[len("INV-") :]')

    after = await view_of(engine)

    assert after.id != before.id
    assert (outcomes(after), after.history[-1].event) == (["helpful"], "edited")
    assert after.usage >= before.usage
    assert any(factor.name == "judgement" for factor in after.quality_factors)


async def test_a_rewritten_function_is_another_one(engine: Engine, path: Path) -> None:
    await engine.feedback([(await view_of(engine)).id], "helpful")
    path.write_text(
        f"def {SYMBOL}(scan, *, strict):\n    yield from ocr.lines(scan, strict)\n    raise StopIteration\n"
    )

    assert outcomes(await view_of(engine)) == []


@pytest.mark.parametrize("name", ["billing/renamed.py", "accounts/deep/scans.py"])
async def test_a_renamed_or_moved_file_keeps_what_was_said_of_it(
    engine: Engine, project: Path, path: Path, name: str
) -> None:
    before = await view_of(engine)
    await engine.feedback([before.id], "wrong")
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    path.rename(project / name)

    after = await view_of(engine)

    assert (after.path, outcomes(after), after.history[-1].event) == (name, ["wrong"], "moved")
    assert after.quality < 0.1
    assert (await engine.get([before.id])).chunks[0].id == after.id


async def test_what_was_outdated_is_not_once_it_was_edited_and_still_is_where_it_was_moved(
    engine: Engine, path: Path
) -> None:
    await engine.feedback([(await view_of(engine)).id], "outdated")
    path = path.rename(path.with_name("moved.py"))
    moved = await view_of(engine)
    edit(path, "text.strip()", "text.lstrip()")
    edited = await view_of(engine)

    assert moved.quality < 0.1 < edited.quality
    assert outcomes(edited) == ["outdated"]


async def test_code_that_comes_back_finds_what_was_said_of_it(engine: Engine, path: Path) -> None:
    text = path.read_text()
    before = await view_of(engine)
    await engine.feedback([before.id], "helpful")
    path.unlink()
    await engine.learn()
    path.write_text(text)

    after = await view_of(engine)

    assert (after.id, outcomes(after)) == (before.id, ["helpful"])
    assert any(factor.name == "judgement" for factor in after.quality_factors)


async def test_switching_back_and_forth_counts_each_judgement_once(engine: Engine, path: Path) -> None:
    text = path.read_text()
    await engine.feedback([(await view_of(engine)).id], "helpful")
    for content in (text.replace("removeprefix", "removesuffix"), text, text.replace("removeprefix", "removesuffix")):
        path.write_text(content)
        assert outcomes(await view_of(engine)) == ["helpful"]


def piece(id_: str, content: str, symbol: str | None = None) -> Chunk:
    return Chunk(id_, "code", symbol or "x", content, origin=Origin("a.py", 1, 2, symbol))


def test_the_most_similar_chunk_of_the_same_symbol_inherits() -> None:
    old = piece("old", "def f(a): return a + b + c", "f")
    candidates = [
        piece("far", "def f(z): yield 1", "f"), piece("near", "def f(a): return a + b + d", "f"),
        piece("same text", old.content, "g"),
    ]  # fmt: skip

    assert (found := find_successor(old, candidates)) is not None
    assert found.id == "near"


def test_without_a_symbol_nearly_all_of_the_text_must_be_the_same() -> None:
    old = piece("old", "import os\nimport sys\nimport json\nimport re\n")

    assert find_successor(old, [piece("new", "import os\nimport sys\nimport abc\nimport ast\n")]) is None
    assert find_successor(old, [piece("new", "import os\nimport sys\nimport json\nimport re\nimport ast\n")])


def test_similarity_is_the_share_of_common_words() -> None:
    assert similarity("a b c", "c b a") == 1.0
    assert similarity("a b", "c d") == 0.0
    assert similarity("", "") == 1.0
    assert similarity("a a b b", "a b") == pytest.approx(2 * 2 / 6)
