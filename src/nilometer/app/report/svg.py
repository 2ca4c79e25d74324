"""The few strokes every chart is made of: SVG elements, escaped, with short numbers and no name space to fetch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from nilometer.app.report.wording import visible

CHAR_WIDE = 6.6  # a generous guess at one character of 11.5 px system-ui, for keeping labels inside


def number(value: float) -> str:
    """A coordinate with at most two decimals."""
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def el(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """One element. `class_` becomes class, underscores become hyphens (viewBox keeps its case); text children are escaped."""
    parts = []
    for key, value in attributes.items():
        if value is not None:
            shown = value if isinstance(value, str) else number(value)
            parts.append(f' {key.rstrip("_").replace("_", "-")}="{escape(visible(shown, prose=True))}"')
    inner = "".join(str(child) if isinstance(child, Markup) else str(escape(visible(child, prose=True))) for child in children)
    return Markup(f"<{name}{''.join(parts)}>{inner}</{name}>" if inner else f"<{name}{''.join(parts)}/>")  # noqa: S704  (the one place where markup is made: every part is escaped above)


def text(x: float, y: float, words: str, *, class_: str = "label", anchor: str = "start") -> Markup:
    """A line of text at a place."""
    return el("text", words, x=x, y=y, class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return el("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def rect(x: float, y: float, width: float, height: float, class_: str, *children: str) -> Markup:
    """A box."""
    return el("rect", *children, x=x, y=y, width=width, height=height, class_=class_)


def path(points: Sequence[tuple[float, float]]) -> str:
    """The `d` of a line through points."""
    return "M" + "L".join(f"{number(x)},{number(y)}" for x, y in points)


def hatch(key: str) -> Markup:
    """The hatching that tells known people from new ones where there is no colour; to be used through `hatching`."""
    stroke = el("path", d="M-1,1L1,-1M0,5L5,0M4,6L6,4", class_="hatch-line")
    return el("defs", el("pattern", stroke, id=f"{key}-hatch", width=5, height=5, patternUnits="userSpaceOnUse"))


def hatching(key: str, boxes: Sequence[tuple[float, float, float, float]]) -> Markup:
    """All hatched boxes (x, y, width, height) in one stroke: a pattern filled once prints at a tenth of the size."""
    d = "".join(f"M{number(x)},{number(y)}h{number(wide)}v{number(high)}h{number(-wide)}z" for x, y, wide, high in boxes)
    return el("path", d=d, class_="hatching", fill=f"url(#{key}-hatch)") if d else Markup("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a legend: a swatch (`new`, `known` or `usual`) and its meaning."""

    swatch: str
    words: str


def legend(entries: Sequence[Entry], *, key: str, left: float, width: float) -> tuple[Markup, float]:
    """The legend and the height it took: in one row where it fits, in more where it does not."""
    out: list[Markup] = []
    x, y = left, 14.0
    for entry in entries:
        need = 20 + CHAR_WIDE * len(entry.words)
        if x > left and x + need > width:
            x, y = left, y + 17
        if entry.swatch == "usual":
            out.append(line(x, y - 4, x + 14, y - 4, "usual-line"))
        else:
            out.append(rect(x, y - 10, 14, 10, f"swatch {entry.swatch}-fill"))
            out += [hatching(key, [(x, y - 10, 14, 10)])] if entry.swatch == "known" else []
        out.append(text(x + 20, y, entry.words))
        x += need + 14
    return Markup("").join(out), y + 8


def svg(key: str, width: float, height: float, title: str, desc: str, *body: Markup) -> Markup:
    """A whole picture with its name and its description for those who do not see it."""
    names = (el("title", title, id=f"{key}-title"), el("desc", desc, id=f"{key}-desc"))
    return el(
        "svg", *names, *body, viewBox=f"0 0 {number(width)} {number(height)}", width=width, height=height, role="img",
        aria_labelledby=f"{key}-title {key}-desc", class_="chart",
    )  # fmt: skip
