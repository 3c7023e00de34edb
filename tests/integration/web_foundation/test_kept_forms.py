"""A form whose page was open for too long: what was written is kept, sent again by one press, and never for another site."""

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.reports.queries.projects import list_projects
from app.web.kept_forms import LONGEST
from tests.integration.web_foundation.conftest import PASSWORD, Crew

HERE = {"Sec-Fetch-Site": "same-origin"}
WRITTEN = {"name": "Hub « santé »", "axis": "local_development", "funders": "Région\r\nMétropole <Dijon>"}
NEW = "/manage/projects/new"


@pytest.fixture
def client(app: Flask, crew: Crew) -> FlaskClient:
    """Of a browser, whose forms have their token against forgery."""
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    client.set_cookie("lang", "en")
    return client


def value_of(page: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page.text)
    assert found is not None, page.text
    return html.unescape(found[1])


def written_in(page: TestResponse) -> dict[str, str]:
    found = re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', page.text, re.S)
    return {name: html.unescape(value) for name, value in found}


def log_in(client: FlaskClient, page: TestResponse) -> TestResponse:
    sent = {"email": "owner@example.org", "password": PASSWORD, "csrf_token": value_of(page, "csrf_token")}
    return client.post("/login", data=sent | ({"kept": value_of(page, "kept")} if 'name="kept"' in page.text else {}))


def names_of(app: Flask, crew: Crew) -> list[str]:
    with app.app_context():
        return [project.name for project in list_projects(crew.ours)]


def test_session_that_ended_costs_nothing_that_was_written(app: Flask, client: FlaskClient, crew: Crew) -> None:
    over = client.post(NEW, data=WRITTEN | {"csrf_token": "of a session that ended"}, headers=HERE)
    assert over.status_code == 401
    assert "Your session has ended. What you wrote is kept." in html.unescape(over.text)
    hidden = {name: value_of(over, name) for name in ("csrf_token", "kept")}
    wrong = client.post("/login", data=hidden | {"email": "owner@example.org", "password": "wrong words"})
    assert wrong.status_code == 422
    again = log_in(client, wrong)
    assert again.status_code == 200
    assert written_in(again) == WRITTEN
    assert names_of(app, crew) == []
    saved = client.post(NEW, data=written_in(again) | {"csrf_token": value_of(again, "csrf_token")}, headers=HERE)
    assert saved.status_code in {302, 303}
    assert names_of(app, crew) == ["Hub « santé »"]


def test_form_that_is_too_old_is_sent_again_by_one_press(client: FlaskClient) -> None:
    log_in(client, client.get("/login"))
    old = client.post(NEW, data=WRITTEN | {"csrf_token": "of yesterday"}, headers=HERE)
    assert old.status_code == 400
    assert written_in(old) == WRITTEN
    assert f'action="{NEW}"' in old.text
    assert f'href="{NEW}"' in old.text


def test_an_address_that_only_takes_is_not_offered_as_a_page(client: FlaskClient) -> None:
    log_in(client, client.get("/login"))
    address = "/manage/structures/duplicates/apart"
    old = client.post(address, data={"one": "1", "other": "2"}, headers=HERE)
    assert f'action="{address}"' in old.text
    assert f'href="{address}"' not in old.text


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://example.org"}, {}],
)
def test_another_sites_form_is_not_kept(client: FlaskClient, headers: dict[str, str]) -> None:
    page = client.get("/login")
    refused = [client.post(NEW, data=WRITTEN, headers=headers)]  # while nobody is signed in
    assert log_in(client, page).status_code == 302
    refused.append(client.post(NEW, data=WRITTEN, headers=headers))
    assert [answer.status_code for answer in refused] == [400, 400]
    assert [written_in(answer) for answer in refused] == [{}, {}]
    assert not any('name="kept"' in answer.text for answer in refused)


def test_what_is_too_long_or_changed_is_not_kept(client: FlaskClient) -> None:
    long = client.post(NEW, data=WRITTEN | {"funders": "x" * LONGEST}, headers=HERE)
    assert (long.status_code, 'name="kept"' in long.text) == (400, False)
    page = client.get("/login")
    sent = {"email": "owner@example.org", "password": PASSWORD, "csrf_token": value_of(page, "csrf_token")}
    assert client.post("/login", data=sent | {"kept": "made up"}).status_code == 302


def test_password_is_not_kept(client: FlaskClient) -> None:
    over = client.post("/manage/account/password", data={"new_password": "trois mots secrets"}, headers=HERE)
    assert over.status_code == 400
    assert 'name="kept"' not in over.text
