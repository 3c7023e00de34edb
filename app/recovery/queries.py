"""What is away and what it was promised to, read in a fixed number of statements whatever the number of boxes and promises."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from app.boxes.enums import BoxCondition
from app.boxes.models import Accreditation, Box, Facilitator, Scenario
from app.boxes.queries import list_scenarios
from app.core.audit import AuditEntry
from app.core.db import db
from app.loans.availability import FOREVER, pools
from app.loans.enums import LoanCancel
from app.loans.models import Loan, LoanBox, LoanFacilitator, LoanReminder
from app.loans.nearest import REACH
from app.loans.queries import LoanRow, list_loans_by_id
from app.loans.queries_events import list_event_uses, list_short_events
from app.loans.rules import HOLDS_BOXES
from app.recovery.errors import SettlingNotFound
from app.recovery.proposals import Ground, Known, propose
from app.recovery.rows import (
    PATIENCE,
    AwayBox,
    LateLoan,
    Promise,
    Reminded,
    Settled,
    Trouble,
    TroubleBox,
    TroubleCount,
)
from app.resources.calendars import lending_zone, open_days
from app.resources.enums import Purpose, ResourceKind, SchoolZone
from app.resources.halfdays import HalfDay, half_day_at
from app.resources.holidays import zone_of_uai
from app.resources.models import Use
from app.resources.queries import list_uses
from app.structures.models import Structure, StructureKind

SETTLED = "boxes.settled"
_INSTANT = timedelta(microseconds=1)
_AWAY = and_(LoanBox.box_id == Box.id, LoanBox.handed_over_at.is_not(None), LoanBox.returned_at.is_(None))


def count_trouble(organiser_id: int, *, now: datetime) -> TroubleCount:
    """What is to be settled, for the pages that say how much it is. Five statements at most."""
    boxes, promises = list_promises(organiser_id, now=now)
    return TroubleCount(tuple(promises), tuple(boxes), len(list_short_events(organiser_id, now=now)))


def list_promises(organiser_id: int, *, now: datetime) -> tuple[list[AwayBox], list[Promise]]:
    """The boxes that are away and the promises that meet that time, the earliest first. Two statements at most."""
    boxes = _away_boxes(organiser_id, now)
    if not boxes:
        return [], []
    by_id = {box.id: box for box in boxes}
    rows = db.session.execute(
        select(
            Use.resource_id, Use.purpose, Use.purpose_id, Use.starts_at, Use.from_at, Use.to_at, Use.ends_at, Loan.revision
        )
        .outerjoin(Loan, and_(Use.purpose == Purpose.LOAN, Loan.id == Use.purpose_id, Loan.state.in_(HOLDS_BOXES)))
        .outerjoin(
            LoanBox,
            and_(
                LoanBox.loan_id == Loan.id, LoanBox.box_id == Use.resource_id, LoanBox.released_at.is_(None),
                LoanBox.handed_over_at.is_(None),
            ),
        )
        .where(
            Use.resource_kind == ResourceKind.BOX, Use.resource_id.in_(list(by_id)), Use.to_at > now,
            or_(LoanBox.id.is_not(None), Use.purpose == Purpose.EVENT),
        )
        .order_by(Use.starts_at, Use.id)
    ).all()  # fmt: skip
    found = (_promise(row, by_id[row.resource_id], now) for row in rows)
    return boxes, [promise for promise in found if promise is not None]


def list_trouble(organiser_id: int, *, now: datetime) -> Trouble:
    """All that is away with what it was promised to, and what can be done for each. At most nineteen statements."""
    boxes, promises = list_promises(organiser_id, now=now)
    short = tuple(list_short_events(organiser_id, now=now))
    if not boxes:
        return Trouble((), short)
    loans = list_loans_by_id({p.purpose_id for p in promises if p.purpose is Purpose.LOAN})
    events = {row.id: row for row in list_event_uses(organiser_id, box_ids=[box.id for box in boxes])}
    standing = [p for p in promises if p.purpose_id in (loans if p.purpose is Purpose.LOAN else events)]
    ground = _ground(organiser_id, boxes, standing, now)
    known = Known(loans, events, _accredited(loans), _zones(loans.values(), ground.calendar.school_zone))
    rows = propose(standing, {box.id: box for box in boxes}, known, ground) if standing else []
    reminded = _reminded([box.late.loan_id for box in boxes if box.late is not None])
    found = [
        TroubleBox(
            box,
            reminded.get(box.late.loan_id) if box.late is not None else None,
            tuple(row for row in rows if row.promise.box_id == box.id),
        )
        for box in boxes
    ]
    return Trouble(tuple(sorted(found, key=_pressing)), short)


def get_settled(organiser_id: int, token: str) -> Settled:
    """What was settled at once. Raises SettlingNotFound."""
    row = db.session.execute(
        select(AuditEntry.at, AuditEntry.actor_label, AuditEntry.details).where(
            AuditEntry.subject == settling(token),
            AuditEntry.organiser_id == organiser_id,
            AuditEntry.verb == SETTLED,
        )
    ).one_or_none()
    if row is None:
        raise SettlingNotFound("settling")
    return Settled(token, row.at, row.actor_label, tuple(row.details["lines"]))


def settling(token: str) -> str:
    """The subject of the history's line."""
    return f"settling:{token}"


