"""From the sheets to what importing them would do, against the inventory that is there. Decides; writes nothing."""

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.boxes.drafts import BoxDraft, ItemDraft, ScenarioDraft
from app.boxes.enums import LentKind, Wear
from app.boxes.importing.changes import Change, changes_of, changes_of_contents
from app.boxes.rows import BoxRow, ItemRow, ScenarioRow
from app.boxes.rules import MOST, clean_box, clean_code, clean_items, clean_scenario
from app.core.errors import FieldError
from app.core.text import TextError, fold
from app.sheets.cells import begins_as_formula
from app.sheets.columns import propose_columns
from app.sheets.errors import Fact, ImportRefused
from app.sheets.problems import Problem
from app.sheets.reading import Row, Sheet


class Column(enum.StrEnum):
    BOX = "box"
    SCENARIO = "scenario"
    TITLE = "title"
    PLAYERS_MIN = "players_min"
    PLAYERS_MAX = "players_max"
    MINUTES = "minutes"
    DEPOT = "depot"
    WEAR = "wear"
    THING = "thing"
    QUANTITY = "quantity"
    CONSUMABLE = "consumable"


_NAMES: dict[Column | None, tuple[str, ...]] = {
    Column.BOX: ("boite", "code boite", "box", "box code", "inventaire", "numero inventaire"),
    Column.SCENARIO: ("scenario", "code scenario", "scenario code", "jeu", "game"),
    Column.TITLE: ("titre", "titre scenario", "title", "nom", "name"),
    Column.PLAYERS_MIN: ("joueurs min", "joueurs minimum", "players min", "min players"),
    Column.PLAYERS_MAX: ("joueurs max", "joueurs maximum", "players max", "max players"),
    Column.MINUTES: ("duree", "duree min", "duree minutes", "minutes", "duration"),
    Column.DEPOT: ("depot", "lieu depot", "lieu", "place", "storage"),
    Column.WEAR: ("etat", "usure", "wear", "condition", "state"),
    Column.THING: ("objet", "contenu", "thing", "item", "article"),
    Column.QUANTITY: ("quantite", "nombre", "quantity", "number", "qte"),
    Column.CONSUMABLE: ("consommable", "consumable"),
    None: ("remarque", "notes"),
}
_WEAR = {
    "bon": Wear.GOOD, "neuf": Wear.GOOD, "good": Wear.GOOD, "new": Wear.GOOD, "usé": Wear.WORN, "use": Wear.WORN,
    "worn": Wear.WORN,
}  # fmt: skip
_PLACES = {
    "title_fr": Column.TITLE, "players_min": Column.PLAYERS_MIN, "players_max": Column.PLAYERS_MAX,
    "minutes": Column.MINUTES, "depot": Column.DEPOT, "code": Column.BOX,
}  # fmt: skip
_NUMBERS = {Column.PLAYERS_MIN, Column.PLAYERS_MAX, Column.MINUTES, Column.QUANTITY}
_YES = {"oui": True, "o": True, "yes": True, "y": True, "x": True, "1": True}
_NO = {"non": False, "n": False, "no": False, "0": False, "": False}


@dataclass(frozen=True)
class Known:
    """The inventory as it is: scenarios and boxes by code, contents by the scenario's code."""

    scenarios: Mapping[str, ScenarioRow]
    boxes: Mapping[str, BoxRow]
    items: Mapping[str, Sequence[ItemRow]]


