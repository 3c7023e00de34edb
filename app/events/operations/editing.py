"""Making an event, and bringing it up to date with what the organiser now says of it."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.core.text import slugify
from app.events.changes import event_changes
from app.events.drafts import AllotmentDraft, EventDraft, SpaceDraft, StopDraft, TransferDraft, WaveDraft
from app.events.enums import EDITABLE, EventState
from app.events.errors import EventReadOnly, HasRegistrations
from app.events.followers import tell_followers
from app.events.models import (
    ENTRANCE,
    Allotment,
    Checkpoint,
    Event,
    EventAudience,
    Project,
    Space,
    Stop,
    Transfer,
    Wave,
)
from app.events.operations.apart import AudiencesMeet, find_clashes
from app.events.operations.places import lock_event
from app.events.operations.waiting import call_for_offers
from app.events.queries import EventRow, StopRow, get_event_by_id, list_audiences
from app.events.route import list_variants, route_minutes
from app.events.rules import prefix_of, require_valid
from app.messages.operations import raise_sequence
from app.venues.models import Venue
from app.venues.operations import keep_venue


def create_event(draft: EventDraft, *, organiser_id: int, by: Actor, now: datetime) -> str:
    """Make a draft event and return its slug. Raises FieldError."""
    require_valid(draft, {a.code for a in list_audiences(organiser_id)})
    slug = _free_slug(draft)
    event_id = db.session.execute(
        insert(Event)
        .values(
            organiser_id=organiser_id,
            slug=slug,
            calendar_uid=f"{secrets.token_hex(12)}@parcours",
            state=EventState.DRAFT,
            version=1,
            revision=1,
            taken=0,
            created_at=now,
            reference_prefix=draft.reference_prefix or prefix_of(draft.title_fr),
            **_columns(draft, organiser_id, now),
        )
        .returning(Event.id)
    ).scalar_one()
    _write_audiences(event_id, draft.audiences)
    spaces = _write_spaces(event_id, draft.spaces, {})
    db.session.execute(insert(Checkpoint).values(event_id=event_id, name=ENTRANCE, space_id=None))
    _write_checkpoints(event_id, spaces, set())
    _write_transfers(spaces, draft.transfers)
    _write_stops(event_id, draft, spaces, ())
    for index, wave in enumerate(draft.waves):
        _write_wave(event_id, index, wave, None, draft.audiences)
    details = {"slug": slug, "title": draft.title_fr}
    record(by, "event.created", f"event:{event_id}", now=now, organiser_id=organiser_id, details=details)
    return slug


def edit_event(event_id: int, draft: EventDraft, *, by: Actor, now: datetime) -> None:
    """Bring an event up to date. Waves, spaces and stops named by id are kept, others made, missing ones removed.

    Raises FieldError (also when a wave would hold fewer places than are taken, and for other hours while the date is to come:
    postponing sets it), EventReadOnly, and HasRegistrations when a
    wave that people registered for would go.
    """
    lock_event(event_id)  # two who edit at once follow each other: the second sees what the first wrote
    before = get_event_by_id(event_id)
    if before.state not in EDITABLE:
        raise EventReadOnly
    if resting := _dates_at_rest(before, draft):
        raise FieldError(resting)
    require_valid(draft, {a.code for a in list_audiences(before.organiser_id)} | {a.code for a in before.audiences})
    _require_known_ids(before, draft)
    columns = _columns(draft, before.organiser_id, now, event_id=event_id)
    try:
        with db.session.begin_nested():
            db.session.execute(
                update(Event)
                .where(Event.id == event_id)
                .values(**columns, version=Event.version + 1, revision=Event.revision + 1)
            )
    except IntegrityError as error:
        raise FieldError({"capacity": "below_taken"}) from error
    db.session.execute(delete(EventAudience).where(EventAudience.event_id == event_id))
    _write_audiences(event_id, draft.audiences)
    spaces = _write_spaces(event_id, draft.spaces, {s.id: s.name for s in before.spaces})
    _write_checkpoints(event_id, spaces, {c.space_id for c in before.checkpoints if c.space_id})
    _write_transfers(spaces, draft.transfers)
    _write_stops(event_id, draft, spaces, before.stops)
    _reconcile_waves(before, draft)
    _keep_apart(event_id)
    after = get_event_by_id(event_id)
    call_for_offers(
        event_id, now=now, moved=_begins_earlier(before, after)
    )  # there may be more room now, or another policy
    if _shows_in_calendar(before) != _shows_in_calendar(after):
        raise_sequence(f"event:{event_id}", now=now)
    tell_followers(before, after, by=by, now=now)
    if details := event_changes(before, get_event_by_id(event_id)):
        record(by, "event.edited", f"event:{event_id}", now=now, organiser_id=before.organiser_id, details=details)


def _begins_earlier(before: EventRow, after: EventRow) -> bool:
    starts = {wave.id: wave.starts_at for wave in before.waves}
    return any(wave.starts_at < starts.get(wave.id, wave.starts_at) for wave in after.waves)


def _dates_at_rest(before: EventRow, draft: EventDraft) -> dict[str, str]:
    """Hours that an edit would change while the event waits for a date, which people would never be told so."""
    if not before.date_to_come:
        return {}
    found = {name: "date_to_come" for name in ("starts_at", "ends_at") if getattr(draft, name) != getattr(before, name)}
    if found:
        return found  # waves go with them
    hours = {wave.id: (wave.starts_at, wave.ends_at) for wave in before.waves}
    for index, wave in enumerate(draft.waves):
        if wave.id in hours and hours[wave.id] != (wave.starts_at, wave.ends_at):
            found[f"waves/{index}/starts_at"] = "date_to_come"
    return found


def _keep_apart(event_id: int) -> None:
    event = get_event_by_id(event_id)
    if clashes := find_clashes(event):
        raise AudiencesMeet(event, clashes)


def _columns(draft: EventDraft, organiser_id: int, now: datetime, *, event_id: int = 0) -> dict[str, Any]:
    if draft.project_id is not None:
        owner = db.session.execute(
            select(Project.organiser_id).where(Project.id == draft.project_id)
        ).scalar_one_or_none()
        if owner != organiser_id:
            raise FieldError({"project": "unknown_project"})
    venue_id = _keep_venue(draft, organiser_id, now, event_id)
    names = (
        "kind", "title_fr", "title_en", "summary_fr", "summary_en", "description_fr", "description_en", "entrance_fr",
        "entrance_en", "join_url", "project_id", "timezone", "starts_at", "ends_at", "registration_opens_at",
        "registration_closes_at", "enrolment", "capacity", "largest_group", "asks_statistics", "waiting_list", "waiting_policy",
        "offer_hours", "transfer_minutes", "absent_minutes", "keep_names_days",
    )  # fmt: skip
    apart = [[a.audience, a.other, a.span.value] for a in draft.apart]
    return {name: getattr(draft, name) for name in names} | {"apart": apart, "venue_id": venue_id, "updated_at": now}


def _keep_venue(draft: EventDraft, organiser_id: int, now: datetime, event_id: int) -> int | None:
    """The draft's venue. When its address changes here, it changes for the other events there, and in people's calendars."""
    name, commune = draft.venue_name.strip(), draft.venue_commune.strip()
    here = Venue.organiser_id == organiser_id, Venue.name == name, Venue.commune == commune
    address = db.session.execute(select(Venue.address).where(*here)).scalar_one_or_none()
    venue_id = keep_venue(organiser_id, name=name, address=draft.venue_address, commune=commune, now=now)
    if venue_id is not None and address is not None and draft.venue_address and draft.venue_address != address:
        moved = update(Event).where(Event.venue_id == venue_id, Event.id != event_id)
        moved = moved.values(version=Event.version + 1, revision=Event.revision + 1, updated_at=now)
        for other in db.session.execute(moved.returning(Event.id)).scalars().all():
            raise_sequence(f"event:{other}", now=now)
    return venue_id


def _free_slug(draft: EventDraft) -> str:
    wanted = draft.slug or f"{slugify(draft.title_fr)[:60].strip('-') or 'evenement'}-{draft.starts_at.year}"
    taken = set(db.session.execute(select(Event.slug).where(Event.slug.like(f"{wanted}%"))).scalars())
    if wanted not in taken:
        return wanted
    if draft.slug:
        raise FieldError({"slug": "taken"})
    return next(f"{wanted}-{n}" for n in range(2, len(taken) + 3) if f"{wanted}-{n}" not in taken)


def _write_audiences(event_id: int, codes: Sequence[str]) -> None:
    if codes:
        db.session.execute(
            insert(EventAudience),
            [{"event_id": event_id, "code": code, "position": position} for position, code in enumerate(codes)],
        )


def _require_known_ids(before: EventRow, draft: EventDraft) -> None:
    """Raises NotFound for an id that is not this event's: ids come from outside."""
    waves = {w.id for w in draft.waves if w.id} - {w.id for w in before.waves}
    spaces = {s.id for s in draft.spaces if s.id} - {s.id for s in before.spaces}
    stops = {s.id for s in draft.stops if s.id} - {s.id for s in before.stops}
    if waves or spaces or stops:
        raise NotFound("wave, space or stop of another event")


