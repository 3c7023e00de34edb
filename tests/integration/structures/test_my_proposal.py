"""What a contact proposed stays before their eyes until the team has settled it, and is not lost by a second proposal."""

from flask.testing import FlaskClient

from app.structures.queries import list_corrections
from tests.integration.structures.test_my import Mails, come_in, contact_id, structure_id

__all__ = ["contact_id", "structure_id"]

VALUES = {"name": "Lycée des Quatre-Vents", "uai": "0219322U", "commune": "Dijon"}


def test_a_proposal_is_shown_and_completed(
    structure_id: int, contact_id: int, visitor: FlaskClient, mails: Mails
) -> None:
    come_in(visitor, mails)
    assert "Your proposal of" not in visitor.get("/my/structure?lang=en").text
    visitor.post(
        "/my/correction", data=VALUES | {"address": "3 rue Haute", "phone": "06 39 98 12 11", "message": "Bis."}
    )
    page = visitor.get("/my/structure?lang=en").text
    assert "Your proposal of" in page
    assert "Street and number: “3 rue Haute”" in page
    assert "06\u00a039\u00a098\u00a012\u00a011" in page
    form = visitor.get("/my/correction?lang=en").text
    for typed in ('value="3 rue Haute"', 'value="06 39 98 12 11"', "Bis."):
        assert typed in form
    visitor.post("/my/correction", data=VALUES | {"address": "3 rue Haute", "commune": "Talant"})
    (pending,) = list_corrections(structure_id)
    assert pending.values == {"address": "3 rue Haute", "commune": "Talant"}


def test_a_proposal_is_taken_back(structure_id: int, contact_id: int, visitor: FlaskClient, mails: Mails) -> None:
    come_in(visitor, mails)
    visitor.post("/my/correction", data=VALUES | {"address": "3 rue Haute"})
    visitor.post("/my/correction", data=VALUES)
    assert list_corrections(structure_id) == []
    assert "Your proposal of" not in visitor.get("/my/structure?lang=en").text
