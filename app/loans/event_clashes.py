"""Why boxes are not free for an event: what uses them then, box by box."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from app.boxes.models import Box
from app.boxes.rows import ScenarioRow
from app.core.db import db
from app.core.i18n import Locale
from app.events.models import Event
from app.loans.availability import count_free, free_boxes
from app.loans.models import EventBoxes, Loan
from app.resources.calendars import lending_zone, open_days
from app.resources.enums import Purpose, ResourceKind
from app.resources.halfdays import Period, half_day_at
from app.resources.models import Use


@dataclass(frozen=True)
class InTheWay:
    """A box that is not free: for a loan (`reference`), an event (`slug`), or out of service or late (neither).

    `period` is the other one's, without buffers; None where nothing uses the box.
    """

    code: str
    reference: str = ""
    slug: str = ""
    title_fr: str = ""
    title_en: str = ""
    period: Period | None = None

    def title(self, locale: Locale) -> str:
        return self.title_en if locale == "en" and self.title_en else self.title_fr


@dataclass(frozen=True)
class FreeForEvent:
    """Of `total` boxes `free` are free on all half-days with buffers; requests that wait ask for `asked` of them."""

    total: int
    free: int
    asked: int
    in_the_way: tuple[InTheWay, ...]


def look_for_boxes(
    scenario: ScenarioRow,
    period: Period,
    *,
    now: datetime,
    but_ids: Collection[int] = (),
    but_row_id: int | None = None,
) -> FreeForEvent:
    """What an event would find. `but_ids`: boxes that it has itself, told as free; `but_row_id`: its own booking, whose uses do
    not stand in the way. Nine statements at most.
    """
    days = open_days(scenario.organiser_id, period.first.date, period.last.date)
    own = () if but_row_id is None else [but_row_id]
    free = free_boxes(scenario, period, now=now, calendar=days, but_event_boxes=own)
    left = count_free(scenario, period, now=now, calendar=days)
    wanted = days.with_buffers(period, scenario.before_halves, scenario.after_halves)
    boxes = db.session.execute(
        select(Box.id, Box.code).where(Box.scenario_id == scenario.id, Box.archived_at.is_(None)).order_by(Box.code)
    ).all()
    known = {box.id for box in free} | set(but_ids)
    used = _uses([box.id for box in boxes if box.id not in known], wanted)
    in_the_way = [
        found for box in boxes if box.id not in known for found in used.get(box.id, [InTheWay(box.code)])
    ]  # fmt: skip
    return FreeForEvent(len(boxes), len(known), max(0, len(free) - left), tuple(in_the_way))


def _uses(box_ids: Collection[int], wanted: Period) -> dict[int, list[InTheWay]]:
    zone = lending_zone()
    rows = db.session.execute(
        select(
            Box.id, Box.code, Use.from_at, Use.to_at, Loan.reference, Event.slug, Event.title_fr, Event.title_en
        )
        .join(Box, and_(Box.id == Use.resource_id, Use.resource_kind == ResourceKind.BOX))
        .outerjoin(Loan, and_(Use.purpose == Purpose.LOAN, Loan.id == Use.purpose_id))
        .outerjoin(EventBoxes, and_(Use.purpose == Purpose.EVENT, EventBoxes.id == Use.purpose_id))
        .outerjoin(Event, Event.id == EventBoxes.event_id)
        .where(
            Use.resource_id.in_(box_ids), Use.starts_at < wanted.ends_at(zone), Use.ends_at > wanted.starts_at(zone),
            or_(Loan.id.is_not(None), Event.id.is_not(None)),
        )
        .order_by(Use.starts_at)
    )  # fmt: skip
    found: dict[int, list[InTheWay]] = {}
    for row in rows:
        first, last = half_day_at(row.from_at, zone), half_day_at(row.to_at, zone).plus(-1)
        period = Period(first, max(first, last))
        found.setdefault(row.id, []).append(
            InTheWay(row.code, row.reference or "", row.slug or "", row.title_fr or "", row.title_en or "", period)
        )
    return found
