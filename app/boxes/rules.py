"""Pure decisions on what is lent: which texts and numbers are right, how long an accreditation holds, what is missing."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from dateutil.relativedelta import relativedelta

from app.boxes.drafts import BoxDraft, ExceptionDraft, FacilitatorDraft, ItemDraft, ScenarioDraft
from app.boxes.enums import LentKind
from app.core.errors import FieldError
from app.core.text import TextError, clean_reach, fold

SCENARIO_LENGTHS = {
    "code": 40, "title_fr": 160, "title_en": 160, "universe_fr": 160, "universe_en": 160, "public_fr": 200,
    "public_en": 200, "skills_fr": 2000, "skills_en": 2000, "summary_fr": 4000, "summary_en": 4000,
}  # fmt: skip
BOX_LENGTHS = {"code": 40, "depot": 120, "notes": 2000}
NAME_LENGTH, NOTE_LENGTH = 120, 200
MOST = 9999
MOST_CENTS = 10_000_000
MOST_BUFFER = 40
MOST_ITEMS = 200
_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?")


def clean_code(text: str) -> str:
    """A code in capitals, as printed on a label: SANTE-1-A from « sante-1-a ». Raises TextError: required, code."""
    code = "-".join(text.upper().split())
    if not code:
        raise TextError("required")
    if not _CODE.fullmatch(code):
        raise TextError("code")
    return code


def clean_scenario(draft: ScenarioDraft) -> ScenarioDraft:
    """Raises FieldError at the draft's fields: required, code, too_long, number_too_low, number_too_high, players_order."""
    texts = {name: getattr(draft, name).strip() for name in SCENARIO_LENGTHS}
    problems = _too_long(texts, SCENARIO_LENGTHS)
    if not texts["title_fr"]:
        problems["title_fr"] = "required"
    _put_code(texts, problems)
    numbers = {
        "players_min": (1, MOST), "players_max": (1, MOST), "minutes": (1, MOST), "accreditation_months": (1, 600),
        "before_halves": (0, MOST_BUFFER), "after_halves": (0, MOST_BUFFER), "longest_halves": (1, MOST),
        "value_cents": (0, MOST_CENTS),
    }  # fmt: skip
    for name, (least, most) in numbers.items():
        problems |= _out_of_range(name, getattr(draft, name), least, most)
    if draft.kind is LentKind.OTHER:
        draft = replace(
            draft, players_min=None, players_max=None, minutes=None, asks_accreditation=False, accreditation_months=None
        )
    if draft.players_min and draft.players_max and draft.players_min > draft.players_max:
        problems["players_max"] = "players_order"
    if problems:
        raise FieldError(problems)
    return replace(draft, **texts)


def clean_items(drafts: Iterable[ItemDraft]) -> list[ItemDraft]:
    """Raises FieldError at items/<n>/<field>: required, thing_twice, too_long, number_…, consumables_only; at items: too_many."""
    items = [replace(d, name_fr=d.name_fr.strip(), name_en=d.name_en.strip()) for d in drafts]
    problems: dict[str, str] = {"items": "too_many"} if len(items) > MOST_ITEMS else {}
    names = set[str]()
    for n, item in enumerate(items):
        found = _too_long(
            {"name_fr": item.name_fr, "name_en": item.name_en}, dict.fromkeys(("name_fr", "name_en"), 120)
        )
        if not item.name_fr:
            found["name_fr"] = "required"
        elif fold(item.name_fr) in names:
            found["name_fr"] = "thing_twice"
        names.add(fold(item.name_fr))
        found |= _out_of_range("quantity", item.quantity, 1, MOST)
        found |= _out_of_range("restock_below", item.restock_below, 0, MOST)
        if item.restock_below is not None and not item.consumable:
            found["restock_below"] = "consumables_only"
        found |= _out_of_range("value_cents", item.value_cents, 0, MOST_CENTS)
        problems |= {f"items/{n}/{name}": code for name, code in found.items()}
    if problems:
        raise FieldError(problems)
    return items


