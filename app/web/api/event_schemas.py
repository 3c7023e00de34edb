"""Events as they are sent and answered, between JSON and drafts."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.core.errors import FieldError
from app.core.urls import settings
from app.events.drafts import AllotmentDraft, EventDraft, SpaceDraft, StopDraft, WaveDraft
from app.events.enums import Enrolment, EventKind, EventMove, EventState, QuestionKind
from app.events.queries import EventRow, Places, WaveRow
from app.web.api.fields import Body, Choice, Count, Flag, Id, Instant, Many, One, Text
from app.web.api.schemas import (
    ID,
    PageQuery,
    Told,
    TwoLanguages,
    TwoLanguagesOut,
    flag,
    instant,
    many,
    number,
    one,
    text,
)


class AllotmentIn(Body):
    audience = Text(40, least=1, required=True)
    max_people = Count(metadata={"description": "0: this audience is not admitted in this wave."})
    max_groups = Count()


class WaveIn(Body):
    id = Id(metadata={"description": "When editing: the wave that is kept. Without, a new one is made."})
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    capacity = Count(least=1, required=True, metadata={"description": "People."})
    place = Text(160)
    host = Text(160, metadata={"description": "In an open week: the company of this wave."})
    allotments = Many(One(AllotmentIn), most=50)


class LongTwoLanguages(Body):
    fr = Text(20_000)
    en = Text(20_000)


class LineTwoLanguages(Body):
    fr = Text(200)
    en = Text(200)


class ShortTwoLanguages(Body):
    fr = Text(300)
    en = Text(300)


class StopName(Body):
    fr = Text(80, least=1, required=True)
    en = Text(80)


class SpaceIn(Body):
    id = Id(metadata={"description": "When editing: the space that is kept."})
    name = Text(120, least=1, required=True)
    capacity = Count(least=1, required=True, metadata={"description": "People at a time."})
    directions = One(LineTwoLanguages)


class StopIn(Body):
    name = One(StopName, required=True)
    text = One(ShortTwoLanguages)
    minutes = Count(most=1440, required=True)
    optional = Flag(load_default=False)
    space = Text(120, metadata={"description": "Name of one of `spaces`."})


class VenueIn(Body):
    name = Text(160, least=1, required=True)
    address = Text(200)
    commune = Text(120)


class EventIn(Body):
    title = One(TwoLanguages, required=True)
    kind = Choice(EventKind, required=True)
    venue = One(VenueIn, metadata={"description": "An online event has a `join_url` instead."})
    timezone = Text(60, metadata={"description": "IANA name; the installation's without it."})
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    audiences = Many(Text(40, least=1), most=50, required=True)
    enrolment = Choice(Enrolment, metadata={"description": "Waves of one registration; `one` without it."})
    waves = Many(One(WaveIn), most=2000, required=True)
    spaces = Many(One(SpaceIn), most=200)
    stops = Many(One(StopIn), most=100, metadata={"description": "The route, in its order."})
    slug = Text(80)
    reference_prefix = Text(4, metadata={"description": "2 to 4 capitals that begin the registrations' numbers."})
    summary = One(ShortTwoLanguages)
    description = One(LongTwoLanguages)
    entrance = One(LineTwoLanguages, metadata={"description": "How to find the door."})
    capacity = Count(least=1, metadata={"description": "People in the whole event, whatever the waves hold."})
    largest_group = Count(
        least=2,
        most=5000,
        metadata={"description": "People of one group, companions included, that registers by itself or by a program."},
    )
    registration_opens_at = Instant()
    registration_closes_at = Instant()
    asks_statistics = Flag()
    waiting_list = Flag()
    keep_names_days = Count(least=1, most=3650)
    join_url = Text(500)
    project = Id()


class EventMoveIn(Body):
    move = Choice(EventMove, required=True)
    reason = Text(
        300,
        metadata={
            "description": "For `cancel`: words, told to everyone registered, or the code of one of the organiser's "
            "reasons, which is counted and told to nobody."
        },
    )


class EventsQuery(PageQuery):
    """Filters of the list."""


class AllotmentOut(Told):
    audience = text()
    max_people = number(null=True)
    max_groups = number(null=True)
    places_left = number("People of this audience who can still come.")
    groups_left = number("Null: the number of groups is not limited.", null=True)


class WaveOut(Told):
    id = text(**ID)
    starts_at = instant()
    ends_at = instant()
    capacity = number()
    places_left = number("Counted now.")
    place = text()
    host = text()
    allotments = many(AllotmentOut)


class SpaceOut(Told):
    id = text(**ID)
    name = text()
    capacity = number()
    directions = one(TwoLanguagesOut)


class CheckpointOut(Told):
    id = text(**ID)
    name = text()
    space = text("Id of its space; null for the entrance.", null=True)


class StopOut(Told):
    name = one(TwoLanguagesOut)
    minutes = number()
    optional = flag()
    space = text("Name of its space.", null=True)
    text = one(TwoLanguagesOut)


class ChoiceOut(Told):
    code = text("What an answer says.")
    label = one(TwoLanguagesOut)


class QuestionOut(Told):
    key = text("The name of the answer in a registration's `answers`.")
    kind = text(enum=[k.value for k in QuestionKind])
    label = one(TwoLanguagesOut)
    required = flag()
    audiences = many(text())
    minimum = number("Of a number, of a text in characters, or of how many choices.", null=True)
    maximum = number("As `minimum`; of a file in kilobytes.", null=True)
    choices = many(ChoiceOut)


class VenueOut(Told):
    name = text()
    address = text()
    commune = text()


class EventOut(Told):
    slug = text()
    title = one(TwoLanguagesOut)
    kind = text(enum=[k.value for k in EventKind])
    state = text(enum=[s.value for s in EventState])
    timezone = text()
    starts_at = instant()
    ends_at = instant()
    venue = one(VenueOut, null=True)
    join_url = text()
    audiences = many(text())
    enrolment = text(enum=[e.value for e in Enrolment])
    capacity = number(null=True)
    largest_group = number("People of the largest group that may register by itself.", null=True)
    waves = many(WaveOut)
    spaces = many(SpaceOut)
    checkpoints = many(CheckpointOut)
    stops = many(StopOut)
    questions = many(QuestionOut)
    summary = one(TwoLanguagesOut)
    description = one(TwoLanguagesOut)
    entrance = one(TwoLanguagesOut)
    registration_opens_at = instant(null=True)
    registration_closes_at = instant(null=True)
    asks_statistics = flag()
    waiting_list = flag()
    keep_names_days = number()
    reference_prefix = text()
    project = text(null=True, **ID)
    cancel_code = text("The coded reason; `other` when it was told in words alone, empty when none was told.")
    cancel_reason = text("The reason in words.")


class EventsOut(Told):
    cursor = text("For the next page; null on the last one.", null=True)
    events = many(EventOut)


def draft_from(sent: dict[str, Any]) -> EventDraft:
    """The draft that a body says. Raises FieldError for an unknown time zone, which times are shown in."""
    title, venue = sent["title"], sent.get("venue") or {}
    summary, description = _two(sent, "summary"), _two(sent, "description")
    entrance = _two(sent, "entrance")
    options = {
        name: sent[name]
        for name in (
            "capacity", "largest_group", "registration_opens_at", "registration_closes_at", "asks_statistics", "waiting_list",
            "keep_names_days",
        )
        if sent.get(name) is not None
    }  # fmt: skip
    return EventDraft(
        title_fr=title["fr"], title_en=title.get("en") or "", kind=EventKind(sent["kind"]),
        starts_at=sent["starts_at"], ends_at=sent["ends_at"], audiences=tuple(sent["audiences"]),
        waves=tuple(_wave(w) for w in sent["waves"]),
        spaces=tuple(_space(s) for s in sent.get("spaces") or ()),
        stops=tuple(_stop(s) for s in sent.get("stops") or ()),
        enrolment=Enrolment(sent.get("enrolment") or Enrolment.ONE),
        timezone=sent.get("timezone") or settings().default_timezone,
        venue_name=venue.get("name") or "", venue_address=venue.get("address") or "",
        venue_commune=venue.get("commune") or "",
        summary_fr=summary[0], summary_en=summary[1], description_fr=description[0], description_en=description[1],
        entrance_fr=entrance[0], entrance_en=entrance[1],
        join_url=sent.get("join_url") or "", project_id=sent.get("project"),
        slug=sent.get("slug") or "", reference_prefix=sent.get("reference_prefix") or "", **options,
    )  # fmt: skip


def require_no_ids(sent: dict[str, Any]) -> None:
    """A new event's waves and spaces have no ids yet. Raises FieldError."""
    problems = {
        f"{part}/{index}/id": "unknown_id"
        for part in ("waves", "spaces")
        for index, item in enumerate(sent.get(part) or ())
        if item.get("id") is not None
    }
    if problems:
        raise FieldError(problems)


