"""The papers of many registrations: badges, tickets, route cards, and lists of arrivals to tick by hand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.accounts.queries import OrganiserRow
from app.core.i18n import Locale, as_locale, format_day, format_hour, format_short_day, translate, translate_plural
from app.core.text import fold
from app.core.urls import absolute, ticket_path
from app.documents.badges_pdf import Badge, BadgeAudience, BadgesDocument, Shape, badges_pdf
from app.documents.sheets_pdf import SheetHead
from app.documents.ticket_pdf import route_cards_pdf, tickets_pdf
from app.documents.wave_lists_pdf import WaveLine, WaveList, wave_lists_pdf
from app.events.audiences import BUILTIN
from app.events.queries import EventRow, WaveRow
from app.registrations.itinerary import arrival_at, first_passages
from app.registrations.papers import admits, help_words, route_cards_of, ticket_of
from app.registrations.queries import RegistrationRow, list_registrations_by_id
from app.reports.enums import PaperKind
from app.reports.printing import Printed
from app.reports.rules import listed_name

AT_ONCE = 500
MOST_HOURS = 3
_SHAPES: tuple[Shape, ...] = ("circle", "star", "triangle", "diamond", "pentagon", "square", "hexagon")
_COLOURS = ("#1F5FA8", "#6B3FA0", "#1B6E4B", "#8A5A00", "#A01E5C", "#A33B12", "#3D4A57")
"""White is read on each of them: 4.5 to 1 and more."""


@dataclass(frozen=True)
class Printer:
    """What all papers of one print share. `firsts`: when the first passage of each (registration, wave) begins."""

    event: EventRow
    organiser: OrganiserRow
    locale: Locale
    firsts: Mapping[tuple[int, int], datetime]

    @classmethod
    def of(cls, event: EventRow, organiser: OrganiserRow, locale: Locale) -> "Printer":
        return cls(event, organiser, locale, first_passages(event))

    def print(self, kind: PaperKind, rows: Sequence[Printed]) -> tuple[bytes, int]:
        """One file, and how many it holds; nothing and 0 where nobody of these has anything to be printed by now."""
        found = {r.id: r for ids in _batches([row.id for row in rows]) for r in list_registrations_by_id(ids)}
        registrations = [found[row.id] for row in rows if row.id in found]
        match kind:
            case PaperKind.BADGES:
                return self._badges([r for r in registrations if admits(self.event, r)])
            case PaperKind.TICKETS:
                return self._tickets(registrations)
            case PaperKind.CARDS:
                return self._cards([r for r in registrations if r.cards and admits(self.event, r)])
        return self._lists(registrations, {row.id: row for row in rows})

    def _badges(self, registrations: Sequence[RegistrationRow]) -> tuple[bytes, int]:
        badges = tuple(badge for registration in registrations for badge in self._badges_of(registration))
        if not badges:
            return b"", 0
        document = BadgesDocument(
            locale=self.locale,
            event_title=self.event.title(self.locale),
            organiser_name=self.organiser.name,
            brand=self.organiser.brand,
            accent=self.organiser.accent,
            audiences=badge_audiences(self.event, {r.audience for r in registrations}, self.locale),
            badges=badges,
        )
        return badges_pdf(document), len(badges)

    def _badges_of(self, registration: RegistrationRow) -> Iterator[Badge]:
        """One for each participant but pupils, then one for each companion. A group's people are named by their group."""
        when = self._when(registration)
        url = absolute(ticket_path(registration.ticket.code))

        def badge(title: str, detail: str) -> Badge:
            return Badge(title, detail, registration.audience, when, registration.reference, url)

        whose = " · ".join(p for p in (registration.class_label, registration.organisation_name) if p)
        if registration.is_group:
            whose = whose or registration.contact_name
            if not self.event.audience(registration.audience).school:
                body = registration.organisation_name if registration.class_label else ""
                yield from [badge(registration.holder, body)] * registration.participants
        else:
            yield badge(registration.contact_name, registration.organisation_name)
            whose = translate(self.locale, "with %(name)s", name=registration.contact_name)
            yield from [badge(translate(self.locale, "Participant"), whose)] * (registration.participants - 1)
        yield from [badge(translate(self.locale, "Companion"), whose)] * registration.companions

    def _tickets(self, registrations: Sequence[RegistrationRow]) -> tuple[bytes, int]:
        """Each in the language of who registered."""
        tickets = [ticket_of(self.event, r, as_locale(r.locale), organiser=self.organiser) for r in registrations]
        return (tickets_pdf(tickets), len(tickets)) if tickets else (b"", 0)

    def _cards(self, registrations: Sequence[RegistrationRow]) -> tuple[bytes, int]:
        classes = [route_cards_of(self.event, r, self.locale, organiser=self.organiser) for r in registrations]
        return (route_cards_pdf(*classes), sum(len(c.cards) for c in classes)) if classes else (b"", 0)

    def _lists(self, registrations: Sequence[RegistrationRow], rows: Mapping[int, Printed]) -> tuple[bytes, int]:
        """Groups by school and class, then people by family name, which stands first."""
        ordered = sorted(registrations, key=lambda r: _place(r, rows[r.id]))
        lists = []
        for wave in self.event.waves:
            if coming := [r for r in ordered if wave.id in rows[r.id].waves]:
                lines = tuple(self._line(r, rows[r.id]) for r in coming)
                lists.append(self._list(wave, lines, people=sum(r.people for r in coming)))
        count = sum(len(one.lines) for one in lists)
        return (wave_lists_pdf(self._head(), lists), count) if lists else (b"", 0)

    def _list(self, wave: WaveRow, lines: tuple[WaveLine, ...], *, people: int) -> WaveList:
        said = (
            translate_plural(
                self.locale, "%(count)s registration", "%(count)s registrations", len(lines), count=str(len(lines))
            ),
            translate_plural(self.locale, "%(num)s person", "%(num)s people", people),
        )
        zone = self.event.timezone
        late = translate(
            self.locale, "The arrival at %(hour)s is %(minutes)s min late.",
            hour=format_hour(wave.starts_at, zone, self.locale), minutes=wave.late_minutes,
        )  # fmt: skip
        place = ", ".join(p for p in (wave.host, wave.place) if p)
        return WaveList(
            title=" · ".join(p for p in (format_hour(wave.starts_at, zone, self.locale), place) if p),
            day_text=format_day(wave.starts_at, zone, self.locale, year=True),
            total_text=", ".join(said),
            notice=late if wave.late_minutes else "",
            lines=lines,
        )

    def _line(self, registration: RegistrationRow, row: Printed) -> WaveLine:
        alone = registration.people == 1
        audience = self.event.audience(registration.audience).label(self.locale)
        companions = f" + {registration.companions}" if registration.companions else ""
        return WaveLine(
            who=registration.holder if registration.is_group else listed_name(registration.contact_name, row.sort_name),
            detail=" · ".join(p for p in (registration.holder_detail, audience) if p),
            expected=f"{registration.participants}{companions}",
            reference=registration.reference,
            blank="" if alone else "____ + ____",
        )

    def _head(self) -> SheetHead:
        event = self.event
        return SheetHead(
            locale=self.locale,
            organiser_name=self.organiser.name,
            brand=self.organiser.brand,
            accent=self.organiser.accent,
            event_title=event.title(self.locale),
            venue=", ".join(p for p in (event.venue_name, event.venue_commune) if p),
            help_text=help_words(self.organiser, self.locale),
        )

    def _when(self, registration: RegistrationRow) -> str:
        """« jeudi 4 février, 9 h 40 », shorter where there are several arrivals; "" while the date is to come."""
        event, locale, zone = self.event, self.locale, self.event.timezone
        if event.date_to_come:
            return ""
        at = [
            arrival_at(event, registration, wave, self.firsts.get((registration.id, wave.id)))
            for wave in event.waves
            if wave.id in registration.waves
        ]
        day = format_day if len(at) == 1 else format_short_day
        said = [f"{day(moment, zone, locale)}, {format_hour(moment, zone, locale)}" for moment in at[:MOST_HOURS]]
        return " · ".join(said) + (" …" if len(at) > MOST_HOURS else "")


def badge_audiences(event: EventRow, codes: set[str], locale: Locale) -> tuple[BadgeAudience, ...]:
    """Built-in audiences look the same at every event; an organiser's own follow them, by their place in the event."""
    known = list(BUILTIN)
    others = [audience.code for audience in event.audiences if audience.code not in BUILTIN]
    order = {code: place for place, code in enumerate([*known, *others, *sorted(codes - {*known, *others})])}
    return tuple(
        BadgeAudience(
            code,
            event.audience(code).label(locale),
            _COLOURS[order[code] % len(_COLOURS)],
            _SHAPES[(order[code] + order[code] // len(_COLOURS)) % len(_SHAPES)],
        )
        for code in sorted(codes)
    )


def _place(registration: RegistrationRow, row: Printed) -> tuple[bool, str, str]:
    if not registration.is_group:
        return True, row.sort_name, ""
    return False, fold(registration.organisation_name), fold(registration.holder)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
