"""What a call asks beyond project, budget and documents, by version; and what applications answer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "questionnaire",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("change", postgresql.JSONB(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_questionnaire_counted_from_one")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_questionnaire_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_questionnaire_call_id_number")),
    )
    op.create_index(
        "uq_questionnaire_in_hand",
        "questionnaire",
        ["call_id"],
        unique=True,
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.add_column("application", sa.Column("questionnaire_id", sa.Uuid(), nullable=True))
    op.add_column(
        "application", sa.Column("answers", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.alter_column("application", "answers", server_default=None)
    op.create_foreign_key(
        op.f("fk_application_questionnaire_id_questionnaire"),
        "application",
        "questionnaire",
        ["questionnaire_id"],
        ["id"],
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_application_questionnaire_id_questionnaire"), "application", type_="foreignkey")
    op.drop_column("application", "answers")
    op.drop_column("application", "questionnaire_id")
    op.drop_index("uq_questionnaire_in_hand", table_name="questionnaire")
    op.drop_table("questionnaire")
