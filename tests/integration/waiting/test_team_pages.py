"""The team's pages of the waiting list: the list in its order, offering by hand, and who is called."""

import itertools
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from app.accounts.enums import EventFunction, Role
from app.accounts.models import Account
from app.accounts.operations.partners import entrust
from app.accounts.operations.people import add_member, create_account
from app.accounts.rules import Access
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.enums import Enrolment, WaitingPolicy
from app.events.queries import EventRow
from app.registrations.drafts import Contact
from app.registrations.models import Registration, RegistrationWave, Ticket
from app.registrations.operations import erase_registration
from app.registrations.queries import get_registration, waiting_before
from app.reports.lists import ListQuery
from app.reports.queries.waiting_list import list_queue
from tests.conftest import counted_statements
from tests.factories import NOW, forum, hashed, make_event, make_organiser, make_registration, one_wave
from tests.integration.registrations.conftest import history, told
from tests.integration.waiting.conftest import (
    CANCELLED,
    CONFIRMED,
    LAPSED,
    LATER,
    OFFERED,
    WAITS,
    cancel,
    full,
    group,
    offer,
    statuses,
    waits,
)

pytestmark = pytest.mark.usefixtures("whole_app")
BY_PHONE = Contact("Zoé Faivre", "", "+33639980177")
HOUR = timedelta(hours=1)
_numbers = itertools.count(1)


def staff(app: Flask, event: EventRow, role: Role | None = Role.MANAGER, *, partner: bool = False) -> FlaskClient:
    """Somebody of the organiser's team; or a partner for schools alone."""
    set_clock(app.extensions, NOW)
    email = f"team{next(_numbers)}@example.org"
    with transaction():
        account_id = create_account(email, "Inès Roux", hashed(), by=SYSTEM, now=NOW)
        if partner:
            functions = {EventFunction.SCHOOLS}
            entrust(
                event.id, event.organiser_id, account_id, functions, organisation="Campus", ends_at=None, by=SYSTEM, now=NOW,
            )  # fmt: skip
        elif role is not None:
            add_member(account_id, event.organiser_id, role, by=SYSTEM, now=NOW)
    epoch = db.session.execute(select(Account.epoch).where(Account.id == account_id)).scalar_one()
    db.session.rollback()
    client = app.test_client()
    with client.session_transaction() as session:
        session["account_id"], session["epoch"] = account_id, epoch
    client.set_cookie("lang", "en")
    return client


def words(page: TestResponse) -> str:
    db.session.rollback()
    assert page.status_code == 200
    text = re.sub(r"<[^>]+>", " ", page.text.partition("<body")[2]).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", text)


def base(event: EventRow) -> str:
    return f"/manage/events/{event.slug}"


def test_the_list_stands_in_its_order_and_says_what_is_missing(whole_app: Flask) -> None:
    event, holder = full(5)
    first = waits(event, 4, contact=Contact("Nadia Perrin", "nadia@example.org"))
    second = waits(event, 2, contact=Contact("Hugo Petit", "hugo@example.org"))
    client = staff(whole_app, event)
    page = words(client.get(f"{base(event)}/waiting"))
    assert "2 registrations, 6 people" in page
    assert page.index("4 places are missing") < page.index("4 people before") < page.index("2 places are missing")
    assert page.index(first.reference if "Nadia" not in page else "Nadia Perrin") < page.index("Hugo Petit")
    found = words(client.get(f"{base(event)}/waiting?q=petit"))
    assert "4 people before" in found  # one's place stays what it is
    assert "Nadia Perrin" not in found
    assert "Nobody matches" in words(client.get(f"{base(event)}/waiting?q=nobody"))
    assert "Waiting list 2" in words(client.get(base(event)))
    cancel(holder)
    offer(event)
    assert statuses(first, second) == [OFFERED, WAITS]
    page = words(client.get(f"{base(event)}/waiting?show=offers"))
    assert "Nadia Perrin" in page
    assert "1 place is missing" in words(client.get(f"{base(event)}/waiting"))
    assert "1 offer of places waits for an answer" in words(client.get(base(event)))


def test_it_says_which_audience_is_full_and_which_are_kept_apart(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(40, AllotmentDraft("school", 30, 1)))
    make_registration(event, group(event, 5))
    waits(event, 3)
    waits(event, 28)
    page = words(staff(whole_app, event).get(f"{base(event)}/waiting"))
    assert "No further group" in page


