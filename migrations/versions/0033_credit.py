"""Credit by donor and fiscal year; years that close; credit moved between fund and calls; exchange rates."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
HERE = Path(__file__)


def record(table: str) -> list[Any]:
    """The columns of every kept thing."""
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "donor",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        *record("donor"),
        refers("donor", "fund_id", "fund"),
        sa.UniqueConstraint("fund_id", "reference", name=op.f("uq_donor_fund_id_reference")),
        sa.CheckConstraint("name <> '' AND reference <> ''", name=op.f("ck_donor_named")),
    )
    op.add_column("appropriation", sa.Column("donor_id", sa.Uuid()))
    op.create_foreign_key(op.f("fk_appropriation_donor_id_donor"), "appropriation", "donor", ["donor_id"], ["id"])
    op.create_table(
        "fiscal_year",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("state", one_of("yearstate", "open", "closed"), nullable=False),
        sa.Column("uncommitted", one_of("uncommitted", "carry", "lapse"), nullable=False),
        sa.Column("commitments_until", sa.Date()),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("carried_minor", sa.BigInteger()),
        sa.Column("lapsed_minor", sa.BigInteger()),
        sa.Column("closed_at", MOMENT),
        sa.Column("closed_by_id", sa.Uuid()),
        *record("fiscal_year"),
        refers("fiscal_year", "fund_id", "fund"),
        refers("fiscal_year", "closed_by_id", "person"),
        sa.UniqueConstraint("fund_id", "year", name=op.f("uq_fiscal_year_fund_id_year")),
        sa.CheckConstraint("year BETWEEN 1990 AND 2200", name=op.f("ck_fiscal_year_year_plausible")),
        sa.CheckConstraint(
            "extract(year FROM commitments_until) = year", name=op.f("ck_fiscal_year_cut_off_within_the_year")
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL AND closed_by_id IS NOT NULL AND carried_minor IS NOT NULL"
            " AND lapsed_minor IS NOT NULL)",
            name=op.f("ck_fiscal_year_closed_by_somebody"),
        ),
    )
    op.create_table(
        "credit_move",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("state", one_of("creditmovestate", "proposed", "confirmed", "refused"), nullable=False),
        *(
            sa.Column(f"{end}_{what}_id", sa.Uuid())
            for end in ("source", "target")
            for what in ("call", "commission")
        ),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=False),
        sa.Column("decided_by_id", sa.Uuid()),
        sa.Column("decided_at", MOMENT),
        sa.Column("answer", sa.String()),
        *record("credit_move"),
        refers("credit_move", "fund_id", "fund"),
        *(
            refers("credit_move", f"{end}_{what}_id", what)
            for end in ("source", "target")
            for what in ("call", "commission")
        ),
        refers("credit_move", "proposed_by_id", "person"),
        refers("credit_move", "decided_by_id", "person"),
        sa.UniqueConstraint("fund_id", "number", name=op.f("uq_credit_move_fund_id_number")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_credit_move_amount_positive")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_credit_move_has_its_reason")),
        sa.CheckConstraint(
            "(source_call_id, source_commission_id) IS DISTINCT FROM (target_call_id, target_commission_id)",
            name=op.f("ck_credit_move_between_two"),
        ),
        sa.CheckConstraint(
            "(source_commission_id IS NULL OR source_call_id IS NOT NULL)"
            " AND (target_commission_id IS NULL OR target_call_id IS NOT NULL)",
            name=op.f("ck_credit_move_commission_of_a_call"),
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by_id IS NULL) AND (decided_by_id IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_credit_move_decided_by_somebody"),
        ),
        sa.CheckConstraint("(state = 'refused') = (answer IS NOT NULL)", name=op.f("ck_credit_move_refused_with_reason")),
        sa.CheckConstraint("proposed_by_id <> decided_by_id", name=op.f("ck_credit_move_four_eyes")),
    )
    op.create_table(
        "exchange_rate",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("base", sa.String(3), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(18, 8), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        *record("exchange_rate"),
        refers("exchange_rate", "fund_id", "fund"),
        refers("exchange_rate", "recorded_by_id", "person"),
        sa.UniqueConstraint("fund_id", "base", "on_date", name=op.f("uq_exchange_rate_fund_id_base_on_date")),
        sa.CheckConstraint("rate > 0 AND rate < 'Infinity'", name=op.f("ck_exchange_rate_rate_positive")),
        sa.CheckConstraint("currency <> base", name=op.f("ck_exchange_rate_two_currencies")),
        sa.CheckConstraint("source <> ''", name=op.f("ck_exchange_rate_has_its_source")),
    )
    with op.get_bind().connection.cursor() as cursor:  # without parameters: its percent signs are PostgreSQL's
        cursor.execute(HERE.with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute(
        """
        LOCK TABLE led.op IN ACCESS EXCLUSIVE MODE;
        DO $$ BEGIN
          IF EXISTS (SELECT FROM led.fund WHERE closed_through IS NOT NULL)
             OR EXISTS (SELECT FROM led.op WHERE kind = 'lapse') THEN
            RAISE EXCEPTION 'a year was closed: it does not open again';
          END IF;
        END $$;
        DELETE FROM led.rule WHERE kind = 'lapse';
        DROP FUNCTION led.close_books;
        DROP TRIGGER open_year ON led.op;
        DROP FUNCTION led.refuse_closed;
        DROP TRIGGER closed_for_good ON led.fund;
        """
    )
    first = HERE.with_name("0002_ledger.sql").read_text(encoding="utf-8")
    start = first.index("CREATE FUNCTION led.post(")
    body = first[start : first.index("END $$;", start) + len("END $$;")]
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(body.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
    op.execute("ALTER TABLE led.fund DROP COLUMN closed_through")
    for table in ("exchange_rate", "credit_move", "fiscal_year"):
        op.drop_table(table)
    op.drop_column("appropriation", "donor_id")
    op.drop_table("donor")
