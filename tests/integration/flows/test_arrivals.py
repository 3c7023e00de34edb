"""When a group is to come is what the plan in force says, and everything that tells it says the same."""

import re
from datetime import datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from flask import Flask

from app.accounts.queries import get_organiser
from app.checkin.absent import list_absent, release_absent
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.core.urls import own_page_path
from app.events.queries import EventRow, get_event_by_id
from app.flows.enums import DelayKind
from app.flows.operations import mark_late
from app.flows.papers import group_sheets_of
from app.flows.queries import find_plan_in_force, list_passages
from app.flows.queries.visits import list_guests, read_told
from app.messages.queries import get_sequences
from app.registrations.calendars import registration_calendar
from app.registrations.itinerary import visit_begins_at, visits_by_wave
from app.registrations.papers import ticket_pdf_of
from app.registrations.queries import RegistrationRow, get_registration
from app.reports.queries.dashboard import get_dashboard
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, NOW, make_event, make_organiser, make_registration, person_draft
from tests.integration.flows.conftest import add_class, led_forum, plan_now, publish
from tests.integration.mails.conftest import drain

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """Four classes of 24 at 9:00 before a hall of 60: two of them are to come half an hour later."""
    made = make_event(make_organiser(), led_forum(absent_minutes=20))
    for label in ("3e A", "3e B", "3e D", "3e E"):
        add_class(made, label, participants=22)
    publish(plan_now(made))
    return get_event_by_id(made.id)


def last_group(event: EventRow) -> tuple[RegistrationRow, datetime]:
    """The group that is planned to come last, and when its first passage begins."""
    plan = find_plan_in_force(event.id)
    assert plan is not None
    firsts: dict[int, datetime] = {}
    for passage in list_passages(plan.id):
        firsts.setdefault(passage.registration_id, passage.starts_at)
    last = max(firsts, key=lambda one: (firsts[one], one))
    assert firsts[last] >= DAY_ONE + 20 * MINUTE
    return get_registration(last), firsts[last]


def said(moment: datetime) -> str:
    local = moment.astimezone(PARIS)
    return f"{local.hour} h {local.minute:02}"


def plain(text: str) -> str:
    return text.replace("\xa0", " ").replace("\u202f", " ")


def test_a_group_comes_as_planned_and_whoever_comes_alone_with_the_wave(event: EventRow) -> None:
    late, first = last_group(event)
    alone = get_registration(make_registration(event, person_draft(event)).id)
    wave = event.waves[0]
    assert visit_begins_at(event, late, wave) == first
    assert visit_begins_at(event, alone, wave) == DAY_ONE
    with counted_statements() as statements:
        assert visits_by_wave(event, late)[wave.id].begins_at == first
    assert int(statements) == 1


def test_calendar_ticket_sheet_own_page_and_mail_say_the_planned_hour(event: EventRow, whole_app: Flask) -> None:
    late, first = last_group(event)
    calendar = registration_calendar(late, event).content.decode()
    assert f"{first.astimezone(PARIS):T%H%M%S}" in next(
        line for line in calendar.splitlines() if line.startswith("DTSTART;TZID=Europe/Paris:2027")
    )
    organiser = get_organiser(event.organiser_id)
    ticket = words_of(ticket_pdf_of(event, late, "fr", organiser=organiser))
    assert said(first) in ticket
    assert "9 h 00" not in ticket
    guests = [guest for guest in list_guests(event.id) if guest.id == late.id]
    sheet = words_of(group_sheets_of(event, guests, read_told(event.id), "fr", organiser=organiser))
    assert f"arrivée à {said(first)}" in sheet
    page = whole_app.test_client().get(own_page_path(late.token)).get_data(as_text=True)
    assert re.search(rf"{said(first)}", plain(page))
    assert "9 h 00" not in plain(page)
    mail = next(one for one in drain() if one.to == late.contact_email)
    assert said(first) in plain(mail.text)
    assert "9 h 00" not in plain(mail.text) + plain(mail.html)


def test_nobody_is_missing_before_they_are_to_come(event: EventRow) -> None:
    late, first = last_group(event)
    due = DAY_ONE + 20 * MINUTE
    assert late.id not in {group.registration_id for group in list_absent(event, now=first - MINUTE)}
    with transaction():
        gone = release_absent(event.id, now=due)
    assert gone
    assert late.id not in gone
    (awaited,) = [group for group in list_absent(event, now=first) if group.registration_id == late.id]
    assert (awaited.since, awaited.gives_back_at) == (first, first + 20 * MINUTE)
    with transaction():
        assert late.id in release_absent(event.id, now=first + 20 * MINUTE)


def test_the_dashboard_calls_a_group_late_by_its_own_hour(event: EventRow) -> None:
    late, first = last_group(event)
    holders = {late.reference}
    early = read_late(event, first + 19 * MINUTE)
    assert early
    assert not holders & early.keys()
    assert read_late(event, first + 20 * MINUTE)[late.reference] == first


def read_late(event: EventRow, now: datetime) -> dict[str, datetime]:
    points = get_dashboard(event, now=now).points
    return {point.group.reference: point.group.expected_at for point in points if point.group is not None}


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    return plain(" ".join(page.get_textpage().get_text_bounded() for page in document))


def test_a_late_wave_is_in_the_calendars_of_those_who_come_alone(event: EventRow) -> None:
    alone, other = (
        get_registration(make_registration(event, person_draft(event, waves=(wave.id,))).id) for wave in event.waves
    )
    subjects = [f"registration:{alone.id}", f"registration:{other.id}"]
    before = get_sequences(subjects)
    with transaction():
        mark_late(event.id, DelayKind.WAVE, event.waves[0].id, 10, by=SYSTEM, now=NOW)
    after = get_sequences(subjects)
    assert after[subjects[0]][0] == before.get(subjects[0], (0, NOW))[0] + 1
    assert after.get(subjects[1]) == before.get(subjects[1])
    assert (
        "DTSTART;TZID=Europe/Paris:20270204T091000"
        in registration_calendar(alone, get_event_by_id(event.id)).content.decode()
    )
