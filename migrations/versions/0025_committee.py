"""Transfers between envelopes, members' drafts of decisions, letters, the amount proposed beside the one decided."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def record() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    ]


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    op.add_column("decision", sa.Column("proposed_minor", sa.BigInteger()))
    op.create_table(
        "envelope_transfer",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=False),
        *record(),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_envelope_transfer_amount_positive")),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_envelope_transfer_between_two")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_envelope_transfer_has_its_reason")),
        refers("envelope_transfer", "call_id", "call"),
        refers("envelope_transfer", "source_id", "commission"),
        refers("envelope_transfer", "target_id", "commission"),
        refers("envelope_transfer", "decided_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_envelope_transfer")),
    )
    op.create_index("uq_envelope_transfer_call_number", "envelope_transfer", ["call_id", "number"], unique=True)
    op.create_table(
        "decision_draft",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        *record(),
        refers("decision_draft", "call_id", "call"),
        refers("decision_draft", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_draft")),
        sa.UniqueConstraint("call_id", "person_id", name=op.f("uq_decision_draft_call_id_person_id")),
    )
    op.create_table(
        "letter_template",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column(
            "occasion",
            sa.Enum(
                "funded",
                "promoted",
                "reserve",
                "rejected",
                name="occasion",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        *record(),
        sa.CheckConstraint("body <> '{}'", name=op.f("ck_letter_template_says_something")),
        refers("letter_template", "call_id", "call"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_template")),
        sa.UniqueConstraint("call_id", "occasion", name=op.f("uq_letter_template_call_id_occasion")),
    )


def downgrade() -> None:
    op.drop_table("letter_template")
    op.drop_table("decision_draft")
    op.drop_table("envelope_transfer")
    op.drop_column("decision", "proposed_minor")
