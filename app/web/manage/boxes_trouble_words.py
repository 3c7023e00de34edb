"""Boxes that are away, in words: what is the matter, what can be chosen for each promise, what was done."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.rules import Ability
from app.boxes.enums import BoxCondition
from app.loans.availability import PoolBox
from app.loans.enums import LoanCancel
from app.recovery.drafts import Choice
from app.recovery.enums import Way
from app.recovery.errors import Refused
from app.recovery.rows import AwayBox, Reminded, TroubleBox, TroubleRow
from app.resources.halfdays import HalfDay, Period
from app.web.forms.boxes import CONDITION_LABELS, OUT_LABELS
from app.web.guards import allows
from app.web.i18n import current_locale
from app.web.loan_labels import REFUSALS, day_words, half_words, period_words, refusal_words

LEAVE = "leave"
MOST_BOXES = 8
"""So many free boxes stand in one list; the board shows the others."""
_GONE: Mapping[str, object] = {
    "gone": _l("It is settled by now, or the box is back."),
    "changed": _l("Somebody changed it since you opened this page."),
    "differs": _l("Several of its boxes are away. Choose a box for each, or the same thing for all."),
    "may_not": _l("An event gets another box here. Its days are changed on its own page."),
    "event_is_off": _l("The event no longer takes place on these days."),
    "event_boxes_not_found": _l("It is settled by now, or the box is back."),
}


@dataclass(frozen=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True)
class RowView:
    """A promise on the page. `options`: what may be chosen, in groups with their headings; `chosen` is one of the values."""

    row: TroubleRow
    name: str
    href: str
    period: str
    options: list[tuple[str, list[Option]]] = field(default_factory=list)
    chosen: str = LEAVE
    proposal: str = ""
    notes: list[str] = field(default_factory=list)
    problem: str = ""


@dataclass(frozen=True)
class BoxView:
    """An away box on the page: `matter` says what is the matter, in sentences."""

    found: TroubleBox
    matter: list[str]
    rows: list[RowView]


def box_view(found: TroubleBox, chosen: Mapping[str, str], problems: Mapping[str, Refused]) -> BoxView:
    """`chosen`: what somebody chose before, by key, kept where it can still be had and nothing stood in the way."""
    rows = [_row_view(row, found.box, chosen, problems.get(row.promise.key)) for row in found.rows]
    return BoxView(found, [*_broken(found.box), *_late(found.box, found.reminded)], rows)


def read_choice(key: str, seen: str, value: str) -> Choice | None:
    """What a page sends for one promise; None for what no page sends."""
    way, _colon, rest = value.partition(":")
    numbers = [int(part) if part.isdecimal() and len(part) < 10 else 0 for part in rest.split(".")] if rest else []
    if way == Way.OFF.value and not numbers:
        return Choice(key, seen, Way.OFF)
    if way == Way.BOX.value and len(numbers) == 1:
        return Choice(key, seen, Way.BOX, numbers[0])
    if way == Way.DATES.value and len(numbers) == 2:
        try:
            period = Period(HalfDay.of_number(numbers[0]), HalfDay.of_number(numbers[1]))
        except (ValueError, OverflowError):
            return None
        return Choice(key, seen, Way.DATES, period=period)
    return None


def problem_words(refused: Refused) -> str:
    """What stood in the way, without the name of the promise."""
    if refused.code in _GONE or refused.code in REFUSALS:
        return str(_GONE.get(refused.code) or refusal_words(refused.code))
    return str(_("These days can no longer be had. Choose others."))


def _row_view(row: TroubleRow, box: AwayBox, chosen: Mapping[str, str], refused: Refused | None) -> RowView:
    options = _options(row)
    values = {option.value for _group, found in options for option in found}
    key, preset = row.promise.key, _preset(row)
    wanted = chosen.get(key, preset) if refused is None else preset
    if row.loan is not None:
        name, href = row.loan.structure_name, f"/manage/boxes/loans/{row.loan.reference}"
    else:
        assert row.event is not None
        name, href = row.event.title(current_locale()), f"/manage/events/{row.event.slug}/boxes"
    return RowView(
        row, name, href, period_words(row.promise.period), options, wanted if wanted in values else preset,
        _proposal(row), _notes(row, box), problem_words(refused) if refused else "",
    )  # fmt: skip


def _preset(row: TroubleRow) -> str:
    """The proposal. Other dates and calling off are chosen by somebody."""
    if row.proposed is None or row.promise.can_wait:
        return LEAVE
    return f"{Way.BOX}:{row.proposed.id}"


def _options(row: TroubleRow) -> list[tuple[str, list[Option]]]:
    boxes = sorted(row.boxes, key=lambda box: (box != row.proposed, box.id in row.elsewhere))[:MOST_BOXES]
    groups = [(str(_("Another box")), [Option(f"{Way.BOX}:{box.id}", _box_words(box, row)) for box in boxes])]
    if row.may_move:
        dates = [Option(f"{Way.DATES}:{p.first.number}.{p.last.number}", period_words(p)) for p in row.dates]
        groups.append((str(_("Other dates")), dates))
        broken = row.promise.why is LoanCancel.BOX_BROKEN
        off = _("Call it off: the box is out of service") if broken else _("Call it off: the box is not back in time")
        groups.append((str(_("No loan")), [Option(Way.OFF.value, str(off))]))
    groups.append((str(_("Later")), [Option(LEAVE, str(_("Leave it as it is")))]))
    return [(group, options) for group, options in groups if options]


def _box_words(box: PoolBox, row: TroubleRow) -> str:
    words = [box.code]
    if box.condition is not BoxCondition.READY:
        words.append(str(CONDITION_LABELS[box.condition]))
    if box == row.proposed:
        words.append(str(_("proposed")))
    elif box.id in row.elsewhere:
        words.append(str(_("proposed for another loan on these days")))
    return " · ".join(words)


def _proposal(row: TroubleRow) -> str:
    if row.proposed is not None:
        return str(_("Free then: %(code)s.", code=row.proposed.code))
    if not row.accredited:
        return str(_("Nobody named is accredited on these days any more: name somebody first."))
    if row.boxes:
        return str(_("The boxes that are free then are proposed to others on this page."))
    if row.dates:
        return str(_("No other box is free then. Near by there are other days."))
    return (
        str(_("No other box is free then, nor on days near by."))
        if row.may_move
        else str(_("No other box is free then."))
    )


def _notes(row: TroubleRow, box: AwayBox) -> list[str]:
    """What else matters for the choice."""
    found, promise = [], row.promise
    if promise.can_wait and box.late is not None:
        promised = box.late.promised_on
        if promised is not None and promised.toordinal() * 2 + 1 < promise.first:
            found.append(_("This can wait: the borrower brings the box back on %(day)s.", day=day_words(promised)))
        else:
            found.append(_("This can wait: it begins in more than a month."))
    if promise.why is LoanCancel.BOX_BROKEN and box.out is not None and box.out[1] < promise.from_half:
        found.append(_("The box is back for this, but too late to be prepared."))
    if row.loan is not None and not row.loan.email:
        found.append(_("There is no e-mail address: tell them by telephone."))
    return [str(words) for words in found]


def _broken(box: AwayBox) -> list[str]:
    if box.out is None or box.out_reason is None or box.out_from is None:
        return []
    words = {"reason": OUT_LABELS[box.out_reason], "day": day_words(box.out_from)}
    found = [_("%(reason)s, since %(day)s.", **words)]
    if box.out_note and allows(Ability.PEOPLE_SEE):  # it is typed freely, and may name people
        found.append(_("“%(note)s”.", note=box.out_note))
    if box.out_until is None:
        found.append(_("Nobody knows yet when it will be back in use."))
    elif box.overdue_repair:
        day = day_words(box.out_until)
        found.append(_("It was expected back in use on %(day)s. Put it back in service, or say another day.", day=day))
    else:
        found.append(_("Expected back in use on %(day)s.", day=day_words(box.out_until)))
    return [str(words) for words in found]


def _late(box: AwayBox, reminded: Reminded | None) -> list[str]:
    if box.late is None:
        return []
    late = box.late
    found = [
        _("%(name)s still has it. It was to be back on %(when)s.", name=late.structure_name, when=half_words(late.last))
    ]
    if reminded is None:
        found.append(_("No reminder has left yet."))
    else:
        found.append(_("Last reminder: %(day)s.", day=day_words(reminded.sent_at.date())))
    if late.promised_on is not None:
        found.append(_("They say that they bring it back on %(day)s.", day=day_words(late.promised_on)))
    elif reminded is not None:
        found.append(_("Nobody has answered."))
    return [str(words) for words in found]
