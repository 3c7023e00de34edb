"""Papers of many registrations: asked for, made by the worker, fetched; whose they are, and what they say."""

import pytest
from sqlalchemy import select

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import end_functions
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.core.urls import absolute, ticket_path
from app.registrations.drafts import Contact, Organisation
from app.registrations.enums import TicketKind
from app.registrations.models import Registration, Ticket
from app.reports import printing
from app.reports.enums import PaperKind
from app.reports.exports import KEPT
from app.reports.printing import Printed, parts_of
from app.reports.queries.exports import ExportState
from tests.factories import NOW, class_draft, make_event, make_registration, person_draft
from tests.integration.exports.conftest import FORMULA, World, require_none_of
from tests.integration.prints.conftest import ask_papers, fetch, pages_of


def codes_of(world: World, kind: TicketKind = TicketKind.MAIN) -> set[str]:
    rows = db.session.execute(
        select(Ticket.code)
        .join(Registration, Registration.id == Ticket.registration_id)
        .where(Registration.event_id == world.event.id, Ticket.kind == kind)
    )
    return {absolute(ticket_path(code)) for code in rows.scalars()}


def test_badges_are_for_everybody_but_pupils_and_each_code_can_be_read(world: World) -> None:
    owner = world.member(Role.OWNER)
    page = ask_papers(owner, world, "badges")
    assert world.log()[0].state(NOW) is ExportState.AT_WORK
    world.work()
    shown = owner.get(page).text
    assert f'href="{page}/file"' in shown
    answer = owner.get(f"{page}/file")
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"].endswith('-2027-01-11.pdf"')
    (facts,) = pages_of(answer.get_data())
    assert len(facts.codes) == 5
    assert set(facts.codes) == codes_of(world)
    assert facts.outside == []
    text = " ".join(facts.texts[0].split())
    for said in (
        "Hugo Dupont",
        "Zoé Faivre",
        FORMULA,
        "3e B · Collège des Trois",
        "Demandeurs d’emploi",
        "9 h 00",
    ):
        assert said in text, said
    assert text.count("Accompagnateur") == 2
    assert "Manon Lambert" not in text
    (line,) = world.log()
    assert (line.rows, line.personal, line.what) == (5, True, "badges")
    assert (line.progress_done, line.progress_total) == (5, 5)
    verbs = [entry.verb for entry in list_history(f"event:{world.event.id}") if entry.verb.startswith("export.")]
    assert verbs == ["export.fetched", "export.made"]


def test_tickets_are_one_page_each_with_their_own_code(world: World) -> None:
    owner = world.member(Role.OWNER)
    page = ask_papers(owner, world, "tickets")
    world.work()
    (facts,) = pages_of(fetch(owner, page))
    assert len(facts.sizes_mm) == 4
    assert set(facts.codes) == codes_of(world)
    assert len(facts.codes) == 4


def test_cards_are_numbered_when_they_are_printed_and_name_nobody(world: World) -> None:
    owner = world.member(Role.OWNER)
    assert codes_of(world, TicketKind.ROUTE_CARD) == set()
    page = ask_papers(owner, world, "cards")
    world.work()
    (facts,) = pages_of(fetch(owner, page))
    assert len(facts.sizes_mm) == 4
    assert len(facts.codes) == 28
    assert set(facts.codes) == codes_of(world, TicketKind.ROUTE_CARD)
    require_none_of(["Manon", "Lambert", "example.org"], " ".join(facts.texts))
    assert "3B-07" in " ".join(facts.texts)


def test_lists_tell_who_is_expected_by_arrival_groups_first(world: World) -> None:
    second = world.event.waves[1]
    make_registration(
        world.event, person_draft(world.event, waves=(second.id,), contact=Contact("Théo Bonnet", "t@example.org"))
    )
    owner = world.member(Role.OWNER)
    page = ask_papers(owner, world, "wave_lists")
    world.work()
    (facts,) = pages_of(fetch(owner, page))
    first, last = (" ".join(text.split()) for text in facts.texts)
    assert facts.codes == []
    assert first.index("3e B") < first.index("Dupont, Hugo") < first.index("Faivre, Zoé")
    for said in ("9 h 00", "28 + 2", "____ + ____", "4 inscriptions, 33 personnes"):
        assert said in first, said
    assert "Bonnet, Théo" in last
    assert "Bonnet" not in first


def test_papers_are_narrowed_by_arrival_and_audience(world: World) -> None:
    owner, second = world.member(Role.OWNER), world.event.waves[1]
    make_registration(
        world.event, person_draft(world.event, waves=(second.id,), contact=Contact("Théo Bonnet", "t@example.org"))
    )
    shown = owner.get(f"{world.base}/prints", query_string={"paper": "badges", "wave": str(second.id)}).text
    assert "1 badge" in shown
    page = ask_papers(owner, world, "badges", wave=str(second.id))
    other = ask_papers(owner, world, "badges", audience="family")
    world.work()
    assert "Théo Bonnet" in pages_of(fetch(owner, page))[0].texts[0]
    assert len(pages_of(fetch(owner, page))[0].codes) == 1
    assert "Zoé Faivre" in pages_of(fetch(owner, other))[0].texts[0]


