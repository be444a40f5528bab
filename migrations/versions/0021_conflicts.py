"""Conflicts of interest: declarations, verdicts on what is found, and the indexes it is found by."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KINDS = ("declared", "member", "former", "group", "domain", "stakeholder", "acted", "together")


def upgrade() -> None:
    op.create_table(
        "conflict",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="conflictkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("facts", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String()),
        sa.Column(
            "verdict",
            sa.Enum("confirmed", "dismissed", name="verdict", native_enum=False, create_constraint=True, length=32),
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("settled_by_id", sa.Uuid()),
        sa.Column("settled_reason", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(kind = 'declared') = (fact = '')", name=op.f("ck_conflict_found_has_its_fact")),
        sa.CheckConstraint(
            "(kind = 'declared') = (reason IS NOT NULL)", name=op.f("ck_conflict_declared_with_a_reason")
        ),
        sa.CheckConstraint(
            "kind = 'declared' OR verdict IS NOT NULL", name=op.f("ck_conflict_found_is_kept_with_its_verdict")
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (settled_at IS NULL) AND (verdict IS NULL) = (settled_by_id IS NULL)",
            name=op.f("ck_conflict_settled_by_somebody"),
        ),
        sa.CheckConstraint(
            "verdict <> 'dismissed' OR settled_reason <> ''", name=op.f("ck_conflict_dismissed_with_a_reason")
        ),
        sa.CheckConstraint("settled_by_id <> person_id", name=op.f("ck_conflict_settled_by_another")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_conflict_application_id_application")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_conflict_person_id_person")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["person.id"], name=op.f("fk_conflict_settled_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
        sa.UniqueConstraint(
            "application_id", "person_id", "kind", "fact", name=op.f("uq_conflict_application_id_person_id_kind_fact")
        ),
    )
    op.create_index("ix_conflict_person", "conflict", ["person_id", "application_id"])
    op.create_index("ix_person_domain", "person", [sa.text("split_part(email, '@', 2)")])
    op.create_index(
        "ix_stakeholder_words",
        "stakeholder",
        [sa.text("string_to_array(translate(sort_key, '-''’', '   '), ' ')")],
        postgresql_using="gin",
    )
    op.create_index(
        "ix_event_left",
        "event",
        [sa.text("(before ->> 'person')")],
        postgresql_where=sa.text("name IN ('organisation.leave', 'organisation.remove_member')"),
    )


def downgrade() -> None:
    op.drop_index("ix_event_left", "event")
    op.drop_index("ix_stakeholder_words", "stakeholder")
    op.drop_index("ix_person_domain", "person")
    op.drop_table("conflict")
