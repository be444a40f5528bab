"""Sessions of commissions: agenda, attendance, votes, lots, their log, and the minutes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

APPEND_ONLY = ('session_log', 'minutes', 'minutes_signature')


def upgrade() -> None:
    op.create_table('commission_session',
    sa.Column('call_id', sa.Uuid(), nullable=False),
    sa.Column('commission_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('planned', 'open', 'closed', 'signed', name='sessionstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('planned_by_id', sa.Uuid(), nullable=False),
    sa.Column('acting_id', sa.Uuid(), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('quorate', sa.Boolean(), nullable=False),
    sa.Column('last_event', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(state = 'planned') = (opened_at IS NULL)", name=op.f('ck_commission_session_open_since')),
    sa.CheckConstraint("(state IN ('closed', 'signed')) = (closed_at IS NOT NULL)", name=op.f('ck_commission_session_closed_since')),
    sa.ForeignKeyConstraint(['acting_id'], ['person.id'], name=op.f('fk_commission_session_acting_id_person')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_commission_session_call_id_call')),
    sa.ForeignKeyConstraint(['commission_id'], ['commission.id'], name=op.f('fk_commission_session_commission_id_commission')),
    sa.ForeignKeyConstraint(['planned_by_id'], ['person.id'], name=op.f('fk_commission_session_planned_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_commission_session')),
    sa.UniqueConstraint('call_id', 'commission_id', name=op.f('uq_commission_session_call_id_commission_id'))
    )
    op.create_index(op.f('ix_commission_session_commission_id'), 'commission_session', ['commission_id'], unique=False)
    op.create_table('session_rules',
    sa.Column('call_id', sa.Uuid(), nullable=False),
    sa.Column('quorum', sa.BigInteger(), nullable=False),
    sa.Column('ties', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('vote_needed', sa.Boolean(), nullable=False),
    sa.Column('secret', sa.Boolean(), nullable=False),
    sa.Column('threshold', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('quorum BETWEEN 1 AND 100', name=op.f('ck_session_rules_quorum_is_a_share')),
    sa.CheckConstraint('threshold BETWEEN 0 AND 10000', name=op.f('ck_session_rules_threshold_of_100')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_session_rules_call_id_call')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session_rules')),
    sa.UniqueConstraint('call_id', name=op.f('uq_session_rules_call_id'))
    )
    op.create_table('attendance',
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('left_at >= entered_at', name=op.f('ck_attendance_left_after_entering')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_attendance_person_id_person')),
    sa.ForeignKeyConstraint(['session_id'], ['commission_session.id'], name=op.f('fk_attendance_session_id_commission_session')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance'))
    )
    op.create_index(op.f('ix_attendance_session_id'), 'attendance', ['session_id'], unique=False)
    op.create_index('uq_attendance_once_at_a_time', 'attendance', ['session_id', 'person_id'], unique=True, postgresql_where=sa.text('left_at IS NULL'))
    op.create_table('lot',
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('seed', sa.String(), nullable=False),
    sa.Column('seed_hash', sa.String(), nullable=False),
    sa.Column('drawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('among', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('order', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['commission_session.id'], name=op.f('fk_lot_session_id_commission_session')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot')),
    sa.UniqueConstraint('session_id', 'number', name=op.f('uq_lot_session_id_number'))
    )
    op.create_index('uq_lot_one_sealed', 'lot', ['session_id'], unique=True, postgresql_where=sa.text('drawn_at IS NULL'))
    op.create_table('minutes',
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('changes', sa.String(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('made_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(number = 1) = (changes = '')", name=op.f('ck_minutes_later_ones_say_what_changed')),
    sa.ForeignKeyConstraint(['made_by_id'], ['person.id'], name=op.f('fk_minutes_made_by_id_person')),
    sa.ForeignKeyConstraint(['session_id'], ['commission_session.id'], name=op.f('fk_minutes_session_id_commission_session')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_minutes')),
    sa.UniqueConstraint('session_id', 'number', name=op.f('uq_minutes_session_id_number'))
    )
    op.create_table('agenda_item',
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'open', 'settled', name='itemstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('rapporteur_id', sa.Uuid(), nullable=True),
    sa.Column('consensus', sa.BigInteger(), nullable=True),
    sa.Column('consensus_reason', sa.String(), nullable=False),
    sa.Column('dissent', sa.String(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=True),
    sa.Column('chance', sa.BigInteger(), nullable=True),
    sa.Column('rejected', sa.Boolean(), nullable=False),
    sa.Column('settled_score', sa.BigInteger(), nullable=True),
    sa.Column('settled_minor', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(consensus IS NULL) <= (dissent = '')", name=op.f('ck_agenda_item_dissent_from_a_consensus')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_agenda_item_amount_positive')),
    sa.CheckConstraint('chance BETWEEN 0 AND 100', name=op.f('ck_agenda_item_chance_is_a_share')),
    sa.CheckConstraint('consensus BETWEEN 0 AND 10000', name=op.f('ck_agenda_item_consensus_of_100')),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_agenda_item_application_id_application')),
    sa.ForeignKeyConstraint(['rapporteur_id'], ['person.id'], name=op.f('fk_agenda_item_rapporteur_id_person')),
    sa.ForeignKeyConstraint(['session_id'], ['commission_session.id'], name=op.f('fk_agenda_item_session_id_commission_session')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agenda_item')),
    sa.UniqueConstraint('session_id', 'application_id', name=op.f('uq_agenda_item_session_id_application_id')),
    sa.UniqueConstraint('session_id', 'position', deferrable=True, initially='DEFERRED', name=op.f('uq_agenda_item_session_id_position'))
    )
    op.create_index(op.f('ix_agenda_item_application_id'), 'agenda_item', ['application_id'], unique=False)
    op.create_index('uq_agenda_item_one_open', 'agenda_item', ['session_id'], unique=True, postgresql_where=sa.text("state = 'open'"))
    op.create_table('minutes_signature',
    sa.Column('minutes_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('led', sa.Boolean(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['minutes_id'], ['minutes.id'], name=op.f('fk_minutes_signature_minutes_id_minutes')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_minutes_signature_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_minutes_signature')),
    sa.UniqueConstraint('minutes_id', 'person_id', name=op.f('uq_minutes_signature_minutes_id_person_id'))
    )
    op.create_table('session_log',
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.Enum('planned', 'opened', 'entered', 'left', 'quorum_lost', 'quorum_regained', 'acting', 'recused', 'item_added', 'item_moved', 'rapporteur', 'item_opened', 'item_settled', 'consensus', 'amount', 'vote_opened', 'vote_cast', 'vote_closed', 'vote_cancelled', 'tie_broken', 'lot_drawn', 'adjourned', 'closed', name='happening', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('item_id', sa.Uuid(), nullable=True),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['person.id'], name=op.f('fk_session_log_actor_id_person')),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id'], name=op.f('fk_session_log_item_id_agenda_item')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_session_log_person_id_person')),
    sa.ForeignKeyConstraint(['session_id'], ['commission_session.id'], name=op.f('fk_session_log_session_id_commission_session')),
    sa.PrimaryKeyConstraint('session_id', 'number', name=op.f('pk_session_log'))
    )
    op.create_index('ix_session_log_item', 'session_log', ['item_id'], unique=False)
    op.create_table('vote',
    sa.Column('item_id', sa.Uuid(), nullable=False),
    sa.Column('secret', sa.Boolean(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('carried', sa.Boolean(), nullable=True),
    sa.Column('cancelled', sa.Boolean(), nullable=False),
    sa.Column('in_favour', sa.BigInteger(), nullable=False),
    sa.Column('against', sa.BigInteger(), nullable=False),
    sa.Column('abstained', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('(closed_at IS NULL) = (carried IS NULL)', name=op.f('ck_vote_closed_with_a_result')),
    sa.CheckConstraint('in_favour >= 0 AND against >= 0 AND abstained >= 0', name=op.f('ck_vote_counts_not_negative')),
    sa.ForeignKeyConstraint(['item_id'], ['agenda_item.id'], name=op.f('fk_vote_item_id_agenda_item')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vote'))
    )
    op.create_index(op.f('ix_vote_item_id'), 'vote', ['item_id'], unique=False)
    op.create_index('uq_vote_one_open', 'vote', ['item_id'], unique=True, postgresql_where=sa.text('closed_at IS NULL'))
    op.create_table('ballot',
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('choice', sa.Enum('for', 'against', 'abstain', name='choice', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ballot_person_id_person')),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_ballot_vote_id_vote')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ballot')),
    sa.UniqueConstraint('vote_id', 'person_id', name=op.f('uq_ballot_vote_id_person_id'))
    )
    op.add_column('decision', sa.Column('minutes_line', sa.BigInteger(), nullable=True))
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION append_only()")


def downgrade() -> None:
    op.drop_column('decision', 'minutes_line')
    op.drop_table('ballot')
    op.drop_index('uq_vote_one_open', table_name='vote', postgresql_where=sa.text('closed_at IS NULL'))
    op.drop_index(op.f('ix_vote_item_id'), table_name='vote')
    op.drop_table('vote')
    op.drop_index('ix_session_log_item', table_name='session_log')
    op.drop_table('session_log')
    op.drop_table('minutes_signature')
    op.drop_index('uq_agenda_item_one_open', table_name='agenda_item', postgresql_where=sa.text("state = 'open'"))
    op.drop_index(op.f('ix_agenda_item_application_id'), table_name='agenda_item')
    op.drop_table('agenda_item')
    op.drop_table('minutes')
    op.drop_index('uq_lot_one_sealed', table_name='lot', postgresql_where=sa.text('drawn_at IS NULL'))
    op.drop_table('lot')
    op.drop_index('uq_attendance_once_at_a_time', table_name='attendance', postgresql_where=sa.text('left_at IS NULL'))
    op.drop_index(op.f('ix_attendance_session_id'), table_name='attendance')
    op.drop_table('attendance')
    op.drop_table('session_rules')
    op.drop_index(op.f('ix_commission_session_commission_id'), table_name='commission_session')
    op.drop_table('commission_session')
