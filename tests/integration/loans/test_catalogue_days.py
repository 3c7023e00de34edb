"""The catalogue answers whatever days are sent; things that are no games are lent without players and facilitators."""

from typing import Any

import pytest
from flask import Flask

from app.boxes.drafts import BoxDraft, ScenarioDraft
from app.boxes.enums import LentKind, OutReason
from app.boxes.operations.boxes import create_box, put_out_of_service
from app.boxes.operations.scenarios import change_scenario, create_scenario
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.loans.papers import TERMS_OF_THINGS, agreement_document
from app.loans.queries import get_loan, list_loans_of_structures
from tests.conftest import counted_statements
from tests.factories import NOW
from tests.integration.loans.test_borrowers_pages import send, text_of, values, visitor_of
from tests.integration.loans.world import LoanWorld, make_world


@pytest.fixture
def world(whole_app: Flask) -> LoanWorld:
    return make_world()


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("from=2027-02-08&from_half=pm&to=2027-02-08&to_half=am", "The end is before the beginning."),
        ("from=2027-02-10&to=2027-02-08", "The end is before the beginning."),
        ("from=2027-02-08&from_half=pm&to=", "Choose the last day too."),
        ("to=2027-02-08", "Choose the first day too."),
        ("from=abc&to=2027-02-08", "Write a date"),
        ("from=9999-12-31&to=9999-12-31", "This day is too far away"),
    ],
)
def test_days_that_do_not_do_are_answered_on_the_page(whole_app: Flask, world: LoanWorld, days: str, said: str) -> None:
    slug = world.scenario.slug
    db.session.remove()
    client = whole_app.test_client()
    client.set_cookie("lang", "en")
    for path in ("/boxes", f"/boxes/{slug}"):
        response = client.get(f"{path}?{days}")
        assert (response.status_code, said in response.get_data(as_text=True)) == (200, True), path


def test_a_long_catalogue_is_searched_and_answers_in_as_many_statements_as_a_short_one(
    whole_app: Flask, world: LoanWorld
) -> None:
    client = whole_app.test_client()
    client.set_cookie("lang", "en")
    days = "from=2027-02-08&from_half=am&to=2027-02-09&to_half=pm"
    used = []
    for more in (1, 30):
        with transaction():
            for n in range(more):
                draft = ScenarioDraft(
                    f"X{more}-{n}", f"Jeu {more}-{n}", universe_en="Wood" if n % 2 else "Steel", players_min=2 + n,
                    players_max=4 + n,
                )  # fmt: skip
                with_a_box_that_is_broken(world, draft)
        db.session.remove()
        with counted_statements() as counted:
            page = text_of(client, f"/boxes?{days}")
        used.append(len(counted.statements))
    assert used[1] <= used[0]  # the first one also looks up whose colours these are
    assert "3 free boxes" in page
    assert page.index("La molécule perdue") < page.index("Jeu 1-0")  # what is free comes first
    assert page.count("<article") == 24
    assert "Page 1 of 2" in page
    second = text_of(client, f"/boxes?{days}&page=2")
    assert (second.count("<article"), "Page 2 of 2" in second) == (8, True)
    for query, count in (
        ("q=jeu+30-2", 11),
        ("universe=Wood", 15),
        ("players=3", 3),
        ("q=molecule", 1),
        ("q=nothing", 0),
    ):
        found = text_of(client, f"/boxes?{query}")
        assert found.count("<article") == count, query
        assert f"<b>{count} found</b> of 32" in found
    assert text_of(client, "/boxes?universe=Other&players=x&lender=9&page=99").count("<article") == 8


def with_a_box_that_is_broken(world: LoanWorld, draft: ScenarioDraft) -> None:
    common: dict[str, Any] = {"organiser_id": world.organiser_id, "by": SYSTEM, "now": NOW}
    box_id = create_box(create_scenario(draft, **common), BoxDraft(f"{draft.code}-A"), **common)
    put_out_of_service(box_id, OutReason.BROKEN, until=None, note="", today=NOW.date(), **common)


def test_a_day_that_was_followed_on_the_calendar_is_no_mistake(whole_app: Flask, world: LoanWorld) -> None:
    slug = world.scenario.slug
    db.session.remove()
    client = whole_app.test_client()
    client.set_cookie("lang", "en")
    page = text_of(client, f"/boxes/{slug}?from=2027-02-08&from_half=am&to_half=pm")
    assert "Now choose the day on which you bring it back." in page
    assert "Choose the last day too." not in page


def test_cards_say_whose_they_are_only_where_several_lend(whole_app: Flask, world: LoanWorld) -> None:
    db.session.remove()
    client = whole_app.test_client()
    client.set_cookie("lang", "en")
    assert "Lent by" not in text_of(client, "/boxes")
    other = make_world()
    slug = other.scenario.slug
    db.session.remove()
    assert text_of(client, "/boxes").count("Lent by") == 2

    visitor = visitor_of(whole_app, world)
    assert visitor.get(f"/my/loans/new?scenario={slug}").location == "/boxes"
    assert "another organiser lends it" in text_of(visitor, "/boxes")


def test_what_is_no_game_asks_for_nobody_who_runs_it(whole_app: Flask) -> None:
    world = make_world()
    with transaction():
        before = world.scenario
        change_scenario(
            world.scenario_id, ScenarioDraft(before.code, "Kakémonos", LentKind.OTHER, players_min=3, minutes=45),
            organiser_id=world.organiser_id, revision=before.revision, by=SYSTEM, now=NOW,
        )  # fmt: skip
    after = world.scenario
    assert (after.asks_accreditation, after.players_min, after.minutes) == (False, None, None)
    visitor = visitor_of(whole_app, world)
    page = text_of(visitor, f"/my/loans/new?scenario={after.slug}")
    assert "How many sets" in page
    assert "Who runs" not in page
    assert "players" not in page
    sent = {k: v for k, v in values(world).items() if k not in {"players", "facilitators"}}
    status, _ = send(visitor, "/my/loans/new", sent)
    assert status == 303
    (loan,) = list_loans_of_structures({world.structure_id})
    document = agreement_document(get_loan(loan.id), 1, NOW)
    assert (document.boxes_text, document.unit, document.terms) == ("1 exemplaire", "Exemplaire", TERMS_OF_THINGS)
