"""Proposes a mapping for a source, for its owner to correct: routes folded, and what looks like people's ids named."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from nilometer.disclosures.actor import LEVELS
from nilometer.errors import InputError
from nilometer.sources import columnmapping, documents
from nilometer.sources.folding import ACTIONS, Route, fold
from nilometer.sources.format import Format
from nilometer.sources.likeness import is_people, personal, role_of, shape_of_all, singular, words

MOST_ROUTES: Final = 25
_SURE: Final = 6
"""From this likeness on, a hole is taken for a person's id."""

_SCAFFOLD: Final = frozenset(("api", "rest", "service", "services", "router", "public", "internal", "web", "gw", "gateway"))
_FIELDS: Final = {
    "phone": "phone", "mobile": "phone", "tel": "phone", "email": "email", "mail": "email", "address": "address", "addresses": "address", "order": "orders", "orders": "orders",
    "message": "messages", "messages": "messages", "payment": "payment", "payments": "payment", "review": "nickname", "reviews": "nickname", "photo": "photo", "avatar": "photo",
    "location": "location", "locations": "location", "health": "health", "patient": "health", "patients": "health",
}  # fmt: skip


def looked_at(form: Format, header: Sequence[str], lines: Sequence[str]) -> tuple[str, ...]:
    """The columns of a format that `suggest` wants to see, given some entries of the source.

    `lines` are the first lines of the source. For formats with named columns the columns are its header; for open JSON
    the keys of the entries, to two levels.
    """
    own = [column for column in (header or form.columns) if column]
    if form.framing == "documents":
        try:
            lines = documents.entries("\n".join(lines))
        except InputError:
            lines = ()
    if form.framing == "documents" or not own:
        for line in lines:
            own += _keys(line)
    if form.id.startswith("pgaudit"):
        own = [*form.columns, "parameter_1", "parameter_2", "parameter_3"]
    routed = [c for c in ("method", "target", "status") if c in form.columns]
    levels = [column for level, column in form.defaults.items() if level in LEVELS]
    return tuple(dict.fromkeys(c for c in [*own, *routed, *levels] if form.may_have(c, header)))


def suggest(form: Format, header: Sequence[str], table: pa.Table) -> str:
    """The text of a mapping (TOML) for a source of this format.

    `table` holds the columns `looked_at` named, of up to 50,000 entries, as text. The text parses; it compiles once at
    least one surface or a subject is not commented out. Comments speak of shapes and counts, never of values.
    """
    opening = f"# Proposed from {table.num_rows:,} entries. Look through it: only you know whose data an answer shows, and which.\n"
    opening += f"[source]\nformat = {quoted(form.id)}\n"
    columns = {name: table.column(name).to_pylist() for name in table.column_names if name != "number"}
    if "target" in form.columns and "surface" not in form.defaults:
        return opening + _routed(form, columns)
    if "surface" in form.defaults and "target" in columns:
        return opening + _audited(form, columns)
    return opening + columnmapping.propose(form, columns)


