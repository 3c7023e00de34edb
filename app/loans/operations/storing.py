"""What every operation on a loan does: lock its scenario, look at it, write it, say what happened.

Whoever changes a loan first holds its scenario's row: all that happens to the boxes of one scenario happens one after the other.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, insert, select, update

from app.boxes.models import Scenario
from app.boxes.queries import accredited_on, get_scenario_by_id
from app.boxes.rows import ScenarioRow
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.loans.enums import LoanCancel, LoanState
from app.loans.errors import BoxNotFree, LoanChanged, LoanNotFound, NoAccreditedFacilitator
from app.loans.happenings import Happened, Happening, tell_listeners
from app.loans.models import Loan, LoanAgreement, LoanBox
from app.loans.queries import LoanRow, get_loan
from app.loans.rules import ENDED
from app.resources.calendars import OpenDays, lending_zone, open_days
from app.resources.enums import Purpose, ResourceKind
from app.resources.errors import UsesOverlap
from app.resources.halfdays import Period, half_day_at
from app.resources.operations import bring_forward, release, take_all


def lock_scenario(scenario_id: int) -> ScenarioRow:
    """Hold a scenario's row until the transaction ends. Raises ScenarioNotFound."""
    db.session.execute(select(Scenario.id).where(Scenario.id == scenario_id).with_for_update(key_share=True))
    return get_scenario_by_id(scenario_id)


def lock_loan(loan_id: int, *, revision: int | None = None, by: Actor | None = None) -> tuple[LoanRow, ScenarioRow]:
    """Hold a loan by its scenario's row. Raises LoanNotFound, also where `by` is of another organiser; LoanChanged when it
    is not as it was at `revision`.
    """
    scenario_id = db.session.execute(select(Loan.scenario_id).where(Loan.id == loan_id)).scalar_one_or_none()
    if scenario_id is None:
        raise LoanNotFound(str(loan_id))
    scenario = lock_scenario(scenario_id)
    loan = get_loan(loan_id)
    if by is not None and by.organiser_id not in (None, loan.organiser_id):
        raise LoanNotFound(str(loan_id))
    if revision is not None and revision != loan.revision:
        raise LoanChanged(loan.reference)
    return loan, scenario


def today(now: datetime) -> date:
    """The day in the organiser's time zone."""
    return half_day_at(now, lending_zone()).date


def calendar_of(loan: LoanRow) -> OpenDays:
    return open_days(loan.organiser_id, loan.from_date, loan.to_date)


def write(loan_id: int, **values: Any) -> None:
    """Change a loan. Where its names went before anybody ended it, whoever still works on it may write some: they go again."""
    values = {"names_removed_at": case((Loan.state.in_(ENDED), Loan.names_removed_at)), **values}
    db.session.execute(update(Loan).where(Loan.id == loan_id).values(**values, revision=Loan.revision + 1))


def write_box(loan_box_ids: Iterable[int], **values: Any) -> None:
    db.session.execute(update(LoanBox).where(LoanBox.id.in_(list(loan_box_ids))).values(**values))


def say(
    what: Happening,
    loan: LoanRow,
    *,
    by: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
    from_box: str = "",
    to_box: str = "",
    new_agreement: bool = False,
    why: LoanCancel | None = None,
) -> None:
    """One line of history, and whoever listens is told."""
    line = {"reference": loan.reference, **(details or {})}
    if why is not None:
        line["reason"] = why.value
    record(by, f"loan.{what}", f"loan:{loan.id}", now=now, organiser_id=loan.organiser_id, details=line)
    tell_listeners(Happened(what, loan.id, by, now, from_box, to_box, new_agreement, why))


def require_accredited(scenario: ScenarioRow, facilitator_ids: Iterable[int], period: Period) -> None:
    """Raises NoAccreditedFacilitator where the scenario asks for one and none holds one on all days."""
    if not scenario.asks_accreditation:
        return
    if not accredited_on(scenario.id, list(facilitator_ids), period.first.date, period.last.date):
        raise NoAccreditedFacilitator("none of the facilitators is accredited on all days")


def take_box(loan: LoanRow, scenario: ScenarioRow, box_id: int, period: Period, days: OpenDays, now: datetime) -> None:
    """Write the use of a box for a loan, buffers included. Raises UsesOverlap."""
    take_boxes(loan, scenario, [box_id], period, days, now)


def take_boxes(
    loan: LoanRow, scenario: ScenarioRow, box_ids: Sequence[int], period: Period, days: OpenDays, now: datetime
) -> None:
    """The same of several, in two statements however many. Raises UsesOverlap."""
    take_all(
        ResourceKind.BOX,
        box_ids,
        Purpose.LOAN,
        loan.id,
        period,
        days.with_buffers(period, scenario.before_halves, scenario.after_halves),
        organiser_id=loan.organiser_id,
        zone=lending_zone(),
        now=now,
    )


def begin_use(loan_id: int, box_id: int, code: str, now: datetime) -> None:
    """A box that goes out before its use begins is in use from now on. Raises BoxNotFree when somebody else uses it first."""
    zone = lending_zone()
    try:
        bring_forward(Purpose.LOAN, loan_id, ResourceKind.BOX, box_id, half_day_at(now, zone).starts_at(zone))
    except UsesOverlap as error:
        raise BoxNotFree(code) from error


def assign_boxes(loan_id: int, box_ids: Iterable[int], now: datetime) -> None:
    rows = [{"loan_id": loan_id, "box_id": box_id, "assigned_at": now} for box_id in box_ids]
    if rows:
        db.session.execute(insert(LoanBox).values(rows))


def let_go(loan: LoanRow, now: datetime) -> None:
    """Give back every box that a loan has and that was not handed over, with its use."""
    held = [box for box in loan.loan_boxes if box.handed_over_at is None]
    write_box([box.id for box in held], released_at=now)
    release(Purpose.LOAN, loan.id, [box.box_id for box in held], kind=ResourceKind.BOX)


def to_be_agreed_again(loan: LoanRow) -> dict[str, Any]:
    """Columns of a loan whose boxes or dates change: what was agreed is agreed anew, by an agreement that is still to be made."""
    if loan.state not in {LoanState.APPROVED, LoanState.AGREED}:
        return {}
    latest = select(func.coalesce(func.max(LoanAgreement.number), 0)).where(LoanAgreement.loan_id == loan.id)
    return {"state": LoanState.APPROVED, "agreed_at": None, "outdated_agreements": latest.scalar_subquery()}
