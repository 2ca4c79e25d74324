"""SQL dumps: `INSERT INTO ... VALUES` of any length, and PostgreSQL's `COPY ... FROM stdin`.

Rows are cut by plain text first (`),(`), which is quick, and parsed with the quotes of SQL; where that does not give rows of
one width they are read sign by sign.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from nilometer.attribution.delimited import NULLS, parsed
from nilometer.attribution.reading import Rows, Stream, Unreadable, as_text, blocks, unique

_NAME: Final = rb"((?:[`\"\[]?[\w$ .\x80-\xff-]+?[`\"\]]?)(?:\.[`\"\[]?[\w$ \x80-\xff-]+?[`\"\]]?)?)"
_BEGIN: Final = re.compile(
    rb"^[ \t]*(?:/\*[^\n]*?\*/[ \t]*)?(?:(COPY)\s+|(?:INSERT|REPLACE)\s+(?:IGNORE\s+|DELAYED\s+|OR\s+\w+\s+)*(?:INTO\s+)?)"
    + _NAME
    + rb"\s*(?:\(([^()]*)\)\s*)?(?:VALUES\s*|FROM\s+stdin[^\n]*;[ \t\r]*\n)",
    re.I | re.M,
)
_CREATE: Final = re.compile(rb"^[ \t]*CREATE\s+(?:\w+\s+)*?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _NAME + rb"\s*\(", re.I | re.M)
_NO_COLUMN: Final = {"PRIMARY", "KEY", "UNIQUE", "CONSTRAINT", "INDEX", "FOREIGN", "CHECK", "FULLTEXT", "SPATIAL", "EXCLUDE"}
_BETWEEN: Final = re.compile(rb"\)\s*,\s*\(")
_SPACED: Final = re.compile(rb"\)(?:\s+,\s*|,\s+)\(")
_PREFIX: Final = re.compile(rb"([,(])(?:[ \t]+(?:[NnEe]|_\w+[ \t]+)?|[NnEe]|_\w+[ \t]+)'")
_WORDS: Final = {
    True: re.compile(rb"'((?:[^'\\]|\\.|'')*)'|([^',()]+)|([,()])", re.S),
    False: re.compile(rb"'((?:[^']|'')*)'|([^',()]+)|([,()])", re.S),
}
"""Strings, other text and signs, where a backslash escapes (MySQL) and where it does not (standard SQL)."""
_STANDARD: Final = (b"PRAGMA ", b"BEGIN TRANSACTION", b"PostgreSQL", b'INTO "')
"""What SQLite's and PostgreSQL's dumps have and MySQL's do not."""
_BRACKETS: Final = re.compile(rb"'(?:[^'\\]|\\.|'')*'|[(),]", re.S)
_END: Final = re.compile(
    rb";[ \t\r]*(?:\n|$)|(?<=\))[ \t\r]*\n(?=[ \t\r\n]*(?:GO|INSERT|REPLACE|SET|USE|PRINT|CREATE|ALTER|UPDATE|DELETE|COMMIT)\b)", re.I
)
"""The end of a statement: a semicolon, or (SQL Server) a line behind which another one begins."""


def looks(sample: str) -> bool:
    """Whether text is an SQL dump."""
    raw = sample.encode("utf-8", "replace")
    return bool(_BEGIN.search(raw) or _CREATE.search(raw))


def rows(stream: Stream, unreadable: Unreadable) -> Iterator[Rows]:
    """All rows of all tables. A statement may go on over many blocks."""
    reading = _Reading(unreadable)
    for block in blocks(stream):
        yield from reading.block(block)
    yield from reading.rest()


