"""Who waits for a place is not counted among those who have one, where an event is called off, moved or deleted."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.core.actor import Actor
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.queries import EventRow
from app.registrations.drafts import RegistrationDraft
from app.registrations.operations import Registered, cancel_event_registrations
from tests.integration.manage.conftest import NOW, class_draft, paris
from tests.integration.manage.test_postponing import page, shift, url

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
WAVE = WaveDraft(paris(5, 9), paris(5, 10), 30)


@pytest.fixture
def waited_for(make_event: Callable[..., EventRow], enrol: Enrol) -> EventRow:
    """One wave of 30, held by a class of 28 and two adults; another class waits for it."""
    event = make_event(waves=(WAVE,), waiting_list=True)
    enrol(event, class_draft(event, 0, "Manon Lambert"))
    enrol(event, class_draft(event, 0, "Théo Bonnet", waitlist=True))
    return event


def test_calling_off_and_taking_it_back(client: FlaskClient, waited_for: EventRow, by: Actor) -> None:
    base = f"/manage/events/{waited_for.slug}"
    asked = page(client.get(f"{base}/cancel"))
    assert "1 registration stands today." in asked
    assert "1 registration is on the waiting list." in asked
    with transaction():
        cancel_event_registrations(waited_for.id, reason="Neige.", code="weather", by=by, now=NOW)
    again = page(client.get(f"{base}/reopen"))
    assert "1 registration stands, with its places and its tickets." in again
    assert "1 registration keeps its turn on the waiting list." in again


def test_deleting(client: FlaskClient, waited_for: EventRow) -> None:
    asked = page(client.get(f"/manage/events/{waited_for.slug}/delete"))
    assert "Its registration is cancelled: 30 people." in asked
    assert "1 registration on the waiting list is cancelled." in asked


def test_postponing(client: FlaskClient, waited_for: EventRow) -> None:
    asked = page(client.post(url(waited_for), data=shift(waited_for, "2027-02-12")))
    assert "1 registration stands and keeps its places." in asked
    assert "1 registration keeps its turn on the waiting list." in asked


def test_nobody_waits(client: FlaskClient, make_event: Callable[..., EventRow], enrol: Enrol) -> None:
    event = make_event(waves=(WAVE,), waiting_list=True)
    enrol(event, class_draft(event, 0, "Manon Lambert"))
    for path in ("cancel", "delete"):
        assert "on the waiting list" not in page(client.get(f"/manage/events/{event.slug}/{path}"))
