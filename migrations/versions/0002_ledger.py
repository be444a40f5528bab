"""The ledger: schema led, written by led.post() alone."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_bind().connection.cursor() as cursor:  # without parameters: its percent signs are PostgreSQL's
        cursor.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute(
        """
        LOCK TABLE led.op IN ACCESS EXCLUSIVE MODE;
        DO $$ BEGIN
          IF EXISTS (SELECT FROM led.op) THEN
            RAISE EXCEPTION 'the ledger holds operations: it is not taken away';
          END IF;
        END $$;
        DROP SCHEMA led CASCADE;
        """
    )
