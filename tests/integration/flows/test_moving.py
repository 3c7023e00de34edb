"""Drafts are changed by hand: what a move breaks is answered, pins hold."""

from datetime import timedelta

import pytest

from app.core.actor import SYSTEM
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.flows.breaches import BreachKind
from app.flows.checker import check_plan
from app.flows.enums import PlanOrigin
from app.flows.errors import PlanChanged, PlanNotFound
from app.flows.minutes import to_passages
from app.flows.operations import Revised, move_passage, pin
from app.flows.queries import PassageRow, WholePlan, get_plan_by_id, list_passages, list_plan_breaches
from app.flows.summary import plan_json
from tests.factories import NOW
from tests.integration.flows.conftest import plan_now, publish


def of(plan: WholePlan, holder: str) -> list[PassageRow]:
    return [row for row in list_passages(plan.id) if row.holder == holder]


def move(row: PassageRow, minutes: int, **options: object) -> Revised:
    revision = get_plan_by_id(row.plan_id).revision
    with transaction():
        return move_passage(
            row.id, row.starts_at + timedelta(minutes=minutes), by=SYSTEM, now=NOW, revision=revision, **options  # type: ignore[arg-type]
        )  # fmt: skip


def problems(plan: WholePlan, event: EventRow) -> list[str]:
    now = get_plan_by_id(plan.id)
    passages = to_passages(list_passages(plan.id), now.hours, event.timezone)
    return check_plan(now.instance, plan_json(now.kept, passages))


def test_a_move_that_breaks_nothing_costs_what_it_says(event: EventRow) -> None:
    plan = plan_now(event)
    *_, last = of(plan, "3e C")
    assert move(last, 30).breaches == ()
    after = get_plan_by_id(plan.id)
    assert (after.summary.waiting, after.origin) == (plan.summary.waiting + 30, PlanOrigin.HAND)
    assert problems(plan, event) == []


def test_what_a_move_breaks_is_said(event: EventRow) -> None:
    plan = plan_now(event)
    first, second, _last = of(plan, "3e C")
    revised = move(second, int((first.starts_at - second.starts_at).total_seconds() // 60) + 10)
    assert BreachKind.OVERLAP in {breach.kind for breach in revised.breaches}
    (row,) = [row for row in list_plan_breaches(get_plan_by_id(plan.id), event) if row.kind is BreachKind.OVERLAP]
    assert {p.stop_name("fr") for p in row.passages} == {first.stop_name("fr"), second.stop_name("fr")}
    assert row.holder == "3e C"
    assert problems(plan, event)


def test_two_classes_too_many_for_a_space(event: EventRow) -> None:
    plan = plan_now(event)
    (one,) = [row for row in of(plan, "3e A") if row.space_name == "Orientation"]
    (other,) = [row for row in of(plan, "3e B") if row.space_name == "Orientation"]
    minutes = int((one.starts_at - other.starts_at).total_seconds() // 60)
    revised = move(other, minutes)
    (full,) = [breach for breach in revised.breaches if breach.kind is BreachKind.SPACE_FULL]
    assert (full.wanted, full.there) == (60, 40)


def test_later_stops_go_along_when_asked(event: EventRow) -> None:
    plan = plan_now(event)
    before = of(plan, "3e C")
    assert move(before[1], 20, along=True).breaches == ()
    after = of(plan, "3e C")
    assert [(a.starts_at - b.starts_at).seconds // 60 for a, b in zip(after, before, strict=True)] == [0, 20, 20]


def test_pinned_ones_stay_when_others_go_along(event: EventRow) -> None:
    plan = plan_now(event)
    first, second, last = of(plan, "3e C")
    with transaction():
        pin(plan.id, True, by=SYSTEM, now=NOW, revision=plan.revision, passage_ids=[last.id])
    move(first, 5, along=True)
    after = of(plan, "3e C")
    assert after[2].starts_at == last.starts_at
    assert after[1].starts_at == second.starts_at + timedelta(minutes=5)


def test_a_pinned_one_is_pinned_where_it_is_put(event: EventRow) -> None:
    plan = plan_now(event)
    *_, last = of(plan, "3e C")
    with transaction():
        pin(plan.id, True, by=SYSTEM, now=NOW, revision=plan.revision, passage_ids=[last.id])
    assert move(last, 15).breaches == ()
    (kept,) = get_plan_by_id(plan.id).instance["pins"]
    assert plan.hours.moment(kept["start"]) == last.starts_at + timedelta(minutes=15)
    with transaction():
        pin(plan.id, False, by=SYSTEM, now=NOW, revision=get_plan_by_id(plan.id).revision, passage_ids=[last.id])
    assert get_plan_by_id(plan.id).instance["pins"] == []


@pytest.mark.parametrize(("minutes", "problem"), [(3, "step"), (60 * 24, "day")])
def test_hours_between_two_steps_or_on_another_day_are_refused(event: EventRow, minutes: int, problem: str) -> None:
    plan = plan_now(event)
    with pytest.raises(FieldError) as refused:
        move(of(plan, "3e C")[0], minutes)
    assert refused.value.problems == {"starts_at": problem}


def test_two_who_move_at_once_do_not_overwrite_each_other(event: EventRow) -> None:
    plan = plan_now(event)
    row = of(plan, "3e C")[0]
    move(row, 5)
    with pytest.raises(PlanChanged) as refused, transaction():
        move_passage(row.id, row.starts_at, by=SYSTEM, now=NOW, revision=plan.revision)
    assert refused.value.revision == plan.revision + 1


def test_drafts_alone_are_changed(event: EventRow) -> None:
    plan = plan_now(event)
    publish(plan)
    with pytest.raises(MoveNotAllowed):
        move(of(plan, "3e C")[0], 5)
    with pytest.raises(PlanNotFound), transaction():
        move_passage(999, NOW, by=SYSTEM, now=NOW, revision=1)
