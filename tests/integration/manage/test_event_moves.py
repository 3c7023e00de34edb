"""The list of events, and an event's moves from draft to archive."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.actor import Actor
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import EventMove, EventState
from app.events.operations import move_event
from app.events.queries import EventRow, get_event
from app.jobs.queries import list_jobs
from app.registrations.drafts import RegistrationDraft
from app.registrations.operations import Registered
from tests.conftest import counted_statements
from tests.integration.manage.conftest import NOW, class_draft, paris, person_draft

MakeEvent = Callable[..., EventRow]
Enrol = Callable[[EventRow, RegistrationDraft], Registered]
LogIn = Callable[[int, Role], FlaskClient]


def test_the_first_event_is_proposed(client: FlaskClient) -> None:
    page = client.get("/manage/events").text
    assert "Your first event" in page
    assert 'href="/manage/events/new"' in page


def test_a_viewer_is_not_offered_what_they_may_not_do(
    log_in: LogIn, organiser_id: int, forum: EventRow, enrol: Enrol
) -> None:
    made = enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    viewer = log_in(organiser_id, Role.VIEWER)
    base = f"/manage/events/{forum.slug}"
    for path in ("/manage/events", base, f"{base}/registrations", f"{base}/registrations/{made.reference}"):
        page = viewer.get(path).text
        for link in (
            "/manage/events/new",
            f"{base}/edit/",
            f"{base}/registrations/new",
            f"{base}/import",
            "/change",
            "/cancel",
        ):
            assert link not in page, (path, link)
    programme = viewer.get(f"{base}/edit").text
    assert f"{base}/edit/" not in programme
    assert 'method="post" action="/manage' not in programme
    assert viewer.get(f"{base}/edit/waves").status_code == 403
    assert viewer.post(f"{base}/publish").status_code == 403


def test_the_door_has_no_lists(log_in: LogIn, organiser_id: int, forum: EventRow) -> None:
    door = log_in(organiser_id, Role.DOOR)
    assert door.get("/manage/").headers["Location"] == "/door/events"
    for path in (
        "/manage/events",
        f"/manage/events/{forum.slug}",
        f"/manage/events/{forum.slug}/registrations",
    ):
        assert door.get(path).status_code == 403, path


def test_events_are_searched_and_narrowed(client: FlaskClient, make_event: MakeEvent) -> None:
    make_event(title_fr="Semaine de l’industrie", title_en="")
    make_event(title_fr="Café des métiers", title_en="", publish=False)
    page = client.get("/manage/events?q=industrie").text
    assert "Semaine de l’industrie" in page
    assert "Café des métiers" not in page
    drafts = client.get("/manage/events?state=draft").text
    assert "Café des métiers" in drafts
    assert "Semaine de l’industrie" not in drafts
    assert "No event matches “zzz”" in client.get("/manage/events?q=zzz").text


def test_thirty_events_a_page_in_a_fixed_number_of_statements(client: FlaskClient, make_event: MakeEvent) -> None:
    make_event(title_fr="Événement 00", title_en="")
    client.get("/manage/events")
    with counted_statements() as one:
        client.get("/manage/events")
    for n in range(1, 32):
        make_event(title_fr=f"Événement {n:02d}", title_en="")
    with counted_statements() as many:
        first = client.get("/manage/events").text
    assert int(one) == int(many) == 4
    assert first.count("row-link") == 30
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(following).text
    assert second.count("row-link") == 2
    titles = [f"Événement {n:02d}" for n in range(32)]
    assert all((title in first) != (title in second) for title in titles)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/edit",
        "/edit/waves",
        "/edit/limits",
        "/registrations",
        "/registrations/new",
        "/cancel",
        "/archive",
        "/delete",
    ],
)
def test_another_organisers_event_does_not_exist(
    client: FlaskClient, make_event: MakeEvent, other_id: int, path: str, method: str
) -> None:
    theirs = make_event(organiser=other_id, publish=False)
    status = getattr(client, method)(f"/manage/events/{theirs.slug}{path}").status_code
    assert status in {404, 405}
    assert get_event(theirs.slug).state is EventState.DRAFT


def test_publishing_lists_what_is_missing_and_changes_nothing(client: FlaskClient, make_event: MakeEvent) -> None:
    event = make_event(publish=False, waves=())
    page = client.get(f"/manage/events/{event.slug}/edit").text
    assert f'<li><a href="/manage/events/{event.slug}/edit/waves">a wave</a></li></ul>' in page
    assert "/publish" not in page
    answer = client.post(f"/manage/events/{event.slug}/publish", follow_redirects=True)
    assert "Still missing: a wave." in answer.text
    assert get_event(event.slug).state is EventState.DRAFT


def test_publish_close_open_again_archive(client: FlaskClient, make_event: MakeEvent) -> None:
    slug = make_event(publish=False).slug
    for move, state in (
        ("publish", EventState.PUBLISHED), ("close", EventState.CLOSED), ("publish", EventState.PUBLISHED),
        ("close", EventState.CLOSED),
    ):  # fmt: skip
        assert client.post(f"/manage/events/{slug}/{move}").status_code == 302
        assert get_event(slug).state is state
    assert "read-only" in client.get(f"/manage/events/{slug}/archive").text
    assert client.post(f"/manage/events/{slug}/archive").status_code == 302
    assert get_event(slug).state is EventState.ARCHIVED
    assert client.get(f"/manage/events/{slug}/archive").status_code == 404


def test_an_event_that_people_are_to_come_to_is_not_archived(
    client: FlaskClient, forum: EventRow, enrol: Enrol, app: Flask
) -> None:
    enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    base = f"/manage/events/{forum.slug}"
    client.post(f"{base}/close")
    assert f'"{base}/archive"' not in client.get(f"{base}/edit").text
    asked = client.get(f"{base}/archive").text
    assert "30 people hold a place, and it goes on until Friday 5 February 2027, 5:00" in words(asked)
    for way_out in ("cancel", "edit/basics"):
        assert f'href="{base}/{way_out}"' in asked
    assert 'action="' + base + '/archive"' not in asked
    refused = client.post(f"{base}/archive")
    assert refused.status_code == 409
    assert "This event cannot be archived yet" in refused.text
    assert get_event(forum.slug).state is EventState.CLOSED
    set_clock(app.extensions, paris(5, 17))
    assert "Nobody can register, change a registration or cancel any more." in client.get(f"{base}/archive").text
    assert client.post(f"{base}/archive").status_code == 302
    assert get_event(forum.slug).state is EventState.ARCHIVED


def words(page: str) -> str:
    return page.replace("\N{NO-BREAK SPACE}", " ")


def test_publishing_an_event_that_is_over_warns_and_asks_again(client: FlaskClient, make_event: MakeEvent) -> None:
    begin, wave = paris(1, 9), WaveDraft(paris(1, 9), paris(1, 10), 60)
    slug = make_event(publish=False, starts_at=begin, ends_at=paris(1, 17), waves=(wave,)).slug
    base = f"/manage/events/{slug}"
    page = client.get(f"{base}/edit").text
    assert "It is over already" in page
    assert f'action="{base}/publish"' not in page
    assert client.post(f"{base}/publish").headers["Location"] == f"{base}/publish"
    assert get_event(slug).state is EventState.DRAFT
    asked = client.get(f"{base}/publish").text
    assert "It ended on Monday 1 February 2027 at 5:00" in asked.replace("\N{NO-BREAK SPACE}", " ")
    told = client.post(f"{base}/publish", data={"past": "1"}, follow_redirects=True).text
    assert "nobody can register" in told
    assert "people can see it and register." not in told
    assert get_event(slug).state is EventState.PUBLISHED
    assert client.get(f"{base}/publish").status_code == 404


def test_a_coming_event_is_published_without_asking_and_says_from_when_people_register(
    client: FlaskClient, make_event: MakeEvent
) -> None:
    slug = make_event(publish=False, registration_opens_at=paris(4, 12)).slug
    assert client.get(f"/manage/events/{slug}/publish").headers["Location"] == f"/manage/events/{slug}/edit"
    told = client.post(f"/manage/events/{slug}/publish", follow_redirects=True).text
    assert "register from Thursday 4 February at 12:00" in told.replace("\N{NO-BREAK SPACE}", " ")
    shut = make_event(publish=False, registration_closes_at=paris(3, 12)).slug
    asked = client.post(f"/manage/events/{shut}/publish", follow_redirects=True).text
    assert get_event(shut).state is EventState.DRAFT
    assert "Registration closed on Wednesday 3 February" in asked
    assert f"/manage/events/{shut}/edit/registration" in asked
    assert "Registration would be closed already" in client.get(f"/manage/events/{shut}/edit").text
    assert "Registration closed on Wednesday 3 February" in client.get(f"/manage/publish?event={shut}").text
    told = client.post(f"/manage/events/{shut}/publish", data={"closed": "1"}, follow_redirects=True).text
    assert "Registration closed already on Wednesday 3 February" in told
    assert get_event(shut).state is EventState.PUBLISHED


@pytest.mark.parametrize(
    ("moves", "offered"),
    [
        ((), {"publish", "cancel", "delete"}),
        ((EventMove.PUBLISH,), {"close", "cancel", "delete"}),
        ((EventMove.PUBLISH, EventMove.CLOSE), {"publish", "archive", "cancel", "delete"}),
        ((EventMove.PUBLISH, EventMove.CLOSE, EventMove.ARCHIVE), {"delete"}),
        ((EventMove.CANCEL,), {"archive", "delete"}),
    ],
)
def test_pages_offer_what_the_table_of_moves_allows_and_nothing_else(
    client: FlaskClient, make_event: MakeEvent, by: Actor, moves: tuple[EventMove, ...], offered: set[str]
) -> None:
    event = make_event(publish=False)
    for move in moves:
        with transaction():
            move_event(event.id, move, by=by, now=NOW)
    base = f"/manage/events/{event.slug}"
    page = client.get(f"{base}/edit").text
    found = {m for m in ("publish", "close", "archive", "cancel", "delete") if f'"{base}/{m}"' in page}
    assert found == offered
    takes_people = get_event(event.slug).state in {EventState.PUBLISHED, EventState.CLOSED}
    dashboard = client.get(base).text
    assert (f'"{base}/registrations/new"' in dashboard, f'"{base}/import"' in dashboard) == (takes_people, takes_people)
    assert (f'"{base}/import"' in page) == takes_people


def test_calling_off_asks_again_in_figures_and_tells_everyone(
    client: FlaskClient, forum: EventRow, enrol: Enrol
) -> None:
    enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    enrol(forum, person_draft(forum, 1, "Hugo Dupont"))
    page = client.get(f"/manage/events/{forum.slug}/cancel").text
    assert "31 people will be told." in page
    assert "2 of them have no mail address" in page
    bare = client.post(f"/manage/events/{forum.slug}/cancel", data={"code": "weather", "reason": " "})
    assert bare.status_code == 422
    assert get_event(forum.slug).state is EventState.PUBLISHED
    uncoded = client.post(f"/manage/events/{forum.slug}/cancel", data={"reason": "Tempête"})
    assert (uncoded.status_code, "Tempête" in uncoded.text) == (422, True)
    data = {"code": "weather", "reason": "Tempête"}
    answer = client.post(f"/manage/events/{forum.slug}/cancel", data=data, follow_redirects=True)
    assert "31 people are being told." in answer.text
    event = get_event(forum.slug)
    assert (event.state, event.cancel_code, event.cancel_reason) == (EventState.CANCELLED, "weather", "Tempête")
    assert [job.name for job in list_jobs(event.organiser_id)] == ["registrations.tell_event_cancelled"]


def test_a_draft_has_a_preview_for_its_team_only(
    client: FlaskClient, make_event: MakeEvent, log_in: LogIn, other_id: int
) -> None:
    draft = make_event(publish=False)
    assert "La Voie des Talents" in client.get(f"/manage/events/{draft.slug}/preview?lang=fr").text
    assert log_in(other_id, Role.OWNER).get(f"/manage/events/{draft.slug}/preview").status_code == 404
