"""What the database itself refuses of loans, whoever writes: new rows, and rows that are changed."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.core.errors import WriteConflict
from app.core.transaction import transaction
from app.loans.enums import AcceptedHow
from app.loans.operations import agree_loan, hand_over
from app.loans.queries import get_loan
from tests.factories import NOW
from tests.integration.loans.world import STAFF, LoanWorld, make_world
from tests.races.together import count

COPIED = (
    "INSERT INTO uses (organiser_id, resource_kind, resource_id, purpose, purpose_id, starts_at, from_at, to_at, ends_at,"
    " created_at) SELECT organiser_id, resource_kind, {resource}, purpose, {purpose}, {times}, created_at FROM uses"
    " WHERE purpose_id = :one"
)
SAME = "starts_at, from_at, to_at, ends_at"
LATER = "'2027-02-08 00:00:00', '2027-02-08 00:00:00', '2027-02-09 00:00:00', '2027-02-09 00:00:00'"
REFUSED = {
    "the same time again": COPIED.format(resource="resource_id", purpose="purpose_id", times=SAME),
    "the other's time on this box": COPIED.format(resource=":other_box", purpose="purpose_id", times=SAME),
    "all of the day around": COPIED.format(
        resource="resource_id", purpose=":other", times="'2027-01-01', '2027-01-01', '2027-03-01', '2027-03-01'"
    ),
    "its buffer alone": COPIED.format(resource="resource_id", purpose=":other", times="to_at, to_at, ends_at, ends_at"),
    "a box moved onto another's time": "UPDATE uses SET resource_id = :other_box WHERE purpose_id = :one",
    "a time moved onto another's": "UPDATE uses SET starts_at = '2027-02-08', from_at = '2027-02-08', to_at = '2027-02-20',"
    " ends_at = '2027-02-20' WHERE purpose_id = :one",
    "a use that grows over the next": "UPDATE uses SET ends_at = '2027-02-20' WHERE purpose_id = :one",
    "both on one box": "UPDATE uses SET resource_id = :other_box",
}
"""The other loan has the other box on the same days."""


@pytest.fixture
def world(whole_app: Flask) -> LoanWorld:
    return make_world(boxes=2)


def refused(statement: str, **values: int) -> None:
    with pytest.raises((IntegrityError, WriteConflict)), transaction():
        db.session.execute(text(statement), {key: value for key, value in values.items() if f":{key}" in statement})


def test_no_row_that_would_overlap(world: LoanWorld) -> None:
    one, other = world.enter(), world.enter()
    (mine,) = get_loan(one.id).loan_boxes
    (others,) = get_loan(other.id).loan_boxes
    with transaction():  # and this one's box is used for it a week later
        later = COPIED.format(resource=":mine", purpose="purpose_id", times=LATER)
        db.session.execute(text(later), {"one": other.id, "mine": mine.box_id})
    before = count("uses")
    for what, statement in REFUSED.items():
        refused(statement, one=one.id, other=other.id, other_box=others.box_id)
        assert count("uses") == before, what


def test_no_use_without_somebody_accredited(world: LoanWorld) -> None:
    one, other = world.enter(), world.enter("2027-03-01 am", "2027-03-02 pm")
    with transaction():
        db.session.execute(text("DELETE FROM loan_facilitators WHERE loan_id = :other"), {"other": other.id})
    refused("UPDATE uses SET purpose_id = :other WHERE purpose_id = :one", one=one.id, other=other.id)
    refused(
        COPIED.format(resource="resource_id", purpose="purpose_id", times=LATER.replace("02-0", "05-0")), one=other.id
    )
    with transaction():  # later, earlier, in another box: all but whose it is may change
        db.session.execute(text("UPDATE uses SET ends_at = to_at WHERE purpose_id = :other"), {"other": other.id})


def test_a_box_is_with_one_borrower_at_a_time(world: LoanWorld) -> None:
    one, other = world.enter(), world.enter()
    (box,) = get_loan(one.id).loan_boxes
    with transaction():
        agree_loan(one.id, name="Manon", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        hand_over(one.id, box.box_id, given_by="Inès", given_to="Manon", by=STAFF, now=NOW)
    refused(
        "INSERT INTO loan_boxes (loan_id, box_id, assigned_at, handed_over_at)"
        " SELECT :other, box_id, assigned_at, handed_over_at FROM loan_boxes WHERE loan_id = :one",
        one=one.id, other=other.id,
    )  # fmt: skip
    refused(
        "UPDATE loan_boxes SET handed_over_at = assigned_at, box_id = :box WHERE loan_id = :other",
        other=other.id, box=box.box_id,
    )  # fmt: skip
    with transaction():
        back = "UPDATE loan_boxes SET returned_at = handed_over_at WHERE loan_id = :one"
        db.session.execute(text(back), {"one": one.id})
        again = "UPDATE loan_boxes SET handed_over_at = assigned_at, box_id = :box WHERE loan_id = :other"
        db.session.execute(text(again), {"other": other.id, "box": box.box_id})
