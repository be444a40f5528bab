"""Proposals of who reviews what."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def record(table: str) -> list[Any]:
    """The columns of every kept thing."""
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def refers(table: str, column: str, to: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{to}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=ondelete)


def upgrade() -> None:
    states = sa.Enum(
        *("queued", "proposed", "sending", "confirmed", "discarded"),
        name="planstate",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "assignment_plan",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("commission_id", sa.Uuid(), nullable=False),
        sa.Column("chair_id", sa.Uuid(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("experts", sa.Boolean(), nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
        sa.Column("short", JSONB(), nullable=False),
        sa.Column("edited", JSONB(), nullable=False),
        sa.Column("promise_id", sa.Uuid()),
        sa.Column("computed_at", MOMENT),
        sa.Column("confirmed_at", MOMENT),
        *record("assignment_plan"),
        refers("assignment_plan", "call_id", "call"),
        refers("assignment_plan", "commission_id", "commission"),
        refers("assignment_plan", "chair_id", "person"),
        sa.CheckConstraint(
            "state <> 'confirmed' OR confirmed_at IS NOT NULL",
            name=op.f("ck_assignment_plan_confirmed_has_its_date"),
        ),
    )
    op.create_index(
        "uq_assignment_plan_standing",
        "assignment_plan",
        ["call_id", "commission_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'proposed', 'sending')"),
    )
    op.create_index("ix_assignment_plan_place", "assignment_plan", ["call_id", "commission_id", "state"])
    op.create_table(
        "planned_review",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("reasons", JSONB(), nullable=False),
        *record("planned_review"),
        refers("planned_review", "plan_id", "assignment_plan", "CASCADE"),
        refers("planned_review", "application_id", "application"),
        refers("planned_review", "reviewer_id", "person"),
        sa.UniqueConstraint(
            "plan_id",
            "application_id",
            "reviewer_id",
            name=op.f("uq_planned_review_plan_id_application_id_reviewer_id"),
        ),
    )
    op.create_index(op.f("ix_planned_review_application_id"), "planned_review", ["application_id"])
    op.create_index(op.f("ix_planned_review_reviewer_id"), "planned_review", ["reviewer_id"])


def downgrade() -> None:
    op.drop_table("planned_review")
    op.drop_table("assignment_plan")
