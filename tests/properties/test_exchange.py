"""Exchanging places is giving back and taking anew, in one step: the same counters, the same refusals."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Conflict
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.models import Allotment, Event, Wave
from app.events.operations import Held, exchange_places, release_places, take_places
from tests.factories import DAY_ONE, NOW, forum, make_event, make_organiser
from tests.properties.conftest import LONG

AUDIENCES = ("school", "job_seeker")
CAPACITIES = (12, 9, 7)

waves = st.sets(st.integers(0, 2), min_size=1).map(lambda numbers: tuple(sorted(numbers)))
asked = st.tuples(waves, st.integers(1, 9))


class RolledBack(Exception):
    """Ends a savepoint."""


def counters(event_id: int) -> list[object]:
    taken = db.session.execute(select(Event.taken).where(Event.id == event_id)).scalar_one()
    in_waves = db.session.execute(select(Wave.id, Wave.taken).where(Wave.event_id == event_id).order_by(Wave.id)).all()
    columns = Allotment.wave_id, Allotment.audience, Allotment.people, Allotment.groups
    counted = db.session.execute(select(*columns).order_by(Allotment.wave_id, Allotment.audience)).all()
    return [taken, *map(tuple, in_waves), *map(tuple, counted)]


def outcome(event_id: int, work: Callable[[], object]) -> list[object]:
    """The counters after `work`, or its refusal; then everything is as before."""
    found: list[object] = []
    try:
        with db.session.begin_nested():
            work()
            found = counters(event_id)
            raise RolledBack
    except Conflict as error:
        return [type(error), str(error)]
    except RolledBack:
        return found


def test_exchanging_is_giving_back_and_taking(whole_app: Flask) -> None:
    limits = (AllotmentDraft("school", 8, 2), AllotmentDraft("job_seeker", 10, 1))
    drafts = tuple(
        WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), places, allotments=limits if n == 0 else ())
        for n, places in enumerate(CAPACITIES)
    )
    event = make_event(make_organiser(), forum(waves=drafts, capacity=14, audiences=AUDIENCES))
    ids = [w.id for w in event.waves]

    @settings(max_examples=500 if LONG else 60)
    @given(st.lists(asked, max_size=2), asked, asked, st.sampled_from(AUDIENCES), st.booleans())
    def compare(
        others: list[tuple[tuple[int, ...], int]],
        before: tuple[tuple[int, ...], int],
        after: tuple[tuple[int, ...], int],
        audience: str,
        group: bool,
    ) -> None:
        def held(wanted: tuple[tuple[int, ...], int]) -> Held:
            return Held(tuple(ids[n] for n in wanted[0]), audience, wanted[1], group)

        def give_back_and_take() -> None:
            release_places(event.id, held(before), now=NOW)
            take_places(event.id, held(after))

        try:
            with transaction():
                for wanted in (before, *others):
                    if isinstance(outcome(event.id, lambda w=wanted: take_places(event.id, held(w)))[0], int):  # type: ignore[misc]
                        take_places(event.id, held(wanted))
                    elif wanted is before:
                        raise RolledBack
                exchanged = outcome(event.id, lambda: exchange_places(event.id, held(before), held(after), now=NOW))
                assert exchanged == outcome(event.id, give_back_and_take)
                raise RolledBack
        except RolledBack:
            pass

    compare()
