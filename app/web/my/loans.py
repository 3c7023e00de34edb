"""The loans of a contact's structure: what was asked for, what comes next, and asking for boxes."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.boxes.errors import FileNotFound, ScenarioNotFound
from app.boxes.queries import (
    accredited_on,
    find_facilitators,
    get_file,
    get_scenario_by_slug,
    list_facilitators,
    list_guides,
    list_scenarios,
)
from app.boxes.rows import FileRow, ScenarioRow
from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.rules import SLUG
from app.loans.drafts import LoanDraft
from app.loans.enums import LoanPurpose, LoanState
from app.loans.errors import NoBoxFree
from app.loans.operations import LoanMade, ask_loan, find_sent, name_facilitators
from app.loans.queries import LoanRow, get_loan_by_reference, list_loans_of_structures
from app.loans.rules import ENDED, period_of
from app.loans.words import period_words
from app.resources.calendars import open_days, zone_of_uai
from app.resources.halfdays import Period
from app.resources.settings import get_settings
from app.structures.models import StructureKind
from app.structures.queries import get_contact, get_structure
from app.training.queries import TrainingLine, list_next_trainings
from app.web.box_days import borrower_at, today_of, typed_days
from app.web.context import show_organiser
from app.web.filters import date_by
from app.web.forms.base import text_of
from app.web.forms.borrowing import LoanRequestForm, PeopleForm
from app.web.forms.structures import typed_phone
from app.web.guards import contact, current_contact
from app.web.i18n import current_locale
from app.web.manage.boxes_files import box_file_response
from app.web.public.boxes import Suggestion, suggestions
from app.web.public.loan_link import page_forms
from app.web.public.loan_view import loan_context, names_go_words, state_badge
from app.web.sendings import sending_of, with_key

blueprint = Blueprint("my_loans", __name__, url_prefix="/my/loans")

Answer = str | tuple[str, int] | Response


@blueprint.before_request
def dress() -> None:
    """In the name and colours of the organiser whose contact it is."""
    if "contact" in g:
        show_organiser(current_contact().organiser_id)


@blueprint.get("")
@contact
def index() -> str:
    visiting = current_contact()
    loans = list_loans_of_structures({visiting.structure_id})
    return render_template(
        "my/loans/index.html",
        contact=visiting,
        current=[_line(loan) for loan in reversed(loans) if loan.state not in ENDED],
        past=[_line(loan) for loan in loans if loan.state in ENDED],
        guides=_guides(),
    )


@blueprint.get("/guides/<token>")
@contact
def guide(token: str) -> Response:
    """A guide of what the contact is accredited for."""
    if token not in {found.token for _title, found in _guides()}:
        raise FileNotFound("guide")
    return box_file_response(*get_file(current_contact().organiser_id, token))


@blueprint.get("/new")
@contact
def new() -> Answer:
    wanted = request.args.get("scenario", "")
    scenario = _scenario(wanted)
    if scenario is None:
        if wanted:
            flash(
                _("Your structure cannot ask for this here: another organiser lends it, or it is lent no more."),
                "warning",
            )
        return redirect("/boxes")
    if not scenario.boxes:
        return redirect(f"/boxes/{scenario.slug}")  # which says so
    sending = sending_of(request.args)
    if not sending:
        return with_key()
    if sent := find_sent(scenario.organiser_id, sending, _visitor()):
        return _new_page(_form(scenario, formdata=None), scenario, sent=sent)
    typed, visiting = typed_days(request.args), current_contact()
    structure = get_structure(visiting.structure_id, organiser_id=visiting.organiser_id)
    known = get_contact(visiting.contact_id, organiser_id=visiting.organiser_id)
    values: dict[str, Any] = {
        "from_half": typed.first_half, "to_half": typed.last_half,
        "contact_name": known.name, "email": known.email, "phone": typed_phone(known.phone), "boxes": 1,
        "purpose": LoanPurpose.CLASS.value if structure.kind is StructureKind.SCHOOL and scenario.is_game else "",
    }  # fmt: skip
    for name, day in (("first", typed.first), ("last", typed.last)):
        if day:
            values[name] = date.fromisoformat(day)
    form = _form(scenario, formdata=None, **values)
    return _new_page(form, scenario)


@blueprint.post("/new")
@contact
def ask() -> Answer:
    scenario = _scenario(request.form.get("scenario", ""))
    if scenario is None:
        return redirect("/boxes", 303)
    form = _form(scenario)
    if not form.validate_on_submit():
        return _new_page(form, scenario), 422
    if _is_nobody_meant(form, scenario):
        form.even_untrained.errors = [_("Nobody is named who may run the game, and no training is waited for.")]
        return _new_page(form, scenario, asks_back=True), 422
    try:
        draft = _draft(form, scenario)
        with transaction():
            made = ask_loan(draft, by=_visitor(), now=clock.now(), form=sending_of(request.form))
    except FieldError as error:
        form.show_refusal(_at_fields(error))
        return _new_page(form, scenario), 422
    except NoBoxFree:
        return _new_page(form, scenario, _others(scenario, draft)), 422
    _say_made(made, draft)
    return redirect(f"/my/loans/{made.reference}", 303)


def _say_made(made: LoanMade, draft: LoanDraft) -> None:
    if made.again:
        flash(_("You sent this request already: here it is. To ask for more, start again from the catalogue."), "info")
    elif made.state is LoanState.APPROVED:
        flash(_("Your loan is accepted. The agreement is made: read it and accept it."), "ok")
    elif draft.waits_for_event_id is not None:
        flash(_("Your request is sent. It waits for the training."), "ok")
    else:
        flash(_("Your request is sent. We look at it and write to you."), "ok")
    if "school_holidays_unknown" in made.warnings:
        flash(_("The school holidays of those days are not published yet. We look at the dates with you then."), "info")
    if "players_many" in made.warnings:
        flash(_("That is many players for each box. We look at it with you."), "info")
    if "players_few" in made.warnings:
        flash(_("That is fewer players than the game is for. We look at it with you."), "info")


@blueprint.get("/<reference>")
@contact
def show(reference: str) -> str:
    return _page(_own(reference))


@blueprint.post("/<reference>/people")
@contact
def name_people(reference: str) -> Answer:
    """Other people of the structure run it; only while the request waits for an answer."""
    loan = _own(reference)
    form = PeopleForm(_people(loan.organiser_id))
    if not form.validate_on_submit():
        return _page(loan, form), 422
    ids = [int(one) for one in form.facilitators.data or ()]
    try:
        with transaction():
            state = name_facilitators(loan.id, ids, by=_visitor(), now=clock.now())
    except FieldError as error:
        form.show_refusal(_at_fields(error))
        return _page(loan, form), 422
    except MoveNotAllowed:
        flash(_("The loan changed meanwhile. Read again what stands here."), "waiting")
        return redirect(f"/my/loans/{loan.reference}", 303)
    if state is LoanState.APPROVED:
        flash(_("Your loan is accepted. The agreement is made: read it and accept it."), "ok")
    else:
        flash(_("Thank you. The team sees it."), "ok")
    return redirect(f"/my/loans/{loan.reference}", 303)


def _visitor() -> Actor:
    visiting = current_contact()
    return Actor(ActorKind.VISITOR, visiting.name, visiting.contact_id, visiting.organiser_id)


def _own(reference: str) -> LoanRow:
    """Raises LoanNotFound: also of another structure."""
    return get_loan_by_reference(reference.replace("\x00", ""), structure_ids={current_contact().structure_id})


def _people(organiser_id: int) -> dict[str, str]:
    people = list_facilitators(organiser_id, structure_id=current_contact().structure_id)
    return {str(person.id): person.name for person in people}


def _page(loan: LoanRow, naming: PeopleForm | None = None) -> str:
    people = _people(loan.organiser_id) if loan.state is LoanState.ASKED else {}
    named = [str(person.id) for person in loan.facilitators]
    return render_template(
        "my/loans/show.html",
        contact=current_contact(),
        naming=naming or PeopleForm(people, formdata=None, facilitators=named) if people else None,
        valid={str(i) for i in accredited_on(loan.scenario_id, map(int, people), loan.from_date, loan.to_date)},
        **loan_context(loan),
        **page_forms(loan),
    )


def _guides() -> list[tuple[str, FileRow]]:
    """Title and guide of what the contact, known by their mail, may run today. Four statements."""
    visiting, today = current_contact(), today_of(clock.now())
    people = find_facilitators(visiting.organiser_id, mail_key=visiting.mail_key, phone="", name_key="")
    codes = {code for person in people for code in person.valid_codes(today)}
    runs = [s for s in list_scenarios(visiting.organiser_id) if s.code in codes] if codes else []
    guides = list_guides([scenario.id for scenario in runs]) if runs else {}
    return [(s.title(current_locale()), guides[s.id]) for s in runs if s.id in guides]


def _line(loan: LoanRow) -> dict[str, Any]:
    return {"loan": loan, "badge": state_badge(loan), "days": period_words(loan.period, current_locale())}


def _scenario(slug: str) -> ScenarioRow | None:
    """What may be asked for: of the contact's own organiser, and in the catalogue."""
    if not SLUG.fullmatch(slug):
        return None
    try:
        found = get_scenario_by_slug(slug)
    except ScenarioNotFound:
        return None
    mine = found.organiser_id == current_contact().organiser_id
    return found if mine and found.listed and found.archived_at is None else None


