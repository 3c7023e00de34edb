"""flows: waiting lists, routes, plans, delays, new dates"""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

def _same(definition: str) -> tuple[str, str]:
    return definition, definition


def _time(name: str, rest: str = "") -> tuple[str, str]:
    return f"{name} TIMESTAMP WITH TIME ZONE{rest}", f"{name} DATETIME{rest}"


def _flag(name: str) -> tuple[str, str]:
    return f"{name} BOOLEAN DEFAULT false NOT NULL", f"{name} BOOLEAN DEFAULT 0 NOT NULL"


# Columns of tables that hold rows already, for PostgreSQL and for SQLite: added and dropped in place, as in 0002.
ADDED = [
    ("events", _same("waiting_policy VARCHAR(32) DEFAULT 'hold' NOT NULL")),
    ("events", _same("offer_hours INTEGER DEFAULT '24' NOT NULL")),
    ("events", _same("apart JSON DEFAULT '[]' NOT NULL")),
    ("events", _same("transfer_minutes INTEGER DEFAULT '0' NOT NULL")),
    ("events", _same("absent_minutes INTEGER")),
    ("events", _flag("date_to_come")),
    ("events", _time("postponed_at")),
    (
        "registrations",
        _time(
            "offer_expires_at",
            " CONSTRAINT ck_registrations_offer_expires CHECK (status <> 'offered' OR offer_expires_at IS NOT NULL)",
        ),
    ),
    (
        "registrations",
        _time(
            "absent_at",
            " CONSTRAINT ck_registrations_absent CHECK (absent_at IS NULL OR status IN ('confirmed', 'cancelled'))",
        ),
    ),
    ("registrations", _time("asked_at")),
    ("registrations", _time("stays_at")),
    ("registrations", _same("declined_stops JSON DEFAULT '[]' NOT NULL")),
    ("spaces", _same("stands INTEGER")),
    ("spaces", _same("late_minutes INTEGER DEFAULT '0' NOT NULL")),
    ("spaces", _same("stand_token VARCHAR(32)")),
    ("stops", _flag("any_order")),
    ("stops", _same("audiences JSON DEFAULT '[]' NOT NULL")),
    ("stops", _same("largest_team INTEGER")),
    ("stops", _same("box VARCHAR(120) DEFAULT '' NOT NULL")),
    ("waves", _same("waiting INTEGER DEFAULT '0' NOT NULL CONSTRAINT ck_waves_waiting CHECK (waiting >= 0)")),
    ("waves", _same("forecast INTEGER")),
    ("waves", _same("late_minutes INTEGER DEFAULT '0' NOT NULL")),
]


