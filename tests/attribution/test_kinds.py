"""Kinds of identities: many spellings are one value, what cannot be one is none, and columns' names in several languages."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.attribution.kinds import SUBJECT, called, canonical, kind_named, pseudonyms
from nilometer.disclosures import pseudonym
from nilometer.disclosures.pseudonym import Key
from tests.attribution.dumped import HOSTILE

KEY = Key(epoch=1, secret=bytes(32))


def spelt(kind: str, *values: str | None, country: str = "") -> list[str | None]:
    found: list[str | None] = canonical(kind, pa.array(values, pa.string()), country).to_pylist()
    return found


def test_phones() -> None:
    same = ["+86 138-0000-0001", "0086 13800000001", "13800000001", "013800000001", "8613800000001", "13800000001.0", "(138) 0000 0001", "１３８００００００００１"[:0] + "13800000001", "tel:+86.138.0000.0001"]  # fmt: skip
    assert set(spelt("phone", *same, country="86")) == {"8613800000001"}
    assert spelt("phone", "+49 30 123456", "00493012345 6", country="86") == ["4930123456", "4930123456"]
    assert spelt("phone", "13800000001") == ["13800000001"]
    assert spelt("phone", "abc", "12345", "1" * 16, "", "2020-01-01x", None, "a@b.c") == [None] * 7


def test_emails_and_names() -> None:
    assert spelt("email", " A.B@C.Example ", "mailto:a.b@c.example", "nobody", "a@b", "a b@c.de") == ["a.b@c.example"] * 2 + [None] * 3
    assert spelt("nickname", "  Ｆｏｏ   Bar ", "FOO BAR", "", " ") == ["foo bar", "foo bar", None, None]
    assert spelt(SUBJECT, " 7 ") == [" 7 "]


@given(
    st.sampled_from(["phone", "email", "nickname", "passport"]),
    st.lists(st.one_of(HOSTILE, st.text(max_size=8)), max_size=8),
    st.sampled_from(["", "86"]),
)
def test_spelling_once_is_spelling_twice(kind: str, values: list[str], country: str) -> None:
    once = canonical(kind, pa.array(values, pa.string()), country)
    twice = canonical(kind, once, country)
    if kind != "phone":  # digits with a country's code are digits without one to a second look
        assert twice.to_pylist() == once.to_pylist()


def test_kinds_have_pseudonyms_of_their_own_and_ids_those_of_the_ledger() -> None:
    values = pa.array(["13800000001", None])
    phone, nickname = (pseudonyms(KEY, kind, values) for kind in ("phone", "nickname"))
    assert phone.to_pylist()[1] is None
    assert phone[0] != nickname[0]
    assert pseudonyms(KEY, SUBJECT, values)[0].as_py() == pseudonym.one(KEY, "subject", "13800000001")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("User_ID", SUBJECT), ("data.user.mobile", "phone"), ("手机号", "phone"), ("E-Mail", "email"), ("昵称", "nickname"), ("phone (2)", "phone"), ("id", None), ("row", None), ("", None)],
)  # fmt: skip
def test_what_columns_are_called(name: str, kind: str | None) -> None:
    assert called(name) == kind


def test_what_kinds_people_write() -> None:
    assert [kind_named(name) for name in ("Phone", "e-mail", "passport", "two words", "", "x" * 41)] == [
        "phone",
        "email",
        "passport",
        None,
        None,
        None,
    ]
