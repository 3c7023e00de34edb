"""The two files of boxes: what they would do, what they write, and that a second time changes nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app.boxes.enums import Wear
from app.boxes.importing.planning import stored_item
from app.boxes.importing.writing import plan_sheets
from app.boxes.operations.scenarios import set_items
from app.boxes.queries import get_box, get_scenario, list_boxes, list_contents, list_items, list_scenarios
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.sheets.errors import ImportRefused
from app.sheets.reading import read_sheet
from tests.factories import NOW, make_organiser

DATA = Path(__file__).parents[2] / "data"
BOXES, CONTENTS = DATA / "boites.csv", DATA / "contenu_boites.csv"


def run(app: Flask, *args: str | Path) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["import", "boxes", "creativ", *map(str, args)])
    return result.exit_code, result.output


@pytest.fixture
def organiser_id(whole_app: Flask) -> int:
    return make_organiser("Creativ")


def test_both_files_make_the_whole_inventory_once(whole_app: Flask, organiser_id: int) -> None:
    code, said = run(whole_app, BOXES, "--contents", CONTENTS)
    assert (code, "5 new scenarios, 15 new boxes, 43 new things" in said) == (0, True), said
    assert [s.code for s in list_scenarios(organiser_id)] == ["MAINT", "SANTE-1", "SANTE-2", "SANTE-3", "SOFT"]
    scenario = get_scenario(organiser_id, "SANTE-1")
    assert (scenario.players_min, scenario.players_max, scenario.minutes, scenario.boxes) == (3, 6, 45, 3)
    assert [(i.name_fr, i.quantity, i.consumable) for i in list_items(scenario.id)][3] == ("Piles AAA", 6, True)
    box = get_box(organiser_id, "SANTE-2-A")
    assert (box.wear, box.depot) == (Wear.WORN, "Siège, réserve 2")
    assert len({b.label for b in list_boxes(organiser_id)}) == 15
    assert len(list_contents(box)) == 9
    code, said = run(whole_app, BOXES, "--contents", CONTENTS)
    assert (code, "58 there already" in said, "Nothing to write" in said) == (0, True, True), said


def test_a_dry_run_and_bad_lines_write_nothing(whole_app: Flask, organiser_id: int, tmp_path: Path) -> None:
    assert "Nothing was written" in run(whole_app, BOXES, "--dry-run")[1]
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "Boîte;Scénario;Titre;Joueurs min;État\nX-1;X;Un jeu;six;bon\nX-1;X;Un jeu;3;brisé\n", encoding="utf-8"
    )
    code, said = run(whole_app, bad)
    assert code == 1
    assert "boxes, line 2, Joueurs min" in said
    assert "boxes, line 3, État" in said
    assert list_scenarios(organiser_id) == []


def test_contents_alone_need_their_scenarios(whole_app: Flask, organiser_id: int) -> None:
    code, said = run(whole_app, CONTENTS)
    assert (code, said.count("No scenario has this code")) == (1, 43)
    assert run(whole_app, BOXES)[0] == 0
    code, said = run(whole_app, CONTENTS)
    assert (code, "43 new things" in said) == (0, True)


def test_what_a_file_says_anew_is_told_and_written(whole_app: Flask, organiser_id: int, tmp_path: Path) -> None:
    run(whole_app, BOXES, "--contents", CONTENTS)
    again = tmp_path / "again.csv"
    again.write_text("Boîte;Scénario;Lieu de dépôt;État\nSOFT-A;SOFT;Atelier;usé\n", encoding="utf-8")
    said = run(whole_app, again)[1]
    assert "1 changes, 0 there already" in said
    assert "SOFT-A: depot Siège, réserve 2 -> Atelier" in said
    box = get_box(organiser_id, "SOFT-A")
    assert (box.depot, box.wear) == ("Atelier", Wear.WORN)
    fewer = tmp_path / "fewer.csv"
    fewer.write_text("Scénario;Objet;Quantité;Consommable\nSOFT;piles aaa;4;oui\n", encoding="utf-8")
    run(whole_app, fewer)
    contents = {c.name_fr: c.expected for c in list_contents(box)}
    assert (contents["Piles AAA"], len(contents)) == (4, 8)
    things = [replace(stored_item(item), restock_below=2) for item in list_items(box.scenario_id) if item.consumable]
    with transaction():
        set_items(box.scenario_id, things, organiser_id=organiser_id, revision=None, by=SYSTEM, now=NOW)
    fewer.write_text("Scénario;Objet;Quantité;Consommable\nSOFT;piles aaa;4;non\n", encoding="utf-8")
    assert run(whole_app, fewer)[0] == 0
    assert ("Piles AAA", False, None) in [
        (i.name_fr, i.consumable, i.restock_below) for i in list_items(box.scenario_id)
    ]


def test_a_problem_names_its_file_and_one_cause(whole_app: Flask, organiser_id: int, tmp_path: Path) -> None:
    boxes, contents = tmp_path / "boxes.csv", tmp_path / "contents.csv"
    boxes.write_text(
        "Boîte;Scénario;Titre;Joueurs min;Durée\nX-1;X;Un jeu;-3;45\nX-2;X;Un jeu;3;99999999\nY-1;Y;Jeu;3;45\nY-2;Y;Jeu;4;50\n",
        encoding="utf-8",
    )
    contents.write_text("Scénario;Objet;Quantité;Consommable\nX;Clé;deux;oui\n", encoding="utf-8")
    said = run(whole_app, boxes, "--contents", contents)[1]
    assert "boxes, line 2, Joueurs min: Write a whole number" in said
    assert "formula" not in said
    assert "boxes, line 3, Durée: This number is too large." in said
    assert "An earlier line says something else of this scenario: Joueurs min, Durée." in said
    assert "contents, line 2, Quantité" in said


def test_a_file_of_neither_kind_is_refused(whole_app: Flask, organiser_id: int) -> None:
    sheet = read_sheet(b"Nom;Ville\nCollege;Dijon\n")
    with pytest.raises(ImportRefused, match="unknown_header"):
        plan_sheets(organiser_id, [sheet])
    boxes = read_sheet(BOXES.read_bytes())
    with pytest.raises(ImportRefused, match="same_kind"):
        plan_sheets(organiser_id, [boxes, boxes])
