"""A wave or a space is late: the plan follows, calendars and mails tell those concerned, and it can be taken back."""

from datetime import datetime, timedelta

import icalendar
import pytest
from flask import Flask, current_app
from sqlalchemy import select

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.queries import EventRow, get_event_by_id
from app.flows.delays import DelayTooLong, work_out
from app.flows.enums import DelayKind, PlanOrigin
from app.flows.models import Delay
from app.flows.operations import Marked, mark_late
from app.flows.operations.delaying import TELL_DELAY_JOB
from app.flows.postponing import EventChanged
from app.flows.queries import find_plan_in_force, passages_of
from app.jobs.models import Job
from app.jobs.registry import JobContext, find_handler
from app.registrations.calendars import registration_calendar
from app.registrations.itinerary import itinerary
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration
from app.registrations.queries import get_registration
from tests.factories import DAY_ONE, make_event, make_organiser
from tests.integration.flows.conftest import add_class, led_forum, plan_now, publish
from tests.integration.mails.conftest import drain

BEFORE = DAY_ONE - timedelta(minutes=30)
TEN = timedelta(minutes=10)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """Two classes of 30 at 9:00, one at 9:40, and a plan in force."""
    made = make_event(make_organiser(), led_forum())
    for label, wave in (("3e A", 0), ("3e B", 0), ("3e C", 1)):
        add_class(made, label, wave=wave)
    publish(plan_now(made))
    drain()
    set_clock(whole_app.extensions, BEFORE)
    drain()
    return made


def mark(event: EventRow, kind: str, of_id: int, minutes: int, now: datetime = BEFORE) -> Marked:
    set_clock(current_app.extensions, now)
    with transaction():
        return mark_late(event.id, DelayKind(kind), of_id, minutes, by=SYSTEM, now=now)


def ids() -> dict[str, int]:
    return {row.class_label: row.id for row in db.session.execute(select(Registration.class_label, Registration.id))}


def hours() -> dict[str, list[datetime]]:
    return {label: [row.starts_at for row in passages_of(i)] for label, i in ids().items()}


