"""Checks evidence with nothing but Python's standard library (3.8 or newer): signatures, checkpoints, proofs, single rows.

One file on purpose, and it imports nothing of Nilometer: a stranger can read it from top to bottom, run it without a network, and
hold it against the standards it names: RFC 8032 (Ed25519), RFC 6962 and 9162 (Merkle trees), C2SP signed-note,
tlog-checkpoint, tlog-cosignature, tlog-proof and tlog-policy, and BLAKE3. ML-DSA-44 is not in the standard library: a
cosignature of that kind is not counted here, and is named as not checked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from functools import lru_cache
from typing import NamedTuple, Sequence  # noqa: UP035 (typing.Sequence: this file runs on old Pythons too)


class Wrong(Exception):
    """Something does not hold; the sentence names the first wrong thing."""


# Ed25519 (RFC 8032, section 5.1), slow and plain. A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
NEUTRAL = (0, 1, 1, 0)


def _add(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, int, int, int]:
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def _point(coded: bytes) -> tuple[int, int, int, int] | None:
    """The point that 32 bytes stand for, or None (RFC 8032, 5.1.3)."""
    y = int.from_bytes(coded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - squared) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE_POINT = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@lru_cache(maxsize=64)  # every proof of a bundle has the same signed head under it
def ed25519_holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a 64-byte signature is that of the 32-byte key under the message (RFC 8032, 5.1.7, without the cofactor)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    public, scalar = _point(key), int.from_bytes(signature[32:], "little")
    if public is None or BASE_POINT is None or scalar >= Q:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % Q
    minus = (P - public[0], public[1], public[2], P - public[3])
    both = _add(BASE_POINT, minus)
    sum_ = NEUTRAL
    for bit in range(252, -1, -1):  # scalar times the base point less challenge times the key, both at once
        sum_ = _add(sum_, sum_)
        if scalar >> bit & 1 and challenge >> bit & 1:
            sum_ = _add(sum_, both)
        elif scalar >> bit & 1:
            sum_ = _add(sum_, BASE_POINT)
        elif challenge >> bit & 1:
            sum_ = _add(sum_, minus)
    inverse = pow(sum_[2], P - 2, P)
    x, y = sum_[0] * inverse % P, sum_[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# Signed notes (C2SP signed-note) and keys as text

NOTE, COSIGNATURE, ML_DSA_44 = 0x01, 0x04, 0x06
"""Signature types: a log's under a note, a witness's under a time and a checkpoint, and the one not checked here."""


class Key(NamedTuple):
    """A public key: its name, signature type, bytes and four-byte id."""

    name: str
    kind: int
    material: bytes
    id: bytes


class Note(NamedTuple):
    """A note's text, the keys whose signatures hold with the bytes each signed with, and the names of those that are not known."""

    text: str
    signed: list[tuple[Key, bytes]]
    unknown: list[str]


