"""The list of registrations in words: heads of columns, cells, filters. The screen and the files taken out say the same.

Nothing here asks for the reader's language: a file is made by the worker, in the language of who asked for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from app.accounts.rules import Access
from app.core import clock
from app.core.i18n import N_, Locale, catalogue, format_day, format_hour, format_short_day, translate, translate_plural
from app.core.text import shown_phone
from app.events.enums import QuestionKind, ReasonUse
from app.events.queries import EventRow
from app.events.queries.reasons import labels_of_cancellations, list_reasons
from app.events.questions import QuestionRow
from app.registrations.enums import RegistrationKind, RegistrationStatus, Source
from app.reports.lists import AGREED, ANSWER, NOTHING, Arrival, Column, ListQuery, Reply, event_days
from app.reports.queries.list_choices import name_structures
from app.reports.queries.registration_list import RegistrationLine

Cell = str | int | float | date | datetime | None
ReasonWords = Mapping[str, str]
LONGEST_LABEL = 60

_TITLES: dict[str, str] = {
    "name": N_("Name"),
    "reference": N_("Number"),
    "audience": N_("Audience"),
    "kind": N_("Group or person"),
    "waves": N_("Wave"),
    "people": N_("Headcount"),
    "status": N_("Status"),
    "arrival": N_("Arrival"),
    "organisation": N_("Structure"),
    "class_label": N_("Class"),
    "commune": N_("Town"),
    "uai": N_("UAI"),
    "email": N_("E-mail address"),
    "phone": N_("Telephone"),
    "is_15_or_older": N_("15 or older?"),
    "oriented_by": N_("Sent by"),
    "participants": N_("Participants"),
    "companions": N_("Companions"),
    "came": N_("People who came"),
    "last_scan_at": N_("Last scan"),
    "source": N_("Registered through"),
    "locale": N_("Language"),
    "created_at": N_("Registered on"),
    "updated_at": N_("Changed on"),
    "cancelled_at": N_("Cancelled on"),
    "cancel_code": N_("Why it is cancelled"),
    "cancel_reason": N_("Why it is cancelled, in words"),
    "no_show_code": N_("Why nobody came"),
}
_FILTERS: dict[str, str] = {
    "status": N_("Status"),
    "wave": N_("Wave"),
    "day": N_("Day"),
    "audience": N_("Audience"),
    "arrival": N_("Arrival"),
    "kind": N_("Group or person"),
    "source": N_("Registered through"),
    "structure": N_("Structure"),
    "oriented_by": N_("Sent by"),
    "cancel_code": N_("Why it is cancelled"),
    "no_show_code": N_("Why nobody came"),
    "reply": N_("Answer to the new date"),
}
_REPLIES = {
    Reply.YES: N_("They come"),
    Reply.ASKED: N_("No answer yet"),
    Reply.NO: N_("They do not come"),
    Reply.NOT_ASKED: N_("Not asked"),
}
_ARRIVALS = {
    Arrival.ALL: N_("Everybody came"),
    Arrival.SOME: N_("Some are missing"),
    Arrival.NOBODY: N_("Nobody has come"),
}
_STATUSES = {
    RegistrationStatus.CONFIRMED: "Confirmed",
    RegistrationStatus.WAITLISTED: "Waiting list",
    RegistrationStatus.OFFERED: "Place offered",
    RegistrationStatus.CANCELLED: "Cancelled",
    RegistrationStatus.LAPSED: "Lapsed",
}
_ABSENT = "Absent (places given back)"
_KINDS = {RegistrationKind.GROUP: N_("Group"), RegistrationKind.INDIVIDUAL: N_("One person")}
_SOURCES = {
    Source.WEB: N_("Public page"),
    Source.STAFF: N_("The team"),
    Source.API: N_("A program"),
    Source.IMPORT: N_("A file"),
    Source.DOOR: N_("On the spot"),
}
_LANGUAGES = {"fr": "Français", "en": "English"}


@dataclass(frozen=True)
class Chip:
    """One filter in force: the argument that carries it, and what it says."""

    name: str
    value: str
    label: str
    text: str


# --- Columns ------------------------------------------------------------------------------------------------------


def column_title(column: Column, event: EventRow, locale: Locale) -> str:
    """The head of a column; of a question, its wording."""
    if column.question is not None:
        return column.question.label(locale)
    return key_title(column.key, locale)


def key_title(key: str, locale: Locale) -> str:
    """The head of a column that every list has; what there is no more is told by its key."""
    return translate(locale, _TITLES[key]) if key in _TITLES else key


def short_title(column: Column, event: EventRow, locale: Locale) -> str:
    """The same where there is little room."""
    title = column_title(column, event, locale)
    return title if len(title) <= LONGEST_LABEL else f"{title[: LONGEST_LABEL - 1].rstrip()}…"


def make_cells(
    columns: Sequence[Column], event: EventRow, locale: Locale
) -> Callable[[RegistrationLine], tuple[Cell, ...]]:
    """What makes the cells of a line, in the order of the columns; asks for the words of reasons once, where it must."""
    codes: dict[str, ReasonWords] = {}
    for column in columns:
        if column.key in {"cancel_code", "no_show_code"}:
            codes[column.key] = reason_words(column.key, event.organiser_id, locale)
    return lambda line: tuple(_cell(line, column, event, locale, codes) for column in columns)


def cell_text(line: RegistrationLine, column: Column, event: EventRow, locale: Locale) -> Cell:
    """One cell: text, a number, a day, an instant, or None for nothing. For many lines, `make_cells`."""
    return make_cells((column,), event, locale)(line)[0]


def reason_words(name: str, organiser_id: int, locale: Locale) -> ReasonWords:
    """The words of the codes that `cancel_code` or `no_show_code` may say, retired ones too."""
    if name == "cancel_code":
        return {code: row.label(locale) for code, row in labels_of_cancellations(organiser_id).items()}
    return {row.code: row.label(locale) for row in list_reasons(organiser_id, ReasonUse.NO_SHOW, retired=True)}


def _cell(
    line: RegistrationLine, column: Column, event: EventRow, locale: Locale, codes: Mapping[str, ReasonWords]
) -> Cell:
    key = column.key
    if column.question is not None:
        return _answer(line, column.question, locale)
    if key in codes:
        code = str(getattr(line, key))
        return codes[key].get(code, code)
    if key in _PLAIN:
        found: Cell = _PLAIN[key](line)
        return found
    match key:
        case "audience":
            return event.audience(line.audience).label(locale)
        case "kind":
            return translate(locale, _KINDS[line.kind])
        case "waves":
            return ", ".join(wave_words(event, wave_id, locale) for wave_id in line.waves)
        case "status":
            return status_words(line.status, locale, absent=line.absent)
        case "arrival":
            return _arrival(line, event, locale)
        case "is_15_or_older":
            if line.is_15_or_older is None:
                return ""
            return translate(locale, "Yes") if line.is_15_or_older else translate(locale, "No")
        case "source":
            return translate(locale, _SOURCES[line.source])
    raise LookupError(f"no column {key}")


_PLAIN: dict[str, Callable[[RegistrationLine], Cell]] = {
    "name": lambda line: line.name,
    "reference": lambda line: line.reference,
    "people": lambda line: line.people,
    "organisation": lambda line: line.organisation_name,
    "class_label": lambda line: line.class_label,
    "commune": lambda line: line.commune,
    "uai": lambda line: line.uai,
    "email": lambda line: line.contact_email,
    "phone": lambda line: shown_phone(line.contact_phone) if line.contact_phone else "",
    "oriented_by": lambda line: line.oriented_by,
    "participants": lambda line: line.participants,
    "companions": lambda line: line.companions,
    "came": lambda line: line.came,
    "last_scan_at": lambda line: line.last_scan_at,
    "locale": lambda line: _LANGUAGES.get(line.locale, line.locale),
    "created_at": lambda line: line.created_at,
    "updated_at": lambda line: line.updated_at,
    "cancelled_at": lambda line: line.cancelled_at,
    "cancel_reason": lambda line: line.cancel_reason,
}


def _answer(line: RegistrationLine, question: QuestionRow, locale: Locale) -> Cell:
    answer = line.answers.get(question.key)
    if answer is None:
        return ""
    if question.kind is QuestionKind.CONSENT:
        return translate(locale, "Yes") if answer is True else ""
    if question.kind is QuestionKind.FILE:
        return line.files.get(str(answer), translate(locale, "A file"))
    if question.kind is QuestionKind.NUMBER and isinstance(answer, int) and not isinstance(answer, bool):
        return answer
    if question.kind is QuestionKind.DATE:
        try:
            return date.fromisoformat(str(answer))
        except ValueError:
            return str(answer)
    return question.shown(answer, locale)


def _arrival(line: RegistrationLine, event: EventRow, locale: Locale) -> str:
    """Who has come; nothing is said of people whose time has not begun."""
    if line.came:
        arrival = Arrival.SOME if line.came < line.people else Arrival.ALL
    elif line.status is RegistrationStatus.CONFIRMED and _has_begun(line, event):
        arrival = Arrival.NOBODY
    else:
        return ""
    return translate(locale, _ARRIVALS[arrival])


def _has_begun(line: RegistrationLine, event: EventRow) -> bool:
    wave = event.wave(line.waves[0]) if line.waves else None
    return wave is not None and wave.starts_at <= clock.now()


def moment_words(value: date | datetime, timezone: str, locale: Locale) -> str:
    """« 04/02/2027, 9 h 40 » in a narrow cell; without the hour for a day."""
    pattern = "dd/MM/yyyy" if locale == "fr" else "d MMM yyyy"
    if not isinstance(value, datetime):
        return str(format_date(value, pattern, locale=locale))
    day = format_date(value.astimezone(ZoneInfo(timezone)).date(), pattern, locale=locale)
    return f"{day}, {format_hour(value, timezone, locale)}"


# --- Filters ------------------------------------------------------------------------------------------------------


def status_words(status: RegistrationStatus, locale: Locale, *, absent: bool = False) -> str:
    """A status as its badge says it. `absent`: it did not come, and gave its places back."""
    gone = absent and status is RegistrationStatus.CONFIRMED
    return str(catalogue(locale).upgettext("registration", _ABSENT if gone else _STATUSES[status]))


def wave_words(event: EventRow, wave_id: int, locale: Locale) -> str:
    """« jeu. 4, 9 h 40 »; a wave that the event has no more gives nothing. Hours that hold no more are marked so."""
    wave = event.wave(wave_id)
    if wave is None:
        return ""
    day = format_short_day(wave.starts_at, event.timezone, locale)
    words = f"{day}, {format_hour(wave.starts_at, event.timezone, locale)}"
    to_come = translate(locale, "date to come")
    return f"{words} ({to_come})" if event.date_to_come else words


def filter_choices(name: str, event: EventRow, locale: Locale) -> list[tuple[str, str]]:
    """(value, words) of what a list can be narrowed to, for the filters whose values the event itself knows."""
    match name:
        case "status":
            return [(status.value, status_words(status, locale)) for status in RegistrationStatus]
        case "audience":
            return [(audience.code, audience.label(locale)) for audience in event.audiences]
        case "wave":
            return [(str(wave.id), _whole_wave(event, wave.id, locale)) for wave in event.waves]
        case "day":
            days = {event_days(event)[wave.id].isoformat(): wave.starts_at for wave in reversed(event.waves)}
            return [(day, format_day(days[day], event.timezone, locale)) for day in sorted(days)]
        case "arrival":
            return [(arrival.value, translate(locale, words)) for arrival, words in _ARRIVALS.items()]
        case "reply":  # asked only where there were new dates
            replies = _REPLIES if event.postponed_at is not None else {}
            return [(reply.value, translate(locale, words)) for reply, words in replies.items()]
        case "kind":
            return [(kind.value, translate(locale, words)) for kind, words in _KINDS.items()]
        case "source":
            return [(source.value, translate(locale, words)) for source, words in _SOURCES.items()]
    raise LookupError(f"no filter {name}")


def answer_choices(question: QuestionRow, locale: Locale) -> list[tuple[str, str]]:
    """(value, words) of what a list can be narrowed to by a question."""
    nothing = (NOTHING, translate(locale, "No answer"))
    if question.kind is QuestionKind.CONSENT:
        return [(AGREED, translate(locale, "Yes")), nothing]
    return [*((choice.code, choice.label(locale)) for choice in question.choices), nothing]


def filter_title(name: str, event: EventRow, locale: Locale) -> str:
    """What a filter is about: « Statut », or the wording of a question."""
    if name.startswith(ANSWER):
        key = name.removeprefix(ANSWER)
        return next((q.label(locale) for q in event.questions if q.key == key), key)
    return translate(locale, _FILTERS[name])


def filter_chips(query: ListQuery, event: EventRow, locale: Locale, access: Access) -> list[Chip]:
    """What narrows a list, one by one, in words. One statement where structures or reasons are among it."""
    structures = name_structures(event, query.structures, access) if query.structures else {}
    reasons = {
        name: reason_words(name, event.organiser_id, locale)
        for name, codes in (("cancel_code", query.cancel_codes), ("no_show_code", query.no_show_codes))
        if codes
    }
    questions = {question.key: question for question in event.questions}
    chips = []
    for name, value in query.filter_args():
        if name == "q":
            chips.append(Chip(name, value, translate(locale, "Search"), translate(locale, "“%(text)s”", text=value)))
            continue
        words: Mapping[str, str]
        if name.startswith(ANSWER):
            words = dict(answer_choices(questions[name.removeprefix(ANSWER)], locale))
        elif name == "structure":
            words = {str(key): said for key, said in structures.items()}
        elif name == "oriented_by":
            words = {}
        else:
            words = reasons[name] if name in reasons else dict(filter_choices(name, event, locale))
        chips.append(Chip(name, value, filter_title(name, event, locale), words.get(value, value)))
    return chips


def filter_words(query: ListQuery, event: EventRow, locale: Locale, access: Access) -> list[str]:
    """« Statut : Confirmée » for each filter in force."""
    return [
        translate(locale, "%(label)s: %(value)s", label=chip.label, value=chip.text)
        for chip in filter_chips(query, event, locale, access)
    ]


def count_words(
    locale: Locale, *, registrations: int, people: int, shown: Callable[[int], str], waiting: int = 0,
    waiting_people: int = 0, absent: int = 0, absent_people: int = 0,
) -> str:  # fmt: skip
    """« 60 inscriptions (356 personnes), dont 2 absentes (places rendues) (42 personnes) et 6 en attente (46 personnes) »:
    those that have places, of them those that gave theirs back, then those that wait for some.
    """

    def both(words: str, number: int) -> str:
        who = translate_plural(locale, "%(count)s person", "%(count)s people", number, count=shown(number))
        if waiting:  # two lots side by side: each with its people in brackets
            return translate(locale, "%(what)s (%(people)s)", what=words, people=who)
        return translate(locale, "%(registrations)s, %(people)s", registrations=words, people=who)

    first = translate_plural(
        locale, "%(count)s registration", "%(count)s registrations", registrations, count=shown(registrations)
    )
    said = both(first, people)
    if absent:
        gone = translate_plural(
            locale, "%(count)s absent (places given back)", "%(count)s absent (places given back)", absent,
            count=shown(absent),
        )  # fmt: skip
        said = translate(locale, "%(all)s, of which %(part)s", all=said, part=both(gone, absent_people))
    if not waiting:
        return said
    wait = translate_plural(locale, "%(count)s waiting", "%(count)s waiting", waiting, count=shown(waiting))
    wait = both(wait, waiting_people)
    return translate(locale, "%(placed)s and %(waiting)s", placed=said, waiting=wait) if registrations else wait


def _whole_wave(event: EventRow, wave_id: int, locale: Locale) -> str:
    wave = event.wave(wave_id)
    assert wave is not None
    return " · ".join(part for part in (wave_words(event, wave_id, locale), wave.host, wave.place) if part)
