"""Many documents at once are what each is by itself."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.search.assembly import mean_directions, merged_terms
from fluorite_mcp.search.profile import decode_profile, encode_profile, term_hash

words = st.lists(st.sampled_from(["dog", "cat", "bird", "fish", "cow"]), max_size=12)
vectors = st.lists(st.lists(st.floats(-1, 1, width=16), min_size=4, max_size=4), max_size=4)


@given(st.lists(st.lists(words, max_size=3), max_size=4))
def test_the_terms_of_a_document_are_those_of_its_chunks_added_up(documents: list[list[list[str]]]) -> None:
    merged = merged_terms([[decode_profile(encode_profile(chunk, ())) for chunk in parts] for parts in documents])

    assert len(merged) == len(documents)
    for parts, (terms, counts) in zip(documents, merged, strict=True):
        expected = Counter(term_hash(word) for chunk in parts for word in chunk)
        assert dict(zip(terms.tolist(), counts.tolist(), strict=True)) == expected
        assert terms.tolist() == sorted(expected)


@given(st.lists(vectors, max_size=4))
def test_the_mean_direction_of_a_document_has_length_one(documents: list[list[list[float]]]) -> None:
    means = mean_directions([[np.array(one, np.float16).tobytes() for one in parts] for parts in documents])

    assert len(means) == len(documents)
    for parts, mean in zip(documents, means, strict=True):
        total = np.array(parts, np.float16).reshape(len(parts), 4 if parts else 0).astype(np.float32).sum(axis=0)
        length = float(np.linalg.norm(total))
        # Added up in another order the last bits of a sum may differ, and with them the direction of one near zero.
        np.testing.assert_allclose(mean * length, total, rtol=1e-5, atol=1e-6)
        assert np.linalg.norm(mean) in (0.0, pytest.approx(1.0, abs=1e-5))
