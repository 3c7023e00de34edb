"""The figures of what an organiser lends, by school year or calendar year, in a fixed number of statements (docs/boxes.md)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from app.boxes.enums import OutReason
from app.boxes.models import Box, BoxOutage, Scenario, ScenarioItem
from app.core.db import db
from app.loans.enums import CountMoment, LoanState
from app.loans.models import EventBoxes, Loan, LoanBox, LoanCount
from app.reports.lending import (
    BoxLine,
    Halves,
    LendingFigures,
    LendingYear,
    Lent,
    Lost,
    LostBox,
    OpenHalves,
    Played,
    Repair,
    ScenarioLine,
    Unmet,
    YearKind,
    days_within,
    merged,
    most_first,
    sum_up,
    sums_by,
)
from app.resources.calendars import lending_zone, open_days
from app.resources.enums import Purpose, ResourceKind
from app.resources.halfdays import half_day_at, whole_days
from app.resources.models import Use
from app.structures.models import Structure, StructureKind

UNMET = (LoanState.REFUSED, LoanState.CANCELLED, LoanState.NOT_COLLECTED)


@dataclass(frozen=True)
class _Rows:
    """What both years are summed up from; `spans`: by box, the half-days on which it was out."""

    boxes: Sequence[Any]
    lent: Sequence[Lent]
    spans: dict[int, list[Halves]]
    unmet: Sequence[Any]
    lost: Sequence[Any]
    outages: Sequence[Any]
    open: OpenHalves
    today: date
    this_half: int


def lending_figures(
    organiser_id: int, year: LendingYear, *, now: datetime, scenario_id: int | None = None
) -> tuple[LendingFigures, LendingFigures]:
    """The figures of a year and of the year before it; of one scenario where that is said. Eight statements.

    A loan counts with all its boxes on the day of its hand-over, an event's use on its first day, both up to now; a request that
    came to nothing on the first day it was for. Half-days count up to the present one.
    """
    first, last = year.before.first, year.last
    uses = _uses(organiser_id, first, last, scenario_id, now)
    boxes = db.session.execute(_boxes(organiser_id, scenario_id)).all()
    scenarios = {box.id: box.scenario_id for box in boxes}
    rows = _Rows(
        boxes,
        [*_loans(organiser_id, first, last, scenario_id), *_at_events(uses, scenarios)],
        _spans(uses, now),
        db.session.execute(_unmet(organiser_id, first, last, scenario_id)).all(),
        _lost(organiser_id, first, last, scenario_id),
        db.session.execute(_outages(organiser_id, first, last, scenario_id)).all(),
        OpenHalves(first, last, open_days(organiser_id, first, last).is_open),
        half_day_at(now, lending_zone()).date,
        half_day_at(now, lending_zone()).number,
    )
    return _figures(year, rows), _figures(year.before, rows)


def list_lending_years(organiser_id: int, kind: YearKind, *, now: datetime) -> list[LendingYear]:
    """The years from the first loan or event use to the present one, the newest first. Two statements."""
    days = [
        db.session.execute(select(func.min(table.from_date)).where(table.organiser_id == organiser_id)).scalar_one()
        for table in (Loan, EventBoxes)
    ]
    present = LendingYear.of(half_day_at(now, lending_zone()).date, kind)
    oldest = min([present.year, *(LendingYear.of(day, kind).year for day in days if day is not None)])
    return [LendingYear(kind, year) for year in range(present.year, oldest - 1, -1)]


# --- Statements -----------------------------------------------------------------------------------------------------


def _boxes(organiser_id: int, scenario_id: int | None) -> Any:
    statement = (
        select(
            Box.id, Box.code, Box.scenario_id, Box.created_at, Box.archived_at,
            func.coalesce(Box.value_cents, Scenario.value_cents).label("value_cents"),
            Scenario.code.label("scenario_code"), Scenario.title_fr, Scenario.title_en,
        )
        .join(Scenario, Scenario.id == Box.scenario_id)
        .where(Box.organiser_id == organiser_id)
        .order_by(Scenario.kind, Scenario.code, Box.code)
    )  # fmt: skip
    return statement if scenario_id is None else statement.where(Box.scenario_id == scenario_id)


def _handed_over(organiser_id: int, first: date, last: date, scenario_id: int | None) -> list[Any]:
    """Conditions on loans with their boxes: handed over between two days. A box that was swapped away never went out."""
    span, zone = whole_days(first, last), lending_zone()
    found: list[Any] = [
        Loan.organiser_id == organiser_id, Loan.handed_over_at >= span.starts_at(zone),
        Loan.handed_over_at < span.ends_at(zone), LoanBox.handed_over_at.is_not(None), LoanBox.released_at.is_(None),
    ]  # fmt: skip
    return found if scenario_id is None else [*found, Loan.scenario_id == scenario_id]


def _loans(organiser_id: int, first: date, last: date, scenario_id: int | None) -> Iterable[Lent]:
    rows: Any = db.session.execute(
        select(
            Loan.handed_over_at, LoanBox.box_id, Loan.scenario_id, Loan.id, Loan.structure_id, Loan.purpose, Loan.players,
            Loan.players_counted,
        )
        .join(LoanBox, LoanBox.loan_id == Loan.id)
        .where(*_handed_over(organiser_id, first, last, scenario_id))
    ).all()  # fmt: skip
    borrowers = _borrowers({row.structure_id for row in rows})
    zone = lending_zone()
    return [
        Lent(out.astimezone(zone).date(), box, scenario, loan, *borrowers[borrower], purpose, announced, counted)
        for out, box, scenario, loan, borrower, purpose, announced, counted in rows
    ]


def _borrowers(structure_ids: Collection[int]) -> dict[int, tuple[int, StructureKind, str]]:
    """By id. Read by themselves, for few borrow thousands of times."""
    statement = select(Structure.id, Structure.kind, Structure.commune).where(Structure.id.in_(structure_ids))
    return {row.id: (row.id, row.kind, row.commune) for row in db.session.execute(statement)}


def _uses(organiser_id: int, first: date, last: date, scenario_id: int | None, now: datetime) -> Sequence[Any]:
    """Uses of boxes that went out or were taken to an event by now. A loan's may be out still, or came back late."""
    span, zone = whole_days(first, last), lending_zone()
    went = and_(
        Use.purpose == Purpose.LOAN, LoanBox.loan_id == Use.purpose_id, LoanBox.box_id == Use.resource_id,
        LoanBox.handed_over_at.is_not(None), LoanBox.released_at.is_(None),
    )  # fmt: skip
    late = and_(Use.to_at <= span.starts_at(zone), LoanBox.id.is_not(None))
    late = and_(late, or_(LoanBox.returned_at.is_(None), LoanBox.returned_at > span.starts_at(zone)))
    is_out = and_(LoanBox.id.is_not(None), LoanBox.returned_at.is_(None))
    statement = (
        select(
            Use.resource_id, Use.purpose, Use.purpose_id, Use.from_at, Use.to_at, is_out.label("is_out"),
            case((LoanBox.returned_at >= Use.to_at, LoanBox.returned_at)).label("late_until"),
        )
        .outerjoin(LoanBox, went)
        .where(
            Use.organiser_id == organiser_id, Use.resource_kind == ResourceKind.BOX, Use.from_at < span.ends_at(zone),
            or_(Use.to_at > span.starts_at(zone), late),
            or_(LoanBox.id.is_not(None), and_(Use.purpose == Purpose.EVENT, Use.from_at <= now)),
        )
    )  # fmt: skip
    if scenario_id is not None:
        statement = statement.where(Use.resource_id.in_(select(Box.id).where(Box.scenario_id == scenario_id)))
    return db.session.execute(statement).all()


