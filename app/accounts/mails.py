"""The mails to people who log in, made when they go out."""

from datetime import datetime, timedelta

from app.accounts.enums import EventFunction, Role
from app.accounts.invitations import InvitationState, get_invitation, make_invitation_token
from app.accounts.operations.invitations import INVITATION_MAIL
from app.accounts.operations.recovery import RESET_MAIL
from app.accounts.queries import get_organiser
from app.accounts.reset_links import find_reset_account, make_reset_token
from app.accounts.rules import RESET_LIFE
from app.core.errors import NotFound
from app.core.i18n import translate
from app.core.urls import absolute, settings
from app.messages.rendering import Mail, RenderContext, render_mail_templates, renderer

ROLE_WORDS = {Role.OWNER: "Owner", Role.MANAGER: "Manager", Role.VIEWER: "Viewer", Role.DOOR: "Door"}
FUNCTION_WORDS = {
    EventFunction.REGISTRATIONS: "Registrations",
    EventFunction.SCHOOLS: "Schools",
    EventFunction.DOOR: "Door",
    EventFunction.PROGRAMME: "Programme",
    EventFunction.FIGURES: "Figures",
    EventFunction.OFFERS: "Offers",
}


@renderer(RESET_MAIL)
def reset(context: RenderContext) -> Mail | None:
    """The link to a new password; None when the account is gone, or the link would be too old by now."""
    asked_at = datetime.fromisoformat(context.params["asked_at"])
    account = find_reset_account(int(context.params["account_id"]))
    if account is None or asked_at + RESET_LIFE <= context.now:
        return None
    link = absolute(f"/login/forgotten/{make_reset_token(account, settings().secret_key, asked_at=asked_at)}")
    title, text, html = render_mail_templates(
        "accounts/reset", context.locale, organiser_id=None, name=account.name, link=link, ends_at=asked_at + RESET_LIFE,
        timezone=settings().default_timezone,
    )  # fmt: skip
    return Mail(title, text, html)


@renderer(INVITATION_MAIL)
def invitation(context: RenderContext) -> Mail | None:
    """The link to accept; None when it was accepted, revoked or sent again meanwhile, or would be too old by now."""
    try:
        found = get_invitation(int(context.params["invitation_id"]), context.now)
        organiser = get_organiser(found.organiser_id)
    except NotFound:
        return None
    if found.state is not InvitationState.WAITING or found.expires_at.isoformat() != context.params["expires_at"]:
        return None
    token = make_invitation_token(found.id, found.expires_at, settings().secret_key)
    title, text, html = render_mail_templates(
        "accounts/invitation", context.locale, organiser_id=found.organiser_id, organiser=organiser.name,
        name=found.name, role=translate(context.locale, ROLE_WORDS[found.role]) if found.role else "",
        held=", ".join(translate(context.locale, text) for f, text in FUNCTION_WORDS.items() if f in found.functions),
        event_title=context.params["event_title"],
        last_moment=None if found.ends_at is None else found.ends_at - timedelta(seconds=1),
        link=absolute(f"/invitation/{token}"), expires_at=found.expires_at, timezone=settings().default_timezone,
        ends_with_access=found.ends_with_access,
    )  # fmt: skip
    return Mail(title, text, html, reply_to=organiser.email or None)
