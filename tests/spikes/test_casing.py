from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.spikes.casing import FILTERS, camel, kebab, pascal, plural, snake, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("order line", ["order", "line"]),
        ("orderLine", ["order", "Line"]),
        ("HTTPServer", ["HTTP", "Server"]),
        ("order_line-item", ["order", "line", "item"]),
        ("user2Name", ["user2", "Name"]),
        ("注文 明細", ["注文", "明細"]),
        ("größeÄndern", ["größeÄndern"]),
        ("", []),
        ("--", []),
    ],
)
def test_words_are_split_at_separators_and_case(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize("text", ["order line", "orderLine", "OrderLine", "order_line", "order-line", "Order  line"])
def test_every_spelling_gives_the_same_names(text: str) -> None:
    assert (pascal(text), camel(text), snake(text), kebab(text)) == (
        "OrderLine",
        "orderLine",
        "order_line",
        "order-line",
    )


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("user", "users"),
        ("order-line", "order-lines"),
        ("OrderLine", "OrderLines"),
        ("category", "categories"),
        ("day", "days"),
        ("box", "boxes"),
        ("address", "addresses"),
        ("batch", "batches"),
        ("analysis", "analyses"),
        ("Person", "People"),
        ("salesPerson", "salesPeople"),
        ("metadata", "metadata"),
        ("注文", "注文"),
        ("item_", "items_"),
        ("", ""),
        ("--", "--"),
    ],
)
def test_the_last_word_goes_into_the_plural(one: str, many: str) -> None:
    assert plural(one) == many


@given(st.text(max_size=30))
def test_every_filter_takes_every_text(text: str) -> None:
    for apply in FILTERS.values():
        assert isinstance(apply(text), str)


@given(st.lists(st.text("abcxyz", min_size=2, max_size=6), min_size=1, max_size=4))
def test_spellings_translate_into_each_other(words: list[str]) -> None:
    name = "_".join(words)
    assert snake(kebab(name)) == name
    assert snake(pascal(name)) == name
    assert snake(camel(name)) == name
