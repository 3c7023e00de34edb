"""Flows in the settings: stands, minutes to walk, blocks and variants of the route, forecast, audiences kept apart."""

import html
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app.core.actor import Actor
from app.core.transaction import transaction
from app.events.drafts import ApartDraft, EventDraft, TransferDraft
from app.events.enums import Span
from app.events.operations import edit_event
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Contact, RegistrationDraft
from app.registrations.operations import Registered
from app.web.manage.event_sections import draft_of
from tests.integration.manage.conftest import NOW, class_draft, forum_draft, person_draft
from tests.integration.manage.test_event_sections import wave_fields
from tests.integration.public.conftest import fields_of

Fields = dict[str, str | list[str]]
Enrol = Callable[[EventRow, RegistrationDraft], Registered]


def save(client: FlaskClient, event: EventRow, section: str, data: Fields) -> EventRow:
    address = f"/manage/events/{event.slug}/edit/{section}"
    data.setdefault("known", fields_of(client.get(address))["known"][0])
    answer = client.post(address, data=data)
    assert answer.status_code == 302, answer.text
    return get_event(event.slug)


def change(event: EventRow, by: Actor, draft: EventDraft) -> EventRow:
    with transaction():
        edit_event(event.id, draft, by=by, now=NOW)
    return get_event(event.slug)


def space_fields(event: EventRow, **changes: str) -> Fields:
    fields: Fields = {}
    for n, s in enumerate(event.spaces):
        fields |= {f"spaces.{n}.id": str(s.id), f"spaces.{n}.name": s.name, f"spaces.{n}.capacity": str(s.capacity)}
        fields[f"spaces.{n}.stands"] = "" if s.stands is None else str(s.stands)
    return fields | changes


def stop_fields(event: EventRow) -> Fields:
    fields: Fields = {}
    for n, s in enumerate(event.stops):
        fields |= {
            f"stops.{n}.id": str(s.id), f"stops.{n}.name_fr": s.name_fr, f"stops.{n}.minutes": str(s.minutes),
            f"stops.{n}.space": s.space_name, f"stops.{n}.optional": "y" if s.optional else "",
        }  # fmt: skip
    return fields


def test_stands_of_a_space(client: FlaskClient, forum: EventRow) -> None:
    after = save(client, forum, "spaces", space_fields(forum, **{"spaces.1.stands": "3"}))
    assert [s.stands for s in after.spaces] == [None, 3, None]
    address = f"/manage/events/{forum.slug}/edit/spaces"
    wrong = client.post(address, data=space_fields(after, **{"spaces.1.stands": "0"}))
    assert wrong.status_code == 422
    assert 'value="0"' in wrong.text


def test_walks_follow_a_space_that_is_renamed_and_go_with_it(client: FlaskClient, forum: EventRow, by: Actor) -> None:
    names = [s.name for s in forum.spaces]
    walks = (TransferDraft(names[0], names[1], 4), TransferDraft(names[2], names[0], 9))
    event = change(forum, by, forum_like(forum, transfers=walks, transfer_minutes=2))
    after = save(client, event, "spaces", space_fields(event, **{"spaces.0.name": "Hall"}))
    assert [t.minutes for t in after.transfers] == [4, 9]
    fields = space_fields(after)
    kept: Fields = {k: v for k, v in fields.items() if not k.startswith("spaces.2.")}
    assert [t.minutes for t in save(client, after, "spaces", kept).transfers] == [4]


def forum_like(event: EventRow, **changes: object) -> EventDraft:
    return replace(draft_of(event), **changes)  # type: ignore[arg-type]


def test_minutes_to_walk_of_pairs(client: FlaskClient, forum: EventRow) -> None:
    a, b, c = (s.id for s in forum.spaces)
    page = client.get(f"/manage/events/{forum.slug}/edit/walks").text
    assert page.count('name="walk_') == 3
    event = save(client, forum, "walks", {"transfer_minutes": "5", f"walk_{a}_{b}": "2", f"walk_{b}_{c}": ""})
    assert event.transfer_minutes == 5
    assert [(t.low_space_id, t.high_space_id, t.minutes) for t in event.transfers] == [(a, b, 2)]
    wrong = client.post(
        f"/manage/events/{forum.slug}/edit/walks", data={"transfer_minutes": "x", f"walk_{a}_{c}": "999"}
    )
    assert wrong.status_code == 422
    assert 'value="x"' in wrong.text
    assert 'value="999"' in wrong.text
    assert "Construire ↔ Orientation" in wrong.text
    assert get_event(forum.slug).transfer_minutes == 5


