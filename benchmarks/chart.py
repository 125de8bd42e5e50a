"""A bar chart as SVG: one bar a row, with a line from the slowest round to the fastest."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from gatepost.cli.loadtest.figures import Spread

WIDTH = 860
LABELS = 300
"""Pixels for the names on the left."""

FIGURES = 90
"""Pixels for the figures on the right."""

ROW = 34
BAR = 18
TOP = 46
OURS, THEIRS, INK = "#2563a8", "#9aa5b1", "#1f2933"


def chart(title: str, bars: Sequence[tuple[str, Spread, bool]]) -> str:
    """`bars` are a name, its values, and whether it is one of ours. The scale begins at nought."""
    largest = max((values.high for _, values, _ in bars), default=1.0) or 1.0
    scale = (WIDTH - LABELS - FIGURES) / largest
    height = TOP + ROW * len(bars) + 10
    rows = (_row(TOP + ROW * number, *bar, scale) for number, bar in enumerate(bars))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="14" fill="{INK}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text x="12" y="26" font-weight="600">{escape(title)}</text>',
            *rows,
            "</svg>",
            "",
        ]
    )


def _row(top: int, name: str, values: Spread, ours: bool, scale: float) -> str:
    middle = top + BAR / 2
    low, median, high = (LABELS + value * scale for value in (values.low, values.median, values.high))
    return (
        f'<text x="{LABELS - 10}" y="{middle + 5}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{LABELS}" y="{top}" width="{max(median - LABELS, 1):.1f}" height="{BAR}" '
        f'fill="{OURS if ours else THEIRS}"/>'
        f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="{INK}" stroke-width="2"/>'
        f'<text x="{high + 8:.1f}" y="{middle + 5}">{values.median:,.0f}</text>'
    )
