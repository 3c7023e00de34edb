"""Several drafts published at once: what each lacks before, what became of each after."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.actor import Actor
from app.core.transaction import transaction
from app.events.enums import EventMove, EventState
from app.events.operations import move_event
from app.events.queries import EventRow, get_event
from tests.integration.manage.conftest import NOW, paris
from tests.integration.public.conftest import fields_of

MakeEvent = Callable[..., EventRow]


def state(event: EventRow) -> EventState:
    return get_event(event.slug).state


def page_of(*events: EventRow) -> str:
    return "/manage/publish?" + urlencode([("event", event.slug) for event in events])


def sent(client: FlaskClient, url: str) -> dict[str, Any]:
    page = client.get(url)
    assert page.status_code == 200
    return {name: values for name, values in fields_of(page).items() if name != "csrf_token"}


def test_only_drafts_can_be_ticked_in_the_list_and_only_by_who_publishes(
    client: FlaskClient, make_event: MakeEvent, log_in: Any, organiser_id: int
) -> None:
    shown = make_event(title_fr="Forum", title_en="")
    assert "publish-several" not in client.get("/manage/events").text, "nothing to publish, nothing to tick"
    draft = make_event(title_fr="Atelier", title_en="", publish=False)
    page = client.get("/manage/events").text
    assert f'value="{draft.slug}" form="publish-several"' in page
    assert f'value="{shown.slug}" form="publish-several"' not in page
    viewer = log_in(organiser_id, Role.VIEWER)
    assert "publish-several" not in viewer.get("/manage/events").text
    assert viewer.get(page_of(draft)).status_code == 403
    assert viewer.post("/manage/publish", data={"event": draft.slug}).status_code == 403
    assert state(draft) is EventState.DRAFT


def test_what_is_ready_is_published_and_the_rest_says_what_it_lacks(
    client: FlaskClient, make_event: MakeEvent, by: Actor
) -> None:
    ready, other = (make_event(title_fr=f"Atelier {n}", title_en="", publish=False) for n in (1, 2))
    bare = make_event(title_fr="Sans lieu", title_en="", publish=False, venue_name="", venue_commune="", waves=())
    past = make_event(
        title_fr="Passé", title_en="", publish=False, starts_at=paris(1, 9), ends_at=paris(1, 10), waves=()
    )
    url = page_of(ready, bare, other, past)
    page = client.get(url).text
    assert f'href="/manage/events/{bare.slug}/edit/waves"' in page
    assert f'href="/manage/events/{bare.slug}/edit/place"' in page
    data = sent(client, url)
    assert data["event"] == [ready.slug, other.slug]
    assert sorted(data["shown"]) == sorted(event.slug for event in (ready, other, bare, past))
    data["event"] = [ready.slug]
    answer = client.post("/manage/publish", data=data, follow_redirects=True)
    assert [state(event) for event in (ready, other, bare, past)] == [EventState.PUBLISHED, *[EventState.DRAFT] * 3]
    assert "1 event is published" in answer.text
    assert "It was not ticked." in answer.text
    assert f'href="/manage/events/{bare.slug}/edit/waves"' in answer.text


def test_what_changed_meanwhile_keeps_none_of_the_others(
    app: Flask, client: FlaskClient, make_event: MakeEvent, by: Actor, other_id: int
) -> None:
    first, second, third = (make_event(title_fr=f"Atelier {n}", title_en="", publish=False) for n in range(3))
    theirs = make_event(organiser=other_id, title_fr="Ailleurs", publish=False)
    data = sent(client, page_of(first, second, third))
    with transaction():
        move_event(first.id, EventMove.CANCEL, by=by, now=NOW)
        move_event(second.id, EventMove.PUBLISH, by=by, now=NOW)
    data["event"] = [*data["event"], theirs.slug, "gibt-es-nicht"]
    again = client.post("/manage/publish", data=data)
    assert again.status_code == 303
    assert [state(event) for event in (first, second, third, theirs)] == [
        EventState.CANCELLED, EventState.PUBLISHED, EventState.PUBLISHED, EventState.DRAFT,
    ]  # fmt: skip
    assert client.post("/manage/publish", data=data).status_code == 303, "sent twice, it is done once"


def test_nothing_chosen_says_where_to_choose(client: FlaskClient) -> None:
    assert "No draft is chosen" in client.get("/manage/publish").text
    assert client.post("/manage/publish").headers["Location"] == "/manage/publish?done=1"
