"""The directory of structures: searched as one types, made, changed, archived."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE, MAY_READ
from app.accounts.rules import Ability, roles_with
from app.core import clock
from app.core.audit import list_history
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.reports.queries.structures import PAGE, DirectoryFilter, DirectoryPage, Order, list_directory
from app.structures.drafts import FIELDS
from app.structures.errors import StructureChanged, StructureMerged, StructureUsed
from app.structures.models import StructureKind
from app.structures.operations.directory import (
    archive_structure,
    change_structure,
    create_structure,
    restore_structure,
    trust_borrower,
)
from app.structures.queries import (
    StructureRow,
    find_number,
    find_root,
    get_structure,
    list_communes,
    list_with_corrections,
)
from app.web.filters import number
from app.web.forms.base import text_of
from app.web.forms.structures import FIELD_LABELS, KIND_ICONS, KIND_LABELS, StructureForm
from app.web.guards import allows, current_access, current_actor, current_organiser_id, staff
from app.web.manage.structures_view import structure_page

blueprint = Blueprint("manage_structures", __name__, url_prefix="/manage/structures")

Answer = str | tuple[str, int] | Response
DESCENDS_FIRST = frozenset({Order.PEOPLE, Order.LATEST})


@blueprint.get("")
@staff(MAY_READ)
def index() -> str:
    organiser_id = current_organiser_id()
    wanted, order, descending = asked_directory()
    page_number = _page_number()
    page = list_directory(organiser_id, wanted, order=order, descending=descending, page=page_number)
    if page.total and not page.lines:  # past the end: the last page there is
        page_number = -(-page.total // PAGE)
        page = list_directory(organiser_id, wanted, order=order, descending=descending, page=page_number)
    return render_template(
        "manage/structures/list.html",
        page=page,
        wanted=wanted,
        order=order.value,
        sort_urls={o.value: _sort_url(o, order, descending) for o in Order},
        direction="desc" if descending else "asc",
        first=(page_number - 1) * PAGE + 1,
        prev_url=_url(page=page_number - 1) if page_number > 1 else None,
        next_url=_url(page=page_number + 1) if page_number * PAGE < page.total else None,
        shown_text=_count_words(page),
        kind_choices=[(kind.value, label) for kind, label in KIND_LABELS.items()],
        communes=list_communes(organiser_id),
        chosen_kinds=[kind.value for kind in wanted.kinds],
        chosen_commune=next(iter(wanted.communes), ""),
        kinds=KIND_LABELS,
        icons=KIND_ICONS,
        may_manage=may_manage(),
        corrections=list_with_corrections(organiser_id) if may_manage() else [],
        csv_url=f"/manage/structures.csv?{urlencode(_kept('page'))}",
    )


@blueprint.get("/new")
@staff(MAY_MANAGE)
def new() -> str:
    return _form_page(StructureForm(formdata=None, name=request.args.get("name", "")[:160]), None)


@blueprint.post("/new")
@staff(MAY_MANAGE)
def create() -> Answer:
    form = StructureForm()
    if not form.validate_on_submit():
        return _form_page(form, None), 422
    try:
        with transaction():
            structure_id = create_structure(
                form.draft(), organiser_id=current_organiser_id(), by=current_actor(), now=clock.now()
            )
    except FieldError as error:
        form.show_refusal(error)
        return _form_page(form, None, taken=_taken(form, error)), 422
    flash(_("“%(name)s” is in the directory.", name=text_of(form.name)), "ok")
    return redirect(f"/manage/structures/{structure_id}")


@blueprint.get("/<int:structure_id>")
@staff(MAY_READ)
def show(structure_id: int) -> str | Response:
    structure = get_structure(structure_id, organiser_id=current_organiser_id())
    if structure.merged_into_id is not None:
        return redirect(f"/manage/structures/{find_root(structure.id)}")
    return structure_page(structure, may_manage=may_manage(), may_see_people=allows(Ability.PEOPLE_SEE))


@blueprint.get("/<int:structure_id>/edit")
@staff(MAY_MANAGE)
def edit(structure_id: int) -> str | Response:
    structure = get_structure(structure_id, organiser_id=current_organiser_id())
    if structure.merged_into_id is not None:
        return redirect(f"/manage/structures/{find_root(structure.id)}")
    return _form_page(StructureForm.of(structure), structure)


@blueprint.post("/<int:structure_id>/edit")
@staff(MAY_MANAGE)
def save(structure_id: int) -> Answer:
    organiser_id = current_organiser_id()
    structure = get_structure(structure_id, organiser_id=organiser_id)
    form = StructureForm()
    if not form.validate_on_submit():
        return _form_page(form, structure), 422
    said = text_of(form.revision)
    revision = int(said) if said.isdecimal() and len(said) < 10 else 0
    try:
        with transaction():
            changed = change_structure(
                structure_id, form.draft(), organiser_id=organiser_id, revision=revision, by=current_actor(),
                now=clock.now(),
            )  # fmt: skip
    except StructureChanged:
        return _changed_page(form, get_structure(structure_id, organiser_id=organiser_id))
    except StructureMerged as merged:
        flash(_("This structure was merged into another meanwhile. Here is the one that is kept."), "waiting")
        return redirect(f"/manage/structures/{merged.into_id}")
    except FieldError as error:
        form.show_refusal(error)
        return _form_page(form, structure, taken=_taken(form, error)), 422
    flash(_("Saved.") if changed else _("Nothing was different: nothing is changed."), "ok")
    return redirect(f"/manage/structures/{structure_id}")


@blueprint.post("/<int:structure_id>/archive")
@staff(MAY_MANAGE)
def archive(structure_id: int) -> Response:
    try:
        with transaction():
            archive_structure(structure_id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    except StructureUsed:
        flash(
            _("Registrations name this structure: it stays in the directory. Merge it if it stands there twice."),
            "waiting",
        )
        return redirect(f"/manage/structures/{structure_id}")
    except StructureMerged as merged:
        return redirect(f"/manage/structures/{merged.into_id}")
    flash(_("Archived. You find it again under “Archived”."), "ok")
    return redirect(f"/manage/structures/{structure_id}")


@blueprint.post("/<int:structure_id>/restore")
@staff(MAY_MANAGE)
def restore(structure_id: int) -> Response:
    try:
        with transaction():
            restore_structure(structure_id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    except StructureMerged as merged:
        return redirect(f"/manage/structures/{merged.into_id}")
    flash(_("It is in the directory again."), "ok")
    return redirect(f"/manage/structures/{structure_id}")


@blueprint.post("/<int:structure_id>/trust")
@staff(roles_with(Ability.LENDING))
def trust(structure_id: int) -> Response:
    """Whether loans that its contacts ask for are approved at once."""
    trusted = request.form.get("trusted") == "1"
    try:
        with transaction():
            trust_borrower(
                structure_id, trusted, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now()
            )
    except StructureMerged as merged:
        return redirect(f"/manage/structures/{merged.into_id}")
    flash(
        _("Loans that its contacts ask for are approved at once from now on.")
        if trusted
        else _("You decide again on each loan that its contacts ask for."),
        "ok",
    )
    return redirect(f"/manage/structures/{structure_id}#loans")


def may_manage() -> bool:
    """Whether the person may change structures, so that nobody sees a button they cannot use."""
    return current_access().role in MAY_MANAGE


def asked_directory() -> tuple[DirectoryFilter, Order, bool]:
    """What the address asks of the directory: by what it is narrowed, by what it is sorted, and whether downwards."""
    return _wanted(), _order(), _descending()


def _wanted() -> DirectoryFilter:
    """What the address asks for; values that mean nothing are left aside."""
    args = request.args
    commune = args.get("commune", "").strip()[:120]
    return DirectoryFilter(
        text=args.get("q", "").strip()[:100],
        kinds=frozenset(kind for kind in StructureKind if kind.value in args.getlist("kind")),
        communes=frozenset({commune} if commune else ()),
        archived=args.get("archived") == "1",
        contacts=allows(Ability.PEOPLE_SEE),
    )


def _order() -> Order:
    said = request.args.get("sort", "")
    return Order(said) if said in set(Order) else Order.NAME


def _descending() -> bool:
    said = request.args.get("dir")
    return _order() in DESCENDS_FIRST if said not in {"asc", "desc"} else said == "desc"


def _page_number() -> int:
    said = request.args.get("page", "")
    return max(1, int(said)) if said.isdecimal() and len(said) < 6 else 1


def _url(**changes: object) -> str:
    return f"/manage/structures?{urlencode([*_kept(*changes), *changes.items()])}"


def _kept(*but: str) -> list[tuple[str, object]]:
    """The arguments of the address, but for these and the language."""
    return [(key, value) for key, value in request.args.items(multi=True) if key not in {*but, "lang"} and value]


def _sort_url(column: Order, order: Order, descending: bool) -> str:
    turned = not descending if column is order else column in DESCENDS_FIRST
    kept = [
        (key, value) for key, value in request.args.items(multi=True) if key in {"q", "kind", "commune", "archived"} and value
    ]  # fmt: skip
    return f"/manage/structures?{urlencode([*kept, ('sort', column.value), ('dir', 'desc' if turned else 'asc')])}"


def _count_words(page: DirectoryPage) -> str:
    return str(ngettext("%(count)s structure", "%(count)s structures", page.total, count=number(page.total)))


def _taken(form: StructureForm, error: FieldError) -> list[StructureRow]:
    """Whose numbers those are, to be looked at."""
    organiser_id, draft, found = current_organiser_id(), form.draft(), []
    for name in ("uai", "siret"):
        if error.problems.get(name) == f"{name}_taken":
            bare = "".join(getattr(draft, name).split()).upper().replace(".", "").replace("-", "")
            owner = find_number(organiser_id, name, bare)
            found += [owner] if owner is not None else []
    return found


def _changed_page(form: StructureForm, now_stored: StructureRow) -> tuple[str, int]:
    """What a colleague saved meanwhile, beside what was typed: saving again writes over it knowingly."""
    draft = form.draft()
    differing = [
        (FIELD_LABELS[name], KIND_LABELS[now_stored.kind] if name == "kind" else now_stored.value(name))
        for name in FIELDS
        if now_stored.value(name) != str(getattr(draft, name))
    ]
    form.revision.raw_data = None
    form.revision.data = str(now_stored.revision)
    history = list_history(f"structure:{now_stored.id}", limit=1)
    by = history[0].actor_label if history else ""
    return _form_page(form, now_stored, differing=differing, colleague=by), 409


def _form_page(form: StructureForm, structure: StructureRow | None, **more: Any) -> str:
    values: dict[str, Any] = {"differing": [], "colleague": "", "taken": []} | more
    return render_template("manage/structures/form.html", form=form, structure=structure, **values)
