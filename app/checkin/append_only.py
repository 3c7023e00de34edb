"""The triggers that make the scan store append-only, on both databases (the first migration holds its own copy)."""

from typing import Any

from sqlalchemy import DDL, Connection, event, text

from app.checkin.models import Scan

SQLITE = tuple(
    f"CREATE TRIGGER scans_no_{verb.lower()} BEFORE {verb} ON scans "
    "BEGIN SELECT RAISE(ABORT, 'scans are append-only'); END"
    for verb in ("UPDATE", "DELETE")
)
POSTGRESQL = (
    "CREATE FUNCTION scans_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'scans are append-only' USING ERRCODE = '23001'; END $$",
    "CREATE TRIGGER scans_append_only BEFORE UPDATE OR DELETE ON scans FOR EACH ROW EXECUTE FUNCTION scans_refuse()",
)

for statement in SQLITE:
    event.listen(Scan.__table__, "after_create", DDL(statement).execute_if(dialect="sqlite"))
for statement in POSTGRESQL:
    escaped = DDL(statement.replace("%", "%%"))
    event.listen(Scan.__table__, "after_create", escaped.execute_if(dialect="postgresql"))
event.listen(
    Scan.__table__, "after_drop", DDL("DROP FUNCTION IF EXISTS scans_refuse()").execute_if(dialect="postgresql")
)


def missing_triggers(connection: Connection | Any) -> list[str]:
    """Names of the triggers that should guard the scan store and do not."""
    if connection.dialect.name == "sqlite":
        wanted = {"scans_no_update", "scans_no_delete"}
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'scans'"))
    else:
        wanted = {"scans_append_only"}
        found = connection.execute(text("SELECT tgname FROM pg_trigger WHERE tgrelid = 'scans'::regclass"))
    return sorted(wanted - set(found.scalars()))
