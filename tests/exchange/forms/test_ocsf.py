"""OCSF: every document is valid for OCSF's own schema, and says what the finding says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from nilometer.exchange.forms import ocsf
from tests.exchange import samples
from tests.exchange.forms import ocsf_schema

VERSIONS = ocsf.Ocsf.switches["version"]


def documents(value: dict[str, Any], **switches: str) -> list[dict[str, Any]]:
    said = samples.said("ocsf", **switches)
    written = ocsf.FORM.case(value, said) if "state" in value else ocsf.FORM.findings([value], said)
    return [json.loads(line) for line in written.splitlines()]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ocsf.Ocsf.switches["class"])
def test_every_class_is_valid_in_every_version(version: str, kind: str) -> None:
    made = [
        d
        for v in (samples.FINDING, samples.CAMPAIGN, samples.ASKED, samples.FACTS, samples.BARE)
        for d in documents(v, version=version, **{"class": kind})
    ]
    for level in ("org", "app", "account", "session", "ip", "user_agent", "campaign", "surface"):
        made += documents(samples.FINDING | {"actors": [{"level": level, "id": "10.0.0.1"}]}, version=version, **{"class": kind})
    assert len(made) == 15
    for document in made:
        assert ocsf_schema.errors(document) == []
        assert document["metadata"]["version"] == version
        assert document["type_uid"] == document["class_uid"] * 100 + document["activity_id"]


@settings(max_examples=40)
@given(value=samples.findings() | samples.cases())
def test_hostile_ones_are_valid_too(value: dict[str, Any]) -> None:
    for version in ("1.8.0", "1.6.0"):
        for kind in ("auto", "2004"):
            assert [e for d in documents(value, version=version, **{"class": kind}) for e in ocsf_schema.errors(d)] == []


def test_the_validator_is_one() -> None:
    (good,) = documents(samples.FINDING)
    for broken in (
        {k: v for k, v in good.items() if k != "finding_info"},
        good | {"severity_id": 12},
        good | {"people": 1},
        good | {"time": "today"},
        good | {"metadata": good["metadata"] | {"product": {}}},
    ):
        assert ocsf_schema.errors(broken)


def test_a_finding_says_what_it_says() -> None:
    (made,) = documents(samples.FINDING)
    assert (made["class_uid"], made["activity_id"], made["severity_id"], made["confidence_score"]) == (2006, 2, 5, 98)
    assert made["finding_info"]["uid"] == "F-2020-0A1B2C3D"
    assert made["start_time"] == 1572566401250  # 2019-11-01T00:00:01.250Z, reckoned with `date`
    assert made["actor"] == {"app_uid": "app-040-0"}
    assert made["data_security"]["total"] == 27259
    assert made["unmapped"]["nilometer"]["people"] == 27259
    assert made["unmapped"]["nilometer"]["people_at_detection"] == 445


def test_what_was_only_asked_for_is_a_detection_and_what_has_not_grown_is_new() -> None:
    (asked,) = documents(samples.ASKED)
    assert asked["class_uid"] == 2004
    assert asked["anomaly_analyses"][0]["anomalies"][0]["observations"] == [{"value": "0.99"}]
    (fresh,) = documents(samples.CAMPAIGN)
    assert fresh["activity_id"] == 1
    assert [o["type_id"] for o in fresh["observables"]] == [2, 2, 31, 99, 16, 99]


def test_a_count_beyond_32_bits_is_whole_where_it_is_ours() -> None:
    (made,) = documents(samples.FINDING | {"people": 2**40, "disclosures": 2**41})
    assert (made["count"], made["data_security"]["total"]) == (2**31 - 1, 2**31 - 1)
    assert made["unmapped"]["nilometer"]["people"] == 2**40


def test_an_identifier_is_stable_while_nothing_changes() -> None:
    one, same = documents(samples.FINDING)[0], documents(dict(reversed(samples.FINDING.items())))[0]
    assert one["metadata"]["uid"] == same["metadata"]["uid"]
    grown = documents(samples.FINDING | {"people": 27260})[0]
    assert grown["metadata"]["uid"] != one["metadata"]["uid"]
    assert grown["finding_info"]["uid"] == one["finding_info"]["uid"]
    assert grown["metadata"]["correlation_uid"] == one["metadata"]["correlation_uid"]


@pytest.mark.parametrize(
    ("changed", "state", "verdict", "breach"),
    [
        ({}, 2, 0, True),
        ({"state": "open"}, 1, 0, True),
        ({"state": "closed", "verdict": "confirmed"}, 5, 2, True),
        ({"state": "closed", "verdict": "benign"}, 5, 5, False),
        ({"people": 0}, 2, 0, False),
    ],
)
def test_a_case_says_where_it_stands(changed: dict[str, Any], state: int, verdict: int, breach: bool) -> None:
    made = documents(samples.FACTS | changed)[0]
    assert (made["class_uid"], made["status_id"], made["verdict_id"], made["is_suspected_breach"]) == (2005, state, verdict, breach)
    assert made["activity_id"] == (3 if changed.get("state") == "closed" else 2)
    assert made["assignee"] == {"name": "ben"}
    assert [info["uid"] for info in made["finding_info_list"]] == ["F-2020-0A1B2C3D", "F-2020-CAMPAIGN"]
    assert made["unmapped"]["nilometer"]["unknown"] == samples.FACTS["unknown"]


def test_a_campaign_of_many_is_cut_and_says_so() -> None:
    many = [{"level": "campaign", "id": "C-1"}, *({"level": "ip", "id": f"10.0.{n // 256}.{n % 256}"} for n in range(5000))]
    (made,) = documents(samples.FINDING | {"actors": many})
    assert len(made["observables"]) == 1000
    assert made["unmapped"]["nilometer"]["actors_in_all"] == 5001
    assert len(json.dumps(made)) < 300_000
