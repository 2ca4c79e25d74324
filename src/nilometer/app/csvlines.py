"""Tables as CSV, safe to open in a spreadsheet: byte for byte what `pyarrow.csv` writes, in a tenth of its time.

Twenty million people are two gigabytes of text, and pyarrow spells each moment by itself, in one thread. Here a moment is
four look-ups in small tables, a block of lines is one join of its cells, and blocks are made in threads: docs/figures.md, Scope.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from itertools import takewhile
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_FORMULA: Final = r"^[=+\-@\t\r\n]"
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection): such a cell gets a `'` in front."""
_BEGINNINGS: Final = np.isin(np.arange(256), np.frombuffer(b"=+-@\t\r\n", np.uint8))
"""The same by byte."""
_BLOCK: Final = 16_384  # rows made into lines at once: what stays in a core's own cache
_AHEAD: Final = 16  # blocks made before they are written, some 1.6 MB each
_YEARS: Final = 40  # as many as one table of hours covers: 5 MB
_SMALL: Final = 1_000  # numbers below are looked up


def _table(texts: Sequence[str], kind: str) -> npt.NDArray[Any]:
    """Texts as numbers of as many bytes: numpy moves those fastest."""
    return np.array([text.encode() for text in texts], f"S{np.dtype(kind).itemsize}").view(kind)


_MINUTES: Final = _table([f"{n // 60:02d}:{n % 60:02d}" for n in range(3_600)], "u8")
_MILLIS: Final = _table([f".{n:03d}" for n in range(1_000)], "u4")
_MICROS: Final = _table([f"{n:03d}Z" for n in range(1_000)], "u4")
_MOMENT: Final = np.dtype(
    {
        "names": ["hour", "minute", "milli", "micro", "end"],
        "formats": ["c16", "u8", "u4", "u4", "S1"],
        "offsets": [0, 14, 19, 23, 27],
        "itemsize": 28,
    }
)
"""`2026-11-24 06:` (two bytes too many), `59:07` (three too many), `.123`, `456Z`, `,`: each covers what the one before wrote too much."""


@lru_cache(maxsize=8)
def _hours(first: int, last: int) -> tuple[int, npt.NDArray[Any]]:
    """`2026-11-24 06:` for each hour from the first to the last year (since 1970); and which hour since 1970 is the first."""
    begin, end = np.array([first, last + 1], "M8[Y]").astype("M8[h]").astype(np.int64).tolist()
    hours = np.arange(begin, end).astype("M8[h]").astype(str).tolist()
    return begin, _table([text.replace("T", " ") + ":" for text in hours], "c16")


@lru_cache(maxsize=2)
def _small(end: str) -> pa.Array:
    return pa.array([f"{n}{end}" for n in range(_SMALL)])


def _years(times: pa.Array) -> tuple[int, int]:
    """The first and the last year, since 1970."""
    values = np.asarray(times.cast(pa.int64()))
    first, last = np.array([values.min(), values.max()], "M8[us]").astype("M8[Y]").astype(np.int64).tolist()
    return first, last


def _plain_moments(column: pa.Array) -> bool:
    """Whether a column holds moments only that a table of hours covers."""
    if column.type != pa.timestamp("us", tz="UTC") or column.null_count or not len(column):
        return False
    first, last = _years(column)
    return first >= -1_970 and last <= 9_999 - 1_970 and last - first < _YEARS


def _moments(columns: Sequence[pa.Array], end: str) -> pa.Array:
    """Columns of plain moments side by side: `2026-11-24 06:59:07.123456Z,` each, `end` after the last."""
    texts = np.empty((len(columns[0]), len(columns)), _MOMENT)
    for place, times in enumerate(columns):
        begin, hours = _hours(*_years(times))
        values = np.asarray(times.cast(pa.int64()))
        milli = values // 1_000
        second = milli // 1_000
        hour = second // 3_600
        texts["hour"][:, place] = hours.take(hour - begin)
        texts["minute"][:, place] = _MINUTES.take(second - hour * 3_600)
        texts["milli"][:, place] = _MILLIS.take(milli - second * 1_000)
        texts["micro"][:, place] = _MICROS.take(values - milli * 1_000)
        texts["end"][:, place] = (end if place == len(columns) - 1 else ",").encode()
    width = _MOMENT.itemsize * len(columns)
    offsets = np.arange(0, width * len(texts) + 1, width, dtype=np.int32)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(texts.reshape(-1).view(np.uint8).data))


