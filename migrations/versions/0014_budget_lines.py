"""Budgets by lines: what a call asks of them, the lines of an application, and its co-financing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SOURCES = ("own", "bank", "public", "partner", "investor", "other")


def upgrade() -> None:
    op.add_column("call", sa.Column("budget", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")))
    op.alter_column("call", "budget", server_default=None)
    op.add_column("application", sa.Column("asked_minor", sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_application_asked_positive"), "application", "asked_minor > 0")
    op.create_table(
        "budget_line",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=True),
        sa.Column("vat", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("net_minor > 0", name=op.f("ck_budget_line_net_positive")),
        sa.CheckConstraint("vat BETWEEN 0 AND 10000", name=op.f("ck_budget_line_vat_is_a_share")),
        sa.CheckConstraint("year BETWEEN 1 AND 10", name=op.f("ck_budget_line_year_plausible")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_budget_line_application_id_application")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_budget_line_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_line")),
        sa.UniqueConstraint("application_id", "position", name=op.f("uq_budget_line_application_id_position")),
    )
    op.create_index(op.f("ix_budget_line_organisation_id"), "budget_line", ["organisation_id"])
    op.create_table(
        "contribution",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(*SOURCES, name="source", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column(
            "certainty",
            sa.Enum(
                "planned",
                "applied",
                "confirmed",
                name="certainty",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_contribution_amount_positive")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_contribution_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
        sa.UniqueConstraint("application_id", "position", name=op.f("uq_contribution_application_id_position")),
    )


def downgrade() -> None:
    op.drop_table("contribution")
    op.drop_index(op.f("ix_budget_line_organisation_id"), table_name="budget_line")
    op.drop_table("budget_line")
    op.drop_constraint(op.f("ck_application_asked_positive"), "application", type_="check")
    op.drop_column("application", "asked_minor")
    op.drop_column("call", "budget")
