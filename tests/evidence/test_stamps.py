"""Timestamps by a real authority of our own: `openssl ts` answers, and verifies what we keep."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

import nilometer as nm
from nilometer.app import custody, homecheck, journal
from nilometer.errors import InputError
from nilometer.evidence import stamps
from tests.cli.running import run
from tests.promises import tampering

CONFIG = """
[tsa]
default_tsa = tsa1
[tsa1]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
"""


def openssl(*arguments: object) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A timestamping authority: a root, a certificate for time stamping under it, and a configuration."""
    return founded(tmp_path_factory.mktemp("authority"), "Root")


@pytest.fixture(scope="module")
def impostor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, of somebody who made himself one."""
    return founded(tmp_path_factory.mktemp("impostor"), "Impostor")


def founded(folder: Path, name: str) -> Path:
    if shutil.which("openssl") is None:
        return folder
    openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        folder / "root.key",
        "-out",
        folder / "root.pem",
        "-days",
        30,
        "-subj",
        f"/CN={name}",
    )
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr", "-subj", "/CN=TSA")
    (folder / "ext").write_text(
        "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:false\n"
    )
    openssl("x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "root.pem", "-CAkey", folder / "root.key", "-CAcreateserial",
            "-days", 30, "-extfile", folder / "ext", "-out", folder / "tsa.pem")  # fmt: skip
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
    return folder


def answered(authority: Path, request: Path, answer: Path) -> None:
    openssl("ts", "-reply", "-config", authority / "tsa.cnf", "-queryfile", request, "-out", answer)


def test_a_timestamp_is_kept_and_verifies_elsewhere(authority: Path, tmp_path: Path, absent: Callable[[str], NoReturn]) -> None:
    if not (authority / "tsa.pem").exists():
        absent("openssl is not installed")
    request, answer = tmp_path / "request.tsq", tmp_path / "answer.tsr"
    home = tmp_path / "home"
    home.mkdir()
    (home / "nilometer.toml").write_text(f'[evidence]\nsecond_place = "{tmp_path / "second"}"\n')
    with nm.open(home) as opened:
        opened.ingest(tampering.table(3).slice(0, 200))
        size = custody.stamp(opened.home, request, None, None)["size"]
        answered(authority, request, answer)
        opened.ingest(tampering.table(4).slice(0, 200))  # the log grows before the answer comes
        said = custody.stamp(opened.home, None, answer, authority / "root.pem")
        assert (said["size"], said["verified"], said["policy"]) == (size, True, "1.2.3.4.1")
        found = homecheck.Found()
        for _ in homecheck.check(opened.home, found):
            pass
        assert found.steps[-1].startswith("9. 1 timestamps are on heads of this log, 1 verified against CN=Root, SHA-256 ")
        assert not any("timestamp" in text for text in found.noticed)
        kept = sorted((home / "evidence" / "timestamps").glob("*.tsr"))
        assert len(kept) == 1
        openssl(
            "ts",
            "-verify",
            "-in",
            kept[0],
            "-data",
            kept[0].with_name(kept[0].name.split(".")[0] + ".txt"),
            "-CAfile",
            authority / "root.pem",
        )
        data = bytearray(kept[0].read_bytes())
        data[len(data) // 3] ^= 1
        answer.write_bytes(data)
        with pytest.raises(InputError):
            custody.stamp(opened.home, None, answer, authority / "root.pem")


def test_a_timestamp_on_something_else_is_refused(authority: Path, tmp_path: Path, absent: Callable[[str], NoReturn]) -> None:
    if not (authority / "tsa.pem").exists():
        absent("openssl is not installed")
    (tmp_path / "other").write_text("other")
    openssl("ts", "-query", "-data", tmp_path / "other", "-sha256", "-cert", "-out", tmp_path / "other.tsq")
    answered(authority, tmp_path / "other.tsq", tmp_path / "other.tsr")
    with nm.open(":memory:") as opened:
        opened.ingest(tampering.table(3).slice(0, 50))
        with pytest.raises(InputError, match="something else than this checkpoint"):
            custody.stamp(opened.home, None, tmp_path / "other.tsr", None)
        (tmp_path / "junk").write_bytes(b"junk")
        with pytest.raises(InputError, match="no RFC 3161 answer"):
            custody.stamp(opened.home, None, tmp_path / "junk", None)
        with pytest.raises(InputError, match="either --request FILE or --answer FILE"):
            custody.stamp(opened.home, None, None, None)


def test_whose_word_it_is_was_checked_or_it_is_called_not_verified(
    authority: Path, impostor: Path, tmp_path: Path, absent: Callable[[str], NoReturn]
) -> None:
    if not (authority / "tsa.pem").exists():
        absent("openssl is not installed")
    request, answer, home = tmp_path / "request.tsq", tmp_path / "answer.tsr", tmp_path / "home"
    with nm.open(home) as opened:
        opened.ingest(tampering.table(3).slice(0, 200))
    assert run("evidence", "stamp", "--request", request, home=home).code == 0
    answered(impostor, request, answer)
    said = run("evidence", "stamp", "--answer", answer, home=home)
    assert (said.code, "NOT VERIFIED" in said.out) == (0, True), said.out
    assert run("evidence", "stamp", "--answer", answer, "--json", home=home).json["verified"] is False
    checked = run("evidence", "verify", home)
    assert (checked.code, "none of them verified" in checked.out) == (0, True)
    assert "1 timestamps are not verified: who made them was never checked" in checked.out
    assert run("evidence", "stamp", "--answer", answer, "--roots", authority / "root.pem", home=home).code == 2
    with nm.open(home) as opened:
        head = journal.log(opened.home).head()
        assert head is not None
        words = stamps.said(home / "evidence", head.note)
        assert "1 not verified" in words
        answered(authority, request, answer)
        assert run("evidence", "stamp", "--answer", answer, "--roots", authority / "root.pem", home=home).code == 0
        words = stamps.said(home / "evidence", head.note)
        assert "2 by RFC 3161" in words
        assert "1 verified against CN=Root, SHA-256 " in words
        assert "1 not verified" in words
        (tmp_path / "copy").mkdir()
        stamps.copy(home / "evidence", tmp_path / "copy")
    assert len(list((tmp_path / "copy" / "timestamps").glob("*.pem"))) == 1, "the roots go with it"
    [roots] = (home / "evidence" / "timestamps").glob("*.pem")
    shutil.copyfile(impostor / "root.pem", roots)
    exchanged = run("evidence", "verify", home)
    assert (exchanged.code, "does not verify" in exchanged.out) == (1, True), exchanged.out


def test_roots_that_are_none_are_wrong_input(authority: Path, tmp_path: Path, absent: Callable[[str], NoReturn]) -> None:
    if not (authority / "tsa.pem").exists():
        absent("openssl is not installed")
    request, answer, home = tmp_path / "request.tsq", tmp_path / "answer.tsr", tmp_path / "home"
    with nm.open(home) as opened:
        opened.ingest(tampering.table(3).slice(0, 50))
    run("evidence", "stamp", "--request", request, home=home)
    answered(authority, request, answer)
    for text in ("no certificate", "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        (tmp_path / "key.txt").write_text(text)
        done = run("evidence", "stamp", "--answer", answer, "--roots", tmp_path / "key.txt", home=home)
        assert (done.code, "Expected PEM" in done.err, done.out) == (2, True, ""), done.err
    assert not list((home / "evidence" / "timestamps").glob("*.tsr"))
