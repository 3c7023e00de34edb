"""Putting plans in force: what holds then, who is told, what is refused."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from flask import current_app
from sqlalchemy import func, select

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.events.cloning import CopyDraft
from app.events.operations import hold_event
from app.events.operations.cloning import clone_event
from app.events.queries import EventRow, get_event
from app.flows.enums import PlanOrigin, PlanState
from app.flows.errors import PlanBroken, PlanChanged, PlanIncomplete
from app.flows.minutes import to_passages
from app.flows.models import FlowSlot
from app.flows.operations import drop_plan, enforce, move_passage, pin, publish_plan, replan
from app.flows.queries import (
    find_plan_in_force,
    get_plan_by_id,
    list_passages,
    list_plans,
    passages_of,
    passages_of_space,
)
from app.registrations.calendars import registration_calendar
from app.registrations.models import Registration
from app.registrations.notifications import tell
from app.registrations.operations import cancel_registration
from app.registrations.queries import get_registration
from tests.factories import DAY_ONE, NOW
from tests.integration.flows.conftest import add_class, plan_now, publish
from tests.integration.mails.conftest import drain


def broken() -> list[str]:
    return [problem for result in run_checks(NOW) for problem in result.problems]


def ids() -> dict[str, int]:
    return {row.class_label: row.id for row in db.session.execute(select(Registration.class_label, Registration.id))}


def sequence_of(registration_id: int, event: EventRow) -> int:
    content = registration_calendar(get_registration(registration_id), event).content
    (entry,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return int(str(entry["SEQUENCE"]))


def test_publishing_puts_in_force_tells_and_raises_sequences(event: EventRow) -> None:
    drain()
    before = {label: sequence_of(i, event) for label, i in ids().items()}
    plan = plan_now(event)
    concerned = publish(plan)
    assert set(concerned) == set(ids().values())
    in_force = find_plan_in_force(event.id)
    assert in_force is not None
    assert (in_force.id, in_force.published_at) == (plan.id, NOW)
    assert {label: sequence_of(i, event) - before[label] for label, i in ids().items()} == dict.fromkeys(before, 1)
    mails = drain()
    assert sorted(mail.to for mail in mails) == [f"manon.3{letter}@example.org" for letter in ("ea", "eb", "ec")]
    assert drain() == []
    first = next(mail for mail in mails if "3ea" in mail.to)
    hours = [row.starts_at.astimezone(DAY_ONE.tzinfo) for row in passages_of(ids()["3e A"])]
    assert first.title.startswith("Vos horaires : La Voie des Talents")
    for moment in hours:
        assert f"{moment.hour}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{moment.minute:02d}" in first.text
    assert "vers" not in first.text.split("Numéro")[0]
    assert broken() == []


def test_slots_are_people_by_space_and_five_minutes(event: EventRow) -> None:
    plan = plan_now(event)
    publish(plan)
    total = db.session.execute(select(func.sum(FlowSlot.people)).where(FlowSlot.plan_id == plan.id)).scalar_one()
    assert total == 3 * 30 * (30 + 20 + 15) // 5
    again = plan_now(get_event(event.slug))
    publish(again)
    assert set(db.session.execute(select(FlowSlot.plan_id)).scalars()) == {again.id}
    assert get_plan_by_id(plan.id).state is PlanState.REPLACED
    assert broken() == []


def test_only_those_whose_hours_change_are_told(event: EventRow) -> None:
    publish(plan_now(event))
    drain()
    late = add_class(event, "3e D", wave=1)
    drain()
    before = {row.key: row.starts_at for i in ids().values() for row in passages_of(i)}
    again = plan_now(get_event(event.slug))
    concerned = publish(again)
    after = {row.key: row.starts_at for i in ids().values() for row in passages_of(i)}
    moved = {key[0] for key in before if before[key] != after[key]}
    assert set(concerned) == moved | {late.id}
    assert {mail.to for mail in drain()} == {get_registration(i).contact_email for i in concerned}


def test_a_draft_that_changed_since_it_was_read_is_not_published(event: EventRow) -> None:
    plan = plan_now(event)
    with pytest.raises(PlanChanged), transaction():
        publish_plan(plan.id, by=SYSTEM, now=NOW, revision=plan.revision - 1)
    assert find_plan_in_force(event.id) is None


def test_what_is_in_force_or_dropped_is_not_published_again(event: EventRow) -> None:
    plan, other = plan_now(event), plan_now(event)
    publish(plan)
    with pytest.raises(MoveNotAllowed):
        publish(plan)
    with transaction():
        drop_plan(other.id, by=SYSTEM, now=NOW)
    with pytest.raises(MoveNotAllowed):
        publish(other)


def test_a_broken_draft_is_not_published(event: EventRow) -> None:
    plan = plan_now(event)
    passage = next(row for row in list_passages(plan.id) if row.space_name == "Orientation")
    with transaction():
        revised = move_passage(
            passage.id, passage.starts_at - timedelta(hours=2), by=SYSTEM, now=NOW, revision=plan.revision
        )
    assert revised.breaches
    with pytest.raises(PlanBroken) as refused:
        publish(plan)
    assert refused.value.breaches == revised.breaches
    assert refused.value.problems


def test_missing_groups_are_said_and_may_be_accepted(event: EventRow) -> None:
    plan = plan_now(event)
    late = add_class(event, "3e D", wave=1)
    with pytest.raises(PlanIncomplete) as refused:
        publish(plan)
    assert refused.value.groups == ((late.id, event.waves[1].id),)
    publish(plan, incomplete=True)
    assert passages_of(late.id) == []
    assert broken() == []


def test_a_group_for_which_nothing_is_found_is_left_out_with_a_cause(event: EventRow) -> None:
    crowd = add_class(event, "3e Z", participants=48)
    plan = plan_now(event)
    assert not plan.summary.found
    assert plan.summary.left_out == ((crowd.id, event.waves[0].id),)
    assert [(cause.kind.value, cause.wanted, cause.there) for cause in plan.summary.causes] == [
        ("wave_too_large", 50, 40)
    ]
    with pytest.raises(PlanIncomplete):
        publish(plan)


def test_who_cancels_stays_in_the_plan_and_is_shown_nowhere_else(event: EventRow) -> None:
    publish(plan_now(event))
    gone = ids()["3e B"]
    with transaction():
        cancel_registration(gone, by=SYSTEM, now=NOW)
    plan = find_plan_in_force(event.id)
    assert plan is not None
    assert {row.holder for row in list_passages(plan.id) if row.gone} == {"3e B"}
    assert passages_of(gone) == []
    day = DAY_ONE.date()
    for space in event.spaces:
        assert {row.holder for row in passages_of_space(event.id, space.id, day)} == {"3e A", "3e C"}
    assert broken() == []


def test_dropping_the_plan_in_force_tells_that_nothing_is_planned(event: EventRow) -> None:
    plan = plan_now(event)
    publish(plan)
    drain()
    before = sequence_of(ids()["3e A"], event)
    with transaction():
        drop_plan(plan.id, by=SYSTEM, now=NOW)
    assert find_plan_in_force(event.id) is None
    assert get_plan_by_id(plan.id).state is PlanState.REPLACED
    assert sequence_of(ids()["3e A"], event) == before + 1
    mails = drain()
    assert len(mails) == 3
    assert all("ne tiennent plus" in mail.text for mail in mails)
    assert broken() == []


def test_a_job_killed_while_it_tells_writes_no_mail_twice(event: EventRow, monkeypatch: Any) -> None:
    publish(plan_now(event))
    monkeypatch.setattr("app.flows.telling.CHUNK", 1)
    told: list[str] = []

    def dying(*args: Any, **rest: Any) -> None:
        if len(told) == 2:
            told.append("killed")
            raise RuntimeError("killed")
        told.append(args[2])
        tell(*args, **rest)

    monkeypatch.setattr("app.flows.telling.tell", dying)
    mails = drain()
    assert told[2] == "killed"
    mails += finish(event)
    assert sorted(mail.to for mail in mails) == [f"manon.3{letter}@example.org" for letter in ("ea", "eb", "ec")]


def finish(event: EventRow) -> list[Any]:
    """What waits after its failure is due a day later."""
    set_clock(current_app.extensions, NOW + timedelta(days=1))
    return drain()


def test_replanning_keeps_pins_and_what_was_told(event: EventRow) -> None:
    plan = plan_now(event)
    rows = list_passages(plan.id)
    with transaction():
        pin(plan.id, True, by=SYSTEM, now=NOW, revision=plan.revision, registration_id=ids()["3e A"])
    publish(plan)
    add_class(event, "3e D", wave=1, participants=10)
    with transaction():
        again = replan(plan.id, by=SYSTEM, now=NOW)
    drain()
    after = {row.key: row for row in list_passages(again)}
    assert {key for key, row in after.items() if row.pinned} == {r.key for r in rows if r.holder == "3e A"}
    moved = [row for row in rows if after[row.key].starts_at != row.starts_at]
    assert len(moved) <= len(rows) / 10
    assert get_plan_by_id(again).based_on_id == plan.id


def later_by(event: EventRow, minutes: int) -> int:
    """The plan in force, everything of it so many minutes later; its windows and its day's end as well."""
    with transaction():
        held = hold_event(event.id)
        plan = find_plan_in_force(event.id)
        assert plan is not None
        passages = [
            replace(passage, start=passage.start + minutes, end=passage.end + minutes)
            for passage in to_passages(list_passages(plan.id), plan.hours, event.timezone)
        ]
        instance = deepcopy(plan.instance)
        for group in instance["groups"]:
            group["windows"] = [{"from": w["from"] + minutes, "until": w["until"] + minutes} for w in group["windows"]]
        return enforce(
            held, instance, plan.hours, passages, origin=PlanOrigin.DELAY, by=SYSTEM, now=NOW, kept=plan.kept
        )  # fmt: skip


