"""evaluate: detection scored against truth, beside what others do on the same disclosures."""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from nilometer import __version__
from nilometer.app.evaluate import page, plot, run, table
from nilometer.app.evaluate.run import Options, Result
from nilometer.cli import options, show
from nilometer.clock import system_clock
from nilometer.errors import InputError


@click.command(
    epilog=options.example(
        "nilometer evaluate",
        "nilometer evaluate --scenario creeping_insider --seeds 0-4 --scale 0.3",
        "nilometer evaluate --scenario clean_platform --without reference --json",
        "nilometer evaluate -o results --plot results/plot.svg --markdown results/table.md",
        "nilometer evaluate simulated/ --no-context",
    )
)
@click.argument("folders", metavar="[DIR]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--scenario", "scenarios", multiple=True, metavar="ID", help="Play this scenario (repeatable; default: the whole shelf).")
@click.option("--seed", "seeds", multiple=True, type=click.IntRange(0), help="Play with this seed (repeatable; default: 0).")
@click.option("--seeds", "seed_range", metavar="A-B", help="Play with every seed from A to B.")
@click.option(
    "--scale", type=click.FloatRange(min=0, min_open=True), default=None, help="How much to play; 1 (the default) is a laptop's size."
)
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Keep data, results.json and results.csv here."
)
@click.option("--without", multiple=True, metavar="COLUMN", help="Let nobody see this column, such as reference or account (repeatable).")
@click.option("--no-context", is_flag=True, help="Leave out what the operator declared (context.toml).")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Tables evaluated at the same time; each takes memory.")
@click.option(
    "--plot",
    "plot_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.svg",
    help="Draw people lost against false alarms, over many settings.",
)
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.md", help="Write the tables for the docs.")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="The date that the results carry (default: today).")
@options.as_json
def evaluate(
    folders: tuple[Path, ...], scenarios: tuple[str, ...], seeds: tuple[int, ...], seed_range: str | None, scale: float | None,
    output: Path | None, without: tuple[str, ...], no_context: bool, jobs: int, plot_file: Path | None, markdown: Path | None,
    on: datetime | None, as_json: bool,
) -> None:  # fmt: skip
    """Score detection against truth, beside baselines run on the same disclosures in the same run.

    Each DIR is what `nilometer simulate` wrote, or a folder of such. Without DIR the shelf's scenarios are played.
    """
    chosen = (*seeds, *_range(seed_range))
    if folders and (scenarios or chosen or scale is not None):
        raise InputError("--scenario, --seed, --seeds and --scale are for playing; with DIR the disclosures are there already.")
    asked = Options(without=tuple(dict.fromkeys(without)), context=not no_context, sweep=plot_file is not None)
    # before the long work, not after it
    for folder in (output, plot_file and plot_file.parent, markdown and markdown.parent):
        if folder is not None:
            _made(folder)
    how: dict[str, Any] = {"jobs": jobs, "tell": show.say, "progress": show.progress}
    if folders:
        results = list(run.given(folders, asked, **how))
    else:
        results = list(run.played(scenarios, chosen or (0,), 1.0 if scale is None else scale, output, asked, **how))
    about = _about(results, asked, on or system_clock())
    document = table.document(results, about)
    if output is not None:
        _write(output / "results.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        _write(output / "results.csv", table.as_csv(results))
    if plot_file is not None:
        _write(plot_file, plot.draw(results))
    if markdown is not None:
        _write(markdown, page.markdown(results, about))
    if as_json:
        show.document(document)
        return
    _print(results)


def _print(results: list[Result]) -> None:
    console = show.out()
    for result in results:
        truth = result.truth
        console.print(
            show.table(
                f"{show.safe(truth.scenario)}, seed {truth.seed} ({truth.kind}): {show.safe(truth.title, 120)}",
                table.FOLDER,
                table.folder_rows(result),
            )
        )
        for ident, why in result.skipped.items():
            print(f"{ident}: skipped because {why}")
        print()
    months = sum(result.actor_months for result in results)
    title = (
        f"All {len(results)} tables: {months:,} actor-months (an org, app or account that was shown at least 10 people in a 30-day month)"
    )
    console.print(show.table(title, table.SUMMARY, table.summary_rows(table.lines(results))))


def _about(results: list[Result], asked: Options, on: datetime) -> dict[str, Any]:
    """How it was made, so that one can make it again."""
    context = click.get_current_context()
    given = {
        name: value
        for name, value in context.params.items()
        if name in ("scenarios", "seeds", "seed_range", "scale", "without", "no_context")
    }
    flags = {"scenarios": "--scenario", "seeds": "--seed", "seed_range": "--seeds", "no_context": "--no-context"}
    words = ["nilometer", "evaluate", *(str(folder) for folder in context.params["folders"])]
    for name, value in given.items():
        flag = flags.get(name, f"--{name}")
        if isinstance(value, tuple):
            words += [part for one in value for part in (flag, str(one))]
        elif value is True:
            words.append(flag)
        elif value not in (None, False):
            words += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
    words += ["--plot", "plot.svg"] if asked.sweep else []
    return {
        "nilometer": __version__,
        "date": f"{on:%Y-%m-%d}",
        "command": shlex.join(words),
        "seeds": sorted({result.truth.seed for result in results}),
        "scale": sorted({result.truth.scale for result in results}),
        "without": list(asked.without),
        "context": asked.context,
        "columns": run.dropped(asked.without),
    }


def _range(text: str | None) -> range:
    """`A-B` as numbers, both included."""
    if text is None:
        return range(0)
    match = re.fullmatch(r"([0-9]{1,9})-([0-9]{1,9})", text)
    if match is None or int(match[2]) < int(match[1]):
        raise InputError(f"--seeds {text!r}: expected two whole numbers, the smaller first, such as 0-4.")
    return range(int(match[1]), int(match[2]) + 1)


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise InputError(f"{folder} cannot be made: {cause.strerror or cause}.") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as cause:
        raise InputError(f"{path} cannot be written: {cause.strerror or cause}.") from None
    show.say(f"{path} written.")


COMMANDS = (evaluate,)
