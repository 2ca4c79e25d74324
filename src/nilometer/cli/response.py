"""response: propose what to do about a case, approve or refuse it, perform it once, undo it where that can be."""

from __future__ import annotations

from typing import Any

import click

import nilometer as nm
from nilometer.app import response as responses
from nilometer.cli import options, show

_why = click.option("--why", required=True, metavar="TEXT", help="The reason; it is kept with the decision.")


@click.group(
    epilog=options.example(
        "nilometer response propose K-2026-7Q3F2A freeze",
        "nilometer response approve R-2026-1A2B3C4D --why 'confirmed with the partner'",
        "nilometer response perform R-2026-1A2B3C4D",
    )
)
def response() -> None:
    """Freeze an actor, revoke credentials, open a ticket, tell somebody: proposed first, performed once a person approved it."""


@response.command(
    epilog=options.example(
        "nilometer response propose K-2026-7Q3F2A webhook", "nilometer response propose K-2026-7Q3F2A revoke --actor account shop-4"
    )
)
@click.argument("case")
@click.argument("action")
@click.option(
    "--actor", "actors", nargs=2, multiple=True, metavar="LEVEL ID", help="To whom; repeatable. Without it, all whom the case accuses."
)
@options.home
@options.as_json
def propose(case: str, action: str, actors: tuple[tuple[str, str], ...], home: str | None, as_json: bool) -> None:
    """Say what ACTION (freeze, revoke, ticket, webhook, email) would do about a case. Nothing is done."""
    with nm.open(home) as nilometer:
        _show(responses.propose(nilometer.home, case, action, actors), as_json)


@response.command(epilog=options.example("nilometer response approve R-2026-1A2B3C4D --why 'confirmed with the partner'"))
@click.argument("ident", metavar="ID")
@_why
@options.home
@options.as_json
def approve(ident: str, why: str, home: str | None, as_json: bool) -> None:
    """Approve a proposal, as the account that you are."""
    with nm.open(home) as nilometer:
        _show(responses.approve(nilometer.home, ident, why), as_json)


@response.command(epilog=options.example("nilometer response refuse R-2026-1A2B3C4D --why 'a shared address'"))
@click.argument("ident", metavar="ID")
@_why
@options.home
@options.as_json
def refuse(ident: str, why: str, home: str | None, as_json: bool) -> None:
    """Refuse a proposal, or take back an approval that was not performed yet."""
    with nm.open(home) as nilometer:
        _show(responses.refuse(nilometer.home, ident, why), as_json)


@response.command(epilog=options.example("nilometer response perform R-2026-1A2B3C4D"))
@click.argument("ident", metavar="ID")
@options.home
@options.as_json
def perform(ident: str, home: str | None, as_json: bool) -> None:
    """Do what was approved. Done once: again does nothing; after a crash it goes out under the same key."""
    with nm.open(home) as nilometer:
        page, now = responses.perform(nilometer.home, ident)
    _told(page, now, "performed", as_json)


@response.command(epilog=options.example("nilometer response undo R-2026-1A2B3C4D"))
@click.argument("ident", metavar="ID")
@options.home
@options.as_json
def undo(ident: str, home: str | None, as_json: bool) -> None:
    """Undo what was performed, or say why it cannot be undone."""
    with nm.open(home) as nilometer:
        page, now = responses.undo(nilometer.home, ident)
    _told(page, now, "undone", as_json)


@response.command("list", epilog=options.example("nilometer response list", "nilometer response list --case K-2026-7Q3F2A --json"))
@click.option("--case", default=None, metavar="ID", help="Only those about this case.")
@options.home
@options.as_json
def listing(case: str | None, home: str | None, as_json: bool) -> None:
    """List proposals and where each stands."""
    with nm.open(home) as nilometer:
        found = responses.listed(nilometer.home, case)
    if as_json:
        show.document({"responses": found})
        return
    rows = [
        [
            f["id"],
            show.safe(f["case"], 24),
            f["action"],
            f["state"],
            f["history"][-1]["at"][:16].replace("T", " "),
            show.safe(f["history"][-1]["by"], 20),
        ]
        for f in found
    ]
    columns = [(name, "left") for name in ("response", "case", "action", "state", "last step (UTC)", "by")]
    show.out().print(show.table(f"{len(found):,} response{'s' if len(found) != 1 else ''}", columns, rows))


@response.command("show", epilog=options.example("nilometer response show R-2026-1A2B3C4D"))
@click.argument("ident", metavar="ID")
@options.home
@options.as_json
def showing(ident: str, home: str | None, as_json: bool) -> None:
    """One proposal: what, to whom, how it is undone, and every step with who and why."""
    with nm.open(home) as nilometer:
        _show(responses.show(nilometer.home, ident), as_json)


def _told(page: dict[str, Any], now: bool, state: str, as_json: bool) -> None:
    if as_json:
        show.document({**page, "done_now": now})
        return
    if not now:
        print(f"{page['id']} was {state} before; nothing was done now.")
    _show(page, False)


def _show(page: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show.document(page)
        return
    print(f"{page['id']} · {page['action']} · case {show.safe(page['case'])} · {page['state']}")
    print(f"  does:   {show.safe(page['does'], 1000)}")
    print(f"  where:  {show.safe(page['where'], 400)}")
    print(f"  undone: {show.safe(page['undone'], 400)}")
    for step in page["history"]:
        more = show.safe(step.get("why") or ", ".join(f"{k} {v}" for k, v in step.get("outcome", {}).items()), 400)
        print(f"  {step['at'][:19].replace('T', ' ')}  {show.safe(step['by'], 24)}  {step['did']}" + (f": {more}" if more else ""))
    following = {
        "proposed": "approve {} --why TEXT",
        "approved": "perform {}",
        "performing": "perform {}   (it was cut off; it goes out under the same key)",
        "failed": "perform {}   (it goes out under the same key)",
        "undoing": "undo {}",
    }
    if page["state"] in following:
        print(f"Next: nilometer response {following[page['state']].format(page['id'])}")


COMMANDS = (response,)
