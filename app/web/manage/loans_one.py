"""A loan's page: what it is, its boxes, what may be done now and by whom, what happened."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.boxes.queries import accredited_on, get_scenario_by_id, list_files
from app.core import clock
from app.core.audit import list_history
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.loans.availability import free_boxes
from app.loans.enums import AcceptedHow, LoanMove, LoanState
from app.loans.operations import agree_loan, change_dates, move_loan, swap_box
from app.loans.queries import LoanBoxRow, LoanRow, get_loan_by_reference, list_counts
from app.loans.rules import HOLDS_BOXES, WAITING_OR_HELD, Party, moves_for
from app.resources.calendars import lending_zone
from app.web.forms.base import text_of
from app.web.forms.boxes import CONDITION_BADGES, CONDITION_LABELS
from app.web.forms.loan_desk import DatesForm, MoveForm, SwapForm, revision_of
from app.web.forms.structures import KIND_LABELS
from app.web.guards import allows, current_actor, current_organiser_id, staff
from app.web.loan_labels import (
    CANCEL_LABELS,
    MOMENT_LABELS,
    MOVE_LABELS,
    PURPOSE_LABELS,
    REFUSAL_LABELS,
    STATE_BADGES,
    period_words,
    refusal_words,
)
from app.web.manage.boxes_tabs import LENDS, SEES, boxes_context
from app.web.manage.history_words import verb_words

blueprint = Blueprint("manage_loans_one", __name__, url_prefix="/manage/boxes/loans")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/loans"
DONE = {
    LoanMove.APPROVE: "approved",
    LoanMove.REFUSE: "refused",
    LoanMove.CANCEL: "cancelled",
    LoanMove.NOT_COLLECTED: "not_collected",
    LoanMove.CLOSE: "closed",
}


@blueprint.get("/<reference>")
@staff(SEES)
def show(reference: str) -> str:
    return _page(_get(reference))


@blueprint.post("/<reference>/moves/<move>")
@staff(LENDS)
def make_move(reference: str, move: str) -> Answer:
    """Approve, refuse, sign on paper, call off, not collected, close: what the table allows to staff."""
    loan, form = _get(reference), MoveForm()
    if move not in {m.value for m in MOVE_LABELS}:
        return redirect(_address(loan))
    wanted = LoanMove(move)
    if not form.validate_on_submit():
        return _page(loan, form, wanted), 422
    return _try(lambda: _make(loan, wanted, form), loan, form, wanted)


@blueprint.get("/<reference>/dates")
@staff(LENDS)
def edit_dates(reference: str) -> Answer:
    loan = _get(reference)
    if not _may_change_dates(loan):
        flash(refusal_words("move_not_allowed"), "waiting")
        return redirect(_address(loan))
    form = DatesForm(
        formdata=None, first_day=loan.from_date, first_half=loan.from_half.value, last_day=loan.to_date,
        last_half=loan.to_half.value, revision=str(loan.revision),
    )  # fmt: skip
    return _dates_page(loan, form)


@blueprint.post("/<reference>/dates")
@staff(LENDS)
def save_dates(reference: str) -> Answer:
    loan, form = _get(reference), DatesForm()
    if not form.validate_on_submit():
        return _dates_page(loan, form), 422
    try:
        period = form.period()
        with transaction():
            change_dates(loan.id, period, by=current_actor(), now=clock.now(), revision=revision_of(form))
    except FieldError as error:
        form.show_loan_problems(error)
        return _dates_page(loan, form), 422
    except Conflict as error:
        form.form_errors.append(refusal_words(error.code))
        return _dates_page(loan, form), 422
    flash(_("The dates are changed."), "ok")
    return redirect(_address(loan))


@blueprint.get("/<reference>/boxes/<code>/swap")
@staff(LENDS)
def choose_swap(reference: str, code: str) -> Answer:
    loan = _get(reference)
    held = _swappable(loan, code)
    if held is None:
        flash(refusal_words("box_away"), "waiting")
        return redirect(_address(loan))
    return _swap_page(loan, held, SwapForm(formdata=None, revision=str(loan.revision)))


@blueprint.post("/<reference>/boxes/<code>/swap")
@staff(LENDS)
def save_swap(reference: str, code: str) -> Answer:
    """Another box: `box` is its id, a free one or that of another loan which gets this one's in exchange."""
    loan, form = _get(reference), SwapForm()
    held = _swappable(loan, code)
    if held is None:
        flash(refusal_words("box_away"), "waiting")
        return redirect(_address(loan))
    form.box.choices = _swap_choices(loan)
    form.box.validate_choice = False
    if not form.validate_on_submit():
        return _swap_page(loan, held, form), 422
    try:
        with transaction():
            swap_box(
                loan.id, held.box_id, form.box.data, by=current_actor(), now=clock.now(), revision=revision_of(form)
            )
    except Conflict as error:
        form.form_errors.append(refusal_words(error.code))
        return _swap_page(loan, held, form), 422
    flash(_("%(code)s is swapped.", code=code), "ok")
    return redirect(_address(loan))


