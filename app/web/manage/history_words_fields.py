"""Names of fields and their values, as the history says them: « Places : 60 → 80 »."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext, pgettext

from app.core.text import shown_phone
from app.events.audiences import BUILTIN
from app.events.enums import EventState, Measure, ReasonUse
from app.registrations.enums import RegistrationStatus
from app.reports.queries.journal import JournalNames
from app.web.filters import date_by, day, hour, number
from app.web.forms.accounts import FUNCTION_NAMES, LANGUAGES, ROLE_NAMES, SCOPE_LABELS
from app.web.forms.events import AXIS_LABELS, ENROLMENT_LABELS, KIND_LABELS
from app.web.forms.flows import SPAN_LABELS
from app.web.forms.questions import KIND_LABELS as QUESTION_KINDS
from app.web.forms.reasons import USE_LABELS
from app.web.forms.structures import KIND_LABELS as STRUCTURE_KINDS
from app.web.i18n import current_locale
from app.web.manage.history_words_boxes import BOX_FIELDS, reason_words
from app.web.manage.jobs import JOB_LABELS
from app.web.manage.messages import MESSAGE_LABELS

FIELDS: Mapping[str, object] = {
    "absent_minutes": _l("Minutes after which an absent group gives its places back"),
    "accent": _l("Second colour"),
    "address": _l("Street and number"),
    "answers": _l("Questions answered"),
    "any_order": _l("In any order with the stop before"),
    "apart": _l("Audiences kept apart"),
    "asks_statistics": _l("Statistics for funders"),
    "audience": _l("Audience"),
    "audiences": _l("Audiences"),
    "axis": _l("Principal axis"),
    "box": _l("Escape-game box"),
    "brand": _l("Main colour"),
    "cancel_code": _l("Reason"),
    "capacity": _l("Places"),
    "cards": _l("Route cards"),
    "changed": _l("Changed"),
    "choices": _l("Choices"),
    "class_label": _l("Class"),
    "code": _l("Reason"),
    "columns": _l("Columns"),
    "commune": _l("Town"),
    "completed": _l("Completed"),
    "contact_email": _l("E-mail address"),
    "contact_name": _l("First name and name"),
    "contact_phone": _l("Telephone"),
    "contacts": _l("Contacts"),
    "day": _l("Day"),
    "description_en": _l("Description in English"),
    "description_fr": _l("Description in French"),
    "directions_en": _l("How to get there, in English"),
    "directions_fr": _l("How to get there, in French"),
    "duty": _l("Function"),
    "email": _l("E-mail address"),
    "ends_at": _l("End"),
    "ends_on": _l("Until"),
    "enrolment": _l("Each registration takes"),
    "entrance_en": _l("Entrance, in English"),
    "entrance_fr": _l("Entrance, in French"),
    "fields": _l("Changed"),
    "file": _l("File"),
    "filters": _l("Filters"),
    "first_day": _l("First day"),
    "forecast": _l("Individuals expected"),
    "format": _l("Format"),
    "functions": _l("Functions"),
    "funders": _l("Funders"),
    "goes": _l("Goes there"),
    "help_en": _l("Help in English"),
    "help_fr": _l("Help in French"),
    "help_hours_en": _l("Help hours, in English"),
    "help_hours_fr": _l("Help hours, in French"),
    "groups": _l("Groups"),
    "host": _l("Host"),
    "job": _l("Work"),
    "join_url": _l("Link to join"),
    "keep_names_days": _l("Days for which names are kept"),
    "kind": _l("Kind"),
    "label_en": _l("Words in English"),
    "label_fr": _l("Words in French"),
    "largest_team": _l("People at once, at most"),
    "left_out": _l("Left out"),
    "locale": _l("Language"),
    "maximum": _l("At most"),
    "minimum": _l("At least"),
    "minutes": _l("Minutes"),
    "missing": _l("Groups missing"),
    "more_parts": _l("Other waves, spaces or stops changed"),
    "name": _l("Name"),
    "name_en": _l("Name in English"),
    "name_fr": _l("Name in French"),
    "no_show_code": _l("Reason"),
    "not_back": _l("Stayed in the bin"),
    "note": _l("Note"),
    "notes": _l("Notes for the team"),
    "offer_hours": _l("Hours that an offered place is kept"),
    "optional": _l("Optional"),
    "offered_until": _l("Offered until"),
    "space": _l("Space"),
    "wave": _l("Wave"),
    "late_minutes": _l("Minutes late"),
    "awaited_until": _l("Waited for until"),
    "arrival": _l("Arrival"),
    "organisation": _l("Organisation"),
    "organisation_name": _l("School or structure"),
    "oriented_by": _l("Sent by"),
    "passages": _l("Passages"),
    "past": _l("Registrations that wait longer"),
    "people": _l("Headcount"),
    "person": _l("Person"),
    "personal": _l("With people’s data"),
    "largest_group": _l("Largest group that registers by itself"),
    "phone": _l("Telephone"),
    "pinned": _l("Pinned"),
    "place": _l("Place"),
    "plan": _l("Plan"),
    "position": _l("Order"),
    "postcode": _l("Postcode"),
    "project_name": _l("Project"),
    "question": _l("Question"),
    "reason": _l("In words"),
    "registration_closes_at": _l("Registration closes"),
    "registration_opens_at": _l("Registration opens"),
    "registrations": _l("Registrations"),
    "required": _l("An answer is needed"),
    "role": _l("Role"),
    "rows": _l("Rows"),
    "said": _l("What they said"),
    "scopes": _l("Rights"),
    "secondary": _l("Other axes"),
    "shared": _l("Shared with the team"),
    "siret": _l("SIRET"),
    "sort_name": _l("Family name, for sorting"),
    "source": _l("How"),
    "space_name": _l("Space"),
    "stands": _l("Stands"),
    "starts_at": _l("Beginning"),
    "starts_on": _l("From"),
    "state": _l("State"),
    "status": _l("Status"),
    "stop": _l("Stop"),
    "structures": _l("Structures"),
    "summary_en": _l("In a sentence, in English"),
    "summary_fr": _l("In a sentence, in French"),
    "tagline_en": _l("Under the name, in English"),
    "tagline_fr": _l("Under the name, in French"),
    "template": _l("Mail"),
    "event.template": _l("Template"),
    "text_en": _l("Text in English"),
    "text_fr": _l("Text in French"),
    "there": _l("There already"),
    "timezone": _l("Clocks of"),
    "title": _l("Title"),
    "title_en": _l("Title in English"),
    "title_fr": _l("Title in French"),
    "told": _l("People told by mail"),
    "transfer_minutes": _l("Minutes to walk from one space to another"),
    "lost_people": _l("People of passages not sent"),
    "unsent": _l("Passages not sent yet"),
    "uai": _l("UAI of the school"),
    "until": _l("Last day"),
    "unwritten": _l("Not written"),
    "use": _l("List"),
    "was_told": _l("Was in force"),
    "venue_address": _l("Address of the place"),
    "venue_commune": _l("Town of the place"),
    "venue_name": _l("Place"),
    "waiting_list": _l("Waiting list"),
    "waiting_policy": _l("When the first who wait do not fit"),
    "waves": _l("Times"),
    "website": _l("Web site"),
    "what": _l("What"),
}
SOURCES: Mapping[str, object] = {
    "web": _l("on the public page"),
    "staff": _l("by the team"),
    "api": _l("by a program"),
    "door": _l("on the spot"),
    "import": _l("from a file"),
}
BULK_KINDS: Mapping[str, object] = {
    "mail": _l("Send a mail again"),
    "message": _l("Write to people"),
    "move": _l("Move to other times"),
    "cancel": _l("Cancel"),
}
_LIST_KINDS: Mapping[str, object] = {
    "registrations": _l("Registrations"),
    "structures": _l("Structures"),
    "badges": _l("Badges"),
    "tickets": _l("Tickets"),
    "cards": _l("Route cards"),
    "wave_lists": _l("Arrival lists"),
}
POLICY_WORDS: Mapping[str, object] = {
    "hold": _l("nobody goes before them"),
    "skip": _l("the next who fit go first"),
}
MEASURES: Mapping[str, object] = {
    Measure.REGISTERED: _l("People registered"),
    Measure.PRESENT: _l("People who came"),
    Measure.GROUPS: _l("Groups registered"),
}
REASON_USES = {
    "event.cancel": (ReasonUse.EVENT_CANCELLED,),
    "event.deleted": (ReasonUse.EVENT_CANCELLED,),
    "event.postpone": (ReasonUse.EVENT_POSTPONED,),
    "registration.no_show_told": (ReasonUse.NO_SHOW,),
}
"""Of which list a code is, by verb; otherwise one of those that end a registration."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
NOTHING = "–"


