"""What the database itself keeps of loans: no use without an accredited facilitator, agreements as they were made.

The migrations hold their own copies. A box is used for a loan, or at an event, only where its scenario asks for no
accreditation, or one of the facilitators named there holds one on all its days. An agreement's bytes never change, it is
accepted once, and never deleted.
"""

from sqlalchemy import Connection, Table, text

from app.resources.no_overlap import run_after

_LACKING = (
    "(NEW.purpose = '{purpose}' AND EXISTS (SELECT 1 FROM {table} JOIN scenarios"
    " ON scenarios.id = {table}.scenario_id WHERE {table}.id = NEW.purpose_id AND scenarios.asks_accreditation)"
    " AND NOT EXISTS (SELECT 1 FROM {table} JOIN {people} ON {people}.{key} = {table}.id"
    " JOIN accreditations ON accreditations.facilitator_id = {people}.facilitator_id"
    " AND accreditations.scenario_id = {table}.scenario_id"
    " WHERE {table}.id = NEW.purpose_id AND accreditations.withdrawn_at IS NULL"
    " AND accreditations.granted_on <= {table}.from_date"
    " AND (accreditations.expires_on IS NULL OR accreditations.expires_on >= {table}.to_date)))"
)
UNACCREDITED = " OR ".join(
    (
        _LACKING.format(purpose="loan", table="loans", people="loan_facilitators", key="loan_id"),
        _LACKING.format(purpose="event", table="event_boxes", people="event_boxes_facilitators", key="event_boxes_id"),
    )
)
OF_BOX = "NEW.resource_kind = 'box' AND NEW.purpose IN ('loan', 'event')"
WHOSE = "resource_kind, resource_id, purpose, purpose_id"
CHANGED = (
    "OLD.accepted_at IS NOT NULL OR NEW.content IS DISTINCT FROM OLD.content OR NEW.sha256 <> OLD.sha256"
    " OR NEW.loan_id <> OLD.loan_id OR NEW.number <> OLD.number OR NEW.made_at <> OLD.made_at"
)
USES_SQLITE = tuple(
    f"CREATE TRIGGER {name} BEFORE {moment} ON uses WHEN {OF_BOX}"
    f" BEGIN SELECT RAISE(ABORT, 'no accredited facilitator') WHERE {UNACCREDITED}; END"
    for name, moment in (("uses_accredited", "INSERT"), ("uses_accredited_update", f"UPDATE OF {WHOSE}"))
)
AGREEMENTS_SQLITE = (
    "CREATE TRIGGER loan_agreements_no_update BEFORE UPDATE ON loan_agreements"
    f" WHEN {CHANGED.replace('IS DISTINCT FROM', 'IS NOT')}"
    " BEGIN SELECT RAISE(ABORT, 'agreements are kept as they were made'); END",
    "CREATE TRIGGER loan_agreements_no_delete BEFORE DELETE ON loan_agreements"
    " BEGIN SELECT RAISE(ABORT, 'agreements are kept as they were made'); END",
)
USES_POSTGRESQL = (
    "CREATE FUNCTION uses_refuse_unaccredited() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN IF {UNACCREDITED} THEN RAISE EXCEPTION 'no accredited facilitator' USING ERRCODE = '23514'; END IF;"
    " RETURN NEW; END $$",
    *(
        f"CREATE TRIGGER {name} BEFORE {moment} ON uses FOR EACH ROW"
        f" WHEN ({OF_BOX}) EXECUTE FUNCTION uses_refuse_unaccredited()"
        for name, moment in (("uses_accredited", "INSERT"), ("uses_accredited_update", f"UPDATE OF {WHOSE}"))
    ),
)
AGREEMENTS_POSTGRESQL = (
    "CREATE FUNCTION loan_agreements_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'agreements are kept as they were made' USING ERRCODE = '23001'; END $$",
    "CREATE TRIGGER loan_agreements_no_update BEFORE UPDATE ON loan_agreements FOR EACH ROW"
    f" WHEN ({CHANGED}) EXECUTE FUNCTION loan_agreements_refuse()",
    "CREATE TRIGGER loan_agreements_no_delete BEFORE DELETE ON loan_agreements FOR EACH ROW"
    " EXECUTE FUNCTION loan_agreements_refuse()",
)
WANTED = {
    "uses": ("uses_accredited", "uses_accredited_update"),
    "loan_agreements": ("loan_agreements_no_delete", "loan_agreements_no_update"),
}


def guard(uses: Table, agreements: Table) -> None:
    """Make the triggers with their tables where the models make those themselves, as tests do."""
    for statement in USES_SQLITE:
        run_after("after_create", uses, statement, "sqlite")
    for statement in AGREEMENTS_SQLITE:
        run_after("after_create", agreements, statement, "sqlite")
    for statement in USES_POSTGRESQL:
        run_after("after_create", uses, statement, "postgresql")
    for statement in AGREEMENTS_POSTGRESQL:
        run_after("after_create", agreements, statement, "postgresql")
    run_after("after_drop", uses, "DROP FUNCTION IF EXISTS uses_refuse_unaccredited()", "postgresql")
    run_after("after_drop", agreements, "DROP FUNCTION IF EXISTS loan_agreements_refuse()", "postgresql")


def missing_triggers(connection: Connection) -> list[str]:
    """Names of the triggers that should be there and are not, or are switched off."""
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    else:
        found = connection.execute(text("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"))
    there = set(found.scalars())
    return sorted(name for names in WANTED.values() for name in names if name not in there)
