"""Names, credentials and addresses."""

from __future__ import annotations

import ipaddress

import numpy as np

from nilometer.simulation.directory import Directory, addresses


def test_companies_have_apps_and_accounts_with_names_that_give_nothing_away() -> None:
    directory = Directory(seed=0)
    company = directory.company(accounts=(1, 2), agent="a/1", ips=3)
    other = directory.company(accounts=(1,), agent="a/1")
    names = [(c.org, c.app, c.account) for c in directory.credentials]
    assert names[2] == ("org-000", "app-000-1", "account-000-1-1")
    assert company.everyone.tolist() == [0, 1, 2]
    assert other.credentials == ((3,),)
    assert directory.agents == ["a/1"]


def test_the_same_surface_is_entered_once_and_other_fields_are_another_place() -> None:
    directory = Directory(seed=0)
    places = [directory.surface("a", ("x",)), directory.surface("a", ("x",)), directory.surface("a", ("x", "y"))]
    assert places == [0, 0, 1]


def test_a_company_comes_from_its_own_few_addresses() -> None:
    directory = Directory(seed=0)
    for _ in range(40):
        directory.company(accounts=(1,), agent="a/1", ips=3)
    credential = np.repeat(np.arange(40), 200)
    ips = directory.ips(credential, np.arange(len(credential)))
    pools = [set(ips[credential == c].tolist()) for c in range(40)]
    assert {len(pool) for pool in pools} == {3}
    assert len(set.union(*pools)) == 120, "no two companies share an address"


def test_made_up_addresses_are_public() -> None:
    sample = addresses(np.arange(2_000), 7)
    assert all(ipaddress.IPv4Address(int(number)).is_global for number in sample)
