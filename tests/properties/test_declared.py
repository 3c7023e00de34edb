"""Whoever is deleted or brought back, what is shown of declared statistics changes by whole fives of people."""

from collections import Counter
from datetime import timedelta
from typing import Any

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.db import db
from app.events.drafts import WaveDraft
from app.registrations.drafts import Statistics
from app.registrations.enums import Gender
from app.reports.queries import statistics
from app.reports.queries.statistics import get_declared_totals
from app.reports.rules import LEAST_SHOWN
from tests.factories import DAY_ONE, forum, make_event, make_organiser, make_registration, person_draft
from tests.integration.bin.conftest import delete, restore
from tests.integration.bin.test_emptying import scan
from tests.properties.conftest import LONG

WAVE = WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 200)
people = st.lists(st.tuples(st.sampled_from(list(Gender)), st.booleans()), min_size=1, max_size=17)
"""What each says, and whether they come."""


def test_what_is_shown_changes_by_whole_fives(whole_app: Flask) -> None:
    @settings(max_examples=60 if LONG else 8)
    @given(people, st.lists(st.integers(0, 16), min_size=1, max_size=8))
    def compare(wanted: list[tuple[Gender, bool]], touched: list[int]) -> None:
        event = make_event(make_organiser(), forum(waves=(WAVE,), asks_statistics=True))
        made = []
        for gender, comes in wanted:
            made.append(make_registration(event, person_draft(event, statistics=Statistics(gender=gender))))
            if comes:
                scan(event, made[-1].ticket_code)
        binned: set[int] = set()
        before = get_declared_totals(event.id).people or 0
        for number in (n % len(made) for n in touched):
            if number in binned:
                restore(made[number].id)
            else:
                delete(made[number].id)
            binned ^= {number}
            db.session.rollback()
            said = Counter({row.gender: row.people for row in grouped(event.id)})
            assert said == shown(wanted, binned)
            now = get_declared_totals(event.id).people or 0
            assert abs(now - before) in {0, LEAST_SHOWN}
            before = now

    compare()


def grouped(event_id: int) -> list[Any]:
    return list(statistics._rows([event_id]))


def shown(wanted: list[tuple[Gender, bool]], binned: set[int]) -> Counter[Gender]:
    """The answers of the whole fives that hold nobody of the bin who did not come."""
    found: Counter[Gender] = Counter()
    for start in range(0, len(wanted) - len(wanted) % LEAST_SHOWN, LEAST_SHOWN):
        five = range(start, start + LEAST_SHOWN)
        if not any(n in binned and not wanted[n][1] for n in five):
            found.update(wanted[n][0] for n in five)
    return found
