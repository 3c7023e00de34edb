"""Calendars of lending, by secret addresses: what uses a box, and who comes to the depot on which half-day.

They hold numbers of loans and names of structures and events, nobody's name. Mornings are shown from 8:00 to 13:00 and
afternoons from 13:00 to 18:00. The name of an entry (UID) stays the same while dates and boxes change, and its SEQUENCE is
the number of lines in the history of its loan or event. What fell out of a loan is said to be cancelled for a while.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from app.boxes.models import Box, Scenario
from app.core.audit import AuditEntry
from app.core.cache import remembered
from app.core.db import db
from app.core.i18n import Locale, format_date_by, translate
from app.core.tokens import digest
from app.core.urls import absolute, event_path
from app.events.calendars import CalendarFile
from app.events.models import Event
from app.feeds.calendars import EPOCH
from app.loans.enums import FeedKind, LoanState
from app.loans.feeds import FeedRow, get_feed_by_token
from app.loans.models import EventBoxes, Loan, LoanBox
from app.loans.words import STATE_WORDS
from app.messages.calendar import CalendarEntry, Status, render_calendar, render_entry
from app.resources.calendars import lending_zone
from app.resources.enums import Half, Purpose, ResourceKind
from app.resources.halfdays import HalfDay, half_day_at
from app.resources.models import Use
from app.resources.settings import get_settings
from app.structures.models import Structure

PAST, GONE = timedelta(days=90), timedelta(days=60)
"""How far back a calendar shows what was, and for how long it says that something is cancelled."""
_HOURS = {Half.AM: (time(8), time(13)), Half.PM: (time(13), time(18))}
_OFF = (LoanState.CANCELLED, LoanState.NOT_COLLECTED)
GIVES_BACK = ("event.boxes_changed", "event.boxes_ended", "event.box_swapped")
"""Lines of an event's history that may say that it no longer uses a box."""


@dataclass(frozen=True)
class _Stamp:
    """How often something changed, and when it last did."""

    sequence: int
    at: datetime


def lending_feed(token: str, locale: Locale, now: datetime) -> CalendarFile:
    """The calendar at that address, made anew when what it shows changed. Six statements at most. Raises FeedNotFound."""
    feed = get_feed_by_token(token)
    entries = _desk(feed, locale, now) if feed.kind is FeedKind.DESK else _of_box(feed, locale, now)
    etag = digest(f"{feed.organiser_name}|{feed.box_code}|{locale}|{entries}")[:32]
    kept = remembered("lending feeds", most=200)
    found = kept.get((token, locale))
    if isinstance(found, CalendarFile) and found.etag == etag:
        return found
    what = feed.box_code or translate(locale, "Hand-overs and returns")
    content = render_calendar(
        map(render_entry, entries),
        name=f"{feed.organiser_name} – {what}",
        timezones=[lending_zone().key],
        first_year=min((entry.starts_at.year for entry in entries), default=now.year),
    )
    file = CalendarFile(content, etag)
    kept[token, locale] = file
    return file


# --- A box ----------------------------------------------------------------------------------------------------------


def _of_box(feed: FeedRow, locale: Locale, now: datetime) -> list[CalendarEntry]:
    assert feed.box_id is not None
    loans, bookings = _loans_of_box(feed.box_id, now), _events_of_box(feed.box_id, now)
    events = [row for row in bookings if row.from_at is not None and row.to_at >= now - PAST and row.deleted_at is None]
    gone = _gone_of_box(feed.box_id, {row.id: row for row in bookings}, {row.id for row in events}, now)
    told = [f"loan:{row.id}" for row in loans] + [f"event:{row.event_id}" for row, _ in gone]
    stamps = _stamps(told + [f"event:{row.event_id}" for row in events])
    entries = [_loan_of_box(feed, row, stamps, locale) for row in loans]
    entries += [_event_of_box(feed, row, _halves(row.from_at, row.to_at), stamps, locale) for row in events]
    return entries + [_event_of_box(feed, row, halves, stamps, locale, "CANCELLED") for row, halves in gone]


def _loans_of_box(box_id: int, now: datetime) -> list[Any]:
    """The loans that have or had the box, each once, with the hours that it is really used where the ledger knows."""
    taken = and_(
        Use.purpose == Purpose.LOAN, Use.purpose_id == Loan.id, Use.resource_kind == ResourceKind.BOX,
        Use.resource_id == LoanBox.box_id, LoanBox.released_at.is_(None),
    )  # fmt: skip
    rows = db.session.execute(
        select(
            Loan.id, Loan.reference, Loan.state, Loan.from_date, Loan.from_half, Loan.to_date, Loan.to_half,
            LoanBox.released_at, Structure.name, Use.from_at, Use.to_at,
        )
        .join(LoanBox, LoanBox.loan_id == Loan.id)
        .join(Structure, Structure.id == Loan.structure_id)
        .outerjoin(Use, taken)
        .where(
            LoanBox.box_id == box_id, Loan.to_date >= (now - PAST).date(),
            or_(LoanBox.released_at.is_(None), LoanBox.released_at >= now - GONE),
        )
        .order_by(LoanBox.released_at.is_(None), LoanBox.id)
    ).all()  # fmt: skip
    return list({row.id: row for row in rows}.values())  # had, given up and had again: as it is now


