"""Near words: what the shipped file says, and how it is made."""

from __future__ import annotations

import json
from itertools import chain

import numpy as np
import pytest

from fluorite_mcp.embedding.builtin import MODEL_DIR
from fluorite_mcp.text.near_words import near_words
from fluorite_mcp.text.tokens import query_words
from scripts.build_near_words import MAX_WORDS, OUT, SHARE, build


@pytest.mark.parametrize(("word", "near"), [("remove", "delete"), ("fetch", "fetcher"), ("auth", "authentication")])
def test_words_that_mean_nearly_the_same_are_near(word: str, near: str) -> None:
    [token], [other] = query_words(word), query_words(near)

    assert other in dict(near_words(token))


def test_an_unknown_word_has_no_near_words() -> None:
    assert near_words("qqxyzzyq") == ()


def test_weights_lie_below_that_of_the_word_itself_and_no_word_is_near_itself() -> None:
    lines = [line.split("\t")[0] for line in OUT.read_text(encoding="ascii").splitlines()]
    found = {token: near_words(token) for token in lines[::50]}

    assert all(0 < weight <= SHARE for _, weight in chain.from_iterable(found.values()))
    assert all(1 <= len(near) <= MAX_WORDS and token not in dict(near) for token, near in found.items())


def test_the_file_is_what_the_bundled_model_gives() -> None:
    vocabulary = json.loads((MODEL_DIR / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    scales = np.load(MODEL_DIR / "scales.npy")
    made = build(vocabulary, np.load(MODEL_DIR / "embeddings.npy").astype(np.float32) * scales[:, None]).splitlines()
    shipped = OUT.read_text(encoding="ascii").splitlines()

    # Another processor may round a cosine at the border the other way.
    assert len(set(made) ^ set(shipped)) <= len(shipped) // 500


def test_stems_of_one_word_are_one_and_unlike_words_are_not_near() -> None:
    rows = np.array([[1, 0], [0.9, 0.1], [0.8, 0.6], [0, 1]], np.float32)
    text = build({"walk": 0, "walks": 1, "stroll": 2, "iron": 3}, rows)

    assert dict(line.split("\t") for line in text.splitlines()) == {
        "iron": "stroll:30", "stroll": "walk:42 iron:30", "walk": "stroll:42",
    }  # fmt: skip
