"""Whether names mean the same."""

from __future__ import annotations

from fluorite_mcp.embedding.builtin import BuiltinEmbedder
from fluorite_mcp.patterns.meaning import Meanings


def test_names_for_one_thing_agree_and_for_two_do_not() -> None:
    pairs = [
        ("decodeXML xml.NewDecoder decoder.Decode", "decode_yaml yaml.NewDecoder decoder.Decode"),
        ("create_order session.add session.commit", "render_template response.write"),
    ]

    assert Meanings(BuiltinEmbedder()).agree(pairs) == [True, False]


def test_names_without_words_agree_with_nothing() -> None:
    assert Meanings(BuiltinEmbedder()).agree([("", ""), ("x1", "")]) == [False, False]
