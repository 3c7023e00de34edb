"""Days, titles and addresses of copies; designs as they are kept."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.easter import easter

from app.events.cloning import moved_by, next_title, shifted, slug_stems
from app.events.cloning_days import Holiday, Rhythm, easter_sunday, holidays, note_of, same_weekday_in, series
from app.events.cloning_design import Design, TargetDraft, draft_on, from_json, target_day, target_text, to_json
from app.events.enums import Measure, QuestionKind
from app.events.questions import Choice, QuestionRow
from tests.factories import forum

PARIS = ZoneInfo("Europe/Paris")


def local(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=PARIS, fold=fold)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("title", "before", "after", "expected"),
    [
        ("Forum 2026", date(2026, 2, 5), date(2027, 2, 4), "Forum 2027"),
        ("2026, le forum", date(2026, 2, 5), date(2028, 2, 3), "2028, le forum"),
        ("Forum 2026", date(2026, 2, 5), date(2026, 9, 3), "Forum 2026"),
        ("Saison 2026-2027", date(2026, 10, 1), date(2027, 9, 30), "Saison 2027-2028"),
        ("Saison 2026/2027", date(2027, 3, 1), date(2028, 3, 1), "Saison 2027/2028"),
        ("Saison 2026 – 2027", date(2027, 3, 1), date(2026, 3, 1), "Saison 2025 – 2026"),
        ("Objectif 2030", date(2026, 2, 5), date(2027, 2, 4), "Objectif 2030"),
        ("Salle 20261", date(2026, 2, 5), date(2027, 2, 4), "Salle 20261"),
        ("Forum", date(2026, 2, 5), date(2027, 2, 4), "Forum"),
        ("", date(2026, 2, 5), date(2027, 2, 4), ""),
    ],
)
def test_the_events_year_in_a_title_becomes_that_of_its_copy(
    title: str, before: date, after: date, expected: str
) -> None:
    assert next_title(title, before, after) == expected


@pytest.mark.parametrize(
    ("title", "by_day", "expected"),
    [
        ("Forum des métiers", False, ("forum-des-metiers-2027", "forum-des-metiers-2027-02-04")),
        ("Forum 2027", False, ("forum-2027", "forum-2027-02-04")),
        ("Forum 2027 de Dijon", False, ("forum-2027-de-dijon", "forum-2027-de-dijon-2027-02-04")),
        ("Permanence", True, ("permanence-2027-02-04", "permanence-2027-02-04")),
        ("???", False, ("evenement-2027", "evenement-2027-02-04")),
    ],
)
def test_an_address_says_the_year_once_and_that_of_a_series_its_day(
    title: str, by_day: bool, expected: tuple[str, str]
) -> None:
    assert slug_stems(title, date(2027, 2, 4), by_day=by_day) == expected


def test_hours_by_the_clocks_stay_across_summer_and_winter_time() -> None:
    winter = local(2027, 3, 25, 9, 40)
    assert moved_by(winter, 7, PARIS) == local(2027, 4, 1, 9, 40)
    passed = moved_by(winter, 7, PARIS).timestamp() - winter.timestamp()
    assert passed == timedelta(days=7, hours=-1).total_seconds()  # the clocks went forward in between
    assert moved_by(local(2027, 10, 28, 18), 7, PARIS) == local(2027, 11, 4, 18)


def test_a_night_that_loses_its_hour_keeps_its_length() -> None:
    """From 2:50 to 3:10: in the night of 28 March 2027 the clocks go from 2:00 to 3:00, and 2:50 is 3:50."""
    draft = forum(starts_at=local(2027, 3, 20, 20), ends_at=local(2027, 3, 21, 4), waves=())
    short = replace(draft, starts_at=local(2027, 3, 21, 2, 50), ends_at=local(2027, 3, 21, 3, 10))
    moved = shifted(short, 7)
    assert moved.ends_at.timestamp() - moved.starts_at.timestamp() == 20 * 60


@pytest.mark.parametrize("year", range(1990, 2101))
def test_easter_is_where_others_find_it(year: int) -> None:
    assert easter_sunday(year) == easter(year)


def test_the_eleven_public_holidays_of_2027() -> None:
    assert holidays(2027) == {
        date(2027, 1, 1): Holiday.NEW_YEAR,
        date(2027, 3, 29): Holiday.EASTER_MONDAY,
        date(2027, 5, 1): Holiday.LABOUR_DAY,
        date(2027, 5, 6): Holiday.ASCENSION,
        date(2027, 5, 8): Holiday.VICTORY_DAY,
        date(2027, 5, 17): Holiday.WHIT_MONDAY,
        date(2027, 7, 14): Holiday.NATIONAL_DAY,
        date(2027, 8, 15): Holiday.ASSUMPTION,
        date(2027, 11, 1): Holiday.ALL_SAINTS,
        date(2027, 11, 11): Holiday.ARMISTICE,
        date(2027, 12, 25): Holiday.CHRISTMAS,
    }


def test_a_day_says_when_it_is_a_sunday_or_a_holiday() -> None:
    assert note_of(date(2027, 2, 4)).is_usual
    sunday, christmas = note_of(date(2027, 2, 7)), note_of(date(2027, 12, 25))
    assert (sunday.sunday, sunday.holiday, sunday.is_usual) == (True, None, False)
    assert (christmas.sunday, christmas.holiday, christmas.is_usual) == (False, Holiday.CHRISTMAS, False)


@pytest.mark.parametrize(
    ("first", "rhythm", "expected"),
    [
        (date(2027, 2, 4), Rhythm.WEEK, ["02-04", "02-11", "02-18", "02-25"]),
        (date(2027, 2, 4), Rhythm.FORTNIGHT, ["02-04", "02-18", "03-04", "03-18"]),
        (date(2027, 2, 4), Rhythm.MONTH_WEEKDAY, ["02-04", "03-04", "04-01", "05-06"]),  # each first Thursday
        (
            date(2027, 1, 29),
            Rhythm.MONTH_WEEKDAY,
            ["01-29", "02-26", "03-26", "04-30"],
        ),  # the fifth Friday, or the last
        (date(2027, 1, 31), Rhythm.MONTH_DATE, ["01-31", "02-28", "03-31", "04-30"]),
        (date(2027, 11, 10), Rhythm.MONTH_DATE, ["11-10", "12-10", "01-10", "02-10"]),
    ],
)
def test_a_series_goes_on_by_week_or_month(first: date, rhythm: Rhythm, expected: list[str]) -> None:
    assert [f"{day:%m-%d}" for day in series(first, rhythm, 4)] == expected


@pytest.mark.parametrize("before", [date(2027, 2, 4), date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1)])
def test_the_day_proposed_for_another_year_is_the_same_day_of_the_week_three_days_off_at_most(before: date) -> None:
    for year in range(2028, 2035):
        found = same_weekday_in(before, year)
        assert found.weekday() == before.weekday()
        assert abs((found - date(year, before.month, min(before.day, 28))).days) <= 3 + max(0, before.day - 28)


def test_a_design_is_read_as_it_was_kept() -> None:
    opens, closes = local(2000, 11, 2, 8), local(2000, 12, 31, 18)
    draft = replace(
        draft_on(Design(forum()), date(2001, 1, 1)), registration_opens_at=opens, registration_closes_at=closes
    )
    question = QuestionRow(
        "trade", QuestionKind.SEVERAL, "Quel métier ?", "Which job?", audiences=("school",), maximum=2,
        choices=(Choice("cook", "Cuisine", "Cooking"),),
    )  # fmt: skip
    targets = (TargetDraft(Measure.PRESENT, 900), TargetDraft(Measure.GROUPS, 20, "school", 1))
    design = Design(draft, (question,), targets, 3)
    assert from_json(to_json(design)) == design


def test_a_design_kept_before_events_had_a_setting_is_read_without_it() -> None:
    kept = to_json(Design(draft_on(Design(forum(largest_group=30)), date(2001, 1, 1))))
    del kept["largest_group"]
    assert from_json(kept).draft.largest_group is None


def test_targets_of_a_day_move_with_it() -> None:
    assert target_day("2027-02-05", date(2027, 2, 4)) == 1
    assert target_day("", date(2027, 2, 4)) is None
    assert (target_text(1, date(2028, 2, 3)), target_text(None, date(2028, 2, 3))) == ("2028-02-04", "")
