"""The dashboard's figures, exactly, for a small set made by hand."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import Actor
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.enums import Enrolment
from app.events.queries import EventRow
from app.messages.operations import mark_failed, queue_message
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft, Statistics
from app.registrations.enums import Gender
from app.registrations.operations import Registered, cancel_registration
from app.reports.queries.dashboard import SpaceFigures, WaveFigures, get_dashboard
from app.reports.queries.statistics import get_declared_totals
from app.reports.rules import PointKind
from app.reports.sums import NOTHING, Amount
from tests.conftest import counted_statements
from tests.integration.manage.conftest import NOW, class_draft, forum_draft, paris, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
MakeEvent = Callable[..., EventRow]


def scan(
    event: EventRow, made: Registered, hour: int, minute: int, door: int = 0, people: Headcount | None = None
) -> None:
    """In by a door of the event (0 is the entrance) at that time of Thursday."""
    item = ScanInput(
        str(uuid4()), made.ticket_code, event.checkpoints[door].id, Direction.IN, paris(4, hour, minute), people
    )
    with transaction():
        record_scans(event, "Porte A", [item], now=NOW)


def test_an_event_without_anybody(client: FlaskClient, forum: EventRow) -> None:
    figures = get_dashboard(forum, now=NOW)
    assert figures.sums == NOTHING
    assert figures.points == ()
    page = client.get(f"/manage/events/{forum.slug}").text
    assert "Nobody is registered yet" in page
    assert "Nothing needs you at the moment." in page


def test_every_figure(forum: EventRow, enrol: Enrol, by: Actor) -> None:
    first = enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    second = enrol(forum, class_draft(forum, 1, "Noël Guérin", headcount=Headcount(20, 1)))
    hugo = enrol(forum, person_draft(forum, 0, "Hugo Dupont"))
    gone = enrol(forum, person_draft(forum, 1, "Lina Zerrouki", audience="family"))
    fatou = Contact("Fatou N’Diaye", "f@example.org")
    large = class_draft(forum, 0, fatou.name, headcount=Headcount(40, 2), waitlist=True, contact=fatou)
    waiting = enrol(forum, large)
    with transaction():
        cancel_registration(gone.id, by=by, now=NOW)
    scan(forum, first, 9, 2, people=Headcount(20, 2))
    scan(forum, first, 9, 14, people=Headcount(7, 0))
    scan(forum, hugo, 9, 9)
    scan(forum, hugo, 9, 31, door=1)

    figures = get_dashboard(forum, now=NOW)
    assert (figures.sums.registered, figures.sums.waiting, figures.sums.groups) == (Amount(3, 52), Amount(1, 42), 2)
    assert (figures.sums.came, figures.sums.present) == (30, 30)
    assert figures.sums.cancelled == {"": Amount(1, 1)}
    said = [
        (code, sums.registered.people, sums.waiting.people, sums.came, sums.present)
        for code, sums in figures.by_audience.items()
    ]
    assert said == [("school", 51, 42, 29, 29), ("job_seeker", 1, 0, 1, 1), ("family", 0, 0, 0, 0)]
    assert [figures.waves[w.id] for w in forum.waves] == [
        WaveFigures(31, 30), WaveFigures(21, 0), WaveFigures(0, 0), WaveFigures(0, 0), WaveFigures(0, 0),
    ]  # fmt: skip
    assert figures.spaces[0] == SpaceFigures("Construire", 1, 80)
    assert figures.arrivals == ((paris(4, 9, 0), 23), (paris(4, 9, 10), 7))
    assert [(p.kind, p.number) for p in figures.points] == [(PointKind.LATE_GROUP, 0), (PointKind.WAITING, 42)]
    late = figures.points[0].group
    assert late is not None
    assert (late.reference, late.expected_at) == (second.reference, paris(4, 9, 40))
    assert late.contact_phone.startswith("+336399")
    assert waiting.status.value == "waitlisted"


def test_late_groups_wait_twenty_minutes_and_are_forgotten_after_three_hours(forum: EventRow, enrol: Enrol) -> None:
    enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    kinds = {
        minutes: [p.kind for p in get_dashboard(forum, now=paris(4, 9) + timedelta(minutes=minutes)).points]
        for minutes in (-10, 19, 20, 179, 180)
    }
    assert kinds == {-10: [], 19: [], 20: [PointKind.LATE_GROUP], 179: [PointKind.LATE_GROUP], 180: []}


def test_waves_nearly_full_and_full_are_told_while_they_can_be_acted_on(
    forum: EventRow, enrol: Enrol, client: FlaskClient
) -> None:
    enrol(forum, class_draft(forum, 3, "Manon Lambert", headcount=Headcount(58, 2)))
    enrol(forum, class_draft(forum, 4, "Noël Guérin", headcount=Headcount(54, 1)))
    points = get_dashboard(forum, now=NOW).points
    assert [(p.kind, p.number, p.wave) for p in points] == [
        (PointKind.WAVES_FULL, 1, forum.waves[3]),
        (PointKind.WAVE_NEARLY_FULL, 5, forum.waves[4]),
    ]
    page = client.get(f"/manage/events/{forum.slug}").text
    assert "Thursday 4 February, 11:00\N{NO-BREAK SPACE}am is full" in page
    assert "5 places left." in page
    assert get_dashboard(forum, now=paris(5, 18)).points == ()


def test_failed_mails_of_this_event_alone_are_counted(
    forum: EventRow, make_event: MakeEvent, enrol: Enrol, organiser_id: int, client: FlaskClient
) -> None:
    other = make_event(title_fr="Un autre")
    for event in (forum, other):
        made = enrol(event, person_draft(event, 4, "Hugo Dupont"))
        with transaction():
            message = queue_message(
                template="registrations.link", subject=f"registration:{made.id}", recipient="hugo@example.org", locale="fr",
                params={}, organiser_id=organiser_id, now=NOW,
            )  # fmt: skip
            mark_failed(message, error="550 no such user")
    assert [(p.kind, p.number) for p in get_dashboard(forum, now=NOW).points] == [(PointKind.MAILS_FAILED, 1)]
    listed = client.get(f"/manage/messages?event={forum.slug}", follow_redirects=True).text
    assert listed.count("The mailbox does not exist") == 1
    assert client.get("/manage/messages").text.count("The mailbox does not exist") == 2


def test_one_registration_and_thirty_take_as_many_statements(
    client: FlaskClient, forum: EventRow, enrol: Enrol
) -> None:
    counts = []
    for upto in (1, 30):
        for n in range(0 if upto == 1 else 1, upto):
            made = enrol(
                forum, person_draft(forum, n % 3, f"Zoé Nom{n}", contact=Contact(f"Zoé Nom{n}", f"z{n}@example.org"))
            )
            scan(forum, made, 9, n)
        client.get(f"/manage/events/{forum.slug}")
        with counted_statements() as counted:
            client.get(f"/manage/events/{forum.slug}")
        counts.append(int(counted))
    assert counts == [20, 20]


def test_people_who_come_twice_count_for_each_of_their_waves(app: Flask, make_event: MakeEvent, enrol: Enrol) -> None:
    waves = (WaveDraft(paris(4, 9), paris(4, 12), 16), WaveDraft(paris(5, 9), paris(5, 12), 16))
    event = make_event(waves=waves, enrolment=Enrolment.ALL, spaces=(), stops=())
    made = enrol(event, replace(person_draft(event, 0, "Hugo Dupont"), waves=tuple(w.id for w in event.waves)))
    scan(event, made, 8, 55)
    figures = get_dashboard(event, now=NOW)
    assert [figures.waves[w.id] for w in event.waves] == [WaveFigures(1, 1), WaveFigures(1, 0)]
    assert (figures.sums.registered.people, figures.sums.came) == (1, 1)


def test_another_day_may_be_chosen(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    scan(forum, enrol(forum, class_draft(forum, 0, "Manon Lambert")), 9, 2)
    thursday = client.get(f"/manage/events/{forum.slug}").text
    assert "People coming in, every ten minutes, Thursday 4 February" in thursday
    friday = client.get(f"/manage/events/{forum.slug}?day=2027-02-05").text
    assert "Arrivals by wave, Friday 5 February" in friday
    assert "People coming in" not in friday


def test_a_wrong_clock_gives_no_day_of_its_own_and_a_day_of_another_year_says_so(
    client: FlaskClient, forum: EventRow, enrol: Enrol
) -> None:
    made = enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    for at in (NOW + timedelta(days=3000), NOW - timedelta(days=366)):
        item = ScanInput(str(uuid4()), made.ticket_code, forum.checkpoints[0].id, Direction.IN, at)
        with transaction():
            record_scans(forum, "Porte A", [item], now=NOW)
    page = client.get(f"/manage/events/{forum.slug}").text
    days = sorted(set(re.findall(r"\?day=(\d{4}-\d\d-\d\d)", page)))
    assert days == ["2026-02-03", "2027-02-04", "2027-02-05"]
    assert "Tuesday 3 February 2026" in page
    assert ">Friday 5 February</a>" in page


def test_declared_statistics_under_five_are_never_shown(
    client: FlaskClient, make_event: MakeEvent, enrol: Enrol
) -> None:
    event = make_event(asks_statistics=True, waves=tuple(replace(w, capacity=200) for w in forum_draft().waves))
    said = [Statistics(gender=Gender.WOMAN, priority_neighbourhood=True)] * 7
    said += [Statistics(gender=Gender.MAN, priority_neighbourhood=False)] * 6 + [Statistics(gender=Gender.OTHER)] * 2
    for n, statistics in enumerate(said):
        contact = Contact(f"Zoé Nom{n}", f"z{n}@example.org")
        enrol(event, person_draft(event, 0, contact.name, contact=contact, statistics=statistics))
    totals = get_declared_totals(event.id)
    assert totals.people == 15
    # two said « other »: masked, and the next smallest with it, or 15 - 7 - 6 would tell
    assert totals.answers["gender"] == {"woman": 7, "man": None, "other": None}
    assert totals.answers["priority_neighbourhood"] == {"yes": 7, "no": 6}
    assert totals.answers["recognised_disability"] == {"yes": None, "no": None}
    page = client.get(f"/manage/events/{event.slug}").text
    assert "15 answers counted" in page
    assert "Women <b>7</b>" in page
    assert "Men <b>fewer than 5, or left out</b>" in page


def test_few_answers_show_nothing_at_all(client: FlaskClient, make_event: MakeEvent, enrol: Enrol) -> None:
    event = make_event(asks_statistics=True)
    enrol(event, person_draft(event, 0, "Hugo Dupont", statistics=Statistics(gender=Gender.MAN)))
    page = client.get(f"/manage/events/{event.slug}").text
    assert "fewer than 5 people answered" in page
    assert "Women" not in page


def test_allotments_are_not_needed_for_a_dashboard(make_event: MakeEvent) -> None:
    bare = make_event(waves=(WaveDraft(paris(4, 9), paris(4, 10), 60, allotments=(AllotmentDraft("school", 0, 0),)),))
    assert get_dashboard(bare, now=NOW).sums == NOTHING


def test_a_group_is_named_by_class_and_school(forum: EventRow, enrol: Enrol, client: FlaskClient) -> None:
    enrol(
        forum,
        class_draft(
            forum, 0, "Manon Lambert", organisation=Organisation("Collège des Trois-Rivières", class_label="3e B")
        ),
    )
    page = client.get(f"/manage/events/{forum.slug}").text
    assert "3e B · Collège des Trois-Rivières has not arrived" in page
    assert 'href="tel:+33639984410"' in page
