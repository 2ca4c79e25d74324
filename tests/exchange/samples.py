"""Findings and cases to write out: one as it should be, and as many hostile ones as Hypothesis can think of."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from nilometer.exchange import shelf
from nilometer.exchange.form import Said

FINDING: Final[dict[str, Any]] = {
    "id": "F-2020-0A1B2C3D",
    "actors": [{"level": "app", "id": "app-040-0"}],
    "title": "App app-040-0 was shown 27,259 people, nearly all of them new to it",
    "severity": "critical",
    "confidence": 0.987,
    "first_seen": "2019-11-01T00:00:01.250001Z",
    "detected_at": "2019-11-02T08:00:00Z",
    "last_seen": "2020-01-31T23:59:59Z",
    "people": 27259,
    "people_at_detection": 445,
    "disclosures": 27437,
    "fields": ["nickname", "phone"],
    "surfaces": ["review.detail"],
    "odds": 1.0e9,
    "reasons": [{"detector": "novelty", "fact": "share_new", "says": "99 % were new to it.", "measured": 0.99, "usual": 0.31}],
    "looks_like": "Somebody walks through the platform person by person.",
    "action": "Freeze the app.",
}
CAMPAIGN: Final[dict[str, Any]] = FINDING | {
    "id": "F-2020-CAMPAIGN",
    "actors": [
        {"level": "campaign", "id": "C-7Q3F"},
        {"level": "ip", "id": "203.0.113.9"},
        {"level": "ip", "id": "2001:DB8::9"},
        {"level": "account", "id": "shop-4"},
        {"level": "session", "id": "s3cr3t-session"},
        {"level": "user_agent", "id": "curl/8.1 'q' \\ (x)"},
        {"level": "org", "id": "org-040"},
    ],
    "people_at_detection": 27259,
    "detected_at": "2020-01-31T23:59:59Z",
}
ASKED: Final[dict[str, Any]] = FINDING | {"id": "F-2020-ASKED", "people": 0, "people_at_detection": 0, "fields": [], "surfaces": []}
FACTS: Final[dict[str, Any]] = {
    "id": "K-2020-7Q3F2A",
    "title": "Reviews walked through",
    "state": "investigating",
    "verdict": None,
    "hold": True,
    "severity": "critical",
    "confidence": 0.98,
    "opened": "2019-11-02T09:00:00Z",
    "updated": "2019-11-03T10:00:00Z",
    "findings": [FINDING, CAMPAIGN],
    "actors": [{"level": "app", "id": "app-040-0"}, {"level": "ip", "id": "203.0.113.9"}],
    "hierarchy": [{"level": "app", "id": "app-040-0", "people": 27259}, {"level": "org", "id": "org-040", "people": 30000}],
    "companies": ["org-040"],
    "since": "2019-11-01T00:00:01Z",
    "until": "2020-01-31T23:59:59Z",
    "detected_at": "2019-11-02T08:00:00Z",
    "people": 27259,
    "people_at_detection": 445,
    "asked_not_shown": {"people": 12, "disclosures": 40},
    "items": {"personal information (CN)": {"count": 54518, "deduplication": "one per person and field", "law": "法释〔2017〕10号"}},
    "fields": {"nickname": 27259, "phone": 27000},
    "surfaces": {"review.detail": 27259},
    "how_found": ["The novelty detector crossed its line."],
    "history": [
        {"at": "2019-11-02T09:00:00Z", "by": "ama", "did": "opened", "why": "novelty", "index": 3},
        {"at": "2019-11-03T10:00:00Z", "by": "ben", "did": "investigating", "why": "looked", "index": 4},
    ],
    "unknown": [{"what": "logs", "from": "2019-12-01T00:00:00Z", "until": "2019-12-02T00:00:00Z", "bound": "at most 900 people"}],
    "exact": True,
}
BARE: Final[dict[str, Any]] = {"id": "K-1", "title": "", "state": "open", "findings": [], "people": 0}
"""As little as a case can be."""

NAMESPACE: Final = uuid.UUID("6f1b5a3e-98a2-4d84-8d5c-0f1d2c3b4a59")

NASTY: Final = (
    "a\nb", "a\r\nCEF:0|x|y|z", "|", "\\", "=", "a=b c=d", "\"'`", "<script>alert(1)</script>", "\x00\x1b[31m", "\u202eevil\u2066", "\ud800", "\udfff\ud800",
    "=1+1", "+1", "-1", "@SUM(A1)", "a;=cmd|' /C calc'!A0", "\t=1", "＝1", '";=1', "\ufeffx", "x" * 9000, "", " ", "⟨U+000A⟩", "\uffff", "\U0010ffff", "\u2028",
    "%s%n${jndi:ldap://x}", "]]>", "-->", "' OR [a:b = 'c", "\\'", "名前", "é", "e\u0301", "\x7f\x85", "fe80::1%eth0", "\u00ad",
)  # fmt: skip

hostile: Final = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=[]), max_size=30)
levels: Final = st.sampled_from(["org", "app", "account", "session", "ip", "user_agent", "campaign", "surface"])
actors: Final = st.fixed_dictionaries({"level": levels, "id": hostile | st.ip_addresses().map(str)})
moments: Final = (
    st.integers(10**15, 7 * 10**15)
    .map(lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))
    .map(lambda m: m.isoformat().replace("+00:00", "Z"))
)
numbers: Final = st.integers(0, 2**53)


@st.composite
def findings(draw: st.DrawFn) -> dict[str, Any]:
    """A finding of the right shape with anything in its texts."""
    first, detected, last = sorted(draw(st.tuples(moments, moments, moments)), key=datetime.fromisoformat)
    people = draw(numbers)
    reason = st.fixed_dictionaries(
        {"detector": hostile, "fact": hostile, "says": hostile, "measured": st.floats(allow_nan=False), "usual": st.floats(allow_nan=False)}
    )
    return FINDING | {
        "id": draw(hostile),
        "actors": draw(st.lists(actors, min_size=1, max_size=4)),
        "title": draw(hostile),
        "severity": draw(st.sampled_from(["low", "medium", "high", "critical"])),
        "confidence": draw(st.floats(0, 1)),
        "first_seen": first,
        "detected_at": detected,
        "last_seen": last,
        "people": people,
        "people_at_detection": draw(st.integers(0, people)),
        "disclosures": draw(numbers),
        "fields": draw(st.lists(hostile, max_size=3)),
        "surfaces": draw(st.lists(hostile, max_size=3)),
        "odds": draw(st.floats(0)),
        "reasons": draw(st.lists(reason, min_size=1, max_size=2)),
        "looks_like": draw(hostile),
        "action": draw(hostile),
    }


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """A case's page of facts with anything in its texts."""
    step = st.fixed_dictionaries({"at": moments, "by": hostile, "did": hostile, "why": hostile, "index": numbers})
    return FACTS | {
        "id": draw(hostile),
        "title": draw(hostile),
        "state": draw(st.sampled_from(["open", "investigating", "contained", "closed"])),
        "verdict": draw(st.sampled_from([None, "confirmed", "benign"])),
        "findings": draw(st.lists(findings(), max_size=2)),
        "actors": draw(st.lists(actors, max_size=3)),
        "companies": draw(st.lists(hostile, max_size=2)),
        "how_found": draw(st.lists(hostile, max_size=2)),
        "history": draw(st.lists(step, max_size=2)),
        "fields": draw(st.dictionaries(hostile, numbers, max_size=2)),
        "surfaces": draw(st.dictionaries(hostile, numbers, max_size=2)),
        "people": draw(numbers),
    }


def said(form: str, **switches: str) -> Said:
    """As the app would say it, with a name space that is always the same."""
    return Said(version="0.1.0", namespace=NAMESPACE, switches=shelf()[form].chosen(switches))
