"""the door: phones, walk-ins, counts to confirm, teams"""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

# The scan store holds rows already and refuses changes: its columns come and go in place, in words that
# both databases take.
ADDED = [
    "device_id INTEGER",
    "offset_ms INTEGER",
    "known_participants INTEGER",
    "known_companions INTEGER CONSTRAINT ck_scans_known CHECK ((known_participants IS NULL) = (known_companions IS NULL)"
    " AND known_participants >= 0 AND known_companions >= 0)",
    "counted_participants INTEGER",
    "counted_companions INTEGER CONSTRAINT ck_scans_counted CHECK"
    " ((counted_participants IS NULL) = (counted_companions IS NULL) AND counted_participants >= 0"
    " AND counted_companions >= 0)",
    "team INTEGER CONSTRAINT ck_scans_team CHECK (team > 0)",
    "override_reason VARCHAR(32)",
]


def upgrade() -> None:
    op.create_table('door_codes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=True),
    sa.Column('mode', sa.Enum('door', 'kiosk', name='devicemode', native_enum=False, length=32), nullable=False),
    sa.Column('checkpoint_ids', sa.JSON(), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('own', sa.Boolean(), nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_door_codes_event_id_events'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['made_by_id'], ['accounts.id'], name=op.f('fk_door_codes_made_by_id_accounts')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_door_codes_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_door_codes')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_door_codes_secret_hash'))
    )
    op.create_index('ix_door_codes_event', 'door_codes', ['event_id'], unique=False)
    op.create_table('door_conflicts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('twice', 'differs', name='conflictkind', native_enum=False, length=32), nullable=False),
    sa.Column('first_scan', sa.String(length=36), nullable=False),
    sa.Column('second_scan', sa.String(length=36), nullable=False),
    sa.Column('first_participants', sa.Integer(), nullable=False),
    sa.Column('first_companions', sa.Integer(), nullable=False),
    sa.Column('second_participants', sa.Integer(), nullable=False),
    sa.Column('second_companions', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('open', 'settled', name='conflictstatus', native_enum=False, length=32), nullable=False),
    sa.Column('settled_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('settled_by_id', sa.Integer(), nullable=True),
    sa.Column('settled_participants', sa.Integer(), nullable=True),
    sa.Column('settled_companions', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=300), server_default='', nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(status = 'settled') = (settled_at IS NOT NULL)", name=op.f('ck_door_conflicts_settled')),
    sa.CheckConstraint('first_participants >= 0 AND first_companions >= 0 AND second_participants >= 0 AND second_companions >= 0 AND settled_participants >= 0 AND settled_companions >= 0', name=op.f('ck_door_conflicts_counts')),
    sa.CheckConstraint('first_scan <> second_scan', name=op.f('ck_door_conflicts_scans')),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_door_conflicts_event_id_events')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_door_conflicts_organiser_id_organisers')),
    sa.ForeignKeyConstraint(['registration_id'], ['registrations.id'], name=op.f('fk_door_conflicts_registration_id_registrations')),
    sa.ForeignKeyConstraint(['settled_by_id'], ['accounts.id'], name=op.f('fk_door_conflicts_settled_by_id_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_door_conflicts'))
    )
    op.create_index('ix_door_conflicts_event', 'door_conflicts', ['event_id', 'status'], unique=False)
    op.create_index('ix_door_conflicts_registration', 'door_conflicts', ['registration_id'], unique=False)
    op.create_index('uq_door_conflicts_second', 'door_conflicts', ['organiser_id', 'second_scan'], unique=True)
    op.create_table('door_devices',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('code_id', sa.Integer(), nullable=True),
    sa.Column('uid', sa.String(length=36), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=True),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('mode', sa.Enum('door', 'kiosk', name='devicemode', native_enum=False, length=32), nullable=False),
    sa.Column('checkpoint_ids', sa.JSON(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('enrolled_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_contact_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('unsent', sa.Integer(), nullable=False),
    sa.Column('unsent_since', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('offset_ms', sa.Integer(), nullable=True),
    sa.Column('revoked_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('revoked_by', sa.String(length=200), server_default='', nullable=False),
    sa.Column('signed_out_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('lost_people', sa.Integer(), nullable=False),
    sa.CheckConstraint('lost_people >= 0', name=op.f('ck_door_devices_lost_people')),
    sa.CheckConstraint("revoked_by = '' OR revoked_at IS NOT NULL", name=op.f('ck_door_devices_revoked')),
    sa.CheckConstraint('unsent >= 0', name=op.f('ck_door_devices_unsent')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_door_devices_account_id_accounts')),
    sa.ForeignKeyConstraint(['code_id'], ['door_codes.id'], name=op.f('fk_door_devices_code_id_door_codes'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_door_devices_event_id_events'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_door_devices_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_door_devices')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_door_devices_token_hash')),
    sa.UniqueConstraint('uid', name=op.f('uq_door_devices_uid'))
    )
    op.create_index('ix_door_devices_event', 'door_devices', ['event_id'], unique=False)
    op.create_table('team_presences',
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('team', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('participants', sa.Integer(), nullable=False),
    sa.Column('companions', sa.Integer(), nullable=False),
    sa.Column('space_id', sa.Integer(), nullable=True),
    sa.Column('last_scan_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('participants >= 0 AND companions >= 0', name=op.f('ck_team_presences_headcount')),
    sa.CheckConstraint('team > 0', name=op.f('ck_team_presences_team')),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_team_presences_event_id_events')),
    sa.ForeignKeyConstraint(['registration_id'], ['registrations.id'], name=op.f('fk_team_presences_registration_id_registrations')),
    sa.ForeignKeyConstraint(['space_id'], ['spaces.id'], name=op.f('fk_team_presences_space_id_spaces')),
    sa.PrimaryKeyConstraint('registration_id', 'team', name=op.f('pk_team_presences'))
    )
    op.create_index('ix_team_presences_space', 'team_presences', ['event_id', 'space_id'], unique=False)
    op.create_table('door_walk_ins',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('walk_in_id', sa.String(length=36), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=True),
    sa.Column('result', sa.Enum('taken', 'over', 'full', 'invalid', name='walkinresult', native_enum=False, length=32), nullable=False),
    sa.Column('over', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Enum('told', 'ticket_wrong', 'with_group', 'safety', 'other', name='overridereason', native_enum=False, length=32), nullable=True),
    sa.Column('note', sa.String(length=300), server_default='', nullable=False),
    sa.Column('made_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('received_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('provisional', sa.Boolean(), nullable=False),
    sa.CheckConstraint("provisional OR result = 'taken' OR reason IS NOT NULL", name=op.f('ck_door_walk_ins_reason')),
    sa.CheckConstraint("result IN ('taken', 'over')", name=op.f('ck_door_walk_ins_result')),
    sa.ForeignKeyConstraint(['device_id'], ['door_devices.id'], name=op.f('fk_door_walk_ins_device_id_door_devices')),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_door_walk_ins_event_id_events')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_door_walk_ins_organiser_id_organisers')),
    sa.ForeignKeyConstraint(['registration_id'], ['registrations.id'], name=op.f('fk_door_walk_ins_registration_id_registrations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_door_walk_ins'))
    )
    op.create_index('ix_door_walk_ins_event', 'door_walk_ins', ['event_id', 'made_at'], unique=False)
    op.create_index('ix_door_walk_ins_registration', 'door_walk_ins', ['registration_id'], unique=False)
    op.create_index('uq_door_walk_ins_uuid', 'door_walk_ins', ['organiser_id', 'walk_in_id'], unique=True)
    op.create_index(
        'ix_registrations_standing', 'registrations', ['event_id', 'status', 'participants', 'companions'], unique=False,
        sqlite_where=sa.text('deleted_at IS NULL'), postgresql_where=sa.text('deleted_at IS NULL'),
    )
    op.create_index(
        'ix_scans_over', 'scans', ['event_id', 'scanned_at'], unique=False,
        sqlite_where=sa.text('"over" IS 1'), postgresql_where=sa.text('"over" IS true'),
    )
    for column in ADDED:
        op.execute(f"ALTER TABLE scans ADD COLUMN {column}")
    false = "false" if op.get_bind().dialect.name == "postgresql" else "0"
    op.execute(f"ALTER TABLE registrations ADD COLUMN beyond BOOLEAN DEFAULT {false} NOT NULL")


def downgrade() -> None:
    op.drop_index(
        'ix_scans_over', table_name='scans',
        sqlite_where=sa.text('"over" IS 1'), postgresql_where=sa.text('"over" IS true'),
    )
    op.drop_index(
        'ix_registrations_standing', table_name='registrations',
        sqlite_where=sa.text('deleted_at IS NULL'), postgresql_where=sa.text('deleted_at IS NULL'),
    )
    op.execute("UPDATE registrations SET source = 'staff' WHERE source = 'door'")
    op.execute("ALTER TABLE registrations DROP COLUMN beyond")
    for column in reversed(ADDED):
        op.execute(f"ALTER TABLE scans DROP COLUMN {column.split()[0]}")
    op.drop_index('uq_door_walk_ins_uuid', table_name='door_walk_ins')
    op.drop_index('ix_door_walk_ins_registration', table_name='door_walk_ins')
    op.drop_index('ix_door_walk_ins_event', table_name='door_walk_ins')
    op.drop_table('door_walk_ins')
    op.drop_index('ix_team_presences_space', table_name='team_presences')
    op.drop_table('team_presences')
    op.drop_index('ix_door_devices_event', table_name='door_devices')
    op.drop_table('door_devices')
    op.drop_index('uq_door_conflicts_second', table_name='door_conflicts')
    op.drop_index('ix_door_conflicts_registration', table_name='door_conflicts')
    op.drop_index('ix_door_conflicts_event', table_name='door_conflicts')
    op.drop_table('door_conflicts')
    op.drop_index('ix_door_codes_event', table_name='door_codes')
    op.drop_table('door_codes')