def _loan_of_box(feed: FeedRow, row: Any, stamps: dict[str, _Stamp], locale: Locale) -> CalendarEntry:
    first, last = HalfDay(row.from_date, row.from_half), HalfDay(row.to_date, row.to_half)
    if row.from_at is not None:
        first, last = _halves(row.from_at, row.to_at)
    said = [row.reference, translate(locale, STATE_WORDS[row.state])]
    return _entry(
        f"{row.reference}-{feed.box_id}.{feed.organiser_id}@parcours", (first, last), stamps.get(f"loan:{row.id}"),
        f"{feed.box_code} · {row.name}", said, _loan_url(row.reference),
        "CONFIRMED" if row.released_at is None else "CANCELLED",
    )  # fmt: skip


def _events_of_box(box_id: int, now: datetime) -> Sequence[Any]:
    """What events book of the box's scenario, with the hours of this box where they use it."""
    scenario_id = select(Box.scenario_id).where(Box.id == box_id).scalar_subquery()
    of_box = and_(
        Use.purpose == Purpose.EVENT, Use.purpose_id == EventBoxes.id, Use.resource_kind == ResourceKind.BOX,
        Use.resource_id == box_id,
    )  # fmt: skip
    statement = (
        select(
            EventBoxes.id, Event.id.label("event_id"), Event.slug, Event.title_fr, Event.title_en, Event.deleted_at,
            Use.from_at, Use.to_at,
        )
        .join(Event, Event.id == EventBoxes.event_id)
        .outerjoin(Use, of_box)
        .where(EventBoxes.scenario_id == scenario_id, EventBoxes.to_date >= (now - PAST).date())
        .order_by(Use.from_at, EventBoxes.id)
    )  # fmt: skip
    return db.session.execute(statement).all()


def _gone_of_box(
    box_id: int, bookings: Mapping[int, Any], used: Collection[int], now: datetime
) -> list[tuple[Any, tuple[HalfDay, HalfDay]]]:
    """Bookings that had the box a while ago and no longer have it, with the half-days of it that were last given back.

    They stand in the histories of the events (`app.loans.operations.at_events.say`).
    """
    lines = db.session.execute(
        select(AuditEntry.details)
        .where(
            AuditEntry.subject.in_({f"event:{row.event_id}" for row in bookings.values()}),
            AuditEntry.verb.in_(GIVES_BACK), AuditEntry.at >= now - GONE,
        )
        .order_by(AuditEntry.id)
    ).scalars()  # fmt: skip
    last = {
        row_id: (HalfDay.of_number(first), HalfDay.of_number(end))
        for line in lines
        for row_id, of_box, first, end in line.get("gone", ())
        if of_box == box_id
    }
    return [(bookings[row_id], halves) for row_id, halves in last.items() if row_id in bookings and row_id not in used]


def _event_of_box(
    feed: FeedRow,
    row: Any,
    halves: tuple[HalfDay, HalfDay],
    stamps: dict[str, _Stamp],
    locale: Locale,
    status: Status = "CONFIRMED",
) -> CalendarEntry:
    title = row.title_en if locale == "en" and row.title_en else row.title_fr
    return _entry(
        f"event-boxes-{row.id}-{feed.box_id}.{feed.organiser_id}@parcours", halves, stamps.get(f"event:{row.event_id}"),
        f"{feed.box_code} · {title}", [translate(locale, "At an event")],
        absolute(event_path(row.slug)) if row.deleted_at is None else "", status,
    )  # fmt: skip


# --- The desk -------------------------------------------------------------------------------------------------------


def _desk(feed: FeedRow, locale: Locale, now: datetime) -> list[CalendarEntry]:
    """Two entries for each loan with boxes: they are handed over, and they come back."""
    loans = _promised(feed.organiser_id, now)
    boxes = _boxes([row.id for row in loans])
    stamps = _stamps([f"loan:{row.id}" for row in loans])
    settings = get_settings(feed.organiser_id)
    hours = settings.hours_en if locale == "en" and settings.hours_en else settings.hours_fr
    return [
        entry for row in loans for entry in _both(feed, row, boxes[row.id], stamps.get(f"loan:{row.id}"), hours, locale)
    ]