def decoded(text: str, what: str) -> bytes:
    """Base64 in its one canonical spelling. Raises Wrong."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Wrong(what + " is not in Base64") from None
    if base64.b64encode(raw).decode() != text:
        raise Wrong(what + " is in Base64 with a spelling of its own")
    return raw


def read_key(vkey: str) -> Key:
    """A public key from its text, name+id+key. Raises Wrong when malformed or when the id is not that of the key."""
    name, _, rest = vkey.partition("+")
    stated, _, coded = rest.partition("+")
    _check_name(name)
    raw = decoded(coded, "a key")
    found = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if found.hex() != stated or len(raw) - 1 != {NOTE: 32, COSIGNATURE: 32, ML_DSA_44: 1312}.get(raw[0] if raw else 0):
        raise Wrong(f"the key of {name!r} is malformed, or of a type not known here")
    return Key(name, raw[0], raw[1:], found)


def _check_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() or letter < " " for letter in name):
        raise Wrong("a key's name has at least one letter and neither spaces nor plus signs")


def _holds(key: Key, text: str, body: bytes) -> bool:
    if key.kind == NOTE:
        return ed25519_holds(key.material, text.encode(), body)
    if len(body) != 72 or body[0] > 127:
        return False
    message = f"cosignature/v1\ntime {cosigned_at(body)}\n{text}"
    return ed25519_holds(key.material, message.encode(), body[8:])


def cosigned_at(body: bytes) -> int:
    """When a witness signed, in seconds since 1970, from its signature."""
    return int.from_bytes(body[:8], "big")


def open_note(note: bytes, keys: Sequence[Key]) -> Note:
    """Opens a signed note: at least one of the keys signed it, and none wrongly. Raises Wrong."""
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Wrong("a note is UTF-8") from None
    at = whole.rfind("\n\n")
    if re.search("[\x00-\x09\x0b-\x1f]", whole) or at < 0 or at + 2 == len(whole) or not whole.endswith("\n") or len(note) > 1 << 20:
        raise Wrong("a note is a text, an empty line and signature lines, without control characters")
    found = Note(whole[: at + 1], [], [])
    lines = whole[at + 2 : -1].split("\n")
    if len(lines) > 100:
        raise Wrong("a note has at most 100 signatures")
    for line in lines:
        dash, _, rest = line.partition(" ")
        name, _, coded = rest.partition(" ")
        _check_name(name)
        raw = decoded(coded, "a signature")
        if dash != "—" or len(raw) < 5:
            raise Wrong("a signature line is a dash, a name and a signature")
        key = next((key for key in keys if (key.name, key.id) == (name, raw[:4])), None)
        if key is None or key.kind == ML_DSA_44:
            found.unknown.append(name)
        elif any(key == earlier for earlier, _ in found.signed):
            raise Wrong(f"two signatures of the key {name!r}")
        elif not _holds(key, found.text, raw[4:]):
            raise Wrong(f"the signature of {name!r} does not hold: the text or the signature was changed")
        else:
            found.signed.append((key, raw[4:]))
    if not found.signed:
        raise Wrong("no signature of a known key under this note")
    return found


# Checkpoints (C2SP tlog-checkpoint) and who must have seen them (C2SP tlog-policy)


class Checkpoint(NamedTuple):
    """The head of a log: its name, its number of leaves, its 32-byte root, and lines that nothing vouches for."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...]


def number(text: str, what: str) -> int:
    """A decimal number without leading zeroes, below 2**63. Raises Wrong."""
    if not re.fullmatch("0|[1-9][0-9]{0,18}", text, re.ASCII) or int(text) >= 1 << 63:
        raise Wrong(what + " is a number without leading zeroes")
    return int(text)


