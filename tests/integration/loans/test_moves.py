"""Each move of each state by each party: what the table says, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.boxes.enums import BoxCondition
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.audit import list_history
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.loans.drafts import CheckDraft
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove, LoanRefusal, LoanState
from app.loans.errors import LoanChanged, TooSoon
from app.loans.models import Loan
from app.loans.operations import agree_loan, check_box, hand_over, move_loan, take_back
from app.loans.queries import get_loan
from app.loans.rules import MOVES, Party, moves_for, party_of
from app.resources.enums import Purpose
from app.resources.queries import list_uses_of
from tests.factories import NOW
from tests.integration.loans.world import BORROWER, STAFF, LoanWorld, make_world

ACTORS = {Party.BORROWER: BORROWER, Party.STAFF: STAFF, Party.SYSTEM: SYSTEM}
DURING = NOW + timedelta(days=22)  # Tuesday 2 February 2027

WAY = {
    LoanState.ASKED: (),
    LoanState.APPROVED: (LoanMove.APPROVE,),
    LoanState.AGREED: (LoanMove.APPROVE, LoanMove.AGREE),
    LoanState.HANDED_OVER: (LoanMove.APPROVE, LoanMove.AGREE, LoanMove.HAND_OVER),
    LoanState.RETURNED: (LoanMove.APPROVE, LoanMove.AGREE, LoanMove.HAND_OVER, LoanMove.RETURN),
    LoanState.CHECKED: (LoanMove.APPROVE, LoanMove.AGREE, LoanMove.HAND_OVER, LoanMove.RETURN, LoanMove.CHECK),
    LoanState.CLOSED: (
        LoanMove.APPROVE, LoanMove.AGREE, LoanMove.HAND_OVER, LoanMove.RETURN, LoanMove.CHECK, LoanMove.CLOSE,
    ),
    LoanState.REFUSED: (LoanMove.REFUSE,),
    LoanState.CANCELLED: (LoanMove.CANCEL,),
    LoanState.NOT_COLLECTED: (LoanMove.APPROVE, LoanMove.NOT_COLLECTED),
}  # fmt: skip


def make(loan_id: int, move: LoanMove, by: Actor) -> LoanState:
    """The operation behind a move."""
    loan = get_loan(loan_id)
    box = loan.loan_boxes[0].box_id if loan.loan_boxes else 0
    names: dict[str, Any] = {"given_by": "Manon Lambert", "given_to": "Inès Roux"}
    incomplete = CheckDraft(BoxCondition.INCOMPLETE)
    works: dict[LoanMove, Callable[[], LoanState]] = {
        LoanMove.AGREE: lambda: agree_loan(loan_id, name="Manon", how=AcceptedHow.PAPER, by=by, now=DURING),
        LoanMove.HAND_OVER: lambda: hand_over(loan_id, box, **names, by=by, now=DURING),
        LoanMove.RETURN: lambda: take_back(loan_id, box, **names, by=by, now=DURING),
        LoanMove.CHECK: lambda: check_box(loan_id, box, incomplete, by=by, now=DURING),
    }
    plain = lambda: move_loan(  # noqa: E731
        loan_id, move, refusal=LoanRefusal.OTHER, reason=LoanCancel.OTHER, by=by, now=DURING
    )
    with transaction():
        return works.get(move, plain)()


def loan_in(world: LoanWorld, state: LoanState) -> int:
    loan_id = world.ask(by=STAFF).id
    for move in WAY[state]:
        make(loan_id, move, STAFF)
    assert get_loan(loan_id).state is state
    return loan_id


@pytest.mark.parametrize("state", LoanState)
def test_every_move_by_everybody(state: LoanState, whole_app: Flask) -> None:
    world = make_world(boxes=9)
    loan_id: int | None = None
    for party, actor in ACTORS.items():
        for move in LoanMove:
            if loan_id is None:
                loan_id = loan_in(world, state)
            allowed = MOVES[state].get(move)
            if allowed is not None and party in allowed.parties:
                assert make(loan_id, move, actor) is allowed.to
                assert get_loan(loan_id).state is allowed.to
                loan_id = None
            else:
                with pytest.raises(MoveNotAllowed):
                    make(loan_id, move, actor)
                assert get_loan(loan_id).state is state


def test_who_is_who() -> None:
    assert party_of(Actor(ActorKind.TOKEN, "site")) is Party.STAFF
    assert moves_for(LoanState.ASKED, Party.BORROWER) == (LoanMove.CANCEL,)
    assert moves_for(LoanState.APPROVED, Party.BORROWER) == (LoanMove.AGREE, LoanMove.CANCEL)
    assert moves_for(LoanState.HANDED_OVER, Party.BORROWER) == ()


def test_each_move_is_one_line_of_history(whole_app: Flask) -> None:
    world = make_world()
    loan_id = loan_in(world, LoanState.CLOSED)
    verbs = [line.verb for line in reversed(list_history(f"loan:{loan_id}"))]
    assert verbs == [
        "loan.asked", "loan.approved", "loan.agreed", "loan.handed_over", "loan.returned", "loan.checked", "loan.closed",
    ]  # fmt: skip


def test_what_ends_before_hand_over_gives_its_box_back(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    for end in (LoanMove.CANCEL, LoanMove.NOT_COLLECTED):
        loan_id = loan_in(world, LoanState.APPROVED)
        assert len(list_uses_of(Purpose.LOAN, loan_id)) == 1
        make(loan_id, end, STAFF)
        row = get_loan(loan_id)
        assert list_uses_of(Purpose.LOAN, loan_id) == []
        assert (row.loan_boxes, len(row.former_boxes)) == ((), 1)


def test_not_collected_is_not_said_before_the_first_half_day(whole_app: Flask) -> None:
    world = make_world()
    made = world.enter()
    with pytest.raises(TooSoon), transaction():
        move_loan(made.id, LoanMove.NOT_COLLECTED, by=STAFF, now=NOW)
    first = NOW + timedelta(days=20, hours=15)  # Monday 1 February, 01:00
    with transaction():
        assert move_loan(made.id, LoanMove.NOT_COLLECTED, by=STAFF, now=first) is LoanState.NOT_COLLECTED


def test_who_read_an_older_loan_looks_again(whole_app: Flask) -> None:
    world = make_world()
    made = world.enter()
    revision = get_loan(made.id).revision
    with transaction():
        agree_loan(made.id, name="Manon", how=AcceptedHow.PAPER, by=STAFF, now=NOW, revision=revision)
    with pytest.raises(LoanChanged), transaction():
        move_loan(made.id, LoanMove.CANCEL, reason=LoanCancel.OTHER, by=STAFF, now=NOW, revision=revision)
    assert db.session.execute(select(Loan.state).where(Loan.id == made.id)).scalar_one() is LoanState.AGREED
