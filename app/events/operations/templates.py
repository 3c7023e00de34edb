"""Templates of an organiser: keeping an event's design, naming it, letting it go."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.core.text import fold
from app.events.cloning import first_day_of
from app.events.cloning_design import design_of, to_json
from app.events.models import EventTemplate
from app.events.queries import get_event_by_id
from app.events.queries.templates import get_template, list_event_targets

LONGEST_NAME = 160
MOST_TEMPLATES = 100


def save_template(event_id: int, name: str, *, replaces: bool = False, by: Actor, now: datetime) -> int:
    """Keep an event's design under a name of the organiser's; its id. `replaces`: in place of the one that has the name.

    Raises FieldError (name: required, too_long, taken, too_many_templates), EventNotFound.
    """
    event = get_event_by_id(event_id)
    organiser_id = event.organiser_id
    names = _names(organiser_id)
    same = next((i for i, other in names.items() if fold(other) == fold(name)), None)
    _require_name(name, {} if replaces else names)
    if same is None and len(names) >= MOST_TEMPLATES:
        raise FieldError({"name": "too_many_templates"})
    design = to_json(design_of(event, list_event_targets(event_id, first_day_of(event))))
    values = {"name": name.strip(), "kind": event.kind, "design": design, "created_at": now}
    if same is None:
        statement = insert(EventTemplate).values(organiser_id=organiser_id, **values).returning(EventTemplate.id)
        template_id: int = db.session.execute(statement).scalar_one()
    else:
        template_id = same
        db.session.execute(update(EventTemplate).where(EventTemplate.id == same).values(**values))
    details = {"name": name.strip(), "event": event.slug}
    verb = "template.saved" if same is None else "template.replaced"
    record(by, verb, f"template:{template_id}", now=now, organiser_id=organiser_id, details=details)
    return template_id


def rename_template(template_id: int, name: str, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Raises FieldError (name: required, too_long, taken), NotFound."""
    before = get_template(template_id, organiser_id)
    others = {i: other for i, other in _names(organiser_id).items() if i != template_id}
    _require_name(name, others)
    db.session.execute(update(EventTemplate).where(EventTemplate.id == template_id).values(name=name.strip()))
    details = {"name": [before.name, name.strip()]}
    record(by, "template.renamed", f"template:{template_id}", now=now, organiser_id=organiser_id, details=details)


def delete_template(template_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Events made from it stay. Raises NotFound when it is gone already."""
    mine = EventTemplate.id == template_id, EventTemplate.organiser_id == organiser_id
    name = db.session.execute(delete(EventTemplate).where(*mine).returning(EventTemplate.name)).scalar_one_or_none()
    if name is None:
        raise NotFound("template")
    details = {"name": name}
    record(by, "template.deleted", f"template:{template_id}", now=now, organiser_id=organiser_id, details=details)


def _names(organiser_id: int) -> dict[int, str]:
    rows = db.session.execute(
        select(EventTemplate.id, EventTemplate.name).where(EventTemplate.organiser_id == organiser_id)
    )
    return {row.id: row.name for row in rows}


def _require_name(name: str, others: Mapping[int, str]) -> None:
    """Raises FieldError. Names that differ only in case or accents are one."""
    if not name.strip():
        raise FieldError({"name": "required"})
    if len(name.strip()) > LONGEST_NAME:
        raise FieldError({"name": "too_long"})
    if fold(name) in {fold(other) for other in others.values()}:
        raise FieldError({"name": "taken"})
