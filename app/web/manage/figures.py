"""The figures of a project and of a year: sums over their events, beside their targets; and of an event, as a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.accounts.rules import Ability, roles_with
from app.core import clock
from app.core.errors import NotFound
from app.core.text import fold
from app.core.urls import settings
from app.events.enums import EventState
from app.events.targets import event_scope, project_scope, year_scope
from app.reports.queries.dashboard import get_dashboard
from app.reports.queries.figures import (
    FIRST_YEAR,
    LAST_YEAR,
    EventFigures,
    Figures,
    get_project_figures,
    get_year_figures,
    list_years,
)
from app.reports.queries.projects import ProjectRow, list_projects
from app.reports.queries.targets import Targets, list_targets
from app.reports.sums import NOTHING, Sums
from app.web.forms.events import AXIS_LABELS, KIND_LABELS
from app.web.guards import act_for, current_account, current_organiser_id, event_staff, find_access, signed_in, staff
from app.web.i18n import current_locale
from app.web.manage.dashboard import ANSWER_LABELS, QUESTION_LABELS
from app.web.manage.event_page import get_own_event
from app.web.manage.figure_words import (
    Reached,
    TargetLine,
    audience_names,
    called_off_lines,
    event_reached,
    figures_context,
    period_lines,
    period_words,
    scope_reached,
    short_month,
    target_lines,
)
from app.web.manage.figures_csv import event_csv, figures_csv

blueprint = Blueprint("manage_figures", __name__, url_prefix="/manage")

READERS = roles_with(Ability.FIGURES_SEE)
YEARS_SHOWN = 8

SORTS: dict[str, Callable[[EventFigures], Any]] = {
    "date": lambda event: event.starts_at,
    "title": lambda event: fold(event.title(current_locale())),
    "places": lambda event: event.places,
    "registered": lambda event: event.sums.registered.people,
    "came": lambda event: event.sums.came,
    "groups": lambda event: event.sums.groups,
    "cancelled": lambda event: event.sums.cancellations.people,
}
SORT_LABELS = {
    "title": _l("Event"),
    "date": _l("Date"),
    "places": _l("Places"),
    "registered": _l("Registered"),
    "groups": _l("Groups"),
    "came": _l("Came"),
    "cancelled": _l("Cancellations"),
}


@dataclass(frozen=True)
class Scope:
    """What a page of figures is of. `base` is its address, `targets_name` what its targets are kept under."""

    title: str
    base: str
    targets_name: str
    figures: Figures
    project: ProjectRow | None = None
    year: int = 0


def project_scope_of(project_id: int) -> Scope:
    """Raises NotFound, for another organiser's project too."""
    organiser_id = current_organiser_id()
    project = next((p for p in list_projects(organiser_id) if p.id == project_id), None)
    if project is None:
        raise NotFound("project")
    figures = get_project_figures(organiser_id, project_id, now=clock.now())
    return Scope(project.name, f"/manage/projects/{project_id}", project_scope(project_id), figures, project)


