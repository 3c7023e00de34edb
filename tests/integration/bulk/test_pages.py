"""The pages of an action on many: chosen in the list, looked at, begun, told, undone; and who may see what."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.enums import EventFunction, Role
from app.core.actor import SYSTEM, Actor
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.bulk.queries import get_bulk
from app.registrations.drafts import Contact
from app.registrations.enums import BulkKind
from app.registrations.models import BulkAction
from app.registrations.operations import Registered, cancel_registration
from app.registrations.queries import get_registration
from app.reports.models import Export
from tests.factories import NOW, make_member, make_organiser, make_registration, person_draft
from tests.integration.bulk.conftest import CANCEL, done, entrust, mailless, people, results, work
from tests.integration.guards.walking import sign_in_as
from tests.integration.registrations.conftest import told


@pytest.fixture
def client(whole_app: Flask, manager: Actor) -> FlaskClient:
    return english(sign_in_as(whole_app, manager.id or 0))


def english(client: FlaskClient) -> FlaskClient:
    client.set_cookie("lang", "en")
    return client


def text_of(answer: TestResponse) -> str:
    """The page's words in one line, without no-break spaces."""
    page = re.sub(r"<head.*?</head>|<script.*?</script>", " ", answer.text, flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", page).replace("&#39;", "’").replace("\u00a0", " ").replace("\u202f", " ")
    return " ".join(words.split())


def base_of(event: EventRow) -> str:
    return f"/manage/events/{event.slug}/bulk"


def choose(client: FlaskClient, event: EventRow, action: str, made: list[Registered]) -> str:
    """The address of what the list of registrations sends: the action's page."""
    answer = client.post(base_of(event), data={"action": action, "ids": [str(r.id) for r in made]})
    assert answer.status_code == 302
    return answer.location


def last_bulk() -> int:
    db.session.rollback()
    return db.session.execute(select(BulkAction.id).order_by(BulkAction.id.desc()).limit(1)).scalar_one()


def test_a_cancellation_from_the_list_to_the_undoing(whole_app: Flask, client: FlaskClient, event: EventRow) -> None:
    made = [*people(event, 3), mailless(event, "Awa Diallo")]
    with transaction():
        cancel_registration(made[0].id, by=SYSTEM, now=NOW)
    here = choose(client, event, "cancel", made)
    asked = client.get(here, follow_redirects=True)
    assert "3 registrations, 3 people" in text_of(asked)
    assert "1 other is left out" in text_of(asked)
    refused = client.post(f"{here}/edit", data={"reason": "Grève des bus"})
    assert refused.status_code == 422
    assert "Grève des bus" in refused.text
    assert (
        client.post(f"{here}/edit", data={"code": "transport", "reason": "Grève des bus", "tell": "y"}).location == here
    )
    page = text_of(client.get(here))
    assert "Cancel 3 registrations, 3 people?" in page
    assert "Reason: Transport." in page
    assert "3 places become free again." in page
    assert "2 mails tell it." in page
    assert "1 has no mail address: telephone them." in page
    assert "1: Cancelled already." in page
    assert "Places before and after" in page
    assert [r.status.value for r in map(get_registration, [r.id for r in made])] == ["cancelled", *["confirmed"] * 3]
    client.post(f"{here}/start")
    client.post(f"{here}/start")
    waiting = client.get(here)
    assert 'hx-get="' + here in waiting.text
    assert "0 of 4" in text_of(waiting)
    work(whole_app)
    page = text_of(client.get(here))
    assert "It is done, but not for all" in page
    assert "3 registrations cancelled · 1 could not be dealt with" in page
    assert "Cancelled already." in page
    assert 'hx-get="' + here not in client.get(here).text
    assert get_registration(made[1].id).cancel_reason == "Grève des bus"
    assert "Undo for 3 registrations?" in text_of(client.get(f"{here}/undo"))
    client.post(f"{here}/undo")
    work(whole_app)
    assert "3 registrations put back" in text_of(client.get(here))
    assert "3 registrations put back" in text_of(client.get(base_of(event)))
    assert client.get(f"{here}/undo").location == here


def test_all_that_the_list_shows_is_chosen_by_its_arguments(client: FlaskClient, event: EventRow) -> None:
    people(event, 2)
    class_ = make_registration(event)
    data = {"action": "mail", "all": "1", "audience": "school"}
    here = client.post(base_of(event), data=data).location
    assert get_bulk(last_bulk()).registration_ids == (class_.id,)
    assert "Send 1 mail?" in text_of(client.get(here))
    client.post(f"{base_of(event)}?audience=job_seeker", data={"action": "mail", "all": "1"})
    assert len(get_bulk(last_bulk()).registration_ids) == 2


def test_nothing_ticked_or_nonsense_leads_back_to_the_list(client: FlaskClient, event: EventRow) -> None:
    for data in ({"action": "mail"}, {"action": "sell", "ids": "1"}, {"action": "mail", "ids": ["x", "²", "9" * 30]}):
        answer = client.post(base_of(event), data=data)
        assert answer.location == f"/manage/events/{event.slug}/registrations"
    assert db.session.execute(select(BulkAction.id)).all() == []


def test_a_move_shows_places_and_takes_a_wave(whole_app: Flask, client: FlaskClient, event: EventRow) -> None:
    made = people(event, 2)
    here = choose(client, event, "move", made)
    assert client.get(here).location == f"{here}/edit"
    assert "30 places left" in text_of(client.get(f"{here}/edit"))
    assert client.post(f"{here}/edit", data={"to": "77777"}).status_code == 422
    client.post(f"{here}/edit", data={"to": str(event.waves[1].id)})
    page = text_of(client.get(here))
    assert "Move 2 registrations, 2 people?" in page
    assert "Nobody is told by mail." in page
    assert f'value="{event.waves[1].id}" id="to-{event.waves[1].id}" checked' in client.get(f"{here}/edit").text
    client.post(f"{here}/start")
    work(whole_app)
    assert [get_registration(r.id).waves for r in made] == [(event.waves[1].id,)] * 2
    assert [told(r.id) for r in made] == [["confirmed"]] * 2


def test_a_message_is_looked_at_in_both_languages_before_it_leaves(
    whole_app: Flask, client: FlaskClient, event: EventRow
) -> None:
    french = make_registration(event, person_draft(event))
    reader = make_registration(event, person_draft(event, locale="en", contact=Contact("Ann Lee", "ann@example.org")))
    here = choose(client, event, "message", [french, reader])
    half = client.post(f"{here}/edit", data={"subject_fr": "Objet", "text_fr": "Texte", "subject_en": "Subject"})
    assert half.status_code == 422
    assert "Write both in English, or neither." in half.text
    said = {
        "subject_fr": "La salle change", "text_fr": "Venez salle B.\r\n\r\nPlan : https://example.org/plan <b>",
        "subject_en": "The room changes", "text_en": "Come to room B.",
    }  # fmt: skip
    client.post(f"{here}/edit", data=said)
    page = text_of(client.get(here))
    assert "Send 2 mails?" in page
    assert "1 in French, 1 in English." in page
    mail = client.get(f"{here}/mail/fr/html")
    assert 'href="https://example.org/plan"' in mail.text
    assert "&lt;b&gt;" in mail.text
    assert "Come to room B." in client.get(f"{here}/mail/en/html").text
    client.post(f"{here}/start")
    work(whole_app)
    assert results(get_bulk(last_bulk())) == ["done", "done"]
    log = text_of(client.get(f"/manage/events/{event.slug}/messages"))
    assert "Message from the team" in log
    assert told(reader.id)[-1] == "message"
    assert "La salle change" in text_of(client.get(here))
    assert client.get(f"{here}/undo").location == here


def test_somebody_elses_action_is_seen_without_names_by_who_may_not_see_them(
    whole_app: Flask, organiser_id: int, event: EventRow, manager: Actor
) -> None:
    made = [*people(event, 1), mailless(event, "Awa Diallo")]
    prepared = choose(english(sign_in_as(whole_app, manager.id or 0)), event, "mail", made)
    row = done(whole_app, event, BulkKind.MAIL, made, {}, manager)
    here = f"{base_of(event)}/{row.id}"
    viewer = english(sign_in_as(whole_app, make_member(organiser_id, Role.VIEWER)[0]))
    page = viewer.get(here)
    assert "Awa Diallo" not in page.text
    assert made[1].reference in page.text
    assert "Diallo" not in viewer.get(f"{here}/failures.csv").text
    assert viewer.get(prepared).status_code == 404
    assert viewer.post(f"{here}/undo").status_code == 403
    assert viewer.post(base_of(event), data={"action": "mail", "ids": [str(made[0].id)]}).status_code == 403
    owner = english(sign_in_as(whole_app, make_member(organiser_id, Role.OWNER)[0]))
    assert "Awa Diallo" in owner.get(here).text
    assert owner.get(prepared).status_code == 404
    listed = text_of(viewer.get(base_of(event)))
    assert "1 mail on its way · 1 could not be dealt with" in listed
    assert "Not begun" not in listed


def test_a_partner_for_schools_neither_chooses_nor_sees_other_rows(
    whole_app: Flask, event: EventRow, manager: Actor
) -> None:
    person, class_ = mailless(event, "Awa Diallo"), make_registration(event)
    row = done(whole_app, event, BulkKind.MAIL, [person, class_], {}, manager)
    account_id, _mail = make_member(make_organiser("Rectorat"), Role.VIEWER)
    entrust(event, account_id, EventFunction.SCHOOLS)
    partner = english(sign_in_as(whole_app, account_id))
    page = partner.get(f"{base_of(event)}/{row.id}")
    assert person.reference not in page.text
    assert "1 other is not among the registrations that you see." in text_of(page)
    choose(partner, event, "mail", [person, class_])
    assert get_bulk(last_bulk()).registration_ids == (class_.id,)
    partner.post(base_of(event), data={"action": "mail", "all": "1"})
    assert get_bulk(last_bulk()).registration_ids == (class_.id,)


def test_the_failures_are_a_table_that_no_spreadsheet_calculates(
    whole_app: Flask, client: FlaskClient, event: EventRow, manager: Actor
) -> None:
    made = mailless(event, "=HYPERLINK()")
    row = done(whole_app, event, BulkKind.MAIL, [made], {}, manager)
    answer = client.get(f"{base_of(event)}/{row.id}/failures.csv")
    assert answer.mimetype == "text/csv"
    lines = answer.get_data(as_text=True).removeprefix("\ufeff").splitlines()
    assert lines[0] == "Number,Name,Telephone,Class,Structure,Headcount,Why not"
    assert lines[1] == f"{made.reference},'=HYPERLINK(),'+33639980745,,,1,No mail address."
    logged = db.session.execute(select(Export.personal, Export.rows, Export.account_id)).one()
    assert tuple(logged) == (True, 1, manager.id)


def test_it_is_undone_for_a_day(whole_app: Flask, client: FlaskClient, event: EventRow, manager: Actor) -> None:
    row = done(whole_app, event, BulkKind.CANCEL, people(event, 1), CANCEL, manager)
    here = f"{base_of(event)}/{row.id}"
    assert f'href="{here}/undo"' in client.get(here).text
    set_clock(whole_app.extensions, NOW + timedelta(hours=25))
    assert f'href="{here}/undo"' not in client.get(here).text
    client.post(f"{here}/undo")
    assert get_bulk(row.id).stage.value == "done"


def test_what_is_given_up_is_gone_and_an_empty_list_says_what_will_be_there(
    client: FlaskClient, event: EventRow
) -> None:
    assert "Nothing was done to several registrations at once yet" in text_of(client.get(base_of(event)))
    here = choose(client, event, "message", people(event, 1))
    assert "Not begun" in text_of(client.get(base_of(event)))
    client.post(f"{here}/removal")
    assert client.get(here).status_code == 404


def test_long_failures_and_long_lists_are_paged(
    whole_app: Flask, client: FlaskClient, event: EventRow, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.manage.bulk.PAGE", 2)
    made = [mailless(event, f"Awa Diallo{n}") for n in "abc"]
    rows = [done(whole_app, event, BulkKind.MAIL, made, {}, manager) for _ in range(3)]
    here = f"{base_of(event)}/{rows[0].id}"
    assert "Rows 1 to 2 of 3" in text_of(client.get(here))
    assert "Rows 3 to 3 of 3" in text_of(client.get(f"{here}?page=2"))
    assert client.get(f"{here}?page=99").status_code == 200
    first = client.get(base_of(event))
    assert f"{base_of(event)}?before={rows[1].id}" in first.text
    assert f'href="{here}"' in client.get(f"{base_of(event)}?before={rows[1].id}").text


def test_another_organisers_action_is_nowhere(
    whole_app: Flask, event: EventRow, manager: Actor, sign: Callable[[int], FlaskClient]
) -> None:
    row = done(whole_app, event, BulkKind.MAIL, people(event, 1), {}, manager)
    stranger = sign(make_member(make_organiser("Cap Métiers"), Role.OWNER)[0])
    assert stranger.get(f"{base_of(event)}/{row.id}").status_code == 404
    assert stranger.get(base_of(event)).status_code == 404


@pytest.fixture
def sign(whole_app: Flask) -> Callable[[int], FlaskClient]:
    return lambda account_id: english(sign_in_as(whole_app, account_id))


def test_one_cancelled_registration_is_taken_up_again_from_its_page(client: FlaskClient, event: EventRow) -> None:
    made = make_registration(event)
    here = f"/manage/events/{event.slug}/registrations/{made.reference}"
    assert client.get(f"{here}/reinstate").location == here
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    assert f'href="{here}/reinstate"' in client.get(here).text
    others = people(event, 31)
    full = client.post(f"{here}/reinstate")
    assert full.status_code == 409
    assert "does not have enough places left" in text_of(full)
    with transaction():
        cancel_registration(others[0].id, by=SYSTEM, now=NOW)
    assert "Take up the registration of 30 people again?" in text_of(client.get(f"{here}/reinstate"))
    assert client.post(f"{here}/reinstate").location == here
    assert get_registration(made.id).status.value == "confirmed"
    assert "Registration taken up again" in text_of(client.get(here))
    assert client.post(f"{here}/reinstate").location == here


def test_who_registered_again_is_led_to_that_registration(client: FlaskClient, event: EventRow) -> None:
    contact = Contact("Hugo Dupont", "hugo.dupont@example.org")
    first = make_registration(event, person_draft(event, contact=contact))
    with transaction():
        cancel_registration(first.id, by=SYSTEM, now=NOW)
    second = make_registration(event, person_draft(event, contact=contact))
    answer = client.post(f"/manage/events/{event.slug}/registrations/{first.reference}/reinstate")
    assert answer.location.endswith(f"/registrations/{second.reference}")
