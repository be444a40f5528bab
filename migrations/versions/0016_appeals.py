"""One appeal against a refusal, and what the call says of it and of the marks that applicants are told."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The rules of the calls that exist are frozen: none of them promised an appeal, or marks.
    op.add_column("call", sa.Column("appeal_days", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("call", "appeal_days", server_default=None)
    feedback = sa.Enum("none", "total", "criteria", name="feedback", native_enum=False, length=32)
    op.add_column("call", sa.Column("feedback", feedback, nullable=False, server_default="none"))
    op.alter_column("call", "feedback", server_default=None)
    op.create_check_constraint(op.f("ck_call_feedback"), "call", "feedback IN ('none', 'total', 'criteria')")
    op.create_check_constraint(op.f("ck_call_appeal_days_plausible"), "call", "appeal_days BETWEEN 0 AND 90")

    op.add_column("decision", sa.Column("reopened_at", sa.DateTime(timezone=True)))
    for name in ("reopened_by_id", "refused_by_id"):
        op.add_column("decision", sa.Column(name, sa.Uuid()))
        op.create_foreign_key(op.f(f"fk_decision_{name}_person"), "decision", "person", [name], ["id"])
    op.create_check_constraint(
        op.f("ck_decision_reopened_by_somebody"),
        "decision",
        "(reopened_at IS NULL) = (reopened_by_id IS NULL) AND (reopened_at IS NULL) = (refused_by_id IS NULL)",
    )
    op.create_check_constraint(
        op.f("ck_decision_reopened_with_an_amount"), "decision", "reopened_at IS NULL OR amount_minor > 0"
    )

    op.create_table(
        "appeal",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column(
            "against",
            sa.Enum(
                "admissibility",
                "eligibility",
                "decision",
                name="against",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused_by_id", sa.Uuid(), nullable=False),
        sa.Column("grounds", sa.String(), nullable=False),
        sa.Column("filed_by_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String()),
        sa.Column("media_type", sa.String()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sha256", sa.String(64)),
        sa.Column(
            "state",
            sa.Enum(
                "filed",
                "upheld",
                "dismissed",
                "withdrawn",
                name="appealstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reasons", sa.String()),
        sa.Column("heard_by_id", sa.Uuid()),
        sa.Column("heard_at", sa.DateTime(timezone=True)),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("grounds <> ''", name=op.f("ck_appeal_has_its_grounds")),
        sa.CheckConstraint(
            "(state IN ('upheld', 'dismissed')) = (heard_at IS NOT NULL)"
            " AND (heard_at IS NULL) = (heard_by_id IS NULL) AND (heard_at IS NULL) = (reasons IS NULL)",
            name=op.f("ck_appeal_heard_with_reasons"),
        ),
        sa.CheckConstraint("heard_by_id <> refused_by_id", name=op.f("ck_appeal_heard_by_another")),
        sa.CheckConstraint(
            "(sha256 IS NULL) = (filename IS NULL) AND (sha256 IS NULL) = (media_type IS NULL)"
            " AND (sha256 IS NULL) = (size IS NULL)",
            name=op.f("ck_appeal_file_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_appeal_application_id_application")
        ),
        sa.ForeignKeyConstraint(["refused_by_id"], ["person.id"], name=op.f("fk_appeal_refused_by_id_person")),
        sa.ForeignKeyConstraint(["filed_by_id"], ["person.id"], name=op.f("fk_appeal_filed_by_id_person")),
        sa.ForeignKeyConstraint(["heard_by_id"], ["person.id"], name=op.f("fk_appeal_heard_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("application_id", name=op.f("uq_appeal_application_id")),
    )
    op.create_index("ix_appeal_waiting", "appeal", ["created_at"], postgresql_where=sa.text("state = 'filed'"))


def downgrade() -> None:
    op.drop_table("appeal")
    op.drop_constraint(op.f("ck_decision_reopened_by_somebody"), "decision", type_="check")
    for name in ("refused_by_id", "reopened_by_id", "reopened_at"):
        op.drop_column("decision", name)
    op.drop_column("call", "feedback")
    op.drop_column("call", "appeal_days")
