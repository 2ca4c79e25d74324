"""Checks a bundle of evidence, step by step, and says the first thing that does not hold: the last part of `verify.py`.

Standard library only, Python 3.8 or newer. In a bundle this file stands behind `standalone.py` and `rowcheck.py`, as one file.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import struct
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Sequence

from nilometer.evidence.bagcheck import (  # joined
    MOST_OF_EXCERPT,
    MOST_OF_NOTE,
    Source,
    check_bag,
    check_signature,
    entries_digest,
    files_digest,
)  # joined
from nilometer.evidence.casecheck import (  # joined
    check_case,
    custody,
)  # joined
from nilometer.evidence.rowcheck import (  # joined
    COLUMNS,
    check_row_proof,
    decoded_row,
)  # joined
from nilometer.evidence.standalone import (  # joined: left out where both stand in one file
    ROW,
    Checkpoint,
    Key,
    Wrong,
    check_consistency,
    check_excerpt,
    check_inclusion,
    check_proof,
    decoded,
    leaf_hash,
    open_note,
    read_checkpoint,
    read_policy,
)  # joined

NAMED = ("org", "app", "account", "session", "ip", "user_agent", "surface", "fields")
HARMFUL = "=+-@\t\r\n"

Say = Callable[[str], None]


# 2. The log


def check_log(source: Source, key: Key) -> Checkpoint:
    """The log's head is signed by the key."""
    head = read_checkpoint(open_note(source.read("data/log/checkpoint", MOST_OF_NOTE), [key]).text)
    if head.origin != key.name:
        raise Wrong(f"log/checkpoint is of the log {head.origin!r}, the key is of {key.name!r}")
    return head


def check_earlier(source: Source, head: Checkpoint, key: Key) -> int:
    """Every earlier head is signed, and the log only grew from each to the last; gives how many."""
    listed = source.json("data/log/consistency.json")
    files = sorted(name for name in source.names if name.startswith("data/log/checkpoints/"))
    if files != sorted("data/log/checkpoints/{}.txt".format(one["day"]) for one in listed):
        raise Wrong("log/consistency.json and log/checkpoints name different days")
    sizes: list[int] = []
    for one in sorted(listed, key=lambda one: str(one["day"])):
        name = "data/log/checkpoints/{}.txt".format(one["day"])
        before = read_checkpoint(open_note(source.read(name, MOST_OF_NOTE), [key]).text)
        if before.origin != key.name or before.size != one["size"]:
            raise Wrong(f"{name} is not the head that log/consistency.json speaks of")
        try:
            check_consistency(before.size, head.size, [decoded(step, "a proof") for step in one["proof"]], before.root, head.root)
        except Wrong as wrong:
            raise Wrong("log/checkpoints/{}.txt: {}".format(one["day"], wrong)) from None
        sizes.append(before.size)
    if sizes != sorted(sizes):
        raise Wrong("a later day's head is of a shorter log: the log was rolled back, or the clock was")
    return len(listed)


def check_entries(source: Source, head: Checkpoint, key: Key) -> list[dict[str, Any]]:
    """Every entry is a leaf of the log, and says what its leaf commits to; gives them with what they say."""
    policy = read_policy(source.read("data/log/policy.txt"))
    if ("log {}\n".format(source.text("data/log/key.txt").strip())) not in source.text("data/log/policy.txt"):
        raise Wrong("log/policy.txt is about another log")
    found: list[dict[str, Any]] = []
    for line in source.text("data/log/entries.ndjson").splitlines():
        try:
            said = json.loads(line)
            index, leaf = int(said["index"]), said["leaf"].encode()
            stated = json.loads(said["leaf"])
            proof = [decoded(step, "a proof") for step in said["proof"]]
            plain = None if said["plain"] is None else base64.b64decode(said["plain"], validate=True)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Wrong("log/entries.ndjson: line %d is malformed" % (len(found) + 1)) from None
        name = "entry %d" % index
        if stated.get("n") != index or (found and index <= found[-1]["index"]):
            raise Wrong(name + " is out of order, or twice in log/entries.ndjson")
        try:
            check_inclusion(index, head.size, leaf_hash(leaf), proof, head.root)
            at, other = check_proof(source.read("data/log/proofs/%08d.tlog-proof" % index, MOST_OF_NOTE), leaf_hash(leaf), policy)
        except Wrong as wrong:
            raise Wrong(f"{name}: {wrong}") from None
        if (at, other) != (index, head) or source.read("data/log/proofs/%08d.leaf" % index) != leaf:
            raise Wrong("log/proofs/%08d is of another entry" % index)
        if plain is not None and hashlib.sha256(plain).hexdigest() != stated.get("commit"):
            raise Wrong(name + " says something else than its leaf commits to")
        body = {"by": "", "body": {}} if plain is None else json.loads(plain[16:])
        found.append({"index": index, "at": stated["at"], "kind": stated["kind"], "gone": plain is None, **body})
    proofs = {name for name in source.names if name.startswith("data/log/proofs/")}
    if len(proofs) != 2 * len(found):
        raise Wrong("log/proofs holds other files than the entries' own")
    _check_clock(found)
    return found


