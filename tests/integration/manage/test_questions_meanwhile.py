"""Two people at the questions of one event, and one who presses twice."""

import re

from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.events.queries import EventRow, get_event
from tests.integration.manage.test_questions import MEAL, LogIn, ask


def seen_on(page: str) -> str:
    """What the form says that it was filled from."""
    found = re.search(r'name="seen"[^>]*value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def test_what_a_colleague_wrote_meanwhile_is_shown_before_it_is_replaced(
    client: FlaskClient, log_in: LogIn, forum: EventRow, organiser_id: int
) -> None:
    address = f"/manage/events/{forum.slug}/questions/{ask(client, forum).questions[0].key}"
    colleague = log_in(organiser_id, Role.OWNER)
    seen = seen_on(client.get(address).text)
    assert colleague.post(address, data=MEAL | {"seen": seen, "help_en": "Vegetarian too"}).status_code == 302
    mine = MEAL | {"seen": seen, "label_en": "Do you eat with us?", "audiences": ["school", "family"]}
    refused = client.post(address, data=mine)
    assert refused.status_code == 409
    assert "Somebody saved this page while you were writing" in refused.text
    assert "Help in English: “Vegetarian too”" in refused.text
    assert "Question in English: “Will you have the meal?”" in refused.text
    assert "Question in French:" not in refused.text, "what both say alike is not told"
    assert 'value="Do you eat with us?"' in refused.text, "what was typed is kept"
    assert get_event(forum.slug).questions[0].label_en == "Will you have the meal?"
    again = client.post(address, data=mine | {"seen": seen_on(refused.text), "help_en": "Vegetarian too"})
    assert again.status_code == 302
    kept = get_event(forum.slug).questions[0]
    assert (kept.label_en, kept.help_en, kept.audiences) == (
        "Do you eat with us?",
        "Vegetarian too",
        ("school", "family"),
    )


def test_a_second_press_does_not_ask_twice(client: FlaskClient, forum: EventRow) -> None:
    ask(client, forum)
    again = client.post(
        f"/manage/events/{forum.slug}/questions/new", data=MEAL | {"label_fr": "prenez-vous le repas ?"}
    )
    assert again.status_code == 422
    assert "This event asks this already." in again.text
    assert len(get_event(forum.slug).questions) == 1