def sequence_of(registration_id: int, event: EventRow) -> int:
    content = registration_calendar(get_registration(registration_id), get_event_by_id(event.id)).content
    (entry,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return int(str(entry["SEQUENCE"]))


def broken() -> list[str]:
    return [problem for result in run_checks(BEFORE) for problem in result.problems]


def test_a_late_wave_moves_its_groups_and_what_follows(event: EventRow) -> None:
    before, sequences = hours(), {label: sequence_of(i, event) for label, i in ids().items()}
    revision = get_event_by_id(event.id).revision
    done = mark(event, "wave", event.waves[0].id, 10)
    after, now = hours(), get_event_by_id(event.id)
    assert after["3e A"][0] >= before["3e A"][0] + TEN or after["3e B"][0] >= before["3e B"][0] + TEN
    assert all(a >= b for label in before for a, b in zip(after[label], before[label], strict=True))
    plan = find_plan_in_force(event.id)
    assert plan is not None
    assert (plan.id, plan.origin) == (done.plan_id, PlanOrigin.DELAY)
    assert (now.waves[0].late_minutes, now.waves[1].late_minutes) == (10, 0)
    assert now.revision > revision
    moved = {label for label in before if before[label] != after[label]}
    shifts = {label: max(a - b for a, b in zip(after[label], before[label], strict=True)) >= TEN for label in before}
    assert {label for label, i in ids().items() if sequence_of(i, event) > sequences[label]} == {
        label for label, far in shifts.items() if far
    }
    mails = drain()
    assert {mail.to for mail in mails} == {f"manon.3e{label[-1].lower()}@example.org" for label in moved}
    assert all(mail.title.startswith("Nouveaux horaires") for mail in mails)
    assert drain() == []
    assert broken() == []


def test_on_time_again_the_plan_is_as_it_was(event: EventRow) -> None:
    before = hours()
    mark(event, "wave", event.waves[0].id, 15)
    mark(event, "space", event.spaces[0].id, 20)
    drain()
    assert hours() != before
    mark(event, "space", event.spaces[0].id, 0)
    mark(event, "wave", event.waves[0].id, 0)
    assert hours() == before
    now = get_event_by_id(event.id)
    assert [wave.late_minutes for wave in now.waves] == [0, 0]
    assert {space.late_minutes for space in now.spaces} == {0}
    said = db.session.execute(select(Delay.kind, Delay.minutes).order_by(Delay.id)).all()
    assert [tuple(row) for row in said] == [
        (DelayKind.WAVE, 15), (DelayKind.SPACE, 20), (DelayKind.SPACE, 0), (DelayKind.WAVE, 0),
    ]  # fmt: skip
    titles = {mail.title.split(" :")[0].replace("\N{NO-BREAK SPACE}", " ") for mail in drain()}
    assert any("heure" in title for title in titles)
    assert broken() == []


def test_a_late_space_moves_what_begins_there_from_now_on(event: EventRow) -> None:
    first = min(hours()["3e A"][0], hours()["3e B"][0])
    space = event.spaces[0].id
    told = {row.id: row for label in ids() for row in passages_of(ids()[label])}
    begun = {row.key: row.starts_at for row in told.values() if row.starts_at <= first}
    mark(event, "space", space, 10, now=first + timedelta(minutes=1))
    found = {row.key: row for label in ids() for row in passages_of(ids()[label])}
    assert {key: found[key].starts_at for key in begun} == begun
    for row in told.values():
        if row.space_id == space and row.key not in begun:
            assert found[row.key].starts_at >= row.starts_at + TEN


def test_without_a_plan_the_hours_worked_out_move(whole_app: Flask) -> None:
    event = make_event(make_organiser(), led_forum())
    made = add_class(event, "3e A")
    drain()
    done = mark(event, "wave", event.waves[0].id, 10)
    assert (done.plan_id, done.told) == (None, 1)
    way = itinerary(get_event_by_id(event.id), get_registration(made.id))
    assert (way[0].starts_at, way[0].exact) == (DAY_ONE + TEN, False)
    (mail,) = drain()
    assert "vers" in mail.text
    assert mark(event, "space", event.spaces[0].id, 10).told == 0
    assert drain() == []


def test_small_delays_leave_calendars_alone(event: EventRow) -> None:
    sequences = {label: sequence_of(i, event) for label, i in ids().items()}
    mark(event, "wave", event.waves[1].id, 5)
    assert {label: sequence_of(i, event) for label, i in ids().items()} == sequences


def test_who_is_through_or_cancelled_is_not_told(event: EventRow) -> None:
    with transaction():
        cancel_registration(ids()["3e B"], by=SYSTEM, now=BEFORE, quiet=True)
    drain()
    before = sequence_of(ids()["3e B"], event)
    done = mark(event, "wave", event.waves[0].id, 15)
    assert ids()["3e B"] not in done.outcome.concerned
    assert sequence_of(ids()["3e B"], event) == before
    assert all("3eb" not in mail.to for mail in drain())


def test_a_worker_that_was_killed_tells_nobody_twice(event: EventRow) -> None:
    mark(event, "wave", event.waves[0].id, 15)
    work = select(Job.id, Job.payload).where(Job.name == TELL_DELAY_JOB)
    job = db.session.execute(work).one()
    for attempt in (1, 2):
        context = JobContext(
            job.id, job.payload, event.organiser_id, attempt, lambda: BEFORE, lambda _done, _total: None
        )
        find_handler(TELL_DELAY_JOB).work(context)
    mails = [mail.to for mail in drain()]
    assert len(mails) == len(set(mails)) > 0


def test_of_two_delays_the_last_mail_says_what_holds(event: EventRow) -> None:
    mark(event, "wave", event.waves[0].id, 5)
    mark(event, "wave", event.waves[0].id, 15)
    mails = [mail.to for mail in drain()]
    assert len(mails) == len(set(mails)) > 0


def test_a_delay_that_nobody_gets_through_with_is_refused(whole_app: Flask) -> None:
    event = make_event(make_organiser(), led_forum(ends_at=DAY_ONE + timedelta(hours=14, minutes=50)))
    add_class(event, "3e A")
    publish(plan_now(event))
    evening = DAY_ONE + timedelta(hours=14)
    with pytest.raises(DelayTooLong):
        work_out(get_event_by_id(event.id), DelayKind.WAVE, event.waves[0].id, 15 * 60, evening - timedelta(hours=14))


def test_what_is_refused(event: EventRow) -> None:
    wave = event.waves[0].id
    with pytest.raises(FieldError) as refused:
        mark(event, "wave", wave, 500)
    assert refused.value.problems == {"minutes": "out_of_range"}
    with pytest.raises(FieldError):
        mark(event, "space", 999_999, 5)
    with pytest.raises(EventChanged), transaction():
        mark_late(event.id, DelayKind.WAVE, wave, 5, by=SYSTEM, now=BEFORE, revision=event.revision - 1)
    with pytest.raises(MoveNotAllowed):
        mark(event, "wave", wave, 5, now=event.ends_at + TEN)
