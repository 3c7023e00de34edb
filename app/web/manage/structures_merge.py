"""Structures that stand in the directory twice: proposed, looked at side by side, merged, and two again."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.reports.queries.structures import DirectoryFilter, get_figures, list_directory
from app.structures.drafts import FIELDS
from app.structures.duplicates import Pair, Sign, find_pairs
from app.structures.errors import MergeOver, StructureChanged, StructureMerged
from app.structures.operations.merging import Sides, count_belongings, keep_apart, merge_structures, undo_merge
from app.structures.queries import StructureRow, get_structure, list_apart, list_known, list_structures_by_id
from app.web.filters import number
from app.web.forms.structures import FIELD_LABELS, KIND_ICONS, KIND_LABELS, merge_form
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.manage.structures_view import moved_words

blueprint = Blueprint("manage_structures_merge", __name__, url_prefix="/manage/structures")

Answer = str | tuple[str, int] | Response
SHOWN = 20
SIGNS = {
    Sign.SAME_NAME: _l("Same name, same town"),
    Sign.SAME_DOMAIN: _l("Same ending of mail addresses"),
    Sign.NEAR_NAME: _l("Nearly the same name"),
}
OVER = {
    "not_merged": _l("This structure stands alone already."),
    "too_late": _l("More than 30 days have gone by: this merge can no longer be undone."),
    "uai_taken": _l("Another structure has its UAI by now. Change that one first."),
    "siret_taken": _l("Another structure has its SIRET by now. Change that one first."),
}


@blueprint.get("/duplicates")
@staff(MAY_MANAGE)
def duplicates() -> str:
    organiser_id = current_organiser_id()
    pairs = find_pairs(list_known(organiser_id), list_apart(organiser_id))
    shown = pairs[:SHOWN]
    rows = list_structures_by_id([i for p in shown for i in (p.first_id, p.second_id)], organiser_id=organiser_id)
    return render_template(
        "manage/structures/duplicates.html",
        couples=[_couple(pair, rows) for pair in shown],
        total=len(pairs),
        more=len(pairs) - len(shown),
        kinds=KIND_LABELS,
        signs=SIGNS,
    )


@blueprint.post("/duplicates/apart")
@staff(MAY_MANAGE)
def apart() -> Response:
    one, other = (_id(request.form.get(name, "")) for name in ("one", "other"))
    try:
        with transaction():
            keep_apart(one, other, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    except StructureMerged:
        flash(_("One of them was merged meanwhile."), "waiting")
    else:
        flash(_("Noted: these are two. They are proposed no more."), "ok")
    return redirect("/manage/structures/duplicates")


@blueprint.get("/<int:structure_id>/merge")
@staff(MAY_MANAGE)
def choose(structure_id: int) -> str:
    """Look for the other one."""
    structure = _get(structure_id)
    text = request.args.get("q", "").strip()[:100]
    page = list_directory(structure.organiser_id, DirectoryFilter(text=text or structure.name, contacts=True))
    found = [line for line in page.lines if line.id != structure.id][:SHOWN]
    return render_template(
        "manage/structures/merge_choose.html", structure=structure, text=text, found=found, kinds=KIND_LABELS,
        icons=KIND_ICONS,
    )  # fmt: skip


@blueprint.get("/<int:structure_id>/merge/<int:other_id>")
@staff(MAY_MANAGE)
def look(structure_id: int, other_id: int) -> Answer:
    """Side by side: `structure_id` is the one that stays."""
    kept, dropped = _get(structure_id), _get(other_id)
    if kept.id == dropped.id or kept.merged_into_id is not None or dropped.merged_into_id is not None:
        flash(_("There is nothing to merge here: these are one structure."), "waiting")
        return redirect(f"/manage/structures/{structure_id}")
    return _merge_page(kept, dropped, _form(kept, dropped, sent=False))


@blueprint.post("/<int:structure_id>/merge/<int:other_id>")
@staff(MAY_MANAGE)
def merge(structure_id: int, other_id: int) -> Answer:
    kept, dropped = _get(structure_id), _get(other_id)
    form = _form(kept, dropped, sent=True)
    if not form.validate_on_submit():
        return _merge_page(kept, dropped, form), 422
    take = frozenset(n for n in differing_fields(kept, dropped) if form[f"take_{n}"].data == "dropped")
    sides = Sides(_id(form.kept_revision.data or ""), _id(form.dropped_revision.data or ""))
    try:
        with transaction():
            counts = merge_structures(
                kept.id, dropped.id, take, sides=sides, organiser_id=kept.organiser_id, by=current_actor(),
                now=clock.now(),
            )  # fmt: skip
    except StructureChanged:
        kept, dropped = _get(structure_id), _get(other_id)
        form = _form(kept, dropped, sent=False)
        form.form_errors.append(_("One of the two was changed meanwhile. This is what they say now: look again."))
        return _merge_page(kept, dropped, form), 409
    except StructureMerged as merged:
        flash(_("One of them was merged meanwhile."), "waiting")
        return redirect(f"/manage/structures/{merged.into_id}")
    except FieldError as error:
        form.show_refusal(error)
        return _merge_page(kept, dropped, form), 422
    moved = ", ".join(moved_words(counts)) or _("nothing to move")
    flash(_("Merged: %(what)s. You can undo it for 30 days, at the bottom of this page.", what=moved), "ok")
    return redirect(f"/manage/structures/{kept.id}")


@blueprint.post("/<int:structure_id>/unmerge")
@staff(MAY_MANAGE)
def unmerge(structure_id: int) -> Response:
    """`structure_id` is the one that was merged into another."""
    dropped = _get(structure_id)
    try:
        with transaction():
            undo_merge(dropped.id, organiser_id=dropped.organiser_id, by=current_actor(), now=clock.now())
    except MergeOver as over:
        flash(OVER[over.why], "waiting")
        return redirect(f"/manage/structures/{dropped.merged_into_id or dropped.id}")
    flash(_("“%(name)s” stands alone again, with what was its own.", name=dropped.name), "ok")
    return redirect(f"/manage/structures/{dropped.id}")


def differing_fields(kept: StructureRow, dropped: StructureRow) -> list[str]:
    """Fields in which both say something, or only the one that goes does."""
    return [n for n in FIELDS if dropped.value(n) and kept.value(n) != dropped.value(n)]


def _form(kept: StructureRow, dropped: StructureRow, *, sent: bool) -> Any:
    """What is known only of the one that goes is proposed to be taken."""
    differing = differing_fields(kept, dropped)
    proposed = {n: "kept" if kept.value(n) else "dropped" for n in differing}
    form = merge_form(differing, (str(_("Keep")), str(_("Take"))), proposed, sent=sent)
    if not sent:
        form.kept_revision.data, form.dropped_revision.data = kept.revision, dropped.revision
    return form


def _merge_page(kept: StructureRow, dropped: StructureRow, form: Any) -> str:
    moves = moved_words(count_belongings(dropped.id))
    return render_template(
        "manage/structures/merge.html",
        kept=kept,
        dropped=dropped,
        form=form,
        fields=FIELDS,
        differing=differing_fields(kept, dropped),
        labels=FIELD_LABELS,
        kinds=KIND_LABELS,
        moves=moves,
        kept_people=number(get_figures(kept.id).registered),
        dropped_people=number(get_figures(dropped.id).registered),
        two_numbers=[n for n in ("uai", "siret") if kept.value(n) and dropped.value(n)],
    )


def _couple(pair: Pair, rows: dict[int, StructureRow]) -> dict[str, Any]:
    return {"first": rows[pair.first_id], "second": rows[pair.second_id], "signs": pair.signs}


def _get(structure_id: int) -> StructureRow:
    return get_structure(structure_id, organiser_id=current_organiser_id())


def _id(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
