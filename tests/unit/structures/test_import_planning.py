"""What a file of structures would do: mapping, problems by line and column, and nothing twice."""

from app.sheets.reading import read_sheet
from app.structures.drafts import StructureDraft
from app.structures.importing.mapping import ColumnMapping, propose
from app.structures.importing.planning import Directory, KnownStructure, Plan, make_plan
from app.structures.importing.wording import PROBLEMS, say_problem
from app.structures.models import StructureKind

HEADER = "Établissement;Type;UAI;Commune;Nom;Prénom;Fonction;Mél;Téléphone"
FILE = f"""{HEADER}
Collège des Trois-Rivières;collège;0219100C;Dijon;Lambert;Manon;Professeure;manon@example.org;06 39 98 11 01
Collège des Trois-Rivières;collège;0219100C;Dijon;Garand;Philippe;Principal;philippe@example.org;
Atelier du Suzon;entreprise;;Longvic;;;;;
"""


def plan(text: str, directory: Directory | None = None, mapping: ColumnMapping | None = None) -> Plan:
    sheet = read_sheet(text.encode())
    return make_plan(sheet, mapping or propose(sheet.header), directory or Directory())


def problems(text: str) -> list[tuple[int, str, str, str]]:
    return [(p.line, p.column, p.code, p.value) for p in plan(text).problems]


def test_columns_are_recognised_by_their_words() -> None:
    assert propose(HEADER.split(";")).to_json() == {
        "name": 0, "kind": 1, "uai": 2, "commune": 3, "contact_family_name": 4, "contact_first_name": 5,
        "contact_duty": 6, "contact_email": 7, "contact_phone": 8,
    }  # fmt: skip
    bare = propose(["Nom", "SIRET", "Ville", "Téléphone"]).to_json()
    assert bare == {"name": 0, "siret": 1, "commune": 2, "phone": 3}


def test_lines_of_one_structure_are_one_structure_with_its_contacts() -> None:
    found = plan(FILE)
    assert [(e.lines, e.draft.name, e.draft.kind, [c.name for _, c in e.contacts]) for e in found.entries] == [
        ((2, 3), "Collège des Trois-Rivières", StructureKind.SCHOOL, ["Manon Lambert", "Philippe Garand"]),
        ((4,), "Atelier du Suzon", StructureKind.COMPANY, []),
    ]
    assert (found.lines, found.contacts, found.problems) == (3, 2, ())


def test_a_problem_names_its_line_its_column_and_the_value() -> None:
    lines = [
        "Collège A;collège;0219100A;Dijon;;;;;",
        ";collège;;Dijon;;;;;",
        "Atelier;planète;;Dijon;;;;;",
        "Atelier B;entreprise;;Dijon;Roy;Léo;;leo(at)example;06",
        "=cmd();entreprise;;Dijon;;;;;",
    ]
    assert problems("\n".join([HEADER, *lines])) == [
        (2, "UAI", "uai_letter", "0219100A"),
        (3, "Établissement", "required", ""),
        (4, "Type", "unknown_kind", "planète"),
        (5, "Mél", "email_at", "leo(at)example"),
        (5, "Téléphone", "phone_digits", "06"),
        (6, "Établissement", "formula", "=cmd()"),
    ]


def test_every_problem_has_words_in_both_languages() -> None:
    lines = "\n".join([HEADER, "Collège A;collège;0219100A;Dijon;;;;;", "Coll?ge;collège;;Dijon;;;;;;;trop"])
    for problem in plan(lines).problems:
        assert problem.code in PROBLEMS
        assert say_problem(problem, "fr") != say_problem(problem, "en")


def there(**changes: str) -> Directory:
    values = {"name": "Collège des Trois-Rivières", "uai": "0219100C", "commune": "Dijon"} | changes
    known = KnownStructure(
        7, StructureDraft(StructureKind.SCHOOL, **values), frozenset({"manon@example.org"}), frozenset({"manon lambert"})
    )  # fmt: skip
    return Directory({values["uai"]: known}, {}, {("college des trois-rivieres", "dijon"): known})


def test_what_is_there_is_found_by_uai_and_only_completed() -> None:
    text = FILE.replace(";Commune;", ";Commune;").replace("Collège des Trois-Rivières", "COLLEGE 3 RIVIERES")
    found = plan(text, there())
    first = found.entries[0]
    assert (first.known_id, first.fills, [c.name for _, c in first.contacts]) == (7, (), ["Philippe Garand"])
    differs = [p for p in found.problems if p.code == "differs"]
    assert [(p.facts["field"], p.facts["there"], p.warning) for p in differs] == [
        ("name", "Collège des Trois-Rivières", True)
    ]


def test_without_a_number_name_and_town_tell() -> None:
    text = f"{HEADER}\nCollège des trois-rivières;;;DIJON;;;;;\nCollège des trois-rivières;;;Beaune;;;;;"
    assert [e.known_id for e in plan(text, there()).entries] == [7, None]


def test_the_same_name_with_another_number_is_another_structure() -> None:
    text = f"{HEADER}\nCollège des Trois-Rivières;;0219322U;Dijon;;;;;"
    assert [e.known_id for e in plan(text, there()).entries] == [None]


def test_a_line_that_contradicts_one_above_is_told_and_the_first_counts() -> None:
    text = f"{HEADER}\nA;;0219100C;Dijon;;;;;\nB;;0219100C;Dijon;;;;;"
    found = plan(text)
    assert [e.draft.name for e in found.entries] == ["A"]
    assert [(p.line, p.code, p.facts["first"]) for p in found.problems] == [(3, "contradicts", 2)]


def test_a_spreadsheet_that_lost_the_first_nought_is_understood() -> None:
    sheet = read_sheet(f"{HEADER}\nA;;;Dijon;Roy;Léo;;;639981101".encode())
    spread = type(sheet)(sheet.header, sheet.rows, spreadsheet=True)
    (entry,) = make_plan(spread, propose(sheet.header), Directory()).entries
    assert entry.contacts[0][1].phone == "+33639981101"
