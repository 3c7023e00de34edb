"""The lists of reasons: kept by the organiser's team, used wherever something is cancelled."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.enums import ReasonUse
from app.events.errors import LastReason
from app.events.operations.reasons import order_reasons, retire_reason, save_reason
from app.events.queries import EventRow
from app.events.queries.reasons import list_reasons, read_reason
from app.registrations.drafts import RegistrationDraft
from app.registrations.enums import RegistrationStatus
from app.registrations.operations import Registered, cancel_registration
from app.registrations.queries import get_registration
from tests.factories import NOW as FACTORY_NOW
from tests.factories import make_event, make_organiser, make_registration
from tests.integration.manage.conftest import NOW, class_draft, person_draft

LogIn = Callable[[int, Role], FlaskClient]
Enrol = Callable[[EventRow, RegistrationDraft], Registered]
NO_SHOW = "/manage/reasons/no_show"


def codes(organiser_id: int, use: ReasonUse = ReasonUse.NO_SHOW) -> list[str]:
    return [row.code for row in list_reasons(organiser_id, use)]


def test_the_team_adds_a_reason_which_stands_last(client: FlaskClient, organiser_id: int) -> None:
    data = {"label_fr": "Grève des cars", "label_en": "Coach strike"}
    page = client.post(f"{NO_SHOW}/new", data=data, follow_redirects=True)
    assert "Coach strike" in page.text
    added = list_reasons(organiser_id, ReasonUse.NO_SHOW)[-1]
    assert (added.code, added.label("fr"), added.label("en")) == ("greve_des_cars", "Grève des cars", "Coach strike")
    assert "greve_des_cars" not in codes(organiser_id, ReasonUse.REGISTRATION_CANCELLED)


def test_bad_words_come_back_at_their_field(client: FlaskClient, organiser_id: int) -> None:
    before = codes(organiser_id)
    bare = client.post(f"{NO_SHOW}/new", data={"label_fr": " ", "label_en": "Coach strike"})
    assert (bare.status_code, "Coach strike" in bare.text) == (422, True)
    same = client.post(f"{NO_SHOW}/new", data={"label_fr": "oubli"})
    assert same.status_code == 422
    assert "This list has a reason of that name already." in same.text
    assert codes(organiser_id) == before


def test_a_builtin_reason_is_reworded_and_keeps_its_code(client: FlaskClient, organiser_id: int) -> None:
    assert "Oubli" in client.get(f"{NO_SHOW}/forgot").text
    client.post(f"{NO_SHOW}/forgot", data={"label_fr": "Rendez-vous oublié", "label_en": ""})
    row = next(r for r in list_reasons(organiser_id, ReasonUse.NO_SHOW) if r.code == "forgot")
    assert (row.label("fr"), row.label("en"), row.builtin) == ("Rendez-vous oublié", "Rendez-vous oublié", True)


def test_buttons_move_a_reason_by_one_place(client: FlaskClient, organiser_id: int) -> None:
    first, second, *rest = codes(organiser_id)
    client.post(f"{NO_SHOW}/{second}/move", data={"to": "up"})
    assert codes(organiser_id) == [second, first, *rest]
    client.post(f"{NO_SHOW}/{second}/move", data={"to": "up"})
    assert codes(organiser_id) == [second, first, *rest]
    client.post(f"{NO_SHOW}/{second}/move", data={"to": "down"})
    assert codes(organiser_id) == [first, second, *rest]


def test_a_retired_reason_is_offered_no_more_and_comes_back(client: FlaskClient, organiser_id: int) -> None:
    before = codes(organiser_id)
    page = client.post(f"{NO_SHOW}/weather/retire", follow_redirects=True).text
    assert "No longer offered" in page
    assert codes(organiser_id) == [code for code in before if code != "weather"]
    assert "weather" in {row.code for row in list_reasons(organiser_id, ReasonUse.NO_SHOW, retired=True)}
    client.post(f"{NO_SHOW}/weather/return")
    assert codes(organiser_id) == before


def test_the_last_reason_of_a_list_stays(client: FlaskClient, organiser_id: int) -> None:
    *others, last = codes(organiser_id)
    for code in others:
        client.post(f"{NO_SHOW}/{code}/retire")
    page = client.post(f"{NO_SHOW}/{last}/retire", follow_redirects=True).text
    assert "stays: it is the last one of its list." in page
    assert codes(organiser_id) == [last]


def test_only_owners_and_managers_keep_the_lists(log_in: LogIn, organiser_id: int) -> None:
    for role, status in ((Role.OWNER, 200), (Role.MANAGER, 200), (Role.VIEWER, 403), (Role.DOOR, 403)):
        assert log_in(organiser_id, role).get("/manage/reasons").status_code == status
    viewer = log_in(organiser_id, Role.VIEWER)
    assert viewer.post(f"{NO_SHOW}/new", data={"label_fr": "Grève"}).status_code == 403


@pytest.mark.parametrize("path", ["/manage/reasons/weather", "/manage/reasons/no_show/nope", "/manage/reasons/x/new"])
def test_what_is_no_list_or_reason_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_each_organiser_has_lists_of_its_own(client: FlaskClient, organiser_id: int, other_id: int) -> None:
    client.post(f"{NO_SHOW}/new", data={"label_fr": "Grève"})
    client.post(f"{NO_SHOW}/forgot/retire")
    assert "greve" in codes(organiser_id)
    assert not {"greve"} & set(codes(other_id))
    assert "forgot" in codes(other_id)


def test_who_waits_is_refused_by_other_reasons(
    client: FlaskClient, forum: EventRow, enrol: Enrol, organiser_id: int
) -> None:
    for name in ("Ana Petit", "Manon Lambert"):
        enrol(forum, class_draft(forum, 0, name))
    waiting = enrol(forum, person_draft(forum, 0, "Hugo Dupont", waitlist=True))
    base = f"/manage/events/{forum.slug}/registrations/{waiting.reference}/cancel"
    page = client.get(base).text
    assert "No room left" in page
    assert "Registered twice" not in page
    assert client.post(base, data={"code": "twice"}).status_code == 422
    client.post(base, data={"code": "no_room"})
    after = get_registration(waiting.id)
    assert (after.status, after.cancel_code) == (RegistrationStatus.CANCELLED, "no_room")


def test_operations_keep_the_promise_on_both_databases(whole_app: Flask) -> None:
    organiser_id = make_organiser()
    event = make_event(organiser_id)
    made = make_registration(event)

    def do(work: Callable[[], object]) -> None:
        with transaction():
            work()

    save = {"organiser_id": organiser_id, "use": ReasonUse.REGISTRATION_CANCELLED, "by": SYSTEM, "now": FACTORY_NOW}
    do(lambda: save_reason(**save, label_fr="Grève", label_en="Strike"))  # type: ignore[arg-type]
    use = ReasonUse.REGISTRATION_CANCELLED
    do(lambda: order_reasons(organiser_id, use, ["greve", "other"], by=SYSTEM, now=FACTORY_NOW))
    assert codes(organiser_id, use)[:2] == ["greve", "other"]
    with pytest.raises(FieldError):
        do(lambda: cancel_registration(made.id, code="nope", by=SYSTEM, now=FACTORY_NOW))
    assert get_registration(made.id).status is RegistrationStatus.CONFIRMED
    do(lambda: retire_reason(organiser_id, use, "greve", by=SYSTEM, now=FACTORY_NOW))
    assert read_reason(organiser_id, (use,), "greve") == ("", "greve")
    assert read_reason(organiser_id, (use,), "weather") == ("weather", "")
    do(lambda: cancel_registration(made.id, code="greve", by=SYSTEM, now=FACTORY_NOW))
    assert get_registration(made.id).cancel_code == "greve"


def test_words_alone_count_as_another_reason(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    told, silent = enrol(forum, class_draft(forum, 0, "Ana Petit")), enrol(forum, class_draft(forum, 1, "Zoé Noël"))
    with transaction():
        cancel_registration(told.id, reason=" Car en panne ", by=SYSTEM, now=NOW)
        cancel_registration(silent.id, by=SYSTEM, now=NOW)
    row = get_registration(told.id)
    assert (row.cancel_code, row.cancel_reason) == ("other", "Car en panne")
    assert get_registration(silent.id).cancel_code == ""


def test_the_last_reason_is_an_error_of_its_own(app: Flask, organiser_id: int) -> None:
    *others, last = codes(organiser_id, ReasonUse.REFUSED)
    with transaction():
        for code in others:
            retire_reason(organiser_id, ReasonUse.REFUSED, code, by=SYSTEM, now=NOW)
        with pytest.raises(LastReason):
            retire_reason(organiser_id, ReasonUse.REFUSED, last, by=SYSTEM, now=NOW)
