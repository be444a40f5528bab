"""A commission may be an archive: it holds awards imported from before, and is offered for nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('commission', sa.Column('archive', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column('commission', 'archive', server_default=None)


def downgrade() -> None:
    op.drop_column('commission', 'archive')
