"""Tax identifiers and social security numbers of organisations."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisation", sa.Column("tax_id", sa.String()))
    op.add_column("organisation", sa.Column("social_id", sa.String()))


def downgrade() -> None:
    op.drop_column("organisation", "social_id")
    op.drop_column("organisation", "tax_id")