def test_walks_that_a_colleague_saved_meanwhile_are_shown(client: FlaskClient, forum: EventRow, by: Actor) -> None:
    address = f"/manage/events/{forum.slug}/edit/walks"
    known = fields_of(client.get(address))["known"][0]
    change(forum, by, forum_like(forum, transfer_minutes=7))
    met = client.post(address, data={"transfer_minutes": "3", "known": known})
    assert met.status_code == 409
    assert 'value="3"' in met.text
    assert "on foot" not in met.text
    assert "Minutes to walk from one space to another: 7" in met.text
    assert get_event(forum.slug).transfer_minutes == 7
    meant = fields_of(met)["known"][0]
    assert client.post(address, data={"transfer_minutes": "3", "known": meant}).status_code == 302
    assert get_event(forum.slug).transfer_minutes == 3


def test_one_space_needs_no_walks(client: FlaskClient, make_event: Callable[..., EventRow]) -> None:
    event = make_event(spaces=forum_draft().spaces[:1], stops=())
    page = client.get(f"/manage/events/{event.slug}/edit/walks").text
    assert "walk_" not in page
    assert "Add a second space first" in page


def test_a_route_with_blocks_variants_teams_and_a_box(client: FlaskClient, forum: EventRow) -> None:
    data = stop_fields(forum) | {
        "stops.1.any_order": "y", "stops.1.audiences": ["school", "family"], "stops.1.largest_team": "15",
        "stops.2.box": "Mission énergie",
    }  # fmt: skip
    looked = client.post(f"/manage/events/{forum.slug}/edit/route", data=data | {"preview": "1"})
    assert looked.status_code == 200
    assert "Seen by: Schools and Families" in looked.text.replace("School pupils", "Schools")
    assert "In all: 40 min" in looked.text
    assert "in any order with the one before" in looked.text
    assert get_event(forum.slug).stops[1].audiences == ()
    after = save(client, forum, "route", data)
    stop = after.stops[1]
    assert (stop.any_order, stop.audiences, stop.largest_team) == (True, ("school", "family"), 15)
    assert (after.stops[2].box, after.stops[2].any_order) == ("Mission énergie", False)
    assert [s.id for s in after.stops] == [s.id for s in forum.stops]
    wrong = client.post(f"/manage/events/{forum.slug}/edit/route", data=data | {"stops.1.largest_team": "0"})
    assert wrong.status_code == 422
    assert "<details open>" in wrong.text


def test_an_audience_with_stops_of_its_own_is_not_left_out(client: FlaskClient, forum: EventRow, by: Actor) -> None:
    data = stop_fields(forum) | {"stops.1.audiences": ["family"], "stops.2.audiences": ["family", "school"]}
    event = save(client, forum, "route", data)
    event = change(event, by, forum_like(event, apart=(ApartDraft("family", "school", Span.DAY),)))
    address = f"/manage/events/{forum.slug}/edit/audiences"
    refused = client.post(address, data={"audiences": ["school", "job_seeker"]})
    assert refused.status_code == 422
    assert "The route has stops for an audience that you left out" in refused.text
    save(client, event, "route", stop_fields(event) | {"stops.2.audiences": ["family", "school"]})
    after = save(client, event, "audiences", {"audiences": ["school", "job_seeker"]})
    assert (after.stops[2].audiences, after.apart) == (("school",), ())


def test_audiences_are_kept_apart(client: FlaskClient, forum: EventRow) -> None:
    address = f"/manage/events/{forum.slug}/edit/apart"
    assert "Nobody is kept apart" in client.get(address).text
    added = client.post(address, data={"add": "1"})
    assert "pairs.0.audience" in added.text
    pair = {"pairs.0.audience": "school", "pairs.0.other": "job_seeker", "pairs.0.span": "half_day"}
    after = save(client, forum, "apart", dict(pair))
    assert after.apart == (("school", "job_seeker", Span.HALF_DAY),)
    same = client.post(address, data=pair | {"pairs.0.other": "school"})
    assert same.status_code == 422
    assert "This stands here twice." in same.text
    empty = client.post(address, data=pair | {"pairs.0.other": ""})
    assert empty.status_code == 422
    assert get_event(forum.slug).apart == after.apart
    assert save(client, after, "apart", {}).apart == ()


