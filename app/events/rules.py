"""Pure decisions about events."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.errors import FieldError, MoveNotAllowed
from app.events.drafts import EventDraft, WaveDraft
from app.events.enums import EVENT_MOVES, VISIBLE, Enrolment, EventMove, EventState
from app.events.flow_rules import flow_problems

LARGEST = 1_000_000
MOST_EXPECTED = 100_000
REOPENS_FOR = timedelta(hours=24)
"""How long a calling off, made by mistake, can be taken back."""
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
DOOR_PAGES = frozenset({"api", "events"})
"""What stands at /door/… where an event's slug does."""


def next_state(state: EventState, move: EventMove) -> EventState:
    """Where a move leads. Raises MoveNotAllowed."""
    try:
        return EVENT_MOVES[state, move]
    except KeyError:
        raise MoveNotAllowed(move, state) from None


def allowed_moves(state: EventState) -> tuple[EventMove, ...]:
    """The moves that a page may offer in this state."""
    return tuple(move for (origin, move) in EVENT_MOVES if origin == state)


def may_archive(state: EventState, last_ends_at: datetime, taken: int, now: datetime) -> bool:
    """Whether an event may be archived now: it is off, nobody holds a place (`taken`), or its last wave has ended.

    Archived, it thanks people on its page and nobody can cancel any more: that must never befall who is still to come.
    """
    return state is EventState.CANCELLED or taken == 0 or last_ends_at <= now


@dataclass(frozen=True)
class Occupancy:
    """What is taken of what there is. `places` are None where nothing limits them.

    `several`: both count places, of which one person may hold several; else both count people.
    """

    taken: int
    places: int | None
    several: bool = False

    @property
    def left(self) -> int | None:
        return None if self.places is None else max(0, self.places - self.taken)


def places_together(enrolment: Enrolment, capacities: Collection[int]) -> int:
    """What waves of these capacities hold: people, but places where one person may take several of them."""
    return min(capacities, default=0) if enrolment is Enrolment.ALL else sum(capacities)


def occupancy(
    enrolment: Enrolment, *, people: int, limit: int | None, capacities: Collection[int], wave_places: int
) -> Occupancy:
    """How full an event is, so that a full one reads as full.

    `people` are registered, `limit` is of the whole event in people, `capacities` those of the waves, `wave_places` those
    taken in all waves together. Who comes to all waves takes a place in each: no more people fit than in the smallest
    wave. Who takes several holds as many places as waves: places are compared with places, unless the limit of the whole
    event is nearer.
    """
    of_waves = places_together(enrolment, capacities) if capacities else None
    if enrolment is Enrolment.SEVERAL and of_waves:
        if limit is not None and (people * of_waves, of_waves) > (wave_places * limit, limit):
            return Occupancy(people, limit)
        return Occupancy(wave_places, of_waves, several=True)
    return Occupancy(people, min((n for n in (limit, of_waves) if n is not None), default=None))


def may_reopen(state: EventState, called_off_at: datetime, now: datetime) -> bool:
    """Whether a calling off may be taken back: for a day, as long as nothing else was done since."""
    return state is EventState.CANCELLED and now < called_off_at + REOPENS_FOR


def is_visible(state: EventState) -> bool:
    """Whether the public may see it: a draft is its organiser's alone."""
    return state in VISIBLE


def is_open(
    state: EventState, opens_at: datetime | None, closes_at: datetime | None, ends_at: datetime, now: datetime
) -> bool:
    """Whether the public may register: published, inside its window, and not over."""
    if state is not EventState.PUBLISHED or now >= ends_at:
        return False
    return (opens_at is None or opens_at <= now) and (closes_at is None or now < closes_at)


def tells_when_deleted(state: EventState, ends_at: datetime, now: datetime, *, date_to_come: bool) -> bool:
    """Whether people who were to come are told: not of a draft, nor of what is over or off already.

    What waits for a new date is not over, whenever its old one was.
    """
    return state in {EventState.PUBLISHED, EventState.CLOSED} and (date_to_come or now < ends_at)


def missing_parts(*, waves: int, audiences: int, has_place: bool) -> tuple[str, ...]:
    """What the public would miss: of waves, audiences and place, those that are not there."""
    parts = (("waves", waves > 0), ("audiences", audiences > 0), ("place", has_place))
    return tuple(name for name, there in parts if not there)


def prefix_of(title: str) -> str:
    """Two letters for references: La Voie des Talents gives VT; PC when the title has none."""
    small = {"la", "le", "les", "l", "de", "des", "du", "d", "et", "the", "of", "and", "a", "au", "aux", "en"}
    words = [w for w in re.findall(r"[a-z]+", title.lower()) if w not in small]
    letters = "".join(w[0] for w in words)[:2] if len(words) > 1 else "".join(words)[:2]
    return letters.upper() if len(letters) == 2 else "PC"


