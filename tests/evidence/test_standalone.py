"""The verifier for strangers: the same verdicts as the tlog room and `cryptography`, with nothing but the standard library."""

from __future__ import annotations

import ast
import base64
import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.evidence import standalone
from nilometer.evidence.standalone import Wrong
from nilometer.tlog import checkpoint, chunks, merkle, note, policy, proof
from nilometer.tlog.checkpoint import Checkpoint
from nilometer.tlog.cosignature import ED25519, ML_DSA_44, WitnessKey
from nilometer.tlog.refused import Refused

FILE: Final = Path(standalone.__file__)
LOG = note.SecretKey(name="log.example/one", seed=bytes(range(32)))
WITNESSES = [WitnessKey(name=f"w{n}.example", kind=ED25519, seed=bytes([n]) * 32, time=1_700_000_000 + n) for n in range(3)]
NEWER = WitnessKey(name="newer.example", kind=ML_DSA_44, seed=bytes(range(32)), time=1_700_000_000)
POLICY = policy.write([LOG.public.vkey], {f"w{n}": w.public.vkey for n, w in enumerate(WITNESSES)}, 2)
ENTRIES = [b"entry %d" % n for n in range(60)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
DATA = np.random.default_rng(7).bytes(128 * 100)


def made(index: int, size: int, *signers: note.Signer) -> bytes:
    signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=size, root=merkle.root(LEAVES[:size])), *signers)
    return proof.write(index, merkle.inclusion_proof(index, size, merkle.over(LEAVES)), signed)


def changed(data: st.DataObject, text: bytes) -> bytes:
    """The text with one byte changed, taken away or put in, or cut off."""
    at = data.draw(st.integers(0, len(text) - 1))
    flipped = bytes([text[at] ^ data.draw(st.integers(1, 255))])
    return data.draw(
        st.sampled_from([text[:at] + flipped + text[at + 1 :], text[:at], text[at + 1 :], text[:at] + flipped + text[at:], text + flipped])
    )


# Ed25519


@pytest.mark.parametrize(
    ("seed", "message", "signature"),
    [  # RFC 8032, 7.1, tests 1 to 3
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ],
)
def test_published_signatures_hold(seed: str, message: str, signature: str) -> None:
    public = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)).public_key().public_bytes_raw()
    assert standalone.ed25519_holds(public, bytes.fromhex(message), bytes.fromhex(signature))


@settings(max_examples=60)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.data())
def test_signatures_of_cryptography_hold_and_changed_ones_do_not(seed: bytes, message: bytes, data: st.DataObject) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert standalone.ed25519_holds(public, message, signature)
    assert not standalone.ed25519_holds(public, message + b"x", signature)
    for wrong in (changed(data, signature), changed(data, signature), signature[32:] + signature[:32]):
        if wrong != signature:
            assert not standalone.ed25519_holds(public, message, wrong)
            assert not note.ed25519_holds(public, message, wrong)
    other = changed(data, public)
    if other != public:
        assert not standalone.ed25519_holds(other, message, signature)


def test_a_signature_has_one_spelling() -> None:
    public, signature = LOG.public.material, LOG.sign("text\n")
    again = (int.from_bytes(signature[32:], "little") + standalone.Q).to_bytes(32, "little")
    assert standalone.ed25519_holds(public, b"text\n", signature)
    assert not standalone.ed25519_holds(public, b"text\n", signature[:32] + again)
    assert not standalone.ed25519_holds((standalone.P + 1).to_bytes(32, "little"), b"text\n", signature)


# Notes, checkpoints, policies


def both(signed: bytes, written: bytes) -> tuple[bool, bool]:
    """Whether each of the two believes a checkpoint under a policy."""
    verdicts = []
    for module, wrong in ((policy, Refused), (standalone, Wrong)):
        try:
            if module is policy:
                policy.parse(written).verify(signed)
            else:
                standalone.open_checkpoint(signed, standalone.read_policy(written))
            verdicts.append(True)
        except wrong:
            verdicts.append(False)
    return verdicts[0], verdicts[1]


@given(st.sets(st.integers(0, 2)), st.booleans())
def test_a_quorum_is_a_quorum(who: set[int], signed_by_log: bool) -> None:
    signers = [*([LOG] if signed_by_log else []), *(WITNESSES[n] for n in sorted(who))]
    if signers:
        signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=5, root=bytes(32)), *signers)
        assert both(signed, POLICY) == ((signed_by_log and len(who) >= 2),) * 2


