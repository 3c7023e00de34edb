"""Pure decisions on structures: which numbers and addresses are right, and what searching compares."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from app.core.errors import FieldError
from app.core.i18n import as_locale
from app.core.text import TextError, fold, normalise_email, normalise_phone, normalise_uai
from app.structures.drafts import ContactDraft, StructureDraft

LINK_LIFE = timedelta(hours=1)
"""How long a contact's link works, from when it was asked for."""
UNDO_DAYS = 30
"""For how many days a merge can be undone."""
MAIL_LINKS, ADDRESS_LINKS = 3, 10
"""Links that may be asked for in 15 minutes: for one mail address, from one network address."""
LONGEST_PAGE = 300
_PAGE_OF_MY = re.compile(r"/my/[\w/.-]+(?:\?[\w=&%+.~-]*)?", re.ASCII)
LA_POSTE = "356000000"
SEARCH_LENGTH = 600

LENGTHS = {
    "name": 160, "address": 200, "postcode": 10, "commune": 120, "website": 300, "notes": 5000, "duty": 120,
}  # fmt: skip
CONTACT_NAME = 120


def page_of_my(text: str) -> str:
    """`text` when it is the address of a page of contacts on this site, else empty: a mail's link leads nowhere else."""
    fits = len(text) <= LONGEST_PAGE and _PAGE_OF_MY.fullmatch(text) and ".." not in text and "//" not in text
    return text if fits else ""


def is_luhn(figures: str) -> bool:
    """Whether figures end with their check figure by Luhn's rule (ISO/IEC 7812-1, annex B)."""
    doubled = (int(f) * (1 + place % 2) for place, f in enumerate(reversed(figures)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def is_valid_siret(text: str) -> bool:
    """Whether it is a SIRET: 14 figures, of which the first 9 (the SIREN) and the whole keep Luhn's rule.

    Establishments of La Poste (SIREN 356000000) are too many for that: the sum of their 14 figures is a multiple of 5; its
    head office keeps Luhn's rule (INSEE, Sirene).
    """
    if not re.fullmatch(r"[0-9]{14}", text) or int(text) == 0:
        return False
    if text.startswith(LA_POSTE):
        return is_luhn(text) or sum(map(int, text)) % 5 == 0
    return is_luhn(text[:9]) and is_luhn(text)


def normalise_siret(text: str) -> str:
    """14 figures, whatever the spaces. Raises TextError: siret_shape (`figures` counts them), siret_siren, siret_wrong."""
    found = re.sub(r"[\s.\-]", "", text)
    if not re.fullmatch(r"[0-9]{14}", found):
        if re.fullmatch(r"[0-9]{9}", found):
            raise TextError("siret_siren")
        raise TextError("siret_shape")
    if not is_valid_siret(found):
        raise TextError("siret_wrong")
    return found


def normalise_website(text: str) -> str:
    """https://lycee.example.org from « lycee.example.org ». Raises TextError: website."""
    typed = text.strip()
    found = typed if re.match(r"https?://", typed, re.IGNORECASE) else f"https://{typed}"
    try:
        parts = urlsplit(found)
        host = parts.hostname or ""
        bare = parts.username is None and parts.port is None
    except ValueError as error:
        raise TextError("website") from error
    if not bare or not re.fullmatch(r"[^\s.]+(\.[^\s.]+)+", host) or re.search(r"\s", found):
        raise TextError("website")
    return found


def normalise_postcode(text: str) -> str:
    """21000 from « 21 000 »; a foreign one is kept as it is. Raises TextError: postcode."""
    bare = re.sub(r"\s", "", text)
    if re.fullmatch(r"[0-9]{5}", bare):
        return bare
    found = " ".join(text.split()).upper()
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9 \-]{2,9}", found) or re.fullmatch(r"[0-9]+", bare):
        raise TextError("postcode")
    return found


_NUMBERS: Mapping[str, Callable[[str], str]] = {
    "uai": normalise_uai,
    "siret": normalise_siret,
    "postcode": normalise_postcode,
    "phone": normalise_phone,
    "website": normalise_website,
}


def clean_structure(draft: StructureDraft) -> StructureDraft:
    """The draft as it is stored: spaces single, numbers in their one form.

    Raises FieldError with a code by field: required, too_long, uai_…, siret_…, postcode, phone_…, website.
    """
    values = {name: _line(getattr(draft, name)) for name in ("name", "address", "commune")}
    values |= {name: getattr(draft, name).strip() for name in ("uai", "siret", "postcode", "phone", "website")}
    values["notes"] = draft.notes.replace("\r\n", "\n").strip()
    problems: dict[str, str] = {}
    if not values["name"]:
        problems["name"] = "required"
    for name, normalise in _NUMBERS.items():
        values[name] = _try(normalise, values[name], name, problems)
    _require_lengths(values, problems)
    if problems:
        raise FieldError(problems)
    return replace(draft, **values)  # type: ignore[arg-type]  # texts alone; the kind stays


def clean_contact(draft: ContactDraft) -> ContactDraft:
    """The contact as it is stored. Raises FieldError: required, too_long, email_…, phone_…, contact_missing (at email)."""
    name, duty = _line(draft.name), _line(draft.duty)
    problems: dict[str, str] = {}
    if not name:
        problems["name"] = "required"
    elif len(name) > CONTACT_NAME:
        problems["name"] = "too_long"
    _require_lengths({"duty": duty}, problems)
    email = _try(normalise_email, draft.email.strip(), "email", problems)
    phone = _try(normalise_phone, draft.phone.strip(), "phone", problems)
    if not email and not phone:
        problems.setdefault("email", "contact_missing")
    if problems:
        raise FieldError(problems)
    return ContactDraft(name, duty, email, phone, as_locale(draft.locale))


def search_text(name: str, commune: str, postcode: str = "", uai: str | None = "", siret: str | None = "") -> str:
    """What the directory looks in."""
    said = (name, commune, postcode, uai or "", siret or "")
    return fold(" ".join(part for part in said if part))[:SEARCH_LENGTH]


def name_key(name: str) -> str:
    """What tells structures of one name together: folded, as long as the column is."""
    return fold(name)[:160]


def may_undo(merged_at: datetime, now: datetime) -> bool:
    """Whether a merge of that instant can still be undone."""
    return now < merged_at + timedelta(days=UNDO_DAYS)


def _line(text: str) -> str:
    return " ".join(text.split())


def _try(normalise: Callable[[str], str], text: str, name: str, problems: dict[str, str]) -> str:
    if not text:
        return ""
    try:
        return normalise(text)
    except TextError as error:
        problems[name] = error.code
        return text


def _require_lengths(values: Mapping[str, str], problems: dict[str, str]) -> None:
    for name, most in LENGTHS.items():
        if len(values.get(name, "")) > most:
            problems.setdefault(name, "too_long")
