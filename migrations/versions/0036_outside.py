"""What was paid and recovered elsewhere: files of lines, what each became, and agreements signed elsewhere."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

STATES = (
    "'draft', 'submitted', 'checked', 'rejected', 'certified', 'liquidated', 'ordered', 'approved', 'returned',"
    " 'remitted', 'paid', 'settled'"
)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _again(table: str, name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)


def _record() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    ]


def upgrade() -> None:
    op.add_column("agreement", sa.Column("imported", sa.Boolean(), nullable=False, server_default="false"))
    op.alter_column("agreement", "imported", server_default=None)
    _again(
        "agreement",
        "no_signature_before_visa",
        "(state IN ('signed', 'active')) <= (visa_by_id IS NOT NULL OR imported)",
    )
    _again("claim", "claimstate", f"state IN ({STATES}, 'outside')")
    op.create_check_constraint(
        op.f("ck_claim_outside_was_paid_on_a_day"),
        "claim",
        "state <> 'outside' OR (accepted_minor > 0 AND value_date IS NOT NULL)",
    )
    _files()
    _entries()


def _files() -> None:
    op.create_table(
        "outside_import",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            _one_of("outsidestate", "checked", "queued", "done", "refused", "undone"),
            nullable=False,
        ),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("remarks", postgresql.JSONB(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("known_rows", sa.BigInteger(), nullable=False),
        sa.Column("refused_rows", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("recovered_minor", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("promise_id", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Uuid(), nullable=True),
        sa.Column("undo_reason", sa.String(), nullable=True),
        *_record(),
        sa.CheckConstraint("officer_id <> confirmed_by_id", name=op.f("ck_outside_import_four_eyes")),
        sa.CheckConstraint(
            "state = 'checked' OR confirmed_by_id IS NOT NULL",
            name=op.f("ck_outside_import_confirmed_by_somebody"),
        ),
        sa.CheckConstraint(
            "state <> 'queued' OR promise_id IS NOT NULL",
            name=op.f("ck_outside_import_queued_has_a_promise"),
        ),
        sa.CheckConstraint(
            "(state IN ('done', 'undone')) = (finished_at IS NOT NULL)",
            name=op.f("ck_outside_import_done_has_a_time"),
        ),
        sa.CheckConstraint("state <> 'done' OR refused_rows = 0", name=op.f("ck_outside_import_all_or_nothing")),
        sa.CheckConstraint(
            "(state = 'undone') = (undone_by_id IS NOT NULL) AND (state = 'undone') = (undo_reason IS NOT NULL)",
            name=op.f("ck_outside_import_undone_with_a_reason"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_outside_import_fund_id_fund")),
        sa.ForeignKeyConstraint(["officer_id"], ["person.id"], name=op.f("fk_outside_import_officer_id_person")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["person.id"], name=op.f("fk_outside_import_confirmed_by_id_person")
        ),
        sa.ForeignKeyConstraint(["undone_by_id"], ["person.id"], name=op.f("fk_outside_import_undone_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_import")),
    )
    op.create_index("ix_outside_import_fund_sha256", "outside_import", ["fund_id", "sha256"])


def _entries() -> None:
    kinds = ("committed", "opening_paid", "opening_recovered", "advance", "payment", "recovery")
    op.create_table(
        "outside_entry",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("kind", _one_of("outsidekind", *kinds), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("bank_reference", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("recovery_id", sa.Uuid(), nullable=True),
        sa.Column("first_op", sa.BigInteger(), nullable=False),
        sa.Column("last_op", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        *_record(),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_outside_entry_amount_positive")),
        sa.CheckConstraint("first_op <= last_op", name=op.f("ck_outside_entry_operations_in_order")),
        sa.CheckConstraint(
            "(kind LIKE 'opening%') = (bank_reference = '')",
            name=op.f("ck_outside_entry_payments_have_a_bank_reference"),
        ),
        sa.ForeignKeyConstraint(["import_id"], ["outside_import.id"], name=op.f("fk_outside_entry_import_id_outside_import")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_outside_entry_fund_id_fund")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_outside_entry_award_id_award")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_outside_entry_claim_id_claim")),
        sa.ForeignKeyConstraint(["recovery_id"], ["recovery.id"], name=op.f("fk_outside_entry_recovery_id_recovery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_entry")),
    )
    op.create_index(
        "uq_outside_entry_once",
        "outside_entry",
        ["award_id", "kind", "bank_reference"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_index("ix_outside_entry_operations", "outside_entry", ["fund_id", "first_op"])
    op.create_index("ix_outside_entry_import", "outside_entry", ["import_id", "first_op"])


def downgrade() -> None:
    op.drop_table("outside_entry")
    op.drop_table("outside_import")
    op.drop_constraint(op.f("ck_claim_outside_was_paid_on_a_day"), "claim")
    _again("claim", "claimstate", f"state IN ({STATES})")
    _again("agreement", "no_signature_before_visa", "(state IN ('signed', 'active')) <= (visa_by_id IS NOT NULL)")
    op.drop_column("agreement", "imported")
