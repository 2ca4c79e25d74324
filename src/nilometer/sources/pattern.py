"""Reading text lines with one regular expression, and the small pieces of SQL that web log formats share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from nilometer.errors import ConfigError
from nilometer.sources import sql
from nilometer.sources.format import Sample

QUOTED: Final = r'"((?:[^"\\]|\\.)*)"'
"""A quoted field in which a backslash hides the next character."""

_UNUSUAL: Final = r"[\\\t\n\f\r\v]"
"""Escapes, and blanks other than the space: lines with these take the long way."""


def pattern_select(
    wanted: Sequence[str],
    pattern: str,
    groups: Sequence[str],
    columns: Mapping[str, str],
    *,
    mark: str,
    what: str,
    steps: Sequence[Mapping[str, str]] = (),
    plain: tuple[str, Mapping[str, str]] | None = None,
) -> str:
    """SQL that matches each line once; `columns` are SQL over the struct `p` of `groups` and the columns that `steps` add.

    `plain` is a short cut for lines of the usual shape, which must give the same: a condition over `q`, the line split at
    quotes, and `a`, what stands before the first split at spaces; and SQL over them for the groups (others are empty).
    A step names SQL over what the steps before it have: an expression used several times is planned and run once.
    A line is read when the group `mark` is not empty; `what` says in words what the line should have been.
    """
    unknown = [w for w in wanted if w not in columns]
    if unknown:
        raise ConfigError(f"{what[0].upper()}{what[1:]} has no column {unknown[0]!r}. It has: {', '.join(columns)}.")
    chosen = "".join(f", {columns[w]} AS {sql.name(w)}" for w in wanted)
    found = f"regexp_extract(line, {sql.text(pattern)}, {_texts(groups)})"
    stages = [f"WITH cut AS (SELECT number, line, {found} AS p FROM lines)"]
    if plain is not None:
        condition, parts = plain
        packed = ", ".join(f"{sql.name(group)} := {parts.get(group, chr(39) * 2)}" for group in groups)
        stages = [
            "WITH quoted AS (SELECT number, line, split(line, '\"') AS q FROM lines)",
            "headed AS (SELECT *, split(q[1], ' ') AS a FROM quoted)",
            f"cut AS (SELECT number, line, CASE WHEN {condition} AND NOT regexp_matches(line, {sql.text(_UNUSUAL)}) THEN struct_pack({packed}) ELSE {found} END AS p FROM headed)",
        ]
    before = "cut"
    for place, step in enumerate(steps):
        stages.append(f"step{place} AS (SELECT *, {', '.join(f'{value} AS {name}' for name, value in step.items())} FROM {before})")
        before = f"step{place}"
    return f"""
{", ".join(stages)}
SELECT number, CASE WHEN trim(line) = '' THEN '' WHEN p.{mark} IS NULL OR p.{mark} = '' THEN {sql.text("not " + what)} END AS unreadable{chosen} FROM {before}"""


def _texts(words: Sequence[str]) -> str:
    return "[" + ", ".join(sql.text(word) for word in words) + "]"


def share(sample: Sample, pattern: re.Pattern[str]) -> float:
    """Which share of the sample's lines, blank ones aside, the pattern matches."""
    lines = [line for line in sample.lines if line.strip()]
    return sum(1 for line in lines if pattern.search(line)) / len(lines) if lines else 0.0


def method_of(words: str) -> str:
    """SQL: the method, from the words (LIST) of a request line."""
    return f"CASE WHEN len({words}) >= 2 THEN nullif({words}[1], '') END"


def target_of(words: str) -> str:
    """SQL: the target, from the words (LIST) of a request line; what stands between method and protocol, with its spaces."""
    return (
        f"nullif(CASE WHEN len({words}) < 2 THEN NULL WHEN len({words}) = 2 THEN {words}[2]"
        f" WHEN NOT starts_with({words}[len({words})], 'HTTP/') THEN array_to_string({words}[2:], ' ')"
        f" WHEN len({words}) = 3 THEN {words}[2] ELSE array_to_string({words}[2:len({words}) - 1], ' ') END, '')"
    )


def protocol_of(words: str) -> str:
    """SQL: the protocol, from the words (LIST) of a request line."""
    return f"CASE WHEN len({words}) >= 3 AND starts_with({words}[len({words})], 'HTTP/') THEN {words}[len({words})] END"


def unescaped_target(target: str) -> str:
    """SQL: a target as it was sent, with a server's own escapes (`\\xE5`, `\\"`, `\\\\`) as percent escapes.

    One id must come out the same whether the client sent it percent-encoded or raw.
    """
    slash = f"replace({target}, chr(92) || chr(92), '%5C')"
    quote = f"replace({slash}, chr(92) || '\"', '%22')"
    return f"CASE WHEN contains({target}, chr(92)) THEN regexp_replace({quote}, '\\\\x([0-9A-Fa-f]{{2}})', '%\\1', 'g') ELSE {target} END"


def path_of(url: str) -> str:
    """SQL: the path and query of a target that may have scheme and host before them (a proxied request); a bare host is `/`."""
    rest = f"regexp_replace({url}, '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*', '')"
    return f"CASE WHEN starts_with({url}, '/') THEN {url} WHEN contains({url}, '://') THEN coalesce(nullif({rest}, ''), '/') ELSE {url} END"


def without_port(address: str) -> str:
    """SQL: an address that always carries a port (`203.0.113.9:443`, `[2001:db8::1]:443`, `2001:db8::1:443`), without it."""
    bare = f"regexp_replace({address}, ':[0-9]*$', '')"
    return sql.present(f"CASE WHEN starts_with({address}, '[') THEN split_part(substr({address}, 2), ']', 1) ELSE {bare} END")


def without_any_port(address: str) -> str:
    """SQL: an address that may carry a port, without it; an IPv6 address with a port must be in brackets."""
    return sql.present(
        f"CASE WHEN starts_with({address}, '[') THEN split_part(substr({address}, 2), ']', 1)"
        f" WHEN contains({address}, '.') AND len({address}) - len(replace({address}, ':', '')) = 1 THEN split_part({address}, ':', 1)"
        f" ELSE {address} END"
    )


def first_of_list(addresses: str) -> str:
    """SQL: the first entry of an X-Forwarded-For list: the client, as far as its word can be trusted."""
    return without_any_port(f"trim(split_part({addresses}, ',', 1))")


REQUEST: Final = ({"words": "split(p.request, ' ')"}, {"sent": target_of("words")})
"""Steps for a request line in the group `request`: its `words`, then what was `sent` between method and protocol."""
