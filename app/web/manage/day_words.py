"""What a delay means, in words: who moves by how much, who ends late, where it gets tight, how many mails go."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.rules import Ability
from app.events.queries import EventRow
from app.flows.building import registration_and_wave
from app.flows.delays import Outcome, Pushed
from app.registrations.queries import RegistrationRow, list_registrations_by_id
from app.web.filters import hour, number
from app.web.guards import allows

MOST_NAMED = 12


@dataclass(frozen=True)
class Line:
    """One consequence; `grave` ones need a look."""

    icon: str
    text: str
    grave: bool = False


def consequences(event: EventRow, outcome: Outcome) -> tuple[list[Line], int, list[RegistrationRow]]:
    """In words, how many mails go out, and those to telephone: who has no mail address."""
    silent = [one.registration_id for one in outcome.alone if not one.has_mail]
    named = sorted({*_named(outcome), *silent})
    rows = {row.id: row for row in list_registrations_by_id(named)} if named else {}
    told = [rows[one] for one in outcome.concerned if one in rows and rows[one].alive and rows[one].absent_at is None]
    lines = _moved(outcome, told) + _alone(outcome)
    if outcome.pushed is not None:
        lines += _ends(event, outcome.pushed, {row.id: row for row in told})
        lines += _grave(event, outcome.pushed, rows)
    mails = sum(bool(row.contact_email) for row in told) + len(outcome.alone) - len(silent)
    calls = [row for row in told if not row.contact_email] + [rows[one] for one in silent if one in rows]
    return lines, mails, calls


def name_of(row: RegistrationRow) -> str:
    """The class or the group; the person's own name for those alone who see names."""
    shown = row.class_label or row.organisation_name
    return shown or (row.contact_name if allows(Ability.PEOPLE_SEE) else row.reference)


def _named(outcome: Outcome) -> set[int]:
    over = outcome.pushed.drift.consequences.over if outcome.pushed else ()
    return {*outcome.concerned, *(registration_and_wave(one.group)[0] for one in over)}


def _moved(outcome: Outcome, told: list[RegistrationRow]) -> list[Line]:
    if not told:
        return []
    shifts = [outcome.concerned[row.id] for row in told]
    values = {"count": number(len(told)), "minutes": max(abs(shift) for shift in shifts)}
    if max(shifts) > 0:
        text = ngettext(
            "%(num)d group moves later, by up to %(minutes)s minutes.",
            "%(count)s groups move later, by up to %(minutes)s minutes.", len(told), **values,
        )  # fmt: skip
        return [Line("clock", text)]
    text = ngettext(
        "%(num)d group is earlier again, by up to %(minutes)s minutes.",
        "%(count)s groups are earlier again, by up to %(minutes)s minutes.", len(told), **values,
    )  # fmt: skip
    return [Line("clock", text)]


def _alone(outcome: Outcome) -> list[Line]:
    if not outcome.alone:
        return []
    count = len(outcome.alone)
    words = ngettext(
        "%(num)d person who comes alone is told.",
        "%(count)s people who come alone are told.",
        count,
        count=number(count),
    )
    return [Line("users", words)]


def _ends(event: EventRow, pushed: Pushed, told: dict[int, RegistrationRow]) -> list[Line]:
    """« 3e B finit à 12 h 15 au lieu de 12 h. »"""
    lines = []
    for one in pushed.drift.consequences.moved:
        row = told.get(registration_and_wave(one.group)[0])
        if row is not None and one.ends != one.ended:
            text = _(
                "%(who)s ends at %(now)s instead of %(before)s.",
                who=name_of(row), now=_hour(event, pushed, one.ends), before=_hour(event, pushed, one.ended),
            )  # fmt: skip
            lines.append(Line("arrow-right", text))
    more = len(lines) - MOST_NAMED
    if more > 0:
        text = ngettext(
            "And %(num)d other group ends at another hour.", "And %(num)d others end at another hour.", more
        )
        lines = [*lines[:MOST_NAMED], Line("arrow-right", text)]
    return lines


def _grave(event: EventRow, pushed: Pushed, rows: dict[int, RegistrationRow]) -> list[Line]:
    found, spaces = pushed.drift.consequences, {str(space.id): space.name for space in event.spaces}
    lines = []
    for one in found.over[:MOST_NAMED]:
        row = rows.get(registration_and_wave(one.group)[0])
        values = {"who": name_of(row) if row else "–", "end": _hour(event, pushed, one.ends)}
        limit = _hour(event, pushed, one.limit)
        if one.leaving:
            text = _("%(who)s leaves at %(limit)s and would be through at %(end)s.", limit=limit, **values)
        else:
            text = _("%(who)s ends at %(end)s, after the end of the day (%(limit)s).", limit=limit, **values)
        lines.append(Line("alert-triangle", text, grave=True))
    for tight in found.tight:
        text = _(
            "%(space)s gets tight: %(people)s people for %(capacity)s places at %(hour)s.",
            space=spaces.get(tight.space, ""), people=number(tight.people), capacity=number(tight.capacity),
            hour=_hour(event, pushed, tight.at),
        )  # fmt: skip
        lines.append(Line("alert-triangle", text, grave=True))
    return lines


def _hour(event: EventRow, pushed: Pushed, minute: int) -> str:
    return hour(pushed.planned.hours.moment(minute), event.timezone)
