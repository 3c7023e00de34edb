"""Typesetting: a template of this package and one JSON value make a tagged PDF.

What people wrote reaches the template as data only; it is never part of its source, so it is never read as markup.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Literal

import typst

Template = Literal["ticket", "route_cards"]
Standard = Literal["ua-1"]
Json = str | int | bool | None | list["Json"] | dict[str, "Json"]

TEMPLATES = Path(__file__).parent / "typst"
FONTS = Path(__file__).parent / "fonts"

# Controls, and the marks that turn the reading direction of all that follows (UAX #9, explicit formatting characters).
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


def typeset(template: Template, document: Json, *, standards: tuple[Standard, ...] = ()) -> bytes:
    """Return the PDF, tagged, fonts embedded, without creation date: the same document gives the same bytes.

    `standards` makes typst refuse (`typst.TypstError`) what the named standard forbids: PDF/UA-1 also forbids
    characters that no shipped font has, so it is for tests rather than for documents that hold people's names.
    """
    return typst.compile(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        font_paths=_fonts(),
        sys_inputs={"document": json.dumps(document, ensure_ascii=False)},
        pdf_standards=list(standards),
    )


def printable(text: str) -> str:
    """Return the text on one line, without controls, direction overrides nor lone surrogates."""
    return " ".join(_UNPRINTABLE.sub(" ", text.encode("utf-8", "replace").decode("utf-8")).split(" ")).strip()


def printable_or_none(text: str | None) -> str | None:
    """Return `printable(text)`, or None when nothing is left to print."""
    return (printable(text) or None) if text is not None else None


def colour(value: str) -> str:
    """Return the colour unchanged. Raises ValueError unless it is written `#RRGGBB`."""
    if not _COLOUR.fullmatch(value):
        raise ValueError(f"Not a colour written #RRGGBB: {value!r}")
    return value


@cache
def _fonts() -> typst.Fonts:
    """Load our two faces, and those inside typst for the scripts ours lacks.

    The machine's own are left out, so that a PDF is the same anywhere.
    """
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[FONTS])
