"""Pure rules of reports and of the timetable that a new event gets."""

from datetime import time

import pytest

from app.reports.rules import listed_name, mask
from app.web.manage.new_event import slots


@pytest.mark.parametrize(
    ("name", "sort_name", "listed"),
    [
        ("Théo Bonnet", "bonnet theo", "Bonnet, Théo"),
        ("Marie Le Goff", "le goff marie", "Le Goff, Marie"),
        ("Marie Le Goff", "goff marie le", "Goff, Marie Le"),
        ("Fatou N’Diaye", "n'diaye fatou", "N’Diaye, Fatou"),
        ("Cher", "cher", "Cher"),
        ("—", "~", "—"),
    ],
)
def test_listed_name_puts_first_what_the_list_is_sorted_by(name: str, sort_name: str, listed: str) -> None:
    assert listed_name(name, sort_name) == listed


@pytest.mark.parametrize(
    ("counts", "masked"),
    [
        ({"a": 5, "b": 6}, {"a": 5, "b": 6}),
        ({"a": 4, "b": 60, "c": 7}, {"a": None, "b": 60, "c": None}),
        ({"a": 4, "b": 3, "c": 7}, {"a": None, "b": None, "c": 7}),
        ({"a": 0, "b": 9}, {"a": None, "b": None}),
        ({}, {}),
    ],
)
def test_mask_hides_few_people_and_what_would_give_them_away(
    counts: dict[str, int], masked: dict[str, int | None]
) -> None:
    assert mask(counts) == masked


def test_slots_end_by_the_last_hour_and_go_on_after_the_break() -> None:
    assert slots(time(9), time(10, 30), 40) == [(time(9), time(9, 40)), (time(9, 40), time(10, 20))]
    assert slots(time(9), time(12), 60, (time(9, 30), time(10, 30))) == [(time(10, 30), time(11, 30))]
    assert slots(time(10), time(9), 40) == []
