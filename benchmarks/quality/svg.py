"""A small plot as SVG, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 44, 56
_LINE_HEIGHT = 15
_CHAR_WIDTH = 6.6
_RADIUS = 5
_GAP = 9

_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 14px; font-weight: 600; }
.axis { stroke: #8c959f; } .grid { stroke: #8c959f; stroke-opacity: .25; }
.ours { fill: #0a69da; stroke: #0a69da; } .part { fill: #54aeff; stroke: #54aeff; }
.peer { fill: #bc4c00; stroke: #bc4c00; } .reference { fill: none; stroke: #8250df; stroke-dasharray: 5 4; }
polyline.ours, polyline.peer { fill: none; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .ours { fill: #58a6ff; stroke: #58a6ff; } .part { fill: #1f6feb; stroke: #1f6feb; }
  .peer { fill: #f0883e; stroke: #f0883e; } .reference { stroke: #bc8cff; }
}
"""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its ends, where its marks stand, what they say, and whether it is logarithmic."""

    low: float
    high: float
    title: str
    marks: Sequence[tuple[float, str]]
    is_log: bool = False

    def place(self, value: float) -> float:
        """Return where a value stands, 0 at the low end to 1 at the high end, and no further."""
        low, high, at = (math.log10(one) if self.is_log else one for one in (self.low, self.high, value))
        return min(1.0, max(0.0, (at - low) / (high - low)))


class _Box(NamedTuple):
    """What stands somewhere already, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        """Whether two boxes overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@dataclass
class Plot:
    """Draws points, lines and labels between two axes; the labels of points give way to what is there."""

    title: str
    x: Axis
    y: Axis
    _parts: list[str] = field(default_factory=list)
    _taken: list[_Box] = field(default_factory=list)
    _waiting: list[tuple[float, float, str]] = field(default_factory=list)

    def point(self, x: float, y: float, label: str, kind: str) -> None:
        """Draw a point, which gets its label when every point is there."""
        left, top = self._at(x, y)
        self._parts.append(f'<circle class="{kind}" cx="{left:.1f}" cy="{top:.1f}" r="{_RADIUS}"/>')
        self._taken.append(_Box(left - _RADIUS, top - _RADIUS, left + _RADIUS, top + _RADIUS))
        self._waiting.append((left, top, label))

    def curve(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """Draw a line through points."""
        placed = " ".join("{:.1f},{:.1f}".format(*self._at(x, y)) for x, y in points)
        self._parts.append(f'<polyline class="{kind}" points="{placed}"/>')

    def level(self, y: float, label: str, drop: int = -5) -> None:
        """Draw a dashed line across at a height; its label begins at the left, `drop` pixels below the line."""
        _, top = self._at(self.x.low, y)
        right = WIDTH - _RIGHT
        self._parts.append(f'<line class="reference" x1="{_LEFT}" x2="{right}" y1="{top:.1f}" y2="{top:.1f}"/>')
        self._write(_LEFT + 4, top + drop, label)

    def upright(self, x: float, label: str, y: float) -> None:
        """Draw a dashed line upwards at a place; its label stands beside it at the height of `y`."""
        left, top = self._at(x, y)
        ends = f'y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"'
        self._parts.append(f'<line class="reference" x1="{left:.1f}" x2="{left:.1f}" {ends}/>')
        self._write(left + 6, top, label)

    def beside(self, x: float, y: float, label: str, anchor: str = "start") -> None:
        """Write a label to the right of a place, or to its left with the anchor "end"."""
        left, top = self._at(x, y)
        self._write(left + (_GAP if anchor == "start" else -_GAP), top + 4, label, anchor)

    def _write(self, left: float, top: float, text: str, anchor: str = "start") -> None:
        self._taken.append(_text_box(left, top, text, anchor))
        place = f'x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}"'
        self._parts.append(f"<text {place}>{escape(text)}</text>")

    def _place_labels(self) -> None:
        for left, top, text in self._waiting:
            places = [
                (left + side * _GAP, top + 4 + drop, "start" if side > 0 else "end")
                for drop in (0, -_LINE_HEIGHT, _LINE_HEIGHT, -2 * _LINE_HEIGHT, 2 * _LINE_HEIGHT)
                for side in (1, -1)
            ]
            free = [one for one in places if self._is_free(_text_box(one[0], one[1], text, one[2]))]
            x, y, anchor = (free or places)[0]
            self._write(x, y, text, anchor)
        self._waiting.clear()

    def _is_free(self, box: _Box) -> bool:
        inside = box.left >= _LEFT and box.right <= WIDTH
        return inside and not any(box.meets(other) for other in self._taken)

    def render(self) -> str:
        """Return the SVG."""
        self._place_labels()
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
                f"<title>{escape(self.title)}</title>",
                f"<style>{_STYLE}</style>",
                f'<text class="title" x="{_LEFT}" y="24">{escape(self.title)}</text>',
                *self._axes(),
                *self._parts,
                "</svg>\n",
            ]
        )

    def _axes(self) -> list[str]:
        right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
        parts = [f'<path class="axis" fill="none" d="M{_LEFT} {_TOP}V{bottom}H{right}"/>']
        for value, text in self.x.marks:
            left, _ = self._at(value, self.y.low)
            parts.append(f'<line class="grid" x1="{left:.1f}" x2="{left:.1f}" y1="{_TOP}" y2="{bottom}"/>')
            parts.append(f'<text x="{left:.1f}" y="{bottom + 18}" text-anchor="middle">{escape(text)}</text>')
        for value, text in self.y.marks:
            _, top = self._at(self.x.low, value)
            parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{top:.1f}" y2="{top:.1f}"/>')
            parts.append(f'<text x="{_LEFT - 8}" y="{top + 4:.1f}" text-anchor="end">{escape(text)}</text>')
        middle = (_LEFT + right) / 2
        parts.append(f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle">{escape(self.x.title)}</text>')
        parts.append(
            f'<text transform="translate(16 {(_TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">'
            f"{escape(self.y.title)}</text>"
        )
        return parts

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + self.x.place(x) * (WIDTH - _LEFT - _RIGHT),
            HEIGHT - _BOTTOM - self.y.place(y) * (HEIGHT - _TOP - _BOTTOM),
        )


def _text_box(left: float, top: float, text: str, anchor: str) -> _Box:
    width = len(text) * _CHAR_WIDTH
    start = left - width if anchor == "end" else left
    return _Box(start, top - _LINE_HEIGHT + 4, start + width, top + 3)
