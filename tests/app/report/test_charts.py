"""Charts are read back: what is drawn must be what was given."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.app.report import charts, svg
from nilometer.app.report.figures import DayFigure
from nilometer.app.report.scales import stamp

from .samples import days, finding
from .test_buckets import day_figures

HORIZONTAL, VERTICAL = ("x", "x1", "x2", "cx"), ("y", "y1", "y2", "cy")


def drawn(chart: str, class_: str) -> list[ElementTree.Element]:
    return [node for node in ElementTree.fromstring(chart).iter() if class_ in node.get("class", "").split()]


def words(chart: str) -> str:
    return "|".join(text.text or "" for text in ElementTree.fromstring(chart).iter("text")).replace("\xa0", " ")


def coordinates(chart: str) -> Iterator[tuple[str, float]]:
    """Every place a chart draws at, except inside the hatching's own little tile."""
    root = ElementTree.fromstring(chart)
    for defs in root.findall("defs"):
        root.remove(defs)
    for node in root.iter():
        for axis, names in (("x", HORIZONTAL), ("y", VERTICAL)):
            yield from ((axis, float(node.attrib[name])) for name in names if name in node.attrib)
        if node.tag == "rect":
            yield "x", float(node.attrib["x"]) + float(node.attrib["width"])
            yield "y", float(node.attrib["y"]) + float(node.attrib["height"])
            assert float(node.attrib["width"]) >= 0
            assert float(node.attrib["height"]) >= 0
        for x, y in re.findall(r"[ML](-?[\d.]+),(-?[\d.]+)", node.get("d", "")):
            yield from (("x", float(x)), ("y", float(y)))


def check_inside(chart: str) -> None:
    assert not re.search(r"\b(nan|inf)\b", re.sub(r"<(title|desc)[^>]*>[^<]*", "", chart))
    _, _, width, height = map(float, ElementTree.fromstring(chart).attrib["viewBox"].split())
    for axis, value in coordinates(chart):
        assert math.isfinite(value)
        assert -0.02 <= value <= (width if axis == "x" else height) + 0.02, (axis, value)


def test_bars_are_as_high_as_there_are_people() -> None:
    made = [
        DayFigure(day=date(2020, 1, 1 + i), people=people, new=new, reach_ever=0)
        for i, (people, new) in enumerate([(100, 100), (200, 50), (400, 0), (50, 25), (0, 0), (300, 299), (123, 7), (8, 1)])
    ]
    chart = charts.new_and_known(made, key="k")
    new, known = drawn(chart, "new"), drawn(chart, "known")
    unit = float(new[0].attrib["height"]) / 100
    assert [round(float(bar.attrib["height"]) / unit, 0) for bar in new] == [100, 50, 25, 299, 7, 1]
    assert [round(float(bar.attrib["height"]) / unit, 0) for bar in known] == [150, 400, 25, 1, 116, 7]
    foot = float(new[0].attrib["y"]) + float(new[0].attrib["height"])
    assert float(known[0].attrib["y"]) + float(known[0].attrib["height"]) == pytest.approx(float(new[1].attrib["y"]), abs=0.02)
    assert float(known[1].attrib["y"]) + float(known[1].attrib["height"]) == pytest.approx(foot, abs=0.02)


def test_known_people_are_hatched_so_that_no_colour_is_needed() -> None:
    chart = charts.new_and_known(days(30, known=0.5), key="k")
    hatching = drawn(chart, "hatching")
    assert {node.get("fill") for node in hatching} == {"url(#k-hatch)"}
    boxes = [(float(b.attrib["x"]), float(b.attrib["y"]), float(b.attrib["height"])) for b in drawn(chart, "known")]
    strokes = [
        (float(x), float(y), float(high)) for x, y, high in re.findall(r"M([\d.]+),([\d.]+)h[\d.]+v([\d.]+)h", hatching[-1].attrib["d"])
    ]
    assert boxes == strokes


