"""What the tables hold of loans, read as plain rows: nothing here calls what it checks."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import text

from app.core.db import db
from tests.factories import PARIS
from tests.properties.loan_model import NOON, Book, Use, begins, number_of

HOLDING = ("approved", "agreed", "handed_over")


def rows(statement: str) -> list[Any]:
    return list(db.session.execute(text(statement)))


def instant(value: Any) -> datetime:
    """SQLite gives text without a zone, in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    assert isinstance(value, datetime)
    return value.astimezone(UTC)


def assert_no_overlap() -> None:
    """Each two uses of a box follow each other."""
    by_box = defaultdict(list)
    for row in rows("SELECT resource_kind, resource_id, starts_at, from_at, to_at, ends_at FROM uses"):
        times = [instant(value) for value in row[2:]]
        assert times == sorted(times), row
        assert times[1] < times[2], row
        by_box[row[0], row[1]].append((times[0], times[3]))
    for spans in by_box.values():
        spans.sort()
        for (_, end), (start, _) in pairwise(spans):
            assert end <= start, spans


def assert_uses(book: Book, people: Sequence[int]) -> None:
    """The ledger holds what was promised, half-day by half-day, and nothing else. `people`: ids by the model's numbers."""
    found = Counter(
        (*row[:4], *(instant(value) for value in row[4:]))
        for row in rows(
            "SELECT purpose, purpose_id, resource_kind, resource_id, starts_at, from_at, to_at, ends_at FROM uses"
        )
    )
    loans = [("loan", loan.id, "box", *spans(held.use)) for loan in book.loans for held in loan.held]
    events = [("event", one.id, "box", *spans(use)) for one in book.events for use in one.uses]
    kept = [
        ("event", one.id, "facilitator", *spans(Use(people[n], first, first, last, last)))
        for one in book.events
        for n, first, last in one.kept
    ]
    wanted = Counter([*loans, *events, *kept])
    assert found == wanted, (found - wanted, wanted - found)


def uses_of_event(event_boxes_id: int) -> list[Use]:
    """The boxes that the ledger has for a booking, in half-days."""
    return [
        Use(row[0], number_at(row[1]), number_at(row[2]), number_at(row[3]) - 1, number_at(row[4]) - 1)
        for row in rows(
            "SELECT resource_id, starts_at, from_at, to_at, ends_at FROM uses WHERE purpose = 'event'"
            f" AND resource_kind = 'box' AND purpose_id = {event_boxes_id} ORDER BY resource_id, starts_at"
        )
    ]


def kept_of_event(event_boxes_id: int, people: Sequence[int]) -> list[tuple[int, int, int]]:
    """Who the ledger keeps for a booking, by the model's numbers, from when to when."""
    return [
        (people.index(row[0]), number_at(row[1]), number_at(row[2]) - 1)
        for row in rows(
            "SELECT resource_id, from_at, to_at FROM uses WHERE purpose = 'event'"
            f" AND resource_kind = 'facilitator' AND purpose_id = {event_boxes_id} ORDER BY resource_id, starts_at"
        )
    ]


def number_at(value: Any) -> int:
    """The half-day that begins at that instant, or in which it lies."""
    local = instant(value).astimezone(PARIS)
    return number_of(local.date(), local.hour >= NOON)


def spans(use: Use) -> tuple[Any, ...]:
    return use.box, begins(use.start), begins(use.first), begins(use.last + 1), begins(use.end + 1)


def assert_loans(book: Book) -> None:
    """Each loan is in its state with its boxes, as many as it asked for; no box is with two borrowers."""
    places = defaultdict(list)
    away: Counter[int] = Counter()
    for loan_id, box_id, out, back, checked in rows(
        "SELECT loan_id, box_id, handed_over_at, returned_at, checked_at FROM loan_boxes WHERE released_at IS NULL"
    ):
        place = "checked" if checked else "back" if back else "away" if out else "waiting"
        away[box_id] += place == "away"
        places[loan_id].append((box_id, place))
    assert max(away.values(), default=0) <= 1, away
    states = {row[0]: (row[1], row[2]) for row in rows("SELECT id, state, boxes FROM loans")}
    assert states == {loan.id: (loan.state, loan.boxes) for loan in book.loans}
    for loan in book.loans:
        held = sorted(places[loan.id])
        assert held == sorted((h.box, h.place) for h in loan.held), loan
        assert loan.state not in HOLDING or len(held) == loan.boxes, loan
