"""Accepting an invitation: the page that its mail opens. Looking at it uses nothing up: mail programs open links first."""

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.errors import AccountExists, InvitationInvalid
from app.accounts.invitations import InvitationRow, InvitationState, find_invitation
from app.accounts.operations.invitations import accept_as, accept_as_new
from app.accounts.passwords import choose_password
from app.accounts.queries import SignedInRow, find_account_id, find_credentials
from app.accounts.rules import is_live
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event_by_id
from app.web.context import show_organiser
from app.web.forms.accounts import FUNCTION_NAMES, ROLE_NAMES, AcceptForm
from app.web.forms.base import text_of
from app.web.guards import find_visiting_account, own_link, sign_in, sign_out
from app.web.i18n import current_locale

blueprint = Blueprint("invitations", __name__, url_prefix="/invitation")

Answer = str | tuple[str, int] | Response


@blueprint.get("/<token>")
@own_link
def show(token: str) -> Answer:
    found = find_invitation(token, clock.now())
    event = _event_of(found)
    if found is None or found.state is not InvitationState.WAITING or _is_gone(found, event):
        return _over(found)
    return _page(found, event, AcceptForm(formdata=None, name=found.name))


@blueprint.post("/<token>")
@own_link
def accept(token: str) -> Answer:
    """By a new account, or by the one that is logged in when it has the mail of the invitation."""
    found = find_invitation(token, clock.now())
    event = _event_of(found)
    if found is None or found.state is not InvitationState.WAITING or _is_gone(found, event):
        return _over(found)
    try:
        return _accept_as_known(found, event) if find_account_id(found.email) else _accept_as_new(found, event)
    except InvitationInvalid:
        return _over(find_invitation(token, clock.now()))
    except AccountExists:
        return redirect(f"/invitation/{token}")


@blueprint.post("/<token>/log-out")
@own_link
def log_out(token: str) -> Answer:
    """For who opened the link where somebody else is logged in."""
    if find_invitation(token, clock.now()) is None:
        return _over(None)
    sign_out()
    return redirect(f"/invitation/{token}")


def _accept_as_known(found: InvitationRow, event: EventRow | None) -> Answer:
    person = find_visiting_account()
    if person is None or person.email != found.email:
        return _page(found, event, AcceptForm(formdata=None))
    with transaction():
        accept_as(found.id, person.account_id, now=clock.now())
    flash(_("You accepted the invitation."), "ok")
    return redirect(_first_page(found))


def _accept_as_new(found: InvitationRow, event: EventRow | None) -> Answer:
    """The password is hashed before the transaction: that takes a while."""
    form = AcceptForm()
    if not form.validate_on_submit():
        return _page(found, event, form), 422
    try:
        chosen = choose_password(text_of(form.new_password), name="new_password")
    except FieldError as error:
        form.show_refusal(error)
        return _page(found, event, form), 422
    with transaction():
        accept_as_new(found.id, text_of(form.name), chosen, locale=current_locale(), now=clock.now())
    made = find_credentials(found.email)
    if made is None:
        return redirect("/login")
    sign_in(made.account_id, made.epoch)
    flash(_("Welcome. Next time, log in with %(mail)s and your password.", mail=found.email), "ok")
    return redirect(_first_page(found))


def _first_page(found: InvitationRow) -> str:
    return "/manage/" if found.event_id is None else "/manage/entrusted"


def _event_of(found: InvitationRow | None) -> EventRow | None:
    if found is None or found.event_id is None:
        return None
    try:
        return get_event_by_id(found.event_id)
    except EventNotFound:
        return None


def _is_gone(found: InvitationRow, event: EventRow | None) -> bool:
    return found.event_id is not None and event is None


def _page(found: InvitationRow, event: EventRow | None, form: AcceptForm) -> str:
    show_organiser(found.organiser_id)
    person: SignedInRow | None = find_visiting_account()
    return render_template(
        "public/invitation.html",
        form=form,
        invitation=found,
        event=event,
        functions=[name for f, name in FUNCTION_NAMES.items() if f in found.functions],
        role_name=ROLE_NAMES[found.role] if found.role else "",
        has_account=find_account_id(found.email) is not None,
        person=person,
        is_theirs=person is not None and person.email == found.email,
    )


def _over(found: InvitationRow | None) -> tuple[str, int]:
    """Why the link no longer works and what to do; what nobody ever had tells nothing."""
    if found is not None:
        show_organiser(found.organiser_id)
    state = found.state if found is not None else None
    status = 404 if found is None else 410
    event = _event_of(found)
    ended_at = found.ends_at if found is not None and not is_live(found.ends_at, clock.now()) else None
    page = render_template(
        "public/invitation_over.html",
        state=state, known=found is not None, ended_at=ended_at, zone=event.timezone if event else None,
    )  # fmt: skip
    return page, status
