"""Which structures are proposed as one, and which never are."""

import time

import pytest

from app.structures.duplicates import Known, Sign, find_pairs, name_words


def known(number: int, name: str, commune: str = "Dijon", uai: str = "", siret: str = "", *domains: str) -> Known:
    return Known(number, name, commune, uai, siret, frozenset(domains))


def signs(*structures: Known) -> dict[tuple[int, int], tuple[Sign, ...]]:
    return {(p.first_id, p.second_id): p.signs for p in find_pairs(structures)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Collège des Trois-Rivières", "Clg des Trois Rivières"),
        ("Lycée Jean-Moulin", "LYCEE JEAN MOULINS"),
        ("Mission Locale du bassin", "Mission locale bassin"),
        ("Menuiserie Tissot-Faivre SARL", "Menuiserie Tissot Faivre"),
    ],
)
def test_nearly_the_same_name_in_one_town_is_proposed(one: str, other: str) -> None:
    assert signs(known(1, one), known(2, other)) == {(1, 2): (Sign.NEAR_NAME,)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Collège Saint-Joseph", "Lycée Saint-Joseph"),
        ("École Dijon 1", "École Dijon 2"),
        ("Collège Carnot", "Collège Pardon"),
    ],
)
def test_other_names_are_not(one: str, other: str) -> None:
    assert signs(known(1, one), known(2, other)) == {}


def test_the_same_name_counts_in_one_town_only_or_where_the_town_is_not_known() -> None:
    assert signs(known(1, "Lycée Carnot"), known(2, "lycée CARNOT", "dijon")) == {(1, 2): (Sign.SAME_NAME,)}
    assert signs(known(1, "Lycée Carnot"), known(2, "Lycée Carnot", "Beaune")) == {}
    assert signs(known(1, "Lycée Carnot"), known(2, "Lycée Carnot", "")) == {(1, 2): (Sign.NEAR_NAME,)}


def test_two_numbers_say_two_structures() -> None:
    assert signs(known(1, "Lycée Carnot", uai="0219322U"), known(2, "Lycée Carnot", uai="0219100C")) == {}
    assert signs(known(1, "Lycée Carnot", uai="0219322U"), known(2, "Lycée Carnot")) != {}


def test_a_mail_domain_tells_unless_many_share_it() -> None:
    two = (known(1, "A", "Dijon", "", "", "atelier.example"), known(2, "B", "Beaune", "", "", "atelier.example"))
    assert signs(*two) == {(1, 2): (Sign.SAME_DOMAIN,)}
    crowd = [known(n, f"Nom {n} {'x' * n}", f"Ville {n}", "", "", "ac-dijon.example") for n in range(1, 6)]
    assert signs(*crowd) == {}


def test_what_somebody_said_to_be_two_is_not_proposed_again() -> None:
    two = [known(1, "Lycée Carnot"), known(2, "Lycée Carnot")]
    assert find_pairs(two, frozenset({(1, 2)})) == []


def test_the_surest_come_first() -> None:
    found = find_pairs([known(1, "Lycée Carnot"), known(2, "Lycée Carnos"), known(3, "Lycée Carnot")])
    assert (found[0].first_id, found[0].second_id) == (1, 3)


def test_abbreviations_are_written_out() -> None:
    assert name_words("Clg St-Bénigne") == name_words("Collège Saint Bénigne")


def test_five_thousand_structures_are_compared_in_seconds() -> None:
    many = [known(n, f"Entreprise {n * 7919 % 5003} de mécanique", f"Ville {n % 40}") for n in range(5000)]
    begun = time.perf_counter()
    find_pairs(many)
    assert time.perf_counter() - begun < 10
