"""The planning board of an organiser's boxes: what uses each one, and where a promise cannot be kept."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, select

from app.boxes.enums import BoxCondition
from app.boxes.queries import list_boxes
from app.boxes.rows import BoxRow
from app.core.db import db
from app.core.i18n import Locale
from app.events.models import Event
from app.loans.enums import LoanState
from app.loans.models import EventBoxes, Loan, LoanBox
from app.resources.calendars import lending_zone
from app.resources.enums import Purpose, ResourceKind
from app.resources.halfdays import HalfDay, Period, half_day_at, whole_days
from app.resources.models import Use
from app.resources.queries import UseRow, list_uses
from app.structures.models import Structure

FOREVER = date(9999, 12, 31).toordinal() * 2 + 1
"""The number of a half-day that never comes."""
_DONE = frozenset({LoanState.RETURNED, LoanState.CHECKED, LoanState.CLOSED})


@dataclass(frozen=True)
class BoardUse:
    """What uses a box, in numbers of half-days, both included: with buffers, and without them.

    `reference` and `state` are a loan's; `slug` an event's. `out`: the borrower has the box. `broken`: the box is out of
    service then. `waits_for`: the reference of the late loan that still has the box.
    `out_since`: the half-day in which the borrower took the box, perhaps before the loan's first.
    """

    first: int
    last: int
    from_half: int
    to_half: int
    purpose: Purpose
    label: str
    label_en: str = ""
    reference: str = ""
    slug: str = ""
    state: LoanState | None = None
    out: bool = False
    broken: bool = False
    waits_for: str = ""
    out_since: int | None = None

    @property
    def conflict(self) -> bool:
        return not self.out and (self.broken or bool(self.waits_for))

    @property
    def movable(self) -> bool:
        """Whether another box or other dates may still be given to it from here: a loan that nobody has come for yet."""
        return not self.out and self.state in {LoanState.APPROVED, LoanState.AGREED}

    @property
    def period(self) -> Period:
        return Period(HalfDay.of_number(self.from_half), HalfDay.of_number(self.to_half))

    def name(self, locale: Locale) -> str:
        """The borrower's structure, or the event."""
        return self.label_en if locale == "en" and self.label_en else self.label

    def meets(self, first: int, last: int) -> bool:
        """Whether it uses the box, buffers included, on any half-day from one to another."""
        return self.first <= last and first <= self.last


@dataclass(frozen=True)
class BoardBox:
    """A box with its uses. `blocked`: half-days out of service; `late_from`: from when on a late borrower keeps it.

    `out`: a borrower has it now.
    """

    box: BoxRow
    uses: tuple[BoardUse, ...]
    blocked: tuple[int, int] | None
    late_from: int | None
    out: bool = False

    def is_free(self, first: int, last: int, *, but: str = "") -> bool:
        """Whether nothing uses it from one half-day to another; `but` is the reference of a loan that does not count."""
        return self.is_usable(first, last) and not self.in_the_way(first, last, but=but)

    def is_usable(self, first: int, last: int) -> bool:
        """Whether it is neither out of service nor with a late borrower then, whatever it is promised to."""
        if self.late_from is not None and self.late_from <= last:
            return False
        return self.blocked is None or self.blocked[1] < first or self.blocked[0] > last

    def in_the_way(self, first: int, last: int, *, but: str = "") -> list[BoardUse]:
        """What uses it from one half-day to another, but for one loan."""
        return [use for use in self.uses if use.meets(first, last) and not (but and use.reference == but)]

    @property
    def in_trouble(self) -> bool:
        """Whether it is late, out of service on days shown, or promised where it cannot be."""
        return self.late_from is not None or self.blocked is not None or any(use.conflict for use in self.uses)


def box_board(
    organiser_id: int, first_day: date, last_day: date, *, now: datetime, scenario_id: int | None = None
) -> list[BoardBox]:
    """Each box of the inventory, or of one scenario, by scenario and code, with what uses it between two days. Five statements."""
    zone = lending_zone()
    boxes = list_boxes(organiser_id, scenario_id)
    span = whole_days(first_day, last_day)
    begin, end = span.starts_at(zone), span.ends_at(zone)
    uses = list_uses(ResourceKind.BOX, [b.id for b in boxes], begin, end)
    told = {Purpose.LOAN: _loans(organiser_id, begin, end), Purpose.EVENT: _events(organiser_id, begin, end)}
    away = _away(organiser_id)
    reader = _Reader(half_day_at(now, zone).number, now, zone)
    rows = {b.id: b for b in boxes}
    by_box = defaultdict[int, list[BoardUse]](list)
    for use in uses:
        box = rows[use.resource_id]
        who = told.get(use.purpose, {}).get(use.purpose_id, _NOBODY)
        by_box[box.id].append(reader.read(use, who, box, away.get(box.id)))
    return [
        BoardBox(
            b, tuple(by_box[b.id]), _met(reader.blocked(b), span), reader.late_from(away.get(b.id)), b.id in away
        )
        for b in boxes
    ]  # fmt: skip