def clean_box(draft: BoxDraft) -> BoxDraft:
    """Raises FieldError: required, code, too_long, number_too_low, number_too_high."""
    texts = {name: getattr(draft, name).strip() for name in BOX_LENGTHS}
    problems = _too_long(texts, BOX_LENGTHS)
    _put_code(texts, problems)
    problems |= _out_of_range("value_cents", draft.value_cents, 0, MOST_CENTS)
    if problems:
        raise FieldError(problems)
    return replace(draft, **texts)


def clean_exceptions(drafts: Iterable[ExceptionDraft], names: Iterable[str] = ()) -> list[ExceptionDraft]:
    """Those that differ, cleaned. `names`: what things of the scenario are called, which no thing of the box alone may be.

    Raises FieldError at exceptions/<n>/<field>: required, thing_twice, too_long, number_too_low, …
    """
    taken = {fold(name) for name in names if name}
    cleaned = [replace(d, name=d.name.strip() if d.item_id is None else "", note=d.note.strip()) for d in drafts]
    problems: dict[str, str] = {}
    for n, draft in enumerate(cleaned):
        found = _too_long({"name": draft.name, "note": draft.note}, {"name": NAME_LENGTH, "note": NOTE_LENGTH})
        found |= _out_of_range("expected", draft.expected, 0, MOST) | _out_of_range("present", draft.present, 0, MOST)
        if draft.item_id is None:
            if not draft.name:
                found["name"] = "required"
            elif fold(draft.name) in taken:
                found["name"] = "thing_twice"
            taken.add(fold(draft.name))
        if draft.item_id is None and draft.expected is None:
            found["expected"] = "number"
        problems |= {f"exceptions/{n}/{name}": code for name, code in found.items()}
    if problems:
        raise FieldError(problems)
    return cleaned


def clean_facilitator(draft: FacilitatorDraft) -> FacilitatorDraft:
    """Raises FieldError: name (required, too_long), email, phone (as app.core.text says)."""
    name, problems = " ".join(draft.name.split()), {}
    if not name or len(name) > NAME_LENGTH:
        problems["name"] = "too_long" if name else "required"
    email, phone = clean_reach(draft.email, draft.phone, problems)
    if problems:
        raise FieldError(problems)
    return replace(draft, name=name, email=email, phone=phone)


def expires_on(granted_on: date, months: int | None) -> date | None:
    """The last day of an accreditation: the eve of the same day `months` later; None for good."""
    if months is None:
        return None
    return granted_on + relativedelta(months=months) - relativedelta(days=1)


def is_valid(granted_on: date, expires: date | None, withdrawn: bool, first_day: date, last_day: date) -> bool:
    """Whether an accreditation holds on all days of a period."""
    return not withdrawn and granted_on <= first_day and (expires is None or expires >= last_day)


def missing_of(expected: int, present: int | None) -> int:
    """How many are missing by the last count; none while nobody counted."""
    return 0 if present is None else max(0, expected - present)


def is_to_restock(*, consumable: bool, restock_below: int | None, expected: int, present: int | None) -> bool:
    """Whether fewer are left than the organiser wants; without such a number, fewer than expected."""
    wanted = expected if restock_below is None else restock_below
    return consumable and present is not None and present < wanted


def _put_code(texts: dict[str, str], problems: dict[str, str]) -> None:
    try:
        texts["code"] = clean_code(texts["code"])
    except TextError as error:
        problems.setdefault("code", error.code)


def _too_long(texts: dict[str, str], lengths: dict[str, int]) -> dict[str, str]:
    return {name: "too_long" for name, text in texts.items() if len(text) > lengths[name]}


def _out_of_range(name: str, value: int | None, least: int, most: int) -> dict[str, str]:
    if value is None or least <= value <= most:
        return {}
    return {name: "number_too_low" if value < least else "number_too_high"}
