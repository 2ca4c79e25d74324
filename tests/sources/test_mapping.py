"""The mapping file: what it may say, and what is told when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from nilometer.errors import ConfigError, InputError
from nilometer.sources.mapping import EMPTY, holes, load, parse, pieces

WHOLE = """
[source]
format = "nginx"
[[surface]]
name = "order.buyer"
match = "GET /api/v2/orders/{order}/buyers/{subject}"
fields = ["nickname", "phone"]
reference = "{order}"
[actor]
app = "query:app_key"
ip = "remote_addr"
[columns]
time = "{date}T{time}Z"
"""


def test_a_whole_mapping() -> None:
    mapping = parse(WHOLE)
    assert mapping.source.format == "nginx"
    assert mapping.surface[0].fields == ["nickname", "phone"]
    assert mapping.actor == {"app": "query:app_key", "ip": "remote_addr"}
    assert mapping.columns == {"time": "{date}T{time}Z"}


def test_an_empty_file_is_the_empty_mapping() -> None:
    assert parse("") == EMPTY
    assert parse("# only a comment\n").fingerprint() == EMPTY.fingerprint()


def test_the_fingerprint_minds_content_only() -> None:
    assert parse(WHOLE).fingerprint() == parse("# remark\n" + WHOLE.replace(" = ", "=")).fingerprint()
    assert parse(WHOLE).fingerprint() != parse(WHOLE.replace("phone", "email")).fingerprint()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[source", "not a TOML file"),
        ("[sources]\nformat='x'", "sources"),
        ("[[surface]]\nname='a'", "match"),
        ("[[surface]]\nname='a'\nmatch='GET /'\nfield=['x']", "field"),
        ("[[surface]]\nname='a'\nmatch='GET /'\nfields='phone'", "array"),
        ("[[surface]]\nname='a'\nmatch='GET /'\nsplit=''", "empty split"),
        ("[actor]\nperson='x'", "person"),
        ("[columns]\nwho='x'", "who"),
        ("[actor]\nip=7", "str"),
    ],
)
def test_a_wrong_mapping_names_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        parse(text, "my.toml")
    assert "my.toml" in str(caught.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "bytes.toml")
    (tmp_path / "good.toml").write_text(WHOLE)
    assert load(tmp_path / "good.toml") == parse(WHOLE)


def test_templates_come_apart_into_text_and_names() -> None:
    assert pieces("{date}T{time}Z") == [(True, "date"), (False, "T"), (True, "time"), (False, "Z")]
    assert pieces("plain") == [(False, "plain")]
    assert pieces("") == []
    assert holes("{a.b}/{c d}") == ["a.b", "c d"]
