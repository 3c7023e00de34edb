"""Views of the list: kept under a name, one's own or shared, and each reader sees in them what they may see."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.events.queries import EventRow
from app.reports.operations.views import MOST_VIEWS
from tests.conftest import counted_statements
from tests.integration.manage.conftest import person_draft
from tests.integration.manage.test_list_page import heads, links, names

LogIn = Callable[[int, Role], FlaskClient]


@pytest.fixture
def base(forum: EventRow, enrol: Callable[..., object]) -> str:
    enrol(forum, person_draft(forum, 0, "Hugo Dupont"))
    enrol(forum, person_draft(forum, 1, "Lina Zerrouki", audience="family"))
    return f"/manage/events/{forum.slug}/registrations"


@pytest.fixture
def colleague(log_in: LogIn, organiser_id: int) -> FlaskClient:
    return log_in(organiser_id, Role.MANAGER)


def keep(client: FlaskClient, base: str, name: str, said: str = "audience=family", **more: str) -> str:
    """Keep a view; where the answer leads."""
    pairs = [part.split("=") for part in said.split("&")]
    answer = client.post(f"{base}/views/new", data={**dict(pairs), "name": name, **more})
    assert answer.status_code == 302
    return answer.location


def test_a_view_brings_its_list_back(client: FlaskClient, base: str, colleague: FlaskClient) -> None:
    form = client.get(f"{base}/views/new?audience=family&sort=status&column=name&column=status")
    assert "Audience: Families · sorted by: Status · columns: Name, Status" in form.text
    keep(client, base, "Familles", "audience=family&sort=status&column=status")
    page = client.get(base).text
    seen = client.get(links(page)["Familles"]).text
    assert (names(seen), heads(seen)) == (["Zerrouki, Lina"], ["Name", "Status"])
    assert re.search(r'<a href="[^"]+" aria-current="true">.{0,400}Familles', seen, re.S)
    assert "Familles" not in links(colleague.get(base).text)
    assert "No view is kept yet" in colleague.get(f"{base}/views").text


def test_a_shared_view_is_everybody_s_to_use_and_its_keeper_s_to_change(
    client: FlaskClient, base: str, colleague: FlaskClient, log_in: LogIn, organiser_id: int, other_id: int
) -> None:
    keep(client, base, "À rappeler", "q=dupont&column=email&sort=email", shared="y")
    viewer = log_in(organiser_id, Role.VIEWER)
    assert "À rappeler · Inès Roux" in links(colleague.get(base).text)
    seen = viewer.get(links(viewer.get(base).text)["À rappeler · Inès Roux"]).text
    assert "E-mail address" not in heads(seen)
    told = seen + viewer.get(base).text + viewer.get(f"{base}/views").text
    assert "dupont" not in told.casefold()  # neither in what is shown nor in what the links carry
    assert "q=dupont" in colleague.get(base).text
    view_id = re.findall(rf"{base}/views/(\d+)/open", viewer.get(f"{base}/views").text)[0]
    for path in (f"{base}/views/{view_id}", f"{base}/views/{view_id}/delete", f"{base}/views/{view_id}/renew"):
        assert viewer.post(path, data={"name": "x"}).status_code == 404
    assert colleague.post(f"{base}/views/{view_id}", data={"name": "x"}).status_code == 404
    assert "Delete" in links(colleague.get(f"{base}/views").text)  # who manages the events clears away
    assert log_in(other_id, Role.OWNER).get(f"{base}/views").status_code == 404
    client.post(f"{base}/views/{view_id}", data={"name": "À rappeler"})
    assert "À rappeler · Inès Roux" not in links(colleague.get(base).text)
    assert "À rappeler" in links(client.get(base).text)


def test_the_list_opens_with_the_view_chosen(client: FlaskClient, base: str, colleague: FlaskClient) -> None:
    keep(client, base, "Familles", "audience=family", shared="y", opens="y")
    opened = client.get(base)
    assert (opened.status_code, opened.location) == (302, f"{base}?audience=family")
    page = client.get(opened.location).text
    assert names(client.get(links(page)["Show all"]).text) == ["Dupont, Hugo", "Zerrouki, Lina"]
    whole = client.get(links(page)["The whole list"]).text
    assert names(whole) == ["Dupont, Hugo", "Zerrouki, Lina"]
    assert names(client.get(links(client.get(links(whole)["Name"]).text)["Name"]).text) == names(
        whole
    )  # sorted, still whole
    assert colleague.get(base).status_code == 200
    view_id = re.findall(rf"{base}/views/(\d+)/open", client.get(f"{base}/views").text)[0]
    colleague.post(f"{base}/views/{view_id}/open")
    assert colleague.get(base).status_code == 302
    client.post(f"{base}/views/{view_id}", data={"name": "Familles", "opens": "y"})  # shared no longer
    assert colleague.get(base).status_code == 200
    client.post(f"{base}/views/{view_id}/open")
    assert client.get(base).status_code == 200


def test_a_view_of_the_whole_list_opens_without_going_round(client: FlaskClient, base: str) -> None:
    answer = client.post(f"{base}/views/new", data={"name": "Tout", "opens": "y"})
    assert answer.location == f"{base}?view=all"
    assert client.get(base, follow_redirects=True).status_code == 200


def test_renamed_renewed_deleted(client: FlaskClient, base: str) -> None:
    keep(client, base, "Familles", "audience=family", opens="y")
    view_id = re.findall(rf"{base}/views/(\d+)/open", client.get(f"{base}/views").text)[0]
    assert 'value="Familles"' in client.get(f"{base}/views/{view_id}").text
    client.post(f"{base}/views/{view_id}", data={"name": "Public familial", "opens": "y"})
    renewed = client.post(f"{base}/views/{view_id}/renew", data={"audience": "job_seeker"})
    assert renewed.location == f"{base}?audience=job_seeker"
    assert client.get(base).location == f"{base}?audience=job_seeker"
    asked = client.get(f"{base}/views/{view_id}/delete").text
    assert "Delete the view “Public familial”?" in asked
    gone = client.post(f"{base}/views/{view_id}/delete", follow_redirects=True).text
    assert "The view “Public familial” is deleted." in gone
    assert client.get(base).status_code == 200
    assert client.post(f"{base}/views/{view_id}/delete").status_code == 404


def test_what_is_wrong_is_said_at_the_name_and_nothing_is_lost(client: FlaskClient, base: str) -> None:
    keep(client, base, "Familles")
    for name, said in (
        ("", "This answer is missing."),
        ("familles ", "You have a view of that name already. Choose another name."),
        ("x" * 81, "This text is too long: 80 characters at most."),
    ):
        answer = client.post(f"{base}/views/new", data={"name": name, "audience": "family", "shared": "y"})
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{name.strip()}"' in answer.text
        assert '<input type="hidden" name="audience" value="family">' in answer.text
        assert re.search(r'name="shared"[^>]* checked|checked[^>]* name="shared"', answer.text)


def test_nobody_keeps_more_views_than_can_be_read(client: FlaskClient, base: str) -> None:
    for number in range(MOST_VIEWS):
        keep(client, base, f"Vue {number}")
    full = client.post(f"{base}/views/new", data={"name": "Une de trop"})
    assert full.status_code == 422
    assert f"You keep {MOST_VIEWS} views of this list already." in full.text
    with counted_statements() as counted:
        client.get(base)
    assert int(counted) == 11
