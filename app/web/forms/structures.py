"""Forms of structures and their contacts: the team's, and the contacts' own."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import EmailField, HiddenField, RadioField, SelectField, StringField, TelField, TextAreaField

from app.core.text import shown_phone
from app.structures.drafts import FIELDS, ContactDraft, StructureDraft
from app.structures.models import StructureKind
from app.structures.queries import ContactRow, StructureRow
from app.web.forms.base import EmailAddress, PageForm, Required, choices, text_of
from app.web.wording import register_messages

KIND_LABELS = {
    StructureKind.SCHOOL: _l("School"),
    StructureKind.COMPANY: _l("Company"),
    StructureKind.TRAINING_BODY: _l("Training body"),
    StructureKind.ASSOCIATION: _l("Association"),
    StructureKind.PUBLIC_SERVICE: _l("Public service"),
    StructureKind.OTHER: _l("Other structure"),
}
KIND_ICONS = {
    StructureKind.SCHOOL: "school",
    StructureKind.COMPANY: "building-factory-2",
    StructureKind.TRAINING_BODY: "certificate",
    StructureKind.ASSOCIATION: "users-group",
    StructureKind.PUBLIC_SERVICE: "building-community",
    StructureKind.OTHER: "building",
}
FIELD_LABELS: Mapping[str, Any] = {
    "kind": _l("Kind of structure"),
    "name": _l("Name of the structure"),
    "uai": _l("UAI of the school"),
    "siret": _l("SIRET"),
    "address": _l("Street and number"),
    "postcode": _l("Postcode"),
    "commune": _l("Town"),
    "phone": _l("Telephone"),
    "website": _l("Web site"),
    "notes": _l("Notes for the team"),
}
CONTACT_LABELS: Mapping[str, Any] = {
    "name": _l("First name and name"),
    "duty": _l("Function"),
    "email": _l("E-mail address"),
    "phone": _l("Telephone"),
    "locale": _l("Language"),
}
LANGUAGES = {"fr": "Français", "en": "English"}
NOT_READ = ""

register_messages(
    {
        "siret_shape": _l("A SIRET has 14 figures."),
        "siret_siren": _l("This is a SIREN, with 9 figures: the SIRET has 14."),
        "siret_wrong": _l("These figures do not go together. Read the SIRET again."),
        "postcode": _l("A French postcode has 5 figures, for example 21000."),
        "website": _l("Write the address of the site, for example https://example.org"),
        "uai_taken": _l("Another structure has this UAI already."),
        "siret_taken": _l("Another structure has this SIRET already."),
    }
)


class StructureForm(PageForm):
    """What the operation checks is checked there, so that every problem comes at once."""

    kind = SelectField(FIELD_LABELS["kind"], choices=choices(KIND_LABELS))
    name = StringField(FIELD_LABELS["name"], render_kw={"required": True})
    uai = StringField(FIELD_LABELS["uai"], description=_l("7 figures and a letter. The letter is checked."))
    siret = StringField(FIELD_LABELS["siret"], description=_l("14 figures. They are checked."))
    address = StringField(FIELD_LABELS["address"])
    postcode = StringField(FIELD_LABELS["postcode"])
    commune = StringField(FIELD_LABELS["commune"])
    phone = TelField(FIELD_LABELS["phone"])
    website = StringField(FIELD_LABELS["website"])
    notes = TextAreaField(FIELD_LABELS["notes"], description=_l("Only your team reads them."))
    revision = HiddenField()

    def draft(self) -> StructureDraft:
        texts: dict[str, Any] = {name: text_of(self[name]) for name in FIELDS if name != "kind"}
        return StructureDraft(StructureKind(self.kind.data), **texts)

    @staticmethod
    def of(structure: StructureRow) -> "StructureForm":
        """The form filled with what is stored."""
        values: dict[str, Any] = {name: structure.value(name) for name in FIELDS}
        values["phone"] = typed_phone(structure.phone)
        return StructureForm(formdata=None, revision=str(structure.revision), **values)


class ContactForm(PageForm):
    name = StringField(CONTACT_LABELS["name"], render_kw={"required": True})
    duty = StringField(
        CONTACT_LABELS["duty"], description=_l("For example: careers adviser, assistant head, human resources.")
    )
    email = EmailField(
        CONTACT_LABELS["email"], description=_l("Their link to what concerns their structure goes there.")
    )
    phone = TelField(CONTACT_LABELS["phone"])
    locale = RadioField(CONTACT_LABELS["locale"], choices=choices(LANGUAGES), default="fr")

    def draft(self) -> ContactDraft:
        name, duty, email, phone = map(text_of, (self.name, self.duty, self.email, self.phone))
        return ContactDraft(name, duty, email, phone, str(self.locale.data or "fr"))

    @staticmethod
    def of(contact: ContactRow) -> "ContactForm":
        return ContactForm(
            formdata=None, name=contact.name, duty=contact.duty, email=contact.email, phone=typed_phone(contact.phone),
            locale=contact.locale,
        )  # fmt: skip


class MergeForm(PageForm):
    """Which side each field comes from; made for two structures by `merge_form`."""

    kept_revision = HiddenField()
    dropped_revision = HiddenField()


def merge_form(differing: Sequence[str], labels: tuple[str, str], proposed: Mapping[str, str], *, sent: bool) -> Any:
    """`differing` are the fields to choose for; `labels` name the side that is kept and the one that goes."""
    sides = {"kept": labels[0], "dropped": labels[1]}
    fields: dict[str, Any] = {
        f"take_{name}": RadioField(
            FIELD_LABELS[name], [Required("choice")], choices=choices(sides), default=proposed.get(name, "kept")
        )
        for name in differing
    }
    return type("SidesForm", (MergeForm,), fields)(**({} if sent else {"formdata": None}))


class LinkForm(PageForm):
    """Asking for one's link."""

    email = EmailField(_l("E-mail address"), [Required(), EmailAddress()])
    next = HiddenField()


class CorrectionForm(PageForm):
    """What a contact may say of their structure."""

    name = StringField(FIELD_LABELS["name"], render_kw={"required": True})
    uai = StringField(FIELD_LABELS["uai"])
    siret = StringField(FIELD_LABELS["siret"])
    address = StringField(FIELD_LABELS["address"])
    postcode = StringField(FIELD_LABELS["postcode"])
    commune = StringField(FIELD_LABELS["commune"])
    phone = TelField(FIELD_LABELS["phone"])
    website = StringField(FIELD_LABELS["website"])
    message = TextAreaField(
        _l("Something else to say"), description=_l("For example: a new head, another address from September on.")
    )


class UploadForm(PageForm):
    file = FileField(
        _l("The file"), description=_l("CSV, Excel (.xlsx) or LibreOffice (.ods). One line for each contact.")
    )


def typed_phone(stored: str) -> str:
    """A telephone number as one types it: 06 39 98 44 10."""
    return shown_phone(stored).replace("\N{NO-BREAK SPACE}", " ") if stored else ""
