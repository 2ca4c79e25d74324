"""Folds the targets of a web log into routes: what differs from request to request becomes a hole."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from nilometer.sources.likeness import is_people, shape_of

_STATIC: Final = re.compile(
    r"\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|mp4|webm|txt|xml|webmanifest)$|^/(?:static|assets|dist|fonts|images|img|favicon)(?:[/.]|$)",
    re.IGNORECASE,
)
_VERSION: Final = re.compile(r"v\d+(?:\.\d+)*|\d{4}-\d\d-\d\d")
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~%!$'()+,;:@=-]+")
_KEY: Final = re.compile(r"[A-Za-z_][\w.\[\]-]{0,40}")
_DISPATCH: Final = ("method", "action", "api", "cmd", "op", "do", "service")
_OPERATION: Final = re.compile(r"[A-Za-z][A-Za-z_.:-]{2,60}")
_MANY: Final = 200
_SOME: Final = 15

ACTIONS: Final = frozenset(
    "me self current login logout signin signup register search list count export import new edit create update delete batch bulk query get info detail details settings "
    "password avatar verify reset all top recent suggest autocomplete stats summary history session sessions oauth token check exists validate".split()
)
"""Words that follow /users/ without being one of them."""


@dataclass(slots=True)
class Route:
    """A folded route: `parts` of the path, None where a hole is; what its holes and query parameters held."""

    method: str
    parts: tuple[str | None, ...]
    dispatch: tuple[str, str] | None
    count: int = 0
    held: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    query: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def is_static(path: str) -> bool:
    """Whether the path is of something that shows nobody's data: a style sheet, a picture of the site itself."""
    return _STATIC.search(path) is not None


def fold(requests: Iterable[tuple[str, str]]) -> tuple[list[Route], int]:
    """The routes of (method, target) pairs, the busiest first, and how many requests were for static things."""
    counts: Counter[tuple[str, str]] = Counter()
    static = 0
    for method, target in requests:
        path = target.split("#", 1)[0]
        if is_static(path.split("?", 1)[0]):
            static += 1
        elif path.startswith("/") and method not in ("OPTIONS", "HEAD", "CONNECT", "TRACE"):
            counts[method, path] += 1
    cut = {key: _segments(key[1]) for key in counts}
    names = _crowded(cut, counts)
    routes: dict[tuple[str, tuple[str | None, ...], tuple[str, str] | None], Route] = {}
    for key, count in counts.items():
        segments = cut[key]
        pairs = [pair.split("=", 1) for pair in key[1].partition("?")[2].split("&") if "=" in pair]
        dispatch = next(((k, v) for k, v in pairs if k.lower() in _DISPATCH and _OPERATION.fullmatch(v)), None)
        folded = _folded(segments, names)
        route = routes.setdefault((key[0], folded, dispatch), Route(method=key[0], parts=folded, dispatch=dispatch))
        route.count += count
        for place, part in enumerate(folded):
            if part is None:
                route.held[place][segments[place]] += count
        for k, v in pairs:
            if v and _KEY.fullmatch(k) and (k, v) != dispatch:
                route.query[k][v] += count
    return sorted(routes.values(), key=lambda route: -route.count), static


def _segments(target: str) -> tuple[str, ...]:
    path = target.split("?", 1)[0]
    return tuple((path.rstrip("/") if len(path) > 1 else path).split("/")[1:])


def _is_hole(segments: tuple[str, ...], place: int) -> bool:
    """Whether a segment is an id by its own look, or because it follows a word for people."""
    segment = segments[place]
    if _VERSION.fullmatch(segment):
        return False
    if (
        shape_of(segment) is not None
        or "@" in segment
        or "%40" in segment
        or re.search(r"\d{5}", segment)
        or not _PLAIN.fullmatch(segment or "-")
    ):
        return True
    return place > 0 and is_people(segments[place - 1]) and segment.lower() not in ACTIONS and not is_people(segment)


def _crowded(cut: dict[tuple[str, str], tuple[str, ...]], counts: Counter[tuple[str, str]]) -> set[tuple[str | None, ...]]:
    """The places (folded prefixes) where so many different words stand that they must be names."""
    names: set[tuple[str | None, ...]] = set()
    for place in range(max(map(len, cut.values()), default=0)):
        seen: dict[tuple[str | None, ...], Counter[str]] = defaultdict(Counter)
        for key, segments in cut.items():
            if len(segments) > place and not _is_hole(segments, place):
                seen[_folded(segments[:place], names)][segments[place]] += counts[key]
        for prefix, words in seen.items():
            if len(words) >= _MANY or (len(words) >= _SOME and len(words) >= 0.1 * words.total()):
                names.add(prefix)
    return names


def _folded(segments: tuple[str, ...], names: set[tuple[str | None, ...]]) -> tuple[str | None, ...]:
    parts: list[str | None] = []
    for place, segment in enumerate(segments):
        named = tuple(parts) in names and segment.lower() not in ACTIONS
        parts.append(None if named or _is_hole(segments, place) else segment)
    return tuple(parts)