def _form(scenario: ScenarioRow, **values: Any) -> LoanRequestForm:
    people = list_facilitators(scenario.organiser_id, structure_id=current_contact().structure_id)
    trainings = _trainings(scenario)
    return LoanRequestForm(
        {str(person.id): person.name for person in people},
        {str(line.event_id): _training_words(line) for line in trainings},
        game=scenario.is_game,
        **values,
    )


def _trainings(scenario: ScenarioRow) -> Sequence[TrainingLine]:
    return list_next_trainings(scenario.id, now=clock.now()) if scenario.asks_accreditation else ()


def _training_words(line: TrainingLine) -> str:
    day = line.starts_at.astimezone(ZoneInfo(line.timezone)).date()
    return f"{line.title(current_locale())}, {date_by(day, 'EEEE d MMMM y')}"


def _draft(form: LoanRequestForm, scenario: ScenarioRow) -> LoanDraft:
    """Raises FieldError (to: order)."""
    visiting = current_contact()
    waits_for = text_of(form.waits_for)
    return LoanDraft(
        scenario_id=scenario.id, boxes=form.boxes.data or 0, period=_period(form), structure_id=visiting.structure_id,
        purpose=LoanPurpose(text_of(form.purpose)), players=form.players.data,
        facilitator_ids=tuple(int(one) for one in form.facilitators.data or ()), contact_id=visiting.contact_id,
        contact_name=text_of(form.contact_name), email=text_of(form.email), phone=text_of(form.phone),
        locale=current_locale(), purpose_note=text_of(form.purpose_note), place=text_of(form.place),
        notes=text_of(form.notes), waits_for_event_id=int(waits_for) if waits_for else None,
    )  # fmt: skip


