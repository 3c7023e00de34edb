"""Figures of what is lent, by school year or calendar year, and their tables as files."""

import re
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.boxes.queries import list_scenarios
from app.boxes.rows import ScenarioRow
from app.core import clock
from app.core.errors import NotFound
from app.core.urls import settings
from app.reports.exports import csv_parts, file_name
from app.reports.exports_xlsx import write_xlsx
from app.reports.lending import LendingFigures, LendingYear, YearKind
from app.reports.queries.lending_figures import lending_figures, list_lending_years
from app.resources.calendars import lending_zone
from app.web.guards import current_organiser_id, staff
from app.web.manage.boxes_figures_tables import tables_of
from app.web.manage.boxes_tabs import SEES, boxes_context
from app.web.manage.figure_words import short_month

blueprint = Blueprint("manage_boxes_figures", __name__, url_prefix="/manage/boxes")

BASE = "/manage/boxes/figures"
YEARS_SHOWN = 8
FIRST_YEAR, LAST_YEAR = 2000, 2100
_CODE = re.compile(r"(\d{4})(?:-(\d{4}))?", re.ASCII)
CSV, XLSX = "text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/figures")
@staff(SEES)
def show() -> str:
    organiser_id, now = current_organiser_id(), clock.now()
    year, scenario = _year(), _scenario()
    figures, before = lending_figures(organiser_id, year, now=now, scenario_id=scenario.id if scenario else None)
    tables = {table.code: table for table in tables_of(figures, before)}
    years = list_lending_years(organiser_id, year.kind, now=now)
    today = now.astimezone(lending_zone()).date()
    return render_template(
        "manage/boxes/figures.html",
        figures=figures,
        before=before,
        tables=tables,
        chart=_chart(figures),
        year=year,
        unfinished=today in year,
        years=sorted({*years[:YEARS_SHOWN], year}, key=lambda y: y.year),
        other_kind=LendingYear.of(min(max(today, year.first), year.last), _other(year.kind)),
        scenarios=list_scenarios(organiser_id),
        scenario=scenario,
        address=_address,
        now=now,
        timezone=settings().default_timezone,
        **boxes_context(BASE),
    )


@blueprint.get("/figures/<table>.<any('csv', 'xlsx'):form>")
@staff(SEES)
def take_out(table: str, form: str) -> Response:
    """One table as a file. Totals alone: no name of anybody is in them."""
    now, year, scenario = clock.now(), _year(), _scenario()
    figures, before = lending_figures(
        current_organiser_id(), year, now=now, scenario_id=scenario.id if scenario else None
    )
    found = next((t for t in tables_of(figures, before) if t.code == table), None)
    if found is None:
        raise NotFound("table")
    sheet, zone = found.sheet(settings().default_timezone), settings().default_timezone
    stem = "-".join([_("loans"), found.title, year.code, *([scenario.code] if scenario else [])])
    headers = {"Content-Disposition": f'attachment; filename="{file_name(stem, form, now, zone)}"'}
    if form == "csv":
        return Response(b"".join(csv_parts(sheet)), content_type=CSV, headers=headers)
    target = BytesIO()
    write_xlsx(target, sheet, made_at=now)
    return Response(target.getvalue(), content_type=XLSX, headers=headers)


def _year() -> LendingYear:
    """The year asked for: 2026-2027 or 2026; the present school year without. Raises NotFound for what is no year."""
    asked = request.args.get("year", "")
    if not asked:
        return LendingYear.of(clock.now().astimezone(lending_zone()).date(), YearKind.SCHOOL)
    said = _CODE.fullmatch(asked)
    if said is None or not FIRST_YEAR <= int(said[1]) <= LAST_YEAR or (said[2] and int(said[2]) != int(said[1]) + 1):
        raise NotFound("year")
    return LendingYear(YearKind.SCHOOL if said[2] else YearKind.CALENDAR, int(said[1]))


def _scenario() -> ScenarioRow | None:
    """The scenario that alone counts. Raises NotFound."""
    asked = request.args.get("scenario", "")
    if not asked:
        return None
    organiser_id = current_organiser_id()
    rows = [*list_scenarios(organiser_id), *list_scenarios(organiser_id, archived=True)]
    found = next((row for row in rows if row.code == asked), None)
    if found is None:
        raise NotFound("scenario")
    return found


def _other(kind: YearKind) -> YearKind:
    return YearKind.CALENDAR if kind is YearKind.SCHOOL else YearKind.SCHOOL


def _address(year: LendingYear, scenario: ScenarioRow | None, file: str = "") -> str:
    """Of the page of a year, or of a `file` of it."""
    args = {"year": year.code, **({"scenario": scenario.code} if scenario else {})}
    return f"{BASE}{'/' + file if file else ''}?{urlencode(args)}"


def _chart(figures: LendingFigures) -> dict[str, Any]:
    months = figures.months.values()
    return {
        "labels": [short_month(month) for month in figures.months],
        "series": [
            {"name": _("Uses by loans"), "values": [played.uses for played in months], "style": "solid"},
            {"name": _("Uses at events"), "values": [played.events for played in months], "style": "soft"},
        ],
    }
