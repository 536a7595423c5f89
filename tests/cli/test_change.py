"""Commands that change the memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def test_content_comes_from_the_argument_a_file_or_standard_input(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "note.md"
    file.write_text("The same note, ö 日本", encoding="utf-8")

    by_argument = cli.json("store", "The same note, ö 日本")
    by_file = cli.json("store", "--file", str(file))
    by_stdin = cli.json("store", "-", stdin="The same note, ö 日本")

    assert by_argument["created"] is True
    assert {by_file["id"], by_stdin["id"]} == {by_argument["id"]}
    assert (by_file["created"], by_stdin["created"]) == (False, False)


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["store"], None, "CONTENT"),
        (["store", "x", "--file", "y"], None, "CONTENT"),
        (["store", "--file", "missing.txt"], None, "missing.txt cannot be read"),
        (["store", "-"], b"\xff\xfe", "not UTF-8"),
        (["store", "x", "--metadata", "{"], None, "not JSON"),
        (["store", "x", "--metadata", "[1]"], None, "not a JSON object"),
        (["store", "x", "--kind", "nots"], None, "Did you mean 'note'?"),
        (["store", "x", "--quality", "2"], None, "0 to 1"),
    ],
)
def test_what_cannot_be_stored_is_refused_in_one_line(
    cli: Cli, arguments: list[str], stdin: bytes | None, said: str
) -> None:
    result = cli(*arguments, stdin=stdin)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_every_option_of_store_is_kept(cli: Cli) -> None:
    cli.ok(
        "store", "Use pool_pre_ping.", "--id", "pool-rule", "--title", "Pool rule", "--kind", "memory", "--language",
        "python", "--framework", "SQLAlchemy", "--tag", "db", "--scope", "global", "--quality", "0.9", "--metadata",
        '{"ticket": 7}',
    )  # fmt: skip

    (chunk,) = cli.json("get", "pool-rule")["chunks"]

    assert (chunk["kind"], chunk["title"], chunk["language"]) == ("memory", "Pool rule", "python")
    assert (chunk["frameworks"], chunk["tags"], chunk["metadata"]) == (["sqlalchemy"], ["db"], {"ticket": 7})
    assert chunk["quality"] == 0.9


def test_storing_tells_of_redacted_secrets_and_of_similar_notes(cli: Cli) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6" * 3
    note = "Deploys need the VPN, always: the cluster has no public address, and the bastion is gone."
    cli.ok("store", note)

    shown = cli.ok("store", f"{note} token={secret}")

    assert "1 secret redacted." in shown
    assert "similar (" in shown
    assert secret not in cli.ok("search", "VPN", "--kind", "note")


def test_storing_twice_is_said(cli: Cli) -> None:
    assert cli.ok("store", "once").startswith("Stored as note-")
    assert cli.ok("store", "once").startswith("Was stored before")


def test_learning_shows_what_changed_and_what_was_skipped(cli: Cli) -> None:
    for number in range(12):
        (cli.project / f"broken{number}.py").write_bytes(b"\0" * 100)

    first, second = cli.ok("learn"), cli.json("learn", str(cli.project))

    assert "Learned shop: " in first
    assert "and 2 more" in first
    assert second["files_changed"] == 0
    assert second["skipped_total"] == 12


def test_learning_reads_only_the_kinds_asked_for_and_again_with_force(cli: Cli) -> None:
    docs = cli.json("learn", "--kind", "doc")
    again = cli.json("learn", "--force")

    assert docs["files_changed"] == 1
    assert again["files_changed"] == 2


def test_feedback_moves_the_quality(cli: Cli) -> None:
    id_ = cli.json("store", "Restart the worker first.")["id"]

    shown = cli.ok("feedback", id_, "--outcome", "wrong")

    assert float(shown.rsplit(" ", 1)[1]) < 0.6


def test_forgetting_is_a_dry_run_that_says_how_to_go_on(cli: Cli) -> None:
    id_ = cli.json("store", "Old deploy steps: call Bob.", "--title", "Old deploy steps")["id"]

    shown = cli.ok("forget", id_)

    assert "Would archive 1 chunk:\n  Old deploy steps  note, " in shown
    assert "Add --yes" in shown
    assert cli.json("search", "call Bob", "--kind", "note")["hits"]


def test_what_was_forgotten_comes_back_by_its_undo_or_by_id(cli: Cli) -> None:
    id_ = cli.json("store", "Old deploy steps: call Bob.")["id"]

    shown = cli.ok("forget", id_, "--yes")
    undo = shown.split("fluorite-mcp restore --undo ")[1].strip()
    assert not cli.json("search", "call Bob", "--kind", "note")["hits"]
    assert id_ in cli.ok("restore", "--undo", undo)
    assert cli.json("search", "call Bob", "--kind", "note")["hits"]

    cli.ok("forget", id_, "--yes")
    assert cli.json("restore", id_)["restored"] == [id_]
    assert "nothing was changed" in cli.ok("restore", id_)


def test_forgetting_by_query_kind_and_age(cli: Cli) -> None:
    cli.ok("store", "Deploys go through the bastion host.")
    cli.ok("store", "Lunch is at noon.")

    by_query = cli.json("forget", "--query", "deploys bastion host", "--kind", "note")
    by_kind = cli.json("forget", "--kind", "note")
    by_age = cli.ok("forget", "--kind", "note", "--older-than", "2020-01-01")

    assert [chunk["title"] for chunk in by_query["archived"]] == ["Deploys go through the bastion host."]
    assert (by_kind["total"], by_kind["dry_run"]) == (2, True)
    assert "Nothing matches" in by_age


def test_a_long_list_of_forgotten_chunks_is_cut(cli: Cli) -> None:
    cli.ok("status")

    assert " more\n" in cli.ok("forget", "--kind", "spike")
