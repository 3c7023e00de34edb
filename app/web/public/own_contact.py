"""How one's own name is written, and one's telephone: what visitors correct without the team."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import FieldError, MoveNotAllowed
from app.core.text import shown_phone
from app.core.transaction import in_transaction
from app.core.urls import own_page_path
from app.events.queries import EventRow
from app.registrations.errors import (
    AlreadyRegistered,
    ChangeClosed,
    RegistrationChanged,
    RegistrationForgotten,
    RegistrationNotFound,
)
from app.registrations.operations import correct_own_contact
from app.registrations.queries import (
    FORGOTTEN,
    RegistrationRow,
    find_family_name,
    get_registration,
    mark_of_contact,
)
from app.registrations.rules import may_change
from app.web.forms.correcting import OwnContactForm
from app.web.guards import current_actor, own_link
from app.web.public.found import registration_of_link
from app.web.public.tickets import unknown_link
from app.web.wording import message_for

blueprint = Blueprint("public_own_contact", __name__)
blueprint.register_error_handler(RegistrationNotFound, unknown_link)

Answer = str | tuple[str, int] | Response


@blueprint.get("/r/<token>/contact")
@own_link
def ask(token: str) -> Answer:
    registration, event = registration_of_link(token)
    if not may_correct_own(event, registration):
        return _too_late(event, registration)
    form: Any = OwnContactForm(formdata=None)
    form.known.data = mark_of_contact(registration, find_family_name(registration.id))
    form["name"].data, form.phone.data = registration.contact_name, shown_phone(registration.contact_phone)
    return _page(event, registration, form)


@blueprint.post("/r/<token>/contact")
@own_link
def correct(token: str) -> Answer:
    registration, event = registration_of_link(token)
    if not may_correct_own(event, registration):
        return _too_late(event, registration)
    form: Any = OwnContactForm()
    if not form.validate():
        return _page(event, registration, form), 422
    name, phone, known = form["name"].data, form.phone.data, form.known.data or ""
    by, now = current_actor(), clock.now()
    try:
        in_transaction(
            lambda: correct_own_contact(registration.id, name=name, phone=phone, by=by, now=now, known=known)
        )
    except FieldError as error:
        _show(form, error)
        return _page(event, registration, form), 422
    except RegistrationChanged:
        return _meanwhile(event, registration.id, form)
    except (AlreadyRegistered, ChangeClosed, MoveNotAllowed, RegistrationForgotten):
        return _too_late(event, registration)
    flash(_("It is noted. Your ticket shows it from now on."), "ok")
    return redirect(own_page_path(token), 303)


def may_correct_own(event: EventRow, registration: RegistrationRow) -> bool:
    """Until the visit is over, as for all that visitors change."""
    known = registration.alive and registration.contact_name != FORGOTTEN
    return known and may_change(event, registration.waves, staff=False, now=clock.now())


def _show(form: Any, error: FieldError) -> None:
    """Of a mail address this page asks nothing: who has none needs a telephone."""
    for path, code in error.problems.items():
        if code == "email_or_phone":
            form.phone.errors = [_("Without an e-mail address, a telephone number is needed.")]
        else:
            form[path.rpartition("/")[2]].errors = [message_for(code)]


def _meanwhile(event: EventRow, registration_id: int, form: Any) -> Answer:
    now = get_registration(registration_id)
    form.known.data = mark_of_contact(now, find_family_name(registration_id))
    return _page(event, now, form, meanwhile=True), 409


def _too_late(event: EventRow, registration: RegistrationRow) -> Answer:
    return render_template("public/own_page/too_late.html", event=event, base=own_page_path(registration.token)), 409


def _page(event: EventRow, registration: RegistrationRow, form: Any, *, meanwhile: bool = False) -> str:
    if not form.phone.errors:
        form.phone.data = shown_phone(form.phone.data or "")
    return render_template(
        "public/own_page/contact.html",
        event=event,
        registration=registration,
        form=form,
        meanwhile=meanwhile,
        base=own_page_path(registration.token),
    )
