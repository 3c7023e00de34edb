"""The tables of what was lent, in words: the same lines stand on the page and in the files."""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from flask_babel import gettext as _

from app.reports.exports import Cell, Sheet
from app.reports.lending import LendingFigures, Played, Repair, Unmet
from app.reports.queries.lending_figures import UNMET
from app.web.filters import date_by
from app.web.forms.boxes import OUT_LABELS
from app.web.forms.structures import KIND_LABELS
from app.web.i18n import current_locale
from app.web.loan_labels import CANCEL_LABELS, PURPOSE_LABELS, REFUSAL_LABELS, STATE_BADGES
from app.web.manage.figure_words import period_words

Key = TypeVar("Key")
REASONS: Mapping[str, object] = {
    **{reason.value: label for reason, label in REFUSAL_LABELS.items()},
    **{reason.value: label for reason, label in CANCEL_LABELS.items()},
}


class Shown(enum.StrEnum):
    TEXT = "text"
    NUMBER = "number"
    SHARE = "share"
    """Of 100, with a bar."""
    CENTS = "cents"


@dataclass(frozen=True)
class Column:
    label: str
    shown: Shown = Shown.NUMBER


@dataclass(frozen=True)
class Line:
    """`names` stand in the file's first columns, `name` on the page. None in `cells`: not known."""

    names: tuple[str, ...]
    cells: tuple[Cell, ...]
    name: str = ""


