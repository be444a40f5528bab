"""The scoring sheet: amounts by heading, private notes, workbooks sent back; blindness, with anonymised documents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What every call promised so far: applicants do not know who reviews them.
    blindness = sa.Enum("open", "single", "double", name="blindness", native_enum=False, length=32)
    op.add_column("call", sa.Column("blindness", blindness, nullable=False, server_default="single"))
    op.alter_column("call", "blindness", server_default=None)
    op.create_check_constraint(op.f("ck_call_blindness"), "call", "blindness IN ('open', 'single', 'double')")

    op.add_column("required_document", sa.Column("anonymises_id", sa.Uuid()))
    op.create_foreign_key(
        op.f("fk_required_document_anonymises_id_required_document"),
        "required_document",
        "required_document",
        ["anonymises_id"],
        ["id"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_unique_constraint(op.f("uq_required_document_anonymises_id"), "required_document", ["anonymises_id"])

    op.create_table(
        "review_heading",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger()),
        sa.Column("reason", sa.String(), nullable=False),
        *_record("review_heading"),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_review_heading_amount_not_negative")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_heading_review_id_review")),
        sa.UniqueConstraint("review_id", "category", name=op.f("uq_review_heading_review_id_category")),
    )
    op.create_table(
        "private_note",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        *_record("private_note"),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_private_note_review_id_review")),
        sa.UniqueConstraint("review_id", name=op.f("uq_private_note_review_id")),
    )
    op.create_table(
        "sent_sheet",
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        *_record("sent_sheet"),
        sa.ForeignKeyConstraint(["reviewer_id"], ["person.id"], name=op.f("fk_sent_sheet_reviewer_id_person")),
        sa.UniqueConstraint("reviewer_id", name=op.f("uq_sent_sheet_reviewer_id")),
    )


def _record(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def downgrade() -> None:
    for table in ("sent_sheet", "private_note", "review_heading"):
        op.drop_table(table)
    op.execute(
        "DELETE FROM document WHERE required_id IN (SELECT id FROM required_document WHERE anonymises_id IS NOT NULL)"
    )
    op.execute("DELETE FROM required_document WHERE anonymises_id IS NOT NULL")
    op.drop_column("required_document", "anonymises_id")
    op.drop_column("call", "blindness")
