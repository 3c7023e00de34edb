import pytest

from app.core.text import TextError, fold, is_valid_uai, normalise_email, normalise_phone, normalise_uai, slugify


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Camille.Durand@Example.ORG ", "camille.durand@example.org"),
        ("mailto:camille@example.org", "camille@example.org"),
        ("é@exämple.fr", "é@exämple.fr"),
    ],
)
def test_email_is_normalised(typed: str, kept: str) -> None:
    assert normalise_email(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("camille", "email_at"),
        ("", "email_at"),
        ("@example.org", "email_start"),
        ("camille@example", "email_ending"),
        ("camille@example.", "email_ending"),
        ("camille durand@example.org", "email_space"),
        ("camille@exa_mple.org", "email_wrong"),
        ("camille..d@example.org", "email_wrong"),
        ("a@b@example.org", "email_wrong"),
        ("x" * 70 + "@example.org", "email_wrong"),
    ],
)
def test_email_is_refused_with_its_fault(typed: str, code: str) -> None:
    with pytest.raises(TextError) as refusal:
        normalise_email(typed)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0639986124", "+33639986124"),
        ("06.39.98.15.76", "+33639981576"),
        ("+33 6 39 98 31 74", "+33639983174"),
        ("+33 (0)6 39 98 31 74", "+33639983174"),
        ("0033 6 39 98 31 74", "+33639983174"),
        ("03 80 40 00 00", "+33380400000"),
        ("06\N{NO-BREAK SPACE}39\N{NO-BREAK SPACE}98\N{NO-BREAK SPACE}44\N{NO-BREAK SPACE}10", "+33639984410"),
        ("+49 30 123456", "+4930123456"),
    ],
)
def test_phone_is_normalised(typed: str, kept: str) -> None:
    assert normalise_phone(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code", "figures"),
    [
        ("06 39 98 44 1", "phone_digits", 9),
        ("06 39 98 44 101", "phone_digits", 11),
        ("+33 6 39 98 44 1", "phone_digits", 9),
        ("", "phone_digits", 0),
        ("1234567890", "phone_wrong", None),
        ("06 39 98 44 ab", "phone_letters", None),
        ("+999 123 456", "phone_wrong", None),
        ("+", "phone_digits", 0),
    ],
)
def test_phone_is_refused_with_its_fault(typed: str, code: str, figures: int | None) -> None:
    with pytest.raises(TextError) as refusal:
        normalise_phone(typed)
    assert (refusal.value.code, refusal.value.figures) == (code, figures)


def test_uai_has_the_letter_of_its_figures() -> None:
    assert is_valid_uai("0210001M")
    assert normalise_uai(" 0210001 m") == "0210001M"
    for typed, code in (
        ("0210001I", "uai_letter"),
        ("021000A", "uai_shape"),
        ("", "uai_shape"),
        ("٠٢١٠٠٠١A", "uai_shape"),
    ):
        with pytest.raises(TextError) as refusal:
            normalise_uai(typed)
        assert refusal.value.code == code


def test_folded_texts_meet() -> None:
    assert fold("  Élodie  LAMBŒUF ") == fold("elodie lamboeuf") == "elodie lamboeuf"
    assert fold("L’Isle-d’Abeau") == "l'isle-d'abeau"


def test_slug_has_letters_figures_and_hyphens() -> None:
    assert slugify("La Voie des Talents : édition 2027 !") == "la-voie-des-talents-edition-2027"
    assert slugify("!!!") == ""
    assert slugify("a" * 80) == "a" * 60
