"""Registrations through the API."""

from typing import Any

import pytest

from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft
from app.events.enums import Enrolment, QuestionKind
from app.events.operations.questions import save_question
from app.events.queries import EventRow
from app.events.questions import QuestionRow, with_codes
from tests.factories import NOW, forum, make_event, make_registration, one_wave, person_draft
from tests.integration.api.conftest import World, errors_of, problem_of

CONTACT = {"name": "Manon Lambert", "email": "manon.lambert@example.org"}
SCHOOL = {"name": "Collège des Trois-Rivières", "uai": "0219100C", "class_label": "3e B", "commune": "Dijon"}


def group(event: EventRow, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "kind": "group",
        "audience": "school",
        "waves": [str(event.waves[0].id)],
        "contact": CONTACT,
        "headcount": {"participants": 28, "companions": 2},
        "organisation": SCHOOL,
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def person(event: EventRow, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "kind": "individual",
        "audience": "job_seeker",
        "waves": [str(event.waves[0].id)],
        "contact": {"name": "Hugo Dupont", "phone": "06 39 98 44 10"},
    }
    return values | changes


def path(event: EventRow) -> str:
    return f"/events/{event.slug}/registrations"


def left(world: World, event: EventRow) -> int:
    found: int = world.program.get(f"/events/{event.slug}").get_json()["waves"][0]["places_left"]
    return found


def test_a_class_takes_its_places_and_gets_its_ticket(world: World) -> None:
    answer = world.program.post(path(world.event), group(world.event, oriented_by="Mission Locale"))
    assert answer.status_code == 201, answer.get_json(force=True)
    made = answer.get_json()
    assert set(made) == {"reference", "status", "self_service_url", "tickets"}
    assert made["status"] == "confirmed"
    assert made["reference"].startswith("VT-")
    assert made["self_service_url"].startswith("http://127.0.0.1:8000/r/")
    assert [(len(t["code"]), t["label"]) for t in made["tickets"]] == [(26, "3e B")]
    assert left(world, world.event) == 30
    state = world.program.get(f"/registrations/{made['reference']}").get_json()
    assert {name: state[name] for name in made} == made
    assert (state["event"], state["kind"], state["audience"]) == (world.event.slug, "group", "school")
    assert state["waves"] == [str(world.event.waves[0].id)]
    assert state["headcount"] == {"participants": 28, "companions": 2}
    assert state["organisation"] == SCHOOL
    assert state["contact"] == {**CONTACT, "phone": ""}
    assert state["oriented_by"] == "Mission Locale"
    spoken = made["reference"].replace("-", "").lower()
    assert world.program.get(f"/registrations/{spoken}").get_json() == state


def test_a_person_without_a_mailbox(world: World) -> None:
    answer = world.program.post(
        path(world.event),
        person(
            world.event, locale="en-GB", is_15_or_older=True,
            statistics={"gender": "man", "age_band": "16_29", "rural_zone": False},
        ),
    )  # fmt: skip
    assert answer.status_code == 201, answer.get_json(force=True)
    state = world.program.get(f"/registrations/{answer.get_json()['reference']}").get_json()
    assert state["headcount"] == {"participants": 1, "companions": 0}
    assert state["contact"] == {"name": "Hugo Dupont", "email": "", "phone": "+33639984410"}
    assert state["locale"] == "en"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "crowd"}, {"/kind": "choice"}),
        ({"audience": "martians"}, {"/audience": "unknown_audience"}),
        ({"waves": []}, {"/waves": "required"}),
        ({"waves": ["first"]}, {"/waves/0": "unknown_wave"}),
        ({"waves": ["2147483648"]}, {"/waves/0": "unknown_wave"}),
        ({"waves": ["999999"]}, {"/waves": "unknown_wave"}),
        ({"waves": [1]}, {"/waves/0": "text_expected"}),
        ({"contact": {"name": "Manon"}}, {"/contact/email": "email_or_phone"}),
        ({"contact": {"name": " ", "email": "m@example.org"}}, {"/contact/name": "required"}),
        ({"contact": {"name": "M", "email": "m@example"}}, {"/contact/email": "email_ending"}),
        ({"contact": {"name": "M", "phone": "06 39"}}, {"/contact/phone": "phone_digits"}),
        ({"headcount": None}, {"/headcount": "required"}),
        ({"headcount": {"participants": 0}}, {"/headcount/participants": "out_of_range"}),
        ({"headcount": {"participants": -1, "companions": 2.5}},
         {"/headcount/participants": "out_of_range", "/headcount/companions": "number"}),
        ({"kind": "individual"}, {"/headcount": "individual_is_one"}),
        ({"organisation": {"name": "C", "uai": "0219100D"}}, {"/organisation/uai": "uai_letter"}),
        ({"answers": {"q": {"nested": 1}}}, {"/answers/q": "text_expected"}),
        ({"answers": {"q": "\x00"}}, {"/answers/q": "control_character"}),
        ({"answers": {"q": "red"}}, {"/answers/q": "question_unknown"}),
        ({"waitlist": "yes"}, {"/waitlist": "flag_expected"}),
        ({"source": "staff"}, {"/source": "unknown_field"}),
    ],
)  # fmt: skip
def test_wrong_fields_are_named(sqlite_world: World, changes: dict[str, Any], expected: dict[str, str]) -> None:
    event = sqlite_world.event
    assert errors_of(sqlite_world.program.post(path(event), group(event, **changes))) == expected
    assert left(sqlite_world, event) == 60


