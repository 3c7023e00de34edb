"""What is kept of everybody's whereabouts, and brought up to date by what moved, is what counting anew says."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert

from app.checkin.device_models import TeamPresence
from app.checkin.drafts import ScanInput
from app.checkin.enums import Direction
from app.checkin.operations import record_scans
from app.checkin.queries import get_occupancy
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import Enrolment
from app.events.queries import EventRow, get_event, get_version
from app.registrations.drafts import Headcount
from app.registrations.operations import cancel_registration
from app.registrations.queries import get_registration
from app.reports.queries import live_standing
from app.reports.queries.live_board import Arrivals, Heads, get_arrivals, get_expected
from app.reports.queries.live_standing import Standing, follow
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, make_event, make_organiser, make_registration, person_draft
from tests.integration.flows.conftest import add_class, led_forum
from tests.integration.live.conftest import MINUTE, Day, come_in


def now_is(event: EventRow, before: Standing | None, now: datetime) -> Standing:
    return follow(event, before, version=get_version(event.id), now=now)


def told(event: EventRow, standing: Standing, now: datetime) -> Arrivals:
    return get_arrivals(event, get_expected(event, now=now), standing, now=now)


def pass_a_door(day: Day, chance: random.Random, at: datetime, done: list[ScanInput]) -> None:
    """Somebody comes, goes, or has a passage taken back."""
    event, who = day.event, chance.choice(list(day.people.values()))
    registration = get_registration(who.id)
    direction = chance.choice([Direction.IN, Direction.IN, Direction.OUT])
    heads = Headcount(chance.randint(1, registration.participants), 0) if registration.participants > 1 else None
    said = ScanInput(
        str(uuid4()), registration.ticket.code, chance.choice(event.checkpoints).id, direction, at, headcount=heads
    )
    if done and chance.random() < 0.15:
        gone = done.pop(chance.randrange(len(done)))
        said = replace(gone, id=str(uuid4()), undoes=gone.id, scanned_at=at)
    with transaction():
        record_scans(event, "a phone", [said], now=at)
    db.session.remove()
    done.append(said)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_by_what_moved_it_comes_to_what_counting_anew_says(day: Day, seed: int) -> None:
    chance, done, standing = random.Random(seed), list[ScanInput](), now_is(day.event, None, DAY_ONE)
    for number in range(40):
        at = DAY_ONE + number * timedelta(seconds=1)
        pass_a_door(day, chance, at, done)
        if number == 20:
            day.people["New"] = make_registration(day.event, person_draft(day.event))
            with transaction():
                cancel_registration(day.people["C"].id, by=SYSTEM, now=at)
            db.session.remove()
        event = get_event(day.event.slug)
        standing = now_is(event, standing, at)
        whole = now_is(event, None, at)
        assert standing.read_at == DAY_ONE
        assert standing.occupancy(event) == whole.occupancy(event) == get_occupancy(event, now=at)
        assert told(event, standing, at) == told(event, whole, at)
    assert standing.occupancy(day.event).present


def test_a_team_is_where_it_went_and_the_rest_where_their_class_was(day: Day) -> None:
    before = now_is(day.event, None, DAY_ONE)
    day.scan("A", Headcount(28, 2), space=0)
    rows = {"registration_id": day.people["A"].id, "event_id": day.event.id, "last_scan_at": DAY_ONE}
    where = {"team": 1, "participants": 14, "companions": 1, "space_id": day.event.spaces[1].id}
    with transaction():
        db.session.execute(insert(TeamPresence).values(**rows, **where))
    db.session.remove()
    found = now_is(day.event, before, DAY_ONE).occupancy(day.event)
    assert found == get_occupancy(day.event, now=DAY_ONE)
    assert [space.present for space in found.spaces] == [15, 15, 0]


def test_only_who_moved_is_read_and_nobody_when_nobody_did(day: Day) -> None:
    day.scan("A")
    before = now_is(day.event, None, DAY_ONE + 2 * MINUTE)
    with counted_statements() as counted:
        again = now_is(day.event, before, DAY_ONE + 2 * MINUTE)
    assert again.rows == before.rows
    assert not [said for said in counted.statements if "FROM presences" in said]
    day.scan("Hugo", at=2)
    after = now_is(day.event, again, DAY_ONE + 2 * MINUTE)
    assert after.rows[day.people["A"].id] is before.rows[day.people["A"].id]
    assert after.has_come(day.people["Hugo"].id)
    assert not before.has_come(day.people["Hugo"].id)


def test_it_is_read_whole_each_minute_on_another_day_and_when_many_moved(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    day.scan("A")
    before = now_is(day.event, None, DAY_ONE)
    later = now_is(day.event, before, DAY_ONE + MINUTE)
    assert later.read_at == DAY_ONE + MINUTE
    tomorrow = now_is(day.event, replace(later, read_at=DAY_ONE + timedelta(days=1)), DAY_ONE + timedelta(days=1))
    assert tomorrow.occupancy(day.event).present == 0
    assert tomorrow.rows == {}
    monkeypatch.setattr(live_standing, "MOST_MOVED", 0)
    at = DAY_ONE + 3 * MINUTE
    still = now_is(day.event, None, at)
    day.scan("B", at=3)
    assert now_is(day.event, still, at + timedelta(seconds=1)).read_at == at + timedelta(seconds=1)


def test_a_passage_of_the_last_minute_is_looked_at_again(day: Day) -> None:
    """Its number may be lower than that of one that was seen."""
    day.scan("A", at=0)
    before = now_is(day.event, None, DAY_ONE + timedelta(seconds=59))
    missed = replace(
        before, rows={}, seen=frozenset(), present=before.present.__class__(), people=before.people.__class__()
    )
    found = now_is(day.event, missed, DAY_ONE + timedelta(seconds=59))
    assert found.occupancy(day.event).present == 30


def test_of_a_burst_each_is_read_once_and_numbers_are_forgotten_when_all_below_are_known(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_standing, "MOST_MOVED", 1)
    first = now_is(day.event, None, DAY_ONE)
    day.scan("A")
    one = now_is(day.event, first, DAY_ONE + timedelta(seconds=1))
    day.scan("B")
    both = now_is(day.event, one, DAY_ONE + timedelta(seconds=2))
    assert (both.read_at, len(both.seen), both.settled) == (DAY_ONE, 2, 0)
    later = now_is(day.event, both, DAY_ONE + timedelta(seconds=11))
    assert (len(later.seen), later.settled) == (1, min(both.seen))
    last = now_is(day.event, later, DAY_ONE + timedelta(seconds=12))
    assert (last.seen, last.settled, last.read_at) == (frozenset(), max(both.seen), DAY_ONE)
    assert last.occupancy(day.event) == get_occupancy(day.event, now=DAY_ONE)
    day.scan("Hugo")
    assert now_is(day.event, last, DAY_ONE + timedelta(seconds=13)).has_come(day.people["Hugo"].id)


def test_who_takes_several_waves_comes_for_the_nearest(whole_app: object) -> None:
    event = make_event(make_organiser(), led_forum(enrolment=Enrolment.SEVERAL))
    both = add_class(event, "3e A", waves=tuple(wave.id for wave in event.waves[:2]))
    come_in(event, both)
    now = DAY_ONE + timedelta(minutes=45)
    found = told(event, now_is(event, None, now), now)
    assert [wave.arrived for wave in found.waves[:2]] == [Heads(30, 1), Heads()]
    assert [(group.class_label, group.wave_id) for group in found.awaited] == [("3e A", event.waves[1].id)]
