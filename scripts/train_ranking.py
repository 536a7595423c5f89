#!/usr/bin/env python3
"""Train the weights of the ranking, and say how well they do on repositories they were not trained on.

Every annotated query is asked of the product itself, in a store that learned the pinned tree; what the model sees are
the features that a user's search computes. Two runs on one machine give the same weights.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.ranking.annotations import Repository, lay_out, read_annotations
from scripts.ranking.collect import Example, collect, load_examples, save_examples
from scripts.ranking.fit import (
    Fitted,
    cross_validate,
    fit_answering,
    fit_answering_by_words,
    fit_ranking,
    fit_scores,
    measure,
)
from scripts.ranking.loose import collect_loose

OWN = Path(__file__).resolve().parent / "ranking" / "annotations.json"
LOOSE = -1
EXAMPLES = """examples:
  scripts/train_ranking.py                                   own annotations, repositories fetched by URL
  scripts/train_ranking.py --mirror FOLDER                   the same from bare clones named OWNER+NAME/repo
  scripts/train_ranking.py --mirror FOLDER --also ../shared/bench/codesearch-dev.json
  scripts/train_ranking.py --mirror FOLDER --also ../shared/bench/codesearch-dev.json --only-answering
"""


def main() -> int:
    """Collect, cross-validate, fit, write."""
    arguments = _arguments()
    if arguments.features and arguments.features.exists():
        examples = load_examples(arguments.features)
    else:
        examples = _collect(arguments)
        if arguments.features:
            save_examples(arguments.features, examples)
    if arguments.only_answering:
        card = json.loads(arguments.out.read_text(encoding="utf-8"))
    else:
        card = _order(*_fit(examples, arguments.own_weight))
    card |= {"answering": fit_answering(examples), "answering_by_words": fit_answering_by_words(examples)}
    arguments.out.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(f"written: {arguments.out}")
    return 0


def _fit(examples: list[Example], own_weight: float) -> tuple[Fitted, list[Example]]:
    """Cross-validate and fit the order. Returns it and the examples that it was fitted to."""
    groups = {
        "own annotations": [one for one in examples if one.source == 0],
        "other annotations": [one for one in examples if one.source > 0],
        "documents of no file": [one for one in examples if one.source == LOOSE],
    }
    weight = {0: own_weight if groups["other annotations"] else 1.0}
    used = [one for one in examples if weight.get(one.source, 1.0) > 0]
    for name, group in groups.items():
        if group and group[0] in used:
            extra = [one for one in used if one.source != group[0].source]
            print(f"NDCG@10 on {name}, leaving repositories out: {cross_validate(group, extra, weight)}", flush=True)
    fitted = fit_ranking(used, weight)
    unseen = [one for one in groups["own annotations"] if one not in used]
    if unseen:
        print(f"NDCG@10 on own annotations, which the fit did not see: {measure(fitted, unseen)}", flush=True)
    return fitted, used


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mirror", type=Path, help="folder of bare clones named OWNER+NAME/repo; else GitHub is asked")
    parser.add_argument("--trees", type=Path, default=Path(".bench/ranking"), help="where trees are laid out")
    parser.add_argument("--also", type=Path, action="append", default=[], help="another annotation file; repeatable")
    parser.add_argument(
        "--own-weight", type=float, default=0.0, help="weight of an own query beside another's; 0: they only measure"
    )
    parser.add_argument(
        "--only-answering", action="store_true", help="leave the order of the file as it is; fit what abstaining asks"
    )
    parser.add_argument("--features", type=Path, help="keep what was collected here, or use what is there")
    parser.add_argument("--out", type=Path, default=Path("fluorite_mcp/search/weights.json"))
    return parser.parse_args()


def _collect(arguments: argparse.Namespace) -> list[Example]:
    files = [OWN, *arguments.also]
    examples: list[Example] = []
    for source, file in enumerate(files):
        repositories = read_annotations(file)
        for number, repository in enumerate(repositories, 1):
            root = lay_out(repository, arguments.trees, arguments.mirror)
            foreign = _foreign(repositories, repository)
            with tempfile.TemporaryDirectory() as store:
                found = asyncio.run(collect(repository, root, Path(store), source, foreign))
            examples += found
            print(f"{file.name} {number}/{len(repositories)} {repository.name}: {len(found)} queries", flush=True)
    return [*examples, *_collect_loose(arguments)]


def _collect_loose(arguments: argparse.Namespace) -> list[Example]:
    roots = [(one.name, lay_out(one, arguments.trees, arguments.mirror)) for one in read_annotations(OWN)]
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(collect_loose(roots, Path(folder) / "store", LOOSE))
    print(f"documents of no file: {len(found)} queries", flush=True)
    return found


def _foreign(repositories: list[Repository], one: Repository) -> list[str]:
    """Return queries of other repositories, spread evenly: what this one most often does not answer."""
    others = [query.text for other in repositories if other.name != one.name for query in other.queries]
    return others[:: max(1, len(others) // len(one.queries))]


def _order(fitted: Fitted, used: list[Example]) -> dict[str, object]:
    """Return the part of the weights file that says how hits are ordered and scored."""
    repositories = {(one.source, one.repository) for one in used}
    answered = [one for one in used if not one.is_foreign]
    return {
        "trained_on": f"{len(answered)} annotated queries of {len(repositories)} repositories",
        "ranking": fitted.as_json(),
        "shown": fit_scores(fitted, [one for one in answered if one.source >= 0]),
    }


if __name__ == "__main__":
    sys.exit(main())
