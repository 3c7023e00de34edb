"""What single cells show of how a file was made."""

import re

LOST_LETTER = re.compile(r"\w\?|\?\w|\N{REPLACEMENT CHARACTER}|Ã[\u0080-\u00bf€-™]")
FORMULA_SIGNS = ("=", "+", "-", "@")
_CALCULATED = (*FORMULA_SIGNS, "\t", "\r")


def begins_as_formula(text: str) -> bool:
    """Whether a spreadsheet that opens this text would calculate it."""
    return text.startswith(FORMULA_SIGNS)


def as_text(text: str) -> str:
    """The text so that a spreadsheet shows it and never calculates it (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_CALCULATED) else text
