"""The planning board: boxes × half-days, grouped by scenario; a loan is picked there and put into another box."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from app.accounts.rules import Ability
from app.boxes.enums import BoxCondition
from app.boxes.rows import BoxRow
from app.core import clock
from app.loans.enums import LoanState
from app.loans.queries import LoanRow, get_loan_by_reference
from app.loans.rules import HOLDS_BOXES
from app.reports.queries.box_board import BoardBox, BoardUse, box_board
from app.resources.calendars import OpenDays, lending_zone, open_days
from app.resources.enums import Purpose
from app.resources.halfdays import half_day_at
from app.web.filters import date_by
from app.web.forms.boxes import CONDITION_BADGES, CONDITION_LABELS, OUT_LABELS, WEAR_LABELS
from app.web.guards import allows, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.loan_labels import day_words, period_words, short_period
from app.web.manage.boxes_tabs import SEES, boxes_context

blueprint = Blueprint("manage_boxes_board", __name__, url_prefix="/manage/boxes")

BASE = "/manage/boxes"
WEEKS, MONTH = 14, 28
MOST_DAYS = 92


class Column(NamedTuple):
    """A day of the board: its two half-days stand side by side."""

    day: date
    name: str
    closed: bool
    today: bool


@dataclass(frozen=True)
class Cell:
    """Half-days side by side that look alike. `kind`: free, loan, event, buffer, repair, late, conflict."""

    kind: str
    halves: int
    use: BoardUse | None = None
    text: str = ""
    title: str = ""
    starts: bool = True


class Line(NamedTuple):
    """A box with its cells; `pick`: the loan picked may go there."""

    box: BoxRow
    cells: list[Cell]
    pick: bool


class Conflict(NamedTuple):
    """`swappable`: another box can be chosen for the loan, which has `code` now."""

    title: str
    words: str
    use: BoardUse
    swappable: bool
    code: str


class Group(NamedTuple):
    code: str
    title: str
    lines: list[Line]


@blueprint.get("")
@staff(SEES)
def index() -> str:
    now, zone = clock.now(), lending_zone()
    organiser_id, today = current_organiser_id(), half_day_at(now, zone).date
    first, days = _asked_days(today)
    last = first + timedelta(days=days - 1)
    calendar = open_days(organiser_id, first, last)
    board = box_board(organiser_id, first, last, now=now)
    columns = _columns(first, last, calendar, today)
    picked, picked_box = _picked(board)
    shown = _narrowed(board, columns)
    groups = _groups(shown, columns, picked, picked_box, calendar)
    return render_template(
        "manage/boxes/board/board.html",
        groups=groups,
        columns=columns,
        whole=len(board),
        scenarios=sorted({(b.box.scenario_code, b.box.scenario_title(current_locale())) for b in board}),
        chosen=request.args.get("scenario", ""),
        free_only=request.args.get("free") == "1",
        span=_(
            "From %(first)s to %(last)s", first=day_words(columns[0].day), last=day_words(columns[-1].day, year=True)
        ),
        conflicts=_conflicts(board) if not picked else [],
        picked=picked,
        picked_box=picked_box,
        picked_words=period_words(picked.period) if picked else "",
        badges=CONDITION_BADGES,
        conditions=CONDITION_LABELS,
        wears=WEAR_LABELS,
        prev_url=_url(first - timedelta(days=days), days),
        next_url=_url(first + timedelta(days=days), days),
        today_url=_url(None, days),
        month_url=_url(first, MONTH if days != MONTH else WEEKS),
        days=days,
        first=first,
        may_see_people=allows(Ability.PEOPLE_SEE),
        **boxes_context(BASE),
    )


def _asked_days(today: date) -> tuple[date, int]:
    """The first day, a Monday, and how many days: two weeks unless more are asked for."""
    try:
        first = date.fromisoformat(request.args.get("from", "")) if request.args.get("from") else today
    except ValueError:
        first = today
    if not 2000 <= first.year <= 2100:
        first = today
    text = request.args.get("days", "")
    days = int(text) if text.isdecimal() and len(text) < 4 else WEEKS
    return first - timedelta(days=first.weekday()), min(max(days, 7), MOST_DAYS)


def _columns(first: date, last: date, calendar: OpenDays, today: date) -> list[Column]:
    """The weekdays on which the organiser lends; all of them where it lends on none."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    wanted = [day for day in days if day.weekday() in calendar.weekdays] or days
    return [Column(day, date_by(day, "EEE d"), not calendar.is_open(day), day == today) for day in wanted]


def _picked(board: Sequence[BoardBox]) -> tuple[LoanRow | None, BoardBox | None]:
    """The loan that somebody picked to put it into another box, and the box that it has."""
    reference, _dot, code = request.args.get("pick", "").replace("\x00", "").partition(".")
    box = next((b for b in board if b.box.code == code), None)
    if not reference or box is None or not allows(Ability.LENDING):
        return None, None
    loan = get_loan_by_reference(reference, organiser_id=current_organiser_id())
    held = next((b for b in loan.loan_boxes if b.code == code and b.handed_over_at is None), None)
    return (loan, box) if held and loan.state in HOLDS_BOXES else (None, None)


