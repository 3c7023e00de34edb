"""Events through the API."""

from typing import Any

import pytest

from app.core.i18n import LOCALES
from app.events.drafts import AllotmentDraft
from app.events.queries import get_event
from tests.conftest import counted_statements
from tests.factories import make_event, make_registration, one_wave
from tests.integration.api.conftest import World, errors_of, problem_of

START, END = "2027-02-04T09:00:00+01:00", "2027-02-04T17:00:00+01:00"


def body(**changes: Any) -> dict[str, Any]:
    """The least that makes an event, and what a test changes of it; None takes a field out."""
    values: dict[str, Any] = {
        "title": {"fr": "La Voie des Talents", "en": "The Path of Talents"},
        "kind": "forum",
        "venue": {"name": "Le Consortium", "commune": "Dijon"},
        "starts_at": START,
        "ends_at": END,
        "audiences": ["school", "job_seeker"],
        "waves": [
            {
                "starts_at": START,
                "ends_at": "2027-02-04T09:40:00+01:00",
                "capacity": 60,
                "allotments": [{"audience": "school", "max_people": 40, "max_groups": 2}],
            }
        ],
        "spaces": [{"name": "Grande salle", "capacity": 70}],
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def test_a_new_event_is_a_draft_with_its_checkpoints(world: World) -> None:
    answer = world.program.post("/events", body())
    assert answer.status_code == 201
    event = answer.get_json()
    assert (event["slug"], event["state"]) == ("la-voie-des-talents-2027-2", "draft")
    assert event["title"] == {"fr": "La Voie des Talents", "en": "The Path of Talents"}
    assert event["venue"] == {"name": "Le Consortium", "address": "", "commune": "Dijon"}
    assert (event["starts_at"], event["timezone"], event["enrolment"]) == (START, "Europe/Paris", "one")
    space = event["spaces"][0]
    assert [(c["name"], c["space"]) for c in event["checkpoints"]] == [("Entrée", None), ("Grande salle", space["id"])]
    assert event["waves"][0]["places_left"] == 60
    assert event["waves"][0]["allotments"] == [
        {"audience": "school", "max_people": 40, "max_groups": 2, "places_left": 40, "groups_left": 2}
    ]
    assert all(isinstance(part["id"], str) for part in [*event["waves"], *event["spaces"], *event["checkpoints"]])
    assert world.program.get(f"/events/{event['slug']}").get_json() == event


def test_everything_optional_comes_back(sqlite_world: World) -> None:
    more = body(
        slug="voie-2027", reference_prefix="VDT", summary={"fr": "Deux jours", "en": "Two days"},
        description={"fr": "Longue"}, entrance={"fr": "Rue de Longvic"}, enrolment="several", timezone="Indian/Reunion",
        stops=[{"name": {"fr": "Construire"}, "minutes": 20, "optional": True, "space": "Grande salle"}],
        capacity=900, registration_opens_at="2027-01-01T00:00:00Z", registration_closes_at=START, asks_statistics=True,
        waiting_list=False, keep_names_days=90, join_url="https://example.org/salle",
    )  # fmt: skip
    answer = sqlite_world.program.post("/events", more)
    assert answer.status_code == 201, answer.get_json()
    event = answer.get_json()
    assert (event["slug"], event["reference_prefix"], event["capacity"]) == ("voie-2027", "VDT", 900)
    assert event["summary"] == {"fr": "Deux jours", "en": "Two days"}
    assert event["starts_at"] == "2027-02-04T12:00:00+04:00"
    assert event["registration_opens_at"] == "2027-01-01T04:00:00+04:00"
    assert (event["asks_statistics"], event["waiting_list"], event["keep_names_days"]) == (True, False, 90)
    assert event["stops"] == [
        {
            "name": {"fr": "Construire", "en": ""}, "text": {"fr": "", "en": ""}, "minutes": 20, "optional": True,
            "space": "Grande salle", "any_order": False, "audiences": [], "largest_team": None, "box": "",
            "id": event["stops"][0]["id"],
        }
    ]  # fmt: skip


WAVE = {"starts_at": START, "ends_at": END, "capacity": 10}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": {"en": "Only English"}}, {"/title/fr": "required"}),
        ({"title": "La Voie"}, {"/title": "object_expected"}),
        ({"title": {"fr": "a" * 161}}, {"/title/fr": "too_long"}),
        ({"title": {"fr": "a\x00b"}}, {"/title/fr": "control_character"}),
        ({"title": {"fr": "\ud800"}}, {"/title/fr": "control_character"}),
        ({"kind": "party"}, {"/kind": "choice"}),
        ({"kind": 3}, {"/kind": "choice"}),
        ({"starts_at": "2027-02-04T09:00:00"}, {"/starts_at": "timestamp"}),
        ({"starts_at": "2027-02-30T09:00:00Z"}, {"/starts_at": "timestamp"}),
        ({"starts_at": "1999-12-31T09:00:00Z"}, {"/starts_at": "timestamp"}),
        ({"starts_at": 1801731600}, {"/starts_at": "timestamp"}),
        ({"ends_at": START}, {"/ends_at": "ends_before_start"}),
        ({"timezone": "Europe/Dijon"}, {"/timezone": "unknown_timezone"}),
        ({"audiences": ["school", "martians"]}, {"/audiences/1": "unknown_audience"}),
        ({"audiences": "school"}, {"/audiences": "list_expected"}),
        ({"waves": [WAVE, WAVE | {"capacity": "10"}]}, {"/waves/1/capacity": "number"}),
        ({"waves": [WAVE | {"capacity": True}]}, {"/waves/0/capacity": "number"}),
        ({"waves": [WAVE | {"capacity": 0}]}, {"/waves/0/capacity": "out_of_range"}),
        ({"waves": [WAVE | {"capacity": 10**20}]}, {"/waves/0/capacity": "out_of_range"}),
        ({"waves": [None]}, {"/waves/0": "required"}),
        ({"waves": [WAVE | {"id": "7"}]}, {"/waves/0/id": "unknown_id"}),
        ({"waves": [WAVE | {"id": 7}]}, {"/waves/0/id": "unknown_id"}),
        ({"waves": [WAVE | {"color": "red"}]}, {"/waves/0/color": "unknown_field"}),
        ({"a/b~c": 1}, {"/a~1b~0c": "unknown_field"}),
        ({"asks_statistics": "true"}, {"/asks_statistics": "flag_expected"}),
        ({"project": "999"}, {"/project": "unknown_project"}),
        ({"slug": "Voie 2027"}, {"/slug": "malformed"}),
        ({"title": None, "kind": None}, {"/title": "required", "/kind": "required"}),
    ],
)
def test_wrong_fields_are_named(sqlite_world: World, changes: dict[str, Any], expected: dict[str, str]) -> None:
    assert errors_of(sqlite_world.program.post("/events", body(**changes))) == expected


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b'{"title": NaN}', b"[" * 100_000, b"1" * 5000], ids=str)
def test_what_is_not_json_is_refused(sqlite_world: World, data: bytes) -> None:
    assert list(errors_of(sqlite_world.program.send("/events", data)).values()) == ["malformed_json"]


