"""Runs the front door for tests: in this process where an answer is looked at, as a process of its own where it is killed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nilometer.cli.main import run as entry

COMMAND = (sys.executable, "-c", "from nilometer.cli.main import run; run()")
BEGIN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)


def run(*arguments: object, home: Path | None = None, stdin: bytes = b"") -> Done:
    """The command in this process, through the same entry point as the installed one."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    given = [*(str(a) for a in arguments), *(["--home", str(home)] if home else [])]
    code: object = None
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            entry(given)
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdin = before
    assert code is None or isinstance(code, int)
    return Done(code or 0, *(stream.buffer.getvalue().decode() for stream in (out, err)))  # type: ignore[attr-defined]


def start(*arguments: object, home: Path | None = None, **more: Any) -> subprocess.Popen[bytes]:
    """The command as a real process."""
    given = [*COMMAND, *(str(a) for a in arguments), *(["--home", str(home)] if home else [])]
    return subprocess.Popen(given, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def finished(process: subprocess.Popen[bytes]) -> Done:
    """Waits for a process that was started."""
    try:
        out, err = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    return Done(process.returncode, out.decode(), err.decode())


def row(number: int, **more: object) -> dict[str, object]:
    """A canonical disclosure; rows of different numbers are different people at different times."""
    time = (BEGIN + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
    return {"time": time, "subject": f"user-{number}", "app": "app-1", "surface": "orders", "fields": ["name", "phone"], **more}


def lines(rows: Iterable[Mapping[str, object]]) -> bytes:
    """Rows as NDJSON."""
    return b"".join(json.dumps(r).encode() + b"\n" for r in rows)


def written(path: Path, content: bytes | Iterable[Mapping[str, object]]) -> Path:
    """A file of bytes, or of rows as NDJSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else lines(content))
    return path


def every_byte(folder: Path) -> Iterable[tuple[Path, bytes]]:
    """Every file below a folder, with its content."""
    for place, _, names in os.walk(folder):
        for name in names:
            yield Path(place, name), Path(place, name).read_bytes()
