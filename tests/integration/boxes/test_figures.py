"""Figures of loans that hold: everything is counted on paper, around 31 August and 31 December."""

from datetime import date, timedelta

from flask import Flask

from app.boxes.enums import OutReason
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.loans.enums import LoanPurpose, LoanState
from app.loans.operations.at_events import swap_event_box
from app.reports.lending import LendingFigures, LendingYear, Lost, LostBox, Played, Repair, Unmet, YearKind
from app.reports.queries.lending_figures import lending_figures, list_lending_years
from app.structures.models import StructureKind
from tests.factories import DAY_ONE, forum
from tests.integration.boxes.figures_world import FiguresWorld, at, make_figures_world
from tests.integration.loans.event_world import book, forum_of
from tests.integration.loans.world import STAFF, make_world

NOW = at("2028-01-05 09:00")
"""Wednesday morning, two days after the last loan should have been back."""
SCHOOL_26, SCHOOL_27 = LendingYear(YearKind.SCHOOL, 2026), LendingYear(YearKind.SCHOOL, 2027)
CALENDAR_27, CALENDAR_28 = LendingYear(YearKind.CALENDAR, 2027), LendingYear(YearKind.CALENDAR, 2028)


def test_everything_adds_up_as_on_paper(whole_app: Flask) -> None:
    made = make_figures_world()

    def figures(year: LendingYear) -> LendingFigures:
        return lending_figures(made.organiser_id, year, now=NOW)[0]

    old, new = figures(SCHOOL_26), figures(SCHOOL_27)
    _school_year_that_is_over(old)
    _school_year_under_way(new, made)
    assert lending_figures(made.organiser_id, SCHOOL_27, now=NOW)[1] == old
    whole, begun = figures(CALENDAR_27), figures(CALENDAR_28)
    assert (whole.total.loans, whole.total.uses, whole.total.events) == (5, 6, 1)
    assert (whole.total.announced, whole.total.counted, whole.total.counted_in) == (45, 17, 2)
    # 11 half-days of the school year before; then 3 + 3, 2, 2, and the afternoon of 30 December.
    assert whole.total.used == 11 + 6 + 2 + 2 + 1
    # 163 days, then 22 in September, 21, 20 without 1 and 11 November, 22 without the closure.
    assert whole.total.open == 3 * 2 * (163 + 22 + 21 + 20 + 22)
    assert begun.total == Played(used=5, open=3 * 5)  # 3 January to the morning of the 5th: A is still out
    assert whole.repairs == (Repair(OutReason.LOST, 1, 1, 12), Repair(OutReason.CLEANING, 1, 1, 7))
    assert begun.repairs == (Repair(OutReason.LOST, 1, 1, 3),)
    assert begun.lost_boxes == ()  # it was lost the year before
    assert sum(line.requests for line in whole.unmet) == 4
    _years_and_scenarios(made)


def test_a_box_that_left_an_event_and_came_back_counts_once_there(whole_app: Flask) -> None:
    world = make_world(boxes=2, before_halves=0, after_halves=0)
    waves = (WaveDraft(DAY_ONE, DAY_ONE + timedelta(hours=3), 60),)
    event = forum_of(world, forum(starts_at=DAY_ONE, ends_at=DAY_ONE + timedelta(days=2, hours=8), waves=waves))
    row = book(world, event, "2027-02-04 am", "2027-02-06 pm")
    had = row.held[0].box_id
    spare = next(box for box in world.box_ids if box != had)
    for old, new, when in ((had, spare, "2027-02-05 10:00"), (spare, had, "2027-02-06 10:00")):
        with transaction():
            swap_event_box(row.id, old, new, by=STAFF, now=at(when))
    figures, _before = lending_figures(world.organiser_id, SCHOOL_26, now=at("2027-03-01 10:00"))
    lines = {line.code: line.played.events for scenario in figures.scenarios for line in scenario.boxes}
    assert lines == {world.code(had): 1, world.code(spare): 1}
    assert figures.months["2027-02"].events == 2


def _school_year_that_is_over(figures: LendingFigures) -> None:
    """Two loans, the second half an hour before its end; 163 open days since 11 January, three boxes."""
    assert figures.total == Played(
        loans=2, uses=3, events=1, borrowers=1, announced=32, counted=10, counted_in=1, used=6 + 2 + 2 + 1, open=3 * 326
    )
    assert {month for month, played in figures.months.items() if played.anything} == {"2027-02", "2027-03", "2027-08"}
    assert figures.kinds == {StructureKind.COMPANY: Played(2, 3, 0, 1, 32, 10, 1)}
    assert list(figures.communes) == ["Dijon"]
    assert figures.unmet == (Unmet(LoanState.CANCELLED, "box_broken", 1, 1, 12),)
    assert [(line.name, line.number, line.value_cents) for line in figures.lost] == [("Cadenas", 2, 900)]
    assert isinstance(figures.lost[0], Lost)
    assert figures.repairs == (Repair(OutReason.CLEANING, 1, 1, 7),)
    assert figures.lost_boxes == ()


def _school_year_under_way(figures: LendingFigures, made: FiguresWorld) -> None:
    """Three loans since midnight of 1 September; half-days up to the morning of 5 January."""
    assert figures.total == Played(
        loans=3, uses=3, events=0, borrowers=2, announced=13, counted=7, counted_in=1, used=3 + 3 + 2 + 2 + 1 + 5,
        open=3 * (2 * (22 + 21 + 20 + 22 + 2) + 1),
    )  # fmt: skip
    assert figures.purposes[LoanPurpose.JOB_SEEKERS] == Played(1, 1, 0, 1, 0, 7, 1)
    assert list(figures.communes.items()) == [
        ("Dijon", Played(2, 2, 0, 1, 13, 0, 0)),
        ("Chenôve", Played(1, 1, 0, 1, 0, 7, 1)),
    ]
    boxes = {box.code: box.played for box in figures.scenarios[0].boxes}
    assert boxes[made.instead].uses == 2
    assert boxes[made.swapped] == Played(used=3, open=175)  # late on 2 September, and swapped away since
    assert figures.unmet == (
        Unmet(LoanState.REFUSED, "too_soon", 2, 2, 24), Unmet(LoanState.NOT_COLLECTED, "", 1, 1, 12),
    )  # fmt: skip
    assert figures.lost == ()
    assert figures.lost_boxes == (LostBox(made.instead, date(2027, 12, 20), 25_000, date(2028, 1, 4)),)
    assert figures.repairs == (Repair(OutReason.LOST, 1, 1, 15),)


def _years_and_scenarios(made: FiguresWorld) -> None:
    """Years begin with the first loan; another scenario or organiser has none of it."""
    assert list_lending_years(made.organiser_id, YearKind.SCHOOL, now=NOW) == [SCHOOL_27, SCHOOL_26]
    assert list_lending_years(made.organiser_id, YearKind.CALENDAR, now=NOW) == [CALENDAR_28, CALENDAR_27]
    one, _ = lending_figures(made.organiser_id, SCHOOL_27, now=NOW, scenario_id=made.world.scenario_id)
    assert one == lending_figures(made.organiser_id, SCHOOL_27, now=NOW)[0]
    assert not lending_figures(made.organiser_id, SCHOOL_27, now=NOW, scenario_id=0)[0].anything
    assert not lending_figures(made.organiser_id + 1, SCHOOL_27, now=NOW)[0].anything
