"""Calendar files: one event, and one public feed for each organiser that any calendar program can subscribe to.

Rendered entries are kept in memory by what they show, so that a feed where nothing changed costs two statements.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from app.accounts.models import Organiser
from app.core.cache import remembered
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import Locale
from app.core.tokens import digest
from app.events.calendars import CalendarFile, event_entries
from app.events.queries import EventRow, FeedMark, list_events_by_id, list_feed_marks
from app.events.queries.postponed import list_hours_before
from app.messages.calendar import render_calendar, render_entry
from app.messages.queries import get_sequences

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
FORM = "an entry a day"
"""What the same events are written as: another form is another feed, also for who has the former one."""


def event_calendar(event: EventRow, locale: Locale) -> CalendarFile:
    """The .ics of one public event, an entry for each of its days."""
    sequence, changed_at = get_sequences([f"event:{event.id}"]).get(f"event:{event.id}", (0, EPOCH))
    before = list_hours_before([event]).get(event.id, ())
    entries = event_entries(event, locale, sequence=sequence, changed_at=changed_at, before=before)
    content = render_calendar(
        map(render_entry, entries),
        name=event.title(locale),
        timezones=[event.timezone],
        first_year=event.starts_at.year,
    )
    return CalendarFile.of(content)


@dataclass(frozen=True)
class _Source:
    """What a feed is made of, and the mark that changes with it."""

    name: str
    marks: list[FeedMark]
    etag: str


def _source(token: str, locale: Locale) -> _Source:
    organiser = db.session.execute(select(Organiser.id, Organiser.name).where(Organiser.feed_token == token)).first()
    if organiser is None:
        raise NotFound("feed")
    marks = list_feed_marks(organiser.id)
    shown = ";".join(f"{m.id}.{m.revision}.{m.updated_at.timestamp()}" for m in marks)
    return _Source(organiser.name, marks, digest(f"{FORM}|{organiser.name}|{locale}|{shown}")[:32])


def organiser_feed(token: str, locale: Locale) -> CalendarFile:
    """The public calendar of an organiser: every published, closed, archived or cancelled event. Raises NotFound."""
    source = _source(token, locale)
    feeds = remembered("feeds", most=200)
    kept = feeds.get((token, locale))
    if isinstance(kept, CalendarFile) and kept.etag == source.etag:
        return kept
    file = CalendarFile(_render(source, locale), source.etag)
    feeds[token, locale] = file
    return file


def _render(source: _Source, locale: Locale) -> bytes:
    kept = remembered("feed entries", most=20_000)
    found = {m.id: kept.get((m.id, m.revision, m.updated_at, locale)) for m in source.marks}
    wanted = [event_id for event_id, entry in found.items() if entry is None]
    if wanted:
        sequences = get_sequences([f"event:{event_id}" for event_id in wanted])
        events = list_events_by_id(wanted)
        before = list_hours_before(events)
        for event in events:
            sequence, changed_at = sequences.get(f"event:{event.id}", (0, EPOCH))
            days = event_entries(
                event, locale, sequence=sequence, changed_at=changed_at, before=before.get(event.id, ())
            )  # fmt: skip
            found[event.id] = (b"".join(map(render_entry, days)), event.timezone, event.starts_at.year)
            kept[event.id, event.revision, event.updated_at, locale] = found[event.id]
    rows = [row for row in found.values() if isinstance(row, tuple)]
    return render_calendar(
        [entry for entry, _, _ in rows],
        name=source.name,
        timezones={zone for _, zone, _ in rows} or {"Europe/Paris"},
        first_year=min((year for _, _, year in rows), default=2020),
    )
