"""How an organiser lends: its open weekdays, school zone, who signs, and the days on which it is closed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, insert, select, update

from app.core.actor import Actor
from app.core.audit import changes_between, record
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.resources.calendars import lending_zone
from app.resources.enums import SchoolZone
from app.resources.models import Closure, LendingSettings

FIELDS = ("weekdays", "zone", "lender", "terms", "hours_fr", "hours_en", "keep_names_days")
LENGTHS = {"lender": 1000, "terms": 8000, "hours_fr": 200, "hours_en": 200}
LABEL_LENGTH = 120
KEEP_NAMES_DAYS, LONGEST_KEEPING = 1095, 3660
LONGEST_CLOSURE = 366


class ClosureNotFound(NotFound):
    code = "closure_not_found"


@dataclass(frozen=True)
class SettingsRow:
    """`weekdays`: figures of the open ones, Monday is 0. `lender`: who signs agreements; `hours_…`: when to come and fetch.

    `keep_names_days`: how long after its end a loan tells who borrowed.
    """

    weekdays: str = "01234"
    zone: SchoolZone = SchoolZone.A
    lender: str = ""
    terms: str = ""
    hours_fr: str = ""
    hours_en: str = ""
    keep_names_days: int = KEEP_NAMES_DAYS


@dataclass(frozen=True)
class ClosureRow:
    """Both days are included."""

    id: int
    starts_on: date
    ends_on: date
    label: str


def get_settings(organiser_id: int) -> SettingsRow:
    """What was set, else what holds without."""
    columns = [getattr(LendingSettings, name) for name in FIELDS]
    row = db.session.execute(select(*columns).where(LendingSettings.organiser_id == organiser_id)).mappings().first()
    return SettingsRow() if row is None else SettingsRow(**row)


def list_closures(organiser_id: int, *, since: date | None = None) -> list[ClosureRow]:
    """In order; `since`: those that end on that day or later."""
    statement = select(Closure.id, Closure.starts_on, Closure.ends_on, Closure.label)
    statement = statement.where(Closure.organiser_id == organiser_id).order_by(Closure.starts_on, Closure.id)
    if since is not None:
        statement = statement.where(Closure.ends_on >= since)
    return [ClosureRow(**row) for row in db.session.execute(statement).mappings()]


def set_settings(organiser_id: int, wanted: SettingsRow, *, by: Actor, now: datetime) -> bool:
    """Whether anything changed. Raises FieldError (weekdays: required; texts: too_long; keep_names_days: number_…)."""
    values = {name: getattr(wanted, name) for name in FIELDS}
    values["weekdays"] = "".join(_days(wanted.weekdays))
    problems = {name: "too_long" for name, most in LENGTHS.items() if len(values[name]) > most}
    if not values["weekdays"]:
        problems["weekdays"] = "required"
    if not 0 <= wanted.keep_names_days <= LONGEST_KEEPING:
        problems["keep_names_days"] = "number_too_low" if wanted.keep_names_days < 0 else "number_too_high"
    if problems:
        raise FieldError(problems)
    before = get_settings(organiser_id)
    changed = changes_between({name: getattr(before, name) for name in FIELDS}, values)
    if not changed:
        return False
    where = LendingSettings.organiser_id == organiser_id
    there = db.session.execute(select(LendingSettings.organiser_id).where(where)).first()
    if there is None:
        db.session.execute(insert(LendingSettings).values(organiser_id=organiser_id, **values))
    else:
        db.session.execute(update(LendingSettings).where(where).values(**values, revision=LendingSettings.revision + 1))
    subject = f"organiser:{organiser_id}"
    record(by, "lending.settings_set", subject, now=now, organiser_id=organiser_id, details={"changed": changed})
    return True


def add_closure(organiser_id: int, starts_on: date, ends_on: date, label: str, *, by: Actor, now: datetime) -> int:
    """Its id. Loans over these days stay. Raises FieldError (ends_on: days_order, closure_too_long,
    closure_over, closure_there, closure_inside; label: required, too_long).
    """
    label, problems = label.strip(), {}
    if ends_on < starts_on:
        problems["ends_on"] = "days_order"
    elif (ends_on - starts_on).days >= LONGEST_CLOSURE:
        problems["ends_on"] = "closure_too_long"
    elif ends_on < now.astimezone(lending_zone()).date():
        problems["ends_on"] = "closure_over"
    else:
        around = [c for c in list_closures(organiser_id) if c.starts_on <= starts_on and ends_on <= c.ends_on]
        if around:
            same = any((c.starts_on, c.ends_on) == (starts_on, ends_on) for c in around)
            problems["ends_on"] = "closure_there" if same else "closure_inside"
    if not label or len(label) > LABEL_LENGTH:
        problems["label"] = "too_long" if label else "required"
    if problems:
        raise FieldError(problems)
    values = {"organiser_id": organiser_id, "starts_on": starts_on, "ends_on": ends_on, "label": label}
    closure_id = db.session.execute(insert(Closure).values(**values, created_at=now).returning(Closure.id)).scalar_one()
    _record(by, "lending.closure_added", organiser_id, ClosureRow(closure_id, starts_on, ends_on, label), now)
    return closure_id


def remove_closure(closure_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Raises ClosureNotFound."""
    found = next((row for row in list_closures(organiser_id) if row.id == closure_id), None)
    if found is None:
        raise ClosureNotFound(str(closure_id))
    db.session.execute(delete(Closure).where(Closure.id == closure_id))
    _record(by, "lending.closure_removed", organiser_id, found, now)


def _days(figures: Iterable[str]) -> list[str]:
    return sorted({figure for figure in figures if figure in "0123456"})


def _record(by: Actor, verb: str, organiser_id: int, row: ClosureRow, now: datetime) -> None:
    details = {"label": row.label, "from": row.starts_on.isoformat(), "to": row.ends_on.isoformat()}
    record(by, verb, f"organiser:{organiser_id}", now=now, organiser_id=organiser_id, details=details)
