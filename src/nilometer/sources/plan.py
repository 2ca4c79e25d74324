"""Turns a format and a mapping into one SQL query that yields raw disclosures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.disclosures.actor import LEVELS
from nilometer.errors import ConfigError
from nilometer.sources import sql
from nilometer.sources.format import Format
from nilometer.sources.mapping import CANONICAL, Mapping, Surface, pieces
from nilometer.sources.routes import Route, compile_route

EARLIEST: Final = "1970-01-01"
LATEST: Final = "2200-01-01"
"""Event times outside are unreadable: they are clocks gone wrong or numbers that are no times."""

TAKEN: Final = ("number", "unreadable")
"""What every format's select yields besides the columns wanted of it."""

_REFERENCES: Final = ("query:", "path:", "header:", "constant:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A compiled reader: `query` runs over the relation `lines` and yields, in order, `number`, `unreadable`
    (NULL: fine), `matched`, and the columns of `disclosures.raw.RAW`. `notes` are things the user should be told."""

    form: Format
    query: str
    notes: tuple[str, ...]


class _Columns:
    """Resolves what a mapping names to SQL over the format's columns, and remembers which of them are wanted."""

    def __init__(self, form: Format, mapping: Mapping, header: Sequence[str]) -> None:
        self.form, self.mapping, self.header = form, mapping, header
        self.wanted: dict[str, None] = {}
        self.routed = False
        self.keys: dict[str, None] = {}
        self.notes: list[str] = []

    def has(self, column: str) -> bool:
        return self.form.may_have(column, self.header)

    def source(self, column: str) -> str:
        if column.lower() in TAKEN:
            raise ConfigError(f"A source's column {column!r} cannot be used under this name; rename it in the source.")
        twin = next((h for h in self.header if h != column and h.lower() == column.lower()), None)
        if twin is not None:
            raise ConfigError(f"The source's columns {column!r} and {twin!r} differ only in case; rename one of them in the source.")
        self.wanted.setdefault(column)
        return sql.name(f"in:{column}")

    def expression(self, key: str, value: str, captures: Sequence[str] = ()) -> str:
        """SQL for one value of the mapping: a column, a template of columns, `query:`/`header:`/`path:`, or a constant."""
        if value.startswith(("constant:", "=")):
            return sql.text(value.partition(":")[2] if value.startswith("constant:") else value[1:])
        if len(value) > 1 and value[0] == value[-1] == "'":
            return sql.text(value[1:-1])
        if value.startswith("query:"):
            self.request_line()
            self.keys.setdefault(value[6:])
            return sql.parameter(value[6:])
        if value.startswith("path:"):
            return self._path(key, value[5:])
        if value.startswith("header:"):
            return self.source(self._header(key, value[7:]))
        if "{" in value:
            return (
                "concat(" + ", ".join(self.source(self._known(key, part)) if hole else sql.text(part) for hole, part in pieces(value)) + ")"
            )
        if self.has(value):
            return self.source(value)
        if key in LEVELS:
            self.notes.append(f"{key} is the constant {value!r}: a {self.form.id} source has no column of that name")
            return sql.text(value)
        raise ConfigError(f"[columns] {key} = {value!r}: {self._missing(value)}")

    def request_line(self) -> tuple[str, str]:
        """SQL of the target (path and query) and of the method, which routes, `query:` and `path:` read."""
        self.routed = True
        columns = self.mapping.columns
        return tuple(self.expression(c, columns.get(c) or self.form.defaults.get(c, c)) for c in ("target", "method"))  # type: ignore[return-value]

    def _known(self, key: str, column: str) -> str:
        if not self.has(column):
            raise ConfigError(f"{key}: {self._missing(column)}")
        return column

    def _missing(self, column: str) -> str:
        have = ", ".join(self.header or self.form.columns)
        return f"the source has no column {column!r}. It has: {have}."

    def _path(self, key: str, place: str) -> str:
        """`path:3` is the third segment of the path; a name is what a surface's route captures under it."""
        self.request_line()
        if place.isdigit():
            return f"coalesce(segments[{int(place) + 1}], '')"
        return f"coalesce(capture_{place}, '')" if place.isidentifier() else self._bad_path(key, place)

    def _bad_path(self, key: str, place: str) -> str:
        raise ConfigError(f"{key} = 'path:{place}': expected path:NUMBER (1 is the first segment) or path:NAME of a name in a route.")

    def _header(self, key: str, header: str) -> str:
        """The format's column for a request or response header: `X-App-Key` may be logged under several spellings."""
        if self.has(f"header:{header}"):
            return f"header:{header}"
        flat = header.lower().replace("-", "_")
        for spelling in (header, flat, f"http_{flat}", f"sent_http_{flat}", f"upstream_http_{flat}"):
            if self.has(spelling) and (self.header or self.form.columns):
                return spelling
        raise ConfigError(
            f"{key} = 'header:{header}': {self.form.id} logs hold no such header. Columns: {', '.join(self.header or self.form.columns)}."
        )


def compile_plan(form: Format, mapping: Mapping, header: Sequence[str] = (), extra: Sequence[str] = ()) -> Plan:
    """Compiles the query. `extra` are source columns to keep as attributes. Raises ConfigError naming key and columns."""
    columns = _Columns(form, mapping, header)
    routes = [(surface, compile_route(surface.match)) for surface in mapping.surface]
    values: dict[str, str | None] = {}
    for column in CANONICAL:
        given = mapping.actor.get(column) or mapping.columns.get(column) or form.defaults.get(column)
        if given is None and form.defaults.get("*") == "own" and columns.has(column):
            given = column
        values[column] = columns.expression(column, given) if given is not None else None
    if values["time"] is not None and mapping.columns.get("time", "time") != form.clock:
        values["time"] = sql.moment(values["time"])
    target, method = columns.request_line() if routes or columns.routed else ("", "")
    _require(form, values, bool(routes))
    names = sorted({name for _, route in routes for name in route.captures})
    per_surface = {
        column: _by_surface(column, routes, values[column], columns) for column in ("subject", "surface", "fields", "reference", "request")
    }
    canonical = {**values, **per_surface}
    attributes = (
        "json_object(" + ", ".join(f"{sql.text(c)}, {columns.source(c)}" for c in extra) + ")" if extra else "CAST(NULL AS VARCHAR)"
    )
    listed = "".join(f", {sql.name(w)} AS {sql.name('in:' + w)}" for w in columns.wanted)
    stages = [f"WITH read AS (SELECT number, unreadable{listed} FROM ({form.select(tuple(columns.wanted), header)}))"]
    before = "read"
    if columns.routed:
        stages.append(f"targets AS (SELECT *, {method if routes else 'NULL'} AS verb, split({target}, '?') AS target_parts FROM read)")
        stages.append(
            "paths AS (SELECT *, target_parts[1] AS path, CASE WHEN len(target_parts) = 2 THEN target_parts[2]"
            " WHEN len(target_parts) > 2 THEN array_to_string(target_parts[2:], '?') ELSE '' END AS query FROM targets)"
        )
        # One trailing slash does not make another route.
        segments = "split(CASE WHEN ends_with(path, '/') AND len(path) > 1 THEN path[:-2] ELSE path END, '/') AS segments"
        for _, route in routes:
            columns.keys.update(dict.fromkeys(route.query_keys))
        cuts, clear = sql.parameters(tuple(columns.keys))
        stages.append(f"cuts AS (SELECT *, {segments}{', ' + cuts if cuts else ''} FROM paths)")
        before = "cuts"
        if clear:
            stages.append(f"parameters AS (SELECT *, {clear} FROM cuts)")
            before = "parameters"
    if routes:
        which = "CASE " + " ".join(f"WHEN {route.condition} THEN {i}" for i, (_, route) in enumerate(routes)) + " END"
        stages.append(f"routed AS (SELECT *, {which} AS which FROM {before})")
        captures = ", ".join(f"{_choose(_capturing(routes, name))} AS capture_{name}" for name in names)
        stages.append(f"captured AS (SELECT *{', ' + captures if captures else ''} FROM routed)")
        before = "captured"
    matched = "which IS NOT NULL" if routes else "true"
    many = [(i, surface.split) for i, (surface, _) in enumerate(routes) if surface.split]
    picked = ", ".join(f"{canonical[c] or 'NULL'} AS c_{c}" for c in CANONICAL if c != "subject")
    subject = canonical["subject"] or "NULL"
    if many:
        splitting = "CASE " + " ".join(
            f"WHEN which = {i} THEN list_transform(string_split({subject}, {sql.text(split or '')}), lambda one: trim(one))"
            for i, split in many
        )
        subject = f"unnest({splitting} ELSE [{subject}] END)"
    stages.append(
        f"picked AS (SELECT number, unreadable, {matched} AS matched, {subject} AS c_subject, {picked}, {attributes} AS attributes FROM {before})"
    )
    return Plan(form=form, query=" ,".join(stages) + _final(), notes=tuple(columns.notes))


def _capturing(routes: Sequence[tuple[Surface, Route]], name: str) -> list[tuple[int, str]]:
    """For a captured name: which routes have it, and the SQL of the capture there."""
    return [(i, route.captures[name]) for i, (_, route) in enumerate(routes) if name in route.captures]


def _choose(options: Sequence[tuple[int, str]]) -> str:
    """SQL that is the option of the surface that matched, NULL for the others."""
    return "CASE " + " ".join(f"WHEN which = {i} THEN {expression}" for i, expression in options) + " END"


def _by_surface(column: str, routes: Sequence[tuple[Surface, Route]], general: str | None, columns: _Columns) -> str | None:
    """SQL for a column that a surface may define itself; `general` is what [columns] or the format say."""
    if not routes:
        return general
    options: list[tuple[int, str]] = []
    for i, (surface, route) in enumerate(routes):
        given = {
            "subject": surface.subject or ("{subject}" if "subject" in route.captures else None),
            "surface": f"={surface.name}",
            "fields": "=" + "|".join(sorted(surface.fields)) if surface.fields else None,
            "reference": surface.reference,
            "request": surface.request,
        }[column]
        expression = _surface_value(column, surface, given, route, columns) if given is not None else general
        if column == "subject" and expression is None:
            raise ConfigError(
                f"[[surface]] {surface.name!r}: nothing says whose data it shows; put {{subject}} into match, or subject = ... into the surface or [columns]."
            )
        if expression is not None:
            options.append((i, expression))
    return _choose(options) if options else None


def _surface_value(column: str, surface: Surface, given: str, route: Route, columns: _Columns) -> str:
    if given.startswith("=") or "{" not in given:
        return columns.expression(column, given)
    parts: list[str] = []
    for hole, part in pieces(given):
        if not hole:
            parts.append(sql.text(part))
        elif part in route.captures:
            parts.append(f"capture_{part}")
        elif columns.has(part):
            parts.append(columns.source(part))
        else:
            raise ConfigError(
                f"[[surface]] {surface.name!r}: {column} uses {{{part}}}, which neither match ({', '.join(route.captures)}) nor the source has."
            )
    return parts[0] if len(parts) == 1 else "concat(" + ", ".join(parts) + ")"


def _require(form: Format, values: dict[str, str | None], routed: bool) -> None:
    if values["time"] is None:
        raise ConfigError(f"Nothing says when: a {form.id} source has no column `time`; say [columns] time = ... in the mapping.")
    if values["subject"] is None and not routed:
        raise ConfigError(
            f"Nothing says whose data a {form.id} source shows: give a mapping with [[surface]] routes or [columns] subject = ... "
            "(`nilometer mapping suggest FILE` proposes one)."
        )
    if not any(values[level] for level in LEVELS):
        raise ConfigError(f"Nothing says who was shown it: no actor level in [actor]; expected at least one of {', '.join(LEVELS)}.")


_NOTHING: Final = "('', '-')"  # how logs write that there is no value


def _final() -> str:
    """The last stage: canonical types, and a reason for each row that is no disclosure.

    Actor levels, surface, fields and reference are not cleaned here: that is done on their few distinct values, when
    they are pseudonymised. Conditions are ordered so that the common case ends at the first of them.
    """
    nobody = " AND ".join(f"(c_{level} IS NULL OR c_{level} IN {_NOTHING})" for level in LEVELS)
    no_subject = (
        f"c_subject IS NULL OR c_subject IN {_NOTHING} OR (c_subject < '!' AND trim(c_subject, chr(32) || chr(9) || chr(10) || chr(13)) = '')"
        " OR (c_subject > '~' AND regexp_full_match(c_subject, '[\\s\\p{Z}]*'))"
    )
    several = "c_subject[1] IN ('[', '{') AND json_valid(c_subject)"
    ordinal = (
        "CASE WHEN try_cast(c_subject AS BIGINT) IS NOT NULL THEN try_cast(c_subject AS BIGINT)"
        " ELSE try_cast(regexp_extract(c_subject, '([0-9]{1,18})(?:\\.0+)?$', 1) AS BIGINT) END"
    )
    status = f"CASE WHEN c_status IS NULL OR c_status IN {_NOTHING} THEN 200 ELSE try_cast(try_cast(c_status AS DOUBLE) AS SMALLINT) END"
    return f"""
, typed AS (SELECT *, {status} AS status FROM picked)
SELECT number, CASE WHEN unreadable IS NOT NULL THEN unreadable WHEN NOT matched THEN NULL
    WHEN c_time IS NULL THEN 'the time is missing or not understood'
    WHEN c_time < TIMESTAMP '{EARLIEST}' OR c_time >= TIMESTAMP '{LATEST}' THEN 'the time is outside {EARLIEST[:4]}-{LATEST[:4]}'
    WHEN {no_subject} THEN 'no subject' WHEN {several} THEN 'the subject is a list or an object' WHEN {nobody} THEN 'no actor at any level'
    WHEN status IS NULL THEN 'the status is not a number' END AS unreadable,
  matched, c_time AS time, c_subject AS subject, {", ".join(f"CAST(c_{n} AS VARCHAR) AS {n}" for n in (*LEVELS, "surface", "fields"))}, status,
  CAST(c_reference AS VARCHAR) AS reference, CAST(c_request AS VARCHAR) AS request, {ordinal} AS ordinal, attributes
FROM typed"""
