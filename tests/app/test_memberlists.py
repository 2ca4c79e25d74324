"""Hashed dumps: matched by a list of members that is given for it, of which the home keeps nothing; without one, or salted, that is said."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest

import nilometer as nm
from nilometer.app import identities, journal
from nilometer.errors import InputError
from tests.app import leaked
from tests.cli.running import every_byte, run


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return leaked.made(tmp_path_factory.mktemp("leaked"), known=False)


@pytest.fixture(name="members", scope="module")
def _members(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("members") / "members.csv"
    leaked.identities(path)
    return path


@pytest.fixture(name="stolen", scope="module")
def _stolen() -> list[int]:
    return sorted(np.random.default_rng(1).choice(leaked.partner(3), 400, replace=False).tolist())


def hashed(path: Path, people: list[int], algorithm: str, spelling: str, *, upper: bool = False, ids: bool = False) -> Path:
    """A dump of digests: of each person's phone as `spelling` spells it, and perhaps of the id; twenty strangers among them."""
    with path.open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["n", "h", *(["i"] if ids else [])])
        for place, one in enumerate([*people, *range(900_000, 900_020)]):
            cells = [spelling.format(leaked.shown(one)), *([leaked.ident(one)] if ids else [])]
            digests = [hashlib.new(algorithm, cell.encode()).hexdigest() for cell in cells]
            out.writerow([place, *(one.upper() if upper else one for one in digests)])
    return path


@pytest.mark.parametrize(
    ("algorithm", "spelling", "upper"), [("md5", "{}", False), ("md5", "+86{}", True), ("sha1", "86{}", False), ("sha256", "0086{}", True)]
)
def test_digests_of_phones_name_the_partner(
    home: Path, members: Path, stolen: list[int], tmp_path: Path, algorithm: str, spelling: str, upper: bool
) -> None:
    path = hashed(tmp_path / "d.csv", stolen, algorithm, spelling, upper=upper)
    with nm.open(home) as opened:
        said = opened.match(path, members=[str(members)], country="86")
    assert (said["rows"], said["matched"], said["people"]) == (420, 400, 400)
    assert {one["name"]: one["kind"] for one in said["columns"]} == {"column 1": None, "column 2": f"{algorithm} of phone"}
    assert said["verdict"] == "app app-3"
    assert said["members"] == {"people": leaked.PEOPLE, "unreadable": 0, "digests": [algorithm]}
    assert said["fields"] == [], "whoever has a digest need not have been shown the phone"
    assert said["freshness"]["people"] == sum(one % 5 == 0 for one in stolen), "a digest of an old phone dates a dump as the phone does"


def test_digests_of_ids_are_ids_too(home: Path, members: Path, stolen: list[int], tmp_path: Path) -> None:
    path = hashed(tmp_path / "d.csv", stolen, "sha256", "x{}", ids=True)
    with nm.open(home) as opened:
        said = opened.match(path, members=[str(members)])
    assert {one["name"]: one["kind"] for one in said["columns"] if one["kind"]} == {"column 3": "sha256 of id"}
    assert said["verdict"] == "app app-3"


