"""Reading JSON objects with open keys: named columns are found under the first of several paths, all other names are paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from nilometer.sources import sql

Path = tuple[str | int, ...]


class Fields:
    """Collects the paths that a query needs, so that each entry is parsed once; hands out SQL for them."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._steps: tuple[dict[str, str], ...] = ({}, {}, {})

    def at(self, *path: str | int) -> str:
        """SQL: the text under a path of keys and positions; NULL when it is absent or JSON null."""
        written = "$" + "".join(f"[{key}]" if isinstance(key, int) else f'."{key}"' for key in path)
        if any(isinstance(key, str) and (not key.strip("*") or '"' in key or "\\" in key) for key in path):
            return "CAST(NULL AS VARCHAR)"  # JSON paths cannot name such keys
        return f"j[{self._places.setdefault(written, len(self._places) + 1)}]"

    def first(self, *keys: str | Path) -> str:
        """SQL: the first of these that is there and neither empty nor `-`. A dot in a plain string separates keys."""
        found = [sql.present(self.at(*(key.split(".") if isinstance(key, str) else key))) for key in keys]
        return found[0] if len(found) == 1 else self.step(f"coalesce({', '.join(found)})", 0)

    def step(self, expression: str, level: int = 1) -> str:
        """The name of a column that holds the expression: what is used several times is planned and run once.

        An expression may use what the levels below its own hold.
        """
        step = self._steps[level]
        return step.setdefault(expression, f"step{level}_{len(step) + 1}")

    def stages(self, before: str) -> tuple[str, str]:
        """SQL of the steps as further stages behind the stage `before`, and the name of the last one."""
        written = ""
        for level, step in enumerate(self._steps):
            if step:
                listed = ", ".join(f"{expression} AS {name}" for expression, name in step.items())
                written += f",\nlevel{level} AS (SELECT *, {listed} FROM {before})"
                before = f"level{level}"
        return written, before

    def named(self, column: str) -> str:
        """SQL: what a mapping names: a top-level key with this very name, or a dotted path into nested objects."""
        if "." not in column:
            return self.at(column)
        return f"coalesce({self.at(column)}, {self.at(*column.split('.'))})"

    def paths(self) -> str:
        """SQL: the list of the collected paths."""
        return "[" + ", ".join(sql.text(path) for path in self._places or {"$.none": 1}) + "]"


Columns = Mapping[str, Callable[[Fields], str]]
"""What a format calls its columns, and how each is made of an entry's fields."""


def fields_select(
    wanted: Sequence[str],
    columns: Columns,
    header: Callable[[Fields, str], str] | None = None,
    *,
    entry: Callable[[Fields], str] | None = None,
    text: str = "line",
    verbatim: Sequence[str] = (),
    what: str = "a JSON object",
) -> str:
    """SQL over the JSON objects in the column `text` of `lines`.

    `header` gives a request header (`header:X-App-Key`); `entry` is true for objects that are entries of the log, others
    are passed over; `verbatim` are names of columns that `lines` has besides.
    """
    fields = Fields()
    chosen = ""
    for want in wanted:
        if want in columns:
            expression = columns[want](fields)
        elif want.startswith("header:") and header is not None:
            expression = header(fields, want.removeprefix("header:"))
        elif want in verbatim:
            expression = f"nullif({sql.name(want)}, '')"
        else:
            expression = fields.named(want)
        chosen += f", {expression} AS {sql.name(want)}"
    test = f" WHEN j IS NOT NULL AND NOT coalesce({entry(fields)}, false) THEN ''" if entry is not None else ""
    source = sql.name(text)
    kept = "".join(f", {sql.name(v)}" for v in verbatim if v in wanted)
    steps, last = fields.stages("parsed")
    return f"""
WITH mended AS (SELECT number, {source} AS entry_text{kept}, CASE WHEN json_valid({source}) OR NOT contains({source}, {sql.text(_ESCAPE)}) THEN {source}
  ELSE regexp_replace({source}, {sql.text(_BARE_ESCAPE)}, {sql.text(_MENDED)}, 'g') END AS text FROM lines),
parsed AS (SELECT *, CASE WHEN json_valid(text) AND ltrim(text, {_BLANKS})[1] = '{{' THEN json_extract_string(text, {fields.paths()}) END AS j FROM mended){steps}
SELECT number, CASE WHEN entry_text IS NULL OR trim(entry_text, {_BLANKS}) = '' THEN ''{test} WHEN j IS NULL THEN {sql.text("not " + what)} END AS unreadable{chosen}
FROM {last}"""


# `\\x22` is no JSON, but nginx writes it without escape=json, and the reader for bytes that are no UTF-8. Unmended, a
# client could keep its requests out of the ledger with one odd byte.
_ESCAPE: Final = "\\x"
_BARE_ESCAPE: Final = r"(^|[^\\])((?:\\\\)*)\\x"
_MENDED: Final = r"\1\2\\\\x"
_BLANKS: Final = "chr(32) || chr(9) || chr(10) || chr(13)"


def header_keys(header: str) -> tuple[str, ...]:
    """The keys under which logs with chosen names keep a request header such as `X-App-Key`."""
    lower = header.lower()
    flat = lower.replace("-", "_")
    found = (
        f"http_{flat}",
        flat,
        lower,
        header,
        f"header_{flat}",
        f"request_header_{flat}",
        f"req_{flat}",
        f"sent_http_{flat}",
        f"upstream_http_{flat}",
    )
    return tuple(dict.fromkeys(found))


def canonical_header(header: str) -> str:
    """A header's name as Go's net/http spells it: `x-app-key` is `X-App-Key`."""
    return "-".join(part[:1].upper() + part[1:].lower() for part in header.split("-"))
