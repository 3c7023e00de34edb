"""Events and their places as frozen values."""

from dataclasses import dataclass, field
from datetime import datetime

from app.core.i18n import Locale, translate
from app.events.audiences import BUILTIN, AudienceRow
from app.events.enums import Enrolment, EventKind, EventState, Span, WaitingPolicy
from app.events.models import ENTRANCE
from app.events.questions import QuestionRow
from app.events.rules import Occupancy, is_open, may_archive, missing_parts, occupancy


@dataclass(frozen=True)
class AllotmentRow:
    audience: str
    max_people: int | None
    max_groups: int | None


@dataclass(frozen=True)
class WaveRow:
    id: int
    starts_at: datetime
    ends_at: datetime
    capacity: int
    place: str
    host: str
    allotments: tuple[AllotmentRow, ...]
    forecast: int | None = None
    late_minutes: int = 0

    def allotment(self, audience: str) -> AllotmentRow | None:
        return next((a for a in self.allotments if a.audience == audience), None)


@dataclass(frozen=True)
class SpaceRow:
    id: int
    name: str
    capacity: int
    directions_fr: str
    directions_en: str
    stands: int | None = None
    late_minutes: int = 0


@dataclass(frozen=True)
class StopRow:
    """A step of the route. Two rows that say the same are equal, whichever stop they are."""

    position: int
    name_fr: str
    name_en: str
    text_fr: str
    text_en: str
    minutes: int
    optional: bool
    space_id: int | None
    space_name: str
    id: int = field(default=0, compare=False)
    any_order: bool = False
    audiences: tuple[str, ...] = ()
    largest_team: int | None = None
    box: str = ""

    def is_for(self, audience: str) -> bool:
        """Whether it is on the route of that audience."""
        return not self.audiences or audience in self.audiences

    def name(self, locale: Locale) -> str:
        return self.name_fr if locale == "fr" else self.name_en or self.name_fr

    def text(self, locale: Locale) -> str:
        return self.text_fr if locale == "fr" else self.text_en or self.text_fr


@dataclass(frozen=True)
class TransferRow:
    """Minutes to walk between two spaces, either way."""

    low_space_id: int
    high_space_id: int
    minutes: int


@dataclass(frozen=True)
class CheckpointRow:
    """A door. The entrance is named by the software, in French, until somebody renames it; a space's door as the space."""

    id: int
    name: str
    space_id: int | None

    def label(self, locale: Locale) -> str:
        """The name as the reader sees it: a name given by the software in their language, a given one as it stands."""
        return translate(locale, "Entrance") if self.space_id is None and self.name == ENTRANCE else self.name


