"""Whether a pattern is worth showing: 0 to 1, from factors that each have a name and a reason.

The factors multiply: a pattern that lacks one thing is not saved by having plenty of another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fluorite_mcp.patterns.template import Template

_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{2,}")
# Words of languages, not of projects.
_KEYWORDS = frozenset(
    ["def", "self", "return", "none", "true", "false", "class", "func", "function", "const", "let", "var", "this",
     "public", "private", "protected", "static", "final", "void", "int", "string", "bool", "str", "float", "async",
     "await", "for", "while", "else", "elif", "not", "and", "with", "import", "from", "err", "error", "nil", "null",
     "new", "export", "default", "interface", "type", "struct", "enum", "impl", "use", "pub", "mut", "self", "super",
     "match", "some", "end", "raise", "throw", "try", "catch", "except", "override", "number", "any", "unknown",
     "boolean", "undefined", "object", "readonly", "extends", "implements", "case", "switch", "break", "continue",
     "long", "double", "char", "uint", "usize", "i32", "i64", "u32", "u64", "option", "result", "vec", "dict", "list",
     "tuple", "where", "move", "ref", "dyn", "crate", "isinstance", "len", "typeof", "instanceof", "range", "pass"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Support:
    """What is known of a pattern's examples: how many, in how many files, of how many lines on average."""

    count: int
    files: int
    lines: float
    calls: int


@dataclass(frozen=True, slots=True)
class Quality:
    """A quality and what it is made of."""

    score: float
    factors: Mapping[str, float]


def judge(template: Template, support: Support) -> Quality:
    """Judge a pattern.

    Factors, each 0 to 1:
        substance: Words of the project that are the same in all examples; a getter has none.
        fixed: How much of an example is the same in all.
        holes: Fewer holes are better, and whole statements as holes count twice.
        size: One-liners need no template.
        support: Three examples are few, and all in one file are one author's habit.
        variety: Copies that do not differ are duplicates, not a pattern.
    """
    words = fixed_words(template)
    holes = template.named_holes
    weight = len(holes) + sum(1 for hole in holes if hole.role in _COMPLEX)
    factors = {
        "substance": _ramp(len(words), 2, 9),
        "fixed": _ramp(fixed_share(template), 0.3, 0.72),
        "holes": 1.0 - 0.8 * _ramp(weight, 6, 14),
        "size": _ramp(support.lines, 1, 4.5),
        "support": _ramp(support.count, 0, 4) * (1.0 if support.files > 1 else 0.95),
        "variety": 1.0 if holes else 0.5,
    }
    score = 1.0
    for value in factors.values():
        score *= value
    return Quality(round(score, 3), {name: round(value, 3) for name, value in factors.items()})


_COMPLEX = frozenset({"statements", "members", "part"})


def fixed_words(template: Template) -> set[str]:
    """Return the words of the project that stand in every example."""
    text = "\n".join(part for part in template.parts if isinstance(part, str))
    return {word for word in _WORD.findall(text) if word.lower() not in _KEYWORDS}


def fixed_share(template: Template) -> float:
    """Return how much of the examples' text is fixed, without white space and layout."""
    fixed = sum(_weight(part) for part in template.parts if isinstance(part, str))
    varying = [
        sum(_weight(value) for value in hole.values) / len(hole.values)
        for part in template.parts
        if not isinstance(part, str) and not (hole := template.holes[part.hole]).is_layout
    ]
    return fixed / max(1.0, fixed + sum(varying))


def _weight(text: str) -> int:
    return len("".join(text.split()))


def _ramp(value: float, low: float, high: float) -> float:
    """Return 0 at `low`, 1 at `high`, straight between them."""
    return min(1.0, max(0.0, (value - low) / (high - low)))
