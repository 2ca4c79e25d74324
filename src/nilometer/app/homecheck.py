"""Checks a whole home against its log, step by step; says the first thing that does not hold, and what is only worth noticing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from nilometer.app import detect, journal, sealing, settingseal
from nilometer.app.assembly import Home
from nilometer.errors import EvidenceError, InputError
from nilometer.evidence import rowproof, stamps
from nilometer.evidence.log import Log, Signed
from nilometer.ledger import behind
from nilometer.tlog import merkle, tiles
from nilometer.tlog.refused import Refused

_BACK: Final = timedelta(seconds=2)


@dataclass(slots=True)
class Found:
    """What a check says: the steps that hold, in words, and what was noticed that is no contradiction."""

    steps: list[str] = field(default_factory=list)
    noticed: list[str] = field(default_factory=list)


def check(home: Home, found: Found, *, deep: bool = False) -> Iterator[None]:
    """Takes one step after the other, each a `next`. Raises EvidenceError naming the first thing that does not hold."""
    log = journal.log(home)
    public = home.folder / "keys" / "log.vkey"
    if public.exists() and public.read_text("utf-8", "replace").strip() != log.key.vkey:
        raise EvidenceError(f"{public} is not the key that this home signs with.")
    leaves = [line.leaf for line in home.journal.lines()]
    head = _head(log, leaves, found)
    yield
    _second(log, head, leaves, found)
    yield
    _tiles(log, head, leaves, found)
    yield
    _days(log, head, leaves, found)
    yield
    _bodies(home, found)
    yield
    _settings(home, found)
    _ledger(home, found)
    yield
    _rows(home, found, deep)
    yield
    _findings(home, found)
    yield
    _stamps(log, leaves, found)
    yield


STEPS: Final = 9


def _head(log: Log, leaves: list[bytes], found: Found) -> Signed | None:
    head = log.head()
    if head is None:
        if leaves:
            raise EvidenceError(f"{log.folder / 'checkpoint'} is missing, but the journal has {len(leaves):,} entries.")
        found.steps.append("1. nothing was sealed yet: the journal is empty")
        return None
    if head.head.size > len(leaves):
        raise EvidenceError(f"The journal has {len(leaves):,} entries, {head.head.size:,} were signed: entries were taken away.")
    if merkle.root([merkle.leaf_hash(leaf) for leaf in leaves[: head.head.size]]) != head.head.root:
        raise EvidenceError(f"The journal's entries are not those that were signed: {_first_wrong(log, leaves, head)}.")
    if len(leaves) > head.head.size:
        found.noticed.append(f"{len(leaves) - head.head.size:,} entries are not signed yet (a crash came between); any command signs them.")
    found.steps.append(f"1. the journal's {head.head.size:,} entries are those that {log.key.vkey} signed")
    return head


def _first_wrong(log: Log, leaves: list[bytes], head: Signed) -> str:
    """Which entry differs from the log's own copy of it, in words."""
    for bundle in tiles.bundles(head.head.size):
        try:
            held = log.bundle(bundle.index, head.head.size)
        except EvidenceError as cause:
            return str(cause).rstrip(".")
        for place, leaf in enumerate(held, start=bundle.index * tiles.WIDTH):
            if leaves[place] != leaf:
                return f"entry {place} was changed"
    return "the checkpoint is of another log, or it was changed together with its entries"


def _second(log: Log, head: Signed | None, leaves: list[bytes], found: Found) -> None:
    if moved := log.elsewhere():
        raise EvidenceError(moved)
    kept, left = log.kept(), log.left()
    size = head.head.size if head else 0
    for place, one in ((log.second, kept), (log.own, left)):
        if one is None:
            continue
        if one.head.size > len(leaves):
            raise EvidenceError(f"The log was rolled back: {place} holds a head of {one.head.size:,} entries, here are {len(leaves):,}.")
        if merkle.root([merkle.leaf_hash(leaf) for leaf in leaves[: one.head.size]]) != one.head.root:
            raise EvidenceError(f"The log was forked: {place} holds a head of {one.head.size:,} entries that this log does not continue.")
    if kept is None:
        if size:
            raise EvidenceError(f"{log.second} is missing: what was signed last is not kept in a second place any more.")
        return
    if kept.head.size < size:
        raise EvidenceError(f"{log.second} was rolled back: it holds a head of {kept.head.size:,} entries, {size:,} were signed.")
    if left is not None and left.moved is None:
        found.noticed.append(
            f"{log.own} does not say yet that the second place is {log.second} now; the next command that signs writes it there."
        )
    found.steps.append(f"2. {log.second} holds the same head")


