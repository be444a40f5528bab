"""A claim is made of invoices, each judged by an officer; what it pays is kept with the steps of its reckoning."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

STATES = (
    "'draft', 'submitted', 'checked', 'rejected', 'certified', 'liquidated', 'ordered', 'approved', 'returned',"
    " 'remitted', 'paid'"
)
AFTER = "state NOT IN ('checked', 'certified', 'liquidated', 'ordered', 'approved', 'remitted', 'paid'"
HAS = " OR (accepted_minor IS NOT NULL AND checked_by_id IS NOT NULL)"
REASON = "accepted_minor IS NULL OR accepted_minor = claimed_minor OR reduction_reason IS NOT NULL"
BEFORE = {
    "claimstate": f"state IN ({STATES})",
    "claimed_positive": "claimed_minor > 0",
    "accepted_within_claimed": "accepted_minor BETWEEN 1 AND claimed_minor",
    "reduction_has_reason": REASON,
    "checked_has_amount": f"{AFTER}){HAS}",
}
NOW = {
    "claimstate": f"state IN ({STATES}, 'settled')",
    "claimed_not_negative": "claimed_minor >= 0",
    "accepted_within_claimed": "accepted_minor BETWEEN 0 AND claimed_minor",
    "reduction_has_reason": f"{REASON} OR jsonb_array_length(steps) > 0",
    "checked_has_amount": f"{AFTER}, 'settled'){HAS}",
    "reckoned_not_negative": "cleared_minor >= 0 AND retained_minor >= 0 AND released_minor >= 0",
    "nothing_is_not_paid": "state NOT IN ('liquidated', 'ordered', 'approved', 'returned', 'remitted', 'paid')"
    " OR accepted_minor > 0",
    "settled_pays_nothing": "state <> 'settled' OR accepted_minor = 0",
}


def _exchange(old: dict[str, str], new: dict[str, str]) -> None:
    for name in old:
        op.drop_constraint(op.f(f"ck_claim_{name}"), "claim")
    for name, condition in new.items():
        op.create_check_constraint(op.f(f"ck_claim_{name}"), "claim", condition)


def upgrade() -> None:
    for name in ("cleared_minor", "retained_minor", "released_minor"):
        op.add_column("claim", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
        op.alter_column("claim", name, server_default=None)
    steps = sa.Column("steps", postgresql.JSONB(), nullable=False, server_default="[]")
    op.add_column("claim", steps)
    op.alter_column("claim", "steps", server_default=None)
    _exchange(BEFORE, NOW)
    _tables()


def _tables() -> None:
    op.create_table(
        "invoice",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("budget_line_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("supplier_identifier", sa.String(), nullable=False),
        sa.Column("number_key", sa.String(), nullable=False),
        sa.Column("supplier_key", sa.String(), nullable=False),
        sa.Column("identifier_key", sa.String(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=True),
        sa.Column("vat_minor", sa.BigInteger(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column(
            "means",
            sa.Enum(
                "transfer",
                "cheque",
                "card",
                "debit",
                "bill",
                "cash",
                name="means",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "verdict",
            sa.Enum(
                "accepted", "reduced", "rejected", name="verdict", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("accepted_minor", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("checked_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "verdict IS NULL OR verdict = 'accepted' AND accepted_minor = net_minor"
            " OR verdict = 'reduced' AND accepted_minor > 0 AND accepted_minor < net_minor"
            " OR verdict = 'rejected' AND accepted_minor = 0",
            name=op.f("ck_invoice_amount_as_the_verdict"),
        ),
        sa.CheckConstraint(
            "verdict IS NULL OR verdict = 'accepted' OR reason <> ''", name=op.f("ck_invoice_reduction_has_reason")
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (accepted_minor IS NULL) AND (verdict IS NULL) = (checked_by_id IS NULL)",
            name=op.f("ck_invoice_verdict_whole"),
        ),
        sa.CheckConstraint("net_minor > 0", name=op.f("ck_invoice_net_positive")),
        sa.CheckConstraint("vat_minor >= 0", name=op.f("ck_invoice_vat_not_negative")),
        sa.ForeignKeyConstraint(
            ["budget_line_id"], ["budget_line.id"], name=op.f("fk_invoice_budget_line_id_budget_line")
        ),
        sa.ForeignKeyConstraint(["checked_by_id"], ["person.id"], name=op.f("fk_invoice_checked_by_id_person")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_invoice_claim_id_claim")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_invoice_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint(
            "claim_id", "position", deferrable=True, initially="DEFERRED", name=op.f("uq_invoice_claim_id_position")
        ),
    )
    op.create_index("ix_invoice_number_net", "invoice", ["number_key", "net_minor"], unique=False)
    op.create_table(
        "invoice_file",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum("invoice", "payment", name="purpose", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sent_by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_file_invoice_id_invoice"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_invoice_file_sent_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_file")),
        sa.UniqueConstraint("invoice_id", "purpose", name=op.f("uq_invoice_file_invoice_id_purpose")),
    )
    op.create_index("ix_invoice_file_sha256", "invoice_file", ["sha256"], unique=False)
    # ### end Alembic commands ###


def downgrade() -> None:
    op.drop_table("invoice_file")
    op.drop_table("invoice")
    _exchange(NOW, BEFORE)
    for name in ("steps", "released_minor", "retained_minor", "cleared_minor"):
        op.drop_column("claim", name)