@dataclass(frozen=True)
class FigureTable:
    """`code` is in the file's address. `rule` says in a sentence what counts, `none` what stands there without lines."""

    code: str
    title: str
    rule: str
    heads: tuple[str, ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    total: Line | None = None
    none: str = ""

    def sheet(self, timezone: str) -> Sheet:
        """As a file has it: every line, the total last."""
        lines = [*self.lines, *([self.total] if self.total and self.lines else [])]
        heads = (*self.heads, *(column.label for column in self.columns))
        return Sheet(self.title, heads, [self._cells(line) for line in lines], timezone, current_locale())

    def _cells(self, line: Line) -> list[Cell]:
        names = [*line.names, *[""] * (len(self.heads) - len(line.names))]
        return [*names, *map(_in_file, line.cells, self.columns)]


def _in_file(cell: Cell, column: Column) -> Cell:
    """Shares with a decimal, values in euros."""
    if isinstance(cell, float):
        return round(cell, 1)
    return cell / 100 if column.shown is Shown.CENTS and isinstance(cell, int) else cell


def tables_of(figures: LendingFigures, before: LendingFigures) -> list[FigureTable]:
    """In the order of the page; `before` is the year before."""
    return [
        _totals(figures, before), _scenarios(figures, before), _boxes(figures, before), _months(figures, before),
        _kinds(figures, before),
        _communes(figures, before), _purposes(figures, before), _unmet(figures, before), _lost(figures),
        _lost_boxes(figures), _repairs(figures, before),
    ]  # fmt: skip


def _totals(figures: LendingFigures, before: LendingFigures) -> FigureTable:
    now, then = figures.total, before.total
    lines = [
        (_("Loans"), now.loans, then.loans),
        (_("Uses of boxes by loans"), now.uses, then.uses),
        (_("Uses of boxes at events"), now.events, then.events),
        (_("Borrowers"), now.borrowers, then.borrowers),
        (_("Players announced"), now.announced, then.announced),
        (_("Players counted"), now.counted, then.counted),
        (_("Loans with a count of players"), now.counted_in, then.counted_in),
        (_("Occupancy in percent"), now.occupancy, then.occupancy),
        (_("Things lost"), figures.lost_things, before.lost_things),
        (_("Value of what was lost, in euros"), _euros_lost(figures), _euros_lost(before)),
        (_("Days out of service"), figures.repair_days, before.repair_days),
    ]
    return FigureTable(
        "totals", _("The year in figures"), "", (_("Figure"),), (Column(figures.year.code), Column(before.year.code)),
        tuple(Line((name,), (value, old)) for name, value, old in lines),
    )  # fmt: skip


def _scenarios(figures: LendingFigures, before: LendingFigures) -> FigureTable:
    locale, old = current_locale(), {line.id: line.played for line in before.scenarios}
    lines = tuple(
        Line((f"{line.code} · {line.title(locale)}",), _played(line.played, old.get(line.id)))
        for line in figures.scenarios
    )
    return FigureTable(
        "scenarios", _("By scenario"),
        _(
            "Occupancy: open half-days on which boxes were out, of those on which they were in the inventory, up to now."
            " Without buffers."
        ),
        (_("Scenario"),), _use_columns(before), lines, Line((_("Total"),), _played(figures.total, before.total)),
        _("No box was in the inventory."),
    )  # fmt: skip


def _boxes(figures: LendingFigures, before: LendingFigures) -> FigureTable:
    old = {box.code: box.played for scenario in before.scenarios for box in scenario.boxes}
    lines = []
    for scenario in figures.scenarios:
        for box in scenario.boxes:
            shown = _("%(code)s, out of the inventory", code=box.code) if box.archived else box.code
            lines.append(Line((scenario.code, box.code), _played(box.played, old.get(box.code)), shown))
    return FigureTable(
        "boxes", _("By box"), _("Players of a loan with several boxes stand at each of them: do not add them up."),
        (_("Scenario"), _("Box")), _use_columns(before), tuple(lines), none=_("No box was in the inventory."),
    )  # fmt: skip


def _use_columns(before: LendingFigures) -> tuple[Column, ...]:
    return (
        Column(_("Loans")), Column(_("Uses by loans")), Column(_("Uses at events")), Column(_("Players announced")),
        Column(_("Players counted")), Column(_("Occupancy in percent"), Shown.SHARE), _uses_before(before),
    )  # fmt: skip


def _uses_before(before: LendingFigures) -> Column:
    return Column(_("Uses in %(year)s", year=before.year.code))


def _played(played: Played, old: Played | None) -> tuple[Cell, ...]:
    return (
        played.loans, played.uses, played.events, played.announced, _counted(played), played.occupancy,
        old.all_uses if old else 0,
    )  # fmt: skip


def _counted(played: Played) -> int | None:
    return played.counted if played.counted_in else None


def _months(figures: LendingFigures, before: LendingFigures) -> FigureTable:
    lines = [
        Line(
            (period_words(month),),
            (now.loans, now.uses, now.events, now.announced, _counted(now), then.all_uses),
        )
        for (month, now), then in zip(figures.months.items(), before.months.values(), strict=True)
    ]  # fmt: skip
    columns = (
        Column(_("Loans")), Column(_("Uses by loans")), Column(_("Uses at events")), Column(_("Players announced")),
        Column(_("Players counted")), _uses_before(before),
    )  # fmt: skip
    rule = _("A loan counts on the day of its hand-over, a box at an event on its first day there.")
    return FigureTable("months", _("Month by month"), rule, (_("Month"),), columns, tuple(lines))


def _kinds(figures: LendingFigures, before: LendingFigures) -> FigureTable:
    sums = [(str(KIND_LABELS[kind]), now, then) for kind, now, then in _beside(figures.kinds, before.kinds)]
    return _borrowed(figures, before, "kinds", _("Borrowers by kind"), _("Kind"), sums)


def _communes(figures: LendingFigures, before: LendingFigures) -> FigureTable:
    unknown = _("No commune is written down")
    sums = [(commune or unknown, now, then) for commune, now, then in _beside(figures.communes, before.communes)]
    return _borrowed(figures, before, "communes", _("Borrowers by commune"), _("Commune"), sums)


def _purposes(figures: LendingFigures, before: LendingFigures) -> FigureTable:
    sums = [(str(PURPOSE_LABELS[what]), now, then) for what, now, then in _beside(figures.purposes, before.purposes)]
    return _borrowed(figures, before, "purposes", _("Loans by purpose"), _("What for"), sums)


def _beside(now: Mapping[Key, Played], then: Mapping[Key, Played]) -> Iterator[tuple[Key, Played, Played]]:
    """What there was this year, then what only the year before had."""
    for key in [*now, *(key for key in then if key not in now)]:
        yield key, now.get(key, Played()), then.get(key, Played())


def _borrowed(
    figures: LendingFigures, before: LendingFigures, code: str, title: str, head: str,
    sums: list[tuple[str, Played, Played]],
) -> FigureTable:  # fmt: skip
    columns = (
        Column(_("Loans")), Column(_("Borrowers")), Column(_("Players announced")), Column(_("Players counted")),
        Column(_("Loans in %(year)s", year=before.year.code)),
    )  # fmt: skip

    def cells(now: Played, then: Played) -> tuple[Cell, ...]:
        return now.loans, now.borrowers, now.announced, _counted(now), then.loans

    rule = _("A structure counts once in each line, however often it borrows.")
    lines = tuple(Line((name,), cells(now, then)) for name, now, then in sums)
    total = Line((_("Total"),), cells(figures.total, before.total))
    return FigureTable(code, title, rule, (head,), columns, lines, total, _("Nothing was lent."))


def _unmet(figures: LendingFigures, before: LendingFigures) -> FigureTable:
    old = {(line.state, line.reason): line.requests for line in before.unmet}
    known, lines = {(line.state, line.reason) for line in figures.unmet}, []
    only_then = [
        Unmet(line.state, line.reason, 0, 0, 0) for line in before.unmet if (line.state, line.reason) not in known
    ]
    for line in sorted([*figures.unmet, *only_then], key=lambda line: UNMET.index(line.state)):
        state, reason = str(STATE_BADGES[line.state][1]), str(REASONS.get(line.reason, ""))
        cells = (line.requests, line.boxes, line.players, old.get((line.state, line.reason), 0))
        name = _("%(label)s: %(value)s", label=state, value=reason) if reason else state
        lines.append(Line((state, reason), cells, name))
    columns = (
        Column(_("Requests")), Column(_("Boxes asked for")), Column(_("Players announced")),
        Column(_("Requests in %(year)s", year=before.year.code)),
    )  # fmt: skip
    return FigureTable(
        "unmet", _("What came to nothing"),
        _("Requests refused, loans called off or not collected: each counts on the first day it was for."),
        (_("What became of it"), _("Reason")), columns, tuple(lines), none=_("Every request became a loan."),
    )  # fmt: skip


def _euros_lost(figures: LendingFigures) -> float | None:
    """None where things were lost and the value of none is known."""
    unknown = figures.lost and all(line.value_cents is None for line in figures.lost)
    return None if unknown else figures.lost_cents / 100


def _lost(figures: LendingFigures) -> FigureTable:
    lines = tuple(
        Line((line.name,), (line.scenario_code, line.number, line.value_cents)) for line in figures.lost
    )  # fmt: skip
    columns = (Column(_("Scenario"), Shown.TEXT), Column(_("Number lost")), Column(_("Value in euros"), Shown.CENTS))
    known = figures.lost_cents if _euros_lost(figures) is not None else None
    total = Line((_("Total"),), ("", figures.lost_things, known))
    return FigureTable(
        "lost", _("Things lost"),
        _("There at the hand-over and missing at the check. What is used up does not count; the total leaves unknown values out."),
        (_("Thing"),), columns, lines, total, _("Nothing was missing at a check."),
    )  # fmt: skip


def _lost_boxes(figures: LendingFigures) -> FigureTable:
    lines = tuple(_lost_box_lines(figures))
    columns = (
        Column(_("Lost since"), Shown.TEXT), Column(_("Found again"), Shown.TEXT), Column(_("Value in euros"), Shown.CENTS),
    )  # fmt: skip
    rule = _("Boxes put out of service because they are lost, on the day it was noted.")
    return FigureTable("lost-boxes", _("Boxes lost"), rule, (_("Box"),), columns, lines, none=_("No box was lost."))


def _lost_box_lines(figures: LendingFigures) -> Iterator[Line]:
    for line in figures.lost_boxes:
        found = date_by(line.found_on, "d MMMM y") if line.found_on else _("not yet")
        yield Line((line.code,), (date_by(line.since, "d MMMM y"), found, line.value_cents))


def _repairs(figures: LendingFigures, before: LendingFigures) -> FigureTable:
    old, known = {line.reason: line.days for line in before.repairs}, {line.reason for line in figures.repairs}
    only_then = [Repair(line.reason, 0, 0, 0) for line in before.repairs if line.reason not in known]
    lines = tuple(
        Line((str(OUT_LABELS[line.reason]),), (line.outages, line.boxes, line.days, old.get(line.reason, 0)))
        for line in [*figures.repairs, *only_then]
    )
    columns = (
        Column(_("Times out of service")), Column(_("Boxes")), Column(_("Days")),
        Column(_("Days in %(year)s", year=before.year.code)),
    )  # fmt: skip
    return FigureTable(
        "repairs", _("Boxes out of service"),
        _("The days of this year on which a box was out of service; the day it came back is not counted."),
        (_("Reason"),), columns, lines, none=_("No box was out of service."),
    )  # fmt: skip
