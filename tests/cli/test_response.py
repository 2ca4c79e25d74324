"""`nilometer response`: the whole way from proposal to undo as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app import case_home
from tests.cli.running import run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("response") / "home"
    return folder, case_home.made(folder)


def test_the_whole_way(home: tuple[Path, str]) -> None:
    folder, case = home
    proposed = run("response", "propose", case, "freeze", "--actor", "account", case_home.HOSTILE, home=folder)
    assert proposed.code == 0, proposed.err
    assert "\u202e" not in proposed.out
    (one,) = run("response", "list", "--json", home=folder).json["responses"]
    ident = one["id"]
    assert f"Next: nilometer response approve {ident} --why TEXT" in proposed.out
    early = run("response", "perform", ident, home=folder)
    assert (early.code, early.out) == (2, "")
    assert "only what is approved can be performed" in early.err
    assert run("response", "approve", ident, "--why", " ", home=folder).code == 2
    assert run("response", "approve", ident, home=folder).code == 2
    assert run("response", "approve", ident, "--why", "seen", "--json", home=folder).json["state"] == "approved"
    assert run("response", "perform", ident, "--json", home=folder).json["done_now"] is True
    assert "nothing was done now" in run("response", "perform", ident, home=folder).out
    assert run("response", "undo", ident, "--json", home=folder).json["state"] == "undone"
    shown = run("response", "show", ident, home=folder)
    assert "approved: seen" in shown.out
    assert ident in run("response", "list", "--case", case, home=folder).out


def test_refusing(home: tuple[Path, str]) -> None:
    folder, case = home
    ident = run("response", "propose", case, "freeze", "--json", home=folder).json["id"]
    assert run("response", "refuse", ident, "--why", "shared", "--json", home=folder).json["state"] == "refused"
    assert "is refused" in run("response", "approve", ident, "--why", "x", home=folder).err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("propose", "K-0", "freeze"), "K-0"),
        (("propose", "CASE", "dance"), "No action 'dance'"),
        (("propose", "CASE", "webhook"), "[response.webhook] needs url"),
        (("propose", "CASE", "freeze", "--actor", "account", "nobody"), "does not name"),
        (("show", "R-0"), "No response 'R-0'"),
        (("perform", "R-0"), "No response"),
        (("undo", "R-0"), "No response"),
    ],
)
def test_wrong_use_is_said(home: tuple[Path, str], arguments: tuple[str, ...], says: str) -> None:
    done = run("response", *(home[1] if word == "CASE" else word for word in arguments), home=home[0])
    assert (done.code, done.out) == (2, "")
    assert says in done.err
