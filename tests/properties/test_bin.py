"""Whatever an event holds, deleting and restoring brings back every row of every table as it was."""

from datetime import timedelta

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.enums import Enrolment
from app.events.errors import AudienceFull, WaveFull
from app.registrations.drafts import Contact, Statistics
from app.registrations.enums import Gender
from app.registrations.operations import cancel_registration, issue_route_cards
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_event,
    make_organiser,
    make_registration,
    person_draft,
)
from tests.integration.bin.conftest import delete, delete_whole, restore, restore_whole
from tests.integration.bin.dump import whole_rows
from tests.properties.conftest import LONG

people = st.tuples(
    st.booleans(),  # a group, or one person
    st.integers(1, 9),
    st.sets(st.integers(0, 2), min_size=1, max_size=3),
    st.sampled_from(["stands", "cancelled", "cards"]),
)


def test_what_was_deleted_comes_back_whole(whole_app: Flask) -> None:
    limits = (AllotmentDraft("school", 20, 3), AllotmentDraft("job_seeker", 6))
    starts = [DAY_ONE + n * timedelta(minutes=40) for n in range(3)]
    waves = tuple(WaveDraft(at, at + timedelta(minutes=40), 24, allotments=limits) for at in starts)

    @settings(max_examples=60 if LONG else 8)
    @given(st.lists(people, min_size=1, max_size=7), st.randoms(use_true_random=False), st.booleans())
    def compare(wanted: list[tuple[bool, int, set[int], str]], chance: object, whole: bool) -> None:
        event = make_event(
            make_organiser(), forum(waves=waves, enrolment=Enrolment.SEVERAL, capacity=40, asks_statistics=True)
        )
        made = []
        for group, size, numbers, what in wanted:
            asked = {"waves": tuple(event.waves[n].id for n in sorted(numbers)), "waitlist": True}
            draft = class_draft(event, participants=size, companions=size % 3, **asked)
            if not group:
                draft = person_draft(event, statistics=Statistics(gender=Gender.WOMAN), **asked)
            made.append(make_registration(event, draft))
            with transaction():
                if what == "cancelled":
                    cancel_registration(made[-1].id, by=SYSTEM, now=NOW, reason="Malade")
                if what == "cards" and group:
                    issue_route_cards(made[-1].id, by=SYSTEM, now=NOW)
        before = whole_rows()
        chosen = [row.id for row in made if chance.random() < 0.6]  # type: ignore[attr-defined]
        for number in chosen:
            delete(number)
        if whole:
            delete_whole(event.id)
            assert [found for found in run_checks(NOW) if not found.ok] == []
            assert restore_whole(event.id).not_back == ()
        chance.shuffle(chosen)  # type: ignore[attr-defined]
        for number in chosen:
            restore(number)
        assert whole_rows() == before
        assert [found for found in run_checks(NOW) if not found.ok] == []

    compare()


def test_what_cannot_come_back_changes_nothing(whole_app: Flask) -> None:
    """Somebody may have taken the places: then not one row differs from before the attempt."""
    wave = WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 12, allotments=(AllotmentDraft("school", 10, 2),))

    @settings(max_examples=60 if LONG else 8)
    @given(st.integers(1, 10), st.lists(st.integers(1, 10), max_size=3))
    def compare(size: int, others: list[int]) -> None:
        event = make_event(make_organiser(), forum(waves=(wave,)))
        made = make_registration(event, class_draft(event, participants=size, companions=0))
        delete(made.id)
        for number, other in enumerate(others):
            contact = Contact(f"Classe {number}", f"c{number}@example.org")
            draft = class_draft(event, participants=other, companions=0, contact=contact, waitlist=True)
            make_registration(event, draft)
        before = whole_rows()
        try:
            restore(made.id)
        except (WaveFull, AudienceFull):
            assert whole_rows() == before
        else:
            delete(made.id)
            changed = {table for table, rows in whole_rows().items() if rows != before[table]}
            assert changed <= {"registrations"}  # the moment of its deletion
        assert [found for found in run_checks(NOW) if not found.ok] == []

    compare()
