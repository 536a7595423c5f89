"""Commands that ask: what a person reads, and what a machine reads."""

from __future__ import annotations

import re

import pytest

from fluorite_mcp.cli.output import Output
from fluorite_mcp.cli.show_chunks import show_suggestion
from fluorite_mcp.results import Intent, SuggestResult
from tests.cli.conftest import Cli


def test_a_search_shows_place_score_and_the_lines_that_answer(cli: Cli) -> None:
    shown = cli.ok("search", "retry", "with", "backoff")

    first, about, *rest = shown.splitlines()
    assert first.startswith("1. retry.py:")
    assert "code-" in about
    assert "    def retry_with_backoff(call, attempts=5):" in rest
    assert "in shop, hybrid" in shown


def test_the_same_search_as_json_is_one_document_with_the_contract_s_fields(cli: Cli) -> None:
    answer = cli.json("search", "retry with backoff", "--limit", "1", "--max-lines", "0")

    (hit,) = answer["hits"]
    assert (hit["path"], hit["kind"], hit["symbol"], hit["snippet"]) == ("retry.py", "code", "retry_with_backoff", "")
    assert answer["project"] == {"name": "shop", "root": str(cli.project)}
    assert answer["mode"] == "hybrid"


def test_a_path_is_meant_as_the_shell_means_it(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    inner, other = cli.project / "inner", cli.project.parent / "other"
    inner.mkdir()
    (inner / "queue.py").write_text("def push_job(queue, job):\n    queue.append(job)\n")
    (other / ".git").mkdir(parents=True)
    (other / "mail.py").write_text("def send_mail(to):\n    print(to)\n")
    monkeypatch.chdir(inner)

    here = cli.json("search", "push a job to the queue", "--kind", "code", "--path", ".")
    there = cli.json("search", "send mail", "--path", "../../other", "--kind", "code")

    assert {hit["path"] for hit in here["hits"]} == {"inner/queue.py"}
    assert (there["project"]["name"], there["hits"][0]["path"]) == ("other", "mail.py")


def test_kinds_language_and_tags_narrow_a_search(cli: Cli) -> None:
    cli.ok("store", "Retry only what is idempotent.", "--tag", "rule", "--title", "Retry rule")

    docs = cli.json("search", "deploy", "--kind", "doc")
    python = cli.json("search", "retry", "--language", "python", "--kind", "code")
    rules = cli.json("search", "retry", "--tag", "rule")

    assert [hit["path"] for hit in docs["hits"]] == ["README.md"]
    assert {hit["language"] for hit in python["hits"]} == {"python"}
    assert [hit["title"] for hit in rules["hits"]] == ["Retry rule"]


def test_a_page_ends_with_the_cursor_of_the_next(cli: Cli) -> None:
    first = cli.json("search", "rate limit middleware", "--limit", "1")
    second = cli.json("search", "rate limit middleware", "--limit", "1", "--cursor", first["next_cursor"])
    shown = cli.ok("search", "rate limit middleware", "--limit", "1")

    assert first["hits"][0]["id"] != second["hits"][0]["id"]
    assert f"more: --cursor {first['next_cursor']}" in shown


def test_a_search_that_finds_nothing_says_so(cli: Cli) -> None:
    assert "Nothing relevant was found in shop." in cli.ok("search", "zzqqxx", "--kind", "note")


def test_a_file_that_changed_is_found_as_it_is_now(cli: Cli) -> None:
    cli.ok("search", "retry")
    (cli.project / "retry.py").write_text("def give_up_at_once(call):\n    return call()\n")

    answer = cli.json("search", "give up at once", "--kind", "code")

    assert answer["hits"][0]["symbol"] == "give_up_at_once"


def test_escape_sequences_in_stored_text_do_not_reach_the_terminal(cli: Cli) -> None:
    cli.ok("store", "red \x1b[31malert\x1b[0m and \x9b2J more", "--title", "esc\x1b]0;title\x07")

    shown = cli.ok("search", "red and more", "--kind", "note")

    assert "\\x1b[31malert" in shown
    assert not any(sign in shown for sign in "\x1b\x9b\x07")


def test_a_suggestion_in_a_pipe_is_its_context_alone(cli: Cli) -> None:
    answer = cli.json("suggest", "add rate limiting to the Hono API", "--budget", "800")
    shown = cli.ok("suggest", "add rate limiting to the Hono API", "--budget", "800")

    assert "hono-rate-limit" in answer["spikes"][0]["id"]
    assert shown.rstrip("\n") == answer["context"].rstrip("\n")
    assert answer["used_tokens"] <= 800


def test_a_person_sees_a_suggestion_rendered_with_what_it_is_made_of(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # How rich is told of a terminal.

    shown = cli.ok("suggest", "add rate limiting to the Hono API", "--budget", "800")

    assert "## Template" not in shown
    assert re.search(r"\d templates?, .* tokens, shop, ", shown)


def test_a_suggestion_of_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    show_suggestion(Output(), SuggestResult(intent=Intent(action="add"), abstained=True))

    assert capsys.readouterr().out == "Nothing in global knowledge or in the templates fits this task.\n"


def test_get_shows_the_whole_chunk_with_its_history(cli: Cli) -> None:
    id_ = cli.json("store", "one\ntwo\nthree", "--title", "Counting", "--tag", "numbers")["id"]
    cli.ok("feedback", id_, "--outcome", "helpful", "--note", "good")

    whole, cut = cli.ok("get", id_), cli.ok("get", id_, "--max-lines", "1")

    assert whole.startswith(f"Counting  {id_}\n")
    assert "#numbers" in whole
    assert "    one\n    two\n    three\n" in whole
    assert "outcome helpful" in whole
    assert "    two" not in cut
    assert "cut off" in cut


def test_get_shows_relations_and_says_what_is_archived_or_has_changed(cli: Cli) -> None:
    first = cli.json("store", "Use the VPN for deploys, always.")["id"]
    second = cli.json("store", "Use the VPN for deploys, always!")["id"]
    cli.ok("forget", first, "--yes")
    code = cli.json("search", "retry with backoff", "--kind", "code")["hits"][0]["id"]
    (cli.project / "retry.py").unlink()

    assert f"similar {first}" in cli.ok("get", second)
    assert f"fluorite-mcp restore {first} brings it back" in cli.ok("get", first)
    assert "its file is gone" in cli.ok("get", code)


def test_status_shows_figures(cli: Cli) -> None:
    cli.ok("learn")

    shown, answer = cli.ok("status"), cli.json("status")

    assert str(cli.data) in shown
    assert f"{answer['chunks']['spike']:,} spike" in shown
    assert answer["healthy"] is True
    assert [project["name"] for project in answer["projects"]] == ["shop"]


def test_get_shows_what_code_depends_on_and_what_uses_it(cli: Cli) -> None:
    (cli.project / "shop.py").write_text(
        "from retry import retry_with_backoff\n\n\ndef buy():\n    retry_with_backoff(pay)\n"
    )
    cli.ok("learn")
    used = next(hit["id"] for hit in cli.json("search", "retry_with_backoff")["hits"] if hit["path"] == "retry.py")
    user = next(hit["id"] for hit in cli.json("search", "def buy")["hits"] if hit["path"] == "shop.py")

    assert f"→ depends on {used}  retry.py:1 retry_with_backoff  1.00  calls retry_with_backoff" in cli.ok("get", user)
    assert f"← used by {user}  shop.py:1 buy  1.00  calls retry_with_backoff" in cli.ok("get", used)


def test_status_tells_what_is_used_together(cli: Cli) -> None:
    (cli.project / "shop.py").write_text("from fastapi import FastAPI\nfrom sqlalchemy import select\n")
    cli.ok("learn")

    assert "fastapi is used with sqlalchemy in 1 of 1 learned project" in cli.ok("status")