def upgrade() -> None:
    op.create_table('flow_plans',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('making', 'draft', 'in_force', 'replaced', 'dropped', name='planstate', native_enum=False, length=32), nullable=False),
    sa.Column('origin', sa.Enum('planned', 'hand', 'delay', 'dates', name='planorigin', native_enum=False, length=32), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('instance', sa.JSON(), nullable=False),
    sa.Column('summary', sa.JSON(), nullable=False),
    sa.Column('based_on_id', sa.Integer(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=True),
    sa.Column('made_by', sa.String(length=200), nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('published_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('replaced_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_flow_plans_event_id_events'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_flow_plans_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_flow_plans')),
    sa.UniqueConstraint('event_id', 'number', name=op.f('uq_flow_plans_event_id_number'))
    )
    op.create_index('uq_flow_plans_in_force', 'flow_plans', ['event_id'], unique=True, sqlite_where=sa.text("state = 'in_force'"), postgresql_where=sa.text("state = 'in_force'"))
    op.create_table('flow_delays',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('wave', 'space', name='delaykind', native_enum=False, length=32), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=True),
    sa.Column('space_id', sa.Integer(), nullable=True),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=True),
    sa.Column('at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('said_by', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_flow_delays_event_id_events'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['space_id'], ['spaces.id'], name=op.f('fk_flow_delays_space_id_spaces'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['wave_id'], ['waves.id'], name=op.f('fk_flow_delays_wave_id_waves'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_flow_delays'))
    )
    op.create_index('ix_flow_delays_event', 'flow_delays', ['event_id', 'at'], unique=False)
    op.create_table('flow_slots',
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('space_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.CheckConstraint('people >= 0 AND people <= capacity', name=op.f('ck_flow_slots_places')),
    sa.ForeignKeyConstraint(['plan_id'], ['flow_plans.id'], name=op.f('fk_flow_slots_plan_id_flow_plans'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['space_id'], ['spaces.id'], name=op.f('fk_flow_slots_space_id_spaces'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('plan_id', 'space_id', 'starts_at', name=op.f('pk_flow_slots'))
    )
    op.create_table('transfers',
    sa.Column('low_space_id', sa.Integer(), nullable=False),
    sa.Column('high_space_id', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.CheckConstraint('low_space_id < high_space_id', name=op.f('ck_transfers_order')),
    sa.CheckConstraint('minutes >= 0', name=op.f('ck_transfers_minutes')),
    sa.ForeignKeyConstraint(['high_space_id'], ['spaces.id'], name=op.f('fk_transfers_high_space_id_spaces'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['low_space_id'], ['spaces.id'], name=op.f('fk_transfers_low_space_id_spaces'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('low_space_id', 'high_space_id', name=op.f('pk_transfers'))
    )
    op.create_table('flow_passages',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=False),
    sa.Column('team', sa.Integer(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('stop_id', sa.Integer(), nullable=False),
    sa.Column('space_id', sa.Integer(), nullable=False),
    sa.Column('stand', sa.Integer(), nullable=True),
    sa.Column('starts_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('pinned', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_flow_passages_dates')),
    sa.CheckConstraint('people > 0 AND team > 0', name=op.f('ck_flow_passages_team')),
    sa.ForeignKeyConstraint(['plan_id'], ['flow_plans.id'], name=op.f('fk_flow_passages_plan_id_flow_plans'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['registration_id'], ['registrations.id'], name=op.f('fk_flow_passages_registration_id_registrations'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['space_id'], ['spaces.id'], name=op.f('fk_flow_passages_space_id_spaces'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['stop_id'], ['stops.id'], name=op.f('fk_flow_passages_stop_id_stops'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['wave_id'], ['waves.id'], name=op.f('fk_flow_passages_wave_id_waves'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_flow_passages')),
    sa.UniqueConstraint('plan_id', 'registration_id', 'wave_id', 'team', 'stop_id', name=op.f('uq_flow_passages_plan_id_registration_id_wave_id_team_stop_id'))
    )
    op.create_index('ix_flow_passages_registration', 'flow_passages', ['registration_id'], unique=False)
    op.create_index('ix_flow_passages_space', 'flow_passages', ['plan_id', 'space_id', 'starts_at'], unique=False)
    for table, column in ADDED:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column[op.get_bind().dialect.name == 'sqlite']}")
    for name, column, status in (('offers', ['offer_expires_at'], 'offered'), ('waiting', ['event_id', 'id'], 'waitlisted')):
        where = sa.text(f"status = '{status}'")
        op.create_index(f'ix_registrations_{name}', 'registrations', column, sqlite_where=where, postgresql_where=where)
    op.create_index('uq_spaces_stand_token', 'spaces', ['stand_token'], unique=True)
    op.execute(
        "UPDATE waves SET waiting = (SELECT count(*) FROM registration_waves rw JOIN registrations r ON r.id = rw.registration_id"
        " WHERE rw.wave_id = waves.id AND r.status = 'waitlisted')"
    )


def downgrade() -> None:
    # who did not come gave the places back: without that mark nothing may count them as people with a place
    op.execute(
        "UPDATE registrations SET status = 'cancelled', cancelled_at = absent_at, cancel_code = 'other'"
        " WHERE absent_at IS NOT NULL AND status = 'confirmed'"
    )
    op.drop_index('uq_spaces_stand_token', table_name='spaces')
    for name in ('waiting', 'offers'):
        op.drop_index(f'ix_registrations_{name}', table_name='registrations')
    for table, column in reversed(ADDED):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column[0].split()[0]}")
    op.drop_index('ix_flow_passages_space', table_name='flow_passages')
    op.drop_index('ix_flow_passages_registration', table_name='flow_passages')
    op.drop_table('flow_passages')
    op.drop_table('transfers')
    op.drop_table('flow_slots')
    op.drop_index('ix_flow_delays_event', table_name='flow_delays')
    op.drop_table('flow_delays')
    op.drop_index('uq_flow_plans_in_force', table_name='flow_plans', sqlite_where=sa.text("state = 'in_force'"), postgresql_where=sa.text("state = 'in_force'"))
    op.drop_table('flow_plans')
