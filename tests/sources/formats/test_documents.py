"""Whole JSON documents: which texts are entries, and what becomes of what is broken."""

from __future__ import annotations

import json

import pytest

from nilometer.errors import InputError
from nilometer.sources.documents import entries


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"Records":[{"a":1},{"a":2}]}', ['{"a":1}', '{"a":2}']),
        ('{"@odata.context":"x","value":[{"a":1}]}', ['{"a":1}']),
        ('[{"a":1}, {"a":2}]', ['{"a":1}', '{"a":2}']),
        ('{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']),
        ('{"a":1}{"a":2}', ['{"a":1}', '{"a":2}']),
        ('{"Records":[{"a":1}]}\n{"Records":[{"a":2}]}', ['{"a":1}', '{"a":2}']),
        ('\ufeff[{"a":1}]', ['{"a":1}']),
        ('{"Records":[]}', []),
        ("[]", []),
        ("", []),
        (" \n", []),
        ('{"Records":{"a":1}}', ['{"Records":{"a":1}}']),
        ('{"a":1,"b":2,"c":3,"d":4,"items":[1]}', ['{"a":1,"b":2,"c":3,"d":4,"items":[1]}']),
    ],
)
def test_entries_are_the_texts_that_stand_there(text: str, expected: list[str]) -> None:
    assert entries(text) == expected
    assert entries(text.encode()) == expected


def test_numbers_and_spacing_stay_as_they_are() -> None:
    assert entries('{"Records": [ {"id": 12345678901234567890.10,  "n": 1e2} ]}') == ['{"id": 12345678901234567890.10,  "n": 1e2}']


def test_a_pretty_printed_document_is_the_same_as_a_dense_one() -> None:
    records = {"Records": [{"a": 1, "b": {"c": [1, 2]}}, {"a": "}\n{"}]}
    assert [json.loads(e) for e in entries(json.dumps(records, indent=2))] == records["Records"]


def test_a_broken_line_stays_as_a_text_of_its_own() -> None:
    assert entries('{"a":1}\n{"a":\n{"a":2}\n') == ['{"a":1}', '{"a":', '{"a":2}']
    assert entries('{"a":1}\nnot json\n') == ['{"a":1}', "not json"]


def test_a_document_that_breaks_off_keeps_its_whole_entries() -> None:
    assert entries('{"Records":[{"a":1},{"a":2},{"a":') == ['{"a":1}', '{"a":2}', '{"a":']
    assert entries('[{"a":1},{"a"') == ['{"a":1}', '{"a"']


@pytest.mark.parametrize("text", ["hello", "42", '"text"', "{", "<xml/>", "\x00", "null", "{]"])
def test_what_holds_no_object_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no JSON object"):
        entries(text)


def test_deep_nesting_is_no_crash() -> None:
    with pytest.raises(InputError):
        entries("[" * 100_000)
    assert len(entries('{"a":1}\n' + '{"a":' * 50_000)) == 2