def test_only_what_changed_since_the_last_print(world: World) -> None:
    owner = world.member(Role.OWNER)
    ask_papers(owner, world, "badges")
    world.work()
    later = NOW.replace(hour=12)
    set_clock(world.app.extensions, later)
    assert "Rien n’a changé" in owner.get(f"{world.base}/prints?paper=badges&changed=1").text
    make_registration(
        world.event, person_draft(world.event, contact=Contact("Léa Petit", "lea@example.org")), now=later
    )
    page = ask_papers(owner, world, "badges", changed="1")
    world.work()
    (facts,) = pages_of(fetch(owner, page))
    assert len(facts.codes) == 1
    assert "Léa Petit" in facts.texts[0]


def test_an_event_without_anybody_prints_nothing(world: World) -> None:
    owner, empty = world.member(Role.OWNER), make_event(world.organiser_id)
    base = f"/manage/events/{empty.slug}/prints"
    for paper in PaperKind:
        assert "Il n’y a rien à imprimer" in owner.get(f"{base}?paper={paper}").text
        assert owner.post(base, data={"paper": paper.value}).headers["Location"].startswith(base)
    assert world.log() == ()


def test_more_than_a_file_holds_comes_as_a_zip(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(printing.A_FILE, PaperKind.BADGES, 2)
    owner = world.member(Role.OWNER)
    page = ask_papers(owner, world, "badges")
    world.work()
    assert owner.get(f"{page}/file").content_type == "application/zip"
    files = pages_of(fetch(owner, page))
    assert [len(facts.codes) for facts in files] == [2, 1, 2]
    assert {code for facts in files for code in facts.codes} == codes_of(world)


def test_no_registration_is_cut_in_two() -> None:
    rows = [Printed(n, True, False, people, 0, ()) for n, people in enumerate((300, 300, 20, 1))]
    assert [[row.id for row in part] for part in parts_of(PaperKind.BADGES, rows)] == [[0], [1, 2], [3]]


def test_partners_print_the_rows_of_their_functions_and_others_nothing(world: World) -> None:
    _, schools = world.partner(EventFunction.SCHOOLS)
    page = ask_papers(schools, world, "tickets")
    world.work()
    (facts,) = pages_of(fetch(schools, page))
    assert len(facts.codes) == 1
    require_none_of(["Hugo", "Zoé"], facts.texts[0])
    for client in (
        world.partner(EventFunction.PROGRAMME)[1],
        world.partner(EventFunction.DOOR)[1],
        world.partner(EventFunction.FIGURES)[1],
        world.member(Role.VIEWER),
        world.member(Role.DOOR),
    ):
        assert client.get(f"{world.base}/prints").status_code == 403
        assert client.post(f"{world.base}/prints", data={"paper": "badges"}).status_code == 403
        assert client.get(f"{page}/file").status_code in {403, 404}


def test_who_lost_the_function_meanwhile_gets_no_papers(world: World) -> None:
    account_id, client = world.partner(EventFunction.REGISTRATIONS)
    page = ask_papers(client, world, "badges")
    with transaction():
        end_functions(world.event.id, world.organiser_id, account_id, by=SYSTEM, now=NOW)
    world.work()
    (line,) = world.log()
    assert (line.state(NOW), line.rows, line.size) == (ExportState.REFUSED, None, None)
    assert client.get(f"{page}/file").status_code == 403
    assert "Aucun fichier n’a été fait" in world.member(Role.OWNER).get(page).text


def test_papers_are_asked_for_once_and_deleted_after_a_week(world: World) -> None:
    owner = world.member(Role.OWNER)
    page = ask_papers(owner, world, "badges")
    assert ask_papers(owner, world, "badges") == page
    assert ask_papers(owner, world, "tickets") != page
    world.work()
    until = world.log()[-1].content_until
    assert until is not None
    assert until - NOW >= KEPT
    set_clock(world.app.extensions, until)
    world.work()
    assert owner.get(f"{page}/file").status_code == 404
    assert "prints?paper=badges" in owner.get(page).text
    assert "Badges" in owner.get("/manage/exports").text


def test_family_members_and_groups_without_pupils_have_badges(world: World) -> None:
    owner, event = world.member(Role.OWNER), make_event(world.organiser_id)
    make_registration(
        event,
        class_draft(
            event, audience="job_seeker", participants=3, companions=1,
            organisation=Organisation("Mission locale", "", "", "Dijon"),
        ),
    )  # fmt: skip
    page = owner.post(f"/manage/events/{event.slug}/prints", data={"paper": "badges"}).headers["Location"]
    world.work()
    (facts,) = pages_of(fetch(owner, page))
    text = " ".join(facts.texts[0].split())
    assert len(facts.codes) == 4
    assert len(set(facts.codes)) == 1
    assert text.count("Mission locale") == 4
    assert text.count("Accompagnateur") == 1
