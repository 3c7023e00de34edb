"""Reading what is lent and who may run it. Every function says how many statements it runs; those that do not run one."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from app.boxes.conditions import may_run
from app.boxes.enums import GUIDES, BoxCondition, FileUse, Wear
from app.boxes.errors import BoxNotFound, FacilitatorNotFound, FileNotFound, ScenarioNotFound
from app.boxes.models import Accreditation, Box, BoxFile, BoxItem, Facilitator, Scenario, ScenarioItem
from app.boxes.rows import (
    AccreditationRow,
    BoxRow,
    ContentRow,
    FacilitatorRow,
    FileRow,
    ItemRow,
    RestockLine,
    ScenarioRow,
)
from app.core.db import db
from app.core.text import fold
from app.structures.models import Structure

_SCENARIO = (
    Scenario.id, Scenario.organiser_id, Scenario.slug, Scenario.code, Scenario.kind, Scenario.title_fr, Scenario.title_en,
    Scenario.universe_fr, Scenario.universe_en, Scenario.public_fr, Scenario.public_en, Scenario.skills_fr,
    Scenario.skills_en, Scenario.summary_fr, Scenario.summary_en, Scenario.players_min, Scenario.players_max,
    Scenario.minutes, Scenario.asks_accreditation, Scenario.accreditation_months, Scenario.before_halves,
    Scenario.after_halves, Scenario.longest_halves, Scenario.value_cents, Scenario.listed, Scenario.revision,
    Scenario.archived_at,
)  # fmt: skip
_BOX = (
    Box.id, Box.organiser_id, Box.scenario_id, Scenario.code.label("scenario_code"),
    Scenario.title_fr.label("scenario_title_fr"), Scenario.title_en.label("scenario_title_en"), Box.code, Box.label,
    Box.depot, Box.wear, Box.condition, Box.out_reason, Box.out_note, Box.out_from, Box.out_until, Box.notes,
    Box.value_cents, Box.uses_count, Box.last_used_on, Box.revision, Box.archived_at,
)  # fmt: skip
_FILE = (
    BoxFile.token, BoxFile.use, BoxFile.scenario_id, BoxFile.box_id, BoxFile.loan_box_id, BoxFile.name,
    BoxFile.media_type, BoxFile.size, BoxFile.note, BoxFile.created_at,
)  # fmt: skip


# --- Scenarios ------------------------------------------------------------------------------------------------------


def _scenarios(*conditions: ColumnElement[bool]) -> Any:
    boxes = (
        select(func.count(Box.id)).where(Box.scenario_id == Scenario.id, Box.archived_at.is_(None)).scalar_subquery()
    )
    return select(*_SCENARIO, boxes.label("boxes")).where(*conditions).order_by(Scenario.kind, Scenario.code)


def list_scenarios(organiser_id: int | None, *, archived: bool = False, listed: bool = False) -> list[ScenarioRow]:
    """Games first, by code. `organiser_id` None: of everybody; `listed`: those of the public catalogue, with boxes, alone."""
    conditions: list[ColumnElement[bool]] = [
        Scenario.archived_at.is_not(None) if archived else Scenario.archived_at.is_(None)
    ]
    if organiser_id is not None:
        conditions.append(Scenario.organiser_id == organiser_id)
    if listed:
        there = exists().where(Box.scenario_id == Scenario.id, Box.archived_at.is_(None))
        conditions += [Scenario.listed.is_(True), there]
    return [ScenarioRow(**row) for row in db.session.execute(_scenarios(*conditions)).mappings()]


def get_scenario(organiser_id: int, code: str) -> ScenarioRow:
    """By the organiser's code. Raises ScenarioNotFound."""
    return _one_scenario(Scenario.organiser_id == organiser_id, Scenario.code == code)


def get_scenario_by_slug(slug: str) -> ScenarioRow:
    """Raises ScenarioNotFound."""
    return _one_scenario(Scenario.slug == slug)


def get_scenario_by_id(scenario_id: int, *, lock: bool = False) -> ScenarioRow:
    """Raises ScenarioNotFound. `lock`: nobody else chooses boxes of it until this transaction ends."""
    return _one_scenario(Scenario.id == scenario_id, lock=lock)


