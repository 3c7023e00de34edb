"""The numbers to reach: those that the forum's funders were promised, for both editions, the project and the year."""

from datetime import datetime

from app.core.actor import SYSTEM
from app.demo.forum import PARIS
from app.events.enums import Measure
from app.events.operations.targets import set_targets
from app.events.queries import get_event
from app.events.targets import TargetKey, event_scope, project_scope, year_scope

_REGISTERED, _PRESENT, _GROUPS = Measure.REGISTERED, Measure.PRESENT, Measure.GROUPS
FORUM: dict[TargetKey, int | None] = {
    TargetKey(_REGISTERED): 900,
    TargetKey(_PRESENT): 800,
    TargetKey(_GROUPS): 24,
    TargetKey(_REGISTERED, "school"): 600,
    TargetKey(_REGISTERED, "job_seeker"): 150,
    TargetKey(_REGISTERED, "employment_prescriber"): 50,
}
PROJECT: dict[TargetKey, int | None] = {
    TargetKey(_REGISTERED): 2_000,
    TargetKey(_PRESENT): 1_700,
    TargetKey(_REGISTERED, "school"): 1_300,
}
YEAR: dict[TargetKey, int | None] = {TargetKey(_REGISTERED): 1_500, TargetKey(_PRESENT): 1_200}


def make_targets(organiser_id: int, project_id: int, slugs: tuple[str, ...], *, now: datetime) -> None:
    """Targets of these events, of their project and of the present and next year."""
    this_year = now.astimezone(PARIS).year
    wanted = {event_scope(get_event(slug).id): FORUM for slug in slugs}
    wanted |= {project_scope(project_id): PROJECT}
    wanted |= {year_scope(year): YEAR for year in (this_year, this_year + 1)}
    for scope, values in wanted.items():
        set_targets(scope, values, organiser_id=organiser_id, by=SYSTEM, now=now)
