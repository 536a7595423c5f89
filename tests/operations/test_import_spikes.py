"""Importing templates: what cannot be read is told, filler is set aside, importing again changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.spike_corpus import write_corpus
from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import InputError
from tests.conftest import OpenEngine

pytestmark = pytest.mark.anyio

QUEUE: dict[str, Any] = {
    "id": "bullmq-mail-queue", "name": "Mail queue with BullMQ", "version": "1.0.0", "stack": ["bullmq", "node"],
    "tags": ["queue"], "description": "Delivers mail in the background with retries.",
    "params": [{"name": "queue", "default": "mails"}],
    "files": [
        {
            "path": "src/{{queue}}.ts",
            "template": 'import { Queue, Worker } from "bullmq";\nexport const {{queue}} = new Queue("{{queue}}");\n'
            'new Worker("{{queue}}", async (job) => deliver(job.data.address), { concurrency: 4 });\n',
        }
    ],
}  # fmt: skip

OURS = """\
id: our-audit-log
name: Audit log
version: 1.0.0
stack: [postgresql]
aliases: [audit-sql]
description: An append-only audit log with triggers.
params: [{name: table, default: orders, type: name}]
files: [{path: "audit/{{table}}.sql", template: "CREATE TRIGGER audit_{{table}} AFTER UPDATE ON {{table}};"}]
verify: {tools: [psql], checks: ["psql -f audit/{{table}}.sql"]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "collection"
    (target / "deep").mkdir(parents=True)
    (target / "queue.json").write_text(json.dumps(QUEUE))
    (target / "deep/ours.yaml").write_text(OURS)
    (target / "broken.json").write_text("{")
    (target / "broken.yaml").write_text("id: [")
    return target


async def chunks_of(engine: Engine) -> list[str]:
    return sorted([line async for line in engine.export()])


async def test_what_was_imported_is_found_previewed_and_applied(engine: Engine, folder: Path, project: Path) -> None:
    result = await engine.spikes.import_from(folder)
    assert (result.files, result.imported, result.unchanged) == (4, 2, 0)
    assert [(one.path, one.reason.split(":")[0]) for one in result.skipped] == [
        ("broken.json:1", "not valid JSON"), ("broken.yaml:2", "not valid YAML"),
    ]  # fmt: skip

    found = await engine.spikes.find("deliver mail in the background with a queue")
    assert found.spikes[0].id == "bullmq-mail-queue"
    assert found.spikes[0].description == "Delivers mail in the background with retries."
    preview = await engine.spikes.preview("bullmq-mail-queue", {"queue": "letters"})
    assert preview.files[0].path == "src/letters.ts"
    assert 'new Queue("letters")' in preview.files[0].content
    assert (await engine.spikes.apply("bullmq-mail-queue", write=True)).written
    assert (project / "src/mails.ts").exists()


async def test_our_own_format_keeps_all_it_says(engine: Engine, folder: Path) -> None:
    await engine.spikes.import_from(folder)
    preview = await engine.spikes.preview("audit-sql")
    assert (preview.id, preview.checks) == ("our-audit-log", ("psql -f audit/orders.sql",))
    assert preview.missing[0].type == "name"
    with pytest.raises(Exception, match="is no name"):
        await engine.spikes.preview("our-audit-log", {"table": "a b"})


async def test_importing_again_changes_nothing(open_engine: OpenEngine, tmp_path: Path) -> None:
    folder = tmp_path / "collection"
    corpus = write_corpus(folder, 300, 9)
    async with open_engine() as engine:
        first = await engine.spikes.import_from(folder)
        before = await chunks_of(engine)
    async with open_engine() as engine:
        again = await engine.spikes.import_from(folder)
        assert await chunks_of(engine) == before
    assert first.imported == corpus.files - corpus.broken
    assert (again.imported, again.updated, again.unchanged) == (0, 0, first.imported)
    assert len(first.skipped) == len(again.skipped) == corpus.broken
    assert (again.merged, again.stubs) == (first.merged, first.stubs)


async def test_filler_is_known_by_id_and_outranks_nothing(engine: Engine, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "collection", 300, 0)
    result = await engine.spikes.import_from(tmp_path / "collection")
    assert result.merged + result.stubs >= corpus.filler - 10
    for query in ("strike nextjs auth minimal", "generated template for webhook with hono", "gen express cache"):
        found = (await engine.spikes.find(query, limit=50)).spikes
        is_filler = [one.id.startswith(("strike-", "gen-")) for one in found]
        assert is_filler == sorted(is_filler)
        assert not [one.id for one in found if one.id.startswith(("strike-", "gen-")) and one.quality >= 0.3]
    name = next(file.stem for file in (tmp_path / "collection").glob("strike-*.json"))
    assert (await engine.spikes.preview(name)).id == name


async def test_a_changed_template_is_updated(engine: Engine, folder: Path) -> None:
    await engine.spikes.import_from(folder)
    await engine.feedback(["spike:bullmq-mail-queue"], "helpful")
    changed = QUEUE | {"files": [{"path": "lib/queue.ts", "template": QUEUE["files"][0]["template"]}]}
    (folder / "queue.json").write_text(json.dumps(changed))
    result = await engine.spikes.import_from(folder)
    assert (result.imported, result.updated, result.unchanged) == (0, 1, 1)
    assert (await engine.spikes.preview("bullmq-mail-queue")).files[0].path == "lib/queue.ts"
    overview = (await engine.get(["spike:bullmq-mail-queue"])).chunks[0]
    assert overview.quality > 0.6
    with pytest.raises(InputError, match="No chunk has the id"):
        await engine.get(["spike:bullmq-mail-queue/src/{{queue}}.ts"])


async def test_bundled_templates_are_not_replaced(engine: Engine, folder: Path) -> None:
    (folder / "queue.json").write_text(json.dumps(QUEUE | {"id": "hono-zod-api"}))
    result = await engine.spikes.import_from(folder)
    assert ("queue.json", "the id 'hono-zod-api' belongs to a template that comes along.") in {
        (one.path, one.reason) for one in result.skipped
    }
    assert (await engine.spikes.preview("hono-zod-api")).name == "Hono API with zod validator"


async def test_a_list_in_one_file_is_a_collection_too(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    file.write_text(json.dumps([QUEUE, 7, QUEUE]))
    result = await engine.spikes.import_from(file)
    assert (result.imported, [one.path for one in result.skipped]) == (1, ["all.json[1]", "all.json[2]"])


async def test_secrets_are_redacted(engine: Engine, folder: Path) -> None:
    key = "AKIA" + "Q3EGRIDJ6HZ5KWPL"
    leaky = QUEUE | {"files": [{"path": "a.ts", "template": f'const deliver = "{key}"; worker(concurrency, address);'}]}
    (folder / "queue.json").write_text(json.dumps(leaky))
    assert (await engine.spikes.import_from(folder)).redacted == 1
    assert key not in (await engine.spikes.preview("bullmq-mail-queue")).files[0].content


async def test_a_login_at_this_machine_is_no_secret(engine: Engine, folder: Path) -> None:
    local, remote = "postgres://app:app@localhost:5432/shop", "postgres://app:Xk29vQpl71z@db.example.com/shop"
    body = f'const deliver = worker("{local}", "{remote}", "{local}"); concurrency(address);'
    (folder / "queue.json").write_text(json.dumps(QUEUE | {"files": [{"path": "a.ts", "template": body}]}))
    assert (await engine.spikes.import_from(folder)).redacted == 1
    content = (await engine.spikes.preview("bullmq-mail-queue")).files[0].content
    assert content.count(local) == 2
    assert "Xk29vQpl71z" not in content


@pytest.mark.parametrize("missing", [True, False])
async def test_a_folder_without_templates_is_told(engine: Engine, tmp_path: Path, *, missing: bool) -> None:
    target = tmp_path / "nothing"
    if not missing:
        target.mkdir()
    with pytest.raises(InputError, match="does not exist" if missing else r"holds no \.json"):
        await engine.spikes.import_from(target)


async def test_an_export_carries_imported_templates(open_engine: OpenEngine, folder: Path, tmp_path: Path) -> None:
    async with open_engine() as engine:
        await engine.spikes.import_from(folder)
        lines = [line async for line in engine.export()]
    async with Engine.open(tmp_path / "other", folder=tmp_path) as other:
        await other.import_lines(lines)
        assert (await other.spikes.preview("audit-sql")).id == "our-audit-log"


async def test_a_template_that_was_outdated_is_as_good_as_before_once_a_newer_one_was_imported(
    engine: Engine, folder: Path
) -> None:
    await engine.spikes.import_from(folder)
    id_ = "spike:bullmq-mail-queue"
    before = (await engine.get([id_])).chunks[0].quality
    assert (await engine.feedback([id_], "outdated")).qualities[id_] < 0.1
    await engine.spikes.import_from(folder)
    assert (await engine.get([id_])).chunks[0].quality < 0.1
    (folder / "queue.json").write_text(json.dumps(QUEUE | {"version": "2.0.0", "description": "Delivers mail again."}))
    await engine.spikes.import_from(folder)

    assert (await engine.get([id_])).chunks[0].quality == before
