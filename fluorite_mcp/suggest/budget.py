"""How a token budget is divided among the parts of a context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Want:
    """What a part asks for: how much it counts beside the others, and the tokens it can use at most."""

    weight: float
    tokens: int


# What each part counts for, chosen on half of the repositories of `scripts/bench suggest` and reported on the other.
# The project's own code shows names, structure and habits at once, so it weighs most. A template weighs as much only
# where the task names its framework; what nearby code imports and calls is short, and tells the most for each token.
CODE_WEIGHT = 6.0
USES_WEIGHT = 3.0
NAMED_TEMPLATE_WEIGHT = 6.0
TEMPLATE_WEIGHT = 1.5
CONVENTION_WEIGHT = 1.0
NOTE_WEIGHT = 2.0


def allocate(budget: int, wants: Mapping[str, Want]) -> dict[str, int]:
    """Divide a budget by weight; what a part cannot use goes to the others, again by weight.

    Args:
        budget: Tokens to divide.
        wants: By part. A part that wants nothing gets nothing.

    Returns:
        Tokens by part, together at most the budget.
    """
    rooms = dict.fromkeys(wants, 0)
    open_parts = {name: want for name, want in wants.items() if want.tokens > 0 and want.weight > 0}
    left = max(0, budget)
    while open_parts:
        total = sum(want.weight for want in open_parts.values())
        content = {n: w.tokens for n, w in open_parts.items() if w.tokens <= left * w.weight / total}
        if not content:
            return rooms | {name: int(left * want.weight / total) for name, want in open_parts.items()}
        # Who needs less than its part is served first; the rest is divided anew.
        rooms |= content
        left -= sum(content.values())
        open_parts = {name: want for name, want in open_parts.items() if name not in content}
    return rooms
