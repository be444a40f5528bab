"""Long lists are counted, sorted and averaged from indexes alone."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LISTS = {
    "ix_application_call_state": (
        ["call_id", "state"],
        ["id", "commission_id", "organisation_id", "submitted_at", "reference", "requested_minor"],
    ),
    "ix_application_call_commission": (["call_id", "commission_id"], ["id", "state", "reference", "requested_minor"]),
}


def upgrade() -> None:
    for name, (columns, carried) in LISTS.items():
        op.drop_index(name, "application")
        op.create_index(name, "application", columns, postgresql_include=carried)
    op.create_index(
        "ix_review_marks", "review", ["application_id"], postgresql_include=["state", "total", "recommended_minor"]
    )


def downgrade() -> None:
    op.drop_index("ix_review_marks", "review")
    for name, (columns, _) in LISTS.items():
        op.drop_index(name, "application")
        op.create_index(name, "application", columns)
