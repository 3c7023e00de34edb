"""Whatever an event looks like and whoever registered: what is planned for it is an instance, and the plan keeps it."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
from hypothesis import assume, given
from hypothesis import strategies as st

from app.events.queries.rows import EventRow, SpaceRow, TransferRow
from app.flows.breaches import list_breaches
from app.flows.building import Built, GroupToPlan, TeamStop, build_instance, registration_and_wave
from app.flows.causes import find_causes
from app.flows.checker import check_cause, check_plan
from app.flows.minutes import to_passages, to_values
from app.flows.planner import solve
from app.flows.reading import InstanceSchema, PlanSchema, as_json, json_schema, read_instance
from tests.unit.flows.test_building import at, event, stop, wave

AUDIENCES = ("school", "family")
INSTANCE, PLAN = (jsonschema_rs.Draft202012Validator(json_schema(s)) for s in (InstanceSchema, PlanSchema))


@st.composite
def events(draw: st.DrawFn) -> EventRow:
    """One to three days (the clocks may change between them), one to four spaces, up to six stops."""
    month, day = draw(st.sampled_from([(2, 4), (3, 27), (10, 30)]))
    days = draw(st.integers(1, 3))
    begins = [at(9, month=month, day=day) + timedelta(days=n) for n in range(days)]
    spaces = tuple(
        SpaceRow(n, f"S{n}", draw(st.integers(10, 90)), "", "", draw(st.sampled_from([None, None, 1, 3])))
        for n in range(1, draw(st.integers(1, 4)) + 1)
    )
    stops = tuple(
        stop(
            n, draw(st.sampled_from([None, *(s.id for s in spaces)])), draw(st.sampled_from([0, 7, 15, 20, 30])),
            optional=draw(st.booleans()), any_order=draw(st.booleans()),
            audiences=draw(st.sampled_from([(), (), ("school",), ("family",)])),
            largest_team=draw(st.sampled_from([None, None, 12])),
        )
        for n in range(1, draw(st.integers(1, 6)) + 1)
    )  # fmt: skip
    waves = tuple(
        wave(
            n, begins[draw(st.integers(0, days - 1))] + timedelta(minutes=draw(st.integers(0, 300))),
            draw(st.integers(10, 90)), late_minutes=draw(st.sampled_from([0, 0, 20])),
            forecast=draw(st.sampled_from([None, 0, 30])),
        )
        for n in range(1, draw(st.integers(1, 4)) + 1)
    )  # fmt: skip
    transfers = tuple(TransferRow(1, s.id, draw(st.integers(0, 15))) for s in spaces[1:])
    ends_at = begins[-1] + timedelta(hours=draw(st.integers(3, 9)))
    return event(
        waves=waves, spaces=spaces, stops=stops, transfers=transfers, starts_at=begins[0], ends_at=ends_at,
        transfer_minutes=draw(st.integers(0, 10)),
    )  # fmt: skip


@st.composite
def tasks(draw: st.DrawFn) -> tuple[EventRow, list[GroupToPlan], dict[tuple[int, str], int]]:
    made = draw(events())
    waves, stops = [w.id for w in made.waves], [s.id for s in made.stops]
    groups = [
        GroupToPlan(
            number, draw(st.sampled_from(AUDIENCES)), draw(st.integers(1, 40)),
            tuple(sorted(draw(st.sets(st.sampled_from(waves), min_size=1, max_size=2)))),
            tuple(draw(st.sets(st.sampled_from(stops), max_size=2))),
        )
        for number in range(1, draw(st.integers(0, 6)) + 1)
    ]  # fmt: skip
    individuals = {(w, a): draw(st.integers(0, 15)) for w in waves for a in AUDIENCES}
    return made, groups, individuals


def rows_of(built: Built, passages: Any) -> list[Any]:
    return [SimpleNamespace(**values) for values in to_values(passages, built.hours)]


@given(tasks())
def test_what_is_built_is_planned_and_kept(
    task: tuple[EventRow, list[GroupToPlan], dict[tuple[int, str], int]],
) -> None:
    made, groups, individuals = task
    built = build_instance(made, groups, individuals)
    assume(len(built.instance["stops"]) > 0)
    assert list(INSTANCE.iter_errors(built.instance)) == []
    instance = read_instance(built.instance)
    found = solve(instance, effort=1)
    causes = [] if found.found else find_causes(instance)
    plan = as_json(found, causes)
    assert list(PLAN.iter_errors(plan)) == []
    assert check_plan(built.instance, plan) == []
    assert [check_cause(built.instance, cause) for cause in plan["causes"]] == [[]] * len(causes)
    assert list_breaches(instance, found.passages) == ()
    stored = rows_of(built, found.passages)
    assert to_passages(stored, built.hours, made.timezone) == list(found.passages)
    minutes = {s.id: s.minutes for s in made.stops}
    assert all(row.ends_at - row.starts_at == timedelta(minutes=minutes[row.stop_id]) for row in stored)


@given(tasks())
def test_planning_again_without_a_change_moves_nothing(
    task: tuple[EventRow, list[GroupToPlan], dict[tuple[int, str], int]],
) -> None:
    made, groups, individuals = task
    built = build_instance(made, groups, individuals)
    assume(len(built.instance["stops"]) > 0)
    first = solve(read_instance(built.instance), effort=1)
    told = [
        TeamStop(*registration_and_wave(p.group), p.team, int(p.stop), built.hours.moment(p.start))
        for p in first.passages
    ]
    again = build_instance(made, groups, individuals, previous=told, pins=told[::2])
    assert again.not_planned == built.not_planned
    second = solve(read_instance(again.instance), effort=1)
    assert check_plan(again.instance, as_json(second)) == []
    if first.found:
        assert second.cost.moved <= len(told) / 10