def _narrowed(board: Sequence[BoardBox], columns: Sequence[Column]) -> list[BoardBox]:
    chosen = request.args.get("scenario", "")
    found = [b for b in board if not chosen or b.box.scenario_code == chosen]
    if request.args.get("free") == "1":
        begin, end = columns[0].day.toordinal() * 2, columns[-1].day.toordinal() * 2 + 1
        found = [b for b in found if b.is_free(begin, end)]
    return found


def _groups(
    board: Sequence[BoardBox], columns: Sequence[Column], picked: LoanRow | None, picked_box: BoardBox | None,
    calendar: OpenDays,
) -> list[Group]:  # fmt: skip
    numbers = [n for column in columns for n in (column.day.toordinal() * 2, column.day.toordinal() * 2 + 1)]
    wanted = _wanted(picked, picked_box)
    groups: dict[str, Group] = {}
    for found in board:
        box = found.box
        title = box.scenario_title(current_locale())
        group = groups.setdefault(box.scenario_code, Group(box.scenario_code, title, []))
        fits = (
            wanted is not None and picked_box is not None and box.scenario_id == picked_box.box.scenario_id
            and box.id != picked_box.box.id and found.is_free(*wanted)
        )  # fmt: skip
        group.lines.append(Line(box, _cells(found, numbers), fits))
    return list(groups.values())


def _wanted(picked: LoanRow | None, picked_box: BoardBox | None) -> tuple[int, int] | None:
    """The half-days that the picked loan takes, buffers included."""
    if picked is None or picked_box is None:
        return None
    use = next((u for u in picked_box.uses if u.reference == picked.reference), None)
    return (use.first, use.last) if use else (picked.period.first.number, picked.period.last.number)


def _cells(found: BoardBox, numbers: Sequence[int]) -> list[Cell]:
    """The half-days of one box from left to right; those that belong together in one."""
    keys: list[tuple[str, BoardUse | None]] = []
    for number in numbers:
        use = next((u for u in found.uses if u.first <= number <= u.last), None)
        keys.append(_kind(found, use, number))
    cells: list[Cell] = []
    start = 0
    for at in range(1, len(keys) + 1):
        if at < len(keys) and keys[at] == keys[start] and keys[at][0] != "free":
            continue
        kind, use = keys[start]
        cells.append(_cell(kind, use, at - start, found))
        start = at
    return cells


def _kind(found: BoardBox, use: BoardUse | None, number: int) -> tuple[str, BoardUse | None]:
    if use is not None and use.from_half <= number <= use.to_half:
        if use.conflict:
            return "conflict", use
        return ("loan" if use.purpose is Purpose.LOAN else "event"), use
    if found.blocked is not None and found.blocked[0] <= number <= found.blocked[1]:
        return "repair", None
    if use is not None:
        return "buffer", use
    if found.late_from is not None and number > found.late_from and number <= _now_number():
        return "late", None
    return "free", None


def _now_number() -> int:
    return half_day_at(clock.now(), lending_zone()).number


def _cell(kind: str, use: BoardUse | None, halves: int, found: BoardBox) -> Cell:
    if kind == "repair":
        return Cell(kind, halves, None, _repair_words(found.box))
    if kind == "late":
        return Cell(kind, halves, None, _("Not back yet"))
    if kind == "buffer" and use is not None:
        return Cell(kind, halves, use, "", _("To prepare or check: %(name)s", name=use.label))
    if use is not None:
        return Cell(kind, halves, use, use.label, f"{use.label}, {short_period(use.period)}")
    return Cell(kind, halves)


def _repair_words(box: BoxRow) -> str:
    why = str(OUT_LABELS[box.out_reason]) if box.out_reason else str(CONDITION_LABELS[BoxCondition.OUT_OF_SERVICE])
    if box.out_until is None:
        return why
    return str(_("%(why)s, back on %(day)s", why=why, day=date_by(box.out_until, "d MMMM")))


def _conflicts(board: Sequence[BoardBox]) -> list[Conflict]:
    """Each promise of these days that cannot be kept as it stands."""
    found = []
    for line in board:
        for use in line.uses:
            if not use.conflict:
                continue
            title = _("%(code)s is promised and cannot be there", code=line.box.code)
            why = (
                _("It is out of service: %(why)s.", why=_repair_words(line.box))
                if use.broken
                else _("It has not come back from its last loan (%(reference)s).", reference=use.waits_for)
            )
            words = _("%(why)s %(name)s has it: %(period)s.", why=why, name=use.label, period=period_words(use.period))
            swappable = use.state in {LoanState.APPROVED, LoanState.AGREED}
            found.append(Conflict(title, words, use, swappable, line.box.code))
    return found


def _url(first: date | None, days: int) -> str:
    values = {"from": first.isoformat()} if first else {}
    if days != WEEKS:
        values["days"] = str(days)
    for name in ("scenario", "free", "pick"):
        if request.args.get(name):
            values[name] = request.args[name]
    return f"{BASE}?{urlencode(values)}" if values else BASE
