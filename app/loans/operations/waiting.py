"""Requests that wait for somebody to be trained are looked at again when somebody is, and when other people are named."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, or_, select

from app.boxes.happenings import Accredited, on_accredited
from app.boxes.models import Facilitator
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.loans.enums import LoanState
from app.loans.errors import NoAccreditedFacilitator, NoBoxFree
from app.loans.happenings import Happening
from app.loans.models import Loan, LoanFacilitator
from app.loans.operations.approving import approve
from app.loans.operations.asking import store_people, unknown_people
from app.loans.operations.storing import lock_loan, require_accredited, say, to_be_agreed_again, write
from app.loans.queries import LoanRow, get_loan
from app.loans.rules import HOLDS_BOXES, MOST_FACILITATORS, Party, party_of
from app.resources.calendars import lending_zone
from app.structures.models import Structure


@on_accredited
def follow_accreditation(accredited: Accredited) -> None:
    """Look again at each request that names the person, or waits for their training and is of their structure."""
    for loan_id in _list_touched(accredited):
        loan = get_loan(loan_id)
        if accredited.facilitator_id not in {person.id for person in loan.facilitators}:
            if not _is_theirs(loan, accredited.facilitator_id):
                continue
            store_people(loan.id, [accredited.facilitator_id])
            write(loan.id)
        _look_again(loan_id, accredited.now)


def name_facilitators(
    loan_id: int, facilitator_ids: Sequence[int], *, by: Actor, now: datetime, revision: int | None = None
) -> LoanState:
    """Other people run the boxes; the state that the loan is in then, for a trusted borrower's request may be approved by it.

    Borrowers name people of their own structure while their request waits for an answer. Staff name whom they like until the
    boxes are back; one of them must be accredited where boxes are promised already. Raises LoanNotFound, LoanChanged,
    MoveNotAllowed, NoAccreditedFacilitator, FieldError (facilitators/n: unknown_id; facilitators: too_many).
    """
    loan, scenario = lock_loan(loan_id, revision=revision, by=by)
    is_borrower = party_of(by) is Party.BORROWER
    if loan.state is not LoanState.ASKED and (is_borrower or loan.state not in HOLDS_BOXES):
        raise MoveNotAllowed("name_facilitators", loan.state.value)
    ids = list(dict.fromkeys(facilitator_ids))
    problems = unknown_people(loan.organiser_id, ids, loan.structure_id if is_borrower else None)
    if len(ids) > MOST_FACILITATORS:
        problems["facilitators"] = "too_many"
    if problems:
        raise FieldError(problems)
    if set(ids) == {person.id for person in loan.facilitators}:
        return loan.state
    if loan.state is not LoanState.ASKED:
        require_accredited(scenario, ids, loan.period)
    db.session.execute(delete(LoanFacilitator).where(LoanFacilitator.loan_id == loan.id))
    store_people(loan.id, ids)
    write(loan.id, **to_be_agreed_again(loan))
    again = loan.state in {LoanState.APPROVED, LoanState.AGREED}
    say(Happening.PEOPLE_NAMED, get_loan(loan.id), by=by, now=now, details={"people": len(ids)}, new_agreement=again)
    _look_again(loan.id, now)
    return get_loan(loan.id).state


def _list_touched(accredited: Accredited) -> list[int]:
    named = exists().where(
        LoanFacilitator.loan_id == Loan.id, LoanFacilitator.facilitator_id == accredited.facilitator_id
    )
    statement = select(Loan.id).where(
        Loan.organiser_id == accredited.organiser_id,
        Loan.scenario_id == accredited.scenario_id,
        Loan.state == LoanState.ASKED,
        named if accredited.event_id is None else or_(named, Loan.waits_for_event_id == accredited.event_id),
    )
    return list(db.session.execute(statement.order_by(Loan.asked_at, Loan.id)).scalars())


def _is_theirs(loan: LoanRow, facilitator_id: int) -> bool:
    """Whether somebody belongs to the borrower: to its structure, or they are the one who asked."""
    person = db.session.execute(
        select(Facilitator.structure_id, Facilitator.mail_key).where(Facilitator.id == facilitator_id)
    ).one()
    return person.structure_id == loan.structure_id or (bool(loan.email) and person.mail_key == loan.email)


def _look_again(loan_id: int, now: datetime) -> None:
    """Approve a trusted borrower's own request, where somebody is accredited by now; another's waits no longer.

    Without as many free boxes as it asks for, it stays for staff to decide.
    """
    loan, scenario = lock_loan(loan_id)
    if loan.state is not LoanState.ASKED or loan.period.ends_at(lending_zone()) <= now:
        return
    try:
        require_accredited(scenario, [person.id for person in loan.facilitators], loan.period)
    except NoAccreditedFacilitator:
        return
    if is_trusted(loan):
        try:
            approve(loan.id, by=SYSTEM, now=now)
        except NoBoxFree:
            pass
        else:
            return
    if loan.waits_for_event_id is not None:
        write(loan.id, waits_for_event_id=None)
        say(Happening.WAIT_ENDED, get_loan(loan.id), by=SYSTEM, now=now)


def is_trusted(loan: LoanRow) -> bool:
    """A request that a trusted borrower sent themselves: what staff kept as a request, staff decide on."""
    sent = exists().where(
        AuditEntry.subject == f"loan:{loan.id}",
        AuditEntry.verb == f"loan.{Happening.ASKED}",
        AuditEntry.actor_kind == ActorKind.VISITOR.value,
    )
    statement = select(Structure.id).where(Structure.id == loan.structure_id, Structure.trusted_borrower, sent)
    return db.session.execute(statement).first() is not None
