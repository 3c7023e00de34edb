"""A box's whole history in one list, newest first, and where it is now."""

import enum
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, literal, or_, select, union_all

from app.boxes.enums import OutReason
from app.boxes.models import BoxOutage
from app.core.actor import ActorKind
from app.core.audit import AuditEntry, AuditRow
from app.core.db import db
from app.core.i18n import Locale
from app.events.models import Event
from app.loans.enums import CountMoment, LoanState
from app.loans.models import EventBoxes, Loan, LoanBox
from app.loans.queries import CountRow, list_counts_of
from app.resources.calendars import lending_zone
from app.resources.enums import Half, Purpose, ResourceKind
from app.resources.halfdays import HalfDay, Period
from app.resources.models import Use
from app.structures.models import Structure

PAGE = 20


class LineKind(enum.StrEnum):
    LOAN = "loan"
    EVENT = "event"
    OUTAGE = "outage"
    CHANGE = "change"


@dataclass(frozen=True)
class BoxLoan:
    """A loan that has the box, or had it until a swap (`released`). `missing`: what counts of this box lacked."""

    reference: str
    structure: str
    state: LoanState
    period: Period
    handed_over_at: datetime | None
    returned_at: datetime | None
    checked_at: datetime | None
    released: bool
    missing: tuple[CountRow, ...]


@dataclass(frozen=True)
class BoxAtEvent:
    """`slug` and titles are empty for an event that is in the bin."""

    slug: str
    title_fr: str
    title_en: str
    from_at: datetime
    to_at: datetime

    def title(self, locale: Locale) -> str:
        return self.title_en if locale == "en" and self.title_en else self.title_fr


@dataclass(frozen=True)
class Outage:
    reason: OutReason
    note: str
    started_on: date
    expected_on: date | None
    ended_on: date | None


@dataclass(frozen=True)
class HistoryLine:
    """One of `loan`, `event`, `outage` and `change` is there, by `kind`. `at` orders the list."""

    kind: LineKind
    at: datetime
    loan: BoxLoan | None = None
    event: BoxAtEvent | None = None
    outage: Outage | None = None
    change: AuditRow | None = None


@dataclass(frozen=True)
class HistoryPage:
    lines: tuple[HistoryLine, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True)
class Whereabouts:
    """Who has the box: a borrower, an event, or the depot (`to_check`: back from a loan and not checked yet).

    `due`: the last half-day of the loan that has it; `late`: that is over. `next_*`: what it is promised to next.
    """

    loan: BoxLoan | None = None
    event: BoxAtEvent | None = None
    to_check: BoxLoan | None = None
    late: bool = False
    next_loan: BoxLoan | None = None
    next_event: BoxAtEvent | None = None


