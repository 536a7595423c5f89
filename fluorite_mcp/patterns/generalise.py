"""Anti-unification: the least general template that every one of some definitions is an instance of.

After Plotkin (A note on inductive generalization, 1970), over ordered trees, of any number of trees at once: nodes that
agree stay, subtrees that differ become holes, and the same vector of differing texts is the same hole everywhere.
Lists of different lengths are aligned (`alignment.py`), and what only some have becomes a hole for the whole run.
Names and texts that share their beginning or end keep it: `get_user` and `get_order` give `get_{{…}}`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fluorite_mcp.patterns.alignment import Anchor, Hedge, align
from fluorite_mcp.patterns.kinds import ABSTRACT, Role
from fluorite_mcp.patterns.trees import Branch, Definition, Leaf, Node, first_gap, text_of, text_of_all

# A shared beginning or end shorter than this is chance.
_MIN_SHARED_LETTERS = 3
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something differs, for naming it.

    Attributes:
        role: What the leaf is; INNER for whole subtrees and runs.
        field: What its parent calls it.
        path: Kinds of what encloses it, innermost first.
        label: The name that stands before it in `name=value`, `name: value` or a call; "" for none.
        is_part: Whether it is a part of a name or text.
    """

    role: Role
    field: str
    path: tuple[str, ...]
    label: str = ""
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A hole before it has a name: its text in each exemplar. `spot` is None for layout."""

    values: tuple[str, ...]
    spot: Spot | None


Piece = str | Difference


def generalise(definitions: Sequence[Definition]) -> list[Piece]:
    """Return the pieces of the least general template of some definitions, in order."""
    writer = _Writer(len(definitions))
    writer.nodes([one.root for one in definitions], ())
    return writer.pieces


class _Writer:
    """Writes pieces from left to right."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.pieces: list[Piece] = []
        # The last fixed name, which labels what follows it: `timeout` in `timeout=3`.
        self._label = ""

    def nodes(self, nodes: Sequence[Node], path: tuple[str, ...]) -> None:
        """Write what nodes that correspond have in common."""
        if all(isinstance(node, Leaf) for node in nodes):
            self._leaves([node for node in nodes if isinstance(node, Leaf)], path)
            return
        branches = [node for node in nodes if isinstance(node, Branch)]
        if len(branches) < len(nodes) or len({node.kind for node in branches}) > 1:
            self._gap([first_gap(node) for node in nodes])
            self._differ([text_of(node) for node in nodes], Spot(Role.INNER, nodes[0].field, path, self._label))
            return
        self._children(branches, (branches[0].kind, *path))

    def _children(self, branches: Sequence[Branch], path: tuple[str, ...]) -> None:
        label = self._label
        for part in align([branch.children for branch in branches]):
            if isinstance(part, Anchor):
                self.nodes(part.nodes, path)
            else:
                self._hedge(part, path)
        # What follows the whole is not labelled by what stands inside.
        self._label = (
            label if len(path) > 1 and branches[0].kind.endswith(("list", "block", "arguments")) else self._label
        )

    def _hedge(self, hedge: Hedge, path: tuple[str, ...]) -> None:
        if all(len(run) == 1 for run in hedge.runs):
            self.nodes([run[0] for run in hedge.runs], path)
            return
        field = next(run[0].field for run in hedge.runs if run)
        spot = Spot(Role.INNER, field, ("hedge", *path), self._label)
        if all(hedge.runs):
            self._gap([first_gap(run[0]) for run in hedge.runs])
            self._differ([text_of_all(run) for run in hedge.runs], spot)
        else:
            # Where the run is empty, so is what stands before it.
            self._differ([first_gap(run[0]) + text_of_all(run) if run else "" for run in hedge.runs], spot)

    def _leaves(self, leaves: Sequence[Leaf], path: tuple[str, ...]) -> None:
        self._gap([leaf.gap for leaf in leaves])
        texts = [leaf.text for leaf in leaves]
        first = leaves[0]
        if len(set(texts)) == 1:
            self._fixed(texts[0])
            if first.role is Role.NAME:
                self._label = first.text
            return
        spot = Spot(
            first.role if len({leaf.role for leaf in leaves}) == 1 else Role.INNER, first.field, path, self._label
        )
        if spot.role in ABSTRACT:
            self._texts(texts, spot)
        else:
            self._differ(texts, spot)

    def _texts(self, texts: Sequence[str], spot: Spot) -> None:
        """Write names or literals, keeping whole words that all begin or end with."""
        start, end = shared_ends(texts)
        if not start and not end:
            self._differ(texts, spot)
            return
        self._fixed(texts[0][:start])
        parts = [text[start : len(text) - end] for text in texts]
        self._differ(parts, Spot(spot.role, spot.field, spot.path, spot.label, is_part=True))
        self._fixed(texts[0][len(texts[0]) - end :] if end else "")

    def _gap(self, gaps: Sequence[str]) -> None:
        if len(set(gaps)) == 1:
            self._fixed(gaps[0])
        else:
            self.pieces.append(Difference(tuple(gaps), None))

    def _differ(self, texts: Sequence[str], spot: Spot) -> None:
        if len(set(texts)) == 1:
            self._fixed(texts[0])
        else:
            self.pieces.append(Difference(tuple(texts), spot))

    def _fixed(self, text: str) -> None:
        if not text:
            return
        if self.pieces and isinstance(self.pieces[-1], str):
            self.pieces[-1] += text
        else:
            self.pieces.append(text)


def shared_ends(texts: Sequence[str]) -> tuple[int, int]:
    """Return how many characters all texts begin and end with, in whole words, leaving something of each between.

    Quotes and other signs count as ends; of letters, a shared end has at least three.
    """
    words = [_WORD.findall(text) for text in texts]
    if any("".join(found) != text for found, text in zip(words, texts, strict=True)):
        return 0, 0
    shortest = min(map(len, words)) - 1
    start = _shared(words, shortest)
    end = _shared([found[::-1] for found in words], shortest - start)
    first = words[0]
    start_text, end_text = "".join(first[:start]), "".join(first[len(first) - end :] if end else [])
    is_quoted = not start_text[:1].isalnum() and start_text[:1] != "_" and bool(start_text)
    if not is_quoted and _letters(start_text) < _MIN_SHARED_LETTERS:
        start_text = ""
    if not is_quoted and _letters(end_text) < _MIN_SHARED_LETTERS:
        end_text = ""
    return len(start_text), len(end_text)


def _shared(words: Sequence[Sequence[str]], most: int) -> int:
    count = 0
    while count < most and len({found[count] for found in words}) == 1:
        count += 1
    return count


def _letters(text: str) -> int:
    return sum(letter.isalnum() for letter in text)