@dataclass(frozen=True)
class Saying:
    """What a value is read with: the line's verb, the clocks, and the names of what is spoken of."""

    verb: str
    zone: str | None
    names: JournalNames


def field_label(name: str, verb: str) -> str:
    """The name of a field in words. A target's field says what it counts; a limit's of whom."""
    if verb == "targets.set":
        return _target_label(name)
    if name.startswith("limit:"):
        return str(_("Limit for %(audience)s", audience=_audience(name.partition(":")[2])))
    whole = f"{verb.partition('.')[0]}.{name}"
    return str(BOX_FIELDS.get(whole) or FIELDS.get(whole) or FIELDS.get(name) or name.replace("_", " ").capitalize())


def value_words(name: str, value: Any, saying: Saying) -> str:
    """A value as people read it; a dash for nothing."""
    if value is None or value in ("", []):
        return NOTHING
    if name.startswith("limit:") and isinstance(value, list):
        return _limit(value)
    if name == "apart" and isinstance(value, list):
        return " · ".join(_pair(pair) for pair in value)
    if isinstance(value, list):
        return ", ".join(value_words(name, item, saying) for item in value)
    if isinstance(value, dict):
        return _choice(value)
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if (say := _VALUES.get(name)) is not None:
        return say(value, saying)
    return _plain(name, value, saying)


