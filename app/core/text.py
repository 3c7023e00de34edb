"""Texts that people type: e-mail addresses, telephone numbers, UAI numbers, and what searching compares.

Pages, the API and imports use the same functions, so that one person is recognised however they wrote.
"""

import re
import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email

HOME_REGION = "FR"
FRENCH_CODE = 33
FRENCH_FIGURES = 10
_PLAIN_FRENCH = re.compile(r"\+33[1-79][0-9]{8}")
"""Numbers that are written in pairs; those that begin with 8 are not."""
UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


class TextError(ValueError):
    """What was typed cannot be used. `code` names the fault; `figures` is how many figures a telephone number has."""

    def __init__(self, code: str, figures: int | None = None) -> None:
        super().__init__(code)
        self.code, self.figures = code, figures


def normalise_email(text: str) -> str:
    """The address in lower case, for sending and comparing alike.

    Raises TextError: email_at, email_start, email_ending, email_space, email_wrong. No domain is looked up.
    """
    typed = text.strip()
    if typed.lower().startswith("mailto:"):
        typed = typed[len("mailto:") :]
    local, at, domain = typed.rpartition("@")
    if not at:
        raise TextError("email_at")
    if not local:
        raise TextError("email_start")
    if any(c.isspace() for c in typed):
        raise TextError("email_space")
    if "." not in domain.strip(".") or domain.endswith("."):
        raise TextError("email_ending")
    try:
        found = validate_email(typed, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise TextError("email_wrong") from error
    return found.normalized.lower()


def normalise_phone(text: str) -> str:
    """The number in E.164 (+33639984410), French unless it begins with + or 00.

    Raises TextError: phone_letters, phone_digits (a French number without its 10 figures; `figures` counts them with
    the leading 0), phone_wrong. A French number is taken by its shape: lists of numbers in use lag behind.
    """
    typed = text.strip()
    if re.search(r"[^\d\s.()/+\-\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{NON-BREAKING HYPHEN}]", typed):
        raise TextError("phone_letters")
    figures = re.sub(r"\D", "", typed)
    if not figures:
        raise TextError("phone_digits", 0)
    abroad = typed.startswith("+") or figures.startswith("00")
    if not abroad and len(figures) != FRENCH_FIGURES:
        raise TextError("phone_digits", len(figures))
    prefixed = f"+{figures}" if typed.startswith("+") else typed
    try:
        found = phonenumbers.parse(prefixed, HOME_REGION)
    except phonenumbers.NumberParseException as error:
        raise TextError("phone_wrong") from error
    if found.country_code == FRENCH_CODE:
        return _french(str(found.national_number), abroad=abroad, figures=figures)
    if not phonenumbers.is_valid_number(found):
        raise TextError("phone_wrong")
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


def clean_reach(email: str, phone: str, problems: dict[str, str]) -> tuple[str, str]:
    """A mail address and a telephone, either of which may be empty; what is wrong is put into `problems` at email and phone."""
    email, phone = email.strip(), phone.strip()
    try:
        email = normalise_email(email) if email else ""
    except TextError as error:
        problems["email"] = error.code
    try:
        phone = normalise_phone(phone) if phone else ""
    except TextError as error:
        problems["phone"] = error.code
    return email, phone


def _french(national: str, *, abroad: bool, figures: str) -> str:
    if not abroad and not figures.startswith("0"):
        raise TextError("phone_wrong")
    if len(national) != FRENCH_FIGURES - 1:
        raise TextError("phone_digits", len(national) + 1)
    return f"+{FRENCH_CODE}{national}"


def is_valid_uai(text: str) -> bool:
    """Whether it is a school's number: 7 figures and the letter that goes with them (the 7 figures modulo 23)."""
    return bool(re.fullmatch(r"\d{7}[A-Z]", text)) and text[7] == UAI_LETTERS[int(text[:7]) % 23]


def normalise_uai(text: str) -> str:
    """0210001M, whatever the spaces and case. Raises TextError: uai_shape, uai_letter."""
    found = re.sub(r"[\s.\-]", "", text).upper()
    if not re.fullmatch(r"[0-9]{7}[A-Z]", found):
        raise TextError("uai_shape")
    if not is_valid_uai(found):
        raise TextError("uai_letter")
    return found


def fold(text: str) -> str:
    """Lower case without accents, spaces single: « Élodie  LAMBŒUF » and « elodie lamboeuf » are found alike."""
    if text.isascii():  # has nothing to unfold: several times faster, and long lists fold every name
        return " ".join(text.casefold().split())
    plain = text.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae").replace("Æ", "ae").replace("\u2019", "'")
    decomposed = unicodedata.normalize("NFKD", plain)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def slugify(text: str, *, limit: int = 60) -> str:
    """Letters, figures and hyphens for an address: « La Voie des Talents » → la-voie-des-talents. May be empty."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")
    return slug[:limit].rstrip("-")


def shown_phone(text: str) -> str:
    """06 39 98 44 10 for a French number, +49 30 123456 for another; never split over lines. Else as it is."""
    if _PLAIN_FRENCH.fullmatch(text):  # nearly all of them, and long lists show thousands
        return "\N{NO-BREAK SPACE}".join([f"0{text[3]}", *(text[n : n + 2] for n in range(4, 12, 2))])
    try:
        found = phonenumbers.parse(text, "FR")
    except phonenumbers.NumberParseException:
        return text
    national = found.country_code == 33
    style = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(found, style)).replace(" ", "\N{NO-BREAK SPACE}")
