"""Keeps what the watch knows between runs, so that a day costs what that day holds, however long the ledger's history is.

Everything here is derived: when it is missing, damaged, or of another version, other settings or another context, detection
starts from an older state, or from nothing, and finds the same. Damage is always seen: a state's file and each run of known keys it
names are read through and compared with their digests when they are loaded (BLAKE3 on all cores: 0.12 s a gigabyte while cached). A state says which segments it has read; a segment that came later and reaches back
into its days makes an older state, or none, the start.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from blake3 import blake3

from nilometer.detection.coding import Ints
from nilometer.detection.evidence import Norm
from nilometer.detection.known import Known
from nilometer.detection.memory import Memory
from nilometer.detection.rows import DAY
from nilometer.detection.stories import Story
from nilometer.detection.takeover import Heir
from nilometer.detection.watch import Level, State
from nilometer.ledger import files
from nilometer.ledger.manifest import Manifest

FOLDER: Final = "watch"
EVERY: Final = 28
"""Days after which a long first run keeps where it is."""
STRAY: Final = 45
"""Days without any disclosure after which what comes may be a wrong clock's."""
_BACK: Final = (0, 1, 7, 28, 84, 168, 336)
"""How many days before the latest state older ones are kept, about: late disclosures then cost no more than that."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One state on the disk: its day, its file with SHA-256, the segments that had been read, the files of its runs."""

    day: int
    file: str
    sha256: str
    segments: list[str]
    runs: list[str]
    stray: bool = False
    """Whether its day came long after all others: perhaps a wrong clock's."""


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept, and for which code, settings and context (`made_by`)."""

    made_by: str
    states: list[Kept] = []


_ROOMS: Final = ("detection", "detection.detectors", "ledger", "ledger.engines", "disclosures")
_FEEDS: Final = ("context.py", "declarations.py", "casebook.py")
"""Rooms, and files of `app`, that decide what is found or what detection is told."""


def code() -> str:
    """A digest of detection's own source and of what feeds it: another detector finds other things, so nothing is carried over."""
    digest = hashlib.blake2b(digest_size=16)
    parts = [one for room in _ROOMS for one in sorted(resources.files(f"nilometer.{room}").iterdir(), key=lambda entry: entry.name)]
    parts += [resources.files("nilometer.app") / name for name in _FEEDS]
    for one in parts:
        if one.name.endswith(".py"):
            digest.update(one.name.encode() + b"\0" + one.read_bytes())
    return digest.hexdigest()


