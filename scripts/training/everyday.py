"""Pairs of everyday English, so that training on code does not unlearn it: word and meaning, request and request."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import yaml

from scripts.training.extraction import Pair

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def pairs_of_synsets(text: str) -> Iterator[Pair]:
    """Yield (words, definition) and (example, words and definition) of a file of the Open English WordNet."""
    synsets: Mapping[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    for synset in synsets.values():
        words = ", ".join(map(str, synset.get("members", ())))
        definition = "; ".join(_texts(synset.get("definition", ())))
        yield Pair("text", "", words, "", "", definition)
        for example in _texts(synset.get("example", ()))[:1]:
            yield Pair("text", "", example, "", "", f"{words}; {definition}")


def pairs_of_requests(text: str) -> Iterator[Pair]:
    """Yield two requests of one intent each, of a CLINC150 file: {split: [[request, intent], …]}."""
    by_intent: dict[str, list[str]] = {}
    for requests in json.loads(text).values():
        for request, intent in requests:
            if intent != "oos":
                by_intent.setdefault(intent, []).append(request)
    dice = random.Random(0)  # noqa: S311 (an order, not a secret)
    for intent, requests in sorted(by_intent.items()):
        dice.shuffle(requests)
        for one, other in zip(requests[::2], requests[1::2], strict=False):
            yield Pair("text", "", one, "", "", f"{other}; {intent}")


def _texts(values: Sequence[Any]) -> list[str]:
    """Return the texts of a list; an example with a source is a mapping."""
    return [str(value.get("text", "")) if isinstance(value, dict) else str(value) for value in values]
