"""What fifty rounds of judgements change: a simulated user judges what is suggested, then other tasks are asked.

The user knows what each hidden target used: an item that holds enough of it is `helpful`, one that holds nothing of it
is `wrong`, and of what lies between the user says nothing. Notes with invented names are planted among the project's
knowledge, in the words of its tasks: they are the harmful items that should sink.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.quality.tables import table
from benchmarks.quality.trees import ensure_tree
from benchmarks.suggest.command import BUDGETS, dated, opened
from benchmarks.suggest.contexts import Given
from benchmarks.suggest.figures import MEASURES, Figure, interval, judge, mean, paired
from benchmarks.suggest.needs import names_in
from benchmarks.suggest.targets import SEED, Hidden, Target, hide
from fluorite_mcp.engine import Engine
from fluorite_mcp.results import SuggestResult

ROUNDS, HELD_OUT, PLANTED = 50, 15, 15
# Targets hidden for a whole run; a project must have enough of them left over.
_EACH = 40
_PROJECTS = ("gson", "newtonsoft-json", "pydantic", "vapor")
_HELPFUL_SHARE = 0.2
_BUDGET = BUDGETS[0]
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class _Harm:
    """How much of a suggestion was planted: how many notes were shown, and at which rank the first (0: none)."""

    when: str
    shown: int
    rank: int


@dataclass(frozen=True, slots=True)
class _Run:
    """What came out in one project; `judged` are the judgements that were made."""

    figures: list[Figure]
    harm: list[_Harm]
    judged: int


async def measure_rounds(options: argparse.Namespace) -> str:
    """Run the rounds in every project and return the tables."""
    data = json.loads((options.data / "codesearch-dev.json").read_text(encoding="utf-8"))
    found = _saved(options.save)
    for spec in sorted(data["repos"], key=lambda one: str(one["name"])):
        if spec["name"] not in (options.only or _PROJECTS) or spec["name"] in found:
            continue
        tree = ensure_tree(spec, mirror=options.mirror, cache=options.trees)
        hidden = hide(spec["name"], spec["language"], tree, options.work / "hidden", _EACH)
        found[hidden.name] = await _run_project(hidden, options)
        if options.save:
            with options.save.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"name": hidden.name, **asdict(found[hidden.name])}) + "\n")
    return _section(
        [one for run in found.values() for one in run.figures],
        [one for run in found.values() for one in run.harm],
        sum(run.judged for run in found.values()),
    )


def _saved(path: Path | None) -> dict[str, _Run]:
    """Return the projects of a run that was cut off, so that it goes on where it stopped."""
    if path is None or not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {
        row["name"]: _Run(
            [Figure(**{**one, "values": tuple(one["values"])}) for one in row["figures"]],
            [_Harm(**one) for one in row["harm"]],
            row["judged"],
        )
        for row in rows
    }


async def _run_project(hidden: Hidden, options: argparse.Namespace) -> _Run:
    draw = random.Random(f"{SEED} rounds {hidden.name}")  # noqa: S311 - a sample, not a secret
    targets = list(hidden.targets)
    draw.shuffle(targets)
    held_out, asked = targets[:HELD_OUT], targets[HELD_OUT:]
    async with opened(options.work / "rounds", hidden, fresh=True) as engine:
        await engine.learn(mine=True)
        planted = await _plant(engine, held_out, asked, draw)
        figures, harm = await _ask(BEFORE, engine, hidden, held_out, planted)
        judged = 0
        for number in range(ROUNDS):
            judged += await _judge(engine, asked[number % len(asked)])
        more, harmed = await _ask(AFTER, engine, hidden, held_out, planted)
    return _Run(figures + more, harm + harmed, judged)


async def _plant(engine: Engine, held_out: Sequence[Target], asked: Sequence[Target], draw: random.Random) -> set[str]:
    """Store notes that sound right for several tasks and name what does not exist."""
    planted = set()
    for number, target in enumerate(held_out[:PLANTED]):
        # Two of its three tasks are asked in the rounds, the third afterwards.
        about = "\n".join(one.task for one in (*draw.sample(list(asked)[:ROUNDS], 2), target))
        calls = "\n".join(f"obsolete_{number}_{step}(legacy_context_{number})" for step in range(3))
        stored = await engine.store(f"{about}\n{calls}", title=f"How it is done, {number}")
        planted.add(stored.id)
    return planted


async def _ask(
    when: str, engine: Engine, hidden: Hidden, targets: Sequence[Target], planted: set[str]
) -> tuple[list[Figure], list[_Harm]]:
    figures, harm = [], []
    for target in targets:
        result = await engine.suggest(target.task, token_budget=_BUDGET)
        figures.append(judge(when, _BUDGET, hidden, target, Given(result.context, result.took_ms)))
        shown = [number for number, id_ in enumerate(_shown(result), 1) if id_ in planted]
        harm.append(_Harm(when, len(shown), shown[0] if shown else 0))
    return figures, harm


def _shown(result: SuggestResult) -> list[str]:
    spikes = [f"spike:{spike.id}" for spike in result.spikes]
    return [*(hit.id for hit in (*result.notes, *result.code)), *spikes]


async def _judge(engine: Engine, target: Target) -> int:
    """Ask for a task and judge what came. Returns how many judgements were made."""
    ids = _shown(await engine.suggest(target.task, token_budget=_BUDGET))
    said = names_in(target.task)
    wanted = frozenset(target.apis) - said
    count = 0
    for chunk in (await engine.get(ids)).chunks if ids else ():
        share = len(names_in(chunk.content) & wanted) / len(wanted)
        if share == 0 or share >= _HELPFUL_SHARE:
            await engine.feedback([chunk.id], "helpful" if share else "wrong")
            count += 1
    return count


def _section(figures: Sequence[Figure], harm: Sequence[_Harm], judged: int) -> str:
    rows = []
    for when in (BEFORE, AFTER):
        some = [one for one in figures if one.system == when]
        planted = [one for one in harm if one.when == when]
        share = sum(one.shown > 0 for one in planted) / len(planted)
        mean_shown = sum(one.shown for one in planted) / len(planted)
        rows.append([when, *(_figure(some, number) for number in range(len(MEASURES))), f"{share:.1%}",
                     f"{mean_shown:.2f}"])  # fmt: skip
    cells = []
    for number in range(len(MEASURES)):
        difference, low, high = paired(figures, AFTER, BEFORE, number)
        cells.append(f"{difference:+.3f} ({low:+.2f} to {high:+.2f})")
    rows.append(["difference", *cells, "", ""])
    projects = sorted({one.repository for one in figures})
    count = len({(one.repository, one.target) for one in figures})
    header = [f"{_BUDGET:,} tokens", *MEASURES, "with a harmful item", "harmful items"]
    return "\n\n".join((
        "```console\n$ scripts/bench suggest feedback\n```",
        table(header, rows),
        f"{ROUNDS} rounds in each of {len(projects)} projects ({', '.join(projects)}), {judged:,} judgements; "
        f"{count} tasks that were in no round. {dated()}",
    ))  # fmt: skip


def _figure(some: Sequence[Figure], measure: int) -> str:
    low, high = interval(some, lambda drawn: mean(drawn, measure))
    return f"{mean(some, measure):.3f} ({low:.2f}–{high:.2f})"
