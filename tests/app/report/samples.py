"""Made-up but likely figures: a crawl of eight months beside a partner that grew, one day of one log, and hostile names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

from nilometer.app.report.figures import DayFigure, FindingFigure, Headline, LedgerGlance, ReasonFigure, Report

START = date(2019, 11, 27)


def days(
    n: int, *, start: date = START, a_day: int = 1500, known: float = 0.02, usual: float | None = 31.0, seed: int = 1
) -> list[DayFigure]:
    """`n` days on which an actor is shown about `a_day` people, of whom the part `known` was shown to it before."""
    random, reach, out = Random(seed), 0, []
    for i in range(n):
        people = max(1, int(random.gauss(a_day, a_day / 6) * (0.8 if (start + timedelta(days=i)).weekday() >= 5 else 1)))
        new = people if not reach else people - min(reach, int(people * known))
        reach += new
        out.append(DayFigure(day=start + timedelta(days=i), people=people, new=new, reach_ever=reach, usual=usual))
    return out


def finding(**changed: object) -> FindingFigure:
    """The crawl: 238 days, the alarm on day 9."""
    made = days(238)
    figures: dict[str, object] = {
        "id": "F-2020-0007", "title": "app-040-0 is shown new people, and hardly anyone twice", "severity": "critical", "confidence": 0.998,
        "level": "app", "actor_id": "app-040-0", "path": [("org", "org-040")],
        "first_seen": datetime(2019, 11, 27, 1, 12, tzinfo=UTC), "detected_at": datetime(2019, 12, 5, 14, 3, tzinfo=UTC),
        "last_seen": datetime(2020, 7, 21, 22, 41, tzinfo=UTC),
        "people": made[-1].reach_ever, "people_at_detection": made[7].reach_ever + 640, "disclosures": made[-1].reach_ever + 9127,
        "fields": ["nickname", "phone"], "surfaces": ["review.detail", "shop.buyers"],
        "reasons": [
            ReasonFigure(detector="novelty", says="Of the people it was shown each day, nearly all had never been shown to it before.", measured=0.98, usual=0.31),
            ReasonFigure(detector="growth", says="New people a day, compared with the apps of its size.", measured=1466, usual=31),
            ReasonFigure(detector="reference", says="Disclosures without an order, ticket or consent behind them.", measured=0.994, usual=0.04),
            ReasonFigure(detector="rhythm", says="Hours of the day in which it is active.", measured=24, usual=11),
            ReasonFigure(detector="sequence", says="The ids follow one another in order.", measured=None, usual=None),
        ],
        "looks_like": "An app reads through the people of the platform one after another, day and night, and returns to almost none of them.",
        "action": "Set a budget of 100 people a day for app-040-0 and mask phone; then ask its owner, org-040, what it needs these people for.",
        "days": made, "hours": [Random(4).randint(11000, 16000) for _ in range(24)],
    }  # fmt: skip
    return FindingFigure(**(figures | changed))  # type: ignore[arg-type]


def partner() -> FindingFigure:
    """A partner whose real growth looks alike: medium, and mostly known people."""
    made = days(64, start=date(2020, 3, 2), a_day=420, known=0.71, usual=310.0, seed=3)
    return finding(
        id="F-2020-0011", title="partner-7 grows faster than its peers", severity="medium", confidence=0.71, level="account", actor_id="logistics-api@partner-7",
        path=[("org", "partner-7"), ("app", "delivery")], first_seen=datetime(2020, 3, 2, 6, tzinfo=UTC), detected_at=datetime(2020, 4, 20, 16, 30, tzinfo=UTC),
        last_seen=datetime(2020, 5, 4, 18, tzinfo=UTC), people=made[-1].reach_ever, people_at_detection=made[49].reach_ever - 20,
        disclosures=41233, fields=["nickname", "address", "phone"], surfaces=["order.delivery"], days=made,
        reasons=[ReasonFigure(detector="growth", says="New people a day, compared with its own first month.", measured=122.0, usual=88.4)],
        hours=[0, 0, 0, 0, 0, 40, 900, 2100, 3300, 3900, 4100, 4000, 3100, 3500, 4200, 4300, 3800, 2400, 1200, 380, 0, 0, 0, 0],
        looks_like="A delivery partner takes on a new region: more new people than before, but with an order behind each, in working hours.",
        action="Ask partner-7 whether it took on new regions in April; if so, close as benign.",
    )  # fmt: skip


def ledger(n: int = 243) -> LedgerGlance:
    """The platform that the crawl ran on."""
    random = Random(7)
    return LedgerGlance(
        disclosures=9_122_450, shown=9_010_332, asked_not_shown=112_118, people=1_204_331,
        first=datetime(2019, 11, 25, tzinfo=UTC), last=datetime(2020, 7, 24, 23, 59, tzinfo=UTC),
        actors={"account": 3120, "org": 61, "app": 144, "ip": 20511},
        surfaces=[("order.buyer", 5_200_110, 1_020_331), ("review.detail", 2_310_220, 610_212), ("shop.buyers", 1_001_992, 402_004), ("GET /api/v2/orders/{order}/buyers/{subject}", 610_128, 88_123)],
        fields=[("nickname", 1_204_331), ("phone", 980_221), ("address", 610_212)], unreadable=12, unmatched=48_201,
        sources=[("access-2019-11.log.zst", "nginx", 2_200_100, 1_800_201), ("gateway/2020/", "ndjson", 8_020_330, 7_322_249)],
        people_by_day=[(date(2019, 11, 25) + timedelta(days=i), 22000 + random.randint(-3000, 3000), 9000 * 60 // (60 + i) + random.randint(-200, 200)) for i in range(n)],
    )  # fmt: skip


def report(**changed: object) -> Report:
    """The whole report of the crawl and the partner."""
    figures: dict[str, object] = {
        "made_at": datetime(2020, 7, 25, 9, 30, tzinfo=UTC), "home_label": "shop-platform, production", "version": "0.1.0", "ledger": ledger(),
        "findings": [partner(), finding()],
        "headline": Headline(sentences=[
            "The alarm would have rung on 5 Dec 2019, day 9 of the crawl, when 4,120 people (1.1 %) had been exposed.",
            "In the real case 1.18 billion items left over eight months.",
        ]),
    }  # fmt: skip
    return Report(**(figures | changed))  # type: ignore[arg-type]


def one_day() -> Report:
    """One day of one public log: no past to compare with."""
    made = [DayFigure(day=date(2017, 3, 1), people=812, new=812, reach_ever=812, usual=31.5)]
    found = finding(
        days=made, first_seen=datetime(2017, 3, 1, 2, 10, tzinfo=UTC), detected_at=datetime(2017, 3, 1, 9, 44, tzinfo=UTC), last_seen=datetime(2017, 3, 1, 21, 3, tzinfo=UTC),
        people=812, people_at_detection=240, disclosures=1904, hours=[0, 0, 20, 90, 110, 80, 90, 95, 100, 120, 130, 90, 80, 85, 90, 94, 100, 120, 110, 100, 130, 60, 0, 0],
        level="ip", actor_id="107.23.85.jfd", path=[], severity="high",
    )  # fmt: skip
    return report(
        home_label="edgar", headline=None, findings=[found],
        ledger=LedgerGlance(
            disclosures=22_000, shown=21_000, asked_not_shown=1000, people=9120, first=datetime(2017, 3, 1, tzinfo=UTC), last=datetime(2017, 3, 1, 23, 59, tzinfo=UTC),
            actors={"ip": 1}, people_by_day=[(date(2017, 3, 1), 9120, 9120)], surfaces=[("filing", 22000, 9120)], sources=[("log20170301.csv", "csv", 22000, 22000)],
        ),
    )  # fmt: skip


HOSTILE = {
    "html": "<script>alert('x')</script><img src=http://evil.example/x onerror=alert(1)>\"'&",
    "long": "A" * 4096,
    "rtl": "app-\u202e0-040-ppa\u2066x\u200bz",
    "nul": "app\x00\x07\x1b[31m\n\ud800end",
    "zalgo": "a" + "\u0335\u0301" * 60,
    "arabic": "تطبيق-٠٤٠",
    "empty": "",
}


def hostile() -> Report:
    """Everything that comes from outside, as unkind as it can be."""
    found = [
        finding(id=value, title=value, actor_id=value, level=value or "app", path=[(value, value)], looks_like=value, action=value, fields=[value], surfaces=[value],
                reasons=[ReasonFigure(detector=value, says=value, measured=float("inf"), usual=float("nan"))])
        for value in HOSTILE.values()
    ]  # fmt: skip
    names = list(HOSTILE.values())
    return report(
        home_label=HOSTILE["html"], version=HOSTILE["html"], findings=found, headline=Headline(sentences=names),
        ledger=LedgerGlance(disclosures=1, actors=dict.fromkeys(names, 2), surfaces=[(name, 1, 1) for name in names], fields=[(name, 1) for name in names], sources=[(name, name, 1, 1) for name in names]),
    )  # fmt: skip


def years(n: int = 2000) -> Report:
    """More days than any chart has bars for."""
    made = days(n, start=date(2015, 1, 1), a_day=900, known=0.4)
    return report(
        findings=[finding(days=made, first_seen=datetime(2015, 1, 1, tzinfo=UTC), last_seen=datetime(2020, 6, 22, 23, tzinfo=UTC), detected_at=datetime(2019, 12, 5, tzinfo=UTC), people=made[-1].reach_ever, people_at_detection=made[1798].reach_ever)],
        ledger=ledger(2000),
    )  # fmt: skip


def crowd(n: int = 300) -> Report:
    """More findings than anyone reads in full."""
    words = ("low", "medium", "high", "critical")
    return report(findings=[finding(id=f"F-{i:04d}", severity=words[i % 4], people=400_000 + i, days=days(40, seed=i)) for i in range(n)])
