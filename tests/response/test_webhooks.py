"""Signed webhooks: what arrives verifies by the standard's own example and by `openssl`; the key stays, the time is each try's."""

from __future__ import annotations

import base64
import dataclasses
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.errors import ConfigError, EngineError
from nilometer.response import webhooks
from nilometer.response.actions.webhook import Webhook
from tests.response import desks, servers


def hook(home: Path, url: str, **more: object) -> Webhook:
    return Webhook(url=url, secret_file=desks.secret_file(home), **more)  # type: ignore[arg-type]


def test_the_standards_own_example() -> None:
    """The numbers that the Standard Webhooks reference libraries (and Svix before them) test themselves with."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = webhooks.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(min_size=24, max_size=64), st.text(), st.integers(0, 2**40), st.binary())
def test_any_change_is_another_signature(secret: bytes, ident: str, moment: int, body: bytes) -> None:
    good = webhooks.signature(secret, ident, moment, body)
    assert good == webhooks.signature(secret, ident, moment, body)
    assert good != webhooks.signature(secret, ident, moment + 1, body)
    assert good != webhooks.signature(secret, ident, moment, body + b" ")
    assert good != webhooks.signature(secret, ident + "x", moment, body)
    assert good != webhooks.signature(secret[:-1] + bytes([secret[-1] ^ 1]), ident, moment, body)


def test_what_arrives_verifies_with_openssl(tmp_path: Path, absent: Callable[[str], NoReturn]) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        absent("openssl is not installed")
    with servers.receiver() as there:
        hook(tmp_path, there.url).perform(desks.order({"x": "ü\n"}), desks.desk(tmp_path))
    (seen,) = there.seen
    signed = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.".encode() + seen.body
    made = subprocess.run(
        [openssl, "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{desks.SECRET.hex()}", "-binary"],
        input=signed,
        capture_output=True,
        check=True,
    ).stdout
    assert seen.headers["webhook-signature"] == "v1," + base64.b64encode(made).decode()
    assert seen.headers["webhook-timestamp"] == str(int(desks.NOW.timestamp()))


def test_what_arrives_is_a_cloudevent(tmp_path: Path) -> None:
    desk, matter = desks.desk(tmp_path), desks.matter()
    with servers.receiver() as there:
        action = hook(tmp_path, there.url)
        outcome = action.perform(desks.order(action.letter(matter, desk)), desk)
    (seen,) = there.seen
    assert seen.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    made = json.loads(seen.body)
    assert {k: made[k] for k in ("specversion", "type", "subject", "source", "time", "datacontenttype")} == {
        "specversion": "1.0",
        "type": "dev.nilometer.case.v1",
        "subject": "K-2020-7Q3F2A",
        "source": f"urn:uuid:{desk.source}",
        "time": "2026-01-02T03:04:05Z",
        "datacontenttype": "application/json",
    }
    assert made["data"] == {"class_uid": 2005}
    assert made["id"] == seen.headers["webhook-id"] == seen.headers["idempotency-key"].strip('"') == "R-2026-0A1B2C3D-perform"
    assert outcome == {"where": f"http://127.0.0.1:{there.port}", "status": 204, "tries": 1}


def test_it_is_tried_again_under_the_same_key_at_its_own_time(tmp_path: Path) -> None:
    waits = desks.Waits()
    moments = iter(desks.NOW + timedelta(seconds=n) for n in range(100))
    desk = dataclasses.replace(desks.desk(tmp_path, waits=waits), clock=lambda: next(moments))
    with servers.receiver(500, "close", (429, {"Retry-After": "9"}), "noise", 202) as there:
        outcome = hook(tmp_path, there.url).perform(desks.order(), desk)
    assert (outcome["tries"], outcome["status"]) == (5, 202)
    assert waits.seconds == [1, 2, 9, 8]
    assert len({s.headers["webhook-id"] for s in there.seen}) == 1
    assert len({s.body for s in there.seen}) == 1
    assert len({s.headers["webhook-timestamp"] for s in there.seen}) == 5
    for seen in there.seen:
        moment = int(seen.headers["webhook-timestamp"])
        assert seen.headers["webhook-signature"] == webhooks.signature(desks.SECRET, seen.headers["webhook-id"], moment, seen.body)


def test_it_gives_up(tmp_path: Path) -> None:
    with servers.receiver(503, 503) as there, pytest.raises(EngineError, match="2 tries") as told:
        hook(tmp_path, there.url, attempts=2).perform(desks.order(), desks.desk(tmp_path))
    assert "s3cr3t" not in str(told.value)
    with servers.receiver(404) as there, pytest.raises(ConfigError, match="404, not found") as refused:
        hook(tmp_path, there.url).perform(desks.order(), desks.desk(tmp_path))
    assert "s3cr3t" not in str(refused.value)
    with servers.receiver("hang", 200) as there:
        assert hook(tmp_path, there.url, timeout=0.3).perform(desks.order(), desks.desk(tmp_path))["tries"] == 2


def test_a_private_place_is_refused_unless_it_is_meant(tmp_path: Path) -> None:
    with servers.receiver() as there, pytest.raises(ConfigError, match="private_addresses = true"):
        hook(tmp_path, there.url).perform(desks.order(), desks.desk(tmp_path, private=False))
    assert not there.seen


@pytest.mark.parametrize(
    ("given", "says"),
    [({"url": ""}, "needs url"), ({"url": "ftp://x/"}, "https://"), ({"timeout": 0.0}, "timeout"), ({"attempts": 0}, "attempts"), ({"attempts": 21}, "attempts"),
     ({"timeout": float("nan")}, "timeout"), ({"secret_file": ""}, "unsigned"), ({"secret_file": "absent"}, "cannot be read"), ({"token_file": "absent"}, "cannot be read")],
)  # fmt: skip
def test_what_is_missing_is_named(tmp_path: Path, given: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        dataclasses.replace(hook(tmp_path, "https://hooks.example/x"), **given).ready(desks.desk(tmp_path))  # type: ignore[arg-type]


def test_a_token_goes_with_it(tmp_path: Path) -> None:
    token = desks.secret_file(tmp_path, "tok3n", "token")
    with servers.receiver() as there:
        Webhook(url=there.url, token_file=token).perform(desks.order(), desks.desk(tmp_path))
    assert there.seen[0].headers["authorization"] == "Bearer tok3n"
    assert "webhook-signature" not in there.seen[0].headers
    bad = desks.secret_file(tmp_path, "tok 3n", "token")
    with pytest.raises(ConfigError, match="without spaces"):
        Webhook(url="https://x/", token_file=bad).ready(desks.desk(tmp_path))
