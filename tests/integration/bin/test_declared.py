"""What people declared for funders: the bin takes it out of the totals, five people at a time, and nothing brings it back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.models import Event
from app.events.queries import EventRow
from app.registrations.drafts import Statistics
from app.registrations.enums import Gender
from app.registrations.models import DeclaredStatistics
from app.registrations.operations import Registered
from app.registrations.operations.retention import forget_names
from app.reports.queries.statistics import get_declared_totals
from tests.factories import DAY_ONE, NOW, forum, make_event, make_organiser, make_registration, person_draft
from tests.integration.bin.conftest import delete, restore
from tests.integration.bin.test_emptying import LATER, empty, scan

WAVE = WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 200)


@pytest.fixture
def asking(whole_app: Flask) -> EventRow:
    return make_event(make_organiser(), forum(waves=(WAVE,), asks_statistics=True))


def declare(event: EventRow, *genders: Gender) -> list[Registered]:
    return [make_registration(event, person_draft(event, statistics=Statistics(gender=gender))) for gender in genders]


def totals_of(event: EventRow) -> tuple[int | None, int | None, int | None]:
    """People counted, women, men."""
    db.session.rollback()
    totals = get_declared_totals(event.id)
    genders = totals.answers["gender"]
    return totals.people, genders[Gender.WOMAN], genders[Gender.MAN]


def answers_left() -> int:
    db.session.rollback()
    return db.session.execute(select(func.count()).select_from(DeclaredStatistics)).scalar_one()


def test_deleting_somebody_hides_their_five_and_moves_nobody_up(asking: EventRow) -> None:
    made = declare(asking, *[Gender.WOMAN] * 5, *[Gender.MAN] * 6)
    assert totals_of(asking) == (10, None, 5)  # a second answer is masked with one that is too small
    delete(made[2].id)
    assert totals_of(asking) == (5, None, 5)
    delete(made[4].id)
    assert totals_of(asking) == (5, None, 5)
    restore(made[2].id)
    assert totals_of(asking) == (5, None, 5)
    restore(made[4].id)
    assert totals_of(asking) == (10, None, 5)
    delete(made[10].id)  # of a five that is not whole yet
    assert totals_of(asking) == (10, None, 5)


def test_who_came_counts_whatever_was_deleted_since(asking: EventRow) -> None:
    made = declare(asking, *[Gender.WOMAN] * 5)
    scan(asking, made[0].ticket_code)
    delete(made[0].id)
    assert totals_of(asking) == (5, 5, None)


def test_forgetting_names_does_not_bring_back_who_is_in_the_bin(asking: EventRow) -> None:
    made = declare(asking, *[Gender.WOMAN] * 6, Gender.MAN)
    scan(asking, made[6].ticket_code)
    delete(made[6].id)
    delete(made[0].id)
    with transaction():
        assert forget_names(asking, now=LATER) == 7
    assert answers_left() == 6  # without her whom nobody saw
    with transaction():
        assert forget_names(asking, now=LATER) == 0


def test_a_scan_that_let_nobody_in_keeps_no_answer(asking: EventRow, whole_app: Flask) -> None:
    made = declare(asking, *[Gender.WOMAN] * 5, Gender.MAN)
    delete(made[5].id)
    scan(asking, made[5].ticket_code)  # refused, and kept: the scan store only grows
    empty(whole_app)
    assert (answers_left(), totals_of(asking)) == (5, (5, 5, None))


def test_the_totals_are_counted_again_when_the_bin_was_emptied(asking: EventRow, whole_app: Flask) -> None:
    made = declare(asking, *[Gender.WOMAN] * 6)
    delete(made[0].id)
    delete(made[1].id)
    assert totals_of(asking) == (None, None, None)
    version = select(Event.version).where(Event.id == asking.id)
    before = db.session.execute(version).scalar_one()
    restore(made[1].id, now=NOW + timedelta(seconds=1))
    assert totals_of(asking) == (None, None, None)
    empty(whole_app)
    assert totals_of(asking) == (5, 5, None)
    assert db.session.execute(version).scalar_one() == before + 2  # once for her who came back, once for the bin
