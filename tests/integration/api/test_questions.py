"""An event's questions through the API: told with the event, answered with the registration; files only on the page."""

import pytest

from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.operations.questions import save_question
from app.events.questions import QuestionRow
from tests.factories import NOW, forum, make_event
from tests.integration.api.conftest import World, errors_of
from tests.integration.api.test_registrations import group, path, person


def ask(world: World, *questions: QuestionRow) -> None:
    with transaction():
        for question in questions:
            save_question(world.event.id, question, by=SYSTEM, now=NOW)


def test_a_file_is_a_matter_of_the_page(sqlite_world: World) -> None:
    world = sqlite_world
    ask(world, QuestionRow("", QuestionKind.FILE, "Photo", maximum=300))
    [told] = world.program.get(f"/events/{world.event.slug}").get_json()["questions"]
    assert (told["key"], told["kind"], told["required"], told["maximum"]) == ("photo", "file", False, 300)
    assert world.program.post(path(world.event), person(world.event)).status_code == 201
    given = group(world.event, answers={"photo": "abcdefghijklmnopqrstuvwx"})
    assert errors_of(world.program.post(path(world.event), given)) == {"/answers/photo": "answer_file_by_form"}
    ask(world, QuestionRow("", QuestionKind.FILE, "Convention", required=True))
    assert errors_of(world.program.post(path(world.event), group(world.event))) == {
        "/answers/convention": "answer_file_by_form"
    }


@pytest.mark.parametrize(("participants", "companions", "expected"), [(29, 1, {}), (29, 2, "group_too_large")])
def test_the_largest_group(sqlite_world: World, participants: int, companions: int, expected: object) -> None:
    world = sqlite_world
    event = make_event(world.organiser_id, forum(largest_group=30))
    assert world.program.get(f"/events/{event.slug}").get_json()["largest_group"] == 30
    headcount = {"participants": participants, "companions": companions}
    answer = world.program.post(path(event), group(event, headcount=headcount))
    if expected:
        assert errors_of(answer) == {"/headcount/participants": expected}
    else:
        assert answer.status_code == 201
