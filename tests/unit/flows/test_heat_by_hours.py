"""The heat map with the time going down: an hour a row, six times ten minutes, as narrow as a phone."""

from datetime import UTC, datetime, timedelta

from app.flows.queries import HeatCell, HeatRow
from app.web.manage.plan_pictures import CellRow, cell_rows, hours_of, pairs_of_hours

PARIS = "Europe/Paris"


def row_of(begins: datetime, *people: int) -> CellRow:
    cells = tuple(HeatCell(begins + n * timedelta(minutes=10), count) for n, count in enumerate(people))
    return cell_rows([HeatRow(1, "Construire", 60, None, cells)], lambda cell: cell.groups)[0]


def test_each_ten_minutes_stands_under_its_minute() -> None:
    begins = datetime(2027, 1, 7, 7, 40, tzinfo=UTC)  # 8:40 by the clocks
    hours = hours_of(row_of(begins, 1, 2, 3, 4), PARIS)
    assert [hour.starts_at for hour in hours] == [
        datetime(2027, 1, 7, 7, tzinfo=UTC),
        datetime(2027, 1, 7, 8, tzinfo=UTC),
    ]
    seen = [[cell and cell.people for cell in hour.cells] for hour in hours]
    assert seen == [[None, None, None, None, 1, 2], [3, 4, None, None, None, None]]


def test_an_hour_that_the_clocks_give_twice_is_two_rows() -> None:
    begins = datetime(2027, 10, 31, 0, tzinfo=UTC)  # 2:00, and an hour later 2:00 again
    hours = hours_of(row_of(begins, *range(1, 13)), PARIS)
    assert [[cell and cell.people for cell in hour.cells] for hour in hours] == [
        [1, 2, 3, 4, 5, 6],
        [7, 8, 9, 10, 11, 12],
    ]


def test_hours_in_which_nobody_was_and_nobody_was_meant_to_be_are_left_out() -> None:
    begins = datetime(2027, 1, 7, 8, tzinfo=UTC)
    was = row_of(begins, *[0] * 12, *[5] * 6)
    meant = row_of(begins, *[7] * 6, *[0] * 12)
    pairs = pairs_of_hours(was, meant, PARIS)
    assert [(one.starts_at.hour, one.is_empty, other.is_empty) for one, other in pairs] == [
        (8, True, False),
        (10, False, True),
    ]
