"""What an organisation keeps: invitations, bank accounts, directors and shareholders, documents."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('bank_account',
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('replaces_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('waiting', 'verified', 'refused', 'replaced', 'withdrawn', name='accountstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('holder', sa.String(), nullable=False),
    sa.Column('bank', sa.String(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('number', sa.String(length=34), nullable=False),
    sa.Column('ending', sa.String(length=4), nullable=False),
    sa.Column('filename', sa.String(), nullable=False),
    sa.Column('media_type', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('given_by_id', sa.Uuid(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('refusal_reason', sa.String(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(state = 'refused') = (refusal_reason IS NOT NULL)", name=op.f('ck_bank_account_refused_with_a_reason')),
    sa.CheckConstraint("state <> 'waiting' OR decided_at IS NULL", name=op.f('ck_bank_account_undecided_while_waiting')),
    sa.CheckConstraint("state NOT IN ('verified', 'refused', 'replaced') OR decided_at IS NOT NULL", name=op.f('ck_bank_account_decided_once_decided')),
    sa.CheckConstraint('(decided_at IS NULL) = (decided_by_id IS NULL)', name=op.f('ck_bank_account_decided_by_somebody')),
    sa.CheckConstraint('decided_by_id <> given_by_id', name=op.f('ck_bank_account_four_eyes')),
    sa.CheckConstraint('ending = right(number, 4)', name=op.f('ck_bank_account_ending_of_the_number')),
    sa.CheckConstraint('size > 0', name=op.f('ck_bank_account_certificate_not_empty')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_bank_account_decided_by_id_person')),
    sa.ForeignKeyConstraint(['given_by_id'], ['person.id'], name=op.f('fk_bank_account_given_by_id_person')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_bank_account_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['replaces_id'], ['bank_account.id'], name=op.f('fk_bank_account_replaces_id_bank_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_account'))
    )
    op.create_index('ix_bank_account_number', 'bank_account', ['number'], unique=False)
    op.create_index('ix_bank_account_organisation', 'bank_account', ['organisation_id', 'state'], unique=False)
    op.create_index('uq_bank_account_one_verified', 'bank_account', ['organisation_id', 'country', 'number'], unique=True, postgresql_where="state = 'verified'")
    op.create_index('uq_bank_account_one_waiting', 'bank_account', ['organisation_id', 'country', 'number'], unique=True, postgresql_where="state = 'waiting'")
    op.create_table('invitation',
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('right', sa.Enum('owner', 'editor', 'reader', name='right', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('invited_by_id', sa.Uuid(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accepted_by_id', sa.Uuid(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('(accepted_at IS NULL) = (accepted_by_id IS NULL)', name=op.f('ck_invitation_accepted_by_somebody')),
    sa.CheckConstraint('accepted_at IS NULL OR withdrawn_at IS NULL', name=op.f('ck_invitation_accepted_or_withdrawn')),
    sa.CheckConstraint('email = lower(email)', name=op.f('ck_invitation_email_in_lower_case')),
    sa.ForeignKeyConstraint(['accepted_by_id'], ['person.id'], name=op.f('fk_invitation_accepted_by_id_person')),
    sa.ForeignKeyConstraint(['invited_by_id'], ['person.id'], name=op.f('fk_invitation_invited_by_id_person')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_invitation_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation'))
    )
    op.create_index('ix_invitation_email', 'invitation', ['email', 'created_at'], unique=False)
    op.create_index('uq_invitation_one_pending', 'invitation', ['organisation_id', 'email'], unique=True, postgresql_where='accepted_at IS NULL AND withdrawn_at IS NULL')
    op.create_table('kept_document',
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('series_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('articles', 'tax', 'social', 'accounts', 'other', name='keptkind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('filename', sa.String(), nullable=False),
    sa.Column('media_type', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('kept_by_id', sa.Uuid(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('size > 0', name=op.f('ck_kept_document_not_empty')),
    sa.ForeignKeyConstraint(['kept_by_id'], ['person.id'], name=op.f('fk_kept_document_kept_by_id_person')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_kept_document_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kept_document'))
    )
    op.create_index('ix_kept_document_organisation', 'kept_document', ['organisation_id', 'kind'], unique=False)
    op.create_index('uq_kept_document_one_current', 'kept_document', ['series_id'], unique=True, postgresql_where='ended_at IS NULL')
    op.create_table('stakeholder',
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('sort_key', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('share', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('share BETWEEN 1 AND 10000', name=op.f('ck_stakeholder_share_of_the_whole')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_stakeholder_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stakeholder')),
    sa.UniqueConstraint('organisation_id', 'position', name=op.f('uq_stakeholder_organisation_id_position'))
    )
    op.create_index(op.f('ix_stakeholder_sort_key'), 'stakeholder', ['sort_key'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_stakeholder_sort_key'), table_name='stakeholder')
    op.drop_table('stakeholder')
    op.drop_index('uq_kept_document_one_current', table_name='kept_document', postgresql_where='ended_at IS NULL')
    op.drop_index('ix_kept_document_organisation', table_name='kept_document')
    op.drop_table('kept_document')
    op.drop_index('uq_invitation_one_pending', table_name='invitation', postgresql_where='accepted_at IS NULL AND withdrawn_at IS NULL')
    op.drop_index('ix_invitation_email', table_name='invitation')
    op.drop_table('invitation')
    op.drop_index('uq_bank_account_one_waiting', table_name='bank_account', postgresql_where="state = 'waiting'")
    op.drop_index('uq_bank_account_one_verified', table_name='bank_account', postgresql_where="state = 'verified'")
    op.drop_index('ix_bank_account_organisation', table_name='bank_account')
    op.drop_index('ix_bank_account_number', table_name='bank_account')
    op.drop_table('bank_account')
