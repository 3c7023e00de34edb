"""What the live board says, in words: rows of its tables and lists, with names only for those who may read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask_babel import gettext as _
from flask_babel import ngettext

from app.checkin.enums import ConflictKind, LateReason, OverrideReason
from app.checkin.queries import Occupancy, label_of
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.reports.queries.live_board import Arrivals, AwaitedGroup, Heads, WaveLive
from app.reports.queries.live_conflicts import CountRow, ToConfirm
from app.reports.queries.live_door import DeviceLine, DoorNews, OverLine, WalkIns
from app.web.filters import day, hour, number
from app.web.i18n import current_locale
from app.web.manage.phone_words import lost_words, unsent_words

NEARLY_FULL = 75


@dataclass(frozen=True)
class Reader:
    """What a person who watches may read and do: people's data, every row or groups alone, the door, the list, the day's page."""

    people: bool
    every_row: bool
    door: bool
    rows: bool
    day: bool


@dataclass(frozen=True)
class SpaceLine:
    """`percent` of the bar is filled; from `limit_percent` on it is hatched: people beyond the limit."""

    name: str
    present: int
    capacity: int
    percent: float
    limit_percent: float
    level: str
    said: str


Cell = tuple[str, str]
"""People and, in words, groups; empty where there are none."""


@dataclass(frozen=True)
class WaveLine:
    begins: str
    stage: str
    expected: Cell
    arrived: Cell
    coming: Cell
    late: Cell
    percent: float
    bar: str


@dataclass(frozen=True)
class GroupLine:
    """`tone`: late, soon or absent."""

    reference: str
    name: str
    detail: str
    size: str
    said: str
    tone: str
    contact: str
    phone: str


@dataclass(frozen=True)
class CountLine:
    """A conflict: `asked` is one sentence, `first` and `second` what the buttons say; `both` where both may stand. `late`: a
    passage of a phone that was taken off, which counts or does not.
    """

    id: int
    name: str
    asked: str
    first: str
    second: str
    both: bool
    late: bool


@dataclass(frozen=True)
class OverWords:
    name: str
    reference: str
    said: str
    note: str


@dataclass(frozen=True)
class DeviceWords:
    id: int
    name: str
    said: str
    tone: str


@dataclass(frozen=True)
class Board:
    present: int
    audiences: tuple[tuple[str, str, int], ...]
    spaces: tuple[SpaceLine, ...]
    waves: tuple[WaveLine, ...]
    groups: tuple[GroupLine, ...]
    more_groups: int
    late_groups: int
    counts: tuple[CountLine, ...]
    devices: tuple[DeviceWords, ...]
    devices_known: int
    walk_ins: WalkIns
    over: tuple[OverWords, ...]
    more_over: int


def board_words(
    event: EventRow, arrivals: Arrivals, news: DoorNews, conflicts: Sequence[ToConfirm], reader: Reader, now: datetime
) -> Board:
    groups = [_group(event, group, reader, now) for group in arrivals.awaited]
    return Board(
        present=arrivals.occupancy.present,
        audiences=_audiences(event, arrivals.occupancy),
        spaces=_spaces(event, arrivals.occupancy),
        waves=tuple(_wave(event, wave, now) for wave in arrivals.waves),
        groups=tuple(groups),
        more_groups=max(0, arrivals.awaited_count - len(groups)),
        late_groups=sum(wave.late.groups for wave in arrivals.waves),
        counts=tuple(count_line(event, row, reader) for row in conflicts),
        devices=tuple(words for device in news.devices if (words := _device(event, device)) is not None),
        devices_known=len(news.devices),
        walk_ins=news.walk_ins,
        over=tuple(_over(event, line, reader) for line in news.over),
        more_over=max(0, news.over_count - len(news.over)),
    )


def reason_words(reason: OverrideReason) -> str:
    """Why staff let somebody in though the answer was no."""
    return {
        OverrideReason.TOLD: str(_("an organiser said so")),
        OverrideReason.TICKET_WRONG: str(_("an error on the ticket")),
        OverrideReason.WITH_GROUP: str(_("came with a group")),
        OverrideReason.SAFETY: str(_("for safety")),
        OverrideReason.OTHER: str(_("another reason")),
    }[reason]


def _audiences(event: EventRow, occupancy: Occupancy) -> tuple[tuple[str, str, int], ...]:
    """(code, name, people) of audiences with somebody in, in the event's order."""
    order = [audience.code for audience in event.audiences]
    present = sorted(
        occupancy.by_audience, key=lambda code: (code not in order, order.index(code) if code in order else 0)
    )
    return tuple((code, event.audience(code).label(current_locale()), occupancy.by_audience[code]) for code in present)


