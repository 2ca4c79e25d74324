"""Working on one thing while the next is being made."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T], depth: int = 2) -> Iterator[T]:
    """The same items, made by another thread while the present ones are worked on."""
    line: queue.Queue[tuple[str, object]] = queue.Queue(maxsize=depth)
    stop = threading.Event()

    def work() -> None:
        try:
            for item in items:
                line.put(("item", item))
                if stop.is_set():
                    return
            line.put(("end", None))
        except BaseException as cause:  # noqa: BLE001 -- handed over: the caller raises it
            line.put(("error", cause))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            kind, item = line.get()
            if kind == "end":
                return
            if kind == "error":
                raise item  # type: ignore[misc]
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        while not line.empty():
            line.get_nowait()
        thread.join(timeout=60)