@pytest.mark.parametrize(
    ("span", "when"),
    [
        ("wave", "Thursday 4 February, 9:00 am"),
        ("half_day", "Thursday 4 February, before 1 pm"),
        ("day", "Thursday 4 February"),
    ],
)
def test_who_meets_already_is_told_with_pair_time_and_count(
    client: FlaskClient, forum: EventRow, enrol: Enrol, span: str, when: str
) -> None:
    enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    for name in ("Léo Martin", "Zoé Petit"):
        enrol(forum, person_draft(forum, 0, name, contact=Contact(name, f"{name[:3].lower()}@example.org")))
    address = f"/manage/events/{forum.slug}/edit/apart"
    pair = {"pairs.0.audience": "school", "pairs.0.other": "job_seeker", "pairs.0.span": span}
    other = {"pairs.1.audience": "school", "pairs.1.other": "family", "pairs.1.span": span}
    answer = client.post(address, data=pair | other)
    assert answer.status_code == 422
    told = answer.text.partition("They meet here already")[2].partition("</ul>")[0]
    assert told.count("<li>") == 1
    assert f"{when}: " in told.replace("\N{NO-BREAK SPACE}", " ")
    assert [re.findall(r"\d+ registrations?", told)] == [["1 registration", "2 registrations"]]
    listed = client.get(html.unescape(re.findall(r'href="([^"]+)"', told)[0])).text
    assert "3 registrations, 32 people" in listed
    assert get_event(forum.slug).apart == ()


def test_a_pair_that_a_colleague_changed_meanwhile_is_said_in_words(
    client: FlaskClient, forum: EventRow, by: Actor
) -> None:
    address = f"/manage/events/{forum.slug}/edit/apart"
    event = change(forum, by, forum_like(forum, apart=(ApartDraft("school", "family", Span.WAVE),)))
    known = fields_of(client.get(address))
    change(event, by, forum_like(event, apart=(ApartDraft("school", "family", Span.DAY),)))
    row: Fields = {
        "known": known["known"][0], "pairs.0.id": known["pairs.0.id"][0], "pairs.0.audience": "school",
        "pairs.0.other": "family", "pairs.0.span": "half_day",
    }  # fmt: skip
    met = client.post(address, data=row)
    assert met.status_code == 409
    assert "do not come: on the same day" in met.text
    assert get_event(forum.slug).apart[0][2] is Span.DAY


def test_a_wave_says_how_many_individuals_are_expected(client: FlaskClient, forum: EventRow) -> None:
    data: Fields = dict(wave_fields(forum, 4))
    last = forum.waves[4]
    data |= {
        "waves.4.id": str(last.id), "waves.4.day": "2027-02-05", "waves.4.starts_at": "09:00", "waves.4.ends_at": "09:40",
        "waves.4.capacity": "60", "waves.0.forecast": "25",
    }  # fmt: skip
    assert [w.forecast for w in save(client, forum, "waves", data).waves] == [25, None, None, None, None]


def test_the_history_says_it_in_words(client: FlaskClient, forum: EventRow, by: Actor) -> None:
    names = [s.name for s in forum.spaces]
    change(
        forum,
        by,
        forum_like(
            forum,
            transfers=(TransferDraft(names[0], names[1], 4),),
            transfer_minutes=2,
            apart=(ApartDraft("school", "job_seeker", Span.HALF_DAY),),
            offer_hours=48,
            absent_minutes=20,
        ),
    )
    page = client.get(f"/manage/events/{forum.slug}/history").text
    for words in ("Walk Construire ↔ Stands métiers", "Audiences kept apart", "on the same half-day", "48"):
        assert words in page


@pytest.mark.parametrize("section", ["spaces", "route", "waves", "apart", "registration", "walks"])
def test_each_page_opens_and_overview_links_it(client: FlaskClient, forum: EventRow, section: str) -> None:
    assert client.get(f"/manage/events/{forum.slug}/edit/{section}").status_code == 200
    assert f"/edit/{section}" in client.get(f"/manage/events/{forum.slug}/edit").text
