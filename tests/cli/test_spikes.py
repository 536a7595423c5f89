"""`spikes verify`, on real folders of templates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

TEMPLATE = """\
id: {id}
name: Demo
version: 1.0.0
stack: [demo]
description: d
aliases: [{id}-short]
params: [{{name: word, default: hello}}]
files: [{{path: a.txt, template: "{{{{word}}}}"}}]
verify: {{tools: [], checks: ["{check}"]}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "templates"
    target.mkdir()
    (target / "good.yaml").write_text(TEMPLATE.format(id="good", check="grep -q hello a.txt"))
    (target / "bad.yaml").write_text(TEMPLATE.format(id="bad", check="echo broken; exit 4"))
    (target / "mute.yaml").write_text(TEMPLATE.format(id="mute", check="true").split("verify:")[0])
    return target


def test_every_template_that_names_how_is_verified(cli: Cli, folder: Path) -> None:
    result = cli("spikes", "verify", "--folder", str(folder))
    assert result.exit_code == 1
    assert "passed" in result.stdout
    assert "bad: echo broken; exit 4\n    broken\n" in result.stdout
    assert "1 passed, 1 failed, 0 skipped" in result.stdout
    assert list(json.loads((folder / "verified.json").read_text())) == ["good"]


def test_one_is_verified_by_its_alias_with_a_parameter(cli: Cli, folder: Path) -> None:
    report = cli.json("spikes", "verify", "good-short", "--folder", str(folder))
    assert [(one["spike"], one["state"]) for one in report["results"]] == [("good", "passed")]
    assert cli("spikes", "verify", "good", "--param", "word=bye", "--folder", str(folder)).exit_code == 1


def test_an_unknown_id_names_the_nearest(cli: Cli, folder: Path) -> None:
    result = cli("spikes", "verify", "god", "--folder", str(folder))
    assert result.exit_code == 2
    assert "No spike has the id 'god'. The nearest: good" in result.stderr


def test_a_parameter_needs_a_value(cli: Cli, folder: Path) -> None:
    assert "--param 'word' has no value" in cli("spikes", "verify", "--param", "word", "--folder", str(folder)).stderr


def test_broken_templates_are_told_beside_the_others(cli: Cli, folder: Path) -> None:
    (folder / "bad.yaml").write_text("id: [")
    result = cli("spikes", "verify", "--folder", str(folder))
    assert result.exit_code == 0
    assert "templates/bad.yaml:2: not valid YAML" in result.stdout


def test_templates_are_found_seen_and_written_from_the_command_line(cli: Cli) -> None:
    assert "hono-rate-limit" in cli.ok("find-spikes", "rate limiting for hono")
    assert "entity  default 'todo'" in cli.ok("preview-spike", "hono-zod-api")
    shown = cli.ok("apply-spike", "hono-zod-api", "--param", "entity=invoice")
    assert "+++ b/src/invoices.ts" in shown
    assert "Nothing was changed. Add --write to do it." in shown
    assert not (cli.project / "src").exists()

    done = cli.json("apply-spike", "hono-zod-api", "--param", "entity=invoice", "--write")
    assert (cli.project / "src/invoices.ts").exists()
    assert "nothing to write" in cli.ok("apply-spike", "hono-zod-api", "--param", "entity=invoice", "--write")
    assert "Restored 3 files" in cli.ok("restore", "--undo", done["undo"])
    assert not (cli.project / "src").exists() or not list((cli.project / "src").iterdir())


def test_a_conflict_ends_with_an_exit_code(cli: Cli) -> None:
    (cli.project / "src").mkdir()
    (cli.project / "src/app.ts").write_text("mine\n")
    result = cli("apply-spike", "hono-zod-api", "--write")
    assert result.exit_code == 1
    assert "1 conflict; nothing was written." in result.stdout
    assert (cli.project / "src/app.ts").read_text() == "mine\n"
    assert not (cli.project / "src/todos.ts").exists()


def test_a_tools_own_name_is_its_command_too(cli: Cli) -> None:
    assert cli.json("find_spikes", "hono-zod-api")["spikes"][0]["id"] == "hono-zod-api"


def test_templates_may_be_listed_by_framework(cli: Cli) -> None:
    assert "hono-openapi" in cli.ok("find-spikes", "--framework", "hono", "-n", "50")
    assert "No template fits" in cli.ok("find-spikes", "--framework", "no-such-framework")


HANDLER = """\
@router.get("/{name}s/{{{name}_id}}")
async def read_{name}({name}_id: int, session: Session):
    {name} = await session.get({title}, {name}_id)
    if {name} is None:
        raise HTTPException(status_code=404, detail="{title} not found")
    return {title}Schema.model_validate({name})
"""


def test_a_pattern_becomes_a_template_and_goes_again(cli: Cli) -> None:
    for name in ("order", "user", "item", "ticket"):
        (cli.project / f"{name}s.py").write_text(HANDLER.format(name=name, title=name.title()))
    assert cli.json("learn")["patterns"] == 1
    [hit] = cli.json("search", "read session get", "--kind", "pattern")["hits"]

    promoted = cli.json("spikes", "promote", hit["id"])
    shown = cli("preview-spike", promoted["id"], "--param", "subject=invoice")
    removed = cli("spikes", "remove", promoted["id"])

    assert Path(promoted["file"]).name == f"{promoted['id']}.yaml"
    assert "async def read_invoice(invoice_id: int" in shown.stdout
    assert "restore --undo undo-" in removed.stdout
    assert not Path(promoted["file"]).exists()
    assert cli("spikes", "promote", "pattern-nothing").exit_code == 2
