"""Pages of copies, series and templates: what they show before they make it, what goes wrong at its field, who may."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.transaction import transaction
from app.events.operations.deleting import delete_event
from app.events.operations.templates import save_template
from app.events.queries import EventRow, get_event, list_events
from app.events.queries.templates import list_templates
from tests.factories import NOW, forum, make_event, make_organiser, make_registration
from tests.integration.cloning.conftest import BY
from tests.integration.public.conftest import fields_of

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def source(organiser_id: int) -> EventRow:
    """Thursday 4 February 2027, with a class."""
    event = make_event(organiser_id, forum(title_fr="Forum 2027", title_en="Fair 2027"))
    make_registration(event)
    return event


@pytest.fixture
def template_id(source: EventRow) -> int:
    with transaction():
        return save_template(source.id, "Forum d’un jour", by=BY, now=NOW)


def words(page: str) -> str:
    """The text of a page's content, spaces single."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).replace("\N{NO-BREAK SPACE}", " ").split())


def errors_of(page: str) -> list[str]:
    return re.findall(r'id="([\w.]+)-error"', page)


def titles(organiser_id: int) -> list[str]:
    return sorted(event.title_fr for event in list_events(organiser_id))


# --- One copy -----------------------------------------------------------------------------------------------------


def test_the_same_weekday_a_year_later_is_proposed_and_made(
    client: FlaskClient, source: EventRow, organiser_id: int
) -> None:
    page = client.get(f"/manage/events/{source.slug}/clone")
    form = fields_of(page)
    assert (form["first_day"], form["title_fr"], form["title_en"]) == (["2028-02-03"], ["Forum 2028"], ["Fair 2028"])
    said = words(page.text)
    assert "Thursday 3 February 2028 9:00 am – 10:20 am 2 90" in said
    assert "/events/forum-2028" in said
    answer = client.post(f"/manage/events/{source.slug}/clone", data=form)
    assert answer.headers["Location"] == "/manage/events/forum-2028/edit"
    assert get_event("forum-2028").starts_at == datetime(2028, 2, 3, 9, tzinfo=PARIS)
    assert "Copy of Forum 2027" not in words(client.get(f"/manage/events/{source.slug}/edit").text)
    assert "Copy of Fair 2027" in words(client.get("/manage/events/forum-2028/edit").text)
    assert "Fair 2028" in words(client.get(f"/manage/events/{source.slug}/clone").text)


def test_another_day_is_shown_before_it_is_made(client: FlaskClient, source: EventRow, organiser_id: int) -> None:
    address = f"/manage/events/{source.slug}/clone"
    form = fields_of(client.get(address)) | {"first_day": ["2029-04-02"]}
    page = client.post(address, data=form)
    assert page.status_code == 200
    said = words(page.text)
    assert "Nothing is made yet" in said
    assert "Public holiday: Easter Monday" in said
    assert "it began on a Thursday, the copy begins on a Monday" in said
    assert titles(organiser_id) == ["Forum 2027"]
    again = fields_of(page)
    assert again["title_fr"] == ["Forum 2029"]
    assert client.post(address, data=again).headers["Location"] == "/manage/events/forum-2029/edit"


def test_a_title_that_was_typed_stays_when_the_day_changes(client: FlaskClient, source: EventRow) -> None:
    address = f"/manage/events/{source.slug}/clone"
    form = fields_of(client.get(address)) | {"first_day": ["2029-02-01"], "title_fr": ["Notre forum"]}
    assert fields_of(client.post(address, data=form))["title_fr"] == ["Notre forum"]


def test_days_that_are_over_and_sundays_are_said(client: FlaskClient, source: EventRow) -> None:
    address = f"/manage/events/{source.slug}/clone"
    said = words(client.post(address, data={"first_day": "2027-01-10", "title_fr": "x", "preview": "1"}).text)
    assert "A Sunday" in said
    assert "These days are over: nobody could register." in said