def _tiles(log: Log, head: Signed | None, leaves: list[bytes], found: Found) -> None:
    """Every hash and entry under `tile/` is what the journal's entries give, and none that must be there is missing."""
    if head is None:
        return
    levels = [[merkle.leaf_hash(leaf) for leaf in leaves]]
    while len(levels[-1]) >= tiles.WIDTH:
        level = levels[-1]
        levels.append([merkle.root(level[at : at + tiles.WIDTH]) for at in range(0, len(level) - tiles.WIDTH + 1, tiles.WIDTH)])
    there = 0
    root = log.folder / "tile"
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        name = path.relative_to(log.folder).as_posix()
        if name.endswith(".new"):
            continue  # half of a file that a crash left; never read
        try:
            tile = tiles.parse_path(name)
        except Refused as cause:
            raise EvidenceError(f"{path} is no part of a log: {cause}.") from None
        begin = tile.index * tiles.WIDTH
        if tile.level < 0:
            expected = tiles.pack(leaves[begin : begin + tile.width]) if begin + tile.width <= len(leaves) else b""
        else:
            expected = b"".join(levels[tile.level][begin : begin + tile.width]) if tile.level < len(levels) else b""
        if not expected or path.read_bytes() != expected:
            raise EvidenceError(f"{path} was changed: it is not what the journal's entries give.")
        there += 1
    size = head.head.size
    for tile in (*tiles.tiles(size), *tiles.bundles(size)):
        if not (log.folder / tile.path).exists() and not _wider(log, tile, len(leaves)):
            raise EvidenceError(f"{log.folder / tile.path} is missing: the log is not whole.")
    found.steps.append(f"3. {there:,} files of hashes and entries are what the journal gives")


def _wider(log: Log, tile: tiles.Tile, size: int) -> bool:
    """Whether a wider one took the place of a partial tile, from an entry that no published head covers yet."""
    wide = tiles.width(tile.level, tile.index, size)
    return any(
        (log.folder / tiles.Tile(level=tile.level, index=tile.index, width=w).path).exists() for w in range(tile.width + 1, wide + 1)
    )


def _days(log: Log, head: Signed | None, leaves: list[bytes], found: Found) -> None:
    sizes: list[int] = []
    days = log.days()
    for leaf in leaves[: head.head.size] if head else ():
        day = str(msgspec.json.decode(leaf)["at"])[:10]
        if day not in days:
            raise EvidenceError(f"{log.folder / 'checkpoints' / day}.txt is missing: entries were signed on that day.")
    for day, signed in days.items():
        size = signed.head.size
        if size > len(leaves) or merkle.root([merkle.leaf_hash(leaf) for leaf in leaves[:size]]) != signed.head.root:
            raise EvidenceError(f"The head of {day} ({size:,} entries) is not a beginning of the log: history was rewritten.")
        sizes.append(size)
    if sizes != sorted(sizes):
        found.noticed.append("A later day's head is of a shorter log: the clock was set back at some time.")
    found.steps.append(f"4. the log only grew since each of {len(sizes):,} daily heads")


def _bodies(home: Home, found: Found) -> None:
    lines = home.journal.lines()
    gone, last = 0, None
    for index, line in enumerate(lines):
        if home.journal.plain(index) is None:
            gone += 1
        leaf = msgspec.json.decode(line.leaf)
        at = datetime.fromisoformat(leaf["at"])
        if leaf["kind"] == "clock":
            found.noticed.append(f"Entry {index}: the clock was set back ({leaf['at']} comes after later times).")
        elif last is not None and at < last - _BACK:
            raise EvidenceError(
                f"Entry {index} of {leaf['at']} is earlier than the entry before it, and nothing says that the clock was set back."
            )
        last = at
    found.steps.append(f"5. all {len(lines):,} entries say what they were sealed with" + (f"; {gone:,} were erased" if gone else ""))


def _settings(home: Home, found: Found) -> None:
    """Settings may be edited; that they were, since they were sealed, is worth knowing."""
    last = settingseal.last(home)
    changed = settingseal.changed(home, last) if last is not None else []
    if changed:
        found.noticed.append(f"{', '.join(changed)} was changed since it was sealed; the next command that writes seals it as it is now.")


def _ledger(home: Home, found: Found) -> None:
    before, held = sealing.sealed_before(home), sealing.contents(home.ledger.manifest)
    missing = before.missing(held)
    if before.unfinished(held):
        without = sealing.sealed_before(home, without=before.announced)
        if not without.missing(held):
            found.noticed.append(f"The erasure of entry {before.announced} was not carried out (a crash came between); erase again.")
            before, missing = without, []
    if missing:
        raise EvidenceError(f"{missing[0]} was sealed, and the ledger's manifest names it no longer, or differently.")
    if held["digest"] != before.digest and (held["segments"] or before.digest):
        fresh = [s["file"] for s in held["segments"] if s["file"] not in before.segments]
        older = any("facts" not in said for said in before.segments.values())  # sealed before 24 November 2026
        if not older and before.digest and not fresh and set(held["files"]) <= before.files and set(held["sources"]) <= before.sources:
            raise EvidenceError("The ledger's manifest was changed since it was sealed: it says something else of the same files.")
        found.noticed.append(f"{len(fresh):,} segments are not sealed yet (a crash came between); `nilometer evidence seal` seals them.")
    _left(home, before.announced, before.gone, found)
    said = home.ledger.check()
    wrong = next((fault for fault in said if not fault.derived), None)
    if wrong is not None:
        raise EvidenceError(f"{wrong.says}.")
    found.noticed += [f"{fault.says}." for fault in said]
    found.steps.append(f"6. {len(held['segments']):,} segments with {held['disclosures']:,} disclosures are as they were sealed")


