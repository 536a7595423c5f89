"""What the processes of these tests do: `python -m tests.reliability.children JOB DATA PROJECT NAME`.

A child says what was acknowledged, one line of JSON each, before it goes on, and reads from its standard input
when it should wait for the others.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fluorite_mcp.engine import Engine
from fluorite_mcp.errors import StoreError

# A variable that a child's own children inherit, so that what it leaves behind can be found.
MARK = "RELIABILITY_RUN"


def write_project(root: Path, files: int) -> Path:
    """Write a repository of small modules."""
    (root / ".git").mkdir(parents=True)
    for number in range(files):
        write_module(root, f"module{number}")
    return root


def write_module(root: Path, name: str) -> None:
    body = f'def handle_{name}(request):\n    """Answer requests of {name}."""\n    return request.{name} + 1\n'
    (root / f"{name}.py").write_text(body)


def start(job: str, data: Path, project: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.reliability.children", job, str(data), str(project), name]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2], env=os.environ | {MARK: str(data)},
    )  # fmt: skip


def wait(process: subprocess.Popen[str]) -> list[Any]:
    """Let a child run to its end; its remaining lines come back. It must have ended well and silently."""
    output, errors = process.communicate(timeout=240)
    assert (process.returncode, errors) == (0, "")
    return [json.loads(line) for line in output.splitlines()]


def go(processes: Iterable[subprocess.Popen[str]], message: Any = None) -> None:
    """Let waiting children go on."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> Any:
    """Return a child's next line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    return json.loads(line)


def left_behind(data: Path) -> list[str]:
    """Return the commands of processes that come from this data folder's children (Linux)."""
    mark = f"{MARK}={data}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:  # It ended, or is not ours to look at.
            continue
    return found


def note_text(name: str, number: int) -> str:
    """Return a text with a word that no other text has."""
    return f"Remember {unique_word(name, number)}: the deployment needs patience and a second pair of eyes."


def unique_word(name: str, number: int) -> str:
    return f"zq{name}zz{number}".translate(str.maketrans("0123456789", "ghijklmnop"))


def say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def hear() -> Any:
    return json.loads(await asyncio.to_thread(sys.stdin.readline))


async def write_until_killed(engine: Engine, project: Path, name: str) -> None:
    """Store notes, forget some, and learn the whole project again and again."""
    say(ready=True)
    number = 0
    while True:
        for _ in range(4):
            number += 1
            stored = await engine.store(note_text(name, number))
            say(id=stored.id, word=unique_word(name, number))
        forgotten = await engine.store(f"Passing thought {name} {number}")
        say(id=forgotten.id)
        await engine.forget([forgotten.id], dry_run=False)
        say(forgotten=forgotten.id)
        module = f"extra{name}n{number}"
        write_module(project, module)
        await engine.learn(force=number % 8 == 0)
        say(learned=f"handle_{module}")


async def write_beside_others(engine: Engine, project: Path, name: str) -> None:
    """Store and search, then look for what all have stored."""
    say(ready=True)
    for number in range(int(await hear())):
        stored = await engine.store(note_text(name, number))
        hits = (await engine.search(unique_word(name, number), limit=3)).hits
        say(id=stored.id, created=stored.created, seen=stored.id in {hit.id for hit in hits})
    say(done=True)
    everything: dict[str, str] = await hear()
    got = await engine.get(list(everything))
    missing = [id_ for id_, word in everything.items() if id_ not in await found(engine, word)]
    say(got=len(got.chunks), missing=missing)


async def found(engine: Engine, query: str) -> set[str]:
    return {hit.id for hit in (await engine.search(query, limit=5)).hits}


async def race_for_ids(engine: Engine, project: Path, name: str) -> None:
    """Store under the ids that all others store under at the same moment."""
    await engine.status()
    say(ready=True)
    count = int(await hear())
    created = [(await engine.store(f"{name} was first", id=f"race-{number}")).created for number in range(count)]
    say(created=created)


async def fill_the_disk(engine: Engine, project: Path, name: str) -> None:
    """Store and learn while no file may grow any more, then with room again."""
    import resource

    before = await engine.store("Written before the disk was full.")
    await engine.settle()
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = engine.settings.data_dir / "fluorite.db-wal"
    # The log may still grow a little, so that a transaction fails in its middle.
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 200_000, unlimited[1]))
    say(before=before.id)
    for number in range(200):
        try:
            say(stored=(await engine.store(note_text(name, number), id=f"full-{number}")).id)
        except StoreError as error:
            say(failed=f"full-{number}", error=type(error).__name__, text=str(error))
            break
    try:
        await engine.learn(force=True)
    except StoreError as error:
        say(learning=type(error).__name__)
    result = await engine.search("written before the disk was full", kinds=["note"])
    say(searched=[hit.id for hit in result.hits], notices=" ".join(result.notices))
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    after = await engine.store("Written when there was room again.")
    learned = await engine.learn(force=True)
    say(after=after.id, files=learned.files_seen)


JOBS = {
    "write": write_until_killed,
    "share": write_beside_others,
    "race": race_for_ids,
    "full": fill_the_disk,
}


async def main() -> None:
    job, data, project, name = sys.argv[1:]
    async with Engine.open(Path(data), folder=project) as engine:
        await JOBS[job](engine, Path(project), name)


def wait_until_gone(data: Path, seconds: float) -> list[str]:
    """Return what is still there of a killed child's own children after some time."""
    end = time.monotonic() + seconds
    while (left := left_behind(data)) and time.monotonic() < end:
        time.sleep(0.05)
    return left


if __name__ == "__main__":
    asyncio.run(main())
