"""From a simulated platform to a named culprit, through the front door alone."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import nilometer as nm
from tests.cli.running import finished, run, start

SCALE = "0.3"  # less, and the leak drowns


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flow")
    done = run("simulate", "marketing_consultancy", "-o", folder / "sim", "--scale", SCALE, "--seed", "7", "--json")
    assert done.code == 0, done.err
    assert run("ingest", folder / "sim" / "disclosures.parquet", "--json", home=folder / "home").code == 0
    assert run("detect", "--json", home=folder / "home").code == 0
    return folder


def test_simulate_ingest_detect_report_who(played: Path) -> None:
    home, table = played / "home", pq.read_table(played / "sim" / "disclosures.parquet")
    truth = json.loads((played / "sim" / "truth.json").read_text())
    found = run("findings", "--json", home=home).json["findings"]
    culprits = {(a["level"], a["id"]) for leak in truth["leaks"] for a in leak["actors"]}
    hits = [f for f in found if culprits & {(a["level"], a["id"]) for a in f["actors"]}]
    assert hits, "the leak is found"
    for finding in found:
        assert finding["reasons"]
        assert finding["people_at_detection"] <= finding["people"]
        assert finding["first_seen"] <= finding["detected_at"] <= finding["last_seen"]
        shown = run("finding", finding["id"], home=home)
        assert shown.code == 0
        assert finding["action"].split()[0] in shown.out
    assert run("detect", "--fail-on", "low", home=home).code == 1
    actor = hits[0]["actors"][0]
    page = run("actor", actor["level"], actor["id"], "--json", home=home).json
    assert hits[0]["id"] in page["findings"]
    assert page["people"] == hits[0]["people"]
    own = table.filter([a == actor["id"] for a in table.column(actor["level"]).to_pylist()])
    assert page["people"] == len(set(own.column("subject").to_pylist())) or "status" in table.column_names
    victim = own.column("subject")[0].as_py()
    who = run("who", victim, "--json", home=home).json
    assert actor in [e["actor"] for e in [*who["exposures"], *who["asked_not_shown"]]]
    report = run("report", "-o", played / "report.html", "--json", home=home)
    assert report.code == 0, report.err
    html = (played / "report.html").read_text()
    assert actor["id"] in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert run("doctor", home=home).code == 0


def test_what_was_found_by_then_is_found_then(played: Path) -> None:
    found = run("findings", "--json", home=played / "home").json["findings"]
    first = min(found, key=lambda f: f["detected_at"])
    then = run("detect", "--as-of", first["detected_at"], "--json", home=played / "home").json["findings"]
    assert [(f["detected_at"], f["actors"]) for f in then] == [
        (f["detected_at"], f["actors"]) for f in found if f["detected_at"] <= first["detected_at"]
    ]
    assert run("findings", "--json", home=played / "home").json["findings"] == found, "a look into the past is not kept"


def test_the_same_in_other_files_and_another_order(played: Path, tmp_path: Path) -> None:
    """Promise 2: same input in other batches or another order of files, the same findings. Steps follow each source's own order."""
    table = pq.read_table(played / "sim" / "disclosures.parquet")
    cut = table.num_rows // 3
    for name, part in (("2", table.slice(0, cut)), ("1", table.slice(cut))):
        pq.write_table(part, tmp_path / f"{name}.parquet", row_group_size=5_000)
    with nm.open(tmp_path / "home") as opened:
        assert opened.ingest(tmp_path).disclosures == table.num_rows
        found = [f.to_json() for f in opened.detect()]
    kept = run("findings", "--json", home=played / "home").json["findings"]
    facts = ("actors", "detected_at", "people", "people_at_detection", "disclosures", "severity")
    assert [{k: f[k] for k in facts} for f in found] == [{k: f[k] for k in facts} for f in kept]


def test_the_demo(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = finished(start("demo", "-o", out, "--scale", "0.05", "--json"))
    assert done.code == 0, done.err
    answer = done.json
    assert set(answer) == {"story", "findings", "report"}
    assert any("alarm would" in line for line in answer["story"]), "whether it rang or not is said"
    assert Path(answer["report"]).read_text().lstrip().lower().startswith("<!doctype html>")
    (out / ".nilometer-demo").unlink()
    again = run("demo", "-o", out, "--scale", "0.05")
    assert again.code == 2
    assert "holds other things" in again.err
