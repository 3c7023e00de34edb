"""What the pages of an import say of its lines: problems by cause, differences, lines that came too late."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from app.events.queries import EventRow
from app.registrations.importing.report import Cause, Checked, Difference, ImportReport
from app.registrations.importing.wording import has_own_words, say_cause, say_difference, say_problem, say_too_late
from app.sheets.problems import Problem
from app.web.filters import number
from app.web.i18n import current_locale

SHOWN = 200
VALUES = 8
"""Values of one cause that are shown at once; the others open."""
LINES = 12
"""Lines that are named for one value."""


@dataclass(frozen=True)
class ValueView:
    """One value of a column that does not fit, what is wrong with it where that differs, and the lines that have it."""

    value: str
    message: str
    lines: str


@dataclass(frozen=True)
class CauseView:
    """« 12 lignes : aucun public ne porte ce nom. » `first` and `others` are the values; `left` lines are not shown."""

    title: str
    column: str
    first: tuple[ValueView, ...]
    others: tuple[ValueView, ...]
    left: int


def cause_views(checked: Checked, *, warnings: bool) -> list[CauseView]:
    """The problems that keep lines from being written, or the warnings: by cause, the commonest first."""
    return [_cause_view(cause, checked.problems) for cause in checked.causes if cause.warning is warnings]


def difference_views(checked: Checked) -> list[tuple[Difference, str]]:
    """Lines whose registration is there, but otherwise, each with what differs."""
    locale = current_locale()
    return [(d, ", ".join(say_difference(name, locale) for name in d.names)) for d in checked.differences[:SHOWN]]


def unwritten_views(report: ImportReport) -> list[tuple[str, str]]:
    """Why lines were not written in the end, and which ones."""
    written, writing = report.written, report.writing
    found = written.unwritten if written else writing.tally.unwritten if writing else ()
    lines: dict[str, list[int]] = {}
    for line in found:
        lines.setdefault(say_too_late(line.code, current_locale()), []).append(line.line)
    return [(words, _line_words(numbers, most=SHOWN)) for words, numbers in lines.items()]


def answer_views(event: EventRow, checked: Checked) -> list[tuple[str, str, str]]:
    """(question, « 12 réponses », « 10 Oui, 2 Non ») for each question that the file answers, in the event's order."""
    locale, totals = current_locale(), {total.key: total for total in checked.answers}
    views = []
    for question in event.questions:
        total = totals.get(question.key)
        if total is None:
            continue
        labels = {choice.code: choice.label(locale) for choice in question.choices}
        taken = sorted(total.choices.items(), key=lambda found: -found[1])
        said = ", ".join(f"{number(count)}\N{NO-BREAK SPACE}× {labels.get(code, code)}" for code, count in taken)
        answered = ngettext("%(n)s answer", "%(n)s answers", total.answered, n=number(total.answered))
        views.append((question.label(locale), str(answered), said))
    return views


def count_words(checked: Checked) -> dict[str, str]:
    """The figures of the report with their words."""
    return {
        "good": lines_words(checked.registrations),
        "people": ngettext("%(n)s person", "%(n)s people", checked.people, n=number(checked.people)),
        "bad": lines_words(len(checked.bad_lines)),
    }


def lines_words(count: int) -> str:
    """« 12 lignes »."""
    return str(ngettext("%(n)s line", "%(n)s lines", count, n=number(count)))


def _cause_view(cause: Cause, problems: Iterable[Problem]) -> CauseView:
    locale = current_locale()
    mine = [p for p in problems if (p.code, p.column, p.warning) == (cause.code, cause.column, cause.warning)]
    found: dict[tuple[str, str], list[int]] = {}
    for problem in mine:
        message = say_problem(problem, locale) if has_own_words(cause.code) else ""
        found.setdefault((problem.value, message), []).append(problem.line)
    values = [
        ValueView(
            value, message, ngettext("line %(lines)s", "lines %(lines)s", len(lines), lines=_line_words(lines))
        )
        for (value, message), lines in found.items()
    ]  # fmt: skip
    words = say_cause(cause.code, locale)
    return CauseView(
        title=_("%(lines)s: %(cause)s", lines=lines_words(cause.lines), cause=words[:1].lower() + words[1:]),
        column=cause.column,
        first=tuple(values[:VALUES]),
        others=tuple(values[VALUES:]),
        left=cause.lines - len({p.line for p in mine}),
    )


def _line_words(lines: Sequence[int], most: int = LINES) -> str:
    """« 3, 8, 9 », and how many more there are."""
    shown = ", ".join(str(line) for line in lines[:most])
    left = len(lines) - most
    if left <= 0:
        return shown
    return str(ngettext("%(lines)s and %(num)d other", "%(lines)s and %(num)d others", left, lines=shown))
