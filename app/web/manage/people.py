"""Who works for the organiser, for how long, and whom one invited."""

from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import Role
from app.accounts.errors import AlreadyInvited, AlreadyMember, InvitationInvalid, LastOwner
from app.accounts.invitations import InvitationRow, get_invitation, list_invitations
from app.accounts.operations.invitations import invite_member, revoke_invitation, send_again
from app.accounts.operations.people import add_member, change_role, create_account, remove_member, set_end
from app.accounts.passwords import NewPassword, choose_password
from app.accounts.queries import MemberRow, find_account_id, get_member, list_members
from app.accounts.rules import is_live
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.i18n import as_locale
from app.core.transaction import transaction
from app.core.urls import settings
from app.messages.queries import latest_states
from app.web.forms.accounts import ROLE_NAMES, EndForm, InviteForm, MemberForm, RoleForm, end_of, last_day
from app.web.forms.base import PageForm, text_of
from app.web.guards import OWNERS, current_account, current_actor, current_organiser_id, forget_tokens, staff
from app.web.i18n import current_locale
from app.web.manage.invited_words import invited_words
from app.web.wording import message_for

blueprint = Blueprint("manage_people", __name__, url_prefix="/manage/people")

Answer = str | tuple[str, int] | Response
PAGE = 50


@blueprint.get("")
@staff(OWNERS)
def show() -> str:
    return _page(InviteForm(formdata=None, role=Role.MANAGER.value, locale=current_locale()))


@blueprint.post("/invitations")
@staff(OWNERS)
def invite() -> Answer:
    form = InviteForm()
    if not form.validate_on_submit() or not _invite(form):
        return _page(form), 422
    flash(invited_words(text_of(form.email), form.ends_on.data, settings().default_timezone), "ok")
    return redirect("/manage/people")


@blueprint.post("/invitations/<int:invitation_id>/mail")
@staff(OWNERS)
def invite_again(invitation_id: int) -> Response:
    found = _get_invitation(invitation_id)
    try:
        with transaction():
            send_again(found.id, current_organiser_id(), event_title="", by=current_actor(), now=clock.now())
        flash(_("A new link leaves for %(mail)s. The earlier one no longer works.", mail=found.email), "ok")
    except InvitationInvalid:
        flash(_("This invitation was accepted, or has ended. Invite the person anew if need be."), "waiting")
    return redirect("/manage/people")


@blueprint.post("/invitations/<int:invitation_id>/removal")
@staff(OWNERS)
def withdraw(invitation_id: int) -> Response:
    found = _get_invitation(invitation_id)
    try:
        with transaction():
            revoke_invitation(found.id, current_organiser_id(), by=current_actor(), now=clock.now())
        flash(_("The invitation of %(mail)s is withdrawn: its link no longer works.", mail=found.email), "ok")
    except InvitationInvalid:
        flash(_("This invitation was accepted or withdrawn already."), "waiting")
    return redirect("/manage/people")


@blueprint.get("/new")
@staff(OWNERS)
def new() -> str:
    """For somebody without a mailbox at hand: the owner chooses the first password."""
    return _new_page(MemberForm(formdata=None, role=Role.DOOR.value))


@blueprint.post("")
@staff(OWNERS)
def add() -> Answer:
    form = MemberForm()
    if not form.validate_on_submit() or not _add(form):
        return _new_page(form), 422
    flash(_("%(name)s is now among your people.", name=text_of(form.name)), "ok")
    return redirect("/manage/people")


@blueprint.get("/<int:account_id>")
@staff(OWNERS)
def show_member(account_id: int) -> str:
    return _member_page(get_member(account_id, current_organiser_id()))


@blueprint.post("/<int:account_id>/role")
@staff(OWNERS)
def set_role(account_id: int) -> Answer:
    member = get_member(account_id, current_organiser_id())
    form = RoleForm()
    if not form.validate_on_submit():
        return _member_page(member, role_form=form), 422
    try:
        with transaction():
            change_role(account_id, current_organiser_id(), Role(form.role.data), by=current_actor(), now=clock.now())
    except LastOwner:
        form.role.errors = [_last_owner()]
        return _member_page(member, role_form=form), 409
    forget_tokens()
    flash(_("%(name)s: the role is changed.", name=member.name), "ok")
    return redirect("/manage/people")


@blueprint.post("/<int:account_id>/end")
@staff(OWNERS)
def change_end(account_id: int) -> Answer:
    """Prolong, shorten, or take the end away."""
    member = get_member(account_id, current_organiser_id())
    form = EndForm()
    if not form.validate_on_submit():
        return _member_page(member, end_form=form), 422
    ends_at = end_of(form.ends_on.data, settings().default_timezone)
    try:
        _set_end(member, ends_at, clock.now())
    except FieldError as error:
        form.show_refusal(error)
        return _member_page(member, end_form=form), 422
    except LastOwner:
        form.ends_on.errors = [_last_owner()]
        return _member_page(member, end_form=form), 409
    flash(_("%(name)s: the last day is changed.", name=member.name), "ok")
    return redirect("/manage/people")


