"""Editing an event, a section at a time."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.actor import Actor
from app.core.transaction import transaction
from app.events.enums import Enrolment, EventKind, EventMove, WaitingPolicy
from app.events.operations import move_event
from app.events.queries import EventRow, get_event
from app.registrations.drafts import RegistrationDraft
from app.registrations.operations import Registered
from app.web.manage.event_sections import SECTIONS, draft_of
from tests.integration.manage.conftest import NOW, class_draft, paris
from tests.integration.public.conftest import fields_of

Enrol = Callable[[EventRow, RegistrationDraft], Registered]


def wave_fields(event: EventRow, count: int = 1) -> dict[str, str]:
    """The first waves of an event as their form sends them."""
    fields: dict[str, str] = {}
    for n, wave in enumerate(event.waves[:count]):
        minutes = 40 * n
        starts, ends = 9 * 60 + minutes, 9 * 60 + minutes + 40
        fields |= {
            f"waves.{n}.id": str(wave.id),
            f"waves.{n}.day": "2027-02-04",
            f"waves.{n}.starts_at": f"{starts // 60:02d}:{starts % 60:02d}",
            f"waves.{n}.ends_at": f"{ends // 60:02d}:{ends % 60:02d}",
            f"waves.{n}.capacity": "60",
            f"waves.{n}.place": "",
            f"waves.{n}.host": "",
        }
    return fields


def test_saving_each_section_untouched_changes_nothing(client: FlaskClient, forum: EventRow, app: Flask) -> None:
    before = draft_of(forum)
    for section in SECTIONS.values():
        values = section.fill(forum)
        with app.test_request_context(method="GET"):
            form = section.form(formdata=None, **values)
            assert section.apply(form, before) == before, section.key


def test_moving_the_event_moves_its_waves_along(client: FlaskClient, forum: EventRow) -> None:
    data = {
        "title_fr": "La Voie des Talents", "title_en": "", "kind": "forum", "timezone": "Europe/Paris",
        "starts_day": "2027-02-11", "starts_hour": "10:00", "ends_day": "2027-02-12", "ends_hour": "17:00", "move_waves": "y",
    }  # fmt: skip
    assert client.post(f"/manage/events/{forum.slug}/edit/basics", data=data).status_code == 302
    event = get_event(forum.slug)
    assert (event.starts_at, event.ends_at) == (paris(11, 10), paris(12, 17))
    assert [w.starts_at for w in event.waves] == [
        paris(11, 10), paris(11, 10, 40), paris(11, 11, 20), paris(11, 12), paris(12, 10),
    ]  # fmt: skip
    assert {w.id for w in event.waves} == {w.id for w in forum.waves}


def test_dates_that_leave_waves_behind_are_refused_in_one_sentence(client: FlaskClient, forum: EventRow) -> None:
    data = {
        "title_fr": "La Voie des Talents", "kind": "forum", "timezone": "Europe/Paris", "starts_day": "2027-02-11",
        "starts_hour": "09:00", "ends_day": "2027-02-12", "ends_hour": "17:00",
    }  # fmt: skip
    answer = client.post(f"/manage/events/{forum.slug}/edit/basics", data=data)
    assert answer.status_code == 422
    assert "1 thing to correct" in answer.text
    assert "Waves would be left outside the new dates" in answer.text
    assert get_event(forum.slug).starts_at == paris(4, 9)


def test_a_wave_is_added_by_a_button_that_saves_nothing_and_keeps_what_was_typed(
    client: FlaskClient, forum: EventRow
) -> None:
    data = wave_fields(forum) | {"waves.0.host": "Moulin Rouge & fils", "waves.0.capacity": "soixante", "add": "1"}
    answer = client.post(f"/manage/events/{forum.slug}/edit/waves", data=data)
    assert answer.status_code == 200
    assert 'value="Moulin Rouge &amp; fils"' in answer.text
    assert 'value="soixante"' in answer.text
    assert 'name="waves.1.day"' in answer.text
    assert "Not saved yet" in answer.text
    assert len(get_event(forum.slug).waves) == 5


def test_a_wave_is_removed_by_its_button_and_goes_when_saved(client: FlaskClient, forum: EventRow) -> None:
    answer = client.post(f"/manage/events/{forum.slug}/edit/waves", data=wave_fields(forum, 2) | {"remove": "0"})
    assert answer.status_code == 200
    assert 'name="waves.0.day"' in answer.text
    assert 'name="waves.1.day"' not in answer.text
    known = fields_of(client.get(f"/manage/events/{forum.slug}/edit/waves"))["known"]
    saved = client.post(f"/manage/events/{forum.slug}/edit/waves", data=wave_fields(forum, 2) | {"known": known[0]})
    assert saved.status_code == 302
    assert [w.id for w in get_event(forum.slug).waves] == [w.id for w in forum.waves[:2]]


def test_waves_are_made_by_rule_with_a_break(client: FlaskClient, forum: EventRow) -> None:
    data = wave_fields(forum) | {
        "generate": "1", "days": ["2027-02-04", "2027-02-05"], "first": "9h", "last": "16:00", "every": "60",
        "capacity": "45", "pause_from": "12:00", "pause_until": "13:30",
    }  # fmt: skip
    page = client.post(f"/manage/events/{forum.slug}/edit/waves", data=data).text
    for hour in ("09:00", "10:00", "11:00", "13:30", "14:30"):
        assert f'value="{hour}"' in page
    assert 'value="12:00"' in page  # the end of the last wave before the break
    assert 'name="waves.10.day"' in page  # one row there was, five made on each day
    assert 'name="waves.11.day"' not in page
    assert len(get_event(forum.slug).waves) == 5


def test_a_generator_that_makes_nothing_says_why(client: FlaskClient, forum: EventRow) -> None:
    data = wave_fields(forum) | {
        "generate": "1", "days": ["2027-02-04"], "first": "9:00", "last": "9:30", "every": "40", "capacity": "45",
    }  # fmt: skip
    answer = client.post(f"/manage/events/{forum.slug}/edit/waves", data=data)
    assert answer.status_code == 422
    assert "No wave fits between these times." in answer.text


def test_a_new_wave_has_its_own_place_and_host(client: FlaskClient, forum: EventRow) -> None:
    data = wave_fields(forum) | {
        "waves.1.id": "", "waves.1.day": "05/02/2027", "waves.1.starts_at": "14h", "waves.1.ends_at": "15 h 30",
        "waves.1.capacity": "1 000", "waves.1.place": "Quai 4", "waves.1.host": "Moutarde Bleue",
    }  # fmt: skip
    assert client.post(f"/manage/events/{forum.slug}/edit/waves", data=data).status_code == 302
    wave = get_event(forum.slug).waves[-1]
    assert (wave.starts_at, wave.ends_at, wave.capacity) == (paris(5, 14), paris(5, 15, 30), 1000)
    assert (wave.place, wave.host) == ("Quai 4", "Moutarde Bleue")


def test_errors_of_a_wave_stand_in_its_row(client: FlaskClient, forum: EventRow) -> None:
    data = wave_fields(forum) | {"waves.0.day": "2027-02-09"}
    answer = client.post(f"/manage/events/{forum.slug}/edit/waves", data=data)
    assert answer.status_code == 422
    assert 'id="waves.0.starts_at-error"' in answer.text
    assert "outside the event" in answer.text


def test_a_wave_cannot_hold_fewer_than_are_in_it(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    data = wave_fields(forum, 4) | {"waves.0.capacity": "29"}
    answer = client.post(f"/manage/events/{forum.slug}/edit/waves", data=data)
    assert answer.status_code == 422
    assert "More places are taken already." in answer.text
    assert get_event(forum.slug).waves[0].capacity == 60


def test_a_wave_with_people_cannot_be_removed(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    enrol(forum, class_draft(forum, 1, "Manon Lambert"))
    known = fields_of(client.get(f"/manage/events/{forum.slug}/edit/waves"))["known"]
    answer = client.post(f"/manage/events/{forum.slug}/edit/waves", data=wave_fields(forum, 1) | {"known": known[0]})
    assert answer.status_code == 422
    assert "A wave that people are registered for cannot be removed." in answer.text
    assert len(get_event(forum.slug).waves) == 5


def test_limits_are_copied_to_all_waves_then_saved(client: FlaskClient, forum: EventRow) -> None:
    data = {"limit_all_school.people": "45", "limit_all_school.groups": "1", "limit_all_family.people": "0"}
    copied = client.post(f"/manage/events/{forum.slug}/edit/limits", data=data | {"everywhere": "1"})
    assert copied.status_code == 200
    assert copied.text.count('value="45"') == 6
    sent = {f"limit_{w.id}_school.people": "45" for w in forum.waves} | {
        f"limit_{forum.waves[0].id}_family.people": "0"
    }
    assert client.post(f"/manage/events/{forum.slug}/edit/limits", data=sent).status_code == 302
    waves = get_event(forum.slug).waves
    assert [(a.audience, a.max_people, a.max_groups) for a in waves[1].allotments] == [("school", 45, None)]
    assert {(a.audience, a.max_people) for a in waves[0].allotments} == {("school", 45), ("family", 0)}


def test_limits_of_one_wave_are_copied_to_all(client: FlaskClient, forum: EventRow) -> None:
    address, first = f"/manage/events/{forum.slug}/edit/limits", forum.waves[1].id
    data = {f"limit_{first}_school.people": "31", f"limit_{first}_school.groups": "2"}
    copied = client.post(address, data=data | {"everywhere": f"wave-{first}"}).text
    assert copied.count('value="31"') == len(forum.waves)
    assert copied.count("31 people, 2 groups") == len(forum.waves)


def test_a_few_waves_with_limits_stand_open_and_all_say_theirs(client: FlaskClient, forum: EventRow) -> None:
    address = f"/manage/events/{forum.slug}/edit/limits"
    assert client.get(address).text.count('<details class="limits" open>') == 1
    few = {f"limit_{w.id}_family.people": "0" for w in forum.waves[:2]}
    assert client.post(address, data=few).status_code == 302
    page = client.get(address).text
    assert page.count('<details class="limits" open>') == 3
    assert page.count(": not admitted") == 2
    many = {f"limit_{w.id}_family.people": "12" for w in forum.waves}
    assert client.post(address, data=many).status_code == 302
    folded = client.get(address).text
    assert folded.count('<details class="limits" open>') == 0
    assert folded.count("12 people") == len(forum.waves)
    wrong = client.post(address, data=many | {f"limit_{forum.waves[3].id}_family.people": "-4"})
    assert wrong.status_code == 422
    assert wrong.text.count('<details class="limits" open>') == 1


def test_a_limit_below_what_is_taken_is_told_at_its_cell(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    sent = {f"limit_{forum.waves[0].id}_school.people": "10"}
    answer = client.post(f"/manage/events/{forum.slug}/edit/limits", data=sent)
    assert answer.status_code == 422
    assert "More places are taken already." in answer.text


def test_the_route_keeps_its_order_and_follows_renamed_spaces(client: FlaskClient, forum: EventRow) -> None:
    spaces = {
        f"spaces.{n}.{name}": value
        for n, s in enumerate(forum.spaces)
        for name, value in (("id", str(s.id)), ("name", "Grande salle" if n == 0 else s.name), ("capacity", "90"))
    }
    assert client.post(f"/manage/events/{forum.slug}/edit/spaces", data=spaces).status_code == 302
    event = get_event(forum.slug)
    assert (event.spaces[0].name, event.spaces[0].capacity) == ("Grande salle", 90)
    assert event.stops[0].space_name == "Grande salle"
    stops = {"stops.0.name_fr": "Accueil", "stops.0.minutes": "5", "stops.0.optional": "y", "stops.0.space": ""}
    stops |= {
        "stops.1.name_fr": "Construire",
        "stops.1.minutes": "20",
        "stops.1.optional": "",
        "stops.1.space": "Grande salle",
    }
    stops["known"] = fields_of(client.get(f"/manage/events/{forum.slug}/edit/route"))["known"][0]
    moved = client.post(f"/manage/events/{forum.slug}/edit/route", data=stops | {"down": "0"}).text
    assert moved.index('value="Construire"') < moved.index('value="Accueil"')
    assert client.post(f"/manage/events/{forum.slug}/edit/route", data=stops).status_code == 302
    route = get_event(forum.slug).stops
    assert [(s.position, s.name_fr, s.minutes, s.optional, s.space_name) for s in route] == [
        (1, "Accueil", 5, True, ""),
        (2, "Construire", 20, False, "Grande salle"),
    ]


def test_registration_settings_are_saved_in_local_time(client: FlaskClient, forum: EventRow) -> None:
    data = {
        "enrolment": "several", "opens_day": "2027-01-15", "opens_hour": "8:00", "closes_day": "2027-02-03", "closes_hour": "",
        "capacity": "200", "waiting_list": "", "waiting_policy": "skip", "offer_hours": "48", "absent_minutes": "20",
        "asks_statistics": "y", "keep_names_days": "90",
    }  # fmt: skip
    assert client.post(f"/manage/events/{forum.slug}/edit/registration", data=data).status_code == 302
    event = get_event(forum.slug)
    assert event.enrolment is Enrolment.SEVERAL
    assert event.registration_opens_at is not None
    assert event.registration_opens_at.isoformat() == "2027-01-15T07:00:00+00:00"
    assert event.registration_closes_at == paris(3, 23, 59)
    assert (event.capacity, event.waiting_list, event.asks_statistics, event.keep_names_days) == (200, False, True, 90)
    assert (event.waiting_policy, event.offer_hours, event.absent_minutes) == (WaitingPolicy.SKIP, 48, 20)


def test_an_audience_of_ones_own_is_added_and_accepted(client: FlaskClient, forum: EventRow) -> None:
    data = {"label_fr": "Retraités", "label_en": "Retired people", "groups": "y"}
    assert client.post(f"/manage/events/{forum.slug}/edit/audiences/new", data=data).status_code == 302
    assert [a.code for a in get_event(forum.slug).audiences] == ["school", "job_seeker", "family", "retraites"]
    again = client.post(f"/manage/events/{forum.slug}/edit/audiences/new", data=data)
    assert again.status_code == 422
    assert "This name is used already." in again.text


def test_a_kind_may_be_changed(client: FlaskClient, forum: EventRow) -> None:
    data = {
        "title_fr": "Visite", "kind": "visit", "timezone": "Europe/Paris", "starts_day": "2027-02-04", "starts_hour": "09:00",
        "ends_day": "2027-02-05", "ends_hour": "17:00",
    }  # fmt: skip
    assert client.post(f"/manage/events/{forum.slug}/edit/basics", data=data).status_code == 302
    assert get_event(forum.slug).kind is EventKind.VISIT


@pytest.mark.parametrize("section", [*SECTIONS, "limits"])
def test_an_archived_event_is_not_edited(client: FlaskClient, forum: EventRow, by: Actor, section: str) -> None:
    with transaction():
        move_event(forum.id, EventMove.CLOSE, by=by, now=NOW)
        move_event(forum.id, EventMove.ARCHIVE, by=by, now=NOW)
    assert client.get(f"/manage/events/{forum.slug}/edit/{section}").status_code == 409
    assert client.post(f"/manage/events/{forum.slug}/edit/{section}", data={}).status_code == 409


def test_an_unknown_section_does_not_exist(client: FlaskClient, forum: EventRow) -> None:
    assert client.get(f"/manage/events/{forum.slug}/edit/nothing").status_code == 404


@pytest.mark.parametrize("lost", ["venue_commune", "venue_address"])
def test_a_place_without_a_name_is_refused_at_the_field(client: FlaskClient, forum: EventRow, lost: str) -> None:
    url = f"/manage/events/{forum.slug}/edit/place"
    sent = {"venue_name": "", "venue_address": "", "venue_commune": "", lost: "3 rue du Bourg"}
    answer = client.post(url, data=fields_of(client.get(url)) | sent)
    assert answer.status_code == 422
    assert "Give the venue a name" in answer.text
    assert "3 rue du Bourg" in fields_of(answer)[lost]
    assert get_event(forum.slug).venue_name == "Le Consortium"