def test_another_content_type_is_415(sqlite_world: World) -> None:
    answer = sqlite_world.program.send("/events", b"title=x", "application/x-www-form-urlencoded")
    assert problem_of(answer) == (415, "unsupported_media_type")
    assert list(errors_of(sqlite_world.program.post("/events", [])).values()) == ["object_expected"]


def test_messages_are_in_the_callers_language(sqlite_world: World) -> None:
    said = {
        locale: sqlite_world.program.post("/events", {}, Accept_Language=locale).get_json(force=True)["errors"][0]
        for locale in LOCALES
    }
    assert said["en"]["message"] == "This answer is missing."
    assert said["en"]["code"] == said["fr"]["code"] == "required"


def test_moves_follow_the_table(world: World) -> None:
    slug = world.program.post("/events", body()).get_json()["slug"]

    def move(name: str, **more: str) -> Any:
        return world.program.post(f"/events/{slug}/moves", {"move": name, **more})

    assert problem_of(move("close")) == (409, "move_not_allowed")
    assert move("publish").get_json()["state"] == "published"
    assert problem_of(move("publish")) == (409, "move_not_allowed")
    assert errors_of(move("postpone")) == {"/shift_days": "one_of_dates"}
    assert move("close").get_json()["state"] == "closed"
    assert move("publish").get_json()["state"] == "published"
    cancelled = move("cancel", reason="Grève des transports").get_json()
    told = (cancelled["state"], cancelled["cancel_code"], cancelled["cancel_reason"])
    assert told == ("cancelled", "other", "Grève des transports")
    assert move("archive").get_json()["state"] == "archived"
    assert errors_of(move("dance")) == {"/move": "choice"}
    assert errors_of(world.program.post(f"/events/{slug}/moves", {})) == {"/move": "required"}


def test_people_to_come_are_not_archived(world: World) -> None:
    slug = world.program.post("/events", body()).get_json()["slug"]
    moves = f"/events/{slug}/moves"
    world.program.post(moves, {"move": "publish"})
    make_registration(get_event(slug))
    world.program.post(moves, {"move": "close"})
    refused = world.program.post(moves, {"move": "archive"})
    assert problem_of(refused) == (409, "not_over")
    assert "cancel the event, or change its dates" in refused.get_json(force=True)["detail"]
    assert world.program.get(f"/events/{slug}").get_json()["state"] == "closed"
    world.program.post(moves, {"move": "cancel"})
    assert world.program.post(moves, {"move": "archive"}).get_json()["state"] == "archived"


