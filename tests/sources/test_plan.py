"""From a format and a mapping to raw disclosures: what each value of a mapping means, and which rows are none."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from nilometer.errors import ConfigError
from nilometer.sources.format import by_id
from nilometer.sources.mapping import Mapping, parse
from nilometer.sources.plan import compile_plan
from tests.sources.formats.reading import engine, sample

NGINX = '203.0.113.9 - anna [02/Jan/2026:03:04:05 +0100] "GET {} HTTP/1.1" {} 5 "-" "curl"'
ROUTE = "[[surface]]\nname='user'\nmatch='GET /users/{subject}'\nfields=['phone']\n"


def nginx(mapping: str, *targets: str, status: int = 200) -> list[dict[str, Any]]:
    """What a mapping makes of nginx lines for these targets."""
    return lines("nginx", mapping, *(NGINX.format(target, status) for target in targets))


def lines(form: str, mapping: str, *texts: str) -> list[dict[str, Any]]:
    """What a mapping makes of the lines of a format."""
    engine().register("lines", pa.table({"number": range(1, len(texts) + 1), "line": pa.array(texts, pa.large_string())}))
    return engine().sql(compile_plan(by_id(form), parse(mapping)).query).to_arrow_table().to_pylist()


def table(mapping: str, **columns: list[str | None]) -> list[dict[str, Any]]:
    """What a mapping makes of CSV columns."""
    rows = len(next(iter(columns.values())))
    made = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    engine().register("lines", pa.table({"number": range(1, rows + 1), **made}))
    return engine().sql(compile_plan(by_id("csv"), parse(mapping), tuple(columns)).query).to_arrow_table().to_pylist()


def test_defaults_of_a_format_need_no_mapping() -> None:
    (row,) = nginx(ROUTE, "/users/42")
    assert row["matched"]
    assert row["unreadable"] is None
    assert str(row["time"]) == "2026-01-02 02:04:05"
    assert (row["subject"], row["account"], row["ip"], row["user_agent"]) == ("42", "anna", "203.0.113.9", "curl")
    assert (row["surface"], row["fields"], row["status"], row["ordinal"], row["app"]) == ("user", "phone", 200, 42, None)


def test_actors_from_query_path_header_column_and_constant() -> None:
    mapping = (
        ROUTE.replace("/users/", "/{tenant}/users/")
        + "[actor]\napp='query:app_key'\norg='path:tenant'\nsession='path:1'\naccount='=desk'\nuser_agent='header:Referer'\n"
    )
    (row,) = nginx(mapping, "/acme/users/42?app_key=a%201")
    assert (row["app"], row["org"], row["session"], row["account"], row["user_agent"]) == ("a 1", "acme", "acme", "desk", None)


def test_a_header_is_found_where_the_format_keeps_it() -> None:
    mapping = ROUTE + "[actor]\napp='header:X-App-Key'\n"
    line = '{"msec":1767323045,"remote_addr":"203.0.113.9","request_uri":"/users/42","request_method":"GET","status":"200","http_x_app_key":"k-1"}'
    assert lines("nginx_json", mapping, line)[0]["app"] == "k-1"
    line = '{"ts":1767323045,"request":{"client_ip":"203.0.113.9","method":"GET","uri":"/users/42","headers":{"X-App-Key":["k-2"]}},"status":200}'
    assert lines("caddy", mapping, line)[0]["app"] == "k-2"
    with pytest.raises(ConfigError, match="X-App-Key"):
        nginx(mapping, "/users/42")


def test_a_name_that_is_no_column_is_a_constant_for_actors_only_and_is_told() -> None:
    plan = compile_plan(by_id("nginx"), parse(ROUTE + "[actor]\norg='acme'\n"))
    assert any("'acme'" in note for note in plan.notes)
    with pytest.raises(ConfigError, match="no column 'acme'"):
        compile_plan(by_id("nginx"), parse(ROUTE + "[columns]\nstatus='acme'\n"))


def test_rows_that_no_surface_covers_are_unmatched_not_unreadable() -> None:
    found = nginx(ROUTE, "/users/42", "/other")
    assert [(row["matched"], row["unreadable"]) for row in found] == [(True, None), (False, None)]


def test_what_was_refused_keeps_its_status() -> None:
    assert nginx(ROUTE, "/users/42", status=404)[0]["status"] == 404


def test_a_proxied_target_and_escapes_are_the_same_route() -> None:
    found = nginx(ROUTE, "http://shop.example/users/42", r"/users/\xE5\xBC\xA0", "/users/%E5%BC%A0", "/users/%e5%bc%a0/")
    assert [row["subject"] for row in found] == ["42", "张", "张", "张"]


def test_routes_serve_audit_logs_by_service_and_operation() -> None:
    mapping = "[[surface]]\nname='photos'\nmatch='* /s3.amazonaws.com/GetObject'\nsubject='{requestParameters.key}'\n"
    line = '{"eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"%s","userIdentity":{"arn":"arn:x"},"requestParameters":{"key":"42"},"eventID":"e"}'
    found = lines("cloudtrail", mapping, line % "GetObject", line % "ListBuckets")
    row = found[0]
    assert (row["matched"], row["subject"], row["account"], row["surface"]) == (True, "42", "arn:x", "photos")
    assert not found[1]["matched"]


def test_templates_of_columns() -> None:
    (row,) = table(
        "[columns]\ntime='{d}T{h}Z'\nsubject='{kind}-{id}'\n[actor]\naccount='who'",
        d=["2026-01-02"],
        h=["03:04:05"],
        kind=["p"],
        id=["7"],
        who=["w"],
    )
    assert (str(row["time"]), row["subject"], row["ordinal"]) == ("2026-01-02 03:04:05", "p-7", 7)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02 03:04:05"),
        ("2026-01-02T03:04:05.678901+08:00", "2026-01-01 19:04:05.678901"),
        ("2026-01-02 03:04:05", "2026-01-02 03:04:05"),
        ("1767323045", "2026-01-02 03:04:05"),
        ("1767323045.5", "2026-01-02 03:04:05.500000"),
        ("1767323045000", "2026-01-02 03:04:05"),
        ("1767323045000000", "2026-01-02 03:04:05"),
        ("1767323045000000000", "2026-01-02 03:04:05"),
        ("0", "1970-01-01 00:00:00"),
    ],
)
def test_times_as_logs_write_them(time: str, expected: str) -> None:
    (row,) = table("[actor]\naccount='who'", time=[time], subject=["7"], who=["w"])
    assert str(row["time"]) == expected
    assert row["unreadable"] is None


@pytest.mark.parametrize(
    "time",
    [
        "yesterday",
        "",
        None,
        "2026-13-01",
        "-1",
        "1e300",
        "nan",
        "inf",
        "infinity",
        "9999-12-31",
        "02/Jan/2026:03:04:05 +0000",
        "99999999999999999999",
    ],
)
def test_times_that_are_none_make_a_row_unreadable(time: str | None) -> None:
    (row,) = table("[actor]\naccount='who'", time=[time], subject=["7"], who=["w"])
    assert "time" in (row["unreadable"] or "")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "  "}, "subject"),
        ({"who": "-"}, "actor"),
        ({"status": "many"}, "status"),
    ],
)
def test_rows_that_are_no_disclosure_say_why(columns: dict[str, str], said: str) -> None:
    row = {"time": "2026-01-02T03:04:05Z", "subject": "7", "who": "w", "status": "200", **columns}
    (found,) = table("[actor]\naccount='who'", **{name: [value] for name, value in row.items()})
    assert said in found["unreadable"]


@pytest.mark.parametrize(("written", "number"), [("200", 200), ("200.0", 200), ("404", 404), ("", 200), (None, 200), ("-", 200), ("0", 0)])
def test_status_as_logs_write_it(written: str | None, number: int) -> None:
    (row,) = table("[actor]\naccount='who'", time=["2026-01-02T03:04:05Z"], subject=["7"], who=["w"], status=[written])
    assert row["status"] == number


@pytest.mark.parametrize(
    ("form", "mapping", "said"),
    [
        ("nginx", "", "whose data"),
        ("csv", "[columns]\nsubject='a'\n[actor]\nip='a'", "when"),
        ("csv", "[columns]\nsubject='a'\ntime='b'", "who was shown"),
        ("csv", "[columns]\nsubject='x'\ntime='b'\n[actor]\nip='a'", "no column 'x'"),
        ("csv", "[columns]\nsubject='{x}'\ntime='b'\n[actor]\nip='a'", "no column 'x'"),
        ("nginx", "[[surface]]\nname='s'\nmatch='GET /a'", "whose data"),
        ("nginx", ROUTE + "reference='{order}'\n", "order"),
        ("nginx", ROUTE + "[actor]\napp='path:a b'\n", "path:"),
    ],
)
def test_a_mapping_that_does_not_fit_says_what_is_missing(form: str, mapping: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        compile_plan(by_id(form), parse(mapping), ("a", "b") if form == "csv" else ())


@pytest.mark.parametrize(
    "ident",
    [
        "alb",
        "apache",
        "caddy",
        "cloudfront",
        "envoy",
        "envoy_json",
        "haproxy",
        "iis",
        "kong",
        "nginx",
        "nginx_json",
        "traefik",
        "traefik_json",
    ],
)
def test_every_web_log_becomes_disclosures_by_one_and_the_same_mapping(ident: str) -> None:
    form = by_id(ident)
    example = form.examples[0].line
    header = form.header(sample(example))
    data = example.rsplit("\n", 1)[-1]
    mapping = parse("[[surface]]\nname='user'\nmatch='* /users/{subject}'\n")
    engine().register("lines", pa.table({"number": [1], "line": pa.array([data], pa.large_string())}))
    (row,) = engine().sql(compile_plan(form, mapping, header).query).to_arrow_table().to_pylist()
    assert (row["matched"], row["unreadable"], row["subject"]) == (True, None, "42")
    assert row["ip"].startswith("203.0.113.")
    assert row["time"].year in (2025, 2026)


def test_the_empty_mapping_fits_canonical_columns() -> None:
    plan = compile_plan(by_id("csv"), Mapping(), ("time", "subject", "app"))
    assert plan.notes == ()
