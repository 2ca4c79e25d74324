"""What must not be silent: first rows that are somebody's, mappings of columns that are nowhere, calling codes that do not fit, identities that cannot be used."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

import nilometer as nm
from nilometer.app import identities, identityfiles
from nilometer.errors import InputError
from tests.app import leaked
from tests.cli.running import run


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return leaked.made(tmp_path_factory.mktemp("leaked"))


def test_a_first_row_of_words_that_is_somebodys_is_a_row_and_never_printed(home: Path, tmp_path: Path) -> None:
    people = leaked.partner(3)[:40]
    identityfile = tmp_path / "ids.csv"
    identityfile.write_text("subject,nickname\n" + "".join(f"{leaked.ident(one)},bee-{'abcdefghij'[n % 10]}{'klmn'[n // 10]}\n" for n, one in enumerate(people)))  # fmt: skip
    text = "".join(f"bee-{'abcdefghij'[n % 10]}{'klmn'[n // 10]},Li Na {'x' * n},secret{'y' * n}\n" for n in range(40))
    (tmp_path / "d.csv").write_text(text)
    with nm.open(home) as opened:
        identityfiles.take(opened.home, [str(identityfile)])
        said = opened.match(tmp_path / "d.csv")
    assert (said["rows"], said["matched"]) == (40, 40)
    assert "secret" not in json.dumps(said)
    assert [one["name"] for one in said["columns"]] == ["column 1", "column 2", "column 3"]


def test_names_that_say_no_kind_are_not_printed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("wanghong,secretword,phone\n" + "".join(f"a{n},b{n},{leaked.phone(n)}\n" for n in range(40)))
    with nm.open(home) as opened:
        said = opened.match(tmp_path / "d.csv")
    assert [one["name"] for one in said["columns"]] == ["column 1", "column 2", "phone"]


def test_a_mapping_of_a_column_that_is_nowhere(home: Path, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('[columns]\nsubject = "nosuch"\n')
    leaked.dump(tmp_path / "d.csv", leaked.partner(3)[:20])
    (tmp_path / "i.csv").write_text("subject,phone\n1,13900000001\n")
    with nm.open(home) as opened:
        with pytest.raises(InputError, match="nosuch"):
            opened.match(tmp_path / "d.csv", mapping=tmp_path / "m.toml")
        with pytest.raises(InputError, match="nosuch"):
            identityfiles.take(opened.home, [str(tmp_path / "i.csv")], mapping=tmp_path / "m.toml")


def test_another_calling_code_is_refused_unless_it_is_meant(tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_text("subject,phone\n1,13900000001\n")
    with nm.open(tmp_path / "home") as opened:
        identityfiles.take(opened.home, [str(tmp_path / "i.csv")], country="86")
        for wrong in ("49", "", "+", "  "):
            with pytest.raises(InputError, match="calling code"):
                identityfiles.take(opened.home, [str(tmp_path / "i.csv")], country=wrong)
        assert identities.of(opened.home).index.country == "86"
        identityfiles.take(opened.home, [str(tmp_path / "i.csv")], country="0086")
        identityfiles.take(opened.home, [str(tmp_path / "i.csv")], country="49", change_country=True)
        assert identities.of(opened.home).index.country == "49"


def test_rows_that_cannot_be_used_are_named_by_place_and_reason_but_not_by_value(tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_text(
        "subject,kind,value,from,to\n1,phone,13800000001,2020-13-01,\n2,phone,13800000002,,\n,phone,13800000003,,\n"
        "4,phone,13800000004,2020-03-01,2020-01-01\n5,phone,abcdef,,\n6,!!!,xx,,\n"
    )
    done = run("identities", tmp_path / "i.csv", "--json", home=tmp_path / "home")
    assert (done.code, done.json["unreadable"]) == (0, 5)
    told = done.json["reasons"]
    for text, (row, why) in zip(
        told, [(1, "`from` is no date"), (3, "no subject"), (4, "not before"), (5, "no value"), (6, "no kind")], strict=True
    ):
        assert f"row {row} " in text
        assert why in text
    assert "1380000000" not in json.dumps(told)
    assert "row 1" in run("identities", tmp_path / "i.csv", home=tmp_path / "home").out
    (tmp_path / "bad.csv").write_text("subject,phone\n1,abc\n2,\n")
    bad = run("identities", tmp_path / "bad.csv", home=tmp_path / "home")
    assert bad.code == 2
    assert "None of 2 rows could be used" in bad.err


def test_archives_that_hold_no_plain_files(home: Path, tmp_path: Path) -> None:
    leaked.dump(tmp_path / "d.csv", leaked.partner(3)[:20])
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.write(tmp_path / "d.csv", "d.csv")
    with zipfile.ZipFile(tmp_path / "out.zip", "w") as archive:
        archive.write(tmp_path / "in.zip", "in.zip")
    with zipfile.ZipFile(tmp_path / "up.zip", "w") as archive:
        archive.write(tmp_path / "d.csv", "../../x.csv")
    with nm.open(home) as opened:
        with pytest.raises(InputError, match="zip archive within another"):
            opened.match(tmp_path / "out.zip")
        assert opened.match(tmp_path / "up.zip")["matched"] == 20