def quoted(value: str) -> str:
    """`value` as a TOML string."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _keys(line: str) -> list[str]:
    """The keys of a JSON object, and of the objects in it, dotted."""
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return []
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    for key, inside in value.items():
        if isinstance(inside, dict):
            found += [f"{key}.{deeper}" for deeper, leaf in inside.items() if not isinstance(leaf, dict | list)]
        elif not isinstance(inside, list):
            found.append(key)
    return [key for key in found if re.fullmatch(r"[\w.@ -]{1,80}", key)]


def _routed(form: Format, columns: Mapping[str, list[str | None]]) -> str:
    """The mapping of a web log: actors, then a surface for each route."""
    requests = [(m, t) for m, t in zip(columns["method"], columns["target"], strict=True) if m and t and re.fullmatch(r"[A-Z]+", m)]
    routes, static = fold(requests)
    least = max(2, len(requests) // 1000)
    listed = [route for route in routes if route.count >= least or len(routes) <= MOST_ROUTES][:MOST_ROUTES]
    taken: Counter[str] = Counter()
    written = [_surface(route, len(requests), taken, _also_matched(route, routes)) for route in listed]
    parts = [_actors(form, columns, routes), *[block for sure, block in written if sure], *[block for sure, block in written if not sure]]
    rare = sum(route.count for route in routes) - sum(route.count for route in listed)
    notes = [f"# {static:,} requests for style sheets, scripts and pictures are left out."] if static else []
    notes += [f"# {len(routes) - len(listed):,} rarer routes ({rare:,} requests) are left out."] if rare else []
    if not any(sure for sure, _ in written):
        notes.append(
            "# No route has a part that looks like a person's id. Name one {subject} and take the # away, or nothing can be counted."
        )
    return "\n" + "\n".join([*parts, *notes]).rstrip() + "\n"


def _audited(form: Format, columns: Mapping[str, list[str | None]]) -> str:
    """The mapping of an audit log: a surface for each operation in which the likeliest column says whose data it was."""
    subject, said = columnmapping.subject_of(form, columns, set(form.defaults.values()))
    counts = Counter(target for target in columns["target"] if target)
    with_one: Counter[str] = Counter()
    if subject is not None:
        with_one.update(target for target, person in zip(columns["target"], columns[subject], strict=True) if target and person)
    parts = [_actors(form, columns, [])]
    for target, count in counts.most_common(MOST_ROUTES):
        path = "/" + "/".join(part if re.fullmatch(r"[\w.:-]+", part) else "*" for part in target.split("/")[1:])
        lines = ["[[surface]]", f"name = {quoted(target[1:].replace('/', ':'))}", f"match = {quoted('* ' + path)}"]
        lines += [f"subject = {quoted('{' + (subject or '...') + '}')}  # {said or 'name the column that says whose data it was'}"]
        lines += ['fields = ["profile"]  # a guess: which data does this operation show?']
        sure = 2 * with_one[target] >= count
        share_of = f"# {count:,} entries, {with_one[target]:,} with a subject"
        parts.append("\n".join([share_of, *(lines if sure else [f"# {line}" for line in lines])]) + "\n")
    if not with_one:
        parts.append("# No column looks like a person's id. Name one as subject and take the # away, or nothing can be counted.")
    return "\n" + "\n".join(parts).rstrip() + "\n"


def _actors(form: Format, columns: Mapping[str, list[str | None]], routes: Sequence[Route]) -> str:
    """[actor]: query parameters that are app keys or sessions, and the format's own levels."""
    total = sum(route.count for route in routes)
    found: dict[str, str] = {}
    seen: dict[str, Counter[str]] = {}
    for route in routes:
        for key, values in route.query.items():
            seen.setdefault(key, Counter()).update(values)
    for level in ("app", "session", "account"):
        keys = [key for key in seen if role_of(key) == level and personal(key) < _SURE and 20 * seen[key].total() >= total]
        if keys:
            key = max(keys, key=lambda k: seen[k].total())
            found[level] = (
                f"{level} = {quoted(f'query:{key}')}  # in {share(seen[key].total(), total)} of the requests, {len(seen[key]):,} different"
            )
    for level in LEVELS:
        column = form.defaults.get(level)
        if column and level not in found:
            present = {value for value in columns.get(column, []) if value}
            line = f"{level} = {quoted(column)}"
            found[level] = f"{line}  # {len(present):,} different" if present else f"# {line}  # empty in this sample"
    return "[actor]\n" + "\n".join(found[level] for level in LEVELS if level in found) + "\n"


def share(part: int, whole: int) -> str:
    """A share as text."""
    return f"{100 * part / whole:.1f} %" if whole else "none"


def _also_matched(route: Route, routes: Sequence[Route]) -> list[str]:
    """Words that stand where the route has a hole, in requests that are no person's: `login` in /users/login."""
    found = set()
    for other in routes:
        differ = [place for place, (a, b) in enumerate(zip(route.parts, other.parts, strict=False)) if a != b]
        if other.method == route.method and len(other.parts) == len(route.parts) and len(differ) == 1 and route.parts[differ[0]] is None:
            word = other.parts[differ[0]]
            found |= {word} if word is not None and word.lower() in ACTIONS else set()
    return sorted(found)


