"""The partners of an application, and the rule about the composition of a consortium."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATES = ("invited", "accepted", "acceded", "declined", "removed", "left")
RULES = ("kinds", "countries", "age", "staff", "turnover", "sectors", "membership", "aid", "one")


def _rules(kinds):
    op.drop_constraint(op.f("ck_eligibility_rule_rulekind"), "eligibility_rule", type_="check")
    listed = ", ".join(f"'{one}'" for one in kinds)
    op.create_check_constraint(op.f("ck_eligibility_rule_rulekind"), "eligibility_rule", f"kind IN ({listed})")


def upgrade() -> None:
    _rules((*RULES, "composition"))
    op.create_table(
        "partner",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="partnerstate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("tasks", sa.String(), nullable=False),
        sa.Column("papers", sa.String(), nullable=False),
        sa.Column("invited_by_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by_id", sa.Uuid(), nullable=True),
        sa.Column("acceded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acceded_by_id", sa.Uuid(), nullable=True),
        sa.Column("acceded_name", sa.String(), nullable=True),
        sa.Column("acceded_text", sa.String(), nullable=True),
        sa.Column("acceded_hash", sa.String(length=64), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_partner_email_in_lower_case")),
        sa.CheckConstraint(
            "(organisation_id IS NULL) = (accepted_at IS NULL)"
            " AND (accepted_at IS NULL) = (accepted_by_id IS NULL)",
            name=op.f("ck_partner_accepted_for_an_organisation"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'acceded', 'left') OR accepted_at IS NOT NULL",
            name=op.f("ck_partner_accepted_once_taking_part"),
        ),
        sa.CheckConstraint(
            "state <> 'acceded' OR (acceded_at IS NOT NULL AND acceded_by_id IS NOT NULL AND acceded_name IS NOT NULL"
            " AND acceded_text IS NOT NULL AND acceded_hash IS NOT NULL)",
            name=op.f("ck_partner_signed_once_acceded"),
        ),
        sa.CheckConstraint(
            "(state IN ('declined', 'removed', 'left')) = (ended_at IS NOT NULL)",
            name=op.f("ck_partner_ended_at_some_time"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_partner_application_id_application")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_partner_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["invited_by_id"], ["person.id"], name=op.f("fk_partner_invited_by_id_person")),
        sa.ForeignKeyConstraint(["accepted_by_id"], ["person.id"], name=op.f("fk_partner_accepted_by_id_person")),
        sa.ForeignKeyConstraint(["acceded_by_id"], ["person.id"], name=op.f("fk_partner_acceded_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("link_id", name=op.f("uq_partner_link_id")),
    )
    op.create_index("ix_partner_application", "partner", ["application_id"])
    op.create_index("ix_partner_organisation", "partner", ["organisation_id"])
    op.create_index("ix_partner_email", "partner", ["email", "sent_at"])
    op.create_index(
        "uq_partner_one_invitation",
        "partner",
        ["application_id", "email"],
        unique=True,
        postgresql_where=sa.text("state IN ('invited', 'accepted', 'acceded')"),
    )
    op.create_index(
        "uq_partner_one_part",
        "partner",
        ["application_id", "organisation_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('accepted', 'acceded')"),
    )


def downgrade() -> None:
    op.drop_table("partner")
    op.execute("DELETE FROM eligibility_rule WHERE kind = 'composition'")
    _rules(RULES)
