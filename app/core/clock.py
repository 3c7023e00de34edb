"""The only place that asks the time. PARCOURS_NOW moves it for the demo and the tests."""

from datetime import UTC, datetime, timedelta

from flask import current_app

_OFFSET = "parcours.clock_offset"


def set_clock(extensions: dict[str, object], moment: datetime | None) -> None:
    """Make `moment` the present; the clock goes on from there. None is the real time."""
    extensions[_OFFSET] = timedelta(0) if moment is None else moment - datetime.now(UTC)


def now() -> datetime:
    """The present instant, in UTC."""
    offset = current_app.extensions[_OFFSET]
    return datetime.now(UTC) + offset if offset else datetime.now(UTC)
