"""An answer as one drawing. In: an answer, words. Out: SVG, readable in light and dark, and aloud.

Above, by when which share of the cases had somebody there, under A and under B; below, how much B
differs from A in some figures, each with its interval. Colours are the page's text colour, and two of
its variables; where it has none, two that carry on both grounds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite

from narvaro.core.replay import Difference
from narvaro.followup.replay.scenario import Answer
from narvaro.followup.replay.words import told_in

WIDTH, LEFT, RIGHT = 720, 64, 24
CURVE_TOP, CURVE_BOTTOM = 92, 340
ROW_PX, ROWS_TOP = 30, 450
NAME_PX, NUMBER_PX, LIMIT_PX = 250, 76, 110
STEPS_MIN = (1, 2, 5, 10, 15, 30, 60)
TICKS = 8
SPOKEN = 'role="img" aria-labelledby="replay-title replay-desc"'
WHOLE = 'font-family="system-ui, sans-serif" font-size="13" fill="currentColor"'
A, B = "var(--replay-a, #2f7fd0)", "var(--replay-b, #d06a00)"
LOOKS: Mapping[str, str] = {
    "grid": 'stroke="currentColor" stroke-opacity="0.18"',
    "axis": 'stroke="currentColor" stroke-opacity="0.6"',
    "limit": 'stroke="currentColor" stroke-dasharray="2 4"',
    "a": f'stroke="{A}" fill="none" stroke-width="2.5"',
    "b": f'stroke="{B}" fill="none" stroke-width="2.5" stroke-dasharray="7 4"',
    "whisker": f'stroke="{B}" stroke-width="2"',
    "dot": f'fill="{B}"',
}
"""Attributes, not a style sheet: a page that lets in no styles but its own shows the same."""
SOFT = ' fill-opacity="0.75"'


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


@dataclass(frozen=True)
class Words:
    """What the drawing says, in the reader's language; `limit` holds `%(min)s`."""

    title: str
    description: str
    a: str
    b: str
    minutes: str
    share: str
    limit: str
    differences: str
    less: str  # less under B
    more: str
    figures: Mapping[str, str]  # name → words, with the unit; these rows are drawn, in this order
    number: Callable[[float], str] = _signed  # a difference as people read it


def draw(answer: Answer, words: Words) -> str:
    """Return the drawing as an SVG of its own."""
    rows = [one for one in answer.rows if one.name in words.figures and isfinite(one.difference)]
    rows.sort(key=lambda one: list(words.figures).index(one.name))
    height = ROWS_TOP + ROW_PX * len(rows) + 36
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {SPOKEN} {WHOLE}>',
        f'<title id="replay-title">{escape(words.title)}</title>',
        f'<desc id="replay-desc">{escape(words.description)}</desc>',
        *_curves(answer, words),
        *_differences(rows, words),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(x: float, y: float, said: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(said)}</text>'


def _line(x: float, y: float, to_x: float, to_y: float, kind: str) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" {LOOKS[kind]}/>'


def _most_min(answer: Answer) -> float:
    """Return the minutes that the drawing reaches to: past the limit, and 98 in 100 of both."""
    reached = [
        seconds
        for curve in (answer.a_s, answer.b_s)
        for share, seconds in zip(answer.shares, curve, strict=True)
        if share <= 0.98 and isfinite(seconds)
    ]
    return max([answer.limit_s * 1.15, *reached], default=60.0) / 60