def test_what_a_checkpoint_says_and_when_it_was_seen() -> None:
    signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=5, root=bytes(32), extensions=("more",)), LOG, *WITNESSES[:2], NEWER)
    head, opened = standalone.open_checkpoint(signed, standalone.read_policy(POLICY))
    assert head == (LOG.name, 5, bytes(32), ("more",))
    assert [standalone.cosigned_at(body) for key, body in opened.signed[1:]] == [1_700_000_000, 1_700_000_001]
    assert opened.unknown == [NEWER.name]


def test_a_cosignature_that_cannot_be_checked_does_not_count() -> None:
    written = f"log {LOG.public.vkey}\nwitness N {NEWER.public.vkey}\nquorum N\n".encode()
    signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=5, root=bytes(32)), LOG, NEWER)
    policy.parse(written).verify(signed)
    with pytest.raises(Wrong, match="quorum 'N'"):
        standalone.open_checkpoint(signed, standalone.read_policy(written))


@settings(max_examples=60)
@given(st.data())
def test_any_change_of_a_checkpoint_is_seen_by_both(data: st.DataObject) -> None:
    signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=5, root=bytes(32)), LOG, *WITNESSES[:2])
    wrong = changed(data, signed)
    if wrong != signed:
        assert both(wrong, POLICY) == (False, False)


LINE = st.sampled_from(
    [
        f"log {LOG.public.vkey}",
        f"log {WITNESSES[0].public.vkey}",
        f"log {NEWER.public.vkey} url",
        "quorum none",
        "quorum w0",
        "quorum G",
        "#",
        "",
    ]
    + [f"witness w{n} {w.public.vkey}" for n, w in enumerate(WITNESSES)]
    + [f"witness none {WITNESSES[0].public.vkey}", f"witness v {WITNESSES[0].public.vkey} url", f"witness l {LOG.public.vkey}"]
    + ["group G 1 w0 w1", "group G all w0", "group G 3 w0 w1", "group H any G w2", "group G 0 w0", "group G 1 w0 w0", "group w0 1 w1"]
    + ["quorum H", "quorum", "nonsense", "\tquorum  none ", "quorum none\r", "group none 1 w0", "group G 01 w0", "group G 1 none"]
)


@given(st.lists(LINE, max_size=7).map(lambda lines: "".join(f"{line}\n" for line in lines).encode()))
def test_a_policy_is_read_alike(written: bytes) -> None:
    ours: Any = None
    with contextlib.suppress(Refused):
        ours = policy.parse(written)
    if ours is None:
        with pytest.raises(Wrong):
            standalone.read_policy(written)
        return
    theirs = standalone.read_policy(written)
    assert [key.name for key in theirs.logs] == [key.name for key in ours.logs]
    assert {name: key.material for name, key in theirs.witnesses.items()} == {n: key.material for n, key in ours.witnesses.items()}
    assert theirs.groups == {name: (group.least, list(group.members)) for name, group in ours.groups.items()}
    assert theirs.quorum == ours.quorum


@given(st.binary(max_size=120))
def test_garbage_is_refused_and_nothing_breaks(garbage: bytes) -> None:
    keys = standalone.read_policy(POLICY)
    with pytest.raises(Wrong):
        standalone.open_checkpoint(garbage, keys)
    with pytest.raises(Wrong):
        standalone.check_proof(b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + garbage, bytes(32), keys)
    with pytest.raises(Wrong):
        standalone.read_key(garbage.decode("latin-1"))
    with pytest.raises(Wrong):
        standalone.read_policy(garbage + b"\nx")


# Merkle trees


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_published_vectors_agree(kind: str, shared_data: Path) -> None:
    wrong, count = [], 0
    for path in sorted((shared_data / "merkle" / kind).rglob("*.json")):
        v = json.loads(path.read_text())
        path_hashes = [base64.b64decode(h) for h in v["proof"] or []]
        h = {name: base64.b64decode(v[name] or "") for name in ("root", "root1", "root2", "leafHash") if name in v}
        if h.get("root1") == b"don't care 2" and not v["wantErr"]:
            continue  # no hash at all: this file asks for 32 bytes
        count += 1
        accepted = True
        try:
            if kind == "inclusion":
                standalone.check_inclusion(v["leafIdx"], v["treeSize"], h["leafHash"], path_hashes, h["root"])
            else:
                standalone.check_consistency(v["size1"], v["size2"], path_hashes, h["root1"], h["root2"])
        except Wrong:
            accepted = False
        if accepted == v["wantErr"]:
            wrong.append(path.name)
    assert wrong == []
    assert count >= 97


