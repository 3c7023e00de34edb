"""Several people and one action: its undoing and what is left of it belong to who has all of its rows; and its figures."""

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts.enums import EventFunction, Role
from app.accounts.models import Membership
from app.core.actor import Actor, ActorKind
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.jobs.models import Job, JobState
from app.registrations.bulk import working
from app.registrations.bulk.queries import get_bulk, list_bulks
from app.registrations.bulk.rules import Stage
from app.registrations.enums import BulkKind
from app.registrations.operations.removing import remove_registrations
from tests.conftest import counted_statements
from tests.factories import NOW, class_draft, make_member, make_organiser, make_registration
from tests.integration.bulk.conftest import (
    CANCEL,
    broken,
    done,
    end_functions,
    entrust,
    now_of,
    people,
    prepared,
    press,
    press_undo,
    results,
    undo_results,
    undone,
    work,
)
from tests.integration.bulk.test_pages import base_of, english, last_bulk, text_of
from tests.integration.guards.walking import sign_in_as

REFUSED = "Only somebody who sees all of these registrations can undo it."


@pytest.fixture
def schools(event: EventRow) -> Actor:
    return partner(event, EventFunction.SCHOOLS)


def partner(event: EventRow, function: EventFunction) -> Actor:
    account_id, _mail = make_member(make_organiser("Rectorat"), Role.VIEWER)
    entrust(event, account_id, function)
    return Actor(ActorKind.STAFF, f"Awa ({function})", account_id, event.organiser_id)


def colleague(organiser_id: int) -> Actor:
    account_id, _mail = make_member(organiser_id, Role.MANAGER)
    return Actor(ActorKind.STAFF, "Léo Petit", account_id, organiser_id)


def kill(job_id: int | None) -> None:
    with transaction():
        db.session.execute(update(Job).where(Job.id == job_id).values(state=JobState.DEAD, attempts=9))


def test_who_has_a_part_of_the_rows_does_not_use_up_the_undoing(
    whole_app: Flask, event: EventRow, manager: Actor, schools: Actor
) -> None:
    made = [make_registration(event, class_draft(event)), *people(event, 2)]
    row = done(whole_app, event, BulkKind.CANCEL, made, CANCEL, manager)
    with pytest.raises(MoveNotAllowed):
        press_undo(event, row.id, schools)
    assert get_bulk(row.id).stage is Stage.DONE
    here, client = f"{base_of(event)}/{row.id}", english(sign_in_as(whole_app, schools.id or 0))
    page = client.get(here)
    assert f'href="{here}/undo"' not in page.text
    assert REFUSED in text_of(page)
    assert client.get(f"{here}/undo").location == here
    assert REFUSED in text_of(client.post(f"{here}/undo", follow_redirects=True))
    assert undo_results(undone(whole_app, event, row, manager)) == ["done"] * 3
    assert [r.status.value for r in now_of(made)] == ["confirmed"] * 3


def test_all_rows_of_an_action_being_theirs_a_partner_undoes_it(
    whole_app: Flask, event: EventRow, manager: Actor, schools: Actor
) -> None:
    row = done(whole_app, event, BulkKind.CANCEL, [make_registration(event, class_draft(event))], CANCEL, manager)
    client = english(sign_in_as(whole_app, schools.id or 0))
    assert f'href="{base_of(event)}/{row.id}/undo"' in client.get(f"{base_of(event)}/{row.id}").text
    assert undo_results(undone(whole_app, event, row, schools)) == ["done"]


