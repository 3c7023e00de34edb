"""Forms of what is lent: scenarios and contents, boxes, files, facilitators, closures."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)

from app.boxes.drafts import BoxDraft, ExceptionDraft, FacilitatorDraft, ItemDraft, ScenarioDraft
from app.boxes.enums import BoxCondition, LentKind, OutReason, Wear
from app.boxes.rows import BoxRow, FacilitatorRow, ItemRow, ScenarioRow
from app.core.errors import FieldError
from app.resources.enums import SchoolZone
from app.resources.settings import SettingsRow
from app.web.forms.base import Length, Maybe, PageForm, Part, Required, choices, text_of
from app.web.forms.timetable import Day, Rows, RowsForm, Whole
from app.web.wording import register_messages

KIND_LABELS = {LentKind.GAME: _l("Escape game"), LentKind.OTHER: _l("Something else (visuals, signage)")}
WEAR_LABELS = {Wear.GOOD: _l("Good condition"), Wear.WORN: _l("Worn")}
CONDITION_LABELS = {
    BoxCondition.READY: _l("Ready"),
    BoxCondition.INCOMPLETE: _l("Incomplete"),
    BoxCondition.OUT_OF_SERVICE: _l("Out of service"),
}
CONDITION_BADGES = {
    BoxCondition.READY: ("ok", "check"),
    BoxCondition.INCOMPLETE: ("waiting", "alert-triangle"),
    BoxCondition.OUT_OF_SERVICE: ("danger", "tools"),
}
OUT_LABELS = {
    OutReason.BROKEN: _l("Broken"),
    OutReason.MISSING_PARTS: _l("Important parts are missing"),
    OutReason.LOST: _l("Lost"),
    OutReason.CLEANING: _l("Being cleaned"),
    OutReason.UPDATE: _l("Contents being renewed"),
    OutReason.OTHER: _l("Another reason"),
}
WEEKDAYS = {
    "0": _l("Monday"), "1": _l("Tuesday"), "2": _l("Wednesday"), "3": _l("Thursday"), "4": _l("Friday"),
    "5": _l("Saturday"), "6": _l("Sunday"),
}  # fmt: skip
ZONES = {zone: _l("Zone %(zone)s", zone=zone.value) for zone in SchoolZone}
SPARE_ROWS = 3
MOST_LINES = 1000
EUROS = _l("In euros, without cents.")

register_messages(
    {
        "code": _l("A code has letters, figures and hyphens, for example SANTE-1-A."),
        "code_taken": _l("Another one has this code already."),
        "players_order": _l("The most players are fewer than the fewest."),
        "too_many": _l("There are too many lines."),
        "too_many_files": _l("There are too many photos. Remove some first."),
        "file_type_pdf": _l("Choose a PDF file."),
        "file_type_picture": _l("Choose a photo in JPEG, PNG or WebP format."),
        "facilitator_there": _l("This person is in the list already."),
        "days_order": _l("The last day comes before the first."),
        "thing_twice": _l("An earlier line names this thing already."),
        "consumables_only": _l("Only for a consumable: tick “Consumable”, or leave this empty."),
        "closure_there": _l("This closure is in the list already."),
        "closure_inside": _l("Another closure has all these days already."),
        "closure_over": _l("These days are over: it would change nothing."),
        "closure_too_long": _l("A closure lasts a year at most."),
    }
)


class ScenarioForm(RowsForm):
    """What the operation checks is checked there, so that every problem comes at once. Values are typed in euros."""

    code = StringField(_l("Code"), description=_l("Yours, as on the boxes: for example SANTE-1."))
    kind = SelectField(_l("What it is"), choices=choices(KIND_LABELS))
    title_fr = StringField(_l("Title in French"))
    title_en = StringField(_l("Title in English"))
    universe_fr = StringField(_l("Job universe in French"))
    universe_en = StringField(_l("Job universe in English"))
    public_fr = StringField(_l("For whom, in French"))
    public_en = StringField(_l("For whom, in English"))
    skills_fr = TextAreaField(_l("Skills, in French"))
    skills_en = TextAreaField(_l("Skills, in English"))
    summary_fr = TextAreaField(_l("In a few sentences, in French"))
    summary_en = TextAreaField(_l("In a few sentences, in English"))
    players_min = Whole(_l("Fewest players"), [Maybe()])
    players_max = Whole(_l("Most players"), [Maybe()])
    minutes = Whole(_l("Minutes"), [Maybe()])
    asks_accreditation = BooleanField(_l("Only accredited people may run it"))
    accreditation_months = Whole(_l("Accreditations hold for (months)"), [Maybe()], description=_l("Empty: for good."))
    before_halves = Whole(
        _l("Half-days kept before"), [Required()], description=_l("Open half-days to prepare and bring it.")
    )
    after_halves = Whole(
        _l("Half-days kept after"), [Required()], description=_l("Open half-days to bring it back and check it.")
    )
    longest_halves = Whole(_l("Longest loan (half-days)"), [Maybe()], description=_l("Empty: no limit."))
    value = Whole(_l("Value of a box"), [Maybe()], description=EUROS)
    listed = BooleanField(_l("Shown in the public catalogue"))
    revision = HiddenField()
    aliases = {"value_cents": "value"}

    def draft(self) -> ScenarioDraft:
        values: dict[str, Any] = {
            name: self[name].data for name in ScenarioDraft.__dataclass_fields__ if name in self and name != "kind"
        }
        texts = {name: value or "" for name, value in values.items() if isinstance(self[name], StringField)}
        return ScenarioDraft(**{**values, **texts}, kind=LentKind(self.kind.data), value_cents=_cents(self.value.data))

    @staticmethod
    def of(row: ScenarioRow) -> "ScenarioForm":
        values: dict[str, Any] = {name: getattr(row, name) for name in ScenarioDraft.__dataclass_fields__}
        value = _euros(values.pop("value_cents"))
        return ScenarioForm(formdata=None, revision=str(row.revision), value=value, **values)

    @staticmethod
    def blank() -> "ScenarioForm":
        return ScenarioForm(formdata=None, asks_accreditation=True, before_halves=1, after_halves=1, listed=True)


class ItemPart(Part):
    """`order`: where the line goes, by the numbers of the page; an empty one goes last."""

    id = HiddenField()
    order = Whole(_l("Order"), [Maybe()])
    name_fr = StringField(_l("Thing"))
    name_en = StringField(_l("In English"))
    quantity = Whole(lazy_pgettext("things", "Number"), [Maybe()])
    consumable = BooleanField(_l("Consumable"))
    restock_below = Whole(_l("Restock below"), [Maybe()])


class ContentsForm(RowsForm):
    """The contents of a scenario, with empty lines at the end; a line whose name is emptied goes."""

    items = Rows(ItemPart, _l("Line"), max_entries=203)
    revision = HiddenField()

    def filled(self) -> list[Any]:
        """Lines that name a thing, and new ones where anything else is typed (those lack their name), in the order typed."""
        lines = [(n, p) for n, p in enumerate(self.items, start=1) if p.form.name_fr.data or _is_begun(p.form)]
        return [part for _place, part in sorted(lines, key=lambda line: _goes_to(line[0], line[1].form.order.data))]

    def show_refusal(self, error: FieldError, **values: object) -> None:
        """A number that nobody typed is wanting, not too small."""
        empty = {f"items/{n}/quantity" for n, part in enumerate(self.items) if part.form.quantity.data is None}
        problems = {path: "required" if path in empty else code for path, code in error.problems.items()}
        super().show_refusal(FieldError(problems), **values)

    def drafts(self, stored: dict[int, ItemRow]) -> list[ItemDraft]:
        return [_item_draft(part.form, stored) for part in self.filled()]

    @staticmethod
    def of(items: list[ItemRow], revision: int) -> "ContentsForm":
        rows: list[dict[str, Any]] = [
            {
                "id": str(i.id), "order": n, "name_fr": i.name_fr, "name_en": i.name_en, "quantity": i.quantity,
                "consumable": i.consumable, "restock_below": i.restock_below,
            }
            for n, i in enumerate(items, start=1)
        ]  # fmt: skip
        return ContentsForm(formdata=None, items=rows + [{} for _ in range(SPARE_ROWS)], revision=str(revision))


class BoxForm(RowsForm):
    scenario = SelectField(_l("Scenario"))
    code = StringField(_l("Inventory code"), description=_l("For example SANTE-1-A. It stands on the label."))
    depot = StringField(_l("Depot"))
    wear = RadioField(_l("Wear"), choices=choices(WEAR_LABELS), default=Wear.GOOD.value)
    notes = TextAreaField(_l("Notes for the team"))
    value = Whole(_l("Value, if it differs from its scenario's"), [Maybe()], description=EUROS)
    revision = HiddenField()
    aliases = {"value_cents": "value"}

    def draft(self) -> BoxDraft:
        wear = Wear(self.wear.data)
        return BoxDraft(text_of(self.code), text_of(self.depot), wear, text_of(self.notes), _cents(self.value.data))

    @staticmethod
    def of(row: BoxRow) -> "BoxForm":
        return BoxForm(
            formdata=None, scenario=row.scenario_code, code=row.code, depot=row.depot, wear=row.wear.value,
            notes=row.notes, value=_euros(row.value_cents), revision=str(row.revision),
        )  # fmt: skip


class OutForm(PageForm):
    reason = SelectField(_l("Why"), choices=choices(OUT_LABELS))
    until = Day(_l("Back in use on"), [Maybe()], description=_l("Empty: nobody knows yet."))
    note = StringField(_l("What is wrong"), [Length(300)])


class ExceptionPart(Part):
    """One line of a box's contents: how many it should hold, how many are there. `was`: what the page showed, as JSON."""

    was = HiddenField()
    item_id = HiddenField()
    box_item_id = HiddenField()
    name = StringField(_l("Thing"))
    expected = Whole(_l("Should hold"), [Maybe()])
    present = Whole(_l("Counted"), [Maybe()])
    note = StringField(_l("Note"))
    consumable = BooleanField(_l("Consumable"))


