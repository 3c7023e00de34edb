"""Numbers of structures: SIRET, UAI, postcodes, web sites; what is cleaned and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import FieldError
from app.core.text import TextError, is_valid_uai
from app.structures.drafts import ContactDraft, StructureDraft
from app.structures.models import StructureKind
from app.structures.rules import (
    clean_contact,
    clean_structure,
    is_valid_siret,
    normalise_postcode,
    normalise_siret,
    normalise_website,
    search_text,
)


def check_figure(figures: str) -> str:
    """The figure that makes Luhn's sum a multiple of ten."""
    total = 0
    for place, figure in enumerate(reversed(figures)):
        value = int(figure) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


@given(st.text("0123456789", min_size=8, max_size=8), st.text("0123456789", min_size=4, max_size=4))
def test_a_siret_is_a_siren_and_a_number_that_both_keep_luhns_rule(body: str, establishment: str) -> None:
    siren = body + check_figure(body)
    siret = siren + establishment
    siret += check_figure(siret)
    expected = int(siret) != 0 and not siret.startswith("356000000")
    if expected:
        assert is_valid_siret(siret)
        for place in range(14):
            other = str((int(siret[place]) + 1) % 10)
            assert not is_valid_siret(siret[:place] + other + siret[place + 1 :])


@pytest.mark.parametrize(
    ("siret", "valid"),
    [
        ("35600000000048", True),  # La Poste's head office keeps Luhn's rule
        ("35600000049837", True),  # a post office: the figures add up to 45, a multiple of 5
        ("35600000049838", False),
        ("00000000000000", False),
        ("7328293200007", False),
        ("73282932000074", True),
        ("73282932000075", False),
        ("7328293200007a", False),
    ],
)
def test_known_sirets(siret: str, valid: bool) -> None:
    assert is_valid_siret(siret) is valid


@pytest.mark.parametrize(
    ("typed", "code"), [("732 829 320", "siret_siren"), ("123", "siret_shape"), ("73282932000075", "siret_wrong")]
)
def test_a_wrong_siret_says_what_is_wrong(typed: str, code: str) -> None:
    with pytest.raises(TextError) as refused:
        normalise_siret(typed)
    assert refused.value.code == code


def test_a_siret_is_read_however_it_is_spaced() -> None:
    assert normalise_siret("732 829 320 00074") == "73282932000074"


@pytest.mark.parametrize(
    "uai", ["0219100C", "0219322U", "0219470E"]
)  # fmt: skip
def test_a_uai_goes_with_one_letter_alone(uai: str) -> None:
    assert is_valid_uai(uai)
    assert [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if is_valid_uai(uai[:7] + c)] == [uai[7]]


def test_a_structure_is_cleaned_or_refused_with_every_problem_at_its_field() -> None:
    draft = StructureDraft(
        StructureKind.SCHOOL, "  Lycée   des Quatre-Vents ", "0219322u", "73282932000074", " 3 rue  X ", "21 000",
        "Dijon ", "06 39 98 11 01", "lycee.example.org", "une\r\nnote ",
    )  # fmt: skip
    clean = clean_structure(draft)
    assert (clean.name, clean.uai, clean.address, clean.postcode, clean.commune, clean.phone, clean.website, clean.notes) == (
        "Lycée des Quatre-Vents", "0219322U", "3 rue X", "21000", "Dijon", "+33639981101", "https://lycee.example.org",
        "une\nnote",
    )  # fmt: skip
    wrong = StructureDraft(StructureKind.SCHOOL, " ", "0219322A", "1", "", "2100", "x" * 121, "06", "nulle part")
    with pytest.raises(FieldError) as refused:
        clean_structure(wrong)
    assert refused.value.problems == {
        "name": "required", "uai": "uai_letter", "siret": "siret_shape", "postcode": "postcode", "commune": "too_long",
        "phone": "phone_digits", "website": "website",
    }  # fmt: skip


@pytest.mark.parametrize("typed", ["javascript:alert(1)", "https://", "http://a b.fr", "https://me@example.org", "ftp"])
def test_a_web_site_is_a_web_address_and_nothing_else(typed: str) -> None:
    with pytest.raises(TextError):
        normalise_website(typed)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_web_address_or_refused(typed: str) -> None:
    try:
        found = normalise_website(typed)
    except TextError:
        return
    assert found.lower().startswith(("http://", "https://"))


def test_a_postcode_abroad_is_kept() -> None:
    assert normalise_postcode("CH-1200") == "CH-1200"


def test_a_contact_needs_a_name_and_a_way_to_be_reached() -> None:
    assert clean_contact(ContactDraft(" Manon  Lambert ", "", "Manon@Example.org")).email == "manon@example.org"
    with pytest.raises(FieldError) as refused:
        clean_contact(ContactDraft("", "x" * 121))
    assert refused.value.problems == {"name": "required", "duty": "too_long", "email": "contact_missing"}


def test_searching_looks_in_name_town_and_numbers_without_accents() -> None:
    assert search_text("Lycée d’Œuvre", "Chenôve", "21300", "0219322U", None) == "lycee d'oeuvre chenove 21300 0219322u"