def _spaces(event: EventRow, occupancy: Occupancy) -> tuple[SpaceLine, ...]:
    names = {space.id: space.name for space in event.spaces}
    return tuple(_space(names[s.id], s.present, s.capacity) for s in occupancy.spaces)


def _space(name: str, present: int, capacity: int) -> SpaceLine:
    whole, share = max(present, capacity, 1), 100 * present / max(capacity, 1)
    if present > capacity:
        level = "over"
        said = ngettext("%(num)d too many", "%(count)s too many", present - capacity, count=number(present - capacity))
    elif present == capacity:
        level, said = "full", _("full")
    else:
        level, left = "nearly" if share >= NEARLY_FULL else "free", capacity - present
        said = ngettext("%(num)d place free", "%(count)s places free", left, count=number(left))
    return SpaceLine(name, present, capacity, 100 * present / whole, 100 * capacity / whole, level, str(said))


def _wave(event: EventRow, line: WaveLive, now: datetime) -> WaveLine:
    stage = "past" if line.ends_at <= now else "now" if line.begins_at <= now else "later"
    came, due = line.arrived.people, line.expected.people
    said = _("%(came)s arrived of %(expected)s expected", came=number(came), expected=number(due))
    cells = (_cell(line.expected), _cell(line.arrived), _cell(line.coming), _cell(line.late))
    return WaveLine(hour(line.begins_at, event.timezone), stage, *cells, 100 * came / due if due else 0, str(said))


def _cell(heads: Heads) -> Cell:
    shown = ngettext("%(count)s group", "%(count)s groups", heads.groups, count=number(heads.groups))
    groups = shown if heads.groups else ""
    return (number(heads.people), groups) if heads.people or heads.groups else ("", "")


class _Named(Protocol):
    @property
    def reference(self) -> str: ...
    @property
    def class_label(self) -> str: ...
    @property
    def organisation_name(self) -> str: ...


def _name(row: _Named) -> str:
    """The class or its school: no person's name."""
    return row.class_label or row.organisation_name or row.reference


def _detail(row: _Named) -> str:
    return row.organisation_name if row.class_label else ""


