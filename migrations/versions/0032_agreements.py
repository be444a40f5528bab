"""The agreement's text and its wording, the checks of the visa, signatures for organisations, amendments, closeout."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

STATES = "preparation commitment_proposed visa_granted visa_refused awaiting_signature signed active"
BEFORE = STATES.split() + ["completed", "terminated"]
SINCE = STATES.split() + ["suspended", "completed", "closing", "closed", "terminated"]
CHECKS = {
    "text_has_a_hash": "(text IS NULL) = (text_hash IS NULL)",
    "suspended_with_a_reason": "(state = 'suspended') <= (standstill_reason IS NOT NULL)",
    "closed_by_two": "closing_by_id <> closed_by_id",
    "closing_by_somebody": "(state IN ('closing', 'closed')) <= (closing_by_id IS NOT NULL)",
    "closed_by_somebody": "(state = 'closed') = (closed_by_id IS NOT NULL)",
}
SIGNED = {
    "parties_sign_for_an_organisation": "(capacity = 'authorising_officer') = (organisation_id IS NULL)",
    "scan_is_whole": "(sha256 IS NULL) = (filename IS NULL) AND (sha256 IS NULL) = (media_type IS NULL)"
    " AND (sha256 IS NULL) = (size IS NULL) AND (sha256 IS NULL) = (signatory IS NULL)",
    "only_scans_are_checked": "checked_by_id IS NULL OR sha256 IS NOT NULL",
    "four_eyes": "checked_by_id <> person_id",
}
PEOPLE = ("closing_by_id", "closed_by_id")


def _one_of(column: str, values: list[str]) -> str:
    return f"{column} IN ({', '.join(repr(one) for one in values)})"


def _again(table: str, name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)


def _record() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    ]


def upgrade() -> None:
    _again("agreement", "agreementstate", _one_of("state", SINCE))
    for name in ("visa_checks", "budget"):
        op.add_column("agreement", sa.Column(name, postgresql.JSONB(), nullable=False, server_default="[]"))
        op.alter_column("agreement", name, server_default=None)
    op.add_column("agreement", sa.Column("text", postgresql.JSONB(), nullable=True))
    op.add_column("agreement", sa.Column("standstill_reason", sa.String(), nullable=True))
    for name in PEOPLE:
        op.add_column("agreement", sa.Column(name, sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f"fk_agreement_{name}_person"), "agreement", "person", [name], ["id"])
    # What was sent before texts were frozen keeps its fingerprint in its events; its text is that of its columns.
    op.execute("UPDATE agreement SET text = '{}' WHERE text_hash IS NOT NULL")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_agreement_{name}"), "agreement", condition)

    _again("signature", "capacity", _one_of("capacity", ["beneficiary", "partner", "authorising_officer"]))
    for column in (
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("filename", sa.String(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("signatory", sa.String(), nullable=True),
        sa.Column("checked_by_id", sa.Uuid(), nullable=True),
    ):
        op.add_column("signature", column)
    op.create_foreign_key(
        op.f("fk_signature_organisation_id_organisation"), "signature", "organisation", ["organisation_id"], ["id"]
    )
    op.create_foreign_key(op.f("fk_signature_checked_by_id_person"), "signature", "person", ["checked_by_id"], ["id"])
    op.execute(
        "UPDATE signature SET organisation_id = award.organisation_id FROM agreement JOIN award"
        " ON award.id = agreement.award_id WHERE agreement.id = signature.agreement_id AND capacity = 'beneficiary'"
    )
    op.drop_constraint(op.f("uq_signature_agreement_id_capacity"), "signature")
    op.create_unique_constraint(
        "uq_signature_once_for_each", "signature", ["agreement_id", "organisation_id"], postgresql_nulls_not_distinct=True
    )
    for name, condition in SIGNED.items():
        op.create_check_constraint(op.f(f"ck_signature_{name}"), "signature", condition)

    op.create_table(
        "agreement_template",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column(
            "instrument",
            sa.Enum(
                "grant", "repayable_advance", "in_kind",
                name="instrument", native_enum=False, create_constraint=True, length=32,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("clauses", postgresql.JSONB(), nullable=False),
        sa.Column("committee_above", sa.BigInteger(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        *_record(),
        sa.CheckConstraint("number > 0", name=op.f("ck_agreement_template_counted_from_one")),
        sa.CheckConstraint(
            "committee_above BETWEEN 0 AND 10000", name=op.f("ck_agreement_template_threshold_is_a_share")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_agreement_template_fund_id_fund")),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_agreement_template_made_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_template")),
        sa.UniqueConstraint(
            "fund_id", "instrument", "number", name=op.f("uq_agreement_template_fund_id_instrument_number")
        ),
    )
    people = ("requested_by_id", "assessed_by_id", "decided_by_id", "signed_by_id", "effective_by_id")
    op.create_table(
        "amendment",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested", "assessed", "approved", "refused", "signed", "effective",
                name="amendmentstate", native_enum=False, create_constraint=True, length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("opinion", sa.String(), nullable=True),
        sa.Column("for_committee", sa.Boolean(), nullable=False),
        sa.Column("decision_reason", sa.String(), nullable=True),
        sa.Column("text_hash", sa.String(64), nullable=True),
        *[sa.Column(name, sa.Uuid(), nullable=name != "requested_by_id") for name in people],
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        *_record(),
        sa.CheckConstraint("assessed_by_id <> decided_by_id", name=op.f("ck_amendment_four_eyes")),
        sa.CheckConstraint(
            "requested_by_id <> decided_by_id", name=op.f("ck_amendment_not_decided_by_whoever_asked")
        ),
        sa.CheckConstraint("decided_by_id <> effective_by_id", name=op.f("ck_amendment_visa_by_another")),
        sa.CheckConstraint(
            "(state = 'requested') = (assessed_by_id IS NULL)", name=op.f("ck_amendment_assessed_by_somebody")
        ),
        sa.CheckConstraint(
            "(state IN ('requested', 'assessed')) = (decided_by_id IS NULL)",
            name=op.f("ck_amendment_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "(state = 'refused') <= (decision_reason IS NOT NULL)", name=op.f("ck_amendment_refused_with_a_reason")
        ),
        sa.CheckConstraint(
            "(state IN ('signed', 'effective')) = (signed_by_id IS NOT NULL)"
            " AND (signed_by_id IS NULL) = (signed_at IS NULL)",
            name=op.f("ck_amendment_signed_by_somebody"),
        ),
        sa.CheckConstraint(
            "(state = 'effective') = (effective_by_id IS NOT NULL)"
            " AND (effective_by_id IS NULL) = (effective_at IS NULL)",
            name=op.f("ck_amendment_effective_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_amendment_agreement_id_agreement")),
        *[
            sa.ForeignKeyConstraint([name], ["person.id"], name=op.f(f"fk_amendment_{name}_person"))
            for name in people
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
        sa.UniqueConstraint("agreement_id", "number", name=op.f("uq_amendment_agreement_id_number")),
    )
    op.create_index(
        "uq_amendment_one_in_hand",
        "amendment",
        ["agreement_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('refused', 'effective')"),
    )


def downgrade() -> None:
    op.drop_table("amendment")
    op.drop_table("agreement_template")
    for name in SIGNED:
        op.drop_constraint(op.f(f"ck_signature_{name}"), "signature")
    op.drop_constraint("uq_signature_once_for_each", "signature")
    op.execute("DELETE FROM signature WHERE capacity = 'partner'")
    op.create_unique_constraint(op.f("uq_signature_agreement_id_capacity"), "signature", ["agreement_id", "capacity"])
    for name in ("organisation_id", "filename", "media_type", "size", "sha256", "signatory", "checked_by_id"):
        op.drop_column("signature", name)
    _again("signature", "capacity", _one_of("capacity", ["beneficiary", "authorising_officer"]))
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_agreement_{name}"), "agreement")
    for name in (*PEOPLE, "standstill_reason", "text", "visa_checks", "budget"):
        op.drop_column("agreement", name)
    op.execute("UPDATE agreement SET state = 'active' WHERE state = 'suspended'")
    op.execute("UPDATE agreement SET state = 'completed' WHERE state IN ('closing', 'closed')")
    _again("agreement", "agreementstate", _one_of("state", BEFORE))