def test_what_an_undoing_passed_over_as_not_theirs_is_undone_by_another(
    whole_app: Flask, event: EventRow, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CHUNK", 2)
    helper, made = partner(event, EventFunction.REGISTRATIONS), people(event, 4)
    row = done(whole_app, event, BulkKind.CANCEL, made, CANCEL, manager)
    press_undo(event, row.id, helper)
    with transaction():
        working.undo_chunk(row.id, get_bulk(row.id).job_id or 0, now=NOW)
    end_functions(helper.id or 0)
    work(whole_app)
    row = get_bulk(row.id)
    assert (undo_results(row), row.stage) == (["done", "done", "not_yours", "not_yours"], Stage.UNDONE)
    client, here = english(sign_in_as(whole_app, manager.id or 0)), f"{base_of(event)}/{row.id}"
    assert "Undo for 2 registrations?" in text_of(client.get(f"{here}/undo"))
    client.post(f"{here}/undo")
    work(whole_app)
    row = get_bulk(row.id)
    assert (undo_results(row), row.stage, row.left) == (["done"] * 4, Stage.UNDONE, False)
    press_undo(event, row.id, manager)
    assert get_bulk(row.id).stage is Stage.UNDONE
    assert [result for result in broken() if result.name == "registrations.bulk"] == []


def test_who_goes_on_with_a_stopped_action_answers_for_the_rest(
    whole_app: Flask, event: EventRow, organiser_id: int, schools: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CHUNK", 2)
    helper, made = partner(event, EventFunction.REGISTRATIONS), people(event, 4)
    bulk_id = prepared(event, BulkKind.CANCEL, [r.id for r in made], CANCEL, helper)
    press(event, bulk_id, helper)
    job_id = get_bulk(bulk_id).job_id
    with transaction():
        working.run_chunk(bulk_id, job_id or 0, now=NOW)
    kill(job_id)
    end_functions(helper.id or 0)
    with pytest.raises(MoveNotAllowed):
        press(event, bulk_id, schools)
    press(event, bulk_id, colleague(organiser_id))
    work(whole_app)
    row = get_bulk(bulk_id)
    assert results(row) == ["done"] * 4
    assert row.params["resumed"]["label"] == "Léo Petit"
    page = text_of(english(sign_in_as(whole_app, schools.id or 0)).get(f"{base_of(event)}/{bulk_id}"))
    assert "Gone on with by Léo Petit" in page


def test_going_on_with_a_stopped_undoing_needs_all_its_rows_as_well(
    whole_app: Flask, event: EventRow, manager: Actor, organiser_id: int, schools: Actor
) -> None:
    made = [make_registration(event, class_draft(event)), *people(event, 1)]
    row = done(whole_app, event, BulkKind.CANCEL, made, CANCEL, manager)
    press_undo(event, row.id, manager)
    kill(get_bulk(row.id).job_id)
    with pytest.raises(MoveNotAllowed):
        press_undo(event, row.id, schools)
    with transaction():
        db.session.execute(update(Membership).where(Membership.account_id == manager.id).values(ends_at=NOW))
    press_undo(event, row.id, colleague(organiser_id))
    work(whole_app)
    assert undo_results(get_bulk(row.id)) == ["done", "done"]


def test_the_list_of_actions_reads_figures_and_no_registrations(
    whole_app: Flask, event: EventRow, manager: Actor
) -> None:
    made = people(event, 3)
    row = done(whole_app, event, BulkKind.CANCEL, made, CANCEL, manager)
    again = done(whole_app, event, BulkKind.CANCEL, made, CANCEL, manager)
    row = undone(whole_app, event, row, manager)
    with counted_statements() as counted:
        listed = list_bulks(event.id, account_id=manager.id)
    assert not [text for text in counted.statements if "registration_ids" in text or "items" in text]
    assert [brief.counts for brief in listed] == [again.counts, row.counts]
    figures = [(c.total, c.done, c.failed, c.put_back) for c in (again.counts, row.counts)]
    assert figures == [(3, 0, 3, 0), (3, 3, 0, 3)]
    with transaction():
        remove_registrations([made[0].id], now=NOW)
    assert [brief.counts.total for brief in list_bulks(event.id, account_id=manager.id)] == [2, 2]
    assert [result for result in broken() if result.name == "registrations.bulk"] == []


def test_all_of_a_list_is_never_more_than_was_shown(whole_app: Flask, event: EventRow, manager: Actor) -> None:
    """A filter that means nothing any more would narrow nothing: the list is shown again, and nothing is prepared."""
    people(event, 2)
    class_ = make_registration(event)
    client = english(sign_in_as(whole_app, manager.id or 0))
    for gone in ({"wave": "77777"}, {"answer:gone": "yes"}, {"status": "sold"}):
        data = {"action": "cancel", "all": "1", "audience": "school", **gone}
        answer = client.post(base_of(event), data=data)
        assert answer.location == f"/manage/events/{event.slug}/registrations?audience=school"
    assert "One of the filters means nothing any more" in text_of(client.get(answer.location))
    assert list_bulks(event.id, account_id=manager.id) == ()
    client.post(base_of(event), data={"action": "cancel", "all": "1", "audience": "school", "q": "", "sort": "none"})
    assert get_bulk(last_bulk()).registration_ids == (class_.id,)
