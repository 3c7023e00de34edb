"""Each local day of an event begins with nobody inside; wrong clocks count at the time of receipt; undoing needs its own ticket."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.checkin.enums import Direction
from app.checkin.models import Presence, Scan
from app.checkin.operations import ScanAnswer, ScanInput, record_scans
from app.checkin.queries import find_at_door, find_ticket_at_door, get_occupancy, get_whereabouts
from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import Enrolment, Measure
from app.events.queries import EventRow
from app.registrations.drafts import Contact, Headcount
from app.registrations.operations import Registered, issue_route_cards
from app.registrations.queries import get_registration
from app.reports.queries.dashboard import get_dashboard
from tests.conftest import counted_statements
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_event,
    make_organiser,
    make_registration,
    person_draft,
)

IN, OUT = Direction.IN, Direction.OUT
DAY = timedelta(days=1)
DAY_TWO = DAY_ONE + DAY
IN_AT_ONCE = ("accepted", None, 30)
numbers = count(1)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """A training on two days; whoever comes has a place on both."""
    days = tuple(WaveDraft(DAY_ONE + n * DAY, DAY_ONE + n * DAY + timedelta(hours=3), 90) for n in range(2))
    draft = forum(enrolment=Enrolment.ALL, waves=days, ends_at=DAY_TWO + timedelta(hours=8))
    return make_event(make_organiser(), draft)


def enrol(event: EventRow) -> Registered:
    return make_registration(event, class_draft(event, waves=tuple(w.id for w in event.waves)))


def item(
    event: EventRow, code: str, at: datetime, way: Direction = IN, people: Headcount | None = None, *,
    space: int | None = None, undoes: str | None = None,
) -> ScanInput:  # fmt: skip
    door = next(c.id for c in event.checkpoints if c.space_id == space)
    return ScanInput(str(UUID(int=next(numbers))), code, door, way, at, people, undoes)


def send(event: EventRow, *items: ScanInput, now: datetime | None = None) -> list[ScanAnswer]:
    with transaction():
        return record_scans(event, "door 1", items, now=now or max(i.scanned_at for i in items))


def said(answers: list[ScanAnswer]) -> list[tuple[str, str | None, int]]:
    return [(str(a.result), a.reason and str(a.reason), a.present.people) for a in answers]


def present(event: EventRow, now: datetime) -> tuple[int, list[int]]:
    found = get_occupancy(event, now=now)
    return found.present, [s.present for s in found.spaces]


def sound() -> bool:
    db.session.rollback()
    return [r for r in run_checks(NOW) if not r.ok] == []


def test_the_second_day_begins_with_nobody_and_the_same_ticket_enters_anew(event: EventRow) -> None:
    made, hall = enrol(event), event.spaces[0].id
    assert said(send(event, item(event, made.ticket_code, DAY_ONE, space=hall))) == [IN_AT_ONCE]
    assert present(event, DAY_ONE + timedelta(hours=7)) == (30, [30, 0])
    early = DAY_TWO - timedelta(hours=1)
    assert present(event, early) == (0, [0, 0])
    soon = DAY_TWO + timedelta(minutes=30)
    assert [p.group.reference for p in get_dashboard(event, now=soon).points if p.group] == [made.reference]
    assert get_whereabouts(event, made.id, now=early) == (Headcount(0, 0), Headcount(28, 2))
    match, (named,) = find_ticket_at_door(event, made.ticket_code, now=early), find_at_door(event, "3e b", now=early)
    assert match is not None
    assert (match.inside.people, named.inside.people) == (0, 0)
    figures = get_dashboard(event, now=early)
    assert (figures.sums.came, figures.sums.present, [s.present for s in figures.spaces]) == (30, 0, [0, 0])

    fewer = Headcount(20, 2)
    in_and_again = [item(event, made.ticket_code, DAY_TWO, people=fewer), item(event, made.ticket_code, DAY_TWO)]
    assert said(send(event, *in_and_again)) == [("accepted", None, 22), ("accepted", None, 30)]
    assert said(send(event, item(event, made.ticket_code, DAY_TWO))) == [("duplicate", "already_in", 30)]
    assert present(event, DAY_TWO) == (30, [0, 0])
    figures = get_dashboard(event, now=DAY_TWO)
    assert (figures.sums.came, figures.sums.present) == (30, 30)
    assert [p for p in get_dashboard(event, now=soon).points if p.group] == []
    days = {day: n for (day, _, measure), n in figures.days.items() if measure is Measure.PRESENT}
    assert days == {DAY_ONE.date(): 30, DAY_TWO.date(): 30}
    assert sound()


def test_nobody_goes_out_who_came_in_the_day_before_and_came_stays_the_most(event: EventRow) -> None:
    made = enrol(event)
    send(event, item(event, made.ticket_code, DAY_ONE))
    assert said(send(event, item(event, made.ticket_code, DAY_TWO, OUT))) == [("refused", "not_in", 0)]
    send(event, item(event, made.ticket_code, DAY_TWO, people=Headcount(9, 1)))
    assert get_whereabouts(event, made.id, now=DAY_TWO) == (Headcount(9, 1), Headcount(28, 2))
    assert sound()


def test_what_a_phone_kept_since_yesterday_changes_nothing_of_today(event: EventRow) -> None:
    made, other = enrol(event), make_registration(event, person_draft(event, waves=tuple(w.id for w in event.waves)))
    hall, code = event.spaces[0].id, made.ticket_code
    send(event, item(event, code, DAY_ONE, people=Headcount(8, 0)))
    send(event, item(event, code, DAY_TWO, people=Headcount(5, 0), space=hall))
    late = [
        item(event, code, DAY_ONE + timedelta(minutes=5), people=Headcount(20, 2)),
        item(event, code, DAY_ONE + timedelta(minutes=6)),
        item(event, code, DAY_ONE + timedelta(hours=2), OUT),
        item(event, other.ticket_code, DAY_ONE + timedelta(minutes=7)),
        item(event, code, DAY_TWO + timedelta(minutes=1), people=Headcount(1, 0)),
    ]
    assert said(send(event, *late, now=DAY_TWO + timedelta(minutes=9))) == [
        ("accepted", None, 30), ("duplicate", "already_in", 30), ("accepted", None, 0), ("accepted", None, 1),
        ("accepted", None, 6),
    ]  # fmt: skip
    assert get_whereabouts(event, made.id, now=DAY_TWO) == (Headcount(6, 0), Headcount(28, 2))
    assert present(event, DAY_TWO) == (6, [6, 0])
    assert sound()


def test_taking_a_passage_back_touches_its_own_day_alone(event: EventRow) -> None:
    made, code = enrol(event), ""
    code = made.ticket_code
    first, second = item(event, code, DAY_ONE), item(event, code, DAY_TWO, people=Headcount(4, 1))
    send(event, first)
    send(event, second)
    (answer,) = send(event, item(event, code, DAY_TWO + timedelta(hours=1), undoes=first.id))
    assert said([answer]) == [("accepted", None, 0)]
    assert get_whereabouts(event, made.id, now=DAY_TWO) == (Headcount(4, 1), Headcount(4, 1))
    assert sound()
    send(event, item(event, code, DAY_TWO + timedelta(hours=1), undoes=second.id))
    assert get_whereabouts(event, made.id, now=DAY_TWO) == (Headcount(0, 0), Headcount(0, 0))
    assert said(send(event, item(event, code, DAY_TWO + timedelta(hours=2)))) == [IN_AT_ONCE]
    assert sound()


def test_a_space_and_cards_begin_anew_too(whole_app: Flask) -> None:
    days = tuple(WaveDraft(DAY_ONE + n * DAY, DAY_ONE + n * DAY + timedelta(hours=3), 90) for n in range(2))
    base = forum(enrolment=Enrolment.ALL, waves=days, ends_at=DAY_TWO + timedelta(hours=8))
    event = make_event(make_organiser(), replace(base, spaces=(replace(base.spaces[0], capacity=30), *base.spaces[1:])))
    made, hall = enrol(event), event.spaces[0].id
    with transaction():
        issue_route_cards(made.id, by=SYSTEM, now=NOW)
    card = get_registration(made.id).cards[0].code
    send(event, item(event, made.ticket_code, DAY_ONE, space=hall))
    for at, told in ((DAY_ONE, ("duplicate", "already_in", 30)), (DAY_TWO, ("accepted", None, 1))):
        assert said(send(event, item(event, card, at))) == [told]
    other = make_registration(
        event, replace(class_draft(event, waves=tuple(w.id for w in event.waves)), contact=person_draft(event).contact)
    )
    assert said(send(event, item(event, other.ticket_code, DAY_TWO, space=hall))) == [IN_AT_ONCE]
    assert sound()


def test_midnight_is_the_events_own(whole_app: Flask) -> None:
    """22:30 in Paris and 00:30 there are of one day in Cayenne."""
    event = make_event(make_organiser(), replace(forum(), timezone="America/Cayenne"))
    made = make_registration(event)
    evening = DAY_ONE.replace(hour=22, minute=30)
    send(event, item(event, made.ticket_code, evening))
    assert said(send(event, item(event, made.ticket_code, evening + timedelta(hours=2))))[0][0] == "duplicate"
    assert present(event, evening + timedelta(hours=2))[0] == 30


def test_days_cost_no_statement_but_one_where_a_phone_is_late(event: EventRow) -> None:
    waves = tuple(w.id for w in event.waves)
    people = [Contact(f"Ana {n}", f"ana{n}@example.org") for n in range(12)]
    made = [make_registration(event, person_draft(event, waves=waves, contact=contact)) for contact in people]
    with counted_statements() as one:
        send(event, item(event, made[0].ticket_code, DAY_ONE))
    with counted_statements() as many:
        send(event, *(item(event, m.ticket_code, DAY_ONE) for m in made[1:]))
    with counted_statements() as next_day:
        send(event, *(item(event, m.ticket_code, DAY_TWO) for m in made))
    with counted_statements() as late:
        send(event, *(item(event, m.ticket_code, DAY_ONE, OUT) for m in made), now=DAY_TWO)
    counts = [len(c.statements) for c in (one, many, next_day, late)]
    assert counts == [counts[0], counts[0], counts[0], counts[0] + 1]


def test_a_clock_in_the_future_is_not_believed_and_what_it_said_is_kept(event: EventRow) -> None:
    made, mistaken = enrol(event), DAY_ONE + timedelta(days=4000)
    assert said(send(event, item(event, made.ticket_code, mistaken), now=DAY_ONE)) == [IN_AT_ONCE]
    near = DAY_ONE + timedelta(minutes=9)
    assert said(send(event, item(event, made.ticket_code, near), now=DAY_ONE)) == [("duplicate", "already_in", 30)]
    rows = db.session.execute(select(Scan.scanned_at, Scan.device_at).order_by(Scan.id)).all()
    assert [tuple(r) for r in rows] == [(DAY_ONE, mistaken), (near, None)]
    assert db.session.execute(select(Presence.last_scan_at)).scalar_one() == DAY_ONE
    assert present(event, DAY_ONE)[0] == 30
    assert [at for at, _ in get_dashboard(event, now=DAY_ONE).arrivals] == [DAY_ONE]
    assert sound()


def test_a_passage_is_taken_back_by_its_own_ticket_only(event: EventRow) -> None:
    made, other = enrol(event), make_registration(event, person_draft(event, waves=tuple(w.id for w in event.waves)))
    with transaction():
        issue_route_cards(made.id, by=SYSTEM, now=NOW)
    card = get_registration(made.id).cards[0].code
    came = item(event, made.ticket_code, DAY_ONE)
    send(event, came)
    for code in (other.ticket_code, card, "", "nobody's"):
        (answer,) = send(event, item(event, code, DAY_ONE, undoes=came.id))
        assert (answer.result, answer.reason, answer.label) == ("refused", "invalid", "")
    assert present(event, DAY_ONE)[0] == 30
    (answer,) = send(event, item(event, f"https://example.org/t/{made.ticket_code}", DAY_ONE, undoes=came.id))
    assert said([answer]) == [("accepted", None, 0)]
    assert sound()
