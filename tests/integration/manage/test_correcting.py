"""The page on which the team puts right who is registered, and the one on which visitors do."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import entrust
from app.accounts.operations.people import create_account
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.messages.queries import list_messages
from app.registrations.drafts import Contact, RegistrationDraft
from app.registrations.operations import Registered, cancel_registration
from app.registrations.queries import get_registration
from tests.factories import hashed
from tests.integration.guards.walking import sign_in_as
from tests.integration.manage.conftest import NOW, class_draft, paris, person_draft
from tests.integration.public.conftest import fields_of

Enrol = Callable[[EventRow, RegistrationDraft], Registered]


@pytest.fixture
def theo(forum: EventRow, enrol: Enrol) -> Registered:
    return enrol(forum, person_draft(forum, 4, "Théo Bonet", contact=Contact("Théo Bonet", "theo@example.org")))


def here(event: EventRow, made: Registered) -> str:
    return f"/manage/events/{event.slug}/registrations/{made.reference}"


def filled(client: FlaskClient, url: str, **changes: str) -> dict[str, Any]:
    """What a browser would send of the page, with these changes; a name is written with __ for its dot."""
    page = client.get(url)
    assert page.status_code == 200, page.text
    fields: dict[str, Any] = {k: v for k, v in fields_of(page).items() if k != "csrf_token"}
    return fields | {name.replace("__", "."): value for name, value in changes.items()}


def test_the_team_corrects_a_misspelt_name_and_address(client: FlaskClient, forum: EventRow, theo: Registered) -> None:
    url = f"{here(forum, theo)}/contact"
    assert "Correct the contact" in client.get(here(forum, theo)).text
    data = filled(client, url)
    assert (data["contact.name"], data["contact.family_name"], data["send"]) == (["Théo Bonet"], ["Bonet"], ["y"])
    data |= {"contact.name": "Théo Bonnet", "contact.family_name": "Bonnet", "contact.email": "theo.bonnet@example.org"}
    answer = client.post(url, data=data, follow_redirects=True)
    assert "Corrected. The ticket leaves for theo.bonnet@example.org." in answer.text
    row = get_registration(theo.id)
    assert (row.contact_name, row.contact_email) == ("Théo Bonnet", "theo.bonnet@example.org")
    sent = list_messages(subject=f"registration:{theo.id}")
    assert {message.recipient for message in sent} == {"theo.bonnet@example.org"}
    assert "Contact corrected: First name and name, E-mail address" in answer.text
    again = client.post(url, data=filled(client, url), follow_redirects=True)
    assert "Nothing was different" in again.text


def test_without_the_tick_nobody_is_told(client: FlaskClient, forum: EventRow, theo: Registered) -> None:
    url = f"{here(forum, theo)}/contact"
    data = filled(client, url, contact__email="bonet@example.org")
    del data["send"]
    assert "Corrected." in client.post(url, data=data, follow_redirects=True).text
    assert len(list_messages(subject=f"registration:{theo.id}")) == 1


def test_what_was_typed_stays_when_it_is_refused(client: FlaskClient, forum: EventRow, theo: Registered) -> None:
    url = f"{here(forum, theo)}/contact"
    answer = client.post(url, data=filled(client, url, contact__email="theo@", contact__family_name="Martin"))
    assert answer.status_code == 422
    assert "The end of the address is missing" in answer.text
    assert 'value="theo@"' in answer.text
    wrong = client.post(url, data=filled(client, url, contact__family_name="Martin"))
    assert (wrong.status_code, "This is not how the name begins or ends" in wrong.text) == (422, True)
    assert get_registration(theo.id).contact_email == "theo@example.org"


def test_a_colleague_who_was_faster_is_shown_first(client: FlaskClient, forum: EventRow, theo: Registered) -> None:
    url = f"{here(forum, theo)}/contact"
    mine = filled(client, url, contact__phone="06 39 98 44 10")
    client.post(url, data=filled(client, url, contact__name="Théo Bonnet", contact__family_name="Bonnet"))
    answer = client.post(url, data=mine)
    assert answer.status_code == 409
    assert "Somebody corrected this meanwhile" in answer.text
    assert "<dd>Théo Bonnet</dd>" in answer.text
    assert 'value="Théo Bonet"' in answer.text, "what was typed is kept"
    kept: dict[str, Any] = {k: v for k, v in fields_of(answer).items() if k != "csrf_token"}
    assert client.post(url, data=kept).status_code == 302
    assert get_registration(theo.id).contact_name == "Théo Bonet"


def test_somebody_who_is_registered_already_is_named(
    client: FlaskClient, forum: EventRow, enrol: Enrol, theo: Registered
) -> None:
    other = enrol(forum, person_draft(forum, 4, "Léa Roy", contact=Contact("Léa Roy", "lea@example.org")))
    url = f"{here(forum, theo)}/contact"
    answer = client.post(url, data=filled(client, url, contact__email="lea@example.org"))
    assert answer.status_code == 409
    assert "This person is registered already" in answer.text
    assert f"{other.reference} · Léa Roy" in answer.text
    assert 'value="lea@example.org"' in answer.text


def test_only_who_changes_registrations_among_their_rows_corrects(
    app: Flask, client: FlaskClient, log_in: Any, forum: EventRow, enrol: Enrol, theo: Registered
) -> None:
    a_class = enrol(forum, class_draft(forum, 4, "Manon Lambert"))
    viewer = log_in(forum.organiser_id, Role.VIEWER)
    assert viewer.get(f"{here(forum, theo)}/contact").status_code == 403
    assert "Correct the contact" not in viewer.get(here(forum, theo)).text
    with transaction():
        partner = create_account("rectorat@example.org", "Paul Duval", hashed(), by=SYSTEM, now=NOW)
        entrust(
            forum.id, forum.organiser_id, partner, [EventFunction.SCHOOLS], organisation="Rectorat", ends_at=None,
            by=SYSTEM, now=NOW,
        )  # fmt: skip
    schools = sign_in_as(app, partner)
    schools.set_cookie("lang", "en")
    assert schools.get(f"{here(forum, theo)}/contact").status_code == 404
    assert schools.post(f"{here(forum, theo)}/contact").status_code == 404
    url = f"{here(forum, a_class)}/contact"
    assert schools.post(url, data=filled(schools, url, organisation__class_label="3e C")).status_code == 302
    assert get_registration(a_class.id).class_label == "3e C"


def test_a_single_persons_page_keeps_what_it_does_not_ask(
    client: FlaskClient, forum: EventRow, enrol: Enrol, by: Any
) -> None:
    draft = person_draft(forum, 4, "Anne Petit")
    school = class_draft(forum, 4, "Anne Petit").organisation
    made = enrol(forum, replace(draft, organisation=replace(school, uai="0219100C")))
    url = f"{here(forum, made)}/contact"
    assert client.post(url, data=filled(client, url, contact__phone="06 39 98 44 11")).status_code == 302
    row = get_registration(made.id)
    assert (row.contact_phone, row.uai, row.class_label) == ("+33639984411", "0219100C", "3e B")


def own(client: FlaskClient, made: Registered) -> str:
    client.set_cookie("lang", "en")
    return f"/r/{made.token}/contact"


def test_visitors_correct_their_name_and_read_who_changes_the_address(
    app: Flask, theo: Registered, forum: EventRow, by: Any
) -> None:
    client = app.test_client()
    url = own(client, theo)
    assert url in client.get(f"/r/{theo.token}").text
    assert "The team changes the address for you" in client.get(url).text
    answer = client.post(url, data=filled(client, url, name="Théo Bonnet"), follow_redirects=True)
    assert "It is noted. Your ticket shows it from now on." in answer.text
    assert "Théo Bonnet" in answer.text
    wrong = client.post(url, data=filled(client, url, name="", phone="06 39"))
    assert (wrong.status_code, 'value="06 39"' in wrong.text) == (422, True)
    set_clock(app.extensions, paris(5, 20))
    assert client.get(url).status_code == 409
    set_clock(app.extensions, NOW)
    with transaction():
        cancel_registration(theo.id, by=by, now=NOW)
    assert client.post(url, data={"name": "Théo"}).status_code == 409
    assert url not in client.get(f"/r/{theo.token}").text


def test_a_visitor_without_a_mail_needs_a_telephone(app: Flask, forum: EventRow, enrol: Enrol) -> None:
    made = enrol(forum, person_draft(forum, 4, "Anne Petit"))
    client = app.test_client()
    url = own(client, made)
    answer = client.post(url, data=filled(client, url, phone=""))
    assert answer.status_code == 422
    assert "Without an e-mail address, a telephone number is needed." in answer.text


def test_a_visitor_sees_what_the_team_corrected_meanwhile(
    app: Flask, client: FlaskClient, forum: EventRow, theo: Registered
) -> None:
    visitor = app.test_client()
    url = own(visitor, theo)
    mine = filled(visitor, url, phone="06 39 98 44 10")
    team = f"{here(forum, theo)}/contact"
    client.post(team, data=filled(client, team, contact__name="Théo Bonnet", contact__family_name="Bonnet"))
    answer = visitor.post(url, data=mine)
    assert answer.status_code == 409
    assert "The team corrected this meanwhile" in answer.text
    assert "It now says: Théo Bonnet" in " ".join(answer.text.split())