def _at_events(uses: Sequence[Any], scenarios: Mapping[int, int]) -> Iterable[Lent]:
    """Each box once at an event, on its first day there: one that was swapped away and came back has two uses."""
    zone = lending_zone()
    first: dict[tuple[int, int], Any] = {}
    for use in sorted((use for use in uses if use.purpose is Purpose.EVENT), key=lambda use: use.from_at):
        first.setdefault((use.purpose_id, use.resource_id), use)
    return [
        Lent(use.from_at.astimezone(zone).date(), use.resource_id, scenarios[use.resource_id]) for use in first.values()
    ]


def _spans(uses: Sequence[Any], now: datetime) -> dict[int, list[Halves]]:
    """By box, from the first half-day of each use to its last: a loan that is late lasts until the box is back, or until now."""
    zone, present = lending_zone(), half_day_at(now, lending_zone()).number

    @cache
    def number(instant: datetime) -> int:
        return half_day_at(instant, zone).number

    @cache
    def last_number(until: datetime) -> int:
        return half_day_at(until - timedelta(microseconds=1), zone).number

    found = defaultdict[int, list[Halves]](list)
    for box_id, _purpose, _purpose_id, from_at, to_at, is_out, late_until in uses:
        begins, end = number(from_at), last_number(to_at)
        if is_out:
            end = present
        elif late_until is not None:
            end = number(late_until)
        if begins <= end:  # a box that went out early is not in use yet
            found[box_id].append((begins, end))
    return {box_id: merged(spans) for box_id, spans in found.items()}


