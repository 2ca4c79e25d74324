"""Every form on the shelf keeps the shelf's promises; a new file on the shelf is tested by being there."""

from __future__ import annotations

import dataclasses
import inspect
import json
import unicodedata
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.errors import InputError
from nilometer.exchange import form, shelf
from nilometer.exchange.form import Form
from tests.exchange import samples

SHELF = shelf()
each = pytest.mark.parametrize("one", SHELF.values(), ids=SHELF)
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def text(one: Form, *values: dict[str, Any], **switches: str) -> str:
    """Everything the form writes about a finding or a case."""
    said = samples.said(one.id, **switches)
    return "".join(one.case(v, said) if "state" in v else one.findings([v], said) for v in values)


def test_its_id_is_the_name_of_its_file() -> None:
    assert set(SHELF) == {"ocsf", "stix", "cef", "csv", "uco"}
    for name, one in SHELF.items():
        assert one.id == name == Path(inspect.getfile(type(one))).stem


@each
def test_it_says_what_it_is(one: Form) -> None:
    page = inspect.getdoc(type(one)) or ""
    assert len(page.split("\n\n")) >= 2
    assert page.split("\n\n")[0].endswith(".")
    assert one.title
    assert one.suffix.startswith(".")
    assert all(values and len(set(values)) == len(values) for values in one.switches.values())


@each
def test_what_cannot_be_chosen_is_refused(one: Form) -> None:
    with pytest.raises(InputError, match=f"{one.id} has nothing called 'colour'"):
        one.chosen({"colour": "red"})
    for name, values in one.switches.items():
        with pytest.raises(InputError, match=f"{name} must be one of {values[0]}"):
            one.chosen({name: "nonsense"})
        assert one.chosen({})[name] == values[0]


@each
def test_the_same_in_is_the_same_out_and_another_home_is_another(one: Form) -> None:
    for value in (samples.FINDING, samples.CAMPAIGN, samples.FACTS, samples.BARE):
        again = json.loads(json.dumps(value, sort_keys=True))
        assert text(one, value) == text(one, again)
        assert text(one, value).endswith("\n")
    elsewhere = dataclasses.replace(samples.said(one.id), namespace=uuid.UUID(int=7))
    if one.id in ("ocsf", "stix"):
        assert one.findings([samples.FINDING], elsewhere) != text(one, samples.FINDING)


@each
@settings(max_examples=60)
@given(value=samples.findings() | samples.cases())
def test_nothing_hostile_gets_through(one: Form, value: dict[str, Any]) -> None:
    written = text(one, value)
    written.encode("utf-8")
    left = {c for c in written if unicodedata.category(c) in HIDDEN} - {"\n", "\r"}
    assert not left
    if one.suffix in (".ndjson", ".log"):
        expected = 1 + len(value["findings"]) if "state" in value else 1
        assert written.count("\n") == expected
        assert len(written.splitlines()) == expected


@each
@settings(max_examples=40)
@given(one_id=samples.hostile, other=samples.hostile)
def test_two_actors_stay_two(one: Form, one_id: str, other: str) -> None:
    first, second = (text(one, samples.FINDING | {"actors": [{"level": "account", "id": i}]}) for i in (one_id, other))
    if one_id != other and one_id.strip() and other.strip():
        assert first != second


@each
def test_what_is_for_strangers_holds_nothing_that_is_not(one: Form) -> None:
    written = text(one, samples.CAMPAIGN, samples.FACTS)
    told = {"review.detail", "s3cr3t-session", "99 % were new", "novelty", "looked", "ama", "Freeze the app"}
    found = {word for word in told if word in written}
    assert not found if one.shared else found


@each
@pytest.mark.parametrize("missing", ["id", "findings", "people", "state", "title"])
def test_half_a_case_is_refused(one: Form, missing: str) -> None:
    facts = {name: value for name, value in samples.FACTS.items() if name != missing}
    with pytest.raises(InputError, match=f"missing: {missing}"):
        one.case(facts, samples.said(one.id))


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2))
def test_a_form_with_nothing_to_choose_says_so(switches: dict[str, str]) -> None:
    if not switches:
        assert SHELF["csv"].chosen(switches) == {}
        return
    with pytest.raises(InputError, match="there is nothing"):
        SHELF["csv"].chosen(switches)


def test_a_page_of_facts_is_checked_once() -> None:
    assert form.checked(samples.FACTS) is samples.FACTS