def test_a_day_that_has_a_copy_already_says_so(client: FlaskClient, source: EventRow, organiser_id: int) -> None:
    address = f"/manage/events/{source.slug}/clone"
    data = {"first_day": "2027-03-08", "shown": "2027-03-08", "title_fr": "Forum de mars"}
    assert "It is held on this day already." not in words(client.post(address, data=data | {"preview": "1"}).text)
    client.post(address, data=data)
    assert "Forum de mars" in titles(organiser_id)
    assert "It is held on this day already." in words(client.post(address, data=data | {"preview": "1"}).text)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title_fr": "  "}, ["title_fr"]),
        ({"first_day": "demain"}, ["first_day"]),
        ({"slug": "Mon Forum"}, ["slug"]),
        ({"slug": "forum-2027"}, ["slug"]),
        ({"title_fr": "x" * 161, "title_en": "y" * 161}, ["title_fr", "title_en"]),
    ],
)
def test_problems_of_a_copy_stand_at_their_fields(
    client: FlaskClient, source: EventRow, organiser_id: int, changes: dict[str, str], fields: list[str]
) -> None:
    address = f"/manage/events/{source.slug}/clone"
    make_event(organiser_id, forum(slug="forum-2027"))
    before = titles(organiser_id)
    sent = {"first_day": "2028-02-03", "title_fr": "Forum", "shown": "2028-02-03"} | changes
    answer = client.post(address, data=sent)
    assert answer.status_code == 422
    assert errors_of(answer.text) == fields
    assert all(f'value="{value}"' in answer.text for value in changes.values() if value.strip())
    assert titles(organiser_id) == before


def test_a_copy_of_what_was_deleted_since_says_so(client: FlaskClient, source: EventRow, organiser_id: int) -> None:
    bare = make_event(organiser_id, forum(title_fr="Visite", title_en=""), publish=False)
    client.post(f"/manage/events/{bare.slug}/clone", data={"first_day": "2028-02-03", "title_fr": "Copie"})
    with transaction():
        delete_event(bare.id, by=BY, now=NOW)
    said = words(client.get("/manage/events/copie-2028/edit").text)
    assert "Copy of Visite (deleted since)" in said


# --- Several ------------------------------------------------------------------------------------------------------


def test_a_series_is_shown_then_made_without_the_days_left_out(
    client: FlaskClient, source: EventRow, organiser_id: int
) -> None:
    address = f"/manage/events/{source.slug}/repeat"
    form = fields_of(client.get(address))
    assert (form["rhythm"], form["first_day"], form["number"]) == (["week"], ["2027-02-11"], ["4"])
    page = client.post(address, data=form | {"first_day": ["2027-04-29"], "number": ["3"]})
    said = words(page.text)
    assert "Thursday 6 May 2027 Public holiday: Ascension Day" in said
    shown = fields_of(page)
    assert shown["days"] == ["2027-04-29", "2027-05-13"]
    assert titles(organiser_id) == ["Forum 2027"]
    answer = client.post(address, data=shown)
    assert answer.status_code == 302
    days = sorted(e.starts_at.astimezone(PARIS).date() for e in list_events(organiser_id))
    assert days == [date(2027, 2, 4), date(2027, 4, 29), date(2027, 5, 13)]
    held = client.post(address, data=form | {"first_day": ["2027-04-29"], "number": ["3"]})
    assert "It is held on this day already" in words(held.text)
    assert "days" not in fields_of(held)


def test_written_dates_are_taken_in_order_and_once(client: FlaskClient, source: EventRow, organiser_id: int) -> None:
    address = f"/manage/events/{source.slug}/repeat"
    form = {
        "rhythm": "dates",
        "title_fr": "Atelier 2027",
        "dates.0": "2028-03-02",
        "dates.1": "01/12/2027",
        "dates.2": "2028-03-02",
    }
    shown = fields_of(client.post(address, data=form))
    assert shown["days"] == ["2027-12-01", "2028-03-02"]
    assert client.post(address, data=shown).status_code == 302
    assert titles(organiser_id) == ["Atelier 2027", "Atelier 2028", "Forum 2027"]


