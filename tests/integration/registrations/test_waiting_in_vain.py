"""Nobody waits for places that can never be free: more people than a wave, an audience's share or the event ever holds."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import AlreadyRegistered
from app.registrations.models import Registration
from app.registrations.operations import change_registration, register
from app.registrations.queries import get_registration
from tests.factories import (
    NOW,
    PASSWORD,
    class_draft,
    forum,
    make_event,
    make_member,
    make_organiser,
    make_registration,
    one_wave,
    person_draft,
)
from tests.integration.public.conftest import Visitor, class_answers, fields_of, reader_of_english, step_of, words_of

NEVER = "There will never be room for so many people at that time"


def waiting(event: EventRow, people: int, **changes: Any) -> RegistrationStatus:
    with transaction():
        draft = class_draft(event, participants=people, companions=0, waitlist=True, **changes)
        return register(event, draft, by=SYSTEM, now=NOW).status


def stored() -> int:
    return db.session.execute(select(func.count()).select_from(Registration)).scalar_one()


@pytest.mark.parametrize(
    ("draft", "most"),
    [
        (one_wave(60), 60),
        (one_wave(60, AllotmentDraft("school", 40)), 40),
        (replace(one_wave(60), capacity=50), 50),
        (one_wave(60, AllotmentDraft("job_seeker", 10)), 60),
    ],
)
def test_the_whole_of_it_may_be_waited_for_and_one_more_may_not(whole_app: Flask, draft: Any, most: int) -> None:
    event = make_event(make_organiser(), draft)
    make_registration(event, person_draft(event, audience="school"))
    with pytest.raises(FieldError) as caught:
        waiting(event, most + 1)
    assert caught.value.problems == {"headcount/participants": "never_room"}
    assert stored() == 1
    assert waiting(event, most) is RegistrationStatus.WAITLISTED


def test_a_time_kept_for_others_is_no_use_to_wait_for(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(60, AllotmentDraft("school", None, 0)))
    with pytest.raises(FieldError) as caught:
        waiting(event, 10)
    assert caught.value.problems == {"waves": "never_open"}


def test_who_is_registered_is_told_that_first(sqlite_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(60))
    draft = class_draft(event)
    made = make_registration(event, draft)
    again = replace(draft, headcount=Headcount(84, 0), waitlist=True)
    with pytest.raises(AlreadyRegistered) as caught, transaction():
        register(event, again, by=SYSTEM, now=NOW)
    assert caught.value.registration_id == made.id


def test_who_waits_cannot_grow_beyond_it(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(60))
    make_registration(event, person_draft(event))
    waits = make_registration(event, class_draft(event, participants=60, companions=0, waitlist=True))
    with pytest.raises(FieldError) as caught, transaction():
        change_registration(waits.id, headcount=Headcount(84, 0), by=SYSTEM, now=NOW)
    assert caught.value.problems == {"headcount/participants": "never_room"}
    assert get_registration(waits.id).people == 60


def test_the_page_says_so_at_the_number_and_keeps_the_answers(whole_app: Flask) -> None:
    event = make_event(make_organiser(), forum(waiting_list=True))
    visitor = Visitor(reader_of_english(whole_app), event)
    answers = class_answers(event, headcount__participants="84", headcount__companions="0", waitlist="y")
    for page in (visitor.send(answers), visitor.send({**answers, "step": "3"})):
        assert (page.status_code, step_of(page)) == (422, "2")
        assert NEVER in words_of(page)
        kept = fields_of(page)
        assert kept["headcount.participants"] == ["84"]
        assert kept["contact.name"] == [answers["contact.name"]]
    assert stored() == 0
    make_registration(event, replace(person_draft(event), waves=(event.waves[0].id,)))
    fitting = {**answers, "headcount.participants": "60"}
    assert visitor.send(fitting).status_code == 303
    assert stored() == 2


def test_the_staff_form_says_so_too(whole_app: Flask) -> None:
    organiser_id = make_organiser()
    event = make_event(organiser_id, one_wave(60))
    client = reader_of_english(whole_app)
    _account, email = make_member(organiser_id)
    assert client.post("/login", data={"email": email, "password": PASSWORD}).status_code == 302
    sent = class_answers(event, headcount__participants="84", headcount__companions="0", waitlist="y", locale="fr")
    page = client.post(f"/manage/events/{event.slug}/registrations/new", data=sent)
    assert page.status_code == 422
    assert NEVER in words_of(page)
    assert stored() == 0
