"""From passages of the world to passages of an instance, in minutes, and back. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from app.flows.building import group_id, registration_and_wave
from app.flows.hours import Hours
from app.flows.instance import Passage


class Placed(Protocol):
    """What a passage of the world tells, be it a row or a line of a page."""

    @property
    def registration_id(self) -> int: ...
    @property
    def wave_id(self) -> int: ...
    @property
    def team(self) -> int: ...
    @property
    def people(self) -> int: ...
    @property
    def stop_id(self) -> int: ...
    @property
    def space_id(self) -> int: ...
    @property
    def stand(self) -> int | None: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


def to_passages(rows: Iterable[Placed], hours: Hours, timezone: str) -> list[Passage]:
    """In minutes of the plan. What lies on a day that the plan does not have is counted from its first one."""
    zone, found = ZoneInfo(timezone), []
    for row in rows:
        number = hours.number_of(row.starts_at.astimezone(zone).date()) or 0
        found.append(
            Passage(
                group_id(row.registration_id, row.wave_id), row.team, row.people, str(row.stop_id), str(row.space_id),
                hours.minute_on(number, row.starts_at), hours.minute_on(number, row.ends_at), row.stand,
            )
        )  # fmt: skip
    return found


def to_values(passages: Iterable[Passage], hours: Hours) -> list[dict[str, Any]]:
    """The columns of passages to be stored."""
    found = []
    for passage in passages:
        registration_id, wave_id = registration_and_wave(passage.group)
        found.append(
            {
                "registration_id": registration_id, "wave_id": wave_id, "team": passage.team, "people": passage.people,
                "stop_id": int(passage.stop), "space_id": int(passage.space), "stand": passage.stand,
                "starts_at": hours.moment(passage.start), "ends_at": hours.moment(passage.end),
            }
        )  # fmt: skip
    return found
