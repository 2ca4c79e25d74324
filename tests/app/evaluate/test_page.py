"""The page for the docs says what was measured, when and how, and is Markdown that holds together."""

from __future__ import annotations

from nilometer.app.evaluate import page
from tests.app.evaluate.judged import played

ABOUT = {"date": "2026-01-01", "nilometer": "0.1.0", "command": "nilometer evaluate --seeds 0-1", "columns": "with all columns"}


def test_it_says_how_it_was_made_and_what_came_out() -> None:
    text = page.markdown(played(), ABOUT)
    assert "2026-01-01 · Nilometer 0.1.0 · made by `nilometer evaluate --seeds 0-1`" in text
    assert "2,000 actor-months" in text
    assert "| nilometer | all | 1 of 2 | 52 % | 30.0 h | 1 | 0.50 | 0 of 1 | - | 4.5 |" in text
    assert "| walk (leak) | 4.00 % | 50 % |" in text
    assert "| mill (leak) | missed | 30 % |" in text
    assert "| growth (look-alike) | 0 false | 3 false |" in text
    assert "`akto` did not run: skipped because the table has no ip." in text


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    lines = page.markdown(played(), ABOUT).splitlines()
    widths: list[set[int]] = [set()]
    for line in lines:
        if line.startswith("|"):
            widths[-1].add(line.replace("\\|", "").count("|"))
        elif widths[-1]:
            widths.append(set())
    assert [len(found) for found in widths if found] == [1, 1]


def test_a_bar_in_a_name_stays_in_its_cell() -> None:
    assert page.grid([("a", "left"), ("b", "right")], [["x|y", "1"]])[1:] == ["| --- | ---: |", "| x\\|y | 1 |"]


def test_seeds_are_averaged_and_misses_said() -> None:
    both = [*played()[:1], *played()[:1]]
    assert "| walk (leak) | 4.00 % | 50 % |" in page.markdown(both, ABOUT)
    assert "| nilometer | - | - |" not in page.markdown([], ABOUT), "nothing evaluated, nothing claimed"
