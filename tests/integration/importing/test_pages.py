"""The import in the browser: file, columns, report, writing as a job, result."""

import html
import io
import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.accounts.enums import Role
from app.core import clock
from app.core.clock import set_clock
from app.core.db import db
from app.events.queries import EventRow
from app.jobs.errors import GiveUp
from app.jobs.registry import JobContext
from app.jobs.worker import run_worker
from app.registrations.importing import jobs, writing
from app.registrations.models import ImportFile, Registration
from app.web.manage import imports
from tests.factories import (
    NOW,
    PASSWORD,
    forum,
    make_event,
    make_member,
    make_organiser,
    make_registration,
    person_draft,
)
from tests.integration.importing.files import CLASS, GOOD, REAL, csv_of, make_talents
from tests.integration.importing.test_writing import AT

MAPPED = {
    "column-0": "date", "column-1": "time", "column-2": "audience", "column-3": "organisation", "column-4": "uai",
    "column-5": "class_label", "column-6": "participants", "column-7": "companions", "column-8": "family_name",
    "column-9": "first_name", "column-10": "email", "column-11": "phone", "column-12": "commune",
}  # fmt: skip


@pytest.fixture
def organiser_id(sqlite_app: Flask) -> int:
    return make_organiser()


@pytest.fixture
def event(organiser_id: int) -> EventRow:
    return make_talents(organiser_id=organiser_id)


@pytest.fixture
def client(sqlite_app: Flask, organiser_id: int) -> FlaskClient:
    return log_in(sqlite_app, organiser_id, Role.MANAGER)


def log_in(app: Flask, organiser_id: int, role: Role) -> FlaskClient:
    _, email = make_member(organiser_id, role)
    client = app.test_client()
    client.post("/login?lang=en", data={"email": email, "password": PASSWORD})
    return client


def base(event: EventRow) -> str:
    return f"/manage/events/{event.slug}/import"


def words_of(page: str) -> str:
    """What a page says, spaces single."""
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def send(client: FlaskClient, event: EventRow, content: bytes, name: str = "inscriptions.csv") -> TestResponse:
    return client.post(f"{base(event)}?lang=en", data={"file": (io.BytesIO(content), name)})


def checked(client: FlaskClient, event: EventRow, content: bytes) -> tuple[str, str]:
    """Send a file and accept its columns; the file's address and the report's text."""
    url = send(client, event, content).headers["Location"]
    answer = client.post(url, data=MAPPED)
    assert answer.headers["Location"] == f"{url}/report"
    return url, client.get(f"{url}/report").text


def work(app: Flask) -> None:
    """Do what waits; then let this test see what its threads wrote."""
    run_worker(app, drain=True, stop=threading.Event(), concurrency=1)
    db.session.rollback()


def count_registrations() -> int:
    return db.session.execute(select(func.count()).select_from(Registration)).scalar_one()


def tab_count(page: str) -> str:
    """What the tab of the registrations counts, inside the part that the page exchanges."""
    found = re.search(
        r'<nav id="sections".*?/registrations"[^>]*>[^<]*<span class="count">(\d+)</span>.*?</nav>', page, re.S
    )
    assert found
    return found[1]


def test_the_real_file_from_upload_to_result(sqlite_app: Flask, client: FlaskClient, event: EventRow) -> None:
    url = send(client, event, REAL.read_bytes()).headers["Location"]
    columns = client.get(url).text
    assert "Collège des Trois-Rivières · Collège Louise-Weiss-du-Parc" in columns
    assert re.findall(r'<option selected value="(\w+)"', columns) == list(MAPPED.values())
    answer = client.post(url, data=MAPPED)
    report = client.get(answer.headers["Location"]).text
    assert "Import 286 lines, 912 people" in report
    assert "Nguy?n" in report
    assert count_registrations() == 0
    answer = client.post(f"{url}/writing")
    assert answer.headers["Location"] == f"{url}/progress"
    waiting = client.get(f"{url}/progress").text
    assert 'hx-trigger="every 1s"' in waiting
    assert '<noscript><meta http-equiv="refresh"' in waiting
    assert 'hx-select-oob="#sections"' in waiting  # the tabs, too: they count registrations
    assert tab_count(waiting) == "0"
    client.post(f"{url}/writing")
    work(sqlite_app)
    assert count_registrations() == 286
    result = client.get(f"{url}/progress").text
    assert "The file is imported" in result
    assert ">912<" in result
    assert tab_count(result) == "286"
    assert 'hx-trigger="every' not in result
    assert db.session.execute(select(ImportFile.content)).scalar_one() == b""
    for page in (url, f"{url}/report"):
        assert client.get(page).headers["Location"] == f"{url}/progress"


