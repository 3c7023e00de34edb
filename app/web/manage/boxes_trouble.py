"""Boxes that are broken or late: every promise they cannot keep, with a proposal; confirmed together, and taken back one by one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.loans.errors import EventBoxesNotFound
from app.loans.queries import LoanRow, list_loans_by_id
from app.loans.queries_events import EventBoxesRow, list_event_uses
from app.loans.rules import HOLDS_BOXES
from app.recovery.drafts import Choice
from app.recovery.enums import Way
from app.recovery.errors import Refused, TroubleChanged
from app.recovery.operations import is_swap, settle, take_back
from app.recovery.queries import get_settled, list_trouble
from app.recovery.rows import Settled
from app.resources.calendars import lending_zone
from app.resources.enums import Purpose
from app.resources.halfdays import HalfDay, Period, half_day_at
from app.web.forms.base import Length, PageForm, text_of
from app.web.forms.boxes import CONDITION_BADGES
from app.web.guards import allows, current_actor, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.loan_labels import STATE_BADGES, period_words, refusal_words
from app.web.manage.boxes_tabs import LENDS, SEES, boxes_context
from app.web.manage.boxes_trouble_words import LEAVE, box_view, problem_words, read_choice
from app.web.manage.event_boxes_words import event_refusal_words

blueprint = Blueprint("manage_boxes_trouble", __name__, url_prefix="/manage/boxes/trouble")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/trouble"
MOST = 1000
"""So many choices are read from one page."""


class TroubleForm(PageForm):
    """What is chosen for each promise stands in fields of their own (`do-…` and `seen-…`)."""

    note = StringField(_l("A word to those whose loan is called off"), [Length(300)])


@dataclass(frozen=True)
class DoneLine:
    """What was done for one promise. `told`: a mail goes to somebody; `may_undo`: the swap can be taken back."""

    key: str
    name: str
    href: str
    words: str
    told: bool | None
    may_undo: bool
    icon: str


class Whose(NamedTuple):
    """Whose promise it was: its name and page, whether a mail goes to somebody, and whether it has a box that can be swapped."""

    name: str
    href: str
    told: bool | None
    has: Callable[[int], bool]


@blueprint.get("")
@staff(SEES)
def index() -> str:
    return _page(TroubleForm(formdata=None))


@blueprint.post("")
@staff(LENDS)
def confirm() -> Answer:
    """All that is chosen on the page, or nothing of it."""
    form = TroubleForm()
    typed = {name[3:]: value for name, value in list(request.form.items())[: 3 * MOST] if name.startswith("do-")}
    if not form.validate_on_submit():
        return _page(form, typed), 422
    chosen = {
        key: read_choice(key, request.form.get(f"seen-{key}", ""), value)
        for key, value in typed.items()
        if value != LEAVE
    }
    if not chosen:
        flash(_("Nothing was chosen: all stays as it is."), "waiting")
        return redirect(_back())
    choices = [choice for choice in chosen.values() if choice is not None]
    try:
        if len(choices) < len(chosen):
            raise TroubleChanged([Refused(key, "", "", "changed") for key, choice in chosen.items() if choice is None])
        left = [key for key, value in typed.items() if value == LEAVE]
        token = _settle(choices, left, text_of(form.note))
    except TroubleChanged as error:
        return _page(form, typed, error.rows), 409
    except FieldError as error:
        form.show_refusal(error)
        return _page(form, typed), 422
    return redirect(f"{BASE}/done/{token}")


@blueprint.get("/done/<token>")
@staff(SEES)
def done(token: str) -> str:
    settled = get_settled(current_organiser_id(), token.replace("\x00", ""))
    return render_template(
        "manage/boxes/trouble_done.html",
        settled=settled, lines=_done_lines(settled), here=f"{BASE}/done/{settled.token}", **boxes_context(BASE),
    )  # fmt: skip


@blueprint.post("/done/<token>/back")
@staff(LENDS)
def undo(token: str) -> Response:
    """Give a loan, or an event, its former box back, though it is away."""
    token, key = token.replace("\x00", ""), request.form.get("key", "")
    of_event = key.startswith(Purpose.EVENT.value)
    try:
        with transaction():
            take_back(current_organiser_id(), token, key, by=current_actor(), now=clock.now())
    except (Conflict, EventBoxesNotFound) as error:
        flash(event_refusal_words(error.code) if of_event else refusal_words(error.code), "waiting")
    else:
        flash(
            _("The event has its former box again.") if of_event
            else _("The loan has its former box again. The borrower is told."), "ok",
        )  # fmt: skip
    return redirect(f"{BASE}/done/{token}")


def _settle(choices: list[Choice], left: list[str], note: str) -> str:
    with transaction():
        return settle(current_organiser_id(), choices, left=left, note=note, by=current_actor(), now=clock.now())


def _page(form: TroubleForm, typed: Mapping[str, str] | None = None, refused: tuple[Refused, ...] = ()) -> str:
    now = clock.now()
    found = list_trouble(current_organiser_id(), now=now)
    code = request.args.get("box", "").replace("\x00", "")
    shown = [box for box in found.boxes if box.box.code == code] if code else []
    problems = {problem.key: problem for problem in refused}
    views = [box_view(box, typed or {}, problems) for box in shown or found.boxes]
    promised, alone = [view for view in views if view.rows], [view for view in views if not view.rows]
    rows = [row for view in promised for row in view.rows]
    return render_template(
        "manage/boxes/trouble.html",
        form=form,
        here=_back(),
        boxes=promised,
        alone=alone,
        short=() if shown else found.short,
        others=len(found.boxes) - len(shown) if shown else 0,
        rows={row.row.promise.whose for row in rows},
        pressing={row.row.promise.whose for row in rows if not row.row.promise.can_wait},
        urgent={row.row.promise.whose for row in rows if row.row.promise.urgent},
        refused=[(problem, problem_words(problem)) for problem in refused],
        may_call_off=any(row.row.may_move for row in rows),
        states=STATE_BADGES,
        badges=CONDITION_BADGES,
        now=now,
        today=half_day_at(now, lending_zone()).date,
        period_words=period_words,
        may_see_people=allows(Ability.PEOPLE_SEE),
        **boxes_context(BASE),
    )


def _back() -> str:
    code = request.args.get("box", "").replace("\x00", "")
    return f"{BASE}?box={code}" if code else BASE


def _done_lines(settled: Settled) -> list[DoneLine]:
    ids = {int(str(line["id"])) for line in settled.lines if line["purpose"] == Purpose.LOAN.value}
    loans = list_loans_by_id(ids) if ids else {}
    rows = [int(str(line["id"])) for line in settled.lines if line["purpose"] == Purpose.EVENT.value]
    events = {row.id: row for row in list_event_uses(current_organiser_id(), ids=rows, ended=True)} if rows else {}
    found, said = [], set[int]()
    for line in settled.lines:
        if line["way"] != Way.BOX.value and int(str(line["id"])) in said:
            continue  # of a loan as a whole: told once, however many of its boxes are away
        if line["way"] != Way.BOX.value:
            said.add(int(str(line["id"])))
        subject = int(str(line["id"]))
        of_loan = line["purpose"] == Purpose.LOAN.value
        whose = _of_loan(loans[subject]) if of_loan else _of_event(events.get(subject))
        words, icon = _done_words(line)
        may_undo = is_swap(line) and whose.has(int(str(line["new_box_id"])))
        if is_swap(line) and not may_undo and whose.has(int(str(line["box_id"]))):
            words, icon = _("Box %(old)s again: the change was taken back.", old=line["box"]), "arrow-back-up"
        may_undo = may_undo and allows(Ability.LENDING)
        found.append(DoneLine(str(line["key"]), whose.name, whose.href, words, whose.told, may_undo, icon))
    return found


def _of_loan(loan: LoanRow) -> Whose:
    name, href = f"{loan.structure_name} · {loan.reference}", f"/manage/boxes/loans/{loan.reference}"
    return Whose(name, href, bool(loan.email), partial(_has, loan))


def _of_event(event: EventBoxesRow | None) -> Whose:
    """None: of an event that is in the bin, or gone."""
    if event is None:
        return Whose(str(_("An event")), "", None, lambda _box_id: False)
    name, href = event.title(current_locale()), f"/manage/events/{event.slug}/boxes"
    return Whose(name, href, None, partial(_event_has, event))


def _has(loan: LoanRow, box_id: int) -> bool:
    """Whether the loan still has that box, and it can be swapped."""
    return loan.state in HOLDS_BOXES and any(
        box.box_id == box_id and box.handed_over_at is None for box in loan.loan_boxes
    )


def _event_has(event: EventBoxesRow, box_id: int) -> bool:
    """Whether the event still has that box, and it can be swapped."""
    there = event.is_current and not event.is_over(clock.now())
    return there and any(box.box_id == box_id for box in event.held)


def _done_words(line: Mapping[str, object]) -> tuple[str, str]:
    """What was done, and its icon."""
    if line["way"] == Way.BOX.value:
        return _("Box %(new)s instead of %(old)s.", new=line["new_box"], old=line["box"]), "switch-horizontal"
    if line["way"] == Way.DATES.value:
        first, last = (HalfDay.of_number(int(str(line[name]))) for name in ("from_half", "to_half"))
        return _("Other dates: %(period)s.", period=period_words(Period(first, last))), "calendar-event"
    return _("Called off. This cannot be taken back."), "ban"