def _try(make: Callable[[], None], loan: LoanRow, form: MoveForm, wanted: LoanMove) -> Answer:
    try:
        with transaction():
            make()
    except FieldError as error:
        problems = error.problems
        if wanted is LoanMove.REFUSE and "reason" in problems:
            problems = {"refusal": problems["reason"]}
        form.show_refusal(FieldError(problems))
        return _page(loan, form, wanted), 422
    except Conflict as error:
        flash(refusal_words(error.code), "waiting")
        return redirect(_address(loan))
    flash(_("Done: %(move)s.", move=verb_words(f"loan.{DONE.get(wanted, 'agreed')}")[1]), "ok")
    return redirect(_address(loan))


def _make(loan: LoanRow, wanted: LoanMove, form: MoveForm) -> None:
    by, now, revision = current_actor(), clock.now(), revision_of(form)
    if wanted is LoanMove.AGREE:
        agree_loan(loan.id, name=text_of(form.name), how=AcceptedHow.PAPER, by=by, now=now, revision=revision)
        return
    move_loan(
        loan.id, wanted, by=by, now=now, refusal=form.chosen_refusal if wanted is LoanMove.REFUSE else None,
        reason=form.chosen_reason if wanted is LoanMove.CANCEL else None, note=text_of(form.note), revision=revision,
    )  # fmt: skip


def _page(loan: LoanRow, form: MoveForm | None = None, wanted: LoanMove | None = None) -> str:
    lends = allows(Ability.LENDING)
    ids = [person.id for person in loan.facilitators]
    return render_template(
        "manage/boxes/loans/show.html",
        loan=loan,
        here=_address(loan),
        period=period_words(loan.period),
        state=STATE_BADGES[loan.state],
        kinds=KIND_LABELS,
        purposes=PURPOSE_LABELS,
        refusals=REFUSAL_LABELS,
        cancels=CANCEL_LABELS,
        conditions=CONDITION_LABELS,
        badges=CONDITION_BADGES,
        moments=MOMENT_LABELS,
        accredited=accredited_on(loan.scenario_id, ids, loan.from_date, loan.to_date),
        moves=[move for move in moves_for(loan.state, Party.STAFF) if move in MOVE_LABELS] if lends else [],
        move_labels=MOVE_LABELS,
        form=form or MoveForm(formdata=None, revision=str(loan.revision), name=loan.contact_name),
        wanted=wanted,
        may_change_dates=lends and _may_change_dates(loan),
        may_swap=lends and loan.state in HOLDS_BOXES,
        can_hand_over=loan.state in {LoanState.AGREED, LoanState.HANDED_OVER},
        missing=[count for count in list_counts(loan.id) if count.missing],
        photos={box.id: _damage(box.box_id, box.id) for box in loan.loan_boxes},
        changes=[(line, *verb_words(line.verb)) for line in list_history(f"loan:{loan.id}", limit=50)],
        may_see_people=allows(Ability.PEOPLE_SEE),
        late=loan.state is LoanState.HANDED_OVER and _is_late(loan),
        **boxes_context(BASE),
    )


def _damage(box_id: int, loan_box_id: int) -> list[str]:
    return [file.token for file in list_files(box_id=box_id) if file.loan_box_id == loan_box_id]


def _is_late(loan: LoanRow) -> bool:
    return loan.period.ends_at(lending_zone()) <= clock.now()


def _dates_page(loan: LoanRow, form: DatesForm) -> str:
    return render_template(
        "manage/boxes/loans/dates.html",
        loan=loan, form=form, here=_address(loan), period=period_words(loan.period),
        away=loan.state is LoanState.HANDED_OVER, **boxes_context(BASE),
    )  # fmt: skip


def _swappable(loan: LoanRow, code: str) -> LoanBoxRow | None:
    """The box of that code, while the loan may still get another one for it."""
    held = next((box for box in loan.loan_boxes if box.code == code), None)
    return held if held and loan.state in HOLDS_BOXES and held.handed_over_at is None else None


def _swap_page(loan: LoanRow, held: LoanBoxRow, form: SwapForm) -> str:
    form.box.choices = _swap_choices(loan)
    return render_template(
        "manage/boxes/loans/swap.html",
        loan=loan, form=form, here=_address(loan), held=held, period=period_words(loan.period), **boxes_context(BASE),
    )  # fmt: skip


def _swap_choices(loan: LoanRow) -> list[tuple[int, str]]:
    """The free boxes of the scenario, the one whose turn it is first."""
    free = free_boxes(get_scenario_by_id(loan.scenario_id), loan.period, now=clock.now(), but_loan_id=loan.id)
    own = {box.box_id for box in loan.loan_boxes}
    return [(box.id, f"{box.code} · {CONDITION_LABELS[box.condition]}") for box in free if box.id not in own]


def _may_change_dates(loan: LoanRow) -> bool:
    return loan.state in WAITING_OR_HELD or loan.state is LoanState.HANDED_OVER


def _get(reference: str) -> LoanRow:
    return get_loan_by_reference(reference.replace("\x00", ""), organiser_id=current_organiser_id())


def _address(loan: LoanRow) -> str:
    return f"{BASE}/{loan.reference}"
