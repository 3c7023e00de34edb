"""The figures of a project, of a year and of one event: exactly, for small sets made by hand, as pages and as files."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.accounts.enums import Role
from app.accounts.operations.people import add_member
from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import SYSTEM, Actor
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import Axis, Enrolment, EventMove, Measure
from app.events.models import Event
from app.events.operations import move_event, save_project
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Contact, Headcount, RegistrationDraft, Statistics
from app.registrations.models import Registration
from app.registrations.operations import Registered, cancel_registration
from app.registrations.operations.no_shows import tell_no_shows
from app.reports.queries.dashboard import get_dashboard
from app.reports.queries.figures import get_project_figures, get_year_figures, list_years
from app.reports.queries.statistics import add_declared_totals, get_declared_totals
from app.reports.sums import NOTHING, Amount
from tests.conftest import counted_statements
from tests.factories import make_event as make_any_event
from tests.factories import make_organiser, make_registration
from tests.integration.manage.conftest import NOW, class_draft, forum_draft, paris, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
MakeEvent = Callable[..., EventRow]
LogIn = Callable[[int, Role], FlaskClient]


@pytest.fixture
def project_id(organiser_id: int, by: Actor) -> int:
    with transaction():
        return save_project(
            organiser_id=organiser_id, name="Attractivité", axis=Axis.SCHOOL_COMPANY, funders=["Région"], by=by, now=NOW
        )


def let_in(
    event: EventRow,
    made: Registered,
    day: int,
    hour: int,
    people: Headcount | None = None,
    way: Direction = Direction.IN,
) -> None:
    """By the entrance, at that hour of a day of February 2027."""
    at = paris(day, hour)
    item = ScanInput(str(uuid4()), made.ticket_code, event.checkpoints[0].id, way, at, people)
    with transaction():
        record_scans(event, "Porte A", [item], now=at)


def somebody(event: EventRow, wave: int, number: int, **changes: object) -> RegistrationDraft:
    contact = Contact(f"Zoé Nom{number}", f"zoe{number}@example.org")
    return person_draft(event, wave, contact.name, contact=contact, **changes)


def rows_of(answer: str) -> list[dict[str, str]]:
    assert answer.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(answer.removeprefix("\ufeff")), delimiter=";"))


def test_a_project_adds_its_events_up_by_audience_by_month_and_by_event(
    client: FlaskClient, make_event: MakeEvent, enrol: Enrol, organiser_id: int, project_id: int, by: Actor
) -> None:
    first = make_event(project_id=project_id)
    later = paris(4, 9) + timedelta(days=60)
    waves = (WaveDraft(later, later + timedelta(hours=1), 40),)
    second = make_event(
        title_en="Spring forum", project_id=project_id, starts_at=later, ends_at=later + timedelta(hours=8), waves=waves
    )
    make_event(title_en="Elsewhere")
    class_ = enrol(first, class_draft(first, 0, "Manon Lambert", oriented_by="Mission locale"))
    enrol(first, somebody(first, 0, 1))
    gone = enrol(second, somebody(second, 0, 2))
    enrol(second, class_draft(second, 0, "Noël Guérin", headcount=Headcount(10, 2)))
    let_in(first, class_, 4, 9, Headcount(20, 1))
    with transaction():
        cancel_registration(gone.id, by=by, now=NOW, code="illness")

    figures = get_project_figures(organiser_id, project_id, now=NOW)
    assert (figures.sums.registered, figures.sums.groups, figures.sums.came) == (Amount(3, 43), 2, 21)
    assert (figures.sums.oriented, figures.sums.oriented_registered, figures.sums.oriented_came) == (30, 30, 21)
    assert figures.sums.cancelled == {"illness": Amount(1, 1)}
    assert {code: s.registered.people for code, s in figures.audiences.items()} == {"school": 42, "job_seeker": 1}
    assert {month: s.registered.people for month, s in figures.months.items()} == {"2027-02": 31, "2027-04": 12}
    assert [(e.id, e.sums.registered.people, e.places) for e in figures.events] == [
        (first.id, 31, 300),
        (second.id, 12, 40),
    ]
    page = client.get(f"/manage/projects/{project_id}").text
    for words in (
        "Attractivité",
        "Région",
        "Spring forum",
        "Illness, Covid",
        "April 2027",
        f"/manage/events/{second.slug}",
    ):
        assert words in page
    assert "Elsewhere" not in page
    assert "figures of Thursday 4 February 2027" in page  # on paper


def test_events_are_sorted_by_what_is_asked_for(
    client: FlaskClient, make_event: MakeEvent, enrol: Enrol, project_id: int
) -> None:
    small = make_event(title_fr="Zèbre", title_en="Zebra", project_id=project_id)
    large = make_event(title_fr="Abeille", title_en="Bee", project_id=project_id)
    enrol(large, class_draft(large, 0, "Manon Lambert"))

    def order(sort: str) -> bool:
        page = client.get(f"/manage/projects/{project_id}?sort={sort}").text
        return page.index(f'/manage/events/{large.slug}"') < page.index(f'/manage/events/{small.slug}"')

    assert (order("title"), order("-title"), order("registered"), order("-registered")) == (True, False, False, True)
    assert order("nonsense") is order("date")


def test_a_year_holds_what_begins_in_it_by_the_clocks_of_the_place(
    make_event: MakeEvent, enrol: Enrol, organiser_id: int
) -> None:
    eve = paris(1, 0, 30) - timedelta(days=31)  # half past midnight in Paris on 1 January 2027, 2026 in UTC
    wave = WaveDraft(eve, eve + timedelta(hours=1), 40)
    night = make_event(starts_at=eve, ends_at=eve + timedelta(hours=2), waves=(wave,), spaces=(), stops=())
    enrol(night, somebody(night, 0, 1))
    assert eve.year == 2026
    assert get_year_figures(organiser_id, 2026, now=NOW).events == ()
    assert get_year_figures(organiser_id, 2027, now=NOW).sums.registered == Amount(1, 1)
    assert 2027 in list_years(organiser_id, now=NOW)


def test_events_and_registrations_in_the_bin_count_nowhere_but_who_came(
    make_event: MakeEvent, enrol: Enrol, organiser_id: int, project_id: int, by: Actor
) -> None:
    event, binned = make_event(project_id=project_id), make_event(project_id=project_id)
    enrol(binned, class_draft(binned, 0, "Manon Lambert"))
    came, never = (enrol(event, somebody(event, 0, n)) for n in (1, 2))
    let_in(event, came, 4, 9)
    with transaction():
        for made in (came, never):
            cancel_registration(made.id, by=by, now=NOW)
            db.session.execute(update(Registration).where(Registration.id == made.id).values(deleted_at=NOW))
        db.session.execute(update(Event).where(Event.id == binned.id).values(deleted_at=NOW))
    figures = get_project_figures(organiser_id, project_id, now=NOW)
    assert [e.id for e in figures.events] == [event.id]
    assert figures.sums == replace(NOTHING, came=1, present=1)
    assert get_dashboard(event, now=NOW).sums == figures.sums


def test_no_shows_are_those_never_let_in_once_an_event_that_took_place_is_over(
    client: FlaskClient, app: Flask, forum: EventRow, enrol: Enrol, by: Actor
) -> None:
    came, ill, silent = (enrol(forum, somebody(forum, 0, n)) for n in (1, 2, 3))
    enrol(forum, class_draft(forum, 0, "Manon Lambert", headcount=Headcount(58, 2), waitlist=True))
    let_in(forum, came, 4, 9)
    after = forum.ends_at + timedelta(hours=1)
    assert get_dashboard(forum, now=NOW).sums.no_shows == {}
    with transaction():
        tell_no_shows(forum.id, {ill.id: "illness"}, by=by, now=after)
    sums = get_dashboard(forum, now=after).sums
    assert sums.no_shows == {"illness": Amount(1, 1), "": Amount(1, 1)}
    assert sums.absent == Amount(2, 2)
    assert silent.id
    set_clock(app.extensions, after)
    page = client.get(f"/manage/events/{forum.slug}").text
    assert "Absences" in page
    assert "No reason given" in page
    with transaction():
        move_event(forum.id, EventMove.CANCEL, by=by, now=after)
    assert get_dashboard(get_event(forum.slug), now=after).sums.no_shows == {}


@pytest.mark.parametrize("enrolment", [Enrolment.ONE, Enrolment.SEVERAL])
def test_each_day_counts_who_is_registered_for_it_and_who_came_on_it(
    make_event: MakeEvent, enrol: Enrol, enrolment: Enrolment
) -> None:
    event = make_event(enrolment=enrolment)
    several = enrolment is Enrolment.SEVERAL
    wanted = (event.waves[0].id, event.waves[1].id, event.waves[4].id) if several else (event.waves[0].id,)
    comes = enrol(event, replace(somebody(event, 0, 1), waves=wanted))
    enrol(event, somebody(event, 0, 2))
    enrol(event, class_draft(event, 4, "Manon Lambert", headcount=Headcount(20, 2)))
    passages = [(4, 9, Direction.IN), (4, 10, Direction.OUT), (4, 11, Direction.IN), (4, 12, Direction.OUT)]
    for day, hour, way in [*passages, *([(5, 9, Direction.IN)] if several else [])]:
        let_in(event, comes, day, hour, way=way)
    days = get_dashboard(event, now=paris(5, 18)).days
    thursday, second = sorted({day for day, _audience, _measure in days})
    assert days[thursday, "job_seeker", Measure.REGISTERED] == 2
    assert days.get((second, "job_seeker", Measure.REGISTERED), 0) == int(several)
    assert (days[second, "school", Measure.REGISTERED], days[second, "school", Measure.GROUPS]) == (22, 1)
    assert days[thursday, "job_seeker", Measure.PRESENT] == 1
    assert days.get((second, "job_seeker", Measure.PRESENT), 0) == int(several)


def test_declared_statistics_of_several_events_say_no_more_than_each_of_them(
    make_event: MakeEvent, enrol: Enrol, client: FlaskClient, project_id: int
) -> None:
    large, small = (
        make_event(
            asks_statistics=True,
            project_id=project_id,
            waves=tuple(replace(w, capacity=200) for w in forum_draft().waves),
        )
        for _ in range(2)
    )
    for number in range(14):
        enrol(large, somebody(large, 0, number, statistics=Statistics(rural_zone=bool(number % 2))))
    for number in range(6):
        enrol(small, somebody(small, 0, 100 + number, statistics=Statistics(rural_zone=number < 2)))
    each = [get_declared_totals(event.id) for event in (large, small)]
    assert [totals.people for totals in each] == [10, 5]
    assert each[0].answers["rural_zone"]["yes"] == 5
    assert each[1].answers["rural_zone"]["yes"] is None
    together = add_declared_totals([large.id, small.id])
    assert (together.people, together.answers["rural_zone"]["yes"]) == (15, 5)
    assert add_declared_totals([small.id]).answers["rural_zone"]["yes"] is None
    assert "15 answers counted" in client.get(f"/manage/projects/{project_id}").text


def test_figures_are_downloaded_as_totals_without_anybodys_name(
    client: FlaskClient, make_event: MakeEvent, enrol: Enrol, project_id: int, by: Actor
) -> None:
    event = make_event(title_en="=1+1", project_id=project_id)
    made = enrol(event, class_draft(event, 0, "Manon Lambert"))
    gone = enrol(event, somebody(event, 4, 1))
    let_in(event, made, 4, 9, Headcount(20, 2))
    with transaction():
        cancel_registration(gone.id, by=by, now=NOW, code="transport")
    client.post(f"/manage/projects/{project_id}/targets", data={"registered-school": "40"})
    client.post(f"/manage/events/{event.slug}/targets?period=2027-02-04", data={"present-school": "25"})
    for path, parts in (
        (f"/manage/projects/{project_id}.csv", ["Total", "Audience", "Month", "Event"]),
        ("/manage/year/2027.csv", ["Total", "Audience", "Month", "Event"]),
        (f"/manage/events/{event.slug}/figures.csv", ["Total", "Audience", "Day", "Audience and day", "Wave"]),
    ):
        answer = client.get(path)
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert "Lambert" not in answer.text
        rows = rows_of(answer.text)
        assert list(dict.fromkeys(row["Part"] for row in rows)) == [*parts, "Reason of a cancellation"]
        assert (rows[0]["People registered"], rows[0]["People who came"]) == ("30", "22")
    project = rows_of(client.get(f"/manage/projects/{project_id}.csv").text)
    schools = next(row for row in project if row["Name"] == "Schools")
    assert (schools["People registered"], schools["Target: people registered"]) == ("30", "40")
    assert next(row["Name"] for row in project if row["Part"] == "Event") == "'=1+1"
    crossed = next(row for row in rows if row["Part"] == "Audience and day")
    assert (crossed["People who came"], crossed["Target: people who came"]) == ("22", "25")


def test_who_sees_figures_and_who_does_not(
    log_in: LogIn, organiser_id: int, other_id: int, project_id: int, forum: EventRow
) -> None:
    pages = ("/manage/year/2027", "/manage/year/2027.csv", f"/manage/projects/{project_id}")
    viewer, door, stranger = (
        log_in(organiser_id, Role.VIEWER), log_in(organiser_id, Role.DOOR), log_in(other_id, Role.OWNER),
    )  # fmt: skip
    assert [viewer.get(page).status_code for page in pages] == [200, 200, 200]
    assert [door.get(page).status_code for page in pages] == [403, 403, 403]
    assert stranger.get(f"/manage/projects/{project_id}").status_code == 404
    assert forum.title_en not in stranger.get("/manage/year/2027").text
    assert [viewer.get(f"/manage/year/{year}").status_code for year in (0, 1999, 2101, 99999)] == [404] * 4
    assert "will add up here" in viewer.get("/manage/year/2050").text
    assert viewer.get("/manage/year").headers["Location"] == "/manage/year/2027"


def test_who_works_for_several_organisers_chooses_one_at_the_year(
    client: FlaskClient, organiser_id: int, other_id: int, make_event: MakeEvent
) -> None:
    make_event(title_en="Theirs", organiser=other_id)
    with client.session_transaction() as session:
        account_id = session["account_id"]
    assert "Cap Métiers" not in client.get("/manage/year/2027").text
    with transaction():
        add_member(account_id, other_id, Role.VIEWER, by=SYSTEM, now=NOW)
    assert "Cap Métiers" in client.get("/manage/year/2027").text
    chosen = client.post("/manage/year/2027/organiser", data={"organiser_id": str(other_id)})
    assert chosen.headers["Location"] == "/manage/year/2027"
    assert "Theirs" in client.get("/manage/year/2027").text
    assert client.post("/manage/year/2027/organiser", data={"organiser_id": "x"}).status_code == 404


def test_one_event_and_twelve_take_as_many_statements(whole_app: Flask) -> None:
    organiser_id, counts = make_organiser(), []
    with transaction():
        project_id = save_project(
            organiser_id=organiser_id, name="Attractivité", axis=Axis.SCHOOL_COMPANY, by=SYSTEM, now=NOW
        )
    for upto in (1, 12):
        for _ in range(1 if upto == 1 else 11):
            event = make_any_event(organiser_id, forum_draft(project_id=project_id, asks_statistics=True))
            make_registration(event)
        with counted_statements() as counted:
            get_project_figures(organiser_id, project_id, now=NOW)
        counts.append(int(counted))
    assert counts == [5, 5]
    with counted_statements() as counted:
        get_year_figures(organiser_id, 2027, now=NOW)
    assert int(counted) == 3  # what was counted of these events still stands


def test_a_change_after_the_first_look_is_seen_at_the_next(
    forum: EventRow, enrol: Enrol, by: Actor, organiser_id: int
) -> None:
    made = enrol(forum, somebody(forum, 0, 1))
    assert get_year_figures(organiser_id, 2027, now=NOW).sums.came == 0
    let_in(forum, made, 4, 9)
    assert get_year_figures(organiser_id, 2027, now=NOW).sums.came == 1
    with transaction():
        cancel_registration(made.id, by=by, now=NOW)
        inside = get_dashboard(forum, now=NOW).sums
        db.session.rollback()
    assert inside.registered == Amount()
    assert get_dashboard(forum, now=NOW).sums.registered == Amount(1, 1)
