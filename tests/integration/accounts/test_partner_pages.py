"""The pages on which partners and people are invited, changed and let go."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import EventFunction, Role
from app.accounts.errors import LastOwner
from app.accounts.invitations import list_invitations, list_partners
from app.accounts.operations.partners import entrust
from app.accounts.operations.people import add_member, create_account, set_end
from app.accounts.passwords import choose_password
from app.accounts.queries import find_account_id, get_member, list_members
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.queries import EventRow
from tests.factories import NOW, PASSWORD, make_event, make_member, make_organiser
from tests.integration.guards.walking import sign_in_as

HASHED = choose_password(PASSWORD)
GIVEN = {
    "name": "Paul Duval", "email": "paul@example.org", "organisation": "CCI de Côte-d’Or", "functions": ["door", "figures"],
    "ends_on": "2027-02-10", "locale": "fr",
}  # fmt: skip


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser())


@pytest.fixture
def manager(whole_app: Flask, event: EventRow) -> FlaskClient:
    client = sign_in_as(whole_app, make_member(event.organiser_id, Role.MANAGER)[0])
    client.set_cookie("lang", "en")
    return client


@pytest.fixture
def owner(whole_app: Flask, event: EventRow) -> FlaskClient:
    client = sign_in_as(whole_app, make_member(event.organiser_id, Role.OWNER, email="owner@example.org")[0])
    client.set_cookie("lang", "en")
    return client


def make_partner(event: EventRow, *functions: EventFunction, name: str = "Paul Duval") -> int:
    with transaction():
        mail = f"{name.split()[0].lower()}@example.org"
        account_id = create_account(mail, name, HASHED, by=SYSTEM, now=NOW)
        entrust(
            event.id, event.organiser_id, account_id, functions,
            organisation="CCI", ends_at=None, by=SYSTEM, now=NOW,
        )  # fmt: skip
    return account_id


def test_the_page_is_empty_first_and_proposes_a_last_day(manager: FlaskClient, event: EventRow) -> None:
    page = manager.get(f"/manage/events/{event.slug}/partners").text
    assert "Nobody else holds a part of this event" in page
    assert 'value="2027-02-11"' in page  # a week after the forum
    assert f'href="/manage/events/{event.slug}/partners" aria-current="page"' in page
    for function in EventFunction:
        assert f'value="{function}"' in page


def test_a_partner_is_invited_sent_again_and_withdrawn(manager: FlaskClient, event: EventRow) -> None:
    base = f"/manage/events/{event.slug}/partners"
    assert manager.post(base, data=GIVEN).headers["Location"] == base
    (found,) = list_invitations(event.organiser_id, NOW, event_id=event.id)
    assert found.functions == {EventFunction.DOOR, EventFunction.FIGURES}
    assert found.ends_at is not None
    assert found.ends_at.isoformat() == "2027-02-10T23:00:00+00:00"
    page = manager.get(base).text
    assert "Invitations that wait" in page
    assert manager.post(f"{base}/invitations/{found.id}/mail").status_code == 302
    assert manager.post(f"{base}/invitations/{found.id}/removal").status_code == 302
    assert list_invitations(event.organiser_id, NOW, event_id=event.id) == []
    assert "accepted or withdrawn already" in manager.post(
        f"{base}/invitations/{found.id}/removal", follow_redirects=True
    ).text  # fmt: skip
    assert manager.post(f"{base}/invitations/{found.id + 1}/mail").status_code == 404


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"functions": []}, "Tick at least one part of the event."),
        ({"functions": ["everything"]}, "choice"),
        ({"ends_on": "2027-01-10"}, "This day is over."),
        ({"ends_on": "9999-12-31"}, "Write a year from 2000 to 2100."),
        ({"ends_on": "hier"}, "Write a date"),
        ({"email": "paul@example"}, "The end of the address is missing"),
        ({"organisation": ""}, "This answer is missing."),
        ({"locale": "de"}, "choice"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    manager: FlaskClient, event: EventRow, typed: dict[str, object], words: str
) -> None:
    answer = manager.post(f"/manage/events/{event.slug}/partners", data=GIVEN | typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Paul Duval"' in answer.text
    assert list_invitations(event.organiser_id, NOW, event_id=event.id) == []


def test_a_colleague_or_a_partner_is_not_invited_as_one(manager: FlaskClient, event: EventRow) -> None:
    make_partner(event, EventFunction.DOOR, name="Lise Petit")
    make_member(event.organiser_id, Role.DOOR, email="door@example.org")
    base = f"/manage/events/{event.slug}/partners"
    for mail, words in (("lise@example.org", "partner of this event already"), ("door@example.org", "their role says")):
        answer = manager.post(base, data=GIVEN | {"email": mail})
        assert answer.status_code == 422
        assert words in answer.text
    manager.post(base, data=GIVEN)
    assert "invited already" in manager.post(base, data=GIVEN).text


def test_what_a_partner_holds_is_changed_and_taken_back(
    manager: FlaskClient, whole_app: Flask, event: EventRow
) -> None:
    account_id = make_partner(event, EventFunction.DOOR)
    partner = sign_in_as(whole_app, account_id)
    one = f"/manage/events/{event.slug}/partners/{account_id}"
    page = manager.get(one).text
    assert re.search(r'value="door"[^>]*checked', page)
    sent = {"organisation": "CCI", "functions": ["registrations"], "ends_on": ""}
    assert manager.post(one, data=sent | {"functions": []}).status_code == 422
    assert manager.post(one, data=sent | {"ends_on": "2026-12-31"}).status_code == 422
    assert manager.post(one, data=sent).status_code == 302
    assert partner.get(f"/door/{event.slug}").status_code == 403
    assert partner.get(f"/manage/events/{event.slug}/registrations").status_code == 200
    assert manager.post(f"{one}/removal").status_code == 302
    assert partner.get(f"/manage/events/{event.slug}/registrations").status_code == 403
    assert list_partners(event.id, NOW) == []
    assert manager.get(one).status_code == 404
    assert manager.post(f"{one}/removal").status_code == 404
    verbs = [line.verb for line in list_history(f"event:{event.id}")]
    assert verbs[:3] == ["partner.removed", "partner.changed", "partner.added"]


def test_a_partner_sees_their_events_and_what_they_open_alone(whole_app: Flask, event: EventRow) -> None:
    second = make_event(event.organiser_id)
    foreign = make_event(make_organiser("Ailleurs"))
    account_id = make_partner(event, EventFunction.REGISTRATIONS)
    with transaction():
        for other, function in ((second, EventFunction.DOOR), (foreign, EventFunction.FIGURES)):
            entrust(
                other.id,
                other.organiser_id,
                account_id,
                [function],
                organisation="CCI",
                ends_at=None,
                by=SYSTEM,
                now=NOW,
            )
    client = sign_in_as(whole_app, account_id)
    client.set_cookie("lang", "en")
    assert client.get("/manage/").headers["Location"] == "/manage/entrusted"
    assert client.get("/door/events").headers["Location"] == "/manage/entrusted"
    page = client.get("/manage/entrusted").text
    for path in (
        f"/manage/events/{event.slug}/registrations", f"/manage/events/{event.slug}", f"/door/{second.slug}",
        f"/manage/events/{foreign.slug}",
    ):  # fmt: skip
        assert f'href="{path}"' in page, path
        assert client.get(path).status_code == 200, path
    shown = client.get(f"/manage/events/{event.slug}/registrations").text
    tabs = re.findall(r"<li><a href=\"([^\"]+)\"", shown.split('class="tabs"')[1].split("</ul>")[0])
    assert f"/manage/events/{event.slug}/partners" not in tabs
    assert f"/door/{event.slug}" not in tabs
    for tab in tabs:
        assert client.get(tab).status_code == 200, tab
    for link in ('/manage/events"', "/manage/people", "/manage/tokens", "/manage/projects"):
        assert f'href="{link}' not in shown, link
    assert "Ailleurs" in client.get(f"/manage/events/{foreign.slug}").text


def test_a_member_of_one_organiser_keeps_it_beside_what_is_entrusted(whole_app: Flask, event: EventRow) -> None:
    home = make_organiser("Ailleurs")
    own = make_event(home)
    account_id, _ = make_member(home, Role.MANAGER)
    with transaction():
        entrust(
            event.id, event.organiser_id, account_id, [EventFunction.FIGURES],
            organisation="Ailleurs", ends_at=None, by=SYSTEM, now=NOW,
        )  # fmt: skip
    client = sign_in_as(whole_app, account_id)
    assert client.get("/manage/").headers["Location"] == "/manage/events"
    assert client.get(f"/manage/events/{event.slug}").status_code == 200
    assert client.get(f"/manage/events/{event.slug}/registrations").status_code == 403
    assert client.get(f"/manage/events/{own.slug}/registrations").status_code == 200
    assert 'href="/manage/entrusted"' in client.get("/manage/events").text


def test_what_a_partner_does_is_written_for_their_organisation(whole_app: Flask, event: EventRow) -> None:
    account_id = make_partner(event, EventFunction.PROGRAMME)
    client = sign_in_as(whole_app, account_id)
    path = f"/manage/events/{event.slug}/edit/texts"
    page = client.get(path).text
    known = dict(re.findall(r'name="(known[^"]*)"[^>]*value="([^"]*)"', page))
    assert client.post(path, data={"summary_fr": "Neuf", **known}).status_code == 302
    assert list_history(f"event:{event.id}")[0].actor_label == "Paul Duval (CCI)"


def test_the_last_day_of_a_person_is_changed_and_ended(owner: FlaskClient, whole_app: Flask, event: EventRow) -> None:
    account_id, _ = make_member(event.organiser_id, Role.DOOR)
    temp, one = sign_in_as(whole_app, account_id), f"/manage/people/{account_id}"
    assert owner.post(f"{one}/end", data={"ends_on": "2027-02-05"}).status_code == 302
    assert "Friday 5 February 2027" in owner.get("/manage/people").text
    assert owner.post(f"{one}/end", data={"ends_on": "2027-01-01"}).status_code == 422
    assert temp.get("/door/events").status_code == 200
    assert owner.post(f"{one}/end-now").status_code == 302
    assert temp.get("/door/events").status_code == 403
    assert "The time of this person is over" in owner.get(one).text
    assert owner.post(f"{one}/end", data={"ends_on": ""}).status_code == 302
    assert temp.get("/door/events").status_code == 200
    assert get_member(account_id, event.organiser_id).ends_at is None


def test_one_owner_stays_without_an_end(owner: FlaskClient, event: EventRow) -> None:
    account_id = find_account_id("owner@example.org") or 0
    for path, sent in (("end", {"ends_on": "2027-02-05"}), ("end-now", {})):
        answer = owner.post(f"/manage/people/{account_id}/{path}", data=sent)
        assert answer.status_code == 409
        assert "only owner without an end" in answer.text
    second, _ = make_member(event.organiser_id, Role.OWNER)
    with transaction():
        set_end(second, event.organiser_id, NOW + timedelta(days=1), by=SYSTEM, now=NOW)
    with pytest.raises(LastOwner), transaction():
        set_end(account_id, event.organiser_id, NOW, by=SYSTEM, now=NOW)
    with pytest.raises(FieldError), transaction():
        set_end(second, event.organiser_id, NOW - timedelta(days=1), by=SYSTEM, now=NOW)


def test_a_person_is_invited_or_added_until_a_day(owner: FlaskClient, event: EventRow) -> None:
    sent = {"name": "Zoé Petit", "email": "zoe@example.org", "role": "door", "ends_on": "2027-02-05", "locale": "fr"}
    assert owner.post("/manage/people/invitations", data=sent).status_code == 302
    (invited,) = list_invitations(event.organiser_id, NOW, event_id=None)
    assert (invited.role, str(invited.ends_at)[:10]) == (Role.DOOR, "2027-02-05")
    assert owner.post("/manage/people/invitations", data=sent).status_code == 422
    assert owner.post(f"/manage/people/invitations/{invited.id}/mail").status_code == 302
    assert owner.post(f"/manage/people/invitations/{invited.id}/removal").status_code == 302
    assert "First password" in owner.get("/manage/people/new").text
    added = sent | {"password": PASSWORD}
    assert owner.post("/manage/people", data=added | {"ends_on": "2026-01-01"}).status_code == 422
    assert owner.post("/manage/people", data=added).status_code == 302
    member = next(m for m in list_members(event.organiser_id) if m.email == "zoe@example.org")
    assert str(member.ends_at)[:10] == "2027-02-05"


def test_people_are_searched_and_paged(owner: FlaskClient, event: EventRow) -> None:
    with transaction():
        for n in range(60):
            account_id = create_account(f"p{n:02d}@example.org", f"Personne {n:02d}", HASHED, by=SYSTEM, now=NOW)
            add_member(account_id, event.organiser_id, Role.DOOR, by=SYSTEM, now=NOW)
    first = owner.get("/manage/people").text
    assert "Personne 10" in first
    assert "Personne 59" not in first
    assert "from=50" in first
    assert "Personne 59" in owner.get("/manage/people?from=50").text
    found = owner.get("/manage/people?q=personne+59").text
    assert "Personne 59" in found
    assert "Personne 10" not in found
    assert "Nobody matches" in owner.get("/manage/people?q=%25").text
    for odd in ("from=-1", "from=99999999999999", "from=x", "q=%00"):
        assert owner.get(f"/manage/people?{odd}").status_code in {200, 400}, odd