def _two(sent: dict[str, Any], name: str) -> tuple[str, str]:
    said = sent.get(name) or {}
    return said.get("fr") or "", said.get("en") or ""


def _wave(sent: dict[str, Any]) -> WaveDraft:
    return WaveDraft(
        sent["starts_at"], sent["ends_at"], sent["capacity"], sent.get("place") or "", sent.get("host") or "",
        tuple(_allotment(a) for a in sent.get("allotments") or ()),
        sent.get("id"),
    )  # fmt: skip


def _allotment(sent: dict[str, Any]) -> AllotmentDraft:
    return AllotmentDraft(sent["audience"], sent.get("max_people"), sent.get("max_groups"))


def _space(sent: dict[str, Any]) -> SpaceDraft:
    return SpaceDraft(sent["name"], sent["capacity"], *_two(sent, "directions"), id=sent.get("id"))


def _stop(sent: dict[str, Any]) -> StopDraft:
    texts = _two(sent, "text")
    return StopDraft(
        sent["name"]["fr"], sent["minutes"], sent["name"].get("en") or "", texts[0], texts[1],
        sent.get("optional") or False, sent.get("space") or "",
    )  # fmt: skip


def event_body(event: EventRow, places: Places) -> dict[str, Any]:
    """An event as it is answered; times in its own zone."""
    zone = ZoneInfo(event.timezone)
    venue = {"name": event.venue_name, "address": event.venue_address, "commune": event.venue_commune}
    return {
        "slug": event.slug,
        "title": {"fr": event.title_fr, "en": event.title_en},
        "kind": event.kind.value,
        "state": event.state.value,
        "timezone": event.timezone,
        "starts_at": _when(event.starts_at, zone),
        "ends_at": _when(event.ends_at, zone),
        "venue": venue if any(venue.values()) else None,
        "join_url": event.join_url,
        "audiences": [a.code for a in event.audiences],
        "enrolment": event.enrolment.value,
        "capacity": event.capacity,
        "waves": [_wave_body(event, wave, places, zone) for wave in event.waves],
        "spaces": [
            {
                "id": str(s.id), "name": s.name, "capacity": s.capacity,
                "directions": {"fr": s.directions_fr, "en": s.directions_en},
            }
            for s in event.spaces
        ],
        "checkpoints": [
            {"id": str(c.id), "name": c.name, "space": None if c.space_id is None else str(c.space_id)}
            for c in event.checkpoints
        ],
        "stops": [
            {
                "name": {"fr": s.name_fr, "en": s.name_en}, "text": {"fr": s.text_fr, "en": s.text_en},
                "minutes": s.minutes, "optional": s.optional, "space": s.space_name or None,
            }
            for s in event.stops
        ],
        "questions": [
            {
                "key": q.key, "kind": q.kind.value, "label": {"fr": q.label_fr, "en": q.label_en}, "required": q.required,
                "audiences": list(q.audiences), "minimum": q.minimum, "maximum": q.maximum,
                "choices": [{"code": c.code, "label": {"fr": c.fr, "en": c.en}} for c in q.offered()],
            }
            for q in event.questions if not q.retired
        ],
        **_details(event, zone),
    }  # fmt: skip


