"""How many really played with the boxes of a loan, written down or mended after they are back."""

from datetime import datetime

from app.core.actor import Actor
from app.core.audit import record
from app.core.errors import MoveNotAllowed
from app.loans.operations.storing import lock_loan, write
from app.loans.players import check_players, may_count_players


def count_players(loan_id: int, counted: int | None, *, by: Actor, now: datetime, revision: int | None = None) -> bool:
    """Write how many played, None when nobody knows; whether that is news.

    Raises LoanNotFound, LoanChanged, MoveNotAllowed before boxes are back and from a year after the end, FieldError
    (players_counted).
    """
    loan, _ = lock_loan(loan_id, by=by, revision=revision)
    if not may_count_players(loan.state, loan.ended_at, now):
        raise MoveNotAllowed("count_players", loan.state.value)
    check_players(counted)
    if counted == loan.players_counted:
        return False
    write(loan.id, players_counted=counted)
    details = {"reference": loan.reference, "before": loan.players_counted, "after": counted}
    record(by, "loan.players_counted", f"loan:{loan.id}", now=now, organiser_id=loan.organiser_id, details=details)
    return True