def test_bad_lines_are_shown_downloaded_and_left_out(sqlite_app: Flask, client: FlaskClient, event: EventRow) -> None:
    content = csv_of(GOOD, CLASS | {"Nom": "=1+1"}, GOOD | {"Courriel": "x@"})
    url, report = checked(client, event, content)
    assert "2 lines have a problem" in report
    assert "Leave out 2 lines and import 1 line, 1 person" in report
    table = client.get(f"{url}/problems.csv")
    assert table.headers["Content-Disposition"] == f'attachment; filename="{event.slug}-import-1.csv"'
    assert table.get_data().decode("utf-8-sig").splitlines() == [
        "Line;Column;Problem;Value",
        "3;Nom;This begins with =: is it a formula?;'=1+1",
        "4;Courriel;The end of the address is missing, for example “.fr”.;x@",
    ]
    assert client.post(f"{url}/writing").headers["Location"] == f"{url}/report"
    client.post(f"{url}/writing", data={"leave_out": "1"})
    work(sqlite_app)
    assert count_registrations() == 1


def test_problems_are_told_by_cause_with_their_lines(client: FlaskClient, event: EventRow) -> None:
    unknown = [GOOD | {"Public": "Martiens", "Courriel": f"a{n}@example.org"} for n in range(14)]
    others = [GOOD | {"Public": "Retraités", "Courriel": "b@example.org"}, GOOD | {"Téléphone": "06 39 98 44"}]
    _, report = checked(client, event, csv_of(*unknown, *others, CLASS))
    words = words_of(report)
    assert "16 lines have a problem" in words
    assert "15 lines: no audience has this name. Column “Public”" in words
    assert "Martiens lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 2 others" in words
    assert "Retraités line 16" in words
    assert "1 line: the number of figures is wrong: 10 are needed. Column “Téléphone”" in words
    assert "06 39 98 44 line 17 There are 8 figures, 10 are needed." in words
    assert words.index("15 lines:") < words.index("1 line:")


def test_many_values_of_one_cause_open_on_request(client: FlaskClient, event: EventRow) -> None:
    rows = [GOOD | {"Courriel": f"p{n}@"} for n in range(1_100)]
    _, report = checked(client, event, csv_of(*rows))
    words = words_of(report)
    assert "1,100 lines: the end of the address is missing" in words
    assert "Show 992 other values" in words
    assert "100 other lines are not shown." in words


