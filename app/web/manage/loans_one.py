"""A loan's page: what it is, its boxes, what may be done now and by whom, what happened."""

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.boxes.queries import accredited_on, get_scenario_by_id, list_files
from app.boxes.rows import ScenarioRow
from app.core import clock
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.loans.availability import free_boxes
from app.loans.enums import AcceptedHow, LoanMove, LoanState
from app.loans.operations import agree_loan, move_loan
from app.loans.players import may_count_players
from app.loans.queries import LoanRow, get_loan_by_reference, list_counts
from app.loans.rules import HOLDS_BOXES, Party, moves_for, player_warnings
from app.loans.standing import Standing, standings
from app.resources.calendars import lending_zone
from app.training.queries import find_training
from app.web.forms.base import text_of
from app.web.forms.boxes import CONDITION_BADGES, CONDITION_LABELS
from app.web.forms.loan_desk import MoveForm, revision_of
from app.web.forms.structures import KIND_LABELS
from app.web.guards import allows, current_actor, current_organiser_id, staff
from app.web.loan_labels import (
    CANCEL_LABELS,
    MOMENT_LABELS,
    MOVE_LABELS,
    NOBODY_NAMED,
    PURPOSE_LABELS,
    REFUSAL_LABELS,
    STANDING_BADGES,
    STANDING_TEXTS,
    STATE_BADGES,
    conflict_words,
    period_words,
)
from app.web.manage.boxes_closed import closed_turns_words
from app.web.manage.boxes_tabs import LENDS, SEES, boxes_context
from app.web.manage.loans_agreement import agreement_view
from app.web.manage.loans_changes import may_change_dates
from app.web.manage.loans_history import told_history

blueprint = Blueprint("manage_loans_one", __name__, url_prefix="/manage/boxes/loans")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/loans"
DONE: Mapping[LoanMove, object] = {
    LoanMove.APPROVE: _l("The loan is approved. Its boxes are kept, and the agreement is being made."),
    LoanMove.REFUSE: _l("The request is refused. The borrower is told by mail where we have their address."),
    LoanMove.AGREE: _l("The signature is noted. The boxes can be handed over."),
    LoanMove.CANCEL: _l("The loan is called off. Its boxes are free again."),
    LoanMove.NOT_COLLECTED: _l("It is noted that nobody came. The boxes are free again."),
    LoanMove.CLOSE: _l("The loan is closed."),
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
        flash(conflict_words(error), "waiting")
        return redirect(_address(loan))
    flash(str(DONE[wanted]), "ok")
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
    people, now = allows(Ability.PEOPLE_SEE), clock.now()
    ids = [person.id for person in loan.facilitators]
    stands = standings([loan], now).get(loan.id)
    nobody_named = stands is Standing.NOBODY and not loan.facilitators
    agreement = agreement_view(loan)
    moves = _moves(loan, now) if lends else []
    scenario = get_scenario_by_id(loan.scenario_id)
    is_talked_over = loan.state in {LoanState.ASKED, LoanState.APPROVED}
    return render_template(
        "manage/boxes/loans/show.html",
        loan=loan,
        here=_address(loan),
        period=period_words(loan.period),
        state=STATE_BADGES[loan.state],
        stands=stands,
        stands_badge=STANDING_BADGES[stands] if stands else None,
        stands_text=NOBODY_NAMED if nobody_named else STANDING_TEXTS.get(stands) if stands else None,
        lacks=_lacks(loan, scenario) if stands is Standing.READY else 0,
        scenario=scenario,
        warned=player_warnings(loan.players, loan.boxes, scenario) if is_talked_over else (),
        may_name_people=lends and (loan.state is LoanState.ASKED or loan.state in HOLDS_BOXES),
        kinds=KIND_LABELS,
        purposes=PURPOSE_LABELS,
        refusals=REFUSAL_LABELS,
        cancels=CANCEL_LABELS,
        conditions=CONDITION_LABELS,
        badges=CONDITION_BADGES,
        moments=MOMENT_LABELS,
        accredited=accredited_on(loan.scenario_id, ids, loan.from_date, loan.to_date),
        moves=moves,
        may_approve=LoanMove.APPROVE in moves and stands is Standing.READY,
        over=loan.state is LoanState.ASKED and _is_over(loan, now),
        training=find_training(loan.waits_for_event_id) if loan.state is LoanState.ASKED else None,
        agreement=agreement,
        move_labels=MOVE_LABELS,
        form=form or MoveForm(formdata=None, revision=str(loan.revision), name=loan.contact_name),
        wanted=wanted,
        may_change_dates=lends and may_change_dates(loan),
        closed_turns=closed_turns_words(loan, now=now),
        may_swap=lends and loan.state in HOLDS_BOXES,
        may_count_players=lends and may_count_players(loan.state, loan.ended_at, clock.now()),
        can_hand_over=loan.state in {LoanState.AGREED, LoanState.HANDED_OVER},
        missing=[count for count in list_counts(loan.id) if count.missing],
        photos={box.id: _damage(box.box_id, box.id) for box in loan.loan_boxes},
        changes=told_history(loan, [*filter(None, [agreement.counts]), *agreement.former], people=people),
        may_see_people=people,
        late=any(box.is_away for box in loan.loan_boxes) and _is_over(loan, now),
        **boxes_context(BASE),
    )


def _lacks(loan: LoanRow, scenario: ScenarioRow) -> int:
    """How many boxes are wanting to approve a request now."""
    free = free_boxes(scenario, loan.period, now=clock.now(), but_loan_id=loan.id)
    return max(0, loan.boxes - len(free))


def _damage(box_id: int, loan_box_id: int) -> list[str]:
    return [file.token for file in list_files(box_id=box_id) if file.loan_box_id == loan_box_id]


def _moves(loan: LoanRow, now: datetime) -> list[LoanMove]:
    """What the table allows, most likely first; that nobody came, from the first half-day on."""
    found = [move for move in moves_for(loan.state, Party.STAFF) if move in MOVE_LABELS]
    if now < loan.period.starts_at(lending_zone()):
        found = [move for move in found if move is not LoanMove.NOT_COLLECTED]
    if loan.state is LoanState.ASKED and _is_over(loan, now):
        found = [move for move in found if move is not LoanMove.APPROVE]
    return found


def _is_over(loan: LoanRow, now: datetime) -> bool:
    return loan.period.ends_at(lending_zone()) <= now


def _get(reference: str) -> LoanRow:
    return get_loan_by_reference(reference.replace("\x00", ""), organiser_id=current_organiser_id())


def _address(loan: LoanRow) -> str:
    return f"{BASE}/{loan.reference}"