def _details(event: EventRow, zone: ZoneInfo) -> dict[str, Any]:
    opens, closes = event.registration_opens_at, event.registration_closes_at
    return {
        "summary": {"fr": event.summary_fr, "en": event.summary_en},
        "description": {"fr": event.description_fr, "en": event.description_en},
        "entrance": {"fr": event.entrance_fr, "en": event.entrance_en},
        "registration_opens_at": None if opens is None else _when(opens, zone),
        "registration_closes_at": None if closes is None else _when(closes, zone),
        "largest_group": event.largest_group,
        "asks_statistics": event.asks_statistics,
        "waiting_list": event.waiting_list,
        "keep_names_days": event.keep_names_days,
        "reference_prefix": event.reference_prefix,
        "project": None if event.project_id is None else str(event.project_id),
        "cancel_code": event.cancel_code,
        "cancel_reason": event.cancel_reason,
    }


def _wave_body(event: EventRow, wave: WaveRow, places: Places, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": str(wave.id),
        "starts_at": _when(wave.starts_at, zone),
        "ends_at": _when(wave.ends_at, zone),
        "capacity": wave.capacity,
        "places_left": max(0, places.left(event, wave)),
        "place": wave.place,
        "host": wave.host,
        "allotments": [
            {
                "audience": a.audience, "max_people": a.max_people, "max_groups": a.max_groups,
                "places_left": max(0, places.left_for(event, wave, a.audience)),
                "groups_left": places.groups_left_for(wave, a.audience),
            }
            for a in wave.allotments
        ],
    }  # fmt: skip


def _when(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat()
