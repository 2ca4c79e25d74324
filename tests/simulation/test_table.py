"""Rows become the columns of the contract."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from nilometer.simulation.directory import PERSONAL, Credential, Directory
from nilometer.simulation.rows import NONE, Rows
from nilometer.simulation.table import SCHEMA, to_arrow


def test_every_column_reads_as_the_contract_says() -> None:
    directory = Directory(seed=0)
    directory.company(accounts=(1, 1), agent="java/1")
    directory.enter(Credential(org="platform", app="web", account=PERSONAL, first_ip=0, ips=1, agent=0))
    directory.surface("profile.self", ("nickname", "email"))
    directory.surface("order.buyer", ("phone",), "o")
    rows = Rows.of(
        time=np.array([1_572_566_400_000_001, 1_572_566_400_000_002]),
        subject=np.array([2_200_000_001, 2_200_000_009]),
        credential=np.array([1, 2]),
        holder=np.array([NONE, 2_200_000_010]),
        session=np.array([4, 5]),
        ip=np.array([0x65_01_02_03, 0x0A_00_00_FF]),
        agent=0,
        surface=np.array([1, 0]),
        status=np.array([404, 304]),
        reference=np.array([77, NONE]),
        request=np.array([8, 9]),
    )
    table = to_arrow(rows, directory)
    assert table.schema.equals(SCHEMA)
    assert table.to_pylist() == [
        {
            "time": datetime(2019, 11, 1, 0, 0, 0, 1, tzinfo=UTC),
            "subject": 2_200_000_001,
            "org": "org-000",
            "app": "app-000-1",
            "account": "account-000-1-0",
            "session": "s4",
            "ip": "101.1.2.3",
            "user_agent": "java/1",
            "surface": "order.buyer",
            "fields": ["phone"],
            "status": 404,
            "reference": "o77",
            "request": "r8",
        },
        {
            "time": datetime(2019, 11, 1, 0, 0, 0, 2, tzinfo=UTC),
            "subject": 2_200_000_009,
            "org": "platform",
            "app": "web",
            "account": "2200000010",
            "session": "s5",
            "ip": "10.0.0.255",
            "user_agent": "java/1",
            "surface": "profile.self",
            "fields": ["nickname", "email"],
            "status": 304,
            "reference": None,
            "request": "r9",
        },
    ]


def test_a_visitor_may_be_only_an_address() -> None:
    directory = Directory(seed=0)
    directory.company(accounts=(1,), agent="java/1")
    nobody = directory.enter(Credential(org="", app="", account=PERSONAL, first_ip=0, ips=1, agent=0))
    directory.surface("document.view", ("name",))
    rows = Rows.of(
        time=np.array([1, 2]),
        subject=np.array([2_200_000_001, 2_200_000_009]),
        credential=np.array([nobody, 0]),
        session=np.array([NONE, 3]),
        ip=np.array([0x65_01_02_03, 0x65_01_02_04]),
        agent=0,
        surface=0,
    )
    levels = to_arrow(rows, directory).select(["org", "app", "account", "session"]).to_pylist()
    assert levels[0] == {"org": None, "app": None, "account": None, "session": None}
    assert levels[1] == {"org": "org-000", "app": "app-000-0", "account": "account-000-0-0", "session": "s3"}
