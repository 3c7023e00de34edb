"""lending: times out of service, boxes at events with their people, calendars, end of keeping names"""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

# Columns come and go in place, in words that both databases take: tables with triggers are never made anew.
ADDED = {
    "loans": [
        "players_counted INTEGER CONSTRAINT ck_loans_players_counted CHECK (players_counted >= 0)",
    ],
    "lending_settings": [
        "keep_names_days INTEGER DEFAULT 1095 NOT NULL CONSTRAINT ck_lending_settings_keep_names"
        " CHECK (keep_names_days BETWEEN 0 AND 3660)",
    ],
}
AWAY = "handed_over_at IS NOT NULL AND returned_at IS NULL"
# Boxes are used by accredited people alone: at events too, and when a use is turned into another's.
SQLITE = (
    "CREATE TRIGGER uses_accredited BEFORE INSERT ON uses WHEN NEW.resource_kind = 'box' AND NEW.purpose IN "
    "('loan', 'event') BEGIN SELECT RAISE(ABORT, 'no accredited facilitator') WHERE (NEW.purpose = 'loan' AND"
    ' EXISTS (SELECT 1 FROM loans JOIN scenarios ON scenarios.id = loans.scenario_id WHERE loans.id = '
    'NEW.purpose_id AND scenarios.asks_accreditation) AND NOT EXISTS (SELECT 1 FROM loans JOIN '
    'loan_facilitators ON loan_facilitators.loan_id = loans.id JOIN accreditations ON '
    'accreditations.facilitator_id = loan_facilitators.facilitator_id AND accreditations.scenario_id = '
    'loans.scenario_id WHERE loans.id = NEW.purpose_id AND accreditations.withdrawn_at IS NULL AND '
    'accreditations.granted_on <= loans.from_date AND (accreditations.expires_on IS NULL OR '
    "accreditations.expires_on >= loans.to_date))) OR (NEW.purpose = 'event' AND EXISTS (SELECT 1 FROM "
    'event_boxes JOIN scenarios ON scenarios.id = event_boxes.scenario_id WHERE event_boxes.id = '
    'NEW.purpose_id AND scenarios.asks_accreditation) AND NOT EXISTS (SELECT 1 FROM event_boxes JOIN '
    'event_boxes_facilitators ON event_boxes_facilitators.event_boxes_id = event_boxes.id JOIN accreditations'
    ' ON accreditations.facilitator_id = event_boxes_facilitators.facilitator_id AND '
    'accreditations.scenario_id = event_boxes.scenario_id WHERE event_boxes.id = NEW.purpose_id AND '
    'accreditations.withdrawn_at IS NULL AND accreditations.granted_on <= event_boxes.from_date AND '
    '(accreditations.expires_on IS NULL OR accreditations.expires_on >= event_boxes.to_date))); END',
    'CREATE TRIGGER uses_accredited_update BEFORE UPDATE OF resource_kind, resource_id, purpose, purpose_id '
    "ON uses WHEN NEW.resource_kind = 'box' AND NEW.purpose IN ('loan', 'event') BEGIN SELECT RAISE(ABORT, "
    "'no accredited facilitator') WHERE (NEW.purpose = 'loan' AND EXISTS (SELECT 1 FROM loans JOIN scenarios "
    'ON scenarios.id = loans.scenario_id WHERE loans.id = NEW.purpose_id AND scenarios.asks_accreditation) '
    'AND NOT EXISTS (SELECT 1 FROM loans JOIN loan_facilitators ON loan_facilitators.loan_id = loans.id JOIN '
    'accreditations ON accreditations.facilitator_id = loan_facilitators.facilitator_id AND '
    'accreditations.scenario_id = loans.scenario_id WHERE loans.id = NEW.purpose_id AND '
    'accreditations.withdrawn_at IS NULL AND accreditations.granted_on <= loans.from_date AND '
    '(accreditations.expires_on IS NULL OR accreditations.expires_on >= loans.to_date))) OR (NEW.purpose = '
    "'event' AND EXISTS (SELECT 1 FROM event_boxes JOIN scenarios ON scenarios.id = event_boxes.scenario_id "
    'WHERE event_boxes.id = NEW.purpose_id AND scenarios.asks_accreditation) AND NOT EXISTS (SELECT 1 FROM '
    'event_boxes JOIN event_boxes_facilitators ON event_boxes_facilitators.event_boxes_id = event_boxes.id '
    'JOIN accreditations ON accreditations.facilitator_id = event_boxes_facilitators.facilitator_id AND '
    'accreditations.scenario_id = event_boxes.scenario_id WHERE event_boxes.id = NEW.purpose_id AND '
    'accreditations.withdrawn_at IS NULL AND accreditations.granted_on <= event_boxes.from_date AND '
    '(accreditations.expires_on IS NULL OR accreditations.expires_on >= event_boxes.to_date))); END',
)
POSTGRESQL = (
    'CREATE OR REPLACE FUNCTION uses_refuse_unaccredited() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF '
    "(NEW.purpose = 'loan' AND EXISTS (SELECT 1 FROM loans JOIN scenarios ON scenarios.id = loans.scenario_id"
    ' WHERE loans.id = NEW.purpose_id AND scenarios.asks_accreditation) AND NOT EXISTS (SELECT 1 FROM loans '
    'JOIN loan_facilitators ON loan_facilitators.loan_id = loans.id JOIN accreditations ON '
    'accreditations.facilitator_id = loan_facilitators.facilitator_id AND accreditations.scenario_id = '
    'loans.scenario_id WHERE loans.id = NEW.purpose_id AND accreditations.withdrawn_at IS NULL AND '
    'accreditations.granted_on <= loans.from_date AND (accreditations.expires_on IS NULL OR '
    "accreditations.expires_on >= loans.to_date))) OR (NEW.purpose = 'event' AND EXISTS (SELECT 1 FROM "
    'event_boxes JOIN scenarios ON scenarios.id = event_boxes.scenario_id WHERE event_boxes.id = '
    'NEW.purpose_id AND scenarios.asks_accreditation) AND NOT EXISTS (SELECT 1 FROM event_boxes JOIN '
    'event_boxes_facilitators ON event_boxes_facilitators.event_boxes_id = event_boxes.id JOIN accreditations'
    ' ON accreditations.facilitator_id = event_boxes_facilitators.facilitator_id AND '
    'accreditations.scenario_id = event_boxes.scenario_id WHERE event_boxes.id = NEW.purpose_id AND '
    'accreditations.withdrawn_at IS NULL AND accreditations.granted_on <= event_boxes.from_date AND '
    '(accreditations.expires_on IS NULL OR accreditations.expires_on >= event_boxes.to_date))) THEN RAISE '
    "EXCEPTION 'no accredited facilitator' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER uses_accredited BEFORE INSERT ON uses FOR EACH ROW WHEN (NEW.resource_kind = 'box' AND "
    "NEW.purpose IN ('loan', 'event')) EXECUTE FUNCTION uses_refuse_unaccredited()",
    'CREATE TRIGGER uses_accredited_update BEFORE UPDATE OF resource_kind, resource_id, purpose, purpose_id '
    "ON uses FOR EACH ROW WHEN (NEW.resource_kind = 'box' AND NEW.purpose IN ('loan', 'event')) EXECUTE "
    'FUNCTION uses_refuse_unaccredited()',
)
# As 0005 made them.
SQLITE_BEFORE = (
    "CREATE TRIGGER uses_accredited BEFORE INSERT ON uses WHEN NEW.resource_kind = 'box' AND NEW.purpose = "
    "'loan' BEGIN SELECT RAISE(ABORT, 'no accredited facilitator') WHERE EXISTS (SELECT 1 FROM loans JOIN "
    'scenarios ON scenarios.id = loans.scenario_id WHERE loans.id = NEW.purpose_id AND '
    'scenarios.asks_accreditation) AND NOT EXISTS (SELECT 1 FROM loans JOIN loan_facilitators ON '
    'loan_facilitators.loan_id = loans.id JOIN accreditations ON accreditations.facilitator_id = '
    'loan_facilitators.facilitator_id AND accreditations.scenario_id = loans.scenario_id WHERE loans.id = '
    'NEW.purpose_id AND accreditations.withdrawn_at IS NULL AND accreditations.granted_on <= loans.from_date '
    'AND (accreditations.expires_on IS NULL OR accreditations.expires_on >= loans.to_date)); END',
)
POSTGRESQL_BEFORE = (
    'CREATE OR REPLACE FUNCTION uses_refuse_unaccredited() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF '
    'EXISTS (SELECT 1 FROM loans JOIN scenarios ON scenarios.id = loans.scenario_id WHERE loans.id = '
    'NEW.purpose_id AND scenarios.asks_accreditation) AND NOT EXISTS (SELECT 1 FROM loans JOIN '
    'loan_facilitators ON loan_facilitators.loan_id = loans.id JOIN accreditations ON '
    'accreditations.facilitator_id = loan_facilitators.facilitator_id AND accreditations.scenario_id = '
    'loans.scenario_id WHERE loans.id = NEW.purpose_id AND accreditations.withdrawn_at IS NULL AND '
    'accreditations.granted_on <= loans.from_date AND (accreditations.expires_on IS NULL OR '
    "accreditations.expires_on >= loans.to_date)) THEN RAISE EXCEPTION 'no accredited facilitator' USING "
    "ERRCODE = '23514'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER uses_accredited BEFORE INSERT ON uses FOR EACH ROW WHEN (NEW.resource_kind = 'box' AND "
    "NEW.purpose = 'loan') EXECUTE FUNCTION uses_refuse_unaccredited()",
)


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table('box_outages',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('box_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Enum('broken', 'missing_parts', 'lost', 'cleaning', 'update', 'other', name='outreason', native_enum=False, length=32), nullable=False),
    sa.Column('note', sa.String(length=300), server_default='', nullable=False),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('expected_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('ended_on IS NULL OR ended_on >= started_on', name=op.f('ck_box_outages_days')),
    sa.ForeignKeyConstraint(['box_id'], ['boxes.id'], name=op.f('fk_box_outages_box_id_boxes')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_box_outages_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_box_outages'))
    )
    op.create_index('ix_box_outages_box', 'box_outages', ['box_id', 'started_on'], unique=False)
    op.create_index('uq_box_outages_open', 'box_outages', ['box_id'], unique=True, sqlite_where=sa.text('ended_on IS NULL'), postgresql_where=sa.text('ended_on IS NULL'))
    op.execute(
        "INSERT INTO box_outages (organiser_id, box_id, reason, note, started_on, expected_on, created_at)"
        " SELECT organiser_id, id, out_reason, out_note, out_from, out_until, COALESCE(updated_at, created_at) FROM boxes"
        " WHERE condition = 'out_of_service'"
    )
    op.create_table('event_boxes_facilitators',
    sa.Column('event_boxes_id', sa.Integer(), nullable=False),
    sa.Column('facilitator_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['event_boxes_id'], ['event_boxes.id'], name=op.f('fk_event_boxes_facilitators_event_boxes_id_event_boxes'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['facilitator_id'], ['facilitators.id'], name=op.f('fk_event_boxes_facilitators_facilitator_id_facilitators')),
    sa.PrimaryKeyConstraint('event_boxes_id', 'facilitator_id', name=op.f('pk_event_boxes_facilitators'))
    )
    op.create_index('ix_event_boxes_facilitators_facilitator', 'event_boxes_facilitators', ['facilitator_id'], unique=False)
    op.create_table('lending_feeds',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('box', 'desk', name='feedkind', native_enum=False, length=32), nullable=False),
    sa.Column('box_id', sa.Integer(), nullable=True),
    sa.Column('token', sa.String(length=40), nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(kind = 'box') = (box_id IS NOT NULL)", name=op.f('ck_lending_feeds_of')),
    sa.ForeignKeyConstraint(['box_id'], ['boxes.id'], name=op.f('fk_lending_feeds_box_id_boxes')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_lending_feeds_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lending_feeds')),
    sa.UniqueConstraint('token', name=op.f('uq_lending_feeds_token'))
    )
    op.create_index('ix_lending_feeds_organiser', 'lending_feeds', ['organiser_id', 'kind', 'box_id'], unique=False)
    for table, columns in ADDED.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    moment = "TIMESTAMP WITH TIME ZONE" if postgresql else "DATETIME"
    op.execute(f"ALTER TABLE loans ADD COLUMN names_removed_at {moment}")
    op.create_index('uq_loan_boxes_away', 'loan_boxes', ['box_id'], unique=True, sqlite_where=sa.text(AWAY), postgresql_where=sa.text(AWAY))
    _put(POSTGRESQL if postgresql else SQLITE)
    # What somebody wrote of a broken box may name people: from now on the history tells codes alone.
    kept = "CAST(CAST(details AS jsonb) - 'note' AS json)" if postgresql else "json_remove(details, '$.note')"
    op.execute(f"UPDATE audit_entries SET details = {kept} WHERE verb = 'box.out_of_service'")


def downgrade() -> None:
    # What events use is given back: who runs it is named in a table that goes.
    op.execute("DELETE FROM uses WHERE purpose = 'event'")
    _put(POSTGRESQL_BEFORE if op.get_bind().dialect.name == "postgresql" else SQLITE_BEFORE)
    op.drop_index('uq_loan_boxes_away', table_name='loan_boxes')
    op.execute("ALTER TABLE loans DROP COLUMN names_removed_at")
    for table, columns in ADDED.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column.split()[0]}")
    op.drop_index('ix_lending_feeds_organiser', table_name='lending_feeds')
    op.drop_table('lending_feeds')
    op.drop_index('ix_event_boxes_facilitators_facilitator', table_name='event_boxes_facilitators')
    op.drop_table('event_boxes_facilitators')
    op.drop_index('uq_box_outages_open', table_name='box_outages')
    op.drop_index('ix_box_outages_box', table_name='box_outages')
    op.drop_table('box_outages')


def _put(triggers: tuple[str, ...]) -> None:
    """Put these triggers in the place of those that are there."""
    on = " ON uses" if op.get_bind().dialect.name == "postgresql" else ""
    for name in ("uses_accredited", "uses_accredited_update"):
        op.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
    for statement in triggers:
        op.execute(statement)
