"""What a fund publishes of its awards."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publication",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("prefix", sa.String(60), nullable=False),
        sa.Column("licence", sa.String(32), nullable=False),
        sa.Column("grants", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True)),
        sa.Column("json_sha256", sa.String(64)),
        sa.Column("json_size", sa.BigInteger(), nullable=False),
        sa.Column("csv_sha256", sa.String(64)),
        sa.Column("csv_size", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "licence IN ('cc-by-4.0', 'cc0-1.0', 'odc-by-1.0', 'etalab-2.0')", name=op.f("ck_publication_licence")
        ),
        sa.CheckConstraint(
            "(grants > 0) = (json_sha256 IS NOT NULL) AND (grants > 0) = (csv_sha256 IS NOT NULL)",
            name=op.f("ck_publication_files_when_there_are_grants"),
        ),
        sa.CheckConstraint(
            "grants = 0 OR made_at IS NOT NULL", name=op.f("ck_publication_files_were_made_at_some_time")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_publication_fund_id_fund")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("fund_id", name=op.f("uq_publication_fund_id")),
    )


def downgrade() -> None:
    op.drop_table("publication")
