"""Only clock.py reads the wall clock; everything else is handed a clock, so that any day can be replayed."""

from __future__ import annotations

import ast
import re
from typing import Final

import pytest

from tests.rules import tree

WALL: Final = frozenset(
    {
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "time.localtime",
        "time.gmtime",
        "time.ctime",
        "time.asctime",
        "uuid.uuid1",
    }
)
STOPWATCH: Final = frozenset({"time.perf_counter", "time.perf_counter_ns", "time.monotonic", "time.monotonic_ns"})
STOPWATCH_ROOMS: Final = frozenset({"cli", "app", "api", "console"})
IN_SQL: Final = re.compile(
    r"\b(now\(\)|get_current_time(stamp)?\(\)|today\(\)|current_timestamp|current_date|current_localtimestamp)", re.IGNORECASE
)


def _docstrings(module: ast.Module) -> set[int]:
    return {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}


def clock_reads(module: ast.Module, *, stopwatch: bool) -> list[tuple[int, str]]:
    """Where a module reads the wall clock, in Python or in SQL; a stopwatch (which knows no date) is allowed where `stopwatch` says."""
    found = {(line, name) for name, line in tree.names_used(module) if name in WALL or (name in STOPWATCH and not stopwatch)}
    prose = _docstrings(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            found.update((node.lineno, match.group()) for match in IN_SQL.finditer(node.value))
    return sorted(found)


def test_only_the_clock_reads_the_clock() -> None:
    wrong = []
    for path, module in tree.modules():
        if tree.dotted(path) != "clock":
            reads = clock_reads(module, stopwatch=tree.room_of(path) in STOPWATCH_ROOMS)
            wrong += [f"{tree.short(path)}:{line}: {name}; take a clock as a parameter" for line, name in reads]
    assert wrong == []


@pytest.mark.parametrize(
    "bad",
    [
        "from datetime import datetime\nx = datetime.now()",
        "import datetime as dt\nx = dt.datetime.utcnow()",
        "from datetime import datetime as D, UTC\nf = D.now",
        "from datetime import date\nx = date.today()",
        "import time\nx = time.time()",
        "from time import time\nx = time()",
        "import time as t\nx = t.perf_counter()",
        "q = 'SELECT now()'",
        "q = f'SELECT * FROM t WHERE at < CURRENT_TIMESTAMP {1}'",
    ],
)
def test_a_clock_read_is_seen(bad: str) -> None:
    assert clock_reads(ast.parse(bad), stopwatch=False)


def test_what_reads_no_wall_clock_is_fine() -> None:
    assert clock_reads(ast.parse("import time\nx = time.perf_counter()\ntime.sleep(1)"), stopwatch=True) == []
    assert clock_reads(ast.parse('"""Not now()."""\nfrom datetime import datetime\nx = datetime.fromtimestamp(0)'), stopwatch=False) == []
