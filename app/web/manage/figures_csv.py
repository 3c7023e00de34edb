"""Figures as a table for a spreadsheet: totals only, each line says what it adds up."""

import csv
import io
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.events.enums import Measure
from app.events.queries import EventRow
from app.events.rules import Occupancy
from app.events.targets import TargetKey
from app.reports.queries.dashboard import Dashboard
from app.reports.queries.figures import Figures
from app.reports.queries.targets import Targets
from app.reports.sums import NOTHING, Sums
from app.sheets.cells import as_text
from app.web.i18n import current_locale
from app.web.manage.figure_words import (
    Reached,
    audience_names,
    called_off_lines,
    cancel_lines,
    day_lines,
    no_show_lines,
    period_words,
)

COLUMNS = {
    "part": _l("Part"),
    "name": _l("Name"),
    "places": _l("Places"),
    "taken": _l("Places taken"),
    "registrations": _l("Registrations"),
    "registered": _l("People registered"),
    "aim_registered": _l("Target: people registered"),
    "groups": _l("Groups registered"),
    "aim_groups": _l("Target: groups registered"),
    "came": _l("People who came"),
    "aim_present": _l("Target: people who came"),
    "waiting": _l("People on the waiting list"),
    "oriented": _l("People sent by somebody"),
    "cancelled": _l("People cancelled"),
    "absent": _l("People absent"),
    "events": _l("Events"),
}
Line = dict[str, object]


def figures_csv(organiser_id: int, figures: Figures, targets: Targets, reached: Reached, file_name: str) -> Response:
    """Of a project or a year: the whole, then by audience, by month, by event, and the reasons."""
    audiences = {*figures.audiences, *(key.audience for key in targets if key.audience)}
    names = audience_names(organiser_id, audiences)
    locale = current_locale()
    lines = [{**_sums(_("Total"), "", figures.sums), **_aims(targets), **_filled(figures.occupancy)}]
    for code, name in names.items():
        sums = figures.audiences.get(code, NOTHING)
        lines.append({**_sums(_("Audience"), name, sums), **_aims(targets, audience=code)})
    for month in sorted({*figures.months, *(key.period for key in targets if key.period)}):
        sums = figures.months.get(month, NOTHING)
        lines.append({**_sums(_("Month"), period_words(month), sums), **_aims(targets, period=month)})
    lines += _crossed(_("Audience and month"), targets, reached, names)
    lines += [
        {**_sums(_("Event"), event.title(locale), event.sums), **_filled(event.occupancy)} for event in figures.events
    ]
    lines[0]["events"] = len(figures.events)
    lines += _reasons(organiser_id, figures.sums)
    for off in called_off_lines(organiser_id, figures):
        amount = {"registered": off.people, "events": off.events}
        lines.append({"part": _("Reason why an event was called off"), "name": off.label, **amount})
    return _answer(lines, file_name)


def event_csv(event: EventRow, figures: Dashboard, targets: Targets, reached: Reached, file_name: str) -> Response:
    """Of an event: the whole, then by audience, by day, by wave, and the reasons."""
    audiences = {*figures.by_audience, *(key.audience for key in targets if key.audience)}
    names = audience_names(event.organiser_id, audiences)
    whole = _filled(figures.places.occupancy(event))
    lines = [{**_sums(_("Total"), "", figures.sums), **_aims(targets), **whole}]
    for code, name in names.items():
        sums = figures.by_audience.get(code, NOTHING)
        lines.append({**_sums(_("Audience"), name, sums), **_aims(targets, audience=code)})
    for day in day_lines(event, figures, targets, names):
        line: Line = {"part": _("Day"), "name": day.name, "places": day.places, "registered": day.registered}
        lines.append({**line, "came": day.came, **_aims(targets, period=day.period)})
    lines += _crossed(_("Audience and day"), targets, reached, names)
    for wave in event.waves:
        of_wave = figures.waves[wave.id]
        begins = wave.starts_at.astimezone(ZoneInfo(event.timezone)).strftime("%Y-%m-%d %H:%M")
        line = {"part": _("Wave"), "name": begins, "places": wave.capacity, "taken": of_wave.expected}
        lines.append({**line, "registered": of_wave.expected, "came": of_wave.came})
    lines += _reasons(event.organiser_id, figures.sums)
    return _answer(lines, file_name)


def _sums(part: str, name: str, sums: Sums) -> Line:
    return {
        "part": part, "name": name, "registrations": sums.registered.registrations, "registered": sums.registered.people,
        "groups": sums.groups, "came": sums.came, "waiting": sums.waiting.people, "oriented": sums.oriented,
        "cancelled": sums.cancellations.people, "absent": sums.absent.people,
    }  # fmt: skip


def _filled(occupancy: Occupancy) -> Line:
    """Places and those taken: what may be compared, where one person may hold several."""
    return {"places": occupancy.places or 0, "taken": occupancy.taken}


def _aims(targets: Targets, *, audience: str = "", period: str = "") -> Line:
    keys = [TargetKey(measure, audience, period) for measure in Measure]
    return {f"aim_{key.measure.value}": targets[key] for key in keys if key in targets}


def _crossed(part: str, targets: Targets, reached: Reached, names: dict[str, str]) -> Iterator[Line]:
    """A line for each audience and period that has a target of its own."""
    shown = {Measure.REGISTERED: "registered", Measure.PRESENT: "came", Measure.GROUPS: "groups"}
    for period, audience in sorted({(key.period, key.audience) for key in targets if key.period and key.audience}):
        line: Line = {"part": part, "name": f"{names.get(audience, audience)}, {period_words(period)}"}
        line |= {column: reached(TargetKey(measure, audience, period)) for measure, column in shown.items()}
        yield {**line, **_aims(targets, audience=audience, period=period)}


def _reasons(organiser_id: int, sums: Sums) -> Iterator[Line]:
    for line in cancel_lines(organiser_id, sums):
        amount = {"registrations": line.amount.registrations, "cancelled": line.amount.people}
        yield {"part": _("Reason of a cancellation"), "name": line.label, **amount}
    for line in no_show_lines(organiser_id, sums):
        amount = {"registrations": line.amount.registrations, "absent": line.amount.people}
        yield {"part": _("Reason of an absence"), "name": line.label, **amount}


def _answer(lines: list[Line], file_name: str) -> Response:
    """Semicolons between, UTF-8 with a byte order mark; no cell of it is ever a formula."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow([str(title) for title in COLUMNS.values()])
    for line in lines:
        writer.writerow([as_text(cell) if isinstance(cell := line.get(key, ""), str) else cell for key in COLUMNS])
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response("\ufeff" + target.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
