"""A simulated platform with a crawler that was asked in: a finding that somebody will clear. Made once, copied for each test."""

from __future__ import annotations

import shutil
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import nilometer as nm
from nilometer.app import simulate

ACCOUNT = "account-031-0-0"


@cache
def rows() -> pa.Table:
    """All its disclosures, in order of time."""
    folder = Path(mkdtemp(prefix="crawled-"))
    [(path, _)] = simulate.run(["welcome_crawler"], folder, seed=3, scale=0.3, progress=lambda done, total: None)
    table = pq.read_table(path).sort_by("time")
    shutil.rmtree(folder)
    return table


def parts() -> tuple[pa.Table, pa.Table]:
    """What was shown in the first three fifths of the time, and what came after."""
    table = rows()
    low, high = pc.min_max(table.column("time")).as_py().values()
    until = pa.scalar(low + (high - low) * 0.6, table.schema.field("time").type)
    return table.filter(pc.less_equal(table.column("time"), until)), table.filter(pc.greater(table.column("time"), until))


def greedy(table: pa.Table, times: int) -> pa.Table:
    """The rows, and for each of the crawler's that many more, of people nobody has seen."""
    his = table.filter(pc.equal(table.column("account").cast(pa.string()), ACCOUNT))
    more = []
    for turn in range(times):
        ids = [f"never-{turn}-{place}" for place in range(his.num_rows)]
        later = pc.add(his.column("time"), pa.scalar(timedelta(seconds=turn + 1), pa.duration("us")))
        place = his.schema.get_field_index("subject")
        made = his.set_column(his.schema.get_field_index("time"), his.schema.field("time"), later.cast(his.schema.field("time").type))
        more.append(made.set_column(place, pa.field("subject", pa.string()), pa.array(ids)))
    place = table.schema.get_field_index("subject")
    plain = table.set_column(place, pa.field("subject", pa.string()), table.column("subject").cast(pa.string()))
    return pa.concat_tables([plain, *more]).sort_by("time")


@cache
def _first() -> tuple[Path, tuple[str, ...]]:
    folder = Path(mkdtemp(prefix="crawled-home-"))
    (folder / "home").mkdir()
    _settle(folder)
    with nm.open(folder / "home") as home:
        home.ingest(parts()[0])
        found = home.detect()
    return folder / "home", tuple(finding.id for finding in found if any(actor.id == ACCOUNT for actor in finding.actors))


def home(into: Path) -> tuple[Path, tuple[str, ...]]:
    """A home that has seen the first part, and the findings that accuse the crawler."""
    path, found = _first()
    shutil.copytree(path, into / "home")
    shutil.copy(path.parent / "kept.checkpoint", into / "kept.checkpoint")
    _settle(into)
    return into / "home", found


def _settle(folder: Path) -> None:
    """A copy keeps what was signed last in a place of its own: else each would look like the other rolled back."""
    (folder / "home" / "nilometer.toml").write_text(f'[evidence]\nsecond_place = "{folder / "kept.checkpoint"}"\n')


def accused(found: list[Any]) -> set[str]:
    """Everybody whom findings accuse."""
    return {actor.id for finding in found for actor in finding.actors}
