"""Plans in words: what passages break, why groups have no place and what helps, what changed since a plan was made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext

from app.accounts.rules import Ability
from app.events.queries import EventRow
from app.flows.breaches import BreachKind
from app.flows.building import NotPlanned, Omission
from app.flows.causes import CauseKind, Unit
from app.flows.enums import PlanOrigin, PlanState
from app.flows.queries import BreachRow, CauseRow, Change, ChangeKind, PassageRow
from app.registrations.queries import RegistrationRow
from app.web.filters import day, hour, number
from app.web.guards import allows
from app.web.i18n import current_locale
from app.web.public.words import listed

MOST_NAMED = 4
STATES = {
    PlanState.MAKING: ("info", _l("Being made"), "hourglass"),
    PlanState.DRAFT: ("neutral", _l("Draft"), "pencil"),
    PlanState.IN_FORCE: ("ok", lazy_pgettext("plan", "In force"), "check"),
    PlanState.REPLACED: ("neutral", _l("Replaced"), "history"),
    PlanState.DROPPED: ("neutral", _l("Dropped"), "x"),
}
"""Kind of the badge, its words and its icon."""
ORIGINS = {
    PlanOrigin.PLANNED: _l("Planned"),
    PlanOrigin.HAND: _l("Changed by hand"),
    PlanOrigin.DELAY: _l("After a delay"),
    PlanOrigin.DATES: _l("For new dates"),
}


@dataclass(frozen=True)
class Said:
    """One sentence, and what helps."""

    text: str
    advice: str = ""


def name_of(row: PassageRow) -> str:
    """The class or the body. Who sees no names reads the number of a group that goes by a person's name."""
    return row.holder if allows(Ability.PEOPLE_SEE) or row.holder_detail else row.reference


def name_of_registration(row: RegistrationRow) -> str:
    """As `name_of`."""
    return row.holder if allows(Ability.PEOPLE_SEE) else row.class_label or row.organisation_name or row.reference


def team_name(row: PassageRow) -> str:
    """« 3e B », « 3e B, équipe 2 »."""
    if row.teams < 2:
        return name_of(row)
    return str(_("%(group)s, team %(number)s", group=name_of(row), number=row.team))


@dataclass(frozen=True)
class Moving:
    """A passage that somebody moves by hand, as it is before the move. `along`: what follows it moves too."""

    row: PassageRow
    along: bool


def breach_words(breach: BreachRow, event: EventRow, moving: Moving | None = None) -> Said:
    """« L’espace Orientation est trop petit de 10 h 00 à 10 h 20 : 84 personnes pour 60 places. »

    What helps is for the move that would break it, where there is one.
    """
    zone = event.timezone
    at = hour(breach.at, zone) if breach.at else ""
    until = hour(breach.until, zone) if breach.until else ""
    team = team_name(breach.passages[0]) if breach.passages else ""
    stops = [row.stop_name(current_locale()) for row in breach.passages]
    first, second = [*stops, "", ""][:2]
    values = {
        "space": breach.space_name, "at": at, "until": until, "team": team, "first": first, "second": second,
        "wanted": number(breach.wanted), "there": number(breach.there), "stand": breach.wanted, "who": _who(breach.passages),
    }  # fmt: skip
    texts = {
        BreachKind.SPACE_FULL: _(
            "%(space)s is too full from %(at)s to %(until)s: %(wanted)s people for %(there)s places (%(who)s).",
            **values,
        ),
        BreachKind.STANDS_FULL: _(
            "%(space)s has too few stands from %(at)s to %(until)s: %(wanted)s teams for %(there)s stands (%(who)s).",
            **values,
        ),
        BreachKind.STAND_TAKEN: _("Stand %(stand)s of %(space)s is taken twice at %(at)s (%(who)s).", **values),
        BreachKind.OVERLAP: _("%(team)s is in two places at %(at)s: %(first)s and %(second)s.", **values),
        BreachKind.TRANSFER: _(
            "%(team)s has %(there)s min to walk from %(first)s to %(second)s: it takes %(wanted)s min.",
            **values,
        ),
        BreachKind.ORDER: _("%(team)s goes to %(first)s before %(second)s: the route says the other way round.", **values),
        BreachKind.OUTSIDE_WINDOW: _("%(team)s would be at %(first)s at %(at)s, and arrives at %(until)s only.", **values),
        BreachKind.AFTER_END: _("%(team)s would be done at %(at)s, after the end at %(until)s.", **values),
        BreachKind.PIN: _("%(team)s is pinned to %(until)s at %(first)s.", **values),
        BreachKind.MISSING: _("A team does not go to all of its stops: %(there)s of %(wanted)s.", **values),
        BreachKind.STEP: _("%(team)s begins %(first)s at %(at)s: passages begin every 5 minutes.", **values),
    }  # fmt: skip
    return Said(str(texts[breach.kind]), _breach_advice(breach, moving))


