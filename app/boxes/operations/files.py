"""Guides of scenarios, photos of boxes and of damage: type and size bounded, pictures drawn anew."""

import io
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import delete, func, insert, select

from app.boxes.enums import GUIDES, FileUse
from app.boxes.errors import FileNotFound
from app.boxes.models import BoxFile
from app.boxes.operations.scenarios import lock_scenario
from app.boxes.queries import get_box_by_id, get_file
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.core.tokens import new_token

MOST_BYTES = 10 * 1024 * 1024
MOST_FILES = 60
"""Files of one scenario or box."""
PICTURE_SIDE = 1600
PICTURE_PIXELS = 60_000_000
PICTURE_FORMATS = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True)
class Upload:
    """A file that was checked by `read_upload`."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def read_upload(name: str, content: bytes, use: FileUse) -> Upload:
    """A PDF for a guide, a picture else: drawn anew as JPEG, so that what else it held (where it was taken) is dropped.

    It may take a second: call it outside of a transaction. Raises FieldError (file: file_empty, file_too_large, file_type).
    """
    if not content:
        raise FieldError({"file": "file_empty"})
    if len(content) > MOST_BYTES:
        raise FieldError({"file": "file_too_large"})
    stem = PurePath(name.replace("\\", "/")).stem
    stem = "".join(c for c in stem if c.isprintable()).strip()[:150] or "file"
    if use in GUIDES:
        if not content.startswith(b"%PDF-"):
            raise FieldError({"file": "file_type_pdf"})
        return Upload(f"{stem}.pdf", "application/pdf", content)
    return Upload(f"{stem}.jpg", "image/jpeg", _redrawn(content))


def keep_guide(
    scenario_id: int, upload: Upload, *, organiser_id: int, by: Actor, now: datetime, public: bool = False
) -> str:
    """The scenario's guide, in place of the one before; its token. `public`: the catalogue offers it. Raises ScenarioNotFound."""
    lock_scenario(scenario_id, organiser_id)
    db.session.execute(delete(BoxFile).where(BoxFile.scenario_id == scenario_id, BoxFile.use.in_(GUIDES)))
    use = FileUse.GUIDE if public else FileUse.GUIDE_KEPT
    token = _insert(upload, use, organiser_id, now, scenario_id=scenario_id)
    details = {"name": upload.name}
    record(by, "scenario.guide_set", f"scenario:{scenario_id}", now=now, organiser_id=organiser_id, details=details)
    return token


def keep_photo(
    box_id: int,
    upload: Upload,
    *,
    organiser_id: int,
    by: Actor,
    now: datetime,
    note: str = "",
    loan_box_id: int | None = None,
) -> str:
    """A photo of a box, of damage where a loan's box is named; its token. Raises BoxNotFound, FieldError (file: too_many)."""
    get_box_by_id(box_id, organiser_id=organiser_id, lock=True)
    count = db.session.execute(select(func.count(BoxFile.id)).where(BoxFile.box_id == box_id)).scalar_one()
    if count >= MOST_FILES:
        raise FieldError({"file": "too_many_files"})
    use = FileUse.PHOTO if loan_box_id is None else FileUse.DAMAGE
    token = _insert(upload, use, organiser_id, now, box_id=box_id, loan_box_id=loan_box_id, note=note.strip()[:200])
    record(by, "box.photo_added", f"box:{box_id}", now=now, organiser_id=organiser_id, details={"use": use.value})
    return token


def remove_file(token: str, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Raises FileNotFound; photos of damage stay with their loan (FileNotFound too)."""
    row, _content = get_file(organiser_id, token)
    if row.use is FileUse.DAMAGE:
        raise FileNotFound(token)
    db.session.execute(delete(BoxFile).where(BoxFile.token == token))
    verb, subject = (
        ("scenario.guide_removed", f"scenario:{row.scenario_id}")
        if row.scenario_id is not None
        else ("box.photo_removed", f"box:{row.box_id}")
    )
    record(by, verb, subject, now=now, organiser_id=organiser_id, details={"name": row.name})


def _insert(upload: Upload, use: FileUse, organiser_id: int, now: datetime, **values: object) -> str:
    token = new_token()
    db.session.execute(
        insert(BoxFile).values(
            organiser_id=organiser_id, token=token, use=use, name=upload.name, media_type=upload.media_type,
            size=len(upload.content), content=upload.content, created_at=now, **values,
        )
    )  # fmt: skip
    return token


def _redrawn(content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=PICTURE_FORMATS) as picture:
            if picture.width * picture.height > PICTURE_PIXELS:
                raise FieldError({"file": "file_too_large"})
            drawn = ImageOps.exif_transpose(picture).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FieldError({"file": "file_too_large"}) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise FieldError({"file": "file_type_picture"}) from error
    drawn.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    target = io.BytesIO()
    drawn.save(target, "JPEG", quality=82, optimize=True)
    return target.getvalue()
