"""A registration as entries of its person's calendar: a stable UID, and a SEQUENCE that rises with each change."""

from collections.abc import Iterator
from datetime import datetime

from app.core.audit import list_history
from app.core.i18n import Locale, as_locale, translate
from app.core.tokens import digest
from app.core.urls import absolute, own_page_path, ticket_path
from app.events.calendars import CalendarFile, location_of
from app.events.enums import Enrolment, EventState
from app.events.queries import EventRow
from app.messages.calendar import CalendarEntry, Status, render_calendar, render_entry
from app.messages.queries import get_sequences
from app.registrations.enums import RegistrationStatus
from app.registrations.itinerary import visits_by_wave
from app.registrations.papers import headcount_words, route_lines
from app.registrations.queries import RegistrationRow

STATUS: dict[RegistrationStatus, Status] = {
    RegistrationStatus.CONFIRMED: "CONFIRMED",
    RegistrationStatus.WAITLISTED: "TENTATIVE",
    RegistrationStatus.OFFERED: "TENTATIVE",
    RegistrationStatus.CANCELLED: "CANCELLED",
    RegistrationStatus.LAPSED: "CANCELLED",
}


def registration_calendar(registration: RegistrationRow, event: EventRow, locale: Locale | None = None) -> CalendarFile:
    """The .ics of one registration, in the person's language: an entry a wave, cancelled ones said so (RFC 5546, 3.2.5).

    Someone who takes one wave keeps one entry that moves; who takes several has one each, and those given up are cancelled.
    """
    language = locale or as_locale(registration.locale)
    subjects = (f"event:{event.id}", f"registration:{registration.id}")
    sequences = get_sequences(subjects)
    sequence = sum(number for number, _ in sequences.values())
    changed_at = max([registration.updated_at, event.updated_at, *(at for _, at in sequences.values())])
    entries = [render_entry(e) for e in _entries(registration, event, language, sequence, changed_at)]
    content = render_calendar(
        entries,
        name=event.title(language),
        timezones=[event.timezone],
        method="PUBLISH",
        first_year=event.starts_at.year,
    )
    return CalendarFile.of(content)


def _entries(
    registration: RegistrationRow, event: EventRow, locale: Locale, sequence: int, changed_at: datetime
) -> Iterator[CalendarEntry]:
    base = digest(f"calendar:{registration.token}")[:32]
    off = (
        event.state is EventState.CANCELLED or event.date_to_come
    )  # put off without a date: nothing to go to (RFC 5546)
    status: Status = "CANCELLED" if off else STATUS[registration.status]
    visits = visits_by_wave(event, registration)
    given_up = _given_up(registration) if event.enrolment is Enrolment.SEVERAL else set()
    for wave in event.waves:
        if wave.id not in registration.waves and wave.id not in given_up:
            continue
        yield CalendarEntry(
            uid=f"{base}@parcours" if event.enrolment is Enrolment.ONE else f"{base}-{wave.id}@parcours",
            sequence=sequence,
            starts_at=visits[wave.id].begins_at,
            ends_at=visits[wave.id].ends_at,
            timezone=event.timezone,
            summary=_summary(registration, event, locale),
            description=_description(registration, event, locale),
            location=location_of(event, locale, wave) or None,
            url=absolute(own_page_path(registration.token)),
            status=status if wave.id in registration.waves else "CANCELLED",
            stamp=changed_at,
            last_modified=changed_at,
        )


def _given_up(registration: RegistrationRow) -> set[int]:
    """Waves that the person once had and changed away from: their calendar still holds them."""
    changes = (row.details.get("waves", []) for row in list_history(f"registration:{registration.id}"))
    return {wave_id for waves in changes if len(waves) == 2 and isinstance(waves[0], list) for wave_id in waves[0]}


def _summary(registration: RegistrationRow, event: EventRow, locale: Locale) -> str:
    title = event.title(locale)
    if registration.status is RegistrationStatus.WAITLISTED:
        title = translate(locale, "Waiting list: %(title)s", title=title)
    return f"{title} · {registration.holder}" if registration.is_group else title


def _description(registration: RegistrationRow, event: EventRow, locale: Locale) -> str:
    lines = [translate(locale, "Number to read out: %(reference)s", reference=registration.reference)]
    if registration.is_group:
        lines.append(headcount_words(registration, event, locale))
    lines.append(translate(locale, "Ticket: %(url)s", url=absolute(ticket_path(registration.ticket.code))))
    if event.join_url and registration.status is RegistrationStatus.CONFIRMED:
        lines.append(translate(locale, "To join online: %(url)s", url=event.join_url))
    if route := route_lines(event, registration, locale):
        lines.append(translate(locale, "Your route:"))
        for line in route:  # an hour that is worked out is not promised for as long as a calendar keeps it
            hour = f", {line.hour}" if line.exact and line.hour else ""
            lines.append(f"{line.number}. {line.stop.name(locale)}{hour}")
    return "\n".join(lines)