def _away_boxes(organiser_id: int, now: datetime) -> list[AwayBox]:
    today = half_day_at(now, lending_zone()).date
    rows = db.session.execute(
        select(
            Box.id, Box.code, Box.scenario_id, Scenario.code.label("scenario_code"),
            Scenario.title_fr.label("scenario_title_fr"), Scenario.title_en.label("scenario_title_en"), Box.condition,
            Box.out_reason, Box.out_note, Box.out_from, Box.out_until, Loan.id.label("loan_id"), Loan.reference,
            Structure.name, Loan.contact_name, Loan.email, Loan.phone, Loan.to_date, Loan.to_half, Loan.promised_on,
        )
        .join(Scenario, Scenario.id == Box.scenario_id)
        .outerjoin(LoanBox, _AWAY)
        .outerjoin(Loan, and_(Loan.id == LoanBox.loan_id, Loan.to_date <= today))
        .outerjoin(Structure, Structure.id == Loan.structure_id)
        .where(
            Box.organiser_id == organiser_id, Box.archived_at.is_(None),
            or_(Box.condition == BoxCondition.OUT_OF_SERVICE, Loan.id.is_not(None)),
        )
        .order_by(Scenario.kind, Scenario.code, Box.code)
    )  # fmt: skip
    found = (_away_box(row, today, now) for row in rows)
    return [box for box in found if box.out is not None or box.late is not None]


def _away_box(row: Any, today: date, now: datetime) -> AwayBox:
    out = late = None
    overdue = False
    if row.condition is BoxCondition.OUT_OF_SERVICE:
        ends = FOREVER if row.out_until is None else max(row.out_until.toordinal() * 2 - 1, today.toordinal() * 2 + 1)
        out, overdue = (row.out_from.toordinal() * 2, ends), row.out_until is not None and row.out_until <= today
    if row.loan_id is not None and (last := HalfDay(row.to_date, row.to_half)).ends_at(lending_zone()) <= now:
        late = LateLoan(
            row.loan_id, row.reference, row.name, row.contact_name, row.email, row.phone, last, row.promised_on
        )
    return AwayBox(
        row.id, row.code, row.scenario_id, row.scenario_code, row.scenario_title_fr, row.scenario_title_en,
        row.out_reason, row.out_note, row.out_from, row.out_until, out, late,
        (late.last.number, FOREVER) if late else None, overdue,
    )  # fmt: skip


def _promise(row: Any, box: AwayBox, now: datetime) -> Promise | None:
    """None where the box is there on all half-days of the use."""
    zone = lending_zone()
    first, from_half = (half_day_at(instant, zone).number for instant in (row.starts_at, row.from_at))
    to_half, last = (half_day_at(instant - _INSTANT, zone).number for instant in (row.to_at, row.ends_at))
    why = box.why(first, last)
    if why is None:
        return None
    today = half_day_at(now, zone).date
    begins = HalfDay.of_number(from_half).date
    waits = False
    if why is LoanCancel.BOX_LATE and box.late is not None:
        promised = box.late.promised_on
        waits = promised is not None and promised >= today and promised.toordinal() * 2 + 1 < first
        waits = waits or begins > today + PATIENCE
    seen = str(row.revision) if row.purpose is Purpose.LOAN else f"{from_half}.{to_half}"
    return Promise(
        row.resource_id, row.purpose, row.purpose_id, first, last, from_half, to_half, why, seen, waits, begins <= today
    )  # fmt: skip


