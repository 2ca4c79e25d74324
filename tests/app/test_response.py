"""Responses in a real home, against real servers: approved by a person, done once, also when the process is killed in between."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nilometer.app import journal, response
from nilometer.app.assembly import Home
from nilometer.disclosures.actor import Actor
from nilometer.errors import ConfigError, EngineError, InputError
from nilometer.response import frozen, webhooks
from tests.app import case_home
from tests.cli.running import finished, start
from tests.conftest import ROOT
from tests.exchange.forms import ocsf_schema
from tests.response import desks, servers

ACCOUNT = ("account", case_home.HOSTILE)


@dataclass
class Place:
    """A home of a test's own, and its case."""

    folder: Path
    case: str
    home: Home | None = None

    def open(self, settings: str = "") -> Home:
        self.close()
        self.home = case_home.opened(self.folder, settings)
        return self.home

    def close(self) -> None:
        if self.home is not None:
            self.home.close()
            self.home = None

    def hook(self, receiver: servers.Receiver, action: str = "webhook", *, more: str = "", own: str = "private_addresses = true") -> str:
        desks.secret_file(self.folder, name="hook.secret")
        return f'[response]\n{own}\n[response.{action}]\nurl = "{receiver.url}"\nsecret_file = "hook.secret"\n{more}\n'


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("responses")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        return folder, case_home.made(folder / "home")


@pytest.fixture
def place(template: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    shutil.copytree(template[0], tmp_path / "all")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "all" / "state"))
    made = Place(tmp_path / "all" / "home", template[1])
    yield made
    made.close()


def approved(home: Home, case: str, action: str, *actors: tuple[str, str]) -> str:
    ident = str(response.propose(home, case, action, actors, by="ama")["id"])
    response.approve(home, ident, "confirmed by phone", by="ben")
    return ident


def test_freezing_from_proposal_to_undone(place: Place) -> None:
    home = place.open()
    page = response.propose(home, place.case, "freeze", [ACCOUNT], by="ama")
    assert page["state"] == "proposed"
    assert "\n" not in page["does"]
    assert "\u202e" not in page["does"]
    assert frozen.load(home.folder / "response", home.key) == []
    with pytest.raises(InputError, match="only what is approved"):
        response.perform(home, page["id"], by="ama")
    response.approve(home, page["id"], "yes", by="ben")
    done, now = response.perform(home, page["id"], by="cam")
    assert (done["state"], now) == ("performed", True)
    listed = frozen.load(home.folder / "response", home.key)
    assert frozen.is_frozen(listed, home.key, Actor(level=ACCOUNT[0], id=ACCOUNT[1]))
    assert response.perform(home, page["id"])[1] is False
    undone, now = response.undo(home, page["id"], by="ben")
    assert (undone["state"], now) == ("undone", True)
    assert response.undo(home, page["id"])[1] is False
    assert frozen.load(home.folder / "response", home.key) == []
    assert [(step["by"], step["did"]) for step in undone["history"]] == [
        ("ama", "proposed"), ("ben", "approved"), ("cam", "began"), ("cam", "performed"), ("ben", "undo began"), ("ben", "undone"),
    ]  # fmt: skip
    assert response.listed(home) == response.listed(home, place.case) == [undone]
    assert response.listed(home, "K-0") == []


def test_a_webhook_carries_the_case_and_nobody_in_it(place: Place) -> None:
    with servers.receiver(503, 202) as there:
        home = place.open(place.hook(there))
        waits = desks.Waits()
        ident = approved(home, place.case, "webhook")
        page, _ = response.perform(home, ident, sleep=waits)
    assert page["history"][-1]["outcome"] == {"where": f"http://127.0.0.1:{there.port}", "status": 202, "tries": 2}
    assert waits.seconds == [1]
    seen = there.seen[-1]
    moment = int(seen.headers["webhook-timestamp"])
    assert seen.headers["webhook-signature"] == webhooks.signature(desks.SECRET, seen.headers["webhook-id"], moment, seen.body)
    message = json.loads(seen.body)
    assert message["subject"] == place.case
    assert ocsf_schema.errors(message["data"]) == []
    assert b"person-" not in seen.body
    shown = json.dumps(response.listed(home))
    assert "s3cr3t" not in shown
    assert desks.WHSEC not in shown
    for entry in journal.entries(home):
        assert "s3cr3t" not in json.dumps(entry.body)
        assert desks.WHSEC not in json.dumps(entry.body)


