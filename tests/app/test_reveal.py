"""Revealing: recorded before the file is, right for every person, refused when it cannot be right; and ingest that cannot read what it keeps."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nilometer as nm
from nilometer.app import cases, detect, journal, reveal
from nilometer.disclosures import pseudonym
from nilometer.errors import ConfigError, EngineError, InputError
from tests.cli.running import every_byte, lines, row, run


def rows(people: int = 40) -> bytes:
    given = [row(n, subject=f"00{n}@people.example", app="shop" if n % 2 else "leak") for n in range(people)]
    return lines([*given, row(90, subject="refused@people.example", app="leak", status=403)])


def found(app: str = "leak", **more: Any) -> dict[str, Any]:
    """A finding's JSON as `detect` keeps it."""
    reason = {"detector": "novelty", "fact": "x", "says": "It does.", "measured": 2.0, "usual": 1.0}
    times = dict.fromkeys(("first_seen", "detected_at", "last_seen"), "2026-01-02T03:04:30Z")
    return {
        "id": "F-2026-00000001", "actors": [{"level": "app", "id": app}], "title": "App reads", "severity": "high", "confidence": 0.9,
        "people": 20, "people_at_detection": 5, "disclosures": 20, "fields": [], "surfaces": [], "odds": 10.0, "reasons": [reason],
        "looks_like": "x", "action": "y", **times, **more,
    }  # fmt: skip


@pytest.fixture(name="kept")
def _kept(tmp_path: Path) -> tuple[Path, str, Path]:
    """A home that keeps ids sealed, its case, and the key that opens them."""
    key = tmp_path / "elsewhere" / "reveal.key"
    key.parent.mkdir()
    with nm.open(tmp_path / "home") as home:
        reveal.make_key(home.home, key)
    (tmp_path / "home" / "nilometer.toml").write_text("[reveal]\nkeep = true\n")
    (tmp_path / "rows.ndjson").write_bytes(rows())
    with nm.open(tmp_path / "home") as home:
        home.ingest(tmp_path / "rows.ndjson")
        detect._keep(home.home, [found()])
        made = cases.opened(home.home, ["F-2026-00000001"])
    return tmp_path / "home", made.id, key


def expected(people: int = 40) -> set[str]:
    return {f"00{n}@people.example" for n in range(0, people, 2)}


def test_the_key_reveals_exactly_the_people_of_the_case(kept: tuple[Path, str, Path], tmp_path: Path) -> None:
    path, ident, key = kept
    with nm.open(path) as home:
        told = reveal.reveal(home.home, ident, tmp_path / "notice.parquet", why="notice", key=key, by="kim")
        assert (told.people, told.revealed) == (20, 20)
        table = pq.read_table(tmp_path / "notice.parquet")
        assert table.column_names == ["id", "subject", "fields", "first", "last", "count"]
        assert set(table.column("id").to_pylist()) == expected()
        for one in table.to_pylist():
            assert one["subject"] == f"{pseudonym.one(home.home.key, 'subject', one['id']) % 2**64:016x}"
        [entry] = journal.entries(home.home, "reveal")
        assert (entry.by, entry.body["case"], entry.body["people"], entry.body["why"]) == ("kim", ident, 20, "notice")
        assert (tmp_path / "notice.parquet").stat().st_mode & 0o077 == 0
        assert any("revealed the ids of 20 of 20 people" in one["did"] for one in cases.facts(home.home, ident)["history"])


def test_who_was_revealed_is_told_and_nobody_else_is(kept: tuple[Path, str, Path], tmp_path: Path) -> None:
    path, ident, key = kept
    with nm.open(path) as home:
        reveal.reveal(home.home, ident, tmp_path / "notice.csv", why="notice of May", key=key, by="kim")
        [told] = home.who("000@people.example")["revealed"]
        assert (told["case"], told["by"], told["why"]) == (ident, "kim", "notice of May")
        assert home.who("001@people.example")["revealed"] == []
        assert home.who("refused@people.example")["revealed"] == []


