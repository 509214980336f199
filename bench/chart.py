"""The chart: one group of bars for each scenario, as SVG that a browser shows in the reader's light or dark mode."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH = 760
_LABEL_WIDTH = 230
_VALUE_WIDTH = 90
_BAR_HEIGHT = 14
_BAR_GAP = 3
_GROUP_GAP = 16
_TOP = 64
_BASELINE_SHIFT = 11

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.small { font-size: 11px }
.title { font-size: 15px; font-weight: 600 }
.bar-0 { fill: #c9d1d9 } .bar-1 { fill: #8b949e } .bar-2 { fill: #2f80ed }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .bar-0 { fill: #3d444d } .bar-1 { fill: #7d8590 } .bar-2 { fill: #58a6ff }
}
"""


@dataclass(frozen=True, slots=True)
class Group:
    """One scenario: a value for each series, None for no bar."""

    title: str
    values: Sequence[float | None]


def draw_chart(title: str, caption: str, series: Sequence[str], groups: Sequence[Group]) -> str:
    """Return an SVG document; within each group the longest bar fills the width."""
    parts = [
        f'<text class="title" x="0" y="18">{escape(title)}</text>',
        f'<text class="small" x="0" y="36">{escape(caption)}</text>',
        *_draw_legend(series),
    ]
    top = _TOP
    for group in groups:
        parts += _draw_group(group, top)
        top += _height_of(group) + _GROUP_GAP
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" width="{_WIDTH}" height="{top}" '
        f'role="img">\n<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n{body}\n</svg>\n'
    )


def _draw_legend(series: Sequence[str]) -> list[str]:
    parts = []
    for index, name in enumerate(series):
        left = _LABEL_WIDTH + index * 150
        parts.append(f'<rect class="bar-{index}" x="{left}" y="44" width="12" height="12" rx="2"/>')
        parts.append(f'<text class="small" x="{left + 18}" y="54">{escape(name)}</text>')
    return parts


def _draw_group(group: Group, top: int) -> list[str]:
    middle = top + _height_of(group) / 2 + 3
    parts = [f'<text x="0" y="{middle:.1f}">{escape(group.title)}</text>']
    bars = [(index, value) for index, value in enumerate(group.values) if value is not None]
    longest = max((value for _, value in bars), default=0.0) or 1.0
    room = _WIDTH - _LABEL_WIDTH - _VALUE_WIDTH
    for place, (index, value) in enumerate(bars):
        y = top + place * (_BAR_HEIGHT + _BAR_GAP)
        length = room * value / longest
        shape = f'x="{_LABEL_WIDTH}" y="{y}" width="{length:.1f}" height="{_BAR_HEIGHT}" rx="2"'
        parts.append(f'<rect class="bar-{index}" {shape}/>')
        label = f'x="{_LABEL_WIDTH + length + 6:.1f}" y="{y + _BASELINE_SHIFT}"'
        parts.append(f'<text class="small" {label}>{value:,.0f}</text>')
    return parts


def _height_of(group: Group) -> int:
    return sum(value is not None for value in group.values) * (_BAR_HEIGHT + _BAR_GAP)
