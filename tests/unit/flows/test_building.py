"""From an event to an instance: hours, days, groups, blocks, pins, and what is left out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events.audiences import AudienceRow
from app.events.enums import Enrolment, EventKind, EventState, WaitingPolicy
from app.events.queries.rows import EventRow, SpaceRow, StopRow, TransferRow, WaveRow
from app.flows.building import GroupToPlan, Omission, TeamStop, build_instance
from app.flows.crowds import list_crowds
from app.flows.hours import Hours
from app.flows.reading import read_instance

PARIS = ZoneInfo("Europe/Paris")


def at(hour: int, minute: int = 0, *, day: int = 4, month: int = 2) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=PARIS)


def stop(number: int, space: int | None, minutes: int = 20, **changes: Any) -> StopRow:
    row = StopRow(number, f"Étape {number}", "", "", "", minutes, False, space, "", id=10 + number)
    return replace(row, **changes)


def wave(number: int, begins: datetime, minutes: int = 40, **changes: Any) -> WaveRow:
    row = WaveRow(number, begins, begins + timedelta(minutes=minutes), 120, "", "", ())
    return replace(row, **changes)


def event(**changes: Any) -> EventRow:
    """Two days with a wave each, two spaces, two stops for all."""
    nothing = dict.fromkeys(
        (
            "title_fr", "title_en", "summary_fr", "summary_en", "description_fr", "description_en", "entrance_fr",
            "entrance_en", "join_url", "cancel_code", "cancel_reason", "venue_name", "venue_address", "venue_commune",
            "project_name", "calendar_uid",
        ),
        "",
    )  # fmt: skip
    values: dict[str, Any] = {
        **nothing, "id": 1, "organiser_id": 1, "slug": "forum", "kind": EventKind.FORUM, "state": EventState.PUBLISHED,
        "project_id": None, "timezone": "Europe/Paris", "starts_at": at(9), "ends_at": at(17, day=5),
        "registration_opens_at": None, "registration_closes_at": None, "enrolment": Enrolment.ONE, "capacity": None,
        "largest_group": None, "reference_prefix": "VT", "asks_statistics": False, "waiting_list": True,
        "waiting_policy": WaitingPolicy.HOLD, "offer_hours": 24, "apart": (), "transfer_minutes": 5, "absent_minutes": None,
        "date_to_come": False, "postponed_at": None, "keep_names_days": 365, "revision": 1, "created_at": at(9),
        "updated_at": at(9), "audiences": (AudienceRow("school", "", "", groups=True), AudienceRow("family", "", "", groups=True)),
        "waves": (wave(1, at(9)), wave(2, at(14, day=5))), "spaces": (SpaceRow(1, "A", 60, "", ""), SpaceRow(2, "B", 40, "", "")),
        "stops": (stop(1, 1), stop(2, 2)), "transfers": (), "checkpoints": (), "questions": (),
    }  # fmt: skip
    return EventRow(**(values | changes))


CLASS = GroupToPlan(7, "school", 30, (1,))


def test_hours_are_minutes_of_local_days() -> None:
    built = build_instance(event(), [CLASS, GroupToPlan(8, "school", 12, (2,))], {})
    assert [(d["name"], d["from"], d["until"]) for d in built.instance["days"]] == [
        ("2027-02-04", 540, 1020),
        ("2027-02-05", 1440 + 840, 1440 + 1020),
    ]
    assert {g["id"]: g["windows"] for g in built.instance["groups"]} == {
        "7-1": [{"from": 540, "until": 579}],
        "8-2": [{"from": 2280, "until": 2319}],
    }
    assert built.hours.moment(2280) == at(14, day=5)
    read_instance(built.instance)


def test_a_delay_moves_the_window_and_what_is_expected() -> None:
    made = event(waves=(wave(1, at(9), late_minutes=20), wave(2, at(14, day=5))))
    built = build_instance(made, [CLASS], {(1, "family"): 10})
    assert built.instance["groups"][0]["windows"] == [{"from": 560, "until": 599}]
    assert min(built.expected["1"]) >= 560


def test_variants_choices_and_blocks() -> None:
    stops = (
        stop(1, 1),
        stop(2, 2, audiences=("family",)),
        stop(3, 1, any_order=True),
        stop(4, 2, any_order=True, optional=True),
        stop(5, 1, optional=True),
    )
    asked = event(stops=stops)
    choosy = GroupToPlan(8, "school", 12, (1,), declined=(14, 11))
    built = build_instance(asked, [CLASS, choosy, GroupToPlan(9, "family", 5, (1,))], {})
    blocks = {group["id"]: group["stops"] for group in built.instance["groups"]}
    assert blocks["7-1"] == [["11"], ["13", "14"], ["15"]]
    assert blocks["8-1"] == [["11"], ["13"], ["15"]]
    assert blocks["9-1"] == [["11"], ["12", "13", "14"], ["15"]]


def test_what_cannot_be_planned_is_left_out_and_said() -> None:
    stops = (stop(1, None), stop(2, 2, 0), stop(3, 1, audiences=("family",)))
    built = build_instance(event(stops=stops), [CLASS], {})
    assert [(left.why, left.stop_id, left.registration_id) for left in built.not_planned] == [
        (Omission.STOP_WITHOUT_SPACE, 11, None),
        (Omission.STOP_WITHOUT_MINUTES, 12, None),
        (Omission.GROUP_WITHOUT_STOPS, None, 7),
    ]
    assert built.instance["groups"] == []


def test_pins_and_what_was_told_follow_what_is_still_there() -> None:
    kept, gone = TeamStop(7, 1, 1, 11, at(9, 10)), TeamStop(7, 1, 1, 99, at(9, 40))
    other_day = TeamStop(7, 1, 1, 12, at(9, 40, day=6))
    built = build_instance(event(), [CLASS], {}, previous=[kept, gone], pins=[kept, gone, other_day])
    assert built.instance["previous"] == [{"group": "7-1", "team": 1, "stop": "11", "start": 550}]
    assert built.instance["pins"] == built.instance["previous"]
    assert [(left.why, left.stop_id) for left in built.not_planned] == [
        (Omission.PIN_GONE, 99),
        (Omission.PIN_GONE, 12),
    ]


def test_spaces_stands_teams_and_walks() -> None:
    asked = event(
        spaces=(SpaceRow(1, "A", 60, "", "", stands=3), SpaceRow(2, "B", 40, "", "")),
        stops=(stop(1, 1, largest_team=10), stop(2, 2)),
        transfers=(TransferRow(1, 2, 9),),
    )
    read = read_instance(build_instance(asked, [CLASS], {}).instance)
    assert (read.spaces["1"].stands, read.spaces["2"].stands) == (3, None)
    assert read.teams(read.groups[0]) == (10, 10, 10)
    assert (read.transfer("11", "12"), read.transfer("12", "11"), read.transfer("11", "11")) == (9, 9, 0)


@pytest.mark.parametrize(("forecast", "registered", "people"), [(None, 12, 12), (50, 12, 50), (0, 12, 0), (7, 0, 7)])
def test_a_forecast_takes_the_place_of_who_is_registered(forecast: int | None, registered: int, people: int) -> None:
    made = event(waves=(wave(1, at(9), forecast=forecast),))
    hours = Hours.of([at(9)], "Europe/Paris")
    crowds = list_crowds(made, {(1, "family"): registered} if registered else {}, hours)
    assert sum(crowd.people for crowd in crowds) == people


def test_more_than_31_days_are_no_plan() -> None:
    begins = at(9)
    waves = tuple(wave(number, begins + timedelta(days=number)) for number in range(32))
    with pytest.raises(ValueError, match="32 days"):
        build_instance(event(waves=waves, ends_at=begins + timedelta(days=40)), [], {})


@pytest.mark.parametrize(("month", "day"), [(3, 28), (10, 31)])
def test_in_the_night_of_the_clocks_a_stay_takes_its_minutes(month: int, day: int) -> None:
    begins = at(1, 30, month=month, day=day)
    made = event(waves=(wave(1, begins),), starts_at=begins, ends_at=begins.astimezone(UTC) + timedelta(hours=6))
    built = build_instance(made, [CLASS], {})
    assert built.instance["groups"][0]["windows"][0]["from"] == 90
    real = built.hours.moment(90 + 120).astimezone(UTC) - begins.astimezone(UTC)
    assert real == timedelta(minutes=120)
    assert built.instance["days"][0]["until"] == 90 + 360


@pytest.mark.parametrize(("month", "day"), [(3, 28), (10, 31)])
def test_the_day_after_the_night_of_the_clocks_begins_as_any_other(month: int, day: int) -> None:
    eve = datetime(2027, month, day - 1, 9, tzinfo=PARIS)
    hours = Hours.of([eve, datetime(2027, month, day, 9, tzinfo=PARIS)], "Europe/Paris")
    assert hours.minute(datetime(2027, month, day, 9, tzinfo=PARIS), "Europe/Paris") == 1440 + 540
    assert hours.moment(1440 + 600).astimezone(PARIS).hour == 10
    assert Hours.read(hours.kept()) == hours


@given(st.integers(0, 2 * 366 * 1440), st.integers(0, 600))
def test_minutes_and_moments_are_the_same(begins: int, later: int) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=begins)
    hours = Hours.of([first], "Europe/Paris")
    minute = hours.minute_on(0, first)
    assert hours.moment(minute + later) == first + timedelta(minutes=later)
    assert hours.number_of(first.astimezone(PARIS).date()) == 0
    assert hours.number_of(date(1999, 1, 1)) is None


def test_a_forecast_without_anybody_is_shared_among_those_who_may_come_alone() -> None:
    audiences = (
        AudienceRow("school", "Scolaires", "Schools", groups=True, individuals=False),
        AudienceRow("family", "Familles", "Families", groups=True),
    )
    schools_alone = stop(11, 1, audiences=("school",))
    made = event(waves=(wave(1, at(9), forecast=40),), audiences=audiences, stops=(schools_alone, stop(12, 2)))
    (crowd,) = list_crowds(made, {}, Hours.of([at(9)], "Europe/Paris"))
    assert crowd.people == 40
    assert {leg.space for way in crowd.ways for leg in way} == {"2"}
