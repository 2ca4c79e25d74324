"""One more consultancy: as many visits as asked, an eighth of them new, spread over all its accounts."""

from __future__ import annotations

import numpy as np

from nilometer.simulation.habits.firms import consultancy
from tests.simulation.habits.stage import Stage


def test_a_firm_reads_as_asked() -> None:
    stage = Stage()
    firm = consultancy(stage.platform, "the firm", accounts=(3, 2), visits=5_000.0, agent="java/1", surface=stage.surface)
    assert len(firm.staff) == 5
    days = [(day, stage.play(firm.reading, day.number)) for day in stage.days]
    ordinary = [len(rows) / day.office for day, rows in days if day.office > 0.5]
    assert 0.95 < np.median(ordinary) / 500 < 1.1, "5,000 visits at a tenth of the size"
    shares = np.bincount(np.concatenate([rows.credential for _, rows in days]), minlength=8)[firm.staff]
    assert shares.min() > 0.9 * shares.max()


def test_a_merchant_brings_many_at_once() -> None:
    stage = Stage()
    firm = consultancy(stage.platform, "the firm", accounts=(2,), visits=3_000.0, agent="java/1", surface=stage.surface)
    growth = np.diff(firm.reading.clientele.sizes[:, 0])
    assert growth.max() > 3 * np.median(growth[growth > 0])
