"""Proposes which columns of a table-like source say when, who, whose data and with what answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from nilometer.disclosures.actor import LEVELS
from nilometer.sources.format import Format
from nilometer.sources.likeness import mostly, personal, role_of, shape_of_all, words
from nilometer.sources.mapping import quoted

_MOMENT: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d.*)?|\d{10}(?:\.\d+)?|\d{13}|\d{16}|\d{19}"
_DAY: Final = r"\d{4}-\d\d-\d\d(?:[T ]00:00(?::00)?(?:\.0+)?)?"
_HOUR: Final = r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
_STATUS: Final = r"[1-5]\d\d(?:\.0)?"
_ADDRESS: Final = r"\d{1,3}(?:\.[0-9A-Za-z]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%\w+)?"
_ASKING: Final = re.compile(r"userIdentity\..*|User(?:Ids?|Key|Type)|recipientAccountId|.*sessionContext.*|.*Client.*")
"""Columns of audit logs that name who asked, never whose data was shown."""

_ENOUGH: Final = 5_000
_SURE: Final = 6


def propose(form: Format, columns: Mapping[str, list[str | None]]) -> str:
    """[actor] and [columns] for the columns' names and values."""
    values = _values(form, columns)
    lines: dict[str, str] = {}
    used: set[str] = set()
    if "time" not in form.defaults or form.clock is None:
        _time(values, lines, used)
    given = {canonical: column for canonical, column in form.defaults.items() if canonical != "*"}
    used |= set(given.values())
    subject, doubt = subject_of(form, columns, used)
    for role in ("status", "ip", "user_agent", "app", "account", "session", "org", "surface", "fields", "reference", "request"):
        named = [name for name in values if name not in used and role_of(name) == role and _fits(role, values[name])]
        if role == "account" and "surface" not in form.defaults:
            named += [name for name in values if name not in used and _is_login(name)]
        if named and role not in given:
            lines[role] = f"{role} = {quoted(named[0])}"
            used.add(named[0])
    if subject is None:
        lines["subject"] = "# subject = ...  # no column looks like a person's id: name the one that is"
    else:
        lines["subject"] = f"subject = {quoted(subject)}  # {doubt}"
    actors = [lines[level] for level in LEVELS if level in lines]
    actors += [f"# {level} = {quoted(given[level])}  # the format's own" for level in LEVELS if level in given]
    if not any(level in lines or level in given for level in LEVELS):
        actors.append('account = "=unknown"  # nothing here says who was shown the data: name a column for at least one level')
    rest = [line for role, line in lines.items() if role not in LEVELS]
    return "\n[actor]\n" + "\n".join(actors) + "\n\n[columns]\n" + "\n".join(rest) + "\n"


def _values(form: Format, columns: Mapping[str, list[str | None]]) -> dict[str, list[str]]:
    """The columns that a mapping can name, with some of what is in them; those that are always empty are left out."""
    routed = ("method", "target") if "target" in form.columns else ()
    found = {name: [v for v in column[:_ENOUGH] if v] for name, column in columns.items() if _usable(name) and name not in routed}
    return {name: some for name, some in found.items() if some}


def _usable(name: str) -> bool:
    """Whether a mapping can name the column as it is."""
    return (
        bool(name) and not any(c in name for c in "{}\r\n") and not name.startswith(("=", "'", "query:", "path:", "header:", "constant:"))
    )


def _fits(role: str, values: Sequence[str]) -> bool:
    if role == "status":
        return mostly(values, _STATUS)
    if role == "ip":
        return mostly(values, _ADDRESS)
    if role == "surface":
        return len(set(values)) <= max(50, len(values) // 20)
    return True


def _time(values: Mapping[str, list[str]], lines: dict[str, str], used: set[str]) -> None:
    """When: a column that holds a whole moment, or a day and an hour in two."""
    whole = [name for name in values if role_of(name) == "time" and mostly(values[name], _MOMENT) and not mostly(values[name], _DAY)]
    whole = whole or [name for name in values if mostly(values[name], r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*") and not mostly(values[name], _DAY)]
    if whole:
        lines["time"] = f"time = {quoted(whole[0])}"
        used.add(whole[0])
        return
    days = sorted((name for name in values if mostly(values[name], _DAY)), key=lambda name: role_of(name) != "time")
    hours = sorted((name for name in values if mostly(values[name], _HOUR)), key=lambda name: role_of(name) != "time")
    if days and hours:
        lines["time"] = (
            f"time = {quoted('{' + days[0] + '}T{' + hours[0] + '}Z')}  # taken as UTC; put the offset in the place of Z if it is another"
        )
        used |= {days[0], hours[0]}
    elif days:
        lines["time"] = f"time = {quoted(days[0])}  # days only: nothing finer is here"
        used.add(days[0])
    else:
        lines["time"] = "# time = ...  # no column holds a time that is understood; expected RFC 3339 or a Unix time"


def _is_login(name: str) -> bool:
    """Whether a column is the plain user of a log: whose data it is, unless another column names people more precisely."""
    return bool({"user", "username", "login"} & set(words(name))) and personal(name) >= _SURE


def subject_of(form: Format, columns: Mapping[str, list[str | None]], used: set[str]) -> tuple[str | None, str]:
    """The column most like a person's id, of equals the one with the most different values; and what to say of it.

    A column that is found is used from then on.
    """
    values = _values(form, columns)
    fallback = {"object": 4, "parameter_1": 4}
    ranked = []
    for name, found in values.items():
        role = role_of(name)
        if (
            name in used
            or role not in (None, "app", "account", "session", "org")
            or ("surface" in form.defaults and _ASKING.fullmatch(name))
        ):
            continue
        if (name in form.columns and name not in fallback) or mostly(found, _ADDRESS) or mostly(found, _MOMENT):
            continue
        different = len(set(found))
        likeness = max(personal(name), fallback.get(name, 0))
        if role is not None and likeness < _SURE:
            continue
        likeness -= 3 if role is not None else 2 if _is_login(name) else 0
        if likeness > 0 or (shape_of_all(found[:500]) != "text" and different > 1):
            ranked.append((likeness, different, name))
    if not ranked:
        return None, ""
    likeness, _, name = max(ranked)
    used.add(name)
    different = len({v for v in columns[name] if v})
    doubt = "" if likeness >= _SURE else "; a guess: no name says that it is a person's id"
    others = [other for score, _, other in sorted(ranked, reverse=True) if other != name and score >= _SURE]
    also = "; others that could be: " + ", ".join(map(quoted, others[:5])) if others else ""
    return name, f"{different:,} different, {shape_of_all(values[name][:2000])}{doubt}{also}"
