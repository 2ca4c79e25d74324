"""erase: what is kept of a person says nobody's any more."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import nilometer as nm
from nilometer.app import erasure
from nilometer.cli import options, show

_HELD = "GDPR art. 17(3)(e) keeps what legal claims need; where deletion must wait, PIPL art. 47 allows storing and protecting it, and nothing else."


@click.command(
    epilog=options.example(
        "nilometer erase user-4711 --why 'request of 3 March'", "nilometer erase --list leavers.txt --why 'accounts closed' --yes --json", "nilometer erase 4711 --why test --dry-run"
    )
)  # fmt: skip
@click.argument("subjects", metavar="SUBJECT...", nargs=-1)
@click.option("--list", "listed", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="A file with one id a line.")
@click.option("--why", required=True, metavar="TEXT", help="The reason, which is recorded.")
@click.option("--dry-run", is_flag=True, help="Only say what is kept of them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.home
@options.as_json
def erase(subjects: tuple[str, ...], listed: Path | None, why: str, dry_run: bool, yes: bool, home: str | None, as_json: bool) -> None:
    """Erase people: their rows stay and count, and nobody can tell any more whose they were.

    Nothing is erased while one of them belongs to a case under legal hold (exit code 1). What cannot be reached: backups, bundles
    and files that left this machine, and lines that could not be read.
    """
    with nm.open(home) as nilometer:
        people = erasure.pseudonyms(nilometer.home, [*subjects, *(_listed(listed) if listed else ())])
        found, entry, done = erasure.look(nilometer.home, people), None, False
        if not as_json:
            _tell(found)
        if not dry_run and not found.holds and not yes and not _asked(found):
            raise click.Abort
        if not dry_run:
            found, entry = erasure.erase(nilometer.home, people, why=why, progress=show.say if not as_json else lambda text: None)
            done = not found.holds
    if as_json:
        show.document(erasure.as_json(found, entry, done))
    elif done:
        print(f"Erased: entry {entry} of the journal says so." if entry is not None else "Nothing was kept of them.")
        if found.left:
            print(f"{found.left:,} files that a crash had left behind were removed.")
    if found.holds:
        show.say(f"Nothing {'would be' if dry_run else 'was'} erased: {', '.join(found.holds)} is under legal hold. {_HELD}")
        sys.exit(1)


def _listed(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as cause:
        raise nm.InputError(f"{path} cannot be read as text ({type(cause).__name__}); expected one id a line.") from None


def _asked(found: erasure.Found) -> bool:
    if not sys.stdin.isatty():
        raise nm.InputError("Erasing cannot be undone: say --yes where nobody can be asked, or look with --dry-run.")
    return click.confirm(
        f"Erase {'this person' if found.people == 1 else f'these {found.people:,} people'}? This cannot be undone.", err=True
    )


def _tell(found: erasure.Found) -> None:
    print(f"{found.people:,} {'person' if found.people == 1 else 'people'} asked for, {found.found:,} of them in the ledger:")
    print(f"  {found.rows:,} disclosures in {found.segments:,} segments")
    print(f"  {found.identities:,} identities, {found.sealed_ids:,} sealed ids, {found.journal_bodies:,} recorded look-ups")
    if found.left:
        print(
            f"  {found.left:,} files that a crash left behind and nothing names: whoever was erased before may be in them; erasing removes them"
        )


COMMANDS = (erase,)
