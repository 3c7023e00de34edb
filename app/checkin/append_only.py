"""The triggers that make the scan store append-only, on both databases (the first migration holds its own copy)."""

from sqlalchemy import Connection, Table, event, text

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


def guard(table: Table) -> None:
    """Make and drop the triggers with the table where the models make or drop it themselves, as tests do."""
    for trigger in SQLITE:
        _after("after_create", table, trigger, "sqlite")
    for trigger in POSTGRESQL:
        _after("after_create", table, trigger, "postgresql")
    _after("after_drop", table, "DROP FUNCTION IF EXISTS scans_refuse()", "postgresql")


def _after(moment: str, table: Table, statement: str, dialect: str) -> None:
    def run(_table: object, connection: Connection, **_rest: object) -> None:
        if connection.dialect.name == dialect:
            connection.exec_driver_sql(statement)

    event.listen(table, moment, run)


def missing_triggers(connection: Connection) -> list[str]:
    """Names of the triggers that should guard the scan store and do not: missing ones, and disabled ones."""
    wanted = {"scans_append_only"}
    if connection.dialect.name == "sqlite":
        wanted = {"scans_no_update", "scans_no_delete"}
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'scans'"))
    else:
        in_force = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'scans'::regclass AND tgenabled <> 'D'"
        found = connection.execute(text(in_force))
    return sorted(wanted - set(found.scalars()))
