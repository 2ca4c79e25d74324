"""Whatever a line holds: no format raises, one row comes out for each that went in, and nobody is invented."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nilometer.errors import InputError
from nilometer.sources import documents, framing
from nilometer.sources.delimited import delimiter_of
from nilometer.sources.format import Format, by_id, formats
from nilometer.sources.formats import alb
from nilometer.sources.pattern import pattern_select
from tests.sources.formats.reading import TEXT_FORMATS, engine, run, sample
from tests.sources.formats.test_golden import GOLDEN

SHELF: Final = [i for i in TEXT_FORMATS if i not in ("csv", "ndjson", "disclosures")]
DERIVED: Final = {"time", "surface", "target", "url", "request", "status", "parameter"}
"""Columns that are put together or judged; of `target` and `url` the words are looked at instead."""

# One edit: where (as a share of the text), how many characters go, and what comes in their place.
PIECES: Final = st.one_of(
    st.sampled_from(
        [
            "",
            "\0",
            '"',
            "\\",
            "\\x",
            "\\xff",
            " ",
            "\t",
            "-",
            ",",
            "|",
            "{",
            "}",
            "[",
            "]",
            "%",
            "%zz",
            "%00",
            "%ff",
            "+",
            "#",
            "'",
            "''",
            "$1",
            "null",
            "1e999",
            "nan",
            "9" * 30,
            "\ufeff",
            "\u202e",
            "👩‍👩‍👧",
            "é",
            "::",
            "[::1]:",
            "\x85",
            "\u2028",
            "\ud7ff",
            "AUDIT: SESSION,1,1,",
            " [",
            "] ",
            '" "',
            "HTTP/1.1",
        ]
    ),
    st.text(max_size=6).map(lambda t: t.encode("utf-8", "ignore").decode()),
)
EDITS: Final = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), PIECES), min_size=1, max_size=4)
QUICK: Final = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


def edited(text: str, edits: list[tuple[float, int, str]]) -> str:
    """The text after the edits, on one line."""
    for share, gone, piece in edits:
        place = int(share * len(text))
        text = text[:place] + piece + text[place + gone :]
    return text.replace("\n", " ").replace("\r", " ")


def entries_of(form: Format) -> list[dict[str, str]]:
    """The rows of `lines` that the format's readable examples are, and for directive formats the data line."""
    found: list[dict[str, str]] = []
    for example in form.examples:
        if example.gives is None:
            continue
        if form.framing == "documents":
            found += [{"line": entry} for entry in documents.entries(example.line)]
        elif form.framing == "records":
            header = form.header(sample(example.line))
            table = framing.records(
                example.line.encode(), 1, header, delimiter_of(example.line.split("\n", 1)[0]), skip_header=form.headed
            ).table
            found += [{k: v or "" for k, v in row.items() if k != "number"} for row in table.to_pylist()]
        else:
            found.append({"line": example.line.rsplit("\n", 1)[-1] if form.directive else example.line})
    widest = max(found, key=len)
    return [row for row in found if row.keys() == widest.keys()]


