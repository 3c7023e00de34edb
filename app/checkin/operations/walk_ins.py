"""Registering people at a door, each once, whatever their phone sends again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from app.checkin.device_models import WalkIn
from app.checkin.drafts import ScanInput, believed
from app.checkin.enums import Direction, ScanResult, WalkInResult
from app.checkin.latecomers import lock_event_first
from app.checkin.models import Scan
from app.checkin.operations.reading import lock_spaces
from app.checkin.operations.recording import record_scans
from app.checkin.operations.taking_back import take_back_walk_in
from app.checkin.operations.writing import MOST_LATE, count_late
from app.checkin.walk_in_drafts import WalkInAnswer, WalkInInput, WalkInUndo, invalid_walk_in, scan_id_of
from app.core.actor import SYSTEM, Actor
from app.core.db import db
from app.core.errors import FieldError
from app.core.i18n import as_locale, translate
from app.events.enums import Enrolment
from app.events.errors import AudienceFull, WaveFull
from app.events.queries import EventRow
from app.registrations.drafts import Contact, Headcount, RegistrationDraft
from app.registrations.enums import RegistrationKind, Source, TicketKind
from app.registrations.errors import RegistrationClosed
from app.registrations.models import Registration, Ticket
from app.registrations.operations import Registered, register, register_beyond

SOON = timedelta(hours=1)


def take_walk_ins(
    event: EventRow,
    device: str,
    items: Sequence[WalkInInput | WalkInUndo],
    *,
    now: datetime,
    device_id: int | None = None,
    by: Actor = SYSTEM,
) -> list[WalkInAnswer]:
    """Register each and let them in; a repeated id gets its answer again and changes nothing.

    They take places as everybody does, behind those who wait, in a wave that is on, else in one that begins soon. Where there
    is no room, those whom staff let in (`over`) and those who are inside already (`provisional`) are registered without a place
    and marked as too many; of others nothing is kept (`full`). Whom a phone noted that was one no more is kept without a place,
    told as `invalid`, and in once staff say so (MOST_LATE such questions at most). Who was noted by mistake is taken back
    (`undone`). The event's row is locked before all others.
    """
    lock_event_first(event.id)
    spaces = {c.id: c.space_id for c in event.checkpoints}
    undoing = any(isinstance(item, WalkInUndo) for item in items)  # wherever those went
    # all of them now: scans lock them in the same order
    lock_spaces(spaces.values() if undoing else [spaces.get(item.checkpoint_id) for item in items])
    known = _known(event, [item.id for item in items])
    answers = []
    for item in items:
        if isinstance(item, WalkInUndo):
            answers.append(take_back_walk_in(event, device, item, now=now, device_id=device_id, by=by))
            continue
        if item.id not in known:
            known[item.id] = _take(_Door(event, device, device_id, by, now), item)
        answers.append(known[item.id])
    return answers


@dataclass(frozen=True)
class _Door:
    """Where and when they come in, and who says so."""

    event: EventRow
    device: str
    device_id: int | None
    by: Actor
    now: datetime


class _Full(Exception):
    """There is no room, and nobody says that they are to come in all the same."""


def _known(event: EventRow, ids: Sequence[str]) -> dict[str, WalkInAnswer]:
    rows = db.session.execute(
        select(
            WalkIn.walk_in_id,
            WalkIn.event_id,
            WalkIn.result,
            WalkIn.provisional,
            Registration.reference,
            Registration.contact_name,
            Ticket.code,
        )
        .join(Registration, Registration.id == WalkIn.registration_id)
        .join(Ticket, (Ticket.registration_id == Registration.id) & (Ticket.kind == TicketKind.MAIN))
        .where(WalkIn.organiser_id == event.organiser_id, WalkIn.walk_in_id.in_(ids))
    ).all()
    late = _late(event, [r.walk_in_id for r in rows if r.provisional and r.result is WalkInResult.OVER])
    return {
        r.walk_in_id: WalkInAnswer(r.walk_in_id, r.result, r.reference, r.code, r.contact_name)
        if r.event_id == event.id and r.walk_in_id not in late
        else invalid_walk_in(r.walk_in_id)
        for r in rows
    }


def _late(event: EventRow, ids: Sequence[str]) -> set[str]:
    """Those of them that a phone noted which was one no more: no other's passage was refused."""
    if not ids:
        return set()
    asked = {scan_id_of(walk_in_id): walk_in_id for walk_in_id in ids}
    refused = select(Scan.scan_id).where(
        Scan.organiser_id == event.organiser_id, Scan.scan_id.in_(asked), Scan.result == ScanResult.REFUSED
    )
    return {asked[scan_id] for scan_id in db.session.execute(refused).scalars()}


def _take(door: _Door, item: WalkInInput) -> WalkInAnswer:
    """One of them, or nothing at all of it."""
    try:
        with db.session.begin_nested():
            return _register_and_let_in(door, item)
    except _Full:
        return WalkInAnswer(item.id, WalkInResult.FULL)
    except (FieldError, RegistrationClosed):
        return invalid_walk_in(item.id)


