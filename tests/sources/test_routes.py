"""Route templates against requests: what matches, what is captured, and which templates are refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.errors import ConfigError
from nilometer.sources.format import by_id
from nilometer.sources.mapping import Mapping, Surface
from nilometer.sources.plan import compile_plan
from nilometer.sources.routes import compile_route
from tests.sources.formats.reading import engine

HEADER = ("t", "m", "u", "who")


def read(template: str, requests: list[tuple[str, str]], **surface: Any) -> list[dict[str, Any]]:
    """What a mapping of one surface makes of (method, target) pairs."""
    wanted = {"subject": "{subject}"} if "{subject}" in template else {"subject": "who"}
    mapping = Mapping(
        surface=[Surface(name="s", match=template, **{**wanted, **surface})],
        actor={"account": "who"},
        columns={"time": "t", "method": "m", "target": "u"},
    )
    table = pa.table(
        {
            "number": range(1, len(requests) + 1),
            "t": ["2026-01-02T03:04:05Z"] * len(requests),
            "m": [m for m, _ in requests],
            "u": pa.array([u for _, u in requests], pa.string()),
            "who": ["w"] * len(requests),
        }
    )
    engine().register("lines", table)
    return engine().sql(compile_plan(by_id("csv"), mapping, HEADER).query).to_arrow_table().to_pylist()


def subject(template: str, target: str, method: str = "GET", **surface: Any) -> str | None:
    """The subject of one request, None when the route does not match."""
    (row,) = read(template, [(method, target)], **surface)
    return row["subject"] if row["matched"] else None


@pytest.mark.parametrize(
    ("template", "target", "expected"),
    [
        ("GET /users/{subject}", "/users/42", "42"),
        ("GET /users/{subject}", "/users/42/", "42"),
        ("GET /users/{subject}", "/users/42?x=1", "42"),
        ("GET /users/{subject}", "/users/42/orders", None),
        ("GET /users/{subject}", "/users", None),
        ("GET /users/{subject}", "/users/", None),
        ("GET /users/{subject}", "/Users/42", None),
        ("GET /users/{subject}", "/users/%E5%BC%A0", "张"),
        ("GET /users/{subject}", "/users/a%2Fb", "a/b"),
        ("GET /users/{subject}", "/users/a+b", "a+b"),
        ("GET /users/{subject}", "/users/%zz", "%zz"),
        ("GET /users/{subject}", "/users/%ff", "%ff"),
        ("GET /users/u-{subject}", "/users/u-42", "42"),
        ("GET /users/u-{subject}", "/users/u-", None),
        ("GET /users/{subject}.json", "/users/42.json", "42"),
        ("GET /users/{subject}.json", "/users/.json", None),
        ("GET /users/{org}-{subject}", "/users/acme-42", "42"),
        ("GET /users/{org}-{subject}", "/users/acme", None),
        ("GET /*/users/{subject}", "/v1/users/42", "42"),
        ("GET /*/users/{subject}", "/users/42", None),
        ("GET /users/{subject}/**", "/users/42/a/b", "42"),
        ("GET /users/{subject}/**", "/users/42", "42"),
        ("GET /q?uid={subject}", "/q?uid=42", "42"),
        ("GET /q?uid={subject}", "/q?a=1&uid=42&b=2", "42"),
        ("GET /q?uid={subject}", "/q?xuid=41&uid=42", "42"),
        ("GET /q?uid={subject}", "/q?uid=", None),
        ("GET /q?uid={subject}", "/q", None),
        ("GET /q?uid={subject}", "/q?uid=a+b%26c", "a b&c"),
        ("GET /q?uid={subject}&kind=full", "/q?kind=full&uid=42", "42"),
        ("GET /q?uid={subject}&kind=full", "/q?kind=short&uid=42", None),
        ("get /users/{subject}", "/users/42", "42"),
        ("GET /o'brien/{subject}", "/o'brien/42", "42"),
    ],
)
def test_a_route_matches_and_captures(template: str, target: str, expected: str | None) -> None:
    assert subject(template, target) == expected


def test_methods() -> None:
    assert subject("POST /users/{subject}", "/users/42", "GET") is None
    assert subject("* /users/{subject}", "/users/42", "PATCH") == "42"
    assert subject("GET /", "/") == "w"
    assert subject("GET /", "/a") is None


def test_many_people_in_one_answer() -> None:
    found = read("GET /q?ids={subject}", [("GET", "/q?ids=1,2,%2033"), ("GET", "/other"), ("GET", "/q?ids=7")], split=",")
    assert [(row["number"], row["subject"]) for row in found if row["matched"]] == [(1, "1"), (1, "2"), (1, "33"), (3, "7")]


def test_captures_serve_references_and_requests() -> None:
    (row,) = read(
        "GET /o/{order}/b/{subject}?r={r}", [("GET", "/o/9/b/42?r=x")], reference="{order}", request="{order}/{r}", fields=["phone", "a"]
    )
    assert (row["reference"], row["request"], row["fields"], row["surface"]) == ("9", "9/x", "a|phone", "s")


@pytest.mark.parametrize(
    "template",
    [
        "/users/{subject}",
        "GET users/{subject}",
        "GET",
        "",
        "GET /a /b",
        "G3T /a",
        "GET /{subject}/{subject}",
        "GET /q?uid=x{subject}",
        "GET /{subject}?u={subject}",
    ],
)
def test_a_template_that_is_no_route_is_quoted(template: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compile_route(template)
    assert repr(template) in str(caught.value)


ID = (
    st.text(min_size=1, max_size=12)
    .filter(lambda t: t.strip() == t and t.strip("-") and "\0" not in t)
    .map(lambda t: t.encode("utf-8", "ignore").decode())
    .filter(bool)
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ID, min_size=1, max_size=15))
def test_every_id_comes_back_as_it_was_sent(ids: list[str]) -> None:
    found = read("GET /users/{subject}", [("GET", f"/users/{quote(i, safe='')}") for i in ids])
    assert [row["subject"] for row in found] == ids
    found = read("GET /q?uid={subject}", [("GET", f"/q?a=1&uid={quote_plus(i)}&b=2") for i in ids])
    assert [row["subject"] for row in found] == ids


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=15))
def test_no_target_breaks_a_route(targets: list[str]) -> None:
    clean = [t.encode("utf-8", "ignore").decode() for t in targets]
    for template in ("GET /users/{subject}", "* /{a}-{subject}/**", "GET /q?uid={subject}"):
        found = read(template, [("GET", target) for target in clean])
        assert [row["number"] for row in found] == list(range(1, len(clean) + 1))