def read_checkpoint(text: str) -> Checkpoint:
    """A checkpoint from a note's text. Raises Wrong."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise Wrong("a checkpoint is at least three lines, none of them empty")
    root = decoded(lines[2], "a checkpoint's root")
    if len(root) != 32:
        raise Wrong("a checkpoint's root has 32 bytes")
    return Checkpoint(lines[0], number(lines[1], "a checkpoint's size"), root, tuple(lines[3:]))


class Policy(NamedTuple):
    """Keys of logs; keys of witnesses by name; groups by name, as how many of whom; the name of the quorum."""

    logs: list[Key]
    witnesses: dict[str, Key]
    groups: dict[str, tuple[int, list[str]]]
    quorum: str


def read_policy(policy: bytes) -> Policy:
    """A policy from its file. Raises Wrong naming the line."""
    found = Policy([], {}, {}, "none")
    quorums: list[str] = []
    members_so_far: set[str] = set()
    lines = policy.decode("utf-8", "surrogateescape").split("\n")
    if lines.pop():
        raise Wrong("a policy's last line ends in a newline")
    for at, line in enumerate(lines, 1):
        words = [word for word in re.split("[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            continue
        wrong = Wrong(f"line {at} of the policy is malformed, or names what is not defined above, or defines something twice")
        known = {"none", *found.witnesses, *found.groups}
        if re.search("[\x00-\x08\x0a-\x1f\x7f]", line):
            raise wrong
        if words[0] == "log" and len(words) in (2, 3):
            key = read_key(words[1])
            if key.kind == COSIGNATURE or any(key.material == other.material for other in found.logs):
                raise wrong
            found.logs.append(key)
        elif words[0] == "witness" and len(words) in (3, 4) and words[1] not in known:
            key = read_key(words[2])
            if key.kind == NOTE or any(key.material == other.material for other in found.witnesses.values()):
                raise wrong
            found.witnesses[words[1]] = key
        elif words[0] == "group" and len(words) > 3 and words[1] not in known:
            members = words[3:]
            shorthand = {"any": 1, "all": len(members)}
            least = shorthand[words[2]] if words[2] in shorthand else number(words[2], "a group's threshold")
            usable = (known - {"none"}) - members_so_far
            if not 1 <= least <= len(members) or not set(members) <= usable or len(set(members)) != len(members):
                raise wrong
            members_so_far.update(members)
            found.groups[words[1]] = (least, members)
        elif words[0] == "quorum" and len(words) == 2 and words[1] in known and not quorums:
            quorums.append(words[1])
        else:
            raise wrong
    if not quorums:
        raise Wrong("a policy has one line `quorum NAME`, or `quorum none`")
    return found._replace(quorum=quorums[0])


def open_checkpoint(signed: bytes, policy: Policy) -> tuple[Checkpoint, Note]:
    """Opens a checkpoint that one of the policy's logs signed and its quorum of witnesses saw. Raises Wrong."""
    note = open_note(signed, [*policy.logs, *policy.witnesses.values()])
    head = read_checkpoint(note.text)
    signers = [key for key, _ in note.signed]
    if not any(key in policy.logs and key.name == head.origin for key in signers):
        raise Wrong(f"no known key of the log {head.origin!r} signed this checkpoint")
    seen = {name for name, key in policy.witnesses.items() if key in signers}
    for name, (least, members) in policy.groups.items():
        if len(seen.intersection(members)) >= least:
            seen.add(name)
    if policy.quorum != "none" and policy.quorum not in seen:
        raise Wrong(f"the quorum {policy.quorum!r} of the policy has not seen this checkpoint")
    return head, note


