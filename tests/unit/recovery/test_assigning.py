"""Free boxes to promises: as many as there can be, the earliest first, checked against trying everything."""

from collections.abc import Iterator, Sequence
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from app.recovery.rules import Wish, assign

BOXES = 4


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    first = draw(st.integers(0, 12))
    boxes = draw(st.lists(st.integers(1, BOXES), unique=True, max_size=BOXES))
    return Wish(first, first + draw(st.integers(0, 6)), tuple(boxes))


def is_allowed(wanted: Sequence[Wish], given_boxes: Sequence[int | None]) -> bool:
    """No box twice at once, each one of those that are free."""
    pairs = list(zip(wanted, given_boxes, strict=True))
    if any(box is not None and box not in wish.boxes for wish, box in pairs):
        return False
    return not any(
        box is not None and box == other_box and one.first <= other.last and other.first <= one.last
        for (one, box), (other, other_box) in combinations(pairs, 2)
    )


def every_way(wanted: Sequence[Wish]) -> Iterator[tuple[int | None, ...]]:
    for way in product(*((*wish.boxes, None) for wish in wanted)):
        if is_allowed(wanted, way):
            yield way


def rank(wanted: Sequence[Wish], way: Sequence[int | None]) -> tuple[int, list[int]]:
    """How many get a box, then what the earliest gets, and so on: its place in turn, a low one first."""
    order = sorted(range(len(wanted)), key=lambda n: (wanted[n].first, wanted[n].last, n))
    places = [-wanted[n].boxes.index(box) if (box := way[n]) is not None else -99 for n in order]
    return sum(box is not None for box in way), places


@given(st.lists(wishes(), max_size=6))
@settings(max_examples=150)
def test_as_many_as_possible_the_earliest_first_in_turn(wanted: list[Wish]) -> None:
    found = assign(wanted)
    assert is_allowed(wanted, found)
    best = max(every_way(wanted), key=lambda way: rank(wanted, way))
    assert rank(wanted, found) == rank(wanted, best)


@given(st.lists(wishes(), max_size=14))
@settings(max_examples=60)
def test_without_steps_it_is_still_allowed_and_no_worse_than_first_come_first_served(wanted: list[Wish]) -> None:
    found = assign(wanted, steps=0)
    assert is_allowed(wanted, found)
    served: list[int | None] = [None] * len(wanted)
    for n in sorted(range(len(wanted)), key=lambda n: (wanted[n].first, wanted[n].last, n)):
        for box in wanted[n].boxes:
            served[n] = box
            if is_allowed(wanted, served):
                break
            served[n] = None
    assert sum(box is not None for box in found) >= sum(box is not None for box in served)


def test_first_come_first_served_would_leave_one_out() -> None:
    """The first could have either box, the second only the one whose turn it is."""
    assert assign([Wish(0, 5, (1, 2)), Wish(3, 8, (1,))]) == [2, 1]


def test_one_that_lasts_long_gives_way_to_two_short_ones() -> None:
    assert assign([Wish(0, 20, (1,)), Wish(2, 4, (1,)), Wish(6, 8, (1,))]) == [None, 1, 1]


def test_of_two_for_one_box_the_earlier_gets_it() -> None:
    assert assign([Wish(3, 8, (7,)), Wish(1, 4, (7,))]) == [None, 7]


def test_many_promises_of_a_large_pool_take_few_steps() -> None:
    pool = tuple(range(80))
    wanted = [Wish(n % 50 * 4, n % 50 * 4 + 12, pool[n % 7 :]) for n in range(200)]
    found = assign(wanted)
    assert is_allowed(wanted, found)
    assert None not in found
