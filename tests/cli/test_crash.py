"""kill -9 at any moment: what was acknowledged stays, nothing is half visible, and in the end the ledger is the one of a quiet day."""

from __future__ import annotations

import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from nilometer.app import assembly
from nilometer.ledger import folds
from nilometer.ledger.views import VIEWS
from tests.cli.running import Done, finished, lines, row, run, start, written

ROUNDS = 25
SECONDS = 40.0
FILES = 12
ROWS = 400


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("logs")
    made = []
    for number in range(FILES):
        rows = [row(number * ROWS + i, app=f"app-{i % 3}", account=f"a{i % 7}", extra=f"x{i}") for i in range(ROWS)]
        made.append(written(folder / f"{number:02d}.ndjson", lines(rows) + b"not a disclosure\n"))
    return made


def state(home: Path) -> dict[str, Any]:
    """Everything a user could ask of a home, without its generation and file names."""
    opened = assembly.open_home(home)
    try:
        held = opened.ledger
        assert held.check() == []
        return {
            "sources": sorted((Path(s.label).name, s.entries, s.disclosures, s.unreadable, s.complete) for s in held.manifest.sources),
            "rows": sum(s.rows for s in held.manifest.segments),
            "people": held.subjects(),
            "unreadable": sorted((Path(r["source"]).name, r["number"], r["text"]) for r in held.unreadable().to_pylist()),
            "names": {kind: sorted(held.names(kind).values()) for kind in ("app", "account", "surface", "fields")},
            "views": {
                (view, level): sorted(str(named(r, held.names(level))) for r in held.answer(view, level=level).to_pylist())
                for view in VIEWS
                for level in ("app", "account")
                if view != "surfaces"
            },
        }
    finally:
        opened.close()


def named(answer: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    return {**answer, "actor": names[answer["actor"]]}


def acknowledged(home: Path) -> tuple[int, set[str]]:
    if not (home / "ledger" / "manifest.json").exists():
        return 0, set()
    opened = assembly.open_home(home)
    try:
        held = opened.ledger.manifest
        assert all((opened.ledger.folder / name).exists() for name in held.named_files())
        return sum(s.rows for s in held.segments), {s.label for s in held.sources}
    finally:
        opened.close()


def killed(process: Any, after: float) -> Done:
    deadline = time.monotonic() + after
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.003)
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    return finished(process)


def test_killed_at_random_moments_nothing_is_lost_and_nothing_twice(tmp_path: Path, logs: list[Path]) -> None:
    calm = tmp_path / "calm"
    assert run("ingest", *logs, home=calm).code == 0
    home, dice = tmp_path / "home", random.Random(20260102)
    began, kills, usual = time.monotonic(), 0, 2.0
    for attempt in range(ROUNDS):
        if time.monotonic() - began > SECONDS:
            break
        before = acknowledged(home)
        chosen = logs[attempt * FILES // ROUNDS :][:1] or logs[-1:]  # one file a command: many commits to die between
        started = time.monotonic()
        done = killed(start("ingest", *chosen, home=home), dice.uniform(0.15, 1.0) * usual)
        if done.code == 0:
            usual = 0.7 * usual + 0.3 * (time.monotonic() - started)
        kills += done.code == -signal.SIGKILL
        after = acknowledged(home)
        assert before[0] <= after[0]
        assert before[1] <= after[1]
        assert after[0] % ROWS == 0, "a source is there whole or not at all"
        if done.code == 0:
            assert str(chosen[0]) in after[1], "what was acknowledged is there"
        if attempt % 4 == 3 and after[0]:  # die while exposures are folded, too
            killed(start("who", "user-1", home=home), dice.uniform(0.3, 1.0) * usual)
    assert kills >= 3, "the machine is too quick for this test; kill sooner"
    assert run("ingest", *logs, home=home).code == 0
    assert state(home) == state(calm)
    assert named_only(home)
    assert run("who", "user-7", "--json", home=home).json["exposures"] == run("who", "user-7", "--json", home=calm).json["exposures"]


def named_only(home: Path) -> bool:
    """Whether the ledger's folders hold what the manifest names and nothing else."""
    opened = assembly.open_home(home)
    try:
        with opened.ledger.writing("a test"):  # the next writer sweeps
            pass
        held = opened.ledger.manifest.named_files()
        folders = ("segments", "folds", "names", "attributes", "unreadable")
        found = {f"{p.parent.name}/{p.name}" for f in folders for p in (opened.ledger.folder / f).iterdir()}
        return found == held
    finally:
        opened.close()


def test_killed_while_folding_the_answer_stays(tmp_path: Path, logs: list[Path]) -> None:
    home = tmp_path / "home"
    run("ingest", *logs[:3], home=home)
    opened = assembly.open_home(home)
    (opened.ledger.folder / "folds" / "00000099.parquet").write_bytes(b"PAR1 half a fold")  # what dying while folding leaves
    assert len(folds.unfolded(opened.ledger)) == 1
    opened.close()
    answer = run("who", "user-5", "--json", home=home).json
    assert [e["count"] for e in answer["exposures"]] == [1, 1]
    assert named_only(home)
    assert run("who", "user-5", "--json", home=home).json == answer


def test_a_key_is_made_once_even_by_many_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    files = [written(tmp_path / f"{n}.ndjson", [row(n)]) for n in range(4)]
    done = [finished(p) for p in [start("ingest", f, home=home) for f in files]]
    assert {d.code for d in done} <= {0, 3}
    for d in done:
        if d.code == 3:
            assert "being written by nilometer ingest (process" in d.err
    assert run("ingest", *files, home=home).code == 0
    assert run("actor", "app", "app-1", "--json", home=home).json["people"] == 4


def test_two_at_once_get_one_clear_message(tmp_path: Path, logs: list[Path]) -> None:
    home = tmp_path / "home"
    run("ingest", logs[0], home=home)
    before = state(home)
    opened = assembly.open_home(home)
    with opened.ledger.writing("nilometer ingest"):
        done = finished(start("ingest", logs[1], "--json", home=home))
        assert run("who", "user-1", "--json", home=home).json["exposures"], "readers need no lock"
    opened.close()
    assert (done.code, done.out) == (3, "")
    [message] = done.err.strip().splitlines()
    assert "being written by nilometer ingest (process " in message
    assert "nothing was changed" in message
    assert state(home) == before
    shutil.rmtree(home)
