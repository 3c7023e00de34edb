"""What an edit changed in an event, as its history keeps it: fields, and the waves, spaces and stops one by one. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.core.audit import changes_between
from app.events.queries import EventRow, StopRow, WaveRow

MOST_PARTS = 60
"""Waves, spaces and stops told one by one; of the others only how many."""

_FIELDS = (
    "kind", "title_fr", "title_en", "summary_fr", "summary_en", "description_fr", "description_en", "entrance_fr",
    "entrance_en", "join_url", "timezone", "starts_at", "ends_at", "registration_opens_at", "registration_closes_at",
    "enrolment", "capacity", "largest_group", "asks_statistics", "waiting_list", "waiting_policy",
    "offer_hours", "transfer_minutes", "absent_minutes", "keep_names_days", "venue_name", "venue_address",
    "venue_commune", "project_name",
)  # fmt: skip
_Values = dict[str, object]
_Rows = Mapping[object, tuple[str, _Values]]


def event_changes(before: EventRow, after: EventRow) -> dict[str, Any]:
    """{field: [before, after]} and, in `parts`, [{part, name, change, fields}] for what an event is made of.

    `change` is added, removed or changed; `name` says which: the instant of a wave's start, the name of a space or stop, or
    both spaces of a walk.
    """
    fields = changes_between(_fields_of(before), _fields_of(after))
    parts = [
        *_parts("wave", _waves(before), _waves(after)),
        *_parts("space", _spaces(before), _spaces(after)),
        *_parts("stop", _stops(before), _stops(after)),
        *_parts("transfer", _transfers(before), _transfers(after)),
    ]
    told: dict[str, Any] = {"parts": parts[:MOST_PARTS]} if parts else {}
    if len(parts) > MOST_PARTS:
        told["more_parts"] = len(parts) - MOST_PARTS
    return fields | told


def _fields_of(event: EventRow) -> _Values:
    values: _Values = {name: getattr(event, name) for name in _FIELDS}
    apart = [[one, other, span.value] for one, other, span in event.apart]
    return values | {"audiences": [audience.code for audience in event.audiences], "apart": apart}


def _waves(event: EventRow) -> _Rows:
    return {wave.id: (wave.starts_at.isoformat(), _wave(wave)) for wave in event.waves}


def _wave(wave: WaveRow) -> _Values:
    limits = {f"limit:{a.audience}": _limit(a.max_people, a.max_groups) for a in wave.allotments}
    names = ("starts_at", "ends_at", "capacity", "forecast", "place", "host")
    values: _Values = {name: getattr(wave, name) for name in names}
    return values | limits


def _limit(people: int | None, groups: int | None) -> list[int | None]:
    return [people, groups]


def _spaces(event: EventRow) -> _Rows:
    names = ("name", "capacity", "stands", "directions_fr", "directions_en")
    return {space.id: (space.name, {name: getattr(space, name) for name in names}) for space in event.spaces}


def _stops(event: EventRow) -> _Rows:
    return {stop.id: (stop.name_fr, _stop(stop)) for stop in event.stops}


def _stop(stop: StopRow) -> _Values:
    names = (
        "position", "name_fr", "name_en", "text_fr", "text_en", "minutes", "optional", "space_name", "any_order",
        "largest_team", "box",
    )  # fmt: skip
    return {name: getattr(stop, name) for name in names} | {"audiences": list(stop.audiences)}


def _transfers(event: EventRow) -> _Rows:
    names = {space.id: space.name for space in event.spaces}
    return {
        (t.low_space_id, t.high_space_id): (
            f"{names[t.low_space_id]} ↔ {names[t.high_space_id]}",
            {"minutes": t.minutes},
        )
        for t in event.transfers
    }


def _parts(part: str, before: _Rows, after: _Rows) -> Iterable[dict[str, Any]]:
    for key, (name, values) in after.items():
        old = before.get(key)
        if old is None:
            yield {"part": part, "name": name, "change": "added", "fields": {}}
            continue
        gone = dict.fromkeys(old[1].keys() - values.keys())
        fields = changes_between(old[1], values | gone)
        if fields:
            yield {"part": part, "name": old[0], "change": "changed", "fields": fields}
    for key, (name, _values) in before.items():
        if key not in after:
            yield {"part": part, "name": name, "change": "removed", "fields": {}}
