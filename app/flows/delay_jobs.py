"""Telling those whose hours a delay moves, done by workers."""

from typing import Any

from app.flows.operations.delaying import TELL_DELAY_JOB
from app.flows.telling import tell_each
from app.jobs.registry import JobContext, handler


@handler(TELL_DELAY_JOB)
def tell_delay(context: JobContext) -> None:
    """Queue the mail to everyone whose hours move. Begun again, it goes on with those not told yet."""
    said: dict[int, dict[str, Any]] = {one: {"minutes": shift} for one, shift in context.payload["moved"]}
    for one in context.payload.get("alone", ()):
        said[one] = {"minutes": context.payload["by"], "space_id": context.payload["space_id"]}
    tell_each(context, "delay", said)