@given(st.integers(1, 60), st.data())
def test_proofs_of_the_tlog_room_hold_and_rewritten_history_does_not(new: int, data: st.DataObject) -> None:
    old, index = data.draw(st.integers(1, new)), data.draw(st.integers(0, new - 1))
    whole, begun = standalone.root(LEAVES[:new]), standalone.root(LEAVES[:old])
    assert (whole, begun) == (merkle.root(LEAVES[:new]), merkle.root(LEAVES[:old]))
    path = merkle.inclusion_proof(index, new, merkle.over(LEAVES))
    standalone.check_inclusion(index, new, standalone.leaf_hash(ENTRIES[index]), path, whole)
    between = merkle.consistency_proof(old, new, merkle.over(LEAVES))
    standalone.check_consistency(old, new, between, begun, whole)
    for wrong in (
        (old, new, between, bytes(32), whole),
        (old, new, between, begun, bytes(32)),
        (old, new, [*between, whole], begun, whole),
    ):
        with pytest.raises(Wrong):
            standalone.check_consistency(*wrong)
    for at in range(len(between)):
        with pytest.raises(Wrong):
            standalone.check_consistency(old, new, [*between[:at], bytes(32), *between[at + 1 :]], begun, whole)
    for at in range(len(path)):
        with pytest.raises(Wrong):
            standalone.check_inclusion(index, new, LEAVES[index], [*path[:at], bytes(32), *path[at + 1 :]], whole)
    with pytest.raises(Wrong):
        standalone.check_inclusion(index, new, LEAVES[index], path[:-1] if path else [whole], whole)


def test_an_empty_tree() -> None:
    assert standalone.root([]) == merkle.EMPTY
    with pytest.raises(Wrong):
        standalone.check_consistency(0, 5, [], merkle.EMPTY, standalone.root(LEAVES[:5]))


# Portable proofs


@settings(max_examples=40)
@given(st.integers(1, 60), st.data())
def test_a_portable_proof_is_believed_and_a_changed_one_is_not(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    text, keys = made(index, size, LOG, *WITNESSES[:2]), standalone.read_policy(POLICY)
    at, head = standalone.check_proof(text, LEAVES[index], keys)
    assert (at, head.size) == (index, size)
    wrong = changed(data, text)
    if wrong != text:
        with pytest.raises(Wrong):
            standalone.check_proof(wrong, LEAVES[index], keys)
    with pytest.raises(Wrong):
        standalone.check_proof(text, merkle.leaf_hash(b"other"), keys)


def test_what_nothing_vouches_for_may_stand_in_a_proof() -> None:
    signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=1, root=LEAVES[0]), LOG, *WITNESSES[1:])
    assert standalone.check_proof(proof.write(0, [], signed, extra=b"x"), LEAVES[0], standalone.read_policy(POLICY))[0] == 0


# Rows


@settings(max_examples=40)
@given(st.integers(1, 100), st.data())
def test_a_row_is_proved_and_a_changed_one_is_not(rows: int, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, rows - 1))
    tree = chunks.Tree(DATA[: rows * 128])
    text, digest = tree.proof(row), chunks.root(DATA[: rows * 128])
    assert standalone.check_row(digest, rows, row, text) == DATA[row * 128 : row * 128 + 128]
    wrong = changed(data, text)
    if wrong != text:
        with pytest.raises(Wrong):
            standalone.check_row(digest, rows, row, wrong)
    for elsewhere in (-1, rows, row + 8):
        with pytest.raises(Wrong):
            standalone.check_row(digest, rows, elsewhere, text)