_BREACH_ADVICE = {
    BreachKind.SPACE_FULL: _l("Move one of them earlier or later."),
    BreachKind.STANDS_FULL: _l("Move one of them earlier or later."),
    BreachKind.STAND_TAKEN: _l("Choose another stand, or another hour."),
    BreachKind.OVERLAP: _l("Move one of the two earlier or later."),
    BreachKind.TRANSFER: _l("Move one of the two earlier or later."),
}


def _breach_advice(breach: BreachRow, moving: Moving | None) -> str:
    """Moving what follows helps only where it was left behind: not against an earlier stop, nor against one that is pinned."""
    others = [row for row in breach.passages if moving is not None and row.id != moving.row.id]
    if moving is None or breach.kind not in {BreachKind.OVERLAP, BreachKind.TRANSFER} or not others:
        return str(_BREACH_ADVICE.get(breach.kind, ""))
    name = others[0].stop_name(current_locale())
    if all(row.starts_at < moving.row.starts_at for row in others):
        return str(_("Choose a later hour, or move %(stop)s earlier first.", stop=name))
    later = [row for row in others if row.starts_at > moving.row.starts_at]
    if not moving.along and not any(row.pinned for row in later):
        return str(_("Move what follows too."))
    return str(_("Choose an earlier hour, or move %(stop)s later first.", stop=later[0].stop_name(current_locale())))


def _who(rows: Sequence[PassageRow]) -> str:
    names = list(dict.fromkeys(team_name(row) for row in rows))
    return _some(names)


def _some(names: Sequence[str]) -> str:
    if len(names) <= MOST_NAMED:
        return listed(names)
    more = len(names) - MOST_NAMED
    return listed([*names[:MOST_NAMED], ngettext("%(num)d more", "%(num)d more", more)])


def cause_words(cause: CauseRow, event: EventRow) -> Said:
    """Why there is no place, and what to do about it."""
    rows = list(dict.fromkeys(name for _registration, _wave, name in cause.groups))
    who = _some(rows) if allows(Ability.PEOPLE_SEE) else ngettext("%(num)d group", "%(num)d groups", len(rows))
    values = {
        "space": cause.space_name, "who": who, "wanted": number(cause.wanted), "there": number(cause.there),
        "from_to": _from_to(cause, event),
    }  # fmt: skip
    if cause.kind is CauseKind.TOO_LONG:
        return Said(
            _("The route of %(who)s takes %(wanted)s min; from its arrival to the end there are %(there)s.", **values),
            _("Give it an earlier wave, shorten a stop, or close later."),
        )
    if cause.kind is CauseKind.PINS_CONFLICT:
        return Said(
            _("Pinned passages of %(who)s cannot hold together %(from_to)s: %(wanted)s are wanted, %(there)s are there.", **values)
            if cause.unit in {Unit.PEOPLE, Unit.MINUTES}
            else _("Pinned passages of %(who)s cannot hold together %(from_to)s.", **values),
            _("Let go of one of these pins, then plan again."),
        )  # fmt: skip
    wave = cause.kind is CauseKind.WAVE_TOO_LARGE
    advice = (
        _("Enlarge it, split large groups into teams, or move some groups to another wave.")
        if wave
        else _("Enlarge it, add a wave, or shorten the stop.")
    )
    return Said(_room_words(cause, values), advice)


