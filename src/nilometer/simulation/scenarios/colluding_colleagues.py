"""Six colleagues of one partner divide the people among them: thirty new ones a day each, for 150 days.

Follows "divide and conquer among insiders" (PathMarker) and LinkedIn's "about seventy people a day per account, random delays"
(the project's peers.md, evasion tricks). Scale 1: a partner with fourteen staff accounts of about fifty people a working day;
six of them take thirty more each, from disjoint sixths of the people.

Settled here because no source says it: each of the six works through a range of his own, on working days, misses a day in ten,
and does the honest work in between.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.days import OFFICE, Calendar
from nilometer.simulation.habits.firms import consultancy
from nilometer.simulation.habits.walks import Walk, plan
from nilometer.simulation.honest import BROWSERS, honest, review_detail
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Plot, Scenario

STARTED, DAYS = 60, 150
COLLEAGUES, MEMBERS = 14, 6
A_DAY = 30.0


def cast(platform: Platform) -> Cast:
    """The honest platform, a partner of fourteen accounts, and six of them together."""
    others, surface, directory = honest(platform), review_detail(platform.directory), platform.directory
    firm = consultancy(platform, "the firm", accounts=(COLLEAGUES,), visits=50.0 * COLLEAGUES, agent=BROWSERS[3], surface=surface, ips=6)
    rng = np.random.default_rng(key_of(platform.seed, "who colludes"))
    members = np.sort(rng.choice(firm.staff, MEMBERS, replace=False))
    office = platform.paces["office"][STARTED : STARTED + DAYS]
    walks = []
    for number, member in enumerate(members):
        working = (office > 0.5) & (rng.random(DAYS) < 0.9)
        name = f"walk {number}"
        walks.append(
            Walk(
                name=name,
                platform=platform,
                crew=np.array([member]),
                surface=surface,
                first_day=STARTED,
                reached=plan(platform.scale * A_DAY * office * working, platform.seed, name),
                hours=OFFICE,
                route="the people divided",
                offset=number * (platform.people.total // MEMBERS),
            )
        )
    names = {int(place): directory.credentials[int(place)].account for place in firm.staff}
    app = directory.credentials[int(firm.staff[0])].app
    return Cast(
        honest=(*others.habits, firm.reading),
        plots=(
            Plot(
                habits=tuple(walks),
                actors=(*(("account", names[int(member)]) for member in members), ("app", app), ("org", firm.company.org)),
                mixed=True,
            ),
        ),
        innocents=(
            *others.innocents,
            Innocent(
                actors=tuple(("account", name) for place, name in names.items() if place not in members),
                why="colleagues of the six, who only work",
            ),
        ),
    )


SCENARIO = Scenario(
    id="colluding_colleagues",
    title="Six colleagues divide the people among them",
    modelled_on="divide and conquer among insiders (PathMarker), at the pace of LinkedIn's scrapers: some seventy people a day each",
    kind="leak",
    cast=cast,
    calendar=Calendar(days=215),
)
