"""The planning board: boxes × half-days, grouped by scenario. Bars are moved there, and a loan in hand is put into another box."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.rules import Ability
from app.boxes.enums import BoxCondition
from app.core import clock
from app.reports.queries.box_board import BoardBox, box_board
from app.resources.calendars import lending_zone, open_days
from app.resources.halfdays import half_day_at
from app.web.forms.boxes import CONDITION_BADGES, CONDITION_LABELS, WEAR_LABELS
from app.web.guards import allows, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.loan_labels import HALF_LABELS, day_words, period_words
from app.web.manage.boxes_board_days import (
    LONG,
    MONTH,
    WEEKS,
    Axis,
    Span,
    board_url,
    columns_of,
    kept_of,
    months_of,
    named_closures,
    paging,
    span_of,
)
from app.web.manage.boxes_board_lines import (
    AWAY,
    FREE,
    Group,
    boxes_words,
    first_up,
    groups_of,
    narrowed,
    troubles_of,
    whose,
)
from app.web.manage.boxes_board_offers import EXCHANGE, Hand, find_hand, offers_of
from app.web.manage.boxes_board_offers import FREE as IS_FREE
from app.web.manage.boxes_tabs import SEES, boxes_context

blueprint = Blueprint("manage_boxes_board", __name__, url_prefix="/manage/boxes")

BASE = "/manage/boxes"
MOST_TROUBLES = 3
NARROWING = ("scenario", "depot", "state", "free", "trouble", "q")
"""What of the address leaves boxes out: a phone's button says how many of these are set."""
RANGES = {str(WEEKS): _l("Two weeks"), "28": _l("Four weeks"), MONTH: _l("One month"), "91": _l("Three months")}
STATES = {
    **{condition.value: label for condition, label in CONDITION_LABELS.items()},
    AWAY: _l("With a borrower"),
    FREE: _l("Free all the time"),
}


@blueprint.get("")
@staff(SEES)
def index() -> str:
    now_half = half_day_at(clock.now(), lending_zone())
    span, kept = span_of(request.args, now_half.date), kept_of(request.args)
    hand = _hand()
    board = box_board(current_organiser_id(), span.first, span.last, now=clock.now())
    table = _table(span, board, hand)
    pick = f"{hand.loan.reference}.{hand.held.code}" if hand else ""
    shown = {line.box.id for group in table["groups"] for line in group.lines}
    context = boxes_context(BASE)
    troubles = [] if hand else troubles_of(board, shown, context["trouble_count"])
    return render_template(
        "manage/boxes/board/board.html",
        whole=len(board),
        counted=boxes_words(len(board), len({found.box.scenario_id for found in board})),
        scenarios=sorted({(b.box.scenario_code, b.box.scenario_title(current_locale())) for b in board}),
        depots=sorted({found.box.depot for found in board if found.box.depot}),
        states=STATES,
        ranges=RANGES if span.asked in RANGES else {span.asked: _("%(num)s days", num=span.asked), **RANGES},
        asked=kept | {"state": FREE if kept.get("free") == "1" else kept.get("state", "")},
        narrowing=sum(bool(kept.get(name)) for name in NARROWING),
        span=span,
        troubles=troubles[:MOST_TROUBLES],
        pressing_here=whose(troubles, waits=False),
        waiting_here=whose(troubles, waits=True),
        more_troubles=max(0, len(troubles) - MOST_TROUBLES),
        trouble_url=board_url(kept, trouble="1"),
        clear_url=board_url({name: kept.get(name, "") for name in ("from", "days")}),
        hand=hand,
        hand_words=first_up(period_words(hand.loan.period)) if hand else "",
        leave_url=board_url(kept),
        pick_base=board_url(kept),
        halves=HALF_LABELS,
        pages=paging(span, kept, pick),
        back=request.query_string.decode("ascii", "ignore"),
        print_url=f"{BASE}/print?month={span.first.strftime('%Y-%m')}",
        words=_script_words(),
        **table,
        **context,
    )


@blueprint.get("/print")
@staff(SEES)
def print_month() -> str:
    """All boxes on all days of a month, for paper: A4 or A3 across."""
    today = half_day_at(clock.now(), lending_zone()).date
    span = span_of({"from": f"{request.args.get('month', '')}-01", "days": MONTH}, today)
    board = box_board(current_organiser_id(), span.first, span.last, now=clock.now())
    table = _table(span, board, None, whole=True)
    return render_template(
        "manage/boxes/board/print.html",
        closures=named_closures(table["columns"]),
        counted=boxes_words(len(board), len({found.box.scenario_id for found in board})),
        size="a3" if request.args.get("size") == "a3" else "a4",
        here=f"{BASE}/print",
        month=span.first.strftime("%Y-%m"),
        board_url=board_url({"from": span.first.isoformat(), "days": MONTH}),
        **table,
        **boxes_context(BASE),
    )


def _hand() -> Hand | None:
    """The loan that somebody took in hand to put it elsewhere, by its reference and the code of its box."""
    reference, dot, code = request.args.get("pick", "").partition(".")
    if not dot or not allows(Ability.LENDING):
        return None
    return find_hand(reference, code, current_organiser_id())


def _table(span: Span, board: Sequence[BoardBox], hand: Hand | None, *, whole: bool = False) -> dict[str, Any]:
    """What the table shows: all of it, or what the filters leave; with a loan in hand, the boxes of its scenario."""
    now_half = half_day_at(clock.now(), lending_zone())
    calendar = open_days(current_organiser_id(), span.first, span.last)
    if hand is not None:
        found = [b for b in board if b.box.scenario_id == hand.scenario.id]
    else:
        first, last = span.first.toordinal() * 2, span.last.toordinal() * 2 + 1
        found = list(board) if whole else narrowed(board, request.args, first, last)
    columns = columns_of(span, calendar, now_half.date, found)
    movable = allows(Ability.LENDING) and not whole and hand is None
    groups: list[Group] = groups_of(found, Axis(columns), movable=movable)
    days = {"first": day_words(columns[0].day), "last": day_words(columns[-1].day, year=True)}
    return {
        "columns": columns,
        "months": months_of(columns) if len(columns) > LONG else [],
        "groups": groups,
        "long": len(columns) > LONG,
        "movable": movable,
        "dates": _("From %(first)s to %(last)s", **days),
        "badges": CONDITION_BADGES,
        "conditions": CONDITION_LABELS,
        "wears": WEAR_LABELS,
        "condition_ready": BoxCondition.READY,
        "offers": _offers(hand) if hand else {},
    }


def _offers(hand: Hand) -> dict[int, str]:
    """Which boxes the loan in hand may get, by id: as they are, or in exchange."""
    return {box_id: offer.kind for box_id, offer in offers_of(hand).items() if offer.kind in {IS_FREE, EXCHANGE}}


def _script_words() -> dict[str, str]:
    """What the script that moves bars says; it fills in the braces."""
    return {
        "taken": _("{name}, {box}, from {first}. In hand: arrows move it, Enter puts it there, Escape leaves it."),
        "box": _("{box}, free."),
        "exchange": _("{box}, in exchange with {name}."),
        "busy": _("{box} is taken: {name}."),
        "own": _("{box}, where it was."),
        "dates": _("From {first}."),
        "left": _("Left where it was."),
        "edge": _("No further here. Page on to go there."),
        "fixed": _("This does not move here: the box is out, or it is at an event, which has a page of its own."),
        "other": _("Only boxes of {scenario} can stand in for it."),
        "held": _("{name}, {box}. In hand: touch where it is to go, or drag it there."),
        "asking": _("One moment…"),
    }