def test_a_list_of_ids_alone_is_enough_for_their_digests(home: Path, stolen: list[int], tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("subject\n" + "".join(f"{leaked.ident(one)}\n" for one in range(leaked.PEOPLE)))
    with nm.open(home) as opened:
        said = opened.match(hashed(tmp_path / "d.csv", stolen, "md5", "x{}", ids=True), members=[str(tmp_path / "ids.csv")])
    assert said["verdict"] == "app app-3"


def test_plain_values_match_by_the_list_as_they_do_by_what_is_kept(home: Path, members: Path, stolen: list[int], tmp_path: Path) -> None:
    path = leaked.dump(tmp_path / "d.csv", stolen, foreign=50, ids=False)
    kept = leaked.made(tmp_path)
    with nm.open(home) as opened, nm.open(kept) as other:
        given = opened.match(path, members=[str(members)], country="86")
        both = other.match(path, members=[str(members)])
        stored = other.match(path)
    for one in (given, both, stored):
        for name in ("entry", "members"):
            one.pop(name)
    assert both == stored
    assert given["verdict"] == "app app-3"
    for name in ("rows", "matched", "people", "verdict", "columns", "freshness", "fields"):  # homes' keys differ, and what is drawn by them
        assert given[name] == stored[name], name


def test_without_a_list_or_with_salt_it_is_said(home: Path, members: Path, stolen: list[int], tmp_path: Path) -> None:
    with nm.open(home) as opened:
        alone = opened.match(hashed(tmp_path / "a.csv", stolen, "md5", "{}"))
        salted = opened.match(hashed(tmp_path / "b.csv", stolen, "md5", "pepper{}"), members=[str(members)], country="86")
        entry = journal.entries(opened.home, "match")[-1]
    for said, why in ((alone, "not recognised, because digests are not kept"), (salted, "salted")):
        assert (said["matched"], said["verdict"]) == (0, "cannot tell")
        assert {one["name"]: (one["kind"], one["digest"]) for one in said["columns"]}["column 2"] == (None, "md5")
        assert why in said["why"][-1]
    assert entry.body["members"]["people"] == leaked.PEOPLE


def test_nothing_of_the_list_is_kept(home: Path, members: Path, stolen: list[int], tmp_path: Path) -> None:
    with nm.open(home) as opened:
        before = {str(path) for path, _ in every_byte(home)}
        opened.match(hashed(tmp_path / "d.csv", stolen, "sha1", "{}"), members=[str(members)], country="86")
        assert identities.of(opened.home).counts() == {}
    fresh = [path for path, _ in every_byte(home) if str(path) not in before]
    assert not [path for path in fresh if "evidence" not in path.parts], "only the journal grows"
    for raw in (leaked.ident(stolen[0]), leaked.phone(stolen[0]), hashlib.sha1(leaked.shown(stolen[0]).encode()).hexdigest()):
        assert not [path for path, content in every_byte(home) if raw.encode() in content]


def test_an_algorithm_is_worked_out_only_for_dumps_that_have_it(home: Path, members: Path, stolen: list[int], tmp_path: Path) -> None:
    with nm.open(home) as opened:
        said = opened.match(leaked.dump(tmp_path / "d.csv", stolen), members=[str(members)], country="86")
    assert said["members"]["digests"] == []


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"phone\n13800000001\n", "subject"), (b"", "empty"), (b"subject,phone\n,\n,13800000001\n", "could be used"), (bytes(range(256)) * 9, "no text")],
)  # fmt: skip
def test_a_list_that_is_none_is_refused(home: Path, content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(content)
    (tmp_path / "d.csv").write_text("h\n1\n")
    with nm.open(home) as opened, pytest.raises(InputError, match=why):
        opened.match(tmp_path / "d.csv", members=[str(tmp_path / "m.csv")])


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_digests_that_begin_late_are_compared(home: Path, members: Path, stolen: list[int], tmp_path: Path) -> None:
    strangers = [f"z{n:09d},,{'x' * 400}" for n in range(45_000)]
    path = tmp_path / "d.csv"
    path.write_text("".join(f"{row}\n" for row in [*strangers, *(f"{n},{digest(leaked.shown(one))},y" for n, one in enumerate(stolen))]))
    assert path.stat().st_size > 2 * (8 << 20), "more than one piece"
    with nm.open(home) as opened:
        said = opened.match(path, members=[str(members)], country="86")
    assert (said["rows"], said["matched"], said["verdict"]) == (45_400, 400, "app app-3")
    assert said["members"]["digests"] == ["sha256"]


def test_one_in_two_hundred_digests_is_a_members(home: Path, members: Path, stolen: list[int], tmp_path: Path) -> None:
    rows = [digest(f"177{n:08d}") for n in range(59_700)]
    for place, one in enumerate(stolen[:300]):
        rows.insert(place * 200, digest(leaked.shown(one)))
    (tmp_path / "d.csv").write_text("".join(f"{row}\n" for row in rows))
    with nm.open(home) as opened:
        said = opened.match(tmp_path / "d.csv", members=[str(members)], country="86")
    assert (said["rows"], said["matched"]) == (60_000, 300)


@pytest.mark.parametrize("line", ["{} {}", "0x{}", "\\x{}", "{}----{}", "{}:{}:x:y"])
def test_rows_of_digests_have_no_header_whatever_stands_between(
    home: Path, members: Path, stolen: list[int], tmp_path: Path, line: str
) -> None:
    rows = [line.format(digest(leaked.shown(one)), digest(leaked.nickname(one))) for one in stolen]
    (tmp_path / "d.txt").write_text("".join(f"{row}\n" for row in rows))
    with nm.open(home) as opened:
        said = opened.match(tmp_path / "d.txt", members=[str(members)], country="86")
    assert (said["rows"], said["matched"], said["verdict"]) == (400, 400, "app app-3")
    assert said["columns"][0]["kind"] == "sha256 of phone"


def test_a_mapping_may_name_columns_of_the_list_only(home: Path, stolen: list[int], tmp_path: Path) -> None:
    people = "".join(f"{leaked.ident(one)},{leaked.phone(one)}\n" for one in range(leaked.PEOPLE))
    (tmp_path / "list.csv").write_text("who,reach\n" + people)
    (tmp_path / "m.toml").write_text('[columns]\nsubject = "who"\nphone = "reach"\n')
    path = hashed(tmp_path / "d.csv", stolen, "md5", "x{}", ids=True)
    with nm.open(home) as opened:
        said = opened.match(path, members=[str(tmp_path / "list.csv")], mapping=tmp_path / "m.toml", country="86")
        assert said["verdict"] == "app app-3"
        (tmp_path / "m.toml").write_text('[columns]\nsubject = "who"\nphone = "reach"\nemail = "nosuch"\n')
        with pytest.raises(InputError, match="email = 'nosuch'"):
            opened.match(path, members=[str(tmp_path / "list.csv")], mapping=tmp_path / "m.toml", country="86")


def test_on_the_command_line(home: Path, members: Path, stolen: list[int], tmp_path: Path) -> None:
    path = hashed(tmp_path / "d.csv", stolen, "md5", "{}")
    done = run("match", path, "--identities", members, "--country", "86", home=home)
    assert done.code == 0
    assert "column 2 is md5 of phone" in done.out
    assert "Verdict: app app-3" in done.out
    for wrong, why in (("-", "standard input"), ("none.csv", "does not exist")):
        refused = run("match", path, "--identities", wrong, home=home)
        assert (refused.code, refused.out) == (2, "")
        assert why in refused.err
        assert len(refused.err.strip().splitlines()) == 1