def _plain(name: str, value: Any, saying: Saying) -> str:
    if isinstance(value, int):
        return number(value)
    text = str(value)
    if name == "until" and _INSTANT.fullmatch(text):
        return day(_moment(text), saying.zone, year=True)
    if _INSTANT.fullmatch(text):
        return moment_words(_moment(text), saying.zone)
    if _DAY.fullmatch(text):
        return date_by(date.fromisoformat(text), "d MMMM y")
    return text


def moment_words(moment: datetime, zone: str | None) -> str:
    """« jeudi 4 février 2027, 9 h 40 »."""
    return f"{day(moment, zone, year=True)}, {hour(moment, zone)}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def state_words(state: str) -> str:
    words = {
        EventState.DRAFT: pgettext("event", "Draft"),
        EventState.PUBLISHED: pgettext("event", "Published"),
        EventState.CLOSED: pgettext("event", "Registration closed"),
        EventState.ARCHIVED: pgettext("event", "Archived"),
        EventState.CANCELLED: pgettext("event", "Called off"),
    }
    return str(next((text for key, text in words.items() if key.value == state), state))


def status_words(status: str) -> str:
    words = {
        RegistrationStatus.CONFIRMED: pgettext("registration", "Confirmed"),
        RegistrationStatus.WAITLISTED: pgettext("registration", "Waiting list"),
        RegistrationStatus.OFFERED: pgettext("registration", "Place offered"),
        RegistrationStatus.CANCELLED: pgettext("registration", "Cancelled"),
        RegistrationStatus.LAPSED: pgettext("registration", "Lapsed"),
    }
    return str(next((text for key, text in words.items() if key.value == status), status))


def _audience(code: str) -> str:
    return BUILTIN[code].label(current_locale()) if code in BUILTIN else code


