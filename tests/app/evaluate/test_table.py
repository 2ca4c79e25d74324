"""The figures that are told are those of the results."""

from __future__ import annotations

import csv
import io
import json

import pytest

from nilometer.app.evaluate import table
from tests.app.evaluate.judged import judged, played, result


def test_a_line_adds_up_a_method_over_all_folders() -> None:
    ours, rule, loose = table.lines(played())
    assert (ours.method, ours.folders, ours.leaks, ours.found) == ("nilometer", 3, 2, 1)
    assert ours.lost == pytest.approx((0.04 + 1.0) / 2), "a leak never found has lost all"
    assert ours.hours == 30.0
    assert (ours.false, ours.actor_months, ours.false_rate) == (1, 2000, 0.5)
    assert (ours.lookalikes, ours.accused, ours.innocents, ours.named) == (1, 0, 3, 0)
    assert (rule.lost, rule.hours, rule.false, rule.accused, rule.named) == (pytest.approx(0.4), 45.0, 4, 1, 1)
    assert (loose.usual, loose.setting) == (False, 20.0)


def test_nothing_to_find_and_nobody_to_divide_by() -> None:
    [line] = table.lines([result("growth", judged(), months=0)])
    assert (line.lost, line.hours, line.false_rate) == (None, None, None)
    assert table.lines([]) == []


def test_rows_show_usual_settings_only() -> None:
    rows = table.summary_rows(table.lines(played()))
    assert [row[0] for row in rows] == ["nilometer", "people_a_day 200"]
    assert rows[0] == ["nilometer", "all", "1 of 2", "52 %", "30.0 h", "1", "0.50", "0 of 1", "-", "4.5"]
    assert all(len(row) == len(table.SUMMARY) for row in rows)
    one, growth = (table.folder_rows(played()[n]) for n in (0, 2))
    assert one[0] == ["nilometer", "all", "F-1 reach: account a1", "30.0 h", "4", "4.00 %", "0", "0 of 1"]
    assert growth[1] == ["people_a_day 200", "account", "-", "-", "-", "-", "3", "1 of 1"]
    assert all(len(row) == len(table.FOLDER) for row in one + growth)


@pytest.mark.parametrize(
    ("value", "said"), [(None, "-"), (0.0, "0.00 %"), (0.00001, "<0.01 %"), (0.0123, "1.23 %"), (0.5, "50 %"), (1.0, "100 %")]
)
def test_shares_are_said_so_that_small_ones_are_not_none(value: float | None, said: str) -> None:
    assert table.share(value) == said


@pytest.mark.parametrize(("hours", "said"), [(None, "-"), (0.5, "30 min"), (30.0, "30.0 h"), (72.0, "3.0 d")])
def test_durations_have_the_unit_that_fits(hours: float | None, said: str) -> None:
    assert table.duration(hours) == said


def test_the_document_is_json_and_holds_every_method() -> None:
    document = json.loads(json.dumps(table.document(played(), {"date": "2026-01-01"})))
    assert (document["date"], document["actor_months"]) == ("2026-01-01", 2000)
    walk = document["scenarios"][0]
    assert (walk["scenario"], walk["kind"], walk["first"], walk["last"]) == ("walk", "leak", "1970-01-01T00:00:00Z", "1970-01-01T00:00:09Z")
    ours = walk["methods"][0]
    assert ours["leaks"] == [
        {
            "found": True, "by": "F-1 reach", "actors": [{"level": "account", "id": "a1"}], "detected_at": "1970-01-01T00:00:05Z",
            "seconds_to_alarm": 108_000.0, "people": 100, "people_before": 4, "share_before": 0.04,
        }
    ]  # fmt: skip
    assert walk["methods"][1]["false_per_1000_actor_months"] == 2.0
    growth = document["scenarios"][2]
    assert [m["accused"] for m in growth["methods"]] == [False, True, True]
    assert growth["methods"][1]["innocents_accused"] == [0]
    assert growth["skipped"] == {"akto": "the table has no ip"}
    assert len(document["summary"]) == 3


def test_the_csv_has_a_row_for_each_leak_and_one_where_there_is_none() -> None:
    rows = list(csv.DictReader(io.StringIO(table.as_csv(played()))))
    assert len(rows) == 9
    assert [(r["method"], r["people_before"], r["found"]) for r in rows[:2]] == [("nilometer", "4", "True"), ("people_a_day", "50", "True")]
    assert (rows[3]["found"], rows[3]["detected_at"], rows[3]["false_findings"]) == ("False", "", "1")
    assert (rows[7]["leak"], rows[7]["false_findings"], rows[7]["innocents_accused"]) == ("", "3", "1")
    assert all(None not in r and None not in r.values() for r in rows), "as many cells as headings"