@blueprint.post("/<int:account_id>/end-now")
@staff(OWNERS)
def end_now(account_id: int) -> Answer:
    member, now = get_member(account_id, current_organiser_id()), clock.now()
    try:
        _set_end(member, now, now)
    except LastOwner:
        form = EndForm(formdata=None)
        form.ends_on.errors = [_last_owner()]
        return _member_page(member, end_form=form), 409
    flash(_("%(name)s no longer works for you, from now on.", name=member.name), "ok")
    return redirect("/manage/people")


@blueprint.post("/<int:account_id>/removal")
@staff(OWNERS)
def remove(account_id: int) -> Answer:
    member = get_member(account_id, current_organiser_id())
    try:
        with transaction():
            remove_member(account_id, current_organiser_id(), by=current_actor(), now=clock.now())
    except LastOwner:
        form = RoleForm(formdata=None, role=member.role.value)
        form.role.errors = [_last_owner()]
        return _member_page(member, role_form=form), 409
    forget_tokens()
    flash(_("%(name)s is no longer among your people.", name=member.name), "ok")
    return redirect("/manage/people")


def _set_end(member: MemberRow, ends_at: datetime | None, now: datetime) -> None:
    with transaction():
        set_end(member.account_id, current_organiser_id(), ends_at, by=current_actor(), now=now)
    forget_tokens()


def _invite(form: InviteForm) -> bool:
    """Send the invitation, or put what is wrong at its field."""
    ends_at = end_of(form.ends_on.data, settings().default_timezone)
    try:
        with transaction():
            invite_member(
                current_organiser_id(), Role(form.role.data), text_of(form.email), name=text_of(form.name),
                locale=as_locale(form.locale.data), ends_at=ends_at, by=current_actor(), now=clock.now(),
            )  # fmt: skip
    except AlreadyMember:
        form.email.errors = [_("This person is among your people already.")]
    except AlreadyInvited:
        form.email.errors = [_("This person is invited already: send the invitation again from the list.")]
    except FieldError as error:
        form.show_refusal(error)
    else:
        return True
    return False


def _add(form: MemberForm) -> bool:
    """Add the person, with a new account when the mail has none. Problems are put at their fields."""
    account_id = find_account_id(text_of(form.email))
    if account_id is None and not form.password.data:
        form.password.errors = [message_for("required")]
        return False
    try:
        person = choose_password(text_of(form.password)) if account_id is None else account_id
        with transaction():
            _add_member(form, person)
    except AlreadyMember:
        form.email.errors = [_("This person is among your people already.")]
        return False
    except FieldError as error:
        form.show_refusal(error)
        return False
    return True


def _add_member(form: MemberForm, person: int | NewPassword) -> None:
    """`person` is their account, or the password of the one that they get."""
    by, now = current_actor(), clock.now()
    if isinstance(person, NewPassword):
        name, locale = text_of(form.name), current_locale()
        person = create_account(text_of(form.email), name, person, by=by, now=now, locale=locale)
    ends_at = end_of(form.ends_on.data, settings().default_timezone)
    add_member(person, current_organiser_id(), Role(form.role.data), ends_at=ends_at, by=by, now=now)


def _get_invitation(invitation_id: int) -> InvitationRow:
    """One to the organiser itself. Raises NotFound, also for one to an event."""
    found = get_invitation(invitation_id, clock.now(), organiser_id=current_organiser_id())
    if found.event_id is not None:
        raise NotFound("invitation")
    return found


def _last_owner() -> str:
    return str(_("This is the only owner without an end. Make somebody else an owner first."))


def _page(form: PageForm) -> str:
    text = request.args.get("q", "").strip()[:100]
    offset = _offset()
    found = list_members(current_organiser_id(), text=text, offset=offset, limit=PAGE + 1)
    now = clock.now()
    invitations = list_invitations(current_organiser_id(), now, event_id=None)
    return render_template(
        "manage/people.html",
        form=form,
        members=[(m, is_live(m.ends_at, now)) for m in found[:PAGE]],
        invitations=invitations,
        mail_states=latest_states(i.subject for i in invitations),
        text=text,
        searches=bool(text) or offset > 0 or len(found) > 10,
        prev_url=_url(text, max(0, offset - PAGE)) if offset else None,
        next_url=_url(text, offset + PAGE) if len(found) > PAGE else None,
        role_names=ROLE_NAMES,
        me=current_account().account_id,
    )


def _offset() -> int:
    asked = request.args.get("from", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 0


def _url(text: str, offset: int) -> str:
    return "/manage/people?" + urlencode({"q": text, "from": offset} if text else {"from": offset})


def _new_page(form: MemberForm) -> str:
    return render_template("manage/people_new.html", form=form)


def _member_page(member: MemberRow, *, role_form: RoleForm | None = None, end_form: EndForm | None = None) -> str:
    return render_template(
        "manage/person.html",
        role_form=role_form or RoleForm(formdata=None, role=member.role.value),
        end_form=end_form or EndForm(formdata=None, ends_on=last_day(member.ends_at, settings().default_timezone)),
        member=member,
        live=is_live(member.ends_at, clock.now()),
        role_names=ROLE_NAMES,
    )
