"""The page as a whole: complete, self-contained, and safe whatever it is given."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nilometer.app.report.figures import LedgerGlance, ReasonFigure, Report
from nilometer.app.report.page import DETAILED, render

from . import samples

REPORTS: dict[str, Callable[[], Report]] = {
    "crawl": samples.report,
    "one day": samples.one_day,
    "hostile": samples.hostile,
    "years": samples.years,
    "empty": lambda: samples.report(ledger=LedgerGlance(), findings=[], headline=None),
}
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Reader(HTMLParser):
    """Reads a page strictly: every tag closed in its order, ids unique."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words).replace("\xa0", " "))


def text_of(report: Report) -> str:
    return Reader(render(report)).text


@pytest.fixture(params=REPORTS, scope="module")
def page(request: pytest.FixtureRequest) -> str:
    made: Report = REPORTS[request.param]()
    return render(made)


def test_every_tag_is_closed_and_every_id_is_its_own(page: str) -> None:
    ids = [attributes["id"] for _, attributes in Reader(page).tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {name for _, attributes in Reader(page).tags for name in (attributes.get("aria-labelledby") or "").split()}
    assert named <= set(ids)


def test_every_picture_is_well_formed_xml(page: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    for picture in pictures:
        ElementTree.fromstring(picture)
    assert len(pictures) == page.count("<svg")


def test_the_page_fetches_nothing_and_runs_nothing(page: str) -> None:
    tags = Reader(page).tags
    assert not {tag for tag, _ in tags} & {"script", "img", "iframe", "object", "embed", "form", "base", "image", "use", "foreignobject"}
    for tag, attributes in tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        for name in ("href", "src", "action", "xlink:href", "background", "poster"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,")), (tag, attributes)
    style = page[page.index("<style>") : page.index("</style>")]
    assert not re.search(r"url\(|@import|http|//", style)
    assert re.findall(r"url\((?!#)", page) == []
    escaped = html.escape(samples.HOSTILE["html"], quote=False)
    outside = page.replace("http://evil.example", "").replace("=http ", "") if escaped[:20] in page else page
    assert re.findall(r"https?[:/]", outside) == []


def test_the_page_forbids_itself_to_fetch(page: str) -> None:
    assert """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">""" in page


def test_the_same_report_gives_the_same_page() -> None:
    for make in REPORTS.values():
        assert render(make()) == render(make())
    backwards = samples.report(findings=list(reversed(samples.report().findings)))
    assert render(backwards) == render(samples.report())


def test_hostile_text_is_shown_not_obeyed() -> None:
    page = render(samples.hostile())
    page.encode("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\u200b]", page)
    assert "⟨U+202E⟩" in page
    assert "⟨U+0000⟩" in page
    assert "(4,096 characters)" in page
    assert max(map(len, re.findall("A+", page))) <= 2000
    assert samples.HOSTILE["arabic"] in page


def test_the_crawl_is_told_in_plain_words() -> None:
    found = samples.finding()
    text = text_of(samples.report())
    assert "The alarm would have rung on 5 Dec 2019, day 9 of the crawl" in text
    assert (
        f"From 27 Nov 2019 to 21 Jul 2020 this app was shown the data of {found.people:,} people in {found.disclosures:,} disclosures"
        in text
    )
    assert f"The alarm rang on 5 Dec 2019, 14:03 UTC, day 9, at {found.people_at_detection:,} people (3.5 % of all reached since)." in text
    assert "Shown to 61 organisations, 144 apps, 3,120 accounts and 20,511 IP addresses." in text
    assert "12 lines that could not be read (kept aside) and 48,201 lines that no surface of the mapping covers" in text
    assert "47 × the usual" in text
    assert found.action in text
    assert "2 findings: 1 critical, 1 medium." in text


def test_severity_is_a_word_and_a_shape() -> None:
    shapes = {}
    for word in ("low", "medium", "high", "critical"):
        page = render(samples.report(findings=[samples.finding(severity=word)]))
        found = re.search(rf'<span class="severity {word}"><svg[^>]*>(.*?)</svg> {word}</span>', page)
        assert found, word
        shapes[found[1]] = word
    assert len(shapes) == 4


def test_an_empty_ledger_says_so() -> None:
    text = text_of(REPORTS["empty"]())
    assert "The ledger holds no disclosures yet" in text
    assert "No findings: there was nothing to look at." in text
    assert "nothing yet" in text


def test_no_findings_says_what_was_looked_at_and_no_more() -> None:
    quiet = samples.report(findings=[], looked_until=samples.report().made_at, detectors=["novelty", "growth"])
    text = text_of(quiet)
    assert "No findings. The ledger holds 9,010,332 disclosures of 1,204,331 people, 25 Nov 2019 to 24 Jul 2020 (243 days)." in text
    assert "Everything up to 25 Jul 2020, 09:30 UTC was looked at by 2 detectors (novelty, growth), and no actor crossed the line." in text
    assert "not proof" in text
    untold = text_of(replace(quiet, looked_until=None))
    assert "was looked at" not in untold
    assert "not told how far detection has looked" in untold


def test_many_findings_are_all_listed_and_the_first_fifty_set_out() -> None:
    page = render(samples.crowd(300))
    text = Reader(page).text
    assert all(f"F-{i:04d}" in text for i in range(300))
    assert len(re.findall('<section class="finding"', page)) == DETAILED
    assert "The first 50 are set out in full below; the other 250 are only listed here." in text
    assert "300 findings: 75 critical, 75 high, 75 medium, 75 low." in text
    assert page.index("F-0299") < page.index("F-0298")  # the gravest first


def test_every_chart_has_a_table_that_says_the_same() -> None:
    found = samples.finding()
    page = render(samples.report(findings=[found]))
    for chart in ("Both charts as a table", "The hours as a table", "The chart as a table"):
        assert f"<summary>{chart}</summary>" in page
    table = page[page.index("Both charts as a table") :]
    assert f'<td class="amount">{found.days[-1].reach_ever:,}</td>' in table
    assert f'<td class="amount">{found.hours[3]:,}</td>' in table


def test_what_is_missing_is_said() -> None:
    text = text_of(samples.report(findings=[samples.finding(days=[], hours=[], reasons=[], fields=[], surfaces=[])]))
    assert "No days were given for this finding" in text
    assert "came without a reason" in text
    assert "none named" in text
    many = samples.finding(reasons=[ReasonFigure(detector=f"d{i}", says="x") for i in range(30)], fields=[f"f{i}" for i in range(40)])
    text = text_of(samples.report(findings=[many]))
    assert "and 6 more reasons" in text
    assert "and 28 more" in text


@settings(deadline=None, max_examples=30)
@given(st.text(max_size=80), st.floats(), st.none() | st.floats(), st.integers(0, 10**15), st.lists(st.integers(0, 10**12), max_size=24))
def test_any_finding_can_be_set(words: str, measured: float, usual: float | None, people: int, hours: list[int]) -> None:
    found = samples.finding(
        id=words, title=words, level=words, actor_id=words, looks_like=words, action=words, people=people, hours=hours, confidence=measured,
        days=samples.days(8), reasons=[ReasonFigure(detector=words, says=words, measured=measured, usual=usual)],
    )  # fmt: skip
    Reader(render(samples.report(findings=[found])))
