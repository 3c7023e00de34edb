"""A structure's contacts, their links, and the corrections that they propose."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.transaction import transaction
from app.structures.errors import ContactNeeded, NoAddress, StructureMerged
from app.structures.operations.contacts import add_contact, change_contact, end_contact, return_contact
from app.structures.operations.corrections import settle_correction
from app.structures.operations.erasing import erase_contact
from app.structures.operations.links import send_link
from app.structures.queries import ContactRow, StructureRow, get_contact, get_structure
from app.web.forms.base import text_of
from app.web.forms.structures import ContactForm
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.wording import message_for

blueprint = Blueprint("manage_structures_contacts", __name__, url_prefix="/manage/structures/<int:structure_id>")

Answer = str | tuple[str, int] | Response


@blueprint.get("/contacts/new")
@staff(MAY_MANAGE)
def new(structure_id: int) -> str:
    return _page(ContactForm(formdata=None), _get(structure_id), None)


@blueprint.post("/contacts/new")
@staff(MAY_MANAGE)
def add(structure_id: int) -> Answer:
    structure, form = _get(structure_id), ContactForm()
    if not form.validate_on_submit():
        return _page(form, structure, None), 422
    try:
        with transaction():
            add_contact(
                structure_id, form.draft(), organiser_id=current_organiser_id(), by=current_actor(), now=clock.now()
            )
    except FieldError as error:
        form.show_refusal(error)
        return _page(form, structure, None), 422
    except StructureMerged as merged:
        flash(_("This structure was merged into another meanwhile. Here is the one that is kept."), "waiting")
        return redirect(f"/manage/structures/{merged.into_id}")
    flash(_("%(name)s is now a contact.", name=text_of(form.name)), "ok")
    return _back(structure_id)


@blueprint.get("/contacts/<int:contact_id>")
@staff(MAY_MANAGE)
def edit(structure_id: int, contact_id: int) -> str:
    contact = _contact(structure_id, contact_id)
    return _page(ContactForm.of(contact), _get(structure_id), contact)


@blueprint.post("/contacts/<int:contact_id>")
@staff(MAY_MANAGE)
def save(structure_id: int, contact_id: int) -> Answer:
    contact, form = _contact(structure_id, contact_id), ContactForm()
    if not form.validate_on_submit():
        return _page(form, _get(structure_id), contact), 422
    try:
        with transaction():
            change_contact(
                contact_id, form.draft(), organiser_id=current_organiser_id(), by=current_actor(), now=clock.now()
            )
    except FieldError as error:
        form.show_refusal(error)
        return _page(form, _get(structure_id), contact), 422
    flash(_("Saved."), "ok")
    return _back(structure_id)


@blueprint.post("/contacts/<int:contact_id>/end")
@staff(MAY_MANAGE)
def end(structure_id: int, contact_id: int) -> Response:
    contact = _contact(structure_id, contact_id)
    with transaction():
        end_contact(contact.id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    flash(_("%(name)s is no longer a contact. Their link and their pages stop at once.", name=contact.name), "ok")
    return _back(structure_id)


@blueprint.post("/contacts/<int:contact_id>/return")
@staff(MAY_MANAGE)
def bring_back(structure_id: int, contact_id: int) -> Response:
    contact = _contact(structure_id, contact_id)
    with transaction():
        return_contact(contact.id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    flash(_("%(name)s is a contact again.", name=contact.name), "ok")
    return _back(structure_id)


@blueprint.post("/contacts/<int:contact_id>/erasure")
@staff(MAY_MANAGE)
def erase(structure_id: int, contact_id: int) -> Response:
    """Their name and addresses go for good, also from loans that are over."""
    contact = _contact(structure_id, contact_id)
    try:
        with transaction():
            erase_contact(contact.id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    except ContactNeeded as error:
        numbers = ", ".join(error.references)
        said = _("%(name)s is still needed. End these loans first: %(numbers)s.", name=contact.name, numbers=numbers)
        flash(said, "waiting")
    else:
        flash(_("Their name and addresses are erased, also from loans that are over."), "ok")
    return _back(structure_id)


@blueprint.post("/contacts/<int:contact_id>/link")
@staff(MAY_MANAGE)
def send(structure_id: int, contact_id: int) -> Response:
    contact = _contact(structure_id, contact_id)
    try:
        with transaction():
            email = send_link(contact.id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    except NoAddress:
        flash(
            _("No link can be sent: %(name)s has no mail address, or is no longer a contact.", name=contact.name),
            "waiting",
        )
    else:
        flash(_("The link leaves for %(mail)s. It works once, for one hour.", mail=email), "ok")
    return _back(structure_id)


@blueprint.post("/corrections/<int:correction_id>")
@staff(MAY_MANAGE)
def settle(structure_id: int, correction_id: int) -> Response:
    taken = request.form.get("taken") == "1"
    try:
        with transaction():
            settle_correction(
                correction_id, taken=taken, organiser_id=current_organiser_id(), structure_id=structure_id,
                by=current_actor(), now=clock.now(),
            )  # fmt: skip
    except FieldError as error:
        words = " ".join(message_for(code) for code in error.problems.values())
        flash(_("The correction was not taken over. %(why)s", why=words), "waiting")
    except StructureMerged as merged:
        return redirect(f"/manage/structures/{merged.into_id}")
    except NotFound:
        flash(_("This correction is settled already."), "waiting")
    else:
        flash(_("The correction is taken over.") if taken else _("The correction is left aside."), "ok")
    return _back(structure_id)


def _get(structure_id: int) -> StructureRow:
    return get_structure(structure_id, organiser_id=current_organiser_id())


def _contact(structure_id: int, contact_id: int) -> ContactRow:
    return get_contact(contact_id, organiser_id=current_organiser_id(), structure_id=structure_id)


def _back(structure_id: int) -> Response:
    return redirect(f"/manage/structures/{structure_id}#contacts")


def _page(form: ContactForm, structure: StructureRow, contact: ContactRow | None) -> str:
    return render_template("manage/structures/contact.html", form=form, structure=structure, contact=contact)
