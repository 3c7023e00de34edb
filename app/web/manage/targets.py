"""Setting the numbers to reach of an event, a project or a year, by audience and by day or month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.audiences import AudienceRow
from app.events.enums import Measure
from app.events.operations.targets import set_targets
from app.events.queries import EventRow, list_audiences
from app.events.targets import TargetKey, event_scope
from app.reports.queries.dashboard import get_dashboard
from app.reports.queries.event_days import days_of
from app.reports.queries.targets import list_targets
from app.web.forms.targets import TargetsForm, target_label, targets_form
from app.web.guards import current_actor, current_organiser_id, event_staff, staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_editable_event
from app.web.manage.figure_words import MEASURE_LABELS, Reached, event_reached, period_words, scope_reached
from app.web.manage.figures import Scope, project_scope_of, year_scope_of

blueprint = Blueprint("manage_targets", __name__, url_prefix="/manage")

Answer = str | tuple[str, int] | Response


@dataclass(frozen=True)
class Page:
    """What targets are set for. `periods` are the days or months that may have their own; `back` shows the figures."""

    scope: str
    base: str
    back: str
    title: str
    audiences: Sequence[AudienceRow]
    periods: Sequence[str]
    monthly: bool
    reached: Reached
    more: dict[str, Any]


@blueprint.get("/events/<slug>/targets")
@event_staff(Ability.EVENT_MOVE)
def of_event(slug: str) -> str:
    return _show(_event_page(get_editable_event(slug)))


@blueprint.post("/events/<slug>/targets")
@event_staff(Ability.EVENT_MOVE)
def save_event(slug: str) -> Answer:
    return _save(_event_page(get_editable_event(slug)))


@blueprint.get("/projects/<int:project_id>/targets")
@staff(MAY_MANAGE)
def of_project(project_id: int) -> str:
    return _show(_scope_page(project_scope_of(project_id)))


@blueprint.post("/projects/<int:project_id>/targets")
@staff(MAY_MANAGE)
def save_of_project(project_id: int) -> Answer:
    return _save(_scope_page(project_scope_of(project_id)))


@blueprint.get("/year/<int:year>/targets")
@staff(MAY_MANAGE)
def of_year(year: int) -> str:
    return _show(_scope_page(year_scope_of(year)))


@blueprint.post("/year/<int:year>/targets")
@staff(MAY_MANAGE)
def save_of_year(year: int) -> Answer:
    return _save(_scope_page(year_scope_of(year)))


def _event_page(event: EventRow) -> Page:
    base = f"/manage/events/{event.slug}"
    days = days_of(event)
    return Page(
        event_scope(event.id),
        f"{base}/targets",
        base,
        _("Targets"),
        event.audiences,
        [day.isoformat() for day in days] if len(days) > 1 else [],
        monthly=False,
        reached=event_reached(get_dashboard(event, now=clock.now())),
        more={"layout": "manage/event.html", **event_context(event, "dashboard")},
    )


def _scope_page(scope: Scope) -> Page:
    return Page(
        scope.targets_name,
        f"{scope.base}/targets",
        scope.base,
        _("Targets: %(what)s", what=scope.title),
        list_audiences(current_organiser_id()),
        _months(scope),
        monthly=True,
        reached=scope_reached(scope.figures),
        more={"layout": "manage/desk.html"},
    )


def _months(scope: Scope) -> list[str]:
    """The months of a year; those of a project from its first day to its last, or in which it has events."""
    if scope.year:
        return [f"{scope.year:04}-{month:02}" for month in range(1, 13)]
    project, found = scope.project, set(scope.figures.months)
    if project is not None and project.starts_on and project.ends_on:
        found |= set(_between(project.starts_on, project.ends_on))
    return sorted(found)


def _between(first: date, last: date) -> list[str]:
    """Months from one day to another, at most ten years of them."""
    count = min((last.year - first.year) * 12 + last.month - first.month + 1, 120)
    months = [divmod(first.year * 12 + first.month - 1 + n, 12) for n in range(count)]
    return [f"{year:04}-{month + 1:02}" for year, month in months]


def _show(page: Page) -> str:
    return _render(page, _form(page, formdata=None))


def _save(page: Page) -> Answer:
    form = _form(page)
    if not form.validate_on_submit():
        return _render(page, form), 422
    try:
        with transaction():
            changed = set_targets(
                page.scope, form.changes(), organiser_id=current_organiser_id(), by=current_actor(), now=clock.now()
            )
    except FieldError as error:
        form.show_refusal(error)
        return _render(page, form), 422
    if changed:
        flash(ngettext("%(num)d target changed.", "%(num)d targets changed.", changed), "ok")
    else:
        flash(_("Nothing changed."), "info")
    period = _period(page)
    return redirect(f"{page.base}?period={period}" if period else page.base)


def _form(page: Page, **kwargs: Any) -> TargetsForm:
    period, everybody = _period(page), _("All audiences")
    names = {"": everybody, **_names(page)}
    keys = [
        TargetKey(measure, code, period)
        for code in names
        for measure in Measure
        if measure is not Measure.GROUPS or _groups(page, code)
    ]
    labels = {key: target_label(MEASURE_LABELS[key.measure], names[key.audience]) for key in keys}
    return targets_form(keys, labels, list_targets(current_organiser_id(), page.scope), **kwargs)


def _names(page: Page) -> dict[str, str]:
    """The audiences of the page, and those that have a target though they are no longer among them."""
    locale = current_locale()
    known = {row.code: row.label(locale) for row in page.audiences}
    kept = {key.audience for key in list_targets(current_organiser_id(), page.scope) if key.audience}
    return known | {code: code for code in sorted(kept - set(known))}


def _groups(page: Page, code: str) -> bool:
    return all(row.groups for row in page.audiences if row.code == code)


def _period(page: Page) -> str:
    """The day or month asked for; "" for all of it."""
    asked = request.args.get("period", "")
    return asked if asked in page.periods else ""


def _render(page: Page, form: TargetsForm) -> str:
    targets = list_targets(current_organiser_id(), page.scope)
    period = _period(page)
    with_targets = {key.period for key in targets}
    rows = []
    for code, name in {"": _("All audiences"), **_names(page)}.items():
        cells = []
        for measure in Measure:
            key = TargetKey(measure, code, period)
            cells.append((form.target(key), page.reached(key)) if key in form.keys.values() else None)
        rows.append((name, cells))
    return render_template(
        "manage/targets/edit.html",
        page=page,
        form=form,
        rows=rows,
        measures=list(MEASURE_LABELS.values()),
        periods=[(value, period_words(value), value in with_targets) for value in page.periods],
        period=period,
        period_name=period_words(period) if period else "",
        problems=form.list_problems(),
        **page.more,
    )