def _write_spaces(event_id: int, drafts: Sequence[SpaceDraft], before: Mapping[int, str]) -> dict[str, int]:
    """Write the spaces and return their ids by name. Renaming goes through a free name, so that two may swap theirs."""
    kept = sorted(draft.id for draft in drafts if draft.id)
    gone = set(before) - set(kept)
    if gone:
        try:
            with db.session.begin_nested():
                db.session.execute(delete(Space).where(Space.id.in_(gone)))
        except IntegrityError as error:
            raise HasRegistrations("people were scanned in that space") from error
    for space_id in kept:
        db.session.execute(update(Space).where(Space.id == space_id).values(name=f"\x1f{space_id}"))
    ids: dict[str, int] = {}
    for position, draft in enumerate(drafts):
        values = {
            "name": draft.name.strip(), "capacity": draft.capacity, "position": position,
            "directions_fr": draft.directions_fr, "directions_en": draft.directions_en, "stands": draft.stands,
        }  # fmt: skip
        if draft.id:
            db.session.execute(update(Space).where(Space.id == draft.id).values(**values))
            ids[draft.name.strip()] = draft.id
        else:
            ids[draft.name.strip()] = db.session.execute(
                insert(Space).values(event_id=event_id, **values).returning(Space.id)
            ).scalar_one()
    return ids


