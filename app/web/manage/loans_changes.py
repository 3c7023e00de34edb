"""Other dates and other boxes for a loan: what is free is shown before anything changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.boxes.queries import get_scenario_by_id, list_boxes, list_contents_of
from app.boxes.rows import BoxRow, ContentRow
from app.core import clock
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.loans.availability import free_boxes
from app.loans.drafts import OtherLoan
from app.loans.enums import LoanState
from app.loans.exchanges import list_exchanges
from app.loans.operations import change_dates, swap_box
from app.loans.queries import LoanBoxRow, LoanRow, get_loan_by_reference
from app.loans.rules import HOLDS_BOXES, WAITING_OR_HELD
from app.resources.calendars import open_days, school_holidays, zone_of_uai
from app.resources.halfdays import Period
from app.structures.models import StructureKind
from app.structures.queries import get_structure
from app.web.box_days import closed_words
from app.web.forms.boxes import CONDITION_BADGES, CONDITION_LABELS, WEAR_LABELS
from app.web.forms.loan_desk import LoanDatesForm, LoanSwapForm, other_text, revision_of
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.loan_labels import conflict_words, day_words, period_words, refusal_words, stands_words
from app.web.manage.boxes_closed import closed_turns_words
from app.web.manage.boxes_tabs import LENDS, boxes_context

blueprint = Blueprint("manage_loans_changes", __name__, url_prefix="/manage/boxes/loans/<reference>")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/loans"


@dataclass(frozen=True)
class Candidate:
    """A box that may take another's place; `holder`: the loan that gets that one in exchange, None for a free box."""

    box: BoxRow
    missing: Sequence[ContentRow]
    holder: LoanRow | None = None
    holder_days: str = ""

    @property
    def value(self) -> str:
        """What the form sends for it."""
        holder = self.holder
        return f"{self.box.id}.{other_text(OtherLoan(holder.id, holder.revision))}" if holder else str(self.box.id)

    @property
    def lacks(self) -> str:
        """« Cadenas (1), Lampe (2) »: what is missing in it, and how many."""
        return ", ".join(f"{content.name(current_locale())} ({content.missing})" for content in self.missing)


@blueprint.get("/dates")
@staff(LENDS)
def edit_dates(reference: str) -> Answer:
    loan = _get(reference)
    if not may_change_dates(loan):
        flash(stands_words(loan.state), "waiting")
        return redirect(_address(loan))
    form = LoanDatesForm(
        formdata=None, first_day=loan.from_date, first_half=loan.from_half.value, last_day=loan.to_date,
        last_half=loan.to_half.value, revision=str(loan.revision),
    )  # fmt: skip
    return _dates_page(loan, form)


@blueprint.post("/dates")
@staff(LENDS)
def save_dates(reference: str) -> Answer:
    """With `look` the days that are typed are looked at, and nothing changes."""
    loan, form = _get(reference), LoanDatesForm()
    if not form.validate_on_submit():
        return _dates_page(loan, form), 422
    period: Period | None = None
    try:
        period = form.period()
        if request.form.get("look"):
            return _dates_page(loan, form, period)
        if not form.even_closed.data and closed_ends(loan, period):
            return _dates_page(loan, form, period), 422
        with transaction():
            change_dates(loan.id, period, by=current_actor(), now=clock.now(), revision=revision_of(form))
    except FieldError as error:
        form.show_loan_problems(error)
        return _dates_page(loan, form), 422
    except Conflict as error:
        form.form_errors.append(conflict_words(error))
        return _dates_page(loan, form, period), 422
    flash(_("The dates are changed."), "ok")
    return redirect(_address(loan))


@blueprint.get("/boxes/<code>/swap")
@staff(LENDS)
def choose_swap(reference: str, code: str) -> Answer:
    loan = _get(reference)
    held = _swappable(loan, code)
    if held is None:
        flash(refusal_words("box_away"), "waiting")
        return redirect(_address(loan))
    return _swap_page(loan, held, LoanSwapForm(formdata=None, revision=str(loan.revision)))


@blueprint.post("/boxes/<code>/swap")
@staff(LENDS)
def save_swap(reference: str, code: str) -> Answer:
    """Another box: `box` is the id of a free one, or `id.loan.revision` of one that another loan gives for this one's."""
    loan, form = _get(reference), LoanSwapForm()
    held = _swappable(loan, code)
    if held is None:
        flash(refusal_words("box_away"), "waiting")
        return redirect(_address(loan))
    if not form.validate_on_submit():
        return _swap_page(loan, held, form), 422
    try:
        with transaction():
            box_id, other = form.chosen
            by, now = current_actor(), clock.now()
            swap_box(loan.id, held.box_id, box_id, by=by, now=now, revision=revision_of(form), other=other)
    except Conflict as error:
        form.form_errors.append(conflict_words(error))
        return _swap_page(loan, held, form), 422
    flash(_("%(code)s is swapped.", code=code), "ok")
    return redirect(_address(loan))