def harmless(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The texts with `'` before every one that a spreadsheet would run as a formula."""
    risky = pc.fill_null(pc.match_substring_regex(texts, _FORMULA), False)
    return pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts) if pc.any(risky).as_py() else texts


def _texts(texts: pa.Array) -> pa.Array:
    """What stands between the quotation marks of each cell."""
    _, places, filled = texts.buffers()
    offsets = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    written = np.frombuffer(filled or b"", np.uint8)[offsets[0] : offsets[-1]]
    if not len(written):
        return texts
    first = written.take(offsets[:-1] - offsets[0], mode="clip")  # of an empty text another's: a look too many, never one too few
    if _BEGINNINGS.take(first).any():
        texts = harmless(texts)
    return pc.replace_substring(texts, '"', '""') if (written == ord('"')).any() else texts


def _numbers(column: pa.Array, end: str) -> Iterator[pa.Array | str]:
    bounds = pc.min_max(column).as_py()
    if bounds["min"] >= 0 and bounds["max"] < _SMALL:
        yield _small(end).take(column)
    else:
        yield from (column.cast(pa.string()), end)


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.Array | str]:
    """What a line is made of: cells, and what is the same in all lines."""
    left = list(batch.columns)
    while left:
        moments = list(takewhile(_plain_moments, left))
        column, left = left[0], left[len(moments) or 1 :]
        end = "," if left else "\n"
        if moments:
            yield _moments(moments, end)
        elif pa.types.is_integer(column.type) and not column.null_count:
            yield from _numbers(column, end)
        elif not pa.types.is_string(column.type):
            yield from (pc.fill_null(column.cast(pa.string()), ""), end)
        elif column.null_count:
            yield from (pc.fill_null(pc.binary_join_element_wise('"', _texts(column), '"', ""), ""), end)
        else:
            yield from ('"', _texts(column), '"' + end)


def header(schema: pa.Schema) -> bytes:
    """The first line."""
    return (",".join('"' + name.replace('"', '""') + '"' for name in schema.names) + "\n").encode()


def lines(batch: pa.RecordBatch) -> memoryview:
    """The rows as lines: texts quoted and harmless, moments in UTC, everything else as it is spelt, nothing for null."""
    if not batch.num_rows:
        return memoryview(b"")
    pieces: list[pa.Array | pa.Scalar] = []  # each costs as much as a column of cells: the fewer the better
    same = ""
    for piece in _pieces(batch):
        if isinstance(piece, str):
            same += piece
            continue
        pieces += [pa.scalar(same), piece] if same else [piece]
        same = ""
    pieces += [pa.scalar(same)] if same else []
    _, offsets, text = pc.binary_join_element_wise(*pieces, "").buffers()
    return memoryview(text)[: int(np.frombuffer(offsets, np.int32)[batch.num_rows])]


@contextmanager
def writing(stream: io.BufferedWriter, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """Takes tables of one schema, one after the other, and writes them to a stream; all are there when it ends well."""
    stream.write(header(schema))
    waiting: deque[Future[memoryview]] = deque()
    with ThreadPoolExecutor(max_workers=2) as threads:

        def put(ready: pa.Table) -> None:
            for batch in ready.to_batches(max_chunksize=_BLOCK):
                waiting.append(threads.submit(lines, batch))
                if len(waiting) > _AHEAD:
                    stream.write(waiting.popleft().result())

        yield put
        for one in waiting:
            stream.write(one.result())
