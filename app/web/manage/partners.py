"""The partners of one event: who holds which function for another organisation, and whom one invited."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import EventFunction
from app.accounts.errors import AlreadyInvited, AlreadyMember, AlreadyPartner, InvitationInvalid
from app.accounts.invitations import InvitationRow, PartnerRow, get_invitation, list_invitations, list_partners
from app.accounts.operations.invitations import invite_partner, revoke_invitation, send_again
from app.accounts.operations.partners import end_functions, entrust
from app.accounts.rules import Ability, Access, may
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.i18n import as_locale
from app.core.transaction import transaction
from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event_by_id
from app.messages.queries import latest_states
from app.web.forms.accounts import FUNCTION_NAMES, PartnerChangeForm, PartnerForm, end_of, last_day
from app.web.forms.base import text_of
from app.web.guards import (
    current_account,
    current_actor,
    current_organiser_id,
    event_staff,
    forget_tokens,
    signed_in,
)
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.invited_words import invited_words

blueprint = Blueprint("manage_partners", __name__, url_prefix="/manage")

Answer = str | tuple[str, int] | Response
AFTERWARDS = timedelta(days=7)
"""How long after the event partners keep what they hold, unless another day is chosen."""


@blueprint.get("/entrusted")
@signed_in
def entrusted() -> str:
    """What other organisations entrusted to the person: events, and the pages that their functions open."""
    events = []
    for row in current_account().entrusted:
        try:
            event = get_event_by_id(row.event_id)
        except EventNotFound:
            continue  # deleted meanwhile
        access = Access(row.organiser.id, row.event_id, functions=row.functions)
        events.append((event, row, _pages(event, access), [f for f in FUNCTION_NAMES if f in row.functions]))
    events.sort(key=lambda found: found[0].starts_at, reverse=True)
    return render_template("manage/partners_entrusted.html", events=events, function_names=FUNCTION_NAMES)


def _pages(event: EventRow, access: Access) -> list[tuple[str, str, str]]:
    """Icon, label and address of each page that the functions open."""
    base = f"/manage/events/{event.slug}"
    pages = (
        (Ability.LIST_SEE, "list-details", _("See the registrations"), f"{base}/registrations"),
        (Ability.DOOR, "scan", _("Open the door"), f"/door/{event.slug}"),
        (Ability.PROGRAMME_CHANGE, "edit", _("Change the programme"), f"{base}/edit"),
        (Ability.FIGURES_SEE, "chart-bar", _("See the figures"), base),
    )
    found = [(icon, label, url) for ability, icon, label, url in pages if may(access, ability)]
    if not found and may(access, Ability.PROGRAMME_SEE):
        found.append(("eye", _("See the programme"), f"{base}/edit"))
    return found


@blueprint.get("/events/<slug>/partners")
@event_staff(Ability.EVENT_MOVE)
def index(slug: str) -> str:
    event = get_own_event(slug)
    proposed = (event.ends_at + AFTERWARDS).astimezone(ZoneInfo(event.timezone)).date()
    ends_on = proposed if event.ends_at + AFTERWARDS > clock.now() else None
    return _page(event, PartnerForm(formdata=None, ends_on=ends_on, locale=current_locale()))


@blueprint.post("/events/<slug>/partners")
@event_staff(Ability.EVENT_MOVE)
def invite(slug: str) -> Answer:
    event = get_own_event(slug)
    form = PartnerForm()
    if not form.validate_on_submit() or not _invite(event, form):
        return _page(event, form), 422
    flash(invited_words(text_of(form.email), form.ends_on.data, event.timezone), "ok")
    return redirect(f"/manage/events/{slug}/partners")


def _invite(event: EventRow, form: PartnerForm) -> bool:
    """Send the invitation, or put what is wrong at its field."""
    locale = as_locale(form.locale.data)
    try:
        with transaction():
            invite_partner(
                event.id, current_organiser_id(), _chosen(form), text_of(form.email), name=text_of(form.name),
                organisation=text_of(form.organisation), locale=locale, ends_at=end_of(form.ends_on.data, event.timezone),
                event_title=event.title(locale), by=current_actor(), now=clock.now(),
            )  # fmt: skip
    except AlreadyMember:
        form.email.errors = [_("This person is among your people: their role says what they may do.")]
    except AlreadyPartner:
        form.email.errors = [_("This person is a partner of this event already: change what they hold in the list.")]
    except AlreadyInvited:
        form.email.errors = [_("This person is invited already: send the invitation again from the list.")]
    except FieldError as error:
        form.show_refusal(error)
    else:
        return True
    return False


@blueprint.get("/events/<slug>/partners/<int:account_id>")
@event_staff(Ability.EVENT_MOVE)
def show(slug: str, account_id: int) -> str:
    event = get_own_event(slug)
    partner = _get_partner(event, account_id)
    form = PartnerChangeForm(
        formdata=None, organisation=partner.organisation, functions=[f.value for f in partner.functions],
        ends_on=last_day(partner.ends_at, event.timezone),
    )  # fmt: skip
    return _partner_page(event, partner, form)


@blueprint.post("/events/<slug>/partners/<int:account_id>")
@event_staff(Ability.EVENT_MOVE)
def change(slug: str, account_id: int) -> Answer:
    event = get_own_event(slug)
    partner = _get_partner(event, account_id)
    form = PartnerChangeForm()
    if not form.validate_on_submit():
        return _partner_page(event, partner, form), 422
    try:
        with transaction():
            entrust(
                event.id, current_organiser_id(), account_id, _chosen(form), organisation=text_of(form.organisation),
                ends_at=end_of(form.ends_on.data, event.timezone), by=current_actor(), now=clock.now(),
            )  # fmt: skip
    except FieldError as error:
        form.show_refusal(error)
        return _partner_page(event, partner, form), 422
    forget_tokens()
    flash(_("%(name)s: what they hold is changed.", name=partner.name), "ok")
    return redirect(f"/manage/events/{slug}/partners")


@blueprint.post("/events/<slug>/partners/<int:account_id>/removal")
@event_staff(Ability.EVENT_MOVE)
def remove(slug: str, account_id: int) -> Response:
    event = get_own_event(slug)
    partner = _get_partner(event, account_id)
    with transaction():
        end_functions(event.id, current_organiser_id(), account_id, by=current_actor(), now=clock.now())
    forget_tokens()
    flash(_("%(name)s no longer sees anything of this event.", name=partner.name), "ok")
    return redirect(f"/manage/events/{slug}/partners")


@blueprint.post("/events/<slug>/partners/invitations/<int:invitation_id>/mail")
@event_staff(Ability.EVENT_MOVE)
def invite_again(slug: str, invitation_id: int) -> Response:
    event = get_own_event(slug)
    found = _require_own(event, invitation_id)
    try:
        with transaction():
            send_again(
                invitation_id, current_organiser_id(), event_title=event.title(found.locale),
                by=current_actor(), now=clock.now(),
            )  # fmt: skip
        flash(_("A new link leaves for %(mail)s. The earlier one no longer works.", mail=found.email), "ok")
    except InvitationInvalid:
        flash(_("This invitation was accepted, or has ended. Invite the person anew if need be."), "waiting")
    return redirect(f"/manage/events/{slug}/partners")


@blueprint.post("/events/<slug>/partners/invitations/<int:invitation_id>/removal")
@event_staff(Ability.EVENT_MOVE)
def withdraw(slug: str, invitation_id: int) -> Response:
    event = get_own_event(slug)
    found = _require_own(event, invitation_id)
    try:
        with transaction():
            revoke_invitation(invitation_id, current_organiser_id(), by=current_actor(), now=clock.now())
        flash(_("The invitation of %(mail)s is withdrawn: its link no longer works.", mail=found.email), "ok")
    except InvitationInvalid:
        flash(_("This invitation was accepted or withdrawn already."), "waiting")
    return redirect(f"/manage/events/{slug}/partners")


def _require_own(event: EventRow, invitation_id: int) -> InvitationRow:
    """The invitation, when it is this event's. Raises NotFound."""
    found = get_invitation(invitation_id, clock.now(), organiser_id=current_organiser_id())
    if found.event_id != event.id:
        raise NotFound("invitation")
    return found


def _get_partner(event: EventRow, account_id: int) -> PartnerRow:
    found = next((p for p in list_partners(event.id, clock.now()) if p.account_id == account_id), None)
    if found is None:
        raise NotFound("partner")
    return found


def _chosen(form: PartnerChangeForm) -> list[EventFunction]:
    return [EventFunction(value) for value in form.functions.data or ()]


def _page(event: EventRow, form: PartnerForm) -> str:
    now = clock.now()
    invitations = list_invitations(event.organiser_id, now, event_id=event.id)
    return render_template(
        "manage/partners.html",
        form=form,
        partners=list_partners(event.id, now),
        invitations=invitations,
        mail_states=latest_states(i.subject for i in invitations),
        function_names=FUNCTION_NAMES,
        **event_context(event, "partners"),
    )


def _partner_page(event: EventRow, partner: PartnerRow, form: PartnerChangeForm) -> str:
    return render_template("manage/partners_one.html", form=form, partner=partner, **event_context(event, "partners"))