class _Reading:
    """Where in the dump we are: in no statement, in an INSERT, or in a COPY."""

    def __init__(self, unreadable: Unreadable) -> None:
        self.unreadable = unreadable
        self._escapes: bool | None = None
        self.created: dict[str, list[str]] = {}
        self.table, self.columns, self.copying, self.inside = "", list[str](), False, False
        self.left = b""
        self._waiting: list[bytes] = []

    def block(self, block: bytes) -> Iterator[Rows]:
        data, self.left = self.left + block, b""
        if self._escapes is None:
            standard = any(mark in data for mark in _STANDARD)
            self._escapes = not standard and any(mark in data for mark in (b"`", b"\\'", b"MySQL", b"MariaDB"))
        at = 0
        while at < len(data):
            if self.inside:
                at = (yield from self._copy(data, at)) if self.copying else self._values(data, at)
                continue
            found = _BEGIN.search(data, at)
            if found is None or found.start() - at > 2:
                self._learn(data[at : found.start() if found else len(data)])
            if found is None:
                break
            table = _plain(found.group(2))
            columns = [_plain(name) for name in found.group(3).split(b",")] if found.group(3) else self.created.get(table, [])
            if (table, columns) != (self.table, self.columns):
                yield from self._flushed()
            self.table, self.columns, self.copying, self.inside, at = table, columns, bool(found.group(1)), True, found.end()
        yield from self._flushed()

    def rest(self) -> Iterator[Rows]:
        if self.left:
            data, self.left = self.left, b""
            if self.copying:
                yield from self._copied(data)
            else:
                self._waiting.append(data)
                yield from self._flushed()

    def _learn(self, text: bytes) -> None:
        """Column names of the tables that are created in between."""
        for found in _CREATE.finditer(text):
            depth, begin, names = 1, found.end(), []
            for sign in _BRACKETS.finditer(text[found.end() : found.end() + 65_536]):
                depth += {b"(": 1, b")": -1}.get(sign.group(), 0)
                if depth == 0 or (depth == 1 and sign.group() == b","):
                    names.append(text[begin : found.end() + sign.start()].strip())
                    begin = found.end() + sign.end()
                if depth == 0:
                    break
            firsts = [re.match(rb"[`\"\[]([^`\"\]]+)[`\"\]]|(\w+)", name) for name in names]
            kept = [(m.group(1) or m.group(2)).decode("utf-8", "replace") for m in firsts if m]
            self.created[_plain(found.group(1))] = [
                n for n, m in zip(kept, [m for m in firsts if m], strict=True) if m.group(1) or n.upper() not in _NO_COLUMN
            ]

    def _copy(self, data: bytes, at: int) -> Generator[Rows, None, int]:
        end = data.find(b"\\.\n", at) if data[at : at + 2] != b"\\." else at
        while end > at and data[end - 1 : end] != b"\n":
            end = data.find(b"\\.\n", end + 1)
        stop = len(data) if end < 0 else end
        yield from self._copied(data[at:stop])
        if end < 0:
            return len(data)
        self.inside = False
        return end + 2

    def _copied(self, text: bytes) -> Iterator[Rows]:
        if not text.strip():
            return
        width = text[: text.find(b"\n") if b"\n" in text else len(text)].count(b"\t") + 1
        table = parsed(text, self._names(width), "\t", self.unreadable, quote=False)
        if b"\\" in text:
            columns = [pc.replace_substring(column, "\\\\", "\\") for column in table.columns]
            table = pa.table(columns, names=table.column_names)
        yield Rows(table=self.table, rows=table)

    def _values(self, data: bytes, at: int) -> int:
        """Takes rows up to the statement's end, and says where that is; a row that is cut by the block's end is kept for the next one."""
        end = self._end(data, at)
        if end is not None:
            self._waiting.append(data[at : end[0]])
            self.inside = False
            return end[1]
        cut = max(data.rfind(b"),\n", at), data.rfind(b"),\r\n", at))
        while cut > at and self._quotes(data, at, cut):  # within a string
            cut = max(data.rfind(b"),\n", at, cut), data.rfind(b"),\r\n", at, cut))
        if cut < 0 and len(data) - at > 1 << 26:
            cut = data.rfind(b"),(", at)
        if cut < 0:
            self.left = data[at:]
            return len(data)
        self._waiting.append(data[at : cut + 1])
        self.left = data[cut + 2 :]
        return len(data)

    def _end(self, data: bytes, at: int) -> tuple[int, int] | None:
        """Where the statement's rows end and what follows begins: behind a closing bracket, outside of strings."""
        looked, within = at, False
        for found in _END.finditer(data, at):
            within ^= self._quotes(data, looked, found.start())
            looked = found.start()
            if within:
                continue
            before = data[max(at, found.start() - 4096) : found.start()].rstrip()
            if before.endswith(b")") or re.search(rb"\)\s*(ON\s+(DUPLICATE|CONFLICT)|AS\s+new)[^']*$", before, re.I):
                return found.start(), found.end()
        return None

    def _quotes(self, data: bytes, begin: int, end: int) -> bool:
        """Whether an odd number of quotes stands in between: those that are escaped do not count."""
        part = data[begin:end]
        return bool((re.sub(rb"\\.", b"", part, flags=re.S) if self._escapes and b"\\" in part else part).count(b"'") % 2)

    def _names(self, width: int) -> list[str]:
        return unique(self.columns) if len(self.columns) == width else [f"column {place + 1}" for place in range(width)]

    def _flushed(self) -> Iterator[Rows]:
        """The rows of the statements read since the table changed."""
        texts = [text.strip().lstrip(b",").strip() for text in self._waiting]
        self._waiting = []
        texts = [text[: text.rfind(b")") + 1] for text in texts if text.startswith(b"(") and b")" in text]
        if not texts:
            return
        width = len(self.columns) or len(self._row(texts[0])[0])
        body = b",".join(texts)
        lines = _BETWEEN.sub(b")\0(", body) if _SPACED.search(body) else body.replace(b"),(", b")\0(")
        if b"\n" not in lines and b"\0" not in body:
            many = lines.count(b"\0") + 1
            lines = _PREFIX.sub(rb"\1'", lines).replace(b")\0(", b"\n")[1:-1]
            tried = Unreadable()
            table = parsed(lines, self._names(width), ",", tried, quote="'", escape="\\" if self._escapes else False)
            if not tried.rows and table.num_rows == many:
                yield Rows(table=self.table, rows=_trimmed(table))
                return
        yield from self._careful(body, width)

    def _careful(self, text: bytes, width: int) -> Iterator[Rows]:
        """Sign by sign: right for any strings, and slow."""
        found: list[list[str | None]] = []
        at = 0
        while (at := text.find(b"(", at)) >= 0:
            cells, at = self._row(text, at)
            if len(cells) == width:
                found.append(cells)
            else:
                self.unreadable.rows += 1
        if found:
            columns = [pa.array([row[place] for row in found], pa.string()) for place in range(width)]
            yield Rows(table=self.table, rows=_trimmed(pa.table(columns, names=self._names(width))))

    def _row(self, text: bytes, at: int = 0) -> tuple[list[str | None], int]:
        """The values of the row whose bracket opens at `at`, and where it ends."""
        cells: list[str | None] = []
        depth, value = 0, list[bytes]()
        quoted = False
        for found in _WORDS[bool(self._escapes)].finditer(text, at):
            string, plain, sign = found.groups()
            if sign == b"(":
                depth += 1
                continue
            if sign in (b")", b",") and depth == 1:
                cells.append(self._value(b"".join(value), quoted))
                value, quoted = [], False
                if sign == b")":
                    return cells, found.end()
                continue
            if sign == b")":
                depth -= 1
            elif string is not None:
                value, quoted = [string], True
            elif plain is not None and not quoted:
                value.append(plain)
        return cells, len(text)

    def _value(self, raw: bytes, quoted: bool) -> str | None:
        if not quoted:
            text = raw.strip().decode("utf-8", "replace")
            return None if text.upper() == "NULL" else text
        raw = raw.replace(b"''", b"'")
        return (re.sub(rb"\\(.)", rb"\1", raw, flags=re.S) if self._escapes else raw).decode("utf-8", "replace")


def _trimmed(table: pa.Table) -> pa.Table:
    """Values without the spaces around them, in quotes or not, as no kind of value tells these apart; one that is blank or says so is none."""
    columns = [pc.utf8_trim_whitespace(column) for column in table.columns]
    none, null = pa.array(NULLS), pa.scalar(None, pa.string())
    return as_text(pa.table([pc.if_else(pc.is_in(one, none), null, one) for one in columns], names=table.column_names))


def _plain(name: bytes) -> str:
    """A name without its quotes and its schema."""
    return re.split(r"[`\"\]]?\.[`\"\[]?", name.decode("utf-8", "replace").strip())[-1].strip('`"[] \t\r\n')