def test_the_usual_line_lies_at_the_usual() -> None:
    made = [DayFigure(day=date(2020, 1, 1 + i), people=100, new=100, reach_ever=0, usual=25.0 if i != 4 else None) for i in range(10)]
    chart = charts.new_and_known(made, key="k")
    paths = [node.attrib["d"] for node in drawn(chart, "usual-line") if node.tag == "path"]
    assert len(paths) == 2  # broken where nothing is known to be usual
    bar = drawn(chart, "new")[0]
    y = float(bar.attrib["y"]) + 0.75 * float(bar.attrib["height"])
    assert {round(float(value), 1) for d in paths for value in re.findall(r",([\d.]+)", d)} == {round(y, 1)}
    assert "usual: 25 people a day" in words(chart)


def test_the_alarm_stands_at_its_hour_and_says_how_many() -> None:
    found = finding()
    chart = charts.reach_over_time(found, key="k")
    low, high = found.days[0].day.toordinal(), found.days[-1].day.toordinal() + 1
    x = charts.LEFT + (stamp(found.detected_at) - low) / (high - low) * (charts.WIDE - charts.LEFT - charts.RIGHT)
    marker, ring = drawn(chart, "alarm-line")[0], drawn(chart, "alarm-ring")[0]
    assert float(marker.attrib["x1"]) == float(marker.attrib["x2"]) == float(ring.attrib["cx"]) == pytest.approx(x, abs=0.01)
    end = drawn(chart, "reach-end")[0]
    foot = float(drawn(chart, "axis")[0].attrib["y1"])
    part = (foot - float(ring.attrib["cy"])) / (foot - float(end.attrib["cy"]))
    assert part == pytest.approx(found.people_at_detection / found.people, abs=0.001)
    assert f"alarm: 5 Dec 2019, {found.people_at_detection:,} people" in words(chart)
    assert f"{found.people:,} people" in words(chart)


def test_both_charts_of_a_finding_share_one_time_axis() -> None:
    found = finding()
    reach, bars = charts.reach_over_time(found, key="a"), charts.new_and_known(found.days, key="b", alarm=found.detected_at)
    assert drawn(reach, "alarm-line")[0].get("x1") == drawn(bars, "alarm-line")[0].get("x1")


def test_an_alarm_after_the_last_day_stretches_the_axis() -> None:
    chart = charts.reach_over_time(finding(detected_at=datetime(2021, 7, 1, tzinfo=UTC)), key="k")
    assert float(drawn(chart, "alarm-line")[0].attrib["x1"]) == charts.WIDE - charts.RIGHT
    assert float(drawn(chart, "reach-end")[0].attrib["cx"]) < charts.WIDE * 0.6
    check_inside(chart)


def test_slow_months_before_a_flood_are_drawn_on_a_logarithmic_scale() -> None:
    slow = days(200, a_day=2)
    flood = [DayFigure(day=date(2020, 6, 14), people=900_000, new=900_000, reach_ever=900_400)]
    flooded = finding(days=[*slow, *flood], people_at_detection=1000, detected_at=datetime(2020, 6, 14, 9, tzinfo=UTC))
    assert charts.logarithmic(flooded)
    assert not charts.logarithmic(finding())
    chart = charts.reach_over_time(flooded, key="k")
    assert {"1", "1k", "1M"} <= set(words(chart).split("|"))
    assert "logarithmic" in chart


def test_one_day_is_drawn_from_what_is_known_of_it() -> None:
    found = finding(
        days=[DayFigure(day=date(2017, 3, 1), people=812, new=812, reach_ever=812, usual=31.5)], people=812, people_at_detection=240,
        first_seen=datetime(2017, 3, 1, 6, tzinfo=UTC), detected_at=datetime(2017, 3, 1, 12, tzinfo=UTC), last_seen=datetime(2017, 3, 1, 18, tzinfo=UTC),
    )  # fmt: skip
    reach = charts.reach_over_time(found, key="k")
    assert drawn(reach, "reach-line")[0].attrib["d"].count("L") == 2
    assert "12:00" in words(reach)
    rows = charts.new_and_known(found.days, key="k", alarm=found.detected_at)
    assert float(drawn(rows, "new")[0].attrib["width"]) > charts.WIDE * 0.9
    assert "812 people, 812 new" in words(rows)
    check_inside(rows)


