"""Drafting together: forms parked signed out, versions of sections, comments between colleagues."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "parked_form",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_parked_form_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_form")),
    )
    op.create_index(op.f("ix_parked_form_token_hash"), "parked_form", ["token_hash"])
    op.create_index(op.f("ix_parked_form_person_id"), "parked_form", ["person_id"])
    op.create_index(op.f("ix_parked_form_expires_at"), "parked_form", ["expires_at"])
    op.create_table(
        "application_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("part_version", sa.BigInteger(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False),
        sa.Column("restored_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("begun_at <= saved_at", name=op.f("ck_application_revision_begun_before_saved")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_revision_application_id_application")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_application_revision_person_id_person")),
        sa.ForeignKeyConstraint(
            ["restored_id"],
            ["application_revision.id"],
            name=op.f("fk_application_revision_restored_id_application_revision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_revision")),
    )
    op.create_index(
        op.f("ix_application_revision_application_id_section_saved_at"),
        "application_revision",
        ["application_id", "section", "saved_at"],
    )
    op.create_index("ix_application_revision_application_saved", "application_revision", ["application_id", "saved_at"])
    op.create_table(
        "application_comment",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_application_comment_not_empty")),
        sa.CheckConstraint(
            "(resolved_at IS NULL) = (resolved_by_id IS NULL)", name=op.f("ck_application_comment_resolved_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_comment_application_id_application")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_application_comment_author_id_person")),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["person.id"], name=op.f("fk_application_comment_resolved_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_comment")),
    )
    op.create_index(
        op.f("ix_application_comment_application_id_section"), "application_comment", ["application_id", "section"]
    )


def downgrade() -> None:
    op.drop_table("application_comment")
    op.drop_table("application_revision")
    op.drop_table("parked_form")
