"""What doctor looks at in boxes: the times they are out of service."""

from datetime import datetime

from sqlalchemy import and_, or_, select

from app.boxes.enums import BoxCondition
from app.boxes.models import Box, BoxOutage
from app.core.checks import check
from app.core.db import db


@check("boxes.outages", "A box is out of service exactly while a time out of service is open, and both say the same")
def check_outages(now: datetime) -> list[str]:
    is_out = Box.condition == BoxCondition.OUT_OF_SERVICE
    rows = db.session.execute(
        select(Box.code, BoxOutage.id)
        .select_from(Box)
        .outerjoin(BoxOutage, and_(BoxOutage.box_id == Box.id, BoxOutage.ended_on.is_(None)))
        .where(
            or_(
                and_(is_out, BoxOutage.id.is_(None)),
                and_(~is_out, BoxOutage.id.is_not(None)),
                BoxOutage.reason != Box.out_reason,
                BoxOutage.note != Box.out_note,
                BoxOutage.started_on != Box.out_from,
                BoxOutage.expected_on.is_distinct_from(Box.out_until) & BoxOutage.id.is_not(None),
                BoxOutage.organiser_id != Box.organiser_id,
            )
        )
        .order_by(Box.id)
    )
    return [
        f"box {code} is out of service and no outage is open" if outage_id is None
        else f"box {code} and its outage {outage_id} do not say the same"
        for code, outage_id in rows
    ]  # fmt: skip