def test_an_offer_in_turn_is_made_after_one_confirmation(whole_app: Flask) -> None:
    event, holder = full(2)
    first = waits(event, contact=Contact("Nadia Perrin", "nadia@example.org"))
    client, url = staff(whole_app, event), f"{base(event)}/waiting/{first.reference}"
    ask = words(client.get(url))
    assert "Offer the place to Nadia Perrin?" in ask
    assert "1 place is missing" in ask
    full_page = client.post(url)
    assert full_page.status_code == 409
    assert "There is no room for them now" in full_page.text
    cancel(holder)
    assert client.post(url).status_code == 303
    db.session.rollback()
    assert statuses(first) == [OFFERED]
    assert told(first.id)[-1] == "offered"
    assert "no longer waits" in words(client.post(url, follow_redirects=True))


def test_before_others_only_once_it_is_said_and_confirmed(whole_app: Flask) -> None:
    event, holder = full(3)
    first, second = waits(event, 2), waits(event)
    cancel(holder)
    client, url = staff(whole_app, event), f"{base(event)}/waiting/{second.reference}"
    assert "past" not in client.get(url).text.partition("<main")[2].partition("</main")[0].split("form")[1]
    asked = client.post(url)
    assert asked.status_code == 409
    assert "It is the turn of others" in asked.text
    db.session.rollback()
    assert statuses(first, second) == [WAITS, WAITS]
    assert client.post(url, data={"past": "1"}).status_code == 303
    db.session.rollback()
    assert statuses(first, second) == [WAITS, OFFERED]
    verb, details = history(second.id)[-1]
    assert (verb, details["past"]) == ("registration.offered", 1)


def test_who_has_no_mail_is_called_and_their_answer_noted(whole_app: Flask) -> None:
    event, holder = full(2)
    first, second = waits(event, contact=BY_PHONE), waits(event, contact=Contact("Paul Henry", "", "+33639980178"))
    client = staff(whole_app, event)
    assert "Calls" not in words(client.get(base(event)))
    cancel(holder)
    offer(event)
    assert statuses(first, second) == [OFFERED, OFFERED]
    calls = client.get(f"{base(event)}/calls")
    assert 'href="tel:+33639980177"' in calls.text
    assert "10:00 am" in words(calls)
    assert "Calls 2" in words(client.get(base(event)))
    url = f"{base(event)}/calls/offers/{first.reference}"
    assert "no answer yet" in words(
        client.post(url, data={"says": "no_answer", "said": "rappeler à  18 h"}, follow_redirects=True)
    )
    assert "rappeler à 18 h" in words(client.get(f"{base(event)}/calls"))
    assert f"Tell them their number: {first.reference}" in words(
        client.post(url, data={"says": "accept"}, follow_redirects=True)
    )
    assert "Nothing to note" in words(client.post(url, data={"says": "accept"}, follow_redirects=True))
    other = f"{base(event)}/calls/offers/{second.reference}"
    assert client.post(other, data={"says": "decline"}).status_code == 303
    db.session.rollback()
    assert statuses(first, second) == [CONFIRMED, CANCELLED]


def test_an_answer_after_the_end_is_told_as_too_late(whole_app: Flask) -> None:
    event, holder = full(1)
    first = waits(event, contact=BY_PHONE)
    client = staff(whole_app, event)
    cancel(holder)
    offer(event)
    set_clock(whole_app.extensions, LATER + timedelta(seconds=1))
    url = f"{base(event)}/calls/offers/{first.reference}"
    assert "Too late" in words(client.post(url, data={"says": "accept"}, follow_redirects=True))
    assert statuses(first) == [LAPSED]


def test_what_was_said_on_the_telephone_is_forgotten_with_the_name(whole_app: Flask) -> None:
    event, holder = full(1)
    first = waits(event, contact=BY_PHONE)
    client = staff(whole_app, event)
    cancel(holder)
    offer(event)
    url = f"{base(event)}/calls/offers/{first.reference}"
    client.post(url, data={"says": "no_answer", "said": "sa mère rappelle"})
    db.session.rollback()
    with transaction():
        erase_registration(first.id, by=SYSTEM, now=NOW)
    kept = db.session.execute(select(AuditEntry.details).where(AuditEntry.subject == f"registration:{first.id}"))
    assert "mère" not in str(list(kept))


def test_a_partner_sees_the_rows_of_their_function_and_places_among_all(whole_app: Flask) -> None:
    event, _holder = full(5, policy=WaitingPolicy.SKIP)
    person = waits(event, contact=Contact("Hugo Petit", "hugo@example.org"))
    waits(event, 4, contact=Contact("Nadia Perrin", "nadia@example.org"))
    client = staff(whole_app, event, partner=True)
    page = words(client.get(f"{base(event)}/waiting"))
    assert "Hugo Petit" not in page
    assert "1 registration, 4 people" in page
    assert "1 person before" in page
    assert client.get(f"{base(event)}/waiting/{person.reference}").status_code == 404
    assert client.post(f"{base(event)}/calls/offers/{person.reference}", data={"says": "accept"}).status_code == 404