def test_killed_between_sending_and_writing_it_goes_out_under_the_same_key(place: Place) -> None:
    with servers.receiver("hang", 202) as there:
        home = place.open(place.hook(there, more="timeout = 60.0"))
        ident = approved(home, place.case, "webhook")
        place.close()
        process = start("response", "perform", ident, home=place.folder)
        assert there.arrived.wait(30)
        os.kill(process.pid, signal.SIGKILL)
        finished(process)
        home = place.open((place.folder / "nilometer.toml").read_text())
        assert response.show(home, ident)["state"] == "performing"
        page, now = response.perform(home, ident)
        assert (page["state"], now) == ("performed", True)
        assert response.perform(home, ident)[1] is False
    first, again = there.seen
    assert first.headers["webhook-id"] == again.headers["webhook-id"] == f"{ident}-perform"
    assert first.body == again.body
    assert [step["did"] for step in page["history"]] == ["proposed", "approved", "began", "began", "performed"]


def test_performed_at_once_by_two_it_is_done_once(place: Place) -> None:
    with servers.receiver("slow") as there:
        home = place.open(place.hook(there))
        ident = approved(home, place.case, "webhook")
        place.close()
        both = [start("response", "perform", ident, "--json", home=place.folder) for _ in range(2)]
        done = [finished(process) for process in both]
    assert [one.code for one in done] == [0, 0], [one.err for one in done]
    assert sorted(one.json["done_now"] for one in done) == [False, True]
    assert len(there.seen) == 1


def test_what_fails_is_kept_and_can_be_tried_again(place: Place) -> None:
    with servers.receiver(503, 503, 404) as there:
        home = place.open(place.hook(there, "revoke", more="attempts = 2"))
        ident = approved(home, place.case, "revoke", ACCOUNT)
        with pytest.raises(EngineError, match="2 tries"):
            response.perform(home, ident, sleep=desks.Waits())
        assert response.show(home, ident)["state"] == "failed"
        with pytest.raises(ConfigError, match="404"):
            response.perform(home, ident, sleep=desks.Waits())
        assert response.perform(home, ident)[0]["state"] == "performed"
        with pytest.raises(InputError, match="cannot be undone"):
            response.undo(home, ident)
        assert response.show(home, ident)["state"] == "performed"
    message = json.loads(there.seen[-1].body)
    assert message["data"]["actors"] == [{"level": ACCOUNT[0], "id": ACCOUNT[1]}], "the receiver gets the name as it is"
    assert len({seen.headers["webhook-id"] for seen in there.seen}) == 1


def test_approved_for_one_receiver_it_is_not_sent_to_another(place: Place) -> None:
    with servers.receiver() as there, servers.receiver() as other:
        ident = approved(place.open(place.hook(there)), place.case, "webhook")
        home = place.open(place.hook(other))
        with pytest.raises(ConfigError, match="another receiver"):
            response.perform(home, ident)
        home = place.open(place.hook(there))
        response.perform(home, ident)
    assert (len(there.seen), len(other.seen)) == (1, 0)


def test_private_places_need_the_setting(place: Place) -> None:
    with servers.receiver() as there:
        home = place.open(place.hook(there, own=""))
        ident = approved(home, place.case, "webhook")
        with pytest.raises(ConfigError, match="private_addresses"):
            response.perform(home, ident)
    assert not there.seen
    assert response.show(home, ident)["state"] == "failed"


