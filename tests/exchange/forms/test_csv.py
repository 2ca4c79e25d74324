"""CSV: what was said reads back, and no cell is a formula, whichever separator a spreadsheet splits at."""

from __future__ import annotations

import csv as reader
import io
import json
from typing import Any

import pytest
from hypothesis import example, given, settings

from nilometer.exchange import plain
from nilometer.exchange.forms import csv
from tests.exchange import samples

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def text(value: dict[str, Any]) -> str:
    said = samples.said("csv")
    return csv.FORM.case(value, said) if "state" in value else csv.FORM.findings([value], said)


def rows(value: dict[str, Any]) -> list[dict[str, str]]:
    return list(reader.DictReader(io.StringIO(text(value), newline="")))


def test_a_finding_reads_back() -> None:
    (row,) = rows(samples.FINDING)
    assert (row["finding"], row["people"], row["people_at_detection"]) == ("F-2020-0A1B2C3D", "27259", "445")
    assert (row["level"], row["actor"], row["fields"]) == ("app", "app-040-0", '["nickname", "phone"]')
    assert json.loads(rows(samples.CAMPAIGN)[0]["members"])[1] == "ip 2001:DB8::9"


@pytest.mark.parametrize("name", ["a|account innocent", 'a", "account innocent', "a, account innocent", "a\\", "a\n|", "[]", "=1+1|=2"])
def test_whatever_a_name_holds_one_is_one(name: str) -> None:
    actors = [{"level": "campaign", "id": "c"}, {"level": "account", "id": name}, {"level": "account", "id": "other"}]
    (row,) = rows(samples.FINDING | {"actors": actors, "surfaces": [name, "orders"], "fields": [name]})
    members, surfaces, fields = (json.loads(row[of]) for of in ("members", "surfaces", "fields"))
    assert (len(members), len(surfaces), len(fields)) == (2, 2, 1)
    assert members[1] == "account other"
    plainly = plain.ident(name)
    assert members[0].replace("'", "") == f"account {plainly}".replace("'", ""), "an apostrophe before a formula is all that is added"


def test_a_case_reads_back() -> None:
    made = rows(samples.FACTS)
    assert {row["case"] for row in made} == {"K-2020-7Q3F2A"}
    found = {(row["fact"], row["of"]): row["value"] for row in made}
    assert found["people", ""] == "27259"
    assert found["fields", "phone"] == "27000"
    assert found["hierarchy", "org org-040"] == "30000"
    (items,) = [row for row in made if row["fact"] == "items"]
    assert (items["value"], items["unit"]) == ("54518", "personal information (CN)")


@settings(max_examples=100)
@given(value=samples.findings() | samples.cases())
@example(value=samples.FINDING | {"title": 'x";=1+1', "id": "=1", "action": "a;\t@x", "surfaces": ["-1"]})
def test_no_cell_is_a_formula(value: dict[str, Any]) -> None:
    written = text(value)
    heading, *body = list(reader.reader(io.StringIO(written, newline="")))
    assert {len(row) for row in body} <= {len(heading)}
    for row in body:
        for cell in row:
            assert not cell.lstrip().startswith(FORMULA) or cell.replace(".", "").replace("e-", "").isdigit()
    for separator in ";\t|":  # a spreadsheet of another country splits elsewhere
        for line in written.split("\r\n"):
            for cell in line.split(separator)[1:]:
                assert not cell.strip('" ').startswith(FORMULA)


@pytest.mark.parametrize(
    ("said", "cell"),
    [
        ("=1", "'=1"),
        (" =1", " '=1"),
        ("a=1", "a=1"),
        ("a;=1", "a;'=1"),
        ('"=1', "\"'=1"),
        (-5, "-5"),
        (0.5, "0.5"),
        (True, "True"),
        ("＝1", "'＝1"),
    ],
)
def test_where_the_apostrophe_goes(said: object, cell: str) -> None:
    assert plain.cell(said) == cell
