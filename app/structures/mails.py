"""Mails to contacts, made when they go out: their link, and that they erased themselves."""

from urllib.parse import quote

from sqlalchemy import select

from app.core.db import db
from app.core.tokens import digest
from app.core.urls import absolute, settings
from app.messages.rendering import Mail, RenderContext, render_mail_templates, renderer
from app.structures.models import ContactLink
from app.structures.operations.erasing import ERASED_MAIL
from app.structures.operations.links import LINK_MAIL, link_token
from app.structures.queries import find_visiting, get_structure, list_visiting


@renderer(LINK_MAIL)
def link(context: RenderContext) -> Mail | None:
    """None when the link would no longer work by now: used, too old, or the contact left."""
    token = link_token(str(context.params["nonce"]))
    ends_at = db.session.execute(
        select(ContactLink.expires_at).where(
            ContactLink.digest == digest(token), ContactLink.used_at.is_(None), ContactLink.expires_at > context.now
        )
    ).scalar_one_or_none()
    contact = find_visiting(int(context.params["contact_id"]))
    going_to = str(context.params.get("going_to", ""))
    asked = f"?next={quote(going_to, safe='/')}" if going_to else ""
    if ends_at is None or contact is None:
        return None
    title, text, html = render_mail_templates(
        "structures/link", context.locale, organiser_id=context.organiser_id, name=contact.name,
        structures=[c.structure_name for c in list_visiting(contact.mail_key)], link=absolute(f"/my/enter/{token}{asked}"),
        ends_at=ends_at, timezone=settings().default_timezone,
    )  # fmt: skip
    return Mail(title, text, html)


@renderer(ERASED_MAIL)
def erased(context: RenderContext) -> Mail | None:
    """The last one to that address; it names nobody."""
    assert context.organiser_id is not None
    structure = get_structure(int(context.params["structure_id"]), organiser_id=context.organiser_id)
    title, text, html = render_mail_templates(
        "structures/erased", context.locale, organiser_id=context.organiser_id, structure=structure.name
    )  # fmt: skip
    return Mail(title, text, html)