def test_more_dates_are_added_and_what_was_typed_stays(client: FlaskClient, source: EventRow) -> None:
    address = f"/manage/events/{source.slug}/repeat"
    sent = fields_of(client.get(address)) | {"add": ["1"], "dates.0": ["2028-03-02"], "title_fr": ["Gardé"]}
    again = fields_of(client.post(address, data=sent))
    assert (again["dates.0"], again["title_fr"]) == (["2028-03-02"], ["Gardé"])
    assert "dates.5" in again


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"number": "0"}, ["number"]),
        ({"number": "53"}, ["number"]),
        ({"number": ""}, ["number"]),
        ({"first_day": ""}, ["first_day"]),
        ({"first_day": "2100-12-31", "number": "9"}, ["first_day"]),
        ({"rhythm": "dates"}, []),
        ({"rhythm": "dates", "dates.0": "le 3"}, ["dates.0"]),
        ({"rhythm": "never"}, ["rhythm"]),
        ({"title_fr": ""}, ["title_fr"]),
    ],
)
def test_problems_of_a_series_stand_at_their_fields(
    client: FlaskClient, source: EventRow, organiser_id: int, changes: dict[str, str], fields: list[str]
) -> None:
    sent = {"rhythm": "week", "first_day": "2027-02-11", "number": "4", "title_fr": "Forum"} | changes
    answer = client.post(f"/manage/events/{source.slug}/repeat", data=sent)
    assert answer.status_code == 422
    assert errors_of(answer.text) == fields
    assert "error-summary" in answer.text
    assert titles(organiser_id) == ["Forum 2027"]


def test_a_series_with_nothing_ticked_is_asked_again(client: FlaskClient, source: EventRow, organiser_id: int) -> None:
    address = f"/manage/events/{source.slug}/repeat"
    shown = fields_of(client.post(address, data=fields_of(client.get(address))))
    shown.pop("days")
    answer = client.post(address, data=shown)
    assert answer.status_code == 422
    assert errors_of(answer.text) == ["days"]
    assert titles(organiser_id) == ["Forum 2027"]


# --- Templates ----------------------------------------------------------------------------------------------------


def test_an_event_is_kept_as_a_template_and_another_made_from_it(
    client: FlaskClient, source: EventRow, organiser_id: int
) -> None:
    answer = client.post(f"/manage/events/{source.slug}/template", data={"name": "Forum d’un jour"})
    (template,) = list_templates(organiser_id)
    assert answer.headers["Location"] == f"/manage/templates/{template.id}"
    said = words(client.get(f"/manage/templates/{template.id}").text)
    assert all(text in said for text in ("Forum d’un jour", "Thursday", "Grande salle", "Stands métiers", "Schools"))
    assert "Forum d’un jour" in words(client.get("/manage/events/new").text)
    form = fields_of(client.get(f"/manage/templates/{template.id}/use"))
    assert (form["title_fr"], form["first_day"]) == (["Forum 2027"], ["2027-02-11"])  # Thursday, four weeks ahead
    sent = form | {"venue_name": ["La fabrik"], "title_fr": ["Forum d’hiver"]}
    made = client.post(f"/manage/templates/{template.id}/use", data=sent)
    assert made.headers["Location"] == "/manage/events/forum-d-hiver-2027/edit"
    event = get_event("forum-d-hiver-2027")
    assert (event.venue_name, event.venue_address) == ("La fabrik", "")
    assert event.starts_at == datetime(2027, 2, 11, 9, tzinfo=PARIS)


def test_another_day_of_a_template_is_shown_before_it_is_made(
    client: FlaskClient, template_id: int, organiser_id: int
) -> None:
    address = f"/manage/templates/{template_id}/use"
    form = fields_of(client.get(address)) | {"first_day": ["2028-12-25"]}
    page = client.post(address, data=form)
    assert "Public holiday: Christmas Day" in words(page.text)
    assert fields_of(page)["title_fr"] == ["Forum 2028"]
    assert titles(organiser_id) == ["Forum 2027"]
    wrong = client.post(address, data=fields_of(page) | {"title_fr": [""], "join_url": ["visio"]})
    assert wrong.status_code == 422
    assert errors_of(wrong.text) == ["title_fr"]
    wrong = client.post(address, data=fields_of(page) | {"join_url": ["visio"]})
    assert errors_of(wrong.text) == ["join_url"]


def test_a_name_that_is_taken_may_be_replaced(client: FlaskClient, source: EventRow, template_id: int) -> None:
    address = f"/manage/events/{source.slug}/template"
    answer = client.post(address, data={"name": "forum d’un JOUR"})
    assert answer.status_code == 422
    assert errors_of(answer.text) == ["name"]
    assert 'name="replaces"' in answer.text
    answer = client.post(address, data={"name": "forum d’un JOUR", "replaces": "y"})
    assert answer.headers["Location"] == f"/manage/templates/{template_id}"


