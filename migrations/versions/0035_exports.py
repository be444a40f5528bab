"""Files made for a person, such as the Excel ledger, with what they hold and until when they are kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

MADE = (
    "(state = 'waiting') = (sha256 IS NULL) AND (sha256 IS NULL) = (size IS NULL)"
    " AND (sha256 IS NULL) = (lines IS NULL) AND (sha256 IS NULL) = (head IS NULL)"
    " AND (sha256 IS NULL) = (op_no IS NULL) AND (sha256 IS NULL) = (finished_at IS NULL)"
    " AND (sha256 IS NULL) = (expires_at IS NULL)"
)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=True),
        sa.Column("kind", _one_of("exportkind", "ledger", "dossier"), nullable=False),
        sa.Column("state", _one_of("exportstate", "waiting", "ready", "expired"), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("op_no", sa.BigInteger(), nullable=True),
        sa.Column("head", sa.String(length=64), nullable=True),
        sa.Column("promise_id", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(kind = 'dossier') = (award_id IS NOT NULL)", name=op.f("ck_export_dossier_is_of_a_grant")),
        sa.CheckConstraint(MADE, name=op.f("ck_export_made_has_its_file")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_export_person_id_person")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_export_fund_id_fund")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_export_award_id_award")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    op.create_index(op.f("ix_export_fund_id"), "export", ["fund_id"])
    op.create_index("ix_export_person_created", "export", ["person_id", "created_at"])
    op.create_index("ix_export_expiring", "export", ["expires_at"], postgresql_where=sa.text("state = 'ready'"))


def downgrade() -> None:
    op.drop_table("export")
