"""The folders a client names as its roots."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.types import ListRootsResult, Root

from fluorite_mcp.learning.locate import Place
from fluorite_mcp.server import roots
from fluorite_mcp.server.app import FluoriteServer, create_server
from fluorite_mcp.server.roots import folder_of
from fluorite_mcp.settings import load_settings
from tests.server.conftest import Tools, write_project

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")]


class RootsClient:
    """Answers `roots/list`, and counts how often it was asked."""

    def __init__(self, *folders: Path) -> None:
        self.folders = folders
        self.asked = 0
        self.delay = 0.0

    async def __call__(self, context: ClientRequestContext) -> ListRootsResult:
        self.asked += 1
        await asyncio.sleep(self.delay)
        return ListRootsResult(roots=[Root.model_validate({"uri": folder.as_uri()}) for folder in self.folders])


@pytest.fixture
def elsewhere(tmp_path: Path, data_dir: Path) -> FluoriteServer:
    """A server that was started in a folder that is not the client's project."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return create_server(load_settings(data_dir=data_dir, environ={}), Place(folder))


async def test_the_first_root_is_the_project_and_is_asked_for_once(elsewhere: FluoriteServer, project: Path) -> None:
    client_roots = RootsClient(project)
    async with Client(elsewhere, mode="legacy", list_roots_callback=client_roots) as client:
        tools = Tools(client)
        assert (await tools.search(query="retry_with_backoff"))["project"]["root"] == str(project)
        assert (await tools.status())["project"]["root"] == str(project)
    assert client_roots.asked == 1


async def test_paths_outside_the_roots_are_refused(elsewhere: FluoriteServer, project: Path, tmp_path: Path) -> None:
    other = write_project(tmp_path / "other")
    async with Client(elsewhere, mode="legacy", list_roots_callback=RootsClient(project)) as client:
        text = await Tools(client).refusal("search", query="x", path=str(other))
    assert "outside the allowed root" in text
    assert str(project) in text


async def test_changed_roots_are_asked_for_again(elsewhere: FluoriteServer, project: Path, tmp_path: Path) -> None:
    other = write_project(tmp_path / "other")
    client_roots = RootsClient(project)
    async with Client(elsewhere, mode="legacy", list_roots_callback=client_roots) as client:
        tools = Tools(client)
        await tools.status()
        client_roots.folders = (other,)
        await client.session.send_roots_list_changed()
        assert (await tools.status())["project"]["root"] == str(other)
    assert client_roots.asked == 2


async def test_a_client_that_does_not_answer_has_no_roots(
    elsewhere: FluoriteServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roots, "ROOTS_TIMEOUT_SECONDS", 0.05)
    client_roots = RootsClient(tmp_path)
    client_roots.delay = 0.5
    async with Client(elsewhere, mode="legacy", list_roots_callback=client_roots) as client:
        assert (await Tools(client).status())["project"]["root"] == str(tmp_path / "elsewhere")


async def test_the_stateless_era_is_never_asked(elsewhere: FluoriteServer, project: Path) -> None:
    client_roots = RootsClient(project)
    async with Client(elsewhere, mode="auto", list_roots_callback=client_roots) as client:
        assert (await Tools(client).status())["project"]["root"] != str(project)
    assert client_roots.asked == 0


async def test_roots_that_are_gone_are_passed_over(elsewhere: FluoriteServer, project: Path, tmp_path: Path) -> None:
    client_roots = RootsClient(tmp_path / "gone", project)
    async with Client(elsewhere, mode="legacy", list_roots_callback=client_roots) as client:
        assert (await Tools(client).status())["project"]["root"] == str(project)


@pytest.mark.parametrize(
    ("uri", "folder"),
    [
        ("file:///work/my%20project", "/work/my project"),
        ("file:///C:/work", "C:/work"),
        ("file:///c%3A/work", "c:/work"),
        ("https://example.com/work", None),
        ("file://", None),
    ],
)
async def test_file_uris_become_folders(uri: str, folder: str | None) -> None:
    assert folder_of(uri) == (Path(folder) if folder else None)
