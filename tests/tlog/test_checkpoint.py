"""Checkpoints: one spelling, and a signature of the log they name."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nilometer.tlog import checkpoint, note
from nilometer.tlog.checkpoint import Checkpoint
from nilometer.tlog.refused import Refused

LOG = note.SecretKey(name="log.example/one", seed=bytes(range(32)))
WITNESS = note.SecretKey(name="witness.example", seed=bytes(range(1, 33)))
lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
heads = st.builds(
    Checkpoint,
    origin=lines,
    size=st.integers(0, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(lines, max_size=3).map(tuple),
)
ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


@given(heads)
def test_what_is_written_is_read(head: Checkpoint) -> None:
    assert checkpoint.parse(head.text) == head


@given(st.text(max_size=90) | st.tuples(st.text(max_size=5), st.text(max_size=5), st.just(ROOT)).map(lambda t: "\n".join(t) + "\n"))
def test_what_is_read_is_written_the_same(text: str) -> None:
    try:
        head = checkpoint.parse(text)
    except Refused:
        return
    assert head.text == text


def test_the_example_of_the_standard() -> None:
    head = checkpoint.parse(f"example.com/behind-the-sofa\n20852163\n{ROOT}\n")
    assert (head.origin, head.size, head.root) == ("example.com/behind-the-sofa", 20852163, base64.b64decode(ROOT))


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "\n\n\n",
        f"o\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n1 \n{ROOT}\n",
        f"o\n1_0\n{ROOT}\n",
        f"o\n\u0661\n{ROOT}\n",
        f"o\n9223372036854775808\n{ROOT}\n",
        f"o\n{'9' * 5000}\n{ROOT}\n",
        f"o\n1\n{ROOT[:-2]}J=\n",  # the same bytes, spelled otherwise
        f"o\n1\n{ROOT[:-1]}\n",
        "o\n1\nAAAA\n",
        f"o\n1\n{ROOT}\n\n",
        f"o\n1\n{ROOT}\n\nx\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(bad: str) -> None:
    with pytest.raises(Refused):
        checkpoint.parse(bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"origin": ""},
        {"origin": "a\nb"},
        {"size": -1},
        {"size": 2**63},
        {"root": b"x"},
        {"extensions": ("",)},
        {"extensions": ("a\nb",)},
    ],
)
def test_what_is_no_checkpoint_is_not_written(bad: dict[str, object]) -> None:
    with pytest.raises(Refused):
        _ = Checkpoint(**{"origin": "o", "size": 1, "root": bytes(32), **bad}).text  # type: ignore[arg-type]


def test_the_log_itself_must_have_signed() -> None:
    head = Checkpoint(origin=LOG.name, size=5, root=bytes(32))
    signed = note.add(checkpoint.sign(head, LOG), WITNESS)
    found, opened = checkpoint.verify(signed, [LOG.public], [WITNESS.public])
    assert found == head
    assert [s.name for s in opened.signatures] == [LOG.name, WITNESS.name]
    with pytest.raises(Refused, match="no known key of the log"):
        checkpoint.verify(checkpoint.sign(head, WITNESS), [LOG.public], [WITNESS.public])
    with pytest.raises(Refused, match="no known key of the log"):  # a log's key is no leave to speak for another log
        checkpoint.verify(checkpoint.sign(head, WITNESS), [LOG.public, WITNESS.public])


@given(heads, st.data())
def test_any_changed_byte_is_refused(head: Checkpoint, data: st.DataObject) -> None:
    signed = checkpoint.sign(Checkpoint(origin=LOG.name, size=head.size, root=head.root, extensions=head.extensions), LOG)
    at = data.draw(st.integers(0, len(signed) - 1))
    changed = signed[:at] + bytes([signed[at] ^ data.draw(st.integers(1, 255))]) + signed[at + 1 :]
    for wrong in (changed, signed[:at], signed + data.draw(st.binary(min_size=1, max_size=9))):
        with pytest.raises(Refused):
            checkpoint.verify(wrong, [LOG.public])