def _unmet(organiser_id: int, first: date, last: date, scenario_id: int | None) -> Any:
    statement = select(
        Loan.from_date, Loan.state, Loan.refusal, Loan.cancel_reason, Loan.boxes, Loan.players
    ).where(Loan.organiser_id == organiser_id, Loan.state.in_(UNMET), Loan.from_date.between(first, last))  # fmt: skip
    return statement if scenario_id is None else statement.where(Loan.scenario_id == scenario_id)


def _lost(organiser_id: int, first: date, last: date, scenario_id: int | None) -> Sequence[Any]:
    """Things missing at the check of a loan's box of which more were there at the hand-over. What is used up is no loss."""
    out, back = aliased(LoanCount), aliased(LoanCount)
    statement = (
        select(
            Loan.handed_over_at, Scenario.code, back.name, (out.counted - back.counted).label("number"),
            ScenarioItem.value_cents,
        )
        .select_from(Loan)
        .join(LoanBox, LoanBox.loan_id == Loan.id)
        .join(Scenario, Scenario.id == Loan.scenario_id)
        .join(
            back,
            and_(
                back.loan_box_id == LoanBox.id, back.moment == CountMoment.CHECK, back.consumable.is_(False),
                back.counted < back.expected,
            ),
        )
        .join(
            out,
            and_(
                out.loan_box_id == LoanBox.id, out.moment == CountMoment.HAND_OVER,
                func.coalesce(out.item_id, 0) == func.coalesce(back.item_id, 0),
                func.coalesce(out.box_item_id, 0) == func.coalesce(back.box_item_id, 0), out.counted > back.counted,
            ),
        )
        .outerjoin(ScenarioItem, ScenarioItem.id == back.item_id)
        .where(*_handed_over(organiser_id, first, last, scenario_id))
    )  # fmt: skip
    return db.session.execute(statement).all()


def _outages(organiser_id: int, first: date, last: date, scenario_id: int | None) -> Any:
    statement = (
        select(BoxOutage.box_id, BoxOutage.reason, BoxOutage.started_on, BoxOutage.ended_on)
        .join(Box, Box.id == BoxOutage.box_id)
        .where(
            BoxOutage.organiser_id == organiser_id, BoxOutage.started_on <= last,
            or_(BoxOutage.ended_on.is_(None), BoxOutage.ended_on >= first),
        )
        .order_by(BoxOutage.started_on, BoxOutage.id)
    )  # fmt: skip
    return statement if scenario_id is None else statement.where(Box.scenario_id == scenario_id)


# --- Sums -----------------------------------------------------------------------------------------------------------


def _figures(year: LendingYear, rows: _Rows) -> LendingFigures:
    first, last = year.first, year.last
    lent = [use for use in rows.lent if first <= use.day <= last]
    loans = [use for use in lent if use.loan_id is not None]
    scenarios = _scenarios(year, rows, lent)
    month_of = cache(lambda day: f"{day:%Y-%m}")
    months = sums_by(lent, lambda use: month_of(use.day))
    return LendingFigures(
        year,
        sum_up(lent, (sum(s.played.used for s in scenarios), sum(s.played.open for s in scenarios))),
        scenarios,
        {month: months.get(month, Played()) for month in year.months},
        most_first(sums_by(loans, lambda use: use.kind)),
        most_first(sums_by(loans, lambda use: use.commune)),
        most_first(sums_by(loans, lambda use: use.purpose)),
        _sum_unmet(year, rows),
        _sum_lost(year, rows),
        _lost_boxes(year, rows),
        _repairs(year, rows),
    )


