"""A class with numbered cards: its main ticket and its cards tell one story."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.checkin.enums import Direction
from app.checkin.replaying import PastScan, follow_cards, replay
from app.checkin.rules import (
    NOBODY,
    ONE,
    Cards,
    Decision,
    Passage,
    Whereabouts,
    decide,
    decide_card,
)
from app.registrations.drafts import Headcount

IN, OUT = Direction.IN, Direction.OUT
AT = datetime(2027, 2, 4, 8, 0, tzinfo=UTC)
CLASS = Headcount(3, 1)
HALL, DESK = 1, 2
numbers = count(1)


@dataclass
class Door:
    """Passages of one class, one after the other; cards are 1, 2, 3…"""

    expected: Headcount = CLASS
    at: Whereabouts = field(default_factory=Whereabouts)
    cards: Cards = field(default_factory=Cards)
    past: list[PastScan] = field(default_factory=list)

    def main(self, way: Direction, people: Headcount | None = None, space: int | None = None) -> str:
        passage = Passage(way, space, people)
        return self._note(None, passage, decide(self.at, self.expected, passage, room=None))

    def card(self, card: int, way: Direction, space: int | None = None, room: int | None = None) -> str:
        passage = Passage(way, space)
        return self._note(card, passage, decide_card(self.at, self.expected, passage, card, self.cards, room=room))

    def _note(self, card: int | None, passage: Passage, decision: Decision) -> str:
        if decision.result == "accepted":
            self.at, self.cards = decision.after, self.cards.after(card, passage, decision.delta)
            led_to = passage.space_id if card is None else None
            scan = PastScan(
                str(next(numbers)), passage.direction, led_to, decision.delta, AT, card=card, card_space_id=passage.space_id
            )  # fmt: skip
            self.past.append(scan)
        assert (replay(self.past), follow_cards(self.past)) == (self.at, self.cards)
        return decision.reason or "over" * decision.over or "ok"


def test_the_main_ticket_counts_only_those_not_yet_in() -> None:
    door = Door()
    assert [door.card(1, IN), door.card(2, IN), door.main(IN)] == ["ok", "ok", "ok"]
    assert door.at.inside == CLASS
    assert [door.card(n, IN) for n in (1, 2, 3)] == ["already_in"] * 3


def test_leaving_with_the_main_ticket_leaves_no_card_in() -> None:
    door = Door()
    assert [door.card(1, IN), door.main(IN), door.main(OUT)] == ["ok"] * 3
    assert door.at.inside == NOBODY
    assert [door.card(n, OUT) for n in (1, 2, 3)] == ["not_in"] * 3
    assert [door.card(1, IN), door.card(1, IN)] == ["ok", "already_in"]
    assert door.at.inside == ONE


def test_who_came_in_with_the_class_goes_out_with_a_card_and_comes_back_either_way() -> None:
    door = Door()
    assert [door.main(IN), door.card(1, OUT), door.card(1, OUT), door.card(2, IN)] == [
        "ok",
        "ok",
        "not_in",
        "already_in",
    ]
    assert [door.main(IN), door.card(1, IN), door.card(1, OUT), door.card(1, IN)] == ["ok", "already_in", "ok", "ok"]
    assert door.at.inside == CLASS


def test_when_a_part_left_with_the_main_ticket_any_card_may_come_back() -> None:
    door = Door()
    door.main(IN)
    assert [door.card(1, OUT), door.card(1, IN)] == ["ok", "ok"]
    assert door.main(OUT, Headcount(2, 0)) == "ok"
    assert [door.card(1, IN), door.card(2, IN), door.card(3, IN)] == ["ok", "ok", "already_in"]
    assert door.at.inside == CLASS


def test_more_pupils_than_expected_are_let_in_by_their_cards_and_marked() -> None:
    door = Door(Headcount(2, 0))
    assert [door.card(n, IN) for n in (1, 2, 3)] == ["ok", "ok", "over"]
    assert door.at.inside == Headcount(3, 0)


def test_a_card_at_a_space_is_one_pupil() -> None:
    door = Door()
    assert door.card(1, IN, DESK, room=0) == "space_full"
    assert [door.card(1, IN, DESK, room=1), door.card(1, IN, DESK, room=0)] == ["ok", "already_in"]
    assert (door.at.inside, door.at.space_id) == (ONE, None)
    assert [door.main(IN), door.main(IN, space=HALL)] == ["ok", "ok"]
    assert [door.card(2, IN, HALL), door.card(2, IN, DESK), door.card(2, OUT, HALL)] == ["already_in", "ok", "ok"]
    assert (door.at.inside, door.at.space_id) == (CLASS, HALL)
    assert [door.card(2, OUT, DESK), door.card(2, OUT), door.card(2, OUT, HALL)] == ["not_in", "ok", "not_in"]


def test_after_an_undone_passage_a_card_never_takes_out_more_than_are_in() -> None:
    door = Door()
    door.main(IN)
    assert door.card(1, IN, DESK) == "ok"
    past = [*door.past, PastScan("undo", IN, None, NOBODY, AT, undoes=door.past[0].scan_id)]
    at, cards = replay(past), follow_cards(past)
    assert (at.inside, cards.inside) == (NOBODY, frozenset({1}))
    assert decide_card(at, CLASS, Passage(OUT, None), 1, cards, room=None).reason == "not_in"
    assert decide_card(at, CLASS, Passage(IN, None), 1, cards, room=None).delta == ONE


@given(st.integers(1, 6), st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 99)), max_size=30))
def test_with_honest_passages_the_count_is_who_is_really_inside(
    pupils: int, steps: list[tuple[bool, bool, int]]
) -> None:
    """Pupils pass by their own card or some together with the main ticket; nobody passes who is not on that side."""
    door, inside = Door(Headcount(pupils, 0)), set[int]()
    for by_card, inwards, pick in steps:
        may = sorted(set(range(1, pupils + 1)) - inside if inwards else inside)
        if not may:
            continue
        way = IN if inwards else OUT
        passing = [may[pick % len(may)]] if by_card else may[: 1 + pick % len(may)]
        said = door.card(passing[0], way) if by_card else door.main(way, Headcount(len(passing), 0))
        assert said == "ok"
        inside ^= set(passing)
        assert door.at.inside == Headcount(len(inside), 0)
        assert door.cards.inside <= inside
        assert not door.cards.outside & inside
        if by_card:
            assert door.card(passing[0], way) == ("already_in" if inwards else "not_in")


@pytest.mark.parametrize("way", Direction)
def test_whoever_passed_the_main_ticket_for_all_settles_it(way: Direction) -> None:
    for first in ([], [(1, IN)], [(1, IN), (2, IN), (1, OUT)], [(3, IN), (3, OUT)]):
        door = Door()
        for card, direction in first:
            door.card(card, direction)
        door.main(IN)
        if way is OUT:
            door.main(OUT)
        assert door.at.inside == (CLASS if way is IN else NOBODY)
        refusal = "already_in" if way is IN else "not_in"
        assert [door.card(n, way) for n in (1, 2, 3)] == [refusal] * 3
