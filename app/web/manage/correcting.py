"""Putting right who is registered and how to reach them."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.rules import Ability, is_within, row_limit
from app.core import clock
from app.core.errors import FieldError
from app.core.text import shown_phone
from app.core.transaction import in_transaction
from app.events.queries import EventRow
from app.registrations.drafts import Contact, Organisation
from app.registrations.errors import (
    AlreadyRegistered,
    ChangeClosed,
    RegistrationChanged,
    RegistrationForgotten,
)
from app.registrations.operations import Correction, correct_registration
from app.registrations.queries import (
    RegistrationRow,
    find_family_name,
    get_registration,
    mark_of_contact,
)
from app.web.forms.correcting import CorrectionForm
from app.web.guards import allows, current_access, current_actor, event_staff
from app.web.manage.event_page import get_own_registration
from app.web.manage.registration import may_correct, page_context
from app.web.refusals import FunctionMissing

blueprint = Blueprint(
    "manage_correcting", __name__, url_prefix="/manage/events/<slug>/registrations/<reference>/contact"
)

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def ask(slug: str, reference: str) -> Answer:
    event, registration = _of_page(slug, reference)
    if not may_correct(event, registration):
        return _closed(event, registration)
    form = CorrectionForm(formdata=None, send=True)
    _fill(form, registration)
    return _page(event, registration, form)


@blueprint.post("")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def correct(slug: str, reference: str) -> Answer:
    event, registration = _of_page(slug, reference)
    form: Any = CorrectionForm()
    if not may_correct(event, registration):
        return _closed(event, registration)
    if not form.validate_on_submit():
        return _page(event, registration, form), 422
    contact, structure, now, by = form.contact.form, form.organisation.form, clock.now(), current_actor()
    wanted = Correction(
        Contact(contact.name.data, contact.email.data, contact.phone.data, contact.family_name.data),
        Organisation(
            structure.name.data,
            structure.uai.data if registration.is_group else registration.uai,
            structure.class_label.data if registration.is_group else registration.class_label,
            structure.commune.data,
        ),
        form.oriented_by.data,
        form.locale.data,
    )
    known, send = form.known.data or "", bool(form.send.data)
    try:
        changed = in_transaction(
            lambda: correct_registration(registration.id, wanted, by=by, now=now, known=known, send=send)
        )
    except FieldError as error:
        form.show_refusal(error)
        return _page(event, registration, form), 422
    except AlreadyRegistered as error:
        return _page(event, registration, form, same=_same(event, error)), 409
    except RegistrationChanged:
        return _meanwhile(event, registration.id, form)
    except (ChangeClosed, RegistrationForgotten):
        return _closed(event, registration)
    _say(registration, changed, contact.email.data if send else "")
    return redirect(f"/manage/events/{slug}/registrations/{registration.reference}")


def _of_page(slug: str, reference: str) -> tuple[EventRow, RegistrationRow]:
    """One among the rows of a person who sees people's data. Raises NotFound, FunctionMissing."""
    found = get_own_registration(slug, reference)
    if not allows(Ability.PEOPLE_SEE):
        raise FunctionMissing(Ability.PEOPLE_SEE)
    return found


def _fill(form: Any, registration: RegistrationRow) -> None:
    family = find_family_name(registration.id)
    form.known.data = mark_of_contact(registration, family)
    contact, structure = form.contact.form, form.organisation.form
    contact.name.data, contact.family_name.data = registration.contact_name, family
    contact.email.data, contact.phone.data = registration.contact_email, shown_phone(registration.contact_phone)
    structure.name.data, structure.uai.data = registration.organisation_name, registration.uai
    structure.class_label.data, structure.commune.data = registration.class_label, registration.commune
    form.oriented_by.data, form.locale.data = registration.oriented_by, registration.locale


def _say(registration: RegistrationRow, changed: tuple[str, ...], sent_to: str) -> None:
    if not changed:
        flash(_("Nothing was different: nothing changed."), "info")
    elif "contact_email" in changed and sent_to and registration.alive:
        flash(_("Corrected. The ticket leaves for %(mail)s.", mail=sent_to), "ok")
    else:
        flash(_("Corrected."), "ok")


def _closed(event: EventRow, registration: RegistrationRow) -> Response:
    flash(
        _("These details can no longer be corrected: the event is archived or called off, or the name was erased."),
        "waiting",
    )
    return redirect(f"/manage/events/{event.slug}/registrations/{registration.reference}")


def _meanwhile(event: EventRow, registration_id: int, form: Any) -> Answer:
    """A colleague, or the person, corrected it: what stands there now beside what was typed, to be sent again."""
    now = get_registration(registration_id)
    family = find_family_name(registration_id)
    form.known.data = mark_of_contact(now, family)
    return _page(event, now, form, meanwhile=_facts(now, family)), 409


def _facts(registration: RegistrationRow, family: str) -> list[tuple[str, str]]:
    facts = [
        (_("First name and name"), registration.contact_name), (_("Family name, for sorting"), family),
        (_("E-mail address"), registration.contact_email), (_("Telephone"), shown_phone(registration.contact_phone)),
        (_("School or structure"), registration.organisation_name), (_("Class"), registration.class_label),
        (_("UAI of the school"), registration.uai), (_("Town"), registration.commune),
        (_("Sent by"), registration.oriented_by),
    ]  # fmt: skip
    return [(str(label), value) for label, value in facts if value]


def _same(event: EventRow, error: AlreadyRegistered) -> RegistrationRow | None:
    """The registration that stands in the way, where it is among the reader's rows."""
    other = get_registration(error.registration_id)
    limit = row_limit(current_access())
    shown = other.event_id == event.id and is_within(limit, group=other.is_group, audience=other.audience)
    return other if shown else None


_UNSAID = object()


def _page(
    event: EventRow,
    registration: RegistrationRow,
    form: Any,
    *,
    same: object = _UNSAID,
    meanwhile: list[tuple[str, str]] | None = None,
) -> str:
    phone = form.contact.form.phone
    if not phone.errors:
        phone.data = shown_phone(phone.data or "")
    return render_template(
        "manage/registrations/correct.html",
        form=form,
        problems=form.list_problems(),
        taken=same is not _UNSAID,
        same=None if same is _UNSAID else same,
        meanwhile=meanwhile,
        **page_context(event, registration),
    )
