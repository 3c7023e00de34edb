"""One's own page while one waits: one's place, another time, another number, places that became free."""

from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow, get_places
from app.messages.models import Message
from app.registrations.enums import RegistrationStatus
from app.registrations.operations import cancel_registration
from app.registrations.queries import get_registration
from tests.factories import NOW, class_draft, make_event, make_registration, one_wave
from tests.integration.public.conftest import fields_of


def templates() -> list[str]:
    return list(db.session.execute(select(Message.template).order_by(Message.id)).scalars())


def taken(event: EventRow) -> list[int]:
    places = get_places(event)
    return [places.waves[wave.id] for wave in event.waves]


def test_waiting_says_who_comes_first_and_has_no_ticket(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(30))
    make_registration(event)
    make_registration(event, class_draft(event, participants=10, companions=1, waitlist=True))
    last = make_registration(event, class_draft(event, waitlist=True))
    page = client.get(f"/r/{last.token}")
    assert "11 people wait before you" in page.text
    assert "You do not have a place yet." in page.text
    assert "Show this code" not in page.text


def test_who_waits_may_take_another_time(client: FlaskClient, event: EventRow) -> None:
    first, second = event.waves
    make_registration(event, class_draft(event, waves=(second.id,)))
    waiting = make_registration(event, class_draft(event, waves=(second.id,), waitlist=True))
    answer = client.post(
        f"/r/{waiting.token}/change",
        data={"headcount.participants": "28", "headcount.companions": "2", "waves": str(first.id)},
    )
    assert answer.status_code == 303
    after = get_registration(waiting.id)
    assert (after.status, after.waves) == (RegistrationStatus.CONFIRMED, (first.id,))


def test_who_waits_keeps_waiting_when_only_the_number_changes(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(30))
    make_registration(event)
    waiting = make_registration(event, class_draft(event, waitlist=True))
    page = client.get(f"/r/{waiting.token}/change")
    assert fields_of(page)["waves"] == [str(event.waves[0].id)]
    answer = client.post(
        f"/r/{waiting.token}/change",
        data={"headcount.participants": "20", "headcount.companions": "2", "waves": str(event.waves[0].id)},
    )
    assert answer.status_code == 303
    after = get_registration(waiting.id)
    assert (after.status, after.people) == (RegistrationStatus.WAITLISTED, 22)
    assert "You are still on the waiting list." in client.get(f"/r/{waiting.token}").text


def test_who_waits_takes_the_places_that_became_free_in_turn(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(30))
    holder = make_registration(event)
    first, second = (make_registration(event, class_draft(event, waitlist=True)) for _ in range(2))
    assert "Take the 30 places" not in client.get(f"/r/{first.token}").text
    assert "still on the waiting list" in client.post(f"/r/{first.token}/place", follow_redirects=True).text
    with transaction():
        cancel_registration(holder.id, by=SYSTEM, now=NOW)
    assert "Take the 30 places" in client.get(f"/r/{first.token}").text
    assert "Take the 30 places" not in client.get(f"/r/{second.token}").text
    page = client.post(f"/r/{first.token}/place", follow_redirects=True).text
    assert "You have a place now. Here is your ticket." in page
    assert "Show this code" in page
    client.post(f"/r/{second.token}/place")
    assert get_registration(second.id).status is RegistrationStatus.WAITLISTED
    assert get_registration(first.id).status is RegistrationStatus.CONFIRMED
    assert taken(event) == [30]
    assert client.post(f"/r/{first.token}/place").status_code == 409


def test_who_takes_places_out_of_turn_only_has_them_offered_to_the_first(
    client: FlaskClient, organiser_id: int
) -> None:  # fmt: skip
    event = make_event(organiser_id, one_wave(30))
    holder = make_registration(event)
    first, second = (make_registration(event, class_draft(event, waitlist=True)) for _ in range(2))
    with transaction():
        cancel_registration(holder.id, by=SYSTEM, now=NOW)
    client.post(f"/r/{second.token}/place")
    assert get_registration(second.id).status is RegistrationStatus.WAITLISTED
    assert get_registration(first.id).status is RegistrationStatus.OFFERED
    assert client.get(f"/r/{first.token}").status_code == 200


def test_who_waits_for_a_time_that_is_free_again_gets_it_by_asking_for_it(
    client: FlaskClient, organiser_id: int
) -> None:
    event = make_event(organiser_id, one_wave(30))
    holder = make_registration(event)
    waiting = make_registration(event, class_draft(event, waitlist=True))
    with transaction():
        cancel_registration(holder.id, by=SYSTEM, now=NOW)
    sent = fields_of(client.get(f"/r/{waiting.token}/change"))
    sent.pop("csrf_token", None)
    page = client.post(f"/r/{waiting.token}/change", data=sent, follow_redirects=True)
    assert "You have a place now." in page.text
    assert get_registration(waiting.id).status is RegistrationStatus.CONFIRMED
    assert templates()[-1] == "registrations.confirmed"
