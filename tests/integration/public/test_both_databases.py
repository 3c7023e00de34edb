"""The visitor's whole way, on SQLite and on PostgreSQL."""

from flask import Flask

from app.registrations.enums import RegistrationStatus
from app.registrations.queries import get_registration
from tests.factories import make_event, make_organiser
from tests.integration.public.conftest import Visitor, class_answers, reader_of_english, words_of


def test_register_see_change_and_cancel(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    client = reader_of_english(whole_app)
    visitor = Visitor(client, event)
    assert "60 places" in words_of(client.get(f"/events/{event.slug}"))
    assert visitor.send(class_answers(event), follow=True).status_code == 200
    assert visitor.send(class_answers(event, contact__name="M. Lambert"), follow=True).status_code == 200
    assert "60 places" not in words_of(client.get(f"/events/{event.slug}"))
    made = get_registration(1)
    for url in (f"/r/{made.token}", f"/r/{made.token}/data", f"/r/{made.token}.ics", f"/t/{made.ticket.code}", "/"):
        assert client.get(url).status_code == 200
    moved = {"headcount.participants": "20", "headcount.companions": "2", "waves": str(event.waves[1].id)}
    assert client.post(f"/r/{made.token}/change", data=moved).status_code == 303
    assert "8 places" in words_of(client.get(f"/events/{event.slug}"))
    assert client.post(f"/r/{made.token}/cancel").status_code == 303
    assert get_registration(1).status is RegistrationStatus.CANCELLED
    assert client.post(f"/r/{made.token}/erase").status_code == 303
    assert client.get("/t/nothing").status_code == 404
