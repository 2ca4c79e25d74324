"""Three thousand logged-out visitors sit behind two addresses, a company's and a mobile carrier's; then a third takes over.

Modelled on the trap "shared NAT, corporate egress, mobile CGNAT": Cloudflare limits such addresses three times as often though
its scores say human; one proxy made 133,000 alerts in 90 days in Elastic's rules (PR#6852). Scale 1: 900 visits a day of 1 to
4 people each, nothing known of the visitor but address and browser; on day 60 a new gateway takes over the carrier's visitors.

Settled here: that a third of the visitors are the company's and come in office hours, and that 250 more visits a day come
from homes, each with an address of its own.
"""

from __future__ import annotations

import numpy as np

from nilometer.simulation.days import Calendar
from nilometer.simulation.directory import PERSONAL, Credential, network
from nilometer.simulation.habits.gateways import Gateway, LoggedOut
from nilometer.simulation.honest import BROWSERS, honest
from nilometer.simulation.mixing import key_of
from nilometer.simulation.platform import Platform
from nilometer.simulation.scenario import Cast, Innocent, Scenario

MOVES = 60


def cast(platform: Platform) -> Cast:
    """The honest platform and its logged-out visitors: of a company, of a carrier, and at home."""
    others, directory, scale = honest(platform), platform.directory, platform.scale
    nobody = directory.enter(Credential(org="", app="", account=PERSONAL, first_ip=0, ips=1, agent=0))
    company, carrier, third = (network(number, key_of(platform.seed, "gateways of visitors")) for number in range(3))
    visiting = LoggedOut(
        name="logged out",
        platform=platform,
        credential=nobody,
        surface=directory.surface("review.list", ("nickname",)),
        gateways=(
            Gateway(visitors=max(1, round(1_000 * scale)), visits=300 * scale, pace="office", ips=(company,), moves=(0,)),
            Gateway(visitors=max(1, round(2_000 * scale)), visits=600 * scale, pace="trade", ips=(carrier, third), moves=(0, MOVES)),
            Gateway(visitors=max(1, round(20_000 * scale)), visits=250 * scale, pace="trade"),
        ),
        agents=np.array([directory.agent(browser) for browser in BROWSERS], dtype=np.int64),
    )
    whys = (
        "a company's way out: a thousand visitors, nobody logged in",
        "a mobile carrier's gateway: two thousand visitors, nobody logged in",
        "a carrier's new gateway, which takes over the visitors of the old one",
    )
    named = tuple(
        Innocent(actors=(("ip", ".".join(str(ip >> shift & 0xFF) for shift in (24, 16, 8, 0))),), why=why)
        for ip, why in zip((company, carrier, third), whys, strict=True)
    )
    return Cast(honest=(*others.habits, visiting), innocents=(*named, *others.innocents))


SCENARIO = Scenario(
    id="shared_nat",
    title="Thousands of logged-out visitors behind two addresses, and then a third",
    modelled_on="shared addresses: Cloudflare on carrier NAT, 133,000 alerts of one proxy in Elastic's rules (PR#6852)",
    kind="lookalike",
    cast=cast,
    calendar=Calendar(days=110),
)
