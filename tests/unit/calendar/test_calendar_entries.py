"""Calendars as another reader of RFC 5545 sees them, and as bytes on the wire."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from app.messages.calendar import CalendarEntry, Status, render_calendar, render_entry, render_timezone

PARIS = ZoneInfo("Europe/Paris")
NEWS = (
    "Venez à l’heure d’arrivée indiquée ; la 3e B entre porte A, rue de Longvic.\n\n"
    "Le parcours : Construire, Stands métiers, Orientation, Offres (si vous le souhaitez), Dégustation.\n"
    "Un retard\\une question ? Écrivez-nous, nous vous répondrons le jour même, « promis juré »."
)
ENTRY = CalendarEntry(
    uid="3f6b2c7e-registration-12@parcours.example.org",
    sequence=3,
    starts_at=datetime(2027, 7, 6, 9, 40, tzinfo=PARIS),
    ends_at=datetime(2027, 7, 6, 11, 30, tzinfo=PARIS),
    timezone="Europe/Paris",
    summary="La Voie des Talents ; 3e B, 30 personnes",
    description=NEWS,
    location="Le Consortium, 37 rue de Longvic, 21000 Dijon",
    url="https://parcours.example.org/events/voie-des-talents?lang=fr&a=1,2;3",
    status="CONFIRMED",
    stamp=datetime(2027, 1, 4, 8, 0, tzinfo=UTC),
    last_modified=datetime(2027, 1, 5, 9, 0, tzinfo=PARIS),
    organiser_name="Équipe : « La Voie », Dijon",
    organiser_email="contact@parcours.example.org",
    categories=("Forum", "Orientation, emploi"),
)


def read_back(*entries: CalendarEntry, zones: tuple[str, ...] = ("Europe/Paris",)) -> list[Any]:
    """Return the VEVENTs of a calendar of these entries, as icalendar parses them."""
    content = render_calendar(map(render_entry, entries), name="Agenda", timezones=zones, first_year=2027)
    return list(Calendar.from_ical(content).walk("VEVENT"))


def lines_of(content: bytes) -> list[str]:
    """Return the unfolded lines."""
    return content.decode().replace("\r\n ", "").split("\r\n")


def test_every_property_is_read_back() -> None:
    (event,) = read_back(ENTRY)
    assert event["UID"] == ENTRY.uid
    assert (event["SEQUENCE"], event["STATUS"]) == (3, "CONFIRMED")
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == (ENTRY.summary, NEWS)
    assert (str(event["LOCATION"]), str(event["URL"])) == (ENTRY.location, ENTRY.url)
    assert (event["DTSTAMP"].dt, event["LAST-MODIFIED"].dt) == (ENTRY.stamp, ENTRY.last_modified)
    assert str(event["ORGANIZER"]) == "mailto:contact@parcours.example.org"
    assert event["ORGANIZER"].params["CN"] == "Équipe : « La Voie », Dijon"
    assert [str(category) for category in event["CATEGORIES"].cats] == ["Forum", "Orientation, emploi"]


@pytest.mark.parametrize(
    ("starts_at", "written"),
    [
        (datetime(2027, 7, 6, 7, 40, tzinfo=UTC), "20270706T094000"),
        (datetime(2027, 2, 4, 8, 40, tzinfo=UTC), "20270204T094000"),
        (datetime(2027, 7, 6, 3, 40, tzinfo=timezone(timedelta(hours=-4))), "20270706T094000"),
    ],
    ids=["July", "February", "July, from elsewhere"],
)
def test_hours_are_those_of_the_wall_in_the_event_zone(starts_at: datetime, written: str) -> None:
    entry = replace(ENTRY, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    assert f"DTSTART;TZID=Europe/Paris:{written}" in lines_of(render_entry(entry))
    (event,) = read_back(entry)
    assert (event["DTSTART"].dt.hour, event["DTSTART"].dt.minute) == (9, 40)
    assert event["DTSTART"].dt == starts_at
    assert event["DTEND"].dt == starts_at + timedelta(hours=1)


def test_the_second_of_two_equal_hours_is_written_in_utc() -> None:
    first, second = datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    lines = lines_of(render_entry(replace(ENTRY, starts_at=first, ends_at=second)))
    assert {"DTSTART;TZID=Europe/Paris:20271031T023000", "DTEND:20271031T013000Z"} <= set(lines)


@pytest.mark.parametrize("status", ["CONFIRMED", "TENTATIVE", "CANCELLED"])
def test_status_and_sequence_are_kept(status: Status) -> None:
    (event,) = read_back(replace(ENTRY, status=status, sequence=0))
    assert (event["UID"], event["STATUS"], event["SEQUENCE"]) == (ENTRY.uid, status, 0)


def test_what_is_empty_is_left_out() -> None:
    bare = replace(
        ENTRY, description=None, location="", url=None, organiser_name="Équipe", organiser_email=None, categories=()
    )
    names = {line.partition(":")[0].partition(";")[0] for line in lines_of(render_entry(bare)) if line}
    assert names == {
        "BEGIN", "UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "DTSTART", "DTEND", "STATUS", "SUMMARY", "END",
    }  # fmt: skip


def test_lines_are_folded_at_75_octets_between_characters_and_end_with_crlf() -> None:
    content = render_calendar(
        [render_entry(replace(ENTRY, summary="Élève " * 60))],
        name="é" * 200,
        timezones=["Europe/Paris"],
        first_year=2027,
    )
    assert content.endswith(b"END:VCALENDAR\r\n")
    lines = content.split(b"\r\n")
    assert [line for line in lines if b"\n" in line or b"\r" in line or len(line) > 75] == []
    assert [line for line in lines if not line.decode()] == [b""]


@given(
    st.text(
        st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029")
        | st.sampled_from("\n\t;,\\:\"^'é")
    )
)
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    (event,) = read_back(replace(ENTRY, summary=text, description=text or None))
    assert str(event["SUMMARY"]) == text
    assert str(event.get("DESCRIPTION", "")) == text


@given(st.text())
def test_no_text_can_add_a_line_or_break_the_encoding(text: str) -> None:
    entry = replace(
        ENTRY,
        uid=f"a{text}",
        summary=text,
        description=text,
        location=text,
        url=text,
        organiser_name=text,
        organiser_email=f"a{text}",
        categories=(text,),
    )
    names = [line.partition(":")[0].partition(";")[0] for line in lines_of(render_entry(entry))]
    assert names.count("BEGIN") == names.count("END") == names.count("UID") == names.count("SUMMARY") == 1
    assert set(names) <= {
        "", "BEGIN", "UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "DTSTART", "DTEND", "STATUS", "SUMMARY",
        "DESCRIPTION", "LOCATION", "URL", "ORGANIZER", "CATEGORIES", "END",
    }  # fmt: skip
    (event,) = read_back(entry)
    assert event["SEQUENCE"] == 3


def test_line_ends_become_one_and_controls_go() -> None:
    (event,) = read_back(replace(ENTRY, description="a\r\nb\rc\u2028d\x00\x0be\ud800", url="https://a/\r\nX:1"))
    assert str(event["DESCRIPTION"]) == "a\nb\nc\nde?"
    assert str(event["URL"]) == "https://a/ X:1"


@pytest.mark.parametrize("field", ["starts_at", "ends_at", "stamp", "last_modified"])
def test_naive_times_are_refused(field: str) -> None:
    naive = datetime(2027, 7, 6, 9, 40, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware datetimes"):
        render_entry(replace(ENTRY, **{field: naive}))  # type: ignore[arg-type]


def test_unknown_zones_are_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        render_entry(replace(ENTRY, timezone="Europe/Dijon"))
    with pytest.raises(ZoneInfoNotFoundError):
        render_timezone("Europe/Dijon", first_year=2027)


def test_a_feed_names_itself_and_says_when_to_read_it_again() -> None:
    content = render_calendar([], name="Agenda ; Dijon, Beaune", timezones=[], first_year=2027)
    assert lines_of(content) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Parcours//Parcours//FR",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:Agenda \\; Dijon\\, Beaune",
        "X-WR-CALNAME:Agenda \\; Dijon\\, Beaune",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "END:VCALENDAR",
        "",
    ]


def test_a_file_has_no_method_and_a_message_no_name() -> None:
    file = lines_of(render_calendar([], name="Agenda", timezones=[], method=None, first_year=2027))
    message = lines_of(render_calendar([], name="Agenda", timezones=[], method="CANCEL", first_year=2027))
    assert file[4:-2] == ["NAME:Agenda", "X-WR-CALNAME:Agenda"]
    assert message[4:-2] == ["METHOD:CANCEL"]


def test_entries_keep_their_order_and_each_zone_comes_once() -> None:
    entries = [replace(ENTRY, uid=uid) for uid in "cab"]
    content = render_calendar(
        map(render_entry, entries), name="Agenda", timezones=["Indian/Reunion", "Europe/Paris"] * 2, first_year=2027
    )
    calendar = Calendar.from_ical(content)
    assert [event["UID"] for event in calendar.walk("VEVENT")] == ["c", "a", "b"]
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/Paris", "Indian/Reunion"]


def test_utc_needs_no_zone() -> None:
    (event,) = read_back(replace(ENTRY, timezone="Etc/UTC"), zones=("Etc/UTC",))
    assert event["DTSTART"].dt == ENTRY.starts_at
    assert "DTSTART:20270706T074000Z" in lines_of(render_entry(replace(ENTRY, timezone="Etc/UTC")))
    assert render_timezone("Etc/UTC", first_year=2027) == b""
