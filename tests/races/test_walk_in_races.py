"""People without a ticket at several doors at once: as many take places as there are, and nobody is registered twice."""

from collections import Counter
from functools import partial
from uuid import UUID

from flask import Flask

from app.checkin.drafts import Override
from app.checkin.enums import OverrideReason, WalkInResult
from app.checkin.operations import take_walk_ins
from app.checkin.queries import get_occupancy
from app.checkin.walk_in_drafts import WalkInAnswer, WalkInInput
from app.core.checks import run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow, get_places
from app.registrations.drafts import Headcount
from tests.factories import DAY_ONE, NOW, make_event, make_organiser, one_wave
from tests.races.together import count, together


def somebody(event: EventRow, number: int, people: Headcount = Headcount(1, 0)) -> WalkInInput:
    return WalkInInput(str(UUID(int=number)), "job_seeker", people, DAY_ONE, event.checkpoints[0].id)


def take(event: EventRow, *items: WalkInInput) -> list[WalkInAnswer]:
    return take_walk_ins(event, "phone", items, now=DAY_ONE)


def answers_of(found: list[object]) -> list[WalkInAnswer]:
    answers: list[WalkInAnswer] = []
    for batch in found:
        assert isinstance(batch, list), batch
        answers += batch
    return answers


def test_twenty_for_three_places(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(3))
    works = [partial(take, event, somebody(event, n)) for n in range(1, 21)]
    answers = answers_of(list(together(whole_app, works)))
    assert Counter(a.result for a in answers) == {WalkInResult.TAKEN: 3, WalkInResult.FULL: 17}
    assert {bool(a.reference and a.code) for a in answers if a.result is WalkInResult.TAKEN} == {True}
    assert (count("registrations"), count("door_walk_ins"), count("scans")) == (3, 3, 3)
    assert get_places(event).taken == 3
    assert get_occupancy(event, now=DAY_ONE).present == 3
    assert [r for r in run_checks(NOW) if not r.ok] == []


def test_the_same_one_from_eight_senders_is_registered_once(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(30))
    answers = answers_of(list(together(whole_app, [partial(take, event, somebody(event, 1)) for _ in range(8)])))
    assert len(set(answers)) == 1
    assert (count("registrations"), count("scans")) == (1, 1)


def test_beyond_the_places_only_with_a_reason_or_when_inside_already(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(2))
    told = Override(OverrideReason.TOLD)
    items = [
        somebody(event, 1, Headcount(2, 0)),
        somebody(event, 2),
        WalkInInput(**{**vars(somebody(event, 3, Headcount(3, 1))), "over": told}),
        WalkInInput(**{**vars(somebody(event, 4)), "provisional": True}),
    ]
    with transaction():
        answers = take(event, *items)
    assert [a.result for a in answers] == ["taken", "full", "over", "over"]
    with transaction():
        assert take(event, *items) == answers
    assert get_places(event).taken == 2
    assert get_occupancy(event, now=DAY_ONE).present == 7
    assert (count("registrations", "beyond"), count("scans", "over"), count("scans")) == (2, 2, 3)
    assert count("scans", "override_reason = 'told'") == 1
    assert [r for r in run_checks(NOW) if not r.ok] == []
    db.session.rollback()
