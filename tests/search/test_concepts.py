"""What a query asks for, piece by piece."""

from __future__ import annotations

import numpy as np
import pytest

from fluorite_mcp.search.concepts import Concept, concept_table, concepts_of
from fluorite_mcp.search.profile import term_hash
from fluorite_mcp.search.query import understand
from fluorite_mcp.text.tokens import index_words, query_words

AUTH = Concept(2.0, (("auth", 1.0), ("login", 0.5)), ("認証",))


def score(concepts: list[Concept], *documents: set[str]) -> list[float]:
    """Return the scores of documents that hold some tokens fully."""
    table = concept_table(concepts)
    hashes = {term_hash(token) for document in documents for token in document}
    assert hashes & set(table.hashes.tolist()) or not any(documents)
    held = [[float(value in {term_hash(t) for t in one}) for value in table.hashes.tolist()] for one in documents]
    return [float(value) for value in table.scores(np.array(held, np.float32))]


def test_a_term_is_found_by_its_own_characters_or_by_a_translation_and_the_best_counts_once() -> None:
    own, translated, weaker, both = score([AUTH], {"認証"}, {"auth"}, {"login"}, {"認証", "auth", "login"})

    assert own == translated == both == pytest.approx(2.0)
    assert weaker == pytest.approx(1.0)


def test_overlapping_pairs_of_characters_count_less_than_words_of_their_own() -> None:
    pairs = Concept(1.0, (), ("認証", "証処", "処理"))
    one, every = score([pairs], {"認証"}, {"認証", "証処", "処理"})

    assert one < every
    assert every == pytest.approx(3**0.5)


def test_concepts_add_up_by_importance() -> None:
    rare, common = Concept(5.0, (("falcon", 1.0),)), Concept(1.0, (("the", 1.0),))

    assert score([rare, common], {"falcon"}, {"the"}, {"falcon", "the"}) == [5.0, 1.0, 6.0]


def test_each_word_of_an_english_query_is_a_concept() -> None:
    query = understand("sum totals")
    found = concepts_of(query, dict.fromkeys(query.words, 1.0))

    assert [one.terms[0] for one in found] == [(word, 1.0) for word in query.words]
    assert not any(one.pieces for one in found)


def test_a_word_is_found_by_words_that_mean_nearly_the_same_and_they_count_less() -> None:
    query = understand("remove")
    found = concepts_of(query, dict.fromkeys(query.words, 1.0))
    own, near, other = score(found, {"remov"}, {"delet"}, {"walk"})

    assert own == 1.0
    assert 0.2 < near <= 0.5
    assert other == 0.0


def test_a_translated_term_is_one_concept_with_its_words() -> None:
    query = understand("認証の処理")
    found = concepts_of(query, dict.fromkeys(query.words, 1.0))
    [auth] = [one for one in found if set(index_words("認証").split()) <= set(one.pieces)]

    assert len(found) == len(query.translations)
    assert query_words("authentication")[0] in {token for token, _ in auth.terms}


def test_words_that_the_store_does_not_hold_ask_for_nothing() -> None:
    query = understand("sum falcons")

    assert [one.terms[0][0] for one in concepts_of(query, {"sum": 3.0})] == ["sum"]
    assert concepts_of(query, {}) == []


def test_characters_that_no_term_covers_are_words_of_their_own() -> None:
    query = understand("하늘")
    found = concepts_of(query, dict.fromkeys(query.words, 1.0))

    assert [one.terms[0][0] for one in found] == list(query.words)


def test_the_table_finds_its_tokens_in_sorted_terms() -> None:
    table = concept_table([AUTH])
    terms = np.array(sorted(map(term_hash, ["auth", "dog", "cat", "認証"])), np.uint32)
    places, tokens = table.find(terms)

    assert {int(terms[place]) for place in places} == {term_hash("auth"), term_hash("認証")}
    assert terms[places].tolist() == table.hashes[tokens].tolist()


def test_a_query_of_nothing_finds_nothing() -> None:
    table = concept_table([])

    assert [part.tolist() for part in table.find(np.array([1, 2], np.uint32))] == [[], []]
    assert table.scores(np.zeros((3, 0), np.float32)).tolist() == [0, 0, 0]


def test_a_token_is_worth_the_most_it_finds() -> None:
    table = concept_table([AUTH, Concept(5.0, (("login", 1.0),))])
    worth = dict(zip(table.hashes.tolist(), table.token_importance().tolist(), strict=True))

    assert (worth[term_hash("auth")], worth[term_hash("login")]) == (2.0, 5.0)


def test_words_written_apart_are_found_written_together() -> None:
    query = understand("rate limit")
    found = concepts_of(query, dict.fromkeys(query.words, 1.0))

    assert score(found, {"ratelimit"}, {"rate", "limit"}, {"rate"}) == [2.0, 2.0, 1.0]


def test_a_compound_is_found_by_its_words_where_both_stand_and_counts_half() -> None:
    query = understand("webhook")
    found = concepts_of(query, dict.fromkeys(query.words, 1.0))

    assert score(found, {"webhook"}, {"web", "hook"}, {"web"}) == [1.0, 0.5, 0.0]


def test_pasted_code_is_not_taken_apart() -> None:
    query = understand("def handle(request):\n    webhook = request.json()\n    return webhook")
    found = concepts_of(query, dict.fromkeys(query.words, 1.0))

    assert query.shape == "code"
    assert not any(one.compounds for one in found)