def _scenarios(year: LendingYear, rows: _Rows, lent: Sequence[Lent]) -> tuple[ScenarioLine, ...]:
    """Each scenario with its boxes that were in the inventory in the year, or used in it."""
    by_box, by_scenario = _grouped(lent, lambda use: use.box_id), _grouped(lent, lambda use: use.scenario_id)
    groups: dict[int, list[Any]] = {}
    for box in rows.boxes:
        groups.setdefault(box.scenario_id, []).append(box)
    found = []
    for scenario_id, boxes in groups.items():
        lines = []
        for box in boxes:
            played = sum_up(by_box.get(box.id, ()), _occupied(year, rows, box))
            if played.anything or played.open:
                lines.append(BoxLine(box.code, box.archived_at is not None, played))
        occupied = (sum(line.played.used for line in lines), sum(line.played.open for line in lines))
        played = sum_up(by_scenario.get(scenario_id, ()), occupied)
        if lines or played.anything:
            said = boxes[0]
            found.append(
                ScenarioLine(scenario_id, said.scenario_code, said.title_fr, said.title_en, played, tuple(lines))
            )
    return tuple(found)


def _grouped(lent: Sequence[Lent], key: Callable[[Lent], int]) -> dict[int, list[Lent]]:
    found = defaultdict[int, list[Lent]](list)
    for use in lent:
        found[key(use)].append(use)
    return found


def _occupied(year: LendingYear, rows: _Rows, box: Any) -> Halves:
    """Open half-days of the year on which the box was out, and those on which it was in the inventory, up to the present one."""
    zone = lending_zone()
    first = max(year.first, box.created_at.astimezone(zone).date()).toordinal() * 2
    last = min(year.last.toordinal() * 2 + 1, rows.this_half)
    if box.archived_at is not None:
        last = min(last, box.archived_at.astimezone(zone).date().toordinal() * 2 - 1)
    return rows.open.used(rows.spans.get(box.id, ()), first, last), rows.open.between(first, last)


def _sum_unmet(year: LendingYear, rows: _Rows) -> tuple[Unmet, ...]:
    """Refused ones first, each reason by its weight."""
    sums: dict[tuple[LoanState, str], list[int]] = {}
    for row in rows.unmet:
        if row.from_date in year:
            reason = row.refusal or row.cancel_reason
            found = sums.setdefault((row.state, reason.value if reason else ""), [0, 0, 0])
            for at, number in enumerate((1, row.boxes, row.players or 0)):
                found[at] += number
    order = sorted(sums.items(), key=lambda item: (UNMET.index(item[0][0]), -item[1][0], item[0][1]))
    return tuple(Unmet(state, reason, *numbers) for (state, reason), numbers in order)


def _sum_lost(year: LendingYear, rows: _Rows) -> tuple[Lost, ...]:
    """By scenario and name; a value that is not known of one of them is known of none."""
    zone = lending_zone()
    sums: dict[tuple[str, str], tuple[int, int | None]] = {}
    for row in rows.lost:
        if row.handed_over_at.astimezone(zone).date() in year:
            number, cents = sums.get((row.code, row.name), (0, 0))
            known = cents is not None and row.value_cents is not None
            value = (cents or 0) + row.number * row.value_cents if known else None
            sums[row.code, row.name] = number + row.number, value
    order = sorted(sums.items(), key=lambda item: (-item[1][0], item[0]))
    return tuple(Lost(code, name, number, value) for (code, name), (number, value) in order)


def _lost_boxes(year: LendingYear, rows: _Rows) -> tuple[LostBox, ...]:
    """Those that went missing in the year."""
    boxes = {box.id: box for box in rows.boxes}
    return tuple(
        LostBox(boxes[row.box_id].code, row.started_on, boxes[row.box_id].value_cents, row.ended_on)
        for row in rows.outages
        if row.reason is OutReason.LOST and row.started_on in year
    )


def _repairs(year: LendingYear, rows: _Rows) -> tuple[Repair, ...]:
    """By reason, in their order. A box that left the inventory is out of service no longer."""
    zone, left = lending_zone(), dict[int, date]()
    for box in rows.boxes:
        if box.archived_at is not None:
            left[box.id] = box.archived_at.astimezone(zone).date()
    found = defaultdict[OutReason, list[tuple[int, int]]](list)
    for row in rows.outages:
        lasts = row.started_on >= year.first or row.ended_on is None or row.ended_on > year.first
        if row.started_on <= year.last and lasts:
            ends = [day for day in (row.ended_on, left.get(row.box_id)) if day is not None]
            days = days_within(row.started_on, min(ends, default=None), year.first, year.last, rows.today)
            found[row.reason].append((row.box_id, days))
    return tuple(
        Repair(reason, len(lines), len({box_id for box_id, _ in lines}), sum(days for _, days in lines))
        for reason, lines in sorted(found.items(), key=lambda item: list(OutReason).index(item[0]))
    )
