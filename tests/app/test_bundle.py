"""A bundle, made through the front door and checked by its own verify.py, alone, and by programs that are not ours."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import nilometer as nm
from nilometer.app import bundle, cases, custody, detect, journal, scope
from nilometer.errors import EvidenceError, InputError
from nilometer.ledger import vault
from tests.promises import tampering


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home and an unpacked bundle of its only case."""
    folder = tmp_path_factory.mktemp("bundle")
    home, _, zipped = tampering.good(folder)
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder / "unpacked")
    return home, next((folder / "unpacked").iterdir())


def verified(*arguments: object, alone: Path) -> subprocess.CompletedProcess[str]:
    """verify.py as a stranger runs it: nothing but the standard library, no environment, from elsewhere."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(alone / "data" / "verify.py"), *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False, cwd="/", env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def test_a_stranger_verifies_it_with_nothing_but_python(made: tuple[Path, Path]) -> None:
    home, bag = made
    done = verified(alone=bag)
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads((bag / "data" / "case.json").read_text())
    every = facts["disclosures"] + facts["asked_not_shown"]["disclosures"]
    assert f"Everything holds: {facts['people']} people, {every} disclosures, case {facts['id']}." in done.stdout
    key = (home / "keys" / "log.vkey").read_text().strip()
    assert verified("--key", key, alone=bag).returncode == 0
    other = verified("--key", key.replace(key[-3], "A" if key[-3] != "A" else "B"), alone=bag)
    assert other.returncode == 1
    assert "DOES NOT HOLD: the bundle was signed by the key" in other.stdout


def test_a_stranger_sees_what_was_changed(made: tuple[Path, Path], tmp_path: Path) -> None:
    _, bag = made
    copy = tmp_path / bag.name
    shutil.copytree(bag, copy)
    people = copy / "data" / "people.csv"
    people.write_text(people.read_text().replace("phone", "fone", 1))
    done = verified(alone=copy)
    assert done.returncode == 1
    assert "DOES NOT HOLD: data/people.csv was changed" in done.stdout
    assert "Traceback" not in done.stderr


def test_verify_imports_nothing_but_the_standard_library(made: tuple[Path, Path]) -> None:
    text = (made[1] / "data" / "verify.py").read_text()
    names = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert names <= sys.stdlib_module_names
    compile(text, "verify.py", "exec", dont_inherit=True)
    import ast

    ast.parse(text, feature_version=(3, 8))


def test_it_holds_what_it_says(made: tuple[Path, Path]) -> None:
    home, bag = made
    data = bag / "data"
    facts = json.loads((data / "case.json").read_text())
    with nm.open(home) as opened:
        table = scope.table(opened.home, facts["id"])
    # the home was read on after the export: the bundle holds what was there then, and no less of it is there now
    people = {line["subject"] for line in csv.DictReader(io.StringIO((data / "people.csv").read_text()))}
    assert len(people) == facts["people"] == pq.read_table(data / "people.parquet").num_rows
    assert people <= set(table.column("subject").to_pylist())
    assert pq.read_table(data / "disclosures.parquet").num_rows == facts["disclosures"] + facts["asked_not_shown"]["disclosures"]
    assert (data / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert facts["id"] in (data / "report.html").read_text()
    kinds = [json.loads(json.loads(line)["leaf"])["kind"] for line in (data / "log" / "entries.ndjson").read_text().splitlines()]
    assert set(kinds) == {"settings", "ledger", "finding", "case", "export"}  # not `lookup`, which is of somebody else
    assert [step["did"].split()[0] for step in facts["history"]][:2] == ["opened", "noted"]
    custody_steps = json.loads((data / "custody.json").read_text())["steps"]
    assert custody_steps[0]["did"] == "stored disclosures"
    assert len(custody_steps[0]["files"][0]["sha256"]) == 64
    for name in ("ocsf.ndjson", "stix.json", "uco.jsonld"):
        assert list((data / "exchange").glob(name.split(".")[0] + "*")), name


def test_nothing_raw_is_in_it(made: tuple[Path, Path]) -> None:
    for path in made[1].rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            assert b"user-1080" not in held
            assert b"user-11" not in held


def test_that_it_was_exported_is_sealed(made: tuple[Path, Path], tmp_path: Path) -> None:
    with nm.open(made[0]) as opened:
        ident = cases.listed(opened.home)[0]["id"]
        done = bundle.export(opened.home, ident, tmp_path / "again.zip", by="ann", why="the court asked", clock=lambda: datetime.now(UTC))
        last = journal.entries(opened.home, "export")[-1]
        assert (last.by, last.body["sha256"], last.body["bag"]) == ("ann", done.sha256, done.bag)
        assert bundle.bundletexts.digest(tmp_path / "again.zip") == done.sha256
        history = cases.facts(opened.home, ident)["history"]
    assert [step["why"] for step in history][-2:] == ["the court asked", "the court asked"]
    assert (tmp_path / "again.zip").stat().st_mode & 0o077 == 0


def test_a_bad_place_to_write_leaves_nothing(made: tuple[Path, Path], tmp_path: Path) -> None:
    with nm.open(made[0]) as opened:
        ident = cases.listed(opened.home)[0]["id"]
        for path in (tmp_path / "case.txt", tmp_path / "no" / "case.zip"):
            with pytest.raises(InputError, match=r"ends with .zip, in a folder that is there"):
                bundle.export(opened.home, ident, path)
        with pytest.raises(InputError, match="No case"):
            bundle.export(opened.home, "K-0000-000000", tmp_path / "case.zip")
    assert list(tmp_path.iterdir()) == []


def test_library_s_own_bag_checker_is_content(made: tuple[Path, Path]) -> None:
    """RFC 8493 as `sha256sum` reads it: manifests have its own format."""
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        done = subprocess.run(
            ["sha256sum", "--check", "--strict", "--quiet", manifest], cwd=made[1], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_home_is_verified_by_the_same_command(made: tuple[Path, Path]) -> None:
    said = custody.verify(made[0], deep=True)
    assert said["holds"], said["wrong"]
    assert len(said["steps"]) == 9


def test_what_is_ingested_meanwhile_is_not_in_it(made: tuple[Path, Path], tmp_path: Path) -> None:
    """The ledger grows between every two steps of an export: facts, people, disclosures and proofs are of one moment."""
    copy = tmp_path / "home"
    shutil.copytree(made[0], copy)
    (copy / "nilometer.toml").write_text(f'[evidence]\nsecond_place = "{tmp_path}/second.checkpoint"\n')
    shutil.copyfile(made[0].parent / "second.checkpoint", tmp_path / "second.checkpoint")
    with nm.open(copy) as opened, nm.open(copy) as other:
        ident = cases.listed(opened.home)[0]["id"]
        before = cases.facts(opened.home, ident)["people"]
        rows = tampering.table(1).filter(pc.equal(tampering.table(1).column("surface"), "review.detail")).to_pylist()

        def more(done: int, total: int) -> None:
            fresh = [{**row, "subject": f"meanwhile-{done}-{place}"} for place, row in enumerate(rows[:40])]
            other.ingest(pa.Table.from_pylist(fresh, schema=tampering.table(1).schema))

        done = bundle.export(opened.home, ident, tmp_path / "case.zip", progress=more)
        assert done.people == before
        assert cases.facts(opened.home, ident)["people"] > before
        again = bundle.export(opened.home, ident, tmp_path / "again.zip")
        assert again.people > before
    for name in ("case.zip", "again.zip"):
        said = custody.verify(tmp_path / name)
        assert said["holds"], said["wrong"]


def test_a_bundle_that_does_not_hold_is_not_written(made: tuple[Path, Path], tmp_path: Path) -> None:
    copy = tmp_path / "home"
    shutil.copytree(made[0], copy)
    (copy / "nilometer.toml").write_text(f'[evidence]\nsecond_place = "{tmp_path}/second.checkpoint"\n')
    shutil.copyfile(made[0].parent / "second.checkpoint", tmp_path / "second.checkpoint")
    with nm.open(copy) as opened:
        home = opened.home
        ident = cases.listed(home)[0]["id"]
        kept = detect.kept(home)
        table = pa.table(
            {"finding": [json.dumps({**one, "people": 7}) for one in kept]}
        )  # that nobody sealed, as whoever holds the home's key can write
        (home.folder / detect.FILE).write_bytes(vault.sealed(table, home.key.derived("vault", 32), detect.FILE))
        with pytest.raises(EvidenceError, match=r"by its own check and was not written: case.json: the finding .* is not as it was sealed"):
            bundle.export(home, ident, tmp_path / "case.zip")
        assert journal.entries(home, "export")[-1].body["did"] == "broke off the export: no file was written"
    assert not list(tmp_path.glob("*case.zip*"))


def test_what_rests_on_what_is_said(made: tuple[Path, Path]) -> None:
    readme = (made[1] / "data" / "README.txt").read_text()
    for words in ("names.csv, that is which account", "On signature.txt alone: bag-info.txt", "step 5"):
        assert words in readme
    assert all(len(line) <= 150 for line in readme.splitlines() if "nilometer/" not in line)
