"""The mails about a registration, made when they go out: text, HTML, QR code, ticket as PDF, calendar entry."""

from dataclasses import dataclass
from typing import Literal

from app.accounts.queries import OrganiserRow, get_organiser
from app.core.i18n import Locale
from app.core.urls import absolute, own_page_path, ticket_path
from app.documents.qr import qr_png
from app.events.enums import EventState
from app.events.queries import EventRow, WaveRow, get_event_by_id
from app.messages.rendering import Attachment, Mail, RenderContext, render_mail_templates, renderer
from app.registrations.calendars import registration_calendar
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import RegistrationNotFound
from app.registrations.papers import headcount_words, ticket_pdf_of
from app.registrations.queries import RegistrationRow, get_registration, places_before

QR_ID = "ticket-qr@parcours"


@dataclass(frozen=True)
class MailFacts:
    """What the mail templates read."""

    event: EventRow
    registration: RegistrationRow
    organiser: OrganiserRow
    waves: tuple[WaveRow, ...]
    headcount: str
    own_url: str
    ticket_url: str
    people_before: int


def _facts(context: RenderContext) -> MailFacts | None:
    """None when the registration is gone or its person was forgotten meanwhile: then there is nobody to write to."""
    try:
        registration = get_registration(int(context.params["registration_id"]))
    except RegistrationNotFound:
        return None
    if not registration.contact_email:
        return None
    event = get_event_by_id(registration.event_id)
    waiting = registration.status is RegistrationStatus.WAITLISTED
    return MailFacts(
        event=event,
        registration=registration,
        organiser=get_organiser(event.organiser_id),
        waves=tuple(w for w in event.waves if w.id in registration.waves),
        headcount=headcount_words(registration, event, context.locale),
        own_url=absolute(own_page_path(registration.token)),
        ticket_url=absolute(ticket_path(registration.ticket.code)),
        people_before=places_before(registration) if waiting else 0,
    )


def _mail(context: RenderContext, name: str, facts: MailFacts) -> Mail:
    admitted = (
        facts.registration.status is RegistrationStatus.CONFIRMED and facts.event.state is not EventState.CANCELLED
    )
    title, text, html = render_mail_templates(
        f"registrations/{name}",
        context.locale,
        organiser_id=facts.event.organiser_id,
        facts=facts,
        event=facts.event,
        registration=facts.registration,
        admitted=admitted,
        qr_id=QR_ID,
    )
    attachments = [_calendar(facts, context.locale)]
    if admitted:
        attachments += _papers(facts, context.locale)
    return Mail(title, text, html, tuple(attachments), reply_to=facts.organiser.email or None)


def _calendar(facts: MailFacts, locale: Locale) -> Attachment:
    calendar = registration_calendar(facts.registration, facts.event, locale)
    parameters = (("method", "PUBLISH"), ("charset", "utf-8"))
    return Attachment(f"{facts.event.slug}.ics", "text/calendar", calendar.content, parameters=parameters)


def _papers(facts: MailFacts, locale: Locale) -> list[Attachment]:
    pdf = ticket_pdf_of(facts.event, facts.registration, locale, organiser=facts.organiser)
    name = {"fr": "billet", "en": "ticket"}[locale]
    return [
        Attachment("qr.png", "image/png", qr_png(facts.ticket_url), content_id=QR_ID),
        Attachment(f"{name}-{facts.registration.reference}.pdf", "application/pdf", pdf),
    ]


def _current(facts: MailFacts) -> Literal["confirmed", "waitlisted", "cancelled"]:
    """The template that says what is true now, whatever was true when the mail was queued."""
    if facts.registration.status is RegistrationStatus.CONFIRMED:
        return "confirmed"
    return "waitlisted" if facts.registration.alive else "cancelled"


@renderer("registrations.confirmed")
def confirmed(context: RenderContext) -> Mail | None:
    facts = _facts(context)
    return None if facts is None else _mail(context, _current(facts), facts)


@renderer("registrations.waitlisted")
def waitlisted(context: RenderContext) -> Mail | None:
    facts = _facts(context)
    return None if facts is None else _mail(context, _current(facts), facts)


@renderer("registrations.changed")
def changed(context: RenderContext) -> Mail | None:
    facts = _facts(context)
    if facts is None or not facts.registration.alive:  # cancelled since: the mail that says so follows
        return None
    return _mail(context, "changed", facts)


@renderer("registrations.cancelled")
def cancelled(context: RenderContext) -> Mail | None:
    facts = _facts(context)
    return None if facts is None else _mail(context, "cancelled", facts)


@renderer("registrations.already")
def already(context: RenderContext) -> Mail | None:
    facts = _facts(context)
    return None if facts is None else _mail(context, "already", facts)


@renderer("registrations.link")
def link(context: RenderContext) -> Mail | None:
    facts = _facts(context)
    return None if facts is None else _mail(context, "link", facts)


@renderer("registrations.event_cancelled")
def event_cancelled(context: RenderContext) -> Mail | None:
    facts = _facts(context)
    return None if facts is None else _mail(context, "event_cancelled", facts)
