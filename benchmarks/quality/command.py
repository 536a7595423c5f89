"""`scripts/bench quality`: runs the tasks against the systems, prints tables, and keeps the results."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.corpus import WORK_FOLDER
from benchmarks.quality import abstention, charts, saved
from benchmarks.quality.calibration import calibration_table
from benchmarks.quality.metrics import mean
from benchmarks.quality.reading import compare_reading, reading_table
from benchmarks.quality.scores import Costs, Scored, costs, group_means, mean_of_families, score
from benchmarks.quality.systems import SYSTEMS, WORK, Setup, run_systems
from benchmarks.quality.tables import cost_table, quality_table, table, write_section
from benchmarks.quality.tasks import TASKS, Options, Task, find_data
from benchmarks.quality.trees import TREES

ABSTENTION = "abstention"
CODE = "codesearch"
DOCS = Path(__file__).resolve().parents[2] / "docs"
RESULTS = WORK_FOLDER / "results"


def main(arguments: Sequence[str]) -> None:
    """Run what the arguments name."""
    options = _parser().parse_args(arguments)
    for name in [options.task] if options.task else [*TASKS, ABSTENTION]:
        if name == ABSTENTION:
            run_abstention(options)
        else:
            run_task(TASKS[name], options)


def run_task(task: Task, options: argparse.Namespace) -> None:
    """Run every chosen system over one task; print, save, compare and write as asked."""
    data = find_data(task, options.data)
    collections = task.load(data, _tree_options(options))
    setup = Setup(options.rounds, options.work, options.semble_model)
    scored: dict[str, list[Scored]] = {}
    needed: dict[str, Costs] = {}
    systems = [SYSTEMS[name] for name in options.systems]
    outcomes = run_systems(systems, task.name, collections, setup, reuse=options.keep_store)
    for name, outcome in outcomes.items():
        scored[name], needed[name] = score(task, collections, outcome), costs(outcome)
        _tell(task, name, scored[name], needed[name])
    body = _section(task, scored, needed, _command(task.name, options, data))
    print(body)
    rows = [row for name, found in scored.items() for row in saved.rows_of(name, found)]
    _keep(task, rows, scored, needed, options)
    if options.write:
        write_section(options.write, f"quality:{task.name}", body)
        if task.name == CODE:
            measured = {name: (needed[name].p50_ms, mean_of(found, task)) for name, found in scored.items()}
            title = f"Code search: quality against time, {len(collections)} repositories"
            svg = charts.quality_against_time(measured, title)
            charts.write_image(options.write, "quality-against-time.svg", svg)
    if options.compare:
        print(_comparison(saved.load(options.compare), rows, task))


def run_abstention(options: argparse.Namespace) -> None:
    """Measure how often search says that nothing is there, where that is so and where it is not."""
    from benchmarks.quality.product import cutoff

    task = TASKS[CODE]
    data = find_data(task, options.data)
    collections = abstention.with_foreign_questions(task.load(data, _tree_options(options)))
    setup = Setup(1, options.work, relevance=True)
    outcome = run_systems([SYSTEMS["product"]], task.name, collections, setup, reuse=options.keep_store)["product"]
    scored = score(task, collections, outcome)
    parts = (_command(ABSTENTION, options, data), abstention.abstention_table(scored, cutoff()), _dated())
    body = "\n\n".join(parts)
    print(body)
    saved.save(options.save or options.results / f"{ABSTENTION}-{_stamp()}.jsonl", saved.rows_of("product", scored))
    if options.write:
        write_section(options.write, f"quality:{ABSTENTION}", body)
        svg = charts.abstention_curve(abstention.curve(scored), cutoff())
        charts.write_image(options.write, "abstention.svg", svg)


def mean_of(scored: Sequence[Scored], task: Task) -> float:
    """Return the headline over all questions."""
    return mean([one.scores[task.headline] for one in scored])


def _tree_options(options: argparse.Namespace) -> Options:
    return Options(options.mirror, options.trees, tuple(options.only))


def _command(name: str, options: argparse.Namespace, data: Path) -> str:
    """Return the command as the page shows it: without the folders of one machine."""
    shown = ["scripts/bench", "quality", name]
    if name != ABSTENTION and options.systems != list(SYSTEMS):
        shown += ["--systems", ",".join(options.systems)]
    if options.only:
        shown += ["--only", ",".join(options.only)]
    return f"```console\n$ {shlex.join(shown)}  # {data.name}\n```"


def _stamp() -> str:
    return time.strftime("%Y%m%d-%H%M%S")


def _dated() -> str:
    return f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores."


def _tell(task: Task, name: str, scored: Sequence[Scored], needed: Costs) -> None:
    headline = {group: by[task.headline] for group, by in group_means(scored).items() if group in task.groups}
    figures = ", ".join(f"{group} {value:.4f}" for group, value in headline.items())
    print(f"{task.name} {name}: {figures}; p50 {needed.p50_ms:.1f} ms", file=sys.stderr)


def _section(task: Task, scored: dict[str, list[Scored]], needed: dict[str, Costs], command: str) -> str:
    means = {name: group_means(found) for name, found in scored.items()}
    present = [group for group in task.groups if any(group in by for by in means.values())]
    families = sorted({one.collection.family for found in scored.values() for one in found} - {""})
    extra = {}
    if families:
        extra["mean of languages"] = {name: mean_of_families(found, task.headline) for name, found in scored.items()}
    parts = [
        command,
        quality_table(task, present, means, extra),
        cost_table(needed),
    ]
    if families:
        rows = [
            [family, *(f"{by[family][task.headline]:.3f}" if family in by else "–" for by in means.values())]
            for family in families
        ]
        parts.append(table(["language", *means], rows))
    count = max((len(found) for found in scored.values()), default=0)
    if task.name == CODE and "product" in scored:
        parts.append(reading_table(compare_reading(scored["product"])))
        parts.append(calibration_table(scored["product"]))
    parts.append(f"{count} questions, {_dated()}")
    return "\n\n".join(parts)


def _keep(
    task: Task, rows: Sequence[dict[str, Any]], scored: dict[str, list[Scored]], needed: dict[str, Costs],
    options: argparse.Namespace,
) -> None:  # fmt: skip
    stamp = _stamp()
    options.results.mkdir(parents=True, exist_ok=True)
    summary = {name: {"quality": group_means(found), "costs": asdict(needed[name])} for name, found in scored.items()}
    text = json.dumps({"task": task.name, "at": stamp, "systems": summary}, indent=1)
    (options.results / f"{task.name}-{stamp}.json").write_text(text, encoding="utf-8")
    saved.save(options.save or options.results / f"{task.name}-{stamp}.jsonl", rows)


def _comparison(earlier: list[dict[str, Any]], later: list[dict[str, Any]], task: Task) -> str:
    found = saved.compare(earlier, later, task.headline)
    rows = [
        [name, str(one.questions), f"{one.mean:+.4f}", f"{one.standard_error:.4f}", str(one.better), str(one.worse)]
        for name, one in found.items()
    ]
    return table([task.headline, "questions", "mean difference", "standard error", "better", "worse"], rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench quality", description=__doc__)
    parser.add_argument("task", nargs="?", choices=[*TASKS, ABSTENTION], help="all of them when left out")
    parser.add_argument("--data", type=Path, help="folder with the data files, or one of them (../shared/bench)")
    parser.add_argument("--mirror", type=Path, help="folder of bare clones OWNER+NAME/repo, instead of the network")
    parser.add_argument("--trees", type=Path, default=TREES, help="where the repositories' trees are laid out")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the results of every run are kept")
    parser.add_argument("--systems", type=_names, default=list(SYSTEMS), help=f"of {', '.join(SYSTEMS)}")
    parser.add_argument("--only", type=_list, default=[], help="repositories to run, all when left out")
    parser.add_argument("--rounds", type=int, default=3, help="times each query is asked; the median counts")
    parser.add_argument("--work", type=Path, default=WORK, help="where stores and files of the run are kept")
    parser.add_argument("--keep-store", action="store_true", help="search the store of the run before, learn nothing")
    parser.add_argument("--semble-model", type=Path, help="a model2vec folder for semble instead of our vectors")
    parser.add_argument("--save", type=Path, help="write each question's result there (JSON lines)")
    parser.add_argument("--compare", type=Path, help="compare with the results saved there, question by question")
    parser.add_argument("--write", type=Path, nargs="?", const=DOCS, help="write tables and charts into the docs")
    return parser


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _names(text: str) -> list[str]:
    names = _list(text)
    for name in names:
        if name not in SYSTEMS:
            raise argparse.ArgumentTypeError(f"unknown system {name!r}; there are {', '.join(SYSTEMS)}")
    return names


if __name__ == "__main__":
    main(sys.argv[1:])
