"""The planning board of an organiser's boxes: what uses each one, and where a promise cannot be kept."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select

from app.boxes.enums import BoxCondition
from app.boxes.queries import list_boxes
from app.boxes.rows import BoxRow
from app.core.db import db
from app.events.models import Event
from app.loans.enums import LoanState
from app.loans.models import Loan, LoanBox
from app.resources.calendars import lending_zone
from app.resources.enums import Purpose, ResourceKind
from app.resources.halfdays import HalfDay, Period, half_day_at, whole_days
from app.resources.models import Use
from app.resources.queries import list_uses
from app.structures.models import Structure

FOREVER = date(9999, 12, 31).toordinal() * 2 + 1


@dataclass(frozen=True)
class BoardUse:
    """What uses a box, in numbers of half-days, both included: with buffers, and without them.

    `reference` and `state` are a loan's; `slug` an event's. `out`: the borrower has the box. `broken`: the box is out of
    service then. `waits_for`: the reference of the late loan that still has the box.
    """

    first: int
    last: int
    from_half: int
    to_half: int
    purpose: Purpose
    label: str
    reference: str = ""
    slug: str = ""
    state: LoanState | None = None
    out: bool = False
    broken: bool = False
    waits_for: str = ""

    @property
    def conflict(self) -> bool:
        return not self.out and (self.broken or bool(self.waits_for))

    @property
    def period(self) -> Period:
        return Period(HalfDay.of_number(self.from_half), HalfDay.of_number(self.to_half))


@dataclass(frozen=True)
class BoardBox:
    """A box with its uses. `blocked`: half-days out of service; `late_from`: from when on a late borrower keeps it."""

    box: BoxRow
    uses: tuple[BoardUse, ...]
    blocked: tuple[int, int] | None
    late_from: int | None

    def is_free(self, first: int, last: int) -> bool:
        """Whether nothing uses it from one half-day to another."""
        if self.late_from is not None and self.late_from <= last:
            return False
        taken = [(use.first, use.last) for use in self.uses]
        if self.blocked is not None:
            taken.append(self.blocked)
        return all(end < first or begin > last for begin, end in taken)


def box_board(organiser_id: int, first_day: date, last_day: date, *, now: datetime) -> list[BoardBox]:
    """Each box of the inventory, by scenario and code, with what uses it between two days. Five statements."""
    zone = lending_zone()
    boxes = list_boxes(organiser_id)
    span = whole_days(first_day, last_day)
    uses = list_uses(ResourceKind.BOX, [b.id for b in boxes], span.starts_at(zone), span.ends_at(zone))
    loans = _loans({u.purpose_id for u in uses if u.purpose is Purpose.LOAN})
    events = _events({u.purpose_id for u in uses if u.purpose is Purpose.EVENT})
    away = _away(organiser_id)
    halves: dict[datetime, int] = {}

    def number(instant: datetime, *, end: bool) -> int:
        """The half-day that begins there, or that ends there."""
        if instant not in halves:
            half = half_day_at(instant, zone)
            halves[instant] = half.number * 2 + (half.starts_at(zone) != instant)
        found, inside = divmod(halves[instant], 2)
        return found - 1 if end and not inside else found

    by_box = defaultdict[int, list[BoardUse]](list)
    rows = {b.id: b for b in boxes}
    for use in uses:
        box, loan = rows[use.resource_id], loans.get(use.purpose_id) if use.purpose is Purpose.LOAN else None
        first, last = number(use.starts_at, end=False), number(use.ends_at, end=True)
        begins, ends = number(use.from_at, end=False), number(use.to_at, end=True)
        out, late = away.get(box.id), ""
        is_out = out is not None and loan is not None and out[0] == use.purpose_id
        if out is not None and not is_out and _late(out[2], now) and last >= half_day_at(now, zone).number:
            late = out[1]
        blocked = _blocked(box)
        broken = blocked is not None and begins <= blocked[1] and ends >= blocked[0]
        done = loan is not None and loan[2] in {LoanState.RETURNED, LoanState.CHECKED, LoanState.CLOSED}
        over = ends < half_day_at(now, zone).number
        by_box[box.id].append(
            BoardUse(
                first, last, begins, ends, use.purpose,
                loan[1] if loan else events.get(use.purpose_id, ("", ""))[1],
                reference=loan[0] if loan else "", slug="" if loan else events.get(use.purpose_id, ("", ""))[0],
                state=loan[2] if loan else None, out=is_out, broken=broken and not done and not over,
                waits_for="" if done or over else late,
            )
        )  # fmt: skip
    return [BoardBox(b, tuple(by_box[b.id]), _blocked(b), _late_from(away.get(b.id), now)) for b in boxes]


Away = tuple[int, str, Period]
"""Of a box that a borrower has: the loan's id, its reference and its dates."""


def _away(organiser_id: int) -> dict[int, Away]:
    rows = db.session.execute(
        select(LoanBox.box_id, Loan.id, Loan.reference, Loan.from_date, Loan.from_half, Loan.to_date, Loan.to_half)
        .join(Loan, Loan.id == LoanBox.loan_id)
        .where(
            and_(Loan.organiser_id == organiser_id, LoanBox.handed_over_at.is_not(None), LoanBox.returned_at.is_(None))
        )
    )
    return {
        r.box_id: (r.id, r.reference, Period(HalfDay(r.from_date, r.from_half), HalfDay(r.to_date, r.to_half)))
        for r in rows
    }


def _late(period: Period, now: datetime) -> bool:
    return period.ends_at(lending_zone()) <= now


def _late_from(away: Away | None, now: datetime) -> int | None:
    return away[2].last.number if away is not None and _late(away[2], now) else None


def _blocked(box: BoxRow) -> tuple[int, int] | None:
    if box.condition is not BoxCondition.OUT_OF_SERVICE or box.out_from is None:
        return None
    return box.out_from.toordinal() * 2, FOREVER if box.out_until is None else box.out_until.toordinal() * 2 - 1


def _loans(ids: set[int]) -> dict[int, tuple[str, str, LoanState]]:
    """Reference, borrower and state, by id."""
    if not ids:
        return {}
    used = select(Use.purpose_id).where(Use.purpose == Purpose.LOAN) if len(ids) > 500 else sorted(ids)
    rows = db.session.execute(
        select(Loan.id, Loan.reference, Structure.name, Loan.state)
        .join(Structure, Structure.id == Loan.structure_id)
        .where(Loan.id.in_(used))
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _events(ids: set[int]) -> dict[int, tuple[str, str]]:
    """Slug and title, by id."""
    if not ids:
        return {}
    rows = db.session.execute(
        select(Event.id, Event.slug, Event.title_fr).where(Event.id.in_(sorted(ids)), Event.deleted_at.is_(None))
    )
    return {row[0]: (row[1], row[2]) for row in rows}
