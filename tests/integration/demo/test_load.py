"""flask demo load: the figures of 2021, a next edition, and a file that tells how to get in."""

import json
import stat
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import exists, func, select

from app.accounts.enums import Scope
from app.accounts.passwords import is_right_password
from app.accounts.queries import find_credentials, find_signed_in, find_token
from app.boxes.models import Facilitator
from app.boxes.queries import get_scenario
from app.checkin.enums import ScanResult
from app.checkin.models import Presence, Scan
from app.checkin.queries import get_occupancy
from app.core.checks import run_checks
from app.core.db import db
from app.demo.agenda import training_days
from app.demo.closures import closures_after
from app.demo.questions import QUESTIONS
from app.events.enums import EventKind, EventState
from app.events.queries import EventRow, get_event, get_places, list_events
from app.flows.queries import find_plan_in_force, heat, real_heat
from app.jobs.models import Job
from app.loans.models import Loan
from app.messages.models import Message
from app.registrations.answers import tally_answers
from app.registrations.enums import RegistrationStatus
from app.registrations.models import Registration
from app.structures.queries import list_known
from app.training.queries import list_next_trainings
from tests.conftest import running_app
from tests.factories import NOW, PARIS
from tests.integration.dbs import Databases


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(databases: Databases, folder: Path) -> Iterator[Flask]:
    """One loaded demo for all tests here, its clock at NOW; they only look."""
    with databases.fresh("sqlite") as url, running_app(url, folder) as app:
        began = time.perf_counter()
        loaded = load(app)
        assert loaded.exit_code == 0, loaded.output
        assert time.perf_counter() - began < 15
        with app.app_context():
            yield app