def box_history(box_id: int, page: int = 1, *, now: datetime) -> HistoryPage:
    """A page of it, seven statements at most: loans by their hand-over (promises by the day they were made), uses at events
    by their first half-day, times out of service, counts and changes.
    """
    lines = union_all(*_parts(box_id, now)).subquery()
    total = db.session.execute(select(func.count()).select_from(lines)).scalar_one()
    page = max(1, min(page, -(-total // PAGE)))
    found = db.session.execute(
        select(lines.c.kind, lines.c.id, lines.c.at)
        .order_by(lines.c.at.desc(), lines.c.kind, lines.c.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    ids = defaultdict[str, list[int]](list)
    for row in found:
        ids[row.kind].append(row.id)
    told: dict[str, dict[int, Any]] = {
        LineKind.LOAN: _loans(ids[LineKind.LOAN]), LineKind.EVENT: _at_events(ids[LineKind.EVENT]),
        LineKind.OUTAGE: _outages(ids[LineKind.OUTAGE]), LineKind.CHANGE: _changes(ids[LineKind.CHANGE]),
    }  # fmt: skip
    return HistoryPage(
        tuple(HistoryLine(LineKind(r.kind), r.at, **{r.kind: told[r.kind][r.id]}) for r in found), total, page
    )


def whereabouts(box_id: int, *, now: datetime) -> Whereabouts:
    """Where a box is now, and what comes next. Five statements at most."""
    of_box = and_(Use.resource_kind == ResourceKind.BOX, Use.resource_id == box_id)
    held = db.session.execute(
        select(LoanBox.id, LoanBox.returned_at)
        .where(LoanBox.box_id == box_id, LoanBox.handed_over_at.is_not(None), LoanBox.checked_at.is_(None))
        .order_by(LoanBox.returned_at.is_not(None), LoanBox.id.desc())
        .limit(1)
    ).first()
    uses = db.session.execute(
        select(Use.id, Use.purpose, Use.purpose_id, Use.from_at, LoanBox.id.label("loan_box_id"))
        .outerjoin(
            LoanBox,
            and_(
                Use.purpose == Purpose.LOAN, LoanBox.loan_id == Use.purpose_id, LoanBox.box_id == box_id,
                LoanBox.released_at.is_(None),
            ),
        )
        .where(of_box, Use.to_at > now, or_(LoanBox.id.is_(None), LoanBox.handed_over_at.is_(None)))
        .order_by(Use.from_at)
        .limit(2)
    ).all()  # fmt: skip
    loans = _loans([*([held.id] if held else []), *(use.loan_box_id for use in uses if use.loan_box_id)])
    events = _at_events([use.id for use in uses if use.purpose is Purpose.EVENT])
    here = loans[held.id] if held else None
    away = here if held and held.returned_at is None else None
    present = next((use for use in uses if use.purpose is Purpose.EVENT and use.from_at <= now), None)
    following = next((use for use in uses if use is not present), None)
    return Whereabouts(
        loan=away,
        event=events[present.id] if present and not away else None,
        to_check=here if here is not away else None,
        late=away is not None and _is_over(away, now),
        next_loan=loans.get(following.loan_box_id) if following else None,
        next_event=events.get(following.id) if following else None,
    )


def _is_over(loan: BoxLoan, now: datetime) -> bool:
    return loan.period.ends_at(lending_zone()) <= now


def _parts(box_id: int, now: datetime) -> list[Any]:
    """What the list is made of: kind, id and instant of each line. What put it out of service is told by the outage itself."""
    begun = exists().where(
        AuditEntry.verb == "box.out_of_service", BoxOutage.box_id == box_id, BoxOutage.created_at == AuditEntry.at
    )
    return [
        select(
            literal(LineKind.LOAN.value).label("kind"), LoanBox.id.label("id"),
            func.coalesce(LoanBox.handed_over_at, LoanBox.assigned_at, type_=LoanBox.assigned_at.type).label("at"),
        ).where(LoanBox.box_id == box_id),
        select(
            literal(LineKind.EVENT.value), Use.id,
            case((Use.from_at <= now, Use.from_at), else_=Use.created_at),
        ).where(Use.resource_kind == ResourceKind.BOX, Use.resource_id == box_id, Use.purpose == Purpose.EVENT),
        select(literal(LineKind.OUTAGE.value), BoxOutage.id, BoxOutage.created_at).where(BoxOutage.box_id == box_id),
        select(literal(LineKind.CHANGE.value), AuditEntry.id, AuditEntry.at).where(
            AuditEntry.subject == f"box:{box_id}", ~begun
        ),
    ]  # fmt: skip


def _loans(loan_box_ids: Collection[int]) -> dict[int, BoxLoan]:
    """By the id of the loan's box. Two statements."""
    if not loan_box_ids:
        return {}
    rows = db.session.execute(
        select(
            LoanBox.id, Loan.reference, Structure.name, Loan.state, Loan.from_date, Loan.from_half, Loan.to_date,
            Loan.to_half, LoanBox.handed_over_at, LoanBox.returned_at, LoanBox.checked_at, LoanBox.released_at,
        )
        .join(Loan, Loan.id == LoanBox.loan_id)
        .join(Structure, Structure.id == Loan.structure_id)
        .where(LoanBox.id.in_(loan_box_ids))
    ).all()  # fmt: skip
    missing = _missing(loan_box_ids)
    return {
        r.id: BoxLoan(
            r.reference, r.name, r.state, _period(r.from_date, r.from_half, r.to_date, r.to_half), r.handed_over_at,
            r.returned_at, r.checked_at, r.released_at is not None, tuple(missing[r.id]),
        )
        for r in rows
    }  # fmt: skip


def _period(from_date: date, from_half: Half, to_date: date, to_half: Half) -> Period:
    return Period(HalfDay(from_date, from_half), HalfDay(to_date, to_half))


def _missing(loan_box_ids: Collection[int]) -> dict[int, list[CountRow]]:
    """What counts lacked: of the check, else of the return, else of the hand-over."""
    order, counted = list(CountMoment), defaultdict[int, list[CountRow]](list)
    for row in list_counts_of(loan_box_ids):
        counted[row.loan_box_id].append(row)
    found = defaultdict[int, list[CountRow]](list)
    for loan_box_id, counts in counted.items():
        last = max((count.moment for count in counts), key=order.index)
        found[loan_box_id] = [count for count in counts if count.moment is last and count.missing]
    return found


def _at_events(use_ids: Collection[int]) -> dict[int, BoxAtEvent]:
    """By the use's id."""
    if not use_ids:
        return {}
    rows = db.session.execute(
        select(Use.id, Event.slug, Event.title_fr, Event.title_en, Use.from_at, Use.to_at)
        .outerjoin(EventBoxes, EventBoxes.id == Use.purpose_id)
        .outerjoin(Event, and_(Event.id == EventBoxes.event_id, Event.deleted_at.is_(None)))
        .where(Use.id.in_(use_ids))
    )
    return {
        r.id: BoxAtEvent(r.slug or "", r.title_fr or "", r.title_en or "", r.from_at, r.to_at) for r in rows
    }  # fmt: skip


def _outages(ids: Collection[int]) -> dict[int, Outage]:
    if not ids:
        return {}
    rows = db.session.execute(
        select(
            BoxOutage.id, BoxOutage.reason, BoxOutage.note, BoxOutage.started_on, BoxOutage.expected_on,
            BoxOutage.ended_on,
        ).where(BoxOutage.id.in_(ids))
    )  # fmt: skip
    return {row[0]: Outage(*row[1:]) for row in rows}


def _changes(ids: Collection[int]) -> dict[int, AuditRow]:
    if not ids:
        return {}
    rows = db.session.execute(
        select(
            AuditEntry.id, AuditEntry.at, AuditEntry.actor_kind, AuditEntry.actor_label, AuditEntry.verb,
            AuditEntry.details,
        ).where(AuditEntry.id.in_(ids))
    )  # fmt: skip
    return {r.id: AuditRow(r.at, ActorKind(r.actor_kind), r.actor_label, r.verb, r.details) for r in rows}
