"""The page of the list: its address says all of it, what one chose stays, and what one may not see is not there."""

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.actor import Actor
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.operations.questions import save_question
from app.events.queries import EventRow, get_event
from app.events.questions import Choice, QuestionRow
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.operations import Registered
from tests.integration.manage.conftest import NOW, class_draft, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
LogIn = Callable[[int, Role], FlaskClient]


@pytest.fixture
def base(forum: EventRow, enrol: Enrol, by: Actor) -> str:
    """The list's address: a class, a person with an answer, a family."""
    menu = QuestionRow(
        "", QuestionKind.CHOICE, "Repas", choices=(Choice("viande", "Viande"), Choice("vege", "Sans viande"))
    )
    with transaction():
        save_question(forum.id, menu, by=by, now=NOW)
    event = get_event(forum.slug)
    enrol(event, class_draft(event, 0, "Manon Lambert", headcount=Headcount(24, 2)))
    enrol(event, person_draft(event, 1, "Hugo Dupont", answers={"repas": "vege"}, oriented_by="Mme Perrin",
                              organisation=Organisation(commune="Beaune")))  # fmt: skip
    enrol(
        event,
        person_draft(event, 4, "Lina Zerrouki", audience="family", contact=Contact("Lina Zerrouki", "l@example.org")),
    )
    return f"/manage/events/{forum.slug}/registrations"


def names(page: str) -> list[str]:
    return re.findall(r'class="row-link"[^>]*>([^<]+)<', page)


def links(page: str) -> dict[str, str]:
    """{text: address} of the links."""
    found = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', page, re.S)
    return {" ".join(re.sub(r"<[^>]*>", " ", text).split()): html.unescape(href) for href, text in found}


def heads(page: str) -> list[str]:
    return re.findall(r'class="sort"[^>]*>([^<]+)<', page)


def test_heads_sort_and_say_how(client: FlaskClient, base: str) -> None:
    page = client.get(base).text
    assert '<th scope="col" aria-sort="ascending"><a class="sort"' in page
    by_people = client.get(links(page)["Headcount"]).text
    assert names(by_people)[0] == "Lambert, Manon"  # the most first
    assert re.search(r'aria-sort="descending"><a class="sort" href="[^"]+" data-sorted>Headcount', by_people)
    assert names(client.get(links(by_people)["Headcount"]).text)[-1] == "Lambert, Manon"


def test_each_filter_in_force_is_taken_off_by_itself(client: FlaskClient, base: str) -> None:
    page = client.get(f"{base}?q=lambert&audience=school&audience=job_seeker&answer:repas=vege&sort=commune").text
    assert names(page) == []  # no Lambert gave that answer
    shown = links(page)
    assert {text for text in shown if text.startswith("Take off")} == {
        "Take off: Search: “lambert”", "Take off: Audience: Schools", "Take off: Audience: Job seekers",
        "Take off: Repas: Sans viande",
    }  # fmt: skip
    less = client.get(shown["Take off: Search: “lambert”"]).text
    assert names(less) == ["Dupont, Hugo"]
    assert "sort=commune" in links(less)["Take off: Repas: Sans viande"]
    assert names(client.get(links(less)["Show all"]).text) == ["Dupont, Hugo", "Lambert, Manon", "Zerrouki, Lina"]


def test_all_filters_on_one_page(client: FlaskClient, base: str) -> None:
    page = client.get(f"{base}/filters?answer:repas=vege&sort=commune&q=hugo").text
    boxes = re.findall(r"<legend>([^<]+)</legend>", page)
    for box in ("Day", "Wave", "Audience", "Status", "Arrival", "Group or person", "Repas", "Why it is cancelled"):
        assert box in boxes
    assert 'name="answer:repas" value="vege" checked' in page
    assert '<input type="hidden" name="sort" value="commune">' in page
    assert 'value="hugo"' in page
    assert "Mme Perrin" not in page  # one sender alone narrows nothing


def test_chosen_columns_stay_for_the_person(client: FlaskClient, base: str, log_in: LogIn, organiser_id: int) -> None:
    chosen = client.post(f"{base}/columns", data={"column": ["name", "email", "answer:repas"], "q": "hugo"})
    assert chosen.status_code == 302
    page = client.get(chosen.location).text
    assert (names(page), heads(page)) == (["Dupont, Hugo"], ["Name", "E-mail address", "Repas"])
    assert "Sans viande" in page
    assert heads(client.get(base).text) == ["Name", "E-mail address", "Repas"]
    other = log_in(organiser_id, Role.MANAGER)
    assert heads(other.get(base).text)[:2] == ["Name", "Audience"]
    assert heads(other.get(chosen.location).text) == ["Name", "E-mail address", "Repas"]  # the address says them
    client.post(f"{base}/columns", data={"column": ["name", "email"], "usual": "1"})
    assert heads(client.get(base).text)[:2] == ["Name", "Audience"]


