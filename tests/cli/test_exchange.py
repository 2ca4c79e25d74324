"""`nilometer export`: standard output is exactly the document, wrong use is said, hostile names stay in their place."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.app import case_home
from tests.cli.running import run
from tests.exchange.forms import ocsf_schema


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("export") / "home"
    return folder, case_home.made(folder)


def test_standard_output_is_exactly_the_documents(home: tuple[Path, str]) -> None:
    for command in (("export", "case", home[1]), ("export", "findings")):
        done = run(*command, "--as", "ocsf", "--with", "version=1.6.0", home=home[0])
        assert (done.code, done.err) == (0, "")
        for line in done.out.splitlines():
            document = json.loads(line)
            assert document["metadata"]["version"] == "1.6.0"
            assert ocsf_schema.errors(document) == []


def test_a_file_is_written_and_nothing_else(home: tuple[Path, str], tmp_path: Path) -> None:
    path = tmp_path / "findings.csv"
    done = run("export", "findings", "--as", "csv", "-o", path, home=home[0])
    assert (done.code, done.out) == (0, "")
    assert "bytes written" in done.err
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert rows[0]["actor"].startswith("shop|7=⟨U+000A⟩⟨U+202E⟩CEF:0|")
    assert path.read_bytes().count(b"\r\n") == len(rows) + 1


def test_a_hostile_name_makes_no_line(home: tuple[Path, str]) -> None:
    done = run("export", "findings", "--as", "cef", "--with", "framing=syslog", home=home[0])
    lines = done.out.splitlines()
    assert lines
    assert all(line.startswith("<") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("findings", "--as", "xml"), "No form 'xml'"),
        (("findings",), "--as"),
        (("findings", "--as", "csv", "--with", "colour"), "NAME=VALUE"),
        (("findings", "--as", "stix", "--with", "tlp=red", "--with", "tlp=red"), "each name once"),
        (("findings", "--as", "stix", "--with", "tlp=blue"), "tlp must be one of"),
        (("case", "K-0", "--as", "csv"), "K-0"),
        (("findings", "--as", "csv", "-o", "/nowhere/x.csv"), "cannot be written"),
    ],
)
def test_wrong_use_is_said(home: tuple[Path, str], arguments: tuple[str, ...], says: str) -> None:
    done = run("export", *arguments, home=home[0])
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_forms_are_listed() -> None:
    assert {form["id"] for form in run("export", "forms", "--json").json["forms"]} == {"ocsf", "stix", "cef", "csv", "uco"}
    assert "--with tlp=amber|red|green|white" in run("export", "forms").out
