"""What makes a pattern worth showing, factor by factor."""

from __future__ import annotations

from dataclasses import replace

from fluorite_mcp.patterns.quality import Support, judge
from fluorite_mcp.patterns.template import Hole, Place, Template

GOOD = Template(
    (
        'session = open_session(settings)\nfound = session.query(', Place(0),
        ").filter_by(owner=request.user)\nif found is None:\n    raise NotFoundError(missing)\nreturn render(found)",
    ),
    (Hole("type", "name", "type", ("Order", "User", "Item")),),
)  # fmt: skip
SUPPORT = Support(count=8, files=4, lines=6.0, calls=3)


def test_a_pattern_with_everything_is_worth_one() -> None:
    quality = judge(GOOD, SUPPORT)
    assert quality.score == 1.0
    assert set(quality.factors.values()) == {1.0}


def test_each_lack_lowers_its_own_factor() -> None:
    getter = Template(("def get_", Place(0), "(self):\n    return self.", Place(0)), GOOD.holes)
    copies = Template(("".join(part for part in GOOD.parts if isinstance(part, str)),), ())
    many = Template(
        (*GOOD.parts, *(Place(number) for number in range(1, 15))),
        (*GOOD.holes, *(Hole(f"text_{number}", "text", "string", ("a", "b", "c")) for number in range(14))),
    )
    assert judge(getter, SUPPORT).factors["substance"] == 0.0
    assert judge(GOOD, replace(SUPPORT, count=3)).factors["support"] == 0.75
    assert judge(GOOD, replace(SUPPORT, files=1)).factors["support"] == 0.95
    assert judge(GOOD, replace(SUPPORT, lines=1.0)).factors["size"] == 0.0
    assert judge(copies, SUPPORT).factors["variety"] == 0.5
    assert judge(many, SUPPORT).factors["holes"] < 0.3


def test_layout_is_no_hole() -> None:
    loose = Template(
        (*GOOD.parts, Place(1)), (*GOOD.holes, Hole("layout", "text", "", ("\n", " ", ""), is_layout=True))
    )
    assert judge(loose, SUPPORT) == judge(GOOD, SUPPORT)
