"""One POST: where it may go, where it may not, and how it ends when the other side misbehaves."""

from __future__ import annotations

import http.client
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.errors import ConfigError, InputError
from nilometer.response import posting
from tests.response import servers


def send(url: str, body: bytes = b"{}", *, timeout: float = 5.0, private: bool = True, ca: Path | None = None) -> posting.Answer:
    return posting.post(posting.place(url, "url"), body, {"Content-Type": "application/json"}, timeout=timeout, private=private, ca_file=ca)


def test_it_arrives_whole() -> None:
    body = b'{"x": "' + b"y" * 300_000 + b'"}'
    with servers.receiver((202, {"Retry-After": "7"})) as there:
        assert send(there.url, body) == posting.Answer(status=202, retry_after="7")
    (seen,) = there.seen
    assert seen.body == body
    assert seen.path == "/hook/s3cr3t-path?t=s3cr3t-query"
    assert seen.headers["host"] == f"127.0.0.1:{there.port}"


def test_redirects_are_not_followed() -> None:
    with servers.receiver() as other, servers.receiver((302, {"Location": other.url}), (307, {"Location": other.url})) as there:
        assert [send(there.url).status for _ in range(2)] == [302, 307]
    assert not other.seen


@pytest.mark.parametrize("how", ["close", "noise"])
def test_a_broken_answer_is_trouble_on_the_way(how: str) -> None:
    with servers.receiver(how) as there, pytest.raises((OSError, http.client.HTTPException)):
        send(there.url)


def test_an_answer_is_its_status_however_long_its_body_takes() -> None:
    with servers.receiver("half") as there:
        assert send(there.url).status == 200


@pytest.mark.parametrize("how", ["hang", "drip"])
def test_it_never_takes_longer_than_it_may(how: str) -> None:
    with servers.receiver(how) as there:
        began = time.monotonic()
        with pytest.raises((OSError, http.client.HTTPException)):
            send(there.url, timeout=0.5)
        assert time.monotonic() - began < 8.0, "the server goes on for ten seconds and more"


def test_nobody_there() -> None:
    with pytest.raises(OSError, match=r"refused|Errno"):
        send(f"http://127.0.0.1:{servers.closed_port()}/")
    with pytest.raises(OSError, match="Errno"):
        send("http://nobody.invalid/")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "2130706433",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00::1]",
    ],
)
def test_private_places_are_refused_before_anything_is_sent(host: str) -> None:
    with servers.receiver() as there:
        with pytest.raises((ConfigError, OSError)) as told:
            send(f"http://{host}:{there.port}/s3cr3t", private=False, timeout=1)
        assert "s3cr3t" not in str(told.value)
        if host in ("127.0.0.1", "localhost", "2130706433", "10.0.0.1", "169.254.169.254"):
            assert isinstance(told.value, ConfigError)
    assert not there.seen


@pytest.mark.parametrize(
    ("address", "no"),
    [("127.0.0.1", True), ("10.1.2.3", True), ("192.168.0.1", True), ("172.16.0.1", True), ("169.254.169.254", True), ("100.64.0.1", True), ("0.0.0.0", True),
     ("224.0.0.1", True), ("255.255.255.255", True), ("::1", True), ("::", True), ("fe80::1", True), ("fe80::1%eth0", True), ("fd00::1", True),
     ("::ffff:10.0.0.1", True), ("::ffff:8.8.8.8", False), ("64:ff9b::7f00:1", True), ("2002:7f00:1::", True), ("2001:0:4136:e378:8000:63bf:80ff:fffe", True),
     ("ff02::1", True), ("8.8.8.8", False), ("2606:4700::1", False), ("64:ff9b::808:808", False)],
)  # fmt: skip
def test_which_addresses_are_public(address: str, no: bool) -> None:
    assert posting.forbidden(address) is no


@given(st.ip_addresses(v=4))
def test_an_address_in_disguise_is_judged_as_what_it_is(address: object) -> None:
    number = int(address)  # type: ignore[call-overload]
    assert posting.forbidden(f"::ffff:{address}") == posting.forbidden(str(address))
    if posting.forbidden(str(address)):
        assert posting.forbidden(f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}")
        assert posting.forbidden(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::")


@pytest.mark.parametrize(
    "url",
    ["", "ftp://x/", "file:///etc/passwd", "gopher://x/", "//x", "http://", "http:///x", "https://a b/", "http://x/\r\nHost: y", "http://x:99999/", "http://x:port/",
     "http://name:s3cr3t@x/", "http://name@x/", "http://x/#s3cr3t", "http://x/é", "unix:/run/x", "http://[::1", "HTTP://x\x00/", "javascript:1", " http://x/"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as told:
        posting.place(url, "[response.webhook] url")
    assert "[response.webhook] url" in str(told.value)
    assert "s3cr3t" not in str(told.value)


@given(st.text(max_size=40))
def test_no_text_is_an_address_by_accident(text: str) -> None:
    for url in (text, "http://" + text, "https://x/" + text, "https://x:" + text):
        try:
            found = posting.place(url, "url")
        except ConfigError:
            continue
        assert found.host
        assert 0 < found.port < 65536
        assert not set(found.path) & set(" \r\n\t\x00")


def test_what_is_shown_of_an_address_is_its_host() -> None:
    assert str(posting.place("https://hooks.example/T0K3N?x=1", "url")) == "https://hooks.example"
    assert str(posting.place("http://[2001:db8::1]:8080/x", "url")) == "http://[2001:db8::1]:8080"


def test_too_much_is_refused() -> None:
    with pytest.raises(InputError, match="1,048,577 bytes"):
        send("http://127.0.0.1:9/", b"x" * (posting.LARGEST + 1))


def test_a_certificate_must_hold(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    pair, old = servers.certificate(good), servers.certificate(bad, valid=False)
    with servers.receiver(tls=pair) as there:
        with pytest.raises(ConfigError, match="certificate that does not hold"):
            send(there.url)
        assert not there.seen
        assert send(there.url, ca=pair[0]).status == 204
        with pytest.raises(ConfigError, match="does not hold certificates"):
            send(there.url, ca=pair[1].with_name("absent.pem"))
    with servers.receiver(tls=old) as there, pytest.raises(ConfigError, match="expired"):
        send(there.url, ca=old[0])


@pytest.mark.parametrize("how", ["hang", "drip"])
def test_over_tls_too_it_never_takes_longer(tmp_path: Path, how: str) -> None:
    pair = servers.certificate(tmp_path)
    with servers.receiver(how, tls=pair) as there:
        began = time.monotonic()
        with pytest.raises((OSError, http.client.HTTPException)):
            send(there.url, timeout=0.6, ca=pair[0])
        assert time.monotonic() - began < 8.0, "the server goes on for ten seconds and more"