def _room_words(cause: CauseRow, values: dict[str, str]) -> str:
    if cause.unit is Unit.TEAM_MINUTES:
        return str(_(
            "%(space)s has too few stands %(from_to)s for %(who)s: %(wanted)s minutes of teams, %(there)s there are.",
            **values,
        ))  # fmt: skip
    if cause.unit is Unit.PEOPLE:
        return str(_("%(space)s is too small for %(who)s: %(wanted)s people for %(there)s places.", **values))
    minutes = int((cause.ends_at - cause.starts_at).total_seconds() // 60) if cause.starts_at and cause.ends_at else 0
    if minutes:
        values = {**values, "wanted": number(-(-cause.wanted // minutes)), "there": number(cause.there // minutes)}
        return str(_(
            "%(space)s is too small %(from_to)s: %(wanted)s people on average for %(there)s places (%(who)s).",
            **values,
        ))  # fmt: skip
    return str(_("%(space)s is too small %(from_to)s for %(who)s.", **values))


def _from_to(cause: CauseRow, event: EventRow) -> str:
    if cause.starts_at is None:
        return ""
    starts = hour(cause.starts_at, event.timezone)
    which = day(cause.starts_at, event.timezone)
    if cause.ends_at is None or cause.ends_at == cause.starts_at:
        return str(_("on %(day)s at %(at)s", day=which, at=starts))
    return str(
        _("on %(day)s from %(at)s to %(until)s", day=which, at=starts, until=hour(cause.ends_at, event.timezone))
    )


def change_words(change: Change, event: EventRow, names: dict[int, str]) -> str:
    """What happened since the plan was made."""
    group = names.get(change.registration_id or 0, str(_("A group")))
    space = next((s.name for s in event.spaces if s.id == change.space_id), str(_("A space that is gone")))
    stop = next(
        (s.name(current_locale()) for s in event.stops if s.id == change.stop_id), str(_("A stop that is gone"))
    )
    texts: dict[ChangeKind, str] = {
        ChangeKind.GROUP_ADDED: _("%(group)s is new.", group=group),
        ChangeKind.GROUP_GONE: _("%(group)s no longer comes.", group=group),
        ChangeKind.HEADCOUNT: _(
            "%(group)s counts %(now)s people, it was %(before)s.", group=group, now=change.now, before=change.before
        ),
        ChangeKind.GROUP_ROUTE: _("%(group)s goes to other stops.", group=group),
        ChangeKind.GROUP_WAVE: _("%(group)s arrives at another time.", group=group),
        ChangeKind.SPACE: _("Space changed: %(space)s.", space=space),
        ChangeKind.STOP: _("Stop changed: %(stop)s.", stop=stop),
        ChangeKind.WALKS: _("Minutes to walk changed."),
        ChangeKind.DAYS: _("Days or hours of the event changed."),
        ChangeKind.DELAY: _("A delay was said since, or taken back."),
    }  # fmt: skip
    return str(texts[change.kind])


def list_change_words(changes: Sequence[Change], event: EventRow, names: dict[int, str]) -> list[str]:
    """What happened since, each thing once; of many groups to whom the same happened, how many they are."""
    of_kind: dict[ChangeKind, list[Change]] = {}
    for change in changes:
        of_kind.setdefault(change.kind, []).append(change)
    found: list[str] = []
    for kind, same in of_kind.items():
        if len(same) > MOST_NAMED and kind in _OF_GROUPS:
            found.append(_many_words(kind, len(same)))
        else:
            found += [change_words(change, event, names) for change in same]
    return list(dict.fromkeys(found))


_OF_GROUPS = frozenset(
    {ChangeKind.GROUP_ADDED, ChangeKind.GROUP_GONE, ChangeKind.HEADCOUNT, ChangeKind.GROUP_ROUTE, ChangeKind.GROUP_WAVE}
)


def _many_words(kind: ChangeKind, count: int) -> str:
    values = {"count": number(count)}
    texts = {
        ChangeKind.GROUP_ADDED: _("%(count)s groups are new.", **values),
        ChangeKind.GROUP_GONE: _("%(count)s groups no longer come.", **values),
        ChangeKind.HEADCOUNT: _("%(count)s groups count more or fewer people.", **values),
        ChangeKind.GROUP_ROUTE: _("The route changed: %(count)s groups go to other stops.", **values),
        ChangeKind.GROUP_WAVE: _("%(count)s groups arrive at another time.", **values),
    }
    return str(texts[kind])


def not_planned_words(left: Iterable[NotPlanned], event: EventRow) -> list[str]:
    """What the plan says nothing of, and why."""
    stops = {stop.id: stop.name(current_locale()) for stop in event.stops}
    found: list[str] = []
    groups = 0
    pins = 0
    for one in left:
        name = stops.get(one.stop_id or 0, "")
        if one.why is Omission.STOP_WITHOUT_SPACE and name:
            found.append(_("%(stop)s has no space: it is not planned.", stop=name))
        elif one.why is Omission.STOP_WITHOUT_MINUTES and name:
            found.append(_("%(stop)s has no minutes: it is not planned.", stop=name))
        groups += one.why is Omission.GROUP_WITHOUT_STOPS
        pins += one.why is Omission.PIN_GONE
    if groups:
        found.append(
            ngettext("%(num)d group goes to no planned stop.", "%(num)d groups go to no planned stop.", groups)
        )
    if pins:
        text = ngettext(
            "%(num)d pin no longer fits and was let go.", "%(num)d pins no longer fit and were let go.", pins
        )
        found.append(text)
    return [str(text) for text in found]


def moment_words(moment: datetime, event: EventRow, *, several: bool) -> str:
    """« 9 h 40 », with the day where the event has several."""
    at = hour(moment, event.timezone)
    return f"{day(moment, event.timezone)}, {at}" if several else at
