"""Several doors at once: each passage is stored once, and presence is what really happened."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import Flask

from app.checkin.enums import Direction, Reason, ScanResult
from app.checkin.operations import ScanAnswer, ScanInput, record_scans
from app.checkin.queries import get_occupancy, get_whereabouts
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.drafts import SpaceDraft
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.operations import cancel_registration, change_registration, issue_route_cards
from app.registrations.queries import get_registration
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
from tests.races.together import assert_whole, count, together


def door(event: EventRow, space: int | None = None) -> int:
    return next(c.id for c in event.checkpoints if c.space_id == space)


def item(
    number: int, code: str, checkpoint: int, way: Direction = Direction.IN, people: Headcount | None = None
) -> ScanInput:
    return ScanInput(str(UUID(int=number)), code, checkpoint, way, DAY_ONE, people)


def scan(event: EventRow, *items: ScanInput) -> list[ScanAnswer]:
    return record_scans(event, "door", items, now=DAY_ONE)


def answers_of(found: Sequence[object]) -> list[ScanAnswer]:
    """Every batch's answers, one after the other; a refused batch fails the test."""
    answers: list[ScanAnswer] = []
    for batch in found:
        assert isinstance(batch, list), batch
        answers += batch
    return answers


def test_the_same_scan_from_eight_senders_is_stored_once(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    group = make_registration(event)
    known, unknown = item(1, group.ticket_code, door(event)), item(2, "Z" * 26, door(event))
    answers = answers_of(together(whole_app, [partial(scan, event, known, unknown) for _ in range(8)]))
    assert set(answers[0::2]) == {answers[0]}
    assert (answers[0].result, answers[0].present) == (ScanResult.ACCEPTED, Headcount(28, 2))
    assert {(a.result, a.reason) for a in answers[1::2]} == {(ScanResult.REFUSED, Reason.UNKNOWN)}
    assert (count("scans"), count("presences")) == (2, 1)
    assert get_whereabouts(event, group.id, now=DAY_ONE)[0] == Headcount(28, 2)
    assert_whole(event.id)


def test_one_class_through_two_doors(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    group = make_registration(event)
    works = [
        partial(scan, event, item(1, group.ticket_code, door(event), people=Headcount(10, 1))),
        partial(scan, event, item(2, group.ticket_code, door(event), people=Headcount(18, 1))),
    ]
    answers = answers_of(together(whole_app, works))
    assert [a.result for a in answers] == [ScanResult.ACCEPTED] * 2
    assert Headcount(28, 2) in {a.present for a in answers}
    assert get_whereabouts(event, group.id, now=DAY_ONE) == (Headcount(28, 2), Headcount(28, 2))
    assert_whole(event.id)


def test_a_whole_class_shown_at_eight_doors_is_in_once(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    group = make_registration(event)
    works = [partial(scan, event, item(n, group.ticket_code, door(event))) for n in range(1, 9)]
    answers = answers_of(together(whole_app, works))
    assert Counter(a.result for a in answers) == {ScanResult.ACCEPTED: 1, ScanResult.DUPLICATE: 7}
    assert get_occupancy(event, now=DAY_ONE).present == 30
    assert_whole(event.id)


def test_a_scan_is_undone_once(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    person = make_registration(event, person_draft(event))
    first = item(1, person.ticket_code, door(event))
    answers_of(together(whole_app, [partial(scan, event, first)]))
    undoing = [
        ScanInput(str(UUID(int=n)), person.ticket_code, door(event), Direction.IN, DAY_ONE, undoes=first.id)
        for n in range(2, 10)
    ]
    answers = answers_of(together(whole_app, [partial(scan, event, i) for i in undoing]))
    assert Counter(a.reason for a in answers) == {None: 1, Reason.INVALID: 7}
    assert get_whereabouts(event, person.id, now=DAY_ONE) == (Headcount(0, 0), Headcount(0, 0))
    assert_whole(event.id)


def test_a_class_and_its_cards_at_eight_doors_are_in_once(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    group = make_registration(event, class_draft(event, participants=7, companions=1))
    with transaction():
        issue_route_cards(group.id, by=SYSTEM, now=NOW)
    codes = [group.ticket_code, *(card.code for card in get_registration(group.id).cards)]
    works = [partial(scan, event, item(n, code, door(event))) for n, code in enumerate(codes, start=1)]
    answers = answers_of(together(whole_app, works))
    assert {a.reason for a in answers} <= {None, Reason.ALREADY_IN}
    assert get_whereabouts(event, group.id, now=DAY_ONE) == (Headcount(7, 1), Headcount(7, 1))
    leaving = [partial(scan, event, item(20 + n, code, door(event), Direction.OUT)) for n, code in enumerate(codes)]
    answers = answers_of(together(whole_app, leaving))
    assert {a.reason for a in answers} <= {None, Reason.NOT_IN}
    assert get_whereabouts(event, group.id, now=DAY_ONE) == (Headcount(0, 0), Headcount(7, 1))
    assert_whole(event.id)


def test_late_comers_join_their_class_while_others_enter_its_space(whole_app: Flask) -> None:
    """Nobody is refused at the entrance, nobody waits in a ring, and who enters by the space's own door finds room there."""
    event = make_event(make_organiser(), forum(spaces=(SpaceDraft("Atelier", 12), SpaceDraft("Salle", 70)), stops=()))
    small = event.spaces[0].id
    group = make_registration(event, class_draft(event, participants=12, companions=0))
    answers_of(
        together(whole_app, [partial(scan, event, item(1, group.ticket_code, door(event), people=Headcount(6, 0)))])
    )
    answers_of(together(whole_app, [partial(scan, event, item(2, group.ticket_code, door(event, small)))]))
    people = [make_registration(event, person_draft(event)) for _ in range(8)]
    works = [partial(scan, event, item(10 + n, p.ticket_code, door(event, small))) for n, p in enumerate(people)]
    works += [
        partial(scan, event, item(30 + n, group.ticket_code, door(event), people=Headcount(1, 0))) for n in range(6)
    ]
    answers = answers_of(together(whole_app, works))
    came = Counter(a.reason for a in answers[:8])
    assert set(came) <= {None, Reason.SPACE_FULL}
    assert came[None] <= 6
    assert {a.result for a in answers[8:]} == {ScanResult.ACCEPTED}
    assert get_occupancy(event, now=DAY_ONE).spaces[0].present == 12 + came[None]
    assert_whole(event.id)


def test_a_space_never_holds_more_than_its_limit(whole_app: Flask) -> None:
    event = make_event(make_organiser(), forum(spaces=(SpaceDraft("Atelier", 12), SpaceDraft("Salle", 70)), stops=()))
    small = event.spaces[0].id
    people = [make_registration(event, person_draft(event)) for _ in range(24)]
    works = [partial(scan, event, item(n, p.ticket_code, door(event, small))) for n, p in enumerate(people, start=1)]
    answers = answers_of(together(whole_app, works))
    assert Counter(a.reason for a in answers) == {None: 12, Reason.SPACE_FULL: 12}
    assert get_occupancy(event, now=DAY_ONE).spaces[0].present == 12
    assert_whole(event.id)


def test_batches_with_the_same_tickets_in_other_orders_all_get_through(whole_app: Flask) -> None:
    event = make_event(make_organiser(), forum(spaces=(SpaceDraft("Atelier", 70), SpaceDraft("Salle", 70)), stops=()))
    spaces = [s.id for s in event.spaces]
    groups = [make_registration(event, class_draft(event, participants=4, companions=1)) for _ in range(10)]
    works = []
    for n in range(12):
        order = groups if n % 2 else groups[::-1]
        order = order[n % 5 :] + order[: n % 5]
        doors = [door(event), door(event, spaces[n % 2]), door(event, spaces[1 - n % 2])]
        items = [
            item(1000 * n + k, g.ticket_code, doors[k % 3], Direction.OUT if (n + k) % 4 == 3 else Direction.IN)
            for k, g in enumerate(order, start=1)
        ]
        works.append(partial(scan, event, *items))
    answers = answers_of(together(whole_app, works))
    assert len(answers) == count("scans") == 120
    inside = sum(get_whereabouts(event, g.id, now=DAY_ONE)[0].people for g in groups)
    assert get_occupancy(event, now=DAY_ONE).present == inside
    assert_whole(event.id)


def test_scans_changes_and_cancellations_of_the_same_classes(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    groups = [make_registration(event, class_draft(event, participants=4, companions=1)) for _ in range(6)]

    def change(registration_id: int) -> object:
        return change_registration(registration_id, headcount=Headcount(5, 1), by=SYSTEM, now=NOW)

    def cancel(registration_id: int) -> None:
        cancel_registration(registration_id, by=SYSTEM, now=NOW)

    works: list[Any] = []
    for n, group in enumerate(groups, start=1):
        works.append(partial(scan, event, item(n, group.ticket_code, door(event))))
        works.append(partial(change, group.id) if n % 2 else partial(cancel, group.id))
        works.append(partial(scan, event, item(100 + n, group.ticket_code, door(event), Direction.OUT)))
    answers = together(whole_app, works)
    assert [a for a in answers if isinstance(a, Exception)] == []
    assert count("scans") == 12
    assert_whole(event.id)
