"""The four tasks: how each data file becomes collections, what is measured, and the rows it is shown by."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.quality.collection import Answered, Collection, Document, Question, Target
from benchmarks.quality.metrics import hit_rate, ndcg, recall, reciprocal_rank
from benchmarks.quality.trees import TREES, ensure_tree

ALL = "all"
DATA = Path(__file__).resolve().parents[3] / "shared" / "bench"

_JAPANESE = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
# The first triple-quoted string of a function, with its prefix.
_DOCSTRING = re.compile(r"[rRuUbB]{0,2}(\"\"\"|''').*?\1", re.DOTALL)
# The names in common use; the data numbers its categories without naming them.
_KINDS_OF_QUESTIONS = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}

Measure = Callable[[Answered, Question], float]


@dataclass(frozen=True, slots=True)
class Options:
    """Where trees come from, and which repositories to leave out of the run (none: all are in)."""

    mirror: Path | None = None
    cache: Path = TREES
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One data set with its measures; the first measure is the headline."""

    name: str
    file_stem: str
    title: str
    load: Callable[[Path, Options], list[Collection]]
    measures: Mapping[str, Measure]
    groups: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The measure that systems are compared by."""
        return next(iter(self.measures))


def find_data(task: Task, given: Path | None) -> Path:
    """Return the data file of a task: the given file, or the one of its name in the given or the usual folder."""
    place = given or DATA
    if place.is_file():
        return place
    found = sorted(place.glob(f"{task.file_stem}*.json")) if place.is_dir() else []
    if len(found) == 1:
        return found[0]
    if not found:
        sys.exit(f"{place} holds no {task.file_stem}*.json. Pass the data's folder or file with --data.")
    sys.exit(f"{place} holds {len(found)} files {task.file_stem}*.json. Pass one of them with --data.")


def load_codesearch(path: Path, options: Options) -> list[Collection]:
    """Read queries about repositories, and lay their trees out."""
    data = _read(path)
    return [
        Collection(
            name=spec["name"],
            questions=tuple(_about_code(item, spec["language"]) for item in data["annotations"][spec["name"]]),
            root=str(ensure_tree(spec, mirror=options.mirror, cache=options.cache)),
            family=spec["language"],
        )
        for spec in sorted(data["repos"], key=lambda one: str(one["name"]))
        if not options.only or spec["name"] in options.only
    ]


def load_templates(path: Path, _options: Options) -> list[Collection]:
    """Read templates: the query is the description, the document is paths and code and nothing else."""
    questions, documents = [], []
    for spike in _read(path):
        files = spike.get("files") or []
        text = "\n\n".join(f"{file.get('path', '')}\n{file.get('template') or ''}" for file in files)
        suffix = PurePosixPath(files[0].get("path", "")).suffix if files else ""
        documents.append(Document(spike["id"], text, suffix or ".md"))
        query = (spike.get("description") or "").strip() or spike["name"]
        script = "ja" if _JAPANESE.search(query) else "en"
        questions.append(Question(query, (Target(spike["id"]),), (ALL, script)))
    return [Collection("templates", tuple(questions), documents=tuple(documents))]


def load_web(path: Path, _options: Options) -> list[Collection]:
    """Read web queries and functions: once as they are, once without their docstrings."""
    data = _read(path)
    corpus = data.get("corpus") or _read(path.parent / data["corpus_file"])["corpus"]
    conditions: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("with docstrings", str),
        ("without docstrings", without_docstring),
    )
    return [
        Collection(
            name,
            tuple(Question(item["query"], (Target(str(item["id"])),), (name,)) for item in data["queries"]),
            documents=tuple(Document(str(one["id"]), change(one["code"]), ".py") for one in corpus),
            language="python",
        )
        for name, change in conditions
    ]


def load_conversations(path: Path, _options: Options) -> list[Collection]:
    """Read conversations: a document is one dated turn, one index per conversation."""
    return [
        Collection(
            str(conversation["id"]),
            tuple(
                Question(
                    one["question"],
                    tuple(map(Target, dict.fromkeys(one["evidence"]))),
                    (ALL, _KINDS_OF_QUESTIONS[one["category"]]),
                )
                for one in conversation["questions"]
            ),
            documents=tuple(
                Document(turn["id"], f"[{turn['date']}] {turn['speaker']}: {turn['text']}")
                for turn in conversation["turns"]
            ),
        )
        for conversation in _read(path)
    ]


def without_docstring(code: str) -> str:
    """Return a function without its first triple-quoted string."""
    return _DOCSTRING.sub("", code, count=1)


def _about_code(item: Mapping[str, Any], language: str) -> Question:
    raw: Sequence[Any] = [*item.get("relevant", ()), *item.get("secondary", ())]
    targets = tuple(
        Target(one) if isinstance(one, str) else Target(one["path"], one.get("start_line"), one.get("end_line"))
        for one in raw
    )
    return Question(item["query"], targets, (ALL, item.get("category") or "unknown", language))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _recall_at(depth: int) -> Measure:
    return lambda answered, question: recall(answered.found, question.targets, depth)


def _reciprocal_rank(answered: Answered, question: Question) -> float:
    return reciprocal_rank(answered.found, question.targets)


_ONE_ANSWER: dict[str, Measure] = {"MRR@10": _reciprocal_rank, "R@1": _recall_at(1), "R@5": _recall_at(5)}

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task("codesearch", "codesearch", "Code search", load_codesearch,
             {"NDCG@10": lambda answered, question: ndcg(answered.found, question.targets)},
             (ALL, "architecture", "semantic", "symbol")),
        Task("templates", "spikes", "Templates", load_templates, _ONE_ANSWER, (ALL, "en", "ja")),
        Task("web", "cosqa", "Web questions and functions", load_web, {**_ONE_ANSWER, "R@10": _recall_at(10)},
             ("with docstrings", "without docstrings")),
        Task("conversations", "locomo", "Conversations", load_conversations,
             {"R@10": _recall_at(10), "R@5": _recall_at(5),
              "hit@10": lambda answered, question: hit_rate(answered.found, question.targets)},
             (ALL, *_KINDS_OF_QUESTIONS.values())),
    )
}  # fmt: skip
