"""What a file is that is no table, told by its first bytes: an image is called an image, whatever its name ends with."""

import re
from collections.abc import Collection

ZIP_MARK = b"PK\x03\x04"

_KINDS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("image", re.compile(rb"\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|II\*\x00|MM\x00\*|BM.{4}\x00{4}|.{4}ftyp", re.DOTALL)),
    ("image", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    ("pdf", re.compile(rb"\s*%PDF-")),
    ("document", re.compile(rb"\{\\rtf")),
    ("archive", re.compile(rb"\x1f\x8b|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|BZh[1-9]1AY|\xfd7zXZ\x00")),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_DOCUMENTS = ("word/document.xml", "ppt/presentation.xml")


def find_kind(content: bytes) -> str | None:
    """image, pdf, document or archive, by the marks that such files begin with; None when it may be a table."""
    return next((kind for kind, mark in _KINDS if mark.match(content)), None)


def is_binary(content: bytes) -> bool:
    """Whether it has bytes that no text has."""
    return _CONTROL.search(content) is not None


def kind_of_zip(names: Collection[str], mimetype: bytes) -> str:
    """Why a zip is no workbook that is read here: document, archive, or unreadable for workbooks of another kind.

    `names` are those of its parts in lower case, `mimetype` the part of that name (OpenDocument 1.3, part 2, 3.3).
    """
    if any(name in names for name in _DOCUMENTS) or mimetype.startswith(
        (b"application/vnd.oasis.opendocument.text", b"application/vnd.oasis.opendocument.presentation")
    ):
        return "document"
    return "unreadable" if any(name.startswith("xl/") or name == "[content_types].xml" for name in names) else "archive"