def test_what_others_make_of_the_plan_in_force_holds_at_once(event: EventRow) -> None:
    publish(plan_now(event))
    drain()
    before = {row.key: row.starts_at for i in ids().values() for row in passages_of(i)}
    plan = get_plan_by_id(later_by(event, 20))
    assert (plan.state, plan.origin, plan.number) == (PlanState.IN_FORCE, PlanOrigin.DELAY, 2)
    after = {row.key: row.starts_at for i in ids().values() for row in passages_of(i)}
    assert after == {key: moment + timedelta(minutes=20) for key, moment in before.items()}
    assert len(drain()) == 3
    assert broken() == []


def test_what_breaks_a_promise_is_not_put_in_force(event: EventRow) -> None:
    publish(plan_now(event))
    before = find_plan_in_force(event.id)
    with pytest.raises(PlanBroken) as refused:
        later_by(event, 6 * 60 + 30)
    assert refused.value.problems
    assert find_plan_in_force(event.id) == before


def test_a_clone_has_no_plan(event: EventRow) -> None:
    publish(plan_now(event))
    first_day = DAY_ONE.date() + timedelta(days=365)
    with transaction():
        (slug,) = clone_event(event.id, [CopyDraft(first_day, "Forum")], by=SYSTEM, now=NOW)
    assert list_plans(get_event(slug).id) == []
