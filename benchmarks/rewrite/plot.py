"""The plot: seconds against the round trip, one line for each contender, both axes labelled, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 420
LINE_HEIGHT = 16
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 46, 56
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#6f6f6f")
"""Okabe and Ito's, which differ also for those who see no red or no green."""
STYLE = """
.panel { fill: #ffffff } .frame { stroke: #c8c8c8 } .text { fill: #222222; font: 13px sans-serif }
@media (prefers-color-scheme: dark) {
.panel { fill: #14181d } .frame { stroke: #4a5058 } .text { fill: #e6e6e6 }
}
"""
Points = Sequence[tuple[float, float]]


def plot(title: str, lines: Mapping[str, Points]) -> str:
    """An SVG with a panel of its own, light or dark as the reader likes it. The round trips stand at equal distances:
    one of them is 0, which has no logarithm."""
    steps = sorted({x for points in lines.values() for x, _ in points})
    values = [y for points in lines.values() for _, y in points]
    if not values:
        return _svg(title, [])
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        right = LEFT + (steps.index(x) + 0.5) / len(steps) * (WIDTH - LEFT - RIGHT)
        return right, HEIGHT - BOTTOM - (math.log10(y) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    shapes: list[str] = []
    for power in range(low, high + 1):
        y = place(steps[0], 10.0**power)[1]
        shapes.append(f'<line class="frame" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        shapes.append(_text(LEFT - 8, y + 4, f"{10.0**power:g}", "end"))
    for x in steps:
        shapes.append(_text(place(x, 10.0**low)[0], HEIGHT - BOTTOM + 20, f"{x:g}", "middle"))
    placed = {name: [place(*point) for point in sorted(points)] for name, points in lines.items() if points}
    for number, places in enumerate(placed.values()):
        shapes += _line(places, COLOURS[number % len(COLOURS)])
    shapes += _names({name: places[-1] for name, places in placed.items()})
    return _svg(title, shapes)


def _line(places: Points, colour: str) -> Iterator[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline fill="none" stroke="{colour}" stroke-width="2.5" points="{path}"/>'
    yield from (f'<circle fill="{colour}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in places)


def _names(ends: Mapping[str, tuple[float, float]]) -> Iterator[str]:
    """Beside the ends of the lines, from above, and never one on another."""
    free = 0.0
    for name, (x, y) in sorted(ends.items(), key=lambda end: end[1][1]):
        free = max(free + LINE_HEIGHT, y + 4)
        yield _text(x + 12, free, name, "start")


def _text(x: float, y: float, words: str, anchor: str, turned: str = "") -> str:
    return f'<text class="text" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turned}>{escape(words)}</text>'


def _svg(title: str, shapes: Sequence[str]) -> str:
    middle = (LEFT + WIDTH - RIGHT) / 2
    side = (TOP + HEIGHT - BOTTOM) / 2
    captions = [
        _text(middle, 26, title, "middle"),
        _text(middle, HEIGHT - 14, "round trip to the API server (ms)", "middle"),
        _text(18, side, "time (s, logarithmic)", "middle", f' transform="rotate(-90 18 {side:.1f})"'),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    panel = f'<rect class="panel" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
    named = f"<title>{escape(title)}</title>"
    return "\n".join([head, named, f"<style>{STYLE}</style>", panel, *captions, *shapes, "</svg>", ""])
