"""Fifty people who watch cost little: what did not change is answered without a body, and what did is made once for all."""

from datetime import datetime
from threading import Barrier, Thread

import pytest
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.checkin.device_models import DoorDevice
from app.checkin.enums import DeviceMode
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.reports.queries.live_board import Arrivals, Expected, get_arrivals
from app.reports.queries.live_standing import Standing
from app.web.manage import live_board
from app.web.manage.live_board import LOOKS_AGAIN, MARK_SECONDS
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, make_organiser
from tests.integration.door.conftest import sign_in
from tests.integration.flows.conftest import add_class
from tests.integration.live.conftest import Day, words


def ask(client: FlaskClient, day: Day, tag: str = "") -> tuple[int, str, str]:
    headers = {"If-None-Match": tag} if tag else {}
    answer = client.get(f"/manage/events/{day.event.slug}/live/now", headers=headers)
    return answer.status_code, answer.headers.get("ETag", ""), answer.text


def test_nothing_new_is_said_without_a_body_and_a_scan_at_once(day: Day) -> None:
    client = day.browser()
    status, tag, body = ask(client, day)
    assert (status, "csrf" in body) == (200, False)
    assert ask(client, day, tag)[::2] == (304, "")
    day.scan("A")
    status, other, body = ask(client, day, tag)
    assert status == 200
    assert other != tag
    assert ">30<" in body
    assert LOOKS_AGAIN + MARK_SECONDS < 5


def test_registrations_phones_and_the_minute_are_news_too(day: Day) -> None:
    client = day.browser()
    tags = {ask(client, day)[1]}
    add_class(day.event, "3e Z")
    db.session.remove()
    live_board.forget_boards()
    tags.add(ask(client, day)[1])
    with transaction():
        db.session.add(
            DoorDevice(
                organiser_id=day.event.organiser_id, event_id=day.event.id, uid="a" * 36, name="Hall", mode=DeviceMode.DOOR,
                checkpoint_ids=[], enrolled_at=DAY_ONE, last_contact_at=DAY_ONE, unsent=12, unsent_since=DAY_ONE,
            )
        )  # fmt: skip
    db.session.remove()
    live_board.forget_boards()
    _status, tag, body = ask(client, day)
    tags.add(tag)
    assert "12 passages not sent yet" in body
    day.at(2)
    tags.add(ask(client, day)[1])
    assert len(tags) == 4
    day.at(8)
    assert "12 passages not sent yet, silent since 9:00" in ask(client, day)[2]


def test_what_is_asked_of_the_database_is_little_and_the_same_however_many_are_registered(day: Day) -> None:
    client = day.browser()
    path = f"/manage/events/{day.event.slug}/live"
    client.get(path)

    def statements(address: str, *, anew: bool = True) -> int:
        if anew:
            live_board.forget_boards()
            with day.app.app_context():
                day.app.extensions.pop("parcours.live_board")
        with counted_statements() as counted:
            assert client.get(address).status_code == 200
        return len(counted.statements)

    first = statements(path), statements(f"{path}/now")
    for number in range(6):
        day.people[f"X{number}"] = add_class(day.event, f"4e {number}", wave=number % 2, participants=5)
        day.scan(f"X{number}", space=number % 3, at=number)
    client.get(path)
    assert (statements(path), statements(f"{path}/now")) == first
    assert statements(f"{path}/now", anew=False) <= 2


def test_many_who_ask_at_once_have_it_made_once(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def counted(event: EventRow, expected: Expected, standing: Standing, *, now: datetime) -> Arrivals:
        made.append(1)
        return get_arrivals(event, expected, standing, now=now)

    monkeypatch.setattr(live_board, "get_arrivals", counted)
    clients = [day.browser() for _ in range(6)]
    together, answers = Barrier(len(clients)), []

    def watch(client: FlaskClient) -> None:
        together.wait()
        answers.append(ask(client, day)[0])

    threads = [Thread(target=watch, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 6
    assert len(made) == 1


def test_people_of_other_rights_and_languages_share_no_page(day: Day) -> None:
    day.at(12)
    manager, viewer = day.browser(), day.browser(Role.VIEWER)
    assert "Manon Lambert" in ask(manager, day)[2]
    assert "Manon Lambert" not in ask(viewer, day)[2]
    viewer.environ_base["HTTP_ACCEPT_LANGUAGE"] = "fr"
    with day.app.app_context():
        assert "Groupes pas encore là" in words(viewer.get(f"/manage/events/{day.event.slug}/live/now"))


def test_another_organiser_has_no_board_of_ours_though_it_is_kept(day: Day) -> None:
    assert ask(day.browser(), day)[0] == 200
    stranger = sign_in(day.app, make_organiser("Ailleurs"), Role.OWNER)
    assert ask(stranger, day)[0] == 404
