"""What an organisation keeps: invitations, bank accounts, directors and shareholders, documents."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
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


def downgrade() -> None:
    op.drop_index('uq_invitation_one_pending', table_name='invitation', postgresql_where='accepted_at IS NULL AND withdrawn_at IS NULL')
    op.drop_index('ix_invitation_email', table_name='invitation')
    op.drop_table('invitation')
