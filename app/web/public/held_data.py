"""What is held about one person or group, for their own eyes: in words for the page, whole for programs."""

import json
from typing import Any

from flask import Response
from flask_babel import gettext as _

from app.checkin.queries import list_scans
from app.core.audit import list_history
from app.core.text import shown_phone as phone
from app.core.urls import absolute, own_page_path
from app.events.queries import EventRow, StopRow
from app.registrations.answer_files import list_files, tokens_in
from app.registrations.itinerary import StopTime, Team, list_teams
from app.registrations.queries import RegistrationRow, TicketRow, get_statistics
from app.web.forms.registration import AGE_LABELS, GENDER_LABELS, STATISTICS
from app.web.i18n import current_locale
from app.web.public.words import first_capital, headcount_words, listed, wave_name, when


def data_file(record: dict[str, Any], name: str) -> Response:
    """A record to keep, as `<name>.json`."""
    text = json.dumps(record, ensure_ascii=False, indent=2)
    response = Response(text, content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response


def held_facts(event: EventRow, registration: RegistrationRow) -> list[tuple[str, str]]:
    """(term, value) for the page; what is empty is not held."""
    waves = [first_capital(wave_name(event, wave)) for wave in event.waves if wave.id in registration.waves]
    facts = [
        (_("Number"), registration.reference),
        (_("Name"), registration.contact_name),
        (_("E-mail address"), registration.contact_email),
        (_("Telephone"), phone(registration.contact_phone) if registration.contact_phone else ""),
        (_("Class"), registration.class_label),
        (_("School or organisation"), registration.organisation_name),
        (_("UAI of the school"), registration.uai),
        (_("Town"), registration.commune),
        (_("Audience"), event.audience(registration.audience).label(current_locale())),
        (_("How many"), headcount_words(registration, event) if registration.is_group else ""),
        (_("Connection") if event.is_online else _("Arrival"), ", ".join(waves)),
        (_("Planned hours"), "; ".join(_passage_words(event, registration))),
        (_("Stops left out"), listed([s.name(current_locale()) for s in left_out_stops(event, registration)])),
        (_("15 or older"), _yes_no(registration.is_15_or_older)),
        (_("Sent by"), registration.oriented_by),
        (_("Language"), {"fr": "Français", "en": "English"}.get(registration.locale, registration.locale)),
        *_statistics_facts(registration),
    ]
    return [(term, value) for term, value in facts if value]


def left_out_stops(event: EventRow, registration: RegistrationRow) -> list[StopRow]:
    """The optional stops that the person said they do not go to."""
    return [stop for stop in event.stops if stop.id in registration.declined_stops]


def _planned(event: EventRow, registration: RegistrationRow) -> list[tuple[Team, StopTime]]:
    """What the plan in force says of who still comes: hours that are merely worked out are nobody's data."""
    if not registration.alive:
        return []
    return [(team, at) for team in list_teams(event, registration) for at in team.stops if at.exact]


def _passage_words(event: EventRow, registration: RegistrationRow) -> list[str]:
    """« Jeudi 7 janvier à 9 h 40, Orientation », of each team of a group in turn."""
    found = []
    for team, at in _planned(event, registration):
        begins = first_capital(when(event, at.starts_at)) if at.starts_at else ""
        stop = at.stop.name(current_locale())
        name = _("Team %(number)s", number=team.number) if at.teams > 1 else ""
        found.append(", ".join(str(part) for part in (begins, stop, name) if part))
    return found


def _statistics_facts(registration: RegistrationRow) -> list[tuple[str, str]]:
    said = get_statistics(registration.statistics_key)
    if said is None:
        return []
    return [
        (_("For the totals: you are"), str(GENDER_LABELS[said.gender]) if said.gender else ""),
        (_("For the totals: your age"), str(AGE_LABELS[said.age_band]) if said.age_band else ""),
        (_("For the totals: priority neighbourhood"), _yes_no(said.priority_neighbourhood)),
        (_("For the totals: countryside"), _yes_no(said.rural_zone)),
        (_("For the totals: disabled worker"), _yes_no(said.recognised_disability)),
        (_("For the totals: town"), said.commune),
    ]


def _yes_no(said: bool | None) -> str:
    return "" if said is None else str(_("Yes") if said else _("No"))


def held_record(event: EventRow, registration: RegistrationRow) -> dict[str, Any]:
    """Everything as one JSON document: times are RFC 3339 in UTC, names as in the API."""
    said = get_statistics(registration.statistics_key)
    waves = [wave for wave in event.waves if wave.id in registration.waves]
    return {
        "event": {"slug": event.slug, "title": {"fr": event.title_fr, "en": event.title_en}},
        "reference": registration.reference,
        "status": registration.status.value,
        "kind": registration.kind.value,
        "audience": registration.audience,
        "contact": {
            "name": registration.contact_name,
            "email": registration.contact_email,
            "phone": registration.contact_phone,
        },
        "headcount": {"participants": registration.participants, "companions": registration.companions},
        "organisation": {
            "name": registration.organisation_name,
            "uai": registration.uai,
            "class_label": registration.class_label,
            "commune": registration.commune,
        },
        "is_15_or_older": registration.is_15_or_older,
        "oriented_by": registration.oriented_by,
        "locale": registration.locale,
        "source": registration.source.value,
        "answers": _answers(event, registration),
        "waves": [
            {"starts_at": w.starts_at.isoformat(), "ends_at": w.ends_at.isoformat(), "place": w.place} for w in waves
        ],
        "passages": [_passage(team, at) for team, at in _planned(event, registration)],
        "left_out_stops": [s.name_fr for s in left_out_stops(event, registration)],
        "tickets": [{"code": t.code, "label": t.label} for t in _tickets(registration)],
        "statistics": None if said is None else {name: getattr(said, name) for name in STATISTICS},
        "created_at": registration.created_at.isoformat(),
        "updated_at": registration.updated_at.isoformat(),
        "cancelled_at": registration.cancelled_at.isoformat() if registration.cancelled_at else None,
        "cancel_code": registration.cancel_code,
        "cancel_reason": registration.cancel_reason,
        "no_show_code": registration.no_show_code,
        "asked_at": registration.asked_at.isoformat() if registration.asked_at else None,
        "stays_at": registration.stays_at.isoformat() if registration.stays_at else None,
        **_held_events(registration.id),
    }


def _passage(team: Team, at: StopTime) -> dict[str, Any]:
    """Where a team is to be when, as the plan in force has it."""
    return {
        "stop": at.stop.name_fr,
        "starts_at": at.starts_at.isoformat() if at.starts_at else None,
        "ends_at": at.ends_at.isoformat() if at.ends_at else None,
        "stand": at.stand,
        "team": team.number,
        "people": team.people,
    }


def _answers(event: EventRow, registration: RegistrationRow) -> dict[str, Any]:
    """The answers as they are kept, by key; of a file its name, type and size, and where to fetch it."""
    files = list_files(registration.id) if tokens_in(event.questions, registration.answers) else {}
    told = {
        key: {
            "file": file.name,
            "media_type": file.media_type,
            "bytes": file.size,
            "url": absolute(f"{own_page_path(registration.token)}/files/{key}"),
        }
        for key, file in files.items()
    }
    return registration.answers | told


def _tickets(registration: RegistrationRow) -> tuple[TicketRow, ...]:
    return (registration.ticket, *registration.cards, *registration.withdrawn)


def _held_events(registration_id: int) -> dict[str, list[dict[str, str]]]:
    """What happened to a registration, and at doors, oldest first."""
    return {
        "history": [
            {"at": line.at.isoformat(), "what": line.verb}
            for line in reversed(list_history(f"registration:{registration_id}"))
        ],
        "scans": [
            {"at": scan.scanned_at.isoformat(), "direction": scan.direction, "result": scan.result.value}
            for scan in list_scans(registration_id)
        ],
    }
