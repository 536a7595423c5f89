"""What becomes a pattern, and what does not."""

from __future__ import annotations

import hashlib
from functools import partial

from fluorite_mcp.embedding.builtin import BuiltinEmbedder
from fluorite_mcp.learning.mining import parse_file
from fluorite_mcp.patterns.discover import Pattern, discover
from fluorite_mcp.patterns.encoding import decode_pattern, encode_pattern
from fluorite_mcp.patterns.grouping import Member, find_clusters
from fluorite_mcp.patterns.meaning import agreeing
from fluorite_mcp.patterns.selection import select
from fluorite_mcp.patterns.skeletons import read_skeletons, skeletons_of
from fluorite_mcp.patterns.trees import Definition, read_definition
from fluorite_mcp.patterns.units import find_units

HANDLER = """\
@router.get("/{name}s/{{{name}_id}}")
async def read_{name}({name}_id: int, session: Session):
    {name} = await session.get({title}, {name}_id)
    if {name} is None:
        raise HTTPException(status_code=404, detail="{title} not found")
    return {title}Schema.model_validate({name})


"""
GETTER = "def get_{name}(self):\n    value = self.{name}\n    return value\n\n\n"


def handlers(*names: str) -> str:
    return "".join(HANDLER.format(name=name, title=name.title()) for name in names)


def patterns_in(files: dict[str, str], threshold: float = 0.7, *, by_calls: bool = False) -> list[Pattern]:
    read = []
    parsed = {path: parse_file(path, text.encode()) for path, text in files.items()}
    for path, file in parsed.items():
        assert file is not None
        found = read_skeletons(skeletons_of(file.tree, file.source, path, file.language))
        if found is not None:
            read.append((path, hashlib.blake2b(file.source, digest_size=16).digest(), found))

    def load(member: Member) -> Definition | None:
        file = parsed[member.path]
        assert file is not None
        [unit] = [
            one
            for one in find_units(file.tree, file.source, file.language)
            if (one.start, one.end) == (member.skeleton.start, member.skeleton.end)
        ]
        return read_definition(unit.nodes, file.source, file.language)

    agree = partial(agreeing, embedder=BuiltinEmbedder())
    clusters = find_clusters(read, (lambda pairs: [False] * len(pairs)) if by_calls else agree)
    found_patterns = []
    for cluster in clusters:
        pattern = discover(cluster, load, threshold)
        assert decode_pattern(encode_pattern(pattern), cluster) == pattern
        if pattern is not None:
            found_patterns.append(pattern)
    return select(found_patterns)


def test_three_handlers_alike_are_a_pattern_with_their_places() -> None:
    [pattern] = patterns_in({"shop/orders.py": handlers("order", "user"), "shop/items.py": handlers("item")})

    assert [(one.path, one.skeleton.start_line) for one in pattern.members] == [
        ("shop/items.py", 1), ("shop/orders.py", 1), ("shop/orders.py", 9),
    ]  # fmt: skip
    assert len(pattern.template.named_holes) == 1
    assert pattern.calls == ("HTTPException", "router.get", "session.get")


def test_two_are_none() -> None:
    assert patterns_in({"shop/orders.py": handlers("order", "user")}) == []


DECODER = """\
def decode_{name}(stream, target):
    decoder = {name}_reader.{opened}(stream){more}
    try:
        decoder.{read}(target)
    except DecodeError as error:
        raise BadRequest("body cannot be decoded") from error
    return check_fields(target)


"""


# One form; of their calls they share a third.
DECODERS = "".join(
    DECODER.format(name=name, opened=opened, read=read, more="")
    for name, opened, read in (
        ("toml", "parse", "fill"), ("yaml", "load_all", "read_into"), ("xml", "open_document", "copy_to")
    )
)  # fmt: skip
OTHER_FORM = DECODER.format(name="json", opened="open_decoder", read="decode", more="\n    decoder.limit_depth(64)")


def test_what_calls_other_apis_under_names_that_mean_the_same_is_an_example_too() -> None:
    files = {"wire/decoding.py": DECODERS + OTHER_FORM}

    assert [len(one.members) for one in patterns_in(files, 0.5, by_calls=True)] == [3]
    assert [len(one.members) for one in patterns_in(files, 0.5)] == [4]


def test_the_same_under_names_that_mean_something_else_is_none() -> None:
    other = OTHER_FORM.replace("decod", "invoic").replace("json", "customer")

    assert [len(one.members) for one in patterns_in({"wire/decoding.py": DECODERS + other}, 0.5)] == [3]


def test_getters_are_none() -> None:
    text = "".join(GETTER.format(name=name) for name in ("order", "user", "item", "price", "tax"))
    assert patterns_in({"shop/orders.py": text}) == []


def test_tests_that_look_alike_are_none() -> None:
    assert patterns_in({"tests/test_orders.py": handlers("order", "user", "item", "price")}) == []


def test_a_near_miss_is_told_as_a_counter_example() -> None:
    odd = handlers("price").replace("    return", "    audit.write(price, price_id)\n    log.info(price)\n    return")
    odd = odd.replace("status_code=404, ", "").replace("await session.get", "await cache.fetch")
    [pattern] = patterns_in({"shop/a.py": handlers("order", "user", "item"), "shop/b.py": odd})

    told = [(one.member.path, one.reason) for one in pattern.counter_examples]
    assert not told or told[0][0] == "shop/b.py"
    assert len(pattern.members) in {3, 4}


def test_a_handler_with_one_more_statement_widens_the_pattern() -> None:
    more = handlers("price").replace("    return", "    session.expunge(price)\n    return")
    [pattern] = patterns_in({"shop/a.py": handlers("order", "user", "item"), "shop/b.py": more})

    assert len(pattern.members) == 4
    assert any("session.expunge" in value for hole in pattern.template.holes for value in hole.values)
