"""How grants are followed: the rules of a call, milestones with their reports, support given in kind."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TABLES = ("support_request", "support", "milestone_question", "milestone_file", "milestone")


def upgrade() -> None:
    op.add_column("call", sa.Column("follow_up", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")))
    op.alter_column("call", "follow_up", server_default=None)
    op.create_table(
        "milestone",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("deliverables", sa.String(), nullable=False),
        sa.Column("technical", sa.Boolean(), nullable=False),
        sa.Column("financial", sa.Boolean(), nullable=False),
        sa.Column("instalment", sa.BigInteger(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "due",
                "submitted",
                "clarification",
                "accepted",
                "partly",
                "rejected",
                "waived",
                name="milestonestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('accepted', 'partly', 'rejected', 'waived')) = (settled_at IS NOT NULL)",
            name=op.f("ck_milestone_settled_at_some_time"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('partly', 'rejected', 'waived') OR reason IS NOT NULL",
            name=op.f("ck_milestone_has_its_reason"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('submitted', 'clarification', 'accepted', 'partly', 'rejected') OR (submitted_at IS NOT NULL AND submitted_by_id IS NOT NULL)",
            name=op.f("ck_milestone_submitted_by_somebody"),
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by_id IS NULL)", name=op.f("ck_milestone_settled_by_somebody")
        ),
        sa.CheckConstraint("instalment > 0", name=op.f("ck_milestone_instalment_by_position")),
        sa.CheckConstraint("technical OR financial", name=op.f("ck_milestone_asks_a_report")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_milestone_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["person.id"], name=op.f("fk_milestone_settled_by_id_person")),
        sa.ForeignKeyConstraint(["submitted_by_id"], ["person.id"], name=op.f("fk_milestone_submitted_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
        sa.UniqueConstraint("agreement_id", "position", name=op.f("uq_milestone_agreement_id_position")),
    )
    op.create_index("ix_milestone_due", "milestone", ["due_on"], unique=False, postgresql_where="state = 'planned'")
    op.create_table(
        "milestone_file",
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_milestone_file_not_empty")),
        sa.ForeignKeyConstraint(
            ["milestone_id"], ["milestone.id"], name=op.f("fk_milestone_file_milestone_id_milestone")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["person.id"], name=op.f("fk_milestone_file_uploaded_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_file")),
        sa.UniqueConstraint("milestone_id", "sha256", name=op.f("uq_milestone_file_milestone_id_sha256")),
    )
    op.create_table(
        "milestone_question",
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by_id IS NULL) AND (answered_at IS NULL OR answer <> '')",
            name=op.f("ck_milestone_question_answered_by_somebody"),
        ),
        sa.CheckConstraint("question <> ''", name=op.f("ck_milestone_question_not_empty")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["person.id"], name=op.f("fk_milestone_question_answered_by_id_person")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_milestone_question_asked_by_id_person")),
        sa.ForeignKeyConstraint(
            ["milestone_id"], ["milestone.id"], name=op.f("fk_milestone_question_milestone_id_milestone")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_question")),
    )
    op.create_index(
        "uq_milestone_question_awaited",
        "milestone_question",
        ["milestone_id"],
        unique=True,
        postgresql_where="answered_at IS NULL",
    )
    op.create_table(
        "support",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("planned", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("planned > 0", name=op.f("ck_support_planned_positive")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_support_agreement_id_agreement")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support")),
        sa.UniqueConstraint("agreement_id", "position", name=op.f("uq_support_agreement_id_position")),
    )
    op.create_table(
        "support_request",
        sa.Column("support_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "checked",
                "refused",
                "certified",
                "delivered",
                name="supportstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("requested_by_id", sa.Uuid(), nullable=False),
        sa.Column("checked_by_id", sa.Uuid(), nullable=True),
        sa.Column("certified_by_id", sa.Uuid(), nullable=True),
        sa.Column("delivered_by_id", sa.Uuid(), nullable=True),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state = 'delivered') = (delivered_on IS NOT NULL) AND (state = 'delivered') = (delivered_by_id IS NOT NULL)",
            name=op.f("ck_support_request_delivered_some_day"),
        ),
        sa.CheckConstraint(
            "(state = 'refused') <= (reason IS NOT NULL)", name=op.f("ck_support_request_refusal_has_reason")
        ),
        sa.CheckConstraint(
            "(state = 'requested') = (checked_by_id IS NULL)", name=op.f("ck_support_request_checked_by_somebody")
        ),
        sa.CheckConstraint(
            "(state IN ('certified', 'delivered')) = (certified_by_id IS NOT NULL)",
            name=op.f("ck_support_request_certified_by_somebody"),
        ),
        sa.CheckConstraint(
            "checked_by_id <> certified_by_id AND checked_by_id <> delivered_by_id AND certified_by_id <> delivered_by_id",
            name=op.f("ck_support_request_three_people"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_support_request_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["certified_by_id"], ["person.id"], name=op.f("fk_support_request_certified_by_id_person")
        ),
        sa.ForeignKeyConstraint(["checked_by_id"], ["person.id"], name=op.f("fk_support_request_checked_by_id_person")),
        sa.ForeignKeyConstraint(
            ["delivered_by_id"], ["person.id"], name=op.f("fk_support_request_delivered_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["person.id"], name=op.f("fk_support_request_requested_by_id_person")
        ),
        sa.ForeignKeyConstraint(["support_id"], ["support.id"], name=op.f("fk_support_request_support_id_support")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_request")),
    )
    op.create_index(op.f("ix_support_request_support_id"), "support_request", ["support_id"], unique=False)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("call", "follow_up")