def test_two_thousand_days_keep_bars_that_can_be_told_apart() -> None:
    for width in (charts.WIDE, charts.NARROW):
        bars = drawn(charts.new_and_known(days(2000), key="k", width=width), "new")
        assert 20 < len(bars) < 150
        assert sorted(float(bar.attrib["width"]) for bar in bars)[len(bars) // 2] >= 3


def test_hours_are_as_high_as_they_are_busy() -> None:
    hours = [0] * 6 + [10, 20, 40] + [5] * 10 + [0] * 5
    chart = charts.hours_of_day(hours, key="k")
    heights = [float(bar.attrib["height"]) for bar in drawn(chart, "hour")]
    assert [round(height / heights[2] * 40) for height in heights] == [value for value in hours if value]
    assert "most: 40 at 08:00" in words(chart)
    assert len(drawn(chart, "hit")) == 24
    assert "most: 0 at 00:00" in words(charts.hours_of_day([-3] * 24, key="k"))


def test_two_small_bars_share_one_scale() -> None:
    measured, usual = (float(bar.attrib["width"]) for bar in ElementTree.fromstring(charts.beside(0.8, 0.2)).iter("rect"))
    assert measured == 4 * usual
    assert all(charts.beside(a, b) == "" for a, b in [(None, 1), (1, None), (float("nan"), 1), (1, float("inf")), (-1, 1), (0, 0)])


def test_every_chart_has_a_name_and_a_description() -> None:
    found = finding()
    for chart in (
        charts.reach_over_time(found, key="k"),
        charts.new_and_known(found.days, key="k"),
        charts.hours_of_day(found.hours, key="k"),
        charts.reach_over_time(finding(days=[]), key="k"),
    ):
        root = ElementTree.fromstring(chart)
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == "k-title k-desc"
        assert [child.get("id") for child in root][:2] == ["k-title", "k-desc"]
        assert all(child.text for child in list(root)[:2])


def test_text_in_a_chart_is_escaped() -> None:
    element = svg.text(0, 0, "<b>&\x00\ud800\u202e")
    assert ElementTree.fromstring(element).text == "<b>&⟨U+0000⟩⟨U+D800⟩⟨U+202E⟩"
    assert ElementTree.fromstring(svg.el("g", id='"><x>')).get("id") == '"><x>'


moments = st.datetimes(timezones=st.just(UTC))
some_days = st.lists(day_figures, max_size=30) | st.builds(
    days, st.integers(1, 300), start=st.dates(date(1990, 1, 1), date(2030, 1, 1)), known=st.floats(0, 1)
)


@settings(deadline=None, max_examples=150)
@given(some_days, moments, moments, moments, st.integers(-5, 10**18), st.sampled_from([charts.WIDE, charts.NARROW]))
def test_the_growth_of_anything_stays_inside(
    made: list[DayFigure], first: datetime, alarm: datetime, last: datetime, at_alarm: int, width: int
) -> None:
    found = finding(days=made, first_seen=first, detected_at=alarm, last_seen=last, people_at_detection=at_alarm)
    check_inside(charts.reach_over_time(found, key="k", width=width))


@settings(deadline=None, max_examples=150)
@given(some_days, moments | st.none(), st.sampled_from([charts.WIDE, charts.NARROW]), st.integers(60, 200))
def test_bars_of_anything_stay_inside(made: list[DayFigure], alarm: datetime | None, width: int, height: int) -> None:
    check_inside(charts.new_and_known(made, key="k", width=width, alarm=alarm, height=height))


@given(st.lists(st.integers(-5, 10**18), max_size=40), st.floats(), st.floats())
def test_hours_and_small_bars_of_anything_stay_inside(hours: list[int], measured: float, usual: float) -> None:
    check_inside(charts.hours_of_day(hours, key="k"))
    if small := charts.beside(measured, usual):
        check_inside(small)