class BoxContentsForm(RowsForm):
    """`revision` is the box's: a count, here or at a loan, makes a page that was read before it stale."""

    lines = Rows(ExceptionPart, _l("Line"), max_entries=260)
    revision = HiddenField()
    aliases = {"exceptions": "lines"}

    def _field_path(self, path: str) -> str:
        return path.replace("exceptions/", "lines/", 1)

    def drafts(self) -> list[ExceptionDraft]:
        return [
            ExceptionDraft(
                _number(p.form.item_id), _number(p.form.box_item_id), text_of(p.form.name),
                bool(p.form.consumable.data), p.form.expected.data, text_of(p.form.note),
                p.form.present.data,
            )
            for p in self.filled()
        ]  # fmt: skip

    def filled(self) -> list[Any]:
        """Things of the scenario, things with a name, and new lines where anything else is typed: those lack their name."""
        return [p for p in self.lines if p.form.item_id.data or p.form.name.data or _is_begun_of_box(p.form)]


class PhotoForm(PageForm):
    file = FileField(_l("Photo"), description=_l("JPEG, PNG or WebP, 10 MB at most."))
    note = StringField(_l("What it shows"), [Length(200)])


class GuideForm(PageForm):
    file = FileField(_l("File of the guide"), description=_l("PDF, 10 MB at most."))
    public = RadioField(
        _l("Who may read it"),
        choices=choices(
            {
                "": _l("Borrowers once their loan is accepted, accredited people and the team"),
                "1": _l("Everybody: it stands in the public catalogue"),
            }
        ),
        default="",
        description=_l("A guide with the solutions of a game is not for everybody."),
    )


