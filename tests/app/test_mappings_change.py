"""Reading the same content again after its mapping was mended."""

from __future__ import annotations

from pathlib import Path

import nilometer as nm
from nilometer.sources import mapping

RIGHT = mapping.parse('[[surface]]\nname = "buyer"\nmatch = "GET /buyers/{subject}"\n')
OTHER = mapping.parse('[[surface]]\nname = "customer"\nmatch = "GET /buyers/{subject}"\n')
WRONG = mapping.parse('[[surface]]\nname = "buyer"\nmatch = "GET /nothing/{subject}"\n')


def line(n: int) -> str:
    return f'203.0.113.9 - app [02/Jan/2026:03:04:{n % 60:02d} +0000] "GET /buyers/{n} HTTP/1.1" 200 5 "-" "x"\n'


def test_what_gave_nothing_is_read_anew(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(map(line, range(50))))
    with nm.open(":memory:") as opened:
        assert opened.ingest(log, mapping=WRONG).unmatched == 50
        assert opened.ingest(log, mapping=RIGHT).disclosures == 50
        again = opened.ingest(log, mapping=OTHER)
        assert (again.disclosures, again.duplicates) == (0, 50)


def test_a_grown_source_is_read_on_through_a_mended_mapping(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(map(line, range(30))))
    with nm.open(":memory:") as opened:
        assert opened.ingest(log, mapping=RIGHT).disclosures == 30
        log.write_text("".join(map(line, range(100))))
        said: list[str] = []
        grown = opened.ingest(log, mapping=OTHER, tell=said.append)
        assert (grown.disclosures, grown.duplicates) == (70, 30)
        assert any("another mapping" in text for text in said)
        assert opened.home.ledger.subjects() == 100


def test_a_word_that_is_no_column_is_told(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(map(line, range(3))))
    said: list[str] = []
    with nm.open(":memory:") as opened:
        mistyped = mapping.parse('[[surface]]\nname = "b"\nmatch = "GET /buyers/{subject}"\n[actor]\napp = "no_such_column"\n')
        opened.ingest(log, mapping=mistyped, tell=said.append)
        assert "secret" not in repr(opened)
    assert any("constant 'no_such_column'" in text for text in said)