def test_columns_of_one_event_begin_the_list_of_the_next(
    client: FlaskClient, base: str, make_event: Callable[..., EventRow], enrol: Enrol
) -> None:
    client.post(f"{base}/columns", data={"column": ["name", "commune", "answer:repas"]})
    later = make_event(title_fr="Autre forum")
    enrol(later, person_draft(later, 0, "Zoé Abel"))
    assert heads(client.get(f"/manage/events/{later.slug}/registrations").text) == ["Name", "Town"]


def test_what_is_typed_brings_the_results_alone(client: FlaskClient, base: str) -> None:
    typed = client.get(f"{base}?q=hug", headers={"HX-Request": "true"})
    assert typed.text.lstrip().startswith('<div id="results">')
    assert "<html" not in typed.text
    assert names(typed.text) == ["Dupont, Hugo"]
    assert "HX-Replace-Url" not in typed.headers  # the first one may be gone back from
    further = client.get(
        f"{base}?q=hugo", headers={"HX-Request": "true", "HX-Current-URL": f"http://localhost{base}?q=hug"}
    )
    assert further.headers["HX-Replace-Url"] == f"{base}?q=hugo"
    back = client.get(f"{base}?q=hug", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "</html>" in back.text


def test_rows_are_chosen_for_an_action_on_many(
    client: FlaskClient, base: str, log_in: LogIn, organiser_id: int
) -> None:
    page = client.get(f"{base}?audience=school&audience=family").text
    form = re.search(rf'<form method="post" action="{base.removesuffix("/registrations")}/bulk">.*?</form>', page, re.S)
    assert form is not None
    assert form[0].count('name="ids"') == 2
    assert 'name="audience" value="school"' in form[0]
    assert re.findall(r'name="action" value="(\w+)"', form[0]) == ["message", "mail", "move", "cancel"]
    assert 'name="ids"' not in log_in(organiser_id, Role.VIEWER).get(base).text


def test_a_registration_leads_back_and_beside(client: FlaskClient, base: str) -> None:
    listed = client.get(f"{base}?status=confirmed&sort=name").text
    middle = re.findall(r'class="row-link" href="([^"]+)"', listed)[1]
    page = client.get(html.unescape(middle)).text
    assert "Row 2 of the list" in page
    shown = links(page)
    assert "Dupont" in client.get(shown["Previous one"]).text
    assert "Zerrouki" in client.get(shown["Next one"]).text
    assert names(client.get(shown["Registrations"]).text) == names(listed)
    assert f"{base.removesuffix('/registrations')}/messages?registration=" in shown["The mails about this registration"]
    alone = client.get(html.unescape(middle).partition("?")[0]).text
    assert "Row 2" not in alone
    assert "Next one" not in alone


def test_a_viewer_has_no_names_by_any_address(base: str, log_in: LogIn, organiser_id: int) -> None:
    viewer = log_in(organiser_id, Role.VIEWER)
    for said in (
        "",
        "?q=hugo",
        "?sort=name&dir=desc",
        "?column=name&column=email&column=answer:repas",
        "?answer:repas=vege",
    ):
        page = viewer.get(f"{base}{said}").text
        for hidden in ("Dupont", "Lambert", "l@example.org", "Mme Perrin"):
            assert hidden not in page
    assert len(names(viewer.get(f"{base}?answer:repas=vege").text)) == 3  # not theirs to narrow by
    assert "Mme Perrin" not in viewer.get(f"{base}/filters").text
    assert "Repas" not in viewer.get(f"{base}/filters").text


def test_an_address_that_means_nothing_shows_the_list(client: FlaskClient, base: str) -> None:
    for said in (
        "?page=0",
        "?page=999999999999",
        "?page=x",
        "?size=7",
        "?wave=x&day=y",
        "?answer:=1",
        "?sort=&dir=",
        "?at=1",
    ):
        assert len(names(client.get(f"{base}{said}").text)) == 3, said


def test_long_lists_go_by_pages_of_the_size_one_wants(
    client: FlaskClient, app: Flask, forum: EventRow, enrol: Enrol
) -> None:
    for n in range(52):
        contact = Contact(f"Zoé N{n:02d}", f"z{n}@example.org")
        enrol(forum, person_draft(forum, n % 2, contact.name, contact=contact, audience="family"))
    base = f"/manage/events/{forum.slug}/registrations"
    first = client.get(f"{base}?audience=family").text
    second = client.get(links(first)["Next ones"]).text
    assert names(second) == ["N50, Zoé", "N51, Zoé"]
    assert "All 52 of the list" in first
    whole = client.get(links(second)["100"]).text
    assert (len(names(whole)), "Next ones" in links(whole)) == (52, False)
    assert "All 52 of the list" not in whole