def _ground(organiser_id: int, boxes: Sequence[AwayBox], promises: Sequence[Promise], now: datetime) -> Ground:
    """What stands in the way of giving other boxes or dates: the ledger around the promises, open days, the pools."""
    zone = lending_zone()
    today = half_day_at(now, zone)
    numbers = [today.number, *(n for p in promises for n in (p.first, p.last))]
    first, last = HalfDay.of_number(min(numbers)), HalfDay.of_number(max(numbers) + 2 * REACH)
    calendar = open_days(organiser_id, first.date, last.date)
    scenarios = {row.id: row for archived in (False, True) for row in list_scenarios(organiser_id, archived=archived)}
    found = pools({box.scenario_id for box in boxes}, now=now)
    ground = Ground(calendar, scenarios, found, today, min(numbers), max(numbers) + 2 * REACH)
    begin, end = HalfDay.of_number(ground.first).starts_at(zone), HalfDay.of_number(ground.last).ends_at(zone)
    for use in list_uses(ResourceKind.BOX, [box.id for pool in found.values() for box in pool], begin, end):
        loan_id = use.purpose_id if use.purpose is Purpose.LOAN else None
        from_half, to_half = half_day_at(use.starts_at, zone), half_day_at(use.ends_at - _INSTANT, zone)
        ground.take(use.resource_id, from_half.number, to_half.number, loan_id)
    return ground


def _accredited(loan_ids: Collection[int]) -> dict[int, list[tuple[date, date | None]]]:
    """From when to when somebody named on each of these loans may run its scenario."""
    rows = db.session.execute(
        select(LoanFacilitator.loan_id, Accreditation.granted_on, Accreditation.expires_on)
        .join(Loan, Loan.id == LoanFacilitator.loan_id)
        .join(Facilitator, Facilitator.id == LoanFacilitator.facilitator_id)
        .join(
            Accreditation,
            and_(Accreditation.facilitator_id == Facilitator.id, Accreditation.scenario_id == Loan.scenario_id),
        )
        .where(Loan.id.in_(loan_ids), Accreditation.withdrawn_at.is_(None), Facilitator.ended_at.is_(None))
    )
    found: dict[int, list[tuple[date, date | None]]] = {}
    for loan_id, granted_on, expires_on in rows:
        found.setdefault(loan_id, []).append((granted_on, expires_on))
    return found


def _zones(loans: Iterable[LoanRow], default: SchoolZone) -> dict[int, SchoolZone]:
    """The zone of school holidays of each school that borrows, by the structure's id."""
    schools = {loan.structure_id for loan in loans if loan.structure_kind is StructureKind.SCHOOL}
    rows = db.session.execute(select(Structure.id, Structure.uai).where(Structure.id.in_(schools)))
    return {structure_id: zone_of_uai(uai or "", default) for structure_id, uai in rows}


def _reminded(loan_ids: Collection[int]) -> dict[int, Reminded]:
    rows = db.session.execute(
        select(LoanReminder.loan_id, func.max(LoanReminder.sent_at), func.max(LoanReminder.answered_at))
        .where(LoanReminder.loan_id.in_(loan_ids))
        .group_by(LoanReminder.loan_id)
    )
    return {loan_id: Reminded(sent_at, answered_at) for loan_id, sent_at, answered_at in rows}


def _pressing(found: TroubleBox) -> tuple[bool, int]:
    """Boxes with promises that cannot wait first, by the earliest of them."""
    now = [row.promise.from_half for row in found.rows if not row.promise.can_wait]
    later = [row.promise.from_half for row in found.rows]
    return not now, min(now or later, default=FOREVER)
