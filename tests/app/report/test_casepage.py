"""The page of a case: units of the items table stay whole words."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from nilometer.app.report import casepage
from tests.exchange import samples


def test_the_table_of_items_breaks_no_word() -> None:
    """`overflow-wrap: anywhere` lets a column shrink to one letter, `break-word` does not (CSS Text 3, 5.4)."""
    seal = casepage.Seal(origin="o", key="k", size=1, root="r")
    page = casepage.render(samples.FACTS, [], seal, datetime(2026, 1, 1, tzinfo=UTC), "kim", "0")
    [classes] = re.findall(r'<table class="([^"]*)"[^>]*><caption>Items,', page)
    assert any(re.search(rf"\.{name} \{{[^}}]*overflow-wrap: break-word", page) for name in classes.split())
