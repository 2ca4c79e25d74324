"""A progress that says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Takes what is done and shows it to nobody."""
    yield lambda done, total: None
