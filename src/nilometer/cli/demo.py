"""demo and simulate: data whose truth is known."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from nilometer.app import demo as playing
from nilometer.app import simulate as simulating
from nilometer.cli import options, show
from nilometer.errors import InputError


@click.command(epilog=options.example("nilometer demo", "nilometer demo -o /tmp/demo --seed 7 --scale 0.3"))
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-out"),
    show_default=True,
    metavar="DIR",
    help="Where data, home and report go.",
)
@click.option("--seed", type=int, default=2020, show_default=True, help="Another seed is another world.")
@click.option(
    "--scale",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="1 is about a million and a half disclosures.",
)
@options.as_json
def demo(output: Path, seed: int, scale: float, as_json: bool) -> None:
    """Replay the reference incident in small: a marketing consultancy's developer crawls a marketplace for eight months."""
    if output.exists():
        if not (output / ".nilometer-demo").exists() and any(output.iterdir()):
            raise InputError(f"{output} holds other things; choose another folder with -o.")
        shutil.rmtree(output)
    output.mkdir(parents=True)
    (output / ".nilometer-demo").touch()
    outcome = playing.play(output, seed=seed, scale=scale, tell=show.say, progress=show.progress)
    if as_json:
        show.document({"story": outcome.lines, "findings": [f.to_json() for f in outcome.found], "report": str(outcome.page)})
        return
    print()
    for line in outcome.lines:
        print(line)
    print(f"\nReport: {outcome.page.resolve().as_uri()}")
    print(f"Look further: nilometer findings --home {output / 'home'}")


@click.command(
    epilog=options.example(
        "nilometer simulate marketing_consultancy -o sim", "nilometer simulate marketing-consultancy -o big --scale 10 --seed 3"
    )
)
@click.argument("scenario", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where disclosures.parquet and truth.json go (a folder each when several).",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--scale", type=float, default=1.0, show_default=True, help="How much: 1 is a laptop's size, 100 about a hundred million rows."
)
@options.as_json
def simulate(scenario: tuple[str, ...], output: Path, seed: int, scale: float, as_json: bool) -> None:
    """Make the disclosures of a platform with a leak (or an innocent look-alike) in it, and the truth about it."""
    with show.progress("Simulating") as progress:
        made = simulating.run(scenario, output, seed=seed, scale=scale, progress=progress)
    if as_json:
        show.document([truth for _, truth in made])
        return
    for table, truth in made:
        print(
            f"{table}: {truth['disclosures']:,} disclosures about {truth['people']:,} people; {len(truth['leaks'])} leak(s), see truth.json beside it"
        )


COMMANDS = (demo, simulate)
