"""Photos that come with a count: all of them are taken, or each that cannot be is named with its reason."""

from collections.abc import Sequence

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.boxes.enums import FileUse
from app.boxes.operations.files import MOST_BYTES, Upload, read_upload
from app.core.errors import FieldError
from app.web.manage.boxes_files import READ_BYTES

MOST_PHOTOS = 4
ROOM_BYTES = MOST_PHOTOS * MOST_BYTES + 1024 * 1024
"""What a page with photos may send in all: each photo as large as one may be, and the rest of the form."""


def sent_photos() -> list[FileStorage]:
    return [file for file in request.files.getlist("photos") if file.filename]


def read_photos() -> tuple[list[Upload], list[str]]:
    """The photos that were sent, and what is wrong: with their number, or with each file by its name."""
    files = sent_photos()
    try:
        return _read(files)
    finally:
        for file in files:
            file.close()


def _read(files: Sequence[FileStorage]) -> tuple[list[Upload], list[str]]:
    if len(files) > MOST_PHOTOS:
        said = _("You chose %(count)s photos: at most %(most)s fit here.", count=len(files), most=MOST_PHOTOS)
        return [], [said]
    good, problems = list[Upload](), list[str]()
    for file in files:
        name = (file.filename or "")[:80]
        try:
            good.append(read_upload(name, file.stream.read(READ_BYTES), FileUse.DAMAGE))
        except FieldError as error:
            why = photo_problem(next(iter(error.problems.values())))
            problems.append(_("%(label)s: %(error)s", label=name, error=why))
    return good, problems


def photo_problem(code: str) -> str:
    """Why a photo cannot be taken, by the code of `read_upload` or `keep_photo`."""
    if code == "file_empty":
        return str(_("This file is empty. Choose another one."))
    if code == "file_too_large":
        return str(_("This photo is too large: %(most)s MB and 60 million pixels at most.", most=MOST_BYTES // 2**20))
    if code == "too_many_files":
        return str(_("There are too many photos. Remove some first."))
    return str(_("Choose a photo in JPEG, PNG or WebP format."))


def again_words(problems: Sequence[str]) -> list[str]:
    """The problems, and that photos are to be chosen anew on a page that comes back: no browser keeps them."""
    if not sent_photos():
        return list(problems)
    return [*problems, _("Choose the photos again: the page cannot keep them.")]