def _one_scenario(*conditions: ColumnElement[bool], lock: bool = False) -> ScenarioRow:
    statement = _scenarios(*conditions)
    if lock:
        statement = statement.with_for_update(key_share=True, of=Scenario)
    row = db.session.execute(statement).mappings().first()
    if row is None:
        raise ScenarioNotFound("scenario")
    return ScenarioRow(**row)


def list_items(scenario_id: int) -> list[ItemRow]:
    """The contents that its boxes should hold."""
    rows = db.session.execute(
        select(
            ScenarioItem.id, ScenarioItem.scenario_id, ScenarioItem.name_fr, ScenarioItem.name_en, ScenarioItem.quantity,
            ScenarioItem.consumable, ScenarioItem.restock_below, ScenarioItem.value_cents,
        )
        .where(ScenarioItem.scenario_id == scenario_id, ScenarioItem.archived_at.is_(None))
        .order_by(ScenarioItem.position, ScenarioItem.id)
    ).mappings()  # fmt: skip
    return [ItemRow(**row) for row in rows]


# --- Boxes ----------------------------------------------------------------------------------------------------------


def _boxes(*conditions: ColumnElement[bool]) -> Any:
    return (
        select(*_BOX)
        .join(Scenario, Scenario.id == Box.scenario_id)
        .where(*conditions)
        .order_by(Scenario.kind, Scenario.code, Box.code)
    )


def list_boxes(
    organiser_id: int,
    scenario_id: int | None = None,
    *,
    text: str = "",
    conditions: Iterable[BoxCondition] = (),
    wear: Wear | None = None,
    depot: str = "",
    archived: bool = False,
) -> list[BoxRow]:
    """By scenario, then by code. `text` is looked for in codes, the scenario's title and the depot."""
    wanted = [Box.organiser_id == organiser_id, Box.archived_at.is_not(None) if archived else Box.archived_at.is_(None)]
    if scenario_id is not None:
        wanted.append(Box.scenario_id == scenario_id)
    if chosen := list(conditions):
        wanted.append(Box.condition.in_(chosen))
    if wear is not None:
        wanted.append(Box.wear == wear)
    if depot:
        wanted.append(Box.depot == depot)
    rows = [BoxRow(**row) for row in db.session.execute(_boxes(*wanted)).mappings()]
    words = fold(text).split()
    return [row for row in rows if all(word in _searched(row) for word in words)] if words else rows


def _searched(row: BoxRow) -> str:
    return fold(f"{row.code} {row.scenario_code} {row.scenario_title_fr} {row.scenario_title_en} {row.depot}")


def get_box(organiser_id: int, code: str) -> BoxRow:
    """By its inventory code. Raises BoxNotFound."""
    return _one_box(Box.organiser_id == organiser_id, Box.code == code)


def get_box_by_id(box_id: int, *, organiser_id: int, lock: bool = False) -> BoxRow:
    """Raises BoxNotFound."""
    return _one_box(Box.id == box_id, Box.organiser_id == organiser_id, lock=lock)


def find_labelled(label: str) -> BoxRow | None:
    """The box whose QR label holds that, of whichever organiser."""
    row = db.session.execute(_boxes(Box.label == label)).mappings().first()
    return None if row is None else BoxRow(**row)


def list_back_due(organiser_id: int, today: date) -> list[BoxRow]:
    """Boxes out of service whose expected day has come: lent again from then on, while nobody said that they are back."""
    due = Box.condition == BoxCondition.OUT_OF_SERVICE, Box.out_until <= today
    wanted = (Box.organiser_id == organiser_id, Box.archived_at.is_(None), *due)
    return [BoxRow(**row) for row in db.session.execute(_boxes(*wanted)).mappings()]


def list_depots(organiser_id: int) -> list[str]:
    statement = select(Box.depot).where(Box.organiser_id == organiser_id, Box.archived_at.is_(None), Box.depot != "")
    return sorted(set(db.session.execute(statement).scalars()), key=fold)


def _one_box(*conditions: ColumnElement[bool], lock: bool = False) -> BoxRow:
    statement = _boxes(*conditions)
    row = (
        db.session.execute(statement.with_for_update(key_share=True, of=Box) if lock else statement).mappings().first()
    )
    if row is None:
        raise BoxNotFound("box")
    return BoxRow(**row)


# --- Contents -------------------------------------------------------------------------------------------------------


def list_contents(box: BoxRow) -> list[ContentRow]:
    """What the box should hold, its exceptions included, with the last count. Two statements."""
    return list_contents_of([box])[box.id]


