"""One proposed [[surface]] for a folded route of a web log: which of its holes is the person, and what to call it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from nilometer.sources.folding import ACTIONS, Route
from nilometer.sources.likeness import is_people, personal, role_of, shape_of_all, singular, words
from nilometer.sources.mapping import quoted

SURE: Final = 6
"""From this likeness on, a hole is taken for a person's id."""

_SCAFFOLD: Final = frozenset(("api", "rest", "service", "services", "router", "public", "internal", "web", "gw", "gateway"))
_FIELDS: Final = {
    "phone": "phone", "mobile": "phone", "tel": "phone", "email": "email", "mail": "email", "address": "address", "addresses": "address", "order": "orders", "orders": "orders",
    "message": "messages", "messages": "messages", "payment": "payment", "payments": "payment", "review": "nickname", "reviews": "nickname", "photo": "photo", "avatar": "photo",
    "location": "location", "locations": "location", "health": "health", "patient": "health", "patients": "health",
}  # fmt: skip


def share(part: int, whole: int) -> str:
    """A share as text."""
    return f"{100 * part / whole:.1f} %" if whole else "none"


def also_matched(route: Route, routes: Sequence[Route]) -> list[str]:
    """Words that stand where the route has a hole, in requests that are no person's: `login` in /users/login."""
    found = set()
    for other in routes:
        differ = [place for place, (a, b) in enumerate(zip(route.parts, other.parts, strict=False)) if a != b]
        if other.method == route.method and len(other.parts) == len(route.parts) and len(differ) == 1 and route.parts[differ[0]] is None:
            word = other.parts[differ[0]]
            found |= {word} if word is not None and word.lower() in ACTIONS else set()
    return sorted(found)


def surface_of(route: Route, total: int, taken: Counter[str], also: Sequence[str]) -> tuple[bool, str]:
    """Whether a route shows people, and its [[surface]], commented out when it does not look so."""
    literals = [part for part in route.parts if part and part.lower() not in _SCAFFOLD and not re.fullmatch(r"v\d+(?:\.\d+)*", part)]
    subject, likeness = _subject(route)
    sure = likeness >= SURE
    names: dict[int | str, str] = {}
    used = {"subject"} if sure else set()
    for place, part in enumerate(route.parts):
        if part is None:
            names[place] = "subject" if sure and place == subject else _unused(_hole_name(route, place), used)
    references = [name for place, name in names.items() if name != "subject" and role_of(name) == "reference"]
    query = [f"{key}={value}" for key, value in ([route.dispatch] if route.dispatch else [])]
    if sure and isinstance(subject, str):
        query.append(f"{subject}={{subject}}")
    for key, values in route.query.items():
        # A key that is not always there would keep the other requests from matching.
        if key != subject and role_of(key) == "reference" and not references and values.total() == route.count:
            name = _unused(re.sub(r"\W", "_", key), used)
            query.append(f"{key}={{{name}}}")
            references.append(name)
    path = "/" + "/".join(part if part is not None else f"{{{names[place]}}}" for place, part in enumerate(route.parts))
    match = f"{route.method} {path}" + ("?" + "&".join(query) if query else "")
    lines = ["[[surface]]", f"name = {quoted(_name(route, literals, taken))}", f"match = {quoted(match)}"]
    spoken = [word.lower() for part in [*literals, *(route.dispatch or ())[1:]] for word in re.split(r"[._:-]", part)]
    fields = sorted({_FIELDS[word] for word in spoken if word in _FIELDS}) or ["profile"]
    lines.append(f"fields = [{', '.join(map(quoted, fields))}]  # a guess: which data does this answer show?")
    if references:
        lines.append(f"reference = {quoted('{' + references[0] + '}')}")
    said = f"# {route.count:,} requests ({share(route.count, total)})"
    held = (route.held[subject] if isinstance(subject, int) else route.query[subject]) if subject is not None else Counter()
    if sure:
        said += f"; the subject: {len(held):,} different, {shape_of_all(held)}"
        if also and not isinstance(subject, str):
            said += f"\n# Beware: it takes {', '.join(map(quoted, also))} for a person too; give such a route a [[surface]] before this one, or another match."
        return True, "\n".join([said, *lines]) + "\n"
    said += "; nothing in it looks like a person's id" + (f" (its ids: {len(held):,} different, {shape_of_all(held)})" if held else "")
    return False, "\n".join([said, *(f"# {line}" for line in lines)]) + "\n"


def _subject(route: Route) -> tuple[int | str | None, int]:
    """The hole or query parameter that is most like a person's id, and how much so."""
    best: tuple[int | str | None, int] = (None, -1)
    for place in reversed(route.held):
        likeness = _hole_likeness(route, place)
        if likeness > best[1]:
            best = (place, likeness)
    about = any(part and is_people(part) for part in route.parts) or (
        route.dispatch is not None and any(map(is_people, re.split(r"[._:]", route.dispatch[1])))
    )
    for key, values in route.query.items():
        likeness = personal(key)
        if likeness == 3 and about:
            likeness = 7  # /user?id=7
        if role_of(key) in ("app", "session", "org", "reference", "request") or 2 * values.total() < route.count:
            likeness = min(likeness, 2)
        if likeness > best[1]:
            best = (key, likeness)
    return best


def _hole_likeness(route: Route, place: int) -> int:
    shape = shape_of_all(route.held[place])
    before = route.parts[place - 1] if place else None
    if before is not None and (role_of(before) or role_of(singular(before))) == "reference":
        return 1
    if before is not None and personal(before) >= SURE:
        return personal(before)
    return 8 if shape in ("e-mail addresses", "phone numbers") else 2


def _hole_name(route: Route, place: int) -> str:
    """A name for a hole, after the word before it."""
    before = next((part for part in reversed(route.parts[:place]) if part), "")
    name = "_".join(words(singular(before)))
    return name if name.isidentifier() and name.isascii() and name != "subject" else "id"


def _unused(name: str, used: set[str]) -> str:
    """The name, with a number when it is taken; it counts as taken then."""
    free, number = name, 2
    while free in used or not re.fullmatch(r"[A-Za-z_]\w*", free, re.ASCII):
        free, number = f"{name if re.fullmatch('[A-Za-z_][A-Za-z0-9_]*', name) else 'id'}_{number}", number + 1
    used.add(free)
    return free


def _name(route: Route, literals: Sequence[str], taken: Counter[str]) -> str:
    name = route.dispatch[1] if route.dispatch else ".".join(singular(part.lower()) for part in literals[-2:]) or "root"
    if route.method not in ("GET", "POST") or taken[name]:
        name = f"{name}.{route.method.lower()}"
    taken[name] += 1
    return name if taken[name] == 1 else f"{name}.{taken[name]}"
