"""What happened to a loan, in words: what changed from what to what, which agreement, why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.audit import AuditRow, list_history
from app.loans.agreements import AgreementRow
from app.loans.queries import LoanRow
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period
from app.web.filters import date_by
from app.web.loan_labels import period_words
from app.web.manage.history_words import verb_words
from app.web.manage.history_words_boxes import reason_words

MOST_LINES = 50


@dataclass(frozen=True)
class Told:
    """A line: its icon, its title, and the details that stand under it."""

    line: AuditRow
    icon: str
    title: str
    texts: tuple[str, ...]


def told_history(loan: LoanRow, agreements: Sequence[AgreementRow], *, people: bool) -> list[Told]:
    """The newest first. `people`: whether the one who reads may see names."""
    names = {a.number: a.accepted_name for a in agreements} if people else {}
    return [
        Told(line, *verb_words(line.verb), tuple(_texts(line.verb.partition(".")[2], line.details, names)))
        for line in list_history(f"loan:{loan.id}", limit=MOST_LINES)
    ]


def _texts(what: str, details: Mapping[str, Any], names: Mapping[int, str]) -> list[str]:
    say = _SENTENCES.get(what)
    found = say(details, names) if say else []
    if details.get("box"):
        found.append(str(details["box"]))
    if details.get("reason"):
        found.append(str(_("The reason: %(reason)s.", reason=_lower(reason_words(details["reason"], "loan.")))))
    return found


def _dates(details: Mapping[str, Any], _names: Mapping[int, str]) -> list[str]:
    before, after = _period(details.get("before", "")), _period(details.get("after", ""))
    return [str(_("Before: %(period)s", period=before)), str(_("Now: %(period)s", period=after))] if before else []


def _swapped(details: Mapping[str, Any], _names: Mapping[int, str]) -> list[str]:
    return [f"{details.get('from', '')} → {details.get('to', '')}"]


def _made(details: Mapping[str, Any], _names: Mapping[int, str]) -> list[str]:
    return [str(_("Agreement no. %(number)s", number=details.get("number", 1)))]


def _agreed(details: Mapping[str, Any], names: Mapping[int, str]) -> list[str]:
    number = details.get("number")
    how = _("On paper, noted by the team") if details.get("how") == "paper" else _("By the borrower’s link")
    found = [str(how)] if number is None else [*_made(details, names), str(how)]
    name = names.get(number, "") if number is not None else ""
    return [*found, str(_("Signed by %(name)s", name=name))] if name else found


def _asked(details: Mapping[str, Any], _names: Mapping[int, str]) -> list[str]:
    boxes = details.get("boxes")
    if not isinstance(boxes, int):
        return []
    count = ngettext("%(num)d box", "%(num)d boxes", boxes)
    return [f"{details.get('scenario', '')} · {count}"]


def _approved(details: Mapping[str, Any], _names: Mapping[int, str]) -> list[str]:
    return [", ".join(map(str, details.get("boxes", [])))]


def _promised(details: Mapping[str, Any], _names: Mapping[int, str]) -> list[str]:
    return [date_by(date.fromisoformat(details["day"]), "EEEE d MMMM y")] if details.get("day") else []


def _players(details: Mapping[str, Any], _names: Mapping[int, str]) -> list[str]:
    before, after = details.get("before"), details.get("after")
    return [f"{'–' if before is None else before} → {'–' if after is None else after}"]


_SENTENCES: dict[str, Callable[[Mapping[str, Any], Mapping[int, str]], list[str]]] = {
    "asked": _asked,
    "approved": _approved,
    "agreement_made": _made,
    "agreed": _agreed,
    "dates_changed": _dates,
    "box_swapped": _swapped,
    "promised": _promised,
    "players_counted": _players,
}


def _period(text: str) -> str:
    """« 2027-02-01 am – 2027-02-03 pm » as people say it; empty for anything else."""
    try:
        ends = [HalfDay(date.fromisoformat(part[:10]), Half(part[11:])) for part in text.split(" – ")]
        first, last = ends
    except ValueError:
        return ""
    return period_words(Period(first, last))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