def _left(home: Home, announced: int | None, gone: frozenset[str], found: Found) -> None:
    """Files in the ledger's folders that no manifest names: no part of the evidence, but an erasure may have been broken off among them."""
    left = home.ledger.left_behind()
    still = [name for name in left if name in gone]
    if still:
        found.noticed.append(
            f"{still[0]}{_more(still)} should be gone since the erasure of entry {announced} and is still there (a crash came between); erase again."
        )
    other = [name for name in left if name not in gone]
    if other:
        found.noticed.append(
            f"{other[0]}{_more(other)} is in the ledger's folders, and no manifest names it: it is read by nobody, but may hold people who were "
            "erased (a crash came between, or somebody put it there). The next command that writes the ledger removes it, `nilometer erase` too."
        )


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1:,} more" if len(names) > 1 else ""


def _rows(home: Home, found: Found, deep: bool) -> None:
    if not deep:
        found.steps.append("7. single rows not read again (--deep does)")
        return
    read = without = 0
    for segment in home.ledger.manifest.segments:
        if not segment.sealed:
            without += 1
            continue
        try:
            rowproof.tree(behind.whole(home.ledger, segment), bytes.fromhex(segment.salt), segment.sealed)
        except EvidenceError as cause:
            raise EvidenceError(f"{segment.file}: {cause}") from None
        read += segment.rows
    found.steps.append(f"7. {read:,} rows lead to the digests that were sealed" + (f"; {without:,} segments have none" if without else ""))


def _findings(home: Home, found: Found) -> None:
    """The findings kept are those that were sealed last, each as it was said last; or those before, and a crash left the fresh ones aside."""
    sealed: dict[str, list[dict[str, Any]]] = {}
    for entry in home.journal.entries(("finding",)):
        sealed.setdefault(entry.body["id"], []).append(entry.body)
    kept = {finding["id"]: finding for finding in detect.kept(home)}
    for ident, finding in kept.items():
        if finding not in sealed.get(ident, []):
            raise EvidenceError(f"The finding {ident} is not as it was sealed.")
    last = next(iter(journal.entries(home, "findings")[-1:]), None)
    wanted = {ident: sealed[ident][-1] for ident in last.body["open"] if ident in sealed} if last else {}
    if kept != wanted:
        if {finding["id"]: finding for finding in detect.aside(home)} != wanted:
            assert last is not None
            raise EvidenceError(_older(kept, wanted, last.index))
        found.noticed.append(
            "The findings kept are those before the ones sealed last (a crash came between); `nilometer detect` keeps the fresh ones."
        )
    found.steps.append(f"8. {len(kept):,} findings are as they were sealed")


def _older(kept: Mapping[str, object], wanted: Mapping[str, object], entry: int) -> str:
    """In words, how the findings kept differ from those that entry `entry` says were open."""
    after = f"{detect.FILE} is an older one, or was changed; `nilometer detect` finds them anew from the ledger."
    if wanted and not kept:
        return f"The findings are gone: {len(wanted):,} were open when they were sealed last (entry {entry}). {after}"
    gone, extra = [ident for ident in wanted if ident not in kept], [ident for ident in kept if ident not in wanted]
    if gone:
        return f"The finding {gone[0]} was open when findings were sealed last (entry {entry}), and is not kept any more: {after}"
    if extra:
        return f"The finding {extra[0]} is kept, and was not open when findings were sealed last (entry {entry}): {after}"
    other = next(ident for ident in wanted if kept[ident] != wanted[ident])
    return f"The finding {other} is kept as it was sealed once, and not as it was sealed last: {after}"


def _stamps(log: Log, leaves: list[bytes], found: Found) -> None:
    held, trusted = stamps.kept(log.folder), list[str]()
    for one in held:
        signed = log.opened(one.checkpoint)
        if signed is None:
            raise EvidenceError(f"{one.checkpoint} is missing: {one.answer.name} is on it.")
        size = signed.head.size
        if size > len(leaves) or merkle.root([merkle.leaf_hash(leaf) for leaf in leaves[:size]]) != signed.head.root:
            raise EvidenceError(f"{one.checkpoint} is the head of another history ({size:,} entries).")
        try:
            roots = one.check().roots
        except (InputError, OSError) as cause:
            raise EvidenceError(f"{one.answer}: {cause}") from None
        trusted += [roots] if roots else []
    if len(trusted) < len(held):
        found.noticed.append(
            f"{len(held) - len(trusted):,} timestamps are {stamps.UNVERIFIED}. `nilometer evidence stamp --answer FILE.tsr --roots AUTHORITY.pem` checks one."
        )
    which = (
        f", {len(trusted):,} verified against {'; '.join(dict.fromkeys(trusted))}" if trusted else ", none of them verified" if held else ""
    )
    found.steps.append(f"9. {len(held):,} timestamps are on heads of this log{which}")
