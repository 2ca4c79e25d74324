"""evidence: seal, export, prove, verify, key, stamp, renew."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import nilometer as nm
from nilometer.app import bundle, custody, proving
from nilometer.cli import options, show


@click.group(
    epilog=options.example(
        "nilometer evidence key", "nilometer evidence export K-2026-7Q3F2A -o case.zip", "nilometer evidence verify case.zip --key KEY"
    )
)
def evidence() -> None:
    """The tamper-evident log of this home, and bundles that strangers can check."""


@evidence.command(epilog=options.example("nilometer evidence seal", "nilometer evidence seal --json"))
@options.home
@options.as_json
def seal(home: str | None, as_json: bool) -> None:
    """Seal what the ledger and the settings are now, and sign the log. Other commands do so by themselves; run this daily all the same."""
    with nm.open(home) as nilometer:
        said = custody.seal(nilometer.home)
    if as_json:
        show.document(said)
        return
    print(f"{said['size']:,} entries are sealed in {show.safe(said['origin'])}; root {said['root']}")
    print(f"  signed checkpoint: {show.safe(said['checkpoint'])}, once more in {show.safe(said['second_place'])}")


@evidence.command(epilog=options.example("nilometer evidence export K-2026-7Q3F2A -o case.zip --why 'for the police'"))
@click.argument("case", metavar="CASE")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.zip", help="Where to write it."
)
@click.option("--why", default="", help="What it is for; it is recorded.")
@options.home
@options.as_json
def export(case: str, output: Path, why: str, home: str | None, as_json: bool) -> None:
    """Write everything about one case into one ZIP: facts, people, disclosures, proofs, and verify.py, which checks it anywhere."""
    with nm.open(home) as nilometer, show.progress("Collecting", " steps") as progress:
        done = bundle.export(nilometer.home, case, output, why=why, progress=progress)
    if as_json:
        show.document({name: getattr(done, name) for name in done.__slots__})
        return
    print(f"{show.safe(done.case)}: {done.people:,} people, {done.disclosures:,} disclosures, {done.entries:,} sealed entries")
    print(f"  written to {show.safe(done.file)}, SHA-256 {done.sha256}")
    print("  anybody checks it with: unzip it, then python3 verify.py; or nilometer evidence verify FILE.zip")


@evidence.command(epilog=options.example("nilometer evidence prove segments/000001.parquet 17 -o disclosure.tlog-proof"))
@click.argument("segment", metavar="SEGMENT")
@click.argument("row", type=click.IntRange(min=0), metavar="ROW")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.tlog-proof")
@options.home
@options.as_json
def prove(segment: str, row: int, output: Path, home: str | None, as_json: bool) -> None:
    """Prove one disclosure in some 3 KB of text. A bundle's disclosures.csv names its SEGMENT and ROW."""
    if output.suffix != ".tlog-proof":
        raise click.BadParameter("expected a file that ends with .tlog-proof", param_hint="'-o'")
    with nm.open(home) as nilometer:
        said = proving.prove(nilometer.home, segment, row, output)
    if as_json:
        show.document(said)
        return
    print(f"Row {row:,} of {show.safe(segment)}: sealed at {said['sealed_at']} as entry {said['entry']:,}")
    print(
        f"  proof of {said['bytes']:,} bytes written to {show.safe(said['file'])}; it shows the up to seven rows beside it, too (pseudonyms)"
    )
    print("  anybody checks it with: python3 verify.py FILE.tlog-proof --key KEY; or nilometer evidence verify FILE.tlog-proof --key KEY")


@evidence.command(
    epilog=options.example(
        "nilometer evidence verify case.zip", "nilometer evidence verify nilometer-home --deep", "nilometer evidence verify"
    )
)
@click.argument("what", metavar="[FILE.zip|FILE.tlog-proof|HOME]", required=False)
@click.option("--key", help="The log's key as you had it before; without it the bundle's own is believed.")
@click.option("--deep", is_flag=True, help="Of a home: read every stored disclosure again, too, not only files.")
@options.home
@options.as_json
def verify(what: str | None, key: str | None, deep: bool, home: str | None, as_json: bool) -> None:
    """Check a bundle, a proof or a whole home; exit 1 names the first thing that does not hold."""
    with show.progress("Checking", " steps") as progress:
        found = custody.verify(what if what is not None else home, key=key, deep=deep, progress=progress)
    if as_json:
        show.document(found)
    else:
        for step in found["steps"]:
            print(f"  {show.safe(step, 300)}")
        if "disclosure" in found:
            print("  " + ", ".join(f"{name} {value}" for name, value in found["disclosure"].items() if value is not None))
        print("Everything holds." if found["holds"] else f"DOES NOT HOLD: {show.safe(found['wrong'], 800)}")
        for one in found["noticed"]:
            print(f"Noticed: {show.safe(one, 400)}")
    if not found["holds"]:
        sys.exit(1)


@evidence.command(epilog=options.example("nilometer evidence key"))
@options.home
@options.as_json
def key(home: str | None, as_json: bool) -> None:
    """Show the key that the log is signed with: publish it, or hand it over, before you need it."""
    with nm.open(home) as nilometer:
        vkey = custody.key(nilometer.home)
    if as_json:
        show.document({"key": vkey})
    else:
        print(vkey)


@evidence.command(
    epilog=options.example(
        "nilometer evidence stamp --request request.tsq", "nilometer evidence stamp --answer answer.tsr --roots authority.pem"
    )
)
@click.option("--request", type=click.Path(dir_okay=False, path_type=Path), help="Write a request for a timestamp on the last checkpoint.")
@click.option(
    "--answer", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Keep an authority's answer, once it verifies."
)
@click.option("--roots", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The authority's root certificates (PEM).")
@options.home
@options.as_json
def stamp(request: Path | None, answer: Path | None, roots: Path | None, home: str | None, as_json: bool) -> None:
    """RFC 3161: have somebody else say when the log's head existed. Requests and answers travel as files (curl, openssl ts)."""
    with nm.open(home) as nilometer:
        said = custody.stamp(nilometer.home, request, answer, roots)
    if as_json:
        show.document(said)
    elif answer is not None:
        if said["verified"]:
            print(f"Kept and verified: the checkpoint of {said['size']:,} entries existed at {said['at']}.")
            print(f"  by the word of {show.safe(said['roots'], 600)}: compare that with what the authority publishes")
        else:
            print(
                f"Kept, NOT VERIFIED: it says that the checkpoint of {said['size']:,} entries existed at {said['at']}, and anybody can say so."
            )
            print("  The same with --roots AUTHORITY.pem checks who says it.")
    else:
        print(f"Request for the checkpoint of {said['size']:,} entries written to {show.safe(str(request))}.")
        print("  curl -H 'Content-Type: application/timestamp-query' --data-binary @FILE AUTHORITY > answer.tsr")


@evidence.command(epilog=options.example("nilometer evidence renew --why 'the second disk was replaced'"))
@click.option("--why", required=True, help="Why what was signed last is not in the second place any more; it is recorded.")
@options.home
@options.as_json
def renew(why: str, home: str | None, as_json: bool) -> None:
    """Begin a second place anew, when the one before was lost or moved on purpose. That this was done is sealed."""
    with nm.open(home) as nilometer:
        said = custody.renew(nilometer.home, why)
    if as_json:
        show.document(said)
    else:
        print(f"What is signed last is now kept in {show.safe(said['second_place'])}.")


COMMANDS = (evidence,)
