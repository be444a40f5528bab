"""What organisations say about themselves, the eligibility rules of calls, and the judgements kept as evidence."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SECTORS = (
    "software", "health", "agriculture", "education", "energy", "finance", "industry", "transport", "tourism",
    "culture", "commerce", "other",
)
RULES = ("kinds", "countries", "age", "staff", "turnover", "sectors", "membership", "aid", "one")
MEMBERSHIP = ("declared", "confirmed", "refused", "absent")


def _enum(name, values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.add_column("organisation", sa.Column("founded_on", sa.Date()))
    op.add_column("organisation", sa.Column("staff", sa.BigInteger()))
    op.add_column("organisation", sa.Column("turnover_minor", sa.BigInteger()))
    op.add_column("organisation", sa.Column("turnover_currency", sa.String(3)))
    op.add_column("organisation", sa.Column("turnover_year", sa.BigInteger()))
    op.add_column("organisation", sa.Column("sector", sa.String(32)))
    op.add_column("organisation", sa.Column("group_name", sa.String()))
    op.add_column("organisation", sa.Column("group_key", sa.String()))
    listed = ", ".join(f"'{one}'" for one in SECTORS)
    op.create_check_constraint(op.f("ck_organisation_sector"), "organisation", f"sector IN ({listed})")
    op.create_check_constraint(op.f("ck_organisation_staff_not_negative"), "organisation", "staff >= 0")
    op.create_check_constraint(
        op.f("ck_organisation_turnover_not_negative"), "organisation", "turnover_minor >= 0"
    )
    op.create_check_constraint(
        op.f("ck_organisation_turnover_has_currency_and_year"),
        "organisation",
        "(turnover_minor IS NULL) = (turnover_currency IS NULL)"
        " AND (turnover_minor IS NULL) = (turnover_year IS NULL)",
    )
    op.create_check_constraint(
        op.f("ck_organisation_group_has_its_key"), "organisation", "(group_name IS NULL) = (group_key IS NULL)"
    )
    op.create_index(op.f("ix_organisation_group_key"), "organisation", ["group_key"])

    op.create_table(
        "cluster_membership",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("cluster_id", sa.Uuid(), nullable=False),
        sa.Column("state", _enum("membershipstate", MEMBERSHIP), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String()),
        *_record(),
        sa.CheckConstraint(
            "(state IN ('confirmed', 'refused')) = (decided_at IS NOT NULL)",
            name=op.f("ck_cluster_membership_answered_at_some_time"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_cluster_membership_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_cluster_membership_cluster_id_cluster")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_membership")),
        sa.UniqueConstraint(
            "organisation_id", "cluster_id", name=op.f("uq_cluster_membership_organisation_id_cluster_id")
        ),
    )
    op.create_index(op.f("ix_cluster_membership_cluster_id"), "cluster_membership", ["cluster_id"])

    op.create_table(
        "eligibility_rule",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kind", _enum("rulekind", RULES), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        *_record(),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_eligibility_rule_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_rule")),
        sa.UniqueConstraint("call_id", "kind", name=op.f("uq_eligibility_rule_call_id_kind")),
        sa.UniqueConstraint(
            "call_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_eligibility_rule_call_id_position"),
        ),
    )

    op.add_column("application", sa.Column("aid_elsewhere_minor", sa.BigInteger()))
    op.create_check_constraint(
        op.f("ck_application_aid_elsewhere_not_negative"), "application", "aid_elsewhere_minor >= 0"
    )
    op.create_table(
        "eligibility_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_eligibility_evidence_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_evidence")),
    )
    op.create_index(
        op.f("ix_eligibility_evidence_application_id_judged_at"),
        "eligibility_evidence",
        ["application_id", "judged_at"],
    )
    op.execute(
        """
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON eligibility_evidence
          FOR EACH ROW EXECUTE FUNCTION append_only();
        CREATE TRIGGER no_truncate BEFORE TRUNCATE ON eligibility_evidence EXECUTE FUNCTION append_only();
        """
    )


def _record():
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    ]


def downgrade() -> None:
    op.drop_table("eligibility_evidence")
    op.drop_constraint(op.f("ck_application_aid_elsewhere_not_negative"), "application")
    op.drop_column("application", "aid_elsewhere_minor")
    op.drop_table("eligibility_rule")
    op.drop_table("cluster_membership")
    op.drop_index(op.f("ix_organisation_group_key"), "organisation")
    for name in (
        "group_has_its_key",
        "turnover_has_currency_and_year",
        "turnover_not_negative",
        "staff_not_negative",
        "sector",
    ):
        op.drop_constraint(op.f(f"ck_organisation_{name}"), "organisation")
    for name in (
        "group_key",
        "group_name",
        "sector",
        "turnover_year",
        "turnover_currency",
        "turnover_minor",
        "staff",
        "founded_on",
    ):
        op.drop_column("organisation", name)
