"""The figures of a project and of a year: sums over 30 events with 20,000 registrations, a third of which came.

Before each request one event changes, as somebody registers or passes a door: what was counted of it is out of date.
"""

from dataclasses import replace
from datetime import date, datetime
from uuid import uuid4

from app.accounts.enums import Role
from app.accounts.operations.people import add_member, create_account, create_organiser
from app.accounts.passwords import choose_password
from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import Axis, EventMove, Measure
from app.events.operations import create_event, lock_event, move_event, save_project
from app.events.operations.targets import set_targets
from app.events.queries import EventRow, get_event
from app.events.targets import TargetKey, project_scope, year_scope
from bench.client import Connection, NotMeasurable, request
from bench.data import PASSWORD, draft, register_many
from bench.figures import Figure, at_most, middle, shown, spread_of
from bench.in_turn import Plan
from bench.stage import Stage
from bench.work.pages import log_in

EVENTS, REGISTRATIONS = 30, 20_000
PAGE_MS = 100.0
EMAIL = "hugo.dupont@example.org"
BATCH = 500


def dashboards(stage: Stage, plan: Plan) -> list[Figure]:
    """Both pages as a browser asks for them, and the dashboard of the event that changes."""
    with stage.app.app_context():
        now = clock.now()
        year = now.year + 1
        project_id, slug = _prepare(year, now)
        db.session.remove()
    headers = {"Cookie": log_in(stage, EMAIL)}
    pages = {
        f"project, {EVENTS} events, {REGISTRATIONS} registrations": f"/manage/projects/{project_id}",
        f"year, {EVENTS} events, {REGISTRATIONS} registrations": f"/manage/year/{year}",
    }
    figures = []
    for name, path in pages.items():
        times = _times(stage, path, slug, headers, plan)
        figures.append(at_most(f"figures of a {name}, {stage.kind}", middle(times), "ms", PAGE_MS, spread_of(times)))
    times = _times(stage, f"/manage/events/{slug}", slug, headers, plan)
    size = REGISTRATIONS // EVENTS
    figures.append(shown(f"  dashboard of an event with {size}, {stage.kind}", middle(times), "ms", spread_of(times)))
    return figures


def _times(stage: Stage, path: str, slug: str, headers: dict[str, str], plan: Plan) -> list[float]:
    connection = Connection(stage.ours.address)
    with stage.app.app_context():
        event_id = get_event(slug).id
    times = []
    for number in range((10 if plan.quick else 40) + 5):
        with stage.app.app_context(), transaction():
            lock_event(event_id)
        reply = connection.ask(request("GET", path, headers))
        if reply.status != 200 or b"</html>" not in reply.body:
            raise NotMeasurable(f"{path} answered {reply.status}")
        if number >= 5:
            times.append(reply.seconds * 1000)
    connection.close()
    return times


def _prepare(year: int, now: datetime) -> tuple[int, str]:
    """An organiser of its own with a project, its events over the twelve months of a year, and targets."""
    with transaction():
        organiser_id = create_organiser("Cap Métiers", by=SYSTEM, now=now)
        account_id = create_account(EMAIL, "Hugo Dupont", choose_password(PASSWORD), by=SYSTEM, now=now)
        add_member(account_id, organiser_id, Role.OWNER, by=SYSTEM, now=now)
        project_id = save_project(
            organiser_id=organiser_id, name="Attractivité", axis=Axis.SCHOOL_COMPANY, by=SYSTEM, now=now
        )
        aims = {TargetKey(measure, audience): 9_000 for measure in Measure for audience in ("", "school", "job_seeker")}
        for scope in (project_scope(project_id), year_scope(year)):
            set_targets(scope, aims, organiser_id=organiser_id, by=SYSTEM, now=now)
    slug = ""
    for number in range(EVENTS):
        in_days = (date(year, 1 + number % 12, 15) - now.date()).days
        event = _make_event(organiser_id, project_id, number, in_days, now)
        share = REGISTRATIONS // EVENTS + (number < REGISTRATIONS % EVENTS)
        codes = register_many(event, share, now=now)
        _let_in(event, codes[::3], now)
        slug = event.slug
    return project_id, slug


def _make_event(organiser_id: int, project_id: int, number: int, in_days: int, now: datetime) -> EventRow:
    said = replace(draft(f"Forum n° {number + 1}", now=now, in_days=in_days), project_id=project_id)
    with transaction():
        slug = create_event(said, organiser_id=organiser_id, by=SYSTEM, now=now)
        move_event(get_event(slug).id, EventMove.PUBLISH, by=SYSTEM, now=now)
    return get_event(slug)


def _let_in(event: EventRow, codes: list[str], now: datetime) -> None:
    door = next(c.id for c in event.checkpoints if c.space_id is None)
    for start in range(0, len(codes), BATCH):
        scans = [
            ScanInput(str(uuid4()), code, door, Direction.IN, event.starts_at) for code in codes[start : start + BATCH]
        ]
        with transaction():
            record_scans(event, "benchmark", scans, now=event.starts_at)