def _period(form: LoanRequestForm) -> Period:
    assert form.first.data is not None
    assert form.last.data is not None
    return period_of(form.first.data, text_of(form.from_half), form.last.data, text_of(form.to_half))


def _at_fields(error: FieldError) -> FieldError:
    """The problems at the form's own names."""
    names = {"from": "first", "to": "last"}
    return FieldError(
        {("facilitators" if key.startswith("facilitators/") else names.get(key, key)): code
         for key, code in error.problems.items()}
    )  # fmt: skip


def _others(scenario: ScenarioRow, draft: LoanDraft) -> tuple[Suggestion, ...]:
    """The nearest days that this borrower may ask for: a school's holidays are left out."""
    structure = get_structure(draft.structure_id, organiser_id=scenario.organiser_id)
    days = open_days(scenario.organiser_id, draft.period.first.date, draft.period.last.date)
    zone = zone_of_uai(structure.uai, days.school_zone) if structure.kind is StructureKind.SCHOOL else None
    return suggestions(scenario, draft.period, draft.boxes, borrower_at(clock.now(), zone))


def _is_nobody_meant(form: LoanRequestForm, scenario: ScenarioRow) -> bool:
    """Nobody is named, nobody of theirs is trained, and no training is waited for: it is asked back once, as it may be a slip."""
    if not scenario.is_game or not scenario.asks_accreditation:
        return False
    if form.facilitators.data or form.waits_for.data or form.even_untrained.data:
        return False
    return not _valid(form, scenario)


def _valid(form: LoanRequestForm, scenario: ScenarioRow) -> frozenset[int]:
    """Who of the structure may run it on the days typed."""
    people = list_facilitators(scenario.organiser_id, structure_id=current_contact().structure_id)
    first, last = form.first.data or today_of(clock.now()), form.last.data or form.first.data or today_of(clock.now())
    return frozenset(accredited_on(scenario.id, [person.id for person in people], first, max(first, last)))


def _new_page(
    form: LoanRequestForm,
    scenario: ScenarioRow,
    others: tuple[Suggestion, ...] | None = None,
    *,
    asks_back: bool = False,
    sent: str | None = None,
) -> str:
    """`sent` is the number of the loan that this very form made already."""
    visiting = current_contact()
    return render_template(
        "my/loans/new.html",
        form=form,
        scenario=scenario,
        contact=visiting,
        others=others,
        valid={str(i) for i in _valid(form, scenario)},
        trainings=[(line, _training_words(line)) for line in _trainings(scenario)],
        today=today_of(clock.now()).isoformat(),
        names_go=names_go_words(get_settings(scenario.organiser_id).keep_names_days),
        asks_back=asks_back,
        sent=sent,
        sending=sending_of(request.values),
    )
