"""« Flux »: the plans of an event. What is missing before one can plan, drafts, the plan in force, and pictures of each."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import MoveNotAllowed, NotFound
from app.core.transaction import in_transaction
from app.events.enums import EDITABLE
from app.events.queries import EventRow, SpaceRow
from app.flows.enums import PLAN_MOVES, PlanMove, PlanState
from app.flows.errors import NothingToPlan, PlanInMaking
from app.flows.operations import replan, start_plan
from app.flows.queries import (
    PassageRow,
    PlanRow,
    WholePlan,
    find_plan_in_force,
    get_plan,
    heat,
    is_out_of_date,
    list_causes,
    list_groups_to_plan,
    list_left_out,
    list_passages,
    list_plan_breaches,
    list_plans,
    real_heat,
)
from app.jobs.models import JobState
from app.registrations.queries import list_registrations_by_id
from app.reports.queries.hours_to_tell import list_hours_to_tell
from app.reports.queries.jobs import JobLine, get_work
from app.web.filters import hour
from app.web.guards import allows, current_access, current_actor, current_organiser_id, event_staff
from app.web.i18n import current_locale
from app.web.manage.copy_preview import day_words
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.plan_narrowing import GROUPS, LONGEST, SPACES, Part, keys_with, page_url, part_of
from app.web.manage.plan_pictures import (
    LEAST,
    NAMED,
    Axis,
    Bar,
    axis_of,
    bar_of,
    beside,
    cell_rows,
    days_of,
    group_lines,
    hours_of,
    of_day,
    pairs_of_hours,
    space_lines,
    trimmed,
)
from app.web.manage.plan_undo import find_undo
from app.web.manage.plan_words import (
    ORIGINS,
    STATES,
    breach_words,
    cause_words,
    list_change_words,
    name_of,
    name_of_registration,
    not_planned_words,
    team_name,
)
from app.web.plain_errors import plain_error

blueprint = Blueprint("manage_plan", __name__, url_prefix="/manage/events/<slug>/plan")

LONGEST_NOTE = 200
COUNTS = ("full", "usual", "groups")
SHOWN_CHANGES = 12
MOST_READ = 100
WAITING = frozenset({JobState.QUEUED, JobState.RUNNING})


@dataclass(frozen=True)
class Missing:
    """What has to be there before one can plan: where it is written."""

    text: str
    link: str
    href: str


@blueprint.get("")
@event_staff(Ability.PROGRAMME_SEE)
def index(slug: str) -> str:
    return _index_page(get_own_event(slug))


@blueprint.post("")
@event_staff(Ability.PROGRAMME_CHANGE)
def start(slug: str) -> Response:
    event = get_own_event(slug)
    note = request.form.get("note", "")[:LONGEST_NOTE]
    return _begin(event, lambda: start_plan(event.id, by=current_actor(), now=clock.now(), note=note))


@blueprint.post("/<int:number>/again")
@event_staff(Ability.PROGRAMME_CHANGE)
def again(slug: str, number: int) -> Response:
    """A new draft that keeps the pins of this one."""
    event = get_own_event(slug)
    plan = get_plan(event.id, number)
    return _begin(event, lambda: replan(plan.id, by=current_actor(), now=clock.now()))


def _begin(event: EventRow, work: Any) -> Response:
    if event.state not in EDITABLE or event.date_to_come:
        raise MoveNotAllowed("plan", event.state.value)
    try:
        in_transaction(work)
    except PlanInMaking:
        flash(_("A plan is being made already: look at its progress."), "info")
    except NothingToPlan:
        flash(_("There is nothing to plan yet: see what is missing."), "info")
    except MoveNotAllowed:
        over = event.is_over(clock.now())
        text = _("This plan changed meanwhile: start from the draft or the plan in force.")
        flash(_("This event is over: its plans stay.") if over else text, "info")
    return redirect(f"/manage/events/{event.slug}/plan", 303)


def _index_page(event: EventRow) -> str:
    plans = list_plans(event.id)
    current = find_plan_in_force(event.id)
    making = next((plan for plan in plans if plan.state is PlanState.MAKING), None)
    changes = [] if current is None else list(is_out_of_date(current, event))
    said = list_change_words(changes, event, _names([change.registration_id for change in changes[:MOST_READ]]))
    return render_template(
        "manage/plan/index.html",
        missing=_missing(event),
        current=None if current is None else _plan_row(plans, current),
        drafts=[plan for plan in plans if plan.state is PlanState.DRAFT],
        history=[plan for plan in plans if plan.state in {PlanState.REPLACED, PlanState.DROPPED}],
        making=making,
        job=_job(making),
        changes=said[:SHOWN_CHANGES],
        more_changes=max(0, len(said) - SHOWN_CHANGES),
        plain_error=plain_error,
        may_plan=_may_plan(event),
        to_call=_count_calls(event) if "published" in request.args else 0,
        **_context(event),
    )


def _count_calls(event: EventRow) -> int:
    """Groups whom no mail tells of the plan, for who may call them."""
    if not allows(Ability.REGISTRATIONS_CHANGE):
        return 0
    return len(list_hours_to_tell(event, current_access(), clock.now()))


def _plan_row(plans: list[PlanRow], current: WholePlan) -> PlanRow:
    return next((plan for plan in plans if plan.id == current.id), current)


def _names(ids: list[int | None]) -> dict[int, str]:
    known = [i for i in ids if i is not None]
    return {row.id: name_of_registration(row) for row in list_registrations_by_id(known)} if known else {}


def _missing(event: EventRow) -> list[Missing]:
    base = f"/manage/events/{event.slug}"
    found = []
    if not event.waves:
        found.append(Missing(_("There is no wave: when do groups arrive?"), _("Waves"), f"{base}/edit/waves"))
    if not event.spaces:
        found.append(Missing(_("There is no space with its capacity."), _("Spaces"), f"{base}/edit/spaces"))
    if not any(stop.space_id is not None and stop.minutes > 0 for stop in event.stops):
        found.append(Missing(_("No stop has a space and minutes."), _("Route"), f"{base}/edit/route"))
    if not list_groups_to_plan(event.id):
        found.append(
            Missing(_("No confirmed group holds places yet."), _("Registrations"), f"{base}/registrations")
        )  # fmt: skip
    return found


def _job(making: PlanRow | None) -> JobLine | None:
    if making is None or making.job_id is None:
        return None
    try:
        return get_work(making.job_id, current_organiser_id())
    except NotFound:
        return None


def _may_plan(event: EventRow) -> bool:
    open_now = event.state in EDITABLE and not event.date_to_come and not event.is_over(clock.now())
    return allows(Ability.PROGRAMME_CHANGE) and open_now


def _context(event: EventRow) -> dict[str, Any]:
    return {
        "states": STATES,
        "origins": ORIGINS,
        "name_of": name_of,
        "day_name": day_words,
        "group_label": lambda row: _label(row, event, row.stop_name(current_locale())),
        "way_label": lambda row: f"{_span(row, event)}, {row.stop_name(current_locale())}",
        "space_label": lambda row: _label(row, event, team_name(row)),
        **event_context(event, "plan"),
    }


def _label(row: PassageRow, event: EventRow, name: str) -> str:
    """« 9 h 40 – 10 h 10, Orientation, 28 personnes »."""
    people = ngettext("%(num)d person", "%(num)d people", row.people)
    return f"{_span(row, event)}, {name}, {people}"


def _span(row: PassageRow, event: EventRow) -> str:
    return f"{hour(row.starts_at, event.timezone)} – {hour(row.ends_at, event.timezone)}"


@blueprint.get("/<int:number>")
@event_staff(Ability.PROGRAMME_SEE)
def groups(slug: str, number: int) -> str:
    event, plan = _get(slug, number)
    return _picture_page(event, plan, "groups")


@blueprint.get("/<int:number>/spaces")
@event_staff(Ability.PROGRAMME_SEE)
def spaces(slug: str, number: int) -> str:
    event, plan = _get(slug, number)
    return _picture_page(event, plan, "spaces")


@blueprint.get("/<int:number>/occupancy")
@event_staff(Ability.PROGRAMME_SEE)
def occupancy(slug: str, number: int) -> str:
    event, plan = _get(slug, number)
    asked = request.args.get("of", "")
    count = asked if asked in COUNTS else COUNTS[0]
    day, days = _day(days_of(list_passages(plan.id), event))
    counts = {"full": lambda c: c.most, "usual": lambda c: c.people, "groups": lambda c: c.groups}
    rows = [] if day is None else trimmed(cell_rows(heat(plan, event, day), counts[count]))
    over = [(row, cell) for row in rows for cell in row.cells if cell.level == "over"]
    return render_template(
        "manage/plan/occupancy.html",
        rows=rows,
        small=[(row, [h for h in hours_of(row, event.timezone) if not h.is_empty]) for row in rows],
        over=over,
        count=count,
        **_plan_context(event, plan, "occupancy", day, days),
    )


@blueprint.get("/<int:number>/real")
@event_staff(Ability.PROGRAMME_SEE)
def real(slug: str, number: int) -> str:
    """What doors counted, beside what was planned."""
    event, plan = _get(slug, number)
    day, days = _day(days_of(list_passages(plan.id), event))
    was = [] if day is None else real_heat(event, day)
    pairs = beside(was, heat(plan, event, day)) if day is not None and was else []
    small = [(one.space, pairs_of_hours(one, other, event.timezone)) for one, other in pairs]
    return render_template(
        "manage/plan/real.html", pairs=pairs, small=small, **_plan_context(event, plan, "real", day, days)
    )


def _get(slug: str, number: int) -> tuple[EventRow, WholePlan]:
    """Raises NotFound for a plan that is being made, too: there is nothing to see yet."""
    event = get_own_event(slug)
    plan = get_plan(event.id, number)
    if not plan.hours.days:
        raise NotFound(f"plan {number}")
    return event, plan


def _day(days: list[date]) -> tuple[date | None, list[date]]:
    """The day asked for, else the first."""
    asked = request.args.get("day", "")
    return next((day for day in days if day.isoformat() == asked), days[0] if days else None), days


def _picture_page(event: EventRow, plan: WholePlan, view: str) -> str:
    rows = list_passages(plan.id)
    day, days = _day(days_of(rows, event))
    own = [] if day is None else of_day(rows, day, event.timezone)
    axis = axis_of(own, LEAST if view == "groups" else NAMED)
    context = _plan_context(event, plan, view, day, days)
    broken = context["broken"]
    numbers = {stop.id: number for number, stop in enumerate(event.stops, start=1)}
    optional = {stop.id for stop in event.stops if stop.optional}

    def bar(row: PassageRow, axis: Axis) -> Bar:
        name = row.stop_name(current_locale()) if view == "groups" else f"{name_of(row)} ({row.people})"
        return bar_of(
            row, axis, name=name, number=numbers.get(row.stop_id, 0), numbered=view == "groups",
            optional=row.stop_id in optional, broken=row.id in broken,
        )  # fmt: skip

    words, page = request.args.get("q", "").strip()[:LONGEST], request.args.get("page", "")
    own, shown, part = _narrowed(event, own, view, words, page)
    values = {"day": day.isoformat() if day else "", "q": words}
    here = f"/manage/events/{event.slug}/plan/{plan.number}" + ("/spaces" if view == "spaces" else "")
    return render_template(
        f"manage/plan/{view}.html",
        axis=axis,
        lines=group_lines(own, axis, bar) if axis and view == "groups" else [],
        by_space=space_lines(own, axis, bar) if axis and view == "spaces" else {},
        shown_spaces=shown,
        stops_shown={row.stop_id for row in own},
        part=part,
        words=words,
        prev_url=page_url(here, values, part.number - 1) if part.number > 1 else None,
        next_url=page_url(here, values, part.number + 1) if part.number < part.pages else None,
        **context,
    )


def _narrowed(
    event: EventRow, rows: list[PassageRow], view: str, words: str, page: str
) -> tuple[list[PassageRow], tuple[SpaceRow, ...], Part[Any]]:
    """The passages of the groups, or spaces, on one page of those that have the words; these spaces."""
    if view == "spaces":
        wanted = set(keys_with(event.spaces, lambda space: space.id, lambda space: (space.name,), words))
        part: Part[Any] = part_of([space for space in event.spaces if space.id in wanted], page, SPACES)
        ids = {space.id for space in part.shown}
        return [row for row in rows if row.space_id in ids], part.shown, part
    named = allows(Ability.PEOPLE_SEE)
    keys = keys_with(
        rows,
        lambda row: (row.registration_id, row.wave_id),
        lambda row: (name_of(row), row.reference, row.holder_detail if named else ""),
        words,
    )
    part = part_of(keys, page, GROUPS)
    return [row for row in rows if (row.registration_id, row.wave_id) in set(part.shown)], (), part


def _plan_context(event: EventRow, plan: WholePlan, view: str, day: date | None, days: list[date]) -> dict[str, Any]:
    breaches = list_plan_breaches(plan, event) if plan.state is PlanState.DRAFT else []
    allowed = {move for (state, move) in PLAN_MOVES if state is plan.state}
    may_plan = _may_plan(event)
    return {
        "plan": plan,
        "view": view,
        "day": day,
        "days": days,
        "breaches": [breach_words(breach, event) for breach in breaches],
        "broken": {row.id for breach in breaches for row in breach.passages},
        "left_out": [(row, name_of_registration(row), event.wave(wave)) for row, wave in list_left_out(plan)]
        if plan.summary.left_out
        else [],
        "causes": [cause_words(cause, event) for cause in list_causes(plan, event)] if plan.summary.left_out else [],
        "not_planned": not_planned_words(plan.summary.not_planned, event),
        "undo": find_undo(plan) is not None and may_plan,
        "may_change": may_plan and plan.state is PlanState.DRAFT,
        "may_publish": may_plan and PlanMove.PUBLISH in allowed,
        "may_replan": may_plan and PlanMove.REPLAN in allowed,
        "may_drop": allows(Ability.PROGRAMME_CHANGE) and PlanMove.DROP in allowed and not event.is_over(clock.now()),
        "began": event.starts_at <= clock.now() and not event.date_to_come,
        **_context(event),
    }
