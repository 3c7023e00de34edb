"""What is proposed is what availability says and can really be done: all of it at once, refused by nothing, overlapping nothing."""

from datetime import date, timedelta
from random import Random

import pytest
from flask import Flask

from app.boxes.queries import get_scenario_by_id
from app.core.errors import DomainError
from app.core.transaction import rehearsal, transaction
from app.loans.availability import free_boxes
from app.loans.operations import change_dates
from app.loans.queries import get_loan
from app.recovery.queries import count_trouble
from app.recovery.rows import Trouble, TroubleRow
from app.resources.settings import add_closure
from app.structures.models import StructureKind
from tests.factories import NOW
from tests.integration.loans.event_world import assert_whole, book, forum_of
from tests.integration.loans.world import STAFF, LoanWorld, make_world
from tests.integration.recovery.world import box_of, break_box, chosen, lend, settled, trouble

START = date(2027, 1, 25)


def random_half(random: Random, latest: int) -> tuple[date, str]:
    return START + timedelta(days=random.randrange(latest)), random.choice(("am", "pm"))


def filled(random: Random) -> LoanWorld:
    """Boxes lent here and there over four weeks, one of them late, two broken, a closure in between, one at an event."""
    world = make_world(
        8, kind=StructureKind.SCHOOL, before_halves=random.randrange(4), after_halves=random.randrange(4)
    )
    with transaction():
        closed = START + timedelta(days=random.randrange(28))
        add_closure(world.organiser_id, closed, closed + timedelta(days=1), "Inventaire", by=STAFF, now=NOW)
    late = lend(world, "2027-01-18 am", "2027-01-19 pm", at=NOW)
    book(world, forum_of(world))
    for _ in range(9):
        day, half = random_half(random, 28)
        last = day + timedelta(days=random.randrange(6))
        try:
            world.enter(f"{day} {half}", f"{last} pm", boxes=random.choice((1, 1, 2)))
        except DomainError:
            continue
    for box_id in random.sample([b for b in world.box_ids if b != box_of(late)], 2):
        break_box(world, box_id, until=random.choice((None, START + timedelta(days=random.randrange(1, 28)))))
    return world


def assert_as_availability_says(world: LoanWorld, row: TroubleRow) -> None:
    if row.loan is not None:
        scenario, period = get_scenario_by_id(world.scenario_id), row.loan.period
        own = {box.box_id for box in row.loan.loan_boxes}
        free = free_boxes(scenario, period, now=LATE, but_loan_id=row.loan.id)
        assert [box.id for box in row.boxes] == [box.id for box in free if box.id not in own]


LATE = NOW + timedelta(days=10)
"""After the late loan's end, before all that is in the way."""


@pytest.mark.parametrize("seed", range(6))
def test_what_is_proposed_can_be_done(sqlite_app: Flask, seed: int) -> None:
    world = filled(Random(seed))
    found: Trouble = trouble(world, LATE)
    assert len(found.boxes) == 3
    assert count_trouble(world.organiser_id, now=LATE).total == sum(not row.promise.can_wait for row in found.rows)
    for row in found.rows:
        assert_as_availability_says(world, row)
        for period in row.dates:
            assert row.loan is not None
            with rehearsal():
                change_dates(row.loan.id, period, by=STAFF, now=LATE)
    proposed = [row for row in found.rows if row.proposed is not None]
    assert proposed
    settled(world, *(chosen(row) for row in proposed), now=LATE)
    for row in proposed:
        if row.loan is not None and row.proposed is not None:
            assert row.proposed.id in {box.box_id for box in get_loan(row.loan.id).loan_boxes}
    after = trouble(world, LATE)
    assert {row.promise.key for row in after.rows} == {r.promise.key for r in found.rows if r.proposed is None}
    assert_whole(LATE)
