"""Who works for the organiser."""

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import Role
from app.accounts.errors import AlreadyMember, LastOwner
from app.accounts.operations.people import add_member, change_role, create_account, remove_member
from app.accounts.queries import MemberRow, find_account_id, list_members
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.transaction import transaction
from app.web.forms.accounts import ROLE_NAMES, MemberForm, RoleForm
from app.web.forms.base import text_of
from app.web.guards import OWNERS, current_account, current_actor, current_organiser_id, forget_tokens, staff
from app.web.i18n import current_locale
from app.web.wording import message_for

blueprint = Blueprint("manage_people", __name__, url_prefix="/manage/people")


@blueprint.get("")
@staff(OWNERS)
def show() -> str:
    return _page(MemberForm(formdata=None, role=Role.MANAGER.value))


@blueprint.post("")
@staff(OWNERS)
def add() -> str | tuple[str, int] | Response:
    form = MemberForm()
    if not form.validate_on_submit() or not _add(form):
        return _page(form), 422
    flash(_("%(name)s is now among your people.", name=text_of(form.name)), "ok")
    return redirect("/manage/people")


@blueprint.get("/<int:account_id>")
@staff(OWNERS)
def show_member(account_id: int) -> str:
    member = _get_member(account_id)
    return _member_page(RoleForm(formdata=None, role=member.role.value), member)


@blueprint.post("/<int:account_id>/role")
@staff(OWNERS)
def set_role(account_id: int) -> str | tuple[str, int] | Response:
    member = _get_member(account_id)
    form = RoleForm()
    if not form.validate_on_submit():
        return _member_page(form, member), 422
    try:
        with transaction():
            change_role(account_id, current_organiser_id(), Role(form.role.data), by=current_actor(), now=clock.now())
    except LastOwner:
        form.role.errors = [_last_owner()]
        return _member_page(form, member), 409
    forget_tokens()
    flash(_("%(name)s: the role is changed.", name=member.name), "ok")
    return redirect("/manage/people")


@blueprint.post("/<int:account_id>/removal")
@staff(OWNERS)
def remove(account_id: int) -> str | tuple[str, int] | Response:
    member = _get_member(account_id)
    try:
        with transaction():
            remove_member(account_id, current_organiser_id(), by=current_actor(), now=clock.now())
    except LastOwner:
        form = RoleForm(formdata=None, role=member.role.value)
        form.role.errors = [_last_owner()]
        return _member_page(form, member), 409
    forget_tokens()
    flash(_("%(name)s is no longer among your people.", name=member.name), "ok")
    return redirect("/manage/people")


def _add(form: MemberForm) -> bool:
    """Add the person, with a new account when the mail has none. Problems are put at their fields."""
    by, now, organiser_id = current_actor(), clock.now(), current_organiser_id()
    account_id = find_account_id(text_of(form.email))
    if account_id is None and not form.password.data:
        form.password.errors = [message_for("required")]
        return False
    try:
        with transaction():
            if account_id is None:
                account_id = create_account(
                    text_of(form.email),
                    text_of(form.name),
                    text_of(form.password),
                    by=by,
                    now=now,
                    locale=current_locale(),
                )
            add_member(account_id, organiser_id, Role(form.role.data), by=by, now=now)
    except AlreadyMember:
        form.email.errors = [_("This person is among your people already.")]
        return False
    except FieldError as error:
        form.show_refusal(error)
        return False
    return True


def _get_member(account_id: int) -> MemberRow:
    """Raises NotFound for somebody who does not work for this organiser."""
    found = next((m for m in list_members(current_organiser_id()) if m.account_id == account_id), None)
    if found is None:
        raise NotFound("member")
    return found


def _last_owner() -> str:
    return str(_("This is the only owner. Make somebody else an owner first."))


def _page(form: MemberForm) -> str:
    members = list_members(current_organiser_id())
    return render_template(
        "manage/people.html", form=form, members=members, role_names=ROLE_NAMES, me=current_account().account_id
    )


def _member_page(form: RoleForm, member: MemberRow) -> str:
    return render_template("manage/person.html", form=form, member=member, role_names=ROLE_NAMES)
