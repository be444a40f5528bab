"""Past awards arrive from files: each file, and what its awards keep of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('award_import',
    sa.Column('fund_id', sa.Uuid(), nullable=False),
    sa.Column('officer_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('uploaded', 'checked', 'queued', 'done', 'refused', name='importstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('filename', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('shape', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('mapping', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('remarks', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('notes', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('known_rows', sa.BigInteger(), nullable=False),
    sa.Column('refused_rows', sa.BigInteger(), nullable=False),
    sa.Column('warnings', sa.BigInteger(), nullable=False),
    sa.Column('recipients', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('awarded_minor', sa.BigInteger(), nullable=False),
    sa.Column('requested_minor', sa.BigInteger(), nullable=False),
    sa.Column('tries', sa.BigInteger(), nullable=False),
    sa.Column('promise_id', sa.Uuid(), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(state = 'done') = (finished_at IS NOT NULL)", name=op.f('ck_award_import_done_has_a_time')),
    sa.CheckConstraint("state <> 'done' OR refused_rows = 0", name=op.f('ck_award_import_all_or_nothing')),
    sa.CheckConstraint("state NOT IN ('queued', 'done') OR promise_id IS NOT NULL", name=op.f('ck_award_import_queued_has_a_promise')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.id'], name=op.f('fk_award_import_fund_id_fund')),
    sa.ForeignKeyConstraint(['officer_id'], ['person.id'], name=op.f('fk_award_import_officer_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award_import'))
    )
    op.create_index('ix_award_import_fund_sha256', 'award_import', ['fund_id', 'sha256'], unique=False)
    op.add_column('award', sa.Column('duration_months', sa.BigInteger(), nullable=True))
    op.add_column('award', sa.Column('import_id', sa.Uuid(), nullable=True))
    op.add_column('award', sa.Column('programme', sa.String(), nullable=True))
    op.add_column('award', sa.Column('description', sa.String(), nullable=True))
    op.create_foreign_key(op.f('fk_award_import_id_award_import'), 'award', 'award_import', ['import_id'], ['id'])
    op.create_index(op.f('ix_award_import_id'), 'award', ['import_id'], unique=False)
    op.create_check_constraint(op.f('ck_award_import_has_its_file'), 'award', "(source = 'import') = (import_id IS NOT NULL)")
    op.create_check_constraint(op.f('ck_award_duration_positive'), 'award', 'duration_months > 0')


def downgrade() -> None:
    op.drop_constraint(op.f('ck_award_duration_positive'), 'award', type_='check')
    op.drop_constraint(op.f('ck_award_import_has_its_file'), 'award', type_='check')
    op.drop_index(op.f('ix_award_import_id'), table_name='award')
    op.drop_constraint(op.f('fk_award_import_id_award_import'), 'award', type_='foreignkey')
    op.drop_column('award', 'description')
    op.drop_column('award', 'programme')
    op.drop_column('award', 'import_id')
    op.drop_column('award', 'duration_months')
    op.drop_index('ix_award_import_fund_sha256', table_name='award_import')
    op.drop_table('award_import')
