"""A draft that what it was made from has left behind is not published; a plan made on the day leaves alone what has begun."""

from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module

import pytest
from flask import Flask, current_app

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.cloning import draft_from, spaces_of, stops_of
from app.events.drafts import SpaceDraft
from app.events.enums import EventMove
from app.events.errors import EventReadOnly
from app.events.operations import edit_event, move_event
from app.events.queries import EventRow, get_event_by_id
from app.flows.enums import DelayKind
from app.flows.errors import PlanOutOfDate
from app.flows.operations import drop_plan, mark_late, move_passage, pin, publish_plan, replan, start_plan
from app.flows.queries import (
    ChangeKind,
    WholePlan,
    find_plan_in_force,
    get_plan_by_id,
    heat,
    is_out_of_date,
    list_passages,
)
from app.flows.spread import Crowd, Spread, spread
from app.messages.queries import get_sequences
from app.registrations.operations import cancel_registration
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, NOW, make_event, make_organiser, make_registration, person_draft
from tests.integration.flows.conftest import add_class, led_forum, plan_now, publish
from tests.integration.mails.conftest import drain

MINUTE = timedelta(minutes=1)


def edit(event: EventRow, *, capacity: int) -> EventRow:
    """Every space holds so many people from now on."""
    event = get_event_by_id(event.id)
    draft = draft_from(event)
    spaces = tuple(replace(space, capacity=capacity) for space in spaces_of(event, ids=True))
    waves = tuple(replace(wave, id=old.id) for wave, old in zip(draft.waves, event.waves, strict=True))
    with transaction():
        edit_event(
            event.id, replace(draft, spaces=spaces, stops=stops_of(event, ids=True), waves=waves), by=SYSTEM, now=NOW
        )
    return get_event_by_id(event.id)


def at(moment: datetime) -> datetime:
    set_clock(current_app.extensions, moment)
    return moment


def plan_at(event: EventRow, now: datetime) -> WholePlan:
    at(now)
    with transaction():
        plan_id = start_plan(event.id, by=SYSTEM, now=now)
    drain()
    return get_plan_by_id(plan_id)


def publish_at(plan: WholePlan, now: datetime) -> tuple[int, ...]:
    with transaction():
        return publish_plan(plan.id, by=SYSTEM, now=now, revision=get_plan_by_id(plan.id).revision)


def begins(plan_id: int) -> dict[tuple[int, int, int, int], datetime]:
    return {row.key: row.starts_at for row in list_passages(plan_id)}


def broken() -> list[str]:
    return [check.name for check in run_checks(NOW) if not check.ok]


def test_a_draft_for_larger_spaces_is_not_published(event: EventRow) -> None:
    plan = plan_now(event)
    changed = edit(event, capacity=35)
    with pytest.raises(PlanOutOfDate) as refused:
        publish(plan)
    assert refused.value.changes == ("space",)
    assert find_plan_in_force(event.id) is None
    publish(plan_now(changed))
    assert broken() == []


def test_a_draft_from_before_a_delay_is_not_published(event: EventRow) -> None:
    plan = plan_now(event)
    with transaction():
        mark_late(event.id, DelayKind.SPACE, event.spaces[0].id, 10, by=SYSTEM, now=NOW + MINUTE)
    assert ChangeKind.DELAY in {change.kind for change in is_out_of_date(plan, get_event_by_id(event.id))}
    with pytest.raises(PlanOutOfDate):
        publish(plan)
    again = plan_at(event, NOW + 2 * MINUTE)
    assert publish_at(again, NOW + 3 * MINUTE)
    assert is_out_of_date(get_plan_by_id(again.id), get_event_by_id(event.id)) == ()


def test_missing_groups_and_people_do_not_make_it_out_of_date(event: EventRow) -> None:
    plan = plan_now(event)
    with transaction():
        cancel_registration(list_passages(plan.id)[0].registration_id, by=SYSTEM, now=NOW)
    add_class(event, "3e Z", wave=1)
    assert publish(plan, incomplete=True)


def test_on_the_day_nobody_goes_back_in_time_and_what_began_stays(event: EventRow) -> None:
    publish(plan_now(event))
    told = find_plan_in_force(event.id)
    assert told is not None
    noon = DAY_ONE + 42 * MINUTE + timedelta(seconds=20)
    newcomer = add_class(event, "3e Z", wave=0).id
    before, draft = begins(told.id), plan_at(event, noon)
    after = begins(draft.id)
    assert min(starts for key, starts in after.items() if key[0] == newcomer) >= DAY_ONE + 45 * MINUTE
    begun = {key for key, starts in before.items() if starts <= noon}
    assert begun
    assert {key: after[key] for key in begun} == {key: before[key] for key in begun}
    assert {row.key for row in list_passages(draft.id) if row.pinned} >= begun
    assert all(starts >= noon for key, starts in after.items() if key not in begun)
    publish_at(draft, noon)
    assert broken() == []


