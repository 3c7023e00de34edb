"""What else new dates touch: edits while no date is known, calendars of days put together, the plan on a late day."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from app.accounts.models import Organiser
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.operations import edit_event
from app.events.queries import EventRow, get_event_by_id
from app.events.queries.postponed import find_hours_since
from app.feeds.calendars import event_calendar, organiser_feed
from app.flows.date_mapping import DATE_TO_COME, ByWave, NewDates, Shift, to_local
from app.flows.enums import DelayKind
from app.flows.operations.delaying import mark_late
from app.flows.postponing import postpone_event
from app.flows.queries import find_plan_in_force, is_out_of_date, list_passages
from app.messages.queries import get_sequences
from app.web.manage.event_sections import draft_of
from tests.factories import DAY_ONE, NOW, forum, make_event, make_organiser
from tests.integration.flows.conftest import add_class, led_forum, plan_now, publish

PARIS = ZoneInfo("Europe/Paris")


def postpone(event: EventRow, dates: NewDates, now: object = NOW) -> EventRow:
    with transaction():
        postpone_event(event.id, dates, by=SYSTEM, now=now)  # type: ignore[arg-type]
    return get_event_by_id(event.id)


def edit(event: EventRow, draft: object) -> None:
    with transaction():
        edit_event(event.id, draft, by=SYSTEM, now=NOW)  # type: ignore[arg-type]


def test_hours_are_not_edited_while_the_date_is_to_come(whole_app: Flask) -> None:
    event = postpone(make_event(make_organiser()), DATE_TO_COME)
    draft = draft_of(event)
    hour = timedelta(hours=1)
    with pytest.raises(FieldError) as refused:
        edit(event, replace(draft, ends_at=draft.ends_at + hour))
    assert refused.value.problems == {"ends_at": "date_to_come"}
    later = replace(draft.waves[1], ends_at=draft.waves[1].ends_at + hour)
    with pytest.raises(FieldError) as refused:
        edit(event, replace(draft, waves=(draft.waves[0], later)))
    assert refused.value.problems == {"waves/1/starts_at": "date_to_come"}
    edit(event, replace(draft, title_fr="Autre titre"))
    assert get_event_by_id(event.id).title_fr == "Autre titre"


def two_days() -> EventRow:
    days = (DAY_ONE, DAY_ONE + timedelta(days=1))
    waves = tuple(WaveDraft(day, day + timedelta(minutes=40), 100) for day in days)
    return make_event(make_organiser(), forum(waves=waves, ends_at=days[1] + timedelta(hours=8)))


def entries(content: bytes) -> dict[str, str]:
    return {str(found["UID"]): str(found["STATUS"]) for found in Calendar.from_ical(content).walk("VEVENT")}


def test_the_second_of_two_days_put_together_is_cancelled_in_calendars(sqlite_app: Flask) -> None:
    event = two_days()
    before = entries(event_calendar(event, "fr").content)
    assert sorted(before.values()) == ["CONFIRMED", "CONFIRMED"]
    day = to_local(DAY_ONE, PARIS) + timedelta(days=30)
    hours = {}
    for number, wave in enumerate(event.waves):
        start = day + timedelta(hours=number)
        hours[wave.id] = (start, start + timedelta(minutes=40))
    moved = postpone(event, ByWave(hours))
    gone = next(uid for uid in before if uid != event.calendar_uid)
    assert entries(event_calendar(moved, "fr").content) == {event.calendar_uid: "CONFIRMED", gone: "CANCELLED"}
    again = postpone(moved, Shift(1))
    assert entries(event_calendar(again, "fr").content) == {event.calendar_uid: "CONFIRMED", gone: "CANCELLED"}


def test_the_public_feed_says_so_too(sqlite_app: Flask) -> None:
    organiser = make_organiser()
    days = (DAY_ONE, DAY_ONE + timedelta(days=1))
    waves = tuple(WaveDraft(day, day + timedelta(minutes=40), 100) for day in days)
    event = make_event(organiser, forum(waves=waves, ends_at=days[1] + timedelta(hours=8)))
    start = to_local(DAY_ONE, PARIS) + timedelta(days=30)
    postpone(event, ByWave({wave.id: (start, start + timedelta(minutes=40)) for wave in event.waves}))
    token = db.session.execute(select(Organiser.feed_token).where(Organiser.id == organiser)).scalar_one()
    found = entries(organiser_feed(token, "fr").content)
    assert sorted(found.values()) == ["CANCELLED", "CONFIRMED"]


def test_hours_that_held_at_a_moment_are_found(sqlite_app: Flask) -> None:
    event = make_event(make_organiser())
    assert find_hours_since(event, NOW) is None
    postpone(event, Shift(7))
    moved = postpone(event, Shift(7))
    said = find_hours_since(moved, NOW)
    assert said is not None
    assert said.was == {wave.id: (wave.starts_at, wave.ends_at) for wave in event.waves}
    assert find_hours_since(moved, NOW + timedelta(seconds=1)) is None


def test_a_delay_of_the_old_day_does_not_go_with_the_plan(whole_app: Flask) -> None:
    event = make_event(make_organiser(), led_forum())
    made = [add_class(event, label) for label in ("3e A", "3e B")]
    publish(plan_now(event))
    plan = find_plan_in_force(event.id)
    assert plan is not None
    first = {row.key: row.starts_at for row in list_passages(plan.id)}
    now = DAY_ONE - timedelta(minutes=30)
    with transaction():
        mark_late(event.id, DelayKind.WAVE, event.waves[0].id, 30, by=SYSTEM, now=now)
    subjects = [f"registration:{one.id}" for one in made]
    before = get_sequences(subjects)
    moved = postpone(event, Shift(7), now=now)
    plan = find_plan_in_force(event.id)
    assert plan is not None
    week = timedelta(days=7)
    assert {row.key: row.starts_at for row in list_passages(plan.id)} == {key: at + week for key, at in first.items()}
    assert not is_out_of_date(plan, moved)
    assert get_sequences(subjects) == before  # the event's own rises, once
