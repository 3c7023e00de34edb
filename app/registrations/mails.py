"""The mails about a registration, made when they go out: text, HTML, QR code, ticket as PDF, calendar entry."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from app.accounts.queries import OrganiserRow, get_organiser
from app.core.audit import list_history
from app.core.i18n import Locale, format_span, translate
from app.core.urls import absolute, event_path, own_page_path, ticket_path
from app.documents.qr import qr_png
from app.events.enums import EDITABLE, EventState
from app.events.queries import EventRow, WaveRow, find_binned_event, get_event_by_id
from app.events.queries.postponed import find_postponed, list_asked_since, postponed_words
from app.messages.rendering import Attachment, Mail, RenderContext, render_mail_templates, renderer
from app.registrations.bulk.queries import get_texts
from app.registrations.calendars import registration_calendar
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import RegistrationNotFound
from app.registrations.itinerary import visits_by_wave
from app.registrations.notifications import Kind, is_told_later, list_told_off
from app.registrations.papers import RouteLine, admits, headcount_words, route_lines, ticket_pdf_of
from app.registrations.queries import Ahead, RegistrationRow, get_binned_registration, get_registration, waiting_before

QR_ID = "ticket-qr@parcours"
_BLANK_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class PostponedFacts:
    """`was` are the hours of one's own waves before, `why` the coded reason in words, `words` the team's own.

    `lost`: a group that was missing on the old date, whose places went to others.
    """

    was: tuple[tuple[datetime, datetime], ...]
    why: str
    words: str
    stay_url: str
    cancel_url: str
    lost: bool = False


@dataclass(frozen=True)
class MailFacts:
    """What the mail templates read. `arrivals`: when to come, by the id of a wave.

    `minutes`: by how much hours move on the day itself, at most; `late_space` is the space that is late, for who comes alone.
    """

    event: EventRow
    registration: RegistrationRow
    organiser: OrganiserRow
    waves: tuple[WaveRow, ...]
    arrivals: Mapping[int, datetime]
    date: str
    time_word: str
    stops: tuple[RouteLine, ...]
    headcount: str
    own_url: str
    event_url: str
    ticket_url: str
    ahead: Ahead
    postponed: PostponedFacts | None = None
    minutes: int = 0
    late_space: str = ""


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
        arrivals={wave_id: visit.begins_at for wave_id, visit in visits_by_wave(event, registration).items()},
        date=_date(event, waves, context.locale),
        time_word=_time_word(event, registration, context.locale),
        stops=route_lines(event, registration, context.locale),
        headcount=headcount_words(registration, event, context.locale),
        own_url=absolute(own_page_path(registration.token)),
        event_url=absolute(event_path(event.slug)),
        ticket_url=absolute(ticket_path(registration.ticket.code)),
        ahead=waiting_before(registration) if waiting else Ahead(),
    )


def _date(event: EventRow, waves: Sequence[WaveRow], locale: Locale) -> str:
    """The day, or the days, of one's own waves: what a mail's title ends with."""
    if event.date_to_come:
        return translate(locale, "date to come")
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
    if facts.event.date_to_come and facts.registration.status is RegistrationStatus.CONFIRMED:
        return True  # what stands in their calendar is put off until there is a date
    return not facts.registration.alive or facts.event.state is EventState.CANCELLED


_CURRENT: dict[RegistrationStatus, Literal["confirmed", "waitlisted", "offered", "lapsed", "cancelled"]] = {
    RegistrationStatus.CONFIRMED: "confirmed",
    RegistrationStatus.WAITLISTED: "waitlisted",
    RegistrationStatus.OFFERED: "offered",
    RegistrationStatus.LAPSED: "lapsed",
    RegistrationStatus.CANCELLED: "cancelled",
}
"""The template that says what is true now, whatever was true when the mail was queued."""


def _news(context: RenderContext, template: Literal["confirmed", "waitlisted", "changed"]) -> Mail | None:
    """What is true now, told once. `template` says so, unless the registration has another status by now.

    None where a later mail says it: the one about the new status, a later change, or an event that is called off.
    """
    facts = _facts(context)
    if facts is None or (facts.registration.alive and facts.event.state is EventState.CANCELLED):
        return None
    later: list[Kind] = ["confirmed", "cancelled", "offered", "lapsed"]
    if template == "changed":
        later.append("changed")
    if is_told_later(later, facts.registration.id, after=context.message_id):
        return None
    now = _CURRENT[facts.registration.status]
    tells_change = template == "changed" and now in {"confirmed", "waitlisted"}
    return _mail(context, template if tells_change else now, facts)


@renderer("registrations.confirmed")
def confirmed(context: RenderContext) -> Mail | None:
    return _news(context, "confirmed")


@renderer("registrations.waitlisted")
def waitlisted(context: RenderContext) -> Mail | None:
    return _news(context, "waitlisted")


@renderer("registrations.changed")
def changed(context: RenderContext) -> Mail | None:
    return _news(context, "changed")


@renderer("registrations.offered")
def offered(context: RenderContext) -> Mail | None:
    """None where it was answered, or its time is over, by now."""
    facts = _facts(context)
    if facts is None or facts.registration.status is not RegistrationStatus.OFFERED:
        return None
    until = facts.registration.offer_expires_at
    over = until is None or until <= context.now or facts.event.state is EventState.CANCELLED
    if over or is_told_later(["offered"], facts.registration.id, after=context.message_id):
        return None
    return _mail(context, "offered", facts)


@renderer("registrations.offer_ends")
def offer_ends(context: RenderContext) -> Mail | None:
    """« Your offer ends soon ». None where it was answered, or ends at another time, by now."""
    facts = _facts(context)
    if facts is None or facts.registration.status is not RegistrationStatus.OFFERED or facts.event.date_to_come:
        return None
    until = facts.registration.offer_expires_at
    if until is None or until <= context.now or until.isoformat() != str(context.params["until"]):
        return None
    return None if facts.event.state is EventState.CANCELLED else _mail(context, "offer_ends", facts)


@renderer("registrations.lapsed")
def lapsed(context: RenderContext) -> Mail | None:
    facts = _facts(context)
    if facts is None or facts.registration.status is not RegistrationStatus.LAPSED:
        return None
    return None if facts.event.state is EventState.CANCELLED else _mail(context, "lapsed", facts)


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
    """None where that was taken back meanwhile; called off once more, the later mail says so."""
    facts = _facts(context)
    if facts is None or facts.event.state in EDITABLE:
        return None
    if is_told_later(["event_cancelled"], facts.registration.id, after=context.message_id):
        return None
    return _mail(context, "event_cancelled", facts)


@renderer("registrations.event_reopened")
def event_reopened(context: RenderContext) -> Mail | None:
    """None where the mail that it was off never left, where it is off again, or over by now."""
    facts = _facts(context)
    if facts is None or not facts.registration.alive or facts.event.state not in EDITABLE:
        return None
    off = list_told_off([facts.registration.id], str(context.params["at"]))
    to_come = facts.event.date_to_come or context.now < facts.event.last_ends_at
    return _mail(context, "event_reopened", facts) if off and to_come else None


@renderer("registrations.postponed")
def postponed(context: RenderContext) -> Mail | None:
    """Old dates and new ones, and what to answer. None where they were asked once more since, or it is called off."""
    facts = _facts(context)
    if facts is None or not facts.registration.alive or facts.event.state is EventState.CANCELLED:
        return None
    said = find_postponed(facts.event)
    later = list_asked_since(facts.event.id, datetime.fromisoformat(str(context.params["at"])))
    if said is None or not later.isdisjoint(facts.registration.waves):
        return None
    own = PostponedFacts(
        was=tuple(said.was[wave.id] for wave in facts.waves if wave.id in said.was),
        lost=bool(context.params.get("lost")) and facts.registration.status is RegistrationStatus.WAITLISTED,
        why=postponed_words(facts.event, said, context.locale),
        words=said.reason,
        stay_url=f"{facts.own_url}#moved",
        cancel_url=f"{facts.own_url}/cancel",
    )
    return _mail(context, "postponed", replace(facts, postponed=own))


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


@renderer("registrations.plan")
def plan(context: RenderContext) -> Mail | None:
    """Where a group is to be when. None where a later mail says so, where nobody is to come any more, or where they are gone."""
    facts = _facts(context)
    if facts is None or not admits(facts.event, facts.registration) or facts.event.is_over(context.now):
        return None
    visits = visits_by_wave(facts.event, facts.registration)
    if all(visits[wave.id].ends_at <= context.now for wave in facts.waves):
        return None
    if is_told_later(["plan", "cancelled"], facts.registration.id, after=context.message_id):
        return None
    return _mail(context, "plan", facts)


@renderer("registrations.delay")
def delay(context: RenderContext) -> Mail | None:
    """New hours on a day that runs late, or is on time again. None where a later mail says them.

    Of a late space, who comes alone is told as long as it stands as it was said: their own hour does not change by it.
    """
    facts = _facts(context)
    if facts is None or not admits(facts.event, facts.registration) or facts.event.is_over(context.now):
        return None
    if is_told_later(["delay", "plan", "postponed", "cancelled"], facts.registration.id, after=context.message_id):
        return None
    minutes, space_id = int(context.params["minutes"]), context.params.get("space_id")
    if space_id is None:
        return _mail(context, "delay", replace(facts, minutes=minutes))
    space = next((space for space in facts.event.spaces if space.id == space_id), None)
    if space is None or (space.late_minutes > 0) != (minutes > 0):
        return None
    return _mail(context, "delay", replace(facts, minutes=space.late_minutes, late_space=space.name))
