"""Files that answer a question of the call's own."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OLD = ["application_id", "required_id", "sha256"]
NEW = ["application_id", "required_id", "question", "sha256"]


def upgrade() -> None:
    op.add_column("document", sa.Column("question", sa.String(40)))
    op.create_check_constraint(
        op.f("ck_document_for_one_thing"), "document", "required_id IS NULL OR question IS NULL"
    )
    _replace(OLD, NEW)


def downgrade() -> None:
    op.execute("DELETE FROM document WHERE question IS NOT NULL")
    _replace(NEW, OLD)
    op.drop_constraint(op.f("ck_document_for_one_thing"), "document", type_="check")
    op.drop_column("document", "question")


def _replace(old: list[str], new: list[str]) -> None:
    op.drop_constraint(op.f(f"uq_document_{'_'.join(old)}"), "document", type_="unique")
    op.create_unique_constraint(
        op.f(f"uq_document_{'_'.join(new)}"), "document", new, postgresql_nulls_not_distinct=True
    )
