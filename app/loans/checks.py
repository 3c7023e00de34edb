"""What doctor looks at in loans: their boxes, the ledger, accreditations, agreements."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import and_, exists, func, or_, select

from app.boxes.conditions import may_run
from app.boxes.models import Accreditation, Box, Scenario
from app.core.checks import check
from app.core.db import db
from app.loans import belongings, checks_events, checks_names, untrained
from app.loans.enums import LoanState
from app.loans.kept import missing_triggers
from app.loans.models import EventBoxes, Loan, LoanAgreement, LoanBox, LoanFacilitator
from app.loans.operations.forgetting import last_day_named
from app.loans.rules import ENDED, HOLDS_BOXES
from app.resources.enums import Purpose, ResourceKind
from app.resources.models import Use

__all__ = ["belongings", "checks_events", "checks_names", "untrained"]

_OF_LOAN = and_(Use.purpose == Purpose.LOAN, Use.resource_kind == ResourceKind.BOX)
_CURRENT = LoanBox.released_at.is_(None)
_scenario_of_box = select(Box.scenario_id).where(Box.id == Use.resource_id).correlate(Use).scalar_subquery()


@check("loans.triggers", "The database itself keeps uses accredited and agreements as they were made")
def check_triggers(now: datetime) -> list[str]:
    return [f"{name} is missing from the database" for name in missing_triggers(db.session.connection())]


@check("loans.uses", "Each box that is promised or out has its use, and each loan as many boxes as it asked for")
def check_uses(now: datetime) -> list[str]:
    unused = db.session.execute(
        select(Loan.reference, Box.code)
        .join(LoanBox, LoanBox.loan_id == Loan.id)
        .join(Box, Box.id == LoanBox.box_id)
        .where(
            Loan.state.in_(HOLDS_BOXES),
            _CURRENT,
            LoanBox.returned_at.is_(None),
            ~exists().where(_OF_LOAN, Use.purpose_id == Loan.id, Use.resource_id == LoanBox.box_id),
        )
        .order_by(Loan.id, Box.id)
    )
    held = select(LoanBox.loan_id, func.count().label("boxes")).where(_CURRENT).group_by(LoanBox.loan_id).subquery()
    short = db.session.execute(
        select(Loan.reference, Loan.boxes, func.coalesce(held.c.boxes, 0).label("held"))
        .outerjoin(held, held.c.loan_id == Loan.id)
        .where(Loan.state.in_(HOLDS_BOXES), func.coalesce(held.c.boxes, 0) != Loan.boxes)
        .order_by(Loan.id)
    )
    return [
        *(f"{reference} has box {code} without a use in the ledger" for reference, code in unused),
        *(f"{r.reference} asked for {r.boxes} boxes and has {r.held}" for r in short),
    ]


@check("loans.uses_of_nothing", "Each use belongs to a loan or an event that stands and has that box")
def check_uses_of_nothing(now: datetime) -> list[str]:
    of_loan = exists().where(
        Loan.id == Use.purpose_id,
        Loan.state.not_in((ENDED - {LoanState.CLOSED}) | {LoanState.ASKED}),
        LoanBox.loan_id == Loan.id,
        LoanBox.box_id == Use.resource_id,
        _CURRENT,
    )
    of_event = exists().where(
        EventBoxes.id == Use.purpose_id,
        EventBoxes.organiser_id == Use.organiser_id,
        EventBoxes.scenario_id == _scenario_of_box,
        or_(EventBoxes.ended_at.is_(None), Use.from_at < EventBoxes.ended_at),
    )
    box = exists().where(Box.id == Use.resource_id, Box.organiser_id == Use.organiser_id)
    rows = db.session.execute(
        select(Use.id, Use.resource_id, Use.purpose, Use.purpose_id)
        .where(
            Use.resource_kind == ResourceKind.BOX,
            or_(
                ~box,
                and_(Use.purpose == Purpose.LOAN, ~of_loan),
                and_(Use.purpose == Purpose.EVENT, ~of_event),
            ),
        )
        .order_by(Use.id)
    )
    return [f"use {r.id} of box {r.resource_id} is for {r.purpose} {r.purpose_id}, which has no such box" for r in rows]


@check("loans.boxes", "A loan’s boxes are of its own scenario and organiser")
def check_boxes(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Loan.reference, Box.code)
        .join(LoanBox, LoanBox.loan_id == Loan.id)
        .join(Box, Box.id == LoanBox.box_id)
        .join(Scenario, Scenario.id == Loan.scenario_id)
        .where(
            or_(
                and_(Box.scenario_id != Loan.scenario_id, _CURRENT, Loan.state.not_in(ENDED)),
                Box.organiser_id != Loan.organiser_id,
                Scenario.organiser_id != Loan.organiser_id,
            )
        )
        .order_by(Loan.id, Box.id)
    )
    return [f"{reference} has box {code} of another scenario or organiser" for reference, code in rows]


@check("loans.with_one_borrower", "A box is with one borrower at a time")
def check_with_one_borrower(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Box.code, func.count())
        .join(LoanBox, LoanBox.box_id == Box.id)
        .where(LoanBox.handed_over_at.is_not(None), LoanBox.returned_at.is_(None))
        .group_by(Box.id, Box.code)
        .having(func.count() > 1)
        .order_by(Box.id)
    )
    return [f"box {code} is out with {borrowers} borrowers" for code, borrowers in rows]


@check("loans.accredited", "Boxes that ask for it are promised to accredited facilitators alone")
def check_accredited(now: datetime) -> list[str]:
    valid = exists().where(
        LoanFacilitator.loan_id == Loan.id,
        Accreditation.facilitator_id == LoanFacilitator.facilitator_id,
        may_run(Loan.scenario_id, Loan.from_date, Loan.to_date, at=Loan.approved_at),
    )
    rows = db.session.execute(
        select(Loan.reference, Loan.organiser_id, Loan.to_date)
        .join(Scenario, Scenario.id == Loan.scenario_id)
        .where(Loan.state.in_(HOLDS_BOXES), Scenario.asks_accreditation, ~valid)
        .order_by(Loan.id)
    ).all()
    named = [r.reference for r in rows if r.to_date >= last_day_named(r.organiser_id, now)]
    return [f"{reference} has boxes, but nobody on it was accredited when it was approved" for reference in named]


@check("loans.agreements", "Agreements are the bytes that were made: their digests say so")
def check_agreements(now: datetime) -> list[str]:
    ids = db.session.execute(select(LoanAgreement.id).order_by(LoanAgreement.id)).scalars().all()
    return [problem for problem in map(_look_at_agreement, ids) if problem]


def _look_at_agreement(agreement_id: int) -> str:
    """What is wrong with one agreement: read by itself, for it is a whole document."""
    row = db.session.execute(
        select(Loan.reference, LoanAgreement.number, LoanAgreement.content, LoanAgreement.sha256)
        .join(Loan, Loan.id == LoanAgreement.loan_id)
        .where(LoanAgreement.id == agreement_id)
    ).one()
    if sha256(row.content).hexdigest() == row.sha256:
        return ""
    return f"agreement {row.number} of {row.reference} is not what its digest says"
