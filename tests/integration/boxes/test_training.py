"""Presence at a training becomes accreditation: once, for who was there, and by itself after its end."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert

from app.accounts.enums import Role
from app.boxes.drafts import FacilitatorDraft, ScenarioDraft
from app.boxes.enums import AccreditationSource
from app.boxes.operations.people import (
    change_facilitator,
    create_facilitator,
    grant_accreditation,
    withdraw_accreditation,
)
from app.boxes.operations.scenarios import create_scenario
from app.boxes.queries import accredited_on, get_facilitator, list_facilitators, list_scenarios
from app.boxes.rules import expires_on
from app.checkin.models import Presence
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.jobs.registry import JobContext
from app.loans.operations.forgetting_people import forget_facilitator
from app.registrations.drafts import Contact
from app.training.jobs import accredit
from app.training.operations import grant_from_presence, set_training_scenarios
from app.training.queries import list_next_trainings, list_training_codes
from tests.factories import NOW, make_event, make_member, make_organiser, make_registration, person_draft
from tests.integration.guards.walking import sign_in_as

PEOPLE = (("Aline Perrin", "aline@example.org"), ("Boris Perrin", "boris@example.org"))


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    organiser_id = make_organiser("Creativ")
    with transaction():
        for code, months in (("SOFT", None), ("SANTE-1", 12)):
            draft = ScenarioDraft(code, code.title(), accreditation_months=months)
            create_scenario(draft, organiser_id=organiser_id, by=SYSTEM, now=NOW)
    made = make_event(organiser_id)
    with transaction():
        assert set_training_scenarios(made, ["SOFT", "SANTE-1"], by=SYSTEM, now=NOW)
    return made


def came(event: EventRow, registration_id: int) -> None:
    with transaction():
        db.session.execute(
            insert(Presence).values(
                registration_id=registration_id, event_id=event.id, participants=0, companions=0, came_participants=1,
                came_companions=0, last_scan_at=event.starts_at,
            )
        )  # fmt: skip


def test_who_was_there_is_accredited_once_by_itself(event: EventRow) -> None:
    present, _absent = make_registration(event, person_draft(event)), make_registration(event, person_draft(event))
    came(event, present.id)
    after = event.ends_at + timedelta(hours=3)
    context = JobContext(1, {}, None, 1, lambda: after, lambda _done, _total: None)
    accredit(context)
    accredit(context)
    people = list_facilitators(event.organiser_id)
    assert len(people) == 1
    held = {a.scenario_code: a for a in people[0].accreditations}
    assert sorted(held) == ["SANTE-1", "SOFT"]
    assert held["SOFT"].expires_on is None
    day = held["SANTE-1"].granted_on
    assert held["SANTE-1"].expires_on == expires_on(day, 12)
    assert {a.source for a in held.values()} == {AccreditationSource.TRAINING}


def test_whoever_was_made_anonymous_is_not_written_anew(event: EventRow) -> None:
    """The job reads presence for thirty days; another mail on the facilitator's page makes no second person either."""
    registrations = [make_registration(event, person_draft(event, contact=Contact(n, m))) for n, m in PEOPLE]
    for registration in registrations:
        came(event, registration.id)
    after, organiser_id = event.ends_at + timedelta(hours=3), event.organiser_id
    with transaction():
        set_training_scenarios(event, ["SOFT"], by=SYSTEM, now=after)
        assert grant_from_presence(event, by=SYSTEM, now=after) == 2
    aline, boris = list_facilitators(organiser_id)
    with transaction():
        forget_facilitator(aline.id, organiser_id=organiser_id, now=after, by=SYSTEM)
        draft = FacilitatorDraft(boris.name, "boris.perrin@example.org")
        change_facilitator(
            boris.id, draft, organiser_id=organiser_id, revision=boris.revision, by=SYSTEM, now=after
        )  # fmt: skip
        set_training_scenarios(event, ["SOFT", "SANTE-1"], by=SYSTEM, now=after)
        assert grant_from_presence(event, by=SYSTEM, now=after + timedelta(days=1)) == 1
    (left,) = list_facilitators(organiser_id)
    assert (left.id, len(left.accreditations)) == (boris.id, 2)
    (gone,) = list_facilitators(organiser_id, ended=True)
    assert (gone.name, gone.email, len(gone.accreditations)) == (f"Animateur {aline.id}", "", 1)