def leaves(value: Any) -> Iterator[str]:
    """Every scalar in a JSON value, as text."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield key
            yield from leaves(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from leaves(inside)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


def readings(text: str) -> list[str]:
    """The ways in which the characters of a line may be decoded."""
    found = [
        text,
        text.replace("+", " "),
        unquote(text),
        unquote(unquote(text)),
        text.replace('""', '"'),
        text.replace('""', '"').replace('""', '"'),
    ]
    for spelt in (text, re.sub(r"((?<!\\)(?:\\\\)*)\\x", r"\1\\\\x", text)):
        try:
            inside = "\n".join(leaves(json.loads(spelt, strict=False)))
        except (ValueError, RecursionError):
            continue
        found += [inside, inside.replace('""', '"'), unquote(inside), inside.replace('""', '"').replace('""', '"')]
    return found


def from_the_line(column: str, value: str, line: str) -> bool:
    """Whether the value, or each word of a composed one, stands in the line."""
    ways = readings(line)
    if column in ("target", "url"):
        return all(any(word in way for way in ways) for word in re.findall(r"[A-Za-z0-9]{3,}", re.sub(r"%[0-9A-Fa-f]{2}", " ", value)))
    return column in DERIVED or value.startswith(("{", "[")) or any(value in way for way in ways)


@pytest.mark.parametrize("ident", SHELF)
@QUICK
@given(choices=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99), EDITS), min_size=1, max_size=40))
def test_nothing_raises_and_nobody_is_invented(ident: str, choices: list[tuple[int, int, list[tuple[float, int, str]]]]) -> None:
    form = by_id(ident)
    origin = entries_of(form)
    header = form.header(sample(next(e.line for e in form.examples if e.gives is not None)))
    changed = []
    for which, cell, edits in choices:
        row = dict(origin[which % len(origin)])
        # Of many cells, mostly the longest is changed: it holds the entry.
        key = max(row, key=lambda k: len(row[k])) if cell % 3 else sorted(row)[cell % len(row)]
        row[key] = edited(row[key], edits)
        changed.append(row)
    names = list(origin[0])
    table = pa.table({"number": range(7, 7 + len(changed)), **{n: pa.array([row[n] for row in changed], pa.large_string()) for n in names}})
    found = run(form, table, form.columns, header)
    assert [row["number"] for row in found] == list(range(7, 7 + len(changed)))
    for row, given_row in zip(found, changed, strict=True):
        line = "\n".join(given_row.values())
        for column, value in row.items():
            if isinstance(value, str) and column != "unreadable" and row["unreadable"] is None:
                assert from_the_line(column, value, line), (column, value, line)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), EDITS), min_size=1, max_size=40))
def test_the_short_way_through_alb_lines_gives_the_same_as_the_long_one(choices: list[tuple[int, list[tuple[float, int, str]]]]) -> None:
    origin = [row["line"] for row in entries_of(by_id("alb"))] + (GOLDEN / "alb.log").read_text().splitlines()
    changed = [*origin, *(edited(origin[which % len(origin)], edits) for which, edits in choices)]
    engine().register("lines", pa.table({"number": range(len(changed)), "line": pa.array(changed, pa.large_string())}))
    long_way = pattern_select(
        alb.FORMAT.columns, alb._LINE, alb._GROUPS, alb._COLUMNS, mark="time", what="an ALB access log line", steps=alb._STEPS
    )
    short_way = alb.FORMAT.select(alb.FORMAT.columns, ())
    for short, long in zip(engine().sql(short_way).fetchall(), engine().sql(long_way).fetchall(), strict=True):
        assert short == long, changed[short[0]]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999), EDITS)
def test_recognising_never_raises(which: int, edits: list[tuple[float, int, str]]) -> None:
    everything = [e.line for form in formats().values() for e in form.examples]
    text = edited(everything[which % len(everything)], edits)
    for form in formats().values():
        assert 0.0 <= form.recognises(sample(text)) <= 1.0
        form.header(sample(text))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["#Fields:", "date", "time", "c-ip", "cs(User-Agent)", '"', "'", "c-ip", "sc-status", "é", "x-edge-location"]),
        max_size=8,
    ),
    st.text(max_size=40),
)
def test_w3c_sections_take_any_header(names: list[str], line: str) -> None:
    table = pa.table({"number": [1], "line": pa.array([line.encode("utf-8", "ignore").decode()], pa.large_string())})
    for ident in ("iis", "cloudfront"):
        form = by_id(ident)
        assert len(run(form, table, ("time", "status", "remote_addr"), tuple(names))) == 1


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=80), st.builds(edited, st.just('{"Records":[{"a":1,"b":[{"c":"x"}]},{"a":2}]}'), EDITS)))
def test_documents_give_entries_or_say_why_not(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    try:
        found = documents.entries(text.encode())
    except InputError:
        return
    assert all(entry in text for entry in found), "an entry is the text that stands there"
