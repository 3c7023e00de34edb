"""Why audiences cannot be kept apart: which pairs meet already, when, by how many registrations, and where to look at them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.rules import Ability
from app.core.i18n import format_day
from app.events.apart import AFTERNOON, span_of
from app.events.enums import Span
from app.events.operations.apart import AudiencesMeet
from app.events.queries import EventRow, WaveRow
from app.registrations.enums import HOLDING
from app.reports.lists import ListQuery
from app.reports.queries.registration_list import count_rows
from app.web.filters import hour, number
from app.web.forms.flows import SPAN_LABELS
from app.web.guards import allows, current_access
from app.web.i18n import current_locale
from app.web.manage.event_sections import local

MOST_SHOWN = 8
"""Meetings that are told one by one; a day's list leads to the rest."""


@dataclass(frozen=True)
class Meeting:
    """`pair`: « A et B, la même demi-journée ». `when`: the wave, half-day or day. `url`: their registrations, in the list."""

    pair: str
    when: str
    counts: tuple[str, ...]
    url: str


def meetings_of(stored: EventRow, error: AudiencesMeet) -> tuple[list[Meeting], int]:
    """The first meetings of audiences to keep apart, and how many more there are. Two statements for each that is told.

    `stored` is the event as it stands: what the list of its registrations knows.
    """
    wanted, found = error.event, _by_pair(error)
    told = list(found.items())[:MOST_SHOWN]
    return [_meeting(stored, wanted, *key, waves) for key, waves in told], len(found) - len(told)


Key = tuple[str, str, Span, tuple[int, object, int]]


def _by_pair(error: AudiencesMeet) -> Mapping[Key, dict[str, set[int]]]:
    """{(one audience, the other, span, which span): {audience: its waves there}}, in the order of the event's pairs."""
    event, found = error.event, dict[Key, dict[str, set[int]]]()
    for one, other, span in event.apart:
        for clash in error.clashes:
            mine, theirs = event.wave(clash.wave_id), event.wave(clash.other_wave_id)
            if {clash.audience, clash.other} != {one, other} or mine is None or theirs is None:
                continue
            where = span_of(span, mine, event.timezone)
            if where == span_of(span, theirs, event.timezone):
                waves = found.setdefault((one, other, span, where), {one: set(), other: set()})
                waves[clash.audience].add(mine.id)
                waves[clash.other].add(theirs.id)
    return found


def _meeting(
    stored: EventRow, event: EventRow, one: str, other: str, span: Span, _where: object, waves: dict[str, set[int]]
) -> Meeting:
    names = {code: event.audience(code).label(current_locale()) for code in (one, other)}
    pair = _("%(one)s and %(other)s, %(span)s", one=names[one], other=names[other], span=SPAN_LABELS[span])
    every = sorted(waves[one] | waves[other])
    first = event.wave(every[0])
    assert first is not None
    query = ListQuery(statuses=frozenset(HOLDING), waves=frozenset(every), audiences=frozenset({one, other}))
    counts = tuple(_count_words(stored, names[code], code, query, waves[code]) for code in (one, other))
    address = f"/manage/events/{stored.slug}/registrations?{urlencode(query.filter_args())}"
    return Meeting(pair, _when(event, first, span), counts, address if allows(Ability.LIST_SEE) else "")


def _count_words(stored: EventRow, name: str, code: str, query: ListQuery, waves: set[int]) -> str:
    mine = replace(query, waves=frozenset(waves), audiences=frozenset({code}))
    count = count_rows(stored, mine, current_access())
    words = ngettext("%(count)s registration", "%(count)s registrations", count, count=number(count))
    return str(_("%(audience)s: %(registrations)s", audience=name, registrations=words))


def _when(event: EventRow, wave: WaveRow, span: Span) -> str:
    day = format_day(wave.starts_at, event.timezone, current_locale())
    if span is Span.DAY:
        return day
    if span is Span.WAVE:
        return str(_("%(day)s, %(hour)s", day=day, hour=hour(wave.starts_at, event.timezone)))
    morning = local(wave.starts_at, event.timezone).hour < AFTERNOON
    return str(_("%(day)s, before 1 pm", day=day) if morning else _("%(day)s, from 1 pm on", day=day))
