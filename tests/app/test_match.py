"""Matching dumps through the home: columns found by themselves, people by id or identity, freshness, canaries, and no accusation without ground."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

import nilometer as nm
from nilometer.app import identities, journal
from nilometer.app import match as matching
from nilometer.errors import InputError
from tests.app import leaked
from tests.cli.running import every_byte


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return leaked.made(tmp_path_factory.mktemp("leaked"))


@pytest.fixture(name="stolen", scope="module")
def _stolen() -> list[int]:
    return sorted(np.random.default_rng(1).choice(leaked.partner(3), 400, replace=False).tolist())


def kinds(said: dict) -> dict[str, str]:  # type: ignore[type-arg]
    return {one["name"]: one["kind"] for one in said["columns"] if one["kind"]}


def test_names_the_partner_by_ids_beside_a_running_number(home: Path, stolen: list[int], tmp_path: Path) -> None:
    path = leaked.dump(tmp_path / "d.csv", stolen, foreign=100)
    with nm.open(home) as opened:
        said = opened.match(path)
    assert (said["rows"], said["matched"], said["unmatched"], said["people"]) == (500, 400, 100, 400)
    assert kinds(said) == {"column 2": "id", "tel": "phone", "column 4": "nickname"}
    assert said["verdict"] == "app app-3"
    assert said["named"] == {"level": "app", "id": "app-3"}
    assert said["company"] == "firm-1"
    first = said["suspects"][0]
    assert set(first) >= {"level", "id", "held", "probability", "low", "high", "window", "expected"}
    assert first["held"] == 400 > first["expected"]
    assert first["low"] <= first["probability"] <= first["high"]
    assert said["fields"] == ["nickname", "phone"]


def test_names_it_without_ids_and_without_a_header(home: Path, stolen: list[int], tmp_path: Path) -> None:
    path = leaked.dump(tmp_path / "d.csv", stolen, foreign=50, ids=False, header=False)
    with nm.open(home) as opened:
        said = opened.match(path)
    assert said["matched"] == 400
    assert set(kinds(said).values()) == {"phone", "nickname"}
    assert said["verdict"] == "app app-3"


def test_old_phones_date_a_dump_and_new_ones_too(home: Path, stolen: list[int], tmp_path: Path) -> None:
    early = leaked.early(stolen)
    late = [one for one in stolen if one not in set(early)]
    with nm.open(home) as opened:
        old = opened.match(leaked.dump(tmp_path / "old.csv", early))
        new = opened.match(leaked.dump(tmp_path / "new.csv", late))
        both = opened.match(leaked.dump(tmp_path / "both.csv", stolen))
    assert old["freshness"]["people"] == sum(one % 5 == 0 for one in early)
    assert (old["freshness"]["taken_until_at_least"], old["freshness"]["taken_from_before"]) == (None, "2026-02-01T00:00:00Z")
    assert (new["freshness"]["taken_until_at_least"], new["freshness"]["taken_from_before"]) == ("2026-02-01T00:00:00Z", None)
    assert (both["freshness"]["taken_until_at_least"], both["freshness"]["taken_from_before"]) == ("2026-02-01T00:00:00Z",) * 2
    assert [one["named"] for one in (old, new, both)] == [{"level": "app", "id": "app-3"}] * 3


def test_who_was_shown_people_before_their_value_changed_is_no_source_of_the_new_one(home: Path, stolen: list[int], tmp_path: Path) -> None:
    moved = [one for one in leaked.early(leaked.partner(3)) if one % 5 == 0]
    with nm.open(home) as opened:
        said = opened.match(leaked.dump(tmp_path / "d.csv", moved, old=False))
    assert said["matched"] == len(moved) > 50
    assert said["verdict"] == "cannot tell"
    assert all(one["held"] == 0 for one in said["suspects"])


def test_disclosures_after_the_dump_was_there_are_nobodys_source(home: Path, stolen: list[int], tmp_path: Path) -> None:
    path = leaked.dump(tmp_path / "d.csv", stolen)
    with nm.open(home) as opened:
        said = opened.match(path, until=leaked.BEGAN)
    assert said["verdict"] == "cannot tell"
    assert said["suspects"] == []


def test_people_of_nobody_in_particular_accuse_nobody(home: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    for place in range(5):
        people = sorted(rng.choice(leaked.PEOPLE, 300, replace=False).tolist())
        with nm.open(home) as opened:
            said = opened.match(leaked.dump(tmp_path / f"{place}.csv", people))
        assert said["verdict"] == "cannot tell", said["why"]


def test_a_dump_of_strangers_only(home: Path, tmp_path: Path) -> None:
    with nm.open(home) as opened:
        said = opened.match(leaked.dump(tmp_path / "d.csv", [], foreign=60))
    assert (said["rows"], said["matched"], said["unmatched"]) == (60, 0, 60)
    assert said["verdict"] == "cannot tell"
    assert said["elsewhere"] == 1.0
    assert said["why"]


def test_a_partner_that_was_shown_no_phones_is_no_source_of_phones(tmp_path: Path, stolen: list[int]) -> None:
    home = leaked.made(tmp_path)
    lines = [
        {"time": "2026-03-01T00:00:00Z", "subject": leaked.ident(one), "app": "names-only", "fields": "nickname"}
        for one in leaked.partner(3)
    ]
    (tmp_path / "more.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with nm.open(home) as opened:
        opened.ingest(tmp_path / "more.ndjson")
        with_phones = opened.match(leaked.dump(tmp_path / "d.csv", stolen))
        anything = opened.match(leaked.dump(tmp_path / "d.csv", stolen), fields=[])
    assert with_phones["suspects"][0]["id"] == "app-3"
    assert "names-only" not in {one["id"] for one in with_phones["suspects"]}
    assert "names-only" in {one["id"] for one in with_phones["excluded"]}
    assert anything["verdict"] == "cannot tell", "two held all of it"
    assert {"app-3", "names-only"} <= {one["id"] for one in anything["suspects"]}


def test_the_same_dump_in_other_shapes(home: Path, stolen: list[int], tmp_path: Path) -> None:
    rows = [(leaked.ident(one), leaked.shown(one)) for one in stolen]
    shapes = tmp_path / "shapes"
    shapes.mkdir()
    with gzip.open(shapes / "a.sql.gz", "wt") as packed:
        packed.write(
            "CREATE TABLE `m` (`a` varchar(9), `b` varchar(20));\nINSERT INTO `m` VALUES "
            + ",".join(f"('{a}','{b}')" for a, b in rows)
            + ";\n"
        )
    (shapes / "b.json").write_text(json.dumps({"data": {"list": [{"x": {"id": a}, "p": b} for a, b in rows]}}))
    (shapes / "c.csv").write_bytes("用户,手机号\r\n".encode("gb18030") + b"".join(f"{a},{b}\r\n".encode() for a, b in rows))
    with xlsxwriter.Workbook(shapes / "d.xlsx") as book:
        sheet = book.add_worksheet("members")
        for place, (a, b) in enumerate(rows):
            sheet.write_row(place, 0, [a, int(b)])
    with zipfile.ZipFile(shapes / "e.zip", "w") as archive:
        archive.writestr("inner/e.tsv", "".join(f"{b}\t{a}\n" for a, b in rows).encode("utf-16"))
    with nm.open(home) as opened:
        for path in sorted(shapes.iterdir()):
            said = opened.match(path)
            assert (said["rows"], said["matched"], said["verdict"]) == (400, 400, "app app-3"), path.name
            assert set(kinds(said).values()) == {"id", "phone"}, path.name
        whole = opened.match(shapes)
    assert (whole["rows"], whole["people"], whole["verdict"]) == (2000, 400, "app app-3")


def test_a_mapping_is_believed(home: Path, stolen: list[int], tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text('[columns]\nphone = "tel"\n')
    path = leaked.dump(tmp_path / "d.csv", stolen)
    with nm.open(home) as opened:
        said = opened.match(path, mapping=mapping)
    assert {one["name"]: one["by"] for one in said["columns"]}["tel"] == "mapping"


def test_without_identities_ids_are_enough(tmp_path: Path, stolen: list[int]) -> None:
    home = leaked.made(tmp_path, known=False)
    with nm.open(home) as opened:
        said = opened.match(leaked.dump(tmp_path / "d.csv", stolen, foreign=10))
        alone = opened.match(leaked.dump(tmp_path / "e.csv", stolen, ids=False))
    assert (said["matched"], said["verdict"], said["fields"]) == (400, "app app-3", [])
    assert (alone["matched"], alone["verdict"]) == (0, "cannot tell")


def test_the_verdict_is_recorded_and_nothing_of_the_dump_is(home: Path, stolen: list[int], tmp_path: Path) -> None:
    path = leaked.dump(tmp_path / "d.csv", stolen, foreign=3)
    with nm.open(home) as opened:
        said = opened.match(path)
        entry = journal.entries(opened.home, "match")[-1]
    assert entry.index == said["entry"]
    assert entry.body["verdict"] == said["verdict"]
    assert entry.body["dump"]["sha256"] == said["dump"]["sha256"]
    for raw in (leaked.ident(stolen[0]), leaked.phone(stolen[0]), "17700000001", "foreigner"):
        assert not [path for path, content in every_byte(home) if raw.encode() in content]
        assert raw not in json.dumps(entry.body)


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 50, b'{"a": [[[', b"PK\x03\x04 no archive", b"\x1f\x8b\x08\x00 no gzip"])
def test_what_is_no_dump_is_refused(home: Path, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "d"
    path.write_bytes(content)
    with nm.open(home) as opened, pytest.raises(InputError, match=str(path)):
        opened.match(path)


@pytest.mark.parametrize("content", [b"\n\n\n", b"id,phone\n", b"just\nwords\n", "ы,\u202e\n1,=cmd()\n".encode()])
def test_what_holds_nobody_matches_nobody(home: Path, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "d").write_bytes(content)
    with nm.open(home) as opened:
        said = opened.match(tmp_path / "d")
    assert (said["matched"], said["verdict"]) == (0, "cannot tell")


def test_the_holdings_of_fewer_people_are_what_asking_for_them_gives(home: Path) -> None:
    from nilometer.ledger.holding import held

    with nm.open(home) as opened:
        store = identities.of(opened.home)
        every = store.people()
        some = every[::3]
        cut, asked = matching._only(held(opened.home.ledger, every), some), held(opened.home.ledger, some)
    mine = {cut.nodes.named(n): set(cut.pairs.who[cut.pairs.of(n)].tolist()) for n in range(len(cut.nodes))}
    others = {asked.nodes.named(n): set(asked.pairs.who[asked.pairs.of(n)].tolist()) for n in range(len(asked.nodes))}
    assert {k: v for k, v in mine.items() if v} == {k: v for k, v in others.items() if v}


def test_two_sources_in_one_dump_are_told_apart(home: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    both = {number: rng.choice(leaked.partner(number), size, replace=False).tolist() for number, size in ((3, 400), (11, 300))}
    with nm.open(home) as opened:
        said = opened.match(leaked.dump(tmp_path / "d.csv", sorted({*both[3], *both[11]}), foreign=100))
    assert said["several"]
    assert "app app-3" in said["several"]
    assert "app app-11" in said["several"]
    first = {one["id"] for one in said["suspects"] if one["level"] == "app"}
    assert first >= {"app-3", "app-11"}


def test_values_added_from_elsewhere_do_not_hide_the_source(tmp_path: Path) -> None:
    """The thief was shown nicknames only; whoever sold the dump added phones."""
    home = leaked.made(tmp_path)
    people = np.random.default_rng(4).choice(leaked.PEOPLE, 900, replace=False).tolist()
    lines = [{"time": "2026-03-01T00:00:00Z", "subject": leaked.ident(one), "app": "thief", "fields": "nickname"} for one in people]
    (tmp_path / "more.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with nm.open(home) as opened:
        opened.ingest(tmp_path / "more.ndjson")
        said = opened.match(leaked.dump(tmp_path / "d.csv", sorted(people[:500]), old=False))
        entry = journal.entries(opened.home, "match")[-1]
    assert said["verdict"] == "cannot tell"
    assert said["whatever_fields"]["named"] == {"level": "app", "id": "thief"}
    assert "app thief held 500 of the 500" in said["why"][0]
    assert entry.body["whatever_fields"] == said["whatever_fields"]
