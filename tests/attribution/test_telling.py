"""What is told of several sources: nothing where the same verdict says that it is from nowhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nilometer.attribution import telling
from nilometer.attribution.candidates import Candidate
from nilometer.attribution.found import unbounded
from nilometer.attribution.guilt import Judged
from nilometer.attribution.weighing import Weighed

NONE = np.zeros(0, np.int64)


def candidate(actor: int) -> Candidate:
    cells = np.zeros((1, 1))
    return Candidate(level="org", actor=actor, nodes=(actor,), who=NONE.astype(np.int32), first=NONE, last=NONE, both=cells, beside=cells, edges=NONE, windows=NONE)  # fmt: skip


def test_a_dump_from_nowhere_has_no_several_sources() -> None:
    two = np.zeros(2)
    weighed = Weighed(candidates=(candidate(1), candidate(2)), odds=two, phi=two, window=two.astype(np.int64), prior=two, clumps=1.0, above=np.eye(2, dtype=bool))  # fmt: skip
    judged = Judged(probability=two, low=two, high=two, taken=two + 20, main=two, nobody=0.2, sources=(0, 1), share=0.4)
    found = unbounded(100, NONE)
    assert "{org:1} about 20%" in telling.several(weighed, judged, found)
    assert telling.several(weighed, replace(judged, nobody=0.999), found) == ""
