"""Finding and opening: every codec, whole streams, and what comes before a break."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import random
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from nilometer.errors import InputError
from nilometer.sources.files import READ_ERRORS, Origin, _decompressed, find, head, opened, spooled, whole_lines

CODECS = {
    "plain": lambda b: b,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "zstd": lambda b: pa.Codec("zstd").compress(b, asbytes=True),
}


def through(path: Path, size: int = 7) -> bytes:
    found = b""
    with opened(Origin(path=path)) as stream:
        while block := stream.read(size):
            found += block
    return found


@limits(max_examples=30)
@given(parts=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=3), codec=st.sampled_from(sorted(CODECS)))
def test_streams_of_several_parts_are_whole(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], codec: str) -> None:
    if codec == "plain":  # must not look like an archive
        parts = [b"x" + p for p in parts]
    path = tmp_path_factory.getbasetemp() / "streams"
    path.write_bytes(b"".join(CODECS[codec](p) for p in parts))
    assert through(path) == through(path, 1 << 20) == b"".join(parts)


@pytest.mark.parametrize("codec", ["gzip", "bz2", "zstd"])
def test_what_comes_before_a_break_is_given_and_then_the_break_is_told(tmp_path: Path, codec: str) -> None:
    whole = b"".join(f"line {n * 7919 % 100_003}\n".encode() for n in range(200_000))
    path = tmp_path / "log"
    path.write_bytes(CODECS[codec](whole)[:-60_000])
    with opened(Origin(path=path)) as stream:
        first = stream.read(1 << 24)
        assert whole.startswith(first)
        assert len(first) > 100_000
        with pytest.raises(READ_ERRORS):
            stream.read(1 << 24)
    assert head(Origin(path=path), 100) == whole[:100]


def test_a_head_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"\x1f\x8b nonsense")
    with pytest.raises(InputError, match=r"log cannot be read"):
        head(Origin(path=path), 10)
    with pytest.raises(InputError, match=r"missing cannot be read: No such file"):
        head(Origin(path=tmp_path / "missing"), 10)


def test_a_zip_is_its_members_in_order(tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("b.log", "a.log", "d/", "d/.hidden", "__MACOSX/x"):
            archive.writestr(name, name)
    found = find([str(path)])
    assert [o.label for o in found] == [f"{path}!b.log", f"{path}!a.log"]
    assert [head(o, 99) for o in found] == [b"b.log", b"a.log"]
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    (tmp_path / "logs").mkdir()
    assert len(find([str(tmp_path)])) == 3


def test_only_so_much_of_what_grows(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthr")
    assert whole_lines(path) == 8
    with opened(Origin(path=path, limit=8)) as stream:
        assert stream.read(3) + stream.read(99) + stream.read(99) == b"one\ntwo\n"
    path.write_bytes(b"x" * 200_000)
    assert whole_lines(path) == 0
    path.write_bytes(b"a\n" + b"x" * 200_000)
    assert whole_lines(path) == 2
    path.write_bytes(b"")
    assert whole_lines(path) == 0


def test_what_can_be_read_once_is_spooled_without_a_name(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    (tmp_path / "log").write_bytes(gzip.compress(b"hello"))
    with spooled(Origin(path=tmp_path / "log", pipe=True), spool) as origin:
        assert list(spool.iterdir()) == []
        assert (origin.label, origin.once) == (str(tmp_path / "log"), False)
        assert [head(origin, 99), head(origin, 2)] == [b"hello", b"he"]


def test_labels_are_text_whatever_the_bytes() -> None:
    assert Origin(path=Path("a\udcff\udc80")).label == "a\\xff\\x80"
    assert Origin(path=None).label == "-"
    assert Origin(path=Path("/dev/fd/7"), name="-").label == "-"
    io.StringIO().write(Origin(path=Path("é")).label)


@pytest.mark.parametrize("codec", ["gzip", "bz2", "zstd"])
def test_what_a_broken_stream_gives_does_not_depend_on_how_it_is_asked(codec: str) -> None:
    rng = random.Random(3)
    plain = b"".join(rng.randbytes(16).hex().encode() + b"\n" for _ in range(60_000))
    packed = CODECS[codec](plain)
    given = set()
    for size in (1 << 24, 100_000, 16_384, 5_000, 4_097):
        stream = _decompressed(io.BufferedReader(io.BytesIO(packed[: len(packed) * 3 // 4])))  # type: ignore[type-var]
        parts: list[bytes] = []
        with contextlib.suppress(*READ_ERRORS):
            while part := stream.read(size):
                parts.append(part)
            pytest.fail("it must break off")
        given.add(b"".join(parts))
    [whole] = given
    assert plain.startswith(whole)
    assert len(whole) > len(plain) // 3