def may_change_dates(loan: LoanRow) -> bool:
    return loan.state in WAITING_OR_HELD or loan.state is LoanState.HANDED_OVER


def closed_ends(loan: LoanRow, period: Period) -> list[str]:
    """Why a new first or last day is closed, in words: the organiser's days, and a school's holidays."""
    return closed_days(loan.structure_id, loan.organiser_id, period, known=(loan.from_date, loan.to_date))


def closed_days(structure_id: int, organiser_id: int, period: Period, *, known: Sequence[date] = ()) -> list[str]:
    """The same of a period's first and last day, but for those that are `known`."""
    days = open_days(organiser_id, period.first.date, period.last.date)
    structure = get_structure(structure_id, organiser_id=organiser_id)
    zone = zone_of_uai(structure.uai, days.school_zone) if structure.kind is StructureKind.SCHOOL else None
    found = []
    for day in dict.fromkeys(day for day in (period.first.date, period.last.date) if day not in known):
        closed = days.why_closed(day)
        if closed is not None:
            why = closed_words(closed)
            found.append(str(_("%(day)s: %(why)s", day=day_words(day), why=why[:1].lower() + why[1:])))
        elif zone is not None and school_holidays(zone, day):
            found.append(str(_("%(day)s: school holidays of this borrower", day=day_words(day))))
    return found


def _dates_page(loan: LoanRow, form: LoanDatesForm, period: Period | None = None) -> str:
    free: list[str] = []
    if period is not None:
        scenario = get_scenario_by_id(loan.scenario_id)
        free = [box.code for box in free_boxes(scenario, period, now=clock.now(), but_loan_id=loan.id)]
    return render_template(
        "manage/boxes/loans/dates.html",
        loan=loan, form=form, here=_address(loan), period=period_words(loan.period),
        away=loan.state is LoanState.HANDED_OVER, free=free, looked_at=period_words(period) if period else "",
        free_words=free_words(free), closed=closed_ends(loan, period) if period else [],
        closed_turns=closed_turns_words(loan, now=clock.now()), **boxes_context(BASE),
    )  # fmt: skip


def free_words(free: Sequence[str]) -> str:
    """How many boxes are free, and which."""
    if not free:
        return str(_("No box is free on these days."))
    codes = ", ".join(free)
    return str(
        ngettext("%(num)d box is free: %(codes)s.", "%(num)d boxes are free: %(codes)s.", len(free), codes=codes)
    )


def _swappable(loan: LoanRow, code: str) -> LoanBoxRow | None:
    """The box of that code, while the loan may still get another one for it."""
    held = next((box for box in loan.loan_boxes if box.code == code), None)
    return held if held and loan.state in HOLDS_BOXES and held.handed_over_at is None else None


def _swap_page(loan: LoanRow, held: LoanBoxRow, form: LoanSwapForm) -> str:
    return render_template(
        "manage/boxes/loans/swap.html",
        loan=loan, form=form, here=_address(loan), held=held, period=period_words(loan.period),
        candidates=_candidates(loan, held), conditions=CONDITION_LABELS, badges=CONDITION_BADGES, wears=WEAR_LABELS,
        locale=current_locale(), **boxes_context(BASE),
    )  # fmt: skip


def _candidates(loan: LoanRow, held: LoanBoxRow) -> list[Candidate]:
    """The free boxes of the scenario, the one whose turn it is first, then those of other loans."""
    scenario, now = get_scenario_by_id(loan.scenario_id), clock.now()
    own = {box.box_id for box in loan.loan_boxes}
    free = [box.id for box in free_boxes(scenario, loan.period, now=now, but_loan_id=loan.id) if box.id not in own]
    exchanges = list_exchanges(loan, held, scenario, now=now)
    rows = {box.id: box for box in list_boxes(loan.organiser_id, scenario.id)}
    chosen = [rows[box_id] for box_id in (*free, *(e.box.box_id for e in exchanges)) if box_id in rows]
    lacking = (
        {box_id: [c for c in contents if c.missing] for box_id, contents in list_contents_of(chosen).items()}
        if chosen
        else {}
    )
    return [
        *(Candidate(rows[box_id], lacking[box_id]) for box_id in free),
        *(Candidate(rows[e.box.box_id], lacking[e.box.box_id], e.loan, period_words(e.loan.period)) for e in exchanges),
    ]


def _get(reference: str) -> LoanRow:
    return get_loan_by_reference(reference.replace("\x00", ""), organiser_id=current_organiser_id())


def _address(loan: LoanRow) -> str:
    return f"{BASE}/{loan.reference}"
