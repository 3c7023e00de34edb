"""A box leaves the inventory, or breaks, while somebody promises it or hands it over: one of the two sees the other."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from app.boxes.enums import BoxCondition, OutReason
from app.boxes.errors import BoxPromised
from app.boxes.operations.boxes import archive_box, put_out_of_service
from app.boxes.queries import get_box_by_id
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import DomainError
from app.core.transaction import transaction
from app.loans.enums import AcceptedHow, LoanState
from app.loans.errors import BoxOutOfService, NoBoxFree
from app.loans.operations import agree_loan, approve, hand_over
from app.loans.queries import get_loan
from tests.conftest import running_app
from tests.factories import NOW
from tests.integration.dbs import empty_tables, wait_until
from tests.integration.loans.world import STAFF, LoanWorld, make_world
from tests.races.together import together

ROUNDS = 4
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
Work = Callable[[], Any]


@pytest.fixture
def postgresql_app(postgresql_url: str, tmp_path: Path) -> Iterator[Flask]:
    with running_app(postgresql_url, tmp_path) as made:
        empty_tables(made)
        with made.app_context():
            yield made


def crossing(app: Flask, url: str, first: Work, second: Work) -> Any:
    """Begin `second` when `first` is done but not committed, and commit when it waits (or ended): its answer or refusal."""
    answers: list[Any] = []

    def run() -> None:
        with app.app_context():
            try:
                with transaction():
                    answer = second()
                answers.append(answer)
            except DomainError as refusal:
                answers.append(refusal)

    thread, engine = threading.Thread(target=run), create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as looking:
        with transaction():
            first()
            thread.start()
            wait_until(lambda: bool(answers) or bool(looking.execute(WAITING).scalar_one()))
        thread.join(60)
    engine.dispose()
    db.session.rollback()
    (answer,) = answers
    return answer


def archiving(world: LoanWorld) -> Work:
    return partial(archive_box, world.box_ids[0], organiser_id=world.organiser_id, by=STAFF, now=NOW)


def breaking(world: LoanWorld) -> Work:
    values: dict[str, Any] = {"until": None, "organiser_id": world.organiser_id, "today": NOW.date()}
    return partial(put_out_of_service, world.box_ids[0], OutReason.BROKEN, **values, by=STAFF, now=NOW)


def approving(world: LoanWorld) -> tuple[int, Work]:
    asked = world.ask().id
    return asked, partial(approve, asked, by=STAFF, now=NOW)


def handing_over(world: LoanWorld) -> tuple[int, Work]:
    loan_id = world.enter("2027-01-12 am", "2027-01-13 pm").id
    with transaction():
        agree_loan(loan_id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
    return loan_id, partial(hand_over, loan_id, world.box_ids[0], given_by="Inès", given_to="Manon", by=STAFF, now=NOW)


def assert_whole() -> None:
    assert [(r.name, r.problems) for r in run_checks(NOW) if not r.ok] == []
    db.session.rollback()


def box_of(world: LoanWorld) -> Any:
    return get_box_by_id(world.box_ids[0], organiser_id=world.organiser_id)


def test_archived_before_it_is_promised(postgresql_app: Flask, postgresql_url: str) -> None:
    world = make_world(boxes=1)
    asked, promise = approving(world)
    assert isinstance(crossing(postgresql_app, postgresql_url, archiving(world), promise), NoBoxFree)
    assert (box_of(world).archived_at, get_loan(asked).state) == (NOW, LoanState.ASKED)
    assert_whole()


def test_promised_before_it_is_archived(postgresql_app: Flask, postgresql_url: str) -> None:
    world = make_world(boxes=1)
    asked, promise = approving(world)
    assert isinstance(crossing(postgresql_app, postgresql_url, promise, archiving(world)), BoxPromised)
    assert (box_of(world).archived_at, get_loan(asked).state) == (None, LoanState.APPROVED)
    assert_whole()


def test_broken_before_it_is_handed_over(postgresql_app: Flask, postgresql_url: str) -> None:
    world = make_world(boxes=1)
    loan_id, give = handing_over(world)
    assert isinstance(crossing(postgresql_app, postgresql_url, breaking(world), give), BoxOutOfService)
    assert get_loan(loan_id).state is LoanState.AGREED
    assert_whole()


def test_handed_over_before_it_is_told_broken(postgresql_app: Flask, postgresql_url: str) -> None:
    world = make_world(boxes=1)
    loan_id, give = handing_over(world)
    assert crossing(postgresql_app, postgresql_url, give, breaking(world)) is None
    assert get_loan(loan_id).state is LoanState.HANDED_OVER
    assert box_of(world).condition is BoxCondition.OUT_OF_SERVICE
    assert_whole()


def test_at_once_one_of_the_two_sees_the_other(whole_app: Flask) -> None:
    for _ in range(ROUNDS):
        world = make_world(boxes=1)
        asked, promise = approving(world)
        archived, approved = together(whole_app, [archiving(world), promise])
        if approved is LoanState.APPROVED:
            assert isinstance(archived, BoxPromised)
        else:
            assert isinstance(approved, NoBoxFree)
            assert archived is None
        assert (box_of(world).archived_at is None) is (get_loan(asked).state is LoanState.APPROVED)
        db.session.rollback()
        other = make_world(boxes=1)
        loan_id, give = handing_over(other)
        broken, given = together(whole_app, [breaking(other), give])
        assert broken is None
        assert given is LoanState.HANDED_OVER or isinstance(given, BoxOutOfService)
        out = get_loan(loan_id).state is LoanState.HANDED_OVER
        assert out is (given is LoanState.HANDED_OVER)
        db.session.rollback()
    assert_whole()
