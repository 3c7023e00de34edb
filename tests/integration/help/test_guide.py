"""First steps: computed from what is there, put away and brought back, from an empty installation on."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import Role
from app.accounts.models import Account
from app.accounts.operations.guide import PRACTISED, note_guide
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.operations import move_event
from app.reports.queries.guide import get_first_steps
from tests.factories import forum, make_event, make_member, make_organiser
from tests.integration.help.conftest import SignIn

CARD = 'id="first-steps"'


def done(page: str) -> list[str]:
    """The titles of the steps that are ticked."""
    steps = re.findall(r'<li class="guide-step is-done">.*?guide-title">([^<]*)', page, re.DOTALL)
    return [title.strip() for title in steps]


def test_a_new_organiser_is_led_to_its_first_published_event(
    owner: FlaskClient, organiser_id: int, sign_in: SignIn
) -> None:
    empty = owner.get("/manage/events").text
    assert CARD in empty
    assert done(empty) == []
    event = make_event(organiser_id, forum(summary_fr="", description_fr=""), publish=False)
    assert done(owner.get("/manage/guide").text) == ["Your first event", "Arrival times"]
    looked = owner.post("/manage/guide/preview")
    assert looked.headers["Location"] == f"/manage/events/{event.slug}/preview"
    assert done(owner.get("/manage/guide").text)[-1] == "A look at the preview"
    with transaction():
        move_event(event.id, EventMove.PUBLISH, by=SYSTEM, now=event.starts_at)
    make_member(organiser_id, Role.DOOR)
    tried = owner.post("/manage/guide/practice")
    assert tried.headers["Location"] == f"/door/{event.slug}/practice"
    assert done(owner.get("/manage/guide").text) == [
        "Your first event", "Arrival times", "A look at the preview", "Publish", "A colleague beside you",
        "A try at the door",
    ]  # fmt: skip
    assert CARD in owner.get("/manage/events").text


def test_the_steps_go_when_all_is_done(owner: FlaskClient, organiser_id: int) -> None:
    make_event(organiser_id, forum(summary_fr="Construire son projet."))
    make_member(organiser_id, Role.MANAGER)
    account_id = db.session.execute(select(Account.id).order_by(Account.id).limit(1)).scalar_one()
    with transaction():
        note_guide(account_id, organiser_id, PRACTISED)
    with_look = {"name": "Creativ’", "brand": "#5E1A49", "accent": "#F2B632", "email": "forum@example.org"}
    assert owner.post("/manage/look", data=with_look).status_code == 302
    assert get_first_steps(organiser_id, account_id).all_done
    assert CARD not in owner.get("/manage/events").text
    assert "Everything is done" in owner.get("/manage/guide").text


def test_the_steps_are_put_away_and_come_back(owner: FlaskClient, organiser_id: int, sign_in: SignIn) -> None:
    colleague = sign_in(make_member(organiser_id, Role.MANAGER)[0])
    assert owner.post("/manage/guide/hide", follow_redirects=True).text.count("come back from your menu") == 1
    assert CARD not in owner.get("/manage/events").text
    assert CARD in colleague.get("/manage/events").text
    assert 'href="/manage/guide"' in owner.get("/manage/events").text
    owner.post("/manage/guide/show")
    assert CARD in owner.get("/manage/events").text


def test_who_cannot_do_a_step_is_told_who_can(organiser_id: int, sign_in: SignIn, viewer: FlaskClient) -> None:
    manager = sign_in(make_member(organiser_id, Role.MANAGER)[0])
    page = manager.get("/manage/guide").text
    assert page.count("An owner can do it.") == 1  # the colleague is there already
    assert 'href="/manage/look"' not in page
    assert CARD not in viewer.get("/manage/events").text
    assert viewer.get("/manage/guide").status_code == 403


def test_steps_of_an_event_wait_for_one(owner: FlaskClient) -> None:
    for step in ("preview", "practice"):
        assert owner.post(f"/manage/guide/{step}").status_code == 404
    assert "/manage/guide/preview" not in owner.get("/manage/guide").text


def test_another_organisers_event_is_no_step_of_ours(owner: FlaskClient, organiser_id: int) -> None:
    make_event(make_organiser("Ailleurs"))
    assert done(owner.get("/manage/guide").text) == []


def test_an_empty_installation_begins_with_the_first_person(whole_app: Flask, sign_in: SignIn) -> None:
    made = whole_app.test_cli_runner().invoke(
        args=["user", "create", "--email", "ines@example.org", "--name", "Inès Roux", "--organiser", "Creativ’",
              "--password", "chouette-tuile-dorée"],
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "/login" in made.output
    account_id = db.session.execute(select(Account.id)).scalar_one()
    assert CARD in sign_in(account_id).get("/manage/events").text


def test_shortcuts_are_a_page_too(owner: FlaskClient) -> None:
    page = owner.get("/manage/shortcuts").text
    assert "Search everything: events, people, structures, pages" in page
    assert page.count("<kbd") > 8
