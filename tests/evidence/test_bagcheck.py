"""A bundle from a hostile hand: only plain files and folders of one bag are read, none beyond a bound, and none before its signature."""

from __future__ import annotations

import os
import resource
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from nilometer.evidence.bundlecheck import check_bundle
from nilometer.evidence.standalone import Wrong
from tests.promises import tampering


@pytest.fixture(scope="module", name="zipped")
def _zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tampering.good(tmp_path_factory.mktemp("bag"))[2]


def unpacked(zipped: Path, folder: Path) -> Path:
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    return next(folder.iterdir())


def test_what_is_whole_holds_packed_and_unpacked(zipped: Path, tmp_path: Path) -> None:
    bag = unpacked(zipped, tmp_path / "bag")
    (bag / "data" / "empty").mkdir()
    assert check_bundle(bag)["case"] == check_bundle(zipped)["case"]
    with zipfile.ZipFile(tmp_path / "again.zip", "w", zipfile.ZIP_DEFLATED) as archive:  # as `zip -r` does it: folders are entries
        for path in [bag, *sorted(bag.rglob("*"))]:
            archive.write(path, path.relative_to(bag.parent).as_posix())
    check_bundle(tmp_path / "again.zip")


def _moved_out(bag: Path) -> None:
    (bag / "data" / "people.csv").rename(bag.parent / "people.csv")
    (bag / "data" / "people.csv").symlink_to(bag.parent / "people.csv")


def _link(name: str, target: str) -> Callable[[Path], None]:
    return lambda bag: (bag / name).symlink_to(target)


UNPACKED: dict[str, Callable[[Path], object]] = {
    "a folder that is a link": _link("more", "/etc"),
    "a file that is a link": _moved_out,
    "a link to nowhere": _link("data/lost", "nowhere"),
    "a pipe": lambda bag: os.mkfifo(bag / "data" / "pipe"),
}


@pytest.mark.parametrize("way", UNPACKED)
def test_what_is_no_plain_file_in_a_folder(zipped: Path, tmp_path: Path, way: str) -> None:
    bag = unpacked(zipped, tmp_path / "bag")
    UNPACKED[way](bag)
    with pytest.raises(Wrong, match="is neither a plain file nor a folder"):
        check_bundle(bag)


def _added(name: str, content: str = "", mode: int = 0) -> Callable[[Path], object]:
    def add(path: Path) -> None:
        with zipfile.ZipFile(path, "a") as archive:
            bag = archive.namelist()[0].split("/")[0]
            entry = zipfile.ZipInfo(name.replace("BAG", bag))
            entry.external_attr = mode << 16
            archive.writestr(entry, content)

    return add


def _commented(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"read this first"


def _linked(path: Path) -> None:
    held = tampering._unpacked(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = ((stat.S_IFLNK if name.endswith("README.txt") else stat.S_IFREG) | 0o777) << 16
            archive.writestr(entry, content)


PACKED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder outside": (_added("../../../tmp/x/"), "outside of it"),
    "a folder outside, through the bag": (_added("BAG/../../x/"), "outside of it"),
    "a folder from the root": (_added("/tmp/x/"), "outside of it"),
    "a folder beside": (_added("other/"), "other things than one bag"),
    "a file beside": (_added("BAG", "x"), "other things than one bag"),
    "a folder that has content": (_added("BAG/data/more/", "hidden"), "neither a plain file nor a folder"),
    "backslashes": (_added("BAG\\..\\x", "x"), "outside of it"),
    "a link": (_linked, "neither a plain file nor a folder"),
    "a device": (_added("BAG/data/null", "", stat.S_IFCHR | 0o666), "neither a plain file nor a folder"),
    "bytes in front": (lambda path: path.write_bytes(b"#!/bin/sh\nexit\n" + path.read_bytes()), "in front or behind"),
    "bytes behind": (lambda path: path.write_bytes(path.read_bytes() + b"x" * 30), "in front or behind"),
    "a comment": (_commented, "in front or behind, a comment"),
}


@pytest.mark.parametrize("way", PACKED)
def test_what_is_more_than_one_bag_in_a_zip(zipped: Path, tmp_path: Path, way: str) -> None:
    copy = tmp_path / "case.zip"
    copy.write_bytes(zipped.read_bytes())
    PACKED[way][0](copy)
    with pytest.raises(Wrong, match=PACKED[way][1]):
        check_bundle(copy)


@pytest.mark.parametrize(
    "name", ["tagmanifest-sha256.txt", "signature.txt", "data/log/key.txt", "manifest-sha256.txt", "data/log/entries.ndjson"]
)
def test_a_bomb_takes_no_memory(zipped: Path, tmp_path: Path, name: str) -> None:
    """Two and a half thousand million zeros, which a ZIP holds in two and a half million bytes."""
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(zipped) as whole, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for one in whole.namelist():
            if one.partition("/")[2] != name:
                archive.writestr(one, whole.read(one))
                continue
            with archive.open(one, "w", force_zip64=True) as stream:
                for _ in range(600 if name.startswith("data/log/e") else 300):
                    stream.write(bytes(1 << 20))
    limit = 300 << 20

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    script = unpacked(zipped, tmp_path / "bag") / "data" / "verify.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), str(bomb)], capture_output=True, text=True, check=False, timeout=120, preexec_fn=little
    )
    assert (done.returncode, done.stderr) == (1, ""), done.stderr[-300:]
    assert "DOES NOT HOLD" in done.stdout


def test_a_zip_of_nothing_and_a_broken_end(tmp_path: Path) -> None:
    for content in (b"", b"PK\x05\x06", b"PK\x05\x06" + bytes(18), b"PK\x03\x04" + struct.pack("<I", 9) * 40):
        (tmp_path / "x.zip").write_bytes(content)
        with pytest.raises(Wrong):
            check_bundle(tmp_path / "x.zip")
