"""What a door's screen says: pure, from an answer and what is known of the ticket. `verdicts.js` says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from app.checkin.enums import Direction, Reason, ScanResult
from app.checkin.operations import ScanAnswer
from app.checkin.queries import DoorMatch
from app.checkin.rules import is_wrong_day, minus, refuse_status
from app.core.i18n import Locale, format_day, format_hour, translate
from app.events.queries import CheckpointRow, EventRow
from app.registrations.drafts import Headcount
from app.web.door.words import Words, fill
from app.web.i18n import current_locale

Kind = Literal["accepted", "already", "refused"]
LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Place:
    """Where a phone stands: its checkpoint and the way people go."""

    checkpoint: CheckpointRow
    direction: Direction


@dataclass(frozen=True)
class Verdict:
    """One screen. `lead` and `note` stand on white under it; figures are shown for a group."""

    kind: Kind
    title: str
    who: str = ""
    detail: str = ""
    lead: str = ""
    note: str = ""
    expected: Headcount | None = None
    present: Headcount | None = None
    unknown: bool = False


@dataclass(frozen=True)
class Ticket:
    """What is known of a ticket before it passes, in words where the page cannot make them."""

    code: str
    reference: str
    label: str
    group: bool
    school: bool
    status: str
    expected: Headcount
    inside: Headcount
    time: str
    days: str
    wrong_day: bool
    came_at: str
    came_day: str
    came_door: str
    absent: bool = False


def ticket_of(event: EventRow, match: DoorMatch, code: str, *, now: datetime) -> Ticket:
    """A ticket as the page knows it. A route card (its code is not the registration's own) passes as one person."""
    locale, zone = current_locale(), ZoneInfo(event.timezone)
    starts = sorted({wave.starts_at for wave in event.waves if wave.id in match.waves})
    days = list(dict.fromkeys(format_day(start, event.timezone, locale) for start in starts))
    all_days = {wave.starts_at.astimezone(zone).date() for wave in event.waves}
    own_days = {start.astimezone(zone).date() for start in starts}
    door = next((c.label(locale) for c in event.checkpoints if c.id == match.last_door), "")
    return Ticket(
        code=code,
        reference=match.reference,
        label=match.label,
        group=match.group and code == match.code,
        school=event.audience(match.audience).school,
        status=match.status.value,
        expected=match.expected if code == match.code else Headcount(),
        inside=match.inside,
        time=_time(event, starts, locale, now),
        days=", ".join(days),
        wrong_day=not event.date_to_come
        and len(all_days) > 1
        and is_wrong_day(now.astimezone(zone).date(), own_days, all_days),
        came_at=format_hour(match.last_in_at, event.timezone, locale) if match.last_in_at else "",
        came_day=_other_day(match.last_in_at, event.timezone, locale, now) if match.last_in_at else "",
        came_door=door,
        absent=match.absent,
    )


def _time(event: EventRow, starts: Sequence[datetime], locale: Locale, now: datetime) -> str:
    if event.date_to_come:
        return translate(locale, "New date to come")
    return _when(starts[0], event.timezone, locale, now) if len(starts) == 1 else ""


def _when(start: datetime, timezone: str, locale: Locale, now: datetime) -> str:
    """The hour; with its day on any other day, so that nobody takes Friday's class for today's."""
    return ", ".join(filter(None, [_other_day(start, timezone, locale, now), format_hour(start, timezone, locale)]))


def _other_day(moment: datetime, timezone: str, locale: Locale, now: datetime) -> str:
    """The day, unless it is today."""
    zone = ZoneInfo(timezone)
    today = moment.astimezone(zone).date() == now.astimezone(zone).date()
    return "" if today else format_day(moment, timezone, locale)


def asks_headcount(ticket: Ticket, match: DoorMatch, place: Place) -> bool:
    """Whether somebody must say how many pass: a group that may, and of which some still can."""
    if not ticket.group or refused_for(ticket, match, place) is not None:
        return False
    return passing(ticket, place).people > 0


def refused_for(ticket: Ticket, match: DoorMatch, place: Place) -> Reason | None:
    """Why a ticket is refused whoever passes with it: its registration has no place, or a place on another day."""
    reason = refuse_status(match.status, place.direction)
    if reason is None and place.direction is Direction.IN and ticket.wrong_day:
        return Reason.WRONG_WAVE
    return reason


def passing(ticket: Ticket, place: Place) -> Headcount:
    """Who is expected to pass now: at the entrance those not yet in, at a space or an exit those inside."""
    if place.direction is Direction.OUT:
        return ticket.inside
    if place.checkpoint.space_id is None:
        return minus(ticket.expected, ticket.inside)
    return ticket.inside if ticket.inside.people else ticket.expected


def people_text(count: Headcount, words: Words) -> str:
    """28 élèves + 2 adultes."""
    parts = [fill(words["participants"], n=count.participants)] if count.participants or not count.companions else []
    if count.companions:
        parts.append(fill(words["companions"], n=count.companions))
    return " + ".join(parts)


def expected_text(ticket: Ticket, words: Words) -> str:
    """« Attendus 28 élèves + 2 adultes, 9 h 40 »; of one person, the hour alone."""
    if not ticket.group:
        return fill(words["expected_one"], time=ticket.time) if ticket.time else ""
    people = people_text(ticket.expected, words)
    if ticket.time:
        return fill(words["expected_at"], people=people, time=ticket.time)
    return fill(words["expected"], people=people)


def is_late(ticket: Ticket, place: Place) -> bool:
    """Whether others of the group are in already, so that who passes the entrance now joins them."""
    return ticket.inside.people > 0 and place.direction is Direction.IN and place.checkpoint.space_id is None


def present_text(present: Headcount, expected: Headcount, words: Words) -> str:
    """« 29 sur 30 présents »."""
    return fill(words["present_of"], n=present.people, total=expected.people)


def question_text(ticket: Ticket, place: Place, words: Words) -> str:
    """What stands under the name before anybody passes: for late-comers first how many of theirs are in."""
    said = [present_text(ticket.inside, ticket.expected, words)] if ticket.group and is_late(ticket, place) else []
    gone = [fill(words["absent_detail"])] if ticket.absent and place.direction is Direction.IN else []
    return ". ".join([*said, *filter(None, [expected_text(ticket, words)]), *gone])


def count_label(part: str, passing_now: Headcount, ticket: Ticket, place: Place, words: Words) -> str:
    """What stands under the figure of those who pass: « élèves sur 28 », or of late-comers « élève de plus »."""
    n = getattr(passing_now, part)
    if is_late(ticket, place):
        return fill(words[f"{part}_more"], n=n)
    return fill(words[f"{part}_of"], n=n, total=getattr(ticket.expected, part))


def missing_text(missing: Headcount, words: Words) -> str:
    """« Manque 1 élève. Il pourra entrer plus tard avec le même code. »; empty when nobody is missing."""
    if missing.people == 0:
        return ""
    people = people_text(missing, words)
    return f"{fill(words['missing'], n=missing.people, people=people)} {fill(words['later'], n=missing.people)}"


def unknown_number(text: str, words: Words) -> Verdict:
    """The screen for a number that was typed and that no ticket here has: the same as for an unknown code."""
    shown = text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
    return Verdict(
        "refused", fill(words["unknown"]), fill(words["unknown_number"], text=shown), fill(words["unknown_number_detail"]),
        note=fill(words["unknown_next"]), unknown=True,
    )  # fmt: skip


def verdict_of(
    answer: ScanAnswer, ticket: Ticket | None, place: Place, event: EventRow, words: Words, *, now: datetime
) -> Verdict:
    """The screen for an answer. `ticket` is what was known before it."""
    who = answer.label or (ticket.label if ticket else "")
    if answer.result is ScanResult.REFUSED:
        return refusal_of(answer.reason or Reason.INVALID, who, ticket, place, event, words, now=now)
    group = ticket is not None and ticket.group
    figures = (answer.expected, answer.present) if group else (None, None)
    if answer.result is ScanResult.DUPLICATE:
        came = _came_text(ticket, words) if ticket else ""
        return Verdict(
            "already", fill(words["already_group" if group else "already_one"]), who, came,
            fill(words["all_in" if group else "one_in"]), fill(words["was_out"]), *figures,
        )  # fmt: skip
    if place.direction is Direction.OUT:
        return Verdict("accepted", fill(words["leave"]), who, "", _together(answer, ticket, place, words), "", *figures)
    detail = expected_text(ticket, words) if ticket else ""
    at_entrance = group and place.checkpoint.space_id is None
    notes = [missing_text(minus(answer.expected, answer.present), words)] if at_entrance else []
    if ticket is not None and ticket.absent:
        notes.insert(0, fill(words["absent_note"]))
    note = " ".join(filter(None, notes))
    return Verdict(
        "accepted", fill(words["enter"]), who, detail, _together(answer, ticket, place, words), note, *figures
    )


def _came_text(ticket: Ticket, words: Words) -> str:
    """« Entrés à 9 h 42, porte A », with the day when it was not today; empty when nobody came in yet."""
    if not ticket.came_at:
        return ""
    key = f"in_{'on' if ticket.came_day else 'at'}_{'group' if ticket.group else 'one'}"
    return fill(words[key], day=ticket.came_day, time=ticket.came_at, door=ticket.came_door)


def _together(answer: ScanAnswer, ticket: Ticket | None, place: Place, words: Words) -> str:
    """« 30 sur 30 présents, +1 maintenant » when a part of a group passed the entrance; else nothing."""
    if ticket is None or answer.expected.people <= 1 or place.checkpoint.space_id is not None:
        return ""
    before, after = ticket.inside.people, answer.present.people
    if min(before, after) == 0 and ticket.group:
        return ""  # all of those who are counted passed at once: the figures say it
    said = [present_text(answer.present, answer.expected, words)]
    if after != before:
        said.append(fill(words["now_in" if after > before else "now_out"], n=abs(after - before)))
    return ", ".join(said)


def refusal_of(
    reason: Reason, who: str, ticket: Ticket | None, place: Place, event: EventRow, words: Words, *, now: datetime
) -> Verdict:
    """The screen for a reason: why, and what to do next."""
    locale, zone = current_locale(), event.timezone
    code = "invalid" if reason is Reason.ALREADY_IN else reason.value
    if reason is Reason.SPACE_FULL and place.checkpoint.space_id is None:
        code = "route_full"  # only a group that gave its places back is asked that at the entrance
    values: dict[str, object] = {"day": ticket.days if ticket else "", "today": format_day(now, zone, locale)}
    space = next((s for s in event.spaces if s.id == place.checkpoint.space_id), None)
    if space is not None:
        values |= {"space": space.name, "capacity": space.capacity}
    why = fill(words.get(f"{code}_why", ""))
    return Verdict(
        "refused", fill(words[code]), who or why, fill(words[f"{code}_detail"], **values),
        note=fill(words[f"{code}_next"]), unknown=reason in {Reason.UNKNOWN, Reason.WRONG_EVENT},
    )  # fmt: skip