def year_scope_of(year: int) -> Scope:
    """Raises NotFound for years in which nobody organises anything."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound("year")
    figures = get_year_figures(current_organiser_id(), year, now=clock.now())
    return Scope(_("Year %(year)s", year=year), f"/manage/year/{year}", year_scope(year), figures, year=year)


def this_year() -> int:
    return clock.now().astimezone(ZoneInfo(settings().default_timezone)).year


@blueprint.get("/year")
@staff(READERS)
def present_year() -> Response:
    return redirect(f"/manage/year/{this_year()}")


@blueprint.get("/year/<int:year>")
@staff(READERS)
def show_year(year: int) -> str:
    return _page(year_scope_of(year))


@blueprint.post("/year/<int:year>/organiser")
@signed_in
def choose_organiser(year: int) -> Response:
    """Act for another organiser, and stay at the year."""
    chosen = request.form.get("organiser_id", "")
    if not chosen.isdecimal() or len(chosen) > 9:
        raise NotFound("organiser")
    act_for(int(chosen))
    return redirect(f"/manage/year/{year}")


@blueprint.get("/projects/<int:project_id>")
@staff(READERS)
def show_project(project_id: int) -> str:
    return _page(project_scope_of(project_id))


@blueprint.get("/year/<int:year>.csv")
@staff(READERS)
def year_file(year: int) -> Response:
    return _file(year_scope_of(year), f"chiffres-{year}.csv")


@blueprint.get("/projects/<int:project_id>.csv")
@staff(READERS)
def project_file(project_id: int) -> Response:
    return _file(project_scope_of(project_id), f"chiffres-projet-{project_id}.csv")


@blueprint.get("/events/<slug>/figures.csv")
@event_staff(Ability.FIGURES_SEE)
def event_file(slug: str) -> Response:
    event = get_own_event(slug)
    figures = get_dashboard(event, now=clock.now())
    targets = list_targets(event.organiser_id, event_scope(event.id))
    return event_csv(event, figures, targets, event_reached(figures), f"chiffres-{event.slug}.csv")


def _file(scope: Scope, file_name: str) -> Response:
    organiser_id, figures = current_organiser_id(), scope.figures
    targets = list_targets(organiser_id, scope.targets_name)
    return figures_csv(organiser_id, figures, targets, scope_reached(figures), file_name)


def _page(scope: Scope) -> str:
    organiser_id, figures = current_organiser_id(), scope.figures
    targets = list_targets(organiser_id, scope.targets_name)
    reached = scope_reached(figures)
    names = audience_names(organiser_id, {*figures.audiences, *(key.audience for key in targets if key.audience)})
    months = _months(figures, targets, reached, names)
    sort, descending = _sort()
    access, off_lines = find_access(), called_off_lines(organiser_id, figures)
    return render_template(
        "manage/figures/scope.html",
        scope=scope,
        figures=figures,
        audiences=[
            (name, figures.audiences.get(code, NOTHING), target_lines(targets, reached, audience=code))
            for code, name in names.items()
        ],
        months=months,
        month_chart=_month_chart(figures) if len(figures.months) > 1 else None,
        events=sorted(figures.events, key=SORTS[sort], reverse=descending),
        columns=[(name, label, _sort_url(scope, name, sort, descending)) for name, label in SORT_LABELS.items()],
        sort=sort,
        direction="desc" if descending else "asc",
        off_lines=off_lines,
        off_words={line.code: line.label for line in off_lines},
        drafts=sum(event.state is EventState.DRAFT for event in figures.events),
        occupancy=figures.occupancy,
        years=_years(organiser_id, scope.year) if scope.year else [],
        organisers=[m.organiser for m in current_account().memberships if m.role in READERS],
        organiser_id=organiser_id,
        may_manage=access is not None and access.role in MAY_MANAGE,
        question_labels=QUESTION_LABELS,
        answer_labels=ANSWER_LABELS,
        axes=AXIS_LABELS,
        kinds=KIND_LABELS,
        now=clock.now(),
        timezone=settings().default_timezone,
        **figures_context(organiser_id, figures, targets, reached),
    )


def _months(
    figures: Figures, targets: Targets, reached: Reached, names: dict[str, str]
) -> list[tuple[str, Sums, list[TargetLine]]]:
    """Each month with events or a target: (its name, its sums, its targets)."""
    months = sorted({*figures.months, *(key.period for key in targets if key.period)})
    return [
        (period_words(month), figures.months.get(month, NOTHING), period_lines(targets, reached, month, names))
        for month in months
    ]


def _month_chart(figures: Figures) -> dict[str, Any]:
    """Labels and series of the columns: registered and came, month by month."""
    months = figures.months.values()
    return {
        "labels": [short_month(month) for month in figures.months],
        "series": [
            {"name": _("Registered"), "values": [sums.registered.people for sums in months], "style": "soft"},
            {"name": _("Came"), "values": [sums.came for sums in months], "style": "solid"},
        ],
    }


def _sort() -> tuple[str, bool]:
    """The column asked for and whether it falls; by date when none is."""
    asked = request.args.get("sort", "")
    name = asked.removeprefix("-")
    return (name, asked.startswith("-")) if name in SORTS else ("date", False)


def _sort_url(scope: Scope, name: str, sort: str, descending: bool) -> str:
    """Numbers fall first, names and dates rise first; the column that sorts turns round."""
    falls = not descending if name == sort else name not in {"date", "title"}
    return f"{scope.base}?sort={'-' if falls else ''}{name}#events"


def _years(organiser_id: int, year: int) -> Sequence[int]:
    """The years to choose from, the one shown among them."""
    years = list_years(organiser_id, now=clock.now())
    return sorted({*years[-YEARS_SHOWN:], year})
