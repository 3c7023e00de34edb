"""How the organiser presents itself: name, contact, logo, two colours from which all others follow."""

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.accounts.errors import ContrastTooLow
from app.accounts.operations.look import LOGO_BYTES, Look, as_logo, remove_logo, set_logo, set_look
from app.accounts.queries import get_organiser
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.core.urls import absolute
from app.web.context import forget_looks
from app.web.forms.accounts import LookForm, contrast_message
from app.web.forms.base import text_of
from app.web.guards import OWNERS, current_actor, current_organiser_id, staff
from app.web.i18n import current_locale

blueprint = Blueprint("manage_look", __name__, url_prefix="/manage/look")


@blueprint.get("")
@staff(OWNERS)
def show() -> str:
    organiser = get_organiser(current_organiser_id())
    return _page(LookForm(formdata=None, obj=organiser))


@blueprint.post("")
@staff(OWNERS)
def save() -> str | tuple[str, int] | Response:
    form = LookForm()
    if not form.validate_on_submit() or not _save(form):
        return _page(form), 422
    forget_looks()
    flash(_("The new look is in place on every page."), "ok")
    return redirect("/manage/look")


def _save(form: LookForm) -> bool:
    """Save it all or nothing. Problems are put at their fields."""
    by, now, organiser_id = current_actor(), clock.now(), current_organiser_id()
    picture = _sent_picture(form.logo.data)
    try:
        logo = as_logo(picture) if picture else None
        with transaction():
            set_look(organiser_id, _look(form), by=by, now=now)
            if logo is not None:
                set_logo(organiser_id, logo, by=by, now=now)
            elif form.remove_logo.data:
                remove_logo(organiser_id, by=by, now=now)
    except ContrastTooLow as refusal:
        for name, ratio in refusal.figures.items():
            form[name].errors = [contrast_message(ratio, "," if current_locale() == "fr" else ".")]
        return False
    except FieldError as error:
        form.show_refusal(error)
        return False
    return True


def _sent_picture(sent: FileStorage | None) -> bytes:
    """The file, one byte beyond the limit at most: enough to refuse it."""
    return sent.stream.read(LOGO_BYTES + 1) if isinstance(sent, FileStorage) and sent.filename else b""


def _look(form: LookForm) -> Look:
    return Look(
        name=text_of(form.name),
        tagline_fr=text_of(form.tagline_fr),
        tagline_en=text_of(form.tagline_en),
        email=text_of(form.email),
        phone=text_of(form.phone),
        help_hours_fr=text_of(form.help_hours_fr),
        help_hours_en=text_of(form.help_hours_en),
        brand=text_of(form.brand),
        accent=text_of(form.accent),
    )


def _page(form: LookForm) -> str:
    feed_url = absolute(f"/feeds/{get_organiser(current_organiser_id()).feed_token}.ics")
    return render_template("manage/look.html", form=form, feed_url=feed_url)
