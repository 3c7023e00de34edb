"""Free places are offered to who waits longest, as the event's policy says; an offer is answered, or runs out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.actor import SYSTEM, VISITOR
from app.core.checks import run_checks
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft
from app.events.enums import EventMove, WaitingPolicy
from app.events.errors import WaveFull
from app.events.operations import delete_event, edit_event, move_event, restore_event
from app.events.queries import get_places
from app.events.reasons import DECLINED
from app.events.reasons import LAPSED as CODE_LAPSED
from app.registrations.drafts import Headcount
from app.registrations.errors import ChangeClosed, NotInTurn, OfferExpired
from app.registrations.operations import (
    cancel_registration,
    change_registration,
    delete_registration,
    lapse_offers,
    offer_to,
    register,
)
from app.registrations.operations.deleting import restore_registration
from app.registrations.operations.reinstating import reinstate, wait_again
from app.registrations.queries import get_registration, waiting_before
from tests.factories import DAY_ONE, NOW, make_registration, one_wave, person_draft
from tests.integration.registrations.conftest import history, sequence, told
from tests.integration.waiting.conftest import (
    CANCELLED,
    CONFIRMED,
    LAPSED,
    LATER,
    OFFERED,
    WAITS,
    accept,
    cancel,
    decline,
    drain,
    edited,
    full,
    group,
    offer,
    statuses,
    stored_jobs,
    waiting,
    waits,
)

pytestmark = pytest.mark.usefixtures("whole_app")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def content(whole_app: Flask) -> Any:
    """Doctor finds nothing when a test is over."""
    yield
    assert [r for r in run_checks(NOW) if not r.ok] == []


def test_who_waits_longest_is_offered_what_a_cancellation_frees() -> None:
    event, holder = full(4)
    first, second, third = waits(event, 3), waits(event), waits(event)
    assert (waiting(event), stored_jobs("offer_places")) == ([3], [])
    assert (waiting_before(get_registration(third.id)).parties, waiting_before(get_registration(third.id)).people) == (
        2,
        4,
    )
    cancel(holder)
    assert len(stored_jobs("offer_places")) == 1
    drain()
    assert statuses(first, second, third) == [OFFERED, OFFERED, WAITS]
    assert (waiting(event), get_places(event).taken) == ([1], 4)
    row = get_registration(first.id)
    assert row.offer_expires_at == LATER
    assert (told(first.id), sequence(first.id)) == (["waitlisted", "offered"], 1)
    assert history(first.id)[-1] == (
        "registration.offered",
        {"people": 3, "status": ["waitlisted", "offered"], "offered_until": "2027-01-12T09:00:00+00:00"},
    )
    assert stored_jobs("lapse_offers") == [LATER]
    assert offer(event) == (0, 0)  # done again, it finds nothing
    assert told(first.id) == ["waitlisted", "offered"]


@pytest.mark.parametrize("policy", WaitingPolicy)
def test_when_the_first_party_does_not_fit(policy: WaitingPolicy) -> None:
    event, _ = full(6, policy=policy)
    large, small, other = waits(event, 5), waits(event, 2), waits(event, 3)
    with transaction():
        draft = edited(event, one_wave(9, waiting_policy=policy))
        edit_event(event.id, draft, by=SYSTEM, now=NOW)
    drain()
    hold = policy is WaitingPolicy.HOLD
    assert statuses(large, small, other) == ([WAITS] * 3 if hold else [WAITS, OFFERED, WAITS])
    if hold:  # nobody new goes before it, either
        with pytest.raises(WaveFull):
            make_registration(event, person_draft(event))
    else:  # what no party can use is free for newcomers
        assert make_registration(event, person_draft(event)).status is CONFIRMED


def test_a_newcomer_gets_nothing_before_those_who_could_have_been_offered_it() -> None:
    event, holder = full(2, policy=WaitingPolicy.SKIP)
    first = waits(event)
    cancel(holder)  # and no worker is there
    newcomer = make_registration(event, person_draft(event))
    assert statuses(first, newcomer) == [OFFERED, CONFIRMED]
    with pytest.raises(WaveFull):
        make_registration(event, person_draft(event))


def test_who_waits_in_vain_holds_nobody_up() -> None:
    event, holder = full(6)
    large, person = waits(event, 5), waits(event)
    with transaction():
        change_registration(holder.id, headcount=Headcount(3), by=SYSTEM, now=NOW)
    with transaction():  # classes get no more than they have: the group of five can never come
        edit_event(event.id, edited(event, one_wave(6, AllotmentDraft("school", 3))), by=SYSTEM, now=NOW)
    drain()
    assert statuses(large, person) == [WAITS, OFFERED]
    assert make_registration(event, person_draft(event)).status is CONFIRMED


@pytest.mark.parametrize(("before_start", "until"), [(HOUR * 30, HOUR * 10), (HOUR * 300, HOUR * 24), (HOUR, None)])
def test_how_long_an_offer_lasts(before_start: timedelta, until: timedelta | None) -> None:
    event, holder = full(1, registration_closes_at=None)
    first = waits(event)
    now = DAY_ONE - before_start
    cancel(holder, now)
    made = offer(event, now)
    row = get_registration(first.id)
    if until is None:
        assert (made, row.status) == ((0, 0), WAITS)
        with transaction():  # the team calls, and the places are kept until the visit begins
            assert offer_to(first.id, by=SYSTEM, now=now) == DAY_ONE
        accept(first, now)
    else:
        assert (made, row.offer_expires_at) == ((1, 1), now + until)
        decline(first, now)


def test_within_the_last_hour_newcomers_take_what_is_free() -> None:
    event, holder = full(1)
    waits(event)
    now = DAY_ONE - HOUR / 2
    cancel(holder, now)
    with transaction():
        assert register(event, person_draft(event), by=VISITOR, now=now).status is CONFIRMED


def test_an_offer_is_accepted_once() -> None:
    event, holder = full(1)
    first = waits(event)
    cancel(holder)
    offer(event)
    accept(first, LATER - HOUR)
    row = get_registration(first.id)
    assert (row.status, row.offer_expires_at) == (CONFIRMED, None)
    assert told(first.id) == ["waitlisted", "offered", "confirmed"]
    assert history(first.id)[-1] == ("registration.offer_accepted", {"people": 1, "status": ["offered", "confirmed"]})
    assert sequence(first.id) == 2
    with pytest.raises(MoveNotAllowed):
        accept(first)
    drain(LATER)  # the job at its end finds it taken
    assert (statuses(first), get_places(event).taken) == ([CONFIRMED], 1)


def test_who_declines_frees_the_place_for_the_next() -> None:
    event, holder = full(1)
    first, second = waits(event), waits(event)
    cancel(holder)
    drain()
    decline(first)
    drain()
    row = get_registration(first.id)
    assert (row.status, row.cancel_code) == (CANCELLED, DECLINED)
    assert history(first.id)[-1][0] == "registration.offer_declined"
    assert statuses(second) == [OFFERED]
    with transaction():  # the team undoes it: they wait again in their old turn, with nobody's place
        assert reinstate(first.id, by=SYSTEM, now=NOW, notify=False) is WAITS
    assert waiting_before(get_registration(first.id)).parties == 0


def test_an_offer_that_runs_out_goes_to_the_next_in_the_same_work() -> None:
    event, holder = full(1)
    first, second = waits(event), waits(event)
    cancel(holder)
    drain()
    with pytest.raises(OfferExpired):
        accept(first, LATER)
    drain(LATER)
    row = get_registration(first.id)
    assert (row.status, row.cancel_code, row.cancelled_at is None) == (LAPSED, CODE_LAPSED, False)
    assert told(first.id) == ["waitlisted", "offered", "lapsed"]
    assert history(first.id)[-1] == ("registration.offer_lapsed", {"people": 1, "status": ["offered", "lapsed"]})
    assert statuses(second) == [OFFERED]
    assert get_registration(second.id).offer_expires_at == LATER + HOUR * 24
    with pytest.raises(OfferExpired):
        accept(first, LATER)
    again = waits(event, contact=replace(person_draft(event).contact, email=row.contact_email))  # at the end
    assert waiting_before(get_registration(again.id)).parties == 0
    assert again.id > second.id


def test_what_runs_out_at_an_event_that_is_over_is_told_to_nobody() -> None:
    event, holder = full(1)
    first, second = waits(event), waits(event)
    cancel(holder)
    offer(event)
    with transaction():
        move_event(event.id, EventMove.CLOSE, by=SYSTEM, now=DAY_ONE + HOUR * 72)
        move_event(event.id, EventMove.ARCHIVE, by=SYSTEM, now=DAY_ONE + HOUR * 72)
    with transaction():
        assert lapse_offers(None, now=DAY_ONE + HOUR * 72) == 1
    assert (told(first.id), statuses(first, second)) == (["waitlisted", "offered"], [LAPSED, WAITS])


@pytest.mark.parametrize(
    "how", ["cancel", "delete", "fewer people", "back to the list", "more places", "larger event", "deleted and back"]
)
def test_whatever_frees_places_has_them_offered(how: str) -> None:
    event, holder = full(2, capacity=None if how == "more places" else 2)
    first = waits(event)
    with transaction():
        if how == "cancel":
            cancel_registration(holder.id, by=SYSTEM, now=NOW)
        elif how == "delete":
            delete_registration(holder.id, by=SYSTEM, now=NOW)
        elif how == "fewer people":
            change_registration(holder.id, headcount=Headcount(1), by=SYSTEM, now=NOW)
        elif how == "back to the list":
            wait_again(holder.id, waves=(event.waves[0].id,), by=SYSTEM, now=NOW, notify=False)
        elif how in {"more places", "larger event"}:
            more = None if how == "more places" else 3
            edit_event(event.id, replace(edited(event, one_wave(3)), capacity=more), by=SYSTEM, now=NOW)
        else:
            delete_event(event.id, by=SYSTEM, now=NOW)
            restore_event(event.id, by=SYSTEM, now=NOW)
    drain()
    # back in the list, the holder is before it; deleted and back, everybody has what they had
    left_out = {"back to the list", "deleted and back"}
    assert statuses(first) == [WAITS if how in left_out else OFFERED]


def test_the_team_offers_by_hand_and_past_others_only_when_it_says_so() -> None:
    event, holder = full(3)
    first, second = waits(event, 3), waits(event)
    with transaction():
        change_registration(holder.id, headcount=Headcount(2), by=SYSTEM, now=NOW)
    with pytest.raises(NotInTurn), transaction():
        offer_to(second.id, by=SYSTEM, now=NOW)
    with pytest.raises(WaveFull), transaction():
        offer_to(first.id, by=SYSTEM, now=NOW)
    with transaction():
        offer_to(second.id, by=SYSTEM, now=NOW, past=True)
    assert history(second.id)[-1][1]["past"] == 1
    assert (statuses(first, second), waiting(event)) == ([WAITS, OFFERED], [1])
    with pytest.raises(MoveNotAllowed), transaction():
        offer_to(second.id, by=SYSTEM, now=NOW, past=True)
    with pytest.raises(ChangeClosed), transaction():
        offer_to(first.id, by=SYSTEM, now=DAY_ONE)


def test_who_was_offered_places_and_was_deleted_gets_them_again_or_waits_when_it_is_too_late() -> None:
    event, holder = full(1)
    first = waits(event)
    cancel(holder)
    offer(event)
    for now, status in ((NOW + HOUR, OFFERED), (LATER, WAITS)):
        with transaction():
            delete_registration(first.id, by=SYSTEM, now=NOW)
        assert (waiting(event), get_places(event).taken) == ([0], 0)
        with transaction():
            assert restore_registration(first.id, by=SYSTEM, now=now) is status
        assert (waiting(event), get_places(event).taken) == (([0], 1) if status is OFFERED else ([1], 0))


def test_who_is_taken_up_again_stands_where_they_stood() -> None:
    event, early = full(2)
    late = waits(event, 2)
    cancel(early)
    with transaction():  # it came before the one who waits
        assert reinstate(early.id, by=SYSTEM, now=NOW, notify=False) is CONFIRMED
    later = waits(event)
    cancel(early)
    drain()
    cancel(late)
    with transaction():  # the place is offered to who waited, before it
        assert change_registration(later.id, by=SYSTEM, now=NOW) is CONFIRMED
    assert make_registration(event, person_draft(event)).status is CONFIRMED
    assert group(event, 2).headcount.people == 2
