"""Frameworks that learned projects use together, counted beside those of the templates."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.learning.locate import Place
from fluorite_mcp.operations.combinations import imported_by_many
from tests.conftest import OpenEngine, WriteFiles

pytestmark = pytest.mark.anyio

APP = "from fastapi import FastAPI\nfrom sqlalchemy import select\n\napp = FastAPI()\n"
BARE = "from fastapi import FastAPI\n\napp = FastAPI()\n"
SENTENCE = "fastapi is used with sqlalchemy in 3 of 4 learned projects and "


async def learn(engine: Engine, write_files: WriteFiles, root: Path, files: dict[str, str]) -> None:
    (root / ".git").mkdir(parents=True)
    write_files(root, files)
    await engine.learn(str(root), place=Place(root))


async def learn_four(engine: Engine, write_files: WriteFiles, folder: Path) -> None:
    """Learn four projects that use FastAPI, three of them with SQLAlchemy: imported, or declared."""
    await learn(engine, write_files, folder / "one", {"app.py": APP})
    await learn(engine, write_files, folder / "two", {"app.py": APP})
    await learn(engine, write_files, folder / "three", {"app.py": BARE, "requirements.txt": "sqlalchemy>=2\n"})
    await learn(engine, write_files, folder / "four", {"app.py": BARE})


async def test_a_template_says_in_how_many_learned_projects_its_frameworks_meet_others(
    open_engine: OpenEngine, tmp_path: Path, write_files: WriteFiles
) -> None:
    async with open_engine() as engine:
        before = (await engine.get(["spike:fastapi-file-upload"])).chunks[0].relations
        await learn_four(engine, write_files, tmp_path)
        after = (await engine.get(["spike:fastapi-file-upload"])).chunks[0].relations

    assert any(one.why.startswith("fastapi is used with sqlalchemy in ") for one in before)
    assert not any("learned project" in one.why for one in before)
    assert any(one.why.startswith(SENTENCE) for one in after if one.type == "used-with")


async def test_status_names_the_combinations_of_projects_and_only_them(
    open_engine: OpenEngine, tmp_path: Path, write_files: WriteFiles
) -> None:
    async with open_engine() as engine:
        assert "used_together" not in (await engine.status()).metrics
        await learn_four(engine, write_files, tmp_path)

        assert any(one.startswith(SENTENCE) for one in (await engine.status()).metrics["used_together"])


async def test_a_project_that_changes_is_counted_anew_and_one_of_tests_alone_is_not_asked(
    open_engine: OpenEngine, tmp_path: Path, write_files: WriteFiles
) -> None:
    files = {f"app{n}.py": BARE for n in range(3)}
    files |= {"tests/package.json": '{"dependencies": {"next": "15"}}', "examples/go.mod": "require gorm.io/gorm v1\n"}
    async with open_engine() as engine:
        await learn(engine, write_files, tmp_path / "one", files)
        frameworks = engine._mine._frameworks
        first = await frameworks.all()
        (tmp_path / "one/app0.py").write_text(APP)
        await engine.learn(str(tmp_path / "one"), place=Place(tmp_path / "one"))
        [project] = [one for one in await engine._stored.projects.all() if one.name == "one"]
        await frameworks.refresh(project)

        assert first[project.key] == {"fastapi"}
        assert (await frameworks.all())[project.key] == {"fastapi", "sqlalchemy"}


async def test_a_suggested_template_says_what_of_the_project_it_goes_with(
    open_engine: OpenEngine, tmp_path: Path, write_files: WriteFiles
) -> None:
    async with open_engine() as engine:
        await learn_four(engine, write_files, tmp_path)
        place = Place(tmp_path / "four")
        result = await engine.suggest("store tasks in a database with SQLAlchemy and Alembic", place=place)

    assert any(why.startswith(SENTENCE) for spike in result.spikes for why in spike.why)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], set()),
        ([("hono",)], {"hono"}),
        ([("hono",)] * 2 + [()] * 98, {"hono"}),
        ([("hono",)] + [()] * 98, set()),
    ],
)
def test_what_one_file_of_many_imports_is_no_framework_of_the_project(
    files: list[tuple[str, ...]], expected: set[str]
) -> None:
    assert imported_by_many(files) == expected
