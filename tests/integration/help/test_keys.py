"""Keys of programs: shown once, known by their ending, used and revoked; the calls shown beside them work."""

import json
import re
import shlex
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import ApiToken
from app.accounts.queries import list_tokens
from app.core.clock import set_clock
from app.core.db import db
from tests.conftest import counted_statements
from tests.factories import NOW, forum, make_api_token, make_event

KEY = re.compile(r'id="new-key"[^>]*>(pc_[^<]+)<')
MADE = {"name": "Site de la mairie", "scopes": ["events:read"]}


def call(app: Flask, key: str, path: str = "/api/v1/events") -> int:
    answer = app.test_client().get(path, headers={"Authorization": f"Bearer {key}"})
    answer.close()  # what is noted after the answer has left
    db.session.remove()  # SQLite would go on reading what was there before
    return answer.status_code


def test_a_key_is_shown_once_and_known_by_its_ending(owner: FlaskClient, organiser_id: int) -> None:
    made = owner.post("/manage/tokens", data=MADE).text
    (key,) = KEY.findall(made)
    assert f'data-copy="{key}"' in made
    later = owner.get("/manage/tokens").text
    assert key not in later
    assert f"ends with …{key[-4:]}" in later
    (row,) = list_tokens(organiser_id)
    assert row.ending == key[-4:]


def test_what_a_key_may_do_is_said_in_a_sentence_and_missing_answers_at_their_field(owner: FlaskClient) -> None:
    page = owner.get("/manage/tokens").text
    assert "it sees names and addresses" in page
    assert "interests:write" not in page  # nothing uses it yet
    refused = owner.post("/manage/tokens", data={"name": "Site", "expires_on": "2020-01-01", "scopes": ["events:read"]})
    assert refused.status_code == 422
    assert 'value="Site"' in refused.text
    assert "This day is over." in refused.text
    assert re.search(r'value="events:read"[^>]*checked', refused.text)
    assert owner.post("/manage/tokens", data={"name": "Site"}).status_code == 422
    assert owner.post("/manage/tokens", data=MADE | {"scopes": ["interests:write"]}).status_code == 422


def test_the_last_day_of_use_is_noted_once_a_day(whole_app: Flask, owner: FlaskClient, organiser_id: int) -> None:
    key = make_api_token(organiser_id)
    assert "never" in owner.get("/manage/tokens").text
    assert call(whole_app, key) == 200
    assert [t.last_used_on for t in list_tokens(organiser_id)] == [NOW.date()]
    with counted_statements() as counted:
        call(whole_app, key)
    assert not [s for s in counted.statements if "UPDATE api_tokens" in s]
    set_clock(whole_app.extensions, NOW + timedelta(days=1))
    call(whole_app, key)
    assert [t.last_used_on for t in list_tokens(organiser_id)] == [NOW.date() + timedelta(days=1)]
    assert "12 January 2027" in owner.get("/manage/tokens").text


def test_a_revoked_key_stops(whole_app: Flask, owner: FlaskClient, organiser_id: int) -> None:
    key = make_api_token(organiser_id)
    assert call(whole_app, key) == 200
    token_id = db.session.execute(select(ApiToken.id)).scalar_one()
    page = owner.get("/manage/tokens").text
    assert "Programs that use it stop within 5 seconds." in page  # it asks first
    assert "within 5 seconds" in owner.post(f"/manage/tokens/{token_id}/revocation", follow_redirects=True).text
    assert call(whole_app, key) == 401


def test_the_calls_that_are_shown_work(whole_app: Flask, owner: FlaskClient, organiser_id: int) -> None:
    make_event(organiser_id, forum())
    key = make_api_token(organiser_id)
    page = owner.get("/manage/tokens").text
    commands = re.findall(r"<code>(curl.*?)</code>", page, re.DOTALL)
    assert len(commands) == 5
    statuses = []
    for shown in commands:
        words = shlex.split(shown.replace("&#34;", '"').replace("&#39;", "'").replace("$PARCOURS_KEY", key))
        url = words[-1].removeprefix("http://127.0.0.1:8000")
        headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
        body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
        method = "GET" if body is None else "POST"
        answer = whole_app.test_client().open(url, method=method, headers=headers, json=body)
        statuses.append((url.removeprefix("/api/v1"), answer.status_code))
        answer.close()
    slug = "la-voie-des-talents-2027"
    # closed by the second call, the event takes nobody from a program any more: refused by name, not for its form
    assert statuses == [
        ("/events", 200), (f"/events/{slug}/moves", 200), (f"/events/{slug}/registrations", 409),
        (f"/events/{slug}/door-list", 200), ("/scenarios", 200),
    ]  # fmt: skip


def test_two_keys_that_work_have_different_names(owner: FlaskClient) -> None:
    assert "it is shown this once" in owner.post("/manage/tokens", data=MADE).text
    again = owner.post("/manage/tokens", data=MADE)
    assert again.status_code == 422
    assert "A key that works has this name already." in again.text
    page = owner.get("/manage/tokens").text
    assert page.count("/revocation") == 1
    revocation = re.search(r"/manage/tokens/\d+/revocation", page)
    assert revocation
    owner.post(revocation.group())
    assert owner.post("/manage/tokens", data=MADE).status_code == 200
