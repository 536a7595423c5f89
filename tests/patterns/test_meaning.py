"""Whether names mean the same."""

from __future__ import annotations

from fluorite_mcp.embedding.builtin import BuiltinEmbedder
from fluorite_mcp.patterns.meaning import agreeing


def test_names_for_one_thing_agree_and_for_two_do_not() -> None:
    pairs = [
        ("decodeXML xml.NewDecoder decoder.Decode", "decode_yaml yaml.NewDecoder decoder.Decode"),
        ("create_order session.add session.commit", "render_template response.write"),
    ]

    assert agreeing(pairs, BuiltinEmbedder()) == [True, False]


def test_names_without_words_agree_with_nothing() -> None:
    assert agreeing([("", ""), ("x1", "")], BuiltinEmbedder()) == [False, False]
