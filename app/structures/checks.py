"""What doctor looks at: numbers are right and nobody else's, merged rows lead to a structure of the same organiser."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.core.checks import check
from app.core.db import db
from app.core.text import is_valid_uai
from app.structures.models import Structure, StructureContact
from app.structures.rules import is_valid_siret, name_key


@check("structures.numbers", "Every UAI and SIRET has the check character that goes with it")
def check_numbers(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Structure.id, Structure.uai, Structure.siret)
        .where(Structure.uai.is_not(None) | Structure.siret.is_not(None))
        .order_by(Structure.id)
    )
    problems = []
    for row in rows:
        if row.uai and not is_valid_uai(row.uai):
            problems.append(f"structure {row.id} has a UAI with a wrong letter")
        if row.siret and not is_valid_siret(row.siret):
            problems.append(f"structure {row.id} has a SIRET with a wrong figure")
    return problems


@check("structures.names", "A structure is found by its name whatever the case and accents")
def check_names(now: datetime) -> list[str]:
    rows = db.session.execute(select(Structure.id, Structure.name, Structure.name_key).order_by(Structure.id))
    return [f"structure {row.id} is filed under another name" for row in rows if name_key(row.name) != row.name_key]


@check(
    "structures.merges", "A merged structure leads to another of its organiser, and keeps neither numbers nor contacts"
)
def check_merges(now: datetime) -> list[str]:
    into = aliased(Structure)
    rows = db.session.execute(
        select(Structure.id, Structure.uai, Structure.siret, Structure.organiser_id, into.organiser_id.label("there"))
        .join(into, into.id == Structure.merged_into_id, isouter=True)
        .where(Structure.merged_into_id.is_not(None))
        .order_by(Structure.id)
    ).all()
    with_contacts = set(
        db.session.execute(
            select(StructureContact.structure_id)
            .join(Structure, Structure.id == StructureContact.structure_id)
            .where(Structure.merged_into_id.is_not(None))
        ).scalars()
    )
    problems = []
    for row in rows:
        if row.there != row.organiser_id:
            problems.append(f"structure {row.id} is merged into one that is gone or another organiser's")
        if row.uai or row.siret or row.id in with_contacts:
            problems.append(f"structure {row.id} is merged and still has numbers or contacts")
    return problems