def _curves(answer: Answer, words: Words) -> list[str]:
    most = _most_min(answer)
    wide = WIDTH - LEFT - RIGHT
    tall = CURVE_BOTTOM - CURVE_TOP

    def x(minutes: float) -> float:
        return LEFT + wide * min(minutes, most) / most

    def y(share: float) -> float:
        return CURVE_BOTTOM - tall * share

    parts = [_text(LEFT, 78, words.share)]
    for percent in (0, 25, 50, 75, 100):
        parts.append(_line(LEFT, y(percent / 100), WIDTH - RIGHT, y(percent / 100), "grid"))
        end = ' text-anchor="end"' + SOFT
        parts.append(_text(LEFT - 8, y(percent / 100) + 4, f"{percent} %", end))
    step = next((one for one in STEPS_MIN if most / one <= TICKS), STEPS_MIN[-1])
    for minutes in range(0, int(most) + 1, step):
        parts.append(_line(x(minutes), CURVE_BOTTOM, x(minutes), CURVE_BOTTOM + 5, "axis"))
        middle = ' text-anchor="middle"' + SOFT
        parts.append(_text(x(minutes), CURVE_BOTTOM + 20, str(minutes), middle))
    parts.append(_line(LEFT, CURVE_BOTTOM, WIDTH - RIGHT, CURVE_BOTTOM, "axis"))
    end = ' text-anchor="end"'
    parts.append(_text(WIDTH - RIGHT, CURVE_BOTTOM + 40, words.minutes, end))
    limit_min = answer.limit_s / 60
    parts.append(_line(x(limit_min), CURVE_TOP - 8, x(limit_min), CURVE_BOTTOM, "limit"))
    told = words.limit % {"min": f"{limit_min:g}"}
    before = x(limit_min) - LEFT > LIMIT_PX
    at, side = (x(limit_min) - 6, end) if before else (x(limit_min) + 6, "")
    parts.append(_text(at, CURVE_BOTTOM - 10, told, side))
    for kind, curve, said, at in (("a", answer.a_s, words.a, 0), ("b", answer.b_s, words.b, 1)):
        points = [(0.0, 0.0)]
        points += [
            (seconds / 60, share)
            for share, seconds in zip(answer.shares, curve, strict=True)
            if seconds / 60 <= most
        ]
        path = " ".join(f"{x(minutes):.1f},{y(share):.1f}" for minutes, share in points)
        parts.append(f'<polyline points="{path}" {LOOKS[kind]}/>')
        key_y = 18 + 20 * at
        parts.append(_line(LEFT, key_y, LEFT + 30, key_y, kind))
        parts.append(_text(LEFT + 38, key_y + 4, said))
    return parts


def _differences(rows: Sequence[Difference], words: Words) -> list[str]:
    """Draw each difference and its interval, as wide as the farthest end of its own row allows."""
    middle = LEFT + NAME_PX + (WIDTH - RIGHT - LEFT - NAME_PX - NUMBER_PX) / 2
    half = (WIDTH - RIGHT - LEFT - NAME_PX - NUMBER_PX) / 2 - 16
    parts = [_text(LEFT - 40, ROWS_TOP - 46, words.differences)]
    bottom = ROWS_TOP + ROW_PX * len(rows) - 10
    parts.append(_line(middle, ROWS_TOP - 16, middle, bottom, "axis"))
    soft = ' text-anchor="{}"' + SOFT
    parts.append(_text(middle - 8, ROWS_TOP - 20, f"← {words.less}", soft.format("end")))
    parts.append(_text(middle + 8, ROWS_TOP - 20, f"{words.more} →", soft.format("start")))
    for number, one in enumerate(rows):
        y = ROWS_TOP + ROW_PX * number + 8
        ends = [end for end in (one.low, one.high, one.difference) if isfinite(end)]
        scale = half / (max(abs(end) for end in ends) or 1.0)
        told = words.number(one.difference * told_in(one.name))
        parts.append(_text(LEFT - 40, y + 4, words.figures[one.name]))
        if isfinite(one.low) and isfinite(one.high):
            low, high = middle + one.low * scale, middle + one.high * scale
            parts.append(_line(low, y, high, y, "whisker"))
            parts += [_line(end, y - 5, end, y + 5, "whisker") for end in (low, high)]
        parts.append(
            f'<circle cx="{middle + one.difference * scale:.1f}" cy="{y}" r="5" {LOOKS["dot"]}/>'
        )
        parts.append(_text(WIDTH - RIGHT, y + 4, told, soft.format("end")))
    return parts
