"""Guides and photos as they are served: no browser runs anything in them."""

from urllib.parse import quote

from flask import Blueprint, Response
from werkzeug.datastructures import FileStorage

from app.boxes.enums import FileUse
from app.boxes.operations.files import MOST_BYTES, Upload, read_upload
from app.boxes.queries import get_file
from app.boxes.rows import FileRow
from app.core.errors import FieldError
from app.web.answer_responses import SentFile
from app.web.guards import current_organiser_id, staff
from app.web.manage.boxes_tabs import SEES

READ_BYTES = MOST_BYTES + 1

blueprint = Blueprint("manage_boxes_files", __name__, url_prefix="/manage/boxes/files")


@blueprint.get("/<token>")
@staff(SEES)
def show(token: str) -> Response:
    return box_file_response(*get_file(current_organiser_id(), token.replace("\x00", "")))


def read_sent(sent: object, use: FileUse) -> Upload:
    """What a form's field of a file holds, checked. Raises FieldError (file: required, and as `read_upload`)."""
    if not isinstance(sent, FileStorage) or not sent.filename:
        raise FieldError({"file": "required"})
    return read_upload(sent.filename, sent.stream.read(READ_BYTES), use)


def box_file_response(row: FileRow, content: bytes) -> Response:
    """Pictures, which were drawn anew, are shown; anything else is offered to keep."""
    answer = SentFile(content, content_type=row.media_type)
    plain = row.name.encode("ascii", "ignore").decode().replace('"', "") or "file"
    how = "inline" if row.is_picture else "attachment"
    answer.headers["Content-Disposition"] = f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(row.name)}"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
