"""Moves that need no counting: refuse, agree, cancel, not collected, close."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove, LoanRefusal, LoanState
from app.loans.errors import NoAgreement, TooSoon
from app.loans.happenings import Happening
from app.loans.models import LoanAgreement
from app.loans.operations.approving import approve
from app.loans.operations.storing import let_go, lock_loan, say, write
from app.loans.queries import LoanRow, get_loan
from app.loans.rules import require_move
from app.resources.calendars import lending_zone

NOTE_LENGTH, NAME_LENGTH = 300, 120
_HAPPENINGS = {
    LoanMove.REFUSE: Happening.REFUSED,
    LoanMove.CANCEL: Happening.CANCELLED,
    LoanMove.NOT_COLLECTED: Happening.NOT_COLLECTED,
    LoanMove.CLOSE: Happening.CLOSED,
}


def move_loan(
    loan_id: int,
    move: LoanMove,
    *,
    by: Actor,
    now: datetime,
    refusal: LoanRefusal | None = None,
    reason: LoanCancel | None = None,
    note: str = "",
    box_ids: Sequence[int] = (),
    revision: int | None = None,
) -> LoanState:
    """Approve (perhaps with chosen boxes), refuse (with `refusal`), cancel (with `reason`), not collected, close.

    Agreement, hand-over, return and check have operations of their own. Raises LoanNotFound, LoanChanged, MoveNotAllowed,
    TooSoon, FieldError (reason: required, note: too_long), and what `approve` raises.
    """
    if move is LoanMove.APPROVE:
        return approve(loan_id, by=by, now=now, box_ids=box_ids, revision=revision)
    loan, _ = lock_loan(loan_id, revision=revision, by=by)
    state = require_move(loan.state, move, by)
    if move not in _HAPPENINGS:
        raise MoveNotAllowed(move.value, loan.state.value)
    columns = _reasons(move, refusal, reason, note.strip())
    if move is LoanMove.NOT_COLLECTED and now < loan.period.starts_at(lending_zone()):
        raise TooSoon(loan.reference)
    write(loan.id, state=state, ended_at=now, **columns)
    if move is not LoanMove.CLOSE:
        let_go(loan, now)
    coded = refusal or reason  # people's own words stand in the loan alone
    said = {"reason": coded.value} if coded else {}
    say(_HAPPENINGS[move], get_loan(loan.id), by=by, now=now, details=said)
    return state


def agree_loan(
    loan_id: int,
    *,
    name: str,
    how: AcceptedHow,
    by: Actor,
    now: datetime,
    number: int | None = None,
    revision: int | None = None,
) -> LoanState:
    """Accept the loan's last agreement: by its link, or on paper. `number` is the one that was read.

    On paper the organiser may note it before the file is made. Raises LoanNotFound, LoanChanged, MoveNotAllowed, NoAgreement,
    FieldError (name: required, too_long).
    """
    loan, _ = lock_loan(loan_id, revision=revision, by=by)
    state = require_move(loan.state, LoanMove.AGREE, by)
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH:
        raise FieldError({"name": "too_long" if name else "required"})
    latest = _latest(loan)
    if latest is None and (number is not None or how is AcceptedHow.LINK):
        raise NoAgreement(loan.reference)
    if number is not None and number != latest:
        raise NoAgreement(loan.reference)
    if latest is not None:
        db.session.execute(
            update(LoanAgreement)
            .where(
                LoanAgreement.loan_id == loan.id, LoanAgreement.number == latest, LoanAgreement.accepted_at.is_(None)
            )
            .values(accepted_at=now, accepted_name=name, accepted_how=how)
        )
    write(loan.id, state=state, agreed_at=now)
    details: dict[str, Any] = {"how": how.value, "number": latest}  # who accepted stands in the agreement
    say(Happening.AGREED, get_loan(loan.id), by=by, now=now, details=details)
    return state


def _latest(loan: LoanRow) -> int | None:
    """The agreement that counts: None while it is still to be made for the loan's boxes and dates."""
    number: int | None = db.session.execute(
        select(func.max(LoanAgreement.number)).where(
            LoanAgreement.loan_id == loan.id, LoanAgreement.number > loan.outdated_agreements
        )
    ).scalar_one()
    return number


def _reasons(move: LoanMove, refusal: LoanRefusal | None, reason: LoanCancel | None, note: str) -> dict[str, Any]:
    if len(note) > NOTE_LENGTH:
        raise FieldError({"note": "too_long"})
    if move is LoanMove.REFUSE:
        if refusal is None:
            raise FieldError({"reason": "required"})
        return {"refusal": refusal, "reason_note": note}
    if move is LoanMove.CANCEL:
        if reason is None:
            raise FieldError({"reason": "required"})
        return {"cancel_reason": reason, "reason_note": note}
    return {"reason_note": note} if note else {}
