"""Coded reasons: the built-in lists, what an organiser changes in them, and codes of new ones."""

from dataclasses import replace

import pytest

from app.events.enums import ReasonUse
from app.events.reasons import (
    BUILTIN,
    CODE_LENGTH,
    LAPSED,
    OTHER,
    ReasonRow,
    merge,
    new_code,
    problems_of,
    shown_to_visitors,
)


@pytest.mark.parametrize("use", ReasonUse)
def test_builtin_lists_have_words_in_both_languages_and_codes_of_their_own(use: ReasonUse) -> None:
    rows = BUILTIN[use]
    assert len({row.code for row in rows}) == len(rows) > 4
    assert all(row.label_fr and row.label_en and len(row.code) <= CODE_LENGTH for row in rows)
    assert [row.position for row in rows] == list(range(len(rows)))


def test_a_code_that_ends_a_registration_means_one_thing() -> None:
    cancelled, refused = (
        {row.code for row in BUILTIN[use]} for use in (ReasonUse.REGISTRATION_CANCELLED, ReasonUse.REFUSED)
    )
    assert not cancelled & refused
    assert LAPSED in refused
    assert OTHER in cancelled


def test_nothing_kept_leaves_the_builtin_list() -> None:
    assert merge(ReasonUse.NO_SHOW, ()) == BUILTIN[ReasonUse.NO_SHOW]


def test_what_is_kept_rewords_orders_retires_and_adds() -> None:
    kept = [
        ReasonRow("forgot", "Rendez-vous oublié", "", 0),
        ReasonRow("illness", "", "", 1, retired=True),
        ReasonRow("strike", "Grève", "Strike", 99),
    ]
    rows = merge(ReasonUse.NO_SHOW, kept)
    by_code = {row.code: row for row in rows}
    assert rows[0] == ReasonRow("forgot", "Rendez-vous oublié", "", 0, builtin=True)
    assert by_code["forgot"].label("en") == "Rendez-vous oublié"
    assert by_code["illness"] == replace(BUILTIN[ReasonUse.NO_SHOW][0], position=1, retired=True)
    assert rows[-1] == ReasonRow("strike", "Grève", "Strike", 99)


def test_new_codes_are_made_of_words_and_never_used_twice() -> None:
    assert new_code("Grève des cars", ()) == "greve_des_cars"
    assert new_code("Grève des cars", {"greve_des_cars", "greve_des_cars_2"}) == "greve_des_cars_3"
    assert new_code("!!!", ()) == "reason"
    assert len(new_code("a" * 200, {"a" * (CODE_LENGTH - 4)})) <= CODE_LENGTH


def test_words_are_needed_once_in_a_list_and_not_too_long() -> None:
    others = BUILTIN[ReasonUse.NO_SHOW]
    assert problems_of("", "", others) == {"label_fr": "required"}
    assert problems_of("OUBLI", "", others) == {"label_fr": "reason_taken"}
    assert problems_of("Grève", "x" * 121, others) == {"label_en": "too_long"}
    assert problems_of("Grève", "", others) == {}


def test_visitors_are_offered_a_short_list_of_their_own() -> None:
    own = ReasonRow("strike", "Grève", "Strike", 50)
    rows = (*BUILTIN[ReasonUse.REGISTRATION_CANCELLED], own)
    group = [row.code for row in shown_to_visitors(rows, group=True)]
    person = [row.code for row in shown_to_visitors(rows, group=False)]
    assert group == ["illness", "timetable", "transport", "companion_missing", "other", "strike"]
    assert person == ["illness", "timetable", "transport", "found_something", "no_interest", "other", "strike"]
