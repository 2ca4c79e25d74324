"""A bundle changed by an insider, who has the log's signing key and makes every manifest and the bag's signature fit: the log says otherwise."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nilometer as nm
from nilometer.app import casebook, casefacts, cases, journal
from nilometer.clock import rfc3339
from nilometer.evidence import casecheck
from nilometer.evidence.bagcheck import OF_THE_LOG, PROOFS, files_digest
from nilometer.evidence.bundlecheck import check_bundle
from nilometer.evidence.standalone import Wrong
from nilometer.tlog import note
from tests.promises import tampering

Held = dict[str, bytes]


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home with a case, and its bundle."""
    home, _, zipped = tampering.good(tmp_path_factory.mktemp("insider"))
    return home, zipped


def test_the_steps_taken_and_what_each_says(made: tuple[Path, Path]) -> None:
    steps: list[str] = []
    said = check_bundle(made[1], (made[0] / "keys" / "log.vkey").read_text(), steps.append)
    words = [step for step in steps if not step.startswith(" ")]
    assert [step.split(".")[0] for step in words] == [str(n) for n in range(1, 11)]
    assert "rest on step 5" in words[6]
    assert f"of case {said['case']}" in words[8]


def changed(zipped: Path, home: Path, change: Callable[[Held], object], out: Path) -> Path:
    """The bundle with a change to its payload (names without the bag's), manifests and signature made to fit by the home's own key."""
    held = tampering._unpacked(zipped)
    prefix = next(iter(held)).split("/")[0] + "/data/"
    payload = {name[len(prefix) :]: content for name, content in held.items() if name.startswith(prefix)}
    change(payload)
    held = {name: content for name, content in held.items() if not name.startswith(prefix)} | {prefix + n: c for n, c in payload.items()}
    tampering._remade(held)
    tampering._resigned(held, note.secret_key((home / "keys" / "log.skey").read_text().strip()))
    tampering._packed(out, held)
    return out


def facts(change: Callable[[dict[str, Any]], object]) -> Callable[[Held], None]:
    def apply(held: Held) -> None:
        said = json.loads(held["case.json"])
        change(said)
        held["case.json"] = json.dumps(said).encode()

    return apply


def _renamed(held: Held) -> None:
    for name in ("names.csv", "disclosures.csv"):
        held[name] = held[name].replace(b"acc-11", b"acc-99")


def _entries(change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Held], None]:
    def apply(held: Held) -> None:
        lines = [json.loads(line) for line in held["log/entries.ndjson"].splitlines()]
        before = {line["index"] for line in lines}
        change(lines)
        for index in before - {line["index"] for line in lines}:
            del held[f"log/proofs/{index:08d}.leaf"], held[f"log/proofs/{index:08d}.tlog-proof"]
        held["log/entries.ndjson"] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    return apply


def _kind(line: dict[str, Any]) -> str:
    return str(json.loads(line["leaf"])["kind"])


def _without_heads(held: Held) -> None:
    for name in [name for name in held if name.startswith("log/checkpoints/")]:
        del held[name]
    held["log/consistency.json"] = b"[]"


def _without_opening(lines: list[dict[str, Any]]) -> None:
    lines.remove(next(line for line in lines if _kind(line) == "case"))


def _custody(held: Held) -> None:
    said = json.loads(held["custody.json"])
    said["steps"][0]["by"] = "somebody else"
    held["custody.json"] = json.dumps(said).encode()


INSIDERS: dict[str, Callable[[Held], object]] = {
    "another account": _renamed,
    "history": facts(lambda said: said["history"].pop(0)),
    "a step's words": facts(lambda said: said["history"][1].update(did="closed as benign")),
    "state": facts(lambda said: said.update(state="closed")),
    "verdict": facts(lambda said: said.update(verdict="benign")),
    "hold": facts(lambda said: said.update(hold=True)),
    "assigned": facts(lambda said: said.update(assigned="eve")),
    "actors": facts(lambda said: said["actors"][0].update(id="acc-3")),
    "companies": facts(lambda said: said.update(companies=["another"])),
    "items": facts(lambda said: said["items"]["person records"].update(count=1)),
    "field items": facts(lambda said: said["items"]["field items"].update(count=1)),
    "unknown": facts(lambda said: said.update(unknown=[])),
    "a finding's actors": facts(lambda said: said["findings"][0]["actors"][0].update(id="acc-3")),
    "a finding's people": facts(lambda said: said["findings"][0].update(people=1)),
    "a finding's reasons": facts(lambda said: said["findings"][0]["reasons"].pop()),
    "title": facts(lambda said: said.update(title="Nothing happened")),
    "severity": facts(lambda said: said.update(severity="low")),
    "people at detection": facts(lambda said: said.update(people_at_detection=1)),
    "the opening entry": _entries(_without_opening),
    "a settings entry": _entries(lambda lines: lines.remove(next(line for line in lines if _kind(line) == "settings"))),
    "the entry that sealed it": _entries(lambda lines: lines.pop()),
    "earlier heads": _without_heads,
    "the report": lambda held: held.update({"report.html": b"<p>nothing</p>"}),
    "people.parquet": lambda held: held.update({"people.parquet": held["asked-not-shown.parquet"]}),
    "custody": _custody,
    "settings": lambda held: held.update({"settings.json": b"{}"}),
    "verify.py": lambda held: held.update({"verify.py": b"print('Everything holds')"}),
    "one file more": lambda held: held.update({"more.txt": b"more"}),
    "one file less": lambda held: held.pop("certification.txt"),
}


