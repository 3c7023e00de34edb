"""Places left while a file is gone through: the counters of app.events, taken in thought only."""

from dataclasses import dataclass

from app.events.apart import exclusions
from app.events.queries import EventRow, Places
from app.registrations.drafts import RegistrationDraft
from app.registrations.enums import RegistrationKind
from app.registrations.waiting import queued_waves


@dataclass(frozen=True)
class Full:
    """Why a line does not fit: `wave_full` or `audience_full`, and how many people (or groups) still would."""

    code: str
    left: int


class Room:
    """What is left in the event, in each wave, and for each audience that a wave limits; nothing where others wait first."""

    def __init__(self, event: EventRow, places: Places) -> None:
        self.event = None if event.capacity is None else event.capacity - places.taken
        self.waves = {w.id: w.capacity - places.waves.get(w.id, 0) for w in event.waves}
        self.queued = queued_waves(event, places)
        self.held = {place for place, counted in places.allotments.items() if counted.people > 0}
        self.excluded = exclusions(event)
        self.people: dict[tuple[int, str], int] = {}
        self.groups: dict[tuple[int, str], int] = {}
        for wave in event.waves:
            for allotment in wave.allotments:
                key = (wave.id, allotment.audience)
                counted = places.allotments.get(key)
                if allotment.max_people is not None:
                    self.people[key] = allotment.max_people - (counted.people if counted else 0)
                if allotment.max_groups is not None:
                    self.groups[key] = allotment.max_groups - (counted.groups if counted else 0)

    def take(self, draft: RegistrationDraft) -> Full | None:
        """Take the line's places in all its waves, or none and say why."""
        full = self._find_full(draft)
        if full is not None:
            return full
        people, group = draft.headcount.people, int(draft.kind is RegistrationKind.GROUP)
        if self.event is not None:
            self.event -= people
        for wave_id in draft.waves:
            key = (wave_id, draft.audience)
            self.waves[wave_id] -= people
            self.held.add(key)
            if key in self.people:
                self.people[key] -= people
            if key in self.groups:
                self.groups[key] -= group
        return None

    def _find_full(self, draft: RegistrationDraft) -> Full | None:
        people, group = draft.headcount.people, int(draft.kind is RegistrationKind.GROUP)
        if self.event is not None and people > self.event:
            return Full("wave_full", max(0, self.event))
        for wave_id in draft.waves:
            if wave_id in self.queued:
                return Full("wave_full", 0)
            if people > self.waves[wave_id]:
                return Full("wave_full", max(0, self.waves[wave_id]))
            key = (wave_id, draft.audience)
            if people > self.people.get(key, people):
                return Full("audience_full", max(0, self.people[key]))
            if group > self.groups.get(key, group):
                return Full("audience_full", 0)
            if not self.held.isdisjoint(self.excluded.get(key, ())):
                return Full("audience_full", 0)
        return None
