"""Other boxes and other dates, hand-over, return and check with counts."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.boxes.enums import BoxCondition, OutReason
from app.boxes.operations.boxes import put_out_of_service
from app.boxes.queries import get_box_by_id, list_contents
from app.core.actor import SYSTEM
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.loans.drafts import CheckDraft, CountDraft, OtherLoan
from app.loans.enums import AcceptedHow, CountMoment, LoanState
from app.loans.errors import BoxAway, BoxNotFree, BoxOutOfService, LoanChanged, NoBoxFree
from app.loans.operations import agree_loan, change_dates, check_box, hand_over, swap_box, take_back
from app.loans.queries import get_loan, list_counts
from app.resources.enums import Purpose
from app.resources.queries import list_uses_of
from tests.factories import NOW, PARIS
from tests.integration.loans.world import BORROWER, STAFF, LoanWorld, make_world, period

NAMES: dict[str, Any] = {"given_by": "Inès Roux", "given_to": "Manon Lambert"}
OUT = datetime(2027, 2, 1, 9, tzinfo=PARIS)
BACK = datetime(2027, 2, 3, 15, tzinfo=PARIS)


def agreed(world: LoanWorld, *dates: str, **changes: Any) -> int:
    made = world.enter(*dates, **changes)
    with transaction():
        agree_loan(made.id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
    return made.id


def box_of(loan_id: int, number: int = 0) -> int:
    return get_loan(loan_id).loan_boxes[number].box_id


def swap(loan_id: int, box_id: int, new_box_id: int, other: int | None = None, revision: int | None = None) -> None:
    told = OtherLoan(other, revision) if other is not None else None
    with transaction():
        swap_box(loan_id, box_id, new_box_id, by=STAFF, now=NOW, other=told)


def give(loan_id: int, box_id: int, *counts: CountDraft, now: datetime = OUT) -> LoanState:
    with transaction():
        return hand_over(loan_id, box_id, **NAMES, counts=counts, by=STAFF, now=now)


def bring_back(loan_id: int, box_id: int, *counts: CountDraft) -> LoanState:
    with transaction():
        return take_back(loan_id, box_id, **NAMES, counts=counts, by=STAFF, now=BACK)


def check(loan_id: int, box_id: int, found: CheckDraft) -> LoanState:
    with transaction():
        return check_box(loan_id, box_id, found, by=STAFF, now=BACK + timedelta(hours=1))


def test_a_box_is_swapped_for_a_free_one_and_agreed_again(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    loan_id = agreed(world)
    held = box_of(loan_id)
    other = next(box for box in world.box_ids if box != held)
    swap(loan_id, held, other)
    loan = get_loan(loan_id)
    assert ([b.box_id for b in loan.loan_boxes], [b.box_id for b in loan.former_boxes]) == ([other], [held])
    assert [use.resource_id for use in list_uses_of(Purpose.LOAN, loan_id)] == [other]
    assert (loan.state, loan.agreed_at) == (LoanState.APPROVED, None)


def test_two_loans_exchange_their_boxes(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    one, two = agreed(world), agreed(world, "2027-02-02 am", "2027-02-04 pm")
    first, second = box_of(one), box_of(two)
    before = get_loan(two)
    with pytest.raises(BoxNotFree):  # who asks for a free box takes nobody's
        swap(one, first, second)
    with pytest.raises(LoanChanged):  # the other loan is not as it was read
        swap(one, first, second, two, before.revision + 1)
    with pytest.raises(LoanChanged):  # it is another one's
        swap(one, first, second, one)
    assert get_loan(two) == before
    swap(one, first, second, two, before.revision)
    assert (box_of(one), box_of(two)) == (second, first)
    assert {get_loan(loan_id).state for loan_id in (one, two)} == {LoanState.APPROVED}


def test_a_box_that_cannot_be_had(whole_app: Flask) -> None:
    world, elsewhere = make_world(boxes=3), make_world(boxes=1)
    one = agreed(world)
    first = box_of(one)
    second, third = (box for box in world.box_ids if box != first)
    for wrong in (first, elsewhere.box_ids[0], 999):
        with pytest.raises(BoxNotFree):
            swap(one, first, wrong)
    with transaction():
        put_out_of_service(
            third, OutReason.BROKEN, until=None, organiser_id=world.organiser_id, today=NOW.date(), by=SYSTEM, now=NOW
        )
    with pytest.raises(BoxNotFree):
        swap(one, first, third)
    two = agreed(world)
    assert box_of(two) == second
    give(two, second)
    with pytest.raises(BoxAway):  # it is with its borrower
        swap(one, first, second, two)
    with pytest.raises(BoxAway):
        swap(two, second, first)
    with pytest.raises(MoveNotAllowed), transaction():
        swap_box(one, first, third, by=BORROWER, now=NOW)


def test_other_dates_keep_the_box_where_it_is_free(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    loan_id = agreed(world)
    held = box_of(loan_id)
    with transaction():
        change_dates(loan_id, period("2027-02-02 am", "2027-02-04 pm"), by=STAFF, now=NOW)
    loan = get_loan(loan_id)
    assert (box_of(loan_id), loan.state, loan.period) == (
        held,
        LoanState.APPROVED,
        period("2027-02-02 am", "2027-02-04 pm"),
    )
    assert list_uses_of(Purpose.LOAN, loan_id)[0].from_at == loan.period.starts_at(PARIS)


def test_other_dates_take_another_box_or_none(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    loan_id = world.enter().id
    held = box_of(loan_id)
    later = world.enter("2027-02-08 am", "2027-02-09 pm").id
    if box_of(later) != held:
        swap(later, box_of(later), held)
    with transaction():
        change_dates(loan_id, period("2027-02-09 am", "2027-02-10 pm"), by=STAFF, now=NOW)
    assert box_of(loan_id) != held
    third = world.enter().id
    with pytest.raises(NoBoxFree), transaction():
        change_dates(third, period("2027-02-09 am", "2027-02-09 pm"), by=STAFF, now=NOW)
    assert get_loan(third).period == period("2027-02-01 am", "2027-02-03 pm")


def test_a_later_return_while_the_box_is_out(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = agreed(world)
    give(loan_id, box_of(loan_id))
    world.enter("2027-02-09 am", "2027-02-09 pm")
    for wanted, problem in (("2027-02-08 pm", NoBoxFree), ("2027-02-05 am", None)):
        changed = period("2027-02-01 am", wanted)
        if problem is None:
            with transaction():
                change_dates(loan_id, changed, by=STAFF, now=BACK)
        else:
            with pytest.raises(problem), transaction():
                change_dates(loan_id, changed, by=STAFF, now=BACK)
    with pytest.raises(FieldError), transaction():
        change_dates(loan_id, period("2027-02-02 am", "2027-02-05 pm"), by=STAFF, now=BACK)
    assert (get_loan(loan_id).to_date, get_loan(loan_id).state) == (date(2027, 2, 5), LoanState.HANDED_OVER)


def things(world: LoanWorld, box_id: int) -> tuple[int, int]:
    """Ids of the padlocks and of the sheets."""
    box = get_box_by_id(box_id, organiser_id=world.organiser_id)
    first, second = (content.item_id for content in list_contents(box))
    assert first is not None
    assert second is not None
    return first, second


def test_what_is_missing_is_counted_kept_and_seen(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = agreed(world)
    box_id = box_of(loan_id)
    locks, sheets = things(world, box_id)
    give(loan_id, box_id, CountDraft(4, locks), CountDraft(30, sheets))
    state = bring_back(loan_id, box_id, CountDraft(3, locks, note="Perdu"), CountDraft(8, sheets))
    assert state is LoanState.RETURNED
    assert check(loan_id, box_id, CheckDraft(BoxCondition.READY, (CountDraft(3, locks),))) is LoanState.CHECKED
    box = get_box_by_id(box_id, organiser_id=world.organiser_id)
    assert (box.condition, box.uses_count, box.last_used_on) == (BoxCondition.INCOMPLETE, 1, OUT.date())
    missing = {c.name_fr: (c.missing, c.to_restock) for c in list_contents(box)}
    assert missing == {"Cadenas": (1, False), "Feuille de réponses": (22, True)}
    counts = [(c.moment, c.name, c.expected, c.counted) for c in list_counts(loan_id)]
    assert counts[:2] == [
        (CountMoment.HAND_OVER, "Cadenas", 4, 4),
        (CountMoment.HAND_OVER, "Feuille de réponses", 30, 30),
    ]
    assert counts[-1] == (CountMoment.CHECK, "Cadenas", 4, 3)
    held = get_loan(loan_id).loan_boxes[0]
    assert (held.handed_over_by, held.handed_over_to, held.checked_by) == ("Inès Roux", "Manon Lambert", "Inès Roux")


def test_a_loan_of_which_nothing_is_missing_closes_by_itself(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    loan_id = agreed(world, boxes=2)
    one, two = box_of(loan_id), box_of(loan_id, 1)
    assert give(loan_id, one) is give(loan_id, two) is LoanState.HANDED_OVER
    assert bring_back(loan_id, one) is LoanState.HANDED_OVER
    assert check(loan_id, one, CheckDraft(BoxCondition.READY)) is LoanState.HANDED_OVER
    assert bring_back(loan_id, two) is LoanState.RETURNED
    assert check(loan_id, two, CheckDraft(BoxCondition.READY)) is LoanState.CLOSED


def test_a_damaged_box_goes_out_of_service_with_a_reason(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = agreed(world)
    box_id = box_of(loan_id)
    give(loan_id, box_id)
    bring_back(loan_id, box_id)
    with pytest.raises(FieldError) as refused:
        check(loan_id, box_id, CheckDraft(BoxCondition.OUT_OF_SERVICE))
    assert refused.value.problems == {"out_reason": "required"}
    broken = CheckDraft(BoxCondition.OUT_OF_SERVICE, out_reason=OutReason.BROKEN, out_until=date(2027, 3, 1))
    assert check(loan_id, box_id, broken) is LoanState.CHECKED
    with pytest.raises(MoveNotAllowed):
        check(loan_id, box_id, broken)
    later = agreed(world, "2027-03-02 am", "2027-03-02 pm")
    with pytest.raises(BoxOutOfService):
        give(later, box_id, now=datetime(2027, 3, 2, 9, tzinfo=PARIS))


def test_counts_of_other_things_are_refused(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = agreed(world)
    box_id = box_of(loan_id)
    locks, _ = things(world, box_id)
    with pytest.raises(FieldError) as refused:
        give(loan_id, box_id, CountDraft(1, 999), CountDraft(-1, locks))
    assert refused.value.problems == {"counts/0": "unknown_id", "counts/1": "out_of_range"}
    with pytest.raises(FieldError) as unnamed, transaction():
        hand_over(loan_id, box_id, given_by=" ", given_to="x" * 121, by=STAFF, now=OUT)
    assert unnamed.value.problems == {"given_by": "required", "given_to": "too_long"}
    with pytest.raises(BoxAway):
        give(loan_id, 999)
    assert get_loan(loan_id).state is LoanState.AGREED
