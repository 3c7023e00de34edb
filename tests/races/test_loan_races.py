"""Many at once for the last boxes: exactly as many loans as there are boxes, and the ledger stays whole."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.actor import SYSTEM, Actor
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import MoveNotAllowed, WriteConflict
from app.core.tokens import new_token
from app.core.transaction import transaction
from app.loans.drafts import OtherLoan
from app.loans.enums import LoanCancel, LoanMove, LoanState
from app.loans.errors import BoxAway, BoxNotFree, LoanChanged, NoBoxFree
from app.loans.operations import LoanMade, ask_loan, change_dates, enter_loan, move_loan, swap_box
from app.loans.queries import get_loan
from tests.factories import NOW
from tests.integration.loans.world import BORROWER, STAFF, LoanWorld, make_world, period
from tests.races.together import count, together

MANY = 100


def assert_whole() -> None:
    db.session.rollback()
    assert [(r.name, r.problems) for r in run_checks(NOW) if not r.ok] == []
    db.session.rollback()


def test_a_hundred_want_the_last_box(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    drafts = [world.draft("2027-02-01 am", f"2027-02-0{1 + n % 3} pm") for n in range(MANY)]
    answers = together(whole_app, [partial(enter_loan, draft, by=STAFF, now=NOW) for draft in drafts])
    assert Counter(type(a) for a in answers) == {LoanMade: 1, NoBoxFree: MANY - 1}
    assert count("uses") == count("loans") == 1
    assert_whole()


def test_requests_are_no_more_than_there_are_boxes(whole_app: Flask) -> None:
    world = make_world(boxes=5)
    works = [partial(ask_loan, world.draft(boxes=1 + n % 2), by=BORROWER, now=NOW) for n in range(30)]
    answers = together(whole_app, works)
    made = [a for a in answers if isinstance(a, LoanMade)]
    assert sum(get_loan(a.id).boxes for a in made) == 5
    assert_whole()


@pytest.mark.parametrize(("work", "by"), [(ask_loan, BORROWER), (enter_loan, STAFF)])
def test_one_form_sent_by_many_at_once_makes_one_loan(work: Any, by: Actor, whole_app: Flask) -> None:
    world = make_world(boxes=3)
    form = new_token()
    answers = together(whole_app, [partial(work, world.draft(), by=by, now=NOW, form=form) for _ in range(4)])
    assert sorted(answer.again for answer in answers if isinstance(answer, LoanMade)) == [False, True, True, True]
    assert count("loans") == 1
    assert count("uses") == (1 if work is enter_loan else 0)
    assert_whole()


def test_approvals_cancellations_swaps_and_other_dates_at_once(whole_app: Flask) -> None:
    world = make_world(boxes=4)
    loans = [world.enter("2027-02-01 am", "2027-02-02 pm").id for _ in range(4)]
    asked = [world.ask("2027-02-08 am", "2027-02-09 pm").id for _ in range(4)]
    works: list[Any] = []
    for n, (held, wanted) in enumerate(zip(loans, asked, strict=True)):
        box, other = get_loan(held).loan_boxes[0].box_id, loans[(n + 1) % 4]
        theirs = get_loan(other).loan_boxes[0].box_id
        works += [
            partial(swap_box, held, box, theirs, by=STAFF, now=NOW, other=OtherLoan(other)),
            partial(move_loan, wanted, LoanMove.APPROVE, by=STAFF, now=NOW),
            partial(change_dates, held, period("2027-02-08 am", "2027-02-08 pm"), by=STAFF, now=NOW),
            partial(move_loan, held, LoanMove.CANCEL, reason=LoanCancel.OTHER, by=STAFF, now=NOW),
        ]
    answers = together(whole_app, works)
    refusals = [a for a in answers if isinstance(a, Exception)]
    assert all(isinstance(a, NoBoxFree | BoxNotFree | BoxAway | LoanChanged | MoveNotAllowed) for a in refusals)
    assert {get_loan(loan_id).state for loan_id in loans} == {LoanState.CANCELLED}
    assert_whole()


def take_by_sql(world: LoanWorld, loan_id: int, starts: str, ends: str) -> None:
    with transaction():
        db.session.execute(
            text(
                "INSERT INTO uses (organiser_id, resource_kind, resource_id, purpose, purpose_id, starts_at, from_at, to_at,"
                " ends_at, created_at) SELECT organiser_id, resource_kind, resource_id, 'loan', :loan, :starts, :starts, :ends,"
                " :ends, created_at FROM uses WHERE purpose_id = :own"
            ),
            {"loan": loan_id, "starts": starts, "ends": ends, "own": loan_id},
        )


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ("2027-02-01 12:00:00", "2027-02-01 23:00:00"),  # inside
        ("2027-01-20 00:00:00", "2027-03-01 00:00:00"),  # around
        ("2027-01-20 00:00:00", "2027-01-29 12:00:01"),  # one second of the beginning
    ],
)
def test_sql_that_would_overlap_fails(starts: str, ends: str, whole_app: Flask) -> None:
    world = make_world(boxes=1)
    made = world.enter()  # prepared from Friday 29 January, 13:00 in Paris
    with pytest.raises((IntegrityError, WriteConflict)):
        take_by_sql(world, made.id, starts, ends)
    assert count("uses") == 1
    take_by_sql(world, made.id, "2027-01-20 00:00:00", "2027-01-29 12:00:00")  # up to its very beginning
    with pytest.raises((IntegrityError, WriteConflict)), transaction():
        db.session.execute(text("UPDATE uses SET ends_at = '2027-02-01 00:00:00' WHERE starts_at < '2027-01-25'"))
    assert count("uses") == 2


def test_sql_that_takes_a_box_for_nobody_accredited_fails(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    made = world.enter()
    with transaction():
        db.session.execute(text("UPDATE accreditations SET withdrawn_at = granted_on"))
    with pytest.raises((IntegrityError, WriteConflict)):
        take_by_sql(world, made.id, "2027-03-01 00:00:00", "2027-03-02 00:00:00")
    assert count("uses") == 1


def test_agreements_are_kept_as_they_were_made(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    made = world.enter(by=SYSTEM)
    if not count("loan_agreements"):
        with transaction():
            db.session.execute(
                text(
                    "INSERT INTO loan_agreements (loan_id, number, content, sha256, made_at, accepted_name)"
                    " SELECT id, 1, :content, 'x', asked_at, '' FROM loans"
                ),
                {"content": b"%PDF"},
            )
    for statement in ("UPDATE loan_agreements SET sha256 = 'y'", "DELETE FROM loan_agreements"):
        with pytest.raises((IntegrityError, WriteConflict)), transaction():
            db.session.execute(text(statement))
    assert get_loan(made.id).state is LoanState.APPROVED
