"""What was submitted, word for word."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_submission_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_index(op.f("ix_submission_application_id_sha256"), "submission", ["application_id", "sha256"])
    op.execute(
        """
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON submission
          FOR EACH ROW EXECUTE FUNCTION append_only();
        CREATE TRIGGER no_truncate BEFORE TRUNCATE ON submission EXECUTE FUNCTION append_only();
        """
    )


def downgrade() -> None:
    op.drop_table("submission")
