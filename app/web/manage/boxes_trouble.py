"""Boxes that are broken or late: every promise they cannot keep, with a proposal; confirmed together, and taken back one by one."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.loans.queries import LoanRow, list_loans_by_id
from app.loans.queries_events import list_event_uses
from app.loans.rules import HOLDS_BOXES
from app.recovery.drafts import Choice
from app.recovery.enums import Way
from app.recovery.errors import Refused, TroubleChanged
from app.recovery.operations import is_swap_of_loan, settle, take_back
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
    """Give a loan its former box back, though it is away."""
    token = token.replace("\x00", "")
    try:
        with transaction():
            take_back(
                current_organiser_id(), token, request.form.get("key", ""), by=current_actor(), now=clock.now()
            )  # fmt: skip
    except Conflict as error:
        flash(refusal_words(error.code), "waiting")
    else:
        flash(_("The loan has its former box again. The borrower is told."), "ok")
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
    boxes = [int(str(line["new_box_id"])) for line in settled.lines if line["purpose"] == Purpose.EVENT.value]
    uses = list_event_uses(current_organiser_id(), box_ids=boxes, ended=True) if boxes else []
    events = {row.id: row for row in uses}
    found, said = [], set[int]()
    for line in settled.lines:
        if line["way"] != Way.BOX.value and int(str(line["id"])) in said:
            continue  # of a loan as a whole: told once, however many of its boxes are away
        if line["way"] != Way.BOX.value:
            said.add(int(str(line["id"])))
        subject, key = int(str(line["id"])), str(line["key"])
        if line["purpose"] == Purpose.LOAN.value:
            loan = loans[subject]
            name, href = f"{loan.structure_name} · {loan.reference}", f"/manage/boxes/loans/{loan.reference}"
            told, may_undo = bool(loan.email), is_swap_of_loan(line) and _has(loan, int(str(line["new_box_id"])))
        else:
            event = events.get(subject)
            name = event.title(current_locale()) if event else str(_("An event"))
            href, told, may_undo = f"/manage/events/{event.slug}/boxes" if event else "", None, False
        words, icon = _done_words(line)
        if is_swap_of_loan(line) and _has(loans[subject], int(str(line["box_id"]))):
            words, icon = _("Box %(old)s again: the change was taken back.", old=line["box"]), "arrow-back-up"
        found.append(DoneLine(key, name, href, words, told, may_undo and allows(Ability.LENDING), icon))
    return found


def _has(loan: LoanRow, box_id: int) -> bool:
    """Whether the loan still has that box, and it can be swapped."""
    return loan.state in HOLDS_BOXES and any(
        box.box_id == box_id and box.handed_over_at is None for box in loan.loan_boxes
    )


def _done_words(line: Mapping[str, object]) -> tuple[str, str]:
    """What was done, and its icon."""
    if line["way"] == Way.BOX.value:
        return _("Box %(new)s instead of %(old)s.", new=line["new_box"], old=line["box"]), "switch-horizontal"
    if line["way"] == Way.DATES.value:
        first, last = (HalfDay.of_number(int(str(line[name]))) for name in ("from_half", "to_half"))
        return _("Other dates: %(period)s.", period=period_words(Period(first, last))), "calendar-event"
    return _("Called off. This cannot be taken back."), "ban"