class _Told(NamedTuple):
    """Who has a use: a loan or an event."""

    label: str
    label_en: str = ""
    reference: str = ""
    slug: str = ""
    state: LoanState | None = None


class _Away(NamedTuple):
    """Of a box that a borrower has: the loan's id, its reference and its dates."""

    loan_id: int
    reference: str
    period: Period
    since: datetime


_NOBODY = _Told("")


class _Reader:
    """Makes uses of rows. An instant is looked up once, for many uses begin and end together."""

    def __init__(self, now_number: int, now: datetime, zone: ZoneInfo) -> None:
        self._now_number, self._now, self._zone = now_number, now, zone
        self._halves: dict[datetime, int] = {}

    def read(self, use: UseRow, who: _Told, box: BoxRow, away: _Away | None) -> BoardUse:
        first, last = self._number(use.starts_at), self._number(use.ends_at, end=True)
        begins, ends = self._number(use.from_at), self._number(use.to_at, end=True)
        is_out = away is not None and use.purpose is Purpose.LOAN and away.loan_id == use.purpose_id
        over = who.state in _DONE or ends < self._now_number
        blocked = self.blocked(box)
        broken = blocked is not None and begins <= blocked[1] and ends >= blocked[0]
        late = away.reference if away is not None and not is_out and self._is_late(away.period) else ""
        return BoardUse(
            first, last, begins, ends, use.purpose, who.label, who.label_en, who.reference, who.slug, who.state,
            out=is_out, broken=broken and not over, waits_for=late if last >= self._now_number and not over else "",
            out_since=half_day_at(away.since, self._zone).number if is_out and away is not None else None,
        )  # fmt: skip

    def blocked(self, box: BoxRow) -> tuple[int, int] | None:
        """Half-days out of service: until the day it is expected back, and today at least as long as nobody put it back."""
        if box.condition is not BoxCondition.OUT_OF_SERVICE or box.out_from is None:
            return None
        ends = FOREVER if box.out_until is None else max(box.out_until.toordinal() * 2 - 1, self._now_number | 1)
        return box.out_from.toordinal() * 2, ends

    def late_from(self, away: _Away | None) -> int | None:
        return away.period.last.number if away is not None and self._is_late(away.period) else None

    def _is_late(self, period: Period) -> bool:
        return period.ends_at(self._zone) <= self._now

    def _number(self, instant: datetime, *, end: bool = False) -> int:
        """The half-day that begins there, or that ends there."""
        if instant not in self._halves:
            half = half_day_at(instant, self._zone)
            self._halves[instant] = half.number * 2 + (half.starts_at(self._zone) != instant)
        found, inside = divmod(self._halves[instant], 2)
        return found - 1 if end and not inside else found


def _away(organiser_id: int) -> dict[int, _Away]:
    rows = db.session.execute(
        select(
            LoanBox.box_id,
            Loan.id,
            Loan.reference,
            Loan.from_date,
            Loan.from_half,
            Loan.to_date,
            Loan.to_half,
            LoanBox.handed_over_at,
        )
        .join(Loan, Loan.id == LoanBox.loan_id)
        .where(
            and_(Loan.organiser_id == organiser_id, LoanBox.handed_over_at.is_not(None), LoanBox.returned_at.is_(None))
        )
    )
    return {
        r.box_id: _Away(
            r.id, r.reference, Period(HalfDay(r.from_date, r.from_half), HalfDay(r.to_date, r.to_half)), r.handed_over_at
        )
        for r in rows
    }  # fmt: skip


def _met(blocked: tuple[int, int] | None, span: Period) -> tuple[int, int] | None:
    """Half-days out of service, where any of them lies within the days shown."""
    if blocked is None or blocked[0] > span.last.number or blocked[1] < span.first.number:
        return None
    return blocked


def _loans(organiser_id: int, begin: datetime, end: datetime) -> dict[int, _Told]:
    rows = db.session.execute(
        select(Loan.id, Loan.reference, Structure.name, Loan.state)
        .join(Structure, Structure.id == Loan.structure_id)
        .where(Loan.id.in_(_purposes(Purpose.LOAN, organiser_id, begin, end)))
    )
    return {row[0]: _Told(row[2], reference=row[1], state=row[3]) for row in rows}


def _events(organiser_id: int, begin: datetime, end: datetime) -> dict[int, _Told]:
    """By the id of what the event asked for, which is the purpose of its uses."""
    rows = db.session.execute(
        select(EventBoxes.id, Event.slug, Event.title_fr, Event.title_en)
        .join(Event, Event.id == EventBoxes.event_id)
        .where(
            EventBoxes.id.in_(_purposes(Purpose.EVENT, organiser_id, begin, end)), Event.deleted_at.is_(None)
        )
    )  # fmt: skip
    return {row[0]: _Told(row[2], row[3], slug=row[1]) for row in rows}


def _purposes(purpose: Purpose, organiser_id: int, begin: datetime, end: datetime) -> Select[int]:
    return select(Use.purpose_id).where(
        Use.purpose == purpose, Use.resource_kind == ResourceKind.BOX, Use.organiser_id == organiser_id,
        Use.starts_at < end, Use.ends_at > begin,
    )  # fmt: skip
