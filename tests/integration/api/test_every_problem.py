"""A refused body names every wrong field at once, and says nothing of what is another organiser's."""

from typing import Any

import pytest

from tests.factories import forum, make_event, make_registration, person_draft
from tests.integration.api.conftest import World, errors_of, problem_of
from tests.integration.api.test_events import END, START, WAVE, body
from tests.integration.api.test_registrations import group, path


def test_an_event_is_refused_for_all_that_is_wrong_with_it(sqlite_world: World) -> None:
    """Wrong types, missing fields, and what only the domain's rules see, in one answer."""
    wrong = body(
        title={"en": 7},
        kind="party",
        timezone="Europe/Dijon",
        ends_at=START,
        audiences=["school", 3, "martians"],
        waves=[
            WAVE | {"capacity": "10"},
            WAVE | {"ends_at": "noon", "id": "7"},
            WAVE
            | {
                "starts_at": "2027-02-03T09:00:00+01:00",
                "allotments": [{"audience": "school"}, {"audience": "family"}],
            },
            None,
        ],
        spaces=[{"name": " ", "capacity": 0}],
        stops=[{"name": {"fr": "Forge"}, "minutes": -1, "space": "Nowhere"}],
        registration_opens_at=END,
        registration_closes_at=START,
        keep_names_days=0,
        slug="Voie 2027",
        project="999",
        join_url="ftp://example.org",
        color="red",
    )
    assert errors_of(sqlite_world.program.post("/events", wrong)) == {
        "/title/fr": "required",
        "/title/en": "text_expected",
        "/kind": "choice",
        "/timezone": "unknown_timezone",
        "/ends_at": "ends_before_start",
        "/audiences/1": "text_expected",
        "/audiences/2": "unknown_audience",
        "/waves/0/capacity": "number",
        "/waves/1/ends_at": "timestamp",
        "/waves/1/id": "unknown_id",
        "/waves/2/starts_at": "outside_event",
        "/waves/3": "required",
        "/spaces/0/name": "required",
        "/spaces/0/capacity": "out_of_range",
        "/stops/0/minutes": "out_of_range",
        "/stops/0/space": "unknown_space",
        "/registration_closes_at": "ends_before_start",
        "/keep_names_days": "out_of_range",
        "/slug": "malformed",
        "/project": "unknown_project",
        "/join_url": "malformed",
        "/color": "unknown_field",
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"starts_at": "soon"}, {"/starts_at": "timestamp"}),
        ({"audiences": "school"}, {"/audiences": "list_expected"}),
        ({"spaces": [{"capacity": 5}], "stops": [{"name": {"fr": "Forge"}, "minutes": 5, "space": "Forge"}]},
         {"/spaces/0/name": "required"}),
        ({"waves": [WAVE | {"starts_at": "soon"}]}, {"/waves/0/starts_at": "timestamp"}),
        ({"spaces": [{"capacity": 5}, {"capacity": 5}]},
         {"/spaces/0/name": "required", "/spaces/1/name": "required"}),
        ({"registration_opens_at": "soon", "registration_closes_at": START}, {"/registration_opens_at": "timestamp"}),
        ({"project": "999", "slug": "taken"}, {"/project": "unknown_project", "/slug": "taken"}),
    ],
)  # fmt: skip
def test_what_hangs_on_a_wrong_field_is_no_problem_of_its_own(
    sqlite_world: World, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    make_event(sqlite_world.organiser_id, forum(slug="taken"))
    assert errors_of(sqlite_world.program.post("/events", body(**changes))) == expected


def test_what_is_said_of_an_event_anew_is_read_to_its_end(sqlite_world: World) -> None:
    kept = WAVE | {"id": str(sqlite_world.event.waves[0].id)}
    answer = sqlite_world.program.put(
        f"/events/{sqlite_world.event.slug}", body(kind=3, audiences=["martians"], waves=[kept], timezone="Mars")
    )
    assert errors_of(answer) == {
        "/kind": "choice", "/audiences/0": "unknown_audience", "/timezone": "unknown_timezone",
    }  # fmt: skip


def test_a_registration_is_refused_for_all_that_is_wrong_with_it(sqlite_world: World) -> None:
    wrong = group(
        sqlite_world.event,
        audience="martians",
        waves=["first", "2"],
        contact={"name": " ", "email": "manon@example", "phone": "06 39"},
        headcount={"participants": 0, "companions": "2"},
        organisation={"uai": "0219100D", "commune": 21000},
        answers={"lunch": {"nested": 1}, "topics": ["wood", "\x00"]},
        oriented_by=["Mission Locale"],
        locale=3,
        source="staff",
    )
    assert errors_of(sqlite_world.program.post(path(sqlite_world.event), wrong)) == {
        "/audience": "unknown_audience",
        "/waves/0": "unknown_wave",
        "/contact/name": "required",
        "/contact/email": "email_ending",
        "/contact/phone": "phone_digits",
        "/headcount/participants": "out_of_range",
        "/headcount/companions": "number",
        "/organisation/name": "required",
        "/organisation/uai": "uai_letter",
        "/organisation/commune": "text_expected",
        "/answers/lunch": "text_expected",
        "/answers/topics": "control_character",
        "/oriented_by": "text_expected",
        "/locale": "text_expected",
        "/source": "unknown_field",
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"waves": ["first"], "headcount": None}, {"/waves/0": "unknown_wave", "/headcount": "required"}),
        ({"kind": None, "headcount": None}, {"/kind": "required"}),
        ({"contact": {"name": "M", "phone": 7}}, {"/contact/phone": "text_expected"}),
        ({"contact": None, "audience": "martians"}, {"/contact": "required", "/audience": "unknown_audience"}),
        ({"kind": "individual", "contact": {"name": "M"}},
         {"/headcount": "individual_is_one", "/contact/email": "email_or_phone"}),
    ],
)  # fmt: skip
def test_a_registrations_rules_hide_nothing_either(
    sqlite_world: World, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    assert (
        errors_of(sqlite_world.program.post(path(sqlite_world.event), group(sqlite_world.event, **changes))) == expected
    )


def test_a_repeated_refusal_names_them_all_too(sqlite_world: World) -> None:
    wrong = body(slug="taken", timezone="Mars")
    make_event(sqlite_world.organiser_id, forum(slug="taken"))
    answers = [sqlite_world.program.post("/events", wrong, Idempotency_Key="k") for _ in range(2)]
    assert [errors_of(a) for a in answers] == [{"/slug": "taken", "/timezone": "unknown_timezone"}] * 2


def test_a_move_is_refused_for_all_that_is_wrong_with_it(sqlite_world: World) -> None:
    made = make_registration(sqlite_world.event, person_draft(sqlite_world.event))

    def move(**sent: Any) -> dict[str, str]:
        return errors_of(sqlite_world.program.post(f"/registrations/{made.reference}/moves", sent))

    assert move(move="vanish", waves=["first"], reason=3) == {
        "/move": "choice", "/waves/0": "unknown_wave", "/reason": "text_expected",
    }  # fmt: skip
    assert move(move="change", waves=["999999"], headcount={"participants": 3}) == {
        "/waves": "unknown_wave", "/headcount": "individual_is_one",
    }  # fmt: skip
    assert move(move="vanish") == {"/move": "choice"}
    event = sqlite_world.program.post(
        f"/events/{sqlite_world.event.slug}/moves", {"move": "dance", "reason": 3, "x": 1}
    )
    assert errors_of(event) == {"/move": "choice", "/reason": "text_expected", "/x": "unknown_field"}


BAD_BODIES: list[bytes] = [b"", b"{", b"[]", b"{}", b'{"device": 4, "scans": {}}', b'{"move": 3}', b'{"kind": "party"}']


@pytest.mark.parametrize("data", BAD_BODIES, ids=str)
def test_what_is_another_organisers_is_not_found_whatever_is_sent(sqlite_world: World, data: bytes) -> None:
    made, slug = make_registration(sqlite_world.event), sqlite_world.event.slug
    for address in (f"/events/{slug}/scans", f"/events/{slug}/registrations", f"/events/{slug}/moves",
                    f"/registrations/{made.reference}/moves"):  # fmt: skip
        for content_type in ("application/json", "text/plain"):
            foreign = sqlite_world.foreign.send(address, data, content_type)
            assert problem_of(foreign) == (404, "not_found"), (address, data)
            own = sqlite_world.program.send(address, data, content_type)
            assert own.status_code == (422 if content_type == "application/json" else 415), (address, data)


def test_too_many_scans_for_another_organisers_event_are_not_found(sqlite_world: World) -> None:
    batch = {"device": "d", "scans": [None] * 501}
    address = f"/events/{sqlite_world.event.slug}/scans"
    assert problem_of(sqlite_world.foreign.post(address, batch)) == (404, "not_found")
    assert problem_of(sqlite_world.program.post(address, batch)) == (413, "too_large")
    listed = sqlite_world.foreign.get(f"/events/{sqlite_world.event.slug}/door-list?till=3")
    assert problem_of(listed) == (404, "not_found")


def test_the_whole_document_is_named_by_the_empty_pointer(sqlite_world: World) -> None:
    """RFC 6901, 5: "/" would be a member whose name is empty."""
    for answer in (sqlite_world.program.post("/events", []), sqlite_world.program.post(path(sqlite_world.event), "x")):
        assert set(errors_of(answer)) == {""}
