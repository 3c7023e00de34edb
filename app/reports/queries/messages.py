"""Mails with the registration that each is about."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, and_, case, cast, func, or_, select

from app.accounts.rules import Ability, Access, may
from app.core.db import db
from app.core.errors import NotFound
from app.core.text import fold
from app.events.models import Event
from app.messages.models import Message, MessageState
from app.registrations.models import Registration
from app.registrations.queries import in_no_bin, normal_reference
from app.reports.queries.palette import rows_of

ABOUT = "registration:"
MOST_AGAIN = 1_000
"""How many mails one press sends again at most."""


@dataclass(frozen=True)
class MailFilter:
    """What narrows a list of mails. `text` is looked for in addresses, names and numbers; `reference` is one registration."""

    state: MessageState | None = None
    template: str = ""
    text: str = ""
    reference: str = ""


@dataclass(frozen=True)
class MessageLine:
    """One mail. Its registration's name, number and event are empty when it is about something else.

    Who may not see people's data gets neither recipient, name, title nor error. `recipient_now` is the registration's
    address today.
    """

    id: int
    template: str
    state: MessageState
    queued_at: datetime
    sent_at: datetime | None
    subject: str
    locale: str
    recipient: str = field(repr=False)
    title: str = field(repr=False)
    error: str = field(repr=False)
    contact_name: str = field(repr=False)
    recipient_now: str = field(repr=False)
    reference: str
    organisation_name: str
    event_slug: str

    @property
    def about_registration(self) -> bool:
        return bool(self.reference)


def list_mails(
    access: Access, sought: MailFilter | None = None, *, before: int | None = None, limit: int = 50
) -> list[MessageLine]:
    """Mails about the registrations that an access reaches, and for a whole organiser all others too; latest first.

    `before` is the last one seen. One statement: a mail knows what it is about by a name such as registration:12.
    """
    sought = sought or MailFilter()
    statement = _lines(access, sought).order_by(Message.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Message.id < before)
    named = may(access, Ability.PEOPLE_SEE)
    return [_line(row, named=named) for row in db.session.execute(statement)]


def get_mail(access: Access, message_id: int) -> MessageLine:
    """One mail that the access reaches. Raises NotFound."""
    row = db.session.execute(_lines(access, MailFilter()).where(Message.id == message_id)).one_or_none()
    if row is None:
        raise NotFound(f"message {message_id}")
    return _line(row, named=may(access, Ability.PEOPLE_SEE))


def count_mails(access: Access, sought: MailFilter | None = None) -> dict[MessageState, int]:
    """How many there are in each state. One statement."""
    lines = _lines(access, sought or MailFilter()).subquery()
    rows = db.session.execute(select(lines.c.state, func.count()).group_by(lines.c.state))
    counts = {row[0]: row[1] for row in rows}
    return {state: counts.get(state, 0) for state in MessageState}


def list_kinds(access: Access) -> frozenset[str]:
    """The kinds of mail (their templates) that the access reaches any of. One statement."""
    lines = _lines(access, MailFilter()).subquery()
    return frozenset(db.session.execute(select(lines.c.template).distinct()).scalars())


def list_failed(access: Access) -> list[MessageLine]:
    """The mails about registrations that did not leave, oldest first, a thousand at most."""
    statement = _lines(access, MailFilter(state=MessageState.FAILED)).where(Registration.id.is_not(None))
    rows = db.session.execute(statement.order_by(Message.id).limit(MOST_AGAIN))
    return [_line(row, named=True) for row in rows]


def _lines(access: Access, sought: MailFilter) -> Select[*tuple[Any, ...]]:
    about = case(
        (Message.subject.startswith(ABOUT), cast(func.substr(Message.subject, len(ABOUT) + 1), Integer)), else_=None
    )
    statement: Select[*tuple[Any, ...]] = (
        select(
            Message.id, Message.template, Message.state, Message.queued_at, Message.sent_at, Message.subject,
            Message.locale, Message.recipient, Message.title, Message.error, Registration.contact_name,
            Registration.contact_email, Registration.reference, Registration.organisation_name, Event.slug,
        )
        .select_from(Message)
        .outerjoin(
            Registration,
            (Registration.id == about)
            & (Registration.organiser_id == access.organiser_id)
            & in_no_bin(),
        )
        .outerjoin(Event, Event.id == Registration.event_id)
        .where(Message.organiser_id == access.organiser_id, or_(about.is_(None), Registration.id.is_not(None)))
    )  # fmt: skip
    if access.event_id is not None:
        statement = statement.where(rows_of(access))
    if sought.state is not None:
        statement = statement.where(Message.state == sought.state)
    if sought.template:
        statement = statement.where(Message.template == sought.template)
    if sought.reference:
        statement = statement.where(Registration.reference == normal_reference(sought.reference))
    words = fold(sought.text).split()
    if words and may(access, Ability.PEOPLE_SEE):
        named = and_(*[Registration.search_text.contains(word, autoescape=True) for word in words])
        statement = statement.where(or_(Message.recipient.icontains(sought.text, autoescape=True), named))
    elif words:
        statement = statement.where(Registration.reference == normal_reference(sought.text))
    return statement


def _line(row: Any, *, named: bool) -> MessageLine:
    return MessageLine(
        id=row.id,
        template=row.template,
        state=row.state,
        queued_at=row.queued_at,
        sent_at=row.sent_at,
        subject=row.subject,
        locale=row.locale,
        recipient=row.recipient if named else "",
        title=row.title if named else "",
        error=row.error if named else "",
        contact_name=(row.contact_name or "") if named else "",
        recipient_now=(row.contact_email or "") if named else "",
        reference=row.reference or "",
        organisation_name=row.organisation_name or "",
        event_slug=row.slug or "",
    )