def test_an_import_that_stopped_is_gone_on_with(
    sqlite_app: Flask, client: FlaskClient, event: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [GOOD | {"Nom": f"Nom{n}", "Courriel": f"p{n}@example.org"} for n in range(5)]
    url, _ = checked(client, event, csv_of(*rows))
    client.post(f"{url}/writing")
    kept = writing.write_chunk
    written: list[int] = []

    def break_after_one(*args: Any, **how: Any) -> Any:
        if written:
            raise GiveUp("the disk is full")
        written.append(1)
        return kept(*args, **how)

    monkeypatch.setattr(writing, "CHUNK", 2)
    monkeypatch.setattr(jobs, "BREATH", 0)
    monkeypatch.setattr(jobs, "write_chunk", break_after_one)
    work(sqlite_app)
    page = words_of(client.get(f"{url}/progress").text)
    assert "The import stopped" in page
    assert "2 of 5 lines are written. Go on with the others: nobody is registered twice." in page
    assert client.get(f"{url}/report").headers["Location"] == f"{url}/progress"
    assert "Stopped" in words_of(client.get(base(event)).text)
    monkeypatch.setattr(jobs, "write_chunk", kept)
    assert client.post(f"{url}/writing").headers["Location"] == f"{url}/progress"
    work(sqlite_app)
    assert count_registrations() == 5
    assert "The file is imported" in client.get(f"{url}/progress").text


def test_nothing_is_deleted_or_checked_anew_under_a_job(client: FlaskClient, event: EventRow) -> None:
    url, _ = checked(client, event, csv_of(GOOD))
    client.post(f"{url}/writing")
    for page in (url, f"{url}/removal"):
        assert client.post(page, data=MAPPED).headers["Location"] == f"{url}/progress"
    assert db.session.execute(select(func.count()).select_from(ImportFile)).scalar_one() == 1


def test_a_file_that_no_longer_fits_is_told_and_writes_nothing(
    sqlite_app: Flask, client: FlaskClient, organiser_id: int
) -> None:
    event = make_talents(capacity=31, organiser_id=organiser_id)
    url, _ = checked(client, event, csv_of(GOOD | {"Créneau": "10h20"}, CLASS))
    client.post(f"{url}/writing")
    for _ in range(2):
        make_registration(event, person_draft(event), now=AT)
    work(sqlite_app)
    page = client.get(f"{url}/progress").text
    assert "Nothing was written" in page
    assert "Line 3: Places left in this wave, the lines above included: 29. Needed: 30." in page
    assert count_registrations() == 2
    client.post(url, data=MAPPED)
    assert "1 line has a problem" in client.get(f"{url}/report").text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty."),
        ("Nom;Prénom\r\na;b\r\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rubbish", "damaged"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "Save it as .xlsx without password, or as CSV."),
        (b"<html><table></table></html>", "This is a web page that is called a table."),
        (b"Nom;Nom\r\n1;2\r\n", "Two columns have the same name"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_at_its_field(
    client: FlaskClient, event: EventRow, content: bytes, words: str
) -> None:
    answer = send(client, event, content)
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.execute(select(func.count()).select_from(ImportFile)).scalar_one() == 0


def test_no_file_at_all_is_told(client: FlaskClient, event: EventRow) -> None:
    assert "Choose a file first." in client.post(f"{base(event)}?lang=en", data={}).text


def test_columns_missing_or_chosen_twice_are_told_where_they_are(client: FlaskClient, event: EventRow) -> None:
    url = send(client, event, csv_of(GOOD)).headers["Location"]
    twice = client.post(url, data=MAPPED | {"column-12": "email"})
    assert twice.status_code == 422
    assert "Another column is “E-mail address” already." in twice.text
    missing = client.post(url, data=MAPPED | {"column-8": "", "column-9": "", "column-0": ""})
    assert "No column says: Date, First name and name, together or Family name." in missing.text
    assert client.post(url, data=MAPPED | {"column-0": "colour"}).status_code == 422


def test_a_chosen_mapping_is_remembered(client: FlaskClient, event: EventRow) -> None:
    content = csv_of(GOOD).replace(b"Commune", b"Provenance")
    url = send(client, event, content).headers["Location"]
    assert re.findall(r'<option selected value="(\w+)"', client.get(url).text)[-1] == "phone"
    client.post(url, data=MAPPED)
    assert re.findall(r'<option selected value="(\w+)"', client.get(url).text)[-1] == "commune"


def test_a_long_file_is_checked_by_a_job(
    sqlite_app: Flask, client: FlaskClient, event: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 1)
    url = send(client, event, csv_of(GOOD, CLASS)).headers["Location"]
    assert client.post(url, data=MAPPED).headers["Location"] == f"{url}/progress"
    assert "Checking the lines" in client.get(f"{url}/progress").text
    work(sqlite_app)
    assert client.get(f"{url}/progress").headers["Location"] == f"{url}/report"
    part = client.get(f"{url}/progress", headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == f"{url}/report"
    assert "Import 2 lines, 31 people" in client.get(f"{url}/report").text


def test_a_draft_takes_no_file(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, forum(), publish=False)
    assert "publish it first" in client.get(f"{base(event)}?lang=en").text
    assert send(client, event, csv_of(GOOD)).status_code == 422


def test_other_organisers_find_nothing(sqlite_app: Flask, client: FlaskClient, event: EventRow) -> None:
    url = send(client, event, csv_of(GOOD)).headers["Location"]
    foreign_id = make_organiser("Ailleurs")
    foreign = log_in(sqlite_app, foreign_id, Role.OWNER)
    own = make_talents(organiser_id=foreign_id)
    number = url.rsplit("/", 1)[1]
    for page in (base(event), url, f"{url}/report", f"{url}/progress", f"{url}/problems.csv", f"{base(own)}/{number}"):
        assert foreign.get(page).status_code == 404
    for page in (url, f"{url}/writing", f"{url}/removal"):
        assert foreign.post(page).status_code == 404
    assert db.session.execute(select(func.count()).select_from(ImportFile)).scalar_one() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DOOR])
def test_only_managers_import(sqlite_app: Flask, organiser_id: int, event: EventRow, role: Role) -> None:
    assert log_in(sqlite_app, organiser_id, role).get(base(event)).status_code == 403


def test_files_are_given_up_or_deleted_after_a_week(sqlite_app: Flask, client: FlaskClient, event: EventRow) -> None:
    url = send(client, event, csv_of(GOOD)).headers["Location"]
    client.post(f"{url}/removal")
    assert client.get(url).status_code == 404
    old = send(client, event, csv_of(GOOD)).headers["Location"]
    set_clock(sqlite_app.extensions, NOW + timedelta(days=6))
    kept = send(client, event, csv_of(CLASS)).headers["Location"]
    assert client.get(old).status_code == 200
    set_clock(sqlite_app.extensions, NOW + timedelta(days=8))
    send(client, event, csv_of(CLASS))
    assert (client.get(old).status_code, client.get(kept).status_code) == (404, 200)
    set_clock(sqlite_app.extensions, NOW + timedelta(days=14))
    run_purge()
    assert client.get(kept).status_code == 404


def run_purge() -> None:
    """The periodic job, as a worker runs it."""
    jobs.purge_imports(JobContext(1, {}, None, 1, clock.now, lambda done, total: None))