class Watching:
    """The states of one home. `made_by` names code, settings and context; states of others are forgotten (to look at what is there: empty)."""

    def __init__(self, folder: Path, made_by: str) -> None:
        self.folder, self.made_by = folder / FOLDER, made_by

    def begin(self) -> None:
        """Makes the folder. Raises OSError where that cannot be."""
        self.folder.mkdir(exist_ok=True, mode=0o700)

    def latest(self, manifest: Manifest, before: int | None = None) -> State:
        """The latest state that holds for this ledger (of a day earlier than `before`, if given); an empty one when there is none."""
        for kept in sorted(self._index().states, key=lambda one: -one.day):
            if (before is None or kept.day < before) and _holds(kept, manifest):
                with suppress(Exception):  # whatever a damaged file makes numpy or msgspec say: an older state will do
                    return self._load(kept)
        return State()

    def keep(self, state: State, manifest: Manifest, stray: bool = False) -> None:
        """Keeps a state whose days are over; `stray` when it is of a day far after all others. Raises OSError; what was kept before stays then."""
        names = {**{f"{name}/seen": level.seen for name, level in state.levels.items()}, "people": state.people}
        names |= {f"{name}/ways": level.ways for name, level in state.levels.items()}
        places = {name: [self._run(run) for run in known.runs] for name, known in names.items()}
        arrays, rest = _taken_apart(state)
        sink = io.BytesIO()
        np.savez(sink, rest=np.frombuffer(msgspec.json.encode({"rest": rest, "runs": places}), np.uint8), **arrays)
        data = sink.getvalue()
        digest = hashlib.sha256(data).hexdigest()
        kept = Kept(
            day=state.day,
            file=f"{state.day}-{digest[:12]}.npz",
            sha256=digest,
            segments=[segment.file for segment in manifest.segments],
            runs=sorted({run for found in places.values() for run in found}),
            stray=stray,
        )
        files.write(self.folder / kept.file, data)
        files.sync(self.folder)
        held = [one for one in self._index().states if one.day != state.day and _holds(one, manifest)]
        chosen = _chosen([*held, kept])
        files.replace(self.folder / "index.json", msgspec.json.encode(Index(made_by=self.made_by, states=chosen)))
        self._sweep(chosen)

    def _index(self) -> Index:
        with suppress(OSError, msgspec.MsgspecError):
            index = msgspec.json.decode((self.folder / "index.json").read_bytes(), type=Index)
            if not self.made_by or index.made_by == self.made_by:
                return index
        return Index(made_by=self.made_by)

    def _run(self, run: Ints) -> str:
        """The file of a run of known keys; runs never change, so one that is there is not written again."""
        held = getattr(run, "filename", None)
        if held is not None and Path(held).parent == self.folder:
            return Path(held).name
        fresh = self.folder / f"{os.getpid()}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as stream:
            np.save(stream, np.ascontiguousarray(run))
        name = f"run-{_digest(fresh)}.npy"
        if (self.folder / name).exists() and _digest(self.folder / name) == _digest(fresh):
            fresh.unlink()
            return name
        files.sync(fresh)
        fresh.replace(self.folder / name)
        return name

    def damaged(self, manifest: Manifest) -> list[str]:
        """The files of states that hold for this ledger and are missing or not as they were written."""
        said = []
        for kept in self._index().states:
            if _holds(kept, manifest):
                for name in (kept.file, *kept.runs):
                    with suppress(OSError):
                        if self._digests(kept, name):
                            continue
                    said.append(name)
        return sorted(set(said))

    def _digests(self, kept: Kept, name: str) -> bool:
        path = self.folder / name
        if name == kept.file:
            return hashlib.sha256(path.read_bytes()).hexdigest() == kept.sha256
        return f"run-{_digest(path)}.npy" == name

    def _load(self, kept: Kept) -> State:
        data = (self.folder / kept.file).read_bytes()
        if hashlib.sha256(data).hexdigest() != kept.sha256:
            raise ValueError(f"{kept.file} was changed")
        for run in kept.runs:
            if not self._digests(kept, run):
                raise ValueError(f"{run} was changed")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            document = msgspec.json.decode(arrays["rest"].tobytes())
            known = {
                name: Known(tuple(np.load(self.folder / run, mmap_mode="r", allow_pickle=False) for run in runs))
                for name, runs in document["runs"].items()
            }
            return _put_together(document["rest"], arrays, known)

    def _sweep(self, held: Iterable[Kept]) -> None:
        """Removes files that no state names. What cannot be removed (somebody's folder) is left: it costs room, and nothing else."""
        named = {"index.json", "lock"} | {name for one in held for name in (one.file, *one.runs)}
        for path in self.folder.iterdir():
            if path.name not in named:
                with suppress(OSError):
                    path.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    return blake3(max_threads=blake3.AUTO).update_mmap(path).hexdigest(length=16)


def _holds(kept: Kept, manifest: Manifest) -> bool:
    """Whether everything the state read is still there, and nothing came since that reaches back into its days."""
    read = set(kept.segments)
    there = {segment.file for segment in manifest.segments}
    late = [segment for segment in manifest.segments if segment.file not in read and segment.first < (kept.day + 1) * DAY]
    return read <= there and not late


