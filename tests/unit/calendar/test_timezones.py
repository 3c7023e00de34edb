"""VTIMEZONE against the zone database: the rules are expanded by dateutil, which knows nothing of zoneinfo."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from icalendar import Timezone

from app.messages.calendar import render_timezone

YEARLY = [
    "Europe/Paris",
    "America/New_York",
    "Indian/Reunion",
    "Europe/Dublin",
    "Europe/London",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Santiago",
    "America/Nuuk",
    "Asia/Jerusalem",
    "Asia/Kolkata",
    "America/Guadeloupe",
    "Pacific/Noumea",
]
LISTED = ["Africa/Casablanca", "Africa/Cairo"]
CHANGED = ["America/Mexico_City", "America/Sao_Paulo", "Europe/Istanbul", "America/Asuncion", "Asia/Amman"]


def observances_of(name: str, first_year: int) -> list[Any]:
    return list(Timezone.from_ical(render_timezone(name, first_year=first_year)).subcomponents)


def changes_of(observances: list[Any], until: datetime) -> list[tuple[datetime, timedelta, str]]:
    """Expand to (instant in UTC, offset from then on, name), in order."""
    changes = []
    for observance in observances:
        first = observance["DTSTART"].dt
        before, after = observance["TZOFFSETFROM"].td, observance["TZOFFSETTO"].td
        moments = [first]
        if "RRULE" in observance:
            rule = rrulestr(observance["RRULE"].to_ical().decode(), dtstart=first)
            moments = rule.between(first, until.replace(tzinfo=None), inc=True)
        changes += [((moment - before).replace(tzinfo=UTC), after, str(observance["TZNAME"])) for moment in moments]
    return sorted(changes)


def differences(name: str, first_year: int, years: int) -> list[datetime]:
    """List the instants, five hours apart or at a second from a change, where the component and zoneinfo disagree."""
    zone = ZoneInfo(name)
    start, end = datetime(first_year, 1, 1, 12, tzinfo=UTC), datetime(first_year + years, 1, 1, tzinfo=UTC)
    changes = changes_of(observances_of(name, first_year), end)
    instants = [start + timedelta(hours=5) * step for step in range(int((end - start) / timedelta(hours=5)))]
    for instant, _, _ in changes:
        instants += [at for at in (instant - timedelta(seconds=1), instant) if start <= at < end]
    wrong, position = [], 0
    for instant in sorted(instants):
        while position + 1 < len(changes) and changes[position + 1][0] <= instant:
            position += 1
        at, offset, shown = changes[position]
        assert at <= instant
        local = instant.astimezone(zone)
        if (local.utcoffset(), local.tzname()) != (offset, shown):
            wrong.append(instant)
    return wrong


@pytest.mark.parametrize("name", YEARLY)
def test_yearly_zones_agree_with_the_database_for_forty_years(name: str) -> None:
    assert differences(name, 2026, 40) == []
    assert len(observances_of(name, 2026)) <= 2


@pytest.mark.parametrize("name", LISTED)
def test_zones_without_yearly_rules_agree_for_twenty_years(name: str) -> None:
    assert differences(name, 2026, 20) == []


@pytest.mark.parametrize("name", [*CHANGED, "America/Nuuk", "America/Santiago"])
def test_zones_that_changed_their_rules_agree_from_the_first_year_on(name: str) -> None:
    assert differences(name, 2015, 40) == []


def test_paris_is_written_as_two_yearly_rules() -> None:
    assert render_timezone("Europe/Paris", first_year=2027).decode().split("\r\n") == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Paris",
        "BEGIN:DAYLIGHT",
        "DTSTART:20260329T020000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:20261025T030000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
        "TZNAME:CET",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("America/New_York", [("DAYLIGHT", "EDT", "2SU", 3), ("STANDARD", "EST", "1SU", 11)]),
        # In Irish law winter time is the exception, with a negative saving: summer is still what puts clocks forward.
        ("Europe/Dublin", [("DAYLIGHT", "IST", "-1SU", 3), ("STANDARD", "GMT", "-1SU", 10)]),
    ],
)
def test_summer_is_what_puts_clocks_forward(name: str, rules: list[tuple[str, str, str, int]]) -> None:
    found = [
        (it.name, str(it["TZNAME"]), str(it["RRULE"]["BYDAY"][0]), int(it["RRULE"]["BYMONTH"][0]))
        for it in observances_of(name, 2027)
    ]
    assert found == rules


def test_a_zone_whose_clocks_never_move_has_one_standard_time() -> None:
    (only,) = observances_of("Indian/Reunion", 2027)
    assert (only.name, only["DTSTART"].dt.year, "RRULE" in only) == ("STANDARD", 1970, False)
    assert only["TZOFFSETFROM"].td == only["TZOFFSETTO"].td == timedelta(hours=4)


def test_no_zone_lists_dates() -> None:
    assert [name for name in [*YEARLY, *LISTED, *CHANGED] if b"RDATE" in render_timezone(name, first_year=2015)] == []
