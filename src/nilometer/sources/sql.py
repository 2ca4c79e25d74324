"""Small pieces of SQL that the formats and the mapping share; all of them answer NULL rather than raise."""

from __future__ import annotations

import json
from collections.abc import Sequence


def text(value: str) -> str:
    """`value` as an SQL string literal."""
    return "'" + value.replace("'", "''").replace("\0", "") + "'"


def name(column: str) -> str:
    """`column` as a quoted SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def present(expression: str) -> str:
    """The expression with the ways logs write "nothing" (empty, `-`) as NULL."""
    return f"CASE WHEN {expression} NOT IN ('', '-') THEN {expression} END"  # nullif is a macro: nested, it doubles each time


def moment(expression: str) -> str:
    """Naive UTC TIMESTAMP from text: RFC 3339 or ISO 8601 with or without offset (naive = UTC), or a Unix time in
    seconds, milliseconds, microseconds or nanoseconds, told apart by size."""
    number = f"try_cast({expression} AS DOUBLE)"
    epoch = (
        f"CASE WHEN abs({number}) < 1e11 THEN make_timestamp(CAST(round({number} * 1e6) AS BIGINT))"
        f" WHEN abs({number}) < 1e14 THEN make_timestamp(CAST(round({number} * 1e3) AS BIGINT))"
        f" WHEN abs({number}) < 1e17 THEN make_timestamp(CAST(round({number}) AS BIGINT))"
        f" WHEN abs({number}) < 9e18 THEN make_timestamp(CAST(round({number} / 1e3) AS BIGINT)) END"
    )
    # Casting to TIMESTAMP is quick but drops an offset, so it serves only what ends in Z or carries none.
    zulu = f"ends_with({expression}, 'Z') AND len({expression}) > 19"
    offset = f"regexp_matches({expression}, '[0-9][+-][0-9]{{2}}:?([0-9]{{2}})?$|[A-Za-z]$')"
    quick = f"try_cast({expression} AS TIMESTAMP)"
    slow = f"try_cast({expression} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    return f"CASE WHEN {zulu} THEN {quick} WHEN {number} IS NOT NULL THEN {epoch} WHEN {offset} THEN {slow} ELSE {quick} END"


def clf_moment(expression: str, zone: str) -> str:
    """Naive UTC TIMESTAMP from the Common Log Format's `02/Jan/2006:15:04:05` and its zone `+0800`."""
    offset = (
        f"CASE WHEN {zone} = '+0000' THEN INTERVAL 0 MINUTE ELSE to_minutes(try_cast(substr({zone}, 1, 3) AS INTEGER) * 60"
        f" + try_cast(substr({zone}, 1, 1) || substr({zone}, 4, 2) AS INTEGER)) END"
    )
    return f"try_strptime({expression}, '%d/%b/%Y:%H:%M:%S') - {offset}"


def decoded(expression: str) -> str:
    """Percent-decoded text; what does not decode to UTF-8 stays as it is."""
    return f"CASE WHEN contains({expression}, '%') THEN coalesce(try(url_decode({expression})), {expression}) ELSE {expression} END"


def parameter(key: str) -> str:
    """The column that holds the decoded value of a query parameter ('' when absent), once `parameters` made it."""
    return name(f"param:{key}")


def parameters(keys: Sequence[str]) -> tuple[str, str]:
    """Two steps of columns for query parameters: cut out of the column `query`, then decoded (`+` is a space)."""
    cuts: list[str] = []
    clear: list[str] = []
    for key in keys:
        cut = name(f"cut:{key}")
        found = f"split_part(split_part('&' || query, {text('&' + key + '=')}, 2), '&', 1)"
        cuts.append(f"CASE WHEN contains(query, {text(key + '=')}) THEN {found} ELSE '' END AS {cut}")
        plain = f"replace({cut}, chr(43), chr(32))"
        clear.append(
            f"CASE WHEN contains({cut}, '%') OR contains({cut}, '+') THEN coalesce(try(url_decode({plain})), {plain}) ELSE {cut} END AS {parameter(key)}"
        )
    return ", ".join(cuts), ", ".join(clear)


def json_paths(wanted: Sequence[str]) -> dict[str, str]:
    """SQL for each wanted name as text out of the struct `j` that `json_struct` makes of a line.

    A name is a top-level key first, then a dotted path into nested objects (`userIdentity.arn`), as JSON logs need.
    """
    parents = _parents(wanted)
    found: dict[str, str] = {}
    for want in wanted:
        own = f"j.{name(want)}"
        if want in parents:  # kept as JSON because something below it is wanted too
            own = f"try(json_extract_string({own}, '$'))"
        if "." in want:
            head, rest = want.split(".", 1)
            path = text("$." + ".".join(_quoted(part) for part in rest.split(".")))
            own = f"coalesce({own}, try(json_extract_string(j.{name(head)}, {path})))"
        found[want] = own
    return found


def json_struct(line: str, wanted: Sequence[str]) -> str:
    """SQL that parses `line` once into a struct of the top-level keys that `wanted` needs; NULL when not an object."""
    shape = {want: "VARCHAR" for want in wanted} | {parent: "JSON" for parent in _parents(wanted)}
    is_object = f"starts_with({line}, '{{') OR starts_with(ltrim({line}, chr(32) || chr(9)), '{{')"
    return f"CASE WHEN ({is_object}) AND json_valid({line}) THEN try(json_transform({line}, {text(json.dumps(shape or {'_': 'VARCHAR'}))})) END"


def _parents(wanted: Sequence[str]) -> set[str]:
    return {want.split(".", 1)[0] for want in wanted if "." in want}


def _quoted(key: str) -> str:
    return '"' + key.replace('"', "") + '"'