def test_the_home_that_keeps_ids_holds_none_of_them_readable(kept: tuple[Path, str, Path]) -> None:
    for path, content in every_byte(kept[0]):
        assert b"people.example" not in content, path


def test_nothing_is_kept_unless_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "rows.ndjson").write_bytes(rows())
    with nm.open(tmp_path / "home") as home:
        home.ingest(tmp_path / "rows.ndjson")
    assert not (tmp_path / "home" / "reveal").exists()
    (tmp_path / "home" / "nilometer.toml").write_text("[reveal]\nkeep = true\n")
    (tmp_path / "more.ndjson").write_bytes(rows(50))
    with nm.open(tmp_path / "home") as home, pytest.raises(ConfigError, match="reveal-key -o FILE"):
        home.ingest(tmp_path / "more.ndjson")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("columns", [("subject",), ("id", "name"), ("whatever",)])
def test_a_list_of_ids_reveals_those_that_are_in_it(
    kept: tuple[Path, str, Path], tmp_path: Path, suffix: str, columns: tuple[str, ...]
) -> None:
    path, ident, _ = kept
    ids = [f"00{n}@people.example" for n in range(10)] + [" 0012@people.example ", "stranger", ""]
    table = pa.table({name: ids for name in columns})
    given = tmp_path / f"ids{suffix}"
    if suffix == ".csv":
        given.write_text(",".join(columns) + "\n" + "".join(",".join([one] * len(columns)) + "\n" for one in ids))
    else:
        pq.write_table(table, given)
    with nm.open(path) as home:
        told = reveal.reveal(home.home, ident, tmp_path / "out.csv", why="notice", ids=given)
    with (tmp_path / "out.csv").open() as stream:
        read = list(csv.DictReader(stream))
    assert (told.people, told.revealed, len(read)) == (20, 6, 20)
    assert {one["id"] for one in read if one["id"]} == {f"00{n}@people.example" for n in (0, 2, 4, 6, 8, 12)}


def test_leading_zeros_of_numbers_are_kept(tmp_path: Path) -> None:
    (tmp_path / "rows.ndjson").write_bytes(lines([row(1, subject="007", app="leak")]))
    (tmp_path / "ids.csv").write_text("number\n007\n7\n")
    with nm.open(tmp_path / "home") as home:
        home.ingest(tmp_path / "rows.ndjson")
        detect._keep(home.home, [found()])
        made = cases.opened(home.home, ["F-2026-00000001"])
        reveal.reveal(home.home, made.id, tmp_path / "out.parquet", why="notice", ids=tmp_path / "ids.csv")
    assert pq.read_table(tmp_path / "out.parquet").column("id").to_pylist() == ["007"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "2 columns"),
        (b"subject\n\xff\xfe\n", "cannot be read"),
        (b"", "cannot be read"),
        (b"subject\nsecret,more\n", "cannot be read"),
        (None, "no such file"),
    ],
)
def test_a_bad_list_says_so_and_quotes_nobody(kept: tuple[Path, str, Path], tmp_path: Path, content: bytes | None, said: str) -> None:
    path, ident, _ = kept
    if content is not None:
        (tmp_path / "ids.csv").write_bytes(content)
    with nm.open(path) as home:
        with pytest.raises(InputError, match=said) as told:
            reveal.reveal(home.home, ident, tmp_path / "out.csv", why="notice", ids=tmp_path / "ids.csv")
        assert "secret" not in str(told.value)
        assert journal.entries(home.home, "reveal") == []
    assert not (tmp_path / "out.csv").exists()


