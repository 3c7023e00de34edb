"""The way in for contacts: a link asked for by mail, used once, and the way out.

The page that the mail opens asks to press a button: programs that look at mails open links before people do, and would use
them up.
"""

from urllib.parse import quote

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.errors import TooManyAttempts
from app.core import clock
from app.core.transaction import transaction
from app.structures.errors import LinkOver
from app.structures.operations.links import ask_link, find_link, use_link
from app.structures.queries import find_visiting, list_visiting
from app.structures.rules import page_of_my
from app.web.context import show_organiser
from app.web.filters import hour
from app.web.forms.base import text_of
from app.web.forms.structures import LinkForm
from app.web.guards import find_contact, let_contact_in, let_contact_out, own_link, public
from app.web.problems import retry_after

blueprint = Blueprint("my_entrance", __name__, url_prefix="/my")

Answer = str | tuple[str, int] | tuple[str, int, dict[str, str]] | Response


@blueprint.get("")
@public
def ask() -> str | Response:
    wanted = page_of_my(request.args.get("next", ""))
    if find_contact() is not None:
        return redirect(wanted or "/my/structure")
    return _ask_page(LinkForm(formdata=None, next=wanted))


@blueprint.post("")
@public
def send() -> Answer:
    """Send the mail. Whether a structure has this contact is told to the mailbox alone."""
    form = LinkForm()
    if not form.validate_on_submit():
        return _ask_page(form), 422
    try:
        with transaction():
            ask_link(
                text_of(form.email), request.remote_addr or "", now=clock.now(), going_to=text_of(form.next)
            )  # fmt: skip
    except TooManyAttempts as blocked:
        message = _("Several mails were asked for already. Try again at %(hour)s.", hour=hour(blocked.until))
        return _ask_page(form, message), 429, {"Retry-After": retry_after(blocked)}
    return redirect("/my/sent")


@blueprint.get("/sent")
@public
def sent() -> str:
    """The same for every address, and for whoever opens it."""
    return render_template("my/sent.html")


@blueprint.get("/enter/<key>")
@own_link
def confirm(key: str) -> Answer:
    contact = find_link(key, now=clock.now())
    if contact is None:
        return _over()
    show_organiser(contact.organiser_id)
    return render_template("my/enter.html", contact=contact, structures=list_visiting(contact.mail_key))


@blueprint.post("/enter/<key>")
@own_link
def enter(key: str) -> Answer:
    try:
        with transaction():
            entered = use_link(key, now=clock.now())
    except LinkOver:
        return _over()
    let_contact_in(entered.contact_id, entered.epoch)
    contact = find_visiting(entered.contact_id)
    several = contact is not None and len(list_visiting(contact.mail_key)) > 1
    wanted = page_of_my(request.args.get("next", ""))
    if several:
        return redirect(f"/my/choose?next={quote(wanted, safe='/')}" if wanted else "/my/choose", 303)
    return redirect(wanted or "/my/structure", 303)


@blueprint.post("/logout")
@public
def leave() -> Response:
    let_contact_out()
    flash(_("You are logged out."))
    return redirect("/my", 303)


def _ask_page(form: LinkForm, refusal: str = "") -> str:
    return render_template("my/ask.html", form=form, refusal=refusal)


def _over() -> tuple[str, int]:
    """The same for a link that is none, was used, or is too old."""
    return render_template("my/over.html"), 410
