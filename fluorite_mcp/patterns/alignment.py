"""Which children of several nodes correspond, where their lists differ in length or kind.

A longest common subsequence (weighted: the same shape counts more than the same kind) of the first list with each
other one leaves the children that all have, in the same order everywhere. What lies between them is a run for each
list, possibly empty: together a hedge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fluorite_mcp.patterns.kinds import Role
from fluorite_mcp.patterns.trees import Branch, Leaf, Node

# Lists longer than this are data; they are taken whole.
MAX_CHILDREN = 80

_SAME_SHAPE, _SAME_KIND = 3, 1


@dataclass(frozen=True, slots=True)
class Anchor:
    """Children that correspond: one of each list."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Hedge:
    """What lies between two anchors: a run of children of each list, some of them empty."""

    runs: tuple[tuple[Node, ...], ...]


def align(lists: Sequence[Sequence[Node]]) -> list[Anchor | Hedge]:
    """Align lists of children; joined in order, anchors and hedges are every list."""
    first = lists[0]
    if any(len(one) > MAX_CHILDREN for one in lists):
        return [Hedge(tuple(map(tuple, lists)))]
    kept = list(range(len(first)))
    columns: list[list[int]] = [list(kept)]
    for other in lists[1:]:
        matched = _common([first[index] for index in kept], other)
        kept = [kept[mine] for mine, _ in matched]
        columns = [[column[mine] for mine, _ in matched] for column in columns]
        columns.append([theirs for _, theirs in matched])
    return _between(lists, columns)


def _between(lists: Sequence[Sequence[Node]], columns: Sequence[Sequence[int]]) -> list[Anchor | Hedge]:
    """Cut the lists at their anchors: `columns` holds the anchors' places in each list."""
    aligned: list[Anchor | Hedge] = []
    at = [0] * len(lists)
    for places in zip(*columns, strict=True):
        _add_hedge(aligned, lists, at, places)
        aligned.append(Anchor(tuple(one[place] for one, place in zip(lists, places, strict=True))))
        at = [place + 1 for place in places]
    _add_hedge(aligned, lists, at, [len(one) for one in lists])
    return aligned


def _add_hedge(
    aligned: list[Anchor | Hedge], lists: Sequence[Sequence[Node]], starts: Sequence[int], ends: Sequence[int]
) -> None:
    runs = tuple(tuple(one[start:end]) for one, start, end in zip(lists, starts, ends, strict=True))
    if any(runs):
        aligned.append(Hedge(runs))


def _common(left: Sequence[Node], right: Sequence[Node]) -> list[tuple[int, int]]:
    """Return the pairs of a heaviest common subsequence, as places in both lists."""
    if len(left) == len(right) and all(map(_corresponds, left, right)):
        return [(index, index) for index in range(len(left))]
    # What is alike at both ends is most of it, and needs no table.
    most = min(len(left), len(right))
    start = 0
    while start < most and _weight(left[start], right[start]) == _SAME_SHAPE:
        start += 1
    end = 0
    while end < most - start and _weight(left[-1 - end], right[-1 - end]) == _SAME_SHAPE:
        end += 1
    middle = _heaviest(left[start : len(left) - end], right[start : len(right) - end])
    return [
        *((index, index) for index in range(start)),
        *((start + mine, start + theirs) for mine, theirs in middle),
        *((len(left) - index, len(right) - index) for index in range(end, 0, -1)),
    ]


def _heaviest(left: Sequence[Node], right: Sequence[Node]) -> list[tuple[int, int]]:
    """Return the pairs of a heaviest common subsequence by dynamic programming."""
    weights = [[_weight(mine, theirs) for theirs in right] for mine in left]
    best = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            weight = weights[i][j]
            taken = weight + best[i + 1][j + 1] if weight else 0
            best[i][j] = max(taken, best[i + 1][j], best[i][j + 1])
    pairs = []
    i = j = 0
    while i < len(left) and j < len(right):
        weight = weights[i][j]
        if weight and best[i][j] == weight + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _weight(left: Node, right: Node) -> int:
    if not _corresponds(left, right):
        return 0
    return _SAME_SHAPE if left.shape == right.shape else _SAME_KIND


def _corresponds(left: Node, right: Node) -> bool:
    """Whether two nodes may be instances of one: the same kind, and for fixed tokens the same text."""
    if isinstance(left, Leaf) and isinstance(right, Leaf):
        if left.role is Role.FIXED or right.role is Role.FIXED:
            return left.kind == right.kind and left.text == right.text
        return left.role is right.role
    return isinstance(left, Branch) and isinstance(right, Branch) and left.kind == right.kind