def _surface(route: Route, total: int, taken: Counter[str], also: Sequence[str]) -> tuple[bool, str]:
    """Whether a route shows people, and its [[surface]], commented out when it does not look so."""
    literals = [part for part in route.parts if part and part.lower() not in _SCAFFOLD and not re.fullmatch(r"v\d+(?:\.\d+)*", part)]
    subject, likeness = _subject(route)
    sure = likeness >= _SURE
    names: dict[int | str, str] = {}
    used = {"subject"} if sure else set()
    for place, part in enumerate(route.parts):
        if part is None:
            names[place] = "subject" if sure and place == subject else _unused(_hole_name(route, place), used)
    references = [name for place, name in names.items() if name != "subject" and role_of(name) == "reference"]
    query = [f"{key}={value}" for key, value in ([route.dispatch] if route.dispatch else [])]
    if sure and isinstance(subject, str):
        query.append(f"{subject}={{subject}}")
    for key, values in route.query.items():
        # A key that is not always there would keep the other requests from matching.
        if key != subject and role_of(key) == "reference" and not references and values.total() == route.count:
            name = _unused(re.sub(r"\W", "_", key), used)
            query.append(f"{key}={{{name}}}")
            references.append(name)
    path = "/" + "/".join(part if part is not None else f"{{{names[place]}}}" for place, part in enumerate(route.parts))
    match = f"{route.method} {path}" + ("?" + "&".join(query) if query else "")
    lines = ["[[surface]]", f"name = {quoted(_name(route, literals, taken))}", f"match = {quoted(match)}"]
    spoken = [word.lower() for part in [*literals, *(route.dispatch or ())[1:]] for word in re.split(r"[._:-]", part)]
    fields = sorted({_FIELDS[word] for word in spoken if word in _FIELDS}) or ["profile"]
    lines.append(f"fields = [{', '.join(map(quoted, fields))}]  # a guess: which data does this answer show?")
    if references:
        lines.append(f"reference = {quoted('{' + references[0] + '}')}")
    said = f"# {route.count:,} requests ({share(route.count, total)})"
    held = (route.held[subject] if isinstance(subject, int) else route.query[subject]) if subject is not None else Counter()
    if sure:
        said += f"; the subject: {len(held):,} different, {shape_of_all(held)}"
        if also and not isinstance(subject, str):
            said += f"\n# Beware: it takes {', '.join(map(quoted, also))} for a person too; give such a route a [[surface]] before this one, or another match."
        return True, "\n".join([said, *lines]) + "\n"
    said += "; nothing in it looks like a person's id" + (f" (its ids: {len(held):,} different, {shape_of_all(held)})" if held else "")
    return False, "\n".join([said, *(f"# {line}" for line in lines)]) + "\n"


def _subject(route: Route) -> tuple[int | str | None, int]:
    """The hole or query parameter that is most like a person's id, and how much so."""
    best: tuple[int | str | None, int] = (None, -1)
    for place in reversed(route.held):
        likeness = _hole_likeness(route, place)
        if likeness > best[1]:
            best = (place, likeness)
    about = any(part and is_people(part) for part in route.parts) or (
        route.dispatch is not None and any(map(is_people, re.split(r"[._:]", route.dispatch[1])))
    )
    for key, values in route.query.items():
        likeness = personal(key)
        if likeness == 3 and about:
            likeness = 7  # /user?id=7
        if role_of(key) in ("app", "session", "org", "reference", "request") or 2 * values.total() < route.count:
            likeness = min(likeness, 2)
        if likeness > best[1]:
            best = (key, likeness)
    return best


def _hole_likeness(route: Route, place: int) -> int:
    shape = shape_of_all(route.held[place])
    before = route.parts[place - 1] if place else None
    if before is not None and (role_of(before) or role_of(singular(before))) == "reference":
        return 1
    if before is not None and personal(before) >= _SURE:
        return personal(before)
    return 8 if shape in ("e-mail addresses", "phone numbers") else 2


def _hole_name(route: Route, place: int) -> str:
    """A name for a hole, after the word before it."""
    before = next((part for part in reversed(route.parts[:place]) if part), "")
    name = "_".join(words(singular(before)))
    return name if name.isidentifier() and name.isascii() and name != "subject" else "id"


def _unused(name: str, used: set[str]) -> str:
    """The name, with a number when it is taken; it counts as taken then."""
    free, number = name, 2
    while free in used or not re.fullmatch(r"[A-Za-z_]\w*", free, re.ASCII):
        free, number = f"{name if re.fullmatch('[A-Za-z_][A-Za-z0-9_]*', name) else 'id'}_{number}", number + 1
    used.add(free)
    return free


def _name(route: Route, literals: Sequence[str], taken: Counter[str]) -> str:
    name = route.dispatch[1] if route.dispatch else ".".join(singular(part.lower()) for part in literals[-2:]) or "root"
    if route.method not in ("GET", "POST") or taken[name]:
        name = f"{name}.{route.method.lower()}"
    taken[name] += 1
    return name if taken[name] == 1 else f"{name}.{taken[name]}"
