"""Links by which contacts come in. The link proves itself and works once; the database keeps only its digest.

The token is the HMAC-SHA256 (RFC 2104) of a random number under the installation's secret. The mail's line in the log keeps
that number, so that the mail can be made when it goes out: neither it nor the digest opens anything by itself.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, insert, select, update

from app.accounts.operations import throttling
from app.core.actor import Actor, ActorKind
from app.core.audit import record
from app.core.db import db
from app.core.tokens import digest, new_token
from app.core.urls import settings
from app.jobs.operations import enqueue
from app.messages.operations import queue_message
from app.messages.queries import is_queued_by
from app.structures.errors import LinkOver, NoAddress
from app.structures.models import ContactLink, StructureContact
from app.structures.queries import VisitingContact, find_visiting, get_contact, list_visiting
from app.structures.rules import ADDRESS_LINKS, LINK_LIFE, MAIL_LINKS, page_of_my

LINK_MAIL = "structures.link"
LINK_JOB = "structures.send_link"
_PURPOSE = b"parcours: link of a structure's contact"
KEPT = timedelta(days=1)
"""How long the row of a link that no longer works is kept."""


@dataclass(frozen=True)
class Entered:
    """Who came in by a link, for their session."""

    contact_id: int
    epoch: int


def ask_link(email: str, address: str, *, now: datetime, going_to: str = "") -> None:
    """Have the mail with a link sent, if a structure's contact has this mail; the same work, whether or not.

    A worker looks whether there is one; its job keeps the mail's digest alone. `going_to`: the page of /my that they wanted.
    Raises TooManyAttempts, whoever the mail belongs to: 3 a mail and 10 a network address in 15 minutes.
    """
    throttling.count(
        {
            throttling.mail_key(email, "contact"): MAIL_LINKS,
            throttling.address_key(address, "contact-from"): ADDRESS_LINKS,
        },
        now=now,
    )
    asked = {"mail": digest(email.lower()), "asked_at": now.isoformat(), "going_to": page_of_my(going_to)}
    enqueue(LINK_JOB, asked, now=now)


def send_asked_link(mail: str, *, asked_at: datetime, job_id: int, now: datetime, going_to: str = "") -> None:
    """Queue the mail of a job that ask_link left, once, to the contact whose mail has this digest.

    The link's hour begins with the asking.
    """
    keys = db.session.execute(select(StructureContact.mail_key).where(StructureContact.mail_key != "").distinct())
    key = next((key for key in keys.scalars() if digest(key) == mail), None)
    contacts = [] if key is None else list_visiting(key)
    if contacts and not is_queued_by(job_id, LINK_MAIL, f"contact:{contacts[0].contact_id}"):
        senders = {c.organiser_id for c in contacts}
        organiser_id = senders.pop() if len(senders) == 1 else None
        _queue(contacts[0], organiser_id, now=now, asked_at=asked_at, job_id=job_id, going_to=going_to)


def send_link(contact_id: int, *, organiser_id: int, by: Actor, now: datetime) -> str:
    """Queue the mail with a link to one contact; their address. Raises ContactNotFound, NoAddress."""
    contact = get_contact(contact_id, organiser_id=organiser_id)
    found = find_visiting(contact_id)
    if found is None:
        raise NoAddress(contact.name)
    _queue(found, organiser_id, now=now, asked_at=now)
    subject = f"structure:{contact.structure_id}"
    details = {"contact_id": contact_id}
    record(by, "structure.link_sent", subject, now=now, organiser_id=organiser_id, details=details)
    return contact.email


def find_link(token: str, *, now: datetime) -> VisitingContact | None:
    """Whom a link lets in at `now`. Looking uses nothing up: mail programs open links before people do."""
    contact_id = db.session.execute(
        select(ContactLink.contact_id).where(
            ContactLink.digest == digest(token), ContactLink.used_at.is_(None), ContactLink.expires_at > now
        )
    ).scalar_one_or_none()
    return None if contact_id is None else find_visiting(contact_id)


def use_link(token: str, *, now: datetime) -> Entered:
    """Let the contact in, once. Raises LinkOver."""
    contact_id = db.session.execute(
        update(ContactLink)
        .where(ContactLink.digest == digest(token), ContactLink.used_at.is_(None), ContactLink.expires_at > now)
        .values(used_at=now)
        .returning(ContactLink.contact_id)
    ).scalar_one_or_none()
    contact = None if contact_id is None else find_visiting(contact_id)
    if contact is None:
        raise LinkOver
    throttling.forget(throttling.mail_key(contact.mail_key, "contact"))
    by = Actor(ActorKind.VISITOR, contact.name, contact.contact_id, contact.organiser_id)
    subject = f"structure:{contact.structure_id}"
    details = {"contact_id": contact.contact_id}
    record(by, "structure.contact_entered", subject, now=now, organiser_id=contact.organiser_id, details=details)
    return Entered(contact.contact_id, contact.epoch)


def link_token(nonce: str) -> str:
    """The token that stands in a mail's link: 43 characters."""
    key = hmac.digest(settings().secret_key.encode(), _PURPOSE, sha256)
    return urlsafe_b64encode(hmac.digest(key, nonce.encode(), sha256)).rstrip(b"=").decode()


def leave_everywhere(contact: VisitingContact, *, now: datetime) -> None:
    """End what this mail address has open at /my on any device, and its links that nobody used yet."""
    own = select(StructureContact.id).where(StructureContact.mail_key == contact.mail_key)
    db.session.execute(
        update(StructureContact)
        .where(StructureContact.mail_key == contact.mail_key)
        .values(epoch=StructureContact.epoch + 1),
        execution_options={"synchronize_session": False},
    )
    db.session.execute(
        delete(ContactLink).where(ContactLink.contact_id.in_(own), ContactLink.used_at.is_(None)),
        execution_options={"synchronize_session": False},
    )
    by = Actor(ActorKind.VISITOR, contact.name, contact.contact_id, contact.organiser_id)
    subject, details = f"structure:{contact.structure_id}", {"contact_id": contact.contact_id}
    record(
        by, "structure.contact_left_everywhere", subject, now=now, organiser_id=contact.organiser_id, details=details
    )


def purge_links(*, now: datetime) -> None:
    """Drop the links that no longer work since a day."""
    db.session.execute(delete(ContactLink).where(ContactLink.expires_at < now - KEPT))


def _queue(
    contact: VisitingContact,
    organiser_id: int | None,
    *,
    now: datetime,
    asked_at: datetime,
    job_id: int | None = None,
    going_to: str = "",
) -> None:
    nonce = new_token()
    db.session.execute(
        insert(ContactLink).values(
            contact_id=contact.contact_id,
            digest=digest(link_token(nonce)),
            created_at=now,
            expires_at=asked_at + LINK_LIFE,
        )
    )
    queue_message(
        template=LINK_MAIL,
        subject=f"contact:{contact.contact_id}",
        recipient=contact.mail_key,
        locale=contact.locale,
        params={"contact_id": contact.contact_id, "nonce": nonce, "job_id": job_id, "going_to": page_of_my(going_to)},
        organiser_id=organiser_id,
        now=now,
    )