def require_valid(draft: EventDraft, known_audiences: Collection[str]) -> None:
    """Raises FieldError with every problem of the draft: paths are those of the API, codes are stable."""
    problems = _title_problems(draft) | _window_problems(draft)
    problems |= _audience_problems(draft, known_audiences) | _space_problems(draft) | flow_problems(draft)
    for index, wave in enumerate(draft.waves):
        problems |= {f"waves/{index}/{path}": code for path, code in _wave_problems(wave, draft).items()}
    if problems:
        raise FieldError(problems)


def _title_problems(draft: EventDraft) -> dict[str, str]:
    problems: dict[str, str] = {}
    if not draft.title_fr.strip():
        problems["title/fr"] = "required"
    for name, text, most in (("title/fr", draft.title_fr, 160), ("title/en", draft.title_en, 160)):
        if len(text) > most:
            problems[name] = "too_long"
    if draft.slug and not SLUG.fullmatch(draft.slug):
        problems["slug"] = "malformed"
    elif draft.slug in DOOR_PAGES:
        problems["slug"] = "taken"
    if draft.reference_prefix and not re.fullmatch("[A-Z]{2,4}", draft.reference_prefix):
        problems["reference_prefix"] = "malformed"
    if not draft.venue_name.strip() and (draft.venue_commune.strip() or draft.venue_address.strip()):
        problems["venue/name"] = "venue_unnamed"  # a venue is kept by its name: what was typed would be lost
    if draft.join_url and urlsplit(draft.join_url).scheme not in {"http", "https"}:
        problems["join_url"] = "malformed"
    return problems


def _window_problems(draft: EventDraft) -> dict[str, str]:
    problems: dict[str, str] = {}
    try:
        ZoneInfo(draft.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems["timezone"] = "unknown_timezone"
    if draft.ends_at <= draft.starts_at:
        problems["ends_at"] = "ends_before_start"
    opens, closes = draft.registration_opens_at, draft.registration_closes_at
    if opens and closes and closes <= opens:
        problems["registration_closes_at"] = "ends_before_start"
    if draft.capacity is not None and not 0 < draft.capacity <= LARGEST:
        problems["capacity"] = "out_of_range"
    if draft.largest_group is not None and not 2 <= draft.largest_group <= LARGEST:
        problems["largest_group"] = "out_of_range"
    if not 1 <= draft.keep_names_days <= 3650:
        problems["keep_names_days"] = "out_of_range"
    return problems


def _audience_problems(draft: EventDraft, known: Collection[str]) -> dict[str, str]:
    problems = {f"audiences/{i}": "unknown_audience" for i, code in enumerate(draft.audiences) if code not in known}
    if len(set(draft.audiences)) < len(draft.audiences):
        problems["audiences"] = "repeated"
    return problems


def _space_problems(draft: EventDraft) -> dict[str, str]:
    problems: dict[str, str] = {}
    names: set[str] = set()
    for index, space in enumerate(draft.spaces):
        if not space.name.strip():
            problems[f"spaces/{index}/name"] = "required"
        elif len(space.name) > 120:
            problems[f"spaces/{index}/name"] = "too_long"
        elif space.name.strip() in names:
            problems[f"spaces/{index}/name"] = "repeated"
        names.add(space.name.strip())
        if not 0 < space.capacity <= LARGEST:
            problems[f"spaces/{index}/capacity"] = "out_of_range"
    for index, stop in enumerate(draft.stops):
        if not stop.name_fr.strip():
            problems[f"stops/{index}/name/fr"] = "required"
        if not 0 <= stop.minutes <= 24 * 60:
            problems[f"stops/{index}/minutes"] = "out_of_range"
        if stop.space.strip() and stop.space.strip() not in names:
            problems[f"stops/{index}/space"] = "unknown_space"
    return problems


def _wave_problems(wave: WaveDraft, draft: EventDraft) -> dict[str, str]:
    problems: dict[str, str] = {}
    if wave.ends_at <= wave.starts_at:
        problems["ends_at"] = "ends_before_start"
    if wave.starts_at < draft.starts_at or wave.starts_at > draft.ends_at:
        problems["starts_at"] = "outside_event"
    if not 0 < wave.capacity <= LARGEST:
        problems["capacity"] = "out_of_range"
    if wave.forecast is not None and not 0 <= wave.forecast <= MOST_EXPECTED:
        problems["forecast"] = "out_of_range"
    seen: set[str] = set()
    for index, allotment in enumerate(wave.allotments):
        path = f"allotments/{index}"
        if allotment.audience not in draft.audiences:
            problems[f"{path}/audience"] = "unknown_audience"
        if allotment.audience in seen:
            problems[f"{path}/audience"] = "repeated"
        seen.add(allotment.audience)
        for name, value in (("max_people", allotment.max_people), ("max_groups", allotment.max_groups)):
            if value is not None and not 0 <= value <= LARGEST:
                problems[f"{path}/{name}"] = "out_of_range"
    return problems
