"""The hours of the plan in force, said alike wherever a group reads them: ticket, its paper, own page, sheet, calendar, mails."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.core.actor import SYSTEM
from app.core.i18n import format_hour
from app.core.transaction import transaction
from app.events.models import Space, Stop
from app.events.queries import EventRow, get_event
from app.flows.enums import DelayKind
from app.flows.operations import mark_late
from app.flows.queries import passages_of
from app.registrations.calendars import registration_calendar
from app.registrations.queries import RegistrationRow, get_registration
from tests.factories import DAY_ONE, make_plan
from tests.integration.flows.conftest import add_class
from tests.integration.mails.conftest import Received, drain
from tests.integration.papers.conftest import At, edited, words_of
from tests.unit.documents.pdf_reading import read_pdf


@pytest.fixture
def told(event: EventRow) -> RegistrationRow:
    """The class whose hours the plan puts off most: they are not those worked out from its wave."""
    make_plan(event)
    return max((get_registration(number) for number in (1, 2)), key=lambda row: passages_of(row.id)[0].starts_at)


def hours(event: EventRow, registration: RegistrationRow) -> list[str]:
    return [format_hour(p.starts_at, event.timezone, "en").replace("\xa0", " ") for p in passages_of(registration.id)]


def plain(content: bytes) -> str:
    return " ".join(" ".join(read_pdf(content).texts).split())


def test_ticket_pages_and_papers_say_the_planned_hours(
    event: EventRow, told: RegistrationRow, visitor: FlaskClient, at: At
) -> None:
    at(-60)
    assert hours(event, told)[0] != "9:00 am"
    pages = {
        "ticket": words_of(visitor.get(f"/t/{told.ticket.code}")),
        "own page": words_of(visitor.get(f"/r/{told.token}")),
        "ticket on paper": plain(visitor.get(f"/t/{told.ticket.code}.pdf").data),
        "sheet": plain(visitor.get(f"/r/{told.token}/sheet.pdf").data),
    }
    for name, page in pages.items():
        assert "about" not in page, name
        for hour in hours(event, told):
            assert hour in page, (name, hour)


def test_calendar_entries_say_the_planned_hours(event: EventRow, told: RegistrationRow) -> None:
    text = registration_calendar(told, event).content.decode().replace("\r\n ", "").replace("\xa0", " ")
    for passage in passages_of(told.id):
        assert format_hour(passage.starts_at, event.timezone, "fr").replace("\xa0", " ") in text


def test_mails_say_the_planned_hours(whole_app: Flask, event: EventRow, told: RegistrationRow) -> None:
    own = [mail for mail in drain() if mail.to == told.contact_email]
    said = own[-1].text.replace("\xa0", " ")
    for passage in passages_of(told.id):
        assert format_hour(passage.starts_at, event.timezone, "fr").replace("\xa0", " ") in said
    assert "vers" not in said


def test_the_next_space_is_said_to_the_very_last(
    event: EventRow, told: RegistrationRow, visitor: FlaskClient, at: At
) -> None:
    first, second, last = passages_of(told.id)
    at(1, moment=first.starts_at)
    page = words_of(visitor.get(f"/t/{told.ticket.code}"))
    assert f"Now 1 · {first.stop_name_fr}" in page
    assert f"Then: 2 · {second.stop_name_fr}, {hours(event, told)[1]}" in page
    at(-1, moment=last.starts_at)  # on the way to the last one
    page = words_of(visitor.get(f"/t/{told.ticket.code}"))
    assert f"Next stop 3 · {last.stop_name_fr} {hours(event, told)[2]}" in page
    assert "It is over" not in page
    at(1, moment=last.starts_at)
    assert "This is the last step." in words_of(visitor.get(f"/t/{told.ticket.code}"))


def test_each_team_reads_its_own_hours(event: EventRow, visitor: FlaskClient, at: At) -> None:
    edited(event, update(Stop).where(Stop.id == event.stops[1].id).values(largest_team=15))
    large = get_registration(add_class(event, "3e Z", wave=1, participants=27).id)
    make_plan(event)
    fresh = get_event(event.slug)
    at(-60, moment=DAY_ONE)
    own = words_of(visitor.get(f"/r/{large.token}"))
    sheet = plain(visitor.get(f"/r/{large.token}/sheet.pdf").data)
    assert {passage.team for passage in passages_of(large.id)} == {1, 2}
    for passage in passages_of(large.id):
        hour = format_hour(passage.starts_at, fresh.timezone, "en").replace("\xa0", " ")
        assert hour in own
        assert hour in sheet
        assert f"Team {passage.team} · {passage.people} people" in own
        assert f"Team {passage.team} · {passage.people} people" in sheet


def test_each_team_reads_its_own_stand_in_the_mails_of_the_plan_and_of_a_delay(event: EventRow, at: At) -> None:
    space = event.stops[1].space_id
    assert space is not None
    edited(event, update(Stop).where(Stop.id == event.stops[1].id).values(largest_team=15))
    edited(event, update(Space).where(Space.id == space).values(stands=2))
    large = get_registration(add_class(event, "3e Z", wave=1, participants=27).id)
    make_plan(event)
    held = [passage for passage in passages_of(large.id) if passage.stand is not None]
    assert {passage.team for passage in held} == {1, 2}
    plan = next(mail for mail in reversed(drain()) if mail.to == large.contact_email)
    require_stands(event, large, plan)
    at(-60, moment=DAY_ONE)
    with transaction():
        mark_late(event.id, DelayKind.SPACE, space, 10, by=SYSTEM, now=DAY_ONE - timedelta(hours=1))
    delay = next(mail for mail in reversed(drain()) if mail.to == large.contact_email)
    assert delay.title != plan.title
    require_stands(event, large, delay)


def require_stands(event: EventRow, registration: RegistrationRow, mail: Received) -> None:
    """Both bodies of the mail say the hour and the stand of each team, as the plan in force has them."""
    for body in (mail.text, mail.html):
        said = " ".join(body.replace("\xa0", " ").split())
        for passage in passages_of(registration.id):
            if passage.stand is not None:
                hour = format_hour(passage.starts_at, event.timezone, "fr").replace("\xa0", " ")
                assert f"{hour}, stand {passage.stand}" in said
                assert f"équipe {passage.team} : {hour}" in said