def test_without_a_reason_or_a_key_nothing_is_revealed(kept: tuple[Path, str, Path], tmp_path: Path) -> None:
    path, ident, key = kept
    out = tmp_path / "out.csv"
    (tmp_path / "wrong.key").write_text("{}")
    (tmp_path / "wrong.key").chmod(0o600)
    with nm.open(path) as home:
        other = tmp_path / "other.key"
        reveal.make_key(home.home, other, new=True)
        for error, more in (
            (InputError, {"why": " ", "key": key}),
            (InputError, {"why": "x"}),
            (ConfigError, {"why": "x", "key": tmp_path / "wrong.key"}),
            (ConfigError, {"why": "x", "key": tmp_path / "none.key"}),
            (ConfigError, {"why": "x", "key": other}),
        ):
            with pytest.raises(error):
                reveal.reveal(home.home, ident, out, **more)  # type: ignore[arg-type]
        key.chmod(0o644)
        with pytest.raises(ConfigError, match="chmod 600"):
            reveal.reveal(home.home, ident, out, why="x", key=key)
        assert journal.entries(home.home, "reveal") == []
        assert not out.exists()


def test_that_it_is_recorded_comes_before_the_file(kept: tuple[Path, str, Path], tmp_path: Path) -> None:
    path, ident, key = kept
    with nm.open(path) as home:
        with pytest.raises(InputError, match="cannot be written"):
            reveal.reveal(home.home, ident, tmp_path / "nowhere" / "out.csv", why="notice", key=key)
        assert len(journal.entries(home.home, "reveal")) == 1


def test_a_key_is_never_written_over_nor_into_the_home(tmp_path: Path) -> None:
    with nm.open(tmp_path / "home") as home:
        reveal.make_key(home.home, tmp_path / "a.key")
        assert (tmp_path / "a.key").stat().st_mode & 0o077 == 0
        before = (tmp_path / "a.key").read_bytes()
        with pytest.raises(ConfigError, match="a key already"):
            reveal.make_key(home.home, tmp_path / "b.key")
        with pytest.raises(InputError, match="never written over"):
            reveal.make_key(home.home, tmp_path / "a.key", new=True)
        with pytest.raises(InputError, match="in the home"):
            reveal.make_key(home.home, tmp_path / "home" / "keys" / "x.key", new=True)
        with pytest.raises(InputError, match="cannot be written"):
            reveal.make_key(home.home, tmp_path / "nowhere" / "x.key", new=True)
    assert (tmp_path / "a.key").read_bytes() == before


def test_who_is_forgotten_is_revealed_no_more(kept: tuple[Path, str, Path], tmp_path: Path) -> None:
    path, ident, key = kept
    with nm.open(path) as home:
        gone = pseudonym.one(home.home.key, "subject", "004@people.example")
        assert reveal.forget(home.home, [gone, 12]) == 1
        assert reveal.reveal(home.home, ident, tmp_path / "out.parquet", why="notice", key=key).revealed == 19
        assert set(pq.read_table(tmp_path / "out.parquet").column("id").drop_null().to_pylist()) == expected() - {"004@people.example"}
        with home.home.ledger.writing("a test"), pytest.raises(EngineError, match="a test"):
            reveal.forget(home.home, [gone])


def test_an_actors_people_are_revealed_and_recorded_as_the_actors(kept: tuple[Path, str, Path], tmp_path: Path) -> None:
    path, _, key = kept
    done = run("actor", "app", "leak", "--people", tmp_path / "raw.csv", "--reveal", "--reveal-key", key, "--why", "notice", home=path)
    assert done.code == 0, done.err
    with (tmp_path / "raw.csv").open(newline="") as stream:
        assert {line["id"] for line in csv.DictReader(stream)} == expected()
    told = run("who", "000@people.example", "--json", home=path).json["revealed"]
    assert [(one["case"], one["why"]) for one in told] == [("app leak", "notice")]
    for wrong in (["--reveal"], ["--reveal-key", key], ["--people", tmp_path / "x.csv", "--reveal", "--reveal-key", key]):
        refused = run("actor", "app", "leak", *wrong, home=path)
        assert (refused.code, refused.out) == (2, "")
    assert not (tmp_path / "x.csv").exists()
