"""The log of exports: all of it for who manages the organiser, their own lines for others; found by person and event."""

import re

from flask.testing import FlaskClient

from app.accounts.enums import EventFunction, Role
from app.core.actor import Actor, ActorKind
from app.core.transaction import transaction
from app.reports.exports import REGISTRATIONS, ExportDraft, ExportFilters
from app.reports.operations.exports import finish_csv, log_csv
from tests.factories import NOW, make_event, make_organiser
from tests.integration.exports.conftest import World, ask_xlsx, csv_rows


def lines_of(client: FlaskClient, path: str) -> int:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    found = re.search(r"<caption[^>]*>Exports</caption>.*?<tbody>(.*?)</tbody>", answer.text, re.DOTALL)
    return found[1].count('<th scope="row">') if found else 0


def fill(world: World, count: int) -> None:
    by = Actor(ActorKind.STAFF, "Claire Delorme", world.make_member(Role.OWNER), world.organiser_id)
    draft = ExportDraft(
        world.organiser_id, world.event.id, REGISTRATIONS, ("people",), ExportFilters(titles=("Effectif",)),
        personal=False, locale="fr", rows=3, file_name="liste.csv",
    )  # fmt: skip
    with transaction():
        for _ in range(count):
            finish_csv(log_csv(draft, by=by, now=NOW), 3, now=NOW)


def test_owners_and_managers_read_who_took_what_out(world: World) -> None:
    owner, manager = world.member(Role.OWNER), world.member(Role.MANAGER)
    assert "Rien n’a encore été exporté" in owner.get("/manage/exports").text
    csv_rows(manager, f"{world.base}/registrations.csv?column=name&column=email&q=Lambert&audience=school")
    page = owner.get("/manage/exports").text
    assert "Inès Roux manager" in page
    assert world.event.title_fr in page
    assert "Données personnelles" in page
    assert "mots cherchés" in page
    assert "Lambert" not in page
    assert lines_of(manager, "/manage/exports") == 1
    for client in (world.member(Role.VIEWER), world.member(Role.DOOR), world.partner(EventFunction.REGISTRATIONS)[1]):
        assert client.get("/manage/exports").status_code == 403
    assert lines_of(world.member(Role.OWNER, organiser_id=make_organiser("Ailleurs")), "/manage/exports") == 0


def test_the_log_is_narrowed_by_person_and_event(world: World) -> None:
    account_id, partner = world.partner(EventFunction.REGISTRATIONS)
    owner, other = world.member(Role.OWNER), make_event(world.organiser_id)
    csv_rows(partner, f"{world.base}/registrations.csv")
    csv_rows(owner, f"/manage/events/{other.slug}/registrations.csv")
    csv_rows(owner, f"{world.base}/registrations.csv")
    assert lines_of(owner, "/manage/exports") == 3
    assert lines_of(owner, f"/manage/exports?person={account_id}") == 1
    assert "Paul Duval (CCI)" in owner.get(f"/manage/exports?person={account_id}").text
    assert lines_of(owner, f"/manage/exports?event={other.slug}") == 1
    assert lines_of(owner, f"/manage/exports?event={other.slug}&person={account_id}") == 0
    assert 'href="/manage/exports"' in owner.get(f"/manage/exports?event={other.slug}&person={account_id}").text
    assert owner.get("/manage/exports?event=no-such-event").status_code == 404
    assert lines_of(owner, "/manage/exports?person=x&before=y") == 3


def test_others_read_what_they_took_out_of_an_event_themselves(world: World) -> None:
    _, partner = world.partner(EventFunction.REGISTRATIONS)
    viewer, owner = world.member(Role.VIEWER), world.member(Role.OWNER)
    csv_rows(partner, f"{world.base}/registrations.csv")
    csv_rows(viewer, f"{world.base}/registrations.csv")
    page = ask_xlsx(partner, world)
    assert lines_of(partner, f"{world.base}/exports") == 2
    assert f'href="{page}"' in partner.get(f"{world.base}/exports").text
    assert lines_of(viewer, f"{world.base}/exports") == 1
    assert lines_of(owner, f"{world.base}/exports") == 3
    assert world.partner(EventFunction.FIGURES)[1].get(f"{world.base}/exports").status_code == 403


def test_a_long_log_is_read_page_by_page(world: World) -> None:
    fill(world, 105)
    owner, seen, path = world.member(Role.OWNER), 0, "/manage/exports"
    for expected in (50, 50, 5):
        text = owner.get(path).text
        assert lines_of(owner, path) == expected
        seen += expected
        found = re.search(r'rel="next" href="([^"]+)"', text)
        path = found[1].replace("&amp;", "&") if found else ""
    assert (seen, path) == (105, "")


def test_before_exporting_one_reads_what_it_will_be(world: World) -> None:
    owner = world.member(Role.OWNER)
    page = owner.get(f"{world.base}/exports/new?column=name&column=email&audience=school").text
    assert "1 ligne" in page
    assert "Ce fichier contient des données personnelles" in page
    assert f"{world.base}/registrations.csv?column=name&amp;column=email&amp;audience=school" in page
    viewer = world.member(Role.VIEWER).get(f"{world.base}/exports/new?column=name&column=email&column=people").text
    assert "Ce fichier contient des données personnelles" not in viewer
    assert world.partner(EventFunction.DOOR)[1].get(f"{world.base}/exports/new").status_code == 403