def _promised(organiser_id: int, now: datetime) -> Sequence[Any]:
    """Loans that were approved and are not long past; those that were called off, for a while."""
    off = and_(Loan.state.in_(_OFF), Loan.approved_at.is_not(None), Loan.ended_at >= now - GONE)
    statement = (
        select(
            Loan.id, Loan.reference, Loan.state, Loan.from_date, Loan.from_half, Loan.to_date, Loan.to_half,
            Loan.handed_over_at, Loan.returned_at, Loan.promised_on, Structure.name, Scenario.code.label("scenario"),
        )
        .join(Structure, Structure.id == Loan.structure_id)
        .join(Scenario, Scenario.id == Loan.scenario_id)
        .where(
            Loan.organiser_id == organiser_id, Loan.to_date >= (now - PAST).date(),
            or_(off, Loan.state.not_in((LoanState.ASKED, LoanState.REFUSED, *_OFF))),
        )
        .order_by(Loan.from_date, Loan.id)
    )  # fmt: skip
    return db.session.execute(statement).all()


def _boxes(loan_ids: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """(code, depot) of the boxes that each loan has, or had last."""
    rows = db.session.execute(
        select(LoanBox.loan_id, Box.code, Box.depot, LoanBox.released_at)
        .join(Box, Box.id == LoanBox.box_id)
        .join(Loan, Loan.id == LoanBox.loan_id)
        .where(LoanBox.loan_id.in_(loan_ids), or_(LoanBox.released_at.is_(None), LoanBox.released_at == Loan.ended_at))
        .order_by(Box.code)
    )
    found = defaultdict[int, list[tuple[str, str]]](list)
    for row in rows:
        found[row.loan_id].append((row.code, row.depot))
    return found


def _both(
    feed: FeedRow, row: Any, boxes: list[tuple[str, str]], stamp: _Stamp | None, hours: str, locale: Locale
) -> Iterable[CalendarEntry]:
    zone = lending_zone()
    out, back = HalfDay(row.from_date, row.from_half), HalfDay(row.to_date, row.to_half)
    out = half_day_at(row.handed_over_at, zone) if row.handed_over_at else out
    back = half_day_at(row.returned_at, zone) if row.returned_at else back
    codes, depots = ", ".join(code for code, _ in boxes), sorted({depot for _, depot in boxes if depot})
    said = [f"{row.reference} · {row.scenario}", codes, translate(locale, STATE_WORDS[row.state]), hours]
    promised = _promise(row.promised_on, locale) if row.promised_on and not row.returned_at else ""
    called_off: Status = "CANCELLED" if row.state in _OFF else "CONFIRMED"
    name = f"{row.name} ({codes})" if codes else row.name
    for kind, half_day, text, more in (
        ("out", out, translate(locale, "Hand-over: %(name)s", name=name), ""),
        ("back", back, translate(locale, "Return: %(name)s", name=name), promised),
    ):
        yield _entry(
            f"{row.reference}-{kind}.{feed.organiser_id}@parcours", (half_day, half_day), stamp, text, [*said, more],
            _loan_url(row.reference), called_off, ", ".join(depots),
        )  # fmt: skip


def _promise(day: date, locale: Locale) -> str:
    said = format_date_by(day, "EEEE d MMMM", locale)
    return translate(locale, "The borrower says: %(day)s.", day=said)


# --- Both -----------------------------------------------------------------------------------------------------------


def _entry(
    uid: str,
    halves: tuple[HalfDay, HalfDay],
    stamp: _Stamp | None,
    summary: str,
    said: Sequence[str],
    url: str,
    status: Status,
    location: str = "",
) -> CalendarEntry:
    zone = lending_zone()
    first, last = halves
    changed = stamp or _Stamp(0, EPOCH)
    return CalendarEntry(
        uid=uid, sequence=changed.sequence,
        starts_at=datetime.combine(first.date, _HOURS[first.half][0], zone),
        ends_at=datetime.combine(last.date, _HOURS[last.half][1], zone),
        timezone=zone.key, summary=summary, description="\n".join(filter(None, said)), location=location, url=url,
        status=status, stamp=changed.at, last_modified=changed.at,
    )  # fmt: skip


def _halves(from_at: datetime, to_at: datetime) -> tuple[HalfDay, HalfDay]:
    zone = lending_zone()
    return half_day_at(from_at, zone), half_day_at(to_at - timedelta(microseconds=1), zone)


def _stamps(subjects: Sequence[str]) -> dict[str, _Stamp]:
    rows = db.session.execute(
        select(AuditEntry.subject, func.count(), func.max(AuditEntry.at))
        .where(AuditEntry.subject.in_(subjects))
        .group_by(AuditEntry.subject)
    )
    return {subject: _Stamp(count, at) for subject, count, at in rows}


def _loan_url(reference: str) -> str:
    return absolute(f"/manage/boxes/loans/{reference}")
