"""What a log format is: the protocol every file on the shelf `sources/formats/` keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from nilometer import shelves
from nilometer.errors import InputError

Framing = Literal["lines", "records", "documents", "table"]
"""How a source is cut: `lines` of text, CSV `records` (a quoted field may hold line ends), whole JSON `documents` that
hold many entries, or a columnar `table` file (Parquet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The beginning of a source, enough to recognise its format: up to 200 whole lines, already valid UTF-8."""

    name: str
    head: bytes
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A line of the format and what it must give (`column -> value as text`), or None when it must be unreadable.

    Where a header line names the columns, or a document holds the entry, `line` is all of that; what it must give is the
    last entry's.
    """

    line: str
    gives: Mapping[str, str | None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One log format. Subclasses in `formats/<id>.py` define `recognises` and `select`, and a module-level `FORMAT`.

    `defaults` says where the canonical columns of a disclosure are found when the mapping is silent, for example
    `{"ip": "remote_addr"}`; a value is a column of the format or a template of them as in a mapping.
    `{"*": "own"}` says that canonical columns are found under their own names. `clock` is the column that `select`
    gives as a TIMESTAMP already; every other time in a mapping is parsed from text.
    `directive` is the prefix of lines that (re)define the columns in mid-file, as W3C logs do. `headed` says that the
    first record of a `records` source names its columns; where it does not, `header` does.
    """

    id: str
    title: str
    framing: Framing = "lines"
    columns: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    clock: str | None = "time"
    directive: str | None = None
    headed: bool = True
    examples: tuple[Example, ...] = ()

    def recognises(self, sample: Sample) -> float:
        """How sure this format is that the sample is its own: 0.0 (no) to 1.0 (certain)."""
        raise NotImplementedError

    def header(self, sample: Sample) -> tuple[str, ...]:
        """The names of the columns, where the source itself names them; else empty."""
        return ()

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        """SQL (DuckDB) over the relation `lines`, one row for each input row and in the same order.

        `lines` has `number BIGINT` and `line VARCHAR` (framings `lines` and `documents`), or `number` and one VARCHAR
        for each name in `header` (`records`). The result has `number`, `unreadable VARCHAR` (NULL when the row was
        read, '' for a row that is no entry, such as a comment, otherwise the reason) and each name in `wanted`:
        `time` as naive UTC TIMESTAMP, everything else as VARCHAR, NULL where the entry has none.

        Raises ConfigError when the format can have no column of a wanted name.
        """
        raise NotImplementedError

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        """Whether the format can hold a column of this name; formats with open columns say yes to all."""
        return column in (header or self.columns)


def formats() -> dict[str, Format]:
    """Every format on the shelf, by id."""
    return shelves.things("nilometer.sources.formats", "FORMAT", Format)


def by_id(ident: str) -> Format:
    """The format of this id. Raises InputError that lists the known ones."""
    known = formats()
    if ident.replace("-", "_") not in known:
        raise InputError(f"Format {ident!r} is not known. Known formats: {', '.join(known)}.")
    return known[ident.replace("-", "_")]


def recognise(sample: Sample) -> tuple[Format, float] | None:
    """The format that is surest of the sample, with its confidence; None when nobody claims it."""
    claims = [(form.recognises(sample), form) for form in formats().values()]
    confidence, best = max(claims, key=lambda claim: claim[0])
    return (best, confidence) if confidence > 0 else None
