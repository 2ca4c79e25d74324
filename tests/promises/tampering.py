"""Ways to tamper with evidence, drawn at random: each takes a copy of a good home or bundle and spoils it. Whoever checks must find it.

`python -m tests.promises.tampering --trials 500 --seed 7` runs them and prints a table (docs/figures.md, Evidence).
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import os
import random
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

import nilometer as nm
from nilometer.app import bundle, cases, custody
from nilometer.ledger import manifest as manifests
from nilometer.tlog import note

Rng = random.Random
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


def table(seed: int) -> pa.Table:
    """Twelve accounts that keep to their people, one of which begins to read 250 new ones a day: a finding for sure."""
    rng = Rng(seed)
    rows = []
    for day in range(12):
        for account in range(12):
            for _ in range(25):
                subject = account * 1000 + rng.randrange(60)
                rows.append(
                    (
                        day * 86_400 + rng.randrange(8 * 3600, 18 * 3600),
                        subject,
                        account,
                        "order.detail",
                        403 if rng.random() < 0.03 else 200,
                        f"o-{subject}",
                    )
                )
        if day >= 8:
            rows += [
                (day * 86_400 + place * 345, 100_000 + day * 1000 + place, 11, "review.detail", 200 if place % 50 else 404, None)
                for place in range(250)
            ]
    return pa.table(
        {
            "time": pa.array([BEGIN + timedelta(seconds=row[0]) for row in rows], pa.timestamp("us", tz="UTC")),
            "subject": [f"user-{row[1]}" for row in rows],
            "org": [f"org-{row[2] // 4}" for row in rows],
            "app": [f"app-{row[2] // 2}" for row in rows],
            "account": [f"acc-{row[2]}" for row in rows],
            "surface": [row[3] for row in rows],
            "fields": ["nickname|phone"] * len(rows),
            "status": [row[4] for row in rows],
            "reference": [row[5] for row in rows],
        }
    )


def good(folder: Path, seed: int = 1) -> tuple[Path, Path, Path]:
    """A home with a case, the file that is its second place, and a bundle of the case."""
    home, second = folder / "home", folder / "second.checkpoint"
    home.mkdir(parents=True)
    (home / "nilometer.toml").write_text(f'[evidence]\nsecond_place = "{second}"\n')
    with nm.open(home) as opened:
        opened.ingest(table(seed))
        found = opened.detect()
        opened.who("user-3")
        cases.opened(opened.home, [found[0].id], why="it reads new people")
        ident = cases.listed(opened.home)[0]["id"]
        cases.told(opened.home, ident, "note", "asked the company")
        bundle.export(opened.home, ident, folder / "case.zip")
        opened.ingest(table(seed + 1).slice(0, 500))
    return home, second, folder / "case.zip"


# Homes


def _some(rng: Rng, home: Path) -> Path:
    """A file whose content matters: any but locks, derived watch states, and what is being written."""
    found = [
        p for p in sorted(home.rglob("*")) if p.is_file() and p.stat().st_size and not p.name.endswith("lock") and "watch" not in p.parts
    ]
    return rng.choice(found)


def flip(rng: Rng, home: Path) -> str:
    """One bit of one file."""
    path = _some(rng, home)
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data))
    data[at] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return f"{path.relative_to(home)} byte {at}"


def truncate(rng: Rng, home: Path) -> str:
    """The end of one file is gone."""
    path = _some(rng, home)
    size = rng.randrange(path.stat().st_size)
    os.truncate(path, size)
    return f"{path.relative_to(home)} at {size}"


def remove(rng: Rng, home: Path) -> str:
    """One file is gone."""
    path = _some(rng, home)
    while path.name in ("log.vkey", "nilometer.toml"):  # a copy of what the secret key says; settings, of which there are none then
        path = _some(rng, home)
    path.unlink()
    return str(path.relative_to(home))


def lines(rng: Rng, home: Path) -> str:
    """Entries of the journal taken out, doubled, exchanged or made up."""
    path = home / "evidence" / "journal.ndjson"
    held = path.read_bytes().splitlines(keepends=True)
    kind = rng.choice(["out", "double", "exchange", "made up"])
    at = rng.randrange(len(held))
    if kind == "out":
        del held[at]
    elif kind == "double":
        held.insert(at, held[at])
    elif kind == "exchange":
        other = rng.choice([n for n in range(len(held)) if n != at])
        held[at], held[other] = held[other], held[at]
    else:
        said = json.loads(held[at])
        leaf = json.loads(said["leaf"])
        leaf["commit"] = secrets.token_hex(32)
        said["leaf"] = json.dumps(leaf, sort_keys=True, separators=(",", ":"))
        held[at] = json.dumps(said).encode() + b"\n"
    path.write_bytes(b"".join(held))
    return f"journal {kind} {at}"


def rewrite(rng: Rng, home: Path) -> str:
    """The whole log made anew, and signed with another key: every proof in it verifies."""
    fresh = note.SecretKey(name="nilometer/another", seed=rng.randbytes(32))
    (home / "keys" / "log.skey").write_text(fresh.skey + "\n")
    (home / "keys" / "log.vkey").write_text(fresh.public.vkey + "\n")
    for path in ("checkpoint", "tile", "checkpoints"):
        target = home / "evidence" / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()
    with nm.open(home) as opened:
        from nilometer.app import journal

        try:
            journal.sign(opened.home)
        except nm.NilometerError as refused:
            return f"refused to sign: {type(refused).__name__}"
    return "signed anew"


def manifest(rng: Rng, home: Path) -> str:
    """The manifest says something else: a segment less, another digest, fewer rows, other times, another salt, a source less."""
    path = home / "ledger" / "manifest.json"
    said = json.loads(path.read_text())
    kind = rng.choice(["segment", "digest", "rows", "source", "sealed", "salt", "last", "shown", "levels"])
    if kind == "segment":
        said["segments"].pop(rng.randrange(len(said["segments"])))
    elif kind == "source":
        said["sources"].pop(rng.randrange(len(said["sources"])))
    else:
        one = rng.choice(said["segments"])
        name = "sha256" if kind == "digest" else kind
        one[name] = one[name] - 1 if isinstance(one[name], int) else one[name][:-1] if kind == "levels" else rng.randbytes(32).hex()
    _stored(path, said)
    return f"manifest {kind}"


def _stored(path: Path, said: dict[str, Any]) -> None:
    """A manifest with the digest that fits it, as somebody would who knows how it is made."""
    manifests.store(path, msgspec.convert(said, manifests.Manifest))


def rows(rng: Rng, home: Path) -> str:
    """A segment with other rows, and the manifest made to fit it."""
    path = home / "ledger" / "manifest.json"
    said = json.loads(path.read_text())
    one = rng.choice(said["segments"])
    segment = home / "ledger" / one["file"]
    held = pq.read_table(segment)
    at = rng.randrange(held.num_rows)
    kind = rng.choice(["gone", "double", "other"])
    if kind == "gone":
        held = pa.concat_tables([held.slice(0, at), held.slice(at + 1)])
    elif kind == "double":
        held = pa.concat_tables([held, held.slice(at, 1)])
    else:
        subjects = held.column("subject").to_pylist()
        subjects[at] ^= 1
        held = held.set_column(held.column_names.index("subject"), "subject", pa.array(subjects, pa.int64()))
    pq.write_table(held, segment)
    one["sha256"], one["rows"] = hashlib.sha256(segment.read_bytes()).hexdigest(), held.num_rows
    _stored(path, said)
    return f"rows {kind}"


def exchanged(rng: Rng, home: Path) -> str:
    """Two files of one kind, each in the place of the other."""
    folder = rng.choice([name for name in ("ledger/segments", "ledger/names") if len(list((home / name).iterdir())) > 1])
    one, two = rng.sample(sorted((home / folder).iterdir()), 2)
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    return f"exchanged in {folder}"


def rolled_back(rng: Rng, home: Path) -> str:
    """The disk as it was before the last entries; the second place is as it is."""
    earlier = home.parent / "earlier"
    shutil.rmtree(home)
    shutil.copytree(earlier, home)
    return "rolled back"


def second(rng: Rng, home: Path) -> str:
    """The second place rolled back, damaged or gone."""
    path = home.parent / "second.checkpoint"
    kind = rng.choice(["gone", "damaged", "older"])
    if kind == "gone":
        path.unlink()
    elif kind == "damaged":
        data = bytearray(path.read_bytes())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
    else:
        path.write_bytes((home.parent / "second.earlier").read_bytes())
    return f"second place {kind}"


def added(rng: Rng, home: Path) -> str:
    """A file that is no part of the log, beside its tiles."""
    path = home / "evidence" / "tile" / rng.choice(["0/001.p/3", "entries/000.p/200", "1/000.p/1", "0/x001/000", "0/readme"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(rng.randbytes(96))
    return f"added {path.name}"


def clock(rng: Rng, home: Path) -> str:
    """Entries added while the clock was set back: by Nilometer itself, which says so."""
    with nm.open(home) as opened:
        from nilometer.app import journal

        journal.record(opened.home, "case", {"case": "K-0000-AAAAAA"}, clock=lambda: datetime(2021, 1, 1, tzinfo=UTC))
    return "clock set back"


HOMES: tuple[Callable[[Rng, Path], str], ...] = (
    flip,
    flip,
    flip,
    truncate,
    remove,
    lines,
    rewrite,
    manifest,
    rows,
    exchanged,
    rolled_back,
    second,
    added,
    clock,
)


# Bundles


def _unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(path: Path, held: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in held.items():
            archive.writestr(name, data)


def _remade(held: dict[str, bytes]) -> None:
    """The manifests made to fit, as whoever tampers would."""
    prefix = next(iter(held)).split("/")[0] + "/"
    payload = sorted(name for name in held if name.startswith(prefix + "data/"))
    held[prefix + "manifest-sha256.txt"] = "".join(f"{hashlib.sha256(held[n]).hexdigest()}  {n[len(prefix) :]}\n" for n in payload).encode()
    tags = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")
    held[prefix + "tagmanifest-sha256.txt"] = "".join(
        f"{hashlib.sha256(held[prefix + t]).hexdigest()}  {t}\n" for t in tags if prefix + t in held
    ).encode()


def _resigned(held: dict[str, bytes], key: note.SecretKey) -> None:
    prefix = next(iter(held)).split("/")[0] + "/"
    digest = hashlib.sha256(held[prefix + "tagmanifest-sha256.txt"]).hexdigest()
    held[prefix + "signature.txt"] = note.sign(f"nilometer bundle/2\n{prefix[:-1]}\n{digest}\n", key)


def bundle_flip(rng: Rng, path: Path) -> str:
    """One bit of one file in it, with or without the manifests made to fit."""
    held = _unpacked(path)
    name = rng.choice(sorted(n for n in held if held[n]))
    data = bytearray(held[name])
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    held[name] = bytes(data)
    fit = rng.random() < 0.6
    if fit and "/data/" in name:
        _remade(held)
    _packed(path, held)
    return f"flip {name.partition('/')[2]}{' with manifests' if fit else ''}"


def bundle_file(rng: Rng, path: Path) -> str:
    """One file less, cut off, doubled under another name, or two exchanged; with or without the manifests made to fit."""
    held = _unpacked(path)
    remade = rng.random() < 0.6  # which puts right what was done to a manifest
    payload = sorted(n for n in held if held[n] and not n.endswith(("bagit.txt", "signature.txt", *(["-sha256.txt"] if remade else []))))
    name = rng.choice(payload)
    kind = rng.choice(["gone", "cut off", "added", "exchanged"])
    if kind == "gone":
        del held[name]
    elif kind == "cut off":
        held[name] = held[name][: rng.randrange(len(held[name]))]
    elif kind == "added":
        held[name.rpartition("/")[0] + "/more.txt"] = b"more"
    else:
        other = rng.choice([n for n in payload if held[n] != held[name]])
        held[name], held[other] = held[other], held[name]
    if remade:
        _remade(held)
    _packed(path, held)
    return f"{kind} {name.partition('/')[2]}"


def bundle_lines(rng: Rng, path: Path) -> str:
    """A person, a disclosure or an entry less, doubled or changed, with the manifests and the signature of another key to fit."""
    held = _unpacked(path)
    prefix = next(iter(held)).split("/")[0] + "/"
    name = prefix + "data/" + rng.choice(["people.csv", "disclosures.csv", "asked-not-shown.csv", "log/entries.ndjson", "case.json"])
    if name.endswith("case.json"):
        facts = json.loads(held[name])
        facts["people"] += rng.choice([-1, 1, 1000])
        held[name] = json.dumps(facts).encode()
    else:
        body = held[name].splitlines(keepends=True)
        first = 0 if name.endswith("ndjson") else 1
        at = rng.randrange(first, len(body))
        kind = rng.choice(["out", "double"])
        body.insert(at, body[at]) if kind == "double" else body.pop(at)
        held[name] = b"".join(body)
    _remade(held)
    if rng.random() < 0.5:
        _resigned(held, note.SecretKey(name=_origin(held, prefix), seed=rng.randbytes(32)))
    _packed(path, held)
    return f"lines {name.partition('/')[2]}"


def bundle_resigned(rng: Rng, path: Path) -> str:
    """Everything signed anew with another key: it holds by itself, and is not the key that was published."""
    held = _unpacked(path)
    prefix = next(iter(held)).split("/")[0] + "/"
    key = note.SecretKey(name=_origin(held, prefix), seed=rng.randbytes(32))
    old = held[prefix + "data/log/key.txt"].decode().strip()
    for name in held:
        if "/log/" in name and (name.endswith("checkpoint") or "/checkpoints/" in name):
            held[name] = note.sign(note.parse(held[name]).text, key)
        elif name.endswith(".tlog-proof"):
            above, _, signed = held[name].partition(b"\n\n")
            held[name] = above + b"\n\n" + note.sign(note.parse(signed).text, key)
        else:
            held[name] = held[name].replace(old.encode(), key.public.vkey.encode())
    _remade(held)
    _resigned(held, key)
    _packed(path, held)
    return "signed anew"


def _origin(held: dict[str, bytes], prefix: str) -> str:
    return held[prefix + "data/log/key.txt"].decode().split("+")[0]


def bundle_raw(rng: Rng, path: Path) -> str:
    """One bit of the ZIP file itself; where that changes nothing of what is in it (a date, say), there is nothing to find."""
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return "raw ZIP byte"


BUNDLES: tuple[Callable[[Rng, Path], str], ...] = (bundle_flip, bundle_flip, bundle_file, bundle_lines, bundle_resigned, bundle_raw)


class Bench:
    """A good home and a good bundle, to be copied and spoiled."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.rng = folder, Rng(seed)
        self.home, self.second, self.zip = good(folder / "good", seed)
        self.key = (self.home / "keys" / "log.vkey").read_text().strip()
        self.held = _unpacked(self.zip)
        shutil.copytree(self.home, folder / "good" / "earlier")
        (folder / "good" / "second.earlier").write_bytes(self.second.read_bytes())
        with nm.open(self.home) as opened:
            opened.ingest(table(seed + 2).slice(0, 400))

    def spoiled_home(self, way: Callable[[Rng, Path], str] | None = None) -> tuple[str, bool, str]:
        """What was done (in some way, or the one given), whether it was found, and what was named."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder / "good", copy)
        settings = copy / "home" / "nilometer.toml"
        settings.write_text(settings.read_text().replace(str(self.folder / "good"), str(copy)))
        done = (chosen := way or self.rng.choice(HOMES))(self.rng, copy / "home")
        try:
            said = custody.verify(copy / "home", deep=True)
            noticed = [one for one in said["noticed"] if not one.startswith("nilometer.toml was changed")]
            if "nilometer.toml byte" in done or "nilometer.toml at" in done:
                noticed = said["noticed"]
            found, named = not said["holds"] or bool(noticed), said["wrong"] or "; ".join(noticed)
        except nm.NilometerError as refused:
            found, named = True, str(refused)
        return f"{chosen.__name__}: {done}", found, named

    def spoiled_bundle(self, way: Callable[[Rng, Path], str] | None = None) -> tuple[str, bool, str]:
        """The same for a bundle."""
        copy = self.folder / "copy.zip"
        shutil.copyfile(self.zip, copy)
        done = (chosen := way or self.rng.choice(BUNDLES))(self.rng, copy)
        said = custody.verify(copy, key=self.key)
        same = False
        if said["holds"] and chosen is bundle_raw:
            same = _unpacked(copy) == self.held
        return f"{chosen.__name__}: {done}", not said["holds"] or same, said["wrong"] or ("nothing in it changed" if same else "")


def main() -> None:
    """Runs trials and prints how many of each kind were found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), asked.seed)
        tally: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
        for trial in range(asked.trials):
            done, found, named = bench.spoiled_home() if trial % 2 else bench.spoiled_bundle()
            kind = done.split(":")[0]
            tally[kind][0] += 1
            tally[kind][1] += found and bool(named)
            if not found or not named:
                print(f"NOT FOUND: {done} {named}")
        clean = 0
        for _ in range(asked.trials // 2):
            clean += not custody.verify(bench.home, deep=True)["holds"]
            clean += not custody.verify(bench.zip, key=bench.key)["holds"]
    print("| kind | trials | found and named |\n|---|---:|---:|")
    for kind, (trials, found) in sorted(tally.items()):
        print(f"| {kind} | {trials} | {found} |")
    print(f"\nFalse alarms on {asked.trials // 2 * 2} clean ones: {clean}")


if __name__ == "__main__":
    main()