@dataclass(frozen=True)
class EventRow:
    """Everything about an event but its counters; see `get_places` for those."""

    id: int
    organiser_id: int
    slug: str
    calendar_uid: str
    kind: EventKind
    state: EventState
    title_fr: str
    title_en: str
    summary_fr: str
    summary_en: str
    description_fr: str
    description_en: str
    entrance_fr: str
    entrance_en: str
    join_url: str
    project_id: int | None
    timezone: str
    starts_at: datetime
    ends_at: datetime
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    enrolment: Enrolment
    capacity: int | None
    largest_group: int | None
    reference_prefix: str
    asks_statistics: bool
    waiting_list: bool
    waiting_policy: WaitingPolicy
    offer_hours: int
    apart: tuple[tuple[str, str, Span], ...]
    transfer_minutes: int
    absent_minutes: int | None
    date_to_come: bool
    postponed_at: datetime | None
    keep_names_days: int
    cancel_code: str
    cancel_reason: str
    revision: int
    created_at: datetime
    updated_at: datetime
    venue_name: str
    venue_address: str
    venue_commune: str
    project_name: str
    audiences: tuple[AudienceRow, ...]
    waves: tuple[WaveRow, ...]
    spaces: tuple[SpaceRow, ...]
    stops: tuple[StopRow, ...]
    transfers: tuple[TransferRow, ...]
    checkpoints: tuple[CheckpointRow, ...]
    questions: tuple[QuestionRow, ...]

    def title(self, locale: Locale) -> str:
        return self.title_fr if locale == "fr" else self.title_en or self.title_fr

    def summary(self, locale: Locale) -> str:
        return self.summary_fr if locale == "fr" else self.summary_en or self.summary_fr

    def description(self, locale: Locale) -> str:
        return self.description_fr if locale == "fr" else self.description_en or self.description_fr

    def entrance(self, locale: Locale) -> str:
        return self.entrance_fr if locale == "fr" else self.entrance_en or self.entrance_fr

    def audience(self, code: str) -> AudienceRow:
        """The audience of that code, also one that the event no longer accepts. Unknown codes read as themselves."""
        found = next((a for a in self.audiences if a.code == code), BUILTIN.get(code))
        return found or AudienceRow(code, code, code, groups=True)

    def wave(self, wave_id: int) -> WaveRow | None:
        return next((w for w in self.waves if w.id == wave_id), None)

    @property
    def has_place(self) -> bool:
        """Whether people can know where to go: a venue, a link, or a place of its own for each wave."""
        return bool(self.venue_name or self.join_url or (self.waves and all(wave.place for wave in self.waves)))

    @property
    def is_online(self) -> bool:
        """Whether people only connect: then nobody arrives anywhere."""
        return bool(self.join_url) and not self.venue_name and not any(wave.place for wave in self.waves)

    @property
    def missing(self) -> tuple[str, ...]:
        """What it lacks before it can be published: waves, audiences, place."""
        return missing_parts(waves=len(self.waves), audiences=len(self.audiences), has_place=self.has_place)

    @property
    def last_ends_at(self) -> datetime:
        """When nobody is to come any more: its end, or that of a wave that goes on longer."""
        return max((self.ends_at, *(wave.ends_at for wave in self.waves)))

    def is_open(self, now: datetime) -> bool:
        """Whether the public may register now. Never while its new date is to come."""
        opens, closes = self.registration_opens_at, self.registration_closes_at
        return not self.date_to_come and is_open(self.state, opens, closes, self.ends_at, now)

    def is_over(self, now: datetime) -> bool:
        """Whether its end is past. Never while its new date is to come."""
        return not self.date_to_come and self.ends_at <= now


@dataclass(frozen=True)
class AllotmentPlaces:
    people: int
    groups: int


@dataclass(frozen=True)
class Places:
    """Counters of one event at one moment. `waves` maps a wave's id to places taken; `allotments` (wave, audience).

    `waiting` maps a wave's id to the registrations on the waiting list that ask for it. `held_up`: waves of which nobody new gets
    anything, where somebody looked who of those who wait holds up others.
    """

    version: int
    taken: int
    waves: dict[int, int]
    allotments: dict[tuple[int, str], AllotmentPlaces]
    waiting: dict[int, int] = field(default_factory=dict)
    held_up: frozenset[int] | None = None

    def left(self, event: EventRow, wave: WaveRow) -> int:
        """People who can still come in a wave, whoever they are."""
        left = wave.capacity - self.waves.get(wave.id, 0)
        return left if event.capacity is None else min(left, event.capacity - self.taken)

    def occupancy(self, event: EventRow) -> Occupancy:
        """How full the event as a whole is."""
        capacities = [wave.capacity for wave in event.waves]
        return occupancy(
            event.enrolment, people=self.taken, limit=event.capacity, capacities=capacities,
            wave_places=sum(self.waves.values()),
        )  # fmt: skip

    def may_archive(self, event: EventRow, now: datetime) -> bool:
        """Whether archiving it now leaves nobody waiting."""
        if event.date_to_come and event.state is not EventState.CANCELLED:
            return self.taken == 0
        return may_archive(event.state, event.last_ends_at, self.taken, now)

    def left_for(self, event: EventRow, wave: WaveRow, audience: str) -> int:
        """People of an audience who can still come in a wave."""
        left, allotment = self.left(event, wave), wave.allotment(audience)
        if allotment is None or allotment.max_people is None:
            return left
        return min(left, allotment.max_people - self._counted(wave, audience).people)

    def groups_left_for(self, wave: WaveRow, audience: str) -> int | None:
        """Groups of an audience that can still come in a wave; None when the number of groups is not limited."""
        allotment = wave.allotment(audience)
        if allotment is None or allotment.max_groups is None:
            return None
        return allotment.max_groups - self._counted(wave, audience).groups

    def _counted(self, wave: WaveRow, audience: str) -> AllotmentPlaces:
        return self.allotments.get((wave.id, audience), AllotmentPlaces(0, 0))