@dataclass(frozen=True)
class Plan:
    """What would be written: new and changed scenarios, boxes and contents by code, and how many stay as they are.

    A problem's fact `file` is `boxes` or `contents`: lines of two files have the same numbers.
    """

    new_scenarios: dict[str, ScenarioDraft] = field(default_factory=dict)
    changed_scenarios: dict[str, ScenarioDraft] = field(default_factory=dict)
    new_boxes: dict[str, tuple[str, BoxDraft]] = field(default_factory=dict)
    changed_boxes: dict[str, tuple[str, BoxDraft]] = field(default_factory=dict)
    contents: dict[str, list[ItemDraft]] = field(default_factory=dict)
    new_things: int = 0
    changed_things: int = 0
    lines: int = 0
    same: int = 0
    problems: tuple[Problem, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        parts = (self.new_scenarios, self.changed_scenarios, self.new_boxes, self.changed_boxes, self.contents)
        return not any(parts)


class _Line:
    """One row with its columns; collects what is wrong with it."""

    def __init__(self, row: Row, columns: Mapping[Column, int], header: Sequence[str], problems: list[Problem]) -> None:
        self.row, self.columns, self.header, self.problems = row, columns, header, problems
        self.bad = False

    def text(self, column: Column) -> str:
        place = self.columns.get(column)
        return "" if place is None else self.row.cells[place]

    def fault(self, column: Column | None, code: str, **facts: Fact) -> None:
        place = self.columns.get(column) if column is not None else None
        name = "" if place is None else self.header[place]
        value = "" if place is None else self.row.cells[place]
        of = "contents" if Column.THING in self.columns else "boxes"
        self.problems.append(Problem(self.row.line, name, code, value, {"file": of, **facts}))
        self.bad = True

    def code(self, column: Column) -> str:
        try:
            return clean_code(self.text(column))
        except TextError as error:
            self.fault(column, error.code)
            return ""

    def number(self, column: Column) -> int | None:
        text = self.text(column).removesuffix(".0")
        if not text:
            return None
        if not (text.isascii() and text.isdecimal()) or not text.strip("0"):
            self.fault(column, "number")
            return None
        if len(text) > 6 or int(text) > MOST:
            self.fault(column, "number_too_high")
            return None
        return int(text)


def plan_import(sheets: Sequence[Sheet], known: Known) -> Plan:
    """What these files would do, each being of boxes or of contents by its head line.

    Raises ImportRefused: unknown_header when a file is of neither, same_kind when two are of one.
    """
    kinds = [_columns_of(sheet) for sheet in sheets]
    if sum(Column.THING in c for c in kinds) > 1 or sum(Column.THING not in c for c in kinds) > 1:
        raise ImportRefused("same_kind")
    problems: list[Problem] = []
    plan = Plan(lines=sum(len(sheet.rows) for sheet in sheets))
    for sheet, columns in sorted(zip(sheets, kinds, strict=True), key=lambda pair: Column.THING in pair[1]):
        lines = [_Line(row, columns, sheet.header, problems) for row in sheet.rows]
        plan = _plan_contents(lines, known, plan) if Column.THING in columns else _plan_boxes(lines, known, plan)
    ordered = sorted(problems, key=lambda p: (p.facts["file"] != "boxes", p.line))
    return replace(plan, problems=tuple(ordered), changes=tuple(_changes(plan, known)))


def _changes(plan: Plan, known: Known) -> Iterator[Change]:
    for code, scenario in plan.changed_scenarios.items():
        yield from changes_of(code, stored_scenario(known.scenarios[code]), scenario)
    for code, (_scenario, box) in plan.changed_boxes.items():
        yield from changes_of(code, stored_box(known.boxes[code]), box)
    stored = {code: [stored_item(item) for item in known.items.get(code, ())] for code in plan.contents}
    yield from changes_of_contents(stored, plan.contents)


def _columns_of(sheet: Sheet) -> dict[Column, int]:
    columns = propose_columns(sheet.header, _NAMES)
    of_contents = {Column.SCENARIO, Column.THING, Column.QUANTITY} <= columns.keys()
    if not of_contents and not {Column.BOX, Column.SCENARIO} <= columns.keys():
        raise ImportRefused("unknown_header")
    if not of_contents:
        columns.pop(Column.THING, None)
    return columns


def _plan_boxes(lines: Sequence[_Line], known: Known, plan: Plan) -> Plan:
    scenarios: dict[str, tuple[_Line, ScenarioDraft]] = {}
    boxes: dict[str, tuple[str, BoxDraft]] = {}
    for line in lines:
        begin = len(line.problems)
        _require_texts(line)
        code, scenario = line.code(Column.BOX), line.code(Column.SCENARIO)
        wear = _WEAR.get(line.text(Column.WEAR).casefold(), Wear.GOOD if not line.text(Column.WEAR) else None)
        if wear is None:
            line.fault(Column.WEAR, "wear")
        draft = _scenario_draft(line, scenario, known.scenarios.get(scenario))
        if code in boxes:
            line.fault(Column.BOX, "repeated")
        if scenario in scenarios and scenarios[scenario][1] != draft:
            differing = [c.name for c in changes_of(scenario, scenarios[scenario][1], draft)]
            names = [line.header[line.columns[place]] for name, place in _PLACES.items() if name in differing]
            line.fault(Column.SCENARIO, "scenario_differs", columns=", ".join(names))
        box = _box_draft(line, code, known.boxes.get(code), wear or Wear.GOOD)
        if code in known.boxes and known.boxes[code].scenario_code != scenario:
            line.fault(Column.SCENARIO, "other_scenario")
        if len(line.problems) == begin and not line.bad:
            _check(line, draft, box)
        if not line.bad:
            scenarios.setdefault(scenario, (line, draft))
            boxes[code] = (scenario, box)
    drafts = {code: draft for code, (_line, draft) in scenarios.items()}
    new_boxes = {c: b for c, b in boxes.items() if c not in known.boxes}
    changed_boxes = {c: b for c, b in boxes.items() if c in known.boxes and b[1] != stored_box(known.boxes[c])}
    return replace(
        plan,
        new_scenarios={c: d for c, d in drafts.items() if c not in known.scenarios},
        changed_scenarios={
            c: d for c, d in drafts.items() if c in known.scenarios and d != stored_scenario(known.scenarios[c])
        },
        new_boxes=new_boxes,
        changed_boxes=changed_boxes,
        same=plan.same + len(boxes) - len(new_boxes) - len(changed_boxes),
    )


def _plan_contents(lines: Sequence[_Line], known: Known, plan: Plan) -> Plan:
    """Things are known by their name; those that the file does not name stay."""
    contents: dict[str, list[ItemDraft]] = {}
    told: set[tuple[str, str]] = set()
    new = changed = same = 0
    for line in lines:
        _require_texts(line)
        code, name, quantity = line.code(Column.SCENARIO), line.text(Column.THING), line.number(Column.QUANTITY)
        consumable = (_YES | _NO).get(line.text(Column.CONSUMABLE).casefold())
        if code and code not in known.scenarios and code not in plan.new_scenarios:
            line.fault(Column.SCENARIO, "no_such_scenario")
        if not name:
            line.fault(Column.THING, "required")
        elif (code, fold(name)) in told:
            line.fault(Column.THING, "repeated")
        if quantity is None and not line.bad:
            line.fault(Column.QUANTITY, "number")
        if consumable is None:
            line.fault(Column.CONSUMABLE, "yes_or_no")
        told.add((code, fold(name)))
        if line.bad or quantity is None or consumable is None:
            continue
        items = contents.setdefault(code, [stored_item(item) for item in known.items.get(code, ())])
        place = next((n for n, item in enumerate(items) if fold(item.name_fr) == fold(name)), None)
        try:
            if place is None:
                items.append(clean_items([ItemDraft(name, quantity, consumable)])[0])
                new += 1
            elif (items[place].quantity, items[place].consumable) != (quantity, consumable):
                below = items[place].restock_below if consumable else None
                changes = replace(items[place], quantity=quantity, consumable=consumable, restock_below=below)
                items[place] = clean_items([changes])[0]
                changed += 1
            else:
                same += 1
        except FieldError as error:
            line.fault(Column.THING, next(iter(error.problems.values())))
    written = {c: i for c, i in contents.items() if i != [stored_item(item) for item in known.items.get(c, ())]}
    return replace(plan, contents=written, new_things=new, changed_things=changed, same=plan.same + same)


def stored_scenario(row: ScenarioRow) -> ScenarioDraft:
    return ScenarioDraft(**{name: getattr(row, name) for name in ScenarioDraft.__dataclass_fields__})


def stored_box(row: BoxRow) -> BoxDraft:
    return BoxDraft(row.code, row.depot, row.wear, row.notes, row.value_cents)


def stored_item(row: ItemRow) -> ItemDraft:
    return ItemDraft(
        row.name_fr, row.quantity, row.consumable, row.id, row.name_en, row.restock_below, row.value_cents
    )  # fmt: skip


def _scenario_draft(line: _Line, code: str, there: ScenarioRow | None) -> ScenarioDraft:
    """What the file says over what is stored; what it does not say stays."""
    stored = stored_scenario(there) if there else ScenarioDraft(code, line.text(Column.TITLE) or code)
    said = {
        name: value
        for name, value in (
            ("title_fr", line.text(Column.TITLE)), ("players_min", line.number(Column.PLAYERS_MIN)),
            ("players_max", line.number(Column.PLAYERS_MAX)), ("minutes", line.number(Column.MINUTES)),
        )
        if value
    }  # fmt: skip
    draft = replace(stored, **said)  # type: ignore[arg-type]
    players = draft.players_min or draft.players_max or draft.minutes
    return draft if there or players else replace(draft, kind=LentKind.OTHER, asks_accreditation=False)


def _box_draft(line: _Line, code: str, there: BoxRow | None, wear: Wear) -> BoxDraft:
    stored = stored_box(there) if there else BoxDraft(code)
    return replace(
        stored,
        depot=line.text(Column.DEPOT) or stored.depot,
        wear=wear if line.text(Column.WEAR) else stored.wear,
    )


def _check(line: _Line, scenario: ScenarioDraft, box: BoxDraft) -> None:
    try:
        clean_scenario(scenario)
        clean_box(box)
    except FieldError as error:
        for name, code in error.problems.items():
            line.fault(_PLACES.get(name), code)


def _require_texts(line: _Line) -> None:
    for column in line.columns:
        if column not in _NUMBERS and begins_as_formula(line.text(column)):
            line.fault(column, "formula")
