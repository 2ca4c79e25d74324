"""CEF, ArcSight's Common Event Format version 0: one line a finding or case, bare or as a syslog message (RFC 5424)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Final

from nilometer.exchange import plain, reading
from nilometer.exchange.form import Form, Said, checked

_SEVERITIES: Final = {"low": 3, "medium": 5, "high": 8, "critical": 10}
_SYSLOG: Final = {"low": 5, "medium": 4, "high": 3, "critical": 2}
"""RFC 5424, table 2: notice, warning, error, critical."""
_FACILITY: Final = 13
"""RFC 5424, table 1: log audit."""
_LONGEST: Final = 700
"""Characters of one value before marks; the dictionary allows 1,023 for `msg`. A whole line may pass the 2,048 octets that every syslog receiver should take."""
_KEY: Final = re.compile(r"[A-Za-z0-9]+")


class Cef(Form):
    r"""Common Event Format: in the header \ and | are escaped, in the extension \ and =; nothing of a log can end a line.

    Lists are JSON arrays. Names at most three members of a campaign: the findings themselves hold them all. No BOM before the message, because
    receivers look for `CEF:` (RFC 5424 calls that MSG-ANY).
    """

    id = "cef"
    title = "ArcSight CEF, bare or in syslog (RFC 5424)"
    suffix = ".log"
    shared = False
    switches: ClassVar[Mapping[str, tuple[str, ...]]] = {"framing": ("bare", "syslog")}

    def findings(self, found: Sequence[Mapping[str, Any]], said: Said) -> str:
        """One line a finding."""
        return "".join(_finding(f, said) for f in found)

    def case(self, facts: Mapping[str, Any], said: Said) -> str:
        """One line for the case, then one for each of its findings."""
        return _case(checked(facts), said) + self.findings(facts["findings"], said)


def _finding(f: Mapping[str, Any], said: Said) -> str:
    first = reading.narrowest(f["actors"])
    detectors = "+".join(sorted({r["detector"] for r in f["reasons"]}))
    others = [reading.named(a) for a in f["actors"][1:4]]
    extension: dict[str, object] = {
        "externalId": f["id"],
        "rt": plain.milliseconds(f["detected_at"]),
        "start": plain.milliseconds(f["first_seen"]),
        "end": plain.milliseconds(f["last_seen"]),
        "cnt": f["disclosures"],
        "cat": detectors,
        **_source(first),
        "cn1": f["people"],
        "cn1Label": "people",
        "cn2": f["people_at_detection"],
        "cn2Label": "peopleAtDetection",
        "cn3": reading.confidence(f["confidence"]),
        "cn3Label": "confidencePercent",
        "cs1": _list(f["fields"]),
        "cs1Label": "fields",
        "cs2": _list(f["surfaces"]),
        "cs2Label": "surfaces",
        "cs3": reading.named(first),
        "cs3Label": "actor",
        "cs4": _list(others, len(f["actors"]) - 4),
        "cs4Label": "members",
        "msg": f["looks_like"],
    }
    return _line(said, "finding", f["title"], f["severity"], f["detected_at"], extension)


def _case(facts: Mapping[str, Any], said: Said) -> str:
    accused = [reading.named(a) for a in (facts.get("actors") or [])[:3]]
    extension: dict[str, object] = {
        "externalId": facts["id"],
        "rt": plain.milliseconds(reading.updated(facts)),
        "start": plain.milliseconds(reading.began(facts)),
        "end": plain.milliseconds(reading.ended(facts)),
        "outcome": facts.get("verdict") or facts["state"],
        "cn1": facts["people"],
        "cn1Label": "people",
        "cs1": _list(facts.get("fields") or {}),
        "cs1Label": "fields",
        "cs2": _list(facts.get("surfaces") or {}),
        "cs2Label": "surfaces",
        "cs3": _list(accused),
        "cs3Label": "actor",
        "cs4": _list(facts.get("companies") or []),
        "cs4Label": "companies",
        "msg": " ".join(facts.get("how_found") or []),
    }
    return _line(said, "case", facts["title"], reading.severity(facts), reading.updated(facts), extension)


def _source(actor: Mapping[str, Any]) -> dict[str, object]:
    """The actor where the dictionary has a key of that meaning: an IPv4 address, an IPv6 address (c6a2), a program, an account."""
    level, ident = actor["level"], actor["id"]
    match level:
        case "ip":
            found = plain.address(actor["id"])
            if found is None:
                return {}
            return {"src": found} if ":" not in found else {"c6a2": found, "c6a2Label": "Source IPv6 Address"}
        case "user_agent":
            return {"requestClientApplication": ident}
        case "app":
            return {"sourceServiceName": ident}
        case "account":
            return {"suid": ident}
        case _:
            return {}


def _list(names: Collection[str], more: int = 0) -> str:
    """A JSON array, because a name may hold any separator, of as many names as one value takes, and how many more there are; empty for none."""
    kept, more = list(names), max(more, 0)
    while len(kept) > 1 and sum(min(len(name), plain.LONGEST) + 4 for name in kept) > _LONGEST:
        kept.pop()
        more += 1
    return plain.Plain(plain.listed(kept) + (f" and {more} more" if more else "")) if kept else ""


def _line(said: Said, signature: str, name: str, severity: str, when: str, extension: Mapping[str, object]) -> str:
    header = ["CEF:0", "Nilometer", "Nilometer", said.version, signature, name or signature, str(_SEVERITIES.get(severity, 5))]
    pairs = []
    for key, value in extension.items():
        assert _KEY.fullmatch(key)
        about = extension.get(key.removesuffix("Label")) if key.endswith("Label") else value
        if about not in (None, "") and value not in (None, ""):
            pairs.append(f"{key}={_value(value)}")
    line = "|".join(_header(part) for part in header) + "|" + " ".join(pairs)
    if said.switches.get("framing") == "syslog":
        priority = _FACILITY * 8 + _SYSLOG.get(severity, 4)
        line = f"<{priority}>1 {plain.stamp(when, 6)} - nilometer - {signature} - {line}"
    return line + "\n"


def _header(text: str) -> str:
    return plain.clean(text, 512).replace("\\", "\\\\").replace("|", "\\|")


def _value(value: object) -> str:
    return plain.clean(value, _LONGEST).replace("\\", "\\\\").replace("=", "\\=")


FORM: Final = Cef()