def test_a_viewer_reads_and_offers_nothing(whole_app: Flask) -> None:
    event, _holder = full(1)
    first = waits(event)
    client = staff(whole_app, event, Role.VIEWER)
    page = client.get(f"{base(event)}/waiting")
    assert page.status_code == 200
    assert f"/waiting/{first.reference}" not in page.text
    assert client.post(f"{base(event)}/waiting/{first.reference}").status_code == 403


def test_an_organiser_reads_nothing_of_another(whole_app: Flask) -> None:
    event, _holder = full(1)
    first = waits(event)
    other = staff(whole_app, full(1)[0])
    for url in ("waiting", f"waiting/{first.reference}", "calls"):
        assert other.get(f"{base(event)}/{url}").status_code == 404


def test_a_long_list_is_paged(whole_app: Flask) -> None:
    event, _holder = full(1)
    first = waits(event)
    client = staff(whole_app, event)
    _many(first.id, 1_100)
    with counted_statements() as counted:
        few = words(client.get(f"{base(event)}/waiting"))
    assert "1 to 50 of 1,101" in few
    page = words(client.get(f"{base(event)}/waiting?page=22"))
    assert "1,051 to 1,100 of 1,101" in page
    assert "1,099 people before" in page
    assert words(client.get(f"{base(event)}/waiting?page=999999")) == words(
        client.get(f"{base(event)}/waiting?page=23")
    )
    assert int(counted) < 25


def _many(like: int, number: int) -> None:
    """So many registrations like one that waits, stored as they are."""
    own: dict[Any, Any] = {
        Registration: Registration.id == like, RegistrationWave: RegistrationWave.registration_id == like,
        Ticket: Ticket.registration_id == like,
    }  # fmt: skip
    rows: dict[Any, dict[str, Any]] = {}
    for model, mine in own.items():
        found = select(*model.__table__.c).where(mine)
        rows[model] = dict(db.session.execute(found).mappings().one())
    db.session.rollback()
    with transaction():
        made = range(like + 1, like + 1 + number)
        db.session.execute(insert(Registration), [
            {**rows[Registration], "id": i, "reference": f"R{i}", "token": f"t{i}", "same_key": f"k{i}", "import_key": None}
            for i in made
        ])  # fmt: skip
        db.session.execute(insert(RegistrationWave), [{**rows[RegistrationWave], "registration_id": i} for i in made])
        tickets = [{**rows[Ticket], "id": 1_000_000 + i, "registration_id": i, "code": f"C{i}"} for i in made]
        db.session.execute(insert(Ticket), tickets)


def test_the_team_and_the_person_read_the_same_place(whole_app: Flask) -> None:
    """Counted among those who wait for one of the same waves, however the list is narrowed."""
    start = forum().starts_at
    waves = tuple(WaveDraft(start + n * HOUR, start + (n + 1) * HOUR, 5) for n in range(2))
    event = make_event(make_organiser(), forum(waves=waves, enrolment=Enrolment.SEVERAL))
    first, second = ((wave.id,) for wave in event.waves)
    for own in (first, second):
        make_registration(event, group(event, 5, waves=own))
    asked = [first, second, first + second, second, first]
    made = [
        waits(event, 1 + number, waves=own, contact=Contact(f"Nom {number}", f"nom{number}@example.org"))
        for number, own in enumerate(asked)
    ]
    client = staff(whole_app, event)
    line = {
        row.reference: row
        for row in list_queue(event, ListQuery(), Access(event.organiser_id, role=Role.MANAGER)).lines
    }
    said = [(line[one.reference].place, line[one.reference].before) for one in made]
    assert said == [(1, 0), (1, 0), (3, 3), (3, 5), (3, 4)]
    ahead = [waiting_before(get_registration(one.id)) for one in made]
    assert said == [(one.parties + 1, one.people) for one in ahead]
    own_page = words(whole_app.test_client().get(f"/r/{get_registration(made[3].id).token}?lang=en"))
    assert "5 people wait before you (2 registrations)" in own_page
    narrowed = words(client.get(f"{base(event)}/waiting?wave={event.waves[1].id}&q=nom3"))
    assert "5 people before" in narrowed
    assert "One’s place counts those who wait for one of the same waves" in narrowed
