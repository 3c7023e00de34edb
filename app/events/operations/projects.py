"""Projects with their axes and funders, and the audiences that an organiser adds."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import delete, insert, select, update

from app.core.actor import Actor
from app.core.audit import changes_between, record
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.core.text import slugify
from app.events.audiences import BUILTIN
from app.events.enums import Axis
from app.events.models import Audience, Event, Funder, Project, ProjectAxis, ProjectFunder


def save_project(
    *,
    organiser_id: int,
    name: str,
    axis: Axis,
    secondary: Iterable[Axis] = (),
    funders: Iterable[str] = (),
    starts_on: date | None = None,
    ends_on: date | None = None,
    project_id: int | None = None,
    by: Actor,
    now: datetime,
) -> int:
    """Make a project, or bring the one named by id up to date. Funders are made as they are named.

    Raises FieldError (no name, a name already used, dates reversed), NotFound.
    """
    name = name.strip()
    if not name:
        raise FieldError({"name": "required"})
    if starts_on and ends_on and ends_on < starts_on:
        raise FieldError({"ends_on": "ends_before_start"})
    same = db.session.execute(
        select(Project.id).where(Project.organiser_id == organiser_id, Project.name == name)
    ).scalar_one_or_none()
    if same is not None and same != project_id:
        raise FieldError({"name": "taken"})
    values = {"name": name, "axis": axis, "starts_on": starts_on, "ends_on": ends_on}
    before: dict[str, object] | None = None
    if project_id is None:
        project_id = db.session.execute(
            insert(Project).values(organiser_id=organiser_id, created_at=now, **values).returning(Project.id)
        ).scalar_one()
    else:
        mine = Project.id == project_id, Project.organiser_id == organiser_id
        held = db.session.execute(select(Project.id).where(*mine).with_for_update(key_share=True)).first()
        before = _state(project_id) if held else None
        if db.session.execute(update(Project).where(*mine).values(**values).returning(Project.id)).first() is None:
            raise NotFound("project")
        _show_again(project_id)
    db.session.execute(delete(ProjectAxis).where(ProjectAxis.project_id == project_id))
    for other in sorted(set(secondary) - {axis}):
        db.session.execute(insert(ProjectAxis).values(project_id=project_id, axis=other))
    db.session.execute(delete(ProjectFunder).where(ProjectFunder.project_id == project_id))
    for funder in sorted({f.strip() for f in funders if f.strip()}):
        db.session.execute(
            insert(ProjectFunder).values(project_id=project_id, funder_id=_keep_funder(organiser_id, funder))
        )
    verb = "project.created" if before is None else "project.changed"
    details = {"name": name} if before is None else changes_between(before, _state(project_id))
    record(by, verb, f"project:{project_id}", now=now, organiser_id=organiser_id, details=details)
    return project_id


def _state(project_id: int) -> dict[str, object]:
    """What a project is, for its history."""
    row = db.session.execute(
        select(Project.name, Project.axis, Project.starts_on, Project.ends_on).where(Project.id == project_id)
    ).one()
    axes = select(ProjectAxis.axis).where(ProjectAxis.project_id == project_id).order_by(ProjectAxis.axis)
    payers = (
        select(Funder.name)
        .join(ProjectFunder, ProjectFunder.funder_id == Funder.id)
        .where(ProjectFunder.project_id == project_id)
        .order_by(Funder.name)
    )
    return {
        "name": row.name, "axis": row.axis, "secondary": list(db.session.execute(axes).scalars()),
        "funders": list(db.session.execute(payers).scalars()), "starts_on": row.starts_on, "ends_on": row.ends_on,
    }  # fmt: skip


def _show_again(project_id: int) -> None:
    """A project's name stands in its events: what is kept of them in memory is out of date."""
    raised = {"version": Event.version + 1, "revision": Event.revision + 1}
    db.session.execute(update(Event).where(Event.project_id == project_id).values(**raised))


def _keep_funder(organiser_id: int, name: str) -> int:
    found = db.session.execute(
        select(Funder.id).where(Funder.organiser_id == organiser_id, Funder.name == name)
    ).scalar_one_or_none()
    if found is not None:
        return found
    return db.session.execute(
        insert(Funder).values(organiser_id=organiser_id, name=name).returning(Funder.id)
    ).scalar_one()


def add_audience(*, organiser_id: int, label_fr: str, label_en: str, groups: bool, by: Actor, now: datetime) -> str:
    """Add an audience of the organiser's own and return its code. Raises FieldError."""
    code = slugify(label_fr).replace("-", "_")[:40]
    if not code:
        raise FieldError({"label_fr": "required"})
    taken = db.session.execute(
        select(Audience.id).where(Audience.organiser_id == organiser_id, Audience.code == code)
    ).scalar_one_or_none()
    if taken is not None or code in BUILTIN:
        raise FieldError({"label_fr": "taken"})
    db.session.execute(
        insert(Audience).values(
            organiser_id=organiser_id, code=code, label_fr=label_fr.strip(), label_en=label_en.strip(), groups=groups
        )
    )
    record(
        by, "audience.added", f"organiser:{organiser_id}", now=now, organiser_id=organiser_id, details={"code": code}
    )
    return code
