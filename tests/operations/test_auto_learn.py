"""Runs of automatic learning through the real program: collected, cut off, gone on with, alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError, StoreBusyError
from tests.automatic.conftest import GUIDE, Answer, Site, site  # noqa: F401 - a fixture
from tests.automatic.test_repositories import git
from tests.conftest import OpenEngine

pytestmark = pytest.mark.anyio


async def test_folders_repositories_pages_and_templates_are_learned(
    engine: Engine,
    project: Path,
    tmp_path: Path,
    site: Site,  # noqa: F811
) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "-q", "-b", "main")
    (origin / "ferry.py").write_text("def ferry_departures(harbour):\n    return harbour.timetable\n")
    git(origin, "add", "-A")
    git(origin, "commit", "-q", "-m", "first")
    sources = [str(project), f"git+{origin}", f"{site.url}/guide", f"{site.url}/missing"]

    result = await engine.automatic.run(sources)

    assert [one.state for one in result.sources] == ["learned", "learned", "learned", "failed"]
    assert "answered 404" in result.sources[3].detail
    assert (result.complete, result.resumed) == (True, False)
    hit = (await engine.search("how are routes matched, radix tree")).hits[0]
    assert (hit.kind, hit.origin, hit.symbol) == ("doc", f"{site.url}/guide", "Routing guide")
    copy = next((engine.settings.data_dir / "sources").iterdir())
    assert (await engine.search("ferry_departures", path=str(copy))).hits[0].path == "ferry.py"


async def test_a_second_run_finds_everything_unchanged(
    engine: Engine,
    project: Path,
    site: Site,  # noqa: F811
) -> None:
    sources = [str(project), f"{site.url}/guide"]
    await engine.automatic.run(sources)
    result = await engine.automatic.run(sources)

    assert [one.state for one in result.sources] == ["unchanged", "unchanged"]
    assert not result.resumed


async def test_a_page_that_changes_loses_what_it_no_longer_says(engine: Engine, site: Site) -> None:  # noqa: F811
    await engine.automatic.run([f"{site.url}/guide"])
    site.pages["/guide"] = GUIDE.replace("radix tree", "lookup table").replace("<h2>Wildcards</h2>", "<h2>Globs</h2>")
    result = await engine.automatic.run([f"{site.url}/guide"])

    assert result.sources[0].state == "learned"
    texts = [hit.snippet for hit in (await engine.search("routes", kinds=["doc"], limit=20)).hits]
    assert any("lookup table" in text for text in texts)
    assert not any("radix tree" in text for text in texts)


async def test_what_the_user_forgot_of_a_page_stays_forgotten(engine: Engine, site: Site) -> None:  # noqa: F811
    await engine.automatic.run([f"{site.url}/guide"])
    hit = (await engine.search("how are routes matched, radix tree")).hits[0]
    await engine.forget([hit.id], dry_run=False)
    await engine.automatic.run([f"{site.url}/guide"])

    assert all(one.id != hit.id for one in (await engine.search("routes matched, radix tree")).hits)


async def test_secrets_in_a_page_are_redacted(engine: Engine, site: Site) -> None:  # noqa: F811
    key = "AKIA" + "IOSFODNN7EXAMPLQ"
    site.pages["/guide"] = f"<h1>Deploying</h1><p>Deploy with the key {key} as always.</p>"
    await engine.automatic.run([f"{site.url}/guide"])

    assert key not in (await engine.search("deploy with the key", kinds=["doc"])).hits[0].snippet


async def test_a_source_that_is_none_stops_the_run_before_it_begins(engine: Engine, project: Path) -> None:
    with pytest.raises(InputError, match="is no source"):
        await engine.automatic.run([str(project), "somewhere/else"])
    assert not (engine.settings.data_dir / "auto-learn/history.jsonl").exists()


async def test_what_is_written_is_for_the_user_alone(engine: Engine, project: Path) -> None:
    await engine.automatic.run([str(project)])
    history = engine.settings.data_dir / "auto-learn/history.jsonl"
    [line] = history.read_text().splitlines()

    assert json.loads(line)["sources"][0]["state"] == "learned"
    assert history.stat().st_mode & 0o077 == 0
    assert history.parent.stat().st_mode & 0o077 == 0
    assert (engine.settings.data_dir / "learning-chunks/global/learning-chunks.json").exists()


async def test_two_runs_at_once_are_one(open_engine: OpenEngine, data_dir: Path, site: Site) -> None:  # noqa: F811
    site.pages["/slow"] = slow
    with started(data_dir, f"{site.url}/slow") as first:
        wait_until(lambda: site.count("/slow") == 1)
        async with open_engine() as engine:
            with pytest.raises(StoreBusyError, match=rf"already running \(process {first.pid}\).*nothing was done"):
                await engine.automatic.run([f"{site.url}/guide"])
        second = subprocess.run(command(data_dir), capture_output=True, text=True, env=variables(f"{site.url}/guide"))
        assert second.returncode == 1
        assert "already running" in second.stderr
        assert site.count("/guide") == 0
        os.kill(first.pid, signal.SIGKILL)


async def test_a_run_that_was_killed_goes_on_where_it_stopped(data_dir: Path, site: Site) -> None:  # noqa: F811
    site.pages["/slow"] = slow
    sources = f"{site.url}/guide,{site.url}/slow"
    with started(data_dir, sources) as run:
        wait_until(lambda: site.count("/slow") == 1)
        os.kill(run.pid, signal.SIGKILL)
    site.pages["/slow"] = GUIDE.replace("radix", "patricia")

    done = subprocess.run(command(data_dir), capture_output=True, text=True, env=variables(sources))

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["resumed"] is True
    assert [one["state"] for one in result["sources"]] == ["learned", "learned"]
    assert (site.count("/guide"), site.count("/slow")) == (1, 2)
    assert not (data_dir / "auto-learn/run.json").exists()


async def test_a_run_that_takes_too_long_leaves_the_rest_to_the_next(
    open_engine: OpenEngine,
    data_dir: Path,
    site: Site,  # noqa: F811
) -> None:
    sources = f"{site.url}/guide,{site.url}/missing"
    limited = variables(sources) | {"FLUORITE_LEARNING__TIME_LIMIT_MINUTES": "0.000001"}
    done = subprocess.run(command(data_dir), capture_output=True, text=True, env=limited)
    first = json.loads(done.stdout)
    async with open_engine() as engine:
        second = await engine.automatic.run(sources.split(","))

    assert (first["complete"], first["sources"]) == (False, [])
    assert (second.complete, second.resumed, len(second.sources)) == (True, True, 2)


def slow(_request: BaseHTTPRequestHandler) -> Answer:
    time.sleep(20)
    return 200, {}, b""


def command(data_dir: Path) -> list[str]:
    return [sys.executable, "-m", "fluorite_mcp", "auto-learn", "--data-dir", str(data_dir), "--json"]


def variables(sources: str) -> dict[str, str]:
    return {**os.environ, "FLUORITE_LEARNING__SOURCES": sources}


def started(data_dir: Path, sources: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(data_dir), env=variables(sources), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def wait_until(holds: object, seconds: float = 60.0) -> None:
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
