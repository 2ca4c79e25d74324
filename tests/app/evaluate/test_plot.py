"""The plot: points where the figures are, each baseline at its best, a file that stands alone."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.app.evaluate import plot, table
from nilometer.app.evaluate.run import OURS
from nilometer.app.evaluate.table import Line
from tests.app.evaluate.judged import judged, played, result

SVG = "{http://www.w3.org/2000/svg}"


def line(method: str, false_rate: float, lost: float) -> Line:
    [made] = table.lines([result("x", judged(method, "account", 1.0, false=0))])
    values = {name: getattr(made, name) for name in made.__slots__}
    return Line(**{**values, "false_rate": false_rate, "lost": lost})


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1)), min_size=1, max_size=20))
def test_of_a_baseline_stay_the_points_that_none_of_its_own_beats(points: list[tuple[float, float]]) -> None:
    kept = [(p.false_rate, p.lost) for p in plot.curves([line("rule", f, lost) for f, lost in points])["rule"]]
    slow = {(f, lost) for f, lost in points if not any((a <= f and b <= lost) and (a, b) != (f, lost) for a, b in points)}
    assert set(kept) == slow
    assert kept == sorted(kept)


def test_every_setting_of_ours_is_drawn() -> None:
    assert len(plot.curves([line(OURS, 1, 0.5), line(OURS, 2, 0.5)])[OURS]) == 2


def test_the_file_stands_alone_and_says_its_figures() -> None:
    text = plot.draw(played())
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    titles = [found.text for found in root.iter(f"{SVG}title")]
    assert "nilometer 0.50 false, 52 % lost" in titles
    assert "people_a_day 20 at account 9.00 false, 1.00 % lost" in titles
    words = [found.text for found in root.iter(f"{SVG}text")]
    assert {"nilometer", "people_a_day", "false findings per 1,000 actor-months", "100 %"} <= set(words)


def test_lower_and_further_left_is_better_and_none_is_at_the_edge() -> None:
    root = ElementTree.fromstring(plot.draw(played()))
    places = {c[0].text: (float(c.get("cx", 0)), float(c.get("cy", 0))) for c in root.iter(f"{SVG}circle")}
    ours, loose = (places[name] for name in ("nilometer 0.50 false, 52 % lost", "people_a_day 20 at account 9.00 false, 1.00 % lost"))
    assert plot.LEFT < ours[0] < loose[0] < plot.RIGHT
    assert plot.TOP < ours[1] < loose[1] <= plot.BOTTOM


@pytest.mark.parametrize("results", [[], [result("growth", judged())]])
def test_nothing_to_find_draws_an_empty_frame(results: list[object]) -> None:
    root = ElementTree.fromstring(plot.draw(results))  # type: ignore[arg-type]
    assert not list(root.iter(f"{SVG}circle"))