def _write_checkpoints(event_id: int, spaces: Mapping[str, int], having: set[int]) -> None:
    """An event has one entrance checkpoint, and one for each space, which carries the space's name."""
    for name, space_id in spaces.items():
        if space_id in having:
            db.session.execute(update(Checkpoint).where(Checkpoint.space_id == space_id).values(name=name))
        else:
            db.session.execute(insert(Checkpoint).values(event_id=event_id, name=name, space_id=space_id))


def _write_transfers(spaces: Mapping[str, int], drafts: Sequence[TransferDraft]) -> None:
    ids = list(spaces.values())
    db.session.execute(delete(Transfer).where(Transfer.low_space_id.in_(ids)))
    rows = []
    for walk in drafts:
        low, high = sorted((spaces[walk.space.strip()], spaces[walk.other.strip()]))
        rows.append({"low_space_id": low, "high_space_id": high, "minutes": walk.minutes})
    if rows:
        db.session.execute(insert(Transfer), rows)


def _write_stops(event_id: int, draft: EventDraft, spaces: Mapping[str, int], before: Sequence[StopRow]) -> None:
    kept = _kept_stops(draft.stops, before)
    gone = {stop.id for stop in before} - set(kept)
    if gone:
        db.session.execute(delete(Stop).where(Stop.id.in_(gone)))
    new = []
    for position, (stop, stop_id) in enumerate(zip(draft.stops, kept, strict=True), start=1):
        values = {
            "event_id": event_id, "position": position, "name_fr": stop.name_fr.strip(), "name_en": stop.name_en,
            "text_fr": stop.text_fr, "text_en": stop.text_en, "minutes": stop.minutes, "optional": stop.optional,
            "space_id": spaces[stop.space.strip()] if stop.space.strip() else None, "any_order": stop.any_order,
            "audiences": list(stop.audiences), "largest_team": stop.largest_team, "box": stop.box.strip(),
        }  # fmt: skip
        if stop_id is None:
            new.append(values)
        else:
            db.session.execute(update(Stop).where(Stop.id == stop_id).values(**values))
    if new:
        db.session.execute(insert(Stop), new)


