"""The mails about a registration, made when they go out: text, HTML, QR code, ticket as PDF, calendar entry."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.accounts.queries import OrganiserRow, get_organiser
from app.core.audit import list_history
from app.core.i18n import Locale, format_span, translate
from app.core.urls import absolute, own_page_path, ticket_path
from app.documents.qr import qr_png
from app.events.enums import EventState
from app.events.queries import EventRow, StopRow, WaveRow, find_binned_event, get_event_by_id
from app.messages.rendering import Attachment, Mail, RenderContext, render_mail_templates, renderer
from app.registrations.bulk.queries import get_texts
from app.registrations.calendars import registration_calendar
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import RegistrationNotFound
from app.registrations.notifications import Kind, is_told_later
from app.registrations.papers import admits, headcount_words, stop_hours, ticket_pdf_of
from app.registrations.queries import RegistrationRow, get_binned_registration, get_registration, places_before

QR_ID = "ticket-qr@parcours"
_BLANK_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class MailFacts:
    """What the mail templates read."""

    event: EventRow
    registration: RegistrationRow
    organiser: OrganiserRow
    waves: tuple[WaveRow, ...]
    date: str
    time_word: str
    stops: tuple[tuple[StopRow, str], ...]
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
    return _facts_of(context, registration, get_event_by_id(registration.event_id))


def _binned_facts(context: RenderContext) -> MailFacts | None:
    """Of a registration that is in the bin, by itself or with its event; None when it is there no more."""
    try:
        registration = get_binned_registration(int(context.params["registration_id"]))
    except RegistrationNotFound:
        return None
    event = find_binned_event(registration.event_id) or get_event_by_id(registration.event_id)
    return _facts_of(context, registration, event)


def _facts_of(context: RenderContext, registration: RegistrationRow, event: EventRow) -> MailFacts | None:
    if not registration.contact_email:
        return None
    waiting = registration.status is RegistrationStatus.WAITLISTED
    waves = tuple(w for w in event.waves if w.id in registration.waves)
    return MailFacts(
        event=event,
        registration=registration,
        organiser=get_organiser(event.organiser_id),
        waves=waves,
        date=_date(event, waves, context.locale),
        time_word=_time_word(event, registration, context.locale),
        stops=tuple(zip(event.stops, stop_hours(event, registration, context.locale), strict=True)),
        headcount=headcount_words(registration, event, context.locale),
        own_url=absolute(own_page_path(registration.token)),
        ticket_url=absolute(ticket_path(registration.ticket.code)),
        people_before=places_before(registration) if waiting else 0,
    )


def _date(event: EventRow, waves: Sequence[WaveRow], locale: Locale) -> str:
    """The day, or the days, of one's own waves: what a mail's title ends with."""
    if not waves:
        return format_span(event.starts_at, event.ends_at, event.timezone, locale)
    days = [wave.starts_at for wave in waves]
    return format_span(min(days), max(days), event.timezone, locale)


def _time_word(event: EventRow, registration: RegistrationRow, locale: Locale) -> str:
    if admits(event, registration):
        return translate(locale, "Connection") if event.is_online else translate(locale, "Arrival")
    waits = registration.alive and event.state is not EventState.CANCELLED
    return translate(locale, "Time asked for") if waits else translate(locale, "Time")


def _mail(context: RenderContext, name: str, facts: MailFacts) -> Mail:
    admitted = admits(facts.event, facts.registration)
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
    attachments = []
    if admitted or _is_off(facts):  # who waits has nothing to put into a calendar yet
        attachments.append(_calendar(facts, context.locale))
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
    paper = Attachment(f"{name}-{facts.registration.reference}.pdf", "application/pdf", pdf)
    if facts.event.is_online:  # there is no entrance to show a code at
        return [paper]
    return [Attachment("qr.png", "image/png", qr_png(facts.ticket_url), content_id=QR_ID), paper]


def _is_off(facts: MailFacts) -> bool:
    return not facts.registration.alive or facts.event.state is EventState.CANCELLED


def _current(facts: MailFacts) -> Literal["confirmed", "waitlisted", "cancelled"]:
    """The template that says what is true now, whatever was true when the mail was queued."""
    if facts.registration.status is RegistrationStatus.CONFIRMED:
        return "confirmed"
    return "waitlisted" if facts.registration.alive else "cancelled"


def _news(context: RenderContext, template: Literal["confirmed", "waitlisted", "changed"]) -> Mail | None:
    """What is true now, told once. `template` says so, unless the registration has another status by now.

    None where a later mail says it: the one about the new status, a later change, or an event that is called off.
    """
    facts = _facts(context)
    if facts is None or (facts.registration.alive and facts.event.state is EventState.CANCELLED):
        return None
    later: list[Kind] = ["confirmed", "cancelled"]
    if template == "changed":
        later.append("changed")
    if is_told_later(later, facts.registration.id, after=context.message_id):
        return None
    now = _current(facts)
    return _mail(context, template if template == "changed" and now != "cancelled" else now, facts)


@renderer("registrations.confirmed")
def confirmed(context: RenderContext) -> Mail | None:
    return _news(context, "confirmed")


@renderer("registrations.waitlisted")
def waitlisted(context: RenderContext) -> Mail | None:
    return _news(context, "waitlisted")


@renderer("registrations.changed")
def changed(context: RenderContext) -> Mail | None:
    return _news(context, "changed")


@renderer("registrations.cancelled")
def cancelled(context: RenderContext) -> Mail | None:
    """None where it stands again by now: who undid the cancelling told so, if anybody is to be told."""
    facts = _facts(context) or _binned_facts(context)
    return None if facts is None or facts.registration.alive else _mail(context, "cancelled", facts)


@renderer("registrations.deleted")
def deleted(context: RenderContext) -> Mail | None:
    """None where it was brought back by now."""
    facts = _binned_facts(context)
    return None if facts is None else _mail(context, "cancelled", facts)


@renderer("registrations.event_deleted")
def event_deleted(context: RenderContext) -> Mail | None:
    """As of an event that is called off, in the words of who deleted it. None where it was brought back by now."""
    facts = _binned_facts(context)
    if facts is None or find_binned_event(facts.event.id) is None:
        return None
    line = next((row for row in list_history(f"event:{facts.event.id}") if row.verb == "event.deleted"), None)
    reason = str(line.details.get("reason", "")) if line is not None else ""
    event = replace(facts.event, state=EventState.CANCELLED, cancel_reason=reason)
    return _mail(context, "event_cancelled", replace(facts, event=event))


@renderer("registrations.already")
def already(context: RenderContext) -> Mail | None:
    return _still(context, "already")


@renderer("registrations.link")
def link(context: RenderContext) -> Mail | None:
    return _still(context, "link")


def _still(context: RenderContext, template: str) -> Mail | None:
    """A mail that repeats what somebody has: of what was cancelled since, another mail has told."""
    facts = _facts(context)
    if facts is None or not facts.registration.alive:
        return None
    return _mail(context, template if facts.event.state is not EventState.CANCELLED else "event_cancelled", facts)


@renderer("registrations.event_cancelled")
def event_cancelled(context: RenderContext) -> Mail | None:
    facts = _facts(context)
    return None if facts is None else _mail(context, "event_cancelled", facts)


@renderer("registrations.message")
def message(context: RenderContext) -> Mail | None:
    """The team's own words to many, in the reader's language; in French where they wrote no English."""
    facts = _facts(context)
    if facts is None:
        return None
    said = get_texts(int(context.params["bulk_id"]))
    locale = context.locale if said[f"text_{context.locale}"] else "fr"
    title, text, html = render_mail_templates(
        "registrations/message",
        context.locale,
        organiser_id=facts.event.organiser_id,
        facts=facts,
        event=facts.event,
        registration=facts.registration,
        admitted=admits(facts.event, facts.registration),
        subject=said[f"subject_{locale}"],
        parts=[part.strip().splitlines() for part in _BLANK_LINES.split(said[f"text_{locale}"]) if part.strip()],
    )
    return Mail(title, text, html, reply_to=facts.organiser.email or None)
