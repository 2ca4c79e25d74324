"""What names and values look like: a person's id, an app's key, a business reference, a time, an address."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

_STRONG: Final = frozenset(
    "uid userid username usernick openid unionid buyernick buyerid customerid custid memberid patientid personid phone phonenumber mobile msisdn tel "
    "telephone email mail emailaddress ssn nin idcard passport cik contactid employeeid studentid subject subjectid datasubject mrn nhsnumber".split()
)
_PEOPLE: Final = frozenset(
    "user buyer customer member patient person people employee student profile subscriber contact guest passenger citizen owner holder recipient subject "
    "filer candidate applicant author follower friend seller driver tenant resident pupil visitor consumer human staff donor client receiver u".split()
)
_WHICH: Final = frozenset("id no number nick nickname name key code uuid uid ref guid nr num login".split())
_WORDS: Final = {
    "app": "appkey appid clientid apikey consumerkey partnerid partner app application applicationid clientkey clientappid",
    "account": "account accountid operator operatorid login agentid employee staff principal remoteuser authuser requester caller actor",
    "session": "session sessionid sid sessionkey token accesstoken jti",
    "org": "org orgid organization organizationid organisation tenant tenantid company companyid",
    "reference": "order orderid tradeid trade tid ticket ticketid case caseid booking bookingid invoice invoiceid shipment appointment claim consent visit task bill waybill",
    "ip": "ip ipaddress ipaddr clientip remoteip remoteaddr remoteaddress sourceip sourceipaddress srcip clientaddress cip",
    "user_agent": "useragent agent ua httpuseragent clientagent",
    "status": "status statuscode code httpstatus responsecode responsestatus scstatus",
    "surface": "surface api endpoint route operation action table resource method apimethod interface eventname function",
    "fields": "fields columns categories datafields",
    "request": "requestid reqid traceid correlationid eventid xrequestid",
    "time": "time timestamp ts datetime eventtime createdat loggedat when occurredat eventtimestamp at date accesstime requesttime starttime",
}
ROLES: Final = {role: frozenset(words.split()) for role, words in _WORDS.items()}

SHAPES: Final = (
    ("UUIDs", re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")),
    ("e-mail addresses", re.compile(r"[^@\s/]+(?:@|%40)[^@\s/]+\.[^@\s/]+")),
    ("phone numbers", re.compile(r"(?:\+|%2[Bb]|00)[1-9]\d{6,14}|1[3-9]\d{9}")),
    ("whole numbers", re.compile(r"\d+(?:\.0)?")),
    ("hexadecimal numbers", re.compile(r"(?=[0-9A-Fa-f]*\d)[0-9A-Fa-f]{8,}")),
    ("prefixed numbers", re.compile(r"[A-Za-z]{1,12}[-_:.]\d{2,}|[A-Za-z]{2,12}\d{4,}")),
    ("codes of letters and digits", re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_=.~-]{12,}")),
)
"""What a value can look like, the narrowest first; everything else is text."""


def words(name: str) -> list[str]:
    """The words of an identifier: `buyerNick`, `buyer_nick` and `buyer-nick` are both `buyer`, `nick`."""
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def personal(name: str) -> int:
    """How much a name sounds like the id of a person: 10 (surely) to 0 (not at all)."""
    parts = [singular(w) for w in words(name.rsplit(".", 1)[-1])]
    if "".join(parts) in _STRONG:
        return 10
    if any(part in _PEOPLE for part in parts):
        return 9 if all(part in _PEOPLE or part in _WHICH for part in parts) else 6
    if any(part in _STRONG for part in parts):
        return 8
    return 3 if parts and all(part in _WHICH for part in parts) else 0


def role_of(name: str) -> str | None:
    """The canonical column whose usual name this is, other than the subject."""
    flat = "".join(words(name.rsplit(".", 1)[-1]))
    return next((role for role, known in ROLES.items() if flat in known), None)


def is_people(word: str) -> bool:
    """Whether a path's segment names people, so that what follows it is one of them."""
    parts = [singular(w) for w in words(word)]
    return bool(parts) and parts[-1] in _PEOPLE


def singular(word: str) -> str:
    """The singular of an English noun, near enough for naming: `buyers` is `buyer`."""
    if word == "people":
        return "person"
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2 else word


def shape_of(value: str) -> str | None:
    """What one value looks like, None for plain text."""
    return next((shape for shape, pattern in SHAPES if pattern.fullmatch(value)), None)


def shape_of_all(values: Iterable[str]) -> str:
    """What most of the values look like, in words that reveal none of them."""
    counts: dict[str, int] = {}
    for value in values:
        shape = shape_of(value) or "text"
        counts[shape] = counts.get(shape, 0) + 1
    return max(counts, key=lambda shape: counts[shape]) if counts else "nothing"


def mostly(values: Collection[str], pattern: str) -> bool:
    """Whether nine tenths of the values, of which there are some, match the pattern whole."""
    return bool(values) and sum(1 for value in values if re.fullmatch(pattern, value)) >= 0.9 * len(values)