def test_a_full_wave_says_so_and_the_waiting_list_is_a_choice(world: World) -> None:
    event = make_event(world.organiser_id, one_wave(31, AllotmentDraft("job_seeker", 2)))
    assert world.program.post(path(event), group(event)).status_code == 201
    other = group(event, contact={"name": "Other", "email": "other@example.org"})
    assert problem_of(world.program.post(path(event), other)) == (409, "wave_full")
    waiting = world.program.post(path(event), other | {"waitlist": True})
    assert (waiting.status_code, waiting.get_json()["status"]) == (201, "waitlisted")
    assert left(world, event) == 1


def test_nobody_waits_for_more_places_than_there_ever_are(world: World) -> None:
    event = make_event(world.organiser_id, one_wave(60))
    asked = group(event, headcount={"participants": 84, "companions": 0}, waitlist=True)
    answer = world.program.post(path(event), asked)
    assert errors_of(answer) == {"/headcount/participants": "never_room"}
    assert left(world, event) == 60


def test_an_allotment_that_is_full(sqlite_world: World) -> None:
    event = make_event(sqlite_world.organiser_id, one_wave(60, AllotmentDraft("school", 10)))
    assert problem_of(sqlite_world.program.post(path(event), group(event))) == (409, "audience_full")


def test_the_same_person_and_the_same_class_twice(world: World) -> None:
    event = world.event
    assert world.program.post(path(event), group(event)).status_code == 201
    assert problem_of(world.program.post(path(event), group(event))) == (409, "already_registered")
    small = {"participants": 5, "companions": 1}
    other_class = group(event, organisation=SCHOOL | {"class_label": "3e C"}, headcount=small)
    assert world.program.post(path(event), other_class).status_code == 201
    alone = person(event, contact=CONTACT)
    assert world.program.post(path(event), alone).status_code == 201
    assert problem_of(world.program.post(path(event), alone)) == (409, "already_registered")


def test_a_draft_takes_no_registrations(sqlite_world: World) -> None:
    event = make_event(sqlite_world.organiser_id, publish=False)
    assert problem_of(sqlite_world.program.post(path(event), person(event))) == (409, "registration_closed")


def test_an_event_of_several_dates_takes_all(sqlite_world: World) -> None:
    event = make_event(sqlite_world.organiser_id, forum(enrolment=Enrolment.ALL))
    made = sqlite_world.program.post(path(event), person(event, waves=[])).get_json()
    state = sqlite_world.program.get(f"/registrations/{made['reference']}").get_json()
    assert state["waves"] == [str(wave.id) for wave in event.waves]


def test_change_and_cancel(world: World) -> None:
    made = make_registration(world.event)
    second = str(world.event.waves[1].id)

    def move(**body: Any) -> Any:
        return world.program.post(f"/registrations/{made.reference}/moves", body)

    assert errors_of(move(move="change")) == {"/waves": "required"}
    assert problem_of(move(move="change", waves=[second], headcount={"participants": 29, "companions": 2})) == (
        409,
        "wave_full",
    )
    changed = move(move="change", waves=[second])
    assert changed.status_code == 200
    assert changed.get_json()["waves"] == [second]
    grown = move(move="change", headcount={"participants": 27}).get_json()
    assert grown["headcount"] == {"participants": 27, "companions": 0}
    waves = world.program.get(f"/events/{world.event.slug}").get_json()["waves"]
    assert [w["places_left"] for w in waves] == [60, 3]
    cancelled = move(move="cancel", reason="Car en panne").get_json()
    told = (cancelled["status"], cancelled["cancel_code"], cancelled["cancel_reason"])
    assert told == ("cancelled", "other", "Car en panne")
    assert problem_of(move(move="cancel")) == (409, "move_not_allowed")
    assert problem_of(move(move="change", waves=[second])) == (409, "move_not_allowed")
    assert errors_of(move(move="vanish")) == {"/move": "choice"}
    assert left(world, world.event) == 60


def test_a_reason_may_be_a_code(sqlite_world: World) -> None:
    world = sqlite_world
    made = [make_registration(world.event, person_draft(world.event)) for _ in range(3)]
    for registration, told, expected in zip(
        made, ("transport", "no_room", "Transport"), (("transport", ""), ("no_room", ""), ("other", "Transport")),
        strict=True,
    ):  # fmt: skip
        body = {"move": "cancel", "reason": told}
        answer = world.program.post(f"/registrations/{registration.reference}/moves", body).get_json()
        assert (answer["cancel_code"], answer["cancel_reason"]) == expected


def test_a_reference_that_nobody_has(sqlite_world: World) -> None:
    for reference in ("VT-0000-00", "x", "%F0%9F%8E%AB", "'; DROP TABLE registrations"):
        assert problem_of(sqlite_world.program.get(f"/registrations/{reference}")) == (404, "not_found")


def test_answers_to_the_events_questions(world: World) -> None:
    meal = QuestionRow(
        "",
        QuestionKind.CHOICE,
        "Repas",
        label_en="Meal",
        required=True,
        choices=with_codes([("Oui", "Yes"), ("Non", "No")]),
    )
    with transaction():
        save_question(world.event.id, meal, by=SYSTEM, now=NOW)
    told = world.program.get(f"/events/{world.event.slug}").get_json()["questions"]
    assert [(q["key"], q["required"], [c["code"] for c in q["choices"]]) for q in told] == [
        ("repas", True, ["oui", "non"])
    ]
    missing = world.program.post(path(world.event), person(world.event))
    assert errors_of(missing) == {"/answers/repas": "answer_required"}
    wrong = world.program.post(path(world.event), person(world.event, answers={"repas": "demain"}))
    assert errors_of(wrong) == {"/answers/repas": "answer_no_choice"}
    assert world.program.post(path(world.event), person(world.event, answers={"repas": "oui"})).status_code == 201