def test_an_event_is_called_off_by_a_code_that_nobody_is_told(sqlite_world: World) -> None:
    slug = sqlite_world.program.post("/events", body()).get_json()["slug"]
    off = sqlite_world.program.post(f"/events/{slug}/moves", {"move": "cancel", "reason": "too_few"}).get_json()
    assert (off["state"], off["cancel_code"], off["cancel_reason"]) == ("cancelled", "too_few", "")


def test_an_event_without_what_people_need_is_not_published(sqlite_world: World) -> None:
    slug = sqlite_world.program.post("/events", body(venue=None, waves=[])).get_json()["slug"]
    answer = sqlite_world.program.post(f"/events/{slug}/moves", {"move": "publish"})
    assert problem_of(answer) == (409, "event_incomplete")
    assert answer.get_json(force=True)["detail"] == "missing: waves, place"


def test_editing_keeps_what_is_named_by_id(world: World) -> None:
    event = world.program.post("/events", body()).get_json()
    wave, space = event["waves"][0]["id"], event["spaces"][0]["id"]
    changed = body(
        title={"fr": "Autre titre"},
        waves=[WAVE | {"id": wave, "capacity": 80}, WAVE | {"place": "Atelier"}],
        spaces=[{"id": space, "name": "Petite salle", "capacity": 20}, {"name": "Forge", "capacity": 5}],
    )
    answer = world.program.put(f"/events/{event['slug']}", changed)
    assert answer.status_code == 200, answer.get_json(force=True)
    after = answer.get_json()
    assert after["slug"] == event["slug"]
    assert after["title"] == {"fr": "Autre titre", "en": ""}
    assert [(w["id"] == wave, w["capacity"]) for w in after["waves"]] == [(True, 80), (False, 10)]
    assert [(s["id"] == space, s["name"]) for s in after["spaces"]] == [(True, "Petite salle"), (False, "Forge")]
    assert [c["name"] for c in after["checkpoints"]] == ["Entrée", "Petite salle", "Forge"]
    foreign_wave = str(world.event.waves[0].id)
    refused = world.program.put(f"/events/{event['slug']}", body(waves=[WAVE | {"id": foreign_wave}]))
    assert problem_of(refused) == (404, "not_found")


def test_a_wave_with_people_in_it_stays(sqlite_world: World) -> None:
    make_registration(sqlite_world.event)
    path = f"/events/{sqlite_world.event.slug}"
    assert problem_of(sqlite_world.program.put(path, body(spaces=[]))) == (409, "has_registrations")
    wave = WAVE | {"id": str(sqlite_world.event.waves[0].id), "capacity": 29}
    assert errors_of(sqlite_world.program.put(path, body(waves=[wave], spaces=[]))) == {
        "/waves/0/capacity": "below_taken"
    }


def test_the_count_is_never_stale(world: World) -> None:
    event = make_event(world.organiser_id, one_wave(60, AllotmentDraft("school", 40, 1)))
    before = world.program.get(f"/events/{event.slug}").get_json()["waves"][0]
    make_registration(event)
    after = world.program.get(f"/events/{event.slug}").get_json()["waves"][0]
    assert (before["places_left"], after["places_left"]) == (60, 30)
    assert [(a["places_left"], a["groups_left"]) for a in after["allotments"]] == [(10, 0)]
    listed = world.program.get("/events").get_json()["events"]
    assert next(e for e in listed if e["slug"] == event.slug)["waves"][0] == after


def test_the_list_pages_by_cursor(sqlite_world: World) -> None:
    slugs = {sqlite_world.event.slug} | {make_event(sqlite_world.organiser_id).slug for _ in range(4)}
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = sqlite_world.program.get(f"/events?limit=2{'&cursor=' + cursor if cursor else ''}").get_json()
        seen += [event["slug"] for event in page["events"]]
        cursor = page["cursor"]
    assert len(seen) == 5
    assert set(seen) == slugs


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_takes_a_fixed_number_of_statements(sqlite_world: World, n: int) -> None:
    for _ in range(n):
        make_event(sqlite_world.organiser_id)
    sqlite_world.program.get("/events")
    with counted_statements() as count:
        sqlite_world.program.get("/events")
    assert int(count) == 14


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("curser=abc", {"/curser": "unknown_field"}),
        ("limit=0", {"/limit": "out_of_range"}),
        ("limit=101", {"/limit": "out_of_range"}),
        ("limit=many", {"/limit": "number"}),
        ("cursor=abc", {"/cursor": "invalid"}),
        ("cursor=%C3%A9", {"/cursor": "invalid"}),
        ("cursor=MjAyNy0wMS0wMXw5OTk5OTk5OTk5OTk5OTk5OTk5OQ", {"/cursor": "invalid"}),
    ],
)
def test_a_wrong_page_is_refused(sqlite_world: World, query: str, expected: dict[str, str]) -> None:
    assert errors_of(sqlite_world.program.get(f"/events?{query}")) == expected
