"""Seats in a commission for a call, expertise, absences, and bids for applications."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
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


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "panel_seat",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("commission_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state", one_of("seatstate", "invited", "accepted", "declined", "silent", "withdrawn"), nullable=False
        ),
        sa.Column("starts_on", sa.Date()),
        sa.Column("ends_on", sa.Date()),
        sa.Column("least", sa.BigInteger()),
        sa.Column("most", sa.BigInteger()),
        sa.Column("invited_by_id", sa.Uuid(), nullable=False),
        sa.Column("invited_at", MOMENT, nullable=False),
        sa.Column("answer_by", MOMENT, nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("reason", sa.String()),
        sa.Column("in_place_of_id", sa.Uuid()),
        *record("panel_seat"),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'declined') OR answered_at IS NOT NULL",
            name=op.f("ck_panel_seat_answered_at_some_time"),
        ),
        sa.CheckConstraint("reason IS NULL OR state = 'declined'", name=op.f("ck_panel_seat_reason_of_a_refusal")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_panel_seat_ends_after_its_start")),
        sa.CheckConstraint("most BETWEEN 1 AND 500", name=op.f("ck_panel_seat_most_plausible")),
        sa.CheckConstraint("least BETWEEN 0 AND 500", name=op.f("ck_panel_seat_least_plausible")),
        sa.CheckConstraint("least <= most", name=op.f("ck_panel_seat_least_within_most")),
        sa.CheckConstraint("in_place_of_id <> id", name=op.f("ck_panel_seat_in_place_of_another")),
        refers("panel_seat", "call_id", "call"),
        refers("panel_seat", "commission_id", "commission"),
        refers("panel_seat", "person_id", "person"),
        refers("panel_seat", "invited_by_id", "person"),
        refers("panel_seat", "in_place_of_id", "panel_seat"),
        sa.UniqueConstraint(
            "call_id", "commission_id", "person_id", name=op.f("uq_panel_seat_call_id_commission_id_person_id")
        ),
        sa.UniqueConstraint("link_id", name=op.f("uq_panel_seat_link_id")),
        sa.UniqueConstraint("in_place_of_id", name=op.f("uq_panel_seat_in_place_of_id")),
    )
    op.create_index(op.f("ix_panel_seat_commission_id"), "panel_seat", ["commission_id"])
    op.create_index(op.f("ix_panel_seat_person_id"), "panel_seat", ["person_id"])
    op.create_index(
        "ix_panel_seat_answer_by", "panel_seat", ["answer_by"], postgresql_where=sa.text("state = 'invited'")
    )

    op.create_table(
        "topic",
        sa.Column("commission_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", JSONB(), nullable=False),
        sa.Column("words", JSONB(), nullable=False),
        *record("topic"),
        sa.CheckConstraint("position > 0", name=op.f("ck_topic_from_one")),
        refers("topic", "commission_id", "commission"),
        sa.UniqueConstraint("commission_id", "position", name=op.f("uq_topic_commission_id_position")),
    )
    op.create_table(
        "expertise",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("keywords", JSONB(), nullable=False),
        *record("expertise"),
        refers("expertise", "person_id", "person"),
        sa.UniqueConstraint("person_id", name=op.f("uq_expertise_person_id")),
    )
    op.create_table(
        "expertise_topic",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        refers("expertise_topic", "person_id", "person"),
        refers("expertise_topic", "topic_id", "topic", "CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "topic_id", name=op.f("pk_expertise_topic")),
    )
    op.create_index(op.f("ix_expertise_topic_topic_id"), "expertise_topic", ["topic_id"])
    op.create_table(
        "absence",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        *record("absence"),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_absence_ends_after_its_start")),
        refers("absence", "person_id", "person"),
        sa.UniqueConstraint(
            "person_id", "starts_on", "ends_on", name=op.f("uq_absence_person_id_starts_on_ends_on")
        ),
    )
    op.create_table(
        "bid",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("level", one_of("bidlevel", "eager", "willing", "neutral", "reluctant", "unable"), nullable=False),
        *record("bid"),
        refers("bid", "application_id", "application"),
        refers("bid", "person_id", "person"),
        sa.UniqueConstraint("application_id", "person_id", name=op.f("uq_bid_application_id_person_id")),
    )
    op.create_index(op.f("ix_bid_person_id"), "bid", ["person_id"])


def downgrade() -> None:
    for table in ("bid", "absence", "expertise_topic", "expertise", "topic", "panel_seat"):
        op.drop_table(table)
