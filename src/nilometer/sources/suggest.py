"""Proposes a mapping for a source, for its owner to correct: routes folded, and what looks like people's ids named."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from nilometer.disclosures.actor import LEVELS
from nilometer.errors import InputError
from nilometer.sources import columnmapping, documents
from nilometer.sources.folding import Route, fold
from nilometer.sources.format import Format
from nilometer.sources.likeness import personal, role_of
from nilometer.sources.mapping import quoted
from nilometer.sources.surfaces import SURE, also_matched, share, surface_of

MOST_ROUTES: Final = 25


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
    written = [surface_of(route, len(requests), taken, also_matched(route, routes)) for route in listed]
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
    """The mapping of an audit log: a surface for each operation in which some column says whose data it was."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, target in enumerate(columns["target"]):
        if target:
            places[target].append(place)
    parts = [_actors(form, columns, [])]
    found_any = False
    for target in sorted(places, key=lambda t: -len(places[t]))[:MOST_ROUTES]:
        part = {name: [column[place] for place in places[target]] for name, column in columns.items()}
        subject, said = columnmapping.subject_of(form, part, set(form.defaults.values()))
        present = sum(1 for value in part[subject] if value) if subject is not None else 0
        path = "/" + "/".join(piece if re.fullmatch(r"[\w.:-]+", piece, re.ASCII) else "*" for piece in target.split("/")[1:])
        lines = ["[[surface]]", f"name = {quoted(target[1:].replace('/', ':'))}", f"match = {quoted('* ' + path)}"]
        lines += [f"subject = {quoted('{' + (subject or '...') + '}')}  # {said or 'name the column that says whose data it was'}"]
        lines += ['fields = ["profile"]  # a guess: which data does this operation show?']
        sure = 2 * present >= len(places[target])
        found_any = found_any or sure
        head = f"# {len(places[target]):,} entries, {present:,} with a subject"
        parts.append("\n".join([head, *(lines if sure else [f"# {line}" for line in lines])]) + "\n")
    if not found_any:
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
        keys = [key for key in seen if role_of(key) == level and personal(key) < SURE and 20 * seen[key].total() >= total]
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
