"""The tools of the spikes group, as clients of both protocol eras see them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from fluorite_mcp.learning.locate import Place
from fluorite_mcp.operations import templates
from fluorite_mcp.server.app import FluoriteServer, create_server
from fluorite_mcp.settings import load_settings
from tests.server.conftest import Tools, text_of

pytestmark = pytest.mark.anyio

JOB = """\
id: demo-job
name: Demo job
version: 2.0.0
stack: [demo]
aliases: [job-py]
description: A job that runs. Use it in tests.
notes: Restart the worker.
params:
  - {name: job, required: true, type: name, description: Name of the job.}
  - {name: hours, default: 3, type: integer}
files:
  - path: jobs/{{job|snake}}.py
    template: |
      EVERY = {{hours}}

      # Runs in the worker.

      LAST = True
verify: {tools: [python], setup: ["pip install x"], checks: ["python jobs/{{job|snake}}.py"]}
"""
# What follows the first line of the job, and what a project adds to it.
REST = "\n\n# Runs in the worker.\n\nLAST = True\n"
MINE = "\n\ndef run():\n    ...\n"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "spikes"
    folder.mkdir()
    (folder / "job.yaml").write_text(JOB)
    return folder


@pytest.fixture
def demo_server(project: Path, data_dir: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> FluoriteServer:
    monkeypatch.setattr("fluorite_mcp.engine.bundled_spikes", lambda: library)
    return create_server(load_settings(data_dir=data_dir, environ={}), Place(project))


@pytest.fixture
async def demo(demo_server: FluoriteServer, era: str) -> AsyncIterator[Tools]:
    async with Client(demo_server, mode=era) as client:
        yield Tools(client)


async def test_the_best_template_for_a_need_comes_first(tools: Tools) -> None:
    found = await tools.find_spikes(query="rate limiting for the Hono API", limit=3)
    assert found["spikes"][0]["id"] == "hono-rate-limit"
    best = found["spikes"][0]
    assert best["stack"][0] == "hono"
    assert best["why"]
    assert 0 < best["score"] <= 1
    assert len(found["spikes"]) <= 3


async def test_an_id_is_found_by_itself(tools: Tools) -> None:
    found = await tools.find_spikes(query="hono-zod-api")
    assert (found["spikes"][0]["id"], found["spikes"][0]["why"]) == ("hono-zod-api", ["its name"])


async def test_all_templates_of_a_framework_are_listed_without_a_query(tools: Tools) -> None:
    found = await tools.find_spikes(frameworks=["Hono"], limit=50)
    ids = {spike["id"] for spike in found["spikes"]}
    assert {"hono-zod-api", "hono-jwt-auth", "hono-rate-limit"} <= ids
    assert all("hono" in spike["stack"] for spike in found["spikes"])


async def test_a_language_leaves_out_templates_of_others(tools: Tools) -> None:
    found = await tools.find_spikes(query="rate limiting", language="python", limit=10)
    assert "hono-rate-limit" not in {spike["id"] for spike in found["spikes"]}
    assert found["spikes"]


async def test_nothing_fitting_is_an_answer(client: Client) -> None:
    result = await client.call_tool("find_spikes", {"query": "zymurgy of medieval falconry"})
    assert result.structured_content is not None
    assert (result.structured_content["spikes"], result.structured_content["abstained"]) == ([], True)
    assert "No template fits" in text_of(result)


async def test_a_preview_is_rendered_and_names_what_is_missing(demo: Tools, project: Path) -> None:
    before = sorted(project.rglob("*"))
    shown = await demo.preview_spike(id="job-py", params={"hours": 5})
    assert shown["files"] == [{"path": "jobs/{{job|snake}}.py", "content": f"EVERY = 5{REST}"}]
    assert shown["missing"] == [
        {"name": "job", "type": "name", "default": None, "description": "Name of the job.", "choices": []}
    ]
    whole = await demo.preview_spike(id="spike:demo-job", params={"job": "nightRun"})
    assert whole["files"][0] == {"path": "jobs/night_run.py", "content": f"EVERY = 3{REST}"}
    assert whole["checks"] == ["python jobs/night_run.py"]
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize("tool", ["preview_spike", "apply_spike"])
async def test_mistakes_are_told_in_a_sentence(demo: Tools, tool: str) -> None:
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"id": "demo-jbo"}, "No spike has the id 'demo-jbo'. The nearest: demo-job"),
        ({"id": "demo-job", "params": {"jbo": "x"}}, "unknown parameter 'jbo'; known: job, hours. Did you mean 'job'?"),
        ({"id": "demo-job", "params": {"job": "x", "hours": "soon"}}, "the value 'soon' of 'hours' is no whole number"),
        ({"id": "demo-job", "params": {"job": "../../x"}}, "the value '../../x' of 'job' is no name"),
        ({"id": "demo-job", "params": {"job": ["x"]}}, "params.job must be a text"),
        ({"id": ""}, "id is empty"),
    ]
    for arguments, message in mistakes:
        assert message in await demo.refusal(tool, **arguments)


async def test_applying_shows_first_and_writes_when_told(demo: Tools, project: Path) -> None:
    target = project / "jobs/mail.py"
    shown = await demo.apply_spike(id="demo-job", params={"job": "mail"})
    assert (shown["written"], shown["undo"], shown["conflicts"]) == (False, None, [])
    assert shown["files"][0]["action"] == "create"
    assert "+EVERY = 3\n" in shown["files"][0]["diff"]
    assert not target.exists()

    done = await demo.apply_spike(id="demo-job", params={"job": "mail"}, write=True)
    assert (done["written"], done["checks"], done["setup"]) == (True, ["python jobs/mail.py"], ["pip install x"])
    assert target.read_text() == f"EVERY = 3{REST}"
    assert (await demo.apply_spike(id="demo-job", params={"job": "mail"}, write=True))["files"][0]["action"] == (
        "unchanged"
    )

    undone = await demo.restore(undo=done["undo"])
    assert undone["restored"] == ["jobs/mail.py"]
    assert not target.exists()
    assert "was undone" in await demo.refusal("restore", undo=done["undo"])


async def test_a_new_version_is_merged_with_what_the_project_made_of_the_old_one(demo: Tools, project: Path) -> None:
    target = project / "jobs/mail.py"
    await demo.apply_spike(id="demo-job", params={"job": "mail"}, write=True)
    target.write_text(f"EVERY = 3{REST}{MINE}")
    arguments = {"id": "demo-job", "params": {"job": "mail", "hours": 9}, "write": True}

    refused = await demo.apply_spike(**arguments)
    assert (refused["written"], refused["conflicts"]) == (False, ["jobs/mail.py"])
    merged = await demo.apply_spike(**arguments, strategy="merge")
    assert merged["written"]
    assert target.read_text() == f"EVERY = 9{REST}{MINE}"
    await demo.restore(undo=merged["undo"])
    assert target.read_text() == f"EVERY = 3{REST}{MINE}"
    target.write_text(f"EVERY = 4{REST}")
    conflict = await demo.apply_spike(**arguments, strategy="merge")
    assert conflict["conflicts"] == ["jobs/mail.py"]
    assert "<<<<<<< project\nEVERY = 4\n" in conflict["files"][0]["marked"]
    assert (await demo.apply_spike(**arguments, strategy="overwrite"))["written"]
    assert target.read_text() == f"EVERY = 9{REST}"


async def test_undoing_refuses_when_the_file_was_changed_since(demo: Tools, project: Path) -> None:
    done = await demo.apply_spike(id="demo-job", params={"job": "mail"}, write=True)
    (project / "jobs/mail.py").write_text("mine\n")
    assert "was changed since" in await demo.refusal("restore", undo=done["undo"])
    assert (project / "jobs/mail.py").read_text() == "mine\n"


async def test_it_writes_into_a_folder_that_is_not_there_yet(demo: Tools, project: Path) -> None:
    done = await demo.apply_spike(id="demo-job", params={"job": "mail"}, path="services/mailer", write=True)
    assert done["files"][0]["path"] == "services/mailer/jobs/mail.py"
    assert (project / "services/mailer/jobs/mail.py").exists()


async def test_it_writes_nowhere_else(demo: Tools, project: Path) -> None:
    outside = project.parent / "outside"
    outside.mkdir()
    (project / "jobs").symlink_to(outside, target_is_directory=True)
    arguments: dict[str, Any] = {"id": "demo-job", "params": {"job": "mail"}, "write": True}
    assert "leads through a link out of" in await demo.refusal("apply_spike", **arguments)
    assert "leaves the allowed root" in await demo.refusal("apply_spike", **arguments, path="../outside")
    assert "strategy 'force' is unknown" in await demo.refusal("apply_spike", **arguments, strategy="force")
    assert list(outside.iterdir()) == []


async def test_a_missing_parameter_is_an_error_that_names_it(demo: Tools, project: Path) -> None:
    assert await demo.refusal("apply_spike", id="demo-job", write=True) == (
        "demo-job: give a value for the required 'job'."
    )
    assert not (project / "jobs").exists()


@pytest.mark.parametrize(
    ("reply", "written"),
    [
        (ElicitResult(action="accept", content={"job": "asked"}), True),
        (ElicitResult(action="decline"), False),
        (ElicitResult(action="cancel"), False),
    ],
)
async def test_a_missing_parameter_is_asked_for_where_the_client_can(
    demo_server: FluoriteServer, era: str, project: Path, reply: ElicitResult, *, written: bool
) -> None:
    asked: list[ElicitRequestParams] = []

    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params)
        return reply

    async with Client(demo_server, mode=era, elicitation_callback=answer) as client:
        result = await client.call_tool("apply_spike", {"id": "job-py", "write": True})
        await client.call_tool("apply_spike", {"id": "job-py", "params": {"job": "given"}})

    assert len(asked) == 1
    assert asked[0].message == "The template Demo job needs job."
    assert (project / "jobs/asked.py").exists() == written
    assert bool(result.is_error) != written
    if not written:
        assert "did not give the parameters, so nothing was written" in text_of(result)


async def test_texts_tell_what_happened_and_what_to_do(demo: Tools) -> None:
    client = demo.client
    found = text_of(await client.call_tool("preview_spike", {"id": "demo-job"}))
    assert '- hours (integer; default "3")' in found
    assert "- job (name; required): Name of the job." in found
    shown = text_of(await client.call_tool("apply_spike", {"id": "demo-job", "params": {"job": "a"}}))
    assert shown.startswith("Would write 1 file of demo-job in parcels. Nothing was changed. Call again with write tr")
    assert "```diff\n--- /dev/null\n+++ b/jobs/a.py\n" in shown
    assert "To check: python jobs/a.py" in shown
    assert "Notes: Restart the worker." in shown


async def test_verified_templates_say_so(demo_server: FluoriteServer, library: Path) -> None:
    from fluorite_mcp.spikes.library import load_spikes
    from fluorite_mcp.spikes.verification import Verification, content_hash
    from fluorite_mcp.spikes.verified import record_verified

    [spike], _ = load_spikes(library)
    run = Verification(spike="demo-job", version="2.0.0", state="passed", content=content_hash(spike))
    record_verified(library, [run], "2026-11-25")
    read = templates._read_bundled(library)
    assert read.templates["demo-job"].verified == "2026-11-25"
    (library / "job.yaml").write_text(JOB.replace("EVERY", "EACH"))
    assert templates._read_bundled(library).templates["demo-job"].verified == ""
