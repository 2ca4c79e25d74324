"""Taking in identities: both shapes, mappings, times, hostile rows; all or nothing, and nothing raw."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import nilometer as nm
from nilometer.app import identities, identityfiles, journal
from nilometer.app.identities import ALWAYS, NEVER
from nilometer.attribution import kinds
from nilometer.disclosures import pseudonym
from nilometer.errors import ConfigError, InputError
from tests.cli.running import every_byte


def take(folder: Path, text: str, **more: object) -> identityfiles.Taken:
    (folder / "ids.csv").write_text(text)
    with nm.open(folder / "home") as home:
        return identityfiles.take(home.home, [str(folder / "ids.csv")], **more)  # type: ignore[arg-type]


def owners(folder: Path, kind: str, value: str) -> list[tuple[int, int, int]]:
    """(subject, since, until) of everybody who has or had a value."""
    with nm.open(folder / "home") as home:
        store = identities.of(home.home)
        found = store.owners(np.asarray(kinds.pseudonyms(home.home.key, kind, pa.array([value]), store.index.country)))
        return list(zip(found.subject.tolist(), found.since.tolist(), found.until.tolist(), strict=True))


def person(folder: Path, ident: str) -> int:
    with nm.open(folder / "home") as home:
        return pseudonym.one(home.home.key, "subject", ident)


def micros(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc]


def test_long_shape_with_times(tmp_path: Path) -> None:
    text = (
        "subject,kind,value,from,to\n"
        "7,phone,+86 138-0000 0001,,2020-05-01\n"
        "7,Mobile,13800000002,2020-05-01T00:00:00+08:00,\n"
        "7.0,e-mail, A@B.example ,,\n"
        "8,nickname,Ｆｏｏ  Bar,,\n"
    )
    taken = take(tmp_path, text, country="+86")
    assert (taken.rows, taken.new, taken.people, taken.unreadable) == (4, 4, 2, 0)
    assert taken.kinds == {"phone": 2, "email": 1, "nickname": 1}
    seven = person(tmp_path, "7")
    assert owners(tmp_path, "phone", "008613800000001") == [(seven, ALWAYS, micros(2020, 5, 1))]
    assert owners(tmp_path, "phone", "+8613800000002") == [(seven, micros(2020, 4, 30, 16), NEVER)]
    assert owners(tmp_path, "email", "a@b.EXAMPLE") == [(seven, ALWAYS, NEVER)]
    assert owners(tmp_path, "nickname", "foo bar") == [(person(tmp_path, "8"), ALWAYS, NEVER)]


def test_one_column_per_kind_and_what_is_left_out(tmp_path: Path) -> None:
    taken = take(tmp_path, "User ID,Mobile,E-Mail,city\n1,0170 1234567,a@x.example,Ulm\n2,,b@x.example,Ulm\n", country="49")
    assert (taken.new, taken.people, dict(taken.kinds), list(taken.left_out)) == (3, 2, {"phone": 1, "email": 2}, ["city"])
    assert owners(tmp_path, "phone", "+49 170 1234567") == [(person(tmp_path, "1"), ALWAYS, NEVER)]


def test_a_mapping_names_columns_and_kinds_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('[columns]\nsubject = "cust"\npassport = "doc"\n')
    taken = take(tmp_path, "cust,doc,other\n1,ab 1,x\n2,ab 2,y\n", mapping=tmp_path / "m.toml")
    assert (taken.new, dict(taken.kinds), list(taken.left_out)) == (2, {"passport": 2}, ["other"])
    assert owners(tmp_path, "passport", "AB 1") == [(person(tmp_path, "1"), ALWAYS, NEVER)]


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    text = "subject,phone\n" + "".join(f"{n},1390000{n:04d}\n" for n in range(500))
    assert take(tmp_path, text).new == 500
    assert take(tmp_path, text).new == 0
    assert take(tmp_path, text + "501,13900000501\n").new == 1


def test_rows_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    text = (
        "subject,kind,value,from,to\n"
        ",phone,13900000001,,\n"  # nobody's
        "1,phone,not a number,,\n"
        "1,phone,13900000001,yesterday,\n"
        "1,phone,13900000001,2020-02-31,\n"  # no such day
        "1,phone,13900000001,2021-01-01,2020-01-01\n"  # ends before it begins
        "1,,13900000001,,\n"
        "1,phone\n"
        "2,phone,13900000002,2020-01-01,\n"
    )
    taken = take(tmp_path, text)
    assert (taken.new, taken.unreadable) == (1, 7)


@pytest.mark.parametrize(
    "text", ["phone,email\n1390000001,a@b.example\n", "subject,city\n1,Ulm\n", "subject\n1\n", "1,13900000001\n2,13900000002\n"]
)
def test_a_file_of_another_shape_takes_nothing_in(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"ids\.csv: expected a column `subject`") as refused:
        take(tmp_path, text)
    assert "1390000" not in str(refused.value)
    with nm.open(tmp_path / "home") as home:
        assert identities.of(home.home).counts() == {}


def test_one_bad_file_of_several_takes_nothing_in(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("subject,phone\n1,13900000001\n")
    (tmp_path / "b.csv").write_bytes(bytes(range(256)) * 9)
    with nm.open(tmp_path / "home") as home:
        with pytest.raises(InputError, match=r"b\.csv"):
            identityfiles.take(home.home, [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
        assert identities.of(home.home).counts() == {}


@pytest.mark.parametrize("code", ["abc", "12345", "+", "", "٤٩"])
def test_a_calling_code_is_digits(tmp_path: Path, code: str) -> None:
    with pytest.raises(InputError, match="calling code"):
        take(tmp_path, "subject,phone\n1,13900000001\n", country=code)


@pytest.mark.parametrize("mapping", ["[columns]\nphone = 1\n", "columns", '[columns]\n"a b" = "x"\n', "[other]\n"])
def test_a_wrong_mapping_is_said(tmp_path: Path, mapping: str) -> None:
    (tmp_path / "m.toml").write_text(mapping)
    with pytest.raises(ConfigError, match=r"m\.toml"):
        take(tmp_path, "subject,phone\n1,13900000001\n", mapping=tmp_path / "m.toml")


def test_nothing_raw_is_kept_and_the_taking_is_recorded(tmp_path: Path) -> None:
    take(tmp_path, "subject,phone,email,nickname\nuser-4711,13912345678,secret.person@mail.example,Zauberlehrling\n")
    for raw in (b"4711", b"13912345678", b"912345678", b"secret.person", b"zauberlehrling"):
        assert not [path for path, content in every_byte(tmp_path / "home") if raw in content.lower()]
    with nm.open(tmp_path / "home") as home:
        [entry] = journal.entries(home.home, "identities")
    assert entry.body["kinds"] == {"phone": 1, "email": 1, "nickname": 1}
