"""Mail to a real server: encrypted, the same message however often, and no header made by a log."""

from __future__ import annotations

import base64
import dataclasses
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from nilometer.errors import ConfigError, EngineError
from nilometer.response import plainly
from nilometer.response.actions.email import Email
from tests.exchange import samples
from tests.response import desks, servers


def mail(port: int, **more: object) -> Email:
    given = {
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "sender": "nilo@example.com",
        "to": ("soc@example.com", "dpo@example.com"),
        **more,
    }
    return Email(**given)  # type: ignore[arg-type]


def sent(action: Email, home: Path, waits: desks.Waits | None = None) -> dict[str, object]:
    desk = desks.desk(home, waits=waits)
    return action.perform(desks.order(action.letter(desks.matter(), desk)), desk)


def parsed(content: bytes) -> EmailMessage:
    made = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(made, EmailMessage)
    return made


def test_a_mail_arrives(tmp_path: Path) -> None:
    with servers.sink() as there:
        outcome = sent(mail(there.port), tmp_path)
    ((sender, to, content),) = there.mails
    assert (sender, to) == ("nilo@example.com", ["soc@example.com", "dpo@example.com"])
    made = parsed(content)
    assert made["Subject"] == "[K-2020-7Q3F2A] 27,259 people's data shown: Reviews walked through"
    assert made["Message-ID"] == "<R-2026-0A1B2C3D-perform@example.com>"
    assert made["Auto-Submitted"] == "auto-generated"
    text = made.get_content()
    assert "People shown: 27,259 distinct people (exact)" in text
    assert "Accused: app app-040-0, ip 203.0.113.9" in text
    assert "at most 900 people" in text
    assert outcome == {"where": "127.0.0.1", "status": 250, "tries": 1, "recipients": 2, "refused": 0}


def test_it_is_encrypted_and_logs_in(tmp_path: Path) -> None:
    pair = servers.certificate(tmp_path)
    password = desks.secret_file(tmp_path, "passw0rd", "mail.password")
    with servers.sink(tls=pair) as there:
        good = mail(there.port, tls="starttls", ca_file=str(pair[0]), username="nilo", password_file=password)
        sent(good, tmp_path)
        assert there.encrypted == [True]
        assert base64.b64decode(there.logins[0]) == b"\0nilo\0passw0rd"
        with pytest.raises(ConfigError, match="certificate that does not hold"):
            sent(dataclasses.replace(good, ca_file=""), tmp_path)
    assert len(there.mails) == 1
    desks.secret_file(tmp_path, "pässw0rd", "mail.password")
    with pytest.raises(ConfigError, match="ASCII"):
        good.ready(desks.desk(tmp_path))


def test_no_encryption_offered_is_no_mail(tmp_path: Path) -> None:
    with servers.sink() as there, pytest.raises(ConfigError, match="STARTTLS"):
        sent(mail(there.port, tls="starttls"), tmp_path)
    assert not there.mails


def test_later_is_tried_again_and_never_is_not(tmp_path: Path) -> None:
    waits = desks.Waits()
    with servers.sink("451 later", "close", "452 full") as there:
        assert sent(mail(there.port), tmp_path, waits)["tries"] == 4
    assert waits.seconds == [1, 2, 4]
    assert len(there.mails) == 1
    with servers.sink("554 never", "250 ok") as there, pytest.raises(ConfigError, match="554"):
        sent(mail(there.port), tmp_path)
    assert not there.mails
    with pytest.raises(EngineError, match="2 tries"):
        sent(mail(servers.closed_port(), attempts=2), tmp_path)


def test_a_server_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    with servers.sink("hang") as there:
        assert sent(mail(there.port, timeout=0.3), tmp_path)["tries"] == 2
    assert len(there.mails) == 1


def test_a_repeat_is_known_by_its_message_id(tmp_path: Path) -> None:
    with servers.sink("close after") as there:
        assert sent(mail(there.port), tmp_path)["tries"] == 2
    first, again = (parsed(content) for _, _, content in there.mails)
    assert first["Message-ID"] == again["Message-ID"]
    assert bytes(first) == bytes(again)


def test_a_recipient_that_is_refused_is_told(tmp_path: Path) -> None:
    with servers.sink(refuses=("dpo@example.com",)) as there:
        assert sent(mail(there.port), tmp_path)["refused"] == 1
    with servers.sink(refuses=("dpo@example.com", "soc@example.com")) as there, pytest.raises(ConfigError, match="550"):
        sent(mail(there.port), tmp_path)


@pytest.mark.parametrize(
    ("given", "says"),
    [({"host": ""}, "needs host"), ({"to": ()}, "needs host"), ({"sender": "x"}, "no mail address"), ({"to": ("a@b.c\r\nBcc: d@e.f",)}, "no mail address"),
     ({"to": ("ä@b.c",)}, "no mail address"), ({"tls": "ssl"}, "tls must be"), ({"port": -1}, "port"), ({"username": "x"}, "belong together"),
     ({"username": "x", "password_file": "y"}, "without TLS"), ({"tls": "tls", "username": "x", "password_file": "absent"}, "cannot be read")],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, given: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        dataclasses.replace(mail(25), **given).ready(desks.desk(tmp_path))  # type: ignore[arg-type]


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(facts=samples.cases())
def test_no_log_makes_a_header(tmp_path: Path, facts: dict[str, object]) -> None:
    action, desk = mail(25), desks.desk(tmp_path)
    message = action._message(desks.order(action.letter(desks.matter(facts), desk)))
    made = parsed(bytes(message))
    assert sorted(made.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    )
    assert made["To"] == "soc@example.com, dpo@example.com"
    assert not made.is_multipart()
    assert made.get_content().splitlines()[-1] == "Sent by Nilometer after approval, proposal R-2026-0A1B2C3D."


@given(facts=samples.cases())
def test_a_page_is_lines_of_ours(facts: dict[str, object]) -> None:
    for text in (plainly.page(facts, desks.ACTORS, "R-1"), plainly.title(facts)):
        text.encode()
    assert len(plainly.title(facts).splitlines()) == 1
    names = [line.partition(":")[0] for line in plainly.page(facts, desks.ACTORS, "R-1").split("\n") if line][:10]
    assert names[0] == "Case"
    assert names[-1] == "Findings"
