"""Making events from others: copies on other days, and events of a design. People stay where they are."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update

from app.accounts.models import Delegation
from app.accounts.operations.partners import entrust
from app.accounts.rules import is_live
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.events.cloning import (
    MOST_COPIES,
    MOST_WAVES_AT_ONCE,
    CopyDraft,
    draft_from,
    first_day_of,
    moved_by,
    shifted,
    slug_stems,
)
from app.events.cloning_design import TargetDraft, target_text
from app.events.drafts import EventDraft
from app.events.errors import EventNotFound
from app.events.followers import tell_copiers
from app.events.models import Event, Project, Question, Target
from app.events.operations.editing import create_event
from app.events.operations.questions import copy_questions
from app.events.queries import EventRow, get_event, get_event_by_id, list_audiences
from app.events.queries.templates import find_free_slug, list_event_targets
from app.events.questions import QuestionRow
from app.events.targets import event_scope


def clone_event(
    event_id: int, copies: Sequence[CopyDraft], *, with_partners: bool = False, by: Actor, now: datetime
) -> list[str]:
    """Make a draft for each of these copies, all of them or none, and return their slugs.

    Each has the texts, place, waves, limits, spaces, route, audiences, questions and targets of the event, at the same
    hours by the clocks, and what features register with `app.events.followers`; registrations and all that follows from them
    stay behind. With `with_partners` those who hold
    functions of the event hold the same ones of each copy, as long after it as of the event.
    Raises FieldError (title/fr, title/en, slug, copies: none, too_many_copies or too_many_waves), EventNotFound.
    """
    source = _hold_still(event_id)
    if not copies:
        raise FieldError({"copies": "required"})
    if len(copies) > MOST_COPIES:
        raise FieldError({"copies": "too_many_copies"})
    if len(copies) * len(source.waves) > MOST_WAVES_AT_ONCE:
        raise FieldError({"copies": "too_many_waves"})
    return [
        _copy(source, wanted, by_day=len(copies) > 1, with_partners=with_partners, by=by, now=now) for wanted in copies
    ]


def create_from_design(
    draft: EventDraft,
    *,
    questions: Sequence[QuestionRow] = (),
    targets: Iterable[TargetDraft] = (),
    template: str = "",
    organiser_id: int,
    by: Actor,
    now: datetime,
) -> str:
    """Make a draft event with its questions and targets, and return its slug. Raises FieldError.

    Audiences and a project that the organiser no longer has are left out, and with them what is for them alone.
    `template` is the name of the one it is made from, for the history.
    """
    draft = _with_what_is_there(draft, organiser_id)
    slug = create_event(draft, organiser_id=organiser_id, by=by, now=now)
    event = get_event(slug)
    _ask(event, questions, now)
    first = first_day_of(event)
    known = {a.code for a in event.audiences}
    _aim(event, (t for t in targets if not t.audience or t.audience in known), first)
    if template:
        details = {"template": template}
        record(by, "event.from_template", f"event:{event.id}", now=now, organiser_id=organiser_id, details=details)
    return slug


def _hold_still(event_id: int) -> EventRow:
    """The event as it is, and stays until the copies are made. Raises EventNotFound."""
    found = db.session.execute(select(Event.id).where(Event.id == event_id).with_for_update(key_share=True)).first()
    if found is None:
        raise EventNotFound(str(event_id))
    return get_event_by_id(event_id)


def _copy(source: EventRow, wanted: CopyDraft, *, by_day: bool, with_partners: bool, by: Actor, now: datetime) -> str:
    before = first_day_of(source)
    days = (wanted.first_day - before).days
    try:
        draft = replace(
            shifted(draft_from(source), days),
            title_fr=wanted.title_fr.strip(),
            title_en=wanted.title_en.strip(),
            slug=wanted.slug or find_free_slug(slug_stems(wanted.title_fr, wanted.first_day, by_day=by_day)),
        )
    except OverflowError as error:  # beyond the years that a calendar has
        raise FieldError({"first_day": "date"}) from error
    slug = create_event(draft, organiser_id=source.organiser_id, by=by, now=now)
    event_id = db.session.execute(
        update(Event).where(Event.slug == slug).values(cloned_from_id=source.id).returning(Event.id)
    ).scalar_one()
    copy_questions(source.id, event_id, now=now)
    tell_copiers(source.id, event_id, by=by, now=now)
    _aim(get_event_by_id(event_id), list_event_targets(source.id, before), wanted.first_day)
    if with_partners:
        _entrust_alike(source, event_id, days, by=by, now=now)
    details = {"from": source.slug, "first_day": [before.isoformat(), wanted.first_day.isoformat()]}
    record(by, "event.cloned", f"event:{event_id}", now=now, organiser_id=source.organiser_id, details=details)
    return slug


def _entrust_alike(source: EventRow, event_id: int, days: int, *, by: Actor, now: datetime) -> None:
    """The functions that people hold of the source now; what would be over by its moved end is not given."""
    held = db.session.execute(
        select(Delegation)
        .where(Delegation.event_id == source.id, Delegation.revoked_at.is_(None))
        .order_by(Delegation.account_id, Delegation.function)
    ).scalars()
    by_account: dict[int, list[Delegation]] = {}
    for row in held:
        if is_live(row.ends_at, now):
            by_account.setdefault(row.account_id, []).append(row)
    zone = ZoneInfo(source.timezone)
    for account_id, rows in by_account.items():
        ends_at = rows[0].ends_at and moved_by(rows[0].ends_at, days, zone)
        if is_live(ends_at, now):
            entrust(
                event_id, source.organiser_id, account_id, [row.function for row in rows],
                organisation=rows[0].organisation, ends_at=ends_at, by=by, now=now,
            )  # fmt: skip


def _with_what_is_there(draft: EventDraft, organiser_id: int) -> EventDraft:
    known = {a.code for a in list_audiences(organiser_id)}
    audiences = tuple(code for code in draft.audiences if code in known)
    waves = tuple(
        replace(wave, allotments=tuple(a for a in wave.allotments if a.audience in audiences)) for wave in draft.waves
    )
    project_id = db.session.execute(
        select(Project.id).where(Project.id == draft.project_id, Project.organiser_id == organiser_id)
    ).scalar_one_or_none()
    stops = tuple(
        replace(stop, audiences=tuple(a for a in stop.audiences if a in audiences))
        for stop in draft.stops
        if not stop.audiences or set(stop.audiences) & set(audiences)
    )
    apart = tuple(a for a in draft.apart if {a.audience, a.other} <= set(audiences))
    return replace(draft, audiences=audiences, waves=waves, stops=stops, apart=apart, project_id=project_id)


def _ask(event: EventRow, questions: Sequence[QuestionRow], now: datetime) -> None:
    """Ask these, of the audiences that the event accepts; what is for others alone is left out."""
    known = [a.code for a in event.audiences]
    rows: list[dict[str, object]] = []
    for question in questions:
        audiences = [code for code in question.audiences if code in known]
        if question.audiences and not audiences:
            continue
        rows.append(
            {
                "event_id": event.id, "position": len(rows), "created_at": now, "key": question.key,
                "kind": question.kind, "label_fr": question.label_fr, "label_en": question.label_en,
                "help_fr": question.help_fr, "help_en": question.help_en, "required": question.required,
                "audiences": audiences, "choices": [asdict(choice) for choice in question.offered()],
                "minimum": question.minimum, "maximum": question.maximum,
            }
        )  # fmt: skip
    if rows:
        db.session.execute(insert(Question), rows)


def _aim(event: EventRow, targets: Iterable[TargetDraft], first_day: date) -> None:
    rows = [
        {
            "organiser_id": event.organiser_id, "scope": event_scope(event.id), "measure": target.measure,
            "audience": target.audience, "day": target_text(target.day, first_day), "value": target.value,
        }
        for target in targets
    ]  # fmt: skip
    if rows:
        db.session.execute(insert(Target), rows)
