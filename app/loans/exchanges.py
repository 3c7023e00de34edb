"""Which boxes of other loans may be exchanged for one: each would be free for the other's days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.boxes.rows import ScenarioRow
from app.loans.availability import pools
from app.loans.queries import LoanBoxRow, LoanFilter, LoanRow, list_loans
from app.loans.rules import HOLDS_BOXES
from app.resources.calendars import lending_zone, open_days
from app.resources.enums import Purpose, ResourceKind
from app.resources.halfdays import Period
from app.resources.queries import UseRow, list_uses


@dataclass(frozen=True)
class Exchange:
    """The other loan, and its box that this one would get."""

    loan: LoanRow
    box: LoanBoxRow


def list_exchanges(loan: LoanRow, held: LoanBoxRow, scenario: ScenarioRow, *, now: datetime) -> Sequence[Exchange]:
    """The other loans whose box this one could have for its own, by their first day, the first fifty. Seven statements."""
    wanted = LoanFilter(HOLDS_BOXES, scenario_id=scenario.id, from_day=now.astimezone(lending_zone()).date())
    others = [(other, box) for other in list_loans(loan.organiser_id, wanted).loans if other.id != loan.id
              for box in other.loan_boxes if box.handed_over_at is None]  # fmt: skip
    if not others:
        return ()
    every = [loan, *(other for other, _ in others)]
    days = open_days(loan.organiser_id, min(one.from_date for one in every), max(one.to_date for one in every))
    zone = lending_zone()
    spans = {one.id: days.with_buffers(one.period, scenario.before_halves, scenario.after_halves) for one in every}
    ids = {held.box_id, *(box.box_id for _, box in others)}
    first, last = (
        min(span.starts_at(zone) for span in spans.values()),
        max(span.ends_at(zone) for span in spans.values()),
    )
    uses = list_uses(ResourceKind.BOX, ids, first, last)
    blocked = {box.id: box.blocked for box in pools([scenario.id], now=now).get(scenario.id, [])}

    def held_by(box_id: int, span: Period) -> set[tuple[Purpose, int]]:
        return {_whose(use) for use in uses if use.resource_id == box_id and _meets(use, span)}

    def is_lent(box_id: int, span: Period) -> bool:
        reach = (span.first.number, span.last.number)
        return not any(start <= reach[1] and reach[0] <= end for start, end in blocked.get(box_id, ()))

    return [
        Exchange(other, box)
        for other, box in others
        if held_by(box.box_id, spans[loan.id]) == {(Purpose.LOAN, other.id)}
        and held_by(held.box_id, spans[other.id]) <= {(Purpose.LOAN, loan.id)}
        and is_lent(box.box_id, spans[loan.id])
        and is_lent(held.box_id, spans[other.id])
    ]


def _whose(use: UseRow) -> tuple[Purpose, int]:
    return use.purpose, use.purpose_id


def _meets(use: UseRow, span: Period) -> bool:
    zone = lending_zone()
    return use.starts_at < span.ends_at(zone) and use.ends_at > span.starts_at(zone)
