"""People lost against false alarms, as one SVG file: a curve for Nilometer, one for each baseline at its best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from nilometer.app.evaluate.run import OURS, Result
from nilometer.app.evaluate.table import Line, lines, share
from nilometer.app.report import svg
from nilometer.app.report.scales import Scale

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 760, 440, 62, 58, 380, 566
LEAST: Final = 0.01
"""False findings per 1,000 actor-months at the left edge: fewer, and none at all, are drawn there."""
_COLOURS: Final = ("#0b6e99", "#b3541e", "#4f7a28", "#8a4f9e", "#a0303b", "#7a6a1f", "#2f7f79", "#5b5f97", "#8c6d62", "#c2185b", "#455a64")
_STYLE: Final = """
svg{background:#fff;font:12px system-ui,sans-serif}text{fill:#333}.strong{font-weight:600}.axis{stroke:#888}
.grid{stroke:#e3e3e3}.end{text-anchor:end}.middle{text-anchor:middle}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One setting: false findings per 1,000 actor-months, and the mean share of people lost before the alarm."""

    false_rate: float
    lost: float
    usual: bool
    name: str


def curves(all_lines: Sequence[Line]) -> dict[str, list[Point]]:
    """Each method's points from the fewest false findings to the fewest people lost.

    Of a baseline only points are kept that none of its own beats on both counts, over all its levels: each is drawn at its best.
    """
    found: dict[str, list[Point]] = {}
    for line in all_lines:
        if line.lost is not None and line.false_rate is not None:
            setting = "" if line.setting is None else f" {line.setting:g}"
            name = f"{line.method}{setting}{f' at {line.level}' if line.level else ''}"
            found.setdefault(line.method, []).append(Point(false_rate=line.false_rate, lost=line.lost, usual=line.usual, name=name))
    return {method: _best(points) if method != OURS else _ordered(points) for method, points in found.items()}


def _ordered(points: Sequence[Point]) -> list[Point]:
    return sorted(points, key=lambda point: (point.false_rate, point.lost))


def _best(points: Sequence[Point]) -> list[Point]:
    kept: list[Point] = []
    for point in _ordered(points):
        if not kept or point.lost < kept[-1].lost:
            kept.append(point)
    return kept


def draw(results: Sequence[Result]) -> str:
    """The file. Down and to the left is better; a method without any leak to find is not drawn."""
    found = curves(lines(results))
    most = max((point.false_rate for points in found.values() for point in points), default=1.0)
    top = 10.0 ** math.ceil(math.log10(max(most, 1.0)) + 1e-9)
    xs = Scale(low=LEAST, high=top, start=LEFT, end=RIGHT, log=True)
    ys = Scale(low=0.0, high=1.0, start=BOTTOM, end=TOP)
    body = [*_axes(xs, ys, top)]
    for number, (method, points) in enumerate(found.items()):
        body += _curve(method, points, xs, ys, number)
    desc = "; ".join(f"{method}: {', '.join(_said(p) for p in points)}" for method, points in found.items())
    title = "People lost before the alarm, against false findings"
    picture = svg.svg("evaluate", WIDTH, HEIGHT, title, desc or "no leaks were evaluated", _style(), *body)
    return str(picture).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def _style() -> Markup:
    return svg.el("style", Markup(_STYLE))  # noqa: S704  (a constant of this file)


def _said(point: Point) -> str:
    return f"{point.name} {point.false_rate:.2f} false, {share(point.lost)} lost"


def _axes(xs: Scale, ys: Scale, top: float) -> list[Markup]:
    made = [svg.text(LEFT - 46, 22, "People lost before the alarm (mean share over leaks), against false findings", class_="strong")]
    made.append(svg.text(LEFT - 46, 40, "Each baseline at the best of its levels and settings; filled where the setting is the usual one"))
    for tenth in range(0, 11, 2):
        y = ys(tenth / 10)
        made += [svg.line(LEFT, y, RIGHT, y, "grid"), svg.text(LEFT - 8, y + 4, f"{10 * tenth} %", class_="end", anchor="end")]
    for power in range(-1, round(math.log10(top)) + 1):
        x = xs(10.0**power)
        made += [svg.line(x, TOP, x, BOTTOM, "grid"), svg.text(x, BOTTOM + 18, f"{10.0**power:,g}", class_="middle", anchor="middle")]
    made += [svg.text(LEFT, BOTTOM + 18, f"≤{LEAST:g}", class_="middle", anchor="middle"), svg.line(LEFT, BOTTOM, RIGHT, BOTTOM, "axis")]
    centre = (LEFT + RIGHT) / 2
    return [*made, svg.text(centre, BOTTOM + 40, "false findings per 1,000 actor-months", class_="middle", anchor="middle")]


def _curve(method: str, points: Sequence[Point], xs: Scale, ys: Scale, number: int) -> list[Markup]:
    """A line through the points, each with its name on hover, and the method's name in the list at the right."""
    colour, ours = _COLOURS[number % len(_COLOURS)], method == OURS
    width = 3.0 if ours else 1.5
    dash = None if ours else ("5 3", "2 3", "8 3 2 3")[number % 3]
    places = [(xs(point.false_rate), ys(point.lost)) for point in points]
    made = [svg.el("path", d=svg.path(places), fill="none", stroke=colour, stroke_width=width, stroke_dasharray=dash)]
    for point, (x, y) in zip(points, places, strict=True):
        fill = colour if point.usual else "#fff"
        made.append(svg.el("circle", svg.el("title", _said(point)), cx=x, cy=y, r=5.0 if ours else 3.5, fill=fill, stroke=colour))
    row = TOP + 8 + 22 * number
    made.append(
        svg.el("path", d=svg.path([(RIGHT + 16, row), (RIGHT + 40, row)]), stroke=colour, stroke_width=width, stroke_dasharray=dash)
    )
    return [*made, svg.text(RIGHT + 46, row + 4, method, class_="strong" if ours else "label")]
