"""Which existing code is shown as an example."""

from __future__ import annotations

from typing import Any

from fluorite_mcp.models import Chunk, Origin
from fluorite_mcp.search.ranking import Ranked
from fluorite_mcp.suggest.exemplars import choose, condense, matching_test
from fluorite_mcp.text.tokens import count_tokens

_NOTHING: Any = None


def ranked(key: int, path: str, score: float = 0.5) -> Ranked:
    chunk = Chunk(f"code-{key}", "code", path, "", key=key, language="python", origin=Origin(path, 1, 9))
    return Ranked(chunk, score, 0.0, None, "", _NOTHING, _NOTHING)


def body(name: str) -> str:
    return f"def handle_{name}(request):\n    {name} = parse_{name}(request)\n    return render_{name}({name})\n"


NAMES = ("orders", "invoices", "users", "reports")


def test_near_duplicates_are_shown_once() -> None:
    found = [ranked(1, "a.py"), ranked(2, "b.py"), ranked(3, "c.py")]
    texts = {1: body("orders"), 2: body("orders") + "\n", 3: body("users")}

    assert [one.chunk.key for one in choose(found, texts)] == [1, 3]


def test_pieces_that_share_half_of_their_names_are_both_shown() -> None:
    found = [ranked(1, "a.py"), ranked(2, "b.py")]
    texts = {1: "load_order(key, order_id)", 2: "load_order(key, invoice_id)"}

    assert [one.chunk.key for one in choose(found, texts)] == [1, 2]
    assert choose(found, {1: "", 2: ""}) == found[:1]


def test_one_file_does_not_fill_the_list() -> None:
    found = [ranked(number, "a.py") for number in range(4)]
    texts = {number: body(name) for number, name in enumerate(NAMES)}

    assert [one.chunk.key for one in choose(found, texts)] == [0, 1]


def test_a_test_is_shown_if_it_belongs_to_what_is_shown() -> None:
    code = [ranked(1, "shop/orders.py")]
    tests = [ranked(2, "tests/test_users.py"), ranked(3, "tests/test_orders.py")]

    assert matching_test([*code, *tests], code) == tests[1]
    assert matching_test(tests[:1], code) is None


def test_exemplars_share_their_tokens() -> None:
    found = [ranked(number, f"{name}.py") for number, name in enumerate(NAMES)]
    texts = {number: body(name) * 8 for number, name in enumerate(NAMES)}
    for tokens in (150, 400, 900):
        shown = condense(found, texts, tokens)
        assert shown
        assert sum(count_tokens(one.text) for one in shown) <= tokens

    assert condense(found, texts, 20) == []
