"""Events between JSON and drafts."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.core.errors import FieldError
from app.core.urls import settings
from app.events.drafts import (
    AllotmentDraft,
    ApartDraft,
    EventDraft,
    SpaceDraft,
    StopDraft,
    TransferDraft,
    WaveDraft,
)
from app.events.enums import Enrolment, EventKind, Span, WaitingPolicy
from app.events.queries import EventRow, Places, WaveRow


def draft_from(sent: dict[str, Any]) -> EventDraft:
    """The draft that a body says. Raises FieldError for an unknown time zone, which times are shown in."""
    title, venue = sent["title"], sent.get("venue") or {}
    summary, description = _two(sent, "summary"), _two(sent, "description")
    entrance = _two(sent, "entrance")
    options = {
        name: sent[name]
        for name in (
            "capacity", "largest_group", "registration_opens_at", "registration_closes_at", "asks_statistics", "waiting_list",
            "keep_names_days", "transfer_minutes", "offer_hours", "absent_minutes",
        )
        if sent.get(name) is not None
    }  # fmt: skip
    if sent.get("waiting_policy") is not None:
        options["waiting_policy"] = WaitingPolicy(sent["waiting_policy"])
    return EventDraft(
        title_fr=title["fr"], title_en=title.get("en") or "", kind=EventKind(sent["kind"]),
        starts_at=sent["starts_at"], ends_at=sent["ends_at"], audiences=tuple(sent["audiences"]),
        waves=tuple(_wave(w) for w in sent["waves"]),
        spaces=tuple(_space(s) for s in sent.get("spaces") or ()),
        stops=tuple(_stop(s) for s in sent.get("stops") or ()),
        transfers=tuple(TransferDraft(*_pair(t["spaces"]), t["minutes"]) for t in sent.get("transfers") or ()),
        apart=tuple(ApartDraft(*_pair(a["audiences"]), Span(a["span"])) for a in sent.get("apart") or ()),
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
    """A new event's waves, spaces and stops have no ids yet. Raises FieldError."""
    problems = {
        f"{part}/{index}/id": "unknown_id"
        for part in ("waves", "spaces", "stops")
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
        sent.get("id"), sent.get("forecast"),
    )  # fmt: skip


def _pair(names: list[str]) -> tuple[str, str]:
    """Two names; one that is missing is refused like one that nobody knows."""
    return (*names, "", "")[0], (*names, "", "")[1]


def _allotment(sent: dict[str, Any]) -> AllotmentDraft:
    return AllotmentDraft(sent["audience"], sent.get("max_people"), sent.get("max_groups"))


def _space(sent: dict[str, Any]) -> SpaceDraft:
    return SpaceDraft(sent["name"], sent["capacity"], *_two(sent, "directions"), sent.get("id"), sent.get("stands"))


def _stop(sent: dict[str, Any]) -> StopDraft:
    texts = _two(sent, "text")
    return StopDraft(
        sent["name"]["fr"], sent["minutes"], sent["name"].get("en") or "", texts[0], texts[1],
        sent.get("optional") or False, sent.get("space") or "", sent.get("id"), sent.get("any_order") or False,
        tuple(sent.get("audiences") or ()), sent.get("largest_team"), sent.get("box") or "",
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
                "directions": {"fr": s.directions_fr, "en": s.directions_en}, "stands": s.stands,
            }
            for s in event.spaces
        ],
        "checkpoints": [
            {"id": str(c.id), "name": c.name, "space": None if c.space_id is None else str(c.space_id)}
            for c in event.checkpoints
        ],
        "stops": [
            {
                "id": str(s.id), "name": {"fr": s.name_fr, "en": s.name_en}, "text": {"fr": s.text_fr, "en": s.text_en},
                "minutes": s.minutes, "optional": s.optional, "space": s.space_name or None,
                "any_order": s.any_order, "audiences": list(s.audiences), "largest_team": s.largest_team, "box": s.box,
            }
            for s in event.stops
        ],
        **_flows(event),
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


def _flows(event: EventRow) -> dict[str, Any]:
    names = {space.id: space.name for space in event.spaces}
    return {
        "transfer_minutes": event.transfer_minutes,
        "transfers": [
            {"spaces": [names[t.low_space_id], names[t.high_space_id]], "minutes": t.minutes} for t in event.transfers
        ],
        "waiting_policy": event.waiting_policy.value,
        "offer_hours": event.offer_hours,
        "apart": [{"audiences": [one, other], "span": span.value} for one, other, span in event.apart],
        "absent_minutes": event.absent_minutes,
    }


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
        "date_to_come": event.date_to_come,
        "postponed_at": None if event.postponed_at is None else _when(event.postponed_at, zone),
    }


def _wave_body(event: EventRow, wave: WaveRow, places: Places, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": str(wave.id),
        "starts_at": _when(wave.starts_at, zone),
        "ends_at": _when(wave.ends_at, zone),
        "capacity": wave.capacity,
        "places_left": max(0, places.left(event, wave)),
        "waiting": places.waiting.get(wave.id, 0),
        "place": wave.place,
        "host": wave.host,
        "forecast": wave.forecast,
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
