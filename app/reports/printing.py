"""What is to be printed of many registrations: which papers, of whom, and who may have them. Pure: no database.

Papers of many hold names or codes that let people in: they need PEOPLE_SEE and EXPORT, and hold the rows that somebody has.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from app.accounts.rules import Ability, Access, may, row_limit
from app.core.i18n import Locale
from app.events.queries import EventRow
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.reports.enums import PaperKind
from app.reports.exports import REGISTRATIONS, ExportDraft, ExportFilters, file_name
from app.reports.exports_words import words_of
from app.reports.lists import Args, ListQuery, event_days, read_query

MOST_ITEMS = 2_000
"""Badges, tickets, cards or lines in one print: some 20 MB."""
CHANGED = "changed"
A_FILE: dict[PaperKind, int] = {
    PaperKind.BADGES: 320,
    PaperKind.TICKETS: 120,
    PaperKind.CARDS: 320,
    PaperKind.WAVE_LISTS: MOST_ITEMS,  # an arrival is in one file
}
"""How many go in one file; more are several, in one ZIP. Each is typeset by itself, so that memory stays flat."""
_NAMES: dict[PaperKind, dict[Locale, str]] = {
    PaperKind.BADGES: {"fr": "badges", "en": "badges"},
    PaperKind.TICKETS: {"fr": "billets", "en": "tickets"},
    PaperKind.CARDS: {"fr": "cartes-de-parcours", "en": "route-cards"},
    PaperKind.WAVE_LISTS: {"fr": "listes-d-arrivee", "en": "arrival-lists"},
}


@dataclass(frozen=True)
class Print:
    """`changed_only`: what changed since the last print of the same. Badges and cards are for who has a place alone."""

    kind: PaperKind
    query: ListQuery
    changed_only: bool = False

    def to_args(self) -> list[tuple[str, str]]:
        """Without the kind, such that reading them gives this again."""
        return [*self.query.filter_args(), *([(CHANGED, "1")] if self.changed_only else [])]

    @property
    def narrowed(self) -> ListQuery:
        """The list itself: of who is confirmed where no status is named, and of whom this paper is made."""
        confirmed = frozenset({RegistrationStatus.CONFIRMED})
        admitted = self.kind in {PaperKind.BADGES, PaperKind.CARDS} or not self.query.statuses
        query = replace(self.query, statuses=confirmed) if admitted else self.query
        return replace(query, kinds=frozenset({RegistrationKind.GROUP})) if self.kind is PaperKind.CARDS else query

    def waves(self, event: EventRow) -> frozenset[int]:
        """The arrivals that were asked for: all where neither arrivals nor days are chosen."""
        days = event_days(event)
        chosen = {wave.id for wave in event.waves if days[wave.id].isoformat() in self.query.days} | self.query.waves
        return frozenset(chosen or days)


@dataclass(frozen=True)
class Printed:
    """A registration to be printed: just what counting, sorting and cutting into files need. `waves`: those asked for, in order."""

    id: int
    group: bool
    school: bool
    participants: int
    companions: int
    waves: tuple[int, ...]
    sort_name: str = ""

    def items(self, kind: PaperKind) -> int:
        """Badges are for everybody but pupils, who carry route cards without a name."""
        match kind:
            case PaperKind.BADGES:
                return self.companions + (0 if self.group and self.school else self.participants)
            case PaperKind.CARDS:
                return self.participants if self.group else 0
            case PaperKind.WAVE_LISTS:
                return max(1, len(self.waves))
        return 1


def may_print(access: Access) -> bool:
    return may(access, Ability.PEOPLE_SEE) and may(access, Ability.EXPORT)


def read_print(kind: PaperKind, args: Args, event: EventRow, access: Access) -> Print:
    """What the arguments ask for; what means nothing here, or what the person may not see, is left aside."""
    return Print(kind, read_query(args, event, access).filters, args.getlist(CHANGED) == ["1"])


def print_draft(
    event: EventRow, wanted: Print, access: Access, *, items: int, locale: Locale, changed_words: str, now: datetime
) -> ExportDraft:
    """What is about to be printed, as the log says it. `changed_words` say that only what changed is."""
    words = words_of(REGISTRATIONS)
    more = (changed_words,) if wanted.changed_only else ()
    filters = ExportFilters(
        args=tuple(wanted.to_args()),
        words=(*words.filters(wanted.query, event, locale, access), *more),
        lasting=(*words.lasting(wanted.query, event, locale, access), *more),
        rows=row_limit(access),
    )
    return ExportDraft(
        organiser_id=event.organiser_id,
        event_id=event.id,
        what=wanted.kind.value,
        columns=(),
        filters=filters,
        personal=True,
        locale=locale,
        rows=items,
        file_name=print_name(wanted.kind, event, locale, files=1, now=now),
    )


def print_name(kind: PaperKind, event: EventRow, locale: Locale, *, files: int, now: datetime) -> str:
    """badges-la-voie-des-talents-2027-01-11.pdf; .zip where there are several files."""
    return file_name(f"{_NAMES[kind][locale]}-{event.slug}", "pdf" if files == 1 else "zip", now, event.timezone)


def parts_of(kind: PaperKind, rows: list[Printed]) -> list[list[Printed]]:
    """The rows file by file, none cut in two: a file holds as many as fit, and at least one registration."""
    parts: list[list[Printed]] = []
    room = 0
    for row in rows:
        items = row.items(kind)
        if not parts or items > room:
            parts.append([])
            room = A_FILE[kind]
        parts[-1].append(row)
        room -= items
    return parts
