"""Phones without network send what they kept in any order, in parts, and again: where people are is the same in the end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.checkin.device_models import Conflict
from app.checkin.enums import Direction
from app.checkin.models import Presence, Scan
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import SpaceDraft
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.operations import issue_route_cards
from app.registrations.queries import get_registration
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
from tests.integration.dbs import empty_tables
from tests.properties.conftest import LONG

EVENING = DAY_ONE + timedelta(hours=6)
counts = st.builds(Headcount, st.integers(0, 9), st.integers(0, 2))


@dataclass(frozen=True)
class Kept:
    """A passage in a phone's queue: of one visitor, of the class or (`card` from 1) of one of its pupils."""

    phone: int
    person: bool
    way: Direction
    door: int
    headcount: Headcount | None
    known: Headcount
    team: int | None
    undoes: bool
    card: int = 0


kept = st.builds(
    Kept, phone=st.integers(0, 2), person=st.booleans(), way=st.sampled_from([Direction.IN, Direction.IN, Direction.OUT]),
    door=st.integers(0, 2), headcount=st.none() | counts, known=counts, team=st.none() | st.integers(1, 2),
    undoes=st.integers(0, 5).map(lambda n: n == 0), card=st.integers(-2, 2).map(lambda n: max(0, n)),
)  # fmt: skip


def queues_of(event: EventRow, passages: Sequence[Kept]) -> list[list[ScanInput]]:
    """What each of three phones keeps, in the order in which it happened there."""
    group = make_registration(event, class_draft(event, participants=8, companions=1))
    person = make_registration(event, person_draft(event))
    with transaction():
        issue_route_cards(group.id, by=SYSTEM, now=NOW)
    codes = [group.ticket_code, *(card.code for card in get_registration(group.id).cards)]
    doors = [c.id for c in event.checkpoints]
    queues: list[list[ScanInput]] = [[], [], []]
    for number, one in enumerate(passages, start=1):
        queue, code = queues[one.phone], person.ticket_code if one.person else codes[one.card]
        at = DAY_ONE + timedelta(seconds=7 * number)
        item = ScanInput(
            str(UUID(int=number)), code, doors[one.door % len(doors)], one.way, at,
            None if one.person else one.headcount, known=replace(one.known, companions=0) if one.person else one.known,
            team=None if one.person or one.card else one.team,
        )  # fmt: skip
        if one.undoes and queue and queue[-1].undoes is None:
            item = replace(item, code=queue[-1].code, undoes=queue[-1].id, team=None, headcount=None)
        queue.append(item)
    return queues


def send(event: EventRow, queues: Sequence[Sequence[ScanInput]], order: Sequence[tuple[int, int, bool]]) -> None:
    """The queues go out in parts: whose is next, how many of it, and whether the answer was lost, so that it goes out again."""
    left = [*(list(queue) for queue in queues), []]
    for phone, size, lost in [*order, (0, 99, True), (1, 99, False), (2, 99, False)]:
        part, left[phone] = left[phone][:size], left[phone][size:]
        for _ in range(1 + lost):
            with transaction():
                record_scans(event, f"phone {phone}", part, now=EVENING)


def found() -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Where people are, and what is stored, without what hangs on the moment of its coming."""
    assert [r for r in run_checks(NOW) if not r.ok] == []
    people = db.session.execute(
        select(
            Presence.participants, Presence.companions, Presence.came_participants, Presence.came_companions,
            Presence.space_id, Presence.first_in_at, Presence.last_scan_at,
        ).order_by(Presence.registration_id)
    ).all()  # fmt: skip
    stored = db.session.execute(select(Scan.scan_id, Scan.scanned_at).order_by(Scan.scan_id)).all()
    db.session.rollback()
    return [tuple(p) for p in people], [tuple(s) for s in stored]


order = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.booleans()), max_size=8)


@given(passages=st.lists(kept, min_size=1, max_size=12), first=order, second=order)
@settings(
    max_examples=120 if LONG else 25, deadline=None, database=None, derandomize=not LONG,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def check_orders(passages: list[Kept], first: list[tuple[int, int, bool]], second: list[tuple[int, int, bool]]) -> None:
    results = []
    for sent in (first, second):
        db.session.rollback()
        empty_tables(current_app)
        event = make_event(
            make_organiser(), forum(spaces=(SpaceDraft("Grande salle", 8), SpaceDraft("Orientation", 3)))
        )
        send(event, queues_of(event, passages), sent)
        results.append(found())
    (people, stored), (others, stored_too) = results
    assert stored == stored_too
    assert [s[0] for s in stored] == sorted(str(UUID(int=n)) for n in range(1, len(passages) + 1))
    assert people == others


def test_the_order_in_which_phones_send_changes_nothing(whole_app: Flask) -> None:
    check_orders()


def test_two_phones_without_network_let_the_same_people_in(whole_app: Flask) -> None:
    """Both passages are stored, people count once, and staff are asked once, whichever phone is first."""
    for first in (0, 1):
        db.session.rollback()
        empty_tables(current_app)
        event = make_event(make_organiser())
        group, person = make_registration(event), make_registration(event, person_draft(event))
        queues = [
            [
                ScanInput(
                    str(UUID(int=10 * n + k)), made.ticket_code, event.checkpoints[0].id, Direction.IN,
                    DAY_ONE + timedelta(minutes=15 * n + k), people, known=Headcount(0, 0),
                )
                for k, (made, people) in enumerate([(group, Headcount(27 - 3 * n, 2)), (person, None)], start=1)
            ]
            for n in range(2)
        ]  # fmt: skip
        send(event, queues, [(first, 9, True)])
        people, stored = found()
        assert [(p[0], p[1]) for p in people] == [(27, 2), (1, 0)]
        assert len(stored) == 4
        asked = db.session.execute(select(Conflict.__table__).order_by(Conflict.registration_id)).all()
        # of one person alone nobody is asked
        assert [(c.kind, c.first_participants, c.second_participants) for c in asked] == [("twice", 27, 24)]
        assert [(c.first_scan[-1], c.second_scan[-1]) for c in asked] == [("1", "b")]
        db.session.rollback()
