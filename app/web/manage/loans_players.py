"""How many really played with a loan's boxes: written down or mended after they are back."""

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.loans.operations.playing import count_players
from app.loans.players import may_count_players
from app.loans.queries import LoanRow, get_loan_by_reference
from app.web.forms.loan_counts import PlayersForm
from app.web.forms.loan_desk import revision_of
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.loan_labels import conflict_words, period_words, stands_words
from app.web.manage.boxes_tabs import LENDS, boxes_context

blueprint = Blueprint("manage_loans_players", __name__, url_prefix="/manage/boxes/loans")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/loans"


@blueprint.get("/<reference>/players")
@staff(LENDS)
def edit(reference: str) -> Answer:
    loan = _get(reference)
    if not may_count_players(loan.state, loan.ended_at, clock.now()):
        flash(stands_words(loan.state), "waiting")
        return redirect(f"{BASE}/{loan.reference}")
    form = PlayersForm(formdata=None, players_counted=loan.players_counted, revision=str(loan.revision))
    return _page(loan, form)


@blueprint.post("/<reference>/players")
@staff(LENDS)
def save(reference: str) -> Answer:
    loan, form = _get(reference), PlayersForm()
    if not form.validate_on_submit():
        return _page(loan, form), 422
    try:
        with transaction():
            count_players(
                loan.id, form.players_counted.data, by=current_actor(), now=clock.now(), revision=revision_of(form)
            )
    except FieldError as error:
        form.show_refusal(error)
        return _page(loan, form), 422
    except Conflict as error:
        flash(conflict_words(error), "waiting")
        return redirect(f"{BASE}/{loan.reference}")
    flash(_("Saved."), "ok")
    return redirect(f"{BASE}/{loan.reference}")


def _page(loan: LoanRow, form: PlayersForm) -> str:
    return render_template(
        "manage/boxes/loans/players.html",
        loan=loan, form=form, here=f"{BASE}/{loan.reference}", period=period_words(loan.period), **boxes_context(BASE),
    )  # fmt: skip


def _get(reference: str) -> LoanRow:
    return get_loan_by_reference(reference.replace("\x00", ""), organiser_id=current_organiser_id())