# Merkle trees (RFC 6962, 2.1; RFC 9162, 2.1.3.2 and 2.1.4.2)


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The head of a tree with these leaf hashes."""
    level = list(leaves) or [hashlib.sha256(b"").digest()]
    while len(level) > 1:
        paired = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) & ~1 :]
    return level[0]


def check_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected: bytes) -> None:
    """Checks that a leaf hash is leaf `index` of the tree of `size` leaves with this head. Raises Wrong."""
    if not 0 <= index < size or any(len(value) != 32 for value in (leaf, expected, *proof)):
        raise Wrong(f"a tree of {size} leaves has no leaf {index}, or a hash has not 32 bytes")
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise Wrong("the inclusion proof is longer than the tree is high")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or found != expected:
        raise Wrong(f"the inclusion proof of leaf {index} does not lead to the head of the tree of {size} leaves")


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Checks that the tree of `old` >= 1 leaves begins the tree of `new` leaves. Raises Wrong."""
    if not 1 <= old <= new or any(len(value) != 32 for value in (old_root, new_root, *proof)):
        raise Wrong(f"consistency from {old} to {new} leaves cannot be shown, or a hash has not 32 bytes")
    place, last, rest = old - 1, new - 1, list(proof)
    while place and (place & 1 or place == last):
        place, last = place >> 1, last >> 1
    if place and not rest:
        raise Wrong("the consistency proof is empty")
    found_old = found_new = rest.pop(0) if place else old_root
    for sibling in rest:
        if last == 0:
            raise Wrong("the consistency proof is longer than the tree is high")
        if place & 1 or place == last:
            if place:
                found_old = node_hash(sibling, found_old)
            found_new = node_hash(sibling, found_new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found_new = node_hash(found_new, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or found_old != old_root or found_new != new_root:
        raise Wrong(f"the tree of {old} leaves is not the beginning of the tree of {new}: history was rewritten")


# Portable proofs (C2SP tlog-proof@v1)


def check_proof(proof: bytes, leaf: bytes, policy: Policy) -> tuple[int, Checkpoint]:
    """Checks that the entry with this leaf hash is in a log that the policy believes; gives its index and the checkpoint. Raises Wrong."""
    above, empty, signed = proof.partition(b"\n\n")
    try:
        lines = above.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Wrong("a proof's lines are ASCII") from None
    if not empty or lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Wrong("a proof begins with c2sp.org/tlog-proof@v1")
    if lines and lines[0].startswith("extra "):
        decoded(lines.pop(0)[6:], "a proof's extra line")
    if not lines or not lines[0].startswith("index ") or len(lines) > 64:
        raise Wrong("a proof has a line `index N` and at most 63 hashes")
    index = number(lines.pop(0)[6:], "a proof's index")
    head, _ = open_checkpoint(signed, policy)
    check_inclusion(index, head.size, leaf, [decoded(line, "a proof's hash") for line in lines], head.root)
    return index, head


# Rows of 128 bytes under a BLAKE3 digest: chunks of eight rows under a binary tree. A number holds a word of many chunks at once,
# 64 bits apart ("lanes"): adding, turning and mixing such numbers does so in every lane, which is some thirty times as fast.

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
MIXED = [(n, 4 + (n + s) % 4, 8 + (n + 2 * s) % 4, 12 + (n + 3 * s) % 4) for s in (0, 1) for n in range(4)]
ROW, CHUNK, VALUE, LANES = 128, 1024, 32, 512
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8


def _lanes(words: Sequence[int]) -> int:
    return int.from_bytes(struct.pack(f"<{len(words)}Q", *words), "little")


def _values(state: Sequence[int], count: int) -> list[bytes]:
    """The 32-byte value in each of `count` lanes."""
    columns = [struct.unpack(f"<{count}Q", word.to_bytes(8 * count, "little")) for word in state]
    return [struct.pack("<8I", *(column[at] for column in columns)) for at in range(count)]


def _compress(value: Sequence[int], words: list[int], counters: Sequence[int], flags: int, length: int = 64) -> list[int]:
    """BLAKE3's compression of one block of each lane, to the eight words of a chaining value."""
    ones = _lanes([1] * len(counters))
    mask = ones * 0xFFFFFFFF
    low, high = _lanes([counter & 0xFFFFFFFF for counter in counters]), _lanes([counter >> 32 for counter in counters])
    v = [*value, *(ones * word for word in IV[:4]), low, high, ones * length, ones * flags]
    for _ in range(7):
        for step, (a, b, c, d) in enumerate(MIXED):
            for word, left, right in ((words[2 * step], 16, 12), (words[2 * step + 1], 8, 7)):
                v[a] = (v[a] + v[b] + word) & mask
                turned = v[d] ^ v[a]
                v[d] = (turned >> left | turned << (32 - left)) & mask
                v[c] = (v[c] + v[d]) & mask
                turned = v[b] ^ v[c]
                v[b] = (turned >> right | turned << (32 - right)) & mask
        words = [words[place] for place in ORDER]
    return [v[place] ^ v[place + 8] for place in range(8)]


def chunk_values(data: bytes, size: int, counters: Sequence[int], root_flag: int = 0) -> list[bytes]:
    """The 32-byte values of chunks of `size` bytes each, a multiple of 64 up to 1,024, by their numbers."""
    found = []
    for begin in range(0, len(counters), LANES):
        numbers = counters[begin : begin + LANES]
        words = struct.unpack(f"<{len(numbers) * size // 4}I", data[begin * size : (begin + len(numbers)) * size])
        ones = _lanes([1] * len(numbers))
        value = [ones * word for word in IV]
        for at in range(0, size, 64):
            flags = (CHUNK_START if at == 0 else 0) | (CHUNK_END | root_flag if at == size - 64 else 0)
            value = _compress(value, [_lanes(words[at // 4 + word :: size // 4]) for word in range(16)], numbers, flags)
        found += _values(value, len(numbers))
    return found


def parent_values(pairs: bytes, root_flag: int = 0) -> list[bytes]:
    """The 32-byte values over pairs of values, 64 bytes each."""
    found = []
    for begin in range(0, len(pairs), 64 * LANES):
        part = pairs[begin : begin + 64 * LANES]
        words, count = struct.unpack(f"<{len(part) // 4}I", part), len(part) // 64
        start = [_lanes([word] * count) for word in IV]
        found += _values(_compress(start, [_lanes(words[word::16]) for word in range(16)], [0] * count, PARENT | root_flag), count)
    return found


def check_excerpt(digest: bytes, rows: int, places: Sequence[int], bodies: bytes, path: bytes) -> None:
    """Checks that the chunks at these places (ascending), one after the other, lead to the BLAKE3 digest of all rows. Raises Wrong.

    `path` holds the values beside their ways to the root, level by level from below; where two ways meet, none is needed.
    """
    count = -(-rows // 8)
    if not places or list(places) != sorted(set(places)) or places[0] < 0 or places[-1] >= count:
        raise Wrong(f"expected places of chunks in ascending order, below {count}")
    last = rows * ROW - (count - 1) * CHUNK if places[-1] == count - 1 else CHUNK
    if len(bodies) != (len(places) - 1) * CHUNK + last:
        raise Wrong("the excerpt has more or fewer bytes than its chunks")
    flag = ROOT if count == 1 else 0
    values = chunk_values(bodies[: len(bodies) - last], CHUNK, places[:-1]) + chunk_values(bodies[-last:], last, places[-1:], flag)
    here, at = list(places), 0
    while count > 1:
        known = dict(zip(here, values))  # noqa: B905 (its keyword is newer than 3.8; both have as many)
        pairs, above, alone = [], [], []
        for place in here:
            if place & 1 and place - 1 in known:
                continue  # done with its neighbour
            beside = known.get(place ^ 1)
            if place ^ 1 >= count:
                alone.append((place >> 1, known[place]))
                continue
            if beside is None:
                beside, at = path[at : at + VALUE], at + VALUE
                if len(beside) != VALUE:
                    raise Wrong("the path of the excerpt is cut off")
            pairs.append(beside + known[place] if place & 1 else known[place] + beside)
            above.append(place >> 1)
        values = parent_values(b"".join(pairs), ROOT if count == 2 else 0) + [value for _, value in alone]
        here = above + [place for place, _ in alone]
        count = (count + 1) >> 1
    if at != len(path):
        raise Wrong("the path of the excerpt is longer than it must be")
    if values != [digest]:
        raise Wrong("the rows of the excerpt do not lead to the digest that was sealed: they were changed, or are others")


def check_row(digest: bytes, rows: int, row: int, proof: bytes) -> bytes:
    """Checks that a proof (the row's chunk, then its path) leads from row `row` of `rows` to the digest; gives its 128 bytes. Raises Wrong."""
    if not 0 <= row < rows:
        raise Wrong(f"there is no row {row} among {rows}")
    size = min(CHUNK, rows * ROW - row // 8 * CHUNK)
    check_excerpt(digest, rows, [row // 8], proof[:size], proof[size:])
    return proof[row % 8 * ROW : row % 8 * ROW + ROW]
