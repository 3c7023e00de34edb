"""The list as XLSX: asked for, made by the worker with what the person may see then, fetched for a week."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

import app.reports.jobs as jobs
from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import end_functions
from app.accounts.operations.people import set_end
from app.core import clock
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.models import Event
from app.jobs.models import Job
from app.jobs.operations import cancel_queued
from app.reports.exports import KEPT
from app.reports.models import Export
from app.reports.operations.exports import WRITE_JOB, purge_contents
from app.reports.queries.exports import ExportState
from tests.factories import NOW, make_event, make_organiser
from tests.integration.exports.conftest import ANSWER, FORMULA, PEOPLE, World, ask_xlsx, require_none_of, xlsx_rows

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def state_of(world: World) -> ExportState:
    return world.log()[0].state(NOW)


def test_a_file_is_asked_for_made_and_fetched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ROWS_A_STEP", 1)
    owner, key = world.member(Role.OWNER), world.event.questions[0].key
    page = ask_xlsx(owner, world, column=["name", "created_at", "people", f"answer:{key}"], sort="name")
    assert state_of(world) is ExportState.AT_WORK
    assert "Commence bientôt" in owner.get(page).text or 'hx-trigger="every 1s"' in owner.get(page).text
    assert owner.get(f"{page}/file").status_code == 404
    world.work()
    shown = owner.get(page).text
    assert f'href="{page}/file"' in shown
    assert "every 1s" not in shown
    answer = owner.get(f"{page}/file")
    assert answer.content_type == XLSX
    assert answer.headers["Content-Disposition"].endswith('-inscriptions-2027-01-11.xlsx"')
    rows = xlsx_rows(answer.get_data())
    assert len(rows) == 5
    by_name = {row[0]: row for row in rows[1:]}
    assert by_name[FORMULA][2] == 1.0
    created = next(row[1] for row in rows[1:])
    assert (created.year, created.month, created.day, created.hour) == (2027, 1, 11, 10)
    assert ANSWER in [row[3] for row in rows[1:]]
    (line,) = world.log()
    assert (line.progress_done, line.progress_total) == (4, 4)
    assert (line.rows, line.personal) == (4, True)
    assert line.content_until is not None
    assert line.finished_at is not None
    assert line.content_until - line.finished_at == KEPT
    assert [e.verb for e in list_history(f"event:{world.event.id}") if e.verb.startswith("export.")] == [
        "export.fetched",
        "export.made",
    ]


def test_a_viewer_s_file_holds_nobody_s_data(world: World) -> None:
    viewer = world.member(Role.VIEWER)
    page = ask_xlsx(viewer, world, column=["name", "email", "phone", "people"], sort="name", q="")
    world.work()
    content = viewer.get(f"{page}/file").get_data()
    rows = xlsx_rows(content)
    assert len(rows) == 5
    require_none_of(PEOPLE, str(rows))
    assert world.log()[0].personal is False


def test_who_lost_a_function_meanwhile_gets_no_file(world: World) -> None:
    """Between asking and making, in each way one may lose it; the page says so, and the line stays."""
    soon, owner = clock.now() + timedelta(minutes=1), world.member(Role.OWNER)
    manager_id = world.make_member(Role.MANAGER)
    partners = {how: world.partner(EventFunction.REGISTRATIONS) for how in ("removed", "other_function", "fewer_rows")}
    partners["ended"] = world.partner(EventFunction.REGISTRATIONS, ends_at=soon)
    partners["role_over"] = manager_id, world.browser(manager_id)
    pages = {how: ask_xlsx(client, world) for how, (_, client) in partners.items()}
    with transaction():
        end_functions(world.event.id, world.organiser_id, partners["removed"][0], by=SYSTEM, now=NOW)
        set_end(manager_id, world.organiser_id, soon, by=SYSTEM, now=NOW)
    world.entrust(partners["other_function"][0], EventFunction.DOOR)
    world.entrust(partners["fewer_rows"][0], EventFunction.SCHOOLS)
    set_clock(world.app.extensions, soon)
    world.work()
    assert [(line.state(soon), line.size, line.rows) for line in world.log()] == [(ExportState.REFUSED, None, None)] * 5
    for how, (_, client) in partners.items():
        assert client.get(f"{pages[how]}/file").status_code in {403, 404}, how
        assert owner.get(f"{pages[how]}/file").status_code == 404, how
        assert "Aucun fichier n’a été fait" in owner.get(pages[how]).text, how


def test_a_file_is_for_who_made_it_and_for_who_manages_the_event(world: World) -> None:
    account_id, schools = world.partner(EventFunction.SCHOOLS)
    page = ask_xlsx(schools, world)
    world.work()
    assert len(xlsx_rows(schools.get(f"{page}/file").get_data())) == 2
    assert world.member(Role.MANAGER).get(f"{page}/file").status_code == 200
    for client in (
        world.partner(EventFunction.SCHOOLS)[1],
        world.partner(EventFunction.REGISTRATIONS)[1],
        world.member(Role.VIEWER),
    ):
        assert client.get(page).status_code == 404
        assert client.get(f"{page}/file").status_code == 404
    other = make_event(world.organiser_id)
    elsewhere = page.replace(world.event.slug, other.slug)
    assert world.member(Role.OWNER).get(f"{elsewhere}/file").status_code == 404
    foreign = world.member(Role.OWNER, organiser_id=make_organiser("Ailleurs"))
    assert foreign.get(f"{page}/file").status_code == 404
    with transaction():
        end_functions(world.event.id, world.organiser_id, account_id, by=SYSTEM, now=NOW)
    assert schools.get(f"{page}/file").status_code == 403


def test_who_sees_less_than_the_file_holds_no_longer_gets_it(world: World) -> None:
    account_id, client = world.partner(EventFunction.REGISTRATIONS)
    page = ask_xlsx(client, world)
    world.work()
    assert client.get(f"{page}/file").status_code == 200
    world.entrust(account_id, EventFunction.SCHOOLS)
    assert client.get(f"{page}/file").status_code == 404
    assert client.get(page).status_code == 404


def test_after_a_week_the_file_is_deleted_and_the_line_stays(world: World) -> None:
    owner = world.member(Role.OWNER)
    page = ask_xlsx(owner, world)
    world.work()
    until = world.log()[0].content_until
    assert until is not None
    with transaction():
        assert purge_contents(now=until - timedelta(seconds=1)) == 0
    set_clock(world.app.extensions, until)
    assert owner.get(f"{page}/file").status_code == 404
    world.work()  # the periodic job is due as well
    content = db.session.execute(select(func.count()).select_from(Export).where(Export.content.is_not(None)))
    assert content.scalar_one() == 0
    (line,) = world.log()
    assert line.state(until) is ExportState.GONE
    assert line.rows == 4
    assert "exports/new?" in owner.get(page).text


def test_names_that_were_looked_for_go_with_the_file(world: World) -> None:
    """And with a file that was never made: begun again after that, the work finds that it would be another list."""
    owner = world.member(Role.OWNER)
    page = ask_xlsx(owner, world, q="Lambert", audience="school")
    assert "Lambert" in owner.get(page).text
    assert world.log()[0].filters.words[0] == "«\N{NO-BREAK SPACE}Lambert\N{NO-BREAK SPACE}»"
    world.work()
    assert len(xlsx_rows(owner.get(f"{page}/file").get_data())) == 2
    ask_xlsx(owner, world, q="Faivre")
    with transaction():
        db.session.execute(update(Job).values(run_at=NOW + timedelta(days=60)))
        db.session.execute(update(Export).values(created_at=NOW))
    with transaction():
        assert purge_contents(now=NOW + KEPT + timedelta(hours=1)) == 1
    kept = str(db.session.execute(select(Export.filters)).scalars().all())
    assert "Lambert" not in kept
    assert "Faivre" not in kept
    last, first = world.log()
    assert first.filters.words == ("mots cherchés", "Public\N{NO-BREAK SPACE}: Scolaires")
    assert ("q", "") in last.filters.args
    with transaction():
        db.session.execute(update(Job).values(run_at=NOW))
    world.work()
    assert world.log()[0].state(NOW) is ExportState.REFUSED


def test_asked_twice_while_it_is_made_it_is_made_once(world: World) -> None:
    owner = world.member(Role.OWNER)
    page = ask_xlsx(owner, world, column=["name", "people"])
    assert ask_xlsx(owner, world, column=["name", "people"]) == page
    assert ask_xlsx(owner, world, column=["name", "email"]) != page
    assert ask_xlsx(world.member(Role.OWNER), world, column=["name", "people"]) != page
    world.work()
    assert ask_xlsx(owner, world, column=["name", "people"]) != page


def test_an_event_that_is_gone_meanwhile_gives_no_file(world: World) -> None:
    ask_xlsx(world.member(Role.OWNER), world)
    with transaction():
        db.session.execute(
            update(Event).where(Event.id == world.event.id).values(deleted_at=NOW, revision=Event.revision + 1)
        )
    world.work()
    assert state_of(world) is ExportState.REFUSED
    assert world.log()[0].event_slug == ""


def test_work_that_was_called_off_says_so(world: World) -> None:
    owner = world.member(Role.OWNER)
    page = ask_xlsx(owner, world)
    job_id = db.session.execute(select(Job.id).where(Job.name == WRITE_JOB)).scalar_one()
    with transaction():
        cancel_queued(job_id, by=Actor(ActorKind.STAFF, "Inès Roux", 1, world.organiser_id), now=NOW)
    world.work()
    assert state_of(world) is ExportState.STOPPED
    assert "exports/new?" in owner.get(page).text
