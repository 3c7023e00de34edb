"""What somebody takes along of what is held about them: the hours that a plan gave them too."""

import json

from flask.testing import FlaskClient

from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.registrations.operations import cancel_registration
from tests.factories import NOW, make_event, make_plan
from tests.integration.flows.conftest import add_class, led_forum
from tests.integration.public.conftest import words_of


def test_planned_hours_are_held_and_shown(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, led_forum())
    made = add_class(event, "3e A")
    assert json.loads(client.get(f"/r/{made.token}/data.json").text)["passages"] == []
    assert "Planned hours" not in words_of(client.get(f"/r/{made.token}/data"))
    make_plan(event)
    held = json.loads(client.get(f"/r/{made.token}/data.json").text)["passages"]
    assert [(line["stop"], line["people"], line["team"]) for line in held] == [
        ("Stands métiers", 30, 1), ("Orientation", 30, 1), ("Offres", 30, 1),
    ]  # fmt: skip
    assert held[0]["starts_at"] < held[0]["ends_at"] <= held[1]["starts_at"]
    page = words_of(client.get(f"/r/{made.token}/data"))
    assert "Planned hours" in page
    assert "4 February at 9:" in page
    assert ", Orientation; " in page


def test_who_cancelled_has_no_hours_any_more(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, led_forum())
    made = add_class(event, "3e A")
    make_plan(event)
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    assert json.loads(client.get(f"/r/{made.token}/data.json").text)["passages"] == []
