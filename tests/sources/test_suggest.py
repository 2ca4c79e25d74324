"""A proposed mapping: it parses, compiles against its source, names the likely people, and tells nobody's secrets."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.errors import ConfigError
from nilometer.sources.folding import fold
from nilometer.sources.format import by_id, formats
from nilometer.sources.likeness import personal, role_of, shape_of, singular
from nilometer.sources.mapping import Mapping, parse
from nilometer.sources.plan import compile_plan
from nilometer.sources.suggest import looked_at, suggest
from tests.sources.formats.reading import engine, rows


def web(targets: list[str], form: str = "nginx", **columns: Any) -> tuple[str, Mapping]:
    """The suggestion for a web log with these targets, and what it parses to."""
    made: dict[str, Any] = {"method": ["GET"] * len(targets), "target": targets, "remote_addr": ["203.0.113.9"] * len(targets)}
    made = {name: pa.array(value, pa.string()) for name, value in {**made, **columns}.items()}
    text = suggest(by_id(form), (), pa.table(made))
    return text, parse(text)


def matches(mapping: Mapping) -> set[str]:
    return {surface.match for surface in mapping.surface}


def test_routes_are_folded_and_people_named() -> None:
    chance = random.Random(7)
    targets = [
        f"/api/v2/orders/{chance.randrange(10**9)}/buyers/{chance.randrange(10**6)}?app_key=a{chance.randrange(9)}" for _ in range(300)
    ]
    targets += [f"/products/{chance.randrange(999)}" for _ in range(200)] + ["/static/app.js", "/favicon.ico", "/style.css?v=3"] * 20
    text, mapping = web(targets)
    assert matches(mapping) == {"GET /api/v2/orders/{order}/buyers/{subject}"}
    assert mapping.surface[0].name == "order.buyer"
    assert mapping.surface[0].reference == "{order}"
    assert mapping.actor["app"] == "query:app_key"
    assert mapping.actor["ip"] == "remote_addr"
    assert '# match = "GET /products/{product}"' in text
    assert "60 requests for style sheets" in text
    compile_plan(by_id("nginx"), mapping)


@pytest.mark.parametrize(
    ("target", "match"),
    [
        ("/users/{}", "GET /users/{subject}"),
        ("/users/name{}/profile", "GET /users/{subject}/profile"),
        ("/u/550e8400-e29b-41d4-a716-4466554{:05d}", "GET /u/{subject}"),
        ("/find/a{}%40shop.example", "GET /find/{subject}"),
        ("/call/%2B86138{:08d}", "GET /call/{subject}"),
        ("/profiles/x_{}/photos/{}", "GET /profiles/{subject}/photos/{photo}"),
        ("/q?buyer_nick=n{}", "GET /q?buyer_nick={subject}"),
        ("/q?page=2&uid={}", "GET /q?uid={subject}"),
        ("/user?id={}", "GET /user?id={subject}"),
        ("/router/rest?method=shop.trade.get&tid={}&buyer={}", "GET /router/rest?method=shop.trade.get&buyer={subject}&tid={tid}"),
        ("/v1/tickets/{}/patients/{}", "GET /v1/tickets/{ticket}/patients/{subject}"),
        ("/customers/{}/orders/{}", "GET /customers/{subject}/orders/{order}"),
    ],
)
def test_what_looks_like_a_person(target: str, match: str) -> None:
    text, mapping = web([target.format(100 + i, 500 + 7 * i) for i in range(60)])
    assert matches(mapping) == {match}, text
    compile_plan(by_id("nginx"), mapping)


@pytest.mark.parametrize(
    "target", ["/products/{}", "/orders/{}", "/news/{}/comments", "/search?q=w{}", "/list?page={}", "/about", "/x?app_key={}"]
)
def test_what_does_not_look_like_a_person_is_left_commented_out(target: str) -> None:
    text, mapping = web([target.format(100 + i) for i in range(60)])
    assert mapping.surface == []
    assert "# [[surface]]" in text
    assert "Name one {subject}" in text
    with pytest.raises(ConfigError, match="whose data"):
        compile_plan(by_id("nginx"), mapping)


def test_many_different_words_in_one_place_are_names() -> None:
    text, mapping = web([f"/~{a}{b}/home" for a in "abcdefgh" for b in ("ann", "bob", "cem", "dov")])
    assert "ann" not in text
    assert mapping.surface == []
    api, _ = fold(("GET", f"/api/{word}") for word in ("carts", "news", "prices", "stock") * 50)
    assert {route.parts for route in api} == {("api", "carts"), ("api", "news"), ("api", "prices"), ("api", "stock")}


def test_a_word_that_is_no_person_is_pointed_out() -> None:
    text, mapping = web([f"/users/{i}" for i in range(1000, 1050)] + ["/users/login"] * 30)
    assert matches(mapping) == {"GET /users/{subject}"}
    assert 'Beware: it takes "login" for a person too' in text


def test_actors_that_are_empty_are_commented_out() -> None:
    text, mapping = web(["/users/77"] * 5, remote_user=[None] * 5, user_agent=["a", "b", "a", None, "c"])
    assert '# account = "remote_user"' in text
    assert mapping.actor == {"ip": "remote_addr", "user_agent": "user_agent"}


def test_no_value_of_the_source_is_told() -> None:
    secret = "zq7person"
    targets = [f"/users/{secret}{i}?q={secret}{i}&email={secret}{i}@shop.example" for i in range(40)] + [
        f"/a/{secret}@shop.example/x",
        f"/b/13800{secret}0000",
    ]
    text, _ = web(targets, user_agent=[secret] * len(targets), remote_user=[secret] * len(targets))
    assert secret not in text
    table = pa.table({"when": ["2026-01-02T03:04:05Z"] * 3, "uid": [secret] * 3, "who": [secret] * 3, "code": ["200"] * 3})
    assert secret not in suggest(by_id("csv"), tuple(table.column_names), table)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(alphabet=st.sampled_from("/users{}?&=%*# '\"\\.\n\taé1234567890-@:"), max_size=30).map(lambda t: "/" + t), max_size=30)
)
def test_whatever_is_asked_for_the_proposal_parses(targets: list[str]) -> None:
    _, mapping = web(targets)
    if mapping.surface:
        plan = compile_plan(by_id("nginx"), mapping)
        table = pa.table({"number": [1], "line": ['203.0.113.9 - - [02/Jan/2026:03:04:05 +0000] "GET /users/42 HTTP/1.1" 200 1']})
        engine().register("lines", table)
        engine().sql(plan.query).fetchall()


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=12).filter(lambda n: n.isprintable()),
        st.lists(st.text(max_size=8), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_the_columns_the_proposal_parses(columns: dict[str, list[str]]) -> None:
    columns = {
        name.encode("utf-8", "ignore").decode() or "x": [v.encode("utf-8", "ignore").decode() for v in values]
        for name, values in columns.items()
    }
    parse(suggest(by_id("csv"), tuple(columns), pa.table(columns)))


def test_columns_of_a_table() -> None:
    table = pa.table(
        {
            "event_time": ["2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"],
            "operator_id": ["o1", "o2"],
            "patient_id": ["4711", "4712"],
            "ward": ["a", "b"],
            "client_ip": ["203.0.113.9", "2001:db8::1"],
            "code": ["200.0", "404"],
        }
    )
    text = suggest(by_id("csv"), tuple(table.column_names), table)
    mapping = parse(text)
    assert mapping.columns == {"time": "event_time", "subject": "patient_id", "status": "code"}
    assert mapping.actor == {"account": "operator_id", "ip": "client_ip"}
    compile_plan(by_id("csv"), mapping, tuple(table.column_names))


@pytest.mark.parametrize(
    ("names", "subject", "actor"),
    [
        (("user", "patient_id"), "patient_id", {"account": "user"}),
        (("client_id", "buyer"), "buyer", {"app": "client_id"}),
        (("user_id", "app_id"), "user_id", {"app": "app_id"}),
        (("client_id", "ticket"), "client_id", {}),
        (("username", "email"), "email", {"account": "username"}),
    ],
)
def test_who_asked_and_whose_data_are_kept_apart(names: tuple[str, ...], subject: str, actor: dict[str, str]) -> None:
    table = pa.table({"time": ["2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"], **{name: [f"{name}1", f"{name}2"] for name in names}})
    mapping = parse(suggest(by_id("csv"), tuple(table.column_names), table))
    assert mapping.columns["subject"] == subject
    assert mapping.actor == (actor or {"account": "=unknown"})


def test_a_table_without_time_people_or_actors_says_so() -> None:
    table = pa.table({"a": ["x y", "z"], "b": ["p", "q q"]})
    text = suggest(by_id("csv"), ("a", "b"), table)
    assert "# time = " in text
    assert "# subject = " in text
    assert 'account = "=unknown"' in text
    parse(text)


@pytest.mark.parametrize("ident", ["cloudtrail", "m365", "pgaudit", "pgaudit_json", "ndjson", "kong", "caddy", "iis", "alb"])
def test_every_kind_of_format_gets_a_proposal_from_its_own_examples(ident: str) -> None:
    form = formats()[ident]
    example = next(e.line for e in form.examples if e.gives is not None)
    header = ("message",) if ident == "pgaudit" else ()
    wanted = looked_at(form, header, example.splitlines())
    found = rows(form, example, wanted)
    table = pa.table({name: pa.array([str(row[name]) if row[name] is not None else None for row in found], pa.string()) for name in wanted})
    text = suggest(form, header, table)
    mapping = parse(text)
    if mapping.surface or mapping.columns.get("subject"):
        if ident != "ndjson":
            compile_plan(form, mapping, header)
    if ident == "cloudtrail":
        assert [(s.match, s.subject) for s in mapping.surface] == [("* /s3.amazonaws.com/GetObject", "{requestParameters.key}")]
    if ident.startswith("pgaudit"):
        assert mapping.surface[0].subject == "{parameter_1}"
    if ident == "m365":
        assert mapping.surface[0].subject == "{object}"


def test_edgar(shared_data: Path) -> None:
    archive = zipfile.ZipFile(shared_data / "edgar" / "edgar-2017-01-01-sample.csv.zip")
    with archive, archive.open(archive.namelist()[0]) as stream:
        reader = csv.reader(io.TextIOWrapper(stream, "utf-8"))
        header = next(reader)
        read = [row for _, row in zip(range(20_000), reader, strict=False)]
    form = by_id("csv")
    table = pa.table({name: [row[place] for row in read] for place, name in enumerate(header)})
    assert looked_at(form, header, ()) == tuple(header)
    mapping = parse(suggest(form, header, table))
    assert mapping.columns == {"time": "{date}T{time}Z", "subject": "cik", "status": "code"}
    assert mapping.actor == {"ip": "ip"}
    compile_plan(form, mapping, header)


@pytest.mark.parametrize(("name", "least", "most"), [("buyerNick", 9, 10), ("user_id", 9, 10), ("openid", 10, 10), ("PhoneNumber", 10, 10), ("cik", 10, 10),
                                                     ("user_agent", 0, 6), ("order_id", 0, 0), ("id", 3, 3), ("size", 0, 0), ("", 0, 0)])  # fmt: skip
def test_how_much_a_name_sounds_like_a_person(name: str, least: int, most: int) -> None:
    assert least <= personal(name) <= most


def test_small_words() -> None:
    assert [singular(w) for w in ("buyers", "companies", "addresses", "people", "status", "as", "boxes")] == [
        "buyer",
        "company",
        "address",
        "person",
        "status",
        "as",
        "box",
    ]
    assert role_of("X-Request-ID") == "request"
    assert role_of("clientIp") == "ip"
    assert role_of("shoe") is None
    assert shape_of("+8613800000000") == "phone numbers"
    assert shape_of("hello") is None
