"""What an action on many would do, worked out before it is done: who, who not, and the places of the waves. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.events.apart import Place, exclusions
from app.events.queries import AllotmentPlaces, EventRow, Places
from app.registrations.bulk.rules import BulkLine, Outcome, may_begin, moved_waves, why_not
from app.registrations.enums import HOLDING, BulkKind, RegistrationStatus
from app.registrations.waiting import queued_waves


@dataclass(frozen=True)
class PlacesChange:
    """People in a wave before and after; of one audience when it is named. `limit` is None where there is none."""

    wave_id: int
    audience: str
    before: int
    after: int
    limit: int | None


@dataclass(frozen=True)
class BulkPlan:
    """`can` in the order in which they are dealt with, `cannot` with the reason. `reached` of `can` have a mail address."""

    can: tuple[BulkLine, ...]
    cannot: tuple[tuple[BulkLine, Outcome], ...]
    changes: tuple[PlacesChange, ...]

    @property
    def people(self) -> int:
        return sum(line.people for line in self.can)

    @property
    def reached(self) -> int:
        return sum(line.has_mail for line in self.can)

    @property
    def in_english(self) -> int:
        return sum(line.has_mail and line.locale == "en" for line in self.can)

    @property
    def waiting(self) -> int:
        """Of `can`, those who wait for a place."""
        return sum(line.status is RegistrationStatus.WAITLISTED for line in self.can)

    @property
    def by_reason(self) -> dict[Outcome, list[BulkLine]]:
        """Who cannot, by why not, the commonest first."""
        found: dict[Outcome, list[BulkLine]] = {}
        for line, reason in self.cannot:
            found.setdefault(reason, []).append(line)
        return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


def make_plan(
    kind: BulkKind, params: Mapping[str, Any], lines: Sequence[BulkLine], event: EventRow, places: Places
) -> BulkPlan:
    """Deal with the lines in their order, in memory, by the rules that the operations follow.

    A move of which nobody said yet where it leads takes no places.
    """
    counters = _Counters(event, places)
    can: list[BulkLine] = []
    cannot: list[tuple[BulkLine, Outcome]] = []
    closed = not may_begin(kind, event)
    for line in lines:
        reason = Outcome.CLOSED if closed else why_not(kind, params, line, event)
        if reason is None and kind is BulkKind.MOVE and "to" in params:
            reason = counters.move(line, moved_waves(line.waves, params, event))
        elif reason is None and kind is BulkKind.CANCEL:
            counters.move(line, ())
        if reason is None:
            can.append(line)
        else:
            cannot.append((line, reason))
    return BulkPlan(tuple(can), tuple(cannot), counters.changes())


@dataclass
class _Counters:
    """The counters of an event, as `app.events.operations.places` moves them."""

    event: EventRow
    places: Places
    taken: int = field(init=False)
    waves: dict[int, int] = field(init=False)
    audiences: dict[tuple[int, str], AllotmentPlaces] = field(init=False)
    waiting: dict[int, int] = field(init=False)
    excluded: Mapping[Place, frozenset[Place]] = field(init=False)
    touched: set[tuple[int, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.taken, self.waves = self.places.taken, dict(self.places.waves)
        self.audiences, self.waiting = dict(self.places.allotments), dict(self.places.waiting)
        self.excluded = exclusions(self.event)

    def move(self, line: BulkLine, waves: tuple[int, ...]) -> Outcome | None:
        """Give back what the line holds and take `waves` (none: it is cancelled), or say what is full."""
        queued = line.waves if line.status is RegistrationStatus.WAITLISTED else ()
        for wave_id in queued:
            self.waiting[wave_id] = self.waiting.get(wave_id, 0) - 1
        reason = self._move(line, waves)
        for wave_id in queued if reason is not None else ():
            self.waiting[wave_id] += 1
        return reason

    def _move(self, line: BulkLine, waves: tuple[int, ...]) -> Outcome | None:
        holds = line.status in HOLDING and line.absent_at is None and not line.beyond
        held = line.waves if holds else ()
        more = (line.people if waves else 0) - (line.people if held else 0)
        if more > 0 and self.event.capacity is not None and self.taken + more > self.event.capacity:
            return Outcome.EVENT_FULL
        changes = dict.fromkeys(set(waves) - set(held), 1) | dict.fromkeys(set(held) - set(waves), -1)
        for wave_id, sign in sorted(changes.items()):
            if sign > 0 and (reason := self._why_full(line, wave_id)) is not None:
                return reason
        self.taken += more
        for wave_id, sign in changes.items():
            self._count(line, wave_id, sign)
        return None

    def _why_full(self, line: BulkLine, wave_id: int) -> Outcome | None:
        wave = self.event.wave(wave_id)
        if self._is_queued(wave_id):
            return Outcome.QUEUE_FIRST
        if any(self._of(*place).people > 0 for place in self.excluded.get((wave_id, line.audience), ())):
            return Outcome.AUDIENCE_APART
        if wave is None or self.waves.get(wave_id, 0) + line.people > wave.capacity:
            return Outcome.WAVE_FULL
        limit, now = wave.allotment(line.audience), self._of(wave_id, line.audience)
        if limit is None:
            return None
        crowded = limit.max_people is not None and now.people + line.people > limit.max_people
        grouped = line.group and limit.max_groups is not None and now.groups + 1 > limit.max_groups
        return Outcome.AUDIENCE_FULL if crowded or grouped else None

    def _is_queued(self, wave_id: int) -> bool:
        """Whether others hold the wave up who have not been dealt with here."""
        left = self.places.waiting.get(wave_id, 0) == 0 or self.waiting.get(wave_id, 0) > 0
        return left and wave_id in queued_waves(self.event, self.places)

    def _count(self, line: BulkLine, wave_id: int, sign: int) -> None:
        now = self._of(wave_id, line.audience)
        self.waves[wave_id] = self.waves.get(wave_id, 0) + sign * line.people
        self.audiences[wave_id, line.audience] = AllotmentPlaces(
            now.people + sign * line.people, now.groups + sign * int(line.group)
        )
        self.touched.add((wave_id, line.audience))

    def _of(self, wave_id: int, audience: str) -> AllotmentPlaces:
        return self.audiences.get((wave_id, audience), AllotmentPlaces(0, 0))

    def changes(self) -> tuple[PlacesChange, ...]:
        """Each wave that is touched, in the event's order, then its audiences that are."""
        found: list[PlacesChange] = []
        before = _Counters(self.event, self.places)
        for wave in self.event.waves:
            audiences = [a.code for a in self.event.audiences if (wave.id, a.code) in self.touched]
            audiences += sorted({code for id_, code in self.touched if id_ == wave.id} - set(audiences))
            if not audiences:
                continue
            found.append(
                PlacesChange(wave.id, "", before.waves.get(wave.id, 0), self.waves.get(wave.id, 0), wave.capacity)
            )
            for code in audiences:
                limit = wave.allotment(code)
                found.append(
                    PlacesChange(
                        wave.id,
                        code,
                        before._of(wave.id, code).people,
                        self._of(wave.id, code).people,
                        None if limit is None else limit.max_people,
                    )
                )
        return tuple(found)
