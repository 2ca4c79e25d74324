"""Kinds of identities (phone, email, nickname, ...): one spelling for each value, its keyed pseudonym, and what columns call them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from nilometer.disclosures import pseudonym
from nilometer.disclosures.pseudonym import Key

SUBJECT: Final = "subject"
"""The platform's own id of a person, as a kind of column."""
_CALLED: Final = {
    SUBJECT: "subject subjectid uid userid useridentifier memberid customerid clientid buyerid buyer accountid personid patientid "
    "profileid openid unionid cik user member customer 用户id 用户编号 会员id 会员编号 编号 客户id 客户编号",
    "phone": "phone phonenumber phoneno mobile mobilephone mobilenumber mobileno cell cellphone cellnumber tel telephone telephonenumber "
    "telno msisdn contactnumber phone1 mobile1 手机 手机号 手机号码 电话 电话号码 联系电话 移动电话 телефон",
    "email": "email emailaddress mail mailaddress emailid eaddress 邮箱 电子邮箱 邮件 电子邮件 почта",
    "nickname": "nickname nick username userlogin login loginname screenname displayname handle alias 昵称 用户名 网名 旺旺 никнейм",
}
_KIND: Final = {name: kind for kind, names in _CALLED.items() for name in names.split()}
_LONGEST: Final = 960
"""Bytes of a value that can be somebody's (320 signs): hashing takes as long as the longest one is."""
_NAME: Final = re.compile(r"^[\w.-]{1,40}$")
_EMAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
DIGESTS: Final = {"md5": 32, "sha1": 40, "sha256": 64}
"""Digests that may stand for a value, and how many hexadecimal digits they have."""
_DIGEST: Final = re.compile(rf"^({'|'.join(DIGESTS)}) of ")


def digest(algorithm: str, kind: str) -> str:
    """The kind of a digest of values of a kind: `md5 of phone`. Nobody can name a kind so: no name of one has spaces."""
    return f"{algorithm} of {'id' if kind == SUBJECT else kind}"


def plain(kind: str) -> str:
    """The kind of the values that a digest is of (`phone` for `md5 of phone`); any other kind as it is."""
    found = _DIGEST.match(kind)
    if found is None:
        return kind
    return SUBJECT if kind[found.end() :] == "id" else kind[found.end() :]


def called(name: str) -> str | None:
    """The kind that a column's name says, None when it says none. Case, spaces and signs between words do not matter."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    plain = re.sub(r" \(\d+\)$", "", plain).rsplit(".", 1)[-1]
    return _KIND.get(re.sub(r"[\W_]+", "", plain))


def kind_named(name: str) -> str | None:
    """The kind that somebody wrote (`Phone`, `e-mail`, `passport`); None when it is no name of one."""
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    return called(plain) or (plain if _NAME.match(plain) else None)


def canonical(kind: str, values: pa.Array | pa.ChunkedArray, country: str = "") -> pa.Array:
    """One spelling a value, (n,) text; null where a value cannot be of that kind.

    phone: digits with the country's code (ITU-T E.164, at most 15); `country` is put before numbers that come without one.
    email: without case (RFC 5321 leaves the part before the `@` to its host; none that matters tells cases apart).
    A digest of one: its hexadecimal digits in small letters, without a `0x` or `\\x` before them.
    Everything else: NFKC, without case, spaces as one. `subject` stays as it is; `disclosures.pseudonym` spells it.
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    values = values.cast(pa.string())
    if (pc.max(pc.binary_length(values)).as_py() or 0) > _LONGEST:
        short = pc.less_equal(pc.binary_length(values), _LONGEST)
        values = _only(pc.if_else(short, values, ""), short)  # a null may keep its bytes, which would be hashed
    if kind == SUBJECT:
        return values
    values = pc.utf8_trim_whitespace(pc.utf8_normalize(values, "NFKC"))
    if (algorithm := _DIGEST.match(kind)) is not None:
        values = pc.replace_substring_regex(pc.utf8_lower(values), r"^(0x|\\x)", "")
        return _only(values, pc.match_substring_regex(values, f"^[0-9a-f]{{{DIGESTS[algorithm[1]]}}}$"))
    if kind == "phone":
        return _phone(values, country)
    values = pc.utf8_lower(values)
    if kind == "email":
        values = pc.replace_substring_regex(values, "^mailto:", "")
        return _only(values, pc.match_substring_regex(values, _EMAIL))
    values = pc.replace_substring_regex(values, r"\s+", " ")
    return _only(values, pc.greater(pc.utf8_length(values), 0))


def _phone(values: pa.Array, country: str) -> pa.Array:
    possible = pc.match_substring_regex(values, r"(?i)^(tel:)?[+(]?[\d\s().\-/]+$")
    if pc.any(pc.match_substring(values, ".")).as_py():
        values = pc.replace_substring_regex(values, r"^(\d+)\.0+$", r"\1")  # a number that went through a float
    plus = pc.match_substring_regex(values, r"(?i)^(tel:)?\(?(\+|00)")
    digits = pc.replace_substring_regex(values, r"\D", "")
    abroad = pc.replace_substring_regex(digits, "^00", "")
    if country:
        with_code = pc.and_(pc.starts_with(digits, country), pc.greater_equal(pc.binary_length(digits), len(country) + 9))
        bare = pc.replace_substring_regex(digits, "^0+", "")
        zero = pc.and_(pc.starts_with(bare, country), pc.greater_equal(pc.binary_length(bare), len(country) + 10))  # 086 138 ...
        own = pc.if_else(pc.or_(with_code, zero), bare, pc.binary_join_element_wise(country, bare, ""))
    else:
        own = digits
    digits = pc.if_else(plus, abroad, own)
    length = pc.binary_length(digits)
    return _only(digits, pc.and_(possible, pc.and_(pc.greater_equal(length, 6), pc.less_equal(length, 15))))


def _only(values: pa.Array, right: pa.Array) -> pa.Array:
    return pc.if_else(right, values, pa.scalar(None, pa.string()))


def pseudonyms(key: Key, kind: str, values: pa.Array | pa.ChunkedArray, country: str = "") -> pa.Array:
    """The keyed pseudonyms of values of a kind, (n,) signed 64-bit; null where there is no such value.

    Of `subject` those that the ledger knows people by, of every other kind ones of its own.
    """
    spelt = canonical(kind, values, country)
    return pseudonym.column(key, SUBJECT if kind == SUBJECT else f"identity/{kind}", spelt)
