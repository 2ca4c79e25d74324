"""No address of a package registry anywhere: what is installed is fixed by hashes, and where from is the installer's affair."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.rules import tree

HOSTS: Final = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("crates", "io"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("maven", "org"),
        ("maven", "apache", "org"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("ftp", "debian", "org"),
        ("rubygems", "org"),
        ("anaconda", "org"),
    )
)
"""In pieces, so that this file does not find itself."""
ADDRESS: Final = re.compile("|".join(map(re.escape, HOSTS)).encode(), re.IGNORECASE)
INDEX_OPTION: Final = re.compile(rb"^\s*(--(extra-)?index-url|-i |--find-links|--trusted-host)", re.MULTILINE)


def addresses(content: bytes) -> list[str]:
    """The registry hosts that a file names."""
    return sorted({match.group().decode().lower() for match in ADDRESS.finditer(content)})


def test_no_file_names_a_registry() -> None:
    wrong = {tree.short(path): found for path in tree.files() if path.is_file() and (found := addresses(path.read_bytes()))}
    assert wrong == {}


@pytest.mark.parametrize("host", HOSTS)
def test_an_address_is_seen(host: str) -> None:
    assert addresses(f"see files.{host.upper()} for x".encode()) == [host]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_says_what_and_not_where(lock: str) -> None:
    content = (tree.ROOT / lock).read_bytes()
    assert b"://" not in content
    assert INDEX_OPTION.search(content) is None
    assert INDEX_OPTION.search(b"--index-url x") is not None
