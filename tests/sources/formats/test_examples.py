"""Every format's examples give what they say, and every format takes its own examples for its own."""

from __future__ import annotations

import pytest

from nilometer.errors import ConfigError, InputError
from nilometer.sources.format import Format, by_id, formats, recognise
from nilometer.sources.mapping import CANONICAL, TARGETS
from tests.sources.formats.reading import TEXT_FORMATS, rows, sample, written

GENERAL = {"csv", "ndjson", "disclosures", "parquet"}
EXAMPLES = [(ident, place) for ident in TEXT_FORMATS for place in range(len(formats()[ident].examples))]


@pytest.mark.parametrize(("ident", "place"), EXAMPLES)
def test_an_example_gives_what_it_says(ident: str, place: int) -> None:
    form = by_id(ident)
    example = form.examples[place]
    if example.gives is None:
        try:
            last = rows(form, example.line, form.columns)[-1]
        except InputError:
            return
        assert last["unreadable"], "an unreadable example was read"
        return
    last = rows(form, example.line, tuple(example.gives))[-1]
    assert last["unreadable"] is None
    assert {name: written(last[name]) for name in example.gives} == dict(example.gives)


@pytest.mark.parametrize("ident", sorted(set(TEXT_FORMATS) - GENERAL))
def test_a_format_shows_what_it_can_and_cannot_read(ident: str) -> None:
    form = by_id(ident)
    assert sum(1 for e in form.examples if e.gives is not None) >= 2
    assert any(e.gives is None for e in form.examples)
    assert any("2001:db8::" in e.line for e in form.examples), "no example with IPv6"


@pytest.mark.parametrize("ident", sorted(set(TEXT_FORMATS) - GENERAL))
def test_every_column_can_be_asked_for(ident: str) -> None:
    form = by_id(ident)
    for example in form.examples:
        if example.gives is not None:
            rows(form, example.line, form.columns)
    readable = next(e for e in form.examples if e.gives is not None)
    rows(form, readable.line, ())
    rows(form, readable.line, tuple(reversed(form.columns)))


@pytest.mark.parametrize("ident", sorted(set(TEXT_FORMATS) - GENERAL))
def test_defaults_name_canonical_columns_and_columns_that_are_always_there(ident: str) -> None:
    form = by_id(ident)
    assert form.clock == "time"
    for canonical, column in form.defaults.items():
        assert canonical in CANONICAL
        assert column in form.columns
        assert form.may_have(column, ())
    assert {"time"} <= set(form.defaults)
    assert {"method", "target"} <= set(form.columns), "routes need a method and a target"
    assert set(TARGETS) >= set(form.defaults)


@pytest.mark.parametrize(
    "ident", ["nginx", "apache", "alb", "envoy", "haproxy", "traefik", "pgaudit", "pgaudit_json", "pgaudit_stderr", "iis", "cloudfront"]
)
def test_a_column_that_cannot_be_is_refused_by_name(ident: str) -> None:
    form = by_id(ident)
    assert not form.may_have("shoe size", form.columns)
    with pytest.raises(ConfigError, match="shoe size"):
        form.select(("shoe size",), ())


@pytest.mark.parametrize("ident", sorted(set(TEXT_FORMATS) - {"parquet", "csv"}))
def test_examples_are_recognised_as_their_own_format(ident: str) -> None:
    form = by_id(ident)
    texts = [e.line for e in form.examples if e.gives is not None]
    for text in texts if form.framing != "lines" or form.directive else [*texts, "\n".join(texts)]:
        assert _best(text) == form, text[:200]


def _best(text: str) -> Format:
    found = recognise(sample(text))
    assert found is not None
    return found[0]


def test_nobody_claims_what_is_no_log() -> None:
    for text in (
        "",
        "\n\n",
        "hello world\nthis is prose, with commas\n",
        "<html><body>no</body></html>",
        "\x7fELF\x02\x01\x01\x00",
        "%PDF-1.7\n%\xe2",
        "{",
        "[]",
        "42",
    ):
        assert recognise(sample(text)) is None, text
