"""Reading JSON objects, one a line: shared by every format that logs JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from nilometer.sources import sql
from nilometer.sources.format import Sample


def json_select(wanted: Sequence[str], paths: dict[str, str] | None = None) -> str:
    """SQL that reads JSON objects: each wanted name as text, through `paths` (name -> path or SQL of paths) where given."""
    names = {want: (paths or {}).get(want, want) for want in wanted}
    chosen = sql.json_paths(tuple(names.values()))
    listed = ", ".join(f"{chosen[path]} AS {sql.name(want)}" for want, path in names.items())
    return f"""
WITH parsed AS (SELECT number, line, {sql.json_struct("line", tuple(names.values()))} AS j FROM lines)
SELECT number, CASE WHEN j IS NOT NULL THEN NULL WHEN trim(line) = '' THEN '' ELSE 'not a JSON object' END AS unreadable
{"," if listed else ""} {listed} FROM parsed"""


def objects(sample: Sample) -> list[dict[str, object]]:
    """The JSON objects among the sample's lines; empty when most lines are something else."""
    found: list[dict[str, object]] = []
    lines = [line for line in sample.lines if line.strip()]
    for line in lines:
        try:
            value = json.loads(line if "\\x" not in line else _BARE_ESCAPE.sub(r"\1\\\\x", line))
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found if 2 * len(found) > len(lines) else []


# nginx without escape=json writes `\x22` into its strings, which is no JSON: see jsonfields.
_BARE_ESCAPE = re.compile(r"((?<!\\)(?:\\\\)*)\\x")


def keys(line: str) -> list[str]:
    """The keys of a line that is a JSON object; empty for anything else."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return []
    return list(value) if isinstance(value, dict) else []
