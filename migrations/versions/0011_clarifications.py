"""Clarifications: what the fund asks about a submitted file, the answers and their files."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clarification",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "answered",
                "taken_back",
                name="clarificationstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("question <> ''", name=op.f("ck_clarification_not_empty")),
        sa.CheckConstraint(
            "(state = 'answered') = (answered_at IS NOT NULL) AND (state = 'answered') = (answered_by_id IS NOT NULL)",
            name=op.f("ck_clarification_answered_by_somebody"),
        ),
        sa.CheckConstraint(
            "state <> 'answered' OR answer <> ''", name=op.f("ck_clarification_answered_has_its_answer")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_clarification_application_id_application")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_clarification_asked_by_id_person")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["person.id"], name=op.f("fk_clarification_answered_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clarification")),
    )
    op.create_index(op.f("ix_clarification_application_id"), "clarification", ["application_id"])
    op.create_table(
        "clarification_file",
        sa.Column("clarification_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_clarification_file_not_empty")),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_clarification_file_clarification_id_clarification"),
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["person.id"], name=op.f("fk_clarification_file_uploaded_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clarification_file")),
        sa.UniqueConstraint("clarification_id", "sha256", name=op.f("uq_clarification_file_clarification_id_sha256")),
    )


def downgrade() -> None:
    op.drop_table("clarification_file")
    op.drop_table("clarification")