class FacilitatorForm(PageForm):
    name = StringField(_l("First name and name"), render_kw={"required": True})
    email = EmailField(_l("E-mail address"))
    phone = TelField(_l("Telephone"))
    structure = SelectField(_l("Structure"))
    revision = HiddenField()

    def draft(self) -> FacilitatorDraft:
        chosen = str(self.structure.data or "")
        return FacilitatorDraft(
            text_of(self.name), text_of(self.email), text_of(self.phone), int(chosen) if chosen.isdecimal() else None
        )

    @staticmethod
    def of(row: FacilitatorRow) -> "FacilitatorForm":
        return FacilitatorForm(
            formdata=None, name=row.name, email=row.email, phone=row.phone, revision=str(row.revision),
            structure=str(row.structure_id or ""),
        )  # fmt: skip


class GrantForm(PageForm):
    scenario = SelectField(_l("Scenario"))
    granted_on = Day(lazy_pgettext("accreditation", "From"), [Required()])
    note = StringField(_l("Why, without a training here"), [Required(), Length(200)])


class WithdrawForm(PageForm):
    note = StringField(_l("Why it is withdrawn"), [Required(), Length(200)])


class ClosureForm(PageForm):
    starts_on = Day(_l("First day"), [Required()])
    ends_on = Day(_l("Last day"), [Required()])
    label = StringField(_l("What for"), description=_l("For example: summer closure, stocktaking."))
    even_promised = BooleanField(_l("Close on these days all the same"))
    asked = HiddenField()

    @property
    def days(self) -> str:
        """The days that are typed, as `asked` keeps those that were asked about."""
        return f"{self.starts_on.data}/{self.ends_on.data}"