@settings(max_examples=40)
@given(st.integers(1, 100), st.data())
def test_an_excerpt_is_believed_and_a_changed_one_is_not(rows: int, data: st.DataObject) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, -(-rows // 8) - 1), min_size=1)))
    held = DATA[: rows * 128]
    bodies, path = chunks.Tree(held).excerpt(places)
    standalone.check_excerpt(chunks.root(held), rows, places, bodies, path)
    wrong = changed(data, bodies)
    if wrong != bodies:
        with pytest.raises(Wrong):
            standalone.check_excerpt(chunks.root(held), rows, places, wrong, path)
    others = [path + b"x", path[:-1] or b"x", changed(data, path) if path else bytes(32)]
    for other in others:
        if other != path:
            with pytest.raises(Wrong):
                standalone.check_excerpt(chunks.root(held), rows, places, bodies, other)


def test_an_excerpt_of_more_chunks_than_go_at_once() -> None:
    many = np.random.default_rng(8).bytes(128 * (8 * 1_300 + 5))
    tree = chunks.Tree(many)
    for places in (list(range(1_301)), list(range(0, 1_301, 2)), [0, 700, 1_300], [1_300]):
        bodies, path = tree.excerpt(places)
        standalone.check_excerpt(tree.root(), tree.rows, places, bodies, path)
        with pytest.raises(Wrong, match="sealed"):
            standalone.check_excerpt(tree.root(), tree.rows, places, bodies[:-1] + bytes([bodies[-1] ^ 1]), path)


def test_chunks_past_four_billion_are_counted_right() -> None:
    places = [5, 2**32, 5_000_000_000]
    assert standalone.chunk_values(DATA[:1024] * 3, 1024, places) == [chunks._chunk(DATA[:1024], place, 0) for place in places]


@pytest.mark.parametrize("places", [[], [1, 0], [0, 0], [2], [-1]])
def test_an_excerpt_of_places_that_are_not_there_is_refused(places: list[int]) -> None:
    with pytest.raises(Wrong, match="ascending"):
        standalone.check_excerpt(bytes(32), 16, places, b"", b"")


# On its own


def test_it_imports_the_standard_library_only_and_is_old_python() -> None:
    source = FILE.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or ".")
    assert {name.split(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    assert not re.search(r"removeprefix|removesuffix|bit_count|strict=|slots=", source)  # newer than 3.8


ASKED = """
import sys; sys.dont_write_bytecode = True
import importlib.util, json
spec = importlib.util.spec_from_file_location("verify", sys.argv[1])
verify = importlib.util.module_from_spec(spec); spec.loader.exec_module(verify)
q = json.load(sys.stdin)
index, head = verify.check_proof(q["proof"].encode(), bytes.fromhex(q["leaf"]), verify.read_policy(q["policy"].encode()))
row = verify.check_row(bytes.fromhex(q["digest"]), q["rows"], q["row"], bytes.fromhex(q["chunk"]))
verify.check_consistency(1, 2, [bytes.fromhex(q["second"])], bytes.fromhex(q["first"]), verify.node_hash(bytes.fromhex(q["first"]), bytes.fromhex(q["second"])))
try:
    verify.check_proof(q["proof"].encode(), bytes(32), verify.read_policy(q["policy"].encode()))
except verify.Wrong:
    print(index, head.size, row.hex())
"""


@pytest.mark.parametrize("python", ["this one", "python3.8", "python3.9", "python3.13"])
def test_a_strangers_python_runs_it(python: str, absent: Callable[[str], NoReturn]) -> None:
    """Isolated and without site-packages, on the oldest Python it promises to run on and on newer ones."""
    program = sys.executable if python == "this one" else working(python)
    if program is None:
        absent(f"{python} is not installed (pyenv install {python.removeprefix('python')})")
    tree = chunks.Tree(DATA)
    asked = {"proof": made(7, 60, LOG, *WITNESSES).decode(), "leaf": LEAVES[7].hex(), "policy": POLICY.decode(), "rows": 100, "row": 42}
    asked |= {"digest": tree.root().hex(), "chunk": tree.proof(42).hex(), "first": LEAVES[0].hex(), "second": LEAVES[1].hex()}
    done = subprocess.run([program, "-I", "-S", "-c", ASKED, FILE], input=json.dumps(asked), capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["7", "60", DATA[42 * 128 : 43 * 128].hex()]


def working(python: str) -> str | None:
    """An interpreter of that name which really runs (a shim may stand for nothing)."""
    found = shutil.which(python)
    places = [found] if found else []
    places += [str(p) for p in sorted(Path.home().glob(f".pyenv/versions/{python.removeprefix('python')}*/bin/{python}"))]
    for place in places:
        if subprocess.run([place, "-c", ""], capture_output=True, check=False).returncode == 0:
            return place
    return None
