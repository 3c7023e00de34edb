"""Events called off are counted by their reasons, and who is registered for what has yet to begin is no absence."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import Actor
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import Axis, EventMove
from app.events.models import Event
from app.events.operations import move_event, save_project
from app.events.queries import EventRow
from app.registrations.drafts import Contact, RegistrationDraft
from app.registrations.operations import Registered
from app.reports.queries.dashboard import get_dashboard
from app.reports.queries.figures import CalledOff, get_project_figures, get_year_figures
from tests.integration.manage.conftest import NOW, class_draft, paris, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
MakeEvent = Callable[..., EventRow]


@pytest.fixture
def project_id(organiser_id: int, by: Actor) -> int:
    with transaction():
        return save_project(organiser_id=organiser_id, name="Cité Apprenti.e", axis=Axis.SCHOOL_COMPANY, by=by, now=NOW)


def call_off(event: EventRow, by: Actor, **why: str) -> None:
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=by, now=NOW, **why)


def test_events_called_off_are_counted_by_their_reason(
    client: FlaskClient, make_event: MakeEvent, enrol: Enrol, organiser_id: int, project_id: int, by: Actor
) -> None:
    ill, other_ill, weather, worded, held = (make_event(project_id=project_id) for _ in range(5))
    enrol(ill, class_draft(ill, 0, "Manon Lambert"))
    enrol(held, person_draft(held, 0, "Théo Bonnet"))
    call_off(ill, by, code="illness", reason="Trois cas de Covid.")
    call_off(other_ill, by, code="illness")
    call_off(weather, by, code="weather")
    call_off(worded, by, reason="La salle est prise.")
    with transaction():
        move_event(other_ill.id, EventMove.ARCHIVE, by=by, now=NOW)
    figures = get_project_figures(organiser_id, project_id, now=NOW)
    assert figures.called_off == {
        "illness": CalledOff(2, 30), "other": CalledOff(1, 0), "weather": CalledOff(1, 0),
    }  # fmt: skip
    page = client.get(f"/manage/projects/{project_id}").text
    assert "of them 4 called off" in page
    card = page.partition(">Events called off</h2>")[2].partition("</section>")[0]
    assert [words in card for words in ("4 events", "Illness, Covid", "Weather", "Another reason")] == [True] * 4
    table = page.partition('id="events"')[2]
    assert table.count("Illness, Covid") == 2
    rows = csv.DictReader(io.StringIO(client.get("/manage/year/2027.csv").text.removeprefix("\ufeff")), delimiter=";")
    told = [row for row in rows if row["Part"] in {"Total", "Reason why an event was called off"}]
    assert [(row["Name"], row["Events"], row["People registered"]) for row in told] == [
        ("", "5", "31"), ("Illness, Covid", "2", "30"), ("Another reason", "1", "0"), ("Weather", "1", "0"),
    ]  # fmt: skip


def test_the_page_of_an_event_says_why_it_was_called_off(
    client: FlaskClient, make_event: MakeEvent, enrol: Enrol, by: Actor
) -> None:
    event = make_event()
    enrol(event, class_draft(event, 0, "Manon Lambert"))
    assert "Called off" not in client.get(f"/manage/events/{event.slug}").text
    call_off(event, by, code="speaker_missing", reason="L’intervenante est souffrante.")
    page = client.get(f"/manage/events/{event.slug}").text
    assert "Called off: Speaker not available" in page
    assert "L’intervenante est souffrante." in page


def test_who_came_is_compared_with_who_could_have_come(
    client: FlaskClient, make_event: MakeEvent, enrol: Enrol, organiser_id: int, project_id: int, by: Actor
) -> None:
    begun = make_event(project_id=project_id)
    later = make_event(
        project_id=project_id, starts_at=paris(18, 9), ends_at=paris(18, 17),
        waves=(WaveDraft(paris(18, 9), paris(18, 10), 60),), stops=(), spaces=(),
    )  # fmt: skip
    off = make_event(project_id=project_id)
    came = enrol(begun, person_draft(begun, 0, "Théo Bonnet"))
    enrol(begun, person_draft(begun, 0, "Zoé Martin"))
    enrol(later, class_draft(later, 0, "Manon Lambert"))
    enrol(off, class_draft(off, 0, "Jeanne Petit"))
    call_off(off, by, code="weather")
    item = ScanInput(str(uuid4()), came.ticket_code, begun.checkpoints[0].id, Direction.IN, NOW, None)
    with transaction():
        record_scans(begun, "Porte A", [item], now=NOW)
    figures = get_year_figures(organiser_id, 2027, now=NOW)
    assert (figures.sums.registered.people, figures.sums.came, figures.could_come) == (62, 1, 2)
    page = client.get(f"/manage/projects/{project_id}").text
    assert "50% of the 2 registered for what has begun" in page
    assert [get_dashboard(event, now=NOW).could_come for event in (begun, later)] == [2, 0]
    assert "50% of those registered" in client.get(f"/manage/events/{begun.slug}").text
    assert "% of those registered" not in client.get(f"/manage/events/{later.slug}").text
    with transaction():  # its old hours say nothing any more
        db.session.execute(update(Event).where(Event.id == begun.id).values(date_to_come=True))
    assert get_year_figures(organiser_id, 2027, now=NOW).could_come == 0
    assert get_dashboard(replace(begun, date_to_come=True), now=NOW).could_come == 0


def test_who_is_there_now_is_shown_around_the_event_alone(
    client: FlaskClient, app: Flask, forum: EventRow, enrol: Enrol
) -> None:
    enrol(forum, person_draft(forum, 0, "Théo Bonnet"))
    address = f"/manage/events/{forum.slug}"
    for moment, shown in (
        (forum.starts_at - timedelta(days=20), False),
        (forum.starts_at - timedelta(hours=2), True),
        (NOW, True),
        (forum.ends_at + timedelta(hours=1), False),
    ):
        set_clock(app.extensions, moment)
        page = client.get(address).text
        assert ["Present now" in page, "In the spaces now" in page] == [shown, shown], moment


@pytest.mark.parametrize("page", ["cancel", "delete"])
def test_who_is_to_be_telephoned_is_named_before_it_is_called_off_or_deleted(
    client: FlaskClient, forum: EventRow, enrol: Enrol, page: str
) -> None:
    address = f"/manage/events/{forum.slug}/{page}"
    assert "to telephone" not in client.get(address).text
    enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    enrol(forum, person_draft(forum, 0, "Zoé Martin", contact=Contact("Zoé Martin", "zoe@example.org")))
    shown = client.get(address).text.partition("1 person to telephone")[2]
    assert "Manon Lambert" in shown
    assert 'href="tel:+33639984410"' in shown
    assert "Zoé Martin" not in shown


def test_the_list_says_who_came_and_who_did_not_once_it_is_over(
    client: FlaskClient, app: Flask, forum: EventRow, enrol: Enrol
) -> None:
    came = enrol(forum, person_draft(forum, 0, "Théo Bonnet"))
    enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    item = ScanInput(str(uuid4()), came.ticket_code, forum.checkpoints[0].id, Direction.IN, NOW, None)
    with transaction():
        record_scans(forum, "Porte A", [item], now=NOW)
    address = f"/manage/events/{forum.slug}/registrations"
    for moment, told in ((NOW + timedelta(hours=1), [1, 1, 0]), (forum.ends_at + timedelta(days=1), [1, 0, 1])):
        set_clock(app.extensions, moment)
        rows = client.get(address).text.partition("<tbody>")[2].partition("</tbody>")[0]
        assert [rows.count(words) for words in (">Came<", "not yet", ">Absent<")] == told