def _kept_stops(drafts: Sequence[StopDraft], before: Sequence[StopRow]) -> list[int | None]:
    """The id of the stop that each draft keeps, or None for a new one.

    Who names no ids keeps the stop of the same name: plans and people's choices hang on it.
    """
    free = {stop.id: stop.name_fr for stop in before if stop.id not in {draft.id for draft in drafts}}
    kept: list[int | None] = []
    for draft in drafts:
        found = draft.id or next((key for key, name in free.items() if name == draft.name_fr.strip()), None)
        free.pop(found or 0, None)
        kept.append(found)
    return kept


def _reconcile_waves(before: EventRow, draft: EventDraft) -> None:
    gone = {wave.id for wave in before.waves} - {wave.id for wave in draft.waves}
    if gone:
        try:
            with db.session.begin_nested():
                db.session.execute(delete(Wave).where(Wave.id.in_(gone)))
        except IntegrityError as error:
            raise HasRegistrations("people are registered for that wave") from error
    for index, wave in enumerate(draft.waves):
        _write_wave(before.id, index, wave, wave.id, draft.audiences)


def _write_wave(event_id: int, index: int, draft: WaveDraft, wave_id: int | None, audiences: Sequence[str]) -> None:
    values = {
        "starts_at": draft.starts_at, "ends_at": draft.ends_at, "capacity": draft.capacity, "place": draft.place,
        "host": draft.host, "forecast": draft.forecast,
    }  # fmt: skip
    if wave_id is None:
        new = insert(Wave).values(event_id=event_id, taken=0, **values).returning(Wave.id)
        wave_id = db.session.execute(new).scalar_one()
    else:
        try:
            with db.session.begin_nested():
                db.session.execute(update(Wave).where(Wave.id == wave_id).values(**values))
        except IntegrityError as error:
            raise FieldError({f"waves/{index}/capacity": "below_taken"}) from error
    _write_allotments(index, draft, wave_id, audiences)


def _write_allotments(index: int, draft: WaveDraft, wave_id: int, audiences: Sequence[str]) -> None:
    """Keep one counter for each accepted audience, limited or not, so that a limit set later counts who already came in.

    A counter of an audience no longer accepted goes when nobody is counted on it; else it stays, without limits.
    """
    before = dict(
        db.session.execute(select(Allotment.audience, Allotment.id).where(Allotment.wave_id == wave_id)).all()
    )
    wanted = {a.audience: a for a in draft.allotments}
    places = {a.audience: position for position, a in enumerate(draft.allotments)}
    gone = set(before) - set(audiences)
    db.session.execute(
        delete(Allotment).where(Allotment.wave_id == wave_id, Allotment.audience.in_(gone), Allotment.people == 0)
    )
    new = [code for code in audiences if code not in before]
    if new:
        rows = [{"wave_id": wave_id, "audience": c, **_limits(wanted.get(c)), "people": 0, "groups": 0} for c in new]
        db.session.execute(insert(Allotment), rows)
    for audience, allotment_id in before.items():
        try:
            with db.session.begin_nested():
                db.session.execute(
                    update(Allotment).where(Allotment.id == allotment_id).values(**_limits(wanted.get(audience)))
                )
        except IntegrityError as error:
            raise FieldError({f"waves/{index}/allotments/{places[audience]}": "below_taken"}) from error


def _limits(allotment: AllotmentDraft | None) -> dict[str, int | None]:
    if allotment is None:
        return {"max_people": None, "max_groups": None}
    return {"max_people": allotment.max_people, "max_groups": allotment.max_groups}


def _shows_in_calendar(event: EventRow) -> tuple[object, ...]:
    return (
        event.title_fr, event.title_en, event.starts_at, event.ends_at, event.timezone, event.venue_name, event.venue_address,
        event.venue_commune, event.entrance_fr, event.entrance_en, event.join_url,
        tuple((w.id, w.starts_at, w.ends_at, w.place, w.host) for w in event.waves),
        tuple((v.audiences, route_minutes(event, v.stops)) for v in list_variants(event)),  # a visit ends with its route
    )  # fmt: skip