def test_a_template_is_renamed_and_deleted_after_asking_again(
    client: FlaskClient, template_id: int, organiser_id: int
) -> None:
    address = f"/manage/templates/{template_id}"
    assert client.post(f"{address}/name", data={"name": ""}).status_code == 422
    assert client.post(f"{address}/name", data={"name": "Forum du jeudi"}).status_code == 302
    assert [t.name for t in list_templates(organiser_id)] == ["Forum du jeudi"]
    assert "Events made from it stay as they are." in words(client.get(f"{address}/delete").text)
    assert [t.name for t in list_templates(organiser_id)] == ["Forum du jeudi"]
    assert client.post(f"{address}/delete").headers["Location"] == "/manage/templates"
    assert list_templates(organiser_id) == []
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/delete").status_code == 404


def test_templates_are_searched_and_the_empty_list_says_how_to_begin(
    client: FlaskClient, organiser_id: int, source: EventRow
) -> None:
    assert "No template yet" in words(client.get("/manage/templates").text)
    with transaction():
        for name in ("Forum d’un jour", "Visite"):
            save_template(source.id, name, by=BY, now=NOW)
    assert "Visite" in words(client.get("/manage/templates").text)
    found = words(client.get("/manage/templates?q=FORUM").text)
    assert "Forum d’un jour" in found
    assert "Visite" not in found
    assert "No template matches “xyz”" in words(client.get("/manage/templates?q=xyz").text)


# --- Beginning, and who may ---------------------------------------------------------------------------------------


def test_the_new_page_offers_kinds_templates_and_earlier_events(
    client: FlaskClient, source: EventRow, template_id: int
) -> None:
    page = client.get("/manage/events/new").text
    assert "/manage/events/new?kind=webinar" in page
    assert f"/manage/templates/{template_id}/use" in page
    assert f"/manage/events/{source.slug}/clone" in page
    assert "Brings: texts, 5 spaces, 5 stops, 2 questions." in words(page)
    assert f"/manage/events/{source.slug}/clone" in client.get("/manage/events/new?q=fair").text
    assert "No event matches “xyz”" in words(client.get("/manage/events/new?q=xyz").text)


def test_the_list_of_events_leads_to_copies_and_templates(client: FlaskClient, source: EventRow) -> None:
    page = client.get("/manage/events").text
    for end in ("clone", "repeat", "template"):
        assert f'href="/manage/events/{source.slug}/{end}"' in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DOOR])
def test_who_does_not_manage_events_copies_none(
    sign_in: Callable[[Role], FlaskClient], source: EventRow, template_id: int, role: Role
) -> None:
    client = sign_in(role)
    for path in ("clone", "repeat", "template"):
        assert client.get(f"/manage/events/{source.slug}/{path}").status_code == 403
        assert client.post(f"/manage/events/{source.slug}/{path}").status_code == 403
    for path in ("", "/use", "/name", "/delete"):
        assert client.get(f"/manage/templates/{template_id}{path}").status_code == 403
    assert "/clone" not in client.get("/manage/events").text


def test_another_organisers_template_does_not_exist(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(make_organiser("Ailleurs"))
    with transaction():
        template_id = save_template(event.id, "Forum", by=BY, now=NOW - timedelta(days=1))
    for path in ("", "/use", "/name", "/delete"):
        assert client.get(f"/manage/templates/{template_id}{path}").status_code == 404
    assert client.get(f"/manage/events/{event.slug}/clone").status_code == 404


def test_looking_at_days_makes_nothing_even_when_all_is_right(
    client: FlaskClient, source: EventRow, template_id: int, organiser_id: int
) -> None:
    for address in (f"/manage/events/{source.slug}/clone", f"/manage/templates/{template_id}/use"):
        form = fields_of(client.get(address)) | {"preview": ["1"]}
        page = client.post(address, data=form)
        assert page.status_code == 200
        assert "Nothing is made yet" not in words(page.text)
        assert client.post(address, data=form | {"first_day": ["2029-02-01"]}).status_code == 200
        assert client.post(address, data=form | {"first_day": [""]}).status_code == 422
    assert titles(organiser_id) == ["Forum 2027"]
