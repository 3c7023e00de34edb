"""What a contact sees: their structure, its registrations, and what they would have stand otherwise."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.enums import EventState
from app.registrations.enums import RegistrationKind
from app.reports.queries.structures import MOST_REGISTRATIONS, Figures, RegistrationOf, list_registrations_of
from app.structures.operations.contacts import set_language
from app.structures.operations.corrections import PROPOSABLE, propose_correction
from app.structures.operations.links import leave_everywhere
from app.structures.queries import StructureRow, find_correction_of, get_contact, get_structure, list_visiting
from app.structures.rules import page_of_my
from app.web.context import show_organiser
from app.web.forms.base import text_of
from app.web.forms.structures import FIELD_LABELS, KIND_LABELS, CorrectionForm, typed_phone
from app.web.guards import contact, current_contact, let_contact_in, let_contact_out
from app.web.i18n import as_choice
from app.web.manage.structures_view import by_year

blueprint = Blueprint("my_structure", __name__, url_prefix="/my")

Answer = str | tuple[str, int] | Response


@blueprint.before_request
def dress() -> None:
    """In the name and colours of the organiser whose contact it is."""
    if "contact" in g:
        show_organiser(current_contact().organiser_id)


@blueprint.get("/structure")
@contact
def show() -> str:
    visiting = current_contact()
    registrations = list_registrations_of(visiting.structure_id)
    coming, past = _coming_and_past(registrations)
    return render_template(
        "my/structure.html",
        contact=visiting,
        structure=_structure(),
        figures=_figures(past),
        coming=by_year(coming),
        past=by_year(past),
        cut=len(registrations) >= MOST_REGISTRATIONS,
        several=len(list_visiting(visiting.mail_key)) > 1,
        own={r.id for r in registrations if r.mail_key and r.mail_key == visiting.mail_key},
        kinds=KIND_LABELS,
        labels=FIELD_LABELS,
        proposed=find_correction_of(visiting.contact_id),
    )


@blueprint.get("/choose")
@contact
def choose() -> str:
    return render_template(
        "my/choose.html", contact=current_contact(), structures=list_visiting(current_contact().mail_key),
        kinds=KIND_LABELS, wanted=page_of_my(request.args.get("next", "")),
    )  # fmt: skip


@blueprint.post("/choose")
@contact
def turn_to() -> Response:
    """To another structure of the same mail address: that is what the link has proved."""
    wanted = request.form.get("contact", "")
    found = next((c for c in list_visiting(current_contact().mail_key) if str(c.contact_id) == wanted), None)
    if found is None:
        flash(_("You are no longer a contact there."), "waiting")
        return redirect("/my/choose", 303)
    let_contact_in(found.contact_id, found.epoch)
    return redirect(page_of_my(request.form.get("next", "")) or "/my/structure", 303)


@blueprint.get("/correction")
@contact
def correct() -> str:
    structure = _structure()
    values: dict[str, Any] = {name: structure.value(name) for name in PROPOSABLE}
    proposed = find_correction_of(current_contact().contact_id)
    if proposed is not None:  # a new proposal takes the place of the one that waits: nothing of that one is lost
        values |= proposed.values | {"message": proposed.message}
    values["phone"] = typed_phone(str(values["phone"]))
    return _correction_page(CorrectionForm(formdata=None, **values), structure)


@blueprint.post("/correction")
@contact
def propose() -> Answer:
    form, visiting = CorrectionForm(), current_contact()
    if not form.validate_on_submit():
        return _correction_page(form, _structure()), 422
    by = Actor(ActorKind.VISITOR, visiting.name, visiting.contact_id, visiting.organiser_id)
    values = {name: text_of(form[name]) for name in PROPOSABLE}
    try:
        with transaction():
            said = propose_correction(visiting, values, text_of(form.message), by=by, now=clock.now())
    except FieldError as error:
        form.show_refusal(error, limit=500)
        return _correction_page(form, _structure()), 422
    if said:
        flash(_("Thank you. %(organiser)s looks at it before it changes.", organiser=visiting.organiser_name), "ok")
    else:
        flash(_("Nothing is different from what stands here."), "waiting")
    return redirect("/my/structure", 303)


@blueprint.post("/language")
@contact
def change_language() -> Response:
    """The language of one's pages and mails from now on."""
    locale = as_choice(request.form.get("locale")) or "fr"
    visiting = current_contact()
    with transaction():
        set_language(get_contact(visiting.contact_id, organiser_id=visiting.organiser_id), locale)
    return redirect(f"/my/structure?lang={locale}", 303)


@blueprint.post("/leave-everywhere")
@contact
def end_everywhere() -> Response:
    """For who came in on a computer that others use: every device is out, this one too."""
    with transaction():
        leave_everywhere(current_contact(), now=clock.now())
    let_contact_out()
    flash(_("You are logged out everywhere. A new link brings you back."), "ok")
    return redirect("/my", 303)


def _structure() -> StructureRow:
    visiting = current_contact()
    return get_structure(visiting.structure_id, organiser_id=visiting.organiser_id)


def _coming_and_past(
    registrations: Sequence[RegistrationOf],
) -> tuple[list[RegistrationOf], list[RegistrationOf]]:
    """Coming ones: the nearest first. What was cancelled or called off is told until its day, then no more."""
    now = clock.now()
    coming = [r for r in reversed(registrations) if r.date_to_come or r.ends_at >= now]
    past = [r for r in registrations if r not in coming and r.alive and r.event_state is not EventState.CANCELLED]
    return coming, past


def _figures(past: Sequence[RegistrationOf]) -> Figures:
    """What is over, added up: what is to come would say that people are missing."""
    groups = sum(r.kind is RegistrationKind.GROUP for r in past)
    events = len({r.event_id for r in past})
    return Figures(sum(r.people for r in past), sum(r.came for r in past), groups, events)


def _correction_page(form: CorrectionForm, structure: StructureRow) -> str:
    return render_template("my/correction.html", form=form, contact=current_contact(), structure=structure)