def _kind(value: str, saying: Saying) -> str:
    start = saying.verb.partition(".")[0]
    own: Mapping[str, Mapping[Any, object]] = {
        "structure": STRUCTURE_KINDS,
        "question": QUESTION_KINDS,
        "registrations": BULK_KINDS,
    }
    return _of(own.get(start, KIND_LABELS))(value, saying)


def _of(labels: Mapping[Any, object]) -> Callable[[Any, Saying], str]:
    """Says a code by the words of a closed list, and one that is not in it as it is."""
    return lambda value, _saying: str(next((text for key, text in labels.items() if str(key) == str(value)), value))


def _reason(code: str, saying: Saying) -> str:
    uses = REASON_USES.get(saying.verb, (ReasonUse.REGISTRATION_CANCELLED, ReasonUse.REFUSED))
    rows = [row for use in uses for row in saying.names.reasons.get(use, ())]
    return next((row.label(current_locale()) for row in rows if row.code == code), code)


def _wave(value: Any, saying: Saying) -> str:
    found = saying.names.waves.get(value) if isinstance(value, int) else None
    return moment_words(*found) if found else str(_("a time that is no longer offered"))


def _limit(value: list[Any]) -> str:
    people, groups = value
    parts = [ngettext("%(num)d person", "%(num)d people", people)] if people is not None else []
    parts += [ngettext("%(num)d group", "%(num)d groups", groups)] if groups is not None else []
    return ", ".join(parts) or NOTHING


def _pair(value: list[str]) -> str:
    """« Classes et familles, dans la même vague »."""
    one, other, span = value
    who = _("%(first)s and %(last)s", first=_audience(one), last=_audience(other))
    return f"{who}, {next((text for key, text in SPAN_LABELS.items() if key.value == span), span)}"


def _choice(value: dict[str, Any]) -> str:
    """A choice of a question, or what stayed behind somewhere: told by its own words."""
    text = str(value.get("fr") or value.get("name") or value.get("code") or "")
    return str(_("%(choice)s (no longer offered)", choice=text)) if value.get("retired") else text


def _target_label(name: str) -> str:
    measure, *rest = name.split(" ")
    words = [str(MEASURES.get(measure, measure))]
    for part in rest:
        period = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", part)
        if period is None:
            words.append(_audience(part))
        elif period[3]:
            words.append(date_by(date.fromisoformat(part), "d MMMM y"))
        else:
            words.append(date_by(date(int(period[1]), int(period[2]), 1), "MMMM y"))
    return ", ".join(words)


_VALUES: Mapping[str, Callable[[Any, Saying], str]] = {
    "audience": lambda value, _saying: _audience(value),
    "audiences": lambda value, _saying: _audience(value),
    "axis": _of(AXIS_LABELS),
    "secondary": _of(AXIS_LABELS),
    "cancel_code": _reason,
    "code": _reason,
    "no_show_code": _reason,
    "enrolment": _of(ENROLMENT_LABELS),
    "format": lambda value, _saying: str(value).upper(),
    "functions": _of(FUNCTION_NAMES),
    "kind": _kind,
    "locale": _of(LANGUAGES),
    "phone": lambda value, _saying: shown_phone(value),
    "reason": lambda value, saying: reason_words(value, saying.verb),
    "role": _of(ROLE_NAMES),
    "scopes": _of(SCOPE_LABELS),
    "source": _of(SOURCES),
    "state": lambda value, _saying: state_words(value),
    "status": lambda value, _saying: status_words(value),
    "job": _of(JOB_LABELS),
    "template": _of(MESSAGE_LABELS),
    "use": _of(USE_LABELS),
    "waiting_policy": _of(POLICY_WORDS),
    "waves": _wave,
    "what": _of(_LIST_KINDS),
    "answers": lambda value, _saying: str(value).replace("_", " "),
    "fields": lambda value, saying: field_label(value, saying.verb),
    "changed": lambda value, saying: field_label(value, saying.verb),
}
