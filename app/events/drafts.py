"""What an organiser or a program says of an event: the input of create_event and edit_event, as frozen values."""

from dataclasses import dataclass
from datetime import datetime

from app.events.enums import Enrolment, EventKind, Span, WaitingPolicy


@dataclass(frozen=True)
class AllotmentDraft:
    audience: str
    max_people: int | None = None
    max_groups: int | None = None


@dataclass(frozen=True)
class WaveDraft:
    """An arrival window; `id` names the wave that is kept when an event is edited. `forecast`: individuals expected."""

    starts_at: datetime
    ends_at: datetime
    capacity: int
    place: str = ""
    host: str = ""
    allotments: tuple[AllotmentDraft, ...] = ()
    id: int | None = None
    forecast: int | None = None


@dataclass(frozen=True)
class SpaceDraft:
    """`stands`: so many teams at once, each at a stand of its own; None: only people count."""

    name: str
    capacity: int
    directions_fr: str = ""
    directions_en: str = ""
    id: int | None = None
    stands: int | None = None


@dataclass(frozen=True)
class StopDraft:
    """A step of the route; `space` is the name of one of the event's spaces, or empty; `id` names the stop that is kept.

    `any_order`, `audiences`, `largest_team` and `box` as in the table of stops.
    """

    name_fr: str
    minutes: int
    name_en: str = ""
    text_fr: str = ""
    text_en: str = ""
    optional: bool = False
    space: str = ""
    id: int | None = None
    any_order: bool = False
    audiences: tuple[str, ...] = ()
    largest_team: int | None = None
    box: str = ""


@dataclass(frozen=True)
class TransferDraft:
    """Minutes to walk between two spaces of the event, by their names, either way."""

    space: str
    other: str
    minutes: int


@dataclass(frozen=True)
class ApartDraft:
    """Two audiences of which only one holds places within a span."""

    audience: str
    other: str
    span: Span


@dataclass(frozen=True)
class EventDraft:
    """`slug` and `reference_prefix` are made from the title when empty; times are instants; `timezone` an IANA name.

    `transfer_minutes` are those between two spaces that `transfers` does not name. After `absent_minutes` a group of which
    nobody came gives its places back (None: never).
    """

    title_fr: str
    kind: EventKind
    starts_at: datetime
    ends_at: datetime
    audiences: tuple[str, ...]
    waves: tuple[WaveDraft, ...]
    title_en: str = ""
    spaces: tuple[SpaceDraft, ...] = ()
    stops: tuple[StopDraft, ...] = ()
    enrolment: Enrolment = Enrolment.ONE
    timezone: str = "Europe/Paris"
    venue_name: str = ""
    venue_address: str = ""
    venue_commune: str = ""
    summary_fr: str = ""
    summary_en: str = ""
    description_fr: str = ""
    description_en: str = ""
    entrance_fr: str = ""
    entrance_en: str = ""
    join_url: str = ""
    capacity: int | None = None
    largest_group: int | None = None
    registration_opens_at: datetime | None = None
    registration_closes_at: datetime | None = None
    asks_statistics: bool = False
    waiting_list: bool = True
    waiting_policy: WaitingPolicy = WaitingPolicy.HOLD
    offer_hours: int = 24
    apart: tuple[ApartDraft, ...] = ()
    transfer_minutes: int = 0
    transfers: tuple[TransferDraft, ...] = ()
    absent_minutes: int | None = None
    keep_names_days: int = 365
    project_id: int | None = None
    slug: str = ""
    reference_prefix: str = ""