def test_staff_accredit_whom_they_name_and_withdrawn_stays_withdrawn(event: EventRow) -> None:
    named = make_registration(event, person_draft(event))
    with transaction():
        assert grant_from_presence(event, [named.id], by=SYSTEM, now=event.ends_at) == 1
    person = list_facilitators(event.organiser_id)[0]
    with transaction():
        for held in person.accreditations:
            withdraw_accreditation(held.id, "Partie", organiser_id=event.organiser_id, by=SYSTEM, now=NOW)
        assert grant_from_presence(event, [named.id], by=SYSTEM, now=event.ends_at) == 0
    scenario_id = person.accreditations[0].scenario_id
    day = event.ends_at.date() + timedelta(days=1)
    assert accredited_on(scenario_id, [person.id], day, day) == frozenset()


def test_an_accreditation_holds_on_all_days_or_not_at_all(event: EventRow) -> None:
    with transaction():
        draft = FacilitatorDraft("Aline Perrin", "aline@example.org")
        person_id = create_facilitator(draft, organiser_id=event.organiser_id, by=SYSTEM, now=NOW)
        for scenario_id in _scenario_ids(event):
            grant_accreditation(
                person_id, scenario_id, date(2027, 2, 10), organiser_id=event.organiser_id, by=SYSTEM, now=NOW, note="x"
            )  # fmt: skip
    held = {a.scenario_code: a for a in get_facilitator(event.organiser_id, person_id).accreditations}
    limited = held["SANTE-1"]
    assert limited.expires_on == date(2028, 2, 9)
    for first, last, valid in (
        (date(2027, 2, 9), date(2027, 2, 10), False),
        (date(2027, 2, 10), date(2028, 2, 9), True),
        (date(2028, 2, 9), date(2028, 2, 10), False),
    ):
        assert bool(accredited_on(limited.scenario_id, [person_id], first, last)) is valid
        assert limited.is_valid(first, last) is valid


def test_the_page_of_a_training_chooses_scenarios_and_accredits(whole_app: Flask, event: EventRow) -> None:
    named = make_registration(event, person_draft(event))
    client = sign_in_as(whole_app, make_member(event.organiser_id, Role.MANAGER)[0])
    here = f"/manage/events/{event.slug}/training"
    assert "SANTE-1" in client.get(here).text
    assert client.post(here, data={"scenario": ["SOFT"]}).status_code == 302
    assert list_training_codes(event.id) == ["SOFT"]
    assert client.post(here, data={"scenario": ["GONE"]}, follow_redirects=True).text.count("Rien n’est modifié") == 1
    assert list_training_codes(event.id) == ["SOFT"]
    sent = {"person": [str(named.id)], "sure": "1"}
    answer = client.post(f"{here}/accreditations", data=sent, follow_redirects=True)
    assert "n’a pas encore eu lieu" in answer.text
    assert list_facilitators(event.organiser_id) == []
    set_clock(whole_app.extensions, event.ends_at)
    asked = client.post(f"{here}/accreditations", data={"person": [str(named.id)]})
    assert (asked.status_code, "1 personne n’a pas été comptée" in asked.text) == (200, True)
    assert list_facilitators(event.organiser_id) == []
    assert client.post(f"{here}/accreditations", data=sent).status_code == 302
    codes = [a.scenario_code for a in list_facilitators(event.organiser_id)[0].accreditations]
    assert codes == ["SOFT"]
    assert "Déjà habilité" in client.get(here).text


def test_only_a_training_or_what_teaches_has_such_a_page(whole_app: Flask, event: EventRow) -> None:
    client = sign_in_as(whole_app, make_member(event.organiser_id, Role.MANAGER)[0])
    other = make_event(event.organiser_id)
    assert client.get(f"/manage/events/{event.slug}/training").status_code == 200
    assert client.get(f"/manage/events/{other.slug}/training").status_code == 404


def test_the_next_trainings_of_a_scenario_are_found(event: EventRow) -> None:
    for scenario_id in _scenario_ids(event):
        lines = list_next_trainings(scenario_id, now=event.starts_at - timedelta(days=1))
        assert [line.event_id for line in lines] == [event.id]
        assert list_next_trainings(scenario_id, now=event.ends_at) == []


def _scenario_ids(event: EventRow) -> list[int]:
    return [s.id for s in list_scenarios(event.organiser_id)]
