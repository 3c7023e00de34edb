"""The organiser's loans: the list, one that came by telephone, a loan's page with the moves that the table allows."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.boxes.queries import get_scenario_by_id, list_facilitators, list_scenarios
from app.core import clock
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.loans.availability import count_free, free_boxes
from app.loans.drafts import LoanDraft
from app.loans.enums import LoanPurpose, LoanState
from app.loans.operations import ask_loan, enter_loan, find_sent
from app.loans.queries import LoanFilter, count_by_state, list_loans
from app.loans.rules import ENDED
from app.loans.standing import count_ready, standings
from app.reports.queries.structures import DirectoryFilter, list_directory
from app.resources.calendars import lending_zone
from app.structures.models import StructureKind
from app.structures.queries import ContactRow, StructureRow, get_structure, list_contacts
from app.web.box_days import today_of
from app.web.forms.loan_desk import LoanForm
from app.web.forms.structures import KIND_LABELS
from app.web.guards import allows, current_actor, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.loan_labels import STANDING_BADGES, STATE_BADGES, conflict_words, period_words, short_period
from app.web.manage.boxes_tabs import LENDS, SEES, boxes_context
from app.web.manage.loans_changes import closed_days, free_words
from app.web.sendings import sending_of, with_key

blueprint = Blueprint("manage_loans", __name__, url_prefix="/manage/boxes/loans")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/loans"
_S = LoanState
TABS: dict[str, frozenset[LoanState]] = {
    "asked": frozenset({_S.ASKED}),
    "ready": frozenset({_S.ASKED}),
    "approved": frozenset({_S.APPROVED}),
    "agreed": frozenset({_S.AGREED}),
    "out": frozenset({_S.HANDED_OVER}),
    "back": frozenset({_S.RETURNED, _S.CHECKED}),
    "over": ENDED,
    "all": frozenset(),
}
WHOLE_TEXT = 100


def _tab_words() -> dict[str, str]:
    return {
        "asked": _("To decide"),
        "ready": _("May be approved now"),
        "approved": _("Agreement awaited"),
        "agreed": _("To hand over"),
        "out": _("Out"),
        "back": _("To check or close"),
        "over": _("Loans over"),
        "all": _("All"),
    }


@blueprint.get("")
@staff(SEES)
def index() -> str:
    organiser_id = current_organiser_id()
    counts = count_by_state(organiser_id)
    text = request.args.get("q", "").replace("\x00", "")[:WHOLE_TEXT].strip()
    tab, now = request.args.get("state", ""), clock.now()
    today = now.astimezone(lending_zone()).date()
    if tab not in TABS:
        tab = "all" if text else next((t for t, s in TABS.items() if any(counts.get(x) for x in s)), "all")
    page_number = _page_number()
    people = allows(Ability.PEOPLE_SEE)
    wanted = LoanFilter(
        TABS[tab], text=text, newest_first=tab in {"over", "all"}, ready_on=today if tab == "ready" else None, people=people
    )  # fmt: skip
    page = list_loans(organiser_id, wanted, page_number)
    if page.total and not page.loans:
        page_number = page.pages
        page = list_loans(organiser_id, wanted, page_number)
    ready = count_ready(organiser_id, today)
    return render_template(
        "manage/boxes/loans/list.html",
        page=page,
        text=text,
        tab=tab,
        tabs=[
            (
                key,
                words,
                ready if key == "ready" else sum(counts.get(s, 0) for s in TABS[key] or counts),
                _url(key, text),
            )
            for key, words in _tab_words().items()
            if key != "ready" or ready or tab == key
        ],
        periods={loan.id: short_period(loan.period) for loan in page.loans},
        states=STATE_BADGES,
        standings=standings(page.loans, now),
        standing_badges=STANDING_BADGES,
        may_see_people=people,
        known=sum(counts.values()),
        prev_url=_url(tab, text, page_number - 1) if page_number > 1 else None,
        next_url=_url(tab, text, page_number + 1) if page_number < page.pages else None,
        **boxes_context(BASE),
    )


@blueprint.get("/new")
@staff(LENDS)
def new() -> Answer:
    asked = request.args.get("structure", "")
    if not (asked.isdecimal() and len(asked) < 10):
        return _choose_page()
    structure = get_structure(int(asked), organiser_id=current_organiser_id())
    sending = sending_of(request.args)
    if not sending:
        return with_key()
    sent = find_sent(current_organiser_id(), sending, current_actor())
    scenario = request.args.get("scenario", "")
    school = structure.kind is StructureKind.SCHOOL
    form = LoanForm(
        formdata=None, scenario=scenario if scenario.isdecimal() and len(scenario) < 10 else None,
        purpose=LoanPurpose.CLASS.value if school else "",
    )  # fmt: skip
    contacts = _contacts(structure)
    form.contact.data = str(contacts[0].id) if contacts else ""
    return _form_page(_filled(form, structure, contacts), structure, sent=sent)


@blueprint.post("/new")
@staff(LENDS)
def create() -> Answer:
    asked = request.form.get("structure", "")
    if not (asked.isdecimal() and len(asked) < 10):
        return redirect(f"{BASE}/new")
    structure = get_structure(int(asked), organiser_id=current_organiser_id())
    contacts = _contacts(structure)
    form = _filled(LoanForm(), structure, contacts)
    if not form.validate_on_submit():
        return _form_page(form, structure), 422
    waits = request.form.get("how") == "ask"
    try:
        draft = form.draft(structure.id, contacts)
        if request.form.get("how") == "look":
            return _form_page(form, structure, draft)
        with transaction():
            write = ask_loan if waits else enter_loan
            made = write(draft, by=current_actor(), now=clock.now(), form=sending_of(request.form))
    except FieldError as error:
        form.show_loan_problems(error)
        return _form_page(form, structure), 422
    except Conflict as error:
        form.form_errors.append(conflict_words(error))
        return _form_page(form, structure, draft), 422
    if made.again:
        flash(_("This form was sent already: here is its loan. To lend more, choose “Lend a box” again."), "info")
        return redirect(f"{BASE}/{made.reference}")
    said = _("The request is kept. Decide on it here.") if waits else _("The loan is approved and its boxes are kept.")
    flash(said, "ok")
    return redirect(f"{BASE}/{made.reference}")


def _choose_page() -> str:
    """Who borrows: found in the directory."""
    text = request.args.get("q", "").replace("\x00", "")[:WHOLE_TEXT].strip()
    wanted = DirectoryFilter(text=text, contacts=allows(Ability.PEOPLE_SEE))
    found = list_directory(current_organiser_id(), wanted).lines if text else ()
    return render_template(
        "manage/boxes/loans/choose.html",
        text=text, found=found, kinds=KIND_LABELS, scenario=request.args.get("scenario", ""), **boxes_context(BASE),
    )  # fmt: skip


def _form_page(
    form: LoanForm, structure: StructureRow, looked: LoanDraft | None = None, *, sent: str | None = None
) -> str:
    """With what is free on the days of `looked`. `sent` is the number of the loan that this very form made already."""
    return render_template(
        "manage/boxes/loans/new.html",
        form=form, structure=structure, found=_found(looked) if looked else None, sent=sent,
        sending=sending_of(request.values), **boxes_context(BASE),
    )  # fmt: skip


def _found(draft: LoanDraft) -> dict[str, Any]:
    """What is free on the days of a request that is being written."""
    scenario = get_scenario_by_id(draft.scenario_id)
    free = [box.code for box in free_boxes(scenario, draft.period, now=clock.now())]
    asked = len(free) - count_free(scenario, draft.period, now=clock.now())
    return {
        "days": period_words(draft.period), "enough": len(free) >= draft.boxes, "words": free_words(free),
        "asked": max(0, asked), "closed": closed_days(draft.structure_id, scenario.organiser_id, draft.period),
    }  # fmt: skip


def _contacts(structure: StructureRow) -> list[ContactRow]:
    return [contact for contact in list_contacts(structure.id) if contact.ended_at is None]


def _filled(form: LoanForm, structure: StructureRow, contacts: list[ContactRow]) -> LoanForm:
    """With the scenarios that have boxes, the structure's contacts, its facilitators and the organiser's own."""
    organiser_id = current_organiser_id()
    scenarios = [s for s in list_scenarios(organiser_id) if s.boxes]
    people = [p for p in list_facilitators(organiser_id) if p.structure_id in {structure.id, None}]
    return form.fill(scenarios, contacts, people, current_locale(), today_of(clock.now()))


def _page_number() -> int:
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1


def _url(tab: str, text: str, page: int = 1) -> str:
    values: dict[str, Any] = {"state": tab}
    if text:
        values["q"] = text
    if page > 1:
        values["page"] = page
    return f"{BASE}?{urlencode(values)}"
