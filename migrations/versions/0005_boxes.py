"""boxes, their loans, one ledger of uses"""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

# What keeps uses apart, loans accredited and agreements unchanged, in the database itself.
SQLITE = (
    "CREATE TRIGGER uses_no_overlap_insert BEFORE INSERT ON uses BEGIN SELECT RAISE(ABORT, 'uses overlap') WHERE "
    'EXISTS (SELECT 1 FROM uses WHERE uses.resource_kind = NEW.resource_kind AND uses.resource_id = '
    'NEW.resource_id AND uses.id IS NOT NEW.id AND uses.starts_at < NEW.ends_at AND uses.ends_at > '
    'NEW.starts_at); END',
    "CREATE TRIGGER uses_no_overlap_update BEFORE UPDATE ON uses BEGIN SELECT RAISE(ABORT, 'uses overlap') WHERE "
    'EXISTS (SELECT 1 FROM uses WHERE uses.resource_kind = NEW.resource_kind AND uses.resource_id = '
    'NEW.resource_id AND uses.id IS NOT NEW.id AND uses.starts_at < NEW.ends_at AND uses.ends_at > '
    'NEW.starts_at); END',
    "CREATE TRIGGER uses_accredited BEFORE INSERT ON uses WHEN NEW.resource_kind = 'box' AND NEW.purpose = 'loan' "
    "BEGIN SELECT RAISE(ABORT, 'no accredited facilitator') WHERE EXISTS (SELECT 1 FROM loans JOIN scenarios ON "
    'scenarios.id = loans.scenario_id WHERE loans.id = NEW.purpose_id AND scenarios.asks_accreditation) AND NOT '
    'EXISTS (SELECT 1 FROM loans JOIN loan_facilitators ON loan_facilitators.loan_id = loans.id JOIN '
    'accreditations ON accreditations.facilitator_id = loan_facilitators.facilitator_id AND '
    'accreditations.scenario_id = loans.scenario_id WHERE loans.id = NEW.purpose_id AND '
    'accreditations.withdrawn_at IS NULL AND accreditations.granted_on <= loans.from_date AND '
    '(accreditations.expires_on IS NULL OR accreditations.expires_on >= loans.to_date)); END',
    'CREATE TRIGGER loan_agreements_no_update BEFORE UPDATE ON loan_agreements WHEN OLD.accepted_at IS NOT NULL '
    'OR NEW.content IS NOT OLD.content OR NEW.sha256 <> OLD.sha256 OR NEW.loan_id <> OLD.loan_id OR NEW.number <> '
    "OLD.number OR NEW.made_at <> OLD.made_at BEGIN SELECT RAISE(ABORT, 'agreements are kept as they were made'); "
    'END',
    'CREATE TRIGGER loan_agreements_no_delete BEFORE DELETE ON loan_agreements BEGIN SELECT RAISE(ABORT, '
    "'agreements are kept as they were made'); END",
)
POSTGRESQL = (
    'ALTER TABLE uses ADD CONSTRAINT uses_no_overlap EXCLUDE USING gist (resource_kind WITH =, resource_id WITH '
    '=, tstzrange(starts_at, ends_at) WITH &&)',
    'CREATE FUNCTION uses_refuse_unaccredited() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 '
    'FROM loans JOIN scenarios ON scenarios.id = loans.scenario_id WHERE loans.id = NEW.purpose_id AND '
    'scenarios.asks_accreditation) AND NOT EXISTS (SELECT 1 FROM loans JOIN loan_facilitators ON '
    'loan_facilitators.loan_id = loans.id JOIN accreditations ON accreditations.facilitator_id = '
    'loan_facilitators.facilitator_id AND accreditations.scenario_id = loans.scenario_id WHERE loans.id = '
    'NEW.purpose_id AND accreditations.withdrawn_at IS NULL AND accreditations.granted_on <= loans.from_date AND '
    "(accreditations.expires_on IS NULL OR accreditations.expires_on >= loans.to_date)) THEN RAISE EXCEPTION 'no "
    "accredited facilitator' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER uses_accredited BEFORE INSERT ON uses FOR EACH ROW WHEN (NEW.resource_kind = 'box' AND "
    "NEW.purpose = 'loan') EXECUTE FUNCTION uses_refuse_unaccredited()",
    'CREATE FUNCTION loan_agreements_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '
    "'agreements are kept as they were made' USING ERRCODE = '23001'; END $$",
    'CREATE TRIGGER loan_agreements_no_update BEFORE UPDATE ON loan_agreements FOR EACH ROW WHEN (OLD.accepted_at '
    'IS NOT NULL OR NEW.content IS DISTINCT FROM OLD.content OR NEW.sha256 <> OLD.sha256 OR NEW.loan_id <> '
    'OLD.loan_id OR NEW.number <> OLD.number OR NEW.made_at <> OLD.made_at) EXECUTE FUNCTION '
    'loan_agreements_refuse()',
    'CREATE TRIGGER loan_agreements_no_delete BEFORE DELETE ON loan_agreements FOR EACH ROW EXECUTE FUNCTION '
    'loan_agreements_refuse()',
)


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    false = "false" if postgresql else "0"
    if postgresql:
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table('closures',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('label', sa.String(length=120), nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('starts_on <= ends_on', name=op.f('ck_closures_days')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_closures_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_closures'))
    )
    op.create_index('ix_closures_organiser', 'closures', ['organiser_id', 'starts_on'], unique=False)
    op.create_table('lending_settings',
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('weekdays', sa.String(length=7), server_default='01234', nullable=False),
    sa.Column('zone', sa.Enum('A', 'B', 'C', name='schoolzone', native_enum=False, length=32), server_default='A', nullable=False),
    sa.Column('lender', sa.Text(), server_default='', nullable=False),
    sa.Column('terms', sa.Text(), server_default='', nullable=False),
    sa.Column('hours_fr', sa.String(length=200), server_default='', nullable=False),
    sa.Column('hours_en', sa.String(length=200), server_default='', nullable=False),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("weekdays <> ''", name=op.f('ck_lending_settings_weekdays')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_lending_settings_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('organiser_id', name=op.f('pk_lending_settings'))
    )
    op.create_table('scenarios',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.Enum('game', 'other', name='lentkind', native_enum=False, length=32), nullable=False),
    sa.Column('title_fr', sa.String(length=160), nullable=False),
    sa.Column('title_en', sa.String(length=160), nullable=False),
    sa.Column('universe_fr', sa.String(length=160), nullable=False),
    sa.Column('universe_en', sa.String(length=160), nullable=False),
    sa.Column('public_fr', sa.String(length=200), nullable=False),
    sa.Column('public_en', sa.String(length=200), nullable=False),
    sa.Column('skills_fr', sa.Text(), nullable=False),
    sa.Column('skills_en', sa.Text(), nullable=False),
    sa.Column('summary_fr', sa.Text(), nullable=False),
    sa.Column('summary_en', sa.Text(), nullable=False),
    sa.Column('players_min', sa.Integer(), nullable=True),
    sa.Column('players_max', sa.Integer(), nullable=True),
    sa.Column('minutes', sa.Integer(), nullable=True),
    sa.Column('asks_accreditation', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column('accreditation_months', sa.Integer(), nullable=True),
    sa.Column('before_halves', sa.Integer(), server_default='1', nullable=False),
    sa.Column('after_halves', sa.Integer(), server_default='1', nullable=False),
    sa.Column('longest_halves', sa.Integer(), nullable=True),
    sa.Column('value_cents', sa.Integer(), nullable=True),
    sa.Column('listed', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('archived_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('accreditation_months > 0', name=op.f('ck_scenarios_months')),
    sa.CheckConstraint('before_halves BETWEEN 0 AND 40 AND after_halves BETWEEN 0 AND 40', name=op.f('ck_scenarios_buffers')),
    sa.CheckConstraint('longest_halves > 0', name=op.f('ck_scenarios_longest')),
    sa.CheckConstraint('minutes > 0', name=op.f('ck_scenarios_minutes')),
    sa.CheckConstraint('players_min > 0 AND players_min <= players_max', name=op.f('ck_scenarios_players')),
    sa.CheckConstraint('value_cents >= 0', name=op.f('ck_scenarios_value')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_scenarios_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scenarios')),
    sa.UniqueConstraint('organiser_id', 'code', name=op.f('uq_scenarios_organiser_id_code')),
    sa.UniqueConstraint('slug', name=op.f('uq_scenarios_slug'))
    )
    op.create_table('uses',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('resource_kind', sa.Enum('box', 'facilitator', 'room', name='resourcekind', native_enum=False, length=32), nullable=False),
    sa.Column('resource_id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.Enum('loan', 'event', 'session', name='purpose', native_enum=False, length=32), nullable=False),
    sa.Column('purpose_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('from_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('to_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('starts_at <= from_at AND from_at < to_at AND to_at <= ends_at', name=op.f('ck_uses_period')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_uses_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uses'))
    )
    op.create_index('ix_uses_organiser', 'uses', ['organiser_id', 'ends_at'], unique=False)
    op.create_index('ix_uses_purpose', 'uses', ['purpose', 'purpose_id'], unique=False)
    op.create_index('ix_uses_resource', 'uses', ['resource_kind', 'resource_id', 'starts_at'], unique=False)
    op.create_table('boxes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('scenario_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('label', sa.String(length=32), nullable=False),
    sa.Column('depot', sa.String(length=120), nullable=False),
    sa.Column('wear', sa.Enum('good', 'worn', name='wear', native_enum=False, length=32), nullable=False),
    sa.Column('condition', sa.Enum('ready', 'incomplete', 'out_of_service', name='boxcondition', native_enum=False, length=32), nullable=False),
    sa.Column('out_reason', sa.Enum('broken', 'missing_parts', 'lost', 'cleaning', 'update', 'other', name='outreason', native_enum=False, length=32), nullable=True),
    sa.Column('out_note', sa.String(length=300), server_default='', nullable=False),
    sa.Column('out_from', sa.Date(), nullable=True),
    sa.Column('out_until', sa.Date(), nullable=True),
    sa.Column('notes', sa.Text(), server_default='', nullable=False),
    sa.Column('value_cents', sa.Integer(), nullable=True),
    sa.Column('uses_count', sa.Integer(), server_default='0', nullable=False),
    sa.Column('last_used_on', sa.Date(), nullable=True),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('archived_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(condition = 'out_of_service') = (out_from IS NOT NULL)", name=op.f('ck_boxes_since')),
    sa.CheckConstraint("(condition = 'out_of_service') = (out_reason IS NOT NULL)", name=op.f('ck_boxes_reason')),
    sa.CheckConstraint('out_until IS NULL OR out_until >= out_from', name=op.f('ck_boxes_until')),
    sa.CheckConstraint('value_cents >= 0 AND uses_count >= 0', name=op.f('ck_boxes_figures')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_boxes_organiser_id_organisers')),
    sa.ForeignKeyConstraint(['scenario_id'], ['scenarios.id'], name=op.f('fk_boxes_scenario_id_scenarios')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_boxes')),
    sa.UniqueConstraint('label', name=op.f('uq_boxes_label')),
    sa.UniqueConstraint('organiser_id', 'code', name=op.f('uq_boxes_organiser_id_code'))
    )
    op.create_index('ix_boxes_scenario', 'boxes', ['scenario_id'], unique=False)
    op.create_table('facilitators',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('structure_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('name_key', sa.String(length=160), nullable=False),
    sa.Column('email', sa.String(length=254), server_default='', nullable=False),
    sa.Column('mail_key', sa.String(length=254), server_default='', nullable=False),
    sa.Column('phone', sa.String(length=20), server_default='', nullable=False),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_facilitators_organiser_id_organisers')),
    sa.ForeignKeyConstraint(['structure_id'], ['structures.id'], name=op.f('fk_facilitators_structure_id_structures')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_facilitators'))
    )
    op.create_index('ix_facilitators_mail', 'facilitators', ['organiser_id', 'mail_key'], unique=False)
    op.create_index('ix_facilitators_organiser', 'facilitators', ['organiser_id', 'name_key'], unique=False)
    op.create_index('ix_facilitators_structure', 'facilitators', ['structure_id'], unique=False)
    op.create_table('scenario_items',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('scenario_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name_fr', sa.String(length=120), nullable=False),
    sa.Column('name_en', sa.String(length=120), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('consumable', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('restock_below', sa.Integer(), nullable=True),
    sa.Column('value_cents', sa.Integer(), nullable=True),
    sa.Column('archived_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_scenario_items_quantity')),
    sa.CheckConstraint('restock_below >= 0', name=op.f('ck_scenario_items_restock')),
    sa.CheckConstraint('value_cents >= 0', name=op.f('ck_scenario_items_value')),
    sa.ForeignKeyConstraint(['scenario_id'], ['scenarios.id'], name=op.f('fk_scenario_items_scenario_id_scenarios'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scenario_items'))
    )
    op.create_index('ix_scenario_items_scenario', 'scenario_items', ['scenario_id', 'position'], unique=False)
    op.create_table('accreditations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('facilitator_id', sa.Integer(), nullable=False),
    sa.Column('scenario_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.Enum('training', 'by_hand', name='accreditationsource', native_enum=False, length=32), nullable=False),
    sa.Column('granted_on', sa.Date(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('event_id', sa.Integer(), nullable=True),
    sa.Column('registration_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=200), server_default='', nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_note', sa.String(length=200), server_default='', nullable=False),
    sa.CheckConstraint("(source = 'training') = (event_id IS NOT NULL)", name=op.f('ck_accreditations_source')),
    sa.CheckConstraint('expires_on IS NULL OR expires_on >= granted_on', name=op.f('ck_accreditations_days')),
    sa.ForeignKeyConstraint(['facilitator_id'], ['facilitators.id'], name=op.f('fk_accreditations_facilitator_id_facilitators')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_accreditations_organiser_id_organisers')),
    sa.ForeignKeyConstraint(['scenario_id'], ['scenarios.id'], name=op.f('fk_accreditations_scenario_id_scenarios')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accreditations'))
    )
    op.create_index('ix_accreditations_facilitator', 'accreditations', ['facilitator_id'], unique=False)
    op.create_index('ix_accreditations_scenario', 'accreditations', ['scenario_id', 'facilitator_id'], unique=False)
    op.create_index('uq_accreditations_training', 'accreditations', ['facilitator_id', 'scenario_id', 'event_id'], unique=True)
    op.create_table('box_files',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('token', sa.String(length=32), nullable=False),
    sa.Column('use', sa.Enum('guide', 'photo', 'damage', name='fileuse', native_enum=False, length=32), nullable=False),
    sa.Column('scenario_id', sa.Integer(), nullable=True),
    sa.Column('box_id', sa.Integer(), nullable=True),
    sa.Column('loan_box_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('media_type', sa.String(length=80), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('note', sa.String(length=200), server_default='', nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(scenario_id IS NULL) <> (box_id IS NULL)', name=op.f('ck_box_files_of')),
    sa.ForeignKeyConstraint(['box_id'], ['boxes.id'], name=op.f('fk_box_files_box_id_boxes'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_box_files_organiser_id_organisers')),
    sa.ForeignKeyConstraint(['scenario_id'], ['scenarios.id'], name=op.f('fk_box_files_scenario_id_scenarios'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_box_files')),
    sa.UniqueConstraint('token', name=op.f('uq_box_files_token'))
    )
    op.create_index('ix_box_files_box', 'box_files', ['box_id'], unique=False)
    op.create_index('ix_box_files_scenario', 'box_files', ['scenario_id'], unique=False)
    op.create_table('box_items',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('box_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=120), server_default='', nullable=False),
    sa.Column('consumable', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('expected', sa.Integer(), nullable=True),
    sa.Column('present', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=200), server_default='', nullable=False),
    sa.CheckConstraint("(item_id IS NULL) = (name <> '')", name=op.f('ck_box_items_name')),
    sa.CheckConstraint('expected >= 0 AND present >= 0', name=op.f('ck_box_items_counts')),
    sa.CheckConstraint('item_id IS NOT NULL OR expected IS NOT NULL', name=op.f('ck_box_items_expected')),
    sa.ForeignKeyConstraint(['box_id'], ['boxes.id'], name=op.f('fk_box_items_box_id_boxes'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['item_id'], ['scenario_items.id'], name=op.f('fk_box_items_item_id_scenario_items'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_box_items')),
    sa.UniqueConstraint('box_id', 'item_id', name=op.f('uq_box_items_box_id_item_id'))
    )
    op.create_table('event_boxes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('stop_id', sa.Integer(), nullable=True),
    sa.Column('scenario_id', sa.Integer(), nullable=False),
    sa.Column('boxes', sa.Integer(), nullable=False),
    sa.Column('from_date', sa.Date(), nullable=False),
    sa.Column('from_half', sa.Enum('am', 'pm', name='half', native_enum=False, length=32), nullable=False),
    sa.Column('to_date', sa.Date(), nullable=False),
    sa.Column('to_half', sa.Enum('am', 'pm', name='half', native_enum=False, length=32), nullable=False),
    sa.Column('created_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("NOT (from_date > to_date OR (from_date = to_date AND from_half = 'pm' AND to_half = 'am'))", name=op.f('ck_event_boxes_period')),
    sa.CheckConstraint('boxes > 0', name=op.f('ck_event_boxes_boxes')),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_event_boxes_event_id_events')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_event_boxes_organiser_id_organisers')),
    sa.ForeignKeyConstraint(['scenario_id'], ['scenarios.id'], name=op.f('fk_event_boxes_scenario_id_scenarios')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event_boxes'))
    )
    op.create_index('ix_event_boxes_event', 'event_boxes', ['event_id'], unique=False)
    op.create_index('ix_event_boxes_scenario', 'event_boxes', ['scenario_id'], unique=False)
    op.create_table('loans',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=16), nullable=False),
    sa.Column('scenario_id', sa.Integer(), nullable=False),
    sa.Column('boxes', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('asked', 'approved', 'agreed', 'handed_over', 'returned', 'checked', 'closed', 'refused', 'cancelled', 'not_collected', name='loanstate', native_enum=False, length=32), nullable=False),
    sa.Column('from_date', sa.Date(), nullable=False),
    sa.Column('from_half', sa.Enum('am', 'pm', name='half', native_enum=False, length=32), nullable=False),
    sa.Column('to_date', sa.Date(), nullable=False),
    sa.Column('to_half', sa.Enum('am', 'pm', name='half', native_enum=False, length=32), nullable=False),
    sa.Column('structure_id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('contact_name', sa.String(length=120), server_default='', nullable=False),
    sa.Column('email', sa.String(length=254), server_default='', nullable=False),
    sa.Column('phone', sa.String(length=20), server_default='', nullable=False),
    sa.Column('locale', sa.String(length=5), server_default='fr', nullable=False),
    sa.Column('purpose', sa.Enum('class', 'job_seekers', 'staff', 'public_event', 'other', name='loanpurpose', native_enum=False, length=32), nullable=False),
    sa.Column('purpose_note', sa.String(length=300), server_default='', nullable=False),
    sa.Column('players', sa.Integer(), nullable=True),
    sa.Column('place', sa.String(length=160), server_default='', nullable=False),
    sa.Column('notes', sa.Text(), server_default='', nullable=False),
    sa.Column('refusal', sa.Enum('no_box', 'no_facilitator', 'too_soon', 'too_long', 'outside_area', 'late_before', 'other', name='loanrefusal', native_enum=False, length=32), nullable=True),
    sa.Column('cancel_reason', sa.Enum('borrower_changed', 'borrower_absent', 'box_broken', 'box_late', 'lender_closed', 'other', name='loancancel', native_enum=False, length=32), nullable=True),
    sa.Column('reason_note', sa.String(length=300), server_default='', nullable=False),
    sa.Column('waits_for_event_id', sa.Integer(), nullable=True),
    sa.Column('link_hash', sa.String(length=64), nullable=True),
    sa.Column('promised_on', sa.Date(), nullable=True),
    sa.Column('outdated_agreements', sa.Integer(), server_default='0', nullable=False),
    sa.Column('asked_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('approved_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('agreed_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('handed_over_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('returned_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('checked_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('revision', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name=op.f('ck_loans_cancel')),
    sa.CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name=op.f('ck_loans_refusal')),
    sa.CheckConstraint("NOT (from_date > to_date OR (from_date = to_date AND from_half = 'pm' AND to_half = 'am'))", name=op.f('ck_loans_period')),
    sa.CheckConstraint('boxes > 0', name=op.f('ck_loans_boxes')),
    sa.CheckConstraint('players > 0', name=op.f('ck_loans_players')),
    sa.ForeignKeyConstraint(['contact_id'], ['structure_contacts.id'], name=op.f('fk_loans_contact_id_structure_contacts')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_loans_organiser_id_organisers')),
    sa.ForeignKeyConstraint(['scenario_id'], ['scenarios.id'], name=op.f('fk_loans_scenario_id_scenarios')),
    sa.ForeignKeyConstraint(['structure_id'], ['structures.id'], name=op.f('fk_loans_structure_id_structures')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_loans')),
    sa.UniqueConstraint('link_hash', name=op.f('uq_loans_link_hash')),
    sa.UniqueConstraint('organiser_id', 'reference', name=op.f('uq_loans_organiser_id_reference'))
    )
    op.create_index('ix_loans_scenario', 'loans', ['scenario_id', 'state', 'to_date'], unique=False)
    op.create_index('ix_loans_state', 'loans', ['organiser_id', 'state', 'from_date'], unique=False)
    op.create_index('ix_loans_structure', 'loans', ['structure_id'], unique=False)
    op.create_table('training_scenarios',
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('scenario_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_training_scenarios_event_id_events'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['scenario_id'], ['scenarios.id'], name=op.f('fk_training_scenarios_scenario_id_scenarios')),
    sa.PrimaryKeyConstraint('event_id', 'scenario_id', name=op.f('pk_training_scenarios'))
    )
    op.create_table('loan_agreements',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('loan_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('made_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('accepted_name', sa.String(length=120), server_default='', nullable=False),
    sa.Column('accepted_how', sa.Enum('link', 'paper', name='acceptedhow', native_enum=False, length=32), nullable=True),
    sa.CheckConstraint("accepted_at IS NULL OR accepted_name <> ''", name=op.f('ck_loan_agreements_named')),
    sa.CheckConstraint('(accepted_at IS NULL) = (accepted_how IS NULL)', name=op.f('ck_loan_agreements_accepted')),
    sa.ForeignKeyConstraint(['loan_id'], ['loans.id'], name=op.f('fk_loan_agreements_loan_id_loans')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_loan_agreements')),
    sa.UniqueConstraint('loan_id', 'number', name=op.f('uq_loan_agreements_loan_id_number'))
    )
    op.create_table('loan_boxes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('loan_id', sa.Integer(), nullable=False),
    sa.Column('box_id', sa.Integer(), nullable=False),
    sa.Column('assigned_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('released_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('handed_over_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('handed_over_by', sa.String(length=120), server_default='', nullable=False),
    sa.Column('handed_over_to', sa.String(length=120), server_default='', nullable=False),
    sa.Column('returned_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('returned_by', sa.String(length=120), server_default='', nullable=False),
    sa.Column('returned_to', sa.String(length=120), server_default='', nullable=False),
    sa.Column('checked_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('checked_by', sa.String(length=120), server_default='', nullable=False),
    sa.Column('note', sa.String(length=300), server_default='', nullable=False),
    sa.CheckConstraint('checked_at IS NULL OR returned_at IS NOT NULL', name=op.f('ck_loan_boxes_checked')),
    sa.CheckConstraint('returned_at IS NULL OR handed_over_at IS NOT NULL', name=op.f('ck_loan_boxes_returned')),
    sa.ForeignKeyConstraint(['box_id'], ['boxes.id'], name=op.f('fk_loan_boxes_box_id_boxes')),
    sa.ForeignKeyConstraint(['loan_id'], ['loans.id'], name=op.f('fk_loan_boxes_loan_id_loans')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_loan_boxes'))
    )
    op.create_index('ix_loan_boxes_box', 'loan_boxes', ['box_id', 'handed_over_at'], unique=False)
    op.create_index('ix_loan_boxes_loan', 'loan_boxes', ['loan_id'], unique=False)
    op.create_table('loan_facilitators',
    sa.Column('loan_id', sa.Integer(), nullable=False),
    sa.Column('facilitator_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['facilitator_id'], ['facilitators.id'], name=op.f('fk_loan_facilitators_facilitator_id_facilitators')),
    sa.ForeignKeyConstraint(['loan_id'], ['loans.id'], name=op.f('fk_loan_facilitators_loan_id_loans'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('loan_id', 'facilitator_id', name=op.f('pk_loan_facilitators'))
    )
    op.create_index('ix_loan_facilitators_facilitator', 'loan_facilitators', ['facilitator_id'], unique=False)
    op.create_table('loan_reminders',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('loan_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('b3', 'b1', 'a1', 'a7', name='reminderkind', native_enum=False, length=32), nullable=False),
    sa.Column('for_date', sa.Date(), nullable=False),
    sa.Column('sent_at', app.core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('answered_at', app.core.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['loan_id'], ['loans.id'], name=op.f('fk_loan_reminders_loan_id_loans'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_loan_reminders')),
    sa.UniqueConstraint('loan_id', 'kind', 'for_date', name=op.f('uq_loan_reminders_loan_id_kind_for_date'))
    )
    op.create_table('loan_counts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('loan_box_id', sa.Integer(), nullable=False),
    sa.Column('moment', sa.Enum('hand_over', 'return', 'check', name='countmoment', native_enum=False, length=32), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('box_item_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('consumable', sa.Boolean(), nullable=False),
    sa.Column('expected', sa.Integer(), nullable=False),
    sa.Column('counted', sa.Integer(), nullable=False),
    sa.Column('note', sa.String(length=200), server_default='', nullable=False),
    sa.CheckConstraint('expected >= 0 AND counted >= 0', name=op.f('ck_loan_counts_counts')),
    sa.ForeignKeyConstraint(['loan_box_id'], ['loan_boxes.id'], name=op.f('fk_loan_counts_loan_box_id_loan_boxes'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_loan_counts'))
    )
    op.create_index('ix_loan_counts_box', 'loan_counts', ['loan_box_id', 'moment'], unique=False)
    op.execute(f"ALTER TABLE structures ADD COLUMN trusted_borrower BOOLEAN DEFAULT {false} NOT NULL")
    for statement in POSTGRESQL if postgresql else SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE structures DROP COLUMN trusted_borrower")
    op.drop_index('ix_loan_counts_box', table_name='loan_counts')
    op.drop_table('loan_counts')
    op.drop_table('loan_reminders')
    op.drop_index('ix_loan_facilitators_facilitator', table_name='loan_facilitators')
    op.drop_table('loan_facilitators')
    op.drop_index('ix_loan_boxes_loan', table_name='loan_boxes')
    op.drop_index('ix_loan_boxes_box', table_name='loan_boxes')
    op.drop_table('loan_boxes')
    op.drop_table('loan_agreements')
    op.drop_table('training_scenarios')
    op.drop_index('ix_loans_structure', table_name='loans')
    op.drop_index('ix_loans_state', table_name='loans')
    op.drop_index('ix_loans_scenario', table_name='loans')
    op.drop_table('loans')
    op.drop_index('ix_event_boxes_scenario', table_name='event_boxes')
    op.drop_index('ix_event_boxes_event', table_name='event_boxes')
    op.drop_table('event_boxes')
    op.drop_table('box_items')
    op.drop_index('ix_box_files_scenario', table_name='box_files')
    op.drop_index('ix_box_files_box', table_name='box_files')
    op.drop_table('box_files')
    op.drop_index('uq_accreditations_training', table_name='accreditations')
    op.drop_index('ix_accreditations_scenario', table_name='accreditations')
    op.drop_index('ix_accreditations_facilitator', table_name='accreditations')
    op.drop_table('accreditations')
    op.drop_index('ix_scenario_items_scenario', table_name='scenario_items')
    op.drop_table('scenario_items')
    op.drop_index('ix_facilitators_structure', table_name='facilitators')
    op.drop_index('ix_facilitators_organiser', table_name='facilitators')
    op.drop_index('ix_facilitators_mail', table_name='facilitators')
    op.drop_table('facilitators')
    op.drop_index('ix_boxes_scenario', table_name='boxes')
    op.drop_table('boxes')
    op.drop_index('ix_uses_resource', table_name='uses')
    op.drop_index('ix_uses_purpose', table_name='uses')
    op.drop_index('ix_uses_organiser', table_name='uses')
    op.drop_table('uses')
    op.drop_table('scenarios')
    op.drop_table('lending_settings')
    op.drop_index('ix_closures_organiser', table_name='closures')
    op.drop_table('closures')
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION uses_refuse_unaccredited()")
        op.execute("DROP FUNCTION loan_agreements_refuse()")