def _register_and_let_in(door: _Door, item: WalkInInput) -> WalkInAnswer:
    draft = draft_of(door.event, item)
    if item.ended:
        return _keep_only(door, item, draft)
    made, result = _take_places(door, draft, item.at), WalkInResult.TAKEN
    if made is None:
        if not item.provisional and item.over is None:
            raise _Full
        made, result = register_beyond(door.event, draft, by=door.by, now=door.now), WalkInResult.OVER
    _let_in(door, item, made, result)
    _note(door, item, made, result)
    return WalkInAnswer(item.id, result, made.reference, made.ticket_code, draft.contact.name)


def _keep_only(door: _Door, item: WalkInInput, draft: RegistrationDraft) -> WalkInAnswer:
    """Whoever has a phone that was taken off may be a thief: nobody is in, no place is taken, and staff are asked."""
    if count_late(door.event.id) < MOST_LATE:
        made = register_beyond(door.event, draft, by=door.by, now=door.now)
        scan = _scan(item, made.ticket_code)
        record_scans(door.event, door.device, [scan], now=door.now, event_first=True, device_id=door.device_id)
        _note(door, item, made, WalkInResult.OVER)
    return invalid_walk_in(item.id)


def _note(door: _Door, item: WalkInInput, made: Registered, result: WalkInResult) -> None:
    db.session.execute(
        insert(WalkIn).values(
            organiser_id=door.event.organiser_id, walk_in_id=item.id, event_id=door.event.id, registration_id=made.id,
            device_id=door.device_id, result=result, over=result is WalkInResult.OVER,
            reason=item.over.reason if item.over else None, note=item.over.note if item.over else "",
            made_at=believed(_scan(item, ""), door.now).scanned_at, received_at=door.now,
            provisional=item.provisional or item.ended,
        )
    )  # fmt: skip


def _take_places(door: _Door, draft: RegistrationDraft, at: datetime) -> Registered | None:
    """In the first wave that has room for them; None where none has."""
    for waves in waves_for(door.event, at):
        try:
            with db.session.begin_nested():
                return register(door.event, replace(draft, waves=waves), by=door.by, now=door.now, quiet=True)
        except (WaveFull, AudienceFull):
            continue
    return None


def _let_in(door: _Door, item: WalkInInput, made: Registered, result: WalkInResult) -> None:
    scan = _scan(item, made.ticket_code, beyond=result is WalkInResult.OVER)
    (answer,) = record_scans(
        door.event, door.device, [scan], now=door.now, event_first=True, device_id=door.device_id
    )  # fmt: skip
    if answer.result is not ScanResult.ACCEPTED:
        raise _Full


def _scan(item: WalkInInput, code: str, *, beyond: bool = False) -> ScanInput:
    """Their passage, under an id that follows from theirs."""
    return ScanInput(
        item.scan_id, code, item.checkpoint_id, Direction.IN, item.at, item.headcount,
        device_at=item.device_at, offset_ms=item.offset_ms, known=Headcount(0, 0), override=item.over,
        beyond=beyond, ended=item.ended,
    )  # fmt: skip


def draft_of(event: EventRow, item: WalkInInput) -> RegistrationDraft:
    """Their registration: without a mail or a telephone, and where they gave no name under « Visiteur sans nom »."""
    name = " ".join(item.name.split())
    nameless = translate(as_locale(item.locale), "Visitor without a name")  # never « nom, Visiteur sans » in a list
    contact = Contact(name) if name else Contact(nameless, family_name=nameless)
    kind = RegistrationKind.INDIVIDUAL if item.headcount == Headcount(1, 0) else RegistrationKind.GROUP
    return RegistrationDraft(
        kind, item.audience, waves_for(event, item.at)[0], contact, item.headcount, locale=item.locale,
        source=Source.DOOR,
    )  # fmt: skip


def waves_for(event: EventRow, at: datetime) -> list[tuple[int, ...]]:
    """The waves that somebody who comes then may be in, in the order in which they are asked for room: those that are on (of
    several the one that ends last first), then those that begin within the hour. Where there is neither: the last that began that
    day, else the next. All of them at once where everybody comes to all; never empty.
    """
    waves = sorted(event.waves, key=lambda wave: (wave.starts_at, wave.id))
    if event.enrolment is Enrolment.ALL or not waves:
        return [()]
    zone = ZoneInfo(event.timezone)
    on = [wave for wave in reversed(waves) if wave.starts_at <= at < wave.ends_at]
    soon = [wave for wave in waves if at < wave.starts_at <= at + SOON]
    if found := sorted(on, key=lambda wave: wave.ends_at, reverse=True) + soon:
        return [(wave.id,) for wave in found]
    begun = [wave for wave in waves if wave.starts_at <= at and _day(wave.starts_at, zone) == _day(at, zone)]
    to_come = [wave for wave in waves if wave.starts_at > at]
    return [((begun[-1:] or to_come or waves[-1:])[0].id,)]


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