@pytest.mark.parametrize("way", INSIDERS)
def test_an_insider_s_change_is_found(made: tuple[Path, Path], tmp_path: Path, way: str) -> None:
    spoiled = changed(made[1], made[0], INSIDERS[way], tmp_path / "case.zip")
    with pytest.raises(Wrong):
        check_bundle(spoiled)


def test_nothing_changed_still_holds(made: tuple[Path, Path], tmp_path: Path) -> None:
    check_bundle(changed(made[1], made[0], lambda held: None, tmp_path / "case.zip"))


CASE = [way for way in INSIDERS if INSIDERS[way].__qualname__.startswith("facts.") and way not in ("companies", "items", "unknown")]


@pytest.mark.parametrize("way", CASE)
def test_the_case_itself_is_held_against_the_entries(made: tuple[Path, Path], way: str) -> None:
    """Also where nothing else would say so: what follows from entries is derived, not only covered by a digest."""
    held = tampering._unpacked(made[1])
    prefix = next(iter(held)).split("/")[0] + "/data/"
    with nm.open(made[0]) as opened:
        every = journal.entries(opened.home)
    indices = [json.loads(line)["index"] for line in held[prefix + "log/entries.ndjson"].splitlines()][:-1]
    entries = [{"index": e.index, "at": rfc3339(e.at), "kind": e.kind, "by": e.by, "body": e.body} for e in every if e.index in indices]
    payload = {"case.json": held[prefix + "case.json"]}
    casecheck.check_case(json.loads(payload["case.json"]), entries)
    INSIDERS[way](payload)
    if way in ("field items", "people at detection"):
        return  # counted anew from the rows, which this does not look at
    with pytest.raises(Wrong):
        casecheck.check_case(json.loads(payload["case.json"]), entries)


def test_a_home_and_a_stranger_fold_the_same_case(made: tuple[Path, Path]) -> None:
    with nm.open(made[0]) as opened:
        home = opened.home
        [ident] = casebook.read(home)
        for did, more in (("hold", {}), ("assign", {"to": "ann"}), ("state", {"state": "contained"}), ("release", {})):
            cases.told(home, ident, did, "because", **more)
        cases.closed(home, ident, "confirmed", "they said so")
        cases.told(home, ident, "reopen", "they did not")
        case = casebook.one(home, ident)
        entries = [{"index": e.index, "at": rfc3339(e.at), "kind": e.kind, "by": e.by, "body": e.body} for e in journal.entries(home)]
        told = casecheck.derived(entries, ident)
        assert told["history"] == casefacts.past(home, case)
        assert told["held"] == list(case.findings)
        for name, value in casefacts.head(case, []).items():
            assert told.get(name, value) == value, name


def test_the_digest_over_files_leaves_out_only_what_is_checked_otherwise(made: tuple[Path, Path]) -> None:
    held = tampering._unpacked(made[1])
    manifest = next(content for name, content in held.items() if name.endswith("/manifest-sha256.txt")).decode()
    whole = files_digest(manifest)
    for line in manifest.splitlines():
        other = manifest.replace(line, hashlib.sha256(b"other").hexdigest() + line[64:])
        assert (files_digest(other) == whole) == (line[66:] in OF_THE_LOG or line[66:].startswith(PROOFS)), line
    assert {line[66:] for line in manifest.splitlines()} >= set(OF_THE_LOG)
    assert "data/log/checkpoints/" in manifest


def test_custody_runs_forwards(made: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(made[1]) as archive:
        name = next(one for one in archive.namelist() if one.endswith("custody.json"))
        steps = json.loads(archive.read(name))["steps"]
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)
    assert [step["did"].split()[0] for step in steps][-2:] == ["began", "sealed"]
    assert all("why" in step for step in steps[-2:])
    assert len(steps[-1]["sealed_files"]) == 64
