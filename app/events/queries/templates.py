"""An organiser's own templates, the targets of an event, and which event a copy was made from."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import Locale
from app.events.cloning_design import Design, TargetDraft, from_json, target_day
from app.events.enums import EventKind
from app.events.models import Event, EventTemplate, Target
from app.events.targets import event_scope

COPIES_SHOWN = 60


@dataclass(frozen=True)
class TemplateRow:
    id: int
    name: str
    kind: EventKind
    design: Design
    created_at: datetime


@dataclass(frozen=True)
class RelatedRow:
    """The event that a copy was made from, or one of the copies of an event."""

    slug: str
    title_fr: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    is_there: bool

    def title(self, locale: Locale) -> str:
        return self.title_fr if locale == "fr" else self.title_en or self.title_fr


_RELATED = (Event.slug, Event.title_fr, Event.title_en, Event.starts_at, Event.ends_at, Event.timezone)


def list_templates(organiser_id: int) -> list[TemplateRow]:
    """By name, whatever the case."""
    rows = db.session.execute(select(EventTemplate).where(EventTemplate.organiser_id == organiser_id)).scalars()
    return sorted((_row(row) for row in rows), key=lambda row: (row.name.casefold(), row.id))


def get_template(template_id: int, organiser_id: int) -> TemplateRow:
    """Raises NotFound, for another organiser's too."""
    row = db.session.execute(
        select(EventTemplate).where(EventTemplate.id == template_id, EventTemplate.organiser_id == organiser_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("template")
    return _row(row)


def _row(row: EventTemplate) -> TemplateRow:
    return TemplateRow(row.id, row.name, row.kind, from_json(row.design), row.created_at)


def list_event_targets(event_id: int, first_day: date) -> list[TargetDraft]:
    """The targets of an event, their days told from its first one."""
    rows = db.session.execute(select(Target).where(Target.scope == event_scope(event_id)).order_by(Target.id)).scalars()
    return [TargetDraft(row.measure, row.value, row.audience, target_day(row.day, first_day)) for row in rows]


def find_origin(event_id: int) -> RelatedRow | None:
    """The event that this one is a copy of. `is_there` is False when that one was deleted since; None once it is removed."""
    source = select(Event.cloned_from_id).where(Event.id == event_id).scalar_subquery()
    row = db.session.execute(select(*_RELATED, Event.deleted_at).where(Event.id == source)).first()
    return None if row is None else RelatedRow(*row[:-1], is_there=row.deleted_at is None)


def list_copies(event_id: int, *, limit: int | None = COPIES_SHOWN) -> list[RelatedRow]:
    """The copies made of an event that still stand, by their day."""
    rows = db.session.execute(
        select(*_RELATED)
        .where(Event.cloned_from_id == event_id, Event.deleted_at.is_(None))
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return [RelatedRow(*row, is_there=True) for row in rows]


def find_free_slug(stems: tuple[str, str]) -> str:
    """The first of these that no event has, else the second with a number after it."""
    like = Event.slug.like(f"{stems[0]}%") | Event.slug.like(f"{stems[1]}%")
    taken = set(db.session.execute(select(Event.slug).where(like)).scalars())
    tries = (*stems, *(f"{stems[1]}-{n}" for n in range(2, len(taken) + 3)))
    return next(slug for slug in tries if slug not in taken)
