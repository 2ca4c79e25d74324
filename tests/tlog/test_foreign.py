"""What we write is believed by Go's `note` and `tlog` packages, which are not ours, and what was changed is not."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest

from nilometer.tlog import checkpoint, merkle, note, proof, tiles
from nilometer.tlog.checkpoint import Checkpoint

GO_SOURCES: Final = Path("/usr/share/gocode")
LOG = note.SecretKey(name="log.example/one", seed=bytes(range(32)))
COUNT = 66_500
LEAVES = [merkle.leaf_hash(b"%d" % n) for n in range(COUNT)]

Ask = Callable[..., list[dict[str, str]]]


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """The Go program, built here from Debian's sources without any network; None where they are not."""
    go = shutil.which("go")
    if go is None or not (GO_SOURCES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        return None
    folder = tmp_path_factory.mktemp("go")
    places = {"GOPATH": str(GO_SOURCES), "GOCACHE": str(folder / "cache"), "HOME": str(folder), "GO111MODULE": "off", "GOFLAGS": ""}
    source = Path(__file__).with_name("foreign") / "main.go"
    built = folder / "foreign"
    subprocess.run([go, "build", "-o", built, source], check=True, env={**os.environ, **places, "CGO_ENABLED": "0"}, cwd=folder)
    shutil.rmtree(folder / "cache")
    return built


@pytest.fixture
def ask(program: Path | None, absent: Callable[[str], NoReturn]) -> Ask:
    """Puts questions to the Go program."""
    if program is None:
        absent("Go and its sumdb packages are not installed (Debian: golang-go, golang-golang-x-mod-dev)")

    def questions(*asked: dict[str, Any]) -> list[dict[str, str]]:
        text = "".join(json.dumps(question) + "\n" for question in asked)
        done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return questions


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log on the disk as C2SP tlog-tiles, grown in three steps."""
    folder = tmp_path_factory.mktemp("log")

    def tile(level: int, index: int, width: int) -> bytes:
        return (folder / tiles.Tile(level=level, index=index, width=width).path).read_bytes()

    for old, new in ((0, 1), (1, 700), (700, COUNT)):
        for place, content in tiles.grown(old, LEAVES[old:new], tile).items():
            (folder / place.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / place.path).write_bytes(content)
    return folder


def test_go_opens_our_checkpoints_and_we_open_its_notes(ask: Ask) -> None:
    head = Checkpoint(origin=LOG.name, size=5, root=merkle.root(LEAVES[:5]))
    signed = checkpoint.sign(head, LOG).decode()
    changed = signed.replace("\n5\n", "\n6\n")
    vkey = LOG.public.vkey
    good, bad, theirs = ask(
        {"do": "open", "note": signed, "key": vkey},
        {"do": "open", "note": changed, "key": vkey},
        {"do": "sign", "text": head.text, "key": LOG.skey},
    )
    assert good == {"said": f"5 {b64(head.root)}", "wrong": ""}
    assert "invalid signature" in bad["wrong"]
    assert theirs["said"] == signed
    assert checkpoint.verify(theirs["said"].encode(), [LOG.public])[0] == head


def test_go_believes_our_proofs_and_not_changed_ones(ask: Ask) -> None:
    rng = random.Random(4)
    good, bad = [], []
    for _ in range(150):
        size = rng.randint(1, 3_000)
        index = rng.randrange(size)
        root = b64(merkle.root(LEAVES[:size]))
        record = merkle.inclusion_proof(index, size, merkle.over(LEAVES))
        tree = merkle.consistency_proof(index + 1, size, merkle.over(LEAVES))
        asked = [
            {"do": "record", "proof": record, "leaf": b64(LEAVES[index])},
            {"do": "tree", "proof": tree, "leaf": b64(merkle.root(LEAVES[: index + 1]))},
        ]
        for question, shift in zip(asked, (0, 1), strict=True):
            hashes = [b64(value) for value in question["proof"]]
            question = {**question, "size": size, "index": index + shift, "root": root, "proof": hashes}
            good.append(question)
            bad.append({**question, "leaf": b64(bytes(32))})
            bad.append({**question, "proof": [*hashes, root]})
            if hashes:
                at = rng.randrange(len(hashes))
                bad.append({**question, "proof": [*hashes[:at], b64(bytes(32)), *hashes[at + 1 :]]})
    assert [answer["wrong"] for answer in ask(*good)] == [""] * 300
    assert all(answer["wrong"] for answer in ask(*bad))


def test_go_reads_our_tiles_and_makes_the_same_proofs(ask: Ask, log: Path) -> None:
    def tile(level: int, index: int, width: int) -> bytes:
        return (log / tiles.Tile(level=level, index=index, width=width).path).read_bytes()

    root = merkle.root(LEAVES)
    places = [0, 255, 256, 699, 700, 65_535, 65_536, COUNT - 1, *random.Random(5).sample(range(COUNT), 30)]
    answers = ask(*({"do": "tiles", "folder": str(log), "size": COUNT, "root": b64(root), "index": index} for index in places))
    head = tiles.over(COUNT, tile)
    for index, answer in zip(places, answers, strict=True):
        assert answer["wrong"] == ""
        leaf, record, tree = answer["said"].split("|")
        assert leaf == b64(LEAVES[index])
        assert record.split() == [b64(value) for value in merkle.inclusion_proof(index, COUNT, head)]
        assert tree.split() == [b64(value) for value in merkle.consistency_proof(index + 1, COUNT, head)]


@pytest.mark.parametrize(
    ("size", "why"),
    # Before x/mod 0.40 (CVE-2026-56865) Go's reader leaves tiles unchecked where parts of the head share one; the proof fails then.
    [(65_536, ("inconsistent tile",)), (COUNT, ("inconsistent tile", "invalid transparency proof"))],
)
def test_go_sees_a_changed_tile(size: int, why: tuple[str, ...], ask: Ask, log: Path, tmp_path: Path) -> None:
    shutil.copytree(log, tmp_path / "log")
    question = {"do": "tiles", "folder": str(tmp_path / "log"), "size": size, "root": b64(merkle.root(LEAVES[:size])), "index": 1_287}
    assert ask(question)[0]["wrong"] == ""
    place = tmp_path / "log/tile/0/005"
    before = place.read_bytes()
    place.write_bytes(before[:100] + bytes([before[100] ^ 1]) + before[101:])
    assert any(reason in ask(question)[0]["wrong"] for reason in why)


def test_go_believes_a_portable_proof(ask: Ask) -> None:
    signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=77, root=merkle.root(LEAVES[:77])), LOG)
    text = proof.write(42, merkle.inclusion_proof(42, 77, merkle.over(LEAVES)), signed).decode()
    question = {"do": "proof", "text": text, "key": LOG.public.vkey, "leaf": b64(b"42")}
    good, other, moved = ask(question, {**question, "leaf": b64(b"43")}, {**question, "text": text.replace("index 42", "index 43")})
    assert good["wrong"] == ""
    assert other["wrong"]
    assert moved["wrong"]