def list_contents_of(boxes: Sequence[BoxRow]) -> dict[int, list[ContentRow]]:
    """`list_contents` of several boxes, by the box's id. Two statements."""
    items = db.session.execute(
        select(
            Box.id.label("box_id"), ScenarioItem.id.label("item_id"), BoxItem.id.label("box_item_id"),
            ScenarioItem.name_fr, ScenarioItem.name_en, ScenarioItem.consumable, ScenarioItem.restock_below,
            ScenarioItem.value_cents, ScenarioItem.quantity, BoxItem.expected, BoxItem.present, BoxItem.note,
        )
        .join(ScenarioItem, ScenarioItem.scenario_id == Box.scenario_id)
        .outerjoin(BoxItem, and_(BoxItem.box_id == Box.id, BoxItem.item_id == ScenarioItem.id))
        .where(Box.id.in_([b.id for b in boxes]), ScenarioItem.archived_at.is_(None))
        .order_by(ScenarioItem.position, ScenarioItem.id)
    )  # fmt: skip
    found: dict[int, list[ContentRow]] = {box.id: [] for box in boxes}
    for row in items:
        differs = row.expected is not None and row.expected != row.quantity
        expected = row.quantity if row.expected is None else row.expected
        found[row.box_id].append(
            ContentRow(
                row.item_id, row.box_item_id, row.name_fr, row.name_en, row.consumable, expected, row.present,
                row.note or "", row.restock_below, row.value_cents, differs,
            )
        )  # fmt: skip
    for own in db.session.execute(
        select(
            BoxItem.box_id,
            BoxItem.id,
            BoxItem.name,
            BoxItem.consumable,
            BoxItem.expected,
            BoxItem.present,
            BoxItem.note,
        )
        .where(BoxItem.box_id.in_([b.id for b in boxes]), BoxItem.item_id.is_(None))
        .order_by(BoxItem.id)
    ):
        found[own.box_id].append(
            ContentRow(
                None, own.id, own.name, "", own.consumable, own.expected, own.present, own.note, None, None, True
            )
        )
    return found


def list_to_restock(organiser_id: int) -> list[RestockLine]:
    """The consumables that run short, box after box. Three statements."""
    boxes = list_boxes(organiser_id)
    contents = list_contents_of(boxes)
    return [
        RestockLine(box.code, box.scenario_code, c.name_fr, c.name_en, c.expected, c.present)
        for box in boxes
        for c in contents[box.id]
        if c.to_restock and c.present is not None
    ]


# --- Files ----------------------------------------------------------------------------------------------------------


def list_files(*, scenario_id: int | None = None, box_id: int | None = None) -> list[FileRow]:
    """Files of a scenario or of a box, newest first."""
    condition = BoxFile.scenario_id == scenario_id if scenario_id is not None else BoxFile.box_id == box_id
    return [
        FileRow(**r) for r in db.session.execute(select(*_FILE).where(condition).order_by(BoxFile.id.desc())).mappings()
    ]


def get_file(organiser_id: int, token: str) -> tuple[FileRow, bytes]:
    """A file with its content, for the organiser's people. Raises FileNotFound."""
    return _file_with_content(BoxFile.organiser_id == organiser_id, BoxFile.token == token)


def list_guides(scenario_ids: Iterable[int]) -> dict[int, FileRow]:
    """The guide of each of these scenarios that has one, by the scenario's id."""
    wanted = BoxFile.scenario_id.in_(list(scenario_ids)), BoxFile.use.in_(GUIDES)
    rows = db.session.execute(select(*_FILE).where(*wanted).order_by(BoxFile.id)).mappings()
    return {row["scenario_id"]: FileRow(**row) for row in rows}


def get_public_file(slug: str, token: str) -> tuple[FileRow, bytes]:
    """A guide or picture of a scenario of the public catalogue. Raises FileNotFound."""
    shown = exists().where(
        Scenario.id == BoxFile.scenario_id, Scenario.slug == slug, Scenario.listed, Scenario.archived_at.is_(None)
    )
    return _file_with_content(shown, BoxFile.use.in_([FileUse.GUIDE, FileUse.PHOTO]), BoxFile.token == token)


def _file_with_content(*conditions: ColumnElement[bool]) -> tuple[FileRow, bytes]:
    row = db.session.execute(select(*_FILE, BoxFile.content).where(*conditions)).mappings().first()
    if row is None:
        raise FileNotFound("file")
    values = dict(row)
    content: bytes = values.pop("content")
    return FileRow(**values), content


