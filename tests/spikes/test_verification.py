from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fluorite_mcp.errors import SpikeError
from fluorite_mcp.models import Spike, SpikeFile, SpikeParam, SpikePatch, SpikeVerification
from fluorite_mcp.spikes.verification import content_hash, tool_version, verify_spike
from fluorite_mcp.spikes.verified import current_verification, read_verified, record_verified


def spike(*checks: str, setup: tuple[str, ...] = (), tools: tuple[str, ...] = ()) -> Spike:
    return Spike(
        id="demo", name="Demo", version="1.2.0", stack=("demo",), tags=(), description="d",
        params=(SpikeParam("module", "alpha"),),
        files=(SpikeFile("{{module}}.txt", "hello {{module}}\n"),),
        patches=(SpikePatch("{{module}}.txt", "@@ -1 +1,2 @@\n hello {{module}}\n+patched\n"),),
        verify=SpikeVerification(tools, setup, checks),
    )  # fmt: skip


def test_setup_and_checks_run_in_the_rendered_folder() -> None:
    found = verify_spike(
        spike("grep -q patched {{module}}.txt", "test -f made", setup=("touch made",)), {}, limit_seconds=30
    )
    assert (found.state, found.reason, found.version) == ("passed", "", "1.2.0")
    assert found.content == content_hash(spike("grep -q patched {{module}}.txt", "test -f made", setup=("touch made",)))


def test_what_failed_is_told_with_the_end_of_its_output() -> None:
    found = verify_spike(spike("true", "echo one; echo two >&2; exit 3", "touch never"), {}, limit_seconds=30)
    assert (found.state, found.reason) == ("failed", "ended with exit code 3")
    assert found.step == "echo one; echo two >&2; exit 3"
    assert found.output == "one\ntwo"


def test_a_command_that_takes_too_long_is_ended_with_what_it_started() -> None:
    started = time.monotonic()
    found = verify_spike(spike("sleep 60 & sleep 60"), {}, limit_seconds=0.5)
    assert (found.state, found.reason) == ("failed", "took longer than the time limit")
    assert time.monotonic() - started < 10


def test_a_server_left_in_the_background_does_not_hang_the_run() -> None:
    started = time.monotonic()
    assert verify_spike(spike("sleep 60 & exit 0"), {}, limit_seconds=30).state == "passed"
    assert time.monotonic() - started < 10


def test_missing_programs_skip_and_are_named() -> None:
    found = verify_spike(spike("true", tools=("no-such-program-here",)), {}, limit_seconds=30)
    assert (found.state, found.reason) == ("skipped", "not on this machine: no-such-program-here")
    assert verify_spike(replace(spike(), verify=None), {}, limit_seconds=1).reason == "has no verify block"


def test_a_template_that_does_not_render_fails() -> None:
    wrong = replace(spike("true"), patches=(SpikePatch("none.txt", "@@ -1 +1 @@\n-a\n+b\n"),))
    assert "changes a file that does not exist" in verify_spike(wrong, {}, limit_seconds=5).reason
    required = replace(spike("true"), params=(SpikeParam("module", required=True),))
    assert "required 'module'" in verify_spike(required, {}, limit_seconds=5).reason
    assert verify_spike(required, {"module": "beta"}, limit_seconds=5).state == "passed"


@pytest.mark.skipif(shutil.which("python") is None, reason="needs python on the path")
def test_versions_of_programs_are_recorded() -> None:
    assert tool_version("python").startswith("3.")
    assert tool_version("no-such-program-here") == "unknown"
    assert verify_spike(spike("true", tools=("python",)), {}, limit_seconds=5).tools["python"].startswith("3.")


def test_passed_runs_are_recorded_and_a_changed_template_is_not_verified(tmp_path: Path) -> None:
    one = spike("true")
    record_verified(tmp_path, [verify_spike(one, {}, limit_seconds=5)], "2026-11-25")
    verified = read_verified(tmp_path)
    found = current_verification(one, verified)
    assert found is not None
    assert (found.version, found.date) == ("1.2.0", "2026-11-25")
    assert current_verification(replace(one, description="other words"), verified) == found
    for changed in (
        replace(one, files=(SpikeFile("a", "b"),)),
        replace(one, params=(SpikeParam("module", "beta"),)),
        spike("false"),
    ):
        assert current_verification(changed, verified) is None


def test_the_record_is_sorted_and_loses_what_fails(tmp_path: Path) -> None:
    good = verify_spike(spike("true"), {}, limit_seconds=5)
    record_verified(tmp_path, [replace(good, spike="b"), replace(good, spike="a")], "2026-11-25")
    first = (tmp_path / "verified.json").read_text()
    assert list(json.loads(first)) == ["a", "b"]
    record_verified(tmp_path, [replace(good, spike="a")], "2026-11-25")
    assert (tmp_path / "verified.json").read_text() == first
    record_verified(tmp_path, [replace(good, spike="a", state="failed"), replace(good, state="skipped")], "2026-11-26")
    assert list(read_verified(tmp_path)) == ["b"]


def test_nothing_is_written_where_nothing_passed(tmp_path: Path) -> None:
    record_verified(tmp_path, [], "2026-11-25")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    (tmp_path / "verified.json").write_text("{")
    with pytest.raises(SpikeError, match="Restore it, or delete it"):
        read_verified(tmp_path)
