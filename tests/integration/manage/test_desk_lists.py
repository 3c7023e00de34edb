"""Projects, and work in the background."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from app.core.actor import Actor
from app.core.transaction import transaction
from app.events.enums import Axis
from app.events.queries import EventRow, get_event
from app.jobs.operations import claim, enqueue, fail
from app.jobs.queries import get_job
from app.jobs.registry import list_handlers
from app.messages.operations import queue_message
from app.registrations.importing.files import keep_file, start_check
from app.registrations.importing.mapping import ColumnMapping
from app.registrations.operations.cancelling import cancel_event_registrations
from app.reports.queries.projects import list_projects
from app.web.manage.jobs import JOB_LABELS
from tests.integration.manage.conftest import NOW

PROJECT = {
    "name": "Attractivité 2027",
    "axis": "school_company",
    "secondary": ["local_development", "school_company"],
    "funders": "Région Bourgogne-Franche-Comté\n\nDijon Métropole\n",
    "starts_on": "2027-01-01",
    "ends_on": "31/12/2027",
}


def test_a_project_is_made_changed_and_given_to_an_event(
    client: FlaskClient, forum: EventRow, organiser_id: int
) -> None:
    assert client.post("/manage/projects/new", data=PROJECT).status_code == 302
    (project,) = list_projects(organiser_id)
    assert (project.name, project.axis, project.secondary) == (
        "Attractivité 2027", Axis.SCHOOL_COMPANY, (Axis.LOCAL_DEVELOPMENT,),
    )  # fmt: skip
    assert project.funders == ("Dijon Métropole", "Région Bourgogne-Franche-Comté")
    assert (
        client.post(f"/manage/events/{forum.slug}/edit/project", data={"project": str(project.id)}).status_code == 302
    )
    assert get_event(forum.slug).project_name == "Attractivité 2027"
    renamed = client.post(f"/manage/projects/{project.id}/edit", data=PROJECT | {"name": "Autre nom", "funders": ""})
    assert renamed.status_code == 302
    (project,) = list_projects(organiser_id)
    assert (project.name, project.funders, project.events) == ("Autre nom", (), 1)


def test_a_project_says_what_is_wrong(client: FlaskClient) -> None:
    client.post("/manage/projects/new", data=PROJECT)
    again = client.post("/manage/projects/new", data=PROJECT)
    assert again.status_code == 422
    assert "This name is used already." in again.text
    assert "Dijon Métropole" in again.text
    dates = client.post("/manage/projects/new", data=PROJECT | {"name": "Autre", "ends_on": "2026-01-01"})
    assert "The end comes before the beginning." in dates.text


def test_another_organisers_project_does_not_exist(
    client: FlaskClient, other_id: int, by: Actor, forum: EventRow
) -> None:
    from app.events.operations import save_project

    with transaction():
        theirs = save_project(organiser_id=other_id, name="À eux", axis=Axis.LOCAL_DEVELOPMENT, by=by, now=NOW)
    assert client.get(f"/manage/projects/{theirs}").status_code == 404
    assert client.post(f"/manage/projects/{theirs}/edit", data=PROJECT).status_code == 404
    answer = client.post(f"/manage/events/{forum.slug}/edit/project", data={"project": str(theirs)})
    assert answer.status_code == 422
    assert "Choose one of your projects." in answer.text


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_kind_of_work_has_a_name_in_both_languages(app: Flask, locale: str) -> None:
    kinds = {name for name in list_handlers() if not name.startswith("tests.")}
    with app.test_request_context(), force_locale(locale):
        assert kinds - set(JOB_LABELS) == set()
        words = [str(JOB_LABELS[name]) for name in sorted(kinds)]
    assert len(set(words)) == len(kinds)
    assert not any(word in kinds or not word for word in words)
    if locale == "fr":
        with app.test_request_context(), force_locale("en"):
            assert all(str(JOB_LABELS[name]) != word for name, word in zip(sorted(kinds), words, strict=True))


def test_work_says_what_it_is_about(
    client: FlaskClient, forum: EventRow, organiser_id: int, other_id: int, by: Actor
) -> None:
    with transaction():
        for organiser, recipient in ((organiser_id, "manon@example.org"), (other_id, "theirs@example.org")):
            queue_message(
                template="registrations.confirmed", subject="registration:1", recipient=recipient, locale="fr", params={},
                organiser_id=organiser, now=NOW,
            )  # fmt: skip
        cancel_event_registrations(forum.id, reason="neige", by=by, now=NOW)
        import_id = keep_file(forum, "inscrits.csv", b"", ColumnMapping({}), by=by, now=NOW)
        start_check(import_id, forum, now=NOW)
    page = client.get("/manage/jobs").text
    assert "Confirmation and ticket · manon@example.org" in page
    assert "Tell everyone that the event is called off" in page
    assert page.count(">The Talent Route<") == 1
    assert "Check an imported file" in page
    assert "inscrits.csv · The Talent Route" in page
    assert "theirs@example.org" not in page


def test_work_is_shown_fifty_at_a_time(client: FlaskClient, organiser_id: int) -> None:
    with transaction():
        for n in range(51):
            enqueue("messages.send", {"message_id": n}, now=NOW, organiser_id=organiser_id)
    page = client.get("/manage/jobs?state=queued").text
    assert page.count("Send a mail") == 50
    [link] = re.findall(r'rel="next" href="([^"]+)"', page)
    older = client.get(link.replace("&amp;", "&")).text
    assert older.count("Send a mail") == 1
    assert 'rel="prev" href="/manage/jobs?state=queued"' in older
    assert "Nothing here" in client.get("/manage/jobs?state=dead").text


def test_work_that_failed_says_when_it_is_tried_again(client: FlaskClient, organiser_id: int) -> None:
    with transaction():
        enqueue("messages.send", {"message_id": 0}, now=NOW, organiser_id=organiser_id)
        claimed = claim("test", now=NOW)
        assert claimed is not None
        fail(claimed, "connection refused", now=NOW)
    page = client.get("/manage/jobs").text
    assert "The mail server does not answer." in page
    assert "next attempt Thu 4, 10:00\N{NO-BREAK SPACE}am" in page


def _dead_job(organiser_id: int) -> int:
    with transaction():
        job_id = enqueue("messages.send", {"message_id": 0}, now=NOW, organiser_id=organiser_id)
    with transaction():
        claimed = claim("test", now=NOW)
        assert claimed is not None
        fail(claimed, "connection refused", now=NOW, for_good=True)
    return job_id


def test_stopped_work_is_shown_and_started_again(
    client: FlaskClient, app: Flask, organiser_id: int, other_id: int
) -> None:
    mine, theirs = _dead_job(organiser_id), _dead_job(other_id)
    page = client.get("/manage/jobs?state=dead").text
    assert page.count("The mail server does not answer.") == 1
    assert client.post(f"/manage/jobs/{mine}/retry").status_code == 302
    assert get_job(mine).state.value == "queued"
    assert client.post(f"/manage/jobs/{theirs}/retry").status_code == 404
    assert get_job(theirs).state.value == "dead"
    assert "no longer stopped" in client.post(f"/manage/jobs/{mine}/retry", follow_redirects=True).text
