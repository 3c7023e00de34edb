"""Typesetting: a template of this package and one JSON value make a tagged PDF.

What people wrote reaches the template as data only; it is never part of its source, so it is never read as markup.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal

Template = Literal[
    "ticket", "route_cards", "group_sheets", "stand_sheets", "badges", "wave_lists", "agreement", "box_labels"
]
Standard = Literal["ua-1"]
Json = str | int | bool | None | list["Json"] | dict[str, "Json"]

ALONE = Path(__file__).parent / "typeset_alone.py"
LONGEST_SECONDS = 60
TEMPLATES = Path(__file__).parent / "typst"
FONTS = Path(__file__).parent / "fonts"

# Controls, and the marks that turn the reading direction of all that follows (UAX #9, explicit formatting characters).
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


class TypesettingFailed(Exception):
    """Typst refused a document; the message is typst's own."""


def typeset(template: Template, document: Json, *, standards: tuple[Standard, ...] = ()) -> bytes:
    """Return the PDF, tagged, fonts embedded, without creation date: the same document gives the same bytes.

    `standards` makes typst refuse what the named standard forbids: PDF/UA-1 also forbids characters that no shipped
    font has, so it is for tests rather than for documents that hold people's names. Typst runs in a process of its own,
    which takes its memory with it. Raises TypesettingFailed.
    """
    asked = {
        "template": str(TEMPLATES / f"{template}.typ"),
        "root": str(TEMPLATES),
        "fonts": str(FONTS),
        "document": json.dumps(document, ensure_ascii=False),
        "standards": list(standards),
    }
    return typeset_alone(json.dumps(asked).encode())


def typeset_alone(asked: bytes) -> bytes:
    """What `typeset_alone.py` makes of it, in a process of its own. Raises TypesettingFailed."""
    done = subprocess.run(  # noqa: S603 - our own file, what people wrote goes to its standard input
        [sys.executable, "-I", str(ALONE)], input=asked, capture_output=True, timeout=LONGEST_SECONDS, check=False
    )
    if done.returncode != 0:
        raise TypesettingFailed(done.stderr.decode("utf-8", "replace"))
    return done.stdout


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