def test_a_draft_that_moves_what_began_meanwhile_is_not_published(event: EventRow) -> None:
    publish(plan_now(event))
    draft = plan_now(event)
    last = max(list_passages(draft.id), key=lambda row: row.starts_at)
    with transaction():
        move_passage(last.id, last.starts_at + 5 * MINUTE, by=SYSTEM, now=NOW, revision=draft.revision)
    with pytest.raises(PlanOutOfDate) as refused:
        publish_at(draft, last.starts_at + MINUTE)
    assert refused.value.changes == ()
    assert publish_at(draft, last.starts_at - MINUTE)


def test_what_began_is_not_moved_by_hand(event: EventRow) -> None:
    plan = plan_now(event)
    first = list_passages(plan.id)[0]
    for now, to in ((first.starts_at + MINUTE, 30), (first.starts_at - MINUTE, -5)):
        with pytest.raises(FieldError) as refused, transaction():
            move_passage(first.id, first.starts_at + to * MINUTE, by=SYSTEM, now=now, revision=plan.revision)
        assert refused.value.problems == {"starts_at": "past"}


def test_a_move_by_hand_holds_when_it_is_planned_again(event: EventRow) -> None:
    plan = plan_now(event)
    last = max(list_passages(plan.id), key=lambda row: row.starts_at)
    to = last.starts_at + 25 * MINUTE
    with transaction():
        move_passage(last.id, to, by=SYSTEM, now=NOW, revision=plan.revision)
    with transaction():
        again = replan(plan.id, by=SYSTEM, now=NOW)
    drain()
    (kept,) = [row for row in list_passages(again) if row.key == last.key]
    assert (kept.starts_at, kept.pinned) == (to, True)


@pytest.mark.parametrize("how", ["over", "archived", "cancelled"])
def test_what_is_over_or_off_is_planned_no_more(event: EventRow, how: str) -> None:
    plan = plan_now(event)
    passage = list_passages(plan.id)[0]
    late = event.ends_at + MINUTE
    now = NOW if how == "cancelled" else late
    with transaction():
        if how == "cancelled":
            move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="Tempête")
        elif how == "archived":
            move_event(event.id, EventMove.CLOSE, by=SYSTEM, now=late)
            move_event(event.id, EventMove.ARCHIVE, by=SYSTEM, now=late)
    refusal = MoveNotAllowed if how == "over" else EventReadOnly
    to, revision = passage.starts_at + 5 * MINUTE, plan.revision
    with pytest.raises(refusal), transaction():
        drop_plan(plan.id, by=SYSTEM, now=now)
    with pytest.raises(refusal), transaction():
        start_plan(event.id, by=SYSTEM, now=now)
    with pytest.raises(refusal), transaction():
        pin(plan.id, True, by=SYSTEM, now=now, revision=revision, passage_ids=[passage.id])
    with pytest.raises(refusal), transaction():
        move_passage(passage.id, to, by=SYSTEM, now=now, revision=revision)
    with pytest.raises(refusal), transaction():
        publish_plan(plan.id, by=SYSTEM, now=now, revision=revision)


def test_who_was_led_through_already_is_written_no_mail(event: EventRow) -> None:
    publish(plan_now(event))
    at(event.ends_at - MINUTE)
    assert drain() == []


def test_another_stand_is_told_and_changes_no_calendar(whole_app: Flask) -> None:
    spaces = (SpaceDraft("Grande salle", 60, stands=2), SpaceDraft("Orientation", 40), SpaceDraft("Offres", 60))
    event = make_event(make_organiser(), led_forum(spaces=spaces))
    made = add_class(event, "3e A")
    publish(plan_now(event))
    drain()
    draft = plan_now(event)
    (hall,) = [row for row in list_passages(draft.id) if row.space_name == "Grande salle"]
    assert hall.stand == 1
    subject = f"registration:{made.id}"
    before = get_sequences([subject])
    with transaction():
        move_passage(hall.id, hall.starts_at, 2, by=SYSTEM, now=NOW, revision=draft.revision)
    assert publish(draft) == (made.id,)
    assert get_sequences([subject]) == before
    (mail,) = drain()
    assert "stand 2" in mail.text


def test_publishing_takes_as_many_statements_for_two_groups_as_for_six(event: EventRow) -> None:
    def statements() -> int:
        plan = plan_now(event)
        with counted_statements() as found:
            publish(plan)
        return int(found)

    few = statements()
    with transaction():
        drop_plan(find_plan(event), by=SYSTEM, now=NOW)
    for label in ("3e X", "3e Y", "3e Z"):
        add_class(event, label, wave=1, participants=8)
    assert statements() == few


def find_plan(event: EventRow) -> int:
    plan = find_plan_in_force(event.id)
    assert plan is not None
    return plan.id


def test_individuals_are_played_again_only_when_others_are_to_come(
    event: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    played: list[int] = []

    def count(crowds: list[Crowd], **options: int) -> Spread:
        played.append(sum(crowd.people for crowd in crowds))
        return spread(crowds, **options)

    monkeypatch.setattr(import_module("app.flows.queries.heat"), "spread", count)
    day = DAY_ONE.date()
    heat(None, get_event_by_id(event.id), day)
    add_class(event, "3e Z", wave=1)
    heat(None, get_event_by_id(event.id), day)
    assert played == [0]
    make_registration(event, person_draft(event))
    heat(None, get_event_by_id(event.id), day)
    assert played == [0, 1]
