"""Searches of the list of applications, kept by name."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    audience = sa.Enum("fund", "chair", name="audience", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "saved_search",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", audience, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("sort", sa.String(length=40), nullable=False),
        sa.Column("columns", sa.String(length=400), nullable=False),
        sa.Column("cluster_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "cluster_id IS NULL OR audience = 'fund'", name=op.f("ck_saved_search_shared_among_followers")
        ),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_saved_search_cluster_id_cluster")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_saved_search_owner_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
        sa.UniqueConstraint("owner_id", "audience", "name", name=op.f("uq_saved_search_owner_id_audience_name")),
    )
    op.create_index(op.f("ix_saved_search_cluster_id"), "saved_search", ["cluster_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_saved_search_cluster_id"), table_name="saved_search")
    op.drop_table("saved_search")
