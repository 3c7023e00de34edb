"""A cancelled registration gets back what it had, all of it or nothing, and says why not."""

import pytest

from app.core.actor import SYSTEM, VISITOR
from app.core.audit import list_history
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft
from app.events.enums import EventMove
from app.events.errors import AudienceFull, WaveFull
from app.events.operations import move_event
from app.events.queries import EventRow, get_places
from app.messages.rendering import RenderContext, render
from app.registrations.drafts import Contact
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import AlreadyRegistered, ChangeClosed, RegistrationForgotten
from app.registrations.operations import Registered, cancel_registration, erase_registration
from app.registrations.operations.reinstating import reinstate
from app.registrations.queries import get_registration
from tests.factories import NOW, class_draft, make_event, make_registration, one_wave, person_draft
from tests.integration.bulk.conftest import broken, taken
from tests.integration.registrations.conftest import sequence, told


def cancel(made: Registered) -> None:
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW, quiet=True, reason="Grève")


def give_back(made: Registered, *, notify: bool = True) -> RegistrationStatus:
    with transaction():
        return reinstate(made.id, by=SYSTEM, now=NOW, notify=notify)


def test_it_takes_its_places_again_and_forgets_why_it_was_cancelled(event: EventRow) -> None:
    made = make_registration(event)
    cancel(made)
    before = sequence(made.id)
    assert give_back(made) is RegistrationStatus.CONFIRMED
    row = get_registration(made.id)
    assert (row.status, row.cancelled_at, row.cancel_reason, row.cancel_code) == ("confirmed", None, "", "")
    assert (taken(event), get_places(event).taken) == ([30, 0], 30)
    assert sequence(made.id) == before + 1
    assert told(made.id) == ["confirmed", "confirmed"]
    assert list_history(f"registration:{made.id}")[0].details["status"] == ["cancelled", "confirmed"]
    assert broken() == []


def test_who_waited_waits_again_in_the_old_turn(organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(30))
    make_registration(event)
    waiting = make_registration(event, person_draft(event, waitlist=True))
    cancel(waiting)
    assert give_back(waiting, notify=False) is RegistrationStatus.WAITLISTED
    assert (taken(event), told(waiting.id)) == ([30], ["waitlisted"])
    assert broken() == []


def test_what_is_full_is_refused_and_leaves_nothing_behind(organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(30))
    gone = make_registration(event)
    cancel(gone)
    make_registration(event, person_draft(event))
    with transaction(), pytest.raises(WaveFull):  # the refusal ends inside: the caller's transaction is committed
        reinstate(gone.id, by=SYSTEM, now=NOW, notify=True)
    assert (taken(event), get_places(event).taken) == ([1], 1)
    assert get_registration(gone.id).status is RegistrationStatus.CANCELLED
    assert broken() == []


def test_places_of_an_audience_are_refused_alike(organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(90, AllotmentDraft("school", 40)))
    gone = make_registration(event)
    cancel(gone)
    make_registration(event, class_draft(event, participants=18))
    with pytest.raises(AudienceFull):
        give_back(gone)
    assert taken(event) == [20]
    assert broken() == []


def test_somebody_who_registered_again_meanwhile_is_not_there_twice(event: EventRow) -> None:
    contact = Contact("Hugo Dupont", "hugo.dupont@example.org")
    first = make_registration(event, person_draft(event, contact=contact))
    cancel(first)
    second = make_registration(event, person_draft(event, contact=contact))
    with pytest.raises(AlreadyRegistered) as refused:
        give_back(first)
    assert refused.value.registration_id == second.id
    assert taken(event) == [1, 0]


def test_what_stands_or_is_forgotten_or_belongs_to_an_event_that_is_off_is_refused(event: EventRow) -> None:
    standing, forgotten, off = (make_registration(event, person_draft(event)) for _ in range(3))
    with pytest.raises(MoveNotAllowed):
        give_back(standing)
    with transaction():
        erase_registration(forgotten.id, by=SYSTEM, now=NOW)
    with pytest.raises(RegistrationForgotten):
        give_back(forgotten)
    cancel(off)
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="neige")
    with pytest.raises(ChangeClosed):
        give_back(off)


def test_a_cancellation_that_is_taken_back_before_its_mail_left_is_not_told(event: EventRow) -> None:
    made = make_registration(event, person_draft(event))
    with transaction():
        cancel_registration(made.id, by=VISITOR, now=NOW)
    give_back(made)
    told_of = {"registration_id": made.id}
    context = RenderContext(told_of, "fr", event.organiser_id, NOW, f"registration:{made.id}", 1)
    assert render("registrations.cancelled", context) is None
