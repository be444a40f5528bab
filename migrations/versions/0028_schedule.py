"""What a call gives and how it pays: instrument, pre-financing, retention; the kind of each planned payment."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

CHECKS = {
    "instrument": "instrument IN ('grant', 'repayable_advance', 'in_kind')",
    "retention_is_a_share": "retention BETWEEN 0 AND 5000",
}


def upgrade() -> None:
    added = [
        sa.Column("instrument", sa.String(32), nullable=False, server_default="grant"),
        sa.Column("prefinancing", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("retention", sa.BigInteger(), nullable=False, server_default="0"),
    ]
    for column in added:
        op.add_column("call", column)
        op.alter_column("call", column.name, server_default=None)
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_call_{name}"), "call", condition)
    op.add_column("instalment", sa.Column("kind", sa.String(32), nullable=False, server_default="interim"))
    op.execute(
        "UPDATE instalment SET kind = CASE WHEN position = (SELECT max(i.position) FROM instalment i"
        " WHERE i.agreement_id = instalment.agreement_id) THEN 'balance' WHEN position = 1 THEN 'prefinancing'"
        " ELSE 'interim' END"
    )
    op.alter_column("instalment", "kind", server_default=None)
    op.create_check_constraint(
        op.f("ck_instalment_instalmentkind"), "instalment", "kind IN ('prefinancing', 'interim', 'balance')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_instalment_instalmentkind"), "instalment")
    op.drop_column("instalment", "kind")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_call_{name}"), "call")
    for column in ("retention", "prefinancing", "instrument"):
        op.drop_column("call", column)
