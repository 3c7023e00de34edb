"""Two people edit the same event at once: no row, no answer and nothing typed is lost, and who saves later is told."""

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.actor import Actor
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, EventDraft, SpaceDraft, StopDraft, WaveDraft
from app.events.operations import edit_event
from app.events.queries import EventRow, get_event
from app.web.manage.event_sections import draft_of
from tests.integration.manage.conftest import NOW, paris

Colleague = Callable[..., EventRow]


class PageReader(HTMLParser):
    """What a browser would send of the page's main form: inputs and selects, without the buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, kind = found.get("name") or "", found.get("type", "text")
        if tag == "select":
            self.select = name
            self.fields[name] = ""
        elif tag == "option" and self.select and "selected" in found:
            self.fields[self.select] = found.get("value") or ""
        elif tag == "input" and name and (kind not in {"checkbox", "radio", "search"} or "checked" in found):
            self.fields[name] = found.get("value") or ""
        elif tag == "textarea" and name:
            self.select = ""
            self.fields[name] = ""
            self.textarea = name

    def handle_data(self, data: str) -> None:
        if getattr(self, "textarea", ""):
            self.fields[self.textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        if tag == "textarea":
            self.textarea = ""


def sent_by(page: TestResponse) -> dict[str, str]:
    reader = PageReader()
    reader.feed(page.text)
    skipped = {"csrf_token", "q"}
    return {name: value.strip("\r\n") for name, value in reader.fields.items() if name not in skipped}


def row_of(fields: dict[str, str], name: str, value: str) -> str:
    """The start of the names of the row that has this value: « waves.2. »."""
    return next(
        key.rpartition(".")[0] + "." for key, text in fields.items() if key.endswith(f".{name}") and text == value
    )


def without(fields: dict[str, str], row: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if not name.startswith(row)}


class Desk:
    """Somebody at the settings of one event."""

    def __init__(self, client: FlaskClient, event: EventRow) -> None:
        self.client, self.slug = client, event.slug

    def open(self, section: str) -> dict[str, str]:
        return sent_by(self.client.get(f"/manage/events/{self.slug}/edit/{section}"))

    def save(self, section: str, fields: dict[str, str]) -> TestResponse:
        return self.client.post(f"/manage/events/{self.slug}/edit/{section}", data=fields)

    def now(self) -> EventRow:
        return get_event(self.slug)


@pytest.fixture
def desk(client: FlaskClient, forum: EventRow) -> Desk:
    return Desk(client, forum)


@pytest.fixture
def colleague(forum: EventRow, by: Actor) -> Colleague:
    """Somebody else saves a change of the draft meanwhile."""

    def saved(change: Callable[[EventDraft], EventDraft]) -> EventRow:
        with transaction():
            edit_event(forum.id, change(draft_of(get_event(forum.slug))), by=by, now=NOW)
        return get_event(forum.slug)

    return saved


def first_wave(**changes: object) -> Callable[[EventDraft], EventDraft]:
    return lambda draft: replace(draft, waves=(replace(draft.waves[0], **changes), *draft.waves[1:]))  # type: ignore[arg-type]


def one_more_wave(draft: EventDraft) -> EventDraft:
    return replace(draft, waves=(*draft.waves, WaveDraft(paris(5, 14), paris(5, 15), 20)))


@pytest.mark.parametrize("section", ["waves", "spaces", "route", "limits", "texts", "basics", "registration", "place"])
def test_who_saves_alone_is_told_nothing(desk: Desk, forum: EventRow, section: str) -> None:
    assert desk.save(section, desk.open(section)).status_code == 302
    assert replace(desk.now(), revision=0, updated_at=NOW) == replace(forum, revision=0, updated_at=NOW)


def test_a_wave_that_a_colleague_added_stays(desk: Desk, colleague: Colleague, client: FlaskClient) -> None:
    mine = desk.open("waves")
    colleague(one_more_wave)
    mine[row_of(mine, "starts_at", "09:40") + "capacity"] = "45"
    assert desk.save("waves", mine).status_code == 302
    assert [w.capacity for w in desk.now().waves] == [60, 45, 60, 60, 60, 20]
    assert "A colleague added 1 row meanwhile: it stays." in client.get(f"/manage/events/{desk.slug}/edit").text


def test_a_wave_removed_here_goes_although_a_colleague_added_another(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("waves")
    colleague(one_more_wave)
    assert desk.save("waves", without(mine, row_of(mine, "starts_at", "09:40"))).status_code == 302
    assert [w.starts_at for w in desk.now().waves] == [
        paris(4, 9), paris(4, 10, 20), paris(4, 11), paris(5, 9), paris(5, 14),
    ]  # fmt: skip


def test_rows_stay_for_a_page_that_says_nothing_of_what_it_knew(desk: Desk, forum: EventRow) -> None:
    mine = desk.open("waves")
    del mine["known"]
    assert desk.save("waves", without(mine, row_of(mine, "starts_at", "09:40"))).status_code == 302
    assert [w.id for w in desk.now().waves] == [w.id for w in forum.waves]


def test_the_same_wave_changed_twice_shows_both_and_saving_again_keeps_mine(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("waves")
    colleague(first_wave(capacity=80, place="Salle 2"))
    row = row_of(mine, "starts_at", "09:00")
    mine[row + "capacity"] = "50"
    answer = desk.save("waves", mine)
    assert answer.status_code == 409
    assert "A colleague changed the same meanwhile" in answer.text
    assert "Places: 80" in answer.text
    assert "Place: Salle 2" in answer.text
    shown = sent_by(answer)
    assert shown[row + "capacity"] == "50"
    assert (desk.now().waves[0].capacity, desk.now().waves[0].place) == (80, "Salle 2")
    assert desk.save("waves", shown).status_code == 302
    assert (desk.now().waves[0].capacity, desk.now().waves[0].place) == (50, "")


def test_what_a_colleague_saved_can_be_taken(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("waves")
    colleague(first_wave(capacity=80))
    row = row_of(mine, "starts_at", "09:00")
    mine[row + "capacity"] = "50"
    shown = sent_by(desk.save("waves", mine))
    taken = sent_by(desk.save("waves", shown | {"theirs": "0"}))
    assert taken[row + "capacity"] == "80"
    assert desk.save("waves", taken).status_code == 302
    assert desk.now().waves[0].capacity == 80


def test_what_only_a_colleague_changed_stands(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("waves")
    colleague(first_wave(capacity=80))
    mine[row_of(mine, "starts_at", "09:40") + "capacity"] = "45"
    assert desk.save("waves", mine).status_code == 302
    assert [w.capacity for w in desk.now().waves[:2]] == [80, 45]


def test_the_same_change_made_twice_is_no_matter(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("waves")
    colleague(first_wave(capacity=80))
    mine[row_of(mine, "starts_at", "09:00") + "capacity"] = "80"
    assert desk.save("waves", mine).status_code == 302
    assert desk.now().waves[0].capacity == 80


def test_a_wave_that_a_colleague_removed_is_gone_unless_it_was_changed_here(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("waves")
    colleague(lambda draft: replace(draft, waves=draft.waves[1:]))
    assert desk.save("waves", dict(mine)).status_code == 302
    assert desk.now().waves[0].starts_at == paris(4, 9, 40)
    mine[row_of(mine, "starts_at", "09:00") + "capacity"] = "50"
    answer = desk.save("waves", mine)
    assert answer.status_code == 409
    assert "A colleague removed row 1 meanwhile." in answer.text
    assert len(desk.now().waves) == 4
    assert desk.save("waves", sent_by(answer)).status_code == 302
    assert (desk.now().waves[0].starts_at, desk.now().waves[0].capacity) == (paris(4, 9), 50)


def test_a_wave_removed_here_and_changed_there_comes_back_with_a_word(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("waves")
    colleague(first_wave(capacity=80))
    answer = desk.save("waves", without(mine, row_of(mine, "starts_at", "09:00")))
    assert answer.status_code == 409
    assert "You removed row" in answer.text
    assert len(desk.now().waves) == 5
    shown = sent_by(answer)
    assert desk.save("waves", without(shown, row_of(shown, "starts_at", "09:00"))).status_code == 302
    assert desk.now().waves[0].starts_at == paris(4, 9, 40)


def test_buttons_do_not_forget_what_the_page_knew(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("waves")
    colleague(one_more_wave)
    more = sent_by(desk.save("waves", mine | {"add": "1"}))
    assert more["known"] == mine["known"]
    more = without(more, row_of(more, "id", ""))
    assert desk.save("waves", more).status_code == 302
    assert len(desk.now().waves) == 6


def test_a_space_that_a_colleague_added_keeps_its_place_and_its_door(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("spaces")
    colleague(lambda draft: replace(draft, spaces=(draft.spaces[0], SpaceDraft("Offres", 40), *draft.spaces[1:])))
    mine[row_of(mine, "name", "Orientation") + "capacity"] = "75"
    assert desk.save("spaces", mine).status_code == 302
    after = desk.now()
    assert [(s.name, s.capacity) for s in after.spaces] == [
        ("Construire", 80), ("Offres", 40), ("Stands métiers", 150), ("Orientation", 75),
    ]  # fmt: skip
    assert "Offres" in {c.name for c in after.checkpoints}


def test_stops_of_two_people_are_put_in_order(desk: Desk, colleague: Colleague, forum: EventRow) -> None:
    mine = desk.open("route")
    colleague(lambda draft: replace(draft, stops=(StopDraft("Accueil", 5), *draft.stops)))
    down = sent_by(desk.save("route", mine | {"down": "0"}))
    assert desk.save("route", down).status_code == 302
    after = desk.now().stops
    assert [s.name_fr for s in after] == ["Accueil", "Stands métiers", "Construire", "Orientation"]
    assert {s.id for s in after} > {s.id for s in forum.stops}


def test_who_moved_no_stop_keeps_the_order_of_who_did(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("route")
    colleague(lambda draft: replace(draft, stops=draft.stops[::-1]))
    mine[row_of(mine, "name_fr", "Construire") + "minutes"] = "25"
    assert desk.save("route", mine).status_code == 302
    assert [(s.name_fr, s.minutes) for s in desk.now().stops] == [
        ("Orientation", 20), ("Stands métiers", 50), ("Construire", 25),
    ]  # fmt: skip


def test_a_space_renamed_meanwhile_is_followed_by_the_route(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("route")

    def renamed(draft: EventDraft) -> EventDraft:
        spaces = (replace(draft.spaces[0], name="Grande salle"), *draft.spaces[1:])
        return replace(draft, spaces=spaces, stops=(replace(draft.stops[0], space="Grande salle"), *draft.stops[1:]))

    colleague(renamed)
    mine[row_of(mine, "name_fr", "Orientation") + "minutes"] = "25"
    assert desk.save("route", mine).status_code == 302
    assert [s.space_name for s in desk.now().stops] == ["Grande salle", "Stands métiers", "Orientation"]


def test_texts_changed_by_both_are_both_shown(desk: Desk, colleague: Colleague) -> None:
    mine = desk.open("texts")
    colleague(lambda draft: replace(draft, summary_fr="Un forum par flux.", description_fr="Venez."))
    answer = desk.save("texts", mine | {"summary_fr": "Essayez des métiers."})
    assert answer.status_code == 409
    assert "In a sentence, in French: Un forum par flux." in answer.text
    assert desk.now().summary_fr == "Un forum par flux."
    assert desk.save("texts", sent_by(answer)).status_code == 302
    assert (desk.now().summary_fr, desk.now().description_fr) == ("Essayez des métiers.", "")


def test_who_changed_nothing_overwrites_nothing(desk: Desk, colleague: Colleague, client: FlaskClient) -> None:
    mine = desk.open("texts")
    colleague(lambda draft: replace(draft, summary_fr="Un forum par flux."))
    assert desk.save("texts", mine).status_code == 302
    assert desk.now().summary_fr == "Un forum par flux."
    assert "What a colleague saved meanwhile stands." in client.get(f"/manage/events/{desk.slug}/edit").text


def test_limits_of_a_wave_that_the_page_did_not_show_stay(desk: Desk, colleague: Colleague, forum: EventRow) -> None:
    mine = desk.open("limits")
    limits = (AllotmentDraft("school", 30, 1),)
    colleague(lambda draft: replace(one_more_wave(draft), audiences=(*draft.audiences, "student")))
    colleague(lambda draft: replace(draft, waves=(*draft.waves[:-1], replace(draft.waves[-1], allotments=limits))))
    colleague(first_wave(allotments=(AllotmentDraft("student", 5),)))
    mine[f"limit_{forum.waves[1].id}_school.people"] = "45"
    assert desk.save("limits", mine).status_code == 302
    first, second, *_rest, last = desk.now().waves
    assert [(a.audience, a.max_people, a.max_groups) for a in last.allotments] == [("school", 30, 1)]
    assert [(a.audience, a.max_people) for a in first.allotments] == [("student", 5)]
    assert [(a.audience, a.max_people) for a in second.allotments] == [("school", 45)]


def test_a_limit_changed_by_both_is_told_with_what_is_stored(desk: Desk, colleague: Colleague, forum: EventRow) -> None:
    mine = desk.open("limits")
    cell = f"limit_{forum.waves[0].id}_school.people"
    colleague(first_wave(allotments=(AllotmentDraft("school", 30),)))
    answer = desk.save("limits", mine | {cell: "45"})
    assert answer.status_code == 409
    assert "Schools, people: 30" in answer.text
    shown = sent_by(answer)
    assert shown[cell] == "45"
    assert desk.save("limits", mine).status_code == 302  # left as it was opened: theirs stands
    assert desk.now().waves[0].allotments[0].max_people == 30
    assert desk.save("limits", shown).status_code == 302
    assert desk.now().waves[0].allotments[0].max_people == 45
