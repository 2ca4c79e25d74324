"""CEF: a parser written from the standard, not from the writer, reads back what was said; syslog frames are RFC 5424's."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings

from nilometer.exchange import plain
from nilometer.exchange.forms import cef
from tests.exchange import samples

RFC5424 = re.compile(r"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) - nilometer - (\S{1,32}) - (CEF:0\|.*)")


def parsed(line: str) -> tuple[list[str], dict[str, str]]:
    """Header fields and extension as ArcSight reads them: seven unescaped bars, then keys found by their unescaped equals sign."""
    fields = re.split(r"(?<!\\)((?:\\\\)*)\|", line, maxsplit=7)
    header = [re.sub(r"\\([\\|])", r"\1", fields[n] + (fields[n + 1])) for n in range(0, 14, 2)]
    extension: dict[str, str] = {}
    starts = [
        *re.finditer(r"(?:^| )([A-Za-z0-9]+)=", fields[14]),
    ]
    for one, after in zip(starts, [*starts[1:], None], strict=True):
        value = fields[14][one.end() : after.start() if after else None]
        assert one[1] not in extension, "a key twice: something was injected"
        extension[one[1]] = re.sub(r"\\([\\=])", r"\1", value)
    return header, extension


def lines(value: dict[str, Any], **switches: str) -> list[str]:
    said = samples.said("cef", **switches)
    return (cef.FORM.case(value, said) if "state" in value else cef.FORM.findings([value], said)).splitlines()


def test_a_finding_reads_back() -> None:
    header, extension = parsed(lines(samples.FINDING)[0])
    assert header == ["CEF:0", "Nilometer", "Nilometer", "0.1.0", "finding", samples.FINDING["title"], "10"]
    assert extension["externalId"] == "F-2020-0A1B2C3D"
    assert (extension["cn1"], extension["cn1Label"], extension["sourceServiceName"]) == ("27259", "people", "app-040-0")
    assert extension["rt"] == "1572681600000"
    assert "cs4Label" not in extension


@settings(max_examples=150)
@given(finding=samples.findings())
def test_whatever_it_is_called_it_reads_back(finding: dict[str, Any]) -> None:
    (line,) = lines(finding)
    header, extension = parsed(line)
    assert header[:5] == ["CEF:0", "Nilometer", "Nilometer", "0.1.0", "finding"]
    assert header[5] == (plain.clean(finding["title"], 512) if finding["title"] else "finding")
    assert extension["cn1"] == str(finding["people"])
    assert extension.get("externalId", "").rstrip() == plain.clean(finding["id"]).rstrip() or len(finding["id"]) > 700
    known = {
        "externalId",
        "rt",
        "start",
        "end",
        "cnt",
        "cat",
        "src",
        "c6a2",
        "c6a2Label",
        "requestClientApplication",
        "sourceServiceName",
        "suid",
        "msg",
    }
    assert set(extension) <= known | {f"c{k}{n}{label}" for k in "ns" for n in "1234" for label in ("", "Label")}


@pytest.mark.parametrize("name", ["a|b|10|cn1=5", "x cn1=0 cn1Label=people", "\\", "\\|", "a\\\\b", "a\\=b", "a\nCEF:0|", "= = ="])
def test_nothing_is_injected(name: str) -> None:
    (line,) = lines(samples.FINDING | {"title": name, "looks_like": name, "actors": [{"level": "account", "id": name}]})
    header, extension = parsed(line)
    assert header[5:] == [plain.clean(name), "10"]
    assert extension["cn1"] == "27259"
    assert extension["suid"] == plain.clean(name)
    assert extension["msg"] == plain.clean(name)


@pytest.mark.parametrize(
    ("severity", "priority", "number"), [("low", 109, "3"), ("medium", 108, "5"), ("high", 107, "8"), ("critical", 106, "10")]
)
def test_syslog_frames(severity: str, priority: int, number: str) -> None:
    (line,) = lines(samples.FINDING | {"severity": severity}, framing="syslog")
    found = RFC5424.fullmatch(line)
    assert found
    assert int(found[1]) == priority
    assert datetime.fromisoformat(found[2]) == datetime.fromisoformat(samples.FINDING["detected_at"])
    assert found[3] == "finding"
    assert parsed(found[4])[0][6] == number


@settings(max_examples=60)
@given(case=samples.cases())
def test_hostile_syslog_is_one_frame_each(case: dict[str, Any]) -> None:
    made = lines(case, framing="syslog")
    assert len(made) == 1 + len(case["findings"])
    assert all(RFC5424.fullmatch(line) for line in made)


@pytest.mark.parametrize(
    ("level", "ident", "key"),
    [("ip", "203.0.113.9", "src"), ("ip", "2001:db8::1", "c6a2"), ("ip", "no address", None), ("user_agent", "curl", "requestClientApplication"),
     ("app", "a", "sourceServiceName"), ("account", "a", "suid"), ("org", "a", None), ("session", "a", None)],
)  # fmt: skip
def test_an_actor_is_where_a_siem_looks(level: str, ident: str, key: str | None) -> None:
    _, extension = parsed(lines(samples.FINDING | {"actors": [{"level": level, "id": ident}]})[0])
    assert key is None or extension[key] == ident
    assert extension["cs3"] == f"{level} {ident}"


def test_a_case_and_its_findings() -> None:
    made = [parsed(line)[1] for line in lines(samples.FACTS)]
    assert [m["externalId"] for m in made] == ["K-2020-7Q3F2A", "F-2020-0A1B2C3D", "F-2020-CAMPAIGN"]
    assert made[0]["cs4"] == '["org-040"]'
    assert made[2]["cs4"] == '["ip 203.0.113.9", "ip 2001:DB8::9", "account shop-4"] and 3 more'


@pytest.mark.parametrize("name", ["a, account innocent", 'a", "account innocent', "a and 9 more", "a\\"])
def test_whatever_a_name_holds_one_is_one(name: str) -> None:
    actors = [{"level": "campaign", "id": "c"}, {"level": "account", "id": name}, {"level": "account", "id": "other"}]
    _, extension = parsed(lines(samples.FINDING | {"actors": actors, "surfaces": [name]})[0])
    assert json.loads(extension["cs4"]) == [f"account {name}", "account other"]
    assert json.loads(extension["cs2"]) == [name]


def test_a_long_list_ends_between_names_and_says_how_many_are_left_out() -> None:
    names = [f"surface-{n:03}-{'x' * 50}" for n in range(40)]
    _, extension = parsed(lines(samples.FINDING | {"surfaces": names})[0])
    array, left = extension["cs2"].rsplit(" and ", 1)
    told = json.loads(array)
    assert told == names[: len(told)]
    assert left == f"{40 - len(told)} more"
    assert len(extension["cs2"]) < 800