def _group(event: EventRow, group: AwaitedGroup, reader: Reader, now: datetime) -> GroupLine:
    due, minutes = hour(group.due_at, event.timezone), int((now - group.due_at).total_seconds() // 60)
    if group.absent_at is not None:
        tone, said = "absent", _("Expected at %(hour)s. Noted as absent.", hour=due)
    elif minutes > 0:
        late = ngettext("%(num)d min late", "%(num)d min late", minutes)
        tone, said = "late", _("Expected at %(hour)s: %(late)s.", hour=due, late=late)
    else:
        tone, said = "soon", _("Expected at %(hour)s.", hour=due)
    return GroupLine(
        group.reference, _name(group), _detail(group),
        ngettext("%(num)d person", "%(num)d people", group.people), str(said), tone,
        group.contact_name if reader.people else "", group.contact_phone if reader.people else "",
    )  # fmt: skip


def count_line(event: EventRow, row: ToConfirm, reader: Reader) -> CountLine:
    """« 3e B : 27 comptés à Entrée à 10 h 05 et 24 à Stands à 10 h 20. Combien sont-ils ? »"""
    shown = label_of(row.group, row.class_label, row.organisation_name, row.contact_name)
    name = shown if (row.group and (row.class_label or row.organisation_name)) or reader.people else row.reference
    asked = _late(event, row) if row.kind is ConflictKind.LATE else _(
        "%(first)s counted at %(place)s at %(hour)s, and %(second)s at %(other)s at %(later)s.",
        first=people_words(row.first.heads), place=_place(event, row.first), hour=hour(row.first.at, event.timezone),
        second=people_words(row.second.heads), other=_place(event, row.second), later=hour(row.second.at, event.timezone),
    )  # fmt: skip
    return CountLine(
        row.id, name, str(asked), people_words(row.first.heads), people_words(row.second.heads),
        row.kind is ConflictKind.TWICE, row.kind is ConflictKind.LATE,
    )  # fmt: skip


def _late(event: EventRow, row: ToConfirm) -> str:
    people = row.second.heads.people
    if row.out:
        passed = ngettext("%(count)s person going out", "%(count)s people going out", people, count=number(people))
    else:
        passed = ngettext("%(count)s person coming in", "%(count)s people coming in", people, count=number(people))
    values = {
        "passed": passed, "place": _place(event, row.second), "day": day(row.second.at, event.timezone),
        "hour": hour(row.second.at, event.timezone),
    }  # fmt: skip
    said = {
        LateReason.TAKEN_OFF: _(
            "%(passed)s, noted at %(place)s on %(day)s at %(hour)s, after this phone was taken off.", **values
        ),
        LateReason.CLOCK: _(
            "%(passed)s, noted at %(place)s on %(day)s at %(hour)s: the event was over by then, or this phone’s clock is wrong.",
            **values,
        ),
        LateReason.CANCELLED: _(
            "%(passed)s at %(place)s on %(day)s at %(hour)s, with a cancelled ticket: this phone had no network.",
            **values,
        ),
        LateReason.NOT_VALID: _(
            "%(passed)s at %(place)s on %(day)s at %(hour)s, with a ticket that was not valid: this phone had no network.",
            **values,
        ),
    }
    return str(_("%(passage)s It is not counted yet.", passage=said[row.why or LateReason.TAKEN_OFF]))


def people_words(heads: Headcount) -> str:
    """« 25 + 2 »: participants and those who accompany them."""
    return (
        f"{number(heads.participants)} + {number(heads.companions)}" if heads.companions else number(heads.participants)
    )


def _place(event: EventRow, count: CountRow) -> str:
    found = next((c for c in event.checkpoints if c.id == count.checkpoint_id), None)
    place = found.label(current_locale()) if found is not None else str(_("a door"))
    return str(_("%(place)s (%(phone)s)", place=place, phone=count.phone)) if count.phone else place


def _over(event: EventRow, line: OverLine, reader: Reader) -> OverWords:
    may_name = reader.people and (line.group or reader.every_row)
    shown = label_of(line.group, line.class_label, line.organisation_name, line.contact_name)
    known = line.class_label or line.organisation_name
    name = shown if (line.group and known) or may_name else event.audience(line.audience).label(current_locale())
    why = reason_words(line.reason) if line.reason is not None else _("more than expected")
    people = ngettext("%(num)d person", "%(num)d people", line.people) if line.people else ""
    return OverWords(
        name,
        line.reference if reader.rows and (line.group or reader.every_row) else "",
        " · ".join(part for part in (hour(line.at, event.timezone), people, str(why)) if part),
        line.note if may_name or reader.door else "",
    )


def _device(event: EventRow, device: DeviceLine) -> DeviceWords | None:
    """What is to be known of a phone; None of one that is well."""
    heard = hour(device.last_contact_at, event.timezone)
    if device.lost:
        said = _("%(lost)s: it signed out before it had sent them", lost=lost_words(device.unsent, device.people))
        return DeviceWords(device.id, device.name, str(said), "late")
    unsent = unsent_words(device.unsent, device.people)
    if device.unsent and device.silent:
        return DeviceWords(
            device.id, device.name, str(_("%(unsent)s, silent since %(hour)s", unsent=unsent, hour=heard)), "late"
        )
    if device.unsent:
        return DeviceWords(device.id, device.name, unsent, "soon")
    if device.silent:
        return DeviceWords(device.id, device.name, str(_("silent since %(hour)s", hour=heard)), "soon")
    return None