@pytest.fixture(scope="module")
def manifest(demo: Flask, folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "demo.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def load(app: Flask) -> Result:
    return app.test_cli_runner().invoke(args=["demo", "load"])


def people_of(event: EventRow, status: RegistrationStatus) -> int:
    return (
        db.session.execute(
            select(func.sum(Registration.participants + Registration.companions)).where(
                Registration.event_id == event.id, Registration.status == status
            )
        ).scalar_one()
        or 0
    )


def test_the_file_tells_how_to_get_in(manifest: dict[str, Any], folder: Path) -> None:
    assert set(manifest) == {"base_url", "organiser", "accounts", "tokens", "events"}
    assert (manifest["base_url"], manifest["organiser"]) == ("http://127.0.0.1:8000", "Creativ’")
    assert [a["role"] for a in manifest["accounts"]] == ["owner", "manager", "door", "viewer", "foreign"]
    assert all(set(a) == {"role", "email", "password"} for a in manifest["accounts"])
    assert manifest["events"] == {"past": "la-voie-des-talents-2021", "next": "la-voie-des-talents-2027"}
    assert stat.S_IMODE((folder / "demo.json").stat().st_mode) == 0o600


def test_every_account_logs_in_with_its_role(demo: Flask, manifest: dict[str, Any]) -> None:
    for account in manifest["accounts"]:
        found = find_credentials(account["email"])
        assert found is not None
        assert is_right_password(found.password_hash, account["password"])
        person = find_signed_in(found.account_id, NOW)
        assert person is not None
        foreign = account["role"] == "foreign"
        [membership] = person.memberships
        assert membership.role == ("owner" if foreign else account["role"])
        assert (membership.organiser.name == "Creativ’") is not foreign


def test_tokens_have_their_scopes(demo: Flask, manifest: dict[str, Any]) -> None:
    found = {name: find_token(secret, NOW) for name, secret in manifest["tokens"].items()}
    assert {name: row.scopes if row else None for name, row in found.items()} == {
        "full": frozenset(Scope), "door": frozenset({Scope.SCANS_WRITE}), "foreign": frozenset(Scope),
    }  # fmt: skip
    owners = {name: row.organiser_id for name, row in found.items() if row}
    assert owners["full"] == owners["door"] != owners["foreign"]
    assert len(list_events(owners["foreign"])) == 1


def test_the_past_forum_has_the_figures_of_its_report(demo: Flask, manifest: dict[str, Any]) -> None:
    event = get_event(manifest["events"]["past"])
    assert event.state is EventState.CLOSED
    assert event.starts_at == datetime(2021, 10, 11, 9, tzinfo=PARIS)
    assert (len(event.waves), [s.name_fr for s in event.stops]) == (
        16, ["Construire", "Stands métiers", "Orientation", "Offres", "Dégustation"],
    )  # fmt: skip
    assert get_places(event).taken == 912
    came = func.sum(Presence.came_participants + Presence.came_companions)
    visitors = db.session.execute(select(came).where(Presence.event_id == event.id)).scalar_one()
    assert visitors == 902
    offers = next(s.id for s in event.spaces if s.name == "Offres")
    passed = select(Scan.registration_id).where(Scan.space_id == offers, Scan.result == ScanResult.ACCEPTED)
    assert db.session.execute(select(came).where(Presence.registration_id.in_(passed))).scalar_one() == 463
    assert get_occupancy(event, now=event.ends_at).present == 0
    results = db.session.execute(select(Scan.result, func.count()).group_by(Scan.result)).all()
    assert {r for r, _ in results} == {ScanResult.ACCEPTED, ScanResult.DUPLICATE}
    first, last = db.session.execute(select(func.min(Scan.scanned_at), func.max(Scan.scanned_at))).one()
    assert (first.date(), last.date()) == (datetime(2021, 10, 11).date(), datetime(2021, 10, 12).date())  # noqa: DTZ001
    partial = db.session.execute(
        select(func.count())
        .select_from(Presence)
        .join(Registration, Registration.id == Presence.registration_id)
        .where(Registration.kind == "group", Presence.came_participants == Registration.participants - 1)
    ).scalar_one()
    assert partial == 4


def test_names_of_the_past_forum_outlive_the_worker(demo: Flask, manifest: dict[str, Any]) -> None:
    event = get_event(manifest["events"]["past"])
    assert event.ends_at + timedelta(days=event.keep_names_days) > NOW + timedelta(days=365)


def test_the_next_forum_is_six_weeks_ahead_and_filling(demo: Flask, manifest: dict[str, Any]) -> None:
    event = get_event(manifest["events"]["next"])
    assert event.is_open(NOW)
    assert timedelta(weeks=6) - timedelta(days=1) < event.starts_at - NOW < timedelta(weeks=7)
    assert [d.weekday() for d in (event.starts_at, event.ends_at)] == [3, 4]
    assert {w.capacity for w in event.waves} == {60}
    limits = {w.starts_at.astimezone(PARIS).strftime("%H:%M"): w.allotments[0] for w in event.waves[:8]}
    assert {hour for hour, a in limits.items() if a.max_people == 0} == {"11:00", "15:30"}
    assert event.asks_statistics
    places = get_places(event)
    assert places.left(event, event.waves[2]) == 0
    assert people_of(event, RegistrationStatus.WAITLISTED) == 46  # a class and its companions, and who came after them
    assert places.left_for(event, event.waves[1], "school") >= 30


def test_the_next_forum_asks_what_nobody_has_to_answer(demo: Flask, manifest: dict[str, Any]) -> None:
    event = get_event(manifest["events"]["next"])
    assert [(q.key, q.required) for q in event.questions] == [(q.key, False) for q in QUESTIONS]
    answered = {t.question.key: t.answered for t in tally_answers(event.id, event.questions)}
    assert all(count >= 5 for count in answered.values()), answered


def test_the_agenda_is_alive(demo: Flask) -> None:
    organiser_id = get_event("la-voie-des-talents-2021").organiser_id
    events = list_events(organiser_id)
    assert {e.kind for e in events} >= {
        EventKind.FORUM, EventKind.WEBINAR, EventKind.INFORMATION_MEETING, EventKind.PRESCRIBERS_MORNING,
        EventKind.TRAINING, EventKind.OPEN_WEEK,
    }  # fmt: skip
    states = [e.state for e in events]
    assert (states.count(EventState.DRAFT), states.count(EventState.CANCELLED)) == (1, 1)
    for code in ("SANTE-1", "SANTE-2", "SANTE-3"):  # who is trained for none of them yet is shown this training
        trainings = list_next_trainings(get_scenario(organiser_id, code).id, now=datetime.now(UTC))
        assert [t.title_fr for t in trainings] == ["Animer la boîte « Industries de santé »"], code


def test_a_training_is_on_open_days_whenever_the_demo_is_loaded() -> None:
    for day in (date(2026, 1, 1) + timedelta(n) for n in range(366)):
        closures = closures_after(day)
        first, second = training_days(day)
        assert (first.weekday(), (second - first).days) == (3, 5)
        assert first >= day + timedelta(days=25)
        assert not any(begins <= held <= ends for begins, ends, _ in closures for held in (first, second)), day


def test_no_structure_stands_there_twice_but_the_one_to_be_merged(demo: Flask) -> None:
    organiser_id = get_event("la-voie-des-talents-2021").organiser_id
    names = [structure.name for structure in list_known(organiser_id)]
    assert len(names) == len(set(names))
    assert {"Mission Locale du bassin", "Centre social des Grésilles-Nord"} <= set(names)


def test_every_loan_has_a_contact_of_its_borrower(demo: Flask) -> None:
    theirs = exists().where(
        Facilitator.structure_id == Loan.structure_id,
        Facilitator.email == Loan.email,
        Facilitator.name == Loan.contact_name,
    )
    assert db.session.execute(select(Loan.reference).where(~theirs)).scalars().all() == []
    assert db.session.execute(select(func.count()).select_from(Loan)).scalar_one() > 20


def test_nobody_is_written_to_and_doctor_is_content(demo: Flask) -> None:
    assert db.session.execute(select(func.count()).select_from(Message)).scalar_one() == 0
    assert db.session.execute(select(func.count()).select_from(Job)).scalar_one() == 0
    assert [(r.name, r.problems) for r in run_checks(datetime.now(UTC)) if not r.ok] == []


def test_loading_again_changes_nothing(demo: Flask, manifest: dict[str, Any], folder: Path) -> None:
    before = db.session.execute(select(func.count()).select_from(Registration)).scalar_one()
    again = load(demo)
    assert (again.exit_code, again.output.splitlines()[0]) == (0, "The demo is there already.")
    assert db.session.execute(select(func.count()).select_from(Registration)).scalar_one() == before
    assert json.loads((folder / "demo.json").read_text("utf-8")) == manifest


def test_a_lost_file_is_written_again_with_new_keys(demo: Flask, manifest: dict[str, Any], folder: Path) -> None:
    file = folder / "demo.json"
    text = file.read_text("utf-8")
    file.unlink()
    assert load(demo).exit_code == 0
    renewed = json.loads(file.read_text("utf-8"))
    assert renewed["tokens"].keys() == manifest["tokens"].keys()
    assert renewed["tokens"]["full"] != manifest["tokens"]["full"]
    assert find_token(renewed["tokens"]["full"], NOW) is not None
    assert {k: v for k, v in renewed.items() if k != "tokens"} == {k: v for k, v in manifest.items() if k != "tokens"}
    file.write_text(text, "utf-8")


def test_the_past_forum_has_its_plan_beside_what_really_was(demo: Flask, manifest: dict[str, Any]) -> None:
    event = get_event(manifest["events"]["past"])
    plan = find_plan_in_force(event.id)
    assert plan is not None
    assert plan.summary.left_out == ()
    day = event.starts_at.astimezone(PARIS).date()
    planned, was = heat(plan, event, day), real_heat(event, day)
    for rows in (planned, was):
        assert [row.name for row in rows] == [space.name for space in event.spaces]
        assert all(max(cell.groups for cell in row.cells) > 20 for row in rows)
