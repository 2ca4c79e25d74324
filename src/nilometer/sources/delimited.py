"""Recognising the header and the delimiter of delimited text."""

from __future__ import annotations

import csv

from nilometer.sources.format import Sample


def header_of(sample: Sample) -> tuple[str, ...]:
    """The column names of a CSV sample, or empty when its first line is no header of two or more distinct names."""
    if not sample.lines:
        return ()
    first = sample.lines[0].lstrip("\ufeff")
    names = next(iter(csv.reader([first], delimiter=delimiter_of(first))), [])
    names = [n.strip() for n in names]
    usable = (
        len(names) >= 2
        and not first.lstrip().startswith(("{", "["))
        and len(set(names)) == len(names)
        and all(names)
        and not any(n.replace(".", "").isdigit() for n in names)
    )
    return tuple(names) if usable else ()


def repeated(line: str) -> str | None:
    """The first column that a header line names twice; None when it names none twice or is no header of three or more."""
    names = [n.strip() for n in next(iter(csv.reader([line.lstrip("\ufeff")], delimiter=delimiter_of(line))), [])]
    return next((n for i, n in enumerate(names) if n and n in names[:i]), None) if len(names) >= 3 else None


def delimiter_of(line: str) -> str:
    """The delimiter of a header line: the most frequent of comma, tab, semicolon and bar."""
    return max(",\t;|", key=line.count)
