"""`scripts/bench suggest`: whether suggestions hold what the real solution needed.

`contexts` hides functions and files of repositories and asks for them; `templates` asks for templates by description;
`feedback` lets a simulated user judge fifty rounds of suggestions; `speed` times suggestions.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path

from benchmarks.quality.command import DOCS
from benchmarks.quality.tables import table, write_section
from benchmarks.quality.tasks import DATA
from benchmarks.quality.trees import TREES, ensure_tree
from benchmarks.suggest.contexts import SYSTEMS, Asked, common_imports, give
from benchmarks.suggest.figures import MEASURES, Figure, interval, judge, mean, paired
from benchmarks.suggest.targets import Hidden, hide
from fluorite_mcp.engine import Engine

PARTS = ("contexts", "templates", "feedback", "speed")
BUDGETS = (1500, 4000)
WORK = Path(__file__).resolve().parents[2] / ".bench" / "suggest"


def main(arguments: Sequence[str]) -> None:
    """Run what the arguments name, print its tables and write them as asked."""
    options = _parser().parse_args(arguments)
    for part in [options.part] if options.part else PARTS:
        body = asyncio.run(_RUN[part](options))
        print(body)
        if options.write:
            write_section(options.write, f"suggest:{part}", body)


async def run_contexts(options: argparse.Namespace) -> str:
    """Measure what contexts hold of what hidden code used."""
    figures = _saved(options.save)
    known = {one.repository for one in figures}
    for hidden in hidden_repositories(options):
        if hidden.name in known:
            continue
        async with opened(options.work, hidden) as engine:
            some = await _ask_all(engine, hidden, options.systems)
        figures += some
        if options.save:
            with options.save.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(one)) + "\n" for one in some)
        print(f"{hidden.name}: {len(hidden.targets)} targets", file=sys.stderr)
    return contexts_section(figures, options)


def _saved(path: Path | None) -> list[Figure]:
    """Return the figures of a run that was cut off, so that it goes on where it stopped."""
    if path is None or not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Figure(**{**row, "values": tuple(row["values"])}) for row in rows]


def hidden_repositories(options: argparse.Namespace) -> list[Hidden]:
    """Return the repositories without their targets; those with none to hide are left out."""
    data = json.loads((options.data / "codesearch-dev.json").read_text(encoding="utf-8"))
    specs = sorted(data["repos"], key=lambda one: str(one["name"]))
    chosen = [spec for number, spec in enumerate(specs) if _is_chosen(spec["name"], number, options)]
    found = []
    for spec in chosen:
        tree = ensure_tree(spec, mirror=options.mirror, cache=options.trees)
        found.append(hide(spec["name"], spec["language"], tree, options.work / "hidden"))
    return [hidden for hidden in found if hidden.targets]


def _is_chosen(name: str, number: int, options: argparse.Namespace) -> bool:
    # Every other repository by name: what is tuned is tuned on the first half and reported on the second.
    halves = {"tuning": number % 2 == 0, "reporting": number % 2 == 1, "both": True}
    return halves[options.half] and (not options.only or name in options.only)


def opened(work: Path, hidden: Hidden, *, fresh: bool = False) -> AbstractAsyncContextManager[Engine]:
    """Open the store of a repository, which learns it the first time; a fresh one knows nothing."""
    folder = work / "stores" / Path(hidden.root).name
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    return Engine.open(folder, folder=hidden.root)


async def _ask_all(engine: Engine, hidden: Hidden, systems: Sequence[str]) -> list[Figure]:
    await engine.suggest("a first task loads what is loaded once")
    await engine.settle()
    floor = common_imports(Path(hidden.root), hidden.language)
    figures = []
    for target in hidden.targets:
        for budget in BUDGETS:
            for system in systems:
                given = await give(system, Asked(engine, hidden, floor, target.task, budget))
                figures.append(judge(system, budget, hidden, target, given))
    return figures


def contexts_section(figures: Sequence[Figure], options: argparse.Namespace) -> str:
    """Return the tables of the contexts."""
    systems = list(dict.fromkeys(one.system for one in figures))
    parts = [f"```console\n$ scripts/bench suggest contexts{_shown(options)}\n```"]
    for budget in BUDGETS:
        rows = []
        for system in systems:
            some = [one for one in figures if one.system == system and one.budget == budget]
            rows.append([
                system, *(_with_interval(some, number) for number in range(len(MEASURES))),
                f"{sum(one.tokens for one in some) / len(some):,.0f}",
            ])  # fmt: skip
        parts.append(table([f"{budget:,} tokens", *MEASURES, "tokens"], rows))
    parts += [_differences(figures, systems), _by_language(figures, systems)]
    count = len({(one.repository, one.target) for one in figures})
    repositories = len({one.repository for one in figures})
    parts.append(
        f"{count} targets of {repositories} repositories; in brackets 95 % intervals over repositories. {dated()}"
    )
    return "\n\n".join(parts)


def _with_interval(some: Sequence[Figure], measure: int) -> str:
    low, high = interval(some, lambda drawn: mean(drawn, measure))
    return f"{mean(some, measure):.3f} ({low:.2f}–{high:.2f})"


def _differences(figures: Sequence[Figure], systems: Sequence[str]) -> str:
    rows = []
    for budget in BUDGETS:
        some = [one for one in figures if one.budget == budget]
        for other in systems[1:]:
            cells = []
            for number in range(len(MEASURES)):
                difference, low, high = paired(some, systems[0], other, number)
                cells.append(f"{difference:+.3f} ({low:+.2f} to {high:+.2f})")
            rows.append([f"{budget:,} tokens, against {other}", *cells])
    return table([f"{systems[0]} on the same targets", *MEASURES], rows)


def _by_language(figures: Sequence[Figure], systems: Sequence[str]) -> str:
    rows = []
    for language in sorted({one.language for one in figures}):
        some = [one for one in figures if one.language == language and one.budget == BUDGETS[0]]
        rows.append([
            language, str(len({(one.repository, one.target) for one in some})),
            *(f"{mean([one for one in some if one.system == system], 0):.3f}" for system in systems),
        ])  # fmt: skip
    return table([f"API recall, {BUDGETS[0]:,} tokens", "targets", *systems], rows)


def _shown(options: argparse.Namespace) -> str:
    half = f" --half {options.half}" if options.half != "both" else ""
    return half + (f" --only {','.join(options.only)}" if options.only else "")


def dated() -> str:
    """Say when and on what a run was made."""
    return f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores."


async def run_templates(options: argparse.Namespace) -> str:
    """Measure which template is suggested for a description."""
    from benchmarks.suggest.templates import measure_templates

    return await measure_templates(options.data, options.work)


async def run_feedback(options: argparse.Namespace) -> str:
    """Measure what fifty rounds of judgements change."""
    from benchmarks.suggest.rounds import measure_rounds

    return await measure_rounds(options)


async def run_speed(options: argparse.Namespace) -> str:
    """Time suggestions in a project of ten thousand chunks."""
    from benchmarks.suggest.speed import measure_speed

    return await measure_speed(options.work)


_RUN = {"contexts": run_contexts, "templates": run_templates, "feedback": run_feedback, "speed": run_speed}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench suggest", description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS, help="all of them when left out")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the data files (../shared/bench)")
    parser.add_argument("--mirror", type=Path, help="folder of bare clones OWNER+NAME/repo, instead of the network")
    parser.add_argument("--trees", type=Path, default=TREES, help="where the repositories' trees are laid out")
    parser.add_argument("--work", type=Path, default=WORK, help="where copies and stores are kept between runs")
    parser.add_argument("--systems", type=_list, default=list(SYSTEMS), help=f"of {', '.join(SYSTEMS)}")
    parser.add_argument("--only", type=_list, default=[], help="repositories to run, all when left out")
    parser.add_argument("--half", choices=("both", "tuning", "reporting"), default="both")
    parser.add_argument(
        "--save", type=Path, help="keep the figures of one part there; a run goes on with what it finds"
    )
    parser.add_argument("--write", type=Path, nargs="?", const=DOCS, help="write the tables into the docs")
    return parser


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


if __name__ == "__main__":
    main(sys.argv[1:])
