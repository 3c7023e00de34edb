"""Two rows for one structure become one, whole or not at all, and two again for 30 days."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from app.core.actor import SYSTEM
from app.core.audit import AuditEntry, list_history
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.models import Event
from app.events.queries import get_event
from app.registrations.drafts import Organisation
from app.registrations.models import Registration
from app.structures.drafts import FIELDS
from app.structures.errors import MergeOver, StructureChanged, StructureMerged, StructureNotFound
from app.structures.models import Structure, StructureContact, StructureCorrection
from app.structures.operations.directory import archive_structure
from app.structures.operations.merging import Sides, merge_structures, undo_merge
from app.structures.queries import find_root, get_structure, list_contacts
from app.structures.registry import Belonging, list_belongings, register_belonging
from tests.factories import NOW, class_draft, make_event, make_organiser, make_registration
from tests.integration.structures.conftest import make_contact, make_structure


def merge(organiser_id: int, kept: int, dropped: int, *take: str) -> dict[str, int]:
    sides = Sides(*(get_structure(i, organiser_id=organiser_id).revision for i in (kept, dropped)))
    with transaction():
        return merge_structures(
            kept, dropped, frozenset(take), sides=sides, organiser_id=organiser_id, by=SYSTEM, now=NOW
        )


def undo(organiser_id: int, dropped: int, *, days: int = 1) -> dict[str, int]:
    with transaction():
        return undo_merge(dropped, organiser_id=organiser_id, by=SYSTEM, now=NOW + timedelta(days=days))


def picture() -> list[Any]:
    """Everything that a merge may touch, but for revisions and times."""
    structures = select(
        Structure.id, Structure.name, Structure.name_key, Structure.uai, Structure.siret, Structure.commune,
        Structure.address, Structure.phone, Structure.notes, Structure.search_text, Structure.merged_into_id,
        Structure.archived_at,
    ).order_by(Structure.id)  # fmt: skip
    registrations = select(Registration.id, Registration.structure_id).order_by(Registration.id)
    contacts = select(StructureContact.id, StructureContact.structure_id).order_by(StructureContact.id)
    return [db.session.execute(statement).all() for statement in (structures, registrations, contacts)]


@pytest.fixture
def twins(organiser_id: int) -> tuple[int, int]:
    """A school with a class and a contact, and its double with two classes and another contact."""
    event = make_event(organiser_id)
    make_registration(event, class_draft(event, participants=10, companions=1))
    for label in ("4e A", "4e B"):
        body = Organisation("Clg des Trois Rivières", "", label, "Dijon")
        make_registration(event, class_draft(event, organisation=body, participants=10, companions=1))
    kept, dropped = db.session.execute(select(Structure.id).order_by(Structure.id)).scalars().all()
    make_contact(kept, organiser_id)
    make_contact(dropped, organiser_id, "manon.lambert@example.org", "Manon Lambert")
    return kept, dropped


def test_everything_moves_and_the_one_that_goes_stays_as_a_sign(organiser_id: int, twins: tuple[int, int]) -> None:
    kept, dropped = twins
    version = db.session.execute(select(Event.version)).scalar_one()
    assert merge(organiser_id, kept, dropped, "name") == {"registrations": 2, "contacts": 1}
    assert set(db.session.execute(select(Registration.structure_id)).scalars()) == {kept}
    assert {c.name for c in list_contacts(kept)} == {"Sabine Morizot", "Manon Lambert"}
    row = get_structure(kept, organiser_id=organiser_id)
    assert (row.name, row.uai) == ("Clg des Trois Rivières", "0219100C")
    assert find_root(dropped) == kept
    assert db.session.execute(select(Event.version)).scalar_one() > version
    told = list_history(f"structure:{kept}")[0]
    assert (told.verb, told.details["moved"]) == ("structure.merged", {"registrations": 2, "contacts": 1})
    assert all(result.ok for result in run_checks(NOW) if result.name.startswith("structures."))


def test_undoing_brings_back_exactly_what_was_there(organiser_id: int, twins: tuple[int, int]) -> None:
    kept, dropped = twins
    before = picture()
    merge(organiser_id, kept, dropped, *FIELDS)
    assert picture() != before
    assert undo(organiser_id, dropped) == {"registrations": 2, "contacts": 1}
    assert picture() == before
    with pytest.raises(MergeOver) as over:
        undo(organiser_id, dropped)
    assert over.value.why == "not_merged"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(take=st.sets(st.sampled_from(FIELDS)), turned=st.booleans())
def test_whatever_is_chosen_undoing_brings_it_back(
    organiser_id: int, twins: tuple[int, int], take: set[str], turned: bool
) -> None:
    kept, dropped = reversed(twins) if turned else twins
    before = picture()
    merge(organiser_id, kept, dropped, *take)
    undo(organiser_id, dropped)
    assert picture() == before


def test_what_came_since_stays_with_the_one_that_was_kept(organiser_id: int, twins: tuple[int, int]) -> None:
    kept, dropped = twins
    merge(organiser_id, kept, dropped)
    event = get_event(db.session.execute(select(Event.slug)).scalar_one())
    body = Organisation("Clg des Trois Rivières", "", "5e A", "Dijon")
    new = make_registration(event, class_draft(event, organisation=body, participants=3, companions=1))
    where = select(Registration.structure_id).where(Registration.id == new.id)
    assert db.session.execute(where).scalar_one() == kept
    undo(organiser_id, dropped)
    assert db.session.execute(where).scalar_one() == kept


def test_a_merge_of_a_merge_is_undone_too(organiser_id: int, twins: tuple[int, int]) -> None:
    kept, dropped = twins
    third = make_structure(organiser_id, "Collège 3 Rivières", commune="Dijon")
    merge(organiser_id, kept, dropped)
    merge(organiser_id, third, kept, "uai")
    assert find_root(dropped) == third
    undo(organiser_id, dropped)
    rows = db.session.execute(select(Registration.structure_id).order_by(Registration.id)).scalars().all()
    assert rows == [third, dropped, dropped]


def test_after_thirty_days_it_is_for_good(organiser_id: int, twins: tuple[int, int]) -> None:
    merge(organiser_id, *twins)
    with pytest.raises(MergeOver) as over:
        undo(organiser_id, twins[1], days=30)
    assert over.value.why == "too_late"


def test_a_number_that_is_anothers_by_now_is_not_taken_from_it(organiser_id: int, twins: tuple[int, int]) -> None:
    kept, dropped = twins[1], twins[0]  # the one with the UAI goes, and its UAI with it
    merge(organiser_id, kept, dropped)
    make_structure(organiser_id, "Un tout autre", uai="0219100C")
    before = picture()
    with pytest.raises(MergeOver) as over:
        undo(organiser_id, dropped)
    assert over.value.why == "uai_taken"
    assert picture() == before


def test_two_merges_of_one_structure_do_not_both_happen(organiser_id: int, twins: tuple[int, int]) -> None:
    kept, dropped = twins
    third = make_structure(organiser_id, "Un troisième")
    merge(organiser_id, kept, dropped)
    with pytest.raises(StructureMerged):
        merge(organiser_id, third, dropped)
    for same in (kept, dropped):
        with pytest.raises((StructureNotFound, StructureMerged)):
            merge(organiser_id, kept, same)
    other = make_structure(make_organiser("Ailleurs"), "Ailleurs")
    with pytest.raises(StructureNotFound), transaction():
        merge_structures(kept, other, frozenset(), sides=Sides(2, 1), organiser_id=organiser_id, by=SYSTEM, now=NOW)


def test_what_was_not_looked_at_is_not_merged(organiser_id: int, twins: tuple[int, int]) -> None:
    with pytest.raises(StructureChanged), transaction():
        merge_structures(*twins, frozenset(), sides=Sides(1, 9), organiser_id=organiser_id, by=SYSTEM, now=NOW)


def test_a_failure_in_the_middle_leaves_everything(
    organiser_id: int, twins: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = picture()

    def broken(*_: Any) -> int:
        raise RuntimeError("no")

    belongings = dict(list_belongings())
    monkeypatch.setattr(
        "app.structures.operations.merging.list_belongings",
        lambda: belongings | {"zz": Belonging(lambda _id: [1], broken)},
    )
    with pytest.raises(RuntimeError):
        merge(organiser_id, *twins)
    assert picture() == before


def test_every_feature_registers_once() -> None:
    assert set(list_belongings()) >= {"contacts", "corrections", "registrations"}
    with pytest.raises(ValueError, match="registered already"):
        register_belonging("contacts", list_belongings()["contacts"])


def test_proposed_corrections_and_archived_structures_go_along(organiser_id: int, twins: tuple[int, int]) -> None:
    kept, dropped = make_structure(organiser_id, "Vide", commune="Dijon"), twins[1]
    with transaction():
        archive_structure(kept, organiser_id=organiser_id, by=SYSTEM, now=NOW)
        contact_id = db.session.execute(
            select(StructureContact.id).where(StructureContact.structure_id == dropped)
        ).scalar_one()
        db.session.add(
            StructureCorrection(
                organiser_id=organiser_id, structure_id=dropped, contact_id=contact_id, values={}, message="?",
                created_at=NOW,
            )
        )  # fmt: skip
        db.session.flush()
    assert merge(organiser_id, kept, dropped)["corrections"] == 1
    assert get_structure(kept, organiser_id=organiser_id).archived_at is None


# --- pages ----------------------------------------------------------------------------------------------------------


def test_duplicates_are_proposed_looked_at_merged_and_undone_in_the_browser(
    organiser_id: int, twins: tuple[int, int], desk: FlaskClient, whole_app: Flask
) -> None:
    kept, dropped = twins
    look = f"/manage/structures/{kept}/merge/{dropped}"
    page = desk.get("/manage/structures/duplicates").get_data(as_text=True)
    assert "1 pair to look at" in page
    assert look in page
    html = desk.get(look).get_data(as_text=True)
    assert "To Collège des Trois-Rivières goes: 1 contact, 2 registrations." in html
    form = dict(re.findall(r'name="(kept_revision|dropped_revision)" type="hidden" value="(\d+)"', html))
    answer = desk.post(look, data={**form, "take_name": "kept"}, follow_redirects=True).get_data(as_text=True)
    assert "Merged: 1 contact, 2 registrations." in answer
    assert "Undo this merge" in answer
    assert desk.get(f"/manage/structures/{dropped}").headers["Location"] == f"/manage/structures/{kept}"
    assert "No duplicate in sight" in desk.get("/manage/structures/duplicates").get_data(as_text=True)
    back = desk.post(f"/manage/structures/{dropped}/unmerge", follow_redirects=True).get_data(as_text=True)
    assert "“Clg des Trois Rivières” stands alone again" in back
    again = desk.post(f"/manage/structures/{dropped}/unmerge", follow_redirects=True).get_data(as_text=True)
    assert "stands alone already" in again
    desk.post("/manage/structures/duplicates/apart", data={"one": kept, "other": dropped})
    assert "No duplicate in sight" in desk.get("/manage/structures/duplicates").get_data(as_text=True)


def test_a_stale_or_incomplete_merge_page_comes_back(
    organiser_id: int, twins: tuple[int, int], desk: FlaskClient
) -> None:
    kept, dropped = twins
    look = f"/manage/structures/{kept}/merge/{dropped}"
    stale = desk.post(look, data={"kept_revision": "7", "dropped_revision": "1", "take_name": "kept"})
    assert stale.status_code == 409
    assert "changed meanwhile" in stale.get_data(as_text=True)
    for wrong in ({}, {"take_name": "third", "kept_revision": "x"}):
        assert desk.post(look, data=wrong).status_code in {409, 422}
    assert find_root(dropped) == dropped
    assert desk.get(f"/manage/structures/{kept}/merge/{kept}").status_code == 302
    found = desk.get(f"/manage/structures/{kept}/merge?q=clg").get_data(as_text=True)
    assert look in found
    assert desk.post("/manage/structures/duplicates/apart", data={"one": "x", "other": "9"}).status_code == 404


def test_the_page_tells_that_two_numbers_may_be_two_structures(organiser_id: int, desk: FlaskClient) -> None:
    one = make_structure(organiser_id, "Lycée A", uai="0219322U")
    other = make_structure(organiser_id, "Lycée A bis", uai="0219100C")
    assert "These may well be two" in desk.get(f"/manage/structures/{one}/merge/{other}").get_data(as_text=True)


def test_what_is_older_than_thirty_days_is_no_longer_offered(
    organiser_id: int, twins: tuple[int, int], desk: FlaskClient, whole_app: Flask
) -> None:
    merge(organiser_id, *twins)
    assert "Undo this merge" in desk.get(f"/manage/structures/{twins[0]}").get_data(as_text=True)
    set_clock(whole_app.extensions, NOW + timedelta(days=31))
    assert "Undo this merge" not in desk.get(f"/manage/structures/{twins[0]}").get_data(as_text=True)
    assert desk.post(f"/manage/structures/{twins[1]}/unmerge").status_code == 302
    assert find_root(twins[1]) == twins[0]


def test_a_merge_without_its_record_is_not_undone(organiser_id: int, twins: tuple[int, int]) -> None:
    merge(organiser_id, *twins)
    with transaction():
        db.session.execute(delete(AuditEntry))
    with pytest.raises(MergeOver):
        undo(organiser_id, twins[1])