class LendingForm(PageForm):
    weekdays = SelectMultipleField(_l("Open on"), choices=choices(WEEKDAYS))
    zone = SelectField(_l("School holidays"), choices=choices(ZONES), description=_l("For schools without a UAI."))
    hours_fr = StringField(_l("When to fetch and bring back, in French"))
    hours_en = StringField(_l("When to fetch and bring back, in English"))
    lender = TextAreaField(_l("Who lends"), description=_l("As agreements name it: name, address, who signs."))
    terms = TextAreaField(_l("Terms of the loan"), description=_l("They stand in every agreement."))

    keep_names_days = Whole(
        _l("Days for which names are kept"),
        [Required()],
        description=_l("After the end of a loan. Then who borrowed is erased; agreements stay as evidence."),
    )

    def settings(self) -> SettingsRow:
        texts = {name: text_of(self[name]) for name in ("hours_fr", "hours_en", "lender", "terms")}
        days = self.keep_names_days.data
        weekdays, zone = "".join(self.weekdays.data or ()), SchoolZone(self.zone.data)
        return SettingsRow(weekdays, zone, **texts, keep_names_days=-1 if days is None else days)

    @staticmethod
    def of(row: SettingsRow) -> "LendingForm":
        return LendingForm(
            formdata=None, weekdays=list(row.weekdays), zone=row.zone.value, hours_fr=row.hours_fr,
            hours_en=row.hours_en, lender=row.lender, terms=row.terms, keep_names_days=row.keep_names_days,
        )  # fmt: skip


class BoxImportForm(PageForm):
    file = FileField(_l("File of boxes, or of contents"))
    contents = FileField(_l("File of contents"))


def _item_draft(part: Any, stored: dict[int, ItemRow]) -> ItemDraft:
    item_id = _number(part.id)
    value = stored[item_id].value_cents if item_id in stored else None
    return ItemDraft(
        text_of(part.name_fr), part.quantity.data or 0, bool(part.consumable.data), item_id, text_of(part.name_en),
        part.restock_below.data, value,
    )  # fmt: skip


def _is_begun(part: Any) -> bool:
    return not part.id.data and _any_typed(part.name_en, part.quantity, part.restock_below, part.consumable)


def _is_begun_of_box(part: Any) -> bool:
    return not part.box_item_id.data and _any_typed(part.expected, part.present, part.note, part.consumable)


def _any_typed(*fields: Any) -> bool:
    return any(field.raw_data and field.raw_data[0] not in {"", None} for field in fields)


def _goes_to(place: int, typed: int | None) -> tuple[int, int]:
    """Where the line at that place goes: up, before what has its new number; down, after it; without a number, last."""
    return (MOST_LINES, place) if typed is None else (min(typed, MOST_LINES), (typed > place) - (typed < place))


def _number(field: Any) -> int | None:
    text = str(field.data or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _cents(euros: int | None) -> int | None:
    return None if euros is None else euros * 100


def _euros(cents: int | None) -> int | None:
    return None if cents is None else cents // 100
