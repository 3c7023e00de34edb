"""A box's history and where it is now, in words."""

from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.accounts.rules import Ability
from app.boxes.rows import BoxRow
from app.core import clock
from app.reports.queries.box_history import (
    BoxAtEvent,
    BoxLoan,
    HistoryLine,
    HistoryPage,
    LineKind,
    Whereabouts,
    box_history,
    whereabouts,
)
from app.resources.calendars import lending_zone
from app.resources.halfdays import Period, half_day_at
from app.web.filters import date_by, day
from app.web.forms.boxes import OUT_LABELS
from app.web.guards import allows
from app.web.i18n import current_locale
from app.web.loan_labels import MOMENT_LABELS, STATE_BADGES, half_words, period_words
from app.web.manage.history_words import VERBS

LONGEST_PAGE = 6
"""Figures of a page's number that are read."""


@dataclass(frozen=True)
class Told:
    """A line of the list: `texts` stand under its title, `who` is empty for those who see no names."""

    line: HistoryLine
    icon: str
    kind: str
    title: str
    href: str = ""
    texts: tuple[str, ...] = ()
    who: str = ""


def history_context(box: BoxRow) -> dict[str, Any]:
    """What the box's page shows of its history: the page asked for, and where the box is."""
    asked = request.args.get("page", "1")
    number = int(asked) if asked.isdecimal() and len(asked) <= LONGEST_PAGE else 1
    page: HistoryPage = box_history(box.id, number, now=clock.now())
    return {"history": [_told(line) for line in page.lines], "history_page": page, "where": where_words(box)}


def where_words(box: BoxRow) -> list[tuple[str, str]]:
    """Sentences with the address that each leads to, perhaps none: who has it, and what comes next."""
    found = whereabouts(box.id, now=clock.now())
    if found.next_loan is not None:
        said = _(
            "Next: %(name)s, %(period)s.", name=found.next_loan.structure, period=period_words(found.next_loan.period)
        )
        return [_here(box, found), (said, _loan_address(found.next_loan))]
    if found.next_event is not None:
        name = found.next_event.title(current_locale()) or _("an event")
        said = _("Next: %(name)s, %(period)s.", name=name, period=period_words(_span(found.next_event)))
        return [_here(box, found), (said, _event_address(found.next_event))]
    return [_here(box, found)]


def away_words(box: BoxRow) -> tuple[str, str] | None:
    """With whom it is now, or at which event, and the address that this leads to; None in its depot."""
    found = whereabouts(box.id, now=clock.now())
    return _here(box, found) if found.loan is not None or found.event is not None else None


def _here(box: BoxRow, found: Whereabouts) -> tuple[str, str]:
    loan, event = found.loan, found.event
    if loan is not None:
        values = {"name": loan.structure, "half": half_words(loan.period.last)}
        if found.late:
            return _("It is with %(name)s and should have been back by %(half)s.", **values), _loan_address(loan)
        return _("It is with %(name)s and comes back by %(half)s.", **values), _loan_address(loan)
    if event is not None:
        title = event.title(current_locale())
        said = _("It is at the event %(title)s.", title=title) if title else _("It is at an event.")
        return said, _event_address(event)
    if found.to_check is not None:
        said = _("It is back from %(name)s and waits for its check.", name=found.to_check.structure)
        return said, _loan_address(found.to_check)
    return _("It is in its depot: %(depot)s.", depot=box.depot) if box.depot else _("It is in its depot."), ""


def _event_address(event: BoxAtEvent) -> str:
    return f"/manage/events/{event.slug}/boxes" if event.slug else ""


def _loan_address(loan: BoxLoan) -> str:
    return f"/manage/boxes/loans/{loan.reference}"


def _told(line: HistoryLine) -> Told:
    if line.kind is LineKind.LOAN:
        return _loan(line)
    if line.kind is LineKind.EVENT:
        return _event(line)
    return _outage(line) if line.kind is LineKind.OUTAGE else _change(line)


def _loan(line: HistoryLine) -> Told:
    loan = line.loan
    assert loan is not None
    if loan.handed_over_at is None:
        given_up = loan.released or loan.state.value in {"refused", "cancelled", "not_collected"}
        title = (
            _("Was promised to %(name)s", name=loan.structure)
            if given_up
            else _("Promised to %(name)s", name=loan.structure)
        )
        icon, kind = ("ban", "neutral") if given_up else ("calendar-event", "info")
    else:
        title = _("Lent to %(name)s", name=loan.structure)
        icon, kind = ("truck-delivery", "ok" if loan.checked_at else "waiting")
    texts = [
        _("%(reference)s · %(state)s", reference=loan.reference, state=STATE_BADGES[loan.state][1]),
        period_words(loan.period),
    ]
    if loan.handed_over_at is not None and loan.returned_at is not None:
        texts.append(
            _(
                "Out on %(out)s, back on %(back)s.",
                out=day(loan.handed_over_at, year=True),
                back=day(loan.returned_at, year=True),
            )
        )
    for count in loan.missing:
        what = _(
            "%(name)s, %(counted)s of %(expected)s", name=count.name, counted=count.counted, expected=count.expected
        )
        texts.append(_("%(label)s: %(value)s", label=MOMENT_LABELS[count.moment], value=what))
    return Told(line, icon, kind, title, _loan_address(loan), tuple(texts))


def _event(line: HistoryLine) -> Told:
    event = line.event
    assert event is not None
    name = event.title(current_locale())
    title = _("At the event %(title)s", title=name) if name else _("At an event")
    return Told(line, "flag", "info", title, _event_address(event), (period_words(_span(event)),))


def _span(event: BoxAtEvent) -> Period:
    zone = lending_zone()
    last = half_day_at(event.to_at, zone).plus(-1)
    first = half_day_at(event.from_at, zone)
    return Period(first, max(first, last))


def _outage(line: HistoryLine) -> Told:
    outage = line.outage
    assert outage is not None
    since = date_by(outage.started_on, "d MMMM y")
    if outage.ended_on is not None:
        text = _("From %(first)s to %(last)s", first=since, last=date_by(outage.ended_on, "d MMMM y"))
    elif outage.expected_on is not None:
        text = _("Since %(day)s, expected back on %(back)s", day=since, back=date_by(outage.expected_on, "d MMMM y"))
    else:
        text = _("Since %(day)s.", day=since)
    title = _("Out of service: %(reason)s", reason=OUT_LABELS[outage.reason])
    return Told(
        line,
        "tools",
        "neutral" if outage.ended_on else "danger",
        title,
        "",
        (text, *([outage.note] if outage.note and allows(Ability.PEOPLE_SEE) else [])),
    )


def _change(line: HistoryLine) -> Told:
    change = line.change
    assert change is not None
    icon, words = VERBS.get(change.verb, ("history", change.verb))
    missing = change.details.get("missing") or []
    texts = (
        (_("Missing: %(things)s", things=", ".join(map(str, missing))),)
        if change.verb == "box.counted" and missing
        else ()
    )
    who = change.actor_label if allows(Ability.PEOPLE_SEE) else ""
    return Told(line, icon, "neutral", str(words), "", texts, who)