def _check_clock(found: list[dict[str, Any]]) -> None:
    """Where the clock went back, an entry of the kind `clock` says so, right there."""
    for before, after in zip(found, found[1:]):
        back = _micros(before["at"]) - _micros(after["at"])
        if back > 2_000_000 and after["kind"] != "clock" and before["kind"] != "clock":
            raise Wrong(
                "entry %d is %d seconds earlier than entry %d before it: the clock was set back"
                % (after["index"], back // 1_000_000, before["index"])
            )


def check_sealed(source: Source, entries: Sequence[dict[str, Any]], case: str) -> dict[str, Any]:
    """The last entry sealed this export: its files, and which entries belong to it; gives that entry."""
    last = entries[-1] if entries else None
    if last is None or last["kind"] != "export" or last["body"].get("case") != case or "sealed_files" not in last["body"]:
        raise Wrong("the last entry in log/entries.ndjson does not seal an export of case " + case)
    if entries_digest(entry["index"] for entry in entries[:-1]) != last["body"]["sealed_entries"]:
        raise Wrong("log/entries.ndjson leaves out entries that entry %d sealed with this export, or holds others" % last["index"])
    if files_digest(source.text("manifest-sha256.txt")) != last["body"]["sealed_files"]:
        raise Wrong("the files are not those that entry %d sealed with this export: some were changed, left out or added" % last["index"])
    return last


# 3. The rows


def check_rows(source: Source, entries: Sequence[dict[str, Any]], say: Say) -> tuple[dict[tuple[str, int], dict[str, Any]], list[str]]:
    """Every excerpt leads to the digest that was sealed for its segment; gives the rows by place, and segments without a digest."""
    sealed: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry["kind"] == "ledger":
            sealed.update({one["file"]: one for one in entry["body"].get("segments", ())})
    index = source.json("data/rows/index.json")
    if tuple(index["columns"]) != COLUMNS or index["row_bytes"] != ROW:
        raise Wrong("rows/index.json describes rows of another layout")
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    without: list[str] = []
    for one in index["segments"]:
        name = one["segment"]
        if name not in sealed or sealed[name]["sealed"] != one["sealed"] or sealed[name]["rows"] != one["rows"]:
            raise Wrong(f"rows/index.json: no sealed entry says this of {name}")
        if not one["sealed"]:
            without.append(name)
            continue
        bodies, path = source.read("data/" + one["chunks"], MOST_OF_EXCERPT), source.read("data/" + one["path"], MOST_OF_EXCERPT)
        places = [first + at for first, many in one["ranges"] for at in range(many)]
        say("  %s: %d chunks" % (name, len(places)))
        try:
            check_excerpt(bytes.fromhex(one["sealed"]), one["rows"], places, bodies, path)
        except (Wrong, ValueError) as wrong:
            raise Wrong("{}: {}".format(one["chunks"], wrong)) from None
        at = 0
        for place in places:
            for row in range(place * 8, min(place * 8 + 8, one["rows"])):
                rows[name, row] = decoded_row(bodies[at : at + ROW])
                at += ROW
    return rows, without


# 4. Disclosures, people, facts


def check_disclosures(
    source: Source, rows: dict[tuple[str, int], dict[str, Any]], without: Sequence[str]
) -> tuple[int, dict[bool, dict[str, list[Any]]]]:
    """Every line of disclosures.csv is a sealed row; gives how many, and the people counted anew, shown and only asked for."""
    names = {(one["kind"], one["pseudonym"]): one["name"] for one in source.lines("data/names.csv")}
    count = 0
    seen: set[tuple[str, int]] = set()
    people: dict[bool, dict[str, list[Any]]] = {True: {}, False: {}}
    for line in source.lines("data/disclosures.csv"):
        count += 1
        try:
            place, at, shown = (line["segment"], int(line["row"])), _micros(line["time"]), line["shown"] == "true"
        except (ValueError, KeyError, TypeError):
            raise Wrong("disclosures.csv: line %d is malformed" % (count + 1)) from None
        if place in seen:
            raise Wrong("disclosures.csv: line %d is there twice" % (count + 1))
        seen.add(place)
        if place[0] not in without:
            row = rows.get(place)
            if row is None:
                raise Wrong("disclosures.csv: line %d (%s, row %d) is in no excerpt" % (count + 1, place[0], place[1]))
            expected: dict[str, Any] = {"time": at, "status": int(line["status"]), "shown": shown}
            expected.update({name: line[name] for name in (*NAMED, "subject", "reference", "request")})
            for name, value in expected.items():
                held = row[name]
                if name in NAMED:
                    held = "" if held is None else names.get((name, _hexadecimal(held)))
                elif name in ("subject", "reference", "request"):
                    held = "" if held is None else _hexadecimal(held)
                if held != value:
                    raise Wrong("disclosures.csv: line %d says another %s than the sealed row" % (count + 1, name))
        one = people[shown].setdefault(line["subject"], [set(), at, at, 0])
        one[0].update(part for part in _harmless(line["fields"]).split("|") if part)
        one[1], one[2], one[3] = min(one[1], at), max(one[2], at), one[3] + 1
    return count, people


def check_people(source: Source, name: str, people: dict[str, list[Any]]) -> None:
    """A list of people is exactly what the disclosures say."""
    left = dict(people)
    for place, line in enumerate(source.lines("data/" + name), start=2):
        one = left.pop(line["subject"], None)
        if one is None:
            raise Wrong("%s: line %d names somebody whom no disclosure shows, or twice" % (name, place))
        fields = {part for part in _harmless(line["fields"]).split("|") if part}
        if [fields, _micros(line["first"]), _micros(line["last"]), int(line["count"])] != one:
            raise Wrong("%s: line %d says something else than the disclosures" % (name, place))
    if left:
        raise Wrong("%s leaves out %d people whom the disclosures show" % (name, len(left)))


def check_facts(source: Source, entries: Sequence[dict[str, Any]], people: dict[bool, dict[str, list[Any]]]) -> dict[str, Any]:
    """The page of facts says what the disclosures say, and its findings and steps are sealed ones; gives the facts."""
    facts: dict[str, Any] = source.json("data/case.json")
    shown, asked = people[True], people[False]
    counted = {
        "people": len(shown),
        "disclosures": sum(one[3] for one in shown.values()),
        "asked_not_shown": {"people": len(asked), "disclosures": sum(one[3] for one in asked.values())},
    }
    for name, value in counted.items():
        if facts[name] != value:
            raise Wrong(f"case.json says {facts[name]} {name}, the disclosures say {value}")
    fields: dict[str, int] = {}
    for one in shown.values():
        for field in one[0]:
            fields[field] = fields.get(field, 0) + 1
    if {_harmless(name): n for name, n in facts["fields"].items()} != fields:
        raise Wrong("case.json counts other people by field than the disclosures")
    if shown and (_micros(facts["since"]), _micros(facts["until"])) != (
        min(o[1] for o in shown.values()),
        max(o[2] for o in shown.values()),
    ):
        raise Wrong("case.json says another first or last time than the disclosures")
    alarm = _micros(facts["detected_at"])
    counted_anew = {
        "people_at_detection": (facts["people_at_detection"], sum(one[1] <= alarm for one in shown.values())),
        "people among its items": (facts["items"]["people"]["count"], counted["people"]),
        "field items": (facts["items"]["field items"]["count"], sum(fields.values())),
        "disclosures among its items": (facts["items"]["disclosures"]["count"], counted["disclosures"]),
    }
    for name, (said, value) in counted_anew.items():
        if said != value:
            raise Wrong(f"case.json says {said} {name}, the disclosures say {value}")
    check_case(facts, entries)
    return facts


def check_custody(source: Source, entries: Sequence[dict[str, Any]], head: Checkpoint, vkey: str) -> None:
    """The chain of custody is what the sealed entries say."""
    root = base64.b64encode(head.root).decode()
    log = {"origin": head.origin, "key": vkey, "size": head.size, "root": root}
    said = source.json("data/custody.json")
    if said != {"exhibit": entries[-1]["body"]["case"], "log": log, "steps": custody(entries)}:
        raise Wrong("custody.json says something else than the sealed entries")


def _hexadecimal(value: int) -> str:
    return "%016x" % (value & (1 << 64) - 1)


def _harmless(text: str) -> str:
    """A text without the quote that keeps a spreadsheet from running it."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in HARMFUL else text


def _micros(text: str) -> int:
    """A time as microseconds since 1970 in UTC."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "T", 1))
    moment = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


# All of it


def check_bundle(path: Path, trusted: str | None = None, say: Say = lambda text: None) -> dict[str, Any]:
    """Takes every step; gives what was found. Raises Wrong that names the first thing that does not hold."""
    source = Source(path)
    try:
        key, case = check_signature(source, trusted)
        say("1. the bag is signed, and whole: %d files" % check_bag(source))
        head = check_log(source, key)
        vkey = source.text("data/log/key.txt").strip()
        say("2. the log %s of %d entries is signed by %s" % (head.origin, head.size, vkey))
        say("3. it only grew since each of %d earlier heads" % check_earlier(source, head, key))
        entries = check_entries(source, head, key)
        say("4. %d entries are in it, and say what they were sealed with" % len(entries))
        sealed, before = check_sealed(source, entries, case), entries[:-1]
        say(
            "5. the files and which entries belong to them are as entry %d sealed them at %s, when they were exported"
            % (sealed["index"], sealed["at"])
        )
        say("6. the rows lead to what was sealed of their segments when they were stored")
        rows, without = check_rows(source, before, say)
        count, people = check_disclosures(source, rows, without)
        say(
            "7. %d disclosures are sealed rows; the names of their pseudonyms rest on step 5" % count
            + (" (as do the rows of %d segments without a digest)" % len(without) if without else "")
        )
        check_people(source, "people.csv", people[True])
        check_people(source, "asked-not-shown.csv", people[False])
        say("8. counted anew: %d people shown, %d asked for and not shown" % (len(people[True]), len(people[False])))
        facts = check_facts(source, before, people)
        if facts["id"] != case:
            raise Wrong("case.json is about another case than the bundle")
        say("9. steps, state, verdict, hold and findings of case %s are the sealed ones; what else case.json says rests on step 5" % case)
        check_custody(source, entries, head, vkey)
        say("10. the chain of custody is what the sealed entries say")
    except (KeyError, TypeError, IndexError, AttributeError, ValueError, struct.error) as cause:
        raise Wrong(f"something in the bundle is not of the shape it must have ({type(cause).__name__}: {cause})") from None
    finally:
        source.close()
    return {
        "case": facts["id"],
        "people": len(people[True]),
        "disclosures": count,
        "entries": len(entries),
        "log": {
            "origin": head.origin,
            "size": head.size,
            "root": base64.b64encode(head.root).decode(),
            "key": vkey,
        },
        "timestamps": sum(name.endswith(".tsr") for name in source.names),
        "segments_without_digest": without,
    }


def _one(path: Path, trusted: str | None, beside: Path) -> int:
    try:
        found = check_row_proof(path.read_bytes(), beside.read_text() if trusted is None else trusted)
    except OSError as cause:
        raise Wrong(f"{cause.filename} cannot be read; give the log's key with --key") from None
    print(json.dumps(found, indent=1))
    print("It holds: row {row} of {segment} was sealed at {sealed_at}.".format(**found))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """`python3 verify.py [BUNDLE|PROOF] [--key KEY]`: exit 0 when everything holds, 1 when something does not."""
    parser = argparse.ArgumentParser(description="Checks a Nilometer bundle of evidence with nothing but Python and no network.")
    here = Path(__file__).resolve().parent
    parser.add_argument(
        "bundle",
        nargs="?",
        type=Path,
        default=here.parent,
        help="the ZIP, the folder it was unpacked to (default: where this file lies), or the proof of one disclosure (.tlog-proof)",
    )
    parser.add_argument("--key", help="the log's key as you had it from the platform before; without it the bundle's own is believed")
    asked = parser.parse_args(arguments)
    try:
        if asked.bundle.name.endswith(".tlog-proof"):
            return _one(asked.bundle, asked.key, here / "log" / "key.txt")
        found = check_bundle(asked.bundle, asked.key, print)
    except Wrong as wrong:
        print(f"DOES NOT HOLD: {wrong}")
        return 1
    print("Everything holds: %d people, %d disclosures, case %s." % (found["people"], found["disclosures"], found["case"]))
    if asked.key is None:
        print("The key is the bundle's own: compare it with the one that the platform published or handed over before.")
    if found["timestamps"]:
        print(
            "%d RFC 3161 timestamps are not checked here; log/timestamps: openssl ts -verify -in X.tsr -data X.txt -CAfile ROOTS.pem"
            % found["timestamps"]
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
