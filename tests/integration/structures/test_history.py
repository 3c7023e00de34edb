"""One structure's page: figures, everything done together by event and year, mails and changes."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.models import Event
from app.registrations.drafts import Contact, Organisation
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration, erase_registration
from app.reports.queries.structures import Figures, get_figures, list_registrations_of
from app.structures.models import Structure
from app.structures.operations.links import send_link
from tests.conftest import counted_statements
from tests.factories import NOW, class_draft, forum, make_event, make_registration, person_draft
from tests.integration.structures.conftest import make_contact

DAYS = 400


@pytest.fixture
def structure_id(organiser_id: int) -> int:
    """A school with a class this year that came, one that cancelled, and one of the next year's edition."""
    event = make_event(organiser_id)
    came = make_registration(event)
    gone = make_registration(
        event, class_draft(event, participants=5, companions=1, organisation=_school("4e D"))
    )  # fmt: skip
    with transaction():
        cancel_registration(gone.id, by=SYSTEM, now=NOW)
        db.session.execute(
            text(
                "INSERT INTO presences (registration_id, event_id, participants, companions, came_participants,"
                " came_companions, last_scan_at) VALUES (:r, :e, 27, 2, 27, 2, :t)"
            ),
            {"r": came.id, "e": event.id, "t": event.starts_at},
        )
    waves = tuple(
        type(w)(w.starts_at + timedelta(days=DAYS), w.ends_at + timedelta(days=DAYS), w.capacity) for w in forum().waves
    )
    later = make_event(
        organiser_id,
        forum(
            starts_at=event.starts_at + timedelta(days=DAYS), ends_at=event.ends_at + timedelta(days=DAYS), waves=waves
        ),
    )
    make_registration(later, class_draft(later, organisation=_school("3e C"), participants=20))
    return db.session.execute(select(Structure.id)).scalar_one()


def _school(label: str) -> Organisation:
    return Organisation("Collège des Trois-Rivières", "0219100C", label, "Dijon")


def test_figures_add_up_what_stands_and_who_came(structure_id: int) -> None:
    assert get_figures(structure_id) == Figures(registered=52, present=29, groups=2, events=2)
    assert get_figures(0) == Figures(0, 0, 0, 0)


def test_what_is_in_the_bin_counts_nowhere(structure_id: int, desk: FlaskClient) -> None:
    with transaction():
        db.session.execute(update(Event).where(Event.starts_at > NOW + timedelta(days=DAYS)).values(deleted_at=NOW))
        db.session.execute(
            update(Registration)
            .where(Registration.class_label == "4e D")
            .values(deleted_at=NOW, deleted_status="confirmed")
        )
    assert get_figures(structure_id) == Figures(registered=30, present=29, groups=1, events=1)
    assert [r.class_label for r in list_registrations_of(structure_id)] == ["3e B"]
    html = desk.get(f"/manage/structures/{structure_id}").get_data(as_text=True)
    assert "3e C" not in html
    assert "4e D" not in html


def test_the_page_tells_events_by_year_mails_and_changes(
    structure_id: int, organiser_id: int, desk: FlaskClient, mails: Callable[[], list[EmailMessage]], whole_app: Flask
) -> None:
    contact_id = make_contact(structure_id, organiser_id)
    with transaction():
        send_link(contact_id, organiser_id=organiser_id, by=SYSTEM, now=NOW)
    sent = len(mails())
    set_clock(whole_app.extensions, NOW + timedelta(days=60))
    html = desk.get(f"/manage/structures/{structure_id}").get_data(as_text=True)
    assert html.index("<h3>2028 ") < html.index("<h3>2027 ")
    for part in ("22 people registered", "30 people registered", "29 present", "3e B", "3e C", "4e D", "Cancelled"):
        assert part in html, part
    assert f"{sent} mails sent in all" in html
    assert "Your link to your structure’s pages" in html or "Votre lien" in html
    for change in ("Contact added", "Link sent to a contact"):
        assert change in html


def test_a_person_of_a_structure_leads_to_it_from_the_registration(
    organiser_id: int, structure_id: int, desk: FlaskClient, log_in: Callable[[int, Role], FlaskClient]
) -> None:
    row = list_registrations_of(structure_id)[0]
    page = desk.get(f"/manage/events/{row.event_slug}/registrations/{row.reference}").get_data(as_text=True)
    assert f'href="/manage/structures/{structure_id}"' in page
    viewer = log_in(organiser_id, Role.VIEWER).get(f"/manage/structures/{structure_id}").get_data(as_text=True)
    assert "Manon Lambert" not in viewer
    assert row.class_label in viewer


def test_the_page_takes_the_same_statements_whatever_is_there(
    organiser_id: int, structure_id: int, desk: FlaskClient
) -> None:
    def statements() -> int:
        with counted_statements() as counted:
            assert desk.get(f"/manage/structures/{structure_id}").status_code == 200
        return int(counted)

    make_contact(structure_id, organiser_id)
    statements()
    before = statements()
    event = make_event(organiser_id)
    for label in ("5e A", "5e B"):
        make_registration(event, class_draft(event, organisation=_school(label), participants=3, companions=1))
    make_contact(structure_id, organiser_id, "autre@example.org", "Un Autre")
    assert statements() == before


def test_forgetting_a_person_takes_their_familys_name_out_but_not_what_the_team_works_with(
    organiser_id: int,
) -> None:
    event = make_event(organiser_id)
    contact = Contact("Hugo Dupont", "hugo@example.org")
    for name in ("Famille Dupont", "Atelier Dupont"):
        body = Organisation(name)
        made = make_registration(event, person_draft(event, organisation=body, contact=contact))
        if name == "Atelier Dupont":
            worked_with = db.session.execute(select(Structure.id).where(Structure.name == name)).scalar_one()
            make_contact(worked_with, organiser_id)
        with transaction():
            erase_registration(made.id, by=SYSTEM, now=NOW)
    assert db.session.execute(select(Structure.name)).scalars().all() == ["Atelier Dupont"]
    stored = str(db.session.execute(text("SELECT name, name_key, search_text FROM structures")).all())
    assert "famille" not in stored.lower()