def _chosen(states: list[Kept]) -> list[Kept]:
    """The latest states, and older ones ever further apart. A row with a date in the far future makes no older day less near."""
    ordered = sorted(states, key=lambda one: one.day)
    near = [one for one in ordered if not one.stray] or ordered
    chosen = {one.day: one for one in ordered[-1:]}
    for back in _BACK:
        fitting = [one for one in near if one.day <= near[-1].day - back]
        if fitting:
            chosen[fitting[-1].day] = fitting[-1]
    return list(chosen.values())


_MEMORY: Final = ("actors", "first", "last", "days", "place", "hours", "recent", "total", "parent")
_TABLES: Final = ("counts", "began", "evidence")


def _taken_apart(state: State) -> tuple[dict[str, Any], dict[str, Any]]:
    arrays: dict[str, Any] = {}
    for name, level in state.levels.items():
        for field in _MEMORY:
            arrays[f"{name}|{field}"] = getattr(level.memory, field)
        for table in _TABLES:
            arrays.update({f"{name}|{table}|{key}": values for key, values in getattr(level.memory, table).items()})
    rest = {
        "day": state.day,
        "days": state.days,
        "whole": state.whole,
        "levels": {name: {"pace": level.pace, "moved": level.moved} for name, level in state.levels.items()},
        "norms": {name: norm.days for name, norm in state.norms.items()},
        "stories": list(state.stories),
        "closed": None if state.closed is None else list(state.closed),
        "spent": {str(number): people for number, people in state.spent.items()},
        "heirs": list(state.heirs),
    }
    return arrays, rest


def _put_together(rest: dict[str, Any], arrays: Mapping[str, Any], known: Mapping[str, Known]) -> State:
    levels = {}
    for name, said in rest["levels"].items():
        tables: dict[str, dict[str, Any]] = {table: {} for table in _TABLES}
        for key in arrays:
            parts = key.split("|")
            if len(parts) == 3 and parts[0] == name:
                tables[parts[1]][parts[2]] = arrays[key]
        memory = Memory(**{field: arrays[f"{name}|{field}"] for field in _MEMORY}, **tables)  # type: ignore[arg-type]
        levels[name] = Level(memory=memory, seen=known[f"{name}/seen"], ways=known[f"{name}/ways"], pace=said["pace"], moved=said["moved"])
    return State(
        day=rest["day"],
        days=rest["days"],
        whole=rest["whole"],
        levels=levels,
        people=known["people"],
        norms={name: Norm(tuple((int(d), float(s), int(n)) for d, s, n in days)) for name, days in rest["norms"].items()},
        stories=tuple(msgspec.convert(rest["stories"], list[Story])),
        closed=None if rest["closed"] is None else tuple(msgspec.convert(rest["closed"], list[Story])),
        spent={int(number): people for number, people in rest["spent"].items()},
        heirs=tuple(msgspec.convert(rest["heirs"], list[Heir])),
    )


def keeping(states: Iterator[State], watching: Watching, manifest: Manifest, start: State, tell: Callable[[str], None]) -> State:
    """Runs through the states and keeps the last two (and now and then one on the way); answers the last.

    What cannot be kept (a full disk) is told once, and costs the next run some time, never this one its answer.

    The last day may not be over. If more of it comes, its state no longer holds (see `_holds`), and the one before it is the start.
    Days far after all others may be strays, a wrong clock's: the last two before them are kept as well.
    """
    before, state, kept, keeps, stray = start, start, start.day, True, False

    def keep(*ones: State) -> None:
        nonlocal keeps, kept
        for one in ones:
            if keeps and one.day > kept:
                keeps, kept = _kept(watching, one, manifest, tell, stray), one.day

    for following in states:
        if state.days and following.day > state.day + STRAY:
            keep(before, state)
            stray = True
        before, state = state, following
        if before.day >= kept + EVERY:
            keep(before)
    keep(before, state)
    return state


def _kept(watching: Watching, state: State, manifest: Manifest, tell: Callable[[str], None], stray: bool) -> bool:
    try:
        watching.keep(state, manifest, stray)
    except OSError as cause:
        tell(f"What was learnt could not be kept for the next run ({cause.strerror or cause}); it will look at these days again.")
        return False
    return True