def test_two_people(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    home = place.open("[response]\ntwo_people = true\n")
    ident = response.propose(home, place.case, "freeze", by="ama")["id"]
    with pytest.raises(InputError, match="somebody else"):
        response.approve(home, ident, "mine", by="ama")
    with pytest.raises(InputError, match="Nobody"):
        response.approve(home, ident, "mine", by="")
    assert response.approve(home, ident, "seen", by="ben")["state"] == "approved"
    assert response.refuse(home, ident, "on second thoughts", by="ben")["state"] == "refused"
    with pytest.raises(InputError, match="is refused"):
        response.perform(home, ident)


def test_the_same_proposal_is_made_once(place: Place) -> None:
    home = place.open()
    first = response.propose(home, place.case, "freeze")
    assert response.propose(home, place.case, "freeze") == first
    response.refuse(home, first["id"], "no")
    assert response.propose(home, place.case, "freeze")["id"] != first["id"]


def test_only_who_is_in_the_case_is_aimed_at(place: Place) -> None:
    home = place.open()
    for actor in (("account", "shop-1"), ("app", case_home.HOSTILE), ("nonsense", "x")):
        with pytest.raises(InputError, match="does not name"):
            response.propose(home, place.case, "freeze", [actor])
    facts = {"id": "K-1", "title": "", "state": "open", "findings": [], "people": 0}
    with pytest.raises(InputError, match="accuses nobody"):
        response.propose_about(home, facts, "freeze")
    assert response.listed(home) == []


def test_what_could_not_be_sent_is_not_proposed(place: Place) -> None:
    with servers.receiver() as there:
        home = place.open(place.hook(there, "revoke"))
        facts = response.exchange.facts(home, place.case)
        many = [{"level": "account", "id": f"account-{n:040}"} for n in range(20_000)]
        with pytest.raises(InputError, match="at most 1,048,576"):
            response.propose_about(home, facts | {"actors": many}, "revoke")
        with pytest.raises(InputError, match="no text"):
            response.propose_about(home, facts | {"actors": [{"level": "account", "id": "\ud800"}]}, "revoke")
    assert response.listed(home) == []


def test_it_is_in_the_cases_history(place: Place) -> None:
    home = place.open()
    ident = approved(home, place.case, "freeze")
    response.perform(home, ident)
    did = [step["did"] for step in response.exchange.facts(home, place.case)["history"]]
    assert did[-4:] == [f"freeze {step} ({ident})" for step in ("proposed", "approved", "began", "performed")]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("[response.webhok]\nurl = 'x'\n", "webhok"),
        ("[response.webhook]\nurll = 'x'\n", "urll"),
        ("[response.webhook]\nurl = 5\n", "url must be a text"),
        ("[response.webhook]\nattempts = 1.5\n", "attempts must be a whole number"),
        ("[response.webhook]\nattempts = true\n", "attempts must be a whole number"),
        ("[response.webhook]\ntimeout = 'long'\n", "timeout must be a number"),
        ("[response.email]\nto = 'a@b.c'\n", "to must be a list"),
        ("[response]\ntwo_people = 'yes'\n", "response"),
        ("[response]\ntwo_peple = true\n", "two_peple"),
        ("[response]\nwebhook = true\n", "webhook"),
        ("[response.freeze]\nx = 1\n", "its settings are none"),
    ],
)
def test_a_wrong_setting_is_named(place: Place, settings: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        response.actions(place.open(settings))


def test_settings_are_the_actions_fields(place: Place) -> None:
    made = response.actions(place.open('[response.email]\nto = ["a@b.c"]\ntimeout = 3\n[response.webhook]\nattempts = 7\n'))
    assert (made["email"].to, made["email"].timeout) == (("a@b.c",), 3.0)  # type: ignore[attr-defined]
    assert made["webhook"].attempts == 7  # type: ignore[attr-defined]


def test_the_guides_settings_are_settings(place: Place) -> None:
    page = (ROOT / "docs" / "guide" / "response.md").read_text()
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    made = response.actions(place.open(text))
    assert made["webhook"].url == "https://hooks.example.com/nilometer"  # type: ignore[attr-defined]
    assert made["email"].to == ("privacy@example.com", "soc@example.com")  # type: ignore[attr-defined]
    for name in {one.name for action in made.values() for one in dataclasses.fields(action)}:
        assert re.search(rf"^{name} = ", text, re.MULTILINE), f"the guide does not show {name}"


def test_what_there_is_not_is_said(place: Place) -> None:
    home = place.open()
    with pytest.raises(InputError, match="No action 'dance'"):
        response.propose(home, place.case, "dance")
    with pytest.raises(InputError, match="none yet"):
        response.show(home, "R-1")
    with pytest.raises(InputError):
        response.propose(home, "K-0", "freeze")


def test_a_mail_and_a_ticket_arrive(place: Place) -> None:
    with servers.sink() as there, servers.receiver() as tickets:
        mail = (
            f'[response.email]\nhost = "127.0.0.1"\nport = {there.port}\ntls = "none"\nsender = "n@example.com"\nto = ["soc@example.com"]\n'
        )
        home = place.open(place.hook(tickets, "ticket") + mail)
        for action in ("email", "ticket"):
            assert response.perform(home, approved(home, place.case, action))[0]["state"] == "performed"
    assert len(there.mails) == 1
    ticket = json.loads(tickets.seen[0].body)
    assert ticket["case"] == place.case
    assert tickets.seen[0].headers["content-type"] == "application/json; charset=utf-8"
    assert ticket["reference"].startswith("R-")
    assert "\u202e" not in ticket["title"] + ticket["body"]


def test_what_cannot_be_written_is_refused(place: Place) -> None:
    home = place.open()
    ident = response.propose(home, place.case, "freeze")["id"]
    with pytest.raises(InputError, match="readable"):
        response.approve(home, ident, "\udcff")
    assert response.show(home, ident)["state"] == "proposed"