# --- People ---------------------------------------------------------------------------------------------------------


def list_facilitators(
    organiser_id: int,
    *,
    text: str = "",
    structure_id: int | None = None,
    scenario_id: int | None = None,
    ended: bool = False,
) -> list[FacilitatorRow]:
    """By name, with their accreditations, the newest first. Two statements. `scenario_id`: ever accredited for it."""
    wanted = [
        Facilitator.organiser_id == organiser_id,
        Facilitator.ended_at.is_not(None) if ended else Facilitator.ended_at.is_(None),
    ]
    if structure_id is not None:
        wanted.append(Facilitator.structure_id == structure_id)
    if scenario_id is not None:
        wanted.append(
            exists().where(Accreditation.facilitator_id == Facilitator.id, Accreditation.scenario_id == scenario_id)
        )
    rows = _facilitators(*wanted)
    words = fold(text).split()
    return [r for r in rows if all(w in fold(f"{r.name} {r.email} {r.structure_name}") for w in words)]


def get_facilitator(organiser_id: int, facilitator_id: int) -> FacilitatorRow:
    """With their accreditations. Two statements. Raises FacilitatorNotFound."""
    found = _facilitators(Facilitator.organiser_id == organiser_id, Facilitator.id == facilitator_id)
    if not found:
        raise FacilitatorNotFound(str(facilitator_id))
    return found[0]


def find_facilitators(organiser_id: int, *, mail_key: str, phone: str, name_key: str) -> list[FacilitatorRow]:
    """Whom these are already: by mail, else by telephone and name. Two statements."""
    by_phone = and_(Facilitator.phone == phone, Facilitator.name_key == name_key) if phone else None
    conditions = [c for c in (Facilitator.mail_key == mail_key if mail_key else None, by_phone) if c is not None]
    if not conditions:
        return []
    return _facilitators(Facilitator.organiser_id == organiser_id, Facilitator.ended_at.is_(None), or_(*conditions))


def accredited_on(scenario_id: int, facilitator_ids: Iterable[int], first_day: date, last_day: date) -> frozenset[int]:
    """Those of them who may run the scenario on all days of the period."""
    current = exists().where(Facilitator.id == Accreditation.facilitator_id, Facilitator.ended_at.is_(None))
    statement = select(Accreditation.facilitator_id).where(
        current,
        Accreditation.facilitator_id.in_(list(facilitator_ids)),
        may_run(scenario_id, first_day, last_day),
    )
    return frozenset(db.session.execute(statement).scalars())


def _facilitators(*conditions: ColumnElement[bool]) -> list[FacilitatorRow]:
    people = db.session.execute(
        select(
            Facilitator.id, Facilitator.organiser_id, Facilitator.structure_id,
            func.coalesce(Structure.name, "").label("structure_name"), Facilitator.name, Facilitator.email,
            Facilitator.phone, Facilitator.revision, Facilitator.ended_at,
        )
        .outerjoin(Structure, Structure.id == Facilitator.structure_id)
        .where(*conditions)
        .order_by(Facilitator.name_key, Facilitator.id)
    ).mappings().all()  # fmt: skip
    accreditations = _accreditations([row["id"] for row in people])
    return [FacilitatorRow(**row, accreditations=tuple(accreditations.get(row["id"], ()))) for row in people]


def _accreditations(facilitator_ids: Sequence[int]) -> dict[int, list[AccreditationRow]]:
    rows = db.session.execute(
        select(
            Accreditation.id, Accreditation.facilitator_id, Accreditation.scenario_id,
            Scenario.code.label("scenario_code"), Accreditation.source, Accreditation.granted_on,
            Accreditation.expires_on, Accreditation.event_id, Accreditation.note, Accreditation.withdrawn_at,
            Accreditation.withdrawn_note,
        )
        .join(Scenario, Scenario.id == Accreditation.scenario_id)
        .where(Accreditation.facilitator_id.in_(facilitator_ids))
        .order_by(Accreditation.granted_on.desc(), Accreditation.id.desc())
    ).mappings()  # fmt: skip
    found: dict[int, list[AccreditationRow]] = {}
    for row in rows:
        found.setdefault(row["facilitator_id"], []).append(AccreditationRow(**row))
    return found
